package ticket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"notfalld/rules"
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
	Mailbox        string // "": the first
}

// sameTrigger is how long a second press of the button, from the same customer and phone, is the same emergency.
const sameTrigger = 15 * time.Minute

// oldestTrigger is how long ago a trigger may have been: what is older was told by a clock that has stopped, or says less than when it reached us.
const oldestTrigger = 24 * time.Hour

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
	if first, ok, err := d.triggeredBefore(tx, &e); err != nil || ok {
		if err != nil {
			return e, false, err
		}
		return first, false, d.triggeredAgain(tx, &first, e, t)
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

// emergencyOf is what can be used of a trigger.
func (d *Desk) emergencyOf(t Trigger) Emergency {
	now := d.now()
	e := Emergency{
		State: Triggered, Way: t.Way, Name: tidy(t.Name, 200), CustomerNumber: customerNumber(t.CustomerNumber), Email: emailOf(t.Email),
		PhoneGiven: tidy(t.Phone, 100), Problem: tidyText(t.Problem), Servers: serversOf(t.Servers), Language: t.Language,
		TriggeredAt: t.TriggeredAt.Truncate(time.Millisecond), Created: now, Updated: now, Key: t.Key, Consent: t.Consent, Raw: t.Raw,
	}
	if phone, fault := rules.ReadPhone(e.PhoneGiven, ""); fault == "" {
		e.Phone = phone
	}
	if e.TriggeredAt.After(now) || now.Sub(e.TriggeredAt) > oldestTrigger { // a clock that is wrong must not promise a later call, nor say that it is overdue
		e.TriggeredAt = now
	}
	e.CallbackBy = e.TriggeredAt.Add(d.o.Service.Callback)
	e.External = t.Alarm == AlarmExternal || t.Alarm == "" && t.Way != WayForm && d.o.Alarm.API != AlarmChannels
	e.Incomplete = incomplete(e)
	return e
}

func incomplete(e Emergency) []string {
	missing := []string{}
	for _, f := range []struct{ name, value string }{{"name", e.Name}, {"customer_number", e.CustomerNumber}, {"email", e.Email}, {"phone", e.Phone}} {
		if f.value == "" {
			missing = append(missing, f.name)
		}
	}
	return missing
}

// tidy makes a field one line of at most so many characters.
func tidy(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(strings.Map(printable, s)), " "))
	return string(r[:min(len(r), most)])
}

// mostProblem bounds what a technician has to read.
const mostProblem = 30_000

// tidyText keeps the lines.
func tidyText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return printable(r)
	}, s)
	r := []rune(strings.TrimSpace(s))
	return string(r[:min(len(r), mostProblem)])
}

// customerNumber is a customer number without blanks, "" if it cannot be one.
func customerNumber(s string) string {
	s = strings.Join(strings.Fields(s), "")
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-./_", r)) {
			return ""
		}
	}
	if len(s) > 40 || !strings.ContainsAny(s, "0123456789") {
		return ""
	}
	return s
}

// emailOf is an address in lower case, "" if it cannot be one.
func emailOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || !plausible(s) {
		return ""
	}
	return s
}

// mostServers bounds what is kept of a list.
const mostServers = 50

func serversOf(names []string) []string {
	list := []string{}
	for _, n := range names {
		for _, s := range strings.FieldsFunc(n, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
			s = strings.TrimSuffix(strings.ToLower(tidy(s, 253)), ".")
			if s != "" && !slices.Contains(list, s) && len(list) < mostServers {
				list = append(list, s)
			}
		}
	}
	return list
}

// triggeredBefore finds the emergency that a trigger repeats. A key that a program uses for all its customers must swallow nobody's alarm: where
// it comes with somebody else's data, e gets a key of its own.
func (d *Desk) triggeredBefore(tx Tx, e *Emergency) (first Emergency, ok bool, err error) {
	if e.Key != "" {
		if first, ok, err = emergencyByKey(tx, e.Key); err == nil && ok && somebodyElse(first, *e) {
			e.Key += " " + e.CustomerNumber + " " + e.Phone
			first, ok, err = emergencyByKey(tx, e.Key)
		}
		if err != nil || ok {
			return first, ok, err
		}
	}
	if e.CustomerNumber == "" || e.Phone == "" {
		return first, false, nil
	}
	return tx.RecentEmergency(e.CustomerNumber, e.Phone, d.now().Add(-sameTrigger))
}

// somebodyElse says whether two triggers are surely not one: of what both tell, nothing is the same, and it is more than one slip that was mended.
func somebodyElse(a, b Emergency) bool {
	differ := 0
	for _, v := range [][2]string{{a.CustomerNumber, b.CustomerNumber}, {a.Phone, b.Phone}, {a.Email, b.Email}} {
		switch {
		case v[0] == "" || v[1] == "":
		case v[0] == v[1]:
			return false
		default:
			differ++
		}
	}
	return differ > 1
}

func emergencyByKey(tx Tx, key string) (e Emergency, ok bool, err error) {
	if e, ok, err = tx.EmergencyByKey(key); err != nil || ok {
		return e, ok, err
	}
	return emergencyBySecondKey(tx, key)
}

// settingSecondKey holds the number of the emergency that a key was found to mean, though another had made it.
func settingSecondKey(key string) string { return "trigger-key:" + key }

// emergencyBySecondKey: a repetition by customer and phone had a key of its own, and that may be repeated long after the 15 minutes.
func emergencyBySecondKey(tx Tx, key string) (e Emergency, ok bool, err error) {
	number, ok, err := tx.Setting(settingSecondKey(key))
	if err != nil || !ok {
		return e, false, err
	}
	id, ok := ParseEmergencyNumber(number)
	if !ok {
		return e, false, nil
	}
	return tx.Emergency(id)
}

// triggeredAgain notes a repetition, and takes from it what the first trigger lacked.
func (d *Desk) triggeredAgain(tx Tx, e *Emergency, more Emergency, t Trigger) error {
	before := *e
	if more.Key != "" && more.Key != e.Key {
		if err := tx.SetSetting(settingSecondKey(more.Key), e.Number()); err != nil {
			return err
		}
	}
	e.Name, e.CustomerNumber = cmp.Or(e.Name, more.Name), cmp.Or(e.CustomerNumber, more.CustomerNumber)
	e.Email, e.Phone = cmp.Or(e.Email, more.Email), cmp.Or(e.Phone, more.Phone)
	e.PhoneGiven, e.Problem = cmp.Or(e.PhoneGiven, more.PhoneGiven), cmp.Or(e.Problem, more.Problem)
	e.Servers = serversOf(append(slices.Clone(e.Servers), more.Servers...))
	e.Incomplete = incomplete(*e)
	why := "the same trigger once more: one emergency, one fee"
	if more.Problem != "" && more.Problem != e.Problem {
		why += "; this time the problem is: " + oneLine(more.Problem)
	}
	if t.Way == WayForm && e.Key == more.Key && e.Open() {
		mended, err := d.mendPhone(tx, e, more)
		if err != nil {
			return err
		}
		why += mended
	}
	agreed, err := d.agreedLater(tx, e, more)
	if err != nil {
		return err
	}
	why += agreed
	if !e.Open() { // its key came again after it had ended: nothing is to be changed or sounded
		return d.happened(tx, e.ID, cmp.Or(t.Actor, string(t.Way)), "triggered again", why+"; it has ended already")
	}
	if err := d.happened(tx, e.ID, cmp.Or(t.Actor, string(t.Way)), "triggered again", why); err != nil {
		return err
	}
	if err := d.soundAgain(tx, e); err != nil {
		return err
	}
	if e.Email == before.Email && e.CustomerNumber == before.CustomerNumber && e.Phone == before.Phone && slices.Equal(e.Servers, before.Servers) {
		return d.changed(tx, e)
	}
	if err := d.changed(tx, e); err != nil {
		return err
	}
	return d.findTickets(tx, *e)
}

// agreedLater: who triggers first by another way agrees to nothing; whoever does so at our form, under the same address, has it confirmed.
func (d *Desk) agreedLater(tx Tx, e *Emergency, more Emergency) (why string, err error) {
	if !e.Open() || e.Consent.Hash != "" || more.Consent.Hash == "" || e.Email == "" || e.Email != more.Email {
		return "", nil
	}
	e.Consent = more.Consent
	return agreedWords(e.Consent), d.confirm(tx, *e, e.Email, ReasonTrigger, fmt.Sprintf("consent:%d:%s", e.ID, e.Email), 0)
}

// mendPhone: somebody went back in the browser to mend the number. The technician has to know before he calls.
func (d *Desk) mendPhone(tx Tx, e *Emergency, more Emergency) (why string, err error) {
	old := e.Phone
	if more.Phone == "" || more.Phone == old {
		return "", nil
	}
	e.Phone, e.PhoneGiven = more.Phone, more.PhoneGiven
	detail := fmt.Sprintf("the customer has mended the phone: %s instead of %s", more.Phone, old)
	if err := d.tellStaffOfAlarm(tx, *e, detail, "phone:"+more.Phone); err != nil || e.External {
		return "; " + detail, err
	}
	for _, c := range d.o.Alarm.Channels {
		if err := d.page(tx, *e, c, PageReminder, "phone:"+more.Phone); err != nil {
			return "", err
		}
	}
	return "; " + detail, nil
}

// triggerByMail makes the emergency of a proven form mail.
func (d *Desk) triggerByMail(tx Tx, e *Entry, u understood) error {
	f := u.facts.Form
	n, _, err := d.trigger(tx, Trigger{
		Way: WayMail, Name: f.Name, CustomerNumber: f.CustomerNumber, Email: f.Email, Phone: f.Phone, Problem: f.Problem, Servers: f.Servers,
		TriggeredAt: f.TriggeredAt, Key: fmt.Sprintf("mail:%x", e.ContentHash), Language: cmp.Or(f.Language, u.facts.Language), Alarm: f.Alarm, Raw: f.Text,
		Actor: "form " + f.Rule, Mailbox: e.Place.Mailbox,
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
