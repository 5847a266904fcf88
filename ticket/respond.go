package ticket

import (
	"fmt"
	"slices"
	"strings"
)

// Reasons of outgoing mails.
const (
	ReasonMail        = "mail"        // a customer's mail is answered; staff are told of it
	ReasonNewTicket   = "new_ticket"  // staff are told of a ticket
	ReasonClosing     = "closing"     // support has closed over a mail of the day
	ReasonUndelivered = "undelivered" // an answer did not reach its customer
	ReasonDelayed     = "delayed"     // a server is still trying to deliver an answer
	ReasonDraft       = "draft"       // mode observe: what would have been answered
	ReasonBundle      = "bundle"      // several notices in one mail
	ReasonChange      = "change"      // what was told is no longer so
	ReasonTrigger     = "trigger"     // whoever triggered at our form is told so
	ReasonOnRecord    = "on_record"   // the contact on record is told of a trigger
	ReasonAttached    = "attached"    // an emergency's own address is told that somebody's mail was attached to it
	ReasonDetached    = "detached"    // and that staff have taken it off again
	ReasonEmergency   = "emergency"   // staff are told of an emergency
	ReasonReminder    = "reminder"    // nobody has taken over yet
	ReasonAlarm       = "alarm"       // an alarm went wrong
	ReasonForm        = "form"        // staff are told of a form mail that could not be proved
	ReasonRules       = "rules"       // admins are told of changed rules that are not in force
	ReasonStaff       = "staff"       // a person of staff has written
	ReasonNotDone     = "not_done"    // a person of staff is told what of his mail was not done, and why
	ReasonHelp        = "help"        // a person of staff has asked for the commands
	ReasonUnverified  = "unverified"  // staff are told of a mail that claims to be one of them, without proof
	ReasonDigest      = "digest"      // staff are told at the start of support hours what the night has left
	ReasonAssigned    = "assigned"    // a person is told that a colleague has put a ticket into his hands: Detail is the colleague
	ReasonNoAnswer    = "no_answer"   // the customer is told that the technician has called in vain
)

// eventForm is the line of a ticket's history that says why a form's mail triggered nothing.
const eventForm = "form mail"

// respond puts into the outbox what a mail in a ticket calls for: the answer, if its sender may be answered, and one
// notice for each address of staff.
func (d *Desk) respond(tx Tx, t Ticket, m Mail, u understood, th thread) error {
	v, err := d.mayAnswer(tx, t, m, u, th)
	if err != nil {
		return err
	}
	if err := d.event(tx, t.ID, "answer", d.whyAnswered(v)); err != nil {
		return err
	}
	if v.send {
		language := u.facts.Language
		if language == "" { // "hi" says nothing; the mails before it did
			language = t.Language
		}
		if _, err := d.addAnswer(tx, t, m, v, language, ReasonMail, fmt.Sprintf("answer:%d", m.ID)); err != nil {
			return err
		}
	}
	reason := ReasonMail
	if th.how == threadNew {
		reason = ReasonNewTicket
	}
	if f := u.facts.Form; f != nil {
		reason = ReasonForm
	}
	detail := ""
	if !v.send && !v.told {
		detail = v.why
	}
	if f := u.facts.Form; f != nil {
		if err := d.event(tx, t.ID, eventForm, fmt.Sprintf("rule %s matches, but no emergency was triggered: %s", f.Rule, f.Why)); err != nil {
			return err
		}
	}
	also, err := d.recordRoute(tx, t, m, u.facts.Route)
	if err != nil {
		return err
	}
	return d.tellStaff(tx, t, m.ID, reason, detail, also)
}

// goes is the verb of the history: in mode observe nothing does.
func (d *Desk) goes() string {
	if d.o.Observe {
		return "would go (mode observe)"
	}
	return "goes"
}

func (d *Desk) whyAnswered(v verdict) string {
	switch {
	case v.send && v.bare:
		return fmt.Sprintf("the bare answer %s to %s: %s", d.goes(), v.to, v.why)
	case v.send:
		return fmt.Sprintf("the answer %s to %s", d.goes(), v.to)
	case v.told:
		return fmt.Sprintf("no further answer to %s: %s", v.to, v.why)
	}
	return "NOBODY WAS TOLD: " + v.why
}

// addAnswer enters an answer; added is false if its key is there already. What it says is chosen when it is sent. In mode observe
// its draft goes to admins instead.
func (d *Desk) addAnswer(tx Tx, t Ticket, m Mail, v verdict, language, reason, key string) (added bool, err error) {
	o := Out{
		Kind: OutAnswer, State: OutWaiting, TicketID: t.ID, MailID: m.ID, Mailbox: t.Mailbox, Recipient: strings.ToLower(v.to), Reason: reason,
		Bare: v.bare, Unknown: v.unknown, Language: language, Created: d.now(), NextAt: d.now(), Key: key,
	}
	now, err := d.standingFor(tx, t, m, &o)
	if err != nil {
		return false, err
	}
	o.Row, o.EmergencyID = d.row(now), now.id()
	if d.o.Observe {
		return d.addDrafts(tx, o)
	}
	return tx.AddOut(&o)
}

// addDrafts turns an answer into drafts of it for admins.
func (d *Desk) addDrafts(tx Tx, o Out) (added bool, err error) {
	key := o.Key
	o.Kind, o.State, o.Reason, o.Detail = OutNotice, OutWaiting, ReasonDraft, o.Recipient
	for _, admin := range d.o.Admins {
		o.ID, o.Recipient, o.Key = 0, strings.ToLower(admin), "draft:"+key+":"+admin
		one, err := tx.AddOut(&o)
		if err != nil {
			return added, err
		}
		added = added || one
	}
	return added, nil
}

// tellStaff enters one notice of a mail for each address of staff, and those of also. detail is "" or why a customer does not know
// where he stands.
func (d *Desk) tellStaff(tx Tx, t Ticket, mailID int64, reason, detail string, also []string) error {
	o := Out{TicketID: t.ID, MailID: mailID, Mailbox: t.Mailbox, Reason: reason, Detail: detail}
	return d.addNotices(tx, o, fmt.Sprintf("notice:%s:%d:%d", reason, t.ID, mailID), also...)
}

// tellStaffOf tells of what became of an outgoing mail, each time that something does.
func (d *Desk) tellStaffOf(tx Tx, o *Out, reason, detail string) error {
	n := Out{TicketID: o.TicketID, MailID: o.MailID, Mailbox: o.Mailbox, Reason: reason, Detail: detail}
	return d.addNotices(tx, n, fmt.Sprintf("notice:%s:out%d:%d", reason, o.ID, o.Attempts))
}

// addNotices enters a notice once for each address: its key holds that, folded.
func (d *Desk) addNotices(tx Tx, o Out, key string, also ...string) error {
	o.Kind, o.State, o.Language, o.Created, o.NextAt = OutNotice, OutWaiting, d.o.Staff.Language, d.now(), d.now()
	for _, address := range slices.Concat(d.o.Staff.Notify, also) {
		o.ID, o.Recipient = 0, strings.ToLower(address)
		o.Key = key + ":" + o.Recipient
		if _, err := tx.AddOut(&o); err != nil {
			return err
		}
	}
	return nil
}
