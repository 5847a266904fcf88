package ticket

import (
	"context"
	"fmt"
	"slices"
)

// LinkTicket ties a ticket to an emergency, whatever the rules think; one that it was tied to gives way. Customers who were told otherwise
// get a second mail.
func (d *Desk) LinkTicket(ctx context.Context, ticketID, emergencyID int64, actor, why string) error {
	return d.relinkByStaff(ctx, ticketID, func(tx Tx, t *Ticket, links []Link) error {
		if _, ok, err := tx.Emergency(emergencyID); err != nil || !ok {
			if err == nil {
				err = notFound("emergency", EmergencyNumber(emergencyID))
			}
			return err
		}
		if isLinkedByStaff(t, links, emergencyID) {
			return fmt.Errorf("%s is linked to %s already: %w", t.Number(), EmergencyNumber(emergencyID), ErrState)
		}
		return d.linkByStaff(tx, t, links, emergencyID, actor, why)
	})
}

// isLinkedByStaff: a link that the rules made can still be confirmed by hand.
func isLinkedByStaff(t *Ticket, links []Link, emergencyID int64) bool {
	i := slices.IndexFunc(links, func(l Link) bool { return l.State == Linked })
	return t.EmergencyID == emergencyID && i >= 0 && links[i].By != byRules
}

func (d *Desk) linkByStaff(tx Tx, t *Ticket, links []Link, emergencyID int64, actor, why string) error {
	if err := d.leave(tx, t, links, emergencyID, actor, why); err != nil {
		return err
	}
	l := Link{TicketID: t.ID, EmergencyID: emergencyID, State: Linked, By: actor, At: d.now()}
	for _, k := range links {
		if k.EmergencyID == emergencyID {
			l.Score, l.Signals, l.Told = k.Score, k.Signals, k.Told && k.State == Linked
		}
	}
	if err := tx.PutLink(l); err != nil {
		return err
	}
	if err := d.linkEvent(tx, t.ID, emergencyID, actor, "link", "linked by hand"+because(why)); err != nil {
		return err
	}
	return d.afterLink(tx, t, emergencyID)
}

// UnlinkTicket takes a ticket from its emergency. No rule ties the two again.
func (d *Desk) UnlinkTicket(ctx context.Context, ticketID int64, actor, why string) error {
	return d.relinkByStaff(ctx, ticketID, func(tx Tx, t *Ticket, links []Link) error {
		if t.EmergencyID == 0 {
			return fmt.Errorf("%s is linked to no emergency: %w", t.Number(), ErrState)
		}
		return d.unlinkByStaff(tx, t, links, actor, why)
	})
}

func (d *Desk) unlinkByStaff(tx Tx, t *Ticket, links []Link, actor, why string) error {
	if err := d.leave(tx, t, links, 0, actor, why); err != nil {
		return err
	}
	return d.afterLink(tx, t, 0)
}

// leave marks the present link as refused, unless it is the one that is wanted.
func (d *Desk) leave(tx Tx, t *Ticket, links []Link, wanted int64, actor, why string) error {
	for _, l := range links {
		if l.State != Linked || l.EmergencyID == wanted {
			continue
		}
		l.State, l.By, l.At = Refused, actor, d.now()
		if err := tx.PutLink(l); err != nil {
			return err
		}
		if err := d.linkEvent(tx, t.ID, l.EmergencyID, actor, "link", "unlinked by hand"+because(why)); err != nil {
			return err
		}
		if err := d.tellDetached(tx, l.EmergencyID, *t); err != nil {
			return err
		}
	}
	return nil
}

func because(why string) string {
	if why = oneLine(why); why != "" {
		return ": " + why
	}
	return ""
}

func (d *Desk) relinkByStaff(ctx context.Context, ticketID int64, f func(tx Tx, t *Ticket, links []Link) error) error {
	err := d.o.Store.Update(ctx, func(tx Tx) error {
		t, ok, err := tx.Ticket(ticketID)
		if err != nil || !ok {
			if err == nil {
				err = notFound("ticket", Number(ticketID))
			}
			return err
		}
		links, err := tx.Links(ticketID)
		if err != nil {
			return err
		}
		return f(tx, &t, links)
	})
	d.wake()
	return err
}
