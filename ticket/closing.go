package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// At closing time, whoever wrote during the day was told that support is there, and now it is not: a ticket of the day without
// emergency and without an answer of staff gets the answer that holds outside support hours, once.

// AnswerAtClosing enters the answers of the youngest closing time, if that is not longer ago than an automatic answer may be late. It may
// be called as often as one likes: each answer has its key. It returns how many it entered.
func (d *Desk) AnswerAtClosing(ctx context.Context) (n int, err error) {
	now := d.now()
	opened, closed := d.o.Hours.LastClose(now)
	if closed.IsZero() || d.o.Hours.Open(now) || now.Sub(closed) > d.o.Bounds.ReplyMaxAge {
		return 0, nil
	}
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		n = 0
		// Whoever read that support is there, whenever he wrote: an answer may have waited for a day.
		var os []Out
		for _, says := range nobodyComes {
			more, err := tx.Outs(OutQuery{Kinds: []OutKind{OutAnswer}, States: []OutState{OutFrozen, OutSent},
				Row: says + "/" + inHours, Since: opened.Add(-d.o.Bounds.GiveUpAnswers)})
			if err != nil {
				return err
			}
			os = append(os, more...)
		}
		for _, told := range os {
			if told.Bare || told.FrozenAt.Before(opened) {
				continue
			}
			added, err := d.closeOver(tx, told, opened, closed)
			if err != nil {
				return err
			}
			if added {
				n++
			}
		}
		return nil
	})
	if n > 0 {
		d.wake()
	}
	return n, err
}

// nobodyComes are the rows that say so: whoever was told one of them in support hours has to learn that support has closed.
var nobodyComes = []string{saysNotLinked, saysFinished}

func (d *Desk) closeOver(tx Tx, told Out, opened, closed time.Time) (added bool, err error) {
	t, m, err := d.subjectOf(tx, &told)
	if gone := (unwritableError{}); errors.As(err, &gone) {
		return false, nil // one ticket that is no longer there keeps nobody else from being told
	}
	if err != nil || t.State == Closed || t.State == Waiting || !t.LastStaffAt.Before(opened) {
		return false, err
	}
	// Whoever may not know of the ticket's emergency is told what everybody else is told: anything less would tell him of it.
	if now, err := d.standingOf(tx, t, m, told.Recipient); err != nil || !slices.Contains(nobodyComes, now.says) {
		return false, err
	}
	v := verdict{send: true, to: told.Recipient, unknown: told.Unknown}
	key := fmt.Sprintf("closing:%d:%s:%s", t.ID, told.Recipient, closed.Format(time.DateOnly))
	if added, err = d.addAnswer(tx, t, m, v, told.Language, ReasonClosing, key); err != nil || !added {
		return false, err
	}
	return true, d.event(tx, t.ID, "answer", "support has closed: the answer for outside support hours "+d.goes()+" to "+told.Recipient)
}

// isStale: between entering and sending, another answer may have said the same; and of an answer of closing time, support may have
// opened again, or staff may have answered.
func (d *Desk) isStale(tx Tx, t Ticket, o *Out, now standing) (bool, error) {
	if o.Reason == ReasonClosing &&
		(!slices.Contains(nobodyComes, now.says) || !strings.HasSuffix(o.Row, "/"+outside) || t.State == Closed || t.LastStaffAt.After(t.LastCustomerAt)) {
		return true, nil
	}
	if o.Reason == ReasonChange {
		told, ok, err := toldBefore(tx, o)
		return !ok || !needsMail(told, now), err
	}
	os, err := tx.Outs(OutQuery{TicketID: t.ID, Kinds: []OutKind{OutAnswer}, States: []OutState{OutFrozen, OutSent}})
	if err != nil {
		return false, err
	}
	since := d.now().Add(-d.o.Bounds.AgainAfter)
	for _, k := range os {
		if k.ID != o.ID && k.Recipient == o.Recipient && k.Row == o.Row && k.EmergencyID == o.EmergencyID && k.Bare == o.Bare && k.FrozenAt.After(since) && !k.FrozenAt.After(d.now()) {
			return true, nil
		}
	}
	return false, nil
}

// RunClosing waits for each closing time until ctx ends. It looks at once too: the daemon may have been down at closing time.
func (d *Desk) RunClosing(ctx context.Context) error {
	for {
		if _, err := d.AnswerAtClosing(ctx); err != nil && ctx.Err() == nil {
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
