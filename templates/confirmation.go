package templates

import (
	"fmt"
	"net/url"
	"strings"
)

// confirmation is the template of all confirmations.
const confirmation = "confirmation"

// consentMax is how many characters of a consent's text a confirmation repeats; what is cut is said to be.
const consentMax = 4000

// confirmationView is what the template of confirmations sees: what the templates of answers see, without the mail and
// the ticket, and what the form was told.
type confirmationView struct {
	view
	Kind       ConfirmationKind
	Row        Row
	Name       string   // who triggered
	Consent    []string // the lines of its text
	ConsentCut bool     // they are not all
	Price      string
	ConsentAt  string // "Montag, 16. März 2026, 02:13 Uhr"
	Attached   string // the masked address of the mail that was attached
	CalledAt   string // "um 02:35 Uhr"; "" where it is not known
	NextTry    string // "um 02:50 Uhr", likewise
	NextShort  string // "02:50", for the subject
	MailTo     string // where details are mailed to
	MailToURL  string // with a subject that names the emergency
}

// Confirmation renders a mail to a customer about an emergency that no mail of his prompted. Where it would grow too
// large, it repeats less of the consent's text, and says so. It fails on a kind or a row that does not exist.
func (s *Set) Confirmation(c Confirmation) (Rendered, error) {
	if !isConfirmation(c.Kind) {
		return Rendered{}, fmt.Errorf("confirmation: there is no kind %q", c.Kind)
	}
	if !isRow(c.Row) || c.Row == NotLinked {
		return Rendered{}, fmt.Errorf("confirmation: there are no words for the row %q", c.Row)
	}
	size := 0
	for _, most := range []int{consentMax, consentMax / 2, consentMax / 4, 0, 0} {
		r, err := s.renderConfirmation(&c, most)
		if err != nil {
			return Rendered{}, fmt.Errorf("confirmation: %w", err)
		}
		if size = wireSize(r.Text) + wireSize(r.HTML); size <= maxAnswer {
			return r, nil
		}
		if most == 0 {
			c.Company.LegalFooter = ""
		}
	}
	return Rendered{}, fmt.Errorf("confirmation: %w: %d octets of text and HTML", ErrTooLarge, size)
}

func (s *Set) renderConfirmation(c *Confirmation, most int) (Rendered, error) {
	langs := languages(c.Languages)
	doc := document{Lang: langs[0]}
	var states []string
	for i, lang := range langs {
		v := newConfirmationView(c, lang, langs, i, most)
		var err error
		if v.Also, err = s.also(confirmation, langs, i, func(other string) any { return newConfirmationView(c, other, langs, i, 0) }); err != nil {
			return Rendered{}, err
		}
		state, sec, err := s.section(confirmation, lang, v, v.Correction)
		if err != nil {
			return Rendered{}, err
		}
		states = append(states, state)
		doc.Sections = append(doc.Sections, sec)
	}
	doc.Subject = strings.Join(states, " / ")
	if n := oneLine(c.Emergency.Number); n != "" {
		doc.Subject = shorten(doc.Subject, subjectMax-len([]rune(n))-3) + " [" + n + "]"
	}
	return s.typeset(doc)
}

// newConfirmationView prepares a confirmation, at most most characters of its consent's text.
func newConfirmationView(c *Confirmation, lang string, langs []string, n, most int) *confirmationView {
	a := Answer{Row: c.Row, InHours: c.InHours, Languages: c.Languages, Company: c.Company, Service: c.Service, Hours: c.Hours,
		NextOpen: c.NextOpen, NextClose: c.NextClose, Now: c.Now, Emergency: c.Emergency, Correction: c.Correction}
	v := &confirmationView{view: *newView(&a, lang, langs, n, 0), Kind: c.Kind, Row: c.Row}
	v.Statement = anyStatement(lang)
	if v.Both && v.First {
		for _, other := range langs[1:] {
			v.Statement += string(markBreak) + foreign(other, anyStatement(other))
		}
	}
	v.OnRecord = c.OnRecord
	v.TicketLine = literal(oneLine(c.TokenLine))
	v.Name, v.Attached, v.Price = quoteFact(c.Name), quoteFact(c.Attached), literal(cut(c.Price, factMax))
	v.ConsentAt = date(lang, c.ConsentAt)
	if !c.ConsentAt.IsZero() {
		v.ConsentAt = date(lang, c.ConsentAt.In(c.Now.Location()))
	}
	called, next := c.CalledAt, c.NextTry
	if !called.IsZero() {
		called = called.In(c.Now.Location())
	}
	if !next.IsZero() {
		next = next.In(c.Now.Location())
	}
	v.CalledAt, v.NextTry, v.NextShort = when(lang, called, c.Now), when(lang, next, c.Now), untilShort(lang, next, c.Now)
	v.Consent, v.ConsentCut = textLinesUpTo(c.ConsentText, most)
	if to := oneLine(c.ReplyTo); strings.Count(to, "@") == 1 && !strings.ContainsAny(to, " <>\"?&,;") {
		v.MailTo = to
		v.MailToURL = "mailto:" + to + "?subject=" + url.PathEscape("Notfall-Support "+oneLine(c.Emergency.Number))
	}
	return v
}

func quoteFact(s string) string {
	if s = fact(s, factMax); s == "" {
		return ""
	}
	return quote(s)
}

func isConfirmation(k ConfirmationKind) bool {
	for _, known := range confirmationKinds() {
		if k == known {
			return true
		}
	}
	return false
}

func confirmationKinds() []ConfirmationKind {
	return []ConfirmationKind{ConfirmTrigger, ConfirmRecord, ConfirmAttached, ConfirmNoAnswer, ConfirmChange}
}
