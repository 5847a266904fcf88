package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Problem is one thing that is wrong with a file: where, what, and the mend.
type Problem struct {
	File    string
	Line    int    // from 1; 0: the file as a whole
	Col     int    // in characters from 1; 0: the line as a whole
	Key     string // "mailboxes[0].imap.port", or "" where no key is concerned
	Text    string // what is wrong
	Mend    string // what to do about it, or ""
	Warning bool   // work goes on, with what the text says
}

// String is the problem on one line: file:line:col: key: text; mend.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
		if p.Col > 0 {
			fmt.Fprintf(&b, ":%d", p.Col)
		}
	}
	b.WriteString(": ")
	if p.Warning {
		b.WriteString("warning: ")
	}
	if p.Key != "" {
		b.WriteString(clip(p.Key, maxShownKey) + ": ")
	}
	b.WriteString(p.Text)
	if p.Mend != "" {
		b.WriteString("; " + p.Mend)
	}
	return OneLine(b.String())
}

// Broken says whether one of the problems is more than a warning.
func Broken(ps []Problem) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return !p.Warning })
}

// Sort puts them in the order in which the file is read. What stands in one place stays in the order in which it was
// found: who walks a map to find something sorts its keys.
func Sort(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}

// What is repeated of a file in a message: whoever reads it looks for the place, not for the text.
const (
	maxShown    = 60
	maxShownKey = 3 * maxShown // several names
)

// Short is what a message repeats of a name or a value: at most 60 characters, with … where more follows.
func Short(s string) string { return clip(s, maxShown) }

func clip(s string, most int) string {
	n := 0
	for i := range s {
		if n++; n == most && utf8.RuneCountInString(s[i:]) > 1 {
			return s[:i] + "…"
		}
	}
	return s
}

// OneLine keeps what an admin's file holds from breaking the line or steering the terminal.
func OneLine(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ', r >= 0x7f && r < 0xa0, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x61c:
			return '\uFFFD'
		}
		return r
	}, s)
}
