package message

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// parseParams reads "value; name=value; …" as Content-Type and Content-Disposition have it
// (RFC 2045, 5.1; RFC 2231). Names are lower case, values decoded. It never fails: what is
// malformed is taken for what it most likely was meant to be. At most max parameters are read.
func parseParams(s string, max int) (value string, params map[string]string) {
	value, rest := cutParam(s)
	value = strings.ToLower(strings.TrimSpace(stripComments(value)))
	if i := strings.IndexAny(value, " \t"); i >= 0 { // the semicolon was forgotten
		value, rest = value[:i], value[i:]+";"+rest
	}
	params = map[string]string{}
	var pieces []paramPiece
	for n := 0; rest != "" && n < max; n++ {
		var p string
		p, rest = cutParam(rest)
		name, v, ok := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || name == "" {
			continue
		}
		v = unquote(strings.TrimSpace(v))
		if piece, ok := splitPiece(name, v); ok {
			pieces = append(pieces, piece)
			continue
		}
		if _, twice := params[name]; !twice {
			params[name] = decodeHeader(v)
		}
	}
	for name, v := range joinPieces(pieces) {
		params[name] = v
	}
	return value, params
}

// cutParam returns what stands before the next semicolon outside quotes, and the rest behind it.
func cutParam(s string) (first, rest string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	if quoted { // a quote that is never closed: the semicolon decides alone
		first, rest, _ = strings.Cut(s, ";")
		return first, rest
	}
	return s, ""
}

func unquote(s string) string {
	if s == "" || s[0] != '"' {
		return strings.TrimSpace(stripComments(s))
	}
	var out strings.Builder
	for i := 1; i < len(s) && s[i] != '"'; i++ {
		// Windows clients write paths unescaped: a backslash escapes only what needs it.
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// paramPiece is one "name*1*=…" of a value continued over several parameters (RFC 2231, 3 and 4).
type paramPiece struct {
	name    string
	index   int
	percent bool // encoded with %XX
	value   string
}

func splitPiece(name, value string) (paramPiece, bool) {
	base, tail, ok := strings.Cut(name, "*")
	if !ok {
		return paramPiece{}, false
	}
	p := paramPiece{name: base, value: value}
	if tail == "" {
		p.percent = true
		return p, true
	}
	p.percent = strings.HasSuffix(tail, "*")
	i, err := strconv.Atoi(strings.TrimSuffix(tail, "*"))
	if err != nil || i < 0 {
		return paramPiece{}, false
	}
	p.index = i
	return p, true
}

func joinPieces(pieces []paramPiece) map[string]string {
	sort.SliceStable(pieces, func(i, j int) bool {
		if pieces[i].name != pieces[j].name {
			return pieces[i].name < pieces[j].name
		}
		return pieces[i].index < pieces[j].index
	})
	out := map[string]string{}
	for i := 0; i < len(pieces); {
		name, charset := pieces[i].name, ""
		var raw []byte
		first := i
		for ; i < len(pieces) && pieces[i].name == name; i++ {
			v := pieces[i].value
			if i > first && pieces[i].index == pieces[i-1].index {
				continue // the same piece twice
			}
			if pieces[i].percent && i == first {
				if cs, rest, ok := strings.Cut(v, "'"); ok {
					if _, rest, ok := strings.Cut(rest, "'"); ok {
						charset, v = cs, rest
					}
				}
			}
			if pieces[i].percent {
				raw = append(raw, percentDecode(v)...)
			} else {
				raw = append(raw, v...)
			}
		}
		v := decodeCharset(raw, charset)
		if charset == "" {
			v = decodeHeader(v) // Outlook puts encoded words into continuations
		}
		out[name] = cleanLine(v)
	}
	return out
}

func percentDecode(s string) string {
	if v, err := url.PathUnescape(s); err == nil {
		return v
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// parseMediaType reads a Content-Type field. Only a multipart keeps its boundary; a type that is none
// becomes the default of RFC 2045, 5.2, or octet-stream where a name says that it is a file.
func parseMediaType(s string, max int) (string, map[string]string) {
	typ, params := parseParams(s, max)
	major, minor, ok := strings.Cut(typ, "/")
	if ok {
		minor, _, _ = strings.Cut(minor, "/")
	}
	switch {
	case strings.Contains(typ, "="): // no type at all: "name=x.pdf"
		_, params = parseParams(";"+s, max)
		typ = ""
	case ok && major != "" && minor != "":
		typ = major + "/" + minor
	case typ == "text" || typ == "text/":
		typ = "text/plain"
	case typ == "html":
		typ = "text/html"
	case typ == "multipart" || typ == "multipart/":
		typ = "multipart/mixed"
	default:
		typ = ""
	}
	typ = cleanLine(repairUTF8([]byte(typ)))
	if typ == "" {
		typ = "text/plain"
		if params["name"] != "" {
			typ = "application/octet-stream"
		}
	}
	if !strings.HasPrefix(typ, "multipart/") {
		delete(params, "boundary")
	}
	return typ, params
}

// stripComments removes (comments), nested ones too (RFC 5322, 3.2.2), but not inside quotes.
func stripComments(s string) string {
	if strings.IndexByte(s, '(') < 0 {
		return s
	}
	var out strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && (quoted || depth > 0) && i+1 < len(s):
			if depth == 0 {
				out.WriteString(s[i : i+2])
			}
			i++
			continue
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
			continue
		case c == ')' && !quoted && depth > 0:
			depth--
			out.WriteByte(' ')
			continue
		}
		if depth == 0 {
			out.WriteByte(c)
		}
	}
	return out.String()
}
