package store

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"notfalld/ticket"
)

const (
	ticketColumns = "state, subject, customer_number, sender, language, servers, errors, priority, tags, mailbox, created, updated, closed_at, " +
		"last_customer_at, last_staff_at, previous, related, emergency_id, assigned, answered_by, topic"
	selectTicket = "SELECT id, " + ticketColumns + ", mails FROM ticket"
)

// asJSON scans a JSON text; an empty one is the zero value.
type asJSON struct{ v any }

// Scan is sql.Scanner.
func (j asJSON) Scan(src any) error {
	var text []byte
	switch v := src.(type) {
	case []byte:
		text = v
	case string:
		text = []byte(v)
	default:
		return fmt.Errorf("JSON is stored as %T", src)
	}
	if len(text) == 0 {
		return nil
	}
	return json.Unmarshal(text, j.v)
}

func ticketDest(k *ticket.Ticket) []any {
	return []any{&k.ID, &k.State, &k.Subject, &k.CustomerNumber, &k.From, &k.Language, asJSON{&k.Servers}, asJSON{&k.Errors}, &k.Priority, asJSON{&k.Tags}, &k.Mailbox,
		when{&k.Created}, when{&k.Updated}, when{&k.ClosedAt}, when{&k.LastCustomerAt}, when{&k.LastStaffAt},
		&k.Previous, &k.Related, &k.EmergencyID, &k.Assigned, &k.AnsweredBy, &k.Topic, &k.Mails}
}

// ticketArgs are the values of ticketColumns, after the id.
func ticketArgs(k *ticket.Ticket) ([]any, error) {
	servers, err := listJSON(k.Servers)
	if err != nil {
		return nil, err
	}
	errs, err := listJSON[ticket.Error](k.Errors)
	if err != nil {
		return nil, err
	}
	tags, err := listJSON(k.Tags)
	if err != nil {
		return nil, err
	}
	return []any{k.ID, string(k.State), k.Subject, k.CustomerNumber, k.From, k.Language, servers, errs, k.Priority, tags, k.Mailbox,
		k.Created, k.Updated, k.ClosedAt, k.LastCustomerAt, k.LastStaffAt, k.Previous, k.Related, k.EmergencyID,
		k.Assigned, k.AnsweredBy, k.Topic}, nil
}

func listJSON[T any](list []T) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// AddTicket is ticket.Tx. A new ticket holds no mails yet, whatever k.Mails says: AddMail counts.
func (t *tx) AddTicket(k *ticket.Ticket) error {
	const doing = "add a ticket"
	if _, err := t.row(doing, "UPDATE counter SET last = last + 1 WHERE name = 'ticket' RETURNING last", []any{&k.ID}); err != nil {
		return err
	}
	args, err := ticketArgs(k)
	if err != nil {
		return t.failed(doing, err)
	}
	k.Mails = 0
	return t.one(doing, insertText("ticket", "id, "+ticketColumns+", mails"), append(args, 0)...)
}

// PutTicket is ticket.Tx. It leaves Mails alone: AddMail counts, and k may be older than the last mail.
func (t *tx) PutTicket(k ticket.Ticket) error {
	const doing = "write a ticket"
	args, err := ticketArgs(&k)
	if err != nil {
		return t.failed(doing, err)
	}
	return t.one(doing, updateText("ticket", ticketColumns), args...)
}

// Ticket is ticket.Tx.
func (t *tx) Ticket(id int64) (k ticket.Ticket, ok bool, err error) {
	ok, err = t.row("read a ticket", selectTicket+" WHERE id = ?1", ticketDest(&k), id)
	return k, ok, err
}

// Tickets is ticket.Tx.
func (t *tx) Tickets(q ticket.TicketQuery) ([]ticket.Ticket, error) {
	var w where
	in(&w, "state", q.States)
	if q.Previous != 0 {
		w.add("previous = ?", q.Previous)
		w.terms = append(w.terms, "previous <> 0") // says nothing new, but lets the partial index serve it
	}
	if q.From != "" {
		w.add("sender = ?", q.From)
	}
	var list []ticket.Ticket
	text := w.text(selectTicket, " ORDER BY id DESC", q.Limit)
	err := t.rows("list tickets", text, func(scan func(...any) error) error {
		var k ticket.Ticket
		err := scan(ticketDest(&k)...)
		list = append(list, k)
		return err
	}, w.args...)
	return list, err
}

const (
	mailColumns = "ticket_id, kind, entry_id, message_id, sender, sender_name, answer_to, subject, arrived, proof, thread, line, rules_hash, content_hash"
	selectMail  = "SELECT id, " + mailColumns + " FROM mail"
)

func mailDest(m *ticket.Mail) []any {
	return []any{&m.ID, &m.TicketID, &m.Kind, &m.EntryID, &m.MessageID, &m.From, &m.FromName, &m.AnswerTo, &m.Subject, when{&m.Arrived},
		&m.Proof, &m.Thread, bytesOf{&m.Line}, &m.RulesHash, bytesOf{&m.ContentHash}}
}

// AddMail is ticket.Tx.
func (t *tx) AddMail(m *ticket.Mail) error {
	const doing = "add a mail"
	if _, err := t.row(doing, insertText("mail", mailColumns)+" RETURNING id", []any{&m.ID},
		m.TicketID, string(m.Kind), m.EntryID, m.MessageID, m.From, m.FromName, m.AnswerTo, m.Subject, m.Arrived,
		m.Proof, m.Thread, string(m.Line), m.RulesHash, m.ContentHash); err != nil {
		return err
	}
	return t.one(doing, "UPDATE ticket SET mails = mails + 1 WHERE id = ?1", m.TicketID)
}

// Mail is ticket.Tx.
func (t *tx) Mail(id int64) (m ticket.Mail, ok bool, err error) {
	ok, err = t.row("read a mail", selectMail+" WHERE id = ?1", mailDest(&m), id)
	return m, ok, err
}

// Mails is ticket.Tx.
func (t *tx) Mails(ticketID int64) ([]ticket.Mail, error) {
	return t.mails("read the mails of a ticket", selectMail+" WHERE ticket_id = ?1 ORDER BY id", ticketID)
}

func (t *tx) mails(doing, text string, args ...any) ([]ticket.Mail, error) {
	var list []ticket.Mail
	err := t.rows(doing, text, func(scan func(...any) error) error {
		var m ticket.Mail
		err := scan(mailDest(&m)...)
		list = append(list, m)
		return err
	}, args...)
	return list, err
}

// MailsBefore is ticket.Tx.
func (t *tx) MailsBefore(before int64, since time.Time, limit int) ([]ticket.Mail, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return t.mails("read the youngest mails", selectMail+" WHERE id < ?1 AND arrived >= ?2 AND "+notOfStaff+" ORDER BY id DESC LIMIT ?3", before, since, limit)
}

// notOfStaff leaves out what staff have written, and what claims to be of them: rules do not decide about it.
const notOfStaff = "kind NOT IN ('staff', 'unverified')"

const countMails = "SELECT count(*) FROM mail WHERE arrived >= ?1 AND " + notOfStaff

// CountMails is ticket.Tx.
func (t *tx) CountMails(since time.Time) (n int, err error) {
	_, err = t.row("count mails", countMails, []any{&n}, since)
	return n, err
}

// ticketOf is the ticket of each id of a list: by a mail of ours, by one of its earlier attempts, else by the oldest mail. Each
// lookup ends at its first row, however many mails somebody has sent with the same Message-ID.
const ticketOf = "SELECT v.column1, coalesce(" +
	"(SELECT o.ticket_id FROM outbox o WHERE o.message_id = v.column1 AND o.message_id <> '' AND o.ticket_id <> 0 ORDER BY o.id LIMIT 1), " +
	"(SELECT o.ticket_id FROM attempt a JOIN outbox o ON o.id = a.out_id" +
	" WHERE a.message_id = v.column1 AND a.message_id <> '' AND o.ticket_id <> 0 ORDER BY a.id LIMIT 1), " +
	"(SELECT m.ticket_id FROM mail m WHERE m.message_id = v.column1 AND m.message_id <> '' ORDER BY m.id LIMIT 1), 0) FROM (VALUES "

// TicketOf is ticket.Tx. An id that several mails carry belongs to the mail of ours, else to the oldest: who
// reuses the Message-ID of another's mail must not draw its replies to himself.
func (t *tx) TicketOf(messageIDs []string) (ticketID int64, messageID string, ok bool, err error) {
	place := map[string]int{} // the last place of each id
	var ids []string
	for i, id := range messageIDs {
		if id = clean(id); id != "" {
			if _, seen := place[id]; !seen {
				ids = append(ids, id)
			}
			place[id] = i
		}
	}
	best := -1
	for _, piece := range chunks(ids) {
		values := "(" + strings.ReplaceAll(marks(1, len(piece)), ", ", "), (") + ")"
		err := t.rows("look for the ticket of a mail", ticketOf+values+") AS v", func(scan func(...any) error) error {
			var (
				id string
				k  int64
			)
			err := scan(&id, &k)
			if p := place[id]; k != 0 && p > best {
				best, ticketID, messageID = p, k, id
			}
			return err
		}, piece...)
		if err != nil {
			return 0, "", false, err
		}
	}
	return ticketID, messageID, best >= 0, t.ready()
}

// KnownSince is ticket.Tx.
func (t *tx) KnownSince(address, proof string) (at time.Time, ok bool, err error) {
	ok, err = t.row("look for a known sender",
		"SELECT arrived FROM mail WHERE sender = ?1 AND proof = ?2 ORDER BY arrived LIMIT 1",
		[]any{when{&at}}, strings.ToLower(address), proof)
	return at, ok, err
}

// AddEvent is ticket.Tx.
func (t *tx) AddEvent(e ticket.Event) error {
	return t.one("write history", insertText("event", "ticket_id, at, actor, rules, what, why"),
		e.TicketID, e.At, e.Actor, e.Rules, e.What, e.Why)
}

// Events is ticket.Tx.
func (t *tx) Events(ticketID int64) ([]ticket.Event, error) {
	var list []ticket.Event
	err := t.rows("read history", "SELECT ticket_id, at, actor, rules, what, why FROM event WHERE ticket_id = ?1 ORDER BY id",
		func(scan func(...any) error) error {
			var e ticket.Event
			err := scan(&e.TicketID, when{&e.At}, &e.Actor, &e.Rules, &e.What, &e.Why)
			list = append(list, e)
			return err
		}, ticketID)
	return list, err
}
