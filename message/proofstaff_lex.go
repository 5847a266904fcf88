package message

import "strings"

// token is one lexical piece of a structured field (RFC 5322, 3.2).
type token struct {
	kind tokenKind
	text string
	glue bool // nothing stands between it and the token before
}

type tokenKind int

const (
	tokenWord    tokenKind = iota
	tokenQuoted            // without its quotes
	tokenComment           // without its brackets
	tokenMark              // one of the characters that part
)

func (t token) is(mark string) bool { return t.kind == tokenMark && t.text == mark }

// lexHeader takes an unfolded field apart. Other than the readers of what customers write it repairs nothing: quotes or comments that do not
// end, escapes outside them and quotes inside words are false.
func lexHeader(s, marks string) (out []token, ok bool) {
	glue := false
	for i := 0; i < len(s); {
		var t token
		n := 1
		switch c := s[i]; {
		case c == ' ' || c == '\t':
			i, glue = i+1, false
			continue
		case c == '"':
			text, length, closed := readClosedQuoted(s[i:])
			if !closed {
				return nil, false
			}
			t, n = token{kind: tokenQuoted, text: text}, length
		case c == '(':
			text, length, closed := readClosedComment(s[i:])
			if !closed {
				return nil, false
			}
			t, n = token{kind: tokenComment, text: text}, length
		case c == ')' || c == '\\' || c < ' ' || c == 0x7F:
			return nil, false
		case strings.IndexByte(marks, c) >= 0:
			t = token{kind: tokenMark, text: s[i : i+1]}
		default:
			n = strings.IndexAny(s[i:], " \t\"()\\"+marks)
			if n < 0 {
				n = len(s) - i
			}
			t = token{kind: tokenWord, text: s[i : i+n]}
		}
		t.glue = glue
		out, glue = append(out, t), true
		i += n
	}
	return out, true
}

// readClosedComment reads the comment that s starts with; comments nest (RFC 5322, 3.2.2). A single quotation mark in one is a sign that
// something broke out of a quoted local part, and such a comment counts as one that does not end.
func readClosedComment(s string) (text string, length int, closed bool) {
	depth, quotes := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			quotes++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[1:i], i + 1, quotes%2 == 0
			}
		}
	}
	return "", 0, false
}

func withoutComments(tokens []token) []token {
	var out []token
	for _, t := range tokens {
		if t.kind != tokenComment {
			out = append(out, t)
		}
	}
	return out
}
