package message

import (
	"bytes"
	"fmt"
	"mime"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	gomessage "github.com/emersion/go-message"
)

// leaf is one leaf of the mail, not yet encoded.
type leaf struct {
	kind       string // media type
	name       string // attachments only
	attachment bool
	contentID  string // of a picture that the HTML shows
	raw        bool   // goes out as it is: lines of legal length
	data       []byte
}

// describe sets the part's MIME header fields, the transfer encoding among them.
func (p leaf) describe(h *gomessage.Header) {
	switch {
	case p.raw:
		h.Set("Content-Transfer-Encoding", asItIs(p.data))
	case p.attachment:
		h.Set("Content-Transfer-Encoding", "base64")
	default:
		h.Set("Content-Transfer-Encoding", transferEncoding(p.data))
	}
	if !p.attachment {
		h.SetContentType(p.kind, map[string]string{"charset": "utf-8"})
		return
	}
	// mime.FormatMediaType writes names beyond ASCII as RFC 2231 wants them, which go-message's own
	// setter does not (it puts an encoded word inside quotes, and RFC 2047, 5 forbids that).
	h.Set("Content-Type", p.kind)
	params := map[string]string{}
	if p.name != "" {
		params["filename"] = p.name
	}
	disposition := "attachment"
	if p.contentID != "" {
		disposition = "inline"
		h.Set("Content-Id", "<"+p.contentID+">")
	}
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, params))
}

// transferEncoding chooses the transfer encoding of a text. Quoted-printable is readable in the raw mail;
// text that is mostly beyond ASCII triples in it, and takes base64.
func transferEncoding(data []byte) string {
	escaped := 0
	for _, b := range data {
		if b >= 0x7f || b == '=' {
			escaped++
		}
	}
	if escaped*6 > len(data) { // 2 octets more for each, against a third more for all
		return "base64"
	}
	return "quoted-printable"
}

// leafOf turns an Attachment into a part.
func leafOf(a Attachment) (leaf, error) {
	kind, _, err := mime.ParseMediaType(a.Type)
	if err != nil || !strings.Contains(kind, "/") || strings.HasPrefix(kind, "multipart/") {
		kind = "application/octet-stream"
	}
	name := sentName(a.Name)
	if breaksHeader(a.Name) || breaksHeader(a.Type) {
		return leaf{}, fmt.Errorf("attachment %q: %w", a.Name, ErrHeaderBreak)
	}
	if kind == "message/rfc822" {
		if passesUnencoded(a.Data) {
			return leaf{kind: kind, name: name, attachment: true, raw: true, data: a.Data}, nil
		}
		kind = "application/octet-stream"
	}
	return leaf{kind: kind, name: name, attachment: true, data: a.Data}, nil
}

// inlineOf turns a picture that the HTML shows into a part. RFC 2045, 7 gives a Content-ID the form of a Message-ID.
func inlineOf(a Attachment) (leaf, error) {
	if !isMsgID(a.ContentID) {
		return leaf{}, fmt.Errorf("picture %q: Content-ID %q is none", a.Name, a.ContentID)
	}
	if !strings.HasPrefix(a.Type, "image/") {
		return leaf{}, fmt.Errorf("picture %q is of type %q", a.Name, a.Type)
	}
	p, err := leafOf(a)
	p.contentID = a.ContentID
	return p, err
}

// sentName keeps the last element of a name, of at most 80 characters, its extension included: a
// parameter has no place to be folded at, and its line may not exceed 998 octets.
func sentName(s string) string {
	s = strings.ToValidUTF8(s, "")
	s = path.Base(strings.ReplaceAll(s, `\`, "/"))
	if s == "." || s == "/" {
		return ""
	}
	r := []rune(s)
	if len(r) <= 80 {
		return s
	}
	ext := []rune(path.Ext(s))
	if len(ext) > 10 {
		ext = nil
	}
	return string(r[:80-len(ext)]) + string(ext)
}

// asItIs names the encoding that is none (RFC 2045, 6.2).
func asItIs(data []byte) string {
	if bytes.ContainsFunc(data, func(r rune) bool { return r > '~' }) {
		return "8bit"
	}
	return "7bit"
}

// passesUnencoded says whether a mail can pass unencoded: CRLF lines of at most 998 octets, no NUL, no bare CR or LF (RFC 2045, 2.8). Octets above
// 126 pass in its body, where servers know 8BITMIME (RFC 6152): by now, everywhere; in its header they would make it a message/global (RFC 6532).
func passesUnencoded(data []byte) bool {
	header, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	if asItIs(header) == "8bit" {
		return false
	}
	for len(data) > 0 {
		line, rest, found := bytes.Cut(data, []byte("\r\n"))
		if len(line) > 998 || (!found && len(rest) > 0) {
			return false
		}
		for _, b := range line {
			if b == 0 || b == '\r' || b == '\n' {
				return false
			}
		}
		data = rest
	}
	return true
}

// breaksHeader reports control characters, line breaks first among them, and broken UTF-8.
func breaksHeader(s string) bool {
	return !utf8.ValidString(s) || strings.IndexFunc(s, unicode.IsControl) >= 0
}
