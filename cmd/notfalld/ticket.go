package main

import (
	"cmp"
	"context"
	"fmt"
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

// Run lists the tickets.
func (c *ticketListCmd) Run(ctx context.Context, m *Main) error {
	q := ticket.TicketQuery{Limit: c.Limit}
	for _, s := range c.State {
		q.States = append(q.States, ticket.State(s))
	}
	s, _, err := m.reader(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := ticket.List(ctx, s, q)
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printLines(m.Stdout, list)
	case len(list) == 0:
		_, err = fmt.Fprintln(m.Stdout, "no tickets")
		return err
	}
	return ticketTable(list, ticket.SystemClock{}.Now()).print(m.Stdout, m.term())
}

func ticketTable(list []ticket.Summary, now time.Time) *table {
	t := &table{head: []string{"TICKET", "STATE", "AGE", "TOLD", "CUSTOMER", "SERVERS", "ERROR, SUBJECT"}, shrink: []int{4, 5, 6}}
	for _, s := range list {
		about := s.Subject
		if len(s.Errors) > 0 {
			about = s.Errors[0].Text
		}
		var servers []string
		for _, v := range s.Servers {
			servers = append(servers, v.Name)
		}
		word, colour := told(s)
		t.add(cell{s.ID, bold}, cell{string(s.State), ""}, cell{age(now.Sub(s.Created)), ""}, cell{word, colour},
			cell{cmp.Or(s.CustomerNumber, s.From), ""}, cell{strings.Join(servers, " "), ""}, cell{about, ""})
	}
	return t
}

// told says in a word whether the customer knows where they stand.
func told(t ticket.Summary) (string, style) {
	word, s := "nobody", red
	for _, r := range t.Replies {
		switch r.State {
		case ticket.OutSent:
			return "yes", green
		case ticket.OutWaiting, ticket.OutFrozen:
			word, s = "not yet", yellow
		case ticket.OutFailed:
			word, s = "failed", red
		}
	}
	return word, s
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
