package main

import (
	"context"
	"fmt"
	"log/slog"

	"notfalld/rules"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
)

// deskOf is a desk beside the daemon's, for commands: what it puts into the outbox, the daemon takes up within seconds. The rules are those in force.
// Of files that are wrong it says so and goes on without them: no emergency waits for a table to be mended.
func (m *Main) deskOf(ctx context.Context, cfg *Config, s *store.Store) (*ticket.Desk, error) {
	o, err := cfg.ticketOptions()
	if err != nil {
		return nil, exitError{exitUsage, err}
	}
	inventory, problems := cfg.LoadInventory()
	contacts, more := cfg.LoadContacts()
	for _, p := range append(problems, more...) {
		if !p.Warning { // check and run name the rows that are skipped
			fmt.Fprintln(m.Stderr, p)
		}
	}
	o.World.Inventory, o.Contacts = inventory, contacts
	if o.Templates, err = templates.Load(cfg.Templates.Dir); err != nil {
		fmt.Fprintf(m.Stderr, "notfalld: templates: %s\n", oneLine(err.Error()))
		if o.Templates, err = templates.Load(""); err != nil {
			return nil, err
		}
	}
	if o.Rules, err = m.rulesInForce(ctx, cfg, s); err != nil {
		return nil, err
	}
	o.Store, o.Clock, o.Log = s, ticket.SystemClock{}, slog.New(slog.DiscardHandler)
	return ticket.NewDesk(ctx, o)
}

// rulesInForce are the rules that the daemon decides by, as far as the store knows. Unlike a start it changes nothing there.
func (m *Main) rulesInForce(ctx context.Context, cfg *Config, s ticket.Store) (*rules.Set, error) {
	row, stored, err := ticket.StoredRules(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("stored rules: %w", err)
	}
	if stored {
		if set, err := rules.Load(row.Files); err == nil {
			return set, nil
		}
	} else if set, _ := cfg.LoadRules(); set != nil {
		return set, nil
	}
	fmt.Fprintln(m.Stderr, "notfalld: the rules are wrong; only the shipped ones are used (notfalld rules check says what is wrong)")
	return rules.Shipped(), nil
}

// work opens the store for writing, and a desk over it, for the commands that act on tickets and emergencies.
func (m *Main) work(ctx context.Context, path string) (*ticket.Desk, *store.Store, *Config, error) {
	s, cfg, err := m.open(ctx, path, store.Options{})
	if err != nil {
		return nil, nil, nil, err
	}
	d, err := m.deskOf(ctx, cfg, s)
	if err != nil {
		s.Close()
		return nil, nil, nil, err
	}
	return d, s, cfg, nil
}
