package ticket

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// At closing time, whoever wrote during the day was told that support is there, and now it is not: a ticket of the day without
// emergency and without an answer of staff gets the answer that holds outside support hours, once (SPEC section 9).

// Close enters the answers of the youngest closing time, if that is not longer ago than an automatic answer may be late. It may be
// called as often as one likes: each answer has its key.
func (d *Desk) Close(ctx context.Context) (n int, err error) {
	now := d.now()
	opened, closed := d.o.Hours.LastClose(now)
	if closed.IsZero() || d.o.Hours.Open(now) || now.Sub(closed) > d.o.Caps.ReplyMaxAge {
		return 0, nil
	}
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		n = 0
		ts, err := tx.Tickets(TicketQuery{States: []State{New, Open}, CustomerSince: opened, CustomerUntil: closed})
		if err != nil {
			return err
		}
		for _, t := range ts {
			added, err := d.closeOver(tx, t, opened, closed)
			if err != nil {
				return err
			}
			n += added
		}
		return nil
	})
	if n > 0 {
		d.wake()
	}
	return n, err
}

func (d *Desk) closeOver(tx Tx, t Ticket, opened, closed time.Time) (n int, err error) {
	if t.EmergencyID != 0 || !t.LastStaffAt.Before(opened) {
		return 0, nil
	}
	os, err := tx.Outs(OutQuery{TicketID: t.ID, Kinds: []OutKind{OutAnswer}})
	if err != nil {
		return 0, err
	}
	for _, told := range os {
		if told.Bare || told.State == OutFailed || !strings.HasSuffix(told.Row, "/"+inHours) || told.Created.Before(opened) {
			continue
		}
		o := Out{
			Kind: OutAnswer, State: OutWaiting, TicketID: t.ID, MailID: told.MailID, Mailbox: t.Mailbox, Recipient: told.Recipient, Reason: ReasonClosing,
			Row: d.row(d.now()), Unknown: told.Unknown, Language: told.Language, Created: d.now(), NextAt: d.now(),
			Key: fmt.Sprintf("closing:%d:%s:%s", t.ID, told.Recipient, closed.Format(time.DateOnly)),
		}
		added, err := tx.AddOut(&o)
		if err != nil {
			return n, err
		}
		if added {
			n++
			if err := d.event(tx, t.ID, "answer", "support has closed: the answer for outside support hours goes to "+o.Recipient); err != nil {
				return n, err
			}
		}
	}
	return n, nil
}

// isStale: between entering and sending, another answer may have said the same; and of an answer of closing time, support may have
// opened again, or staff may have answered.
func (d *Desk) isStale(tx Tx, t Ticket, o *Out) (bool, error) {
	if o.Reason == ReasonClosing &&
		(!strings.HasSuffix(o.Row, "/"+outside) || t.EmergencyID != 0 || t.State == Closed || t.LastStaffAt.After(t.LastCustomerAt)) {
		return true, nil
	}
	os, err := tx.Outs(OutQuery{TicketID: t.ID, Kinds: []OutKind{OutAnswer}, States: []OutState{OutFrozen, OutSent}})
	if err != nil {
		return false, err
	}
	since := d.now().Add(-d.o.Caps.AgainAfter)
	for _, k := range os {
		if k.ID != o.ID && k.Recipient == o.Recipient && k.Row == o.Row && k.Bare == o.Bare && k.FrozenAt.After(since) {
			return true, nil
		}
	}
	return false, nil
}

// RunClosing waits for each closing time until ctx ends. It looks at once too: the daemon may have been down at closing time.
func (d *Desk) RunClosing(ctx context.Context) error {
	for {
		if _, err := d.Close(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.Error("the answers of closing time could not be entered; trying again in a minute", "error", err)
			select {
			case <-ctx.Done():
				return nil
			case <-d.o.Clock.After(time.Minute):
			}
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.o.Clock.After(d.untilClosing()):
		}
	}
}

// untilClosing looks again at least every hour: the clock of a machine that slept, or was set, is not to be trusted further.
func (d *Desk) untilClosing() time.Duration {
	wait := time.Hour
	if next := d.o.Hours.NextClose(d.now()); !next.IsZero() {
		wait = min(wait, next.Sub(d.now()))
	}
	return max(wait, time.Millisecond)
}
