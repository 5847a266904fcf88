package message

import (
	"encoding/base64"
	"strings"
)

// decodeHeader decodes the encoded words of an unfolded header value (RFC 2047) and cleans it to one
// line. It takes what real clients write: words in quotes or glued to text, blanks inside a word, a
// character torn over two words, a word without end, raw 8-bit bytes.
func decodeHeader(s string) string {
	if !strings.Contains(s, "=?") {
		return cleanLine(decodeCharset([]byte(s), ""))
	}
	var out strings.Builder
	var run wordRun
	plain := 0 // start of the text not yet written
	for i := 0; i < len(s); {
		j := strings.Index(s[i:], "=?")
		if j < 0 {
			break
		}
		w, n := readWord(s[i+j:])
		if n == 0 {
			i += j + 2
			continue
		}
		gap := s[plain : i+j]
		if run.open && (strings.Trim(gap, " \t") != "" || !run.joins(w)) {
			out.WriteString(run.decode())
		}
		if strings.Trim(gap, " \t") != "" || plain == 0 {
			out.WriteString(decodeCharset([]byte(gap), ""))
		} // white space between two encoded words is not shown (RFC 2047, 6.2)
		run.add(w)
		i += j + n
		plain = i
	}
	out.WriteString(run.decode())
	out.WriteString(decodeCharset([]byte(s[plain:]), ""))
	return cleanLine(out.String())
}

type word struct {
	charset string
	enc     byte // 'B' or 'Q'
	text    string
}

// maxWord bounds an encoded word. 75 is the law (RFC 2047, 2), whole subjects in one word are the custom.
const maxWord = 4096

// readWord reads the encoded word that s starts with and returns its length, 0 if it is none.
func readWord(s string) (word, int) {
	rest := s[2:]
	q := strings.IndexByte(rest, '?')
	if q <= 0 || q > 60 || len(rest) < q+3 || rest[q+2] != '?' {
		return word{}, 0
	}
	w := word{charset: charsetLabel(rest[:q]), enc: rest[q+1] &^ 0x20}
	if w.enc != 'B' && w.enc != 'Q' {
		return word{}, 0
	}
	body := rest[q+3:]
	body = body[:min(len(body), maxWord)]
	start := 2 + q + 3
	end := strings.Index(body, "?=")
	if end < 0 {
		if body == "" || strings.ContainsAny(body, "?<>") {
			return word{}, 0
		}
		w.text = body // cut off by a client that folds or limits lines wrongly
		return w, start + len(body)
	}
	// "=?utf-8?Q?=C3=BC?=": the first "?=" may already belong to "=C3" if the text starts with '='.
	if end == 0 && w.enc == 'Q' && len(body) > 2 && isHex(body[2]) {
		if e := strings.Index(body[2:], "?="); e >= 0 {
			end = e + 2
		}
	}
	if strings.Contains(body[:end], "=?") {
		return word{}, 0
	}
	w.text = body[:end]
	return w, start + end + 2
}

// wordRun collects neighbouring words of one charset as bytes, so that a character torn in two by a
// client that counts bytes (RFC 2047, 5 forbids it) comes together again.
type wordRun struct {
	open    bool
	charset string
	bytes   []byte
	base64  string // undecoded rest of a B word that ended inside a quantum
}

func (r *wordRun) joins(w word) bool {
	return r.charset == w.charset && (r.base64 == "" || w.enc == 'B')
}

func (r *wordRun) add(w word) {
	r.open, r.charset = true, w.charset
	if w.enc == 'Q' {
		r.bytes = appendQ(r.bytes, w.text)
		return
	}
	text := r.base64 + strings.Map(func(c rune) rune {
		if c < 0x80 && isBase64(byte(c)) || c == '=' {
			return c
		}
		return -1
	}, w.text)
	r.base64 = ""
	if tail := len(text) % 4; tail != 0 && !strings.Contains(text, "=") {
		text, r.base64 = text[:len(text)-tail], text[len(text)-tail:]
	}
	r.bytes = appendBase64(r.bytes, text)
}

func (r *wordRun) decode() string {
	if !r.open {
		return ""
	}
	s := decodeCharset(appendBase64(r.bytes, r.base64), r.charset)
	*r = wordRun{}
	return s
}

func appendBase64(dst []byte, s string) []byte {
	s = strings.TrimRight(s, "=")
	buf := make([]byte, base64.RawStdEncoding.DecodedLen(len(s)))
	n, _ := base64.RawStdEncoding.Decode(buf, []byte(s))
	return append(dst, buf[:n]...)
}

func appendQ(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '_':
			dst = append(dst, ' ')
		case c == '=' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			dst = append(dst, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f' }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
