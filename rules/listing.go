package rules

import (
	"cmp"
	"io/fs"
	"slices"
)

// Rule is one rule or list of a set, as `rules check --list` shows it.
type Rule struct {
	Section string `json:"section"` // "lists", "classify", "extract", "forms", "route", "link"
	Name    string `json:"name"`
	State   State  `json:"state"`
	Place          // of an admin's rule or change where that stands, not what it changes
	About   string `json:"about"`
}

// State says whose a rule is.
type State string

// The states of a rule.
const (
	StateShipped    State = "shipped"
	StateYours      State = "yours"
	StateChanged    State = "changed"    // shipped, with words added or removed
	StateOverridden State = "overridden" // replaced by an admin's of the same name
	StateOff        State = "off"        // switched off: the only state that is not in force
)

// Rules are the lists and rules of the set: lists by name, then those of each section in the order in which they are
// asked, and behind them what was switched off.
func (s *Set) Rules() []Rule { return slices.Clone(s.rules) }

// PagingForms are the rules of the section forms whose emergencies notfalld itself is to page the technician for.
func (s *Set) PagingForms() (paging []Rule) {
	for _, f := range s.forms {
		if f.alarm == "channels" {
			paging = append(paging, Rule{"forms", f.name, StateYours, f.at, oneLine(f.about)})
		}
	}
	return paging
}

// TestProblems are what is wrong with the test files (*.test.yaml) of a folder before any of them is run: what cannot be
// read, expectations that no mail could fulfil, rules that are not there. The error is that of the folder.
func (s *Set) TestProblems(folder fs.FS, prefix string) ([]Problem, error) {
	files, err := readTrialFiles(s, folder, prefix)
	var all []Problem
	for _, f := range files {
		all = append(all, f.doc.Problems()...)
	}
	return all, err
}

// remember keeps what Rules tells. It is called once a section is merged and in its order.
func remember[T raw](l *loader, section string, list []placed[T]) {
	for _, p := range list {
		l.set.rules = append(l.set.rules, Rule{section, p.raw.shared().name, p.state, p.at, oneLine(cmp.Or(p.about, p.raw.shared().about))})
	}
	l.set.rules = append(l.set.rules, l.off[section]...)
}

// rememberList keeps a list, or a change of it in the place of what is changed.
func (l *loader) rememberList(f *file, name string, raw rawList, exists bool) {
	r := Rule{"lists", name, StateShipped, f.place("lists." + name), oneLine(raw.About)}
	switch {
	case f.shipped:
	case !exists:
		r.State = StateYours
	case raw.Override:
		r.State = StateOverridden
	default:
		r.State = StateChanged
	}
	if k := slices.IndexFunc(l.set.rules, func(o Rule) bool { return o.Name == name }); k >= 0 {
		r.About = cmp.Or(r.About, l.set.rules[k].About)
		l.set.rules[k] = r
		return
	}
	l.set.rules = append(l.set.rules, r)
}
