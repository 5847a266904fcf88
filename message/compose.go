package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
)

// Outgoing is a mail that leaves. Text and HTML may have any line ends; an empty HTML gives a mail
// of text alone. Nothing in it is taken from a clock or a random source: the same value composes to
// the same bytes, so that what was frozen can be compared.
type Outgoing struct {
	From      Address
	To        Address
	Cc        []Address
	ReplyTo   *Address // nil: no such field
	Subject   string
	Date      time.Time // written in its own location
	MessageID string    // without angle brackets
	// InReplyTo and References are msg-ids without angle brackets, oldest first. They come from mails
	// of strangers: one that is no msg-id is left out, and a long list is shortened in the middle, as
	// RFC 5322, 3.6.4 lets us; neither may keep an answer from leaving.
	InReplyTo  string
	References []string
	Text       string
	HTML       string
	Headers    []Field // further fields in their order, Name and decoded Value: Auto-Submitted, X-Notfalld, …
	// Attach lists attachments (Name, Type, Data). A message/rfc822 of lines that may stand in a mail stays one, byte for byte; any
	// other mail travels as application/octet-stream in base64, because RFC 2046, 5.2.1 forbids to encode a message/rfc822.
	Attach []Attachment
	// Inline lists the images that HTML shows by their ContentID (multipart/related, RFC 2387). Without HTML they are attachments.
	Inline []Attachment
}

// ErrHeaderBreak says that a header value holds a line break or another control character, with
// which a mail could be given fields that nobody meant.
var ErrHeaderBreak = errors.New("control character in a header value")

// Compose writes the mail: multipart/alternative of text and HTML (inside multipart/mixed where
// there are attachments; HTML inside multipart/related where it shows images), UTF-8, CRLF line ends, lines of at most 998 octets and mostly under 78
// (RFC 5322, 2.1.1). It fails on control characters in header values (ErrHeaderBreak), on a missing
// From, To, Date or Message-ID, and on addresses, Message-IDs and Content-IDs that cannot stand in a header.
func Compose(o Outgoing) ([]byte, error) {
	if o.HTML == "" {
		o.Attach, o.Inline = slices.Concat(o.Inline, o.Attach), nil
	}
	h, err := outgoingHeader(o)
	if err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	var out bytes.Buffer
	out.Grow(2048 + 2*(len(o.Text)+len(o.HTML)))
	b := boundaries{seed: o.MessageID, content: unencoded(o)}
	if err := writeBody(&out, h, o, &b); err != nil {
		return nil, fmt.Errorf("compose: %w", err)
	}
	if asItIs(out.Bytes()) == "8bit" { // what holds such lines says so (RFC 2045, 6.4); go-message lets no multipart say it
		return bytes.Replace(out.Bytes(), []byte("\r\nMIME-Version: 1.0\r\n"), []byte("\r\nMIME-Version: 1.0\r\nContent-Transfer-Encoding: 8bit\r\n"), 1), nil
	}
	return out.Bytes(), nil
}

// writeBody chooses the structure and writes header and parts.
func writeBody(out *bytes.Buffer, h gomessage.Header, o Outgoing, b *boundaries) error {
	text := leaf{kind: "text/plain", data: toCRLF(o.Text)}
	if len(o.Attach) == 0 && o.HTML == "" {
		return writeLeaf(out, h, text)
	}
	if len(o.Attach) == 0 {
		h.SetContentType("multipart/alternative", map[string]string{"boundary": b.next()})
		w, err := gomessage.CreateWriter(out, h)
		if err != nil {
			return err
		}
		return writeAlternative(w, text, o, b)
	}
	h.SetContentType("multipart/mixed", map[string]string{"boundary": b.next()})
	w, err := gomessage.CreateWriter(out, h)
	if err != nil {
		return err
	}
	if o.HTML == "" {
		err = addPart(w, text)
	} else {
		var ah gomessage.Header
		ah.SetContentType("multipart/alternative", map[string]string{"boundary": b.next()})
		var aw *gomessage.Writer
		if aw, err = w.CreatePart(ah); err == nil {
			err = writeAlternative(aw, text, o, b)
		}
	}
	if err != nil {
		return err
	}
	for _, a := range o.Attach {
		p, err := leafOf(a)
		if err != nil {
			return err
		}
		if err := addPart(w, p); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeAlternative writes the two versions of the same words, the plainer first (RFC 2046, 5.1.4).
func writeAlternative(w *gomessage.Writer, text leaf, o Outgoing, b *boundaries) error {
	if err := addPart(w, text); err != nil {
		return err
	}
	html := leaf{kind: "text/html", data: toCRLF(o.HTML)}
	if len(o.Inline) == 0 {
		if err := addPart(w, html); err != nil {
			return err
		}
		return w.Close()
	}
	var h gomessage.Header
	h.SetContentType("multipart/related", map[string]string{"boundary": b.next(), "type": "text/html"})
	rw, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if err := writeRelated(rw, html, o.Inline); err != nil {
		return err
	}
	return w.Close()
}

// writeRelated writes HTML and the images that it shows: the root first (RFC 2387, 3.2).
func writeRelated(w *gomessage.Writer, html leaf, images []Attachment) error {
	if err := addPart(w, html); err != nil {
		return err
	}
	for _, a := range images {
		p, err := inlineOf(a)
		if err != nil {
			return err
		}
		if err := addPart(w, p); err != nil {
			return err
		}
	}
	return w.Close()
}

// writeLeaf writes a mail that has no parts.
func writeLeaf(out *bytes.Buffer, h gomessage.Header, p leaf) error {
	p.describe(&h)
	w, err := gomessage.CreateWriter(out, h)
	if err != nil {
		return err
	}
	if _, err := w.Write(p.data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if !bytes.HasSuffix(out.Bytes(), []byte("\r\n")) {
		out.WriteString("\r\n")
	}
	return nil
}

func addPart(w *gomessage.Writer, p leaf) error {
	var h gomessage.Header
	p.describe(&h)
	pw, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := pw.Write(p.data); err != nil {
		return err
	}
	return pw.Close()
}

// boundaries makes MIME boundaries from the Message-ID. "=_" cannot occur in quoted-printable or
// base64 (RFC 2045, 6.7), and what travels as it is is looked through.
type boundaries struct {
	seed    string
	content [][]byte
	n       int
}

func (b *boundaries) next() string {
	for {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", b.seed, b.n))
		b.n++
		s := "=_" + hex.EncodeToString(sum[:12])
		if !b.taken(s) {
			return s
		}
	}
}

func (b *boundaries) taken(s string) bool {
	for _, c := range b.content {
		if bytes.Contains(c, []byte(s)) {
			return true
		}
	}
	return false
}

// unencoded lists what is written without an encoding.
func unencoded(o Outgoing) [][]byte {
	var all [][]byte
	for _, a := range o.Attach {
		all = append(all, a.Data)
	}
	return all
}

// toCRLF gives every line the line end of the wire (RFC 5321, 2.3.8).
func toCRLF(s string) []byte {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if s != "" && !strings.HasSuffix(s, "\n") {
		s += "\n"
	}
	return []byte(strings.ReplaceAll(s, "\n", "\r\n"))
}
