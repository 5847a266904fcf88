package strictyaml

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A file of another kind than the configuration: the reader knows neither.
type recipe struct {
	Name  string         `yaml:"name" required:"what it is called"`
	Serve int            `yaml:"serve" range:"1.."`
	Rest  *time.Duration `yaml:"rest"`
	PIN   int            `yaml:"pin" file:""`
	Size  size           `yaml:"size"`
	Kind  string         `yaml:"kind" one:"soup|cake"`
	Steps []step         `yaml:"steps"`
	Odd   map[int]string `yaml:"odd"`
	Own   string
}

type step struct {
	Do    string     `yaml:"do" required:"the work"`
	With  []string   `yaml:"with" one:"fire|water"`
	Loud  bool       `yaml:"loud"`
	Heat  complex128 `yaml:"heat"`
	Inner struct {
		Deep string `yaml:"deep" required:"as deep as it goes"`
	} `yaml:"inner"`
}

// size is written 5KiB.
type size int

func (s *size) UnmarshalText(text []byte) error {
	_, err := fmt.Sscanf(string(text), "%dKiB", (*int)(s))
	return err
}

func (s *step) SetDefaults() { s.Loud = true }

func TestStrictYAML(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
		check      func(r recipe) bool
	}{
		{"well", "name: x\nserve: 4\nrest: 10m\nsteps: [{do: a, with: [fire], inner: {deep: b}}]\n", nil,
			func(r recipe) bool {
				return r.Serve == 4 && *r.Rest == 10*time.Minute && r.Steps[0].Loud && r.Steps[0].Inner.Deep == "b"
			}},
		{"defaults give way", "name: x\nsteps: [{do: a, loud: false, inner: {deep: b}}]\n", nil, func(r recipe) bool { return !r.Steps[0].Loud }},
		{"an untagged field is none of the file's business", "name: x\nOwn: y\n", []string{"r.yaml:2:1: Own: unknown key; known here: name, serve, rest, pin, size, kind, steps, odd"}, nil},
		{"a secret number is not printed", "name: x\npin: 12x4\n", []string{"r.yaml:2:6: pin: expected a number, found something else"}, nil},
		{"half a range", "name: x\nserve: 0\n", []string{`r.yaml:2:8: serve: expected a number, 1 or more, found "0"`}, nil},
		{"lists within lists", "name: x\nsteps:\n  - do: a\n    with: [fire, air]\n    inner: {deep: b}\n  - inner:\n",
			[]string{`r.yaml:4:18: steps[0].with[1]: expected fire or water, found "air"`, "r.yaml:6:5: steps[1].do: is missing; the work", "r.yaml:6:5: steps[1].inner.deep: is missing; as deep as it goes"}, nil},
		{"belongs elsewhere", "name: x\nheat: 5\ndeep: 6\n", []string{"r.yaml:2:1: heat: unknown key; it belongs under steps[…]", "r.yaml:3:1: deep: unknown key; it belongs under steps[…].inner"}, nil},
		{"belongs below", "name: x\nsteps: [{do: a, deep: b, inner: {deep: c}}]\n", []string{"r.yaml:2:17: steps[0].deep: unknown key; it belongs under steps[…].inner"}, nil},
		{"one key alone is nearer than any section", "name: x\nsteps: [{do: a, inner: {deep: c, heat: 5}}]\n", []string{"r.yaml:2:34: steps[0].inner.heat: unknown key; known here: deep"}, nil},
		{"keys instead of a list", "name: x\nsteps:\n  do: a\n", []string{"r.yaml:2:1: steps: expected a list, found keys with values; write a hyphen before the first key of each entry: - …"}, nil},
		{"keys in braces instead of a list", "name: x\nsteps: {do: a}\n", []string{"r.yaml:2:1: steps: expected a list, found keys with values; put brackets around it: [ … ]"}, nil},
		{"kinds that no struct of ours has", "name: x\nodd: {1: a}\nsteps: [{do: a, heat: 1, inner: {deep: b}}]\n",
			[]string{"r.yaml:2:1: odd: the program cannot read this key (map[int]string)", "r.yaml:3:23: steps[0].heat: the program cannot read this key (complex128)"}, nil},
		{"a long text is not repeated", "name: x\nkind: " + strings.Repeat("x", 100) + "\n", []string{"r.yaml:2:7: kind: expected soup or cake, found something else"}, nil},
		{"block text", "name: |\n  two\n  lines\nsize: >-\n  5KiB\n", nil, func(r recipe) bool { return r.Name == "two\nlines" && r.Size == 5 }},
		{"numbers are text where text is wanted", "name: 0700\n", nil, func(r recipe) bool { return r.Name == "0700" }},
		{"truth, too", "name: true\n", nil, func(r recipe) bool { return r.Name == "true" }},
		{"a key that is no word", "name: x\n5: y\n", []string{"r.yaml:2:1: 5: unknown key; known here: name, serve, rest, pin, size, kind, steps, odd"}, nil},
	} {
		var r recipe
		d := Read("r.yaml", []byte(c.text), &r, Options{})
		if diff := cmp.Diff(c.want, texts(d)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if c.check != nil && !c.check(r) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// TestAliasesAreBounded: a few lines of aliases of aliases do not become a million values.
func TestAliasesAreBounded(t *testing.T) {
	var r struct {
		One   []step       `yaml:"one"`
		Two   [][]step     `yaml:"two"`
		Three [][][]step   `yaml:"three"`
		Four  [][][][]step `yaml:"four"`
	}
	forty := func(a string) string { return "[" + strings.Repeat("*"+a+", ", 39) + "*" + a + "]\n" }
	text := "one: &one [{do: a, inner: {deep: b}}]\ntwo: &two " + forty("one") + "three: &three " + forty("two") + "four: " + forty("three")
	d := Read("r.yaml", []byte(text), &r, Options{})
	if d.nodes > maxNodes+1000 {
		t.Errorf("%d values were read", d.nodes)
	}
	if len(d.Problems()) != 1 || d.Problems()[0].Text != "the file is too large" {
		t.Errorf("%v", d.problems)
	}
}
