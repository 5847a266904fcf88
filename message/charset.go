package message

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
)

// decodeText turns bytes of a declared charset into clean UTF-8. It never fails: declared charset,
// UTF-8, windows-1252, replacement character, in this order of trust, with two known lies put right:
// bytes that are valid UTF-8 are UTF-8 whatever single-byte charset is declared, and ISO-8859-1 and
// US-ASCII mean windows-1252 (so does every browser: https://encoding.spec.whatwg.org/).
func decodeText(b []byte, charset string) string { return cleanText(decodeCharset(b, charset)) }

func decodeCharset(b []byte, charset string) string {
	b, charset = cutBOM(b, charset)
	label := charsetLabel(charset)
	if label == "utf-7" {
		return decodeUTF7(b)
	}
	enc := lookupCharset(label)
	if isASCII(b) && (enc == nil || singleByte(enc)) {
		return string(b)
	}
	if enc == nil || singleByte(enc) {
		if utf8.Valid(b) {
			return string(b)
		}
		if enc == nil || enc == charmap.Windows1252 || label == "iso-8859-15" && hasC1(b) {
			return repairUTF8(b)
		}
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil || 20*bytes.Count(out, []byte("\uFFFD")) > len(out) && utf8.Valid(b) {
		return repairUTF8(b)
	}
	return string(out)
}

// repairUTF8 reads bytes that are UTF-8 or windows-1252, or a mixture as mail programs produce it
// when they quote a mail of another charset.
func repairUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	valid := false // does any multi-byte sequence hold?
	for i := 0; i < len(b) && !valid; {
		_, n := utf8.DecodeRune(b[i:])
		valid = n > 1
		i += n
	}
	var out strings.Builder
	out.Grow(len(b) + len(b)/8)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			out.WriteRune(r)
		case !valid || lonely(b, i):
			out.WriteRune(charmap.Windows1252.DecodeByte(b[i]))
		default: // the rest of a torn UTF-8 sequence
			out.WriteRune(utf8.RuneError)
		}
		i += n
	}
	return out.String()
}

// lonely says whether b[i] is a letter of windows-1252 between ASCII bytes, and no torn UTF-8.
func lonely(b []byte, i int) bool {
	return b[i] >= 0xA0 && (i == 0 || b[i-1] < 0x80) && i+1 < len(b) && b[i+1] < 0x80
}

func cutBOM(b []byte, charset string) ([]byte, string) {
	switch {
	case bytes.HasPrefix(b, []byte("\xEF\xBB\xBF")):
		return b[3:], "utf-8"
	case bytes.HasPrefix(b, []byte("\xFF\xFE")) && len(b)%2 == 0:
		return b, "utf-16le"
	case bytes.HasPrefix(b, []byte("\xFE\xFF")) && len(b)%2 == 0:
		return b, "utf-16be"
	}
	return b, charset
}

// charsetLabel folds what senders write into the charset parameter: quotes, "charset=" twice,
// underscores, a language (RFC 2231, 5).
func charsetLabel(s string) string {
	s = strings.ToLower(strings.Trim(s, " \t\"'"))
	s = strings.TrimPrefix(s, "charset=")
	s = strings.Trim(s, " \t\"'")
	if i := strings.IndexAny(s, "*; "); i >= 0 {
		s = s[:i]
	}
	s = strings.ReplaceAll(s, "_", "-")
	switch s {
	case "unicode-1-1-utf-7", "x-unicode-2-0-utf-7":
		return "utf-7"
	case "unicode", "utf16":
		return "utf-16"
	case "utf8mb4", "utf-8-sig":
		return "utf-8"
	case "iso8859-15", "latin-9", "iso-8859-15":
		return "iso-8859-15"
	case "cp850", "ibm850":
		return "ibm850"
	}
	if n, ok := strings.CutPrefix(s, "cp125"); ok {
		return "windows-125" + n
	}
	return s
}

// lookupCharset returns nil for UTF-8, US-ASCII, the empty and the unknown charset: those are guessed.
func lookupCharset(label string) encoding.Encoding {
	switch label {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "default", "unknown-8bit", "8bit", "x-user-defined", "binary":
		return nil
	}
	if e, err := htmlindex.Get(label); err == nil {
		if n, err := htmlindex.Name(e); err == nil && (n == "replacement" || n == "utf-8" || n == "x-user-defined") {
			return nil
		}
		return e
	}
	if e, err := ianaindex.MIME.Encoding(label); err == nil && e != nil {
		return e
	}
	return nil
}

func singleByte(e encoding.Encoding) bool { _, ok := e.(*charmap.Charmap); return ok }

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c == 0x1B {
			return false
		}
	}
	return true
}

func hasC1(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 && c < 0xA0 {
			return true
		}
	}
	return false
}

// ansiSequence is what a terminal colours its output with; pasted logs hold it.
var ansiSequence = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)

// cleanText makes s fit to be stored and matched: valid UTF-8, line feeds only, no NUL and no other
// control character but tab, ordinary blanks for those that only look like one.
func cleanText(s string) string {
	if strings.IndexByte(s, 0x1B) >= 0 {
		s = ansiSequence.ReplaceAllString(s, "")
	}
	if strings.IndexByte(s, '\r') >= 0 {
		s = strings.ReplaceAll(s, "\r\n", "\n")
		s = strings.ReplaceAll(s, "\r", "\n")
	}
	clean := true
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\n' && c != '\t' || c >= 0x7F {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Map(cleanRune, s)
}

// cleanRune is the table behind cleanText; strings.Map turns invalid bytes into U+FFFD.
func cleanRune(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029:
		return '\n'
	case r < ' ' || r >= 0x7F && r < 0xA0, r == 0xFEFF, r == 0xAD:
		return -1 // U+00AD, the soft hyphen, would tear words apart for every search
	case r == 0xA0 || r == 0x2007 || r == 0x202F:
		return ' '
	}
	return r
}

// cleanLine is cleanText for what stands on one line.
func cleanLine(s string) string {
	return strings.Join(strings.Fields(cleanText(s)), " ")
}

// htmlCharset finds the charset that an HTML part names itself when its header does not.
func htmlCharset(b []byte) string {
	head := b[:min(len(b), 2048)]
	if m := metaCharset.FindSubmatch(head); m != nil {
		return string(m[1])
	}
	return ""
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?([a-z0-9_\-:.]{2,40})`)
