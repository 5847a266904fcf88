package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"notfalld/strictyaml"
)

// mergeLists puts the lists of all files together: an admin's file may make a list, change a shipped one, or replace it.
func (l *loader) mergeLists() {
	made := map[string]*file{} // who made or changed a list
	for _, f := range l.files {
		for _, name := range slices.Sorted(maps.Keys(f.raw.Lists)) {
			key := "lists." + name
			raw := f.raw.Lists[name]
			old, exists := l.lists[name]
			by := made[name]
			switch {
			case exists && (by.shipped == f.shipped):
				f.doc.ProblemAt(key, fmt.Sprintf("this list stands in %s as well", by.place(key).at()), "a list is made or changed in one place: put the two together")
				continue
			case !exists && (len(raw.Add)+len(raw.Remove) > 0 || raw.Override):
				f.doc.ProblemAt(key, "there is no such shipped list to change", l.meantList(name))
				continue
			case len(raw.Words) > 0 && len(raw.Add)+len(raw.Remove) > 0:
				f.doc.ProblemAt(key, "words replaces a list, add and remove change it", "keep one of the two")
				continue
			case exists && len(raw.Words) > 0 && !raw.Override:
				f.doc.ProblemAt(key, "a shipped list has this name", "write add: to add to it, override: true to replace it, or choose another name")
				continue
			case len(raw.Words)+len(raw.Add)+len(raw.Remove) == 0:
				f.doc.ProblemAt(key, "the list says nothing", "give it words, or add and remove")
				continue
			}
			made[name] = f
			l.rememberList(f, name, raw, exists)
			if len(raw.Words) > 0 {
				l.lists[name] = raw.Words
				l.checkList(f, name, key+".words", raw.Words)
			} else {
				l.lists[name] = l.changed(f, key, old, raw.Add, raw.Remove)
				l.checkList(f, name, key+".add", raw.Add)
			}
		}
	}
	slices.SortFunc(l.set.rules, func(a, b Rule) int { return strings.Compare(a.Name, b.Name) })
}

// changed adds to a list of words and takes from it. What is there already, or is not, is told.
func (l *loader) changed(f *file, key string, old, add, remove []string) []string {
	has := map[string]bool{}
	for _, w := range old {
		has[foldText(w)] = true
	}
	out := slices.Clone(old)
	for i, w := range add {
		if f.doc.BadBelow(fmt.Sprintf("%s.add[%d]", key, i)) {
			continue
		}
		if has[foldText(w)] {
			f.doc.WarnAt(fmt.Sprintf("%s.add[%d]", key, i), fmt.Sprintf("%q is in it already", strictyaml.Short(w)), "")
			continue
		}
		out = append(out, w)
	}
	for i, w := range remove {
		if f.doc.BadBelow(fmt.Sprintf("%s.remove[%d]", key, i)) {
			continue
		}
		if !has[foldText(w)] {
			f.doc.ProblemAt(fmt.Sprintf("%s.remove[%d]", key, i), fmt.Sprintf("%q is not in it", strictyaml.Short(w)), l.meant(w, old))
		}
		out = slices.DeleteFunc(out, func(o string) bool { return foldText(o) == foldText(w) })
	}
	return out
}

func (l *loader) meant(w string, known []string) string {
	if n := nearest(foldText(w), known); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

func (l *loader) meantList(name string) string {
	return cmp.Or(l.meant(name, slices.Sorted(maps.Keys(l.lists))), "a new list has words:")
}

// maxListWords bounds a list, and the words of a rule: more are a file of their own, not a rule.
const maxListWords = 50_000

func (l *loader) checkList(f *file, name, key string, words []string) {
	if len(words) > maxListWords {
		f.doc.ProblemAt(key, fmt.Sprintf("has %d entries, and at most %d are read", len(words), maxListWords), "")
		return
	}
	checkStarts(f, key, words)
	for i, w := range words {
		at := fmt.Sprintf("%s[%d]", key, i)
		if f.doc.BadBelow(at) { // the reader has said why
			continue
		}
		if strings.HasPrefix(w, "@") && name == "freemail" {
			f.doc.ProblemAt(at, "domains stand there without the @", fmt.Sprintf("write %q", w[1:]))
			continue
		}
		if strings.HasPrefix(w, "@") {
			f.doc.ProblemAt(at, "a list cannot hold another", "name both lists in the rule")
			continue
		}
		if foldText(strings.TrimSpace(w)) == "" {
			f.doc.ProblemAt(at, "is empty", "remove it")
			continue
		}
		if !tokenLists[name] && (f.shipped || !f.listIsValues(name)) {
			checkPhrase(f, at, w)
		}
	}
}

// listIsValues says whether a file uses its list for values and not for words.
func (f *file) listIsValues(name string) bool {
	ref := "@" + name
	for _, r := range f.raw.Extract {
		if slices.Contains(r.Values, ref) {
			return true
		}
		for _, x := range r.Unless {
			if slices.Contains(x.Values, ref) {
				return true
			}
		}
	}
	return false
}

// checkPhrase says of a phrase that can stand in no text, or stands in every one, why that is so.
func checkPhrase(f *file, key, phrase string) {
	words := strings.Fields(foldText(phrase))
	if len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return strings.Trim(w, "*.") != "" }) {
		f.doc.ProblemAt(key, fmt.Sprintf("%q matches every word", strictyaml.Short(phrase)), "write how the word begins, or a word beside it")
		return
	}
	for i, w := range words {
		if w == ".." && i > 0 && i+1 < len(words) {
			continue
		}
		bare, star := strings.CutSuffix(w, "*")
		if star {
			bare += "x" // whatever follows: "web-*" is a beginning
		}
		if got := splitWords(bare); len(got) != 1 || got[0].fold != bare {
			mend := "words are letters, digits, hyphens and apostrophes; use a pattern for the rest"
			if n := len(got); n > 0 {
				parts := make([]string, n)
				for k, g := range got {
					parts[k] = g.fold
				}
				if star {
					parts[n-1] = strings.TrimSuffix(parts[n-1], "x") + "*"
				}
				mend = fmt.Sprintf("write %q, or use a pattern", strictyaml.Short(strings.Join(slices.Concat(words[:i], parts, words[i+1:]), " ")))
			}
			f.doc.ProblemAt(key, fmt.Sprintf("%q can never be found", strictyaml.Short(phrase)), mend)
			return
		}
	}
}

// maxSameStart is how many phrases of a list may begin with the same word: each is tried wherever that word stands.
const maxSameStart = 500

// checkStarts refuses a list of which too much begins alike: it would cost more time than a mail has.
func checkStarts(f *file, key string, list []string) {
	n := map[string]int{}
	for i, s := range list {
		first, rest, _ := strings.Cut(strings.TrimSpace(foldText(s)), " ")
		if rest == "" {
			continue
		}
		if n[first]++; n[first] > maxSameStart {
			f.doc.ProblemAt(fmt.Sprintf("%s[%d]", key, i), fmt.Sprintf("%d phrases begin with %q, and at most %d may", n[first], first, maxSameStart), "use a pattern, or leave the first word out")
			return
		}
	}
}

// words resolves the entries of a rule: phrases, and lists by their @name.
func (l *loader) words(f *file, key string, entries []string) []string {
	var out []string
	checkStarts(f, key, entries)
	for i, w := range entries {
		at := fmt.Sprintf("%s[%d]", key, i)
		if f.doc.BadBelow(at) {
			continue
		}
		name, isList := strings.CutPrefix(w, "@")
		if !isList {
			if strings.TrimSpace(w) == "" {
				f.doc.ProblemAt(at, "is empty", "remove it")
				continue
			}
			checkPhrase(f, at, w)
			out = append(out, w)
			continue
		}
		if list, ok := l.list(f, at, name); ok {
			if tokenLists[name] {
				for _, t := range list {
					if p := splitWords(t); len(p) > 0 {
						out = append(out, t)
					}
				}
				continue
			}
			out = append(out, list...)
		}
	}
	if len(out) > maxListWords {
		f.doc.ProblemAt(key, fmt.Sprintf("has %d entries, and at most %d are read", len(out), maxListWords), "")
		return nil
	}
	return out
}

func (l *loader) list(f *file, key, name string) ([]string, bool) {
	list, ok := l.lists[name]
	if !ok {
		f.doc.ProblemAt(key, fmt.Sprintf("there is no list %q", strictyaml.Short(name)), cmp.Or(l.meant(name, slices.Sorted(maps.Keys(l.lists))), "make it under lists:"))
	}
	return list, ok
}

// values resolves the values of a refusal or an exception.
func (l *loader) values(f *file, key string, entries []string) []glob {
	var out []glob
	for i, w := range entries {
		at := fmt.Sprintf("%s[%d]", key, i)
		if f.doc.BadBelow(at) {
			continue
		}
		if name, ok := strings.CutPrefix(w, "@"); ok {
			list, _ := l.list(f, at, name)
			for _, x := range list {
				out = append(out, newGlob(x))
			}
			continue
		}
		g := newGlob(w)
		switch {
		case g.text == "":
			f.doc.ProblemAt(at, "matches everything", "leave it out, or say what it begins or ends with")
		case strings.Contains(g.text, "*"):
			f.doc.ProblemAt(at, "* may stand at the beginning or the end only", "use pattern: for more")
		}
		out = append(out, g)
	}
	return out
}

// at is a place as problems name it.
func (p Place) at() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
