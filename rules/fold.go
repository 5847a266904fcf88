package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldText makes two spellings of the same words equal: lower case, umlauts written out, accents
// dropped, dashes, quotation marks and white space each of one kind. Offsets are not kept.
func foldText(s string) string {
	if lowerASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	for _, r := range s {
		foldRune(&b, r)
	}
	return b.String()
}

// lowerASCII reports whether folding would change nothing; most words of a mail are such.
func lowerASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' || c == '`' || c == '\t' || c == '\n' || c == '\r' {
			return false
		}
	}
	return true
}

func foldRune(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf:
		switch {
		case r >= 'A' && r <= 'Z':
			b.WriteByte(byte(r) + 'a' - 'A')
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case r == '`':
			b.WriteByte('\'')
		default:
			b.WriteByte(byte(r))
		}
	case unicode.IsSpace(r):
		b.WriteByte(' ')
	default:
		if s, ok := foldTable[unicode.ToLower(r)]; ok {
			b.WriteString(s)
		} else if !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Cf, r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
}

// foldTable holds what is not its own folded form. Written out rather than decomposed: Go's norm
// tables would make ä an a, and customers without the key write ae.
var foldTable = map[rune]string{
	'ä': "ae", 'ö': "oe", 'ü': "ue", 'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "oe", 'å': "a",
	'à': "a", 'á': "a", 'â': "a", 'ã': "a", 'ç': "c", 'è': "e", 'é': "e", 'ê': "e", 'ë': "e",
	'ì': "i", 'í': "i", 'î': "i", 'ï': "i", 'ñ': "n", 'ò': "o", 'ó': "o", 'ô': "o", 'õ': "o",
	'ù': "u", 'ú': "u", 'û': "u", 'ý': "y", 'š': "s", 'ž': "z", 'č': "c", 'ř': "r", 'ě': "e", 'ł': "l",
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '―': "-", '−': "-", '﹣': "-", '－': "-",
	'’': "'", '‘': "'", '‚': "'", '´': "'", 'ʼ': "'",
	'“': "\"", '”': "\"", '„': "\"", '«': "\"", '»': "\"",
	'\u00ad': "", '\ufeff': "", '\ufffd': "",
}

// FoldSubject is a subject as it is compared: folded, without reply and forward prefixes, and without
// tags of gateways, lists and ticket systems in brackets.
func FoldSubject(s string) string {
	s = strings.Join(strings.Fields(foldText(s)), " ")
	for {
		before := s
		s = strings.TrimLeft(s, " :;,-*+|#>")
		s = cutPrefixes(s)
		s = cutTag(s)
		if s == before {
			return strings.TrimSpace(s)
		}
	}
}

// replyPrefixes are what mail clients of the neighbourhood put before a subject, folded.
var replyPrefixes = []string{
	"re", "aw", "antw", "antwort", "wg", "fw", "fwd", "tr", "rv", "sv", "vs", "vb", "i", "r", "rif", "ref", "odp", "pd", "res", "enc", "doorst", "wtr", "weitergeleitet", "betreff", "betr", "subject",
}

// cutPrefixes removes one prefix with its colon: "aw:", "re[2]:", "aw (3):", "wg :".
func cutPrefixes(s string) string {
	for _, p := range replyPrefixes {
		rest, ok := strings.CutPrefix(s, p)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " ")
		if len(rest) > 0 && (rest[0] == '[' || rest[0] == '(') {
			if i := strings.IndexAny(rest, "])"); i > 0 && i <= 4 {
				rest = strings.TrimLeft(rest[i+1:], " ")
			}
		}
		if after, ok := strings.CutPrefix(rest, ":"); ok {
			return after
		}
	}
	return s
}

// cutTag removes one leading tag: [extern], {spam?}, (spam), ***spam***, "external:", "spam:".
func cutTag(s string) string {
	if s == "" {
		return s
	}
	if end, ok := map[byte]byte{'[': ']', '{': '}', '<': '>'}[s[0]]; ok {
		if i := strings.IndexByte(s, end); i > 0 && i <= 60 && !ourWords(s[:i]) {
			return s[i+1:]
		}
	}
	for _, w := range []string{"extern", "external", "spam", "spam?", "caution", "achtung extern", "externe mail", "externe e-mail", "ext", "suspected spam", "possible spam", "spamverdacht", "bulk"} {
		for _, form := range []string{w + ":", w + "***", "(" + w + ")", w + " -", w + "* "} {
			if rest, ok := strings.CutPrefix(s, form); ok {
				return rest
			}
		}
	}
	return s
}

func ourWords(s string) bool {
	return strings.Contains(s, "notfall") || strings.Contains(s, "emergency")
}
