package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"notfalld/ticket"
)

type ticketLinkCmd struct {
	withConfig
	withJSON
	Ticket    string `arg:"" name:"TICKET" help:"NS-10001, or only 10001."`
	Emergency string `arg:"" name:"EMERGENCY" help:"NE-10001, or only 10001."`
	Why       string `placeholder:"TEXT" help:"What the history gives as the reason."`
	By        string `placeholder:"NAME" help:"Who decided it, if not you."`
}

// Help is the detail that --help shows.
func (ticketLinkCmd) Help() string {
	return `The ticket leaves the emergency that it belongs to now. No rule changes what staff have decided. Whoever was told otherwise gets a second mail.

    notfalld ticket link NS-10001 NE-10001 --why "same customer, by phone"`
}

// Run links.
func (c *ticketLinkCmd) Run(ctx context.Context, m *Main) error {
	if _, ok := ticket.ParseEmergencyNumber(c.Ticket); ok {
		if _, ok := ticket.ParseNumber(c.Emergency); ok {
			return usagef("the ticket comes first; did you mean notfalld ticket link %s %s?", c.Emergency, c.Ticket)
		}
	}
	ids, err := ticketIDs([]string{c.Ticket})
	if err != nil {
		return err
	}
	to, err := emergencyIDs([]string{c.Emergency})
	if err != nil {
		return err
	}
	d, s, _, err := m.work(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := d.LinkTicket(ctx, ids[0], to[0], by(c.By), c.Why); err != nil {
		return linkError(err)
	}
	return c.linked(m, "linked", ids[0], to[0])
}

type ticketUnlinkCmd struct {
	withConfig
	withJSON
	IDs []string `arg:"" name:"TICKET" help:"NS-10001, or only 10001."`
	Why string   `placeholder:"TEXT" help:"What the history gives as the reason."`
	By  string   `placeholder:"NAME" help:"Who decided it, if not you."`
}

// Help is the detail that --help shows.
func (ticketUnlinkCmd) Help() string {
	return `No rule links the two again. Whoever was told that a technician comes for this ticket gets a correction at once.

    notfalld ticket unlink NS-10001 --why "another server"`
}

// Run unlinks.
func (c *ticketUnlinkCmd) Run(ctx context.Context, m *Main) error {
	ids, err := ticketIDs(c.IDs)
	if err != nil {
		return err
	}
	d, s, _, err := m.work(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	failed := false
	for _, id := range ids {
		if err := d.UnlinkTicket(ctx, id, by(c.By), c.Why); err != nil {
			failed = true
			fmt.Fprintf(m.Stderr, "notfalld: %s\n", oneLine(linkError(err).Error()))
			continue
		}
		if err := c.linked(m, "unlinked", id, 0); err != nil {
			return err
		}
	}
	if failed {
		return exitError{code: exitFailed}
	}
	return nil
}

// linked says what was done. A person is told where the mails stand that follow from it.
func (j withJSON) linked(m *Main, what string, ticketID, emergencyID int64) error {
	line := map[string]string{"id": ticket.Number(ticketID), "done": what, "emergency": ""}
	text := ticket.Number(ticketID) + " belongs to no emergency now"
	if emergencyID != 0 {
		line["emergency"] = ticket.EmergencyNumber(emergencyID)
		text = ticket.Number(ticketID) + " belongs to " + line["emergency"] + " now"
	}
	if j.JSON {
		return json.NewEncoder(m.Stdout).Encode(line)
	}
	_, err := fmt.Fprintf(m.Stdout, "%s; who was told otherwise gets a second mail\n", text)
	return err
}

// linkError leaves away what only programs ask for.
func linkError(err error) error {
	if rest, ok := cutError(err, ticket.ErrState); ok {
		return errors.New(rest)
	}
	return err
}
