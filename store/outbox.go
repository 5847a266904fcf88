package store

import (
	"slices"
	"strings"
	"time"

	"notfalld/ticket"
)

const (
	outColumns = "kind, state, rank, ticket_id, mail_id, mailbox, recipient, recipient_key, reason, detail, said, bare, stranger, language, " +
		"unique_key, created, next_at, attempts, frozen_at, sent_at, message_id, envelope_from, last_code, last_error, bounced_at, delayed_at, " +
		"emergency_id, channel"
	// outFields are what a ticket.Out holds of them, in the order of outDest.
	outFields = "id, kind, state, ticket_id, mail_id, mailbox, recipient, reason, detail, said, bare, stranger, language, " +
		"unique_key, created, next_at, attempts, frozen_at, sent_at, message_id, envelope_from, last_code, last_error, bounced_at, delayed_at, " +
		"emergency_id, channel"
	selectOut = "SELECT " + outFields + " FROM outbox"
	// pending is what is still to be delivered, in the words of the partial index.
	pending = "state IN ('waiting', 'frozen')"
)

func outDest(o *ticket.Out) []any {
	return []any{&o.ID, &o.Kind, &o.State, &o.TicketID, &o.MailID, &o.Mailbox, &o.Recipient, &o.Reason, &o.Detail, &o.Row, &o.Bare, &o.Unknown,
		&o.Language, &o.Key, when{&o.Created}, when{&o.NextAt}, &o.Attempts, when{&o.FrozenAt}, when{&o.SentAt}, &o.MessageID,
		&o.EnvelopeFrom, &o.LastCode, &o.LastError, when{&o.BouncedAt}, when{&o.DelayedAt}, &o.EmergencyID, &o.Channel}
}

// The ranks: an alarm waits for nothing, customers wait for answers, be they ours or those of staff. Pages are not the outbox's mails: they have a queue of their own.
const (
	rankAlarm = iota - 1
	rankAnswer
	rankRest
	rankPage
)

func rankOf(k ticket.OutKind) int {
	switch k {
	case ticket.OutAlarm:
		return rankAlarm
	case ticket.OutAnswer, ticket.OutConfirmation, ticket.OutRelay:
		return rankAnswer
	case ticket.OutPage:
		return rankPage
	}
	return rankRest
}

func outArgs(o *ticket.Out) []any {
	return []any{string(o.Kind), string(o.State), rankOf(o.Kind), o.TicketID, o.MailID, o.Mailbox, o.Recipient, strings.ToLower(o.Recipient), o.Reason,
		o.Detail, o.Row, o.Bare, o.Unknown, o.Language, o.Key, o.Created, o.NextAt, o.Attempts, o.FrozenAt, o.SentAt, o.MessageID,
		o.EnvelopeFrom, o.LastCode, o.LastError, o.BouncedAt, o.DelayedAt, o.EmergencyID, o.Channel}
}

func (t *tx) outs(doing, text string, args ...any) ([]ticket.Out, error) {
	var list []ticket.Out
	err := t.rows(doing, text, func(scan func(...any) error) error {
		var o ticket.Out
		err := scan(outDest(&o)...)
		list = append(list, o)
		return err
	}, args...)
	return list, err
}

// AddOut is ticket.Tx.
func (t *tx) AddOut(o *ticket.Out) (added bool, err error) {
	added, err = t.row("add an outgoing mail", insertText("outbox", outColumns)+
		" ON CONFLICT (unique_key) WHERE unique_key <> '' DO NOTHING RETURNING id", []any{&o.ID}, outArgs(o)...)
	if err == nil && added && len(o.Bytes) > 0 {
		err = t.putBytes(o)
	}
	return added, err
}

// PutOut is ticket.Tx. Lists come without Bytes, so an Out without them keeps those that are stored, for as
// long as a row of its state has bytes at all: while frozen, and for good once it has been sent or has failed, if what it said
// matters later: to a customer, or to the technician who was to be alarmed.
func (t *tx) PutOut(o ticket.Out) error {
	if err := t.one("write an outgoing mail", updateText("outbox", outColumns), append([]any{o.ID}, outArgs(&o)...)...); err != nil {
		return err
	}
	final := o.State == ticket.OutSent || o.State == ticket.OutFailed
	switch {
	case len(o.Bytes) > 0:
		return t.putBytes(&o)
	case o.State == ticket.OutFrozen, final && keepsBytes(o.Kind):
		return nil
	}
	_, err := t.exec("drop the bytes of an outgoing mail", "DELETE FROM outbox_bytes WHERE out_id = ?1", o.ID)
	return err
}

// keepsBytes: what customers were told is kept, and what was rung by mail. A relayed mail, with all that is attached to it, is kept as staff wrote it, as long
// as raw mails are. A page holds keys of the receiver's.
func keepsBytes(k ticket.OutKind) bool {
	return k == ticket.OutAnswer || k == ticket.OutConfirmation || k == ticket.OutAlarm
}

func (t *tx) putBytes(o *ticket.Out) error {
	_, err := t.exec("write the bytes of an outgoing mail", insertText("outbox_bytes", "out_id, bytes")+
		" ON CONFLICT (out_id) DO UPDATE SET bytes = excluded.bytes WHERE outbox_bytes.bytes <> excluded.bytes", o.ID, o.Bytes)
	return err
}

// withBytes completes an Out that was read without them.
func (t *tx) withBytes(o ticket.Out, ok bool, err error) (ticket.Out, bool, error) {
	if err == nil && ok {
		_, err = t.row("read the bytes of an outgoing mail", "SELECT bytes FROM outbox_bytes WHERE out_id = ?1", []any{bytesOf{&o.Bytes}}, o.ID)
	}
	return o, ok, err
}

// Out is ticket.Tx.
func (t *tx) Out(id int64) (o ticket.Out, ok bool, err error) {
	ok, err = t.row("read an outgoing mail", selectOut+" WHERE id = ?1", outDest(&o), id)
	return t.withBytes(o, ok, err)
}

// OutByMessageID is ticket.Tx.
func (t *tx) OutByMessageID(messageID string) (o ticket.Out, ok bool, err error) {
	if messageID == "" {
		return o, false, t.ready()
	}
	const doing = "look for an outgoing mail"
	ok, err = t.row(doing, selectOut+" WHERE message_id = ?1 AND message_id <> '' ORDER BY id DESC LIMIT 1", outDest(&o), messageID)
	if err != nil || ok {
		return t.withBytes(o, ok, err)
	}
	var id int64
	ok, err = t.row(doing, "SELECT out_id FROM attempt WHERE message_id = ?1 AND message_id <> '' ORDER BY id DESC LIMIT 1", []any{&id}, messageID)
	if err != nil || !ok {
		return o, false, err
	}
	return t.Out(id)
}

// DueOut is ticket.Tx: all of one rank that are due come before any of the next; limit 0 means all.
func (t *tx) DueOut(now time.Time, limit int) ([]ticket.Out, error) {
	var due []ticket.Out
	for rank := rankAlarm; rank <= rankRest; rank++ {
		left := limit - len(due)
		if limit > 0 && left <= 0 {
			break
		}
		list, err := t.due(rank, now, max(left, 0))
		if err != nil {
			return nil, err
		}
		due = append(due, list...)
	}
	return due, nil
}

// DuePages is ticket.Tx; limit 0 means all.
func (t *tx) DuePages(now time.Time, limit int) ([]ticket.Out, error) {
	return t.due(rankPage, now, limit)
}

func (t *tx) due(rank int, now time.Time, limit int) ([]ticket.Out, error) {
	var w where
	w.terms = []string{pending}
	w.add("rank = ?", rank)
	w.add("next_at <= ?", now)
	text := w.text(selectOut, " ORDER BY next_at, id", limit)
	return t.outs("look for what is due", text, w.args...)
}

// NextOut is ticket.Tx.
func (t *tx) NextOut() (at time.Time, ok bool, err error) {
	for rank := rankAlarm; rank <= rankRest; rank++ {
		next, found, err := t.next(rank)
		if err != nil {
			return at, false, err
		}
		if found && (!ok || next.Before(at)) {
			at, ok = next, true
		}
	}
	return at, ok, nil
}

// NextPage is ticket.Tx.
func (t *tx) NextPage() (at time.Time, ok bool, err error) { return t.next(rankPage) }

func (t *tx) next(rank int) (at time.Time, ok bool, err error) {
	ok, err = t.row("look for what is due next", "SELECT next_at FROM outbox WHERE "+pending+" AND rank = ?1 ORDER BY next_at LIMIT 1",
		[]any{when{&at}}, rank)
	return at, ok, err
}

// Outs is ticket.Tx.
func (t *tx) Outs(q ticket.OutQuery) ([]ticket.Out, error) {
	var w where
	if q.TicketID != 0 {
		w.add("ticket_id = ?", q.TicketID)
	}
	if q.Emergency != 0 {
		w.add("emergency_id = ?", q.Emergency)
		w.terms = append(w.terms, "emergency_id <> 0") // lets the partial index serve it
	}
	in(&w, "kind", q.Kinds)
	in(&w, "state", q.States)
	in(&w, "reason", q.Reasons)
	if q.Recipient != "" {
		w.add("recipient_key = ?", strings.ToLower(q.Recipient))
	}
	if q.Row != "" {
		w.add("said = ?", q.Row)
	}
	if !q.Since.IsZero() {
		w.add("created >= ?", q.Since)
	}
	order := " ORDER BY id DESC"
	delivered := func(s ticket.OutState) bool { return s != ticket.OutWaiting && s != ticket.OutFrozen }
	if len(q.States) > 0 && !slices.ContainsFunc(q.States, delivered) {
		w.terms = append(w.terms, pending) // says nothing new, but lets the partial index serve it
		order = sorted
	}
	text := w.text(selectOut, order, q.Limit)
	return t.outs("list outgoing mails", text, w.args...)
}

// CountOuts is ticket.Tx.
func (t *tx) CountOuts(q ticket.OutCount) (int, error) {
	var w where
	if q.Failed {
		w.terms = []string{"state <> 'withdrawn'"}
	} else {
		w.terms = []string{"state IN ('waiting', 'frozen', 'sent')"}
	}
	if q.TicketID != 0 {
		w.add("ticket_id = ?", q.TicketID)
	}
	if q.Recipient != "" {
		w.add("recipient_key = ?", strings.ToLower(q.Recipient))
	}
	if q.Kind != "" {
		w.add("kind = ?", string(q.Kind))
	}
	if q.Row != "" {
		w.add("said = ?", q.Row)
	}
	if q.Reason != "" {
		w.add("reason = ?", q.Reason)
	}
	// Literally, as the partial indexes have it.
	w.flag("bare", q.Bare)
	w.flag("stranger", q.Unknown)
	in(&w, "state", q.States)
	if !q.Since.IsZero() {
		w.add("created >= ?", q.Since)
	}
	if !q.Until.IsZero() {
		w.add("created <= ?", q.Until)
	}
	var n int
	text := w.text("SELECT count(*) FROM outbox", "", 0)
	_, err := t.row("count outgoing mails", text, []any{&n}, w.args...)
	return n, err
}

func (w *where) flag(column string, want *bool) {
	switch {
	case want == nil:
	case *want:
		w.terms = append(w.terms, column)
	default:
		w.terms = append(w.terms, "NOT "+column)
	}
}

// AddAttempt is ticket.Tx.
func (t *tx) AddAttempt(a ticket.Attempt) error {
	return t.one("write a delivery attempt", insertText("attempt", "out_id, at, message_id, outcome, code, reply"),
		a.OutID, a.At, a.MessageID, a.Outcome, a.Code, a.Text)
}

// Attempts is ticket.Tx; oldest first.
func (t *tx) Attempts(outID int64) ([]ticket.Attempt, error) {
	var list []ticket.Attempt
	err := t.rows("read delivery attempts", "SELECT out_id, at, message_id, outcome, code, reply FROM attempt WHERE out_id = ?1 ORDER BY id",
		func(scan func(...any) error) error {
			var a ticket.Attempt
			err := scan(&a.OutID, when{&a.At}, &a.MessageID, &a.Outcome, &a.Code, &a.Text)
			list = append(list, a)
			return err
		}, outID)
	return list, err
}
