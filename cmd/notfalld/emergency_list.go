package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/store"
	"notfalld/ticket"
)

type emergencyListCmd struct {
	withConfig
	withJSON
	Open bool `xor:"which" help:"Only those that somebody may still come for."`
	All  bool `xor:"which" help:"All that have ended, too; else the last 20 of them."`
}

// Help is the detail that --help shows.
func (emergencyListCmd) Help() string {
	return `Overdue call backs first, then what is due soonest, then who was called, then what has ended, the youngest first. With --json all of them.

    notfalld emergency list
    notfalld emergency list --open --json | jq -r .id`
}

// shownEnded is how many that have ended are shown to people who do not ask for all.
const shownEnded = 20

// Run lists the emergencies.
func (c *emergencyListCmd) Run(ctx context.Context, m *Main) error {
	s, cfg, err := m.reader(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	now := ticket.SystemClock{}.Now()
	list, err := c.read(ctx, s)
	if err != nil {
		return err
	}
	sortByClock(list, now)
	if c.JSON {
		return printLines(m.Stdout, list)
	}
	out := bufio.NewWriter(m.Stdout)
	p := page{out, m.term(), cfg.location()}
	p.emergencies(list, now)
	return out.Flush()
}

func (c *emergencyListCmd) read(ctx context.Context, s *store.Store) ([]ticket.EmergencyView, error) {
	list, err := ticket.ListEmergencies(ctx, s, ticket.EmergencyQuery{States: []ticket.EmergencyState{ticket.Triggered, ticket.Acknowledged, ticket.CalledBack}})
	if err != nil || c.Open {
		return list, err
	}
	q := ticket.EmergencyQuery{States: []ticket.EmergencyState{ticket.Resolved, ticket.Cancelled}}
	if !c.All && !c.JSON {
		q.Limit = shownEnded
	}
	ended, err := ticket.ListEmergencies(ctx, s, q)
	return append(list, ended...), err
}

// sortByClock puts first what needs somebody first.
func sortByClock(list []ticket.EmergencyView, now time.Time) {
	rank := map[ticket.ClockState]int{ticket.ClockOverdue: 0, ticket.ClockDue: 1, ticket.ClockCalled: 2, ticket.ClockResolved: 3, ticket.ClockCancelled: 3}
	slices.SortStableFunc(list, func(a, b ticket.EmergencyView) int {
		x, y := rank[a.Clock(now).State], rank[b.Clock(now).State]
		switch {
		case x != y:
			return x - y
		case x < 2:
			return cmp.Or(a.CallbackBy.Compare(b.CallbackBy), strings.Compare(a.ID, b.ID))
		case x == 2:
			return cmp.Or(b.CalledBackAt.Compare(a.CalledBackAt), strings.Compare(b.ID, a.ID))
		}
		return cmp.Or(b.EndedAt.Compare(a.EndedAt), strings.Compare(b.ID, a.ID))
	})
}

// emergencies prints two lines for each: the first for whoever looks up from the phone, the second for whoever is about to call.
func (p page) emergencies(list []ticket.EmergencyView, now time.Time) {
	if len(list) == 0 {
		fmt.Fprintln(p.w, "no emergencies")
		return
	}
	fmt.Fprintln(p.w, p.tm.paint(bold, headline(list, now)))
	for _, v := range list {
		p.emergencyLines(v, now)
	}
}

// headline counts what needs somebody.
func headline(list []ticket.EmergencyView, now time.Time) string {
	var overdue, due, unalarmed int
	for _, v := range list {
		switch v.Clock(now).State {
		case ticket.ClockOverdue:
			overdue++
		case ticket.ClockDue:
			due++
		default:
			continue
		}
		if v.State == ticket.Triggered && v.Alarm == ticket.AlarmFailed {
			unalarmed++
		}
	}
	if overdue+due == 0 {
		return "nobody waits for a call"
	}
	waiting := overdue + due
	text := fmt.Sprintf("%d %s for a call", waiting, plural(waiting, "waits", "wait"))
	if overdue > 0 {
		text += fmt.Sprintf(", %d OVERDUE", overdue)
	}
	if unalarmed > 0 {
		text += fmt.Sprintf(", of %d NOBODY IS ALARMED", unalarmed)
	}
	return text
}

// Columns of the first line; the second begins below the first's second column.
const (
	idColumn    = 10
	clockColumn = 26
	alarmColumn = 18
)

func (p page) emergencyLines(v ticket.EmergencyView, now time.Time) {
	clock, clockStyle := clockText(v.Clock(now))
	alarm, alarmStyle := alarmWords(v)
	phone := cmp.Or(v.Phone, "no phone")
	if v.Phone == "" && v.PhoneGiven != "" {
		phone = "no phone: " + v.PhoneGiven
	}
	room := p.tm.Width - idColumn - clockColumn - alarmColumn
	first := p.column(bold, v.ID, idColumn) + p.column(clockStyle, clock, clockColumn) + p.column(alarmStyle, alarm, alarmColumn) + clip(oneLine(phone), room)
	fmt.Fprintf(p.w, "\n%s\n", strings.TrimRight(first, " "))
	who := strings.TrimSpace(cmp.Or(v.Name, "no name") + customerText(v.CustomerNumber))
	tickets := "no ticket"
	if len(v.Tickets) > 0 {
		tickets = strings.Join(v.Tickets, " ")
	}
	parts := []string{clip(oneLine(who), 30), tickets}
	if about := cmp.Or(v.Problem, strings.Join(v.Servers, " ")); about != "" {
		parts = append(parts, about)
	}
	rest := clip(oneLine(strings.Join(parts, "  ")), p.tm.Width-idColumn)
	if c := v.Clock(now).State; c == ticket.ClockResolved || c == ticket.ClockCancelled {
		rest = p.tm.paint(dim, rest)
	}
	fmt.Fprintf(p.w, "%s%s\n", strings.Repeat(" ", idColumn), rest)
}

// column is a text that fills its column and leaves two blanks to the next.
func (p page) column(s style, text string, columns int) string {
	text = clip(oneLine(text), columns-2)
	return p.tm.paint(s, text) + strings.Repeat(" ", columns-displayWidth(text))
}

func customerText(number string) string {
	if number == "" {
		return ", no number"
	}
	return ", " + number
}
