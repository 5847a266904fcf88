package rules

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// spoken are those of the messages in quotation marks around which the sender speaks on the same line: they win over the line,
// whatever else the line looks like. Lines of machines hold quotation marks too, but begin as such lines do.
func (s *source) spoken(quotes []finding) []finding {
	var out []finding
	for _, q := range quotes {
		l := s.lineAt(q.from)
		if l < 0 || s.lines[l].shape != (shape{}) {
			continue
		}
		open, n := utf8.DecodeLastRuneInString(s.text[:q.from])
		before := strings.TrimRight(s.text[s.lines[l].from:q.from-n], " ")
		if open == '(' || strings.HasSuffix(before, "\":") || strings.HasSuffix(before, "=") {
			continue
		}
		around := len(splitWords(before))
		if end := s.lineAt(q.to); end >= 0 {
			around += len(s.wordsIn(q.to, s.lines[end].to))
		}
		if around >= 2 && len(strings.Fields(q.text)) >= 3 {
			out = append(out, q)
		}
	}
	return out
}

// told reports whether the sender tells of a message on line i: in quotation marks that begin there, or above it and are
// still open.
func (f *lineFinder) told(i int) bool {
	l := f.s.lines[i]
	for _, q := range f.spoken {
		if l.from > q.from && l.from < q.to || q.from > l.from && q.from < l.to && l.shape == (shape{}) && f.announced != firmly {
			return true
		}
	}
	return false
}

// lineAt is the number of the line in which a place lies, or -1.
func (s *source) lineAt(at int) int {
	i := sort.Search(len(s.lines), func(k int) bool { return s.lines[k].to >= at })
	if i == len(s.lines) {
		return -1
	}
	return i
}

// apostropheLength is where a quotation in apostrophes ends, or -1. Names in apostrophes may stand in it ('Access denied for
// user 'shop'@'localhost”), and apostrophes within words close nothing.
func apostropheLength(t string) int {
	t = cut(t, 500)
	if i := strings.Index(t, "\n\n"); i >= 0 {
		t = t[:i]
	}
	depth := 1
	for i := 0; i < len(t); i++ {
		if t[i] != '\'' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(t[:i])
		after, _ := utf8.DecodeRuneInString(t[i+1:])
		switch opens := i == 0 || opensApostrophe(before) || before == '@'; {
		case opens && i+1 < len(t) && after > ' ' && !strings.ContainsRune(".,;:!?)'", after):
			depth++
		case i+1 < len(t) && (unicode.IsLetter(after) || unicode.IsDigit(after)):
		default:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// opensApostrophe: behind such a rune an apostrophe opens a quotation.
func opensApostrophe(before rune) bool {
	return before <= ' ' || before == '(' || before == '[' || before == ':' || before == '='
}

// namedMessage is a message within a sentence that begins with a name in quotation marks: `es kommt "SRV1" konnte nicht
// gestartet werden`. It ends with the sentence. -1: none; so, if the source has no quotation marks at all.
func namedMessage(s *source, from, to int, quotes bool) int {
	for at := from; quotes && at < to; {
		open, n, closers := nextQuote(s.text[:to], at)
		if open < 0 {
			return -1
		}
		at = open + n
		length := quoteLength(s.text[at:to], closers)
		if s.text[open] == '(' || s.text[open] == '\'' || length <= 0 || open == from {
			continue
		}
		_, m := utf8.DecodeRuneInString(s.text[at+length:])
		w := s.wordsIn(at+length+m, to)
		if length > 40 || len(w) < 3 || w[0].from != at+length+m+1 || !messageVerb(w[0].fold) {
			at += length + m
			continue
		}
		if announcedClosely(s, open) && s.v.errorWords.has(w) && !s.v.proseWords.has(w) && !isQuote(strings.TrimSpace(s.text[max(0, open-3):open])) {
			return open
		}
		at += length + m
	}
	return -1
}

// messageVerb: what follows the name of a thing that something happened to.
func messageVerb(w string) bool {
	switch w {
	case "konnte", "konnten", "kann", "wurde", "could", "cannot", "can't", "failed", "was", "is", "has":
		return true
	}
	return false
}

// backtickLength is where a quotation in backticks ends: at another, or as Ruby and GNU write it (`main'), at an apostrophe
// behind a word. -1: nowhere.
func backtickLength(t string) int {
	end := strings.IndexByte(t, '`')
	if i := strings.IndexByte(t, '\''); i > 0 && (end < 0 || i < end) && t[i-1] > ' ' {
		return i
	}
	return end
}
