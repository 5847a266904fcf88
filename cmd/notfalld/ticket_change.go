package main

import (
	"context"
	"fmt"
	"os/user"
	"strings"

	"notfalld/ticket"
)

type ticketNoteCmd struct {
	withConfig
	ID   string   `arg:"" name:"TICKET" help:"NS-10001, or only 10001."`
	Text []string `arg:"" name:"TEXT" help:"What to note."`
}

// Help is the detail that --help shows.
func (ticketNoteCmd) Help() string {
	return `No customer ever sees a note.

    notfalld ticket note NS-10001 called Ms Huber, she reboots it herself`
}

// Run writes the note.
func (c *ticketNoteCmd) Run(ctx context.Context, m *Main) error {
	text := strings.TrimSpace(strings.Join(c.Text, " "))
	if text == "" {
		return usagef("the note is empty")
	}
	return c.change(ctx, m, []string{c.ID}, func(t *ticket.Ticket) (what, why string, err error) {
		return "note", text, nil
	})
}

type ticketCloseCmd struct {
	withConfig
	IDs []string `arg:"" name:"TICKET" help:"NS-10001, or only 10001."`
	Why string   `placeholder:"TEXT" help:"What the history gives as the reason."`
}

// Help is the detail that --help shows.
func (ticketCloseCmd) Help() string {
	return `A mail of the customer opens a closed ticket again, for some days.

    notfalld ticket close NS-10001 NS-10002 --why "solved by phone"`
}

// Run closes the tickets: all or none.
func (c *ticketCloseCmd) Run(ctx context.Context, m *Main) error {
	return c.change(ctx, m, c.IDs, func(t *ticket.Ticket) (what, why string, err error) {
		if t.State == ticket.Closed {
			return "", "", fmt.Errorf("%s is closed already", t.Number())
		}
		now := ticket.SystemClock{}.Now()
		t.State, t.ClosedAt, t.Updated = ticket.Closed, now, now
		return "closed", c.Why, nil
	})
}

// change changes tickets in one transaction and writes what was done into the history of each.
func (c *withConfig) change(ctx context.Context, m *Main, names []string, f func(*ticket.Ticket) (what, why string, err error)) error {
	ids, err := ticketIDs(names)
	if err != nil {
		return err
	}
	return m.update(ctx, c.Config, func(tx ticket.Tx) error {
		for _, id := range ids {
			t, ok, err := tx.Ticket(id)
			if err != nil {
				return err
			}
			if !ok {
				return fmt.Errorf("there is no ticket %s", ticket.Number(id))
			}
			what, why, err := f(&t)
			if err != nil {
				return err
			}
			if err := tx.PutTicket(t); err != nil {
				return err
			}
			if err := tx.AddEvent(ticket.Event{TicketID: id, At: ticket.SystemClock{}.Now(), Actor: actor(), What: what, Why: why}); err != nil {
				return err
			}
		}
		return nil
	})
}

// actor is who acts by the command line.
func actor() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "cli:" + u.Username
	}
	return "cli"
}
