package ticket

import (
	"cmp"
	"context"
	"fmt"
	"time"
)

// Trigger is an emergency as it comes in. Nothing in it keeps the alarm from being sounded: what cannot be used is named as incomplete.
type Trigger struct {
	Way            Way
	Name           string
	CustomerNumber string
	Email          string
	Phone          string // as people write it
	Problem        string
	Servers        []string
	TriggeredAt    time.Time // zero, in the future, or longer ago than a day: now
	Key            string    // triggers of the same key are one emergency; "" for none
	Language       string    // "de", "en" or ""
	Alarm          string    // AlarmExternal, AlarmChannels, or "" as Options.Alarm has it for this way
	Consent        Consent
	Raw            string // the form mail, as text
	Actor          string // who the history names: "api", "form", "cli:root"
}

// Trigger makes an emergency and sounds the alarm, in one transaction. created is false if it had been triggered already: by its key,
// or by the same customer number and phone within 15 minutes. What the repetition adds is kept.
func (d *Desk) Trigger(ctx context.Context, t Trigger) (v EmergencyView, created bool, err error) {
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		var e Emergency
		if e, created, err = d.trigger(tx, t); err != nil {
			return err
		}
		v, err = viewEmergency(tx, e)
		return err
	})
	if err != nil {
		return v, false, fmt.Errorf("trigger an emergency: %w", err)
	}
	if created {
		d.Count.Emergencies.Add(1)
	}
	d.wakeAll()
	return v, created, nil
}

func (d *Desk) trigger(tx Tx, t Trigger) (e Emergency, created bool, err error) {
	e = d.emergencyOf(t)
	first, ok, err := d.triggeredBefore(tx, &e)
	if err != nil {
		return e, false, err
	}
	if ok {
		err = d.triggeredAgain(tx, &first, e, t)
		return first, false, err
	}
	if err := tx.AddEmergency(&e); err != nil {
		return e, false, err
	}
	if err := d.happened(tx, e.ID, cmp.Or(t.Actor, string(t.Way)), "triggered", whyTriggered(e)); err != nil {
		return e, false, err
	}
	if err := d.soundAlarm(tx, &e); err != nil {
		return e, false, err
	}
	e.Stage = d.emergencyRow(e)
	if err := tx.PutEmergency(e); err != nil { // before the tickets that find it ask how it stands
		return e, false, err
	}
	if err := d.tellOfTrigger(tx, e); err != nil {
		return e, false, err
	}
	return e, true, d.findTickets(tx, e)
}

// triggerByMail makes the emergency of a proven form mail.
func (d *Desk) triggerByMail(tx Tx, e *Entry, u understood) error {
	f := u.facts.Form
	key := fmt.Sprintf("mail:%x", e.ContentHash)
	if u.mail.Date.IsZero() { // the same words may come again, a month later; copies are known by then
		key += fmt.Sprintf(" %s %d", u.mail.MessageID, e.Arrived.UnixMilli())
	}
	at := f.TriggeredAt
	if at.IsZero() { // it may have lain here while we were down: the call is due by when it was triggered
		at = e.Arrived
	}
	n, _, err := d.trigger(tx, Trigger{
		Way: WayMail, Name: f.Name, CustomerNumber: f.CustomerNumber, Email: f.Email, Phone: f.Phone, Problem: f.Problem, Servers: f.Servers,
		TriggeredAt: at, Key: key, Language: cmp.Or(f.Language, u.facts.Language), Alarm: f.Alarm, Raw: f.Text,
		Actor: "form " + f.Rule,
	})
	if err != nil {
		return err
	}
	if err := d.happened(tx, n.ID, "notfalld", "form mail", fmt.Sprintf("rule %s: %s", f.Rule, f.Why)); err != nil {
		return err
	}
	return d.conclude(tx, e, EntryForm, 0, nil)
}

func whyTriggered(e Emergency) string {
	why := fmt.Sprintf("by %s, customer %s, phone %s", cmp.Or(e.Name, "somebody"), cmp.Or(e.CustomerNumber, "unknown"), cmp.Or(e.Phone, "unknown"))
	if e.Phone == "" && e.PhoneGiven != "" {
		why = fmt.Sprintf("by %s, customer %s, no usable phone (%q)", cmp.Or(e.Name, "somebody"), cmp.Or(e.CustomerNumber, "unknown"), e.PhoneGiven)
	}
	return why + agreedWords(e.Consent)
}

// agreedWords names what was agreed to at the form, behind other words.
func agreedWords(c Consent) string {
	if c.Hash == "" {
		return ""
	}
	return fmt.Sprintf("; agreed to pay %s at %s from %s, text %s", c.Price, c.At.UTC().Format(time.RFC3339), c.Address, c.Hash[:min(12, len(c.Hash))])
}

// happened writes a line into an emergency's history.
func (d *Desk) happened(tx Tx, id int64, actor, what, why string) error {
	return tx.AddEmergencyEvent(id, Event{At: d.now(), Actor: actor, Rules: d.RulesHash(), What: what, Why: why})
}
