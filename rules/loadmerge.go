package rules

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"notfalld/strictyaml"
)

// raw is a rule of any section as it stands in a file.
type raw interface{ shared() shared }

// shared is what every raw rule has.
type shared struct {
	name, about   string
	off, override bool
	add, remove   []string
	when          string
	unless        []rawException
}

func (r rawClassify) shared() shared {
	return shared{r.Name, r.About, r.Off, r.Override, r.Add, r.Remove, r.When, r.Unless}
}

func (r rawExtract) shared() shared {
	return shared{r.Name, r.About, r.Off, r.Override, r.Add, r.Remove, r.When, r.Unless}
}

func (r rawRoute) shared() shared {
	return shared{r.Name, r.About, r.Off, r.Override, nil, nil, r.When, r.Unless}
}

// placed is a rule with the file and the key where it stands.
type placed[T raw] struct {
	raw   T
	f     *file
	key   string
	state State
	at    Place  // where an admin's change of it stands, or the rule itself
	about string // of the change
}

// merge puts the rules of one section of all files together, in their order. An admin's rule of a shipped name replaces
// it in its place, changes its words, or switches it off.
func merge[T raw](l *loader, section string, rulesOf func(*rawFile) []T, setWords func(*T, []string), wordsOf func(*T) []string) []placed[T] {
	var out []placed[T]
	off := map[string]bool{}
	at := func(name string) int {
		return slices.IndexFunc(out, func(p placed[T]) bool { return p.raw.shared().name == name })
	}
	for _, f := range l.files {
		for i, r := range rulesOf(&f.raw) {
			key := fmt.Sprintf("%s[%d]", section, i)
			s := r.shared()
			p := placed[T]{raw: r, f: f, key: key, state: StateYours, at: f.place(key)}
			if f.shipped {
				p.state = StateShipped
			}
			if s.name == "" {
				continue // told by the reader
			}
			if !nameOK(s.name) {
				f.doc.ProblemAt(p.key+".name", fmt.Sprintf("%q is no name for a rule", strictyaml.Short(s.name)), "small letters, digits and hyphens: vip-customers")
				continue
			}
			k := at(s.name)
			switch {
			case f.shipped && k < 0:
				out = append(out, p)
			case f.shipped:
				f.doc.ProblemAt(p.key+".name", "this name stands twice", "")
			case k >= 0 && !out[k].f.shipped, off[s.name]:
				first := "switched off"
				if k >= 0 {
					first = "in " + out[k].f.place(out[k].key).at()
				}
				f.doc.ProblemAt(p.key+".name", fmt.Sprintf("a rule %q stands here twice: first %s", s.name, first), "a name belongs to one rule: choose another, or remove one of the two")
			case k < 0 && (s.off || s.override || len(s.add)+len(s.remove) > 0):
				f.doc.ProblemAt(p.key+".name", fmt.Sprintf("there is no shipped rule %q to change", s.name), l.meantRule(s.name, names(out)))
			case k < 0:
				out = append(out, p)
			case s.off:
				l.only(f, p.key, r, "a rule that is off", "off")
				l.off[section] = append(l.off[section], Rule{section, s.name, StateOff, p.at, oneLine(cmp.Or(s.about, out[k].raw.shared().about))})
				out = slices.Delete(out, k, k+1)
				off[s.name] = true
			case s.override:
				p.state = StateOverridden
				out[k] = p
			case len(s.add)+len(s.remove) > 0:
				l.only(f, p.key, r, "a change of words", "add", "remove")
				changed := out[k].raw
				l.words(f, p.key+".add", s.add) // first: what is wrong is not added, and not told again of the shipped rule
				setWords(&changed, l.changed(f, p.key, wordsOf(&changed), s.add, s.remove))
				out[k].raw, out[k].state, out[k].at, out[k].about = changed, StateChanged, p.at, s.about
			default:
				f.doc.ProblemAt(p.key+".name", fmt.Sprintf("a shipped rule is called %q", s.name), "write override: true to replace it, off: true to switch it off, add: for more words, or choose another name")
			}
		}
	}
	return out
}

func names[T raw](list []placed[T]) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.raw.shared().name
	}
	return out
}

func nameOK(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s[0] != '-'
}

func (l *loader) meantRule(name string, known []string) string {
	if n := nearest(name, known); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return "`notfalld rules check --list` names them"
}

// only refuses keys beside those that a change has.
func (l *loader) only(f *file, key string, r raw, what string, keys ...string) {
	t := reflect.TypeOf(r)
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("yaml")
		if name != "name" && name != "about" && !slices.Contains(keys, name) && f.doc.Has(key+"."+name) {
			f.doc.ProblemAt(key+"."+name, fmt.Sprintf("%s has no %s", what, name), "remove it; or write override: true and the whole rule")
		}
	}
}
