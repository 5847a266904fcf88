package ticket

import (
	"cmp"
	"fmt"
	"strings"

	"notfalld/templates"
)

// chooseEmergencyNotice writes a mail to staff about an emergency, with what is true now.
func (d *Desk) chooseEmergencyNotice(tx Tx, o *Out) (ok bool, err error) {
	e, err := d.emergencyOfOut(tx, o)
	if err != nil {
		return false, err
	}
	if o.Reason == ReasonReminder && (!e.Open() || e.State == CalledBack || e.State == Acknowledged && (o.Detail != PageOverdue || d.now().Before(e.NextTry))) {
		return false, nil // somebody has taken over meanwhile
	}
	if o.Reason == ReasonEmergency && d.emergencyRow(e) == saysPending && d.now().Sub(e.Created) < alarmUnderWay {
		return false, postponedError{d.now().Add(askAlarmAgain)} // else staff read for ever that nobody has confirmed it
	}
	b, err := d.emergencyBlock(tx, e)
	if err != nil {
		return false, err
	}
	n := templates.Notification{
		Kind: noticeKind(o.Reason), Language: o.Language, Company: d.o.Company.Name, Emergency: b, Minutes: d.minutesSince(e.TriggeredAt), Priority: priorityHigh,
	}
	switch o.Reason {
	case ReasonAlarm:
		n.Detail = inLanguage(o.Language, o.Detail)
	case ReasonUnverified:
		n.Address, n.Why, _ = strings.Cut(o.Detail, ": ")
		n.Why = inLanguage(o.Language, n.Why)
	}
	if o.Bare { // refused once: without the customer's words
		b.Name, b.Problem, b.PhoneGiven, b.Servers = "", "", "", nil
	}
	if err := d.writeNotice(tx, o, Ticket{}, n); err != nil {
		return false, err
	}
	return true, nil
}

// emergencyBlock is what staff read of an emergency.
func (d *Desk) emergencyBlock(tx Tx, e Emergency) (*templates.EmergencyBlock, error) {
	b := &templates.EmergencyBlock{
		Number: e.Number(), State: string(e.State), Alarm: string(e.Alarm), External: e.External,
		CallbackBy: e.CallbackBy.In(d.o.Hours.Location), TriggeredAt: e.TriggeredAt.In(d.o.Hours.Location), Overdue: d.emergencyRow(e) == saysOverdue,
		Name: e.Name, CustomerNumber: e.CustomerNumber, Email: e.Email, Phone: e.Phone, Problem: e.Problem, Servers: e.Servers, Incomplete: e.Incomplete,
	}
	if e.NextTry.After(d.now()) {
		b.NextTry = e.NextTry.In(d.o.Hours.Location)
	}
	if e.Phone == "" {
		b.PhoneGiven = e.PhoneGiven
	}
	ls, err := tx.EmergencyLinks(e.ID)
	if err != nil {
		return nil, err
	}
	for _, l := range ls {
		if l.State == Refused {
			continue
		}
		t, ok, err := tx.Ticket(l.TicketID)
		if err != nil {
			return nil, err
		}
		if ok {
			b.Tickets = append(b.Tickets, ticketWords(t, l))
		}
	}
	return b, nil
}

// ticketWords is a ticket in one line: its number, who, and what is broken.
func ticketWords(t Ticket, l Link) string {
	parts := []string{t.Number()}
	if l.State == Suggested {
		parts[0] += " ?"
	}
	parts = append(parts, t.From)
	for i, s := range t.Servers {
		if i < 3 {
			parts = append(parts, s.Name)
		}
	}
	if len(t.Errors) > 0 {
		parts = append(parts, t.Errors[0].Text)
	} else {
		parts = append(parts, t.Subject)
	}
	return strings.Join(parts, " · ")
}

// sayLinks tells staff in the notice of a mail which emergency its ticket belongs to, and which it may belong to, and why.
func (d *Desk) sayLinks(tx Tx, t Ticket, n *templates.Notification) error {
	ls, err := tx.Links(t.ID)
	if err != nil {
		return err
	}
	for _, l := range ls {
		e, ok, err := tx.Emergency(l.EmergencyID)
		if err != nil || !ok {
			return err
		}
		switch l.State {
		case Linked:
			if n.Emergency, err = d.emergencyBlock(tx, e); err != nil {
				return err
			}
			n.Emergency.Tickets, n.Emergency.Reasons = nil, d.reasons(l, n.Language)
		case Suggested:
			n.Suggested = append(n.Suggested, fmt.Sprintf("%s: %s", e.Number(), strings.Join(d.reasons(l, n.Language), ", ")))
		}
	}
	return nil
}

// reasons are a link's signals in words of staff.
func (d *Desk) reasons(l Link, language string) []string {
	if l.By != byRules {
		return []string{l.By}
	}
	var all []string
	for _, s := range l.Signals {
		name := cmp.Or(signalNames[language][s.Kind], s.Kind)
		if s.Value != "" {
			name += " " + s.Value
		} else if s.Why != "" {
			name += " " + inLanguage(language, s.Why)
		}
		all = append(all, name)
	}
	return all
}

// signalNames are the names of signals as staff read them.
var signalNames = map[string]map[string]string{
	"de": {
		"token": "unser Kennzeichen", "number": "nennt die Nummer", "customer_number": "Kundennummer", "address": "dieselbe Adresse", "domain": "dieselbe Domain",
		"phone": "dieselbe Telefonnummer", "owner": "Server des Kunden", "server": "derselbe Server", "near": "zeitnah:", "contradiction": "WIDERSPRUCH:",
	},
	"en": {
		"token": "our token", "number": "names the number", "customer_number": "customer number", "address": "same address", "domain": "same domain",
		"phone": "same phone", "owner": "server of the customer", "server": "same server", "near": "near in time:", "contradiction": "CONTRADICTION:",
	},
}
