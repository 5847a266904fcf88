package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/rules"
	"notfalld/templates"
)

// Staff get a receipt only if something was not done, or if they asked for the commands.

// tellUndone tells a person what of his mail was not done. cause makes it once per mail.
func (d *Desk) tellUndone(tx Tx, c staffClaim, mailID int64, cause string, undone []Undone) error {
	detail, err := json.Marshal(undone)
	if err != nil {
		return fmt.Errorf("write down what was not done: %w", err)
	}
	return d.tellPerson(tx, c.from, c.ticket.ID, c.emergency.ID, mailID, ReasonNotDone, string(detail), "not-done:"+cause)
}

// A program of staff that answers each mail, and does not say that it is one, would have us answer it for ever. No person needs more receipts.
const (
	receiptsPerHour = 20
	receiptsPerDay  = 60
)

// answersItself says whether a person has got so many receipts that the next one goes to a program. What was not done stands in the history all the same.
func (d *Desk) answersItself(tx Tx, address, reason string) (bool, error) {
	receipts := []string{ReasonNotDone, ReasonHelp}
	if !slices.Contains(receipts, reason) {
		return false, nil
	}
	os, err := tx.Outs(OutQuery{Kinds: []OutKind{OutNotice}, Reasons: receipts, Recipient: strings.ToLower(address), Since: d.now().Add(-24 * time.Hour)})
	lately := 0
	for _, o := range os {
		if d.now().Sub(o.Created) < time.Hour {
			lately++
		}
	}
	return lately >= receiptsPerHour || len(os) >= receiptsPerDay, err
}

// tellPerson enters a mail to one person of staff. It comes from the mailbox of the ticket: what answers it arrives there, too.
func (d *Desk) tellPerson(tx Tx, address string, ticketID, emergencyID, mailID int64, reason, detail, key string) error {
	if itself, err := d.answersItself(tx, address, reason); err != nil || itself {
		return err
	}
	t, _, err := tx.Ticket(ticketID)
	if err != nil {
		return err
	}
	o := Out{
		Kind: OutNotice, State: OutWaiting, TicketID: ticketID, MailID: mailID, Mailbox: d.mailbox(t.Mailbox).Name, Recipient: strings.ToLower(address), Reason: reason,
		Detail: detail, Language: d.o.Staff.Language, Created: d.now(), NextAt: d.now(), Key: key + ":" + strings.ToLower(address),
	}
	if ticketID == 0 {
		o.EmergencyID = emergencyID
	}
	_, err = tx.AddOut(&o)
	return err
}

// writeReceipt writes what was not done, with the person's own words, so that nothing of them is lost; or the commands.
func (d *Desk) writeReceipt(tx Tx, o *Out) error {
	n := templates.Notification{Kind: templates.NoticeReceipt, Language: o.Language, Company: d.o.Company.Name}
	if o.Reason == ReasonHelp {
		n.Kind = templates.NoticeHelp
	}
	n.Help = d.helpLines(o.Language)
	var t Ticket
	if o.TicketID != 0 {
		var m Mail
		var err error
		if t, m, err = d.subjectOf(tx, o); err != nil {
			return err
		}
		n.Ticket, n.Topic = t.Number(), t.Topic
		if o.Reason == ReasonNotDone {
			receiptOf(&n, m)
		}
	} else if o.EmergencyID != 0 {
		n.Ticket = EmergencyNumber(o.EmergencyID)
	}
	if o.Reason == ReasonNotDone {
		n.Done = strings.HasPrefix(o.Key, "not-done:left-out:")
		for _, u := range undoneOf(o) {
			n.Undone = append(n.Undone, templates.Undone(u))
		}
	}
	return d.writeNotice(tx, o, t, n)
}

// receiptOf puts the person's own mail into the receipt.
func receiptOf(n *templates.Notification, m Mail) {
	var line rules.Line
	if json.Unmarshal(m.Line, &line) != nil {
		return
	}
	n.Text, n.Subject = line.Text, m.Subject
	for _, a := range line.Attachments {
		n.AttachedNames = append(n.AttachedNames, a.Name)
	}
}

// ago is a span of time in words: "45 Sek.", "3 Min."; in English "45 s", "3 min".
func ago(span time.Duration, language string) string {
	switch {
	case span < 10*time.Second:
		return words{"wenigen Sekunden", "a few seconds"}.in(language)
	case span < time.Minute:
		return words{fmt.Sprintf("%d Sek.", int(span/time.Second)), fmt.Sprintf("%d s", int(span/time.Second))}.in(language)
	case span < time.Hour:
		return fmt.Sprintf("%d %s", int(span/time.Minute), words{"Min.", "min"}.in(language))
	}
	return fmt.Sprintf("%d h", int(span/time.Hour))
}
