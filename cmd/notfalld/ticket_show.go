package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"notfalld/rules"
	"notfalld/ticket"
)

type ticketShowCmd struct {
	withConfig
	withJSON
	IDs []string `arg:"" name:"TICKET" help:"NS-10001, or only 10001."`
}

// Help is the detail that --help shows.
func (ticketShowCmd) Help() string {
	return `Everything that is known of a ticket: what was understood, who was told what, and the history with its reasons.

    notfalld ticket show NS-10001
    notfalld ticket show NS-10001 --json | jq .history`
}

// Run shows the tickets.
func (c *ticketShowCmd) Run(ctx context.Context, m *Main) error {
	ids, err := ticketIDs(c.IDs)
	if err != nil {
		return err
	}
	s, cfg, err := m.reader(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	var list []ticket.Detail
	var wanted []string
	for _, id := range ids {
		d, err := ticket.Show(ctx, s, id)
		if err != nil {
			return err
		}
		list = append(list, d)
		for _, l := range d.Links {
			wanted = append(wanted, l.Emergency)
		}
	}
	if c.JSON {
		return printLines(m.Stdout, list)
	}
	clocks, err := clocksOf(ctx, s, wanted, clockWords)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(m.Stdout)
	p := page{out, m.term(), cfg.location()}
	for _, d := range list {
		p.ticket(d, clocks)
	}
	return out.Flush()
}

// page prints for people: names on the left, values wrapped on the right.
type page struct {
	w  io.Writer
	tm Term
	in *time.Location
}

const nameWidth = 13

func (p page) head(text string) { fmt.Fprintf(p.w, "\n%s\n", p.tm.paint(bold, oneLine(text))) }

// row prints a name and its values, each from a line of its own; empty values are left out.
func (p page) row(name string, values ...string) { p.styled(name, "", values...) }

// styled is row with painted values.
func (p page) styled(name string, s style, values ...string) {
	for _, v := range values {
		if strings.TrimSpace(v) == "" {
			continue
		}
		for _, line := range wrap(v, p.tm.Width-nameWidth-3) {
			p.field(name, s, line)
			name = ""
		}
	}
}

// clipped is styled with at most so many lines.
func (p page) clipped(name string, s style, value string, most int) {
	columns := p.tm.Width - nameWidth - 3
	for _, line := range clipLines(wrap(value, columns), most, columns) {
		p.field(name, s, line)
		name = ""
	}
}

// clipLines leaves at most so many lines, and shows that it did.
func clipLines(lines []string, most, columns int) []string {
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = clip(lines[most-1], columns-2) + " …"
	}
	return lines
}

func (p page) field(name string, s style, line string) {
	fmt.Fprintln(p.w, strings.TrimRight("  "+p.tm.paint(dim, fmt.Sprintf("%-*s", nameWidth, name))+" "+p.tm.paint(s, line), " "))
}

func (p page) ticket(d ticket.Detail, clocks map[string]string) {
	word, s := told(d.Summary)
	fmt.Fprintf(p.w, "%s  %s, customer told: %s\n", p.tm.paint(bold, d.ID), d.State, p.tm.paint(s, word))
	p.row("subject", d.Subject)
	p.row("from", d.From)
	p.row("customer", d.CustomerNumber)
	p.styled("priority", priorityStyle(d.Priority), d.Priority)
	p.row("tags", strings.Join(d.Tags, ", "))
	p.row("assigned to", d.Assigned)
	p.row("answered by", d.AnsweredBy)
	p.row("created", p.clock(d.Created))
	p.row("servers", each(d.Servers, serverText)...)
	p.row("errors", each(d.Errors, errorText)...)
	p.ticketLinks(d, clocks)
	p.row("continues", d.Previous)
	if d.Related != "" {
		p.row("related", d.Related+", which the mail named without proof")
	}
	for _, m := range d.Mails {
		p.mail(m)
	}
	for _, r := range d.Replies {
		p.reply(r)
	}
	p.history(d.History)
}

// ticketLinks says which emergency a ticket belongs to and why, and what staff can decide.
func (p page) ticketLinks(d ticket.Detail, clocks map[string]string) {
	if d.Emergency == "" {
		p.row("emergency", "none triggered")
	}
	for _, l := range d.Links {
		switch l.State {
		case ticket.Linked:
			p.row("emergency", l.Emergency+", "+clocks[l.Emergency]+"; "+p.linkText(l))
			p.row("why", why(l)...)
		case ticket.Suggested:
			p.row("suggested", l.Emergency+", "+clocks[l.Emergency]+"; "+p.linkText(l))
			p.row("why", why(l)...)
			p.row("accept", "notfalld ticket link "+d.ID+" "+l.Emergency)
		default:
			p.row("not of", l.Emergency+"; "+p.linkText(l))
		}
	}
}

func (p page) mail(m ticket.MailView) {
	p.head(fmt.Sprintf("Mail of %s", p.clock(m.Arrived)))
	p.row("from", fmt.Sprintf("%s (%s, proof %s)", m.From, m.Kind, m.Proof))
	p.row("here by", m.Thread)
	var l rules.Line
	if err := json.Unmarshal(m.Facts, &l); err != nil {
		p.row("text", "what was understood cannot be read back: "+err.Error())
		return
	}
	p.row("not understood", l.ProblemParsing)
	p.row("not looked at", each(l.Cut, rules.Cut.String)...)
	p.row("phones", strings.Join(l.Phones, ", "))
	if m.Kind != ticket.StaffMail && m.Kind != ticket.UnverifiedMail {
		p.row("missing", strings.Join(l.Missing, ", ")) // an answer of ours lacks nothing
	}
	p.row("attachments", each(l.Attachments, attachmentText)...)
	p.row("text", l.Text)
}

func (p page) reply(r ticket.Reply) {
	at := r.Created
	if !r.SentAt.IsZero() {
		at = r.SentAt
	}
	what := "Answer"
	if r.By != "" {
		what = "Mail of " + r.By
	}
	p.head(fmt.Sprintf("%s, %s", what, p.clock(at)))
	p.row("to", r.To)
	p.row("says", r.Says)
	p.row("state", fmt.Sprintf("%s, %d %s", r.State, r.Attempts, plural(r.Attempts, "attempt", "attempts")))
	p.row("error", r.Error)
}

// clock is an instant on the clock of the support hours.
func (p page) clock(t time.Time) string { return t.In(p.in).Format("2006-01-02 15:04") }
