package ticket

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/templates"
)

// The alarm goes through the outbox like any mail: to one channel after the other, until one of them has confirmed it.

// Reasons of alarms, which are the events of pages.
const (
	PageTriggered    = "triggered"
	PageReminder     = "reminder"
	PageOverdue      = "overdue"
	PageAcknowledged = "acknowledged" // for services that stop ringing then
	PageResolved     = "resolved"
	PageCancelled    = "cancelled"
	PageTest         = "test"
)

// soundAlarm enters the alarm of the first channel; the others follow when it does not confirm (tend).
func (d *Desk) soundAlarm(tx Tx, e *Emergency) error {
	if e.External {
		e.Alarm, e.AlarmedAt = AlarmAccepted, d.now()
		return d.happened(tx, e.ID, "notfalld", "alarm", "sounded by whoever triggered it (external)")
	}
	e.Alarm = AlarmPending
	if len(d.o.Alarm.Channels) == 0 {
		return d.alarmFailed(tx, e, "no alarm channel is configured")
	}
	return d.page(tx, *e, d.o.Alarm.Channels[0], PageTriggered, fmt.Sprintf("%d", d.now().UnixMilli()))
}

// soundAgain: no channel has taken the alarm, and the customer asks once more. Now all of them ring at once; any may work by now.
func (d *Desk) soundAgain(tx Tx, e *Emergency) error {
	if e.External || e.Alarm != AlarmFailed {
		return nil
	}
	if len(d.o.Alarm.Channels) == 0 {
		return d.alarmFailed(tx, e, "no alarm channel is configured")
	}
	e.Alarm = AlarmPending
	for _, c := range d.o.Alarm.Channels {
		if err := d.page(tx, *e, c, PageTriggered, fmt.Sprintf("again:%d", d.now().UnixMilli())); err != nil {
			return err
		}
	}
	return nil
}

// page enters one alarm over one channel; once makes it one of its kind.
func (d *Desk) page(tx Tx, e Emergency, c Channel, event, once string) error {
	o := Out{
		Kind: OutPage, State: OutWaiting, EmergencyID: e.ID, Mailbox: d.o.Mailboxes[0].Name, Recipient: c.Name, Channel: c.Name, Reason: event,
		Language: d.o.Staff.Language, Created: d.now(), NextAt: d.now(), Key: fmt.Sprintf("page:%d:%s:%s:%s", e.ID, c.Name, event, once),
	}
	if c.Type == "mail" {
		o.Kind, o.Recipient = OutAlarm, strings.ToLower(c.Address)
	}
	added, err := tx.AddOut(&o)
	if err != nil || !added {
		return err
	}
	return d.happened(tx, e.ID, "notfalld", "alarm", fmt.Sprintf("%s over %s", event, c.Name))
}

func (d *Desk) channel(name string) (Channel, bool) {
	i := slices.IndexFunc(d.o.Alarm.Channels, func(c Channel) bool { return c.Name == name })
	if i < 0 {
		return Channel{}, false
	}
	return d.o.Alarm.Channels[i], true
}

// choosePage writes an alarm with what is true now. What has ended or is in somebody's hands needs no bell any more.
func (d *Desk) choosePage(tx Tx, o *Out) (ok bool, err error) {
	c, ok := d.channel(o.Channel)
	if !ok {
		return false, unwritableError{fmt.Errorf("there is no alarm channel %q any more", o.Channel)}
	}
	e, err := d.emergencyOfOut(tx, o)
	if err != nil {
		return false, err
	}
	if d.silenced(e, o.Reason) {
		return false, nil
	}
	if o.Kind == OutPage {
		p, err := d.pageData(tx, e, o)
		if err != nil {
			return false, err
		}
		if o.Bytes, err = pageBody(c, p); err != nil {
			return false, unwritableError{err}
		}
		o.MessageID = d.pageID(o)
		return true, nil
	}
	return true, d.chooseAlarmMail(tx, o, e)
}

// rings says whether an alarm is one that wakes somebody.
func rings(event string) bool {
	return event == PageTriggered || event == PageReminder || event == PageOverdue
}

// silenced says whether an alarm would ring for what has ended or is in somebody's hands. That the call is overdue concerns whoever has taken over, too,
// unless the next call is still ahead.
func (d *Desk) silenced(e Emergency, event string) bool {
	return rings(event) && e.State != Triggered && (e.State != Acknowledged || event != PageOverdue || d.now().Before(e.NextTry))
}

// silence withdraws an alarm whose first attempt may have got through, if nobody needs it any more. Sent once more behind what stood it down, it would
// ring for good: a service that was told of the end takes it for another alarm.
func (d *Desk) silence(tx Tx, o *Out) (ok bool, err error) {
	e, err := d.emergencyOfOut(tx, o)
	if gone := (unwritableError{}); errors.As(err, &gone) {
		return true, nil
	}
	if err != nil || !d.silenced(e, o.Reason) {
		return err == nil, err
	}
	o.State = OutWithdrawn
	return false, tx.PutOut(*o)
}

func (d *Desk) emergencyOfOut(tx Tx, o *Out) (Emergency, error) {
	e, ok, err := tx.Emergency(o.EmergencyID)
	if err == nil && !ok {
		err = unwritableError{notFound("emergency", EmergencyNumber(o.EmergencyID))}
	}
	return e, err
}

func (d *Desk) pageData(tx Tx, e Emergency, o *Out) (PageData, error) {
	tickets, err := ticketsOf(tx, e.ID)
	return PageData{
		Event: o.Reason, Number: e.Number(), State: string(e.State), Alarm: string(e.Alarm), Name: e.Name, CustomerNumber: e.CustomerNumber,
		Phone: cmp.Or(e.Phone, e.PhoneGiven), Email: e.Email, Problem: e.Problem, Servers: e.Servers, TriggeredAt: e.TriggeredAt.In(d.o.Hours.Location), CallbackBy: e.CallbackBy.In(d.o.Hours.Location),
		Minutes: d.minutesSince(e.TriggeredAt), Summary: d.alarmWords(e, o).Subject, Tickets: tickets, At: d.now().In(d.o.Hours.Location),
	}, err
}

func (d *Desk) minutesSince(t time.Time) int { return int(d.now().Sub(t) / time.Minute) }

func (d *Desk) alarmWords(e Emergency, o *Out) templates.Rendered {
	r, err := d.o.Templates.Alarm(templates.AlarmMail{
		Language: o.Language, Number: e.Number(), Name: e.Name, CustomerNumber: e.CustomerNumber, Phone: cmp.Or(e.Phone, e.PhoneGiven), Problem: e.Problem,
		Servers: e.Servers, CallbackBy: e.CallbackBy.In(d.o.Hours.Location), Minutes: d.minutesSince(e.TriggeredAt), Kind: o.Reason,
	})
	if err != nil { // words of an admin that fail must not keep a technician asleep
		d.o.Log.Error("the words of an alarm could not be rendered", "emergency", e.Number(), "error", err)
		r = templates.Rendered{Subject: "NOTFALL " + e.Number() + " " + o.Reason, Text: "NOTFALL " + e.Number() + " " + o.Reason + " " + cmp.Or(e.Phone, e.PhoneGiven) + "\n"}
	}
	return r
}

func (d *Desk) chooseAlarmMail(tx Tx, o *Out, e Emergency) error {
	out, err := d.envelope(tx, o, d.mailbox(o.Mailbox))
	if err != nil {
		return err
	}
	r := d.alarmWords(e, o)
	out.Subject, out.Text = r.Subject, r.Text
	out.Headers = append(out.Headers, priorityFields(priorityHigh)...)
	return seal(o, out)
}

// alarmDelivered is called once a channel has taken an alarm.
func (d *Desk) alarmDelivered(tx Tx, o *Out) error {
	e, err := d.emergencyOfOut(tx, o)
	if gone := (unwritableError{}); errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.happened(tx, e.ID, "notfalld", "alarm", fmt.Sprintf("%s was taken by %s", o.Reason, o.Channel)); err != nil {
		return err
	}
	if !rings(o.Reason) || e.Alarm == AlarmAccepted || !e.Open() {
		return nil
	}
	if e.Alarm == AlarmFailed { // staff were told that nobody is alarmed
		if err := d.tellStaffOfAlarm(tx, e, o.Channel+" has taken the alarm after all", fmt.Sprintf("taken:%d", o.ID)); err != nil {
			return err
		}
	}
	e.Alarm, e.AlarmedAt = AlarmAccepted, d.now()
	if err := d.outcomeKnown(tx, e); err != nil {
		return err
	}
	return d.changed(tx, &e)
}

// outcomeKnown makes the mails due that were put off until the outcome of the alarm is known.
func (d *Desk) outcomeKnown(tx Tx, e Emergency) error {
	os, err := tx.Outs(OutQuery{Emergency: e.ID, Kinds: []OutKind{OutConfirmation, OutNotice}, States: []OutState{OutWaiting}})
	if err != nil {
		return err
	}
	for _, o := range os {
		if o.NextAt.After(d.now()) && o.NextAt.Sub(d.now()) <= askAlarmAgain && o.Attempts == 0 {
			o.NextAt = d.now()
			if err := tx.PutOut(o); err != nil {
				return err
			}
		}
	}
	return nil
}

// alarmRefused is called when a channel does not take an alarm: at once the next one is tried.
func (d *Desk) alarmRefused(tx Tx, o *Out, why string) error {
	e, err := d.emergencyOfOut(tx, o)
	if gone := (unwritableError{}); errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := d.happened(tx, e.ID, "notfalld", "alarm", fmt.Sprintf("%s was NOT taken by %s: %s", o.Reason, o.Channel, why)); err != nil {
		return err
	}
	if err := d.cameBack(tx, &e, o); err != nil {
		return err
	}
	refusal := fmt.Sprintf("%s: %s", o.Channel, why)
	told, err := d.escalate(tx, &e, refusal)
	if err != nil || told {
		return err
	}
	return d.tellStaffOfAlarm(tx, e, refusal, fmt.Sprintf("out%d", o.ID))
}

// cameBack: a mail that alarms was accepted and then bounced. Where nothing else has got through, nobody is alarmed.
func (d *Desk) cameBack(tx Tx, e *Emergency, o *Out) error {
	if e.External || e.Alarm != AlarmAccepted || e.State != Triggered || !rings(o.Reason) {
		return nil
	}
	others, err := tx.Outs(OutQuery{Emergency: e.ID, Kinds: []OutKind{OutAlarm, OutPage}, States: []OutState{OutSent}})
	if err != nil || slices.ContainsFunc(others, func(k Out) bool { return k.ID != o.ID && rings(k.Reason) }) {
		return err
	}
	e.Alarm, e.AlarmedAt = AlarmPending, time.Time{}
	return d.changed(tx, e)
}

// escalate goes on to the next channel when the one before has failed or has not confirmed for Options.Alarm.EscalateAfter. When the last has
// not either, the alarm has failed: all of them go on being tried, and reminders will. refusal is what a channel has just said, or "". told says whether
// staff have been told of it.
func (d *Desk) escalate(tx Tx, e *Emergency, refusal string) (told bool, err error) {
	if e.External || e.Alarm != AlarmPending || e.State != Triggered {
		return false, nil
	}
	os, err := d.rung(tx, e.ID)
	if err != nil {
		return false, err
	}
	unknown := false
	for i, c := range d.o.Alarm.Channels {
		o, ok := os[c.Name]
		if !ok {
			if err := d.page(tx, *e, c, PageTriggered, "escalated"); err != nil || i == 0 {
				return false, err
			}
			detail := fmt.Sprintf("%s has not confirmed; now %s", d.o.Alarm.Channels[i-1].Name, c.Name)
			if refusal != "" {
				detail = refusal + "; now " + c.Name
			}
			return true, d.tellStaffOfAlarm(tx, *e, detail, "to:"+c.Name)
		}
		if o.State != OutFailed && d.now().Before(o.Created.Add(d.o.Alarm.EscalateAfter)) {
			return false, nil // it has its time
		}
		unknown = unknown || o.State == OutFrozen
	}
	if unknown {
		return false, nil // perhaps somebody is awake: it is not confirmed, and that is what the customer is told after PendingLong
	}
	return true, d.alarmFailed(tx, e, cmp.Or(refusal, "no channel has confirmed it"))
}

// rung is the youngest alarm of the trigger over each channel.
func (d *Desk) rung(tx Tx, id int64) (map[string]Out, error) {
	os, err := tx.Outs(OutQuery{Emergency: id, Kinds: []OutKind{OutAlarm, OutPage}, Reasons: []string{PageTriggered}})
	last := map[string]Out{}
	for _, o := range os { // youngest first
		if _, ok := last[o.Channel]; !ok {
			last[o.Channel] = o
		}
	}
	return last, err
}

func (d *Desk) alarmFailed(tx Tx, e *Emergency, why string) error {
	e.Alarm = AlarmFailed
	d.Count.AlarmsFailed.Add(1)
	if err := d.happened(tx, e.ID, "notfalld", "alarm failed", why); err != nil {
		return err
	}
	if err := d.tellStaffOfAlarm(tx, *e, why, fmt.Sprintf("failed:%d", d.now().UnixMilli())); err != nil {
		return err
	}
	return d.changed(tx, e)
}

// standDown tells the channels that were rung what became of it: a technician who was woken may sleep on.
func (d *Desk) standDown(tx Tx, e Emergency, to EmergencyState) error {
	event, ok := map[EmergencyState]string{Acknowledged: PageAcknowledged, CalledBack: PageAcknowledged, Resolved: PageResolved, Cancelled: PageCancelled}[to]
	if !ok {
		return nil
	}
	os, err := tx.Outs(OutQuery{Emergency: e.ID, Kinds: []OutKind{OutAlarm, OutPage}, States: []OutState{OutFrozen, OutSent}})
	if err != nil {
		return err
	}
	for _, c := range d.o.Alarm.Channels {
		rang := slices.ContainsFunc(os, func(o Out) bool { return o.Channel == c.Name })
		if !rang || event == PageAcknowledged && c.Type == "mail" {
			continue // nobody needs an SMS about what he has just done himself
		}
		if err := d.page(tx, e, c, event, ""); err != nil {
			return err
		}
	}
	return nil
}
