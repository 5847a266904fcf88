package ticket

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// The folder of sent mails: whoever replies straight from the shared mailbox answers a ticket, too. Only who can log in to the mailbox files
// mails there, but nothing in them is executed: they were written to customers.

// decideSent decides a mail of that folder: to a ticket's customer it is an answer in the ticket, else it is none of our business. No
// mail of it is answered, and staff need not be told what they have written.
func (d *Desk) decideSent(tx Tx, e *Entry, u understood) error {
	if u.auto.Kind != message.Human || u.failed {
		return d.untouched(tx, e, nil)
	}
	if answers, err := d.answersNotice(tx, u.mail); err != nil || answers {
		return d.untouched(tx, e, err)
	}
	t, why, err := d.sentAbout(tx, e, u)
	if err != nil || t.ID == 0 {
		return d.untouched(tx, e, err)
	}
	if known, err := d.knownIn(tx, t, u); err != nil || known {
		return d.untouched(tx, e, err)
	}
	who := d.mailbox(e.Place.Mailbox).Address
	if len(u.mail.From) == 1 {
		who = cmp.Or(d.signedBy(u.mail.From[0].Name), who)
	}
	return d.recordDirect(tx, e, u, t, who, "sent from the mailbox; "+why)
}

// answersNotice says whether a person has answered a notice to us from his own address: that comes by the mailbox, too, and is done there. Recorded here
// first, it would be a copy there.
func (d *Desk) answersNotice(tx Tx, m *message.Mail) (bool, error) {
	if len(m.From) != 1 {
		return false, nil
	}
	_, isPerson := d.personOf(m.From[0].Address)
	if !isPerson || !slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(a message.Address) bool { return d.isOurs(a.Address) }) {
		return false, nil
	}
	gs, err := d.grantsIn(tx, m)
	return len(gs) > 0, err
}

// signedBy is the name of the member of staff who is called so, "" if nobody is.
func (d *Desk) signedBy(name string) string {
	for _, p := range d.o.Staff.People {
		if strings.EqualFold(p.Name, strings.TrimSpace(name)) {
			return p.Name
		}
	}
	return ""
}

// knownIn says whether the ticket has the mail already: a copy to ourselves came by the mailbox, too.
func (d *Desk) knownIn(tx Tx, t Ticket, u understood) (bool, error) {
	ms, err := tx.Mails(t.ID)
	same := func(m Mail) bool {
		return m.MessageID == u.mail.MessageID && (m.MessageID != "" || bytes.Equal(m.ContentHash, u.mail.ContentHash[:]))
	}
	return slices.ContainsFunc(ms, same), err
}

// sentAbout finds the ticket of a mail that was sent: by what it answers, by the number in its subject, else by its recipient, who must take part in
// any case. By the recipient alone only where he has just one ticket that is not closed.
func (d *Desk) sentAbout(tx Tx, e *Entry, u understood) (t Ticket, why string, err error) {
	var to []string
	for _, a := range slices.Concat(u.mail.To, u.mail.Cc) {
		to = append(to, strings.ToLower(a.Address))
	}
	to = append(to, bccOf(u.mail)...)
	ids := slices.Concat(u.mail.References, u.mail.InReplyTo)
	if id, messageID, ok, err := tx.TicketOf(ids); err != nil {
		return t, "", err
	} else if ok {
		if t, ok, err := d.partaken(tx, id, to); err != nil || ok {
			return t, "answers the mail <" + messageID + ">", err
		}
	}
	if id, ok := ParseNumber(numberShape.FindString(u.mail.Subject)); ok {
		if t, ok, err := d.partaken(tx, id, to); err != nil || ok {
			return t, "its subject names " + t.Number(), err
		}
	}
	return d.onlyTicketOf(tx, to, e.Arrived)
}

func bccOf(m *message.Mail) []string {
	var all []string
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, "Bcc") {
			for _, a := range message.Addresses(f.Raw) {
				all = append(all, strings.ToLower(a.Address))
			}
		}
	}
	return all
}

// partaken loads a ticket, if one of the addresses takes part in it.
func (d *Desk) partaken(tx Tx, id int64, addresses []string) (Ticket, bool, error) {
	t, ok, err := tx.Ticket(id)
	if err != nil || !ok {
		return t, false, err
	}
	for _, a := range addresses {
		takesPart, err := tx.TakesPart(id, a)
		if err != nil {
			return t, false, err
		}
		if takesPart || strings.EqualFold(a, t.From) {
			return t, true, nil
		}
	}
	return t, false, nil
}

// onlyTicketOf: what was sent before the customer first wrote is no answer to him.
func (d *Desk) onlyTicketOf(tx Tx, addresses []string, sent time.Time) (Ticket, string, error) {
	var ts []Ticket
	for i, a := range addresses[:min(len(addresses), mostParticipants)] {
		if slices.Contains(addresses[:i], a) {
			continue // one may stand in To and in Cc
		}
		more, err := tx.Tickets(TicketQuery{States: []State{New, Open, Waiting}, From: a, Limit: 2})
		if err != nil {
			return Ticket{}, "", err
		}
		ts = append(ts, more...)
	}
	if len(ts) != 1 {
		return Ticket{}, "", nil
	}
	ms, err := tx.Mails(ts[0].ID)
	if err != nil || len(ms) > 0 && sent.Before(ms[0].Arrived) {
		return Ticket{}, "", err
	}
	return ts[0], "to " + ts[0].From + ", whose only open ticket is " + ts[0].Number(), nil
}

// sentByHand: how a mail that staff have written to a customer themselves came to its ticket.
const sentByHand = "sent"

// recordDirect records a mail that staff have written to a customer themselves: the ticket waits for him.
func (d *Desk) recordDirect(tx Tx, e *Entry, u understood, t Ticket, who, how string) error {
	m := d.mailOf(e, u, StaffMail, thread{how: sentByHand})
	m.TicketID, m.AnswerTo = t.ID, ""
	if err := tx.AddMail(&m); err != nil {
		return err
	}
	var err error
	switch {
	case t.State == Closed && e.Arrived.Before(t.ClosedAt): // answered, then closed, and read after that
		t.LastStaffAt, t.AnsweredBy, t.Updated = later(t.LastStaffAt, e.Arrived), who, d.now()
		err = tx.PutTicket(t)
	case !e.Arrived.Before(t.LastCustomerAt): // else the customer has written again since
		err = d.answeredByStaff(tx, &t, who, e.Arrived)
	}
	if err != nil {
		return err
	}
	why := fmt.Sprintf("%s (subject %q)", how, u.mail.Subject)
	if err := tx.AddEvent(Event{TicketID: t.ID, At: d.now(), Actor: who, What: "staff answer", Why: why}); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryStaff, t.ID, nil)
}

// isDirect says whether a mail of a person, whom our server proves and who answers no notice, was written to the customer of the ticket: then
// that is what happened, whoever else got it. It commands nothing.
func (d *Desk) isDirect(tx Tx, u understood, c staffClaim) (bool, error) {
	if !c.isPerson || !c.authentic || len(c.grants) > 0 || c.ticket.ID == 0 {
		return false, nil
	}
	for _, a := range slices.Concat(u.mail.To, u.mail.Cc) {
		if takesPart, err := tx.TakesPart(c.ticket.ID, strings.ToLower(a.Address)); err != nil || takesPart {
			return takesPart, err
		}
	}
	return false, nil
}
