package ticket

import (
	"slices"
	"strings"
	"time"

	"notfalld/templates"
)

// What a customer is told depends on where things stand when the answer is sent. The two tables of this file say what it is, and when a
// second mail has to follow; everything else in this package asks them.

// anything stands in a table for every value.
const anything = "*"

// answerRow is one line of the table of answers. The first line that fits holds.
type answerRow struct {
	link  string // "linked", or "none": not linked, or only suggested
	knows string // "yes": the recipient may know the emergency's details; "no"
	state string // of the emergency; "triggered|acknowledged" fits both
	alarm string // "accepted", "pending", "late" (pending for PendingLong), "failed"
	call  string // "due", or "overdue": CallbackBy is past (and NextTry, if the technician has called in vain), and nobody has called
	says  string // the row: what is told, in and outside support hours
}

// The rows that are told. Three of them are one row of templates, with what the trouble is.
const (
	saysNotLinked = string(templates.NotLinked)
	saysFinished  = string(templates.Finished)
	saysPending   = string(templates.AlarmPending)
	saysAlarmed   = string(templates.Alarmed)
	saysTakenOver = string(templates.TakenOver)
	saysCalled    = string(templates.CalledBack)
	saysFailed    = string(templates.Trouble) + "_" + templates.TroubleFailed
	saysLate      = string(templates.Trouble) + "_" + templates.TroublePending
	saysOverdue   = string(templates.Trouble) + "_" + templates.TroubleOverdue
)

// PendingLong is how long an alarm may be pending before the customer is told that it is not confirmed.
const PendingLong = 2 * time.Minute

var answerTable = []answerRow{
	// link   knows     state                     alarm       call       says
	{"none", anything, anything, anything, anything, saysNotLinked},
	{"linked", "no", anything, anything, anything, saysNotLinked}, // not even by contrast may he learn that there is an emergency
	{"linked", "yes", "resolved|cancelled", anything, anything, saysFinished},
	{"linked", "yes", "called_back", anything, anything, saysCalled},
	{"linked", "yes", "triggered|acknowledged", anything, "overdue", saysOverdue},
	{"linked", "yes", "acknowledged", anything, "due", saysTakenOver},
	{"linked", "yes", "triggered", "failed", "due", saysFailed},
	{"linked", "yes", "triggered", "late", "due", saysLate},
	{"linked", "yes", "triggered", "pending", "due", saysPending},
	{"linked", "yes", "triggered", "accepted", "due", saysAlarmed},
}

func (r answerRow) fits(link, knows, state, alarm, call string) bool {
	for _, c := range [][2]string{{r.link, link}, {r.knows, knows}, {r.state, state}, {r.alarm, alarm}, {r.call, call}} {
		if c[0] != anything && !slices.Contains(strings.Split(c[0], "|"), c[1]) {
			return false
		}
	}
	return true
}

// says looks a row up.
func says(link, knows, state, alarm, call string) string {
	for _, r := range answerTable {
		if r.fits(link, knows, state, alarm, call) {
			return r.says
		}
	}
	return saysNotLinked // never promise what no line allows
}

// secondMails says for what was told (the lines) which changes are worth a second mail (the columns), about the same emergency. Whoever was
// told of another emergency, or is to be told of none any more, gets one in any case.
//
// Whoever is newly linked while the alarm is under way hears of it when that has an outcome, which takes two minutes at most: he has just triggered,
// and two mails within a second help nobody.
var secondMails = map[string][]string{
	saysNotLinked: {saysAlarmed, saysTakenOver, saysCalled, saysFailed, saysLate, saysOverdue},
	saysPending:   {saysAlarmed, saysTakenOver, saysFailed, saysLate, saysOverdue, saysFinished},
	saysAlarmed:   {saysFailed, saysLate, saysOverdue, saysFinished}, // that a technician took over, or called, is what he was told to expect
	saysTakenOver: {saysOverdue, saysFinished},
	saysCalled:    {},
	saysFailed:    {saysAlarmed, saysTakenOver, saysFinished},
	saysLate:      {saysAlarmed, saysTakenOver, saysFailed, saysOverdue, saysFinished},
	saysOverdue:   {saysTakenOver, saysFinished},
	saysFinished:  {},
}

// standing is where a recipient stands: what is true for him now.
type standing struct {
	says      string
	emergency *Emergency // what may be told of; nil with saysNotLinked
}

// id is the emergency's, 0 if there is none to tell of.
func (s standing) id() int64 {
	if s.emergency == nil {
		return 0
	}
	return s.emergency.ID
}

// row is how the outbox names it: "alarmed/outside".
func (d *Desk) row(s standing) string {
	if d.o.Hours.Open(d.now()) {
		return s.says + "/" + inHours
	}
	return s.says + "/" + outside
}

// saidBy is the first half of a row.
func saidBy(row string) string {
	s, _, _ := strings.Cut(row, "/")
	return s
}

// standingOf says where a recipient stands in a ticket; m is the mail of his that is answered.
func (d *Desk) standingOf(tx Tx, t Ticket, m Mail, recipient string) (standing, error) {
	if t.EmergencyID == 0 {
		return standing{says: says("none", "no", "", "", "")}, nil
	}
	e, ok, err := tx.Emergency(t.EmergencyID)
	if err != nil || !ok {
		return standing{says: saysNotLinked}, err
	}
	knows, err := d.mayKnow(tx, t, e, m, recipient)
	if err != nil || !knows {
		return standing{says: says("linked", "no", string(e.State), "", "")}, err
	}
	return standing{d.emergencyRow(e), &e}, nil
}

// standingFor says where the recipient of an answer stands. The bare answer tells of no emergency.
func (d *Desk) standingFor(tx Tx, t Ticket, m Mail, o *Out) (standing, error) {
	if o.Bare {
		return standing{says: saysNotLinked}, nil
	}
	return d.standingOf(tx, t, m, o.Recipient)
}

// emergencyRow is what is told of an emergency to somebody who may know it.
func (d *Desk) emergencyRow(e Emergency) string {
	alarm, call := string(e.Alarm), "due"
	if e.Alarm == AlarmPending && d.now().Sub(e.Created) >= PendingLong {
		alarm = "late"
	}
	if d.isOverdue(e) {
		call = "overdue"
	}
	return says("linked", "yes", string(e.State), alarm, call)
}

// isOverdue: while a technician who has called in vain is about to call again, the call is not overdue.
func (d *Desk) isOverdue(e Emergency) bool {
	return !d.now().Before(e.callBy())
}

// mayKnow says whether a recipient may be told an emergency's number, times and masked phone: it is the address given when triggering, and the
// mail is not disowned by its domain; or a token of the emergency that was issued to him came back with the mail.
func (d *Desk) mayKnow(tx Tx, t Ticket, e Emergency, m Mail, recipient string) (bool, error) {
	if m.Proof == "fail" {
		return false, nil
	}
	if e.Email != "" && strings.EqualFold(e.Email, recipient) {
		return true, nil
	}
	keys, _, _, err := tx.TicketKeys(t.ID)
	return slices.Contains(keys, holderKey(e.ID, recipient)), err
}

// needsMail says whether somebody who was told one thing has to be told another.
func needsMail(told Out, now standing) bool {
	said := saidBy(told.Row)
	switch {
	case told.EmergencyID != 0 && now.id() != told.EmergencyID:
		return true
	case now.says == saysFinished && now.emergency.State == Resolved && !now.emergency.CalledAt.IsZero():
		return false // it went as he was told
	}
	return slices.Contains(secondMails[said], now.says)
}

// correction names what was told and is not true any more, "" if nothing is to be taken back.
func correction(told Out, now standing) string {
	said := saidBy(told.Row)
	switch {
	case told.EmergencyID == 0:
		return ""
	case now.emergency == nil:
		return templates.CorrectUnlinked
	case now.emergency.ID != told.EmergencyID:
		return templates.CorrectMoved
	case said == saysFinished || said == now.says:
		return ""
	case now.says == saysFinished && now.emergency.State == Cancelled:
		return templates.CorrectCancelled
	case now.says == saysFinished && now.emergency.CalledAt.IsZero():
		return templates.CorrectEnded
	}
	promised := slices.Contains([]string{saysPending, saysAlarmed, saysTakenOver}, said)
	switch {
	case promised && now.says == saysFailed, said == saysLate && now.says == saysFailed:
		return templates.CorrectFailed
	case promised && now.says == saysLate:
		return templates.CorrectPending
	case promised && now.says == saysOverdue:
		return templates.CorrectOverdue
	}
	return ""
}
