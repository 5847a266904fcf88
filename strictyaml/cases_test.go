package strictyaml

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the expected files anew; read the difference before committing")

// A file of rules: whatever a struct can be asked to hold.
type ruleFile struct {
	Lists    map[string][]string       `yaml:"lists" loose:"" json:",omitempty"`
	Rules    map[string]rule           `yaml:"rules" json:",omitempty"`
	Weights  map[string]float64        `yaml:"weights" json:",omitempty"`
	Sizes    map[kind]int              `yaml:"sizes" json:",omitempty"`
	Tree     map[string]map[string]int `yaml:"tree" json:",omitempty"`
	Cases    []example                 `yaml:"cases" json:",omitempty"`
	Strict   *strict                   `yaml:"strict" short:"text" json:",omitempty"`
	Stricter *strict                   `yaml:"stricter" short:"text" json:",omitempty"`
	Defaults map[string][]string       `yaml:"defaults" json:",omitempty"`
}

type kind string

type rule struct {
	Match  []condition `yaml:"match" short:"text" loose:"" json:",omitempty"`
	When   string      `yaml:"when" json:",omitempty"`
	Weight *float64    `yaml:"weight" range:"0..10" json:",omitempty"`
	Off    *bool       `yaml:"off" json:",omitempty"`
	Limit  *int        `yaml:"limit" range:"0.." json:",omitempty"`
}

type condition struct {
	Subject string       `yaml:"subject" json:",omitempty"`
	Text    string       `yaml:"text" required:"the words that are looked for"`
	Unless  []*condition `yaml:"unless" short:"text" loose:"" json:",omitempty"`
}

type example struct {
	Name    string   `yaml:"name" required:"what it shows"`
	Phones  []string `yaml:"phones" loose:"" json:",omitempty"`
	Servers []string `yaml:"servers" json:",omitempty"`
}

type strict struct {
	Text string `yaml:"text"`
	Need string `yaml:"need" required:"it cannot be told from the text"`
	Most int    `yaml:"most"`
}

func (s *strict) SetDefaults() { s.Most = 3 }

type caseFile struct {
	name string // without .yaml
	text []byte
}

func caseFiles(t testing.TB) []caseFile {
	t.Helper()
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d cases (%v), expected 30 and more", len(files), err)
	}
	var cases []caseFile
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, caseFile{strings.TrimSuffix(filepath.Base(file), ".yaml"), text})
	}
	return cases
}

// TestCases holds each NAME.yaml against NAME.want: the problems, a line ---, and what was read as JSON.
func TestCases(t *testing.T) {
	for _, c := range caseFiles(t) {
		t.Run(c.name, func(t *testing.T) {
			want := filepath.Join("testdata", c.name+".want")
			got := report(t, c.name+".yaml", c.text)
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(expected), got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

// report reads a file of rules and finds ?! in its patterns, which no regular expression of RE2 may hold.
func report(t *testing.T, file string, text []byte) string {
	t.Helper()
	var f ruleFile
	d := Read(file, text, &f, Options{})
	for _, name := range slices.Sorted(maps.Keys(f.Rules)) {
		r := f.Rules[name]
		key := "rules." + name
		refuse(t, d, key+".when", r.When)
		for i, m := range r.Match {
			refuse(t, d, fmt.Sprintf("%s.match[%d].text", key, i), m.Text)
		}
	}
	var out strings.Builder
	for _, p := range d.Problems() {
		out.WriteString(p.String() + "\n")
	}
	out.WriteString("---\n")
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(f); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func refuse(t *testing.T, d *Doc, key, pattern string) {
	t.Helper()
	for at := 0; ; {
		i := strings.Index(pattern[at:], "?!")
		if i < 0 {
			return
		}
		line, col := d.Inside(key, at+i)
		if source := []rune(d.source.line(line)); !strings.HasPrefix(string(source[min(col-1, len(source)):]), "?!") {
			t.Errorf("%d:%d is not where ?! stands", line, col)
		}
		d.Add(line, col, key, "?! is unknown", "")
		at += i + 2
	}
}
