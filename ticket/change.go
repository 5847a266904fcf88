package ticket

import (
	"fmt"
	"slices"
	"strings"
)

// What was told and became untrue is corrected at once, by a second mail: once for each change, outside the caps.

// lastTold is the youngest answer, that has gone out or may have, of each recipient of a ticket. Bare answers tell nothing of a ticket.
func lastTold(tx Tx, ticketID int64) ([]Out, error) {
	os, err := tx.Outs(OutQuery{TicketID: ticketID, Kinds: []OutKind{OutAnswer}, States: []OutState{OutFrozen, OutSent}})
	if err != nil {
		return nil, err
	}
	youngest := map[string]int{}
	var list []Out
	for _, o := range os { // youngest first by ID, which need not be the order in which they were sent
		if o.Bare {
			continue
		}
		at, seen := youngest[o.Recipient]
		switch {
		case !seen:
			youngest[o.Recipient] = len(list)
			list = append(list, o)
		case o.FrozenAt.After(list[at].FrozenAt):
			list[at] = o
		}
	}
	return list, nil
}

// toldBefore is what the recipient of an outgoing mail was told last in its ticket.
func toldBefore(tx Tx, o *Out) (told Out, ok bool, err error) {
	os, err := lastTold(tx, o.TicketID)
	for _, k := range os {
		if k.Recipient == o.Recipient && k.ID != o.ID {
			return k, true, err
		}
	}
	return told, false, err
}

// tellChange enters a second mail for everybody who was told in this ticket what is not so any more.
func (d *Desk) tellChange(tx Tx, t Ticket) error {
	os, err := lastTold(tx, t.ID)
	if err != nil {
		return err
	}
	for _, told := range os {
		if err := d.tellChangeTo(tx, t, told); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) tellChangeTo(tx Tx, t Ticket, told Out) error {
	m, ok, err := tx.Mail(told.MailID)
	if err != nil || !ok {
		return err
	}
	now, err := d.standingOf(tx, t, m, told.Recipient)
	if err != nil || !needsMail(told, now) {
		return err
	}
	before, due, err := secondMail(tx, OutQuery{TicketID: t.ID, Kinds: []OutKind{OutAnswer}, Recipient: told.Recipient}, told, now)
	if err != nil || !due {
		return err
	}
	v := verdict{send: true, to: told.Recipient, unknown: told.Unknown}
	key := fmt.Sprintf("change:%d:%d", told.ID, before)
	added, err := d.addAnswer(tx, t, m, v, told.Language, ReasonChange, key)
	if err != nil || !added {
		return err
	}
	why := fmt.Sprintf("a second mail %s to %s: was told %s, now it is %s", d.goes(), told.Recipient, saidBy(told.Row), now.says)
	return d.event(tx, t.ID, "answer", why)
}

// secondMail says whether a second mail is to be entered, and behind which one (0: it is the first). One that waits says what is true when it goes;
// one that was withdrawn, because all was again as it had been told, says nothing. What could not be delivered is not tried again for the same change:
// staff know that.
func secondMail(tx Tx, q OutQuery, told Out, now standing) (before int64, due bool, err error) {
	q.Reasons, q.Limit = []string{ReasonChange}, 1
	os, err := tx.Outs(q)
	if err != nil || len(os) == 0 {
		return 0, err == nil, err
	}
	last := os[0]
	switch {
	case last.State == OutWaiting:
		return 0, false, nil
	case last.State == OutFailed && last.ID > told.ID && saidBy(last.Row) == now.says && last.EmergencyID == now.id():
		return 0, false, nil
	}
	return last.ID, true, nil
}

// changed writes an emergency in which something has happened, and tells everybody whom it makes wrong.
func (d *Desk) changed(tx Tx, e *Emergency) error {
	e.Updated, e.Stage = d.now(), d.emergencyRow(*e)
	if err := tx.PutEmergency(*e); err != nil {
		return err
	}
	ls, err := tx.EmergencyLinks(e.ID)
	if err != nil {
		return err
	}
	for _, l := range ls {
		if l.State != Linked {
			continue
		}
		t, ok, err := tx.Ticket(l.TicketID)
		if err != nil {
			return err
		}
		if ok {
			if err := d.tellChange(tx, t); err != nil {
				return err
			}
		}
	}
	return d.tellChangeOf(tx, *e)
}

// tellChangeOf does the same for those who were told of the emergency without a mail of theirs.
func (d *Desk) tellChangeOf(tx Tx, e Emergency) error {
	os, err := tx.Outs(OutQuery{Emergency: e.ID, Kinds: []OutKind{OutConfirmation}, States: []OutState{OutFrozen, OutSent}})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, told := range os { // youngest first
		if seen[told.Recipient] {
			continue
		}
		seen[told.Recipient] = true
		if err := d.tellChangeOfTo(tx, e, told); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) tellChangeOfTo(tx Tx, e Emergency, told Out) error {
	now := standing{d.emergencyRow(e), &e}
	if !needsMail(told, now) {
		return nil
	}
	if by, err := d.toldByTicket(tx, e, told.Recipient); err != nil || by {
		return err // he reads it there
	}
	before, due, err := secondMail(tx, OutQuery{Emergency: e.ID, Kinds: []OutKind{OutConfirmation}, Recipient: told.Recipient}, told, now)
	if err != nil || !due {
		return err
	}
	return d.confirm(tx, e, told.Recipient, ReasonChange, fmt.Sprintf("change:%d:%d", told.ID, before), 0)
}

// toldByTicket says whether an address is told of an emergency as the customer of one of its tickets: it was, or the answer that says so waits.
func (d *Desk) toldByTicket(tx Tx, e Emergency, address string) (bool, error) {
	ls, err := tx.EmergencyLinks(e.ID)
	if err != nil {
		return false, err
	}
	for _, l := range ls {
		os, err := lastTold(tx, l.TicketID)
		if err != nil {
			return false, err
		}
		for _, o := range os {
			if strings.EqualFold(o.Recipient, address) && o.EmergencyID == e.ID {
				return true, nil
			}
		}
		waiting, err := tx.Outs(OutQuery{TicketID: l.TicketID, Kinds: []OutKind{OutAnswer}, States: []OutState{OutWaiting}, Recipient: strings.ToLower(address)})
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(waiting, func(o Out) bool { return !o.Bare && o.EmergencyID == e.ID }) {
			return true, nil
		}
	}
	return false, nil
}
