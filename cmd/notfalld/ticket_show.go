package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"notfalld/message"
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

// showJSON is one line of ticket show --json: what the list says, with the mails themselves instead of their number.
type showJSON struct {
	ticketJSON
	Mails   []mailJSON     `json:"mails"`
	Signals []string       `json:"signals"` // why it is linked to its emergency
	History []ticket.Event `json:"history"`
}

// mailJSON is one mail in a ticket: what was understood of it, as parse prints it, and its place in the ticket.
type mailJSON struct {
	rules.Line
	Kind     string `json:"kind"`
	AnswerTo string `json:"answer_to"`
	Arrived  string `json:"arrived"` // RFC 3339, UTC
	Proof    string `json:"proof"`
	Thread   string `json:"thread"` // why it stands in this ticket
	Rules    string `json:"rules"`  // hash of the rule set that understood it
}

// Run shows the tickets.
func (c *ticketShowCmd) Run(ctx context.Context, m *Main) error {
	ids, err := ticketIDs(c.IDs)
	if err != nil {
		return err
	}
	var list []fullTicket
	err = m.view(ctx, c.Config, func(tx ticket.Tx) error {
		list = nil
		for _, id := range ids {
			t, ok, err := tx.Ticket(id)
			if err != nil {
				return err
			}
			if !ok {
				return fmt.Errorf("there is no ticket %s", ticket.Number(id))
			}
			f, err := readTicket(tx, t, true)
			if err != nil {
				return err
			}
			list = append(list, f)
		}
		return nil
	})
	if err != nil {
		return err
	}
	out := bufio.NewWriter(m.Stdout)
	for _, f := range list {
		if c.JSON {
			err = json.NewEncoder(out).Encode(f.show())
		} else {
			f.print(out, m.term())
		}
		if err != nil {
			return err
		}
	}
	return out.Flush()
}

// ticketIDs reads NS-10001 and 10001 alike.
func ticketIDs(names []string) ([]int64, error) {
	var ids []int64
	for _, n := range names {
		if !strings.HasPrefix(strings.ToUpper(n), "NS-") {
			n = "NS-" + n
		}
		id, ok := ticket.ParseNumber(n)
		if !ok {
			return nil, usagef("%q is no ticket; write it as NS-10001", strings.TrimPrefix(n, "NS-"))
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (f fullTicket) show() showJSON {
	s := showJSON{ticketJSON: f.json(), Mails: []mailJSON{}, Signals: []string{}, History: f.events}
	if s.History == nil {
		s.History = []ticket.Event{}
	}
	for _, m := range f.mails {
		s.Mails = append(s.Mails, mailJSON{Line: lineOfMail(m), Kind: string(m.Kind), AnswerTo: m.AnswerTo,
			Arrived: stamp(m.Arrived), Proof: m.Proof, Thread: m.Thread, Rules: m.RulesHash})
	}
	return s
}

// lineOfMail is what was understood of a mail. Of a minimal ticket that is little more than its header.
func lineOfMail(m ticket.Mail) rules.Line {
	l := rules.NewLine("", &message.Mail{}, rules.Facts{}) // no list is null
	if err := json.Unmarshal(m.Line, &l); err != nil {
		l.ProblemParsing = "what was understood could not be read back: " + err.Error()
	}
	l.MessageID = cmp.Or(l.MessageID, m.MessageID)
	l.Subject = cmp.Or(l.Subject, m.Subject)
	l.From.Address = cmp.Or(l.From.Address, m.From)
	return l
}

// print shows a ticket to people.
func (f fullTicket) print(w io.Writer, tm Term) {
	told, s := f.told()
	fmt.Fprintf(w, "%s  %s  customer told: %s\n", tm.paint(bold, f.Number()), f.State, tm.paint(s, told))
	f.facts(w, tm)
	for _, m := range f.mails {
		printMail(w, tm, m)
	}
	if len(f.outs) > 0 {
		fmt.Fprintln(w, tm.paint(bold, "Outgoing"))
		for _, o := range f.outs {
			fmt.Fprintf(w, "  %-10s %s %s\n", o.State, clock(lastMoment(o)), clip(oneLine(fmt.Sprintf("%s to %s %s %s", o.Kind, o.Recipient, o.Row, o.LastError)), tm.Width-32))
		}
	}
	fmt.Fprintln(w, tm.paint(bold, "History"))
	for _, e := range f.events {
		lines := wrap(strings.TrimSpace(e.What+": "+e.Why+" ("+e.Actor+")"), tm.Width-22)
		for i, line := range lines {
			at := clock(e.At)
			if i > 0 {
				at = strings.Repeat(" ", len(at))
			}
			fmt.Fprintf(w, "  %s  %s\n", tm.paint(dim, at), line)
		}
	}
	fmt.Fprintln(w)
}

func (f fullTicket) facts(w io.Writer, tm Term) {
	row := func(name, value string) {
		for i, line := range wrap(value, tm.Width-14) {
			if value == "" {
				return
			}
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(w, "  %s%s\n", tm.paint(dim, fmt.Sprintf("%-12s", name)), line)
		}
	}
	row("subject", f.Subject)
	row("from", f.From)
	row("customer", f.CustomerNumber)
	row("created", clock(f.Created))
	for _, s := range f.Servers {
		row("server", serverText(s))
	}
	for _, e := range f.Errors {
		row("error", e.Text)
	}
	if f.EmergencyID != 0 {
		row("emergency", fmt.Sprintf("NE-%d", f.EmergencyID))
	}
	if f.Previous != 0 {
		row("continues", ticket.Number(f.Previous))
	}
	if f.Related != 0 {
		row("related", ticket.Number(f.Related)+" (named without proof)")
	}
}

// printMail shows one mail of a ticket: the new text, as long as it is.
func printMail(w io.Writer, tm Term, m ticket.Mail) {
	l := lineOfMail(m)
	fmt.Fprintf(w, "%s  %s, %s from %s, proof %s, %s\n", tm.paint(bold, "Mail"), clock(m.Arrived), m.Kind, oneLine(m.From), m.Proof, m.Thread)
	if l.ProblemParsing != "" {
		fmt.Fprintf(w, "  not understood: %s\n", oneLine(l.ProblemParsing))
	}
	for _, line := range wrap(l.Text, tm.Width-4) {
		fmt.Fprintf(w, "  %s %s\n", tm.paint(dim, "|"), line)
	}
	for _, a := range l.Attachments {
		fmt.Fprintf(w, "  attached: %s\n", oneLine(attachmentText(a)))
	}
}

// lastMoment is when something last happened to an outgoing mail.
func lastMoment(o ticket.Out) time.Time {
	for _, t := range []time.Time{o.SentAt, o.FrozenAt} {
		if !t.IsZero() {
			return t
		}
	}
	return o.Created
}

// clock is an instant as people read it, in the zone of the machine.
func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }
