package rules

import (
	"context"
	"fmt"
	"html"
	"strings"
	"time"
	"unicode"

	"notfalld/message"
	"notfalld/rules/pattern"
)

// Form is what a mail says that the company's own form for emergencies sent. Texts are one line each, except Problem and
// Text; they are as people typed them, with the trouble that this brings: whoever triggers by them looks at each.
type Form struct {
	Rule           string    `json:"rule"`
	Proven         bool      `json:"proven"` // it comes from the form; otherwise anybody can have written it
	Why            string    `json:"why"`    // one line: what proves it, or what does not
	Alarm          string    `json:"alarm"`  // who sounds the alarm: "external" or "channels"
	Name           string    `json:"name"`
	CustomerNumber string    `json:"customer_number"`
	Email          string    `json:"email"`
	Phone          string    `json:"phone"` // as typed: ReadPhone makes a number of it
	Problem        string    `json:"problem"`
	Language       string    `json:"language"` // "de", "en", or ""
	Servers        []string  `json:"servers"`
	TriggeredAt    time.Time `json:"triggered_at,omitzero"` // zero where the mail does not say, or says what cannot be
	Text           string    `json:"text"`                  // the mail's text, whole, its secret taken out
}

// The fields of a form, as rule files name them.
const (
	fieldName        = "name"
	fieldNumber      = "customer_number"
	fieldEmail       = "email"
	fieldPhone       = "phone"
	fieldProblem     = "problem"
	fieldServers     = "servers"
	fieldTriggeredAt = "triggered_at"
	fieldOther       = "other" // labels of what nobody asks for: they end what stands above them
)

// formRule says by what a form's mail is known, what proves it, and where its fields stand.
type formRule struct {
	head
	proof    formProof
	alarm    string
	language string
	labels   map[string]formLabel // by the folded label
	patterns map[string]*pattern.Pattern
}

// formOf is the form that sent the mail, by the first rule that proves it, else by the first that takes it for one; nil if
// none does. m is the mail with its secrets, d sees it without.
func (s *Set) formOf(ctx context.Context, d *doc, m *message.Mail) *Form {
	var first *Form
	for _, r := range s.forms {
		if ctx.Err() != nil || !d.fires(ctx, &r.head, d.ofMail(), d.said(), "form") {
			continue
		}
		proven, why := r.proof.holds(m, d.w)
		if copied := copyOf(m, d.auto); copied != "" && r.proof.header == "" {
			if !proven && answering(d.auto.Kind) {
				d.refused(r.name, "form", "", copied, "", 0, 0)
				continue // the absence note of somebody to whom the form wrote
			}
			if proven {
				proven, why = false, why+", but "+copied
			}
		}
		if !proven && first != nil {
			d.refused(r.name, "form", "", why, "", 0, 0)
			continue
		}
		f := r.read(d.m.Whole, secretLines(m, r.proof.secret), d.w.Now)
		f.Proven, f.Why = proven, why
		if proven {
			d.tell(Step{Rule: r.name, Fact: "form", Value: f.says(), Taken: true, Why: why})
			return f
		}
		first = f
		d.refused(r.name, "form", f.says(), "nothing proves it: "+why, "", 0, 0)
	}
	return first
}

// says is the form in one line, for traces.
func (f *Form) says() string {
	var out []string
	for _, v := range []string{f.Name, f.CustomerNumber, f.Email, f.Phone} {
		if v != "" {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		return "no field"
	}
	return strings.Join(out, ", ")
}

// copyOf says why a mail that holds what the form wrote was written by somebody else: an answer to it, a forward, a machine's
// reply. "" if nothing shows it.
func copyOf(m *message.Mail, auto message.Automatic) string {
	switch {
	case answering(auto.Kind):
		return fmt.Sprintf("a machine answers with it (%s)", auto.Why)
	case len(m.InReplyTo) > 0 || len(m.References) > 0:
		return "the mail is a reply"
	case passedOn(m.Subject):
		return "the subject is that of a reply or a forward"
	}
	return ""
}

// answering: no form writes so. Many are auto_generated, and some pass a list.
func answering(k message.Kind) bool {
	switch k {
	case message.AutoReply, message.Bounce, message.Delay, message.Receipt, message.Own:
		return true
	}
	return false
}

// passedOn reports whether a subject begins with the prefix of a reply or a forward, behind tags of gateways.
func passedOn(subject string) bool {
	s := strings.TrimSpace(foldText(cut(subject, 200)))
	for tagged := ""; tagged != s; {
		tagged, s = s, strings.TrimSpace(cutTag(s))
	}
	word, _, ok := strings.Cut(s, ":")
	if i := strings.IndexAny(word, "[(0123456789"); i > 0 { // Re[2]:
		word = word[:i]
	}
	switch strings.TrimSpace(word) {
	case "re", "aw", "antw", "antwort", "wg", "fw", "fwd", "tr", "rv", "sv", "vs", "vb", "weitergeleitet":
		return ok
	}
	return false
}

// read takes the fields out of a mail's text, in which no secret stands any more. ends are the lines where one stood.
func (r *formRule) read(text string, ends []int, now time.Time) *Form {
	text = cut(text, textLimit)
	f := &Form{Rule: r.name, Alarm: r.alarm, Language: r.language, Text: strings.TrimSpace(text)}
	v := readLabels(text, r.labels, ends)
	for field, p := range r.patterns {
		p.Find(text, func(x pattern.Match) bool {
			if len(x.Captures) == 0 {
				return true
			}
			v[field] = text[x.Captures[0].From:x.Captures[0].To]
			return false
		})
	}
	f.Name, f.CustomerNumber, f.Phone = fieldLine(v[fieldName]), fieldLine(v[fieldNumber]), fieldLine(v[fieldPhone])
	f.Email = emailIn(fieldLine(v[fieldEmail]))
	f.Problem = fieldText(v[fieldProblem])
	f.Servers = serverList(v[fieldServers])
	f.TriggeredAt = timeIn(fieldLine(v[fieldTriggeredAt]), now)
	return f
}

// maxField bounds a field of one line, maxProblem the problem: who reads more reads the mail.
const (
	maxField   = 500
	maxProblem = 16 << 10
)

// fieldLine is a value on one line; what a form writes for "nothing" is nothing.
func fieldLine(s string) string {
	s = cut(oneLine(fieldText(s)), maxField)
	switch foldText(strings.Trim(s, " .")) {
	case "", "-", "--", "---", "n/a", "k.a", "keine angabe", "keine angaben", "nicht angegeben", "not provided", "none", "null", "undefined":
		return ""
	}
	return s
}

// fieldText undoes the character references that forms leave in plain mails, and drops what is no text.
func fieldText(s string) string {
	s = html.UnescapeString(s)
	s = strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(cut(s, maxProblem))
}

// emailIn is the address in a value such as "Eva <eva@firma.at>", in lower case; the value itself if there is none.
func emailIn(s string) string {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" <>()[],;\"'", r) }) {
		if w = strings.TrimPrefix(strings.TrimRight(w, ".:"), "mailto:"); bareAddress(w) {
			return strings.ToLower(w)
		}
	}
	return s
}

// maxFormServers bounds the servers of one form.
const maxFormServers = 50

// serverList are the names in a value: parted by blanks, commas or lines, taken out of links.
func serverList(s string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(fieldText(s), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(",;|<>\"'()", r) }) {
		if _, rest, ok := strings.Cut(w, "://"); ok {
			w = rest
		}
		w, _, _ = strings.Cut(w, "/")
		if host, port, ok := strings.Cut(w, ":"); ok && digits(port) == len(port) {
			w = host
		}
		w = strings.TrimLeft(w, "-*•&+")
		switch foldText(w) {
		case "", "und", "and", "sowie", "alle", "all", "-", "keine", "none", "n", "weiss", "nicht", "der", "die", "server", "k.a.", "unbekannt", "unknown":
			continue
		}
		if _, err := hostKey(w); err == nil && len(out) < maxFormServers {
			out = appendNew(out, strings.ToLower(strings.TrimRight(w, ".")))
		}
	}
	return out
}
