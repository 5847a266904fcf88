package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/templates"
)

// A confirmation is a mail to a customer about an emergency that answers no mail of his.

// Bounds of confirmations: many mails of one emergency, or many contacts of one customer, must not flood anybody.
const (
	mostAttached = 5
	mostOnRecord = 20
)

// tellOfTrigger tells of a new emergency: whoever triggered it at our form, every contact on record (somebody else may have pressed the button),
// and staff.
func (d *Desk) tellOfTrigger(tx Tx, e Emergency) error {
	if e.Email != "" && (e.Way == WayForm || e.Phone == "") { // who gave no phone has to know that nobody can call
		if err := d.confirm(tx, e, e.Email, ReasonTrigger, fmt.Sprintf("confirm:%d:%s", e.ID, e.Email), 0); err != nil {
			return err
		}
	}
	for _, a := range d.onRecord(e) {
		if err := d.confirm(tx, e, a, ReasonOnRecord, fmt.Sprintf("confirm:%d:%s", e.ID, a), 0); err != nil {
			return err
		}
	}
	o := Out{EmergencyID: e.ID, Mailbox: d.o.Mailboxes[0].Name, Reason: ReasonEmergency}
	return d.addNotices(tx, o, fmt.Sprintf("notice:%s:ne%d", ReasonEmergency, e.ID))
}

// onRecord are the addresses that are to learn of a trigger: those of its customer number, or, without one, of the customers whom its address
// stands for.
func (d *Desk) onRecord(e Emergency) []string {
	all := d.o.Contacts.Addresses(e.CustomerNumber)
	if e.CustomerNumber == "" {
		for _, k := range d.o.Contacts.Find(e.Email) {
			all = append(all, d.o.Contacts.Addresses(k.CustomerNumber)...)
		}
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), mostOnRecord)]
}

// confirm enters a confirmation. In mode observe nobody is told.
func (d *Desk) confirm(tx Tx, e Emergency, to, reason, key string, ticketID int64) error {
	to = strings.ToLower(to)
	if d.o.Observe {
		return d.happened(tx, e.ID, "notfalld", "told", fmt.Sprintf("%s would be told (%s; mode observe)", to, reason))
	}
	if r := rules.MayWriteTo(to, d.o.World); !r.Send {
		return d.happened(tx, e.ID, "notfalld", "told", fmt.Sprintf("%s is not told (%s): %s", to, reason, r.Reason))
	}
	o := Out{
		Kind: OutConfirmation, State: OutWaiting, EmergencyID: e.ID, TicketID: ticketID, Mailbox: d.o.Mailboxes[0].Name, Recipient: to, Reason: reason,
		Row: d.row(standing{says: d.emergencyRow(e)}), Language: e.Language, Created: d.now(), NextAt: d.now(), Key: key,
	}
	added, err := tx.AddOut(&o)
	if err != nil || !added {
		return err
	}
	return d.happened(tx, e.ID, "notfalld", "told", fmt.Sprintf("%s is told (%s)", to, reason))
}

// tellAttached tells the emergency's own address once that somebody else's mail was attached to it.
func (d *Desk) tellAttached(tx Tx, e Emergency, t Ticket) error {
	if e.Email == "" || strings.EqualFold(e.Email, t.From) {
		return nil
	}
	takesPart, err := tx.TakesPart(t.ID, e.Email)
	if err != nil || takesPart {
		return err
	}
	os, err := tx.Outs(OutQuery{Emergency: e.ID, Kinds: []OutKind{OutConfirmation}, Reasons: []string{ReasonAttached}})
	if err != nil || len(os) >= mostAttached {
		return err
	}
	last, before, err := lastAttached(tx, e.ID, t.ID)
	if err != nil || last.Reason == ReasonAttached || last.State == OutWaiting { // that it was taken off is not told any more
		return err
	}
	return d.confirm(tx, e, e.Email, ReasonAttached, fmt.Sprintf("attached:%d:%d:%d", e.ID, t.ID, before), t.ID)
}

// tellDetached tells whoever was told that a mail was attached that staff have taken it off again.
func (d *Desk) tellDetached(tx Tx, emergencyID int64, t Ticket) error {
	e, ok, err := tx.Emergency(emergencyID)
	if err != nil || !ok || !e.Open() {
		return err
	}
	last, before, err := lastAttached(tx, e.ID, t.ID)
	if err != nil || last.Reason != ReasonAttached || last.State == OutWaiting {
		return err
	}
	return d.confirm(tx, e, last.Recipient, ReasonDetached, fmt.Sprintf("detached:%d:%d:%d", e.ID, t.ID, before), t.ID)
}

// lastAttached is the youngest note about a ticket that was attached or taken off, of those that were told or wait; before is the ID of the
// youngest of all, 0 if there is none.
func lastAttached(tx Tx, emergencyID, ticketID int64) (last Out, before int64, err error) {
	os, err := tx.Outs(OutQuery{Emergency: emergencyID, TicketID: ticketID, Kinds: []OutKind{OutConfirmation}, Reasons: []string{ReasonAttached, ReasonDetached}})
	if err != nil || len(os) == 0 {
		return last, 0, err
	}
	for _, o := range os {
		if o.State != OutWithdrawn && o.State != OutFailed {
			return o, os[0].ID, nil
		}
	}
	return last, os[0].ID, nil
}

// A confirmation waits for the outcome of an alarm that has just been sounded; most have one within a second.
const (
	alarmUnderWay = 15 * time.Second
	askAlarmAgain = 3 * time.Second
)

// chooseConfirmation writes a confirmation with what is true now.
func (d *Desk) chooseConfirmation(tx Tx, o *Out) (ok bool, err error) {
	e, err := d.emergencyOfOut(tx, o)
	if err != nil {
		return false, err
	}
	now := standing{d.emergencyRow(e), &e}
	if now.says == saysPending && o.Reason != ReasonAttached && d.now().Sub(e.Created) < alarmUnderWay {
		return false, postponedError{d.now().Add(askAlarmAgain)} // one mail that tells the outcome is better than two
	}
	o.Row = d.row(now)
	v := d.confirmationView(e, o)
	switch o.Reason {
	case ReasonOnRecord:
		if e.Email != "" && e.Email != o.Recipient {
			v.Attached = mask(e.Email)
		}
	case ReasonAttached:
		t, ok, err := tx.Ticket(o.TicketID)
		if err != nil || !ok || t.EmergencyID != e.ID || !e.Open() {
			return false, err
		}
		v.Attached = mask(t.From)
		if err := d.setTold(tx, t.ID, e.ID); err != nil {
			return false, err
		}
	case ReasonDetached:
		t, ok, err := tx.Ticket(o.TicketID)
		if err != nil || !ok || t.EmergencyID == e.ID || !e.Open() {
			return false, err
		}
		v.Correction = templates.CorrectUnlinked
	case ReasonNoAnswer:
		switch {
		case !e.Open() || e.State == CalledBack || e.NextTry.IsZero():
			return false, nil // it has been settled meanwhile
		case !d.now().Before(e.NextTry):
			return false, unwritableError{errors.New("the time of the call that it announces has passed")}
		}
		v.CalledAt, v.NextTry = o.Created.In(d.o.Hours.Location), e.NextTry.In(d.o.Hours.Location)
	case ReasonChange:
		told, err := toldOf(tx, e, o.Recipient)
		if err != nil || len(told) == 0 || !needsMail(told[0], now) {
			return false, err
		}
		v.Correction = correction(told[0], now)
	}
	r, err := d.o.Templates.Confirmation(v)
	if err != nil {
		return false, unwritableError{err}
	}
	out, err := d.envelope(tx, o, d.mailbox(o.Mailbox))
	if err != nil {
		return false, err
	}
	out.Subject, out.Text, out.HTML = r.Subject, r.Text, r.HTML
	return true, seal(o, out)
}

func (d *Desk) confirmationView(e Emergency, o *Out) templates.Confirmation {
	now := d.now().In(d.o.Hours.Location)
	v := templates.Confirmation{
		Kind: confirmationKinds[o.Reason], InHours: d.o.Hours.Open(now), Company: d.o.Company, Service: d.o.Service, Hours: d.hoursWords(),
		NextOpen: d.o.Hours.NextOpen(now), NextClose: d.o.Hours.NextClose(now), Now: now, Row: rowOf(saidBy(o.Row)), Emergency: d.emergencyWords(e),
		OnRecord: !strings.EqualFold(e.Email, o.Recipient), Name: e.Name, TokenLine: e.Number() + " · " + d.keys.Issue(CustomerToken, AboutEmergency, e.ID, o.Recipient),
	}
	if o.Language != "" {
		v.Languages = []string{o.Language}
	}
	if o.Reason == ReasonTrigger {
		v.ConsentText, v.Price, v.ConsentAt = e.Consent.Text, e.Consent.Price, e.Consent.At.In(d.o.Hours.Location)
	}
	return v
}

var confirmationKinds = map[string]templates.ConfirmationKind{
	ReasonTrigger: templates.ConfirmTrigger, ReasonOnRecord: templates.ConfirmRecord, ReasonAttached: templates.ConfirmAttached, ReasonChange: templates.ConfirmChange,
	ReasonDetached: templates.ConfirmChange, ReasonNoAnswer: templates.ConfirmNoAnswer,
}

// rowOf is the row of templates for what is told.
func rowOf(says string) templates.Row {
	if strings.HasPrefix(says, string(templates.Trouble)+"_") {
		return templates.Trouble
	}
	return templates.Row(says)
}

// emergencyWords is what an answer may tell of an emergency.
func (d *Desk) emergencyWords(e Emergency) templates.Emergency {
	in := d.o.Hours.Location
	w := templates.Emergency{
		Number: e.Number(), TriggeredAt: e.TriggeredAt.In(in), CallbackBy: e.callBy().In(in), Phone: e.Phone, Cancelled: e.State == Cancelled,
	}
	for _, k := range []struct {
		to   *time.Time
		from time.Time
	}{{&w.AcknowledgedAt, e.AcknowledgedAt}, {&w.CalledAt, e.CalledAt}, {&w.EndedAt, e.EndedAt}} {
		if !k.from.IsZero() {
			*k.to = k.from.In(in)
		}
	}
	if trouble, ok := strings.CutPrefix(d.emergencyRow(e), string(templates.Trouble)+"_"); ok {
		w.Trouble = trouble
	}
	return w
}

// confirmationFailed: staff are told that somebody was not told.
func (d *Desk) confirmationFailed(tx Tx, o *Out, why string) error {
	d.Count.Undelivered.Add(1)
	e, err := d.emergencyOfOut(tx, o)
	if gone := (unwritableError{}); errors.As(err, &gone) {
		return nil // nobody is left who could be told of it
	}
	if err != nil {
		return err
	}
	if err := d.happened(tx, e.ID, "notfalld", "undelivered", fmt.Sprintf("%s does not know (%s): %s", o.Recipient, o.Reason, why)); err != nil {
		return err
	}
	return d.tellStaffOfAlarm(tx, e, fmt.Sprintf("%s was not told: %s", o.Recipient, why), fmt.Sprintf("out%d", o.ID))
}

// mask hides most of an address: m…@firma.at.
func mask(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	first := ""
	for _, r := range local {
		first = string(r)
		break
	}
	return first + "…@" + domain
}

// tokensOfEmergencies are our tokens about emergencies in a mail, with whom they were issued to left to ask.
func (d *Desk) tokensOfEmergencies(m *message.Mail) []Token {
	var all []Token
	for _, p := range d.tokenPlaces(m) {
		for _, s := range p.texts {
			for _, t := range d.keys.FindAll(s, CustomerToken) {
				if t.Subject == AboutEmergency && !slices.Contains(all, t) {
					all = append(all, t)
				}
			}
		}
	}
	return all
}
