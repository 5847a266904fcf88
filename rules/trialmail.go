package rules

import (
	"fmt"
	"maps"
	"net/mail"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// maxTrialMail bounds a mail file of tests; what the daemon takes whole is no more.
const maxTrialMail = 32 << 20

// Where a test does not say who wrote the mail.
const trialSender = "customer@customer.example"

// trialMail is a mail of a test: the file, the raw text, or the fields made into one. It is parsed as every mail is: of
// a text, signature and quoted history are taken off.
func (f *trialFile) trialMail(t *rawTest, key string, w World) (*message.Mail, error) {
	has := func(k string) bool { return f.doc.Has(key + "." + k) }
	switch {
	case has("mail"):
		raw, err := ReadRegular(f.folder, t.Mail, maxTrialMail)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Mail, err)
		}
		return message.Parse(raw, message.DefaultLimits()), nil
	case has("raw"):
		return message.Parse([]byte(strings.TrimLeft(t.Raw, "\n")), message.DefaultLimits()), nil
	}
	from := t.From
	if !has("from") {
		from = trialSender
	}
	m := composeTrial(trialFields{from: from, fromName: t.FromName, to: t.To, subject: t.Subject, text: t.Text, headers: t.Headers}, w)
	for k, field := range map[string]struct{ given, part *string }{"quoted": {&t.Quoted, &m.Quoted}, "signature": {&t.Signature, &m.Signature}, "forwarded": {&t.Forwarded, &m.Forwarded}} {
		if has(k) {
			*field.part = strings.TrimRight(*field.given, "\n")
		}
	}
	for _, a := range t.Attachments {

		m.Attachments = append(m.Attachments, message.Attachment{Name: a.Name, Type: "text/plain", Size: int64(len(a.Text)), Data: []byte(a.Text)})
	}
	return m, nil
}

// trialFields are what a mail is made of.
type trialFields struct {
	from, fromName, subject, text string
	to                            []string
	headers                       map[string]string
}

// composeTrial writes a plain mail and parses it. A header that is given replaces the one that would be written.
func composeTrial(t trialFields, w World) *message.Mail {
	if len(t.to) == 0 && len(w.Own) > 0 {
		t.to = w.Own[:1]
	}
	from := t.from
	if a, err := mail.ParseAddress(t.from); err == nil && t.fromName != "" {
		from = (&mail.Address{Name: t.fromName, Address: a.Address}).String()
	}
	var b strings.Builder
	for _, h := range [][2]string{{"From", from}, {"To", strings.Join(t.to, ", ")}, {"Subject", t.subject}, {"Date", w.Now.Format(time.RFC1123Z)},
		{"MIME-Version", "1.0"}, {"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "8bit"}} {
		if h[1] != "" && !hasHeader(t.headers, h[0]) {
			fmt.Fprintf(&b, "%s: %s\n", h[0], oneLine(h[1]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.headers)) {
		fmt.Fprintf(&b, "%s: %s\n", oneLine(name), oneLine(t.headers[name]))
	}
	b.WriteString("\n" + t.text)
	return message.Parse([]byte(b.String()), message.DefaultLimits())
}

func hasHeader(headers map[string]string, name string) bool {
	for k := range headers {
		if strings.EqualFold(k, name) {
			return true
		}
	}
	return false
}
