package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"notfalld/ticket"
)

type emergencyShowCmd struct {
	withConfig
	withJSON
	IDs []string `arg:"" name:"EMERGENCY" help:"NE-10001, or only 10001."`
}

// Help is the detail that --help shows.
func (emergencyShowCmd) Help() string {
	return `Everything that is known of an emergency: who is to be called, which tickets belong to it and why, who was paged and told what, and the history.

    notfalld emergency show NE-10001
    notfalld emergency show NE-10001 --json | jq .sent`
}

// Run shows the emergencies.
func (c *emergencyShowCmd) Run(ctx context.Context, m *Main) error {
	ids, err := emergencyIDs(c.IDs)
	if err != nil {
		return err
	}
	s, cfg, err := m.reader(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	var list []ticket.EmergencyDetail
	for _, id := range ids {
		d, err := ticket.ShowEmergency(ctx, s, id)
		if err != nil {
			return err
		}
		list = append(list, d)
	}
	if c.JSON {
		return printLines(m.Stdout, list)
	}
	out := bufio.NewWriter(m.Stdout)
	p := page{out, m.term(), cfg.location()}
	for _, d := range list {
		p.emergency(d, ticket.SystemClock{}.Now())
	}
	return out.Flush()
}

func (p page) emergency(d ticket.EmergencyDetail, now time.Time) {
	clock, colour := clockText(d.Clock(now))
	fmt.Fprintf(p.w, "%s  %s, %s\n", p.tm.paint(bold, d.ID), stateText(d.State), p.tm.paint(colour, clock))
	alarm, colour := alarmSentence(d.EmergencyView)
	p.styled("alarm", colour, alarm)
	p.row("name", cmp.Or(d.Name, "not given"))
	p.row("customer", cmp.Or(d.CustomerNumber, "not given, or unusable"))
	p.phone(d.EmergencyView)
	p.row("e-mail", cmp.Or(d.Email, "not given, or unusable"))
	p.row("servers", strings.Join(d.Servers, ", "))
	p.row("problem", d.Problem)
	p.row("triggered", fmt.Sprintf("%s by %s", p.clock(d.TriggeredAt), wayText(d.Way)))
	p.row("call back by", p.clock(d.CallbackBy))
	p.moment("acknowledged", d.AcknowledgedAt)
	p.moment("called back", d.CalledBackAt)
	p.moment("ended", d.EndedAt)
	p.row("language", d.Language)
	p.consent(d.Consent)
	for _, l := range d.Links {
		p.head(fmt.Sprintf("Ticket %s", l.Ticket))
		p.row("link", p.linkText(l))
		p.row("why", why(l)...)
		if l.State == ticket.Suggested {
			p.row("accept", "notfalld ticket link "+l.Ticket+" "+d.ID)
		}
	}
	if len(d.Links) == 0 {
		p.row("tickets", "none: no mail was found that belongs to it")
	}
	p.sent(d.Sent)
	p.history(d.History)
}

func (p page) phone(v ticket.EmergencyView) {
	switch {
	case v.Phone != "":
		p.row("phone", v.Phone)
	case v.PhoneGiven != "":
		p.styled("phone", red, fmt.Sprintf("cannot be called: %q was given", v.PhoneGiven))
	default:
		p.styled("phone", red, "none was given")
	}
}

// moment is a row with an instant, left out for one that has not come.
func (p page) moment(name string, t time.Time) {
	if !t.IsZero() {
		p.row(name, p.clock(t))
	}
}

func (p page) consent(c *ticket.Consent) {
	if c == nil {
		return
	}
	p.row("agreed", fmt.Sprintf("to pay %s, %s, from %s", c.Price, p.clock(c.At), cmp.Or(c.Address, "an unknown address")), "text "+c.Hash)
}

// sent lists alarms and mails, the oldest first.
func (p page) sent(list []ticket.Sent) {
	if len(list) == 0 {
		return
	}
	p.head("Alarms and mails")
	for _, o := range list {
		at, colour := o.Created, style("")
		if !o.SentAt.IsZero() {
			at = o.SentAt
		}
		text := fmt.Sprintf("%s %s to %s: %s", o.Kind, o.Reason, o.To, o.State)
		if o.Says != "" {
			text = fmt.Sprintf("%s (%s) to %s: %s", o.Kind, o.Says, o.To, o.State)
		}
		if o.Attempts > 1 {
			text += fmt.Sprintf(", %d attempts", o.Attempts)
		}
		if o.Error != "" && o.State != ticket.OutSent {
			text += ": " + o.Error
		}
		if o.State == ticket.OutFailed {
			colour = red
		}
		p.styled(p.clock(at)[5:], colour, text)
	}
}

func (p page) history(events []ticket.Event) {
	p.head("History")
	for _, e := range events {
		what := e.What
		if e.Why != "" {
			what += ": " + e.Why
		}
		p.row(p.clock(e.At)[5:], what+" ("+e.Actor+")")
	}
	fmt.Fprintln(p.w)
}
