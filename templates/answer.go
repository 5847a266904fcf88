// Package templates writes the words that customers and staff read: the automatic answers and the
// notifications, as text and HTML, in German and English. It is pure once its files are loaded: it
// knows no clock, no network, and nothing of tickets but the strings it is given.
//
// The words stand in text templates (*.txt), the look of the HTML in one frame (page.html). The HTML
// is made from the rendered words, so that text and HTML say the same by construction. See Load for
// what an admin may replace, and what is refused.
package templates

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Row is the state that an answer tells of: one row of the table of answers.
type Row string

// NotLinked is the state of a ticket without an emergency, with a suggested one, or with one whose
// details the recipient may not know: all three get one identical text.
const NotLinked Row = "not_linked"

// The states of a ticket that belongs to an emergency whose details the recipient may know.
const (
	Finished     Row = "finished"      // resolved or cancelled: nobody comes for this mail
	AlarmPending Row = "alarm_pending" // the alarm is on its way, and nobody has confirmed it yet
	Alarmed      Row = "alarmed"       // a technician is alarmed and will call
	TakenOver    Row = "acknowledged"  // a technician has taken over
	CalledBack   Row = "called_back"   // a technician has called
	Trouble      Row = "trouble"       // the alarm failed, is not confirmed for minutes, or the call is overdue
)

// rows names every row that can be answered, in the order in which they are checked. A row needs a
// line here and its two files, <row>.de.txt and <row>.en.txt.
func rows() []Row {
	return []Row{NotLinked, Finished, AlarmPending, Alarmed, TakenOver, CalledBack, Trouble}
}

// Answer is what one automatic answer has to say. Its strings come as they were found in the mail or
// the configuration; this package cleans them. All times must be in the location of the support hours.
type Answer struct {
	Row     Row
	InHours bool // whether Now lies in support hours
	// Bare asks for the answer to somebody whose mail may be forged: the statement, how to trigger,
	// hours. Subject, Ticket, TicketLine, OldTicket, Understood and Missing are not looked at.
	Bare      bool
	Languages []string // "de", "en"; both, in whatever order, or none or an unknown one: German, then English

	Company Company
	Service Service
	Hours   Hours
	// NextOpen is the next opening after Now, NextClose the next closing. In support hours NextOpen
	// is therefore the opening after the coming closing time. Zero: there is none.
	NextOpen, NextClose time.Time

	Subject    string // of the customer's mail
	Ticket     string // "NS-10001"
	TicketLine string // the visible ticket line with its token, "NS-10001 · c2x…"; "" leaves it out
	OldTicket  string // the closed ticket that this new one continues, or ""

	Now, Arrived time.Time
	Late         bool // the answer says when the mail arrived
	Closing      bool // sent at closing time about a mail of the day that nobody has answered

	Understood Understood
	Missing    []string // MissingFacts, in the order in which they are asked for

	Emergency Emergency // of all rows but NotLinked, which does not look at it
	// Second says that no mail of the customer prompted this one: something has changed since the last answer.
	Second bool
	// Correction names what was said and is no longer true, one of the Correct constants; "" if nothing is taken back.
	Correction string
	// OldEmergency is the NE-… that this recipient was told of before, "" if none. A Second with the same number as
	// Emergency tells of a change of its state; with another or none it tells that the ticket now belongs to it.
	OldEmergency string
}

// MissingFacts lists what an answer can ask for.
func MissingFacts() []string {
	return []string{"problem", "servers", "error", "customer_number", "phone", "reproduction", "changes"}
}

// Company is the hosting company as its customers see it.
type Company struct {
	Name           string
	Phone          string // told in support hours only
	EmergencyPhone string // told outside them, if set
	FormURL        string // where an emergency is triggered; http or https
	StatusURL      string // maintenance and known outages; http or https
	LegalFooter    string // may have several lines
	PrivacyURL     string // http or https
}

// Service is what triggering an emergency costs and brings.
type Service struct {
	Fee      int    // flat fee, net of VAT, in whole units of Currency
	Hourly   int    // per hour, net of VAT
	VAT      int    // percent; 0: none is shown
	Currency string // ISO 4217, "EUR"
	Included time.Duration
	Callback time.Duration
}

// Hours are the support hours in which mail and telephone are free.
type Hours struct {
	Days     []time.Weekday
	From, To string // "08:00"
	Timezone string // IANA name, as shown
	Holidays string // "at": none on Austrian public holidays; "": open on holidays; anything else: none on public holidays
}

// Understood is what was read out of the mail.
type Understood struct {
	Servers        []Server
	Errors         []string // verbatim
	CustomerNumber string
	Phones         []string // E.164
}

// Server is a server that the mail names. Known is told to staff only: what the inventory holds is
// nothing for a stranger to find out.
type Server struct {
	Name  string
	Known bool
}

// Rendered is a mail's words, frozen. Subject is one line; Text has LF line ends and paragraphs of
// one line each, for the reading program to wrap.
type Rendered struct{ Subject, Text, HTML string }

// ErrTooLarge says that an answer would be larger than any answer may be.
var ErrTooLarge = errors.New("answer too large")

// Answer renders an automatic answer. Where one would grow too large (a long legal footer, facts in
// a script that takes many octets), it repeats fewer facts, then none, then leaves out the footer:
// the statement has to arrive. It fails on a row that does not exist, and on templates that pass Load
// and yet fail on these values, or are too long by themselves; with the shipped set it does not fail.
func (s *Set) Answer(a Answer) (Rendered, error) {
	if !isRow(a.Row) {
		return Rendered{}, fmt.Errorf("answer: there is no row %q", a.Row)
	}
	size := 0
	for _, budget := range []int{factsBudget, factsBudget / 2, factsBudget / 4, 0, 0} {
		r, err := s.render(&a, budget)
		if err != nil {
			return Rendered{}, fmt.Errorf("answer: %w", err)
		}
		if size = wireSize(r.Text) + wireSize(r.HTML); size <= maxAnswer {
			return r, nil
		}
		if budget == 0 {
			a.Company.LegalFooter = ""
		}
	}
	return Rendered{}, fmt.Errorf("answer: %w: %d octets of text and HTML", ErrTooLarge, size)
}

// render makes one attempt at an answer whose facts take at most budget octets.
func (s *Set) render(a *Answer, budget int) (Rendered, error) {
	langs := languages(a.Languages)
	doc := document{Lang: langs[0]}
	var states []string
	for i, lang := range langs {
		name := string(a.Row)
		if a.Bare {
			name = bare
		}
		v := newView(a, lang, langs, i, budget)
		var err error
		if v.Also, err = s.also(name, langs, i, func(other string) any { return newView(a, other, langs, i, 0) }); err != nil {
			return Rendered{}, err
		}
		state, sec, err := s.section(name, lang, v, v.Correction)
		if err != nil {
			return Rendered{}, err
		}
		states = append(states, state)
		doc.Sections = append(doc.Sections, sec)
	}
	doc.Subject = s.subject(states, a, langs[0])
	return s.typeset(doc)
}

// section renders one language of a mail: the state for its subject, and its body. What is taken back stands before
// all else in both, whatever the template says.
func (s *Set) section(name, lang string, v any, correction string) (state string, sec section, err error) {
	t := s.texts[name+"."+lang]
	if state, err = execute(t, "subject", v); err != nil {
		return "", sec, err
	}
	body, err := execute(t, t.Name(), v)
	if err != nil {
		return "", sec, err
	}
	state = oneLine(state)
	if correction != "" {
		said, err := execute(t, "correction", v)
		if err != nil {
			return "", sec, err
		}
		state = corrected(lang) + state
		body = oneLine(said) + "\n\n" + body
	}
	return state, newSection(lang, body), nil
}

// also is the first sentence in the other languages, for the head of the first: its reader may read only one of them.
func (s *Set) also(name string, langs []string, n int, view func(lang string) any) (string, error) {
	if n > 0 {
		return "", nil
	}
	var b strings.Builder
	for _, other := range langs[1:] {
		t := s.texts[name+"."+other]
		if t.Lookup("state") == nil {
			continue // rows whose state is the statement
		}
		state, err := execute(t, "state", view(other))
		if err != nil {
			return "", err
		}
		b.WriteString(string(markBreak) + foreign(other, oneLine(state)))
	}
	return b.String(), nil
}

// typeset gives the two forms of one document.
func (s *Set) typeset(doc document) (Rendered, error) {
	var b strings.Builder
	b.Grow(8192)
	if err := s.page.Execute(&b, doc); err != nil {
		return Rendered{}, err
	}
	return Rendered{Subject: doc.Subject, Text: doc.text(), HTML: b.String()}, nil
}

// languages puts the wanted ones in the order of the mail.
func languages(want []string) []string {
	de, en := false, false
	for _, l := range want {
		switch l {
		case "de":
			de = true
		case "en":
			en = true
		default:
			de, en = true, true
		}
	}
	switch {
	case de && !en:
		return []string{"de"}
	case en && !de:
		return []string{"en"}
	}
	return []string{"de", "en"}
}

func isRow(r Row) bool {
	for _, k := range rows() {
		if r == k {
			return true
		}
	}
	return false
}
