package ticket

import (
	"fmt"
	"slices"
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

// tellChangeOf does the same for those who were told of the emergency last by a confirmation. Whether an answer in one of its tickets says so
// meanwhile shows when that is sent.
func (d *Desk) tellChangeOf(tx Tx, e Emergency) error {
	all, err := toldOf(tx, e, "")
	if err != nil {
		return err
	}
	now := standing{d.emergencyRow(e), &e}
	for _, told := range all {
		if told.Kind != OutConfirmation || !needsMail(told, now) {
			continue
		}
		before, due, err := secondMail(tx, OutQuery{Emergency: e.ID, Kinds: []OutKind{OutConfirmation}, Recipient: told.Recipient}, told, now)
		if err != nil {
			return err
		}
		if !due {
			continue
		}
		if err := d.confirm(tx, e, told.Recipient, ReasonChange, fmt.Sprintf("change:%d:%d", told.ID, before), 0); err != nil {
			return err
		}
	}
	return nil
}

// toldOf is what each recipient (or only this one) was told last of an emergency, by a confirmation or by an answer in a ticket that still belongs
// to it: what was said in others was taken back there.
func toldOf(tx Tx, e Emergency, recipient string) ([]Out, error) {
	os, err := tx.Outs(OutQuery{Emergency: e.ID, Kinds: []OutKind{OutConfirmation, OutAnswer}, States: []OutState{OutFrozen, OutSent}, Recipient: recipient})
	if err != nil {
		return nil, err
	}
	var list []Out
	for _, o := range slices.Backward(os) { // oldest first; that of the same instant with the higher ID is the younger one
		if o.Kind == OutAnswer {
			t, ok, err := tx.Ticket(o.TicketID)
			if err != nil {
				return nil, err
			}
			if !ok || o.Bare || t.EmergencyID != e.ID {
				continue
			}
		}
		at := slices.IndexFunc(list, func(k Out) bool { return k.Recipient == o.Recipient })
		switch {
		case at < 0:
			list = append(list, o)
		case !o.FrozenAt.Before(list[at].FrozenAt):
			list[at] = o
		}
	}
	return list, nil
}
