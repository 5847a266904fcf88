package strictyaml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOneChoice: a key that has a single value names it.
func TestOneChoice(t *testing.T) {
	var f struct {
		Reply string   `yaml:"reply" one:"never"`
		Class string   `yaml:"class" one:"auto|bounce|other"`
		In    []string `yaml:"in" one:"body"`
	}
	d := Read("t.yaml", []byte("reply: always\nclass: nothing\nin: [subject]\n"), &f, Options{})
	want := []string{`t.yaml:1:8: reply: expected "never", found "always"`, `t.yaml:2:8: class: expected auto, bounce or other, found "nothing"`,
		`t.yaml:3:6: in[0]: expected "body", found "subject"`}
	if diff := cmp.Diff(want, texts(d)); diff != "" {
		t.Error(diff)
	}
}

// TestMayBeEmpty: who says so reads a file without anything in it.
func TestMayBeEmpty(t *testing.T) {
	for text, problems := range map[string]int{"": 0, "\n\n": 0, "# later\n": 0, "---\n# a\n...\n": 0, "~\n": 0, "\uFEFF": 0, "x\n": 1, "# a\n---\n[\n": 1} {
		var f ruleFile
		if d := Read("t.yaml", []byte(text), &f, Options{MayBeEmpty: true}); len(d.Problems()) != problems {
			t.Errorf("%q: %v", text, d.Problems())
		}
	}
}

// TestShort: at most 60 characters, whole ones.
func TestShort(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""}, {"kurz", "kurz"}, {strings.Repeat("ä", 60), strings.Repeat("ä", 60)},
		{strings.Repeat("ä", 61), strings.Repeat("ä", 59) + "…"}, {strings.Repeat("日", 5000), strings.Repeat("日", 59) + "…"},
	} {
		if got := Short(c.in); got != c.want {
			t.Errorf("%.70q became %q", c.in, got)
		}
	}
}
