package message

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode/utf8"

	gomessage "github.com/emersion/go-message"
)

// dateLayout is the date-time of RFC 5322, 3.3.
const dateLayout = "Mon, 02 Jan 2006 15:04:05 -0700"

const (
	lineAim = 76  // RFC 2047, 2: a line with an encoded word has at most 76 characters
	wordMax = 75  // RFC 2047, 2: an encoded word
	idMax   = 250 // a longer msg-id does not fit well beside others, and nobody writes one
	refsMax = 900 // octets of a References field: an answer has to stay small
)

// outgoingHeader builds the fields of the whole mail, in the order in which they are written.
func outgoingHeader(o Outgoing) (gomessage.Header, error) {
	var f headerLines
	if o.Date.IsZero() {
		f.fail(errors.New("no Date"))
	}
	f.address("From", o.From)
	f.address("To", o.To)
	if len(o.Cc) > 0 {
		f.address("Cc", o.Cc...)
	}
	if o.ReplyTo != nil {
		f.address("Reply-To", *o.ReplyTo)
	}
	f.text("Subject", o.Subject)
	f.add("Date", []string{o.Date.Format(dateLayout)})
	if !isMsgID(o.MessageID) {
		f.fail(fmt.Errorf("Message-ID %q is none", o.MessageID))
	}
	f.add("Message-ID", []string{"<" + o.MessageID + ">"})
	if isMsgID(o.InReplyTo) {
		f.add("In-Reply-To", []string{"<" + o.InReplyTo + ">"})
	}
	if ids := referenceIDs(o.References); len(ids) > 0 {
		f.add("References", ids)
	}
	for _, e := range o.Headers {
		f.extra(e)
	}
	f.add("MIME-Version", []string{"1.0"})
	return f.header()
}

// headerLines collects header lines, and the first error.
type headerLines struct {
	lines []string // "Name: value" folded, ends with CRLF
	err   error
}

func (f *headerLines) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// header hands the lines to go-message, which puts a field that is added on top.
func (f *headerLines) header() (gomessage.Header, error) {
	var h gomessage.Header
	if f.err != nil {
		return h, f.err
	}
	for i := len(f.lines) - 1; i >= 0; i-- {
		h.AddRaw([]byte(f.lines[i]))
	}
	return h, nil
}

// add writes a field out of words, a fold before each that would make its line too long.
func (f *headerLines) add(name string, words []string) {
	var b strings.Builder
	b.WriteString(name + ":")
	col := b.Len()
	for i, w := range words {
		// No fold right after the name: a line of the name alone is legal and trips many parsers.
		if i > 0 && col+1+len(w) > lineAim {
			b.WriteString("\r\n")
			col = 0
		}
		b.WriteString(" " + w)
		col += 1 + len(w)
	}
	b.WriteString("\r\n")
	f.lines = append(f.lines, b.String())
}

// text writes an unstructured field (RFC 5322, 3.2.5).
func (f *headerLines) text(name, value string) {
	if breaksHeader(value) {
		f.fail(fmt.Errorf("%s %q: %w", name, value, ErrHeaderBreak))
		return
	}
	if !needsEncoding(value) {
		f.add(name, strings.Fields(value))
		return
	}
	f.add(name, encodeWords(value, len(name)+2))
}

// extra writes a field of the caller. Its name is checked as RFC 5322, 2.2 has it.
func (f *headerLines) extra(e Field) {
	bad := func(r rune) bool { return r <= ' ' || r == ':' || r > '~' }
	if e.Name == "" || strings.IndexFunc(e.Name, bad) >= 0 {
		f.fail(fmt.Errorf("%q is no field name", e.Name))
		return
	}
	f.text(e.Name, e.Value)
}

// address writes a list of mailboxes (RFC 5322, 3.4).
func (f *headerLines) address(field string, list ...Address) {
	var words []string
	for i, a := range list {
		if i > 0 {
			words[len(words)-1] += ","
		}
		words = append(words, f.mailbox(field, a)...)
	}
	if f.err == nil {
		f.add(field, words)
	}
}

// mailbox gives the words of one mailbox. The name goes as encoded words or a quoted string; the address must
// be plain ASCII, because SMTPUTF8 (RFC 6531) is not to be counted on.
func (f *headerLines) mailbox(field string, a Address) []string {
	if breaksHeader(a.Name) || breaksHeader(a.Address) {
		f.fail(fmt.Errorf("%s %q: %w", field, a.Address, ErrHeaderBreak))
		return []string{""}
	}
	parsed, err := mail.ParseAddress("<" + NormalAddress(a.Address) + ">") // eva.@b.at can only be written in quotes
	if err != nil || len(a.Address) > 320 || strings.IndexFunc(a.Address, func(r rune) bool { return r > '~' }) >= 0 {
		f.fail(fmt.Errorf("%s: %q is no address that can be written", field, a.Address))
		return []string{""}
	}
	spec := (&mail.Address{Address: parsed.Address}).String() // quotes a local part that needs it
	var words []string
	switch name := strings.Join(strings.Fields(a.Name), " "); {
	case name == "":
	case needsEncoding(name):
		words = encodeWords(name, len(field)+2)
	default:
		words = strings.Fields(quotedName(name))
	}
	return append(words, spec)
}

// quotedName writes a display name, as a quoted-string where it is no sequence of atoms (RFC 5322, 3.2.4).
func quotedName(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return strings.ContainsRune(`()<>[]:;@\,."`, r) }) < 0 {
		return name
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `"`
}

// needsEncoding reports what cannot stand in a header as it is: anything beyond ASCII, what looks
// like an encoded word already, and words too long for a line.
func needsEncoding(s string) bool {
	if strings.Contains(s, "=?") {
		return true
	}
	word := 0
	for _, r := range s {
		if r > '~' {
			return true
		}
		word++
		if r == ' ' {
			word = 0
		}
		if word > 900 {
			return true
		}
	}
	return false
}

// encodeWords writes s as RFC 2047 encoded words that split between characters only. first is the
// column at which the first one starts. B beats Q where more than a few characters need escaping.
func encodeWords(s string, first int) []string {
	const wrap = len("=?utf-8?B??=")
	var words []string
	room := min(wordMax, lineAim-first) - wrap
	var chunk []byte
	flush := func() {
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString(chunk)+"?=")
		chunk, room = nil, wordMax-wrap
	}
	q := useQ(s)
	var word strings.Builder
	flushQ := func() {
		words = append(words, "=?utf-8?Q?"+word.String()+"?=")
		word.Reset()
		room = wordMax - wrap
	}
	for _, r := range s {
		if q {
			e := qRune(r)
			if word.Len()+len(e) > room {
				flushQ()
			}
			word.WriteString(e)
			continue
		}
		if base64.StdEncoding.EncodedLen(len(chunk)+utf8.RuneLen(r)) > room {
			flush()
		}
		chunk = utf8.AppendRune(chunk, r)
	}
	if q {
		flushQ()
	} else {
		flush()
	}
	return words
}

// useQ reports whether the Q encoding of s is no longer than its B encoding.
func useQ(s string) bool {
	n := 0
	for _, r := range s {
		n += len(qRune(r))
	}
	return n <= base64.StdEncoding.EncodedLen(len(s))
}

// qRune encodes one character by the strictest rule of RFC 2047, 5 (3), which holds in every field.
func qRune(r rune) string {
	switch {
	case r == ' ':
		return "_"
	case r < utf8.RuneSelf && (r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("!*+-/", r)):
		return string(r)
	}
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "=%02X", c)
	}
	return b.String()
}

// isMsgID accepts what can stand between angle brackets on one line without being mistaken for
// something else. It is wider than RFC 5322, 3.6.4 (some clients write no @), so that threads hold.
func isMsgID(s string) bool {
	if s == "" || len(s) > idMax {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) < 0
}

// referenceIDs brackets the msg-ids, and keeps the first and the youngest of a long list.
func referenceIDs(ids []string) []string {
	var out []string
	for _, id := range ids {
		if isMsgID(id) {
			out = append(out, "<"+id+">")
		}
	}
	size := 0
	for i := len(out) - 1; i > 0; i-- {
		if size += len(out[i]) + 3; size > refsMax-idMax {
			return append(out[:1:1], out[i+1:]...)
		}
	}
	return out
}
