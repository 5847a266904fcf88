package ticket

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is how one attempt to deliver ended.
type Result string

// The results of an attempt.
const (
	Accepted  Result = "sent"
	Temporary Result = "temporary" // certainly not accepted; may be tried again
	Permanent Result = "permanent" // certainly not accepted; trying again is useless
	Unclear   Result = "unknown"   // the connection ended after the data and before the reply: accepted or not, nobody knows
)

// Outcome is what the room outbox reports of an attempt.
type Outcome struct {
	Result  Result
	Code    int       // SMTP reply code, 0 if there was none
	Text    string    // what the server or the network said, one line
	RetryAt time.Time // when to try again, if it is to be tried again
}

// DueOut lists what is to be attempted now, at most limit, without bytes.
func (d *Desk) DueOut(ctx context.Context, limit int) ([]Out, error) {
	var os []Out
	err := d.o.Store.View(ctx, func(tx Tx) (err error) { os, err = tx.DueOut(d.now(), limit); return err })
	return os, err
}

// NextOut is when something is due next; ok is false when the outbox is empty.
func (d *Desk) NextOut(ctx context.Context) (at time.Time, ok bool, err error) {
	err = d.o.Store.View(ctx, func(tx Tx) (err error) { at, ok, err = tx.NextOut(); return err })
	return at, ok, err
}

// DuePages lists the pages that are to be attempted now, at most limit, without bytes.
func (d *Desk) DuePages(ctx context.Context, limit int) ([]Out, error) {
	var os []Out
	err := d.o.Store.View(ctx, func(tx Tx) (err error) { os, err = tx.DuePages(d.now(), limit); return err })
	return os, err
}

// NextPage is when a page is due next; ok is false when none waits.
func (d *Desk) NextPage(ctx context.Context) (at time.Time, ok bool, err error) {
	err = d.o.Store.View(ctx, func(tx Tx) (err error) { at, ok, err = tx.NextPage(); return err })
	return at, ok, err
}

// Freeze fixes a mail just before its delivery is attempted: in one transaction it is chosen by what is true now, rendered, and
// stored with its Message-ID. A mail that is frozen already had an attempt whose outcome is not known: it goes out
// again as it is, unless it would say what is not so any more; see again. ok is false if it is not to be sent (any more).
func (d *Desk) Freeze(ctx context.Context, id int64) (o Out, ok bool, err error) {
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		o, ok, err = tx.Out(id)
		if err != nil || !ok {
			return err
		}
		switch o.State {
		case OutFrozen:
			ok, err = d.again(tx, &o)
			return err
		case OutWaiting:
			ok, err = d.freeze(tx, &o)
			return err
		}
		ok = false
		return nil
	})
	return o, ok, err
}

// again says whether a frozen mail is to be attempted once more. An alarm that nobody needs any more is not, and neither is what a second mail has taken back:
// it must not arrive as the last word.
func (d *Desk) again(tx Tx, o *Out) (ok bool, err error) {
	q := OutQuery{Kinds: []OutKind{o.Kind}, Reasons: []string{ReasonChange}, States: []OutState{OutFrozen, OutSent}, Recipient: o.Recipient}
	switch o.Kind {
	case OutAlarm, OutPage:
		return d.silence(tx, o)
	case OutAnswer:
		q.TicketID = o.TicketID
	case OutConfirmation:
		q.Emergency = o.EmergencyID
	default:
		return true, nil
	}
	if o.Bare { // nothing in it is ever taken back
		return true, nil
	}
	os, err := tx.Outs(q)
	later := func(k Out) bool { return k.FrozenAt.After(o.FrozenAt) || k.FrozenAt.Equal(o.FrozenAt) && k.ID > o.ID }
	if err != nil || !slices.ContainsFunc(os, later) {
		return err == nil, err
	}
	o.State = OutWithdrawn
	return false, tx.PutOut(*o)
}

func (d *Desk) freeze(tx Tx, o *Out) (ok bool, err error) {
	switch o.Kind {
	case OutAnswer:
		if d.o.Observe { // entered when the mode was live: still nothing goes to customers
			ok, err = false, d.draftInstead(tx, *o)
		} else {
			ok, err = d.chooseAnswer(tx, o)
		}
	case OutRelay:
		ok, err = true, d.chooseRelay(tx, o)
	case OutNotice:
		ok, err = d.chooseNotice(tx, o)
	case OutProbe:
		ok, err = true, d.chooseProbe(tx, o)
	case OutConfirmation:
		if d.o.Observe { // entered when the mode was live
			ok = false
		} else {
			ok, err = d.chooseConfirmation(tx, o)
		}
	case OutAlarm, OutPage:
		ok, err = d.choosePage(tx, o)
	}
	var postponed postponedError
	var unwritable unwritableError
	switch {
	case errors.As(err, &postponed):
		o.NextAt = postponed.until
		return false, tx.PutOut(*o)
	case errors.As(err, &unwritable): // not trying for ever, but saying so
		o.LastError = oneLine(err.Error())
		return false, d.failed(tx, o, "it could not be written: "+o.LastError)
	case err != nil:
		return false, err
	case !ok:
		o.State = OutWithdrawn
		return false, tx.PutOut(*o)
	}
	o.State, o.FrozenAt = OutFrozen, d.now()
	return true, tx.PutOut(*o)
}

// Delivered records how an attempt ended. A certain failure unfreezes the mail: next time it is chosen anew, with
// another Message-ID. An unclear one leaves it frozen: the same bytes again. What cannot be delivered for
// Bounds.GiveUpAnswers is given up, and staff are told that this customer does not know.
func (d *Desk) Delivered(ctx context.Context, id int64, out Outcome) error {
	err := d.o.Store.Update(ctx, func(tx Tx) error {
		o, ok, err := tx.Out(id)
		// Without a connection nothing was frozen; that attempt counts too, for its day may be over.
		noConnection := o.State == OutWaiting && out.Result == Temporary
		if err != nil || !ok || o.State != OutFrozen && !noConnection {
			return err
		}
		o.Attempts++
		o.LastCode, o.LastError = out.Code, oneLine(out.Text)
		if out.Result == Accepted {
			o.LastError = ""
		}
		a := Attempt{OutID: id, At: d.now(), MessageID: o.MessageID, Outcome: string(out.Result), Code: out.Code, Text: oneLine(out.Text)}
		if err := tx.AddAttempt(a); err != nil {
			return err
		}
		return d.afterAttempt(tx, &o, out)
	})
	if err != nil {
		return fmt.Errorf("record the delivery of mail %d: %w", id, err)
	}
	d.wake()
	return nil
}

// GiveUpAfter is how long a mail that cannot be delivered is tried.
func (d *Desk) GiveUpAfter() time.Duration { return d.o.Bounds.GiveUpAnswers }

func (d *Desk) afterAttempt(tx Tx, o *Out, out Outcome) error {
	switch {
	case out.Result == Accepted:
		o.State, o.SentAt = OutSent, d.now()
		if o.Kind == OutNotice || o.Kind == OutProbe || o.Kind == OutPage || o.Kind == OutRelay {
			o.Bytes = nil // what a customer was told is kept; a notice and a relayed mail hold nothing that is not in their ticket, and a page a key
		}
		if err := tx.PutOut(*o); err != nil {
			return err
		}
		return d.accepted(tx, o)
	case out.Result == Permanent && o.Kind == OutNotice && !o.Bare:
		// What staff's server refuses is the customer's words, most likely: the same without them.
		o.State, o.Bytes, o.MessageID, o.Bare, o.NextAt = OutWaiting, nil, "", true, d.now()
	case out.Result == Permanent && o.Kind == OutPage:
		return d.failed(tx, o, "refused: "+o.LastError)
	case out.Result == Permanent:
		return d.failed(tx, o, fmt.Sprintf("the mail server refused it: %d %s", out.Code, o.LastError))
	case o.Kind != OutNotice && d.now().Sub(o.Created) > d.giveUpAfter(o.Kind): // staff must be told, however late
		return d.failed(tx, o, fmt.Sprintf("given up after %s and %d attempts; the last: %s", d.giveUpAfter(o.Kind), o.Attempts, o.LastError))
	case out.Result == Temporary:
		if err := d.stillTrying(tx, o); err != nil {
			return err
		}
		o.State, o.Bytes, o.MessageID, o.NextAt = OutWaiting, nil, "", out.RetryAt
	default:
		o.NextAt = out.RetryAt
	}
	return tx.PutOut(*o)
}

// alarmsGiveUp is how long one ringing of one channel is tried: reminders ring anew.
const alarmsGiveUp = 30 * time.Minute

func (d *Desk) giveUpAfter(k OutKind) time.Duration {
	if k == OutAlarm || k == OutPage {
		return alarmsGiveUp
	}
	return d.o.Bounds.GiveUpAnswers
}

// accepted writes down what has been delivered.
func (d *Desk) accepted(tx Tx, o *Out) error {
	switch o.Kind {
	case OutAnswer:
		return d.event(tx, o.TicketID, "answered", fmt.Sprintf("%s was told %s, Message-ID <%s>", o.Recipient, o.Row, o.MessageID))
	case OutConfirmation:
		return d.happened(tx, o.EmergencyID, "notfalld", "told", fmt.Sprintf("%s was told %s (%s), Message-ID <%s>", o.Recipient, o.Row, o.Reason, o.MessageID))
	case OutRelay:
		if err := d.relayAccepted(tx, o); err != nil {
			return err
		}
		return d.event(tx, o.TicketID, "relayed", fmt.Sprintf("%s's mail went to %s, Message-ID <%s>", o.Detail, o.Recipient, o.MessageID))
	case OutAlarm, OutPage:
		return d.alarmDelivered(tx, o)
	}
	return nil
}

// failed ends a mail that does not reach its recipient. Of an answer staff are told at once: this customer does not know.
func (d *Desk) failed(tx Tx, o *Out, why string) error {
	o.State = OutFailed
	if err := tx.PutOut(*o); err != nil {
		return err
	}
	switch {
	case o.Kind == OutProbe:
		d.plus.Store(o.Mailbox, plusFails)
		return tx.SetSetting(settingPlus(o.Mailbox), plusFails)
	case o.Kind == OutNotice:
		return d.noticeFailed(tx, o, why)
	case o.Kind == OutAlarm || o.Kind == OutPage:
		return d.alarmRefused(tx, o, why)
	case o.Kind == OutConfirmation:
		return d.confirmationFailed(tx, o, why)
	}
	d.Count.Undelivered.Add(1)
	if err := d.event(tx, o.TicketID, "undelivered", fmt.Sprintf("%s does not know: %s", o.Recipient, why)); err != nil {
		return err
	}
	if o.Kind == OutRelay {
		return d.relayFailed(tx, o, why)
	}
	return d.tellStaffOf(tx, o, ReasonUndelivered, fmt.Sprintf("%s: %s", o.Recipient, why))
}

// noticeFailed: what staff's address does not take goes to the admins, shortened; if theirs does not either, the log is what is left.
func (d *Desk) noticeFailed(tx Tx, o *Out, why string) error {
	d.o.Log.Error("a notice to staff was not delivered", "to", o.Recipient, "ticket", Number(o.TicketID), "why", why)
	for _, admin := range d.o.Admins {
		if strings.EqualFold(admin, o.Recipient) || strings.HasPrefix(o.Key, "instead:") {
			continue
		}
		to := *o
		to.ID, to.State, to.Recipient, to.Bytes, to.MessageID, to.Attempts = 0, OutWaiting, strings.ToLower(admin), nil, "", 0
		to.Key, to.Bare, to.Created, to.NextAt = fmt.Sprintf("instead:%d:%s", o.ID, admin), true, d.now(), d.now()
		if _, err := tx.AddOut(&to); err != nil {
			return err
		}
	}
	return nil
}

// stillTryingAfter: greylisting lets pass within minutes; from then on staff should know that a customer may not.
const stillTryingAfter = 10 * time.Minute

func (d *Desk) stillTrying(tx Tx, o *Out) error {
	if o.Kind != OutAnswer && o.Kind != OutRelay || !o.DelayedAt.IsZero() || d.now().Sub(o.Created) < stillTryingAfter {
		return nil
	}
	o.DelayedAt = d.now()
	return d.tellStaffOf(tx, o, ReasonDelayed, fmt.Sprintf("%s: %s", o.Recipient, o.LastError))
}

func (d *Desk) draftInstead(tx Tx, o Out) error {
	_, err := d.addDrafts(tx, o)
	return err
}

// Retry makes mails due at once; failed ones get a new chance. ids empty: all that wait. It returns how many.
func (d *Desk) Retry(ctx context.Context, ids []int64) (n int, err error) {
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		n = 0
		os, err := retryable(tx, ids)
		if err != nil {
			return err
		}
		for _, o := range os {
			o.NextAt = d.now()
			if o.State == OutFailed {
				o.State, o.Bytes, o.MessageID, o.Created, o.BouncedAt = OutWaiting, nil, "", d.now(), time.Time{}
			}
			if err := tx.PutOut(o); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	d.wake()
	return n, err
}

func retryable(tx Tx, ids []int64) ([]Out, error) {
	if len(ids) == 0 {
		ids = nil
		os, err := tx.Outs(OutQuery{States: []OutState{OutWaiting, OutFrozen, OutFailed}})
		if err != nil {
			return nil, err
		}
		for _, o := range os {
			ids = append(ids, o.ID)
		}
	}
	var os []Out
	for _, id := range ids { // Outs leaves the bytes out, and PutOut writes them
		o, ok, err := tx.Out(id)
		if err != nil {
			return nil, err
		}
		if !ok || o.State == OutSent || o.State == OutWithdrawn {
			return nil, fmt.Errorf("%w: outgoing mail %d does not wait for delivery", ErrNotFound, id)
		}
		os = append(os, o)
	}
	return os, nil
}
