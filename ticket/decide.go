package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/rules"
)

// underRules is a transaction in which a mail is decided: its history names the rule set that the mail was understood by, which need
// not be the one in force any more.
type underRules struct {
	Tx
	hash string
}

// AddEvent is Tx.
func (t underRules) AddEvent(e Event) error {
	e.Rules = t.hash
	return t.Tx.AddEvent(e)
}

// decide says what becomes of a mail, and writes all of it: ticket, history, and what is to be sent.
// It runs under the writer's lock, so what it reads is still true when it is written.
func (d *Desk) decide(tx Tx, e *Entry, u understood) error {
	e.MessageID, e.ContentHash = u.mail.MessageID, u.mail.ContentHash[:]
	if ok, err := d.probeBack(tx, e, u.mail); err != nil || ok {
		return d.conclude(tx, e, EntryProbe, 0, err)
	}
	if own, err := d.isOwn(tx, u.mail); err != nil || own {
		return d.untouched(tx, e, err)
	}
	if u.sent {
		return d.decideSent(tx, e, u)
	}
	if first, ok, err := tx.SameMail(e.MessageID, e.ContentHash); err != nil || ok && sameMoment(e, first, u.mail) {
		return d.recordCopy(tx, e, first, err)
	}
	if kind := u.auto.Kind; kind == message.Bounce || kind == message.Delay || u.facts.Class == rules.Bounce {
		if ok, ticketID, err := d.recordBounce(tx, u.mail); err != nil || ok {
			return d.conclude(tx, e, EntryBounce, ticketID, err)
		}
		if u.facts.Class != rules.Emergency {
			return d.untouched(tx, e, nil)
		}
	}
	if f := u.facts.Form; f != nil && f.Proven && d.isLate(e) {
		f.Proven, f.Why = false, fmt.Sprintf("it is proven, and came %s ago: too late to alarm anybody", d.now().Sub(e.Arrived).Round(time.Minute))
	} else if f != nil && f.Proven {
		return d.triggerByMail(tx, e, u)
	}
	if done, err := d.staffMail(tx, e, u); err != nil || done {
		return err
	}
	th, err := d.findThread(tx, u)
	if err != nil {
		return err
	}
	ours, err := d.aboutEmergency(tx, u)
	if err != nil {
		return err
	}
	switch {
	case th.found && isNote(u):
		return d.addNote(tx, e, u, th)
	case th.found:
		return d.continueTicket(tx, e, u, th)
	case u.facts.Class == rules.Emergency, ours, u.facts.Form != nil:
		return d.newTicket(tx, e, u, th, 0)
	}
	return d.untouched(tx, e, nil)
}

// isLate: a form mail that is found days later (rules that have just been written, a mailbox that could not be read) must not wake anybody. It is a
// ticket, and staff are told.
func (d *Desk) isLate(e *Entry) bool { return d.now().Sub(e.Arrived) > d.o.Bounds.ReplyMaxAge }

// sameMoment: where neither Message-ID nor Date tells two mails apart, the same words may report another outage, a month later.
func sameMoment(e *Entry, first Entry, m *message.Mail) bool {
	return e.MessageID != "" || !m.Date.IsZero() || e.Arrived.Equal(first.Arrived)
}

// isNote: a vacation note in a thread is noted; what a monitoring system adds to its own ticket is a mail like any other.
func isNote(u understood) bool {
	k := u.auto.Kind
	return k == message.AutoReply || k == message.Receipt || k != message.Human && u.facts.Class != rules.Emergency
}

// conclude writes the ledger's last word on a mail.
func (d *Desk) conclude(tx Tx, e *Entry, s EntryState, ticketID int64, err error) error {
	if err != nil {
		return err
	}
	e.State, e.TicketID = s, ticketID
	return tx.PutEntry(*e)
}

// untouched: of a mail that is none of our business, only the UID is remembered.
func (d *Desk) untouched(tx Tx, e *Entry, err error) error {
	if err != nil {
		return err
	}
	if e.RawID != 0 {
		if err := tx.DropRaw(e.RawID); err != nil {
			return err
		}
	}
	e.RawID, e.MessageID, e.ContentHash = 0, "", nil
	return d.conclude(tx, e, EntryOther, 0, nil)
}

func (d *Desk) recordCopy(tx Tx, e *Entry, first Entry, err error) error {
	if err != nil {
		return err
	}
	if e.RawID != 0 {
		if err := tx.DropRaw(e.RawID); err != nil { // the first one's bytes are kept
			return err
		}
		e.RawID = 0
	}
	if first.TicketID != 0 {
		why := fmt.Sprintf("the same mail once more, in %s/%s (UID %d)", e.Place.Mailbox, e.Place.Folder, e.Place.UID)
		if err := d.event(tx, first.TicketID, "copy", why); err != nil {
			return err
		}
	}
	return d.conclude(tx, e, EntryCopy, first.TicketID, nil)
}

func (d *Desk) addNote(tx Tx, e *Entry, u understood, th thread) error {
	m := d.mailOf(e, u, NoteMail, th)
	m.TicketID = th.ticket.ID
	if err := tx.AddMail(&m); err != nil {
		return err
	}
	why := fmt.Sprintf("%s (%s): noted, nothing changed by it", u.auto.Kind, u.auto.Why)
	if err := d.event(tx, th.ticket.ID, "note", why); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryNote, th.ticket.ID, nil)
}

// continueTicket adds a mail to its ticket. A ticket closed too long ago is not reopened: a new one names it.
func (d *Desk) continueTicket(tx Tx, e *Entry, u understood, th thread) error {
	t := th.ticket
	if th.proven && d.tooLongClosed(t, d.now()) {
		next, ok, err := d.successor(tx, t)
		if err != nil {
			return err
		}
		if !ok {
			return d.newTicket(tx, e, u, th, t.ID)
		}
		t = next
		th.why += "; " + Number(th.ticket.ID) + " was closed too long ago, " + t.Number() + " continues it"
		th.ticket = t
	}
	kind := CustomerMail
	switch {
	case !th.proven:
		kind = UnprovenMail
	case u.auto.Kind != message.Human:
		kind = MachineMail
	}
	// A human mail that continues a ticket is an emergency, whatever its wording.
	u.facts.Class, u.facts.Reply = rules.Emergency, d.mayReply(u)
	m := d.mailOf(e, u, kind, th)
	m.TicketID = t.ID
	if th.proven {
		if err := d.advance(tx, &t, u, e); err != nil {
			return err
		}
	}
	if err := tx.AddMail(&m); err != nil {
		return err
	}
	if th.proven {
		if err := d.addParticipants(tx, t, u); err != nil {
			return err
		}
		if err := d.findEmergency(tx, &t, u, e); err != nil {
			return err
		}
	}
	why := th.why
	if !th.proven {
		why += ": sender not proven, nothing was changed or disclosed by this mail"
	}
	if err := d.event(tx, t.ID, "mail", fmt.Sprintf("from %s; %s", u.author.Address, why)); err != nil {
		return err
	}
	if err := d.respond(tx, t, m, u, th); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryTicket, t.ID, nil)
}

// successor is the ticket that continues one which was closed too long ago, if that is not closed as long itself.
func (d *Desk) successor(tx Tx, t Ticket) (Ticket, bool, error) {
	ts, err := tx.Tickets(TicketQuery{Previous: t.ID, Limit: 1})
	if err != nil || len(ts) == 0 || d.tooLongClosed(ts[0], d.now()) {
		return Ticket{}, false, err
	}
	return ts[0], true, nil
}

// advance brings a ticket forward by a proven mail: reopened, and richer by what the mail says.
func (d *Desk) advance(tx Tx, t *Ticket, u understood, e *Entry) error {
	if t.State == Closed {
		if err := d.event(tx, t.ID, "reopened", "the customer wrote within "+d.o.ReopenWithin.String()+" of its closing"); err != nil {
			return err
		}
	}
	if t.State == Closed || t.State == Waiting {
		t.State = Open
	}
	if e.Arrived.After(t.LastCustomerAt) { // a mail that lay somewhere does not turn the clock back
		t.LastCustomerAt = e.Arrived
	}
	t.Updated = d.now()
	t.learn(u.facts)
	return tx.PutTicket(*t)
}

// mostFacts bounds what a ticket that a monitoring system feeds for weeks collects.
const mostFacts = 100

// learn adds what a mail says to what the ticket knows; what is known is not overwritten.
func (t *Ticket) learn(f rules.Facts) {
	r := rules.Route{Priority: t.Priority, Tags: slices.Clone(t.Tags)}
	r.Add(f.Route)
	t.Priority, t.Tags = r.Priority, r.Tags
	if t.CustomerNumber == "" {
		t.CustomerNumber = f.CustomerNumber
	}
	for _, s := range f.Servers {
		if len(t.Servers) < mostFacts && !slices.ContainsFunc(t.Servers, func(k rules.Server) bool { return k.Name == s.Name }) {
			t.Servers = append(t.Servers, s)
		}
	}
	for _, x := range f.Errors {
		if len(t.Errors) < mostFacts && !slices.ContainsFunc(t.Errors, func(k rules.Error) bool { return k.Text == x.Text }) {
			t.Errors = append(t.Errors, x)
		}
	}
}

func (d *Desk) newTicket(tx Tx, e *Entry, u understood, th thread, previous int64) error {
	u.facts.Class, u.facts.Reply = rules.Emergency, d.mayReply(u)
	t := Ticket{
		State: New, Subject: u.mail.Subject, From: strings.ToLower(u.author.Address), Language: u.facts.Language, Mailbox: e.Place.Mailbox,
		Created: d.now(), Updated: d.now(), LastCustomerAt: e.Arrived, Previous: previous, Related: th.related,
	}
	t.learn(u.facts)
	if err := tx.AddTicket(&t); err != nil {
		return err
	}
	kind := CustomerMail
	if u.auto.Kind != message.Human {
		kind = MachineMail
	}
	first := thread{how: threadNew, proven: true, ticket: t}
	m := d.mailOf(e, u, kind, first)
	m.TicketID = t.ID
	if err := tx.AddMail(&m); err != nil {
		return err
	}
	if err := d.event(tx, t.ID, "created", d.whyCreated(u, t)); err != nil {
		return err
	}
	if err := d.addParticipants(tx, t, u); err != nil {
		return err
	}
	if err := d.findEmergency(tx, &t, u, e); err != nil {
		return err
	}
	if err := d.respond(tx, t, m, u, first); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryTicket, t.ID, nil)
}

// findEmergency looks for the emergency of a ticket to which a mail has just been added.
func (d *Desk) findEmergency(tx Tx, t *Ticket, u understood, e *Entry) error {
	if err := d.noteKeys(tx, *t, u, e.Arrived); err != nil {
		return err
	}
	return d.relink(tx, t)
}

func (d *Desk) whyCreated(u understood, t Ticket) string {
	why := fmt.Sprintf("mail from %s, subject %q, class %s, sender proof %s", u.author.Address, u.mail.Subject, u.facts.Class, u.proof.Verdict)
	if u.failed {
		why += "; a minimal ticket: " + u.mail.Problem
	} else if u.mail.Problem != "" {
		why += "; " + u.mail.Problem
	}
	if t.Previous != 0 {
		why += "; continues " + Number(t.Previous) + ", which was closed too long ago to be reopened"
	}
	if t.Related != 0 {
		why += "; possibly related to " + Number(t.Related) + ", which it names without proof"
	}
	return why
}

func (d *Desk) mailOf(e *Entry, u understood, kind MailKind, th thread) Mail {
	line, err := json.Marshal(rules.NewLine("", u.mail, u.facts))
	if err != nil { // no value of Line can fail to marshal; a ticket without it is better than none
		line = []byte(`{}`)
	}
	return Mail{
		Kind: kind, EntryID: e.ID, MessageID: u.mail.MessageID, From: strings.ToLower(u.author.Address), FromName: u.author.Name, Subject: u.mail.Subject,
		AnswerTo: d.answerTo(u), Arrived: e.Arrived, Proof: string(u.proof.Verdict), Thread: th.how, Line: line, RulesHash: u.set.Hash(), ContentHash: e.ContentHash,
	}
}

func (d *Desk) event(tx Tx, ticketID int64, what, why string) error {
	return tx.AddEvent(Event{TicketID: ticketID, At: d.now(), Actor: "notfalld", Rules: d.RulesHash(), What: what, Why: why})
}
