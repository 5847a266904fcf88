package store

import (
	"strings"
	"time"

	"notfalld/ticket"
)

// TakesPart is ticket.Tx.
func (t *tx) TakesPart(ticketID int64, address string) (bool, error) {
	var n int64
	return t.row("look for who takes part",
		"SELECT 1 FROM mail WHERE ticket_id = ?1 AND sender = ?2 AND kind IN ('customer', 'machine')"+
			" UNION ALL SELECT 1 FROM participant WHERE ticket_id = ?1 AND address = ?2 LIMIT 1",
		[]any{&n}, ticketID, strings.ToLower(address))
}

// MailsOfKind is ticket.Tx. Of one instant, the order is that of writing.
func (t *tx) MailsOfKind(kind ticket.MailKind, since time.Time) ([]ticket.Mail, error) {
	return t.mails("read the mails of one kind", selectMail+" WHERE kind = ?1 AND arrived >= ?2 ORDER BY arrived, id", string(kind), since)
}

const participantColumns = "ticket_id, address, since, why"

// AddParticipant is ticket.Tx. Of an address that is there already, the first cause stays.
func (t *tx) AddParticipant(p ticket.Participant) error {
	_, err := t.exec("add who takes part", insertText("participant", participantColumns)+" ON CONFLICT (ticket_id, address) DO NOTHING",
		p.TicketID, strings.ToLower(p.Address), p.Since, p.Why)
	return err
}

// Participants is ticket.Tx; in the order of writing.
func (t *tx) Participants(ticketID int64) ([]ticket.Participant, error) {
	var list []ticket.Participant
	err := t.rows("read who takes part", "SELECT "+participantColumns+" FROM participant WHERE ticket_id = ?1 ORDER BY id",
		func(scan func(...any) error) error {
			var p ticket.Participant
			err := scan(&p.TicketID, &p.Address, when{&p.Since}, &p.Why)
			list = append(list, p)
			return err
		}, ticketID)
	return list, err
}

const (
	fenceColumns = "code, out_id, ticket_id, emergency_id, recipient, lines, created"
	selectFence  = "SELECT " + fenceColumns + " FROM fence"
)

func fenceDest(f *ticket.Fence) []any {
	return []any{&f.Code, &f.OutID, &f.TicketID, &f.EmergencyID, &f.Recipient, bytesOf{&f.Lines}, when{&f.Created}}
}

// AddFence is ticket.Tx. A code that is taken, and a notice that does not exist, are errors.
func (t *tx) AddFence(f ticket.Fence) error {
	return t.one("keep a fence", insertText("fence", fenceColumns), f.Code, f.OutID, f.TicketID, f.EmergencyID, f.Recipient, f.Lines, f.Created)
}

// Fence is ticket.Tx.
func (t *tx) Fence(code string) (f ticket.Fence, ok bool, err error) {
	ok, err = t.row("look for a fence", selectFence+" WHERE code = ?1", fenceDest(&f), code)
	return f, ok, err
}

// Fences is ticket.Tx; in the order of writing, limit 0 means all. Those of an emergency are all that name it, be it with a ticket.
func (t *tx) Fences(ticketID, emergencyID int64, limit int) ([]ticket.Fence, error) {
	var w where
	// "<> 0" says nothing new of a number, but lets the partial indexes serve it; and nothing belongs to 0.
	if ticketID != 0 {
		w.add("ticket_id = ?", ticketID)
		w.terms = append(w.terms, "ticket_id <> 0")
	} else {
		w.add("emergency_id = ?", emergencyID)
		w.terms = append(w.terms, "emergency_id <> 0")
	}
	var list []ticket.Fence
	text := w.text(selectFence, " ORDER BY id DESC", limit)
	err := t.rows("read fences", text, func(scan func(...any) error) error {
		var f ticket.Fence
		err := scan(fenceDest(&f)...)
		list = append(list, f)
		return err
	}, w.args...)
	return list, err
}
