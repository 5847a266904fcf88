package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"notfalld/store"
	"notfalld/ticket"
)

type emergencyTriggerCmd struct {
	withConfig
	withJSON
	Name        string        `placeholder:"NAME" help:"Who is to be called back."`
	Customer    string        `placeholder:"NUMBER" help:"Customer number."`
	Email       string        `placeholder:"ADDRESS" help:"Whose mails belong to it, and who may be told how it stands."`
	Phone       string        `placeholder:"NUMBER" help:"Where the technician calls back."`
	Problem     string        `placeholder:"TEXT" help:"What is wrong."`
	Server      []string      `sep:"none" placeholder:"NAME" help:"A server that it is about; may be given again."`
	Alarm       string        `placeholder:"WHO" enum:",external,channels" default:"" help:"Who pages the technician: external (somebody else does already) or channels (notfalld does); else as alarm.api says."`
	Key         string        `placeholder:"TEXT" help:"The same key again is the same emergency."`
	Lang        string        `placeholder:"LANG" enum:",de,en" default:"" help:"Language of the customer: de or en."`
	TriggeredAt time.Time     `placeholder:"TIME" help:"When it was triggered, if not now: 2026-03-14T02:13:00+01:00. At most a day ago."`
	Wait        time.Duration `default:"10s" help:"How long to wait until the alarm is confirmed. With --json there is no waiting."`
}

// Help is the detail that --help shows.
func (emergencyTriggerCmd) Help() string {
	return `Nothing is refused: what is missing or cannot be used is named, and the alarm does not wait for it. The running daemon pages and mails; without one that is done when it starts.

    notfalld emergency trigger --name "Petra Gruber" --customer 104711 \
        --email petra@almhof.at --phone "0664 5550173" \
        --problem "shop is down" --server web01.almhof.at`
}

// Run triggers an emergency.
func (c *emergencyTriggerCmd) Run(ctx context.Context, m *Main) error {
	if c.given() == "" {
		return usagef("say at least who is to be called back, or what is wrong: --name, --customer, --email, --phone, --problem")
	}
	if flag := c.unprintable(); flag != "" {
		return usagef("%s holds a control character: leave it out, and try again; nobody is alarmed yet", flag)
	}
	cfg, err := m.config(c.Config, false)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, cfg.Store.URL, store.Options{}) // made if it is not there: an emergency is not lost because the daemon was never started
	if err != nil {
		return notTriggered(err)
	}
	defer s.Close()
	d, err := m.deskOf(ctx, cfg, s)
	if err != nil {
		return notTriggered(err)
	}
	t := ticket.Trigger{Way: ticket.WayCLI, Name: c.Name, CustomerNumber: c.Customer, Email: c.Email, Phone: c.Phone, Problem: c.Problem, Servers: c.Server,
		TriggeredAt: c.TriggeredAt, Language: c.Lang, Alarm: c.Alarm, Actor: actor()}
	if c.Key != "" {
		t.Key = "cli:" + c.Key // other ways in have keys of their own
	}
	v, created, err := d.Trigger(ctx, t)
	if err != nil {
		return notTriggered(err)
	}
	if c.JSON {
		return json.NewEncoder(m.Stdout).Encode(v)
	}
	p := page{m.Stdout, m.term(), cfg.location()}
	p.triggered(v, created)
	if len(v.Incomplete) > 0 {
		fmt.Fprintf(m.Stderr, "notfalld: warning: %s triggered all the same; missing or unusable: %s\n", v.ID, strings.Join(each(v.Incomplete, incompleteWord), ", "))
	}
	if v.Alarm == ticket.AlarmPending && c.Wait > 0 {
		if v, err = awaitAlarm(ctx, s, v, c.Wait); err != nil {
			return err
		}
	}
	words, colour := alarmSentence(v)
	p.styled("alarm", colour, words)
	return nil
}

// notTriggered says first what whoever has a customer on the phone must know.
func notTriggered(err error) error {
	return fmt.Errorf("NOT TRIGGERED, nobody is alarmed; call the technician yourself, or try again: %w", err)
}

// given is all that was said of the emergency, put together.
func (c *emergencyTriggerCmd) given() string {
	return strings.TrimSpace(c.Name + c.Customer + c.Email + c.Phone + c.Problem + strings.Join(c.Server, ""))
}

// unprintable names a flag whose value was damaged on its way here, "" if none was. A problem may have lines.
func (c *emergencyTriggerCmd) unprintable() string {
	problem := strings.NewReplacer("\n", " ", "\r", " ", "\t", " ").Replace(c.Problem)
	for _, f := range [][2]string{{"--name", c.Name}, {"--customer", c.Customer}, {"--email", c.Email}, {"--phone", c.Phone}, {"--problem", problem},
		{"--server", strings.Join(c.Server, " ")}, {"--key", c.Key}} {
		if strings.ContainsFunc(f[1], unicode.IsControl) {
			return f[0]
		}
	}
	return ""
}

func (p page) triggered(v ticket.EmergencyView, created bool) {
	now := ticket.SystemClock{}.Now()
	word, colour := clockText(v.Clock(now))
	what := "triggered"
	if !created {
		what = "had been triggered already at " + p.clock(v.TriggeredAt) + ", and is the same emergency"
	}
	fmt.Fprintf(p.w, "%s  %s\n", p.tm.paint(bold, v.ID), what)
	if v.State == ticket.Triggered || v.State == ticket.Acknowledged {
		p.styled("call back", colour, fmt.Sprintf("by %s, %s", p.clock(v.CallbackBy), word))
	} else {
		p.styled("call back", colour, word)
	}
	p.row("tickets", ticketsText(v.Tickets))
}

func ticketsText(tickets []string) string {
	if len(tickets) == 0 {
		return "none yet: no mail was found that belongs to it"
	}
	return "linked to " + strings.Join(tickets, ", ")
}

// incompleteWord names a field as people do.
func incompleteWord(field string) string {
	switch field {
	case "customer_number":
		return "customer number"
	case "email":
		return "e-mail address"
	}
	return field
}

// awaitAlarm looks again until a channel has confirmed the alarm, or failed, or patience is at its end.
func awaitAlarm(ctx context.Context, s ticket.Store, v ticket.EmergencyView, patience time.Duration) (ticket.EmergencyView, error) {
	id, _ := ticket.ParseEmergencyNumber(v.ID)
	end := time.After(patience)
	for v.Alarm == ticket.AlarmPending {
		select {
		case <-ctx.Done():
			return v, nil // what was triggered stays triggered
		case <-end:
			return v, nil
		case <-time.After(100 * time.Millisecond):
		}
		d, err := ticket.ShowEmergency(ctx, s, id)
		if err != nil {
			return v, err
		}
		v = d.EmergencyView
	}
	return v, nil
}
