package ticket

import (
	"context"
	"fmt"
	"time"
)

// CloseTicket ends a ticket; actor is who did it ("cli:root"). A mail of the customer within Options.ReopenWithin opens it again.
func CloseTicket(ctx context.Context, s Store, c Clock, id int64, actor, why string) error {
	return s.Update(ctx, func(tx Tx) error {
		t, ok, err := tx.Ticket(id)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("ticket", Number(id))
		}
		if t.State == Closed {
			return fmt.Errorf("%s is closed already", t.Number())
		}
		return closeTicket(tx, &t, c.Now(), actor, why)
	})
}

func closeTicket(tx Tx, t *Ticket, now time.Time, actor, why string) error {
	t.State, t.ClosedAt, t.Updated = Closed, now, now
	if err := tx.PutTicket(*t); err != nil {
		return err
	}
	return tx.AddEvent(Event{TicketID: t.ID, At: now, Actor: actor, What: "closed", Why: oneLine(why)})
}

// AddNote writes an internal note into a ticket's history. It never reaches a customer.
func AddNote(ctx context.Context, s Store, c Clock, id int64, actor, text string) error {
	return s.Update(ctx, func(tx Tx) error {
		if _, ok, err := tx.Ticket(id); err != nil || !ok {
			if err == nil {
				err = notFound("ticket", Number(id))
			}
			return err
		}
		return tx.AddEvent(Event{TicketID: id, At: c.Now(), Actor: actor, What: "staff note", Why: text})
	})
}

func notFound(what, name string) error { return fmt.Errorf("%s %s: %w", what, name, ErrNotFound) }
