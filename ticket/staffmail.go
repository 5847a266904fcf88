package ticket

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// A mail of staff does all that it says, or nothing of it. What it says is executed and entered in the transaction in which it is decided; if
// something of that turns out to be impossible, the transaction is undone as a whole, and in a second one the mail is recorded, and its writer told.

// heldError says that a mail of staff is not to be done.
type heldError struct{ undone []Undone }

func (e heldError) Error() string { return fmt.Sprintf("held back: %v", e.undone) }

// held is a heldError about the mail as a whole.
func (g *deed) held(w words) error { return heldError{[]Undone{{Why: w.in(g.language)}}} }

// staffMail decides a mail that claims to be of staff; done is false if it is to be treated like any other mail.
func (d *Desk) staffMail(tx Tx, e *Entry, u understood) (done bool, err error) {
	c, ok, err := d.claimOf(tx, e, u)
	if err != nil || !ok {
		return false, err
	}
	if c.ticket.ID == 0 && c.emergency.ID != 0 {
		if err := d.ticketOfEmergency(tx, &c); err != nil {
			return false, err
		}
	}
	about := c.ticket.ID != 0 || c.emergency.ID != 0
	switch {
	case u.auto.Kind != message.Human && !about:
		return false, nil
	case u.auto.Kind != message.Human && u.auto.Wording && c.proved(): // "we have received your request, and look after it" may be what somebody has typed
		c.against = "its words sound like those of an automatic reply: " + u.auto.Why
		return true, d.keepUnverified(tx, e, u, c)
	case u.auto.Kind != message.Human:
		return true, d.noteOfStaff(tx, e, u, c) // a vacation note commands nothing, whoever wrote it
	case c.isPerson && c.authentic && !about && c.missing != "":
		return true, d.nothingThere(tx, e, c)
	case !about:
		return false, nil
	case c.proved():
		if done, err := d.doneAlready(tx, e, u, c); err != nil || done {
			return true, err
		}
		return true, d.doStaffMail(tx, e, u, c)
	}
	takesPart, err := tx.TakesPart(c.ticket.ID, c.from)
	if err != nil {
		return false, err
	}
	if takesPart && !d.isStaffAddress(c.from) {
		// A customer to whom a notice was passed on: it is his mail in his ticket, and nothing more.
		th := thread{ticket: c.ticket, found: true, how: "references", proven: u.proof.Verdict != message.ProofFail, why: "answers a notice to staff, and the sender takes part in the ticket"}
		return true, d.continueTicket(tx, e, u, th)
	}
	if th, err := d.ownThread(tx, u, c); err != nil || th.found {
		if err == nil {
			err = d.continueTicket(tx, e, u, th)
		}
		return true, err
	}
	if direct, err := d.isDirect(tx, u, c); err != nil || direct {
		if err == nil {
			err = d.recordDirect(tx, e, u, c.ticket, c.person.Name, "written to the customer with us in copy")
		}
		return true, err
	}
	if c.ticket.ID == 0 && !d.isStaffAddress(c.from) {
		return true, d.openForStranger(tx, e, u, c)
	}
	return true, d.keepUnverified(tx, e, u, c)
}

// ownThread is the ticket in which a customer writes who quotes a notice about another one that was passed on to him; found is false if there is none.
func (d *Desk) ownThread(tx Tx, u understood, c staffClaim) (thread, error) {
	if d.isStaffAddress(c.from) {
		return thread{}, nil
	}
	th, err := d.findThread(tx, u)
	if err != nil || !th.found || !th.proven {
		return thread{}, err
	}
	return th, nil
}

// openForStranger: somebody to whom the notice of an emergency was passed on may be in need, and there is no ticket in which staff would read him. He gets
// one of his own, as any stranger does.
func (d *Desk) openForStranger(tx Tx, e *Entry, u understood, c staffClaim) error {
	if err := d.happened(tx, c.emergency.ID, "notfalld", "unverified", fmt.Sprintf("from %s; not done: %s; it is a ticket of its own", c.from, c.against)); err != nil {
		return err
	}
	return d.newTicket(tx, e, u, thread{}, 0)
}

func (d *Desk) isStaffAddress(address string) bool {
	return slices.ContainsFunc(d.o.World.Staff, func(a string) bool { return strings.EqualFold(a, address) })
}

// doneAlready: the same words of the same second under another Message-ID are what a program has sent twice. A customer's mail would be another
// mail; what staff say is done once.
func (d *Desk) doneAlready(tx Tx, e *Entry, u understood, c staffClaim) (bool, error) {
	if c.ticket.ID == 0 || u.mail.Date.IsZero() {
		return false, nil
	}
	ms, err := tx.Mails(c.ticket.ID)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(ms, func(m Mail) bool { return m.Kind == StaffMail && bytes.Equal(m.ContentHash, e.ContentHash) })
	if i < 0 {
		return false, nil
	}
	return true, d.recordCopy(tx, e, Entry{TicketID: c.ticket.ID}, nil)
}

// noteOfStaff notes an automatic mail.
func (d *Desk) noteOfStaff(tx Tx, e *Entry, u understood, c staffClaim) error {
	why := fmt.Sprintf("%s from %s (%s): noted, nothing changed by it", u.auto.Kind, c.from, u.auto.Why)
	if c.ticket.ID != 0 {
		m := d.mailOf(e, u, NoteMail, thread{how: "staff"})
		m.TicketID = c.ticket.ID
		if err := tx.AddMail(&m); err != nil {
			return err
		}
		if err := d.event(tx, c.ticket.ID, "note", why); err != nil {
			return err
		}
	} else if err := d.happened(tx, c.emergency.ID, "notfalld", "note", why); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryNote, c.ticket.ID, nil)
}

// nothingThere answers a person who writes about a ticket that is not there.
func (d *Desk) nothingThere(tx Tx, e *Entry, c staffClaim) error {
	undone := []Undone{{Why: words{
		c.missing + " gibt es hier nicht. Sieh nach, worauf du antwortest; offene Tickets: notfalld ticket list.",
		"There is no " + c.missing + " here. See what you reply to; open tickets: notfalld ticket list.",
	}.in(d.o.Staff.Language)}}
	if err := d.tellUndone(tx, c, 0, fmt.Sprintf("e%d", e.ID), undone); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryStaff, 0, nil)
}

// keepUnverified keeps a mail whose claim is not proved. It changes nothing; staff are told. Its sender is told what any stranger would
// be: a person may be in need; at an address of staff nobody is.
func (d *Desk) keepUnverified(tx Tx, e *Entry, u understood, c staffClaim) error {
	t := c.ticket
	why := fmt.Sprintf("from %s; %s; not done, not passed on: %s", c.from, c.how, c.against)
	if t.ID == 0 { // about an emergency: staff are told with its notice
		if err := d.happened(tx, c.emergency.ID, "notfalld", "unverified", why); err != nil {
			return err
		}
		told, err := tx.Outs(OutQuery{Emergency: c.emergency.ID, Kinds: []OutKind{OutNotice}, Reasons: []string{ReasonUnverified}, Since: d.now().Add(-time.Hour)})
		if err != nil {
			return err
		}
		if len(told) < d.o.Bounds.NoticesPerHour { // the notices of an emergency are not bundled, and a notice that got out must not let strangers flood staff
			o := Out{EmergencyID: c.emergency.ID, Mailbox: d.o.Mailboxes[0].Name, Reason: ReasonUnverified, Detail: c.from + ": " + c.against}
			if err := d.addNotices(tx, o, fmt.Sprintf("unverified:e%d", e.ID)); err != nil {
				return err
			}
		}
		return d.conclude(tx, e, EntryStaff, 0, nil)
	}
	th := thread{ticket: t, found: true, how: "staff", why: c.against}
	m := d.mailOf(e, u, UnverifiedMail, th)
	m.TicketID = t.ID
	if err := tx.AddMail(&m); err != nil {
		return err
	}
	if err := d.event(tx, t.ID, "unverified", why); err != nil {
		return err
	}
	if !d.isStaffAddress(c.from) {
		if err := d.answerStranger(tx, t, m, u, th); err != nil {
			return err
		}
	}
	if err := d.tellStaff(tx, t, m.ID, ReasonUnverified, c.against, nil); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryStaff, t.ID, nil)
}

// answerStranger: whoever got hold of a notice may be in need all the same. He gets what a stranger gets: the bare answer, if any.
func (d *Desk) answerStranger(tx Tx, t Ticket, m Mail, u understood, th thread) error {
	v, err := d.mayAnswer(tx, t, m, u, th)
	if err != nil {
		return err
	}
	if err := d.event(tx, t.ID, "answer", d.whyAnswered(v)); err != nil || !v.send {
		return err
	}
	_, err = d.addAnswer(tx, t, m, v, u.facts.Language, ReasonMail, fmt.Sprintf("answer:%d", m.ID))
	return err
}

// doStaffMail does what a proved mail of staff says. It fails with heldError if it is not to be done.
func (d *Desk) doStaffMail(tx Tx, e *Entry, u understood, c staffClaim) error {
	m := d.mailOf(e, u, StaffMail, thread{how: "staff"})
	m.TicketID, m.AnswerTo = c.ticket.ID, ""
	g := &deed{person: c.person, actor: c.person.Name, language: d.o.Staff.Language, written: e.Arrived}
	if len(u.held) == 0 && c.ticket.ID == 0 && d.wantsTicket(u, g.person) {
		if err := d.openForEmergency(tx, &c, g); err != nil {
			return err
		}
		m.TicketID = c.ticket.ID
	}
	if c.ticket.ID != 0 {
		if err := tx.AddMail(&m); err != nil {
			return err
		}
		g.ticket, g.mailID = &c.ticket, m.ID
	}
	if c.emergency.ID != 0 {
		g.emergency = &c.emergency
	}
	if len(u.held) > 0 {
		if err := d.deedEvent(tx, g, "staff mail", fmt.Sprintf("from %s (%s): nothing was sent or changed: %s", c.from, c.how, firstWhy(u.held))); err != nil {
			return err
		}
		if err := d.tellUndone(tx, c, m.ID, fmt.Sprintf("e%d", e.ID), u.held); err != nil {
			return err
		}
		return d.conclude(tx, e, EntryStaff, c.ticket.ID, nil)
	}
	if err := d.carryOut(tx, u, &c, g); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryStaff, c.ticket.ID, nil)
}

func firstWhy(all []Undone) string {
	parts := []string{}
	for _, u := range all {
		parts = append(parts, oneLine(strings.TrimSpace(u.Said+" – "+u.Why)))
	}
	return strings.Join(parts, "; ")
}

// deedEvent writes what a person does into the history of the ticket, or of the emergency where there is none.
func (d *Desk) deedEvent(tx Tx, g *deed, what, why string) error {
	if g.ticket != nil {
		return tx.AddEvent(Event{TicketID: g.ticket.ID, At: d.now(), Actor: g.actor, What: what, Why: why})
	}
	return d.happened(tx, g.emergency.ID, g.actor, what, why)
}

// carryOut reads the commands, relays the rest, and executes: in this order, so that "#close" closes what has just been answered.
func (d *Desk) carryOut(tx Tx, u understood, c *staffClaim, g *deed) error {
	if why, ok := unreadable(u.mail); !ok {
		return g.held(why)
	}
	text := u.mail.Fresh(0).Text // where only the HTML says what is quoted, the plain text holds the notice's own commands
	if fenceTrace.MatchString(text) {
		return g.held(looseQuote) // else it would be told of the commands that the notice names
	}
	b, undone := readCommands(text, d.o.Staff.Banners, g.language)
	if len(undone) > 0 {
		return heldError{undone}
	}
	if !onTop(u.mail.Whole, text, b, d.o.Staff.Banners) {
		return heldError{[]Undone{{Line: b.first.line, Said: b.first.said, Why: notOnTop.in(g.language)}}}
	}
	if b.hasNote && b.note == "" && len(u.mail.Attachments)+len(u.mail.Inline) == 0 {
		return heldError{[]Undone{{Why: emptyNote.in(g.language)}}}
	}
	if undone := d.mayDo(g, b); len(undone) > 0 {
		return heldError{undone}
	}
	if err := d.passOn(tx, u, c, g, b); err != nil {
		return err
	}
	if err := d.runCommands(tx, g, b.commands); err != nil {
		return err
	}
	if b.hasNote {
		return d.deedEvent(tx, g, "staff note", b.note)
	}
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }

// mayDo says what of a mail its writer has no right to.
func (d *Desk) mayDo(g *deed, b commandBlock) (undone []Undone) {
	for _, k := range b.commands {
		if !g.person.may(k.kind.right) {
			undone = append(undone, Undone{Line: k.line, Said: k.said, Why: noRight.in(g.language)})
		}
	}
	if b.rest != "" && !b.hasNote && !g.person.may(RightCustomer) {
		undone = append(undone, Undone{Why: noCustomer.in(g.language)})
	}
	if b.hasNote && !g.person.may(RightTicket) {
		undone = append(undone, Undone{Said: "#note", Why: noRight.in(g.language)})
	}
	return undone
}

var (
	noRight = words{"Das darfst du nicht (staff.people, may). Bitte eine Kollegin oder einen Kollegen.", "You may not do that (staff.people, may). Ask a colleague."}

	noCustomer = words{"Du darfst keine Mails an Kunden schicken (staff.people, may). Mit #note in der ersten Zeile bleibt der Text intern.",
		"You may not send mail to customers (staff.people, may). With #note in the first line the text stays internal."}
)

func (p Person) may(r Right) bool { return r == RightRead || p.May == nil || slices.Contains(p.May, r) }

// undoneOf is what tellUndone writes down for the receipt.
func undoneOf(o *Out) (all []Undone) {
	_ = json.Unmarshal([]byte(o.Detail), &all) // what cannot be read leaves the receipt without reasons, which says at least that nothing was done
	return all
}
