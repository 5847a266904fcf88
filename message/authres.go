package message

import (
	"strings"
)

// authResults is one Authentication-Results field (RFC 8601, 2.2).
type authResults struct {
	server  string // authserv-id, lower case; "" if the field names none, as Microsoft 365 writes it
	results []authResult
}

// authResult is what one method found out.
type authResult struct {
	method   string            // "dkim", "spf", "dmarc", …
	result   string            // "pass", "fail", "none", …
	props    map[string]string // "header.d" and the like, and "reason"; lower-case names
	comments []string          // what stood in brackets behind it: policies hide there
}

// maxResults bounds the methods read of one field; a mail with fifty signatures is no honest mail.
const maxResults = 50

// parseAuthResults reads an unfolded field. It takes comments anywhere, quoted strings with
// semicolons in them, a missing authserv-id, a version behind it, blanks around "=".
func parseAuthResults(value string) authResults {
	var out authResults
	for i, segment := range splitSegments(value) {
		if len(out.results) == maxResults {
			break
		}
		if i == 0 && !startsWithResult(segment.words) {
			if len(segment.words) > 0 {
				out.server = normalDomain(strings.ToLower(segment.words[0]))
			}
			continue // what follows the id is a version number (RFC 8601, 2.2)
		}
		if r, ok := newAuthResult(segment); ok {
			out.results = append(out.results, r)
		}
	}
	return out
}

// authSegment is what stands between two semicolons: words, with "=" as a word of its own, and comments.
type authSegment struct {
	words    []string
	comments []string
}

func splitSegments(s string) []authSegment {
	var out []authSegment
	var cur authSegment
	var word strings.Builder
	quoted := false // the word being built holds a quoted string, and counts even when empty
	endWord := func() {
		if word.Len() > 0 || quoted {
			cur.words = append(cur.words, word.String())
		}
		word.Reset()
		quoted = false
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case ';':
			endWord()
			out = append(out, cur)
			cur = authSegment{}
		case ' ', '\t':
			endWord()
		case '=':
			// Only the first "=" of a pair parts name and value: a value may hold one (base64 in header.b).
			if n := len(cur.words); word.Len() > 0 && n > 0 && cur.words[n-1] == "=" {
				word.WriteByte(c)
				break
			}
			endWord()
			cur.words = append(cur.words, "=")
		case '"':
			text, n := readQuoted(s[i:])
			word.WriteString(text)
			quoted = true
			i += n - 1
		case '(':
			endWord()
			text, n := readComment(s[i:])
			cur.comments = append(cur.comments, text)
			i += n - 1
		default:
			word.WriteByte(c)
		}
	}
	endWord()
	return append(out, cur)
}

// readQuoted reads the quoted string that s starts with; one that never ends runs to the end of s.
func readQuoted(s string) (text string, length int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == '"':
			return b.String(), i + 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), len(s)
}

func readComment(s string) (text string, length int) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return s[1:i], i + 1
			}
		}
	}
	return s[1:], len(s)
}

// startsWithResult tells "spf=pass …" from an authserv-id.
func startsWithResult(words []string) bool { return len(words) > 1 && words[1] == "=" }

func newAuthResult(s authSegment) (authResult, bool) {
	r := authResult{props: map[string]string{}, comments: s.comments}
	for i := 0; i+2 < len(s.words); i++ {
		if s.words[i+1] != "=" {
			continue
		}
		name, value := strings.ToLower(s.words[i]), s.words[i+2]
		if r.method == "" {
			r.method, _, _ = strings.Cut(name, "/") // "dkim/1=pass"
			r.result = strings.ToLower(value)
		} else if _, twice := r.props[name]; !twice {
			r.props[name] = value
		}
		i += 2
	}
	return r, r.method != "" && r.method != "="
}

// domainOf is the domain of a property that may be an address, a domain or "@domain".
func domainOf(s string) string {
	s = strings.Trim(s, " <>\"")
	return normalDomain(s[strings.LastIndexByte(s, '@')+1:])
}
