package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrState says that a step is not possible from where a thing stands.
var ErrState = errors.New("not possible now")

// Advance takes an emergency a step further: acknowledged, called back, resolved, cancelled. A step that was taken already changes nothing; one
// back, or from an end, is ErrState.
func (d *Desk) Advance(ctx context.Context, id int64, to EmergencyState, actor, why string) (v EmergencyView, err error) {
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		e, ok, err := tx.Emergency(id)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("emergency", EmergencyNumber(id))
		}
		if e.State != to {
			if err := d.advanceEmergency(tx, &e, to, actor, why); err != nil {
				return err
			}
		}
		v, err = viewEmergency(tx, e)
		return err
	})
	d.wakeAll()
	return v, err
}

// hasRung: whoever takes over has heard the alarm, whatever the channels say.
func (d *Desk) hasRung(e *Emergency) {
	if e.Alarm != AlarmAccepted {
		e.Alarm, e.AlarmedAt = AlarmAccepted, d.now()
	}
}

func (d *Desk) advanceEmergency(tx Tx, e *Emergency, to EmergencyState, actor, why string) error {
	if !e.State.mayBecome(to) {
		return fmt.Errorf("%s is %s and cannot become %s: %w", e.Number(), e.State, to, ErrState)
	}
	before := e.State
	now := d.now()
	e.State = to
	if to != Acknowledged {
		e.NextTry = time.Time{}
	}
	switch to {
	case Acknowledged:
		e.AcknowledgedAt = now
		d.hasRung(e)
	case CalledBack:
		e.CalledAt = now
		d.hasRung(e)
	case Resolved, Cancelled:
		e.EndedAt = now
	}
	if err := d.happened(tx, e.ID, actor, string(to), cmp.Or(oneLine(why), "was "+string(before))); err != nil {
		return err
	}
	if err := d.standDown(tx, *e, to); err != nil {
		return err
	}
	return d.changed(tx, e)
}
