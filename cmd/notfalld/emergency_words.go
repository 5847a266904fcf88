package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notfalld/ticket"
)

// clockText says how an emergency stands against its call-back time.
func clockText(c ticket.ServiceClock) (string, style) {
	switch c.State {
	case ticket.ClockOverdue:
		return "OVERDUE " + span(c.Left), red
	case ticket.ClockCalled:
		return "called after " + span(c.Took), green
	case ticket.ClockResolved:
		return "resolved after " + span(c.Took), dim
	case ticket.ClockCancelled:
		return "cancelled", dim
	}
	if c.Left <= 10*time.Minute {
		return "call back in " + span(wholeMinutes(c.Left)), yellow
	}
	return "call back in " + span(wholeMinutes(c.Left)), ""
}

// wholeMinutes counts a part of a minute as one: what is due in 30 minutes is so for the whole of the first.
func wholeMinutes(d time.Duration) time.Duration { return (d + time.Minute - 1).Truncate(time.Minute) }

// span is a length of time as one says it: "12 min", "1 h 5 min", "3 days"; less than a minute is one.
func span(d time.Duration) string {
	m := int(max(d, 0) / time.Minute)
	switch {
	case m == 0:
		return "1 min"
	case m < 60:
		return strconv.Itoa(m) + " min"
	case m < 48*60 && m%60 == 0:
		return strconv.Itoa(m/60) + " h"
	case m < 48*60:
		return fmt.Sprintf("%d h %d min", m/60, m%60)
	}
	return strconv.Itoa(m/(24*60)) + " days"
}

// alarmWords says at a glance whether somebody knows.
func alarmWords(v ticket.EmergencyView) (string, style) {
	switch {
	case v.State == ticket.Acknowledged:
		return "taken over", green
	case v.State != ticket.Triggered:
		return "", ""
	case v.External:
		return "paged by others", ""
	case v.Alarm == ticket.AlarmAccepted:
		return "alarm confirmed", green
	case v.Alarm == ticket.AlarmFailed:
		return "NOBODY ALARMED", red
	}
	return "not confirmed", yellow
}

// alarmSentence says the same so that nobody can misunderstand it.
func alarmSentence(v ticket.EmergencyView) (string, style) {
	switch {
	case v.External:
		return "external: notfalld itself has paged nobody, somebody else must have done so", yellow
	case v.Alarm == ticket.AlarmAccepted:
		return "confirmed: an alarm channel has taken it", green
	case v.State != ticket.Triggered:
		return "never confirmed by an alarm channel", ""
	case v.Alarm == ticket.AlarmFailed:
		return "FAILED: no alarm channel has taken it; call the technician yourself", red
	}
	return "pending: no alarm channel has taken it yet; is the daemon running? " + "notfalld emergency show " + v.ID + " says more", yellow
}

// signalText is one reason for a link in words, with its weight.
func signalText(s ticket.Signal) string {
	text, found := map[string]string{
		"token": "our token of %s came back", "number": "the mail names %s", "customer_number": "customer number %s in both",
		"address": "address %s in both", "domain": "domain %s in both", "phone": "phone %s in both", "owner": "customer %s in both",
		"server": "server %s in both", "near": "near in time", "contradiction": "against it",
	}[s.Kind]
	switch {
	case !found:
		text = strings.TrimSpace(s.Kind + " " + s.Value)
	case strings.Contains(text, "%s"):
		text = fmt.Sprintf(text, cmp.Or(s.Value, "the same"))
	}
	if s.Why != "" && s.Kind != "token" && s.Kind != "number" { // those say it already
		text += ": " + s.Why
	}
	if s.Weight != 0 {
		text += fmt.Sprintf(" (%d)", s.Weight)
	}
	return text
}

// linkText is a link's state, and who made it.
func (p page) linkText(l ticket.LinkView) string {
	who := "by the rules"
	if l.By != "rules" {
		who = "by " + l.By
	}
	text := ""
	switch l.State {
	case ticket.Linked:
		text = "linked " + who + ", " + p.clock(l.At)
		if l.By == "rules" && l.Told {
			text += "; told, so that no rule changes it"
		}
	case ticket.Suggested:
		text = "suggested " + who + ": staff decide"
	case ticket.Refused:
		text = "unlinked " + who + ", " + p.clock(l.At) + ": no rule links it again"
	default:
		text = string(l.State) + " " + who
	}
	return text
}

// why gives the reasons of a link, one to a line, and what they come to.
func why(l ticket.LinkView) []string {
	lines := each(l.Signals, signalText)
	if len(l.Signals) > 1 {
		lines = append(lines, fmt.Sprintf("together %d", l.Score))
	}
	return lines
}

// wayText says how an emergency came in.
func wayText(w ticket.Way) string {
	switch w {
	case ticket.WayAPI:
		return "HTTP API"
	case ticket.WayForm:
		return "the form /notfall"
	case ticket.WayMail:
		return "a mail of the company's form"
	case ticket.WayCLI:
		return "the command line"
	}
	return string(w)
}

// stateText is a state as one says it.
func stateText(s ticket.EmergencyState) string { return strings.ReplaceAll(string(s), "_", " ") }

// clocksOf reads the clocks of emergencies, by their numbers.
func clocksOf(ctx context.Context, s ticket.Store, numbers []string, text func(ticket.ServiceClock) string) (map[string]string, error) {
	now := ticket.SystemClock{}.Now()
	clocks := map[string]string{}
	err := s.View(ctx, func(tx ticket.Tx) error {
		for _, n := range numbers {
			id, ok := ticket.ParseEmergencyNumber(n)
			if _, read := clocks[n]; read || !ok {
				continue
			}
			e, ok, err := tx.Emergency(id)
			if err != nil {
				return err
			}
			if ok {
				v := ticket.EmergencyView{State: e.State, TriggeredAt: e.TriggeredAt, CallbackBy: e.CallbackBy, CalledBackAt: e.CalledAt, EndedAt: e.EndedAt}
				clocks[n] = text(v.Clock(now))
			}
		}
		return nil
	})
	return clocks, err
}

func clockWords(c ticket.ServiceClock) string {
	text, _ := clockText(c)
	return text
}

// shortClock is clockText for a narrow column.
func shortClock(c ticket.ServiceClock) string {
	switch c.State {
	case ticket.ClockDue:
		return "in " + age(wholeMinutes(c.Left))
	case ticket.ClockOverdue:
		return "OVERDUE"
	}
	return string(c.State)
}

// cutError is an error's text without that of the one that ends it.
func cutError(err, end error) (string, bool) {
	if !errors.Is(err, end) {
		return "", false
	}
	return strings.TrimSuffix(err.Error(), ": "+end.Error()), true
}
