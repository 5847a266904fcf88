package templates

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/template"
)

// edited writes what a case changes of the shipped set into a folder of its own.
func edited(t *testing.T, path string) (dir string, want, lacks []string) {
	t.Helper()
	var c struct {
		Edits []struct{ File, Old, New string }
		Files map[string]string
		Want  []string
		Lacks []string
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if c.Files == nil {
		c.Files = map[string]string{}
	}
	for _, e := range c.Edits {
		text, ok := c.Files[e.File]
		if !ok {
			raw, err := shipped.ReadFile("shipped/" + e.File)
			if err != nil {
				t.Fatal(err)
			}
			text = string(raw)
		}
		if !strings.Contains(text, e.Old) {
			t.Fatalf("%s: %s does not hold %q", path, e.File, e.Old)
		}
		c.Files[e.File] = strings.Replace(text, e.Old, e.New, 1)
	}
	dir = t.TempDir()
	for name, text := range c.Files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, c.Want, c.Lacks
}

// Each testdata/refused/*.json is a change to the shipped set, and what its refusal must say.
func TestRefused(t *testing.T) {
	cases, err := filepath.Glob("testdata/refused/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			dir, want, lacks := edited(t, path)
			_, err := Load(dir)
			if err == nil {
				t.Fatal("it was accepted")
			}
			var p *Problem
			if !errors.As(err, &p) || p.Line < 1 || p.Column < 1 {
				t.Errorf("no place in %v", err)
			}
			for _, w := range want {
				if w = strings.ReplaceAll(w, "DIR", dir); !strings.Contains(err.Error(), w) {
					t.Errorf("the error lacks %q:\n%s", w, err)
				}
			}
			for _, l := range lacks {
				if strings.Contains(err.Error(), l) {
					t.Errorf("the error holds %q:\n%s", l, err)
				}
			}
		})
	}
}

// What an admin may well change: words, colours, a letterhead that leaves the statement near the top.
func TestAccepted(t *testing.T) {
	cases, err := filepath.Glob("testdata/accepted/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	base := load(t, "")
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			dir, want, lacks := edited(t, path)
			s := load(t, dir)
			if s.Hash() == base.Hash() {
				t.Error("another set has the same hash")
			}
			r, err := s.Answer(sampleAnswer())
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range want {
				if !strings.Contains(r.Text+r.HTML, w) {
					t.Errorf("the answer lacks %q", w)
				}
			}
			for _, l := range lacks {
				if strings.Contains(r.Text+r.HTML, l) {
					t.Errorf("the answer holds %q", l)
				}
			}
		})
	}
}

// The shipped set is held to what an admin's is.
func TestShippedSet(t *testing.T) {
	files, problems := read("")
	s := &Set{texts: map[string]*template.Template{}, states: regexp.MustCompile(`[^\s\S]`)}
	problems = append(problems, s.parse(files)...)
	for _, p := range append(problems, s.check(files)...) {
		t.Error(p)
	}
}

func TestLoadWithoutFolder(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
}

// The hash names content: wherever the files lie, and whatever lies beside them.
func TestHash(t *testing.T) {
	base := load(t, "").Hash()
	dir := t.TempDir()
	if got := load(t, dir).Hash(); got != base || len(base) != 64 {
		t.Errorf("hashes %q and %q", base, got)
	}
	page, err := shipped.ReadFile("shipped/page.html")
	if err != nil {
		t.Fatal(err)
	}
	for text, same := range map[string]bool{string(page): true, string(page) + "\n": false} {
		if err := os.WriteFile(filepath.Join(dir, "page.html"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := load(t, dir).Hash(); (got == base) != same {
			t.Errorf("a page of %d bytes gives %q, the shipped one %q", len(text), got, base)
		}
	}
}
