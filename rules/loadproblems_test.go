package rules

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestLoadProblems: each NAME.yaml of the archive is loaded by itself, and NAME.want is everything that is said of it (run
// with -update to write it).
func TestLoadProblems(t *testing.T) {
	const name = "testdata/loadproblems.txtar"
	a, err := txtar.ParseFile(name)
	if err != nil || len(a.Files) < 20 {
		t.Fatalf("%d files: %v", len(a.Files), err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		in, want := a.Files[i], &a.Files[i+1]
		if strings.TrimSuffix(in.Name, ".yaml") != strings.TrimSuffix(want.Name, ".want") {
			t.Fatalf("%s is followed by %s", in.Name, want.Name)
		}
		t.Run(in.Name, func(t *testing.T) {
			var problems Problems
			if s, err := Load([]File{{Name: in.Name, Text: in.Data}}); err == nil {
				problems = s.Warnings()
			} else if !errors.As(err, &problems) {
				t.Fatal(err)
			}
			got := problems.Error()
			if got != "" {
				got += "\n"
			}
			if *update {
				want.Data = []byte(got)
			}
			if d := cmp.Diff(string(want.Data), got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(a), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
