package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/user"
	"strings"

	"notfalld/store"
	"notfalld/ticket"
)

type ticketNoteCmd struct {
	withConfig
	withJSON
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
	ids, err := ticketIDs([]string{c.ID})
	if err != nil {
		return err
	}
	s, _, err := m.open(ctx, c.Config, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := ticket.AddNote(ctx, s, ticket.SystemClock{}, ids[0], actor(), text); err != nil {
		return err
	}
	return c.did(m, "noted", ids[0])
}

// did says to a program what was done; a person sees that nothing went wrong.
func (j withJSON) did(m *Main, what string, id int64) error {
	if !j.JSON {
		return nil
	}
	return json.NewEncoder(m.Stdout).Encode(map[string]string{"id": ticket.Number(id), "done": what})
}

type ticketCloseCmd struct {
	withConfig
	withJSON
	IDs []string `arg:"" name:"TICKET" help:"NS-10001, or only 10001."`
	Why string   `placeholder:"TEXT" help:"What the history gives as the reason."`
}

// Help is the detail that --help shows.
func (ticketCloseCmd) Help() string {
	return `A mail of the customer opens a closed ticket again, for some days. One that cannot be closed is named, and the others are closed all the same.

    notfalld ticket close NS-10001 NS-10002 --why "solved by phone"`
}

// Run closes the tickets.
func (c *ticketCloseCmd) Run(ctx context.Context, m *Main) error {
	ids, err := ticketIDs(c.IDs)
	if err != nil {
		return err
	}
	s, _, err := m.open(ctx, c.Config, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	failed := false
	for _, id := range ids {
		if err := ticket.CloseTicket(ctx, s, ticket.SystemClock{}, id, actor(), c.Why); err != nil {
			failed = true
			fmt.Fprintf(m.Stderr, "notfalld: %s\n", oneLine(err.Error()))
			continue
		}
		if err := c.did(m, "closed", id); err != nil {
			return err
		}
	}
	if failed {
		return exitError{code: exitFailed}
	}
	return nil
}

// actor is who acts by the command line, as histories name it.
func actor() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "cli:" + u.Username
	}
	return "cli"
}
