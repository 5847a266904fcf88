package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"notfalld/rules"
	"notfalld/store"
	"notfalld/ticket"
)

type outboxListCmd struct {
	withConfig
	withJSON
	State []string `placeholder:"STATE" enum:"waiting,frozen,sent,failed,withdrawn" help:"Only those in these states: waiting, frozen, sent, failed, withdrawn."`
	Limit int      `short:"n" placeholder:"N" help:"At most so many."`
}

// Help is the detail that --help shows.
func (outboxListCmd) Help() string {
	return `Mails, and pages of alarm channels. waiting: to be sent; frozen: being sent, or the server's answer was lost; sent: accepted; failed: refused or given up; withdrawn: nothing was left to say.

    notfalld outbox list --state waiting,frozen,failed
    notfalld outbox list --json | jq 'select(.state == "failed")'`
}

// outJSON is one line of outbox list --json.
type outJSON struct {
	ID        int64            `json:"id"`
	Kind      string           `json:"kind"`
	State     string           `json:"state"`
	Ticket    string           `json:"ticket"`    // "" or "NS-…"
	Emergency string           `json:"emergency"` // "" or "NE-…": what it is about
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

	out ticket.Out
}

// Run lists the outbox.
func (c *outboxListCmd) Run(ctx context.Context, m *Main) error {
	q := ticket.OutQuery{Limit: c.Limit}
	for _, s := range c.State {
		q.States = append(q.States, ticket.OutState(s))
	}
	list, err := c.read(ctx, m, q)
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printLines(m.Stdout, list)
	case len(list) == 0:
		_, err := fmt.Fprintln(m.Stdout, "nothing in the outbox")
		return err
	}
	t := &table{head: []string{"ID", "STATE", "KIND", "ABOUT", "TO", "WHEN", "TRIES", "ERROR, REASON"}, shrink: []int{4, 7}}
	for _, o := range list {
		t.add(o.row(ticket.SystemClock{}.Now())...)
	}
	return t.print(m.Stdout, m.term())
}

// read lists outgoing mails; the attempts are read where they are printed.
func (c *outboxListCmd) read(ctx context.Context, m *Main, q ticket.OutQuery) ([]outJSON, error) {
	s, _, err := m.reader(ctx, c.Config)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var list []outJSON
	err = s.View(ctx, func(tx ticket.Tx) error {
		list = nil
		outs, err := tx.Outs(q)
		for i := 0; i < len(outs) && err == nil; i++ {
			var tries []ticket.Attempt
			if c.JSON {
				tries, err = tx.Attempts(outs[i].ID)
			}
			list = append(list, outAsJSON(outs[i], tries))
		}
		return err
	})
	return list, err
}

func (j outJSON) row(now time.Time) []cell {
	o := j.out
	s := map[ticket.OutState]style{ticket.OutFailed: red, ticket.OutSent: green, ticket.OutWithdrawn: dim}[o.State]
	why := o.Reason
	if o.LastError != "" && o.State != ticket.OutSent {
		why = o.LastError
	}
	moment := o.Created
	for _, t := range []time.Time{o.FrozenAt, o.SentAt} {
		if !t.IsZero() {
			moment = t
		}
	}
	when := age(now.Sub(moment))
	if when != "now" {
		when += " ago"
	}
	if pending(o) {
		if when = "due"; o.NextAt.After(now) {
			when = "in " + age(o.NextAt.Sub(now)+time.Minute)
		}
	}
	return []cell{{strconv.FormatInt(o.ID, 10), bold}, {string(o.State), s}, {string(o.Kind), ""}, {cmp.Or(j.Ticket, j.Emergency), ""},
		{o.Recipient, ""}, {when, ""}, {strconv.Itoa(o.Attempts), ""}, {why, ""}}
}

func pending(o ticket.Out) bool { return o.State == ticket.OutWaiting || o.State == ticket.OutFrozen }

func outAsJSON(o ticket.Out, tries []ticket.Attempt) outJSON {
	j := outJSON{ID: o.ID, Kind: string(o.Kind), State: string(o.State), To: o.Recipient, Reason: o.Reason, Detail: o.Detail,
		Row: o.Row, Bare: o.Bare, MessageID: o.MessageID, Created: stamp(o.Created), Sent: stamp(o.SentAt),
		Bounced: stamp(o.BouncedAt), Error: o.LastError, Attempts: append([]ticket.Attempt{}, tries...), out: o}
	if o.TicketID != 0 {
		j.Ticket = ticket.Number(o.TicketID)
	}
	if o.EmergencyID != 0 {
		j.Emergency = ticket.EmergencyNumber(o.EmergencyID)
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
	return `All or none: one that was sent or withdrawn is named, and nothing is changed. A running daemon takes them up within seconds. A failed mail is chosen and written anew; one whose outcome is unknown goes out again with the same Message-ID.

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
	n, err := d.Retry(ctx, c.IDs)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.Stdout, "%d %s due now\n", n, plural(n, "mail is", "mails are"))
	return nil
}
