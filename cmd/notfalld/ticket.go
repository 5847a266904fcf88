package main

import (
	"cmp"
	"context"
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
	var wanted []string
	for _, t := range list {
		wanted = append(append(wanted, t.Emergency), t.Suggested...)
	}
	clocks, err := clocksOf(ctx, s, wanted, shortClock)
	if err != nil {
		return err
	}
	return ticketTable(list, clocks, ticket.SystemClock{}.Now()).print(m.Stdout, m.term())
}

// ticketTable has columns of emergencies, and of priorities and tags, only where there are any. clocks are those of the emergencies.
func ticketTable(list []ticket.Summary, clocks map[string]string, now time.Time) *table {
	t := &table{head: []string{"TICKET", "STATE", "AGE", "TOLD", "CUSTOMER", "SERVERS", "ERROR, SUBJECT"}, shrink: []int{4, 5, 6}}
	routed := slices.ContainsFunc(list, func(s ticket.Summary) bool { return routeText(s) != "" })
	if routed {
		t.head, t.shrink = slices.Insert(t.head, 4, "PRIORITY"), []int{4, 5, 6, 7}
	}
	alarmed := slices.ContainsFunc(list, func(s ticket.Summary) bool { return s.Emergency != "" || len(s.Suggested) > 0 })
	if alarmed {
		t.head = slices.Insert(t.head, 4, "EMERGENCY")
		for i := range t.shrink {
			t.shrink[i]++
		}
	}
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
		row := []cell{{s.ID, bold}, {string(s.State), ""}, {age(now.Sub(s.Created)), ""}, {word, colour},
			{cmp.Or(s.CustomerNumber, s.From), ""}, {strings.Join(servers, " "), ""}, {about, ""}}
		if routed {
			row = slices.Insert(row, 4, cell{routeText(s), priorityStyle(s.Priority)})
		}
		if alarmed {
			row = slices.Insert(row, 4, emergencyCell(s, clocks))
		}
		t.add(row...)
	}
	return t
}

// emergencyCell is the emergency of a ticket with its clock, or "NE-10001?" for one that is suggested.
func emergencyCell(s ticket.Summary, clocks map[string]string) cell {
	switch {
	case s.Emergency != "":
		text := s.Emergency + " " + clocks[s.Emergency]
		if strings.Contains(text, "OVERDUE") {
			return cell{text, red}
		}
		return cell{text, ""}
	case len(s.Suggested) == 1:
		return cell{s.Suggested[0] + "?", yellow}
	case len(s.Suggested) > 1:
		return cell{fmt.Sprintf("%s? or %d more", s.Suggested[0], len(s.Suggested)-1), yellow}
	}
	return cell{"none", ""}
}

// routeText is priority and tags at a glance: "high vip spital".
func routeText(s ticket.Summary) string {
	return strings.Join(append(strings.Fields(s.Priority), s.Tags...), " ")
}

func priorityStyle(priority string) style {
	if priority == "high" {
		return red
	}
	return ""
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
