package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"notfalld/templates"
)

// In a flood notices wait, and one mail tells of all of them.

// bundle says whether a notice goes out within a bundle. The first NoticesPerHour of an hour go out one by one. After that
// they wait for the end of the running BundleEvery, and the first to be chosen then takes all others along; but not those of high
// priority.
func (d *Desk) bundle(tx Tx, o *Out) (bool, error) {
	if !slices.Contains(bundled, o.Reason) {
		return false, nil
	}
	if urgent, err := d.urgent(tx, o); err != nil || urgent {
		return false, err
	}
	sent, err := tx.CountOuts(OutCount{Kind: OutNotice, Recipient: o.Recipient, States: []OutState{OutFrozen, OutSent}, Since: d.now().Add(-time.Hour)})
	if err != nil || sent < d.o.Bounds.NoticesPerHour {
		return false, err
	}
	if due := o.Created.Truncate(d.o.Bounds.BundleEvery).Add(d.o.Bounds.BundleEvery); d.now().Before(due) {
		return false, postponedError{due}
	}
	return true, nil
}

// bundled are the reasons that a flood multiplies.
var bundled = []string{ReasonNewTicket, ReasonMail, ReasonUndelivered, ReasonUnverified}

// mostBundled bounds one bundle; what is over waits for the next one, which is due at once.
const mostBundled = 500

// gather puts one notice for all that wait for the same reader into the outbox, and withdraws those. Its Detail names them.
func (d *Desk) gather(tx Tx, o *Out) error {
	os, err := tx.Outs(OutQuery{Kinds: []OutKind{OutNotice}, States: []OutState{OutWaiting}, Recipient: o.Recipient,
		Reasons: bundled, Limit: mostBundled})
	if err != nil {
		return err
	}
	all := Out{
		Kind: OutNotice, State: OutWaiting, Mailbox: o.Mailbox, Recipient: o.Recipient, Reason: ReasonBundle, Language: o.Language,
		Created: d.now(), NextAt: d.now(), Key: fmt.Sprintf("bundle:%d", o.ID), Detail: strconv.FormatInt(o.ID, 10),
	}
	for _, k := range os {
		if k.ID == o.ID || k.TicketID == 0 { // a notice of an emergency tells more than a line of a bundle can
			continue
		}
		if urgent, err := d.urgent(tx, &k); err != nil {
			return err
		} else if urgent {
			continue
		}
		all.Detail += " " + strconv.FormatInt(k.ID, 10)
		k.State, k.LastError = OutWithdrawn, "told in a bundle"
		if err := tx.PutOut(k); err != nil {
			return err
		}
	}
	o.LastError = "told in a bundle"
	_, err = tx.AddOut(&all)
	return err
}

// writeBundle lists the notices that Detail names, as things stand now.
func (d *Desk) writeBundle(tx Tx, o *Out) error {
	n := templates.Notification{Kind: templates.NoticeBundle, Language: o.Language, Company: d.o.Company.Name}
	for _, field := range strings.Fields(o.Detail) {
		id, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			continue
		}
		it, ok, err := d.bundleItem(tx, id)
		if err != nil {
			return err
		}
		if ok {
			n.Items = append(n.Items, it)
		}
	}
	return d.writeNotice(tx, o, Ticket{}, n)
}

func (d *Desk) bundleItem(tx Tx, id int64) (templates.Item, bool, error) {
	k, ok, err := tx.Out(id)
	if err != nil || !ok {
		return templates.Item{}, false, err
	}
	m, ok, err := tx.Mail(k.MailID)
	if err != nil || !ok {
		return templates.Item{}, false, err
	}
	var n templates.Notification
	n.Why = k.Detail
	if err := d.sayAnswered(tx, &k, m, &n); err != nil {
		return templates.Item{}, false, err
	}
	it := templates.Item{Ticket: Number(k.TicketID), Address: m.From, Subject: m.Subject, Answered: n.Answered, Why: n.Why}
	if k.Reason == ReasonUndelivered { // who does not know; the mail may be one of staff
		it.Address = cmp.Or(n.Recipient, m.From)
	}
	if t, ok, err := tx.Ticket(k.TicketID); err != nil {
		return it, false, err
	} else if ok && t.EmergencyID != 0 {
		it.Emergency = EmergencyNumber(t.EmergencyID)
	}
	return it, true, nil
}
