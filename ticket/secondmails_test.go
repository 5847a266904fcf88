package ticket_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notfalld/ticket"
)

// secondMailSteps bring an emergency to where a column of the second table says it is, from wherever it was. pages-fail says how pages end from then on.
var secondMailSteps = map[string][]string{
	"alarm_pending":   {"pages-fail lost", "wait 10s", "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234589 key=a"},
	"alarmed":         {"pages-fail ok", "wait 10s", "deliver-pages", "wait 11m", "tend"},
	"acknowledged":    {"ack NE-10001"},
	"called_back":     {"called NE-10001"},
	"trouble_failed":  {"pages-fail 404", "wait 10s"},
	"trouble_pending": {"pages-fail lost", "wait 115s", "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234589 key=a", "wait 10s", "tend"},
	"trouble_overdue": {"wait 31m", "tend"},
	"cancelled":       {"cancel NE-10001"},
	"ended":           {"resolve NE-10001"},
	"resolved":        {"called NE-10001", "resolve NE-10001"},
	"unlinked":        {"unlink NS-10001"},
	"moved":           {"pages-fail ok", "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234577", "deliver-pages", "link NS-10001 NE-10002"},
}

// firstSteps bring a new emergency to what a line of the second table says.
var firstSteps = map[string][]string{
	"alarm_pending":   {"pages-fail lost"},
	"alarmed":         {},
	"acknowledged":    {"deliver-pages", "ack NE-10001"},
	"called_back":     {"deliver-pages", "called NE-10001"},
	"trouble_failed":  {"pages-fail 404"},
	"trouble_pending": {"pages-fail lost", "deliver-pages", "wait 2m"},
	"trouble_overdue": {"wait 30m"},
	"cancelled":       {"cancel NE-10001"},
	"ended":           {"resolve NE-10001"},
	"resolved":        {"called NE-10001", "resolve NE-10001"},
}

// secondMailStart: the numbers contradict, so that nothing but staff links.
const secondMailStart = `channels oncall second third
mail a.eml pass
`

const secondMailMail = `From: Eva <eva@seite.at>
To: support@notfall-hoster.at
Subject: Notfall-Support
Message-ID: <1@seite.at>

Kundennummer: 80002
Unser Webshop ist nicht erreichbar.
`

// TestSecondMails drives the second table: what was told, and what is true now.
func TestSecondMails(t *testing.T) {
	table := readTables(t)["second mails"]
	steps["deliver-pages"] = func(s *stage, _ string) { s.deliverPages() }
	for _, row := range table.rows {
		for i, want := range row[1:] {
			before, now := row[0], table.columns[i+1]
			if want == "." {
				continue
			}
			t.Run(before+" "+now, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.mails["a.eml"] = []byte(strings.ReplaceAll(secondMailMail, "\n", "\r\n"))
				s.run(secondMailStart)
				trigger := "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234589 key=a"
				if before == "not_linked" {
					s.run("deliver", trigger)
					s.run(firstSteps[now]...)
					s.run("deliver", "link NS-10001 NE-10001")
				} else {
					s.run(trigger)
					s.run(firstSteps[before]...)
					s.run("link NS-10001 NE-10001", "deliver")
					s.says(before)
					s.run(secondMailSteps[now]...)
				}
				s.run("tend", "deliver", "tend", "deliver")
				got := "-"
				if as := s.answers("eva@seite.at"); len(as) == 2 {
					got = "mail"
					if subject, _, _ := strings.Cut(words(t, as[1].Bytes), "\n"); strings.Contains(subject, "Korrektur: ") {
						got = "mail!"
					}
					if now != "moved" && now != "unlinked" {
						s.says(now)
					}
				} else if len(as) != 1 {
					got = fmt.Sprintf("%d mails", len(as))
				}
				if got != want {
					t.Errorf("told %s, now %s: %s, wanted %s\n%s", before, now, got, want, s.last(ticket.OutAnswer))
				}
				s.isNow(now)
			})
		}
	}
}

func (s *stage) run(lines ...string) {
	s.Helper()
	for _, l := range lines {
		for _, one := range strings.Split(strings.TrimSpace(l), "\n") {
			s.where = one
			s.step(one)
		}
	}
}

// isNow checks that a column is what it says.
func (s *stage) isNow(now string) {
	s.Helper()
	d, err := ticket.ShowEmergency(s.ctx, s.store, ticket.FirstEmergency)
	s.check(err)
	overdue := !s.clock.Now().Before(d.CallbackBy)
	long := s.clock.Now().Sub(d.Created) >= 2*time.Minute
	is := map[string]bool{
		"alarm_pending":   d.State == ticket.Triggered && d.Alarm == ticket.AlarmPending && !overdue,
		"alarmed":         d.State == ticket.Triggered && d.Alarm == ticket.AlarmAccepted && !overdue,
		"acknowledged":    d.State == ticket.Acknowledged,
		"called_back":     d.State == ticket.CalledBack,
		"trouble_failed":  d.State == ticket.Triggered && d.Alarm == ticket.AlarmFailed && !overdue,
		"trouble_pending": d.State == ticket.Triggered && d.Alarm == ticket.AlarmPending && long && !overdue,
		"trouble_overdue": d.State == ticket.Triggered && overdue || d.State == ticket.Acknowledged && overdue,
		"cancelled":       d.State == ticket.Cancelled,
		"ended":           d.State == ticket.Resolved && d.CalledBackAt.IsZero(),
		"resolved":        d.State == ticket.Resolved && !d.CalledBackAt.IsZero(),
	}
	if ok, asked := is[now]; asked && !ok {
		s.Errorf("%s: the emergency is %s, its alarm %s, overdue %v", now, d.State, d.Alarm, overdue)
	}
}
