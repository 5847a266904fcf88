package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// asciiFold is what fold makes of an ASCII character; 0 where it looks closer.
var asciiFold = func() (t [utf8.RuneSelf]byte) {
	for c := byte('!'); c < utf8.RuneSelf; c++ {
		switch {
		case c >= 'A' && c <= 'Z':
			t[c] = c + 'a' - 'A'
		case c == '`':
			t[c] = '\''
		default:
			t[c] = c
		}
	}
	return t
}()

// fold makes wordings comparable: lower case, umlauts written out, quotation marks, dashes and white
// space each of one kind.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := true
	for _, r := range s {
		if r < utf8.RuneSelf && asciiFold[r] != 0 { // most of a mail
			b.WriteByte(asciiFold[r])
			space = false
			continue
		}
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		switch r {
		case 'ä', 'Ä':
			b.WriteString("ae")
		case 'ö', 'Ö':
			b.WriteString("oe")
		case 'ü', 'Ü':
			b.WriteString("ue")
		case 'ß', 'ẞ':
			b.WriteString("ss")
		case 'é', 'è', 'ê', 'É', 'È', 'Ê':
			b.WriteByte('e')
		case 'à', 'â', 'á', 'À', 'Á':
			b.WriteByte('a')
		case 'ç', 'Ç':
			b.WriteByte('c')
		case 'ó', 'ò', 'ô', 'Ó':
			b.WriteByte('o')
		case 'í', 'ì', 'î':
			b.WriteByte('i')
		case 'ú', 'ù', 'û':
			b.WriteByte('u')
		case 'ñ', 'Ñ':
			b.WriteByte('n')
		case '‐', '‑', '‒', '–', '—', '―', '−':
			b.WriteByte('-')
		case '’', '‘', 'ʼ', '´', '`':
			b.WriteByte('\'')
		case '“', '”', '„', '«', '»':
			b.WriteByte('"')
		case '\u00ad', '\u200b', '\u200c', '\u200d', '\ufeff':
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// find returns the first of phrases that stands in folded text.
func find(text string, phrases []string) (string, bool) {
	for _, p := range phrases {
		if strings.Contains(text, p) {
			return p, true
		}
	}
	return "", false
}

// startsWith returns the phrase with which a folded subject begins, as a prefix of its own: "automatic
// reply: x" does, "automatic reply does not work" does not.
func startsWith(subject string, phrases []string) (string, bool) {
	for _, p := range phrases {
		rest, ok := strings.CutPrefix(subject, p)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " ")
		if rest == "" || strings.ContainsAny(rest[:1], ":-(|\"[]!.") || strings.HasPrefix(rest, "re:") || strings.HasPrefix(rest, "aw:") {
			return p, true
		}
	}
	return "", false
}

// bareSubject is the folded subject without tags in brackets and reply prefixes; forwarded says that a
// forward prefix stood before it.
func bareSubject(s string) (subject string, forwarded bool) {
	s = fold(s)
	for {
		before := s
		s = strings.TrimLeft(s, " -:*|")
		if strings.HasPrefix(s, "[") {
			// A tag, unless the brackets hold what is looked for ("[request received]").
			if i := strings.IndexByte(s, ']'); i > 0 && i < 60 {
				if _, ok := find(s[:i], acknowledgeSubjects); !ok {
					s = s[i+1:]
				}
			}
		}
		for _, p := range []string{"re:", "aw:", "antw:", "antwort:", "sv:", "r:"} {
			s = strings.TrimPrefix(s, p)
		}
		for _, p := range []string{"wg:", "fw:", "fwd:", "tr:", "i:", "rv:", "vs:"} {
			if rest, ok := strings.CutPrefix(s, p); ok {
				s, forwarded = rest, true
			}
		}
		if s == before {
			return s, forwarded
		}
	}
}
