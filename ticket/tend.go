package ticket

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Time alone changes where an emergency stands: a channel does not confirm, nobody takes over, the call back is overdue.

// tendedFor is how long an emergency is looked after that nobody brings to an end: all its marks have long passed then. Who pages by himself may never
// tell us what became of it.
const tendedFor = 48 * time.Hour

// TendEmergencies does what is due for open emergencies: the next channel, a reminder, a correction. It may be called as often as one likes. next
// is when something will be due again; zero if nothing will.
func (d *Desk) TendEmergencies(ctx context.Context) (next time.Time, err error) {
	var es []Emergency
	waiting := EmergencyQuery{States: []EmergencyState{Triggered, Acknowledged}, Since: d.now().Add(-tendedFor)}
	if err := d.o.Store.View(ctx, func(tx Tx) (err error) { es, err = tx.Emergencies(waiting); return err }); err != nil {
		return next, err
	}
	defer d.count(es)
	at, looked := d.now(), map[int64]time.Time{}
	defer func() { d.looked.keep(looked) }()
	due := func(t time.Time) {
		if t.After(d.now()) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	var failures error
	for _, e := range es {
		if d.isDue(e) {
			oops := d.o.Store.Update(ctx, func(tx Tx) error {
				fresh, ok, err := tx.Emergency(e.ID)
				if err != nil || !ok {
					return err
				}
				e = fresh
				return d.tend(tx, &e)
			})
			if oops != nil { // one that cannot be looked after keeps no other from it
				failures = errors.Join(failures, fmt.Errorf("%s: %w", e.Number(), oops))
				continue
			}
			d.wake()
		}
		looked[e.ID] = at
		for _, t := range d.marksOf(e) {
			due(t)
		}
	}
	return next, failures
}

// count remembers how emergencies stand, for whoever watches over us.
func (d *Desk) count(es []Emergency) {
	var overdue, unalarmed int64
	for _, e := range es {
		if d.emergencyRow(e) == saysOverdue {
			overdue++
		}
		if e.Alarm != AlarmAccepted {
			unalarmed++
		}
	}
	d.Tended.Waiting.Store(int64(len(es)))
	d.Tended.Overdue.Store(overdue)
	d.Tended.Unalarmed.Store(unalarmed)
}

// marksOf are the instants at which something may be due for an emergency.
func (d *Desk) marksOf(e Emergency) []time.Time {
	marks := []time.Time{e.CallbackBy}
	if !e.NextTry.IsZero() {
		marks = append(marks, e.NextTry)
	}
	if e.State == Triggered {
		for _, m := range d.o.Alarm.Reminders {
			marks = append(marks, e.TriggeredAt.Add(m))
		}
	}
	if e.Alarm == AlarmPending {
		marks = append(marks, e.Created.Add(PendingLong))
		for i := range d.o.Alarm.Channels {
			marks = append(marks, e.Updated.Add(time.Duration(i+1)*d.o.Alarm.EscalateAfter))
		}
	}
	return marks
}

// looks are the instants at which emergencies were looked after. They are forgotten with the process: after a start each gets one look.
type looks struct {
	mu sync.Mutex
	at map[int64]time.Time
}

func (l *looks) last(id int64) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.at[id]
}

func (l *looks) keep(at map[int64]time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = at
}

// isDue says whether an emergency needs a look: without it every tick would write every emergency.
func (d *Desk) isDue(e Emergency) bool {
	last := d.looked.last(e.ID)
	if e.Alarm == AlarmPending || e.Stage != d.emergencyRow(e) {
		return true
	}
	for _, t := range d.marksOf(e) {
		if !t.After(d.now()) && t.After(last) {
			return true
		}
	}
	return false
}

func (d *Desk) tend(tx Tx, e *Emergency) error {
	if !e.Open() {
		return nil
	}
	if _, err := d.escalate(tx, e, ""); err != nil {
		return err
	}
	if err := d.remind(tx, e); err != nil {
		return err
	}
	if e.Stage == d.emergencyRow(*e) {
		return nil
	}
	if err := d.alarmAgain(tx, *e); err != nil {
		return err
	}
	return d.changed(tx, e)
}

// remind sends the youngest reminder that is due: after an outage nobody needs all of them.
func (d *Desk) remind(tx Tx, e *Emergency) error {
	if e.State != Triggered {
		return nil
	}
	mark := time.Duration(0)
	for _, m := range d.o.Alarm.Reminders {
		if !d.now().Before(e.TriggeredAt.Add(m)) {
			mark = m
		}
	}
	if mark == 0 {
		return nil
	}
	event := PageReminder
	if d.isOverdue(*e) {
		event = PageOverdue
	}
	return d.ring(tx, *e, event, mark.String())
}

// ring tells staff, and rings every channel, once for each mark.
func (d *Desk) ring(tx Tx, e Emergency, event, mark string) error {
	o := Out{EmergencyID: e.ID, Mailbox: d.o.Mailboxes[0].Name, Reason: ReasonReminder, Detail: event}
	if err := d.addNotices(tx, o, fmt.Sprintf("notice:%s:ne%d:%s", ReasonReminder, e.ID, mark)); err != nil {
		return err
	}
	for _, c := range d.o.Alarm.Channels {
		if err := d.page(tx, e, c, event, mark); err != nil {
			return err
		}
	}
	return nil
}

// alarmAgain alarms staff when the customer is to be told that something went wrong.
func (d *Desk) alarmAgain(tx Tx, e Emergency) error {
	switch d.emergencyRow(e) {
	case saysLate:
		return d.tellStaffOfAlarm(tx, e, fmt.Sprintf("the alarm is not confirmed after %s", PendingLong), "late")
	case saysOverdue:
		if e.State == Acknowledged { // else the last reminder has said so
			mark := "acknowledged"
			if !e.NextTry.IsZero() { // each further call that was announced and not made rings once
				mark += fmt.Sprintf(":%d", e.NextTry.Unix())
			}
			return d.ring(tx, e, PageOverdue, mark)
		}
	}
	return nil
}

// tellStaffOfAlarm tells staff that an alarm has gone wrong.
func (d *Desk) tellStaffOfAlarm(tx Tx, e Emergency, detail, once string) error {
	o := Out{EmergencyID: e.ID, Mailbox: d.o.Mailboxes[0].Name, Reason: ReasonAlarm, Detail: detail}
	return d.addNotices(tx, o, fmt.Sprintf("notice:%s:ne%d:%s", ReasonAlarm, e.ID, once))
}

// RunEmergencies tends emergencies until ctx ends.
func (d *Desk) RunEmergencies(ctx context.Context) error {
	for {
		wait := time.Minute // the clock of a machine that slept, or was set, is not to be trusted further; and other processes trigger, too
		next, err := d.TendEmergencies(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			d.o.Log.Error("emergencies could not be looked after; trying again in a moment", "error", err)
			wait = 5 * time.Second
		case !next.IsZero():
			wait = max(min(wait, next.Sub(d.now())), time.Millisecond)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.tick:
		case <-d.o.Clock.After(min(wait, lookAgain)):
		}
	}
}

// lookAgain bounds how long an emergency that another process has triggered waits.
const lookAgain = 5 * time.Second
