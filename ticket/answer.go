package ticket

import (
	"encoding/json"
	"slices"
	"strconv"

	"notfalld/rules"
	"notfalld/templates"
)

const (
	inHours = "in_hours"
	outside = "outside"
)

// chooseAnswer fills an answer with what is true now and renders it. ok is false when there is nothing
// left to say: the recipient has just been told the same by another answer.
func (d *Desk) chooseAnswer(tx Tx, o *Out) (ok bool, err error) {
	t, m, err := d.subjectOf(tx, o)
	if err != nil {
		return false, err
	}
	now, err := d.standingFor(tx, t, m, o)
	if err != nil {
		return false, err
	}
	o.Row, o.EmergencyID = d.row(now), now.id()
	if stale, err := d.isStale(tx, t, o, now); err != nil || stale {
		return false, err
	}
	if now.emergency != nil {
		if err := d.setTold(tx, t.ID, now.emergency.ID); err != nil {
			return false, err
		}
	}
	view, err := d.answerView(tx, t, m, o, now)
	if err != nil {
		return false, err
	}
	r, err := d.render(view)
	if err != nil {
		return false, unwritableError{err}
	}
	out, err := d.envelope(tx, o, d.mailbox(o.Mailbox))
	if err != nil {
		return false, err
	}
	out.Subject, out.Text, out.HTML = r.Subject, r.Text, r.HTML
	out.InReplyTo = m.MessageID
	if m.MessageID != "" {
		out.References = append([]string{m.MessageID}, out.References...)
	}
	return true, seal(o, out)
}

// subjectOf loads the ticket and the mail that an outgoing mail is about. What is not there will not come back: the mail about it cannot be written.
func (d *Desk) subjectOf(tx Tx, o *Out) (t Ticket, m Mail, err error) {
	t, ok, err := tx.Ticket(o.TicketID)
	if err != nil {
		return t, m, err
	}
	if !ok {
		return t, m, unwritableError{notFound("ticket", Number(o.TicketID))}
	}
	if o.MailID == 0 {
		return t, m, nil
	}
	if m, ok, err = tx.Mail(o.MailID); err == nil && !ok {
		err = unwritableError{notFound("mail", strconv.FormatInt(o.MailID, 10))}
	}
	return t, m, err
}

// render falls back rather than fail: an answer that repeats less is better than none.
func (d *Desk) render(v templates.Answer) (templates.Rendered, error) {
	r, err := d.o.Templates.Answer(v)
	if err == nil {
		return r, nil
	}
	d.o.Log.Error("an answer could not be rendered; trying it without the facts of the mail", "ticket", v.Ticket, "error", err)
	v.Understood = templates.Understood{}
	if r, err = d.o.Templates.Answer(v); err == nil {
		return r, nil
	}
	v.Bare = true
	return d.o.Templates.Answer(v)
}

func (d *Desk) answerView(tx Tx, t Ticket, m Mail, o *Out, stands standing) (templates.Answer, error) {
	now := d.now().In(d.o.Hours.Location)
	v := templates.Answer{
		Row: rowOf(stands.says), InHours: d.o.Hours.Open(now), Bare: o.Bare, Closing: o.Reason == ReasonClosing,
		Company: d.o.Company, Service: d.o.Service,
		Hours:    d.hoursWords(),
		NextOpen: d.o.Hours.NextOpen(now), NextClose: d.o.Hours.NextClose(now),
		Now: now, Arrived: m.Arrived.In(d.o.Hours.Location), Late: now.Sub(m.Arrived) > d.o.Bounds.LateAfter && o.Reason != ReasonClosing && o.Reason != ReasonChange,
	}
	if o.Language != "" {
		v.Languages = []string{o.Language}
	}
	if o.Bare {
		return v, nil // no word from the mail, and no name of a ticket
	}
	v.Subject, v.Ticket = m.Subject, t.Number()
	v.TicketLine = t.Number() + " · " + d.keys.Issue(CustomerToken, AboutTicket, t.ID, o.Recipient)
	if t.Previous != 0 {
		v.OldTicket = Number(t.Previous)
	}
	if err := d.sayEmergency(tx, o, stands, &v); err != nil {
		return v, err
	}
	ms, err := tx.Mails(t.ID)
	if err != nil {
		return v, err
	}
	v.Understood, v.Missing = ownFacts(ms, m)
	if stands.emergency != nil && stands.emergency.CustomerNumber != "" { // it was given when triggering
		v.Missing = slices.DeleteFunc(slices.Clone(v.Missing), func(s string) bool { return s == "customer_number" })
	}
	return v, nil
}

// sayEmergency fills in the emergency that the recipient may know, and what has changed since he was told last.
func (d *Desk) sayEmergency(tx Tx, o *Out, stands standing, v *templates.Answer) error {
	if stands.emergency != nil {
		v.Emergency = d.emergencyWords(*stands.emergency)
	}
	told, ok, err := toldBefore(tx, o)
	if err != nil || !ok {
		return err
	}
	v.Second, v.Correction = o.Reason == ReasonChange, correction(told, stands)
	if told.EmergencyID != 0 {
		v.OldEmergency = EmergencyNumber(told.EmergencyID)
	}
	return nil
}

func (d *Desk) hoursWords() templates.Hours {
	c := d.o.Hours.Config()
	return templates.Hours{Days: c.Days, From: c.From, To: c.To, Timezone: c.Timezone, Holidays: c.Holidays}
}

// ownFacts is what the sender of m has told in this ticket, and what is still missing after all of it: only the
// sender's own words are repeated to him.
func ownFacts(ms []Mail, m Mail) (templates.Understood, []string) {
	var u templates.Understood
	var lacking []string
	first := true
	for _, k := range ms {
		if k.From != m.From || k.AnswerTo != m.AnswerTo || k.Kind == NoteMail || k.Kind == UnprovenMail && k.ID != m.ID {
			continue
		}
		var line rules.Line
		if json.Unmarshal(k.Line, &line) != nil {
			continue
		}
		if first {
			lacking, first = line.Missing, false
		}
		lacking = slices.DeleteFunc(slices.Clone(lacking), func(s string) bool { return !slices.Contains(line.Missing, s) })
		addFacts(&u, line)
	}
	return u, lacking
}

func addFacts(u *templates.Understood, line rules.Line) {
	for _, s := range line.Servers {
		k := templates.Server{Name: s.Name, Known: s.Known}
		if !slices.Contains(u.Servers, k) {
			u.Servers = append(u.Servers, k)
		}
	}
	for _, e := range line.Errors {
		if !slices.Contains(u.Errors, e.Text) {
			u.Errors = append(u.Errors, e.Text)
		}
	}
	for _, p := range line.Phones {
		if !slices.Contains(u.Phones, p) {
			u.Phones = append(u.Phones, p)
		}
	}
	if u.CustomerNumber == "" {
		u.CustomerNumber = line.CustomerNumber
	}
}
