package pattern

import (
	"strings"
	"unicode/utf8"
)

// Regexp's parser tells what is wrong, but not where, keeps no positions in its tree, and stops at the
// first error. scanPattern cuts an expression into its tokens for the messages; it decides nothing.

type tokenKind uint8

const (
	tokenAtom   tokenKind = iota // a character, an escape, a class
	tokenOpen                    // ( with all of (?P<name>
	tokenClose                   // )
	tokenOr                      // |
	tokenRepeat                  // * + ? {n,m} with a ? behind
	tokenFlags                   // (?i)
)

// token is one token; positions are bytes of the expression.
type token struct {
	kind     tokenKind
	from, to int
	text     string
	name     string      // of a capture
	foreign  foreignKind // what other dialects have
	skip     bool        // a repetition that allows none
}

func scanPattern(expr string) []token {
	var out []token
	for i := 0; i < len(expr); {
		t := scanToken(expr[i:], out)
		t.text = expr[i : i+t.to]
		t.from, t.to = i, i+t.to
		i = t.to
		out = append(out, t)
	}
	return out
}

// scanToken scans the token at the beginning of s; to is its length.
func scanToken(s string, before []token) token {
	switch s[0] {
	case '\\':
		return scanEscape(s)
	case '[':
		return token{to: classLength(s)}
	case '(':
		return scanOpen(s)
	case ')':
		return token{kind: tokenClose, to: 1}
	case '|':
		return token{kind: tokenOr, to: 1}
	case '*', '+', '?':
		return scanRepeat(s, 1, s[0] != '+', before)
	case '{':
		if n, none, ok := countLength(s); ok {
			return scanRepeat(s, n, none, before)
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return token{to: n}
}

// scanRepeat takes the mark behind a repetition: ? is lazy, + possessive in other dialects.
func scanRepeat(s string, n int, skip bool, before []token) token {
	t := token{kind: tokenRepeat, to: n, skip: skip}
	switch {
	case n < len(s) && s[n] == '?':
		t.to++
	case n < len(s) && s[n] == '+' && len(before) > 0 && before[len(before)-1].kind != tokenRepeat:
		t.to++
		t.foreign = foreignPossessive
	}
	return t
}

// countLength is the length of {n}, {n,} or {n,m}; without numbers it is text.
func countLength(s string) (n int, none, ok bool) {
	end := strings.IndexByte(s, '}')
	if end < 2 {
		return 0, false, false
	}
	low, high, _ := strings.Cut(s[1:end], ",")
	if low == "" || strings.Trim(low, "0123456789") != "" || strings.Trim(high, "0123456789") != "" {
		return 0, false, false
	}
	return end + 1, strings.Trim(low, "0") == "", true
}

func scanEscape(s string) token {
	if len(s) < 2 {
		return token{to: len(s)}
	}
	_, n := utf8.DecodeRuneInString(s[1:])
	t := token{to: 1 + n}
	switch c := s[1]; {
	case c == 'Q':
		t.to = len(s)
		if end := strings.Index(s, `\E`); end >= 0 {
			t.to = end + 2
		}
	case c == 'x' || c == 'p' || c == 'P' || c == 'o' || c == 'N' || c == 'u' || c == 'g' || c == 'k':
		t.to += bracketLength(s[2:])
	}
	t.foreign = foreignEscape(s)
	return t
}

// bracketLength is the length of {…}, <…> or '…' at the beginning of s, or 0.
func bracketLength(s string) int {
	if s == "" {
		return 0
	}
	end, ok := map[byte]byte{'{': '}', '<': '>', '\'': '\''}[s[0]]
	if !ok {
		return 0
	}
	if i := strings.IndexByte(s[1:], end); i >= 0 {
		return i + 2
	}
	return 0
}

// classLength is the length of […], up to the end where the ] is missing.
func classLength(s string) int {
	i := 1
	if strings.HasPrefix(s[i:], "^") {
		i++
	}
	if strings.HasPrefix(s[i:], "]") {
		i++
	}
	for i < len(s) {
		switch {
		case s[i] == ']':
			return i + 1
		case s[i] == '\\' && i+1 < len(s):
			_, n := utf8.DecodeRuneInString(s[i+1:])
			i += 1 + n
		case strings.HasPrefix(s[i:], "[:"):
			if end := strings.Index(s[i:], ":]"); end >= 0 {
				i += end + 2
				continue
			}
			i++
		default:
			i++
		}
	}
	return len(s)
}

// scanOpen scans ( and what may stand behind it: (?:, (?i:, (?i), (?P<name>, (?<name>, and what other
// dialects have.
func scanOpen(s string) token {
	if !strings.HasPrefix(s, "(?") {
		if strings.HasPrefix(s, "(*") {
			return token{kind: tokenOpen, to: 1, foreign: foreignVerb}
		}
		return token{kind: tokenOpen, to: 1}
	}
	for _, f := range foreignGroups {
		if strings.HasPrefix(s, f.begin) {
			t := token{kind: tokenOpen, to: len(f.begin), foreign: f.kind}
			if f.kind == foreignComment || f.kind == foreignBackReference || f.kind == foreignRecursion {
				t.kind = tokenAtom
				if end := strings.IndexByte(s, ')'); end >= 0 {
					t.to = end + 1
				}
			}
			return t
		}
	}
	for _, begin := range []string{"(?P<", "(?<"} {
		if rest, ok := strings.CutPrefix(s, begin); ok {
			name, _, closed := strings.Cut(rest, ">")
			if !closed {
				return token{kind: tokenOpen, to: len(begin)}
			}
			return token{kind: tokenOpen, to: len(begin) + len(name) + 1, name: name}
		}
	}
	return scanFlags(s)
}

func scanFlags(s string) token {
	i := 2
	for i < len(s) && (s[i] == '-' || s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z') {
		i++
	}
	t := token{kind: tokenOpen, to: i}
	if strings.Trim(s[2:i], "imsU-") != "" {
		t.foreign = foreignFlag
	}
	switch {
	case i < len(s) && s[i] == ')':
		t.kind, t.to = tokenFlags, i+1
	case i < len(s) && s[i] == ':':
		t.to = i + 1
	}
	return t
}
