package message

import "strings"

// strictResults is an Authentication-Results field that could be read whole (RFC 8601, 2.2).
type strictResults struct {
	server  string // as written; "" if there is none, as in Microsoft 365's form
	results []strictResult
}

type strictResult struct {
	method, result string            // lower case
	props          map[string]string // lower-case names
}

// readStrict reads a field as its law has it, and false is what cannot be read whole: half a field says as little as a forged one.
// What real servers do beside the law is taken: properties without type ("action=none", "x-bits=2048"), a semicolon at the end, and in the form of
// Microsoft 365 a bare domain between two results.
func readStrict(raw string) (out strictResults, ok bool) {
	tokens, ok := lexHeader(raw, ";=")
	if !ok || len(tokens) == 0 {
		return out, false
	}
	first := true
	for len(tokens) > 0 {
		n := 0
		for n < len(tokens) && !tokens[n].is(";") {
			n++
		}
		segment := withoutComments(tokens[:n])
		if first && tokens[0].kind == tokenWord && !hasMark(segment) {
			out.server = tokens[0].text
			if !plainVersion(segment[1:]) {
				return out, false
			}
		} else if !out.read(segment, n < len(tokens)) {
			return out, false
		}
		first = false
		tokens = tokens[min(n+1, len(tokens)):]
	}
	return out, len(out.results) <= maxResults
}

func hasMark(tokens []token) bool {
	for _, t := range tokens {
		if t.kind == tokenMark {
			return true
		}
	}
	return false
}

// plainVersion is what may follow the authserv-id: nothing, or 1, the only version there is.
func plainVersion(tokens []token) bool {
	return len(tokens) == 0 || len(tokens) == 1 && tokens[0].kind == tokenWord && !tokens[0].glue && tokens[0].text == "1"
}

// read reads one segment behind the id; more says that another follows.
func (s *strictResults) read(segment []token, more bool) bool {
	if len(segment) == 0 {
		return !more // a semicolon at the end
	}
	if len(segment) == 1 && segment[0].kind == tokenWord {
		if strings.EqualFold(segment[0].text, "none") {
			return len(s.results) == 0
		}
		return s.server == "" && plainDomain(segment[0].text)
	}
	r := strictResult{props: map[string]string{}}
	for len(segment) > 0 {
		name, value, n := readPair(segment)
		if n == 0 {
			return false
		}
		segment = segment[n:]
		if r.method == "" {
			r.method, r.result = strings.TrimSuffix(name, "/1"), strings.ToLower(value)
			if !plainKeyword(r.method) || !plainKeyword(r.result) {
				return false
			}
			continue
		}
		if old, twice := r.props[name]; twice && old != value {
			return false
		}
		r.props[name] = value
	}
	s.results = append(s.results, r)
	return true
}

// readPair reads name=value and says how many tokens it took, 0 if it is none. A value is a word, a quoted string, or a quoted local part with the
// rest of its address; a word may hold "=" (base64 in header.b).
func readPair(t []token) (name, value string, n int) {
	if len(t) < 3 || t[0].kind != tokenWord || !t[1].is("=") || t[2].kind == tokenMark {
		return "", "", 0
	}
	name, value, n = strings.ToLower(t[0].text), t[2].text, 3
	for n < len(t) && t[n].glue {
		switch last := t[n-1]; {
		case t[2].kind == tokenWord && t[n].is("="), t[2].kind == tokenWord && t[n].kind == tokenWord && last.is("="):
		case t[2].kind == tokenQuoted && n == 3 && t[n].kind == tokenWord && strings.HasPrefix(t[n].text, "@"):
		default:
			return "", "", 0
		}
		value += t[n].text
		n++
	}
	return name, value, n
}

// plainKeyword is a method or a result (RFC 5321, 4.1.2), in lower case.
func plainKeyword(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}
