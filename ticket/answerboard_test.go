package ticket_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/ticket"
)

// board is a desk on which all situations stand beside each other.
type board struct {
	*stage
	at time.Time
}

func newBoard(t *testing.T, at time.Time) *board {
	s := newStage(t)
	s.clock.set(at)
	s.reopen(func(o *ticket.Options) {
		o.Alarm = alarmOptions("oncall")
		o.Staff.Notify = nil // thousands of notices say nothing here
		o.Bounds.BarePerHour, o.Bounds.UnknownOverall = 100_000, 100_000
	})
	return &board{s, at}
}

// each does something for many situations side by side: commits are grouped.
func (b *board) each(all []*situation, do func(c *situation) error) {
	b.Helper()
	var wg sync.WaitGroup
	next := make(chan *situation)
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for c := range next {
				if err := do(c); err != nil {
					b.Errorf("%s: %v", c, err)
				}
			}
		}()
	}
	for _, c := range all {
		next <- c
	}
	close(next)
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// bringAbout lets it happen: late mails first, then what was triggered a while ago, then the rest, six minutes after the beginning.
func (b *board) bringAbout(all []*situation) {
	only := func(want func(c *situation) bool) []*situation {
		return slices.DeleteFunc(slices.Clone(all), func(c *situation) bool { return !want(c) })
	}
	b.each(only(func(c *situation) bool { return c.late }), b.take)
	b.clock.set(b.at.Add(4 * time.Minute))
	b.each(only(func(c *situation) bool { return c.table != "none" && c.alarm != "pending" }), b.triggerOne)
	b.clock.set(b.at.Add(6 * time.Minute))
	b.each(only(func(c *situation) bool { return c.table != "none" && c.alarm == "pending" }), b.triggerOne)
	b.each(only(func(c *situation) bool { return !c.late }), b.take)
	b.each(only(func(c *situation) bool { return c.proof == "fail" && strings.HasPrefix(c.table, "may") }), func(c *situation) error {
		return b.desk.LinkTicket(b.ctx, c.ticket, c.emergency, "anna", "")
	})
	b.ring(all)
	b.each(only(func(c *situation) bool { return c.state != "triggered" }), func(c *situation) error {
		_, err := b.desk.Advance(b.ctx, c.emergency, ticket.EmergencyState(c.state), "anna", "")
		return err
	})
	b.each(only(func(c *situation) bool { return c.table != "none" }), b.stands)
}

func (b *board) take(c *situation) error {
	raw := c.mail()
	e, err := b.desk.Take(b.ctx, ticket.Fetched{
		Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: uint32(c.n)}, InternalDate: b.clock.Now(), Size: int64(len(raw)), Raw: raw,
	})
	c.ticket = e.TicketID
	return err
}

func (b *board) triggerOne(c *situation) error {
	t := ticket.Trigger{Way: ticket.WayAPI, Email: c.email(), Phone: c.phone(), CustomerNumber: fmt.Sprintf("9%04d", c.n), Name: "Eva", Actor: "api"}
	if c.call == "overdue" {
		t.TriggeredAt = b.clock.Now().Add(-40 * time.Minute)
	}
	v, _, err := b.desk.Trigger(b.ctx, t)
	if err != nil {
		return err
	}
	c.emergency, _ = ticket.ParseEmergencyNumber(v.ID)
	if c.table == "suggested" {
		t.Phone = strings.TrimSuffix(t.Phone, "89") + "77"
		_, _, err = b.desk.Trigger(b.ctx, t)
	}
	return err
}

// ring lets the alarms end as the situations say; pending ones are not attempted.
func (b *board) ring(all []*situation) {
	alarm := map[int64]string{}
	for _, c := range all {
		alarm[c.emergency] = c.alarm
	}
	os, err := b.desk.DuePages(b.ctx, 100_000)
	b.check(err)
	for _, o := range os {
		out := ticket.Outcome{Result: ticket.Accepted, Code: 202}
		switch alarm[o.EmergencyID] {
		case "failed":
			out = ticket.Outcome{Result: ticket.Permanent, Code: 404, Text: "gone"}
		case "pending", "late":
			continue
		}
		_, ok, err := b.desk.Freeze(b.ctx, o.ID)
		b.check(err)
		if ok {
			b.check(b.desk.Delivered(b.ctx, o.ID, out))
		}
	}
}

// stands checks that a situation is what it says.
func (b *board) stands(c *situation) error {
	d, err := ticket.ShowEmergency(b.ctx, b.store, c.emergency)
	if err != nil {
		return err
	}
	alarm := strings.Replace(c.alarm, "late", "pending", 1)
	if c.state == "acknowledged" || c.state == "called_back" {
		alarm = "accepted"
	}
	x, err := ticket.Show(b.ctx, b.store, c.ticket)
	if err != nil {
		return err
	}
	linked := strings.HasPrefix(c.table, "may")
	suggested := c.table == "suggested" && c.proof != "fail" // an address that is disowned says nothing
	if string(d.State) != c.state || string(d.Alarm) != alarm || (x.Emergency == d.ID) != linked || (len(x.Suggested) == 2) != suggested {
		return fmt.Errorf("it is %s, alarm %s, linked to %q, suggested %q", d.State, d.Alarm, x.Emergency, x.Suggested)
	}
	return nil
}

// answers freezes and delivers everything, and returns the answers by recipient.
func (b *board) answers() map[string]ticket.Out {
	os, err := b.desk.DueOut(b.ctx, 100_000)
	b.check(err)
	var mu sync.Mutex
	all := map[string]ticket.Out{}
	queue := make(chan ticket.Out)
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for due := range queue {
				o, ok, err := b.desk.Freeze(b.ctx, due.ID)
				if err != nil {
					b.Error(err)
				}
				if !ok || o.Kind != ticket.OutAnswer {
					continue
				}
				mu.Lock()
				if first, two := all[o.Recipient]; two {
					b.Errorf("%s was answered twice: %s, %s", o.Recipient, first.Row, o.Row)
				}
				all[o.Recipient] = o
				mu.Unlock()
			}
		}()
	}
	for _, o := range os {
		queue <- o
	}
	close(queue)
	wg.Wait()
	return all
}
