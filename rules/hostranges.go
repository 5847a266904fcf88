package rules

import "strings"

// says notes that the text names a host by its bare name.
func (f *serverFinder) says(s candidate, t hostToken, inLog bool) {
	f.last = lastName{s.src, t.to, s.Name}
	if s.src != &f.d.title && (!inLog || t.scheme == "unc") && !(plainWord(s.Name) && t.scheme == "") {
		f.spoken[s.Name] = true
	}
}

// lastName is the host named last, for what goes on with its number alone: web01/02.
type lastName struct {
	src  *source
	to   int
	name string
}

// ranged takes ranges of names and what goes on from the name before: web01-03, node1..node3, web01/02.
func (f *serverFinder) ranged(s candidate, t hostToken, ctx *hostContext) bool {
	first, last, ok := strings.Cut(s.Name, "..")
	if !ok {
		first, last, ok = rangeEnds(s.Name)
	}
	if ok && hostShape(first) && hostShape(last) {
		a := t
		a.text, a.to = t.text[:len(first)], t.from+len(first)
		b := t
		b.text, b.from = last, t.to-min(len(last), len(t.text))
		if !bareHost(first, a, ctx) && !ctx.endOfRange(a) {
			return false
		}
		for _, x := range []hostToken{a, b} {
			one := candidate{Server{Name: strings.ToLower(x.text), Source: s.Source, Span: Span{x.from, x.to}}, s.src}
			f.take(one, x)
		}
		return true
	}
	if f.last.src != s.src || t.from <= f.last.to || digits(s.Name) != len(s.Name) || len(s.Name) > 3 {
		return false
	}
	between, stem := s.src.text[f.last.to:t.from], strings.TrimRight(f.last.name, "0123456789")
	width := len(f.last.name) - len(stem)
	switch between {
	case "/", "+", "-", "–", "&", ",":
	case ", ", " und ", " and ", " bis ", " to ", " - ", " – ", " & ", " + ", " / ", " und -", " bis -":
		if width < 2 || s.Name[0] != '0' {
			return false
		}
	default:
		return false
	}
	if width != len(s.Name) {
		return false
	}
	s.Name = stem + s.Name
	f.take(s, t)
	return true
}

// take adds a bare name that is a host for sure, known or not.
func (f *serverFinder) take(s candidate, t hostToken) {
	if known := f.lookup(s.Name); len(known) > 0 {
		s.Known, s.Owner = true, owner(known)
	}
	f.says(s, t, false)
	f.add(s, "of a range of hosts")
}
