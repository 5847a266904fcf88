package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"notfalld/ticket"
)

type ticketListCmd struct {
	withConfig
	withJSON
	State []string `placeholder:"STATE" enum:"new,open,waiting,closed" help:"Only tickets in these states: new, open, waiting, closed."`
	Limit int      `short:"n" placeholder:"N" help:"At most so many."`
}

// Help is the detail that --help shows.
func (ticketListCmd) Help() string {
	return `TOLD says whether the customer was told where they stand.

    notfalld ticket list --state new,open
    notfalld ticket list --json | jq 'select(.errors != []) | .id'`
}

// ticketJSON is one line of ticket list --json.
type ticketJSON struct {
	ID             string      `json:"id"`
	State          string      `json:"state"`
	Subject        string      `json:"subject"`
	CustomerNumber string      `json:"customer_number"`
	From           string      `json:"from"`
	Language       string      `json:"language"`
	Mailbox        string      `json:"mailbox"`
	Created        string      `json:"created"` // RFC 3339, UTC
	Updated        string      `json:"updated"`
	Servers        []string    `json:"servers"`
	Errors         []string    `json:"errors"`
	Emergency      string      `json:"emergency"` // "" or "NE-…"
	Suggested      []string    `json:"suggested"`
	Previous       string      `json:"previous"` // "" or the closed ticket that this one continues
	Related        string      `json:"related"`  // "" or a ticket that the mail named without proof
	Mails          int         `json:"mails"`
	MessageIDs     []string    `json:"message_ids"`
	Replies        []replyJSON `json:"replies"`
}

// replyJSON is one mail of ours to a customer.
type replyJSON struct {
	Kind      string `json:"kind"`
	State     string `json:"state"`
	MessageID string `json:"message_id"`
	To        string `json:"to"`
	Row       string `json:"row"` // what was said
	Bare      bool   `json:"bare"`
	Sent      string `json:"sent"` // RFC 3339, UTC, or ""
	Error     string `json:"error"`
}

// Run lists the tickets.
func (c *ticketListCmd) Run(ctx context.Context, m *Main) error {
	q := ticket.TicketQuery{Limit: c.Limit}
	for _, s := range c.State {
		q.States = append(q.States, ticket.State(s))
	}
	var list []fullTicket
	err := m.view(ctx, c.Config, func(tx ticket.Tx) error {
		list = nil
		ts, err := tx.Tickets(q)
		for i := 0; i < len(ts) && err == nil; i++ {
			var f fullTicket
			f, err = readTicket(tx, ts[i], false)
			list = append(list, f)
		}
		return err
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(m.Stdout)
	if c.JSON {
		enc := json.NewEncoder(out)
		for _, f := range list {
			if err := enc.Encode(f.json()); err != nil {
				return err
			}
		}
		return out.Flush()
	}
	if len(list) == 0 {
		fmt.Fprintln(out, "no tickets")
		return out.Flush()
	}
	if err := ticketTable(list, ticket.SystemClock{}.Now()).print(out, m.term()); err != nil {
		return err
	}
	return out.Flush()
}

func ticketTable(list []fullTicket, now time.Time) *table {
	t := &table{head: []string{"TICKET", "STATE", "AGE", "TOLD", "CUSTOMER", "SERVERS", "FIRST ERROR, OR SUBJECT"}, shrink: []int{4, 5, 6}}
	for _, f := range list {
		about := f.Subject
		if len(f.Errors) > 0 {
			about = f.Errors[0].Text
		}
		who := f.CustomerNumber
		if who == "" {
			who = f.From
		}
		told, s := f.told()
		t.add(cell{f.Number(), bold}, cell{string(f.State), ""}, cell{age(now.Sub(f.Created)), ""}, cell{told, s},
			cell{who, ""}, cell{strings.Join(f.servers(), " "), ""}, cell{about, ""})
	}
	return t
}

// fullTicket is a ticket with what belongs to it.
type fullTicket struct {
	ticket.Ticket
	mails  []ticket.Mail
	outs   []ticket.Out
	events []ticket.Event
}

func readTicket(tx ticket.Tx, t ticket.Ticket, history bool) (f fullTicket, err error) {
	f.Ticket = t
	if f.mails, err = tx.Mails(t.ID); err != nil {
		return f, err
	}
	if f.outs, err = tx.Outs(ticket.OutQuery{TicketID: t.ID}); err != nil {
		return f, err
	}
	slices.Reverse(f.outs)
	if history {
		f.events, err = tx.Events(t.ID)
	}
	return f, err
}

func (f fullTicket) servers() []string {
	names := []string{}
	for _, s := range f.Servers {
		names = append(names, s.Name)
	}
	return names
}

func (f fullTicket) answers() []ticket.Out {
	return slices.DeleteFunc(slices.Clone(f.outs), func(o ticket.Out) bool { return o.Kind != ticket.OutAnswer })
}

// told says in a word whether the customer knows where they stand.
func (f fullTicket) told() (string, style) {
	word, s := "nobody", red
	for _, o := range f.answers() {
		switch o.State {
		case ticket.OutSent:
			if o.BouncedAt.IsZero() {
				return "yes", green
			}
			word, s = "bounced", red
		case ticket.OutWaiting, ticket.OutFrozen:
			word, s = "not yet", yellow
		case ticket.OutFailed:
			word, s = "failed", red
		}
	}
	return word, s
}

func (f fullTicket) json() ticketJSON {
	t := ticketJSON{
		ID: f.Number(), State: string(f.State), Subject: f.Subject, CustomerNumber: f.CustomerNumber, From: f.From,
		Language: f.Language, Mailbox: f.Mailbox, Created: stamp(f.Created), Updated: stamp(f.Updated),
		Servers: f.servers(), Errors: []string{}, Suggested: []string{}, Mails: len(f.mails), MessageIDs: []string{}, Replies: []replyJSON{},
	}
	if f.EmergencyID != 0 {
		t.Emergency = fmt.Sprintf("NE-%d", f.EmergencyID)
	}
	if f.Previous != 0 {
		t.Previous = ticket.Number(f.Previous)
	}
	if f.Related != 0 {
		t.Related = ticket.Number(f.Related)
	}
	for _, e := range f.Errors {
		t.Errors = append(t.Errors, e.Text)
	}
	for _, m := range f.mails {
		t.MessageIDs = append(t.MessageIDs, m.MessageID)
	}
	for _, o := range f.answers() {
		t.Replies = append(t.Replies, replyJSON{Kind: string(o.Kind), State: string(o.State), MessageID: o.MessageID,
			To: o.Recipient, Row: o.Row, Bare: o.Bare, Sent: stamp(o.SentAt), Error: o.LastError})
	}
	return t
}

// stamp is an instant as RFC 3339 in UTC, "" for never.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// age is a duration at a glance.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}
