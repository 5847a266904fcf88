package ticket

import (
	"fmt"
	"strings"

	"notfalld/rules"
)

// A notice about an emergency that has no ticket can be answered, too: the words go to whoever triggered it, in a ticket of its own.

// ticketOfEmergency finds the ticket that a mail about an emergency belongs to: its only one.
func (d *Desk) ticketOfEmergency(tx Tx, c *staffClaim) error {
	ls, err := tx.EmergencyLinks(c.emergency.ID)
	if err != nil {
		return err
	}
	var only []int64
	for _, l := range ls {
		if l.State == Linked {
			only = append(only, l.TicketID)
		}
	}
	if len(only) != 1 {
		return nil
	}
	t, ok, err := tx.Ticket(only[0])
	if err == nil && ok {
		c.ticket = t
	}
	return err
}

// wantsTicket says whether a mail says anything to a customer.
func (d *Desk) wantsTicket(u understood, p Person) bool {
	b, undone := readCommands(u.mail.Fresh(0).Text, d.o.Staff.Banners, "en")
	return len(undone) == 0 && !b.hasNote && !d.tappedOnly(u, p, b) && (strings.TrimSpace(b.rest) != "" || len(b.commands) == 0 && len(u.mail.Attachments) > 0)
}

// openForEmergency opens a ticket for the words of staff to whoever triggered an emergency, and ties it to that. An emergency with several tickets
// has several customers: then it is not for us to choose.
func (d *Desk) openForEmergency(tx Tx, c *staffClaim, g *deed) error {
	e := c.emergency
	ls, err := tx.EmergencyLinks(e.ID)
	if err != nil {
		return err
	}
	for _, l := range ls {
		if l.State == Linked {
			return g.held(words{
				"Zu " + e.Number() + " gibt es mehrere Tickets. Antworte auf die Benachrichtigung des richtigen.",
				"There are several tickets of " + e.Number() + ". Reply to the notice of the right one."})
		}
	}
	if !plausible(e.Email) || !rules.MayWriteTo(e.Email, d.o.World).Send {
		return nil // passOn says what is missing
	}
	t := Ticket{
		State: Open, Subject: "Notfall " + e.Number(), From: strings.ToLower(e.Email), Language: e.Language, CustomerNumber: e.CustomerNumber,
		Mailbox: d.o.Mailboxes[0].Name, Created: d.now(), Updated: d.now(), EmergencyID: e.ID,
	}
	if err := tx.AddTicket(&t); err != nil {
		return err
	}
	if err := tx.PutLink(Link{TicketID: t.ID, EmergencyID: e.ID, State: Linked, By: g.actor, At: d.now()}); err != nil {
		return err
	}
	if err := tx.AddParticipant(Participant{TicketID: t.ID, Address: t.From, Since: d.now(), Why: "triggered " + e.Number()}); err != nil {
		return err
	}
	c.ticket = t
	return tx.AddEvent(Event{TicketID: t.ID, At: d.now(), Actor: g.actor, What: "created", Why: fmt.Sprintf("staff wrote to whoever triggered %s", e.Number())})
}
