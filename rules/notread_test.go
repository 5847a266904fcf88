package rules

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestNotRead: what looks like a rule file and is not read is told, and nothing else.
func TestNotRead(t *testing.T) {
	folder := fstest.MapFS{}
	for _, name := range []string{"10-a.YAML", "20-b.yaml", "30-c.Yml", "40-d.yml", "a.TEST.yaml", "notes.txt", ".hidden.YAML", ".git/x.yaml",
		"mails/night.eml", "tests/x.test.yaml", "more/50-e.yaml", "deep/er/60-f.yaml"} {
		folder[name] = &fstest.MapFile{}
	}
	var got []string
	for _, p := range NotRead(folder, "rules") {
		got = append(got, p.String())
	}
	want := []string{"rules/10-a.YAML: warning: is not read; rename it to 10-a.yaml", "rules/30-c.Yml: warning: is not read; rename it to 30-c.yml",
		"rules/more: warning: rule files in a folder below are not read; put them beside the others"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
