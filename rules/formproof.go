package rules

import (
	"bytes"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"

	"notfalld/message"
)

// formProof is what proves that a mail comes from the form: a signature of a domain, or a secret. Exactly one of them is
// given.
type formProof struct {
	domain string // lower case
	secret string
	where  string // "subject", "body" or "header"
	header string // its name
}

// holds says whether the mail is proven, and by what, or why not. No word of it is the secret.
func (p *formProof) holds(m *message.Mail, w World) (proven bool, why string) {
	if p.domain != "" {
		return p.signed(m, w)
	}
	var texts []string
	switch p.where {
	case "subject":
		texts = []string{m.Subject}
	case "header":
		texts = m.Header.Values(p.header)
	default:
		texts = []string{cut(m.Whole, textLimit)}
	}
	found := false
	for _, t := range texts {
		found = found || holdsSecret(t, p.secret)
	}
	if found {
		return true, "the form's secret stands in " + p.place()
	}
	return false, "the form's secret does not stand in " + p.place()
}

func (p *formProof) place() string {
	switch p.where {
	case "header":
		return "the header " + p.header
	case "subject":
		return "the subject"
	}
	return "the text"
}

// signed: our own server verified a DKIM signature that is aligned with the one From (RFC 7489, 3.1.1), and From is of the
// form's domain. SPF does not do: on a web server, all who rent space there pass it.
func (p *formProof) signed(m *message.Mail, w World) (proven bool, why string) {
	switch {
	case len(m.From) != 1:
		return false, fmt.Sprintf("%d addresses in From", len(m.From))
	case !ofDomain(m.From[0].Address, p.domain):
		return false, "the sender is not of " + p.domain
	case w.Proof == string(message.ProofPass) && w.Signed:
		return true, "signed by " + p.domain + " (DKIM)"
	case w.Proof == string(message.ProofPass):
		return false, "only SPF passed: whoever has space on the form's server can send so"
	case w.Proof == string(message.ProofFail):
		return false, "the sender is forged (DMARC)"
	}
	return false, "our server says of no signature of " + p.domain + " that it is good"
}

// ofDomain says whether an address is of a domain or one below it.
func ofDomain(address, domain string) bool {
	of := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	return of == domain || strings.HasSuffix(of, "."+domain)
}

// holdsSecret looks for a secret at every place of a text, each in the same time: how much of a guess is right cannot be
// measured.
func holdsSecret(text, secret string) bool {
	found, in, want := 0, []byte(text), []byte(secret)
	for i := 0; i+len(want) <= len(in); i++ {
		found |= subtle.ConstantTimeCompare(in[i:i+len(want)], want)
	}
	return found == 1
}

// secretLines are the numbers of the lines of a mail's text in which a secret stands.
func secretLines(m *message.Mail, secret string) []int {
	if secret == "" || !strings.Contains(m.Whole, secret) {
		return nil
	}
	var out []int
	for i, l := range strings.Split(m.Whole, "\n") {
		if strings.Contains(l, secret) {
			out = append(out, i)
		}
	}
	return out
}

// hidden stands where a secret stood.
const hidden = "…"

// Conceal is the mail without the secrets of the set's forms, for whoever shows or keeps what it says; the mail itself if it
// holds none. Understand does it by itself.
func (s *Set) Conceal(m *message.Mail) *message.Mail {
	for _, r := range s.forms {
		if r.proof.secret != "" {
			m = conceal(m, r.proof.secret)
		}
	}
	return m
}

// conceal takes a secret out of a mail, of which it makes a copy if it must. Contact data and sender are left: nobody
// writes there what a form keeps secret.
func conceal(m *message.Mail, secret string) *message.Mail {
	field := func(f message.Field) bool { return strings.Contains(f.Value+"\n"+f.Raw, secret) }
	attached := func(a message.Attachment) bool {
		return bytes.Contains(a.Data, []byte(secret)) || strings.Contains(a.Name, secret)
	}
	texts := func(m *message.Mail) []*string {
		return []*string{&m.Subject, &m.Whole, &m.Text, &m.Quoted, &m.Signature, &m.Forwarded, &m.Passed}
	}
	if !slices.ContainsFunc(texts(m), func(s *string) bool { return strings.Contains(*s, secret) }) &&
		!slices.ContainsFunc(m.Header, field) && !slices.ContainsFunc(m.Attachments, attached) {
		return m
	}
	out := *m
	for _, s := range texts(&out) {
		*s = strings.ReplaceAll(*s, secret, hidden)
	}
	out.Header = slices.Clone(m.Header)
	for i, f := range out.Header {
		out.Header[i].Value, out.Header[i].Raw = strings.ReplaceAll(f.Value, secret, hidden), strings.ReplaceAll(f.Raw, secret, hidden)
	}
	out.Attachments = slices.Clone(m.Attachments)
	for i, a := range out.Attachments {
		if attached(a) {
			out.Attachments[i].Data = bytes.ReplaceAll(a.Data, []byte(secret), []byte(hidden))
			out.Attachments[i].Name = strings.ReplaceAll(a.Name, secret, hidden)
		}
	}
	return &out
}
