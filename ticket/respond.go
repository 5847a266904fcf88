package ticket

import (
	"fmt"
	"strings"
)

// Reasons of outgoing mails.
const (
	ReasonMail        = "mail"        // a customer's mail is answered; staff are told of it
	ReasonNewTicket   = "new_ticket"  // staff are told of a ticket
	ReasonClosing     = "closing"     // support has closed over a mail of the day
	ReasonUndelivered = "undelivered" // an answer did not reach its customer
	ReasonDelayed     = "delayed"     // a server is still trying to deliver an answer
	ReasonDraft       = "draft"       // mode observe: what would have been answered
	ReasonBundle      = "bundle"      // several notices in one mail
)

// respond puts into the outbox what a mail in a ticket calls for: the answer, if its sender may be answered, and one
// notice for each address of staff.
func (d *Desk) respond(tx Tx, t Ticket, m Mail, u understood, th thread) error {
	v, err := d.mayAnswer(tx, t, m, u, th)
	if err != nil {
		return err
	}
	if err := d.event(tx, t.ID, "answer", whyAnswered(v)); err != nil {
		return err
	}
	if v.send {
		if err := d.addAnswer(tx, t, m, v, u.facts.Language, ReasonMail); err != nil {
			return err
		}
	}
	reason := ReasonMail
	if th.how == "new" {
		reason = ReasonNewTicket
	}
	detail := ""
	if !v.send && !v.told {
		detail = v.why
	}
	return d.tellStaff(tx, t.ID, m.ID, reason, detail)
}

func whyAnswered(v verdict) string {
	switch {
	case v.send && v.bare:
		return fmt.Sprintf("the bare answer goes to %s: %s", v.to, v.why)
	case v.send:
		return "the answer goes to " + v.to
	case v.told:
		return fmt.Sprintf("no further answer to %s: %s", v.to, v.why)
	}
	return "NOBODY WAS TOLD: " + v.why
}

// addAnswer enters an answer. What it says is chosen when it is sent; in mode observe its draft goes to admins instead.
func (d *Desk) addAnswer(tx Tx, t Ticket, m Mail, v verdict, language, reason string) error {
	o := Out{
		Kind: OutAnswer, State: OutWaiting, TicketID: t.ID, MailID: m.ID, Mailbox: t.Mailbox, Recipient: strings.ToLower(v.to), Reason: reason,
		Row: d.row(d.now()), Bare: v.bare, Unknown: v.unknown, Language: language,
		Created: d.now(), NextAt: d.now(), Key: fmt.Sprintf("answer:%s:%d", reason, m.ID),
	}
	if !d.o.Observe {
		_, err := tx.AddOut(&o)
		return err
	}
	o.Kind, o.Reason, o.Detail = OutNotice, ReasonDraft, o.Recipient
	for _, admin := range d.o.Admins {
		o.Recipient, o.Key = strings.ToLower(admin), fmt.Sprintf("draft:%s:%d:%s", reason, m.ID, admin)
		if _, err := tx.AddOut(&o); err != nil {
			return err
		}
	}
	return nil
}

// tellStaff enters one notice for each address of staff. detail is "" or why a customer does not know where he stands.
func (d *Desk) tellStaff(tx Tx, ticketID, mailID int64, reason, detail string) error {
	t, _, err := tx.Ticket(ticketID)
	if err != nil {
		return err
	}
	for _, address := range d.o.Staff.Notify {
		o := Out{
			Kind: OutNotice, State: OutWaiting, TicketID: ticketID, MailID: mailID, Mailbox: t.Mailbox, Recipient: strings.ToLower(address),
			Reason: reason, Detail: detail, Language: d.o.Staff.Language, Created: d.now(), NextAt: d.now(),
			Key: fmt.Sprintf("notice:%s:%d:%d:%s", reason, ticketID, mailID, address),
		}
		if _, err := tx.AddOut(&o); err != nil {
			return err
		}
	}
	return nil
}
