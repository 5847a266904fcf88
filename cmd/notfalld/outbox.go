package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"notfalld/rules"
	"notfalld/store"
	"notfalld/ticket"
)

type outboxListCmd struct {
	withConfig
	withJSON
	State []string `placeholder:"STATE" enum:"waiting,frozen,sent,failed,withdrawn" help:"Only mails in these states: waiting, frozen, sent, failed, withdrawn."`
	Limit int      `short:"n" placeholder:"N" help:"At most so many."`
}

// Help is the detail that --help shows.
func (outboxListCmd) Help() string {
	return `waiting: to be sent; frozen: being sent, or the server's answer was lost; sent: accepted; failed: refused or given up; withdrawn: nothing was left to say.

    notfalld outbox list --state waiting,frozen,failed
    notfalld outbox list --json | jq 'select(.state == "failed")'`
}

// outJSON is one line of outbox list --json.
type outJSON struct {
	ID        int64            `json:"id"`
	Kind      string           `json:"kind"`
	State     string           `json:"state"`
	Ticket    string           `json:"ticket"` // "" or "NS-…"
	To        string           `json:"to"`
	Reason    string           `json:"reason"`
	Detail    string           `json:"detail"`
	Row       string           `json:"row"`
	Bare      bool             `json:"bare"`
	MessageID string           `json:"message_id"`
	Created   string           `json:"created"` // RFC 3339, UTC; so are the others
	Next      string           `json:"next"`    // "" once it is final
	Sent      string           `json:"sent"`
	Bounced   string           `json:"bounced"`
	Error     string           `json:"error"`
	Attempts  []ticket.Attempt `json:"attempts"`
}

// Run lists the outbox.
func (c *outboxListCmd) Run(ctx context.Context, m *Main) error {
	q := ticket.OutQuery{Limit: c.Limit}
	for _, s := range c.State {
		q.States = append(q.States, ticket.OutState(s))
	}
	var list []ticket.Out
	attempts := map[int64][]ticket.Attempt{}
	err := m.view(ctx, c.Config, func(tx ticket.Tx) (err error) {
		clear(attempts)
		if list, err = tx.Outs(q); err != nil || !c.JSON {
			return err
		}
		for i := 0; i < len(list) && err == nil; i++ {
			attempts[list[i].ID], err = tx.Attempts(list[i].ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(m.Stdout)
	enc := json.NewEncoder(out)
	t := &table{head: []string{"ID", "STATE", "KIND", "TICKET", "TO", "WHEN", "TRIES", "LAST ERROR, OR REASON"}, shrink: []int{4, 7}}
	for _, o := range list {
		if !c.JSON {
			t.add(outRow(o, ticket.SystemClock{}.Now())...)
			continue
		}
		if err := enc.Encode(outAsJSON(o, attempts[o.ID])); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
	case len(list) == 0:
		fmt.Fprintln(out, "nothing in the outbox")
	default:
		if err := t.print(out, m.term()); err != nil {
			return err
		}
	}
	return out.Flush()
}

func pending(o ticket.Out) bool { return o.State == ticket.OutWaiting || o.State == ticket.OutFrozen }

func outRow(o ticket.Out, now time.Time) []cell {
	s := map[ticket.OutState]style{ticket.OutFailed: red, ticket.OutSent: green, ticket.OutWithdrawn: dim}[o.State]
	number, why := "", o.Reason
	if o.TicketID != 0 {
		number = ticket.Number(o.TicketID)
	}
	if o.LastError != "" && o.State != ticket.OutSent {
		why = o.LastError
	}
	when := age(now.Sub(lastMoment(o))) + " ago"
	if pending(o) {
		if when = "due"; o.NextAt.After(now) {
			when = "in " + age(o.NextAt.Sub(now).Round(time.Minute))
		}
	}
	return []cell{{strconv.FormatInt(o.ID, 10), bold}, {string(o.State), s}, {string(o.Kind), ""}, {number, ""},
		{o.Recipient, ""}, {when, ""}, {strconv.Itoa(o.Attempts), ""}, {why, ""}}
}

func outAsJSON(o ticket.Out, tries []ticket.Attempt) outJSON {
	j := outJSON{ID: o.ID, Kind: string(o.Kind), State: string(o.State), To: o.Recipient, Reason: o.Reason, Detail: o.Detail,
		Row: o.Row, Bare: o.Bare, MessageID: o.MessageID, Created: stamp(o.Created), Sent: stamp(o.SentAt),
		Bounced: stamp(o.BouncedAt), Error: o.LastError, Attempts: append([]ticket.Attempt{}, tries...)}
	if o.TicketID != 0 {
		j.Ticket = ticket.Number(o.TicketID)
	}
	if pending(o) {
		j.Next = stamp(o.NextAt)
	}
	return j
}

type outboxRetryCmd struct {
	withConfig
	IDs []int64 `arg:"" optional:"" name:"ID" help:"The numbers that outbox list shows."`
	All bool    `help:"All that wait, and all that failed."`
}

// Help is the detail that --help shows.
func (outboxRetryCmd) Help() string {
	return `A running daemon takes them up within a minute. A failed mail is chosen and written anew; one whose outcome is unknown goes out again with the same Message-ID.

    notfalld outbox retry 17 18
    notfalld outbox retry --all`
}

// Run makes mails due.
func (c *outboxRetryCmd) Run(ctx context.Context, m *Main) error {
	if c.All == (len(c.IDs) > 0) {
		return usagef("name the mails to retry, or --all")
	}
	s, cfg, err := m.open(ctx, c.Config, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	o, err := cfg.ticketOptions()
	if err != nil {
		return err
	}
	o.Store, o.Rules = s, rules.Shipped()
	d, err := ticket.NewDesk(ctx, o)
	if err != nil {
		return err
	}
	if err := c.known(ctx, s); err != nil {
		return err
	}
	n, err := d.Retry(ctx, c.IDs)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.Stdout, "%d %s due now\n", n, plural(n, "mail is", "mails are"))
	if n < len(c.IDs) {
		return fmt.Errorf("%d of %d cannot be retried: they were sent or withdrawn", len(c.IDs)-n, len(c.IDs))
	}
	return nil
}

// known refuses numbers that are in no outbox, before anything is changed.
func (c *outboxRetryCmd) known(ctx context.Context, s *store.Store) error {
	return s.View(ctx, func(tx ticket.Tx) error {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(c.IDs))) {
			_, ok, err := tx.Out(id)
			if err != nil {
				return err
			}
			if !ok {
				return fmt.Errorf("there is no mail %d in the outbox", id)
			}
		}
		return nil
	})
}
