package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"notfalld/store"
	"notfalld/ticket"
)

// emergencyStep is what the commands have in common that take emergencies a step further.
type emergencyStep struct {
	withConfig
	withJSON
	IDs []string `arg:"" name:"EMERGENCY" help:"NE-10001, or only 10001."`
	Why string   `placeholder:"TEXT" help:"What the history gives as the reason."`
	By  string   `placeholder:"NAME" help:"Who did it, if not you."`
}

type (
	emergencyAckCmd     struct{ emergencyStep }
	emergencyCalledCmd  struct{ emergencyStep }
	emergencyResolveCmd struct{ emergencyStep }
	emergencyCancelCmd  struct{ emergencyStep }
)

// Help is the detail that --help shows.
func (emergencyAckCmd) Help() string {
	return `Reminders end, and pagers are told. Customers who are still to be answered read that a technician has it. Of several, one that cannot is named, and the others are done all the same.

    notfalld emergency ack NE-10001
    notfalld emergency ack NE-10001 NE-10002 --by "Anna Berger"`
}

// Help is the detail that --help shows.
func (emergencyCalledCmd) Help() string {
	return `The clock stops.

    notfalld emergency called NE-10001 --why "spoke to Ms Gruber"`
}

// Help is the detail that --help shows.
func (emergencyResolveCmd) Help() string {
	return `From now on nobody comes for it; mails that come later are answered so.

    notfalld emergency resolve NE-10001 --why "disk replaced"`
}

// Help is the detail that --help shows.
func (emergencyCancelCmd) Help() string {
	return `Nobody comes for it. Whoever was told that somebody does gets a correction at once.

    notfalld emergency cancel NE-10001 --why "triggered by mistake"`
}

// Run acknowledges.
func (c *emergencyAckCmd) Run(ctx context.Context, m *Main) error {
	return c.advance(ctx, m, ticket.Acknowledged)
}

// Run says that the customer was called back.
func (c *emergencyCalledCmd) Run(ctx context.Context, m *Main) error {
	return c.advance(ctx, m, ticket.CalledBack)
}

// Run resolves.
func (c *emergencyResolveCmd) Run(ctx context.Context, m *Main) error {
	return c.advance(ctx, m, ticket.Resolved)
}

// Run cancels.
func (c *emergencyCancelCmd) Run(ctx context.Context, m *Main) error {
	return c.advance(ctx, m, ticket.Cancelled)
}

func (c *emergencyStep) advance(ctx context.Context, m *Main, to ticket.EmergencyState) error {
	ids, err := emergencyIDs(c.IDs)
	if err != nil {
		return err
	}
	d, s, cfg, err := m.work(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	p := page{m.Stdout, m.term(), cfg.location()}
	failed := false
	for _, id := range ids {
		before, err := ticket.ShowEmergency(ctx, s, id)
		if err == nil {
			var v ticket.EmergencyView
			if v, err = d.Advance(ctx, id, to, by(c.By), c.Why); err == nil {
				if err := c.say(m, p, v, before.State == to); err != nil {
					return err
				}
				continue
			}
		}
		failed = true
		fmt.Fprintf(m.Stderr, "notfalld: %s\n", oneLine(p.whyNot(ctx, s, id, to, err)))
	}
	if failed {
		return exitError{code: exitFailed}
	}
	return nil
}

// by is who acts: whom the caller names is not proven.
func by(name string) string {
	if name = strings.TrimSpace(name); name != "" {
		return oneLine(name) + " (" + actor() + ")"
	}
	return actor()
}

func (c *emergencyStep) say(m *Main, p page, v ticket.EmergencyView, already bool) error {
	if c.JSON {
		return json.NewEncoder(m.Stdout).Encode(v)
	}
	now := ticket.SystemClock{}.Now()
	text, _ := clockText(v.Clock(now))
	switch v.State {
	case ticket.Acknowledged:
		text = fmt.Sprintf("acknowledged; %s: %s, %s", text, cmp.Or(v.Name, "nobody is named"), cmp.Or(v.Phone, "no usable phone"))
	case ticket.Cancelled:
		text = "cancelled; who was told otherwise gets a correction"
	}
	if already {
		text += fmt.Sprintf(" (was %s already, %s)", stateText(v.State), p.clock(reached(v)))
	}
	_, err := fmt.Fprintf(p.w, "%s  %s\n", p.tm.paint(bold, v.ID), oneLine(text))
	return err
}

// reached is when an emergency came to its present state.
func reached(v ticket.EmergencyView) time.Time {
	switch v.State {
	case ticket.Acknowledged:
		return v.AcknowledgedAt
	case ticket.CalledBack:
		return v.CalledBackAt
	case ticket.Resolved, ticket.Cancelled:
		return v.EndedAt
	}
	return v.TriggeredAt
}

// whyNot says where an emergency stands that cannot take a step, and which it can take.
func (p page) whyNot(ctx context.Context, s *store.Store, id int64, to ticket.EmergencyState, err error) string {
	if !errors.Is(err, ticket.ErrState) {
		return err.Error()
	}
	d, shown := ticket.ShowEmergency(ctx, s, id)
	if shown != nil {
		return err.Error()
	}
	text := fmt.Sprintf("%s cannot become %s: it is %s since %s", d.ID, stateText(to), stateText(d.State), p.clock(reached(d.EmergencyView)))
	if next := nextSteps(d.State); next != "" {
		return text + "; from there: " + next
	}
	return text + ", and that is the end; if there is trouble again, trigger a new one"
}

// nextSteps are the commands that can follow a state.
func nextSteps(s ticket.EmergencyState) string {
	steps := map[ticket.EmergencyState]string{ticket.Triggered: "ack, called, resolve, cancel", ticket.Acknowledged: "called, resolve, cancel", ticket.CalledBack: "resolve, cancel"}
	return steps[s]
}
