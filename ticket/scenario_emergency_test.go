package ticket_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"notfalld/ticket"
)

// Steps of scenarios about emergencies:
//
//	channels NAME…                alarm channels: sms is a mail, everything else a webhook; emergencies by API ring them
//	trigger KEY=VALUE…            name, customer, email, phone, problem, servers, key, way, alarm, lang, ago, price; blanks are written _
//	ack|called|resolve|cancel NE-10001
//	link NS-10001 NE-10001        staff link; unlink NS-10001
//	tend                          what time alone brings about
//	emergencies N                 so many exist
//	emergency NE-10001 KEY=VALUE… state, alarm, tickets, incomplete, customer, phone, email, clock
//	linked NS-10001 NE-10001      or none; suggested NS-10001 NE-10001,NE-10002 or none
//	says ROW [TO]                 what the last accepted answer (to this address) said: alarmed/outside
//	told ROW TO                   what the last accepted confirmation to this address said
//	confirmations N [TO]          so many were accepted
//	confirmation "WORDS"          the last one holds the words; confirmation! "WORDS"
//	alike N M                     two accepted answers say the same, but for numbers of tickets and their tokens
//	pages N [CHANNEL] / page "WORDS" / alarms N    pages and alarm mails that were taken
//	pages-fail CODE [CHANNEL]     from now on pages (of this channel) end like this: 404, 503, lost; ok
func init() {
	for verb, step := range map[string]func(*stage, string){
		"channels":      (*stage).setChannels,
		"trigger":       (*stage).trigger,
		"ack":           func(s *stage, a string) { s.advance(a, ticket.Acknowledged) },
		"called":        func(s *stage, a string) { s.advance(a, ticket.CalledBack) },
		"resolve":       func(s *stage, a string) { s.advance(a, ticket.Resolved) },
		"cancel":        func(s *stage, a string) { s.advance(a, ticket.Cancelled) },
		"link":          (*stage).link,
		"unlink":        func(s *stage, a string) { s.check(s.desk.UnlinkTicket(s.ctx, s.ticketID(a), "anna", "")) },
		"tend":          func(s *stage, _ string) { _, err := s.desk.TendEmergencies(s.ctx); s.check(err) },
		"emergencies":   (*stage).countEmergencies,
		"emergency":     (*stage).wantEmergency,
		"linked":        (*stage).wantLinked,
		"suggested":     (*stage).wantSuggested,
		"says":          (*stage).wantSays,
		"told":          (*stage).wantTold,
		"confirmations": func(s *stage, a string) { s.count(ticket.OutConfirmation, a) },
		"confirmation":  func(s *stage, a string) { s.holds(s.last(ticket.OutConfirmation), a, true) },
		"confirmation!": func(s *stage, a string) { s.holds(s.last(ticket.OutConfirmation), a, false) },
		"alike":         (*stage).wantAlike,
		"pages":         func(s *stage, a string) { s.count(ticket.OutPage, a) },
		"page":          func(s *stage, a string) { s.holds(s.lastPage(), a, true) },
		"page!":         func(s *stage, a string) { s.holds(s.lastPage(), a, false) },
		"alarms":        func(s *stage, a string) { s.count(ticket.OutAlarm, a) },
		"alarm":         func(s *stage, a string) { s.holds(s.last(ticket.OutAlarm), a, true) },
		"pages-fail":    func(s *stage, a string) { s.setPageFault(a) },
	} {
		steps[verb] = step
	}
}

func (s *stage) setPageFault(args string) {
	how, channel, _ := strings.Cut(args, " ")
	if s.pageFaults == nil {
		s.pageFaults = map[string]string{}
	}
	s.pageFaults[channel] = how
}

// setChannels opens the desk anew, with alarm channels.
func (s *stage) setChannels(args string) {
	s.reopen(func(o *ticket.Options) { o.Alarm = alarmOptions(strings.Fields(args)...) })
}

func alarmOptions(names ...string) ticket.AlarmOptions {
	a := ticket.AlarmOptions{API: ticket.AlarmChannels, EscalateAfter: ticket.DefaultEscalateAfter}
	for _, name := range names {
		c := ticket.Channel{Name: name, Type: "webhook"}
		if name == "sms" {
			c = ticket.Channel{Name: name, Type: "mail", Address: "0664123@sms.notfall-hoster.at"}
		}
		a.Channels = append(a.Channels, c)
	}
	return a
}

func (s *stage) trigger(args string) {
	t := ticket.Trigger{Way: ticket.WayAPI, Actor: "api"}
	for _, f := range strings.Fields(args) {
		key, value, _ := strings.Cut(f, "=")
		value = strings.ReplaceAll(value, "_", " ")
		switch key {
		case "name":
			t.Name = value
		case "customer":
			t.CustomerNumber = value
		case "email":
			t.Email = value
		case "phone":
			t.Phone = value
		case "problem":
			t.Problem = value
		case "servers":
			t.Servers = strings.Split(value, ",")
		case "key":
			t.Key = value
		case "way":
			t.Way = ticket.Way(value)
		case "alarm":
			t.Alarm = value
		case "lang":
			t.Language = value
		case "ago":
			d, err := time.ParseDuration(value)
			s.check(err)
			t.TriggeredAt = s.clock.Now().Add(-d)
		case "price":
			t.Consent = ticket.Consent{Hash: strings.Repeat("ab", 32), Text: "Ich bin Unternehmer und stimme zu.", Price: value, At: s.clock.Now(), Address: "192.0.2.7"}
		default:
			s.Fatalf("%s: %q", s.where, f)
		}
	}
	_, _, err := s.desk.Trigger(s.ctx, t)
	s.check(err)
}

func (s *stage) ticketID(a string) int64 {
	id, ok := ticket.ParseNumber(a)
	if !ok {
		s.Fatalf("%s: %q", s.where, a)
	}
	return id
}

func (s *stage) emergencyID(a string) int64 {
	id, ok := ticket.ParseEmergencyNumber(a)
	if !ok {
		s.Fatalf("%s: %q", s.where, a)
	}
	return id
}

func (s *stage) advance(a string, to ticket.EmergencyState) {
	_, err := s.desk.Advance(s.ctx, s.emergencyID(a), to, "anna", "")
	s.check(err)
}

func (s *stage) link(a string) {
	t, e, _ := strings.Cut(a, " ")
	s.check(s.desk.LinkTicket(s.ctx, s.ticketID(t), s.emergencyID(e), "anna", ""))
}

func (s *stage) countEmergencies(a string) {
	es, err := ticket.ListEmergencies(s.ctx, s.store, ticket.EmergencyQuery{})
	s.check(err)
	s.equal(a, strconv.Itoa(len(es)))
}

func (s *stage) wantEmergency(args string) {
	fields := strings.Fields(args)
	d, err := ticket.ShowEmergency(s.ctx, s.store, s.emergencyID(fields[0]))
	s.check(err)
	c := d.Clock(s.clock.Now())
	got := map[string]string{
		"state": string(d.State), "alarm": string(d.Alarm), "tickets": strings.Join(d.Tickets, ","), "incomplete": strings.Join(d.Incomplete, ","),
		"customer": d.CustomerNumber, "phone": d.Phone, "email": d.Email, "servers": strings.Join(d.Servers, ","), "clock": string(c.State), "took": c.Took.String(),
		"left": c.Left.String(), "callback": d.CallbackBy.Format(time.RFC3339),
	}
	for _, f := range fields[1:] {
		key, want, _ := strings.Cut(f, "=")
		if g, ok := got[key]; !ok || g != want {
			s.Errorf("%s: %s is %q", s.where, key, g)
		}
	}
}

func (s *stage) wantLinked(a string) {
	name, want, _ := strings.Cut(a, " ")
	d, err := ticket.Show(s.ctx, s.store, s.ticketID(name))
	s.check(err)
	got := d.Emergency
	if got == "" {
		got = "none"
	}
	if got != want {
		s.Errorf("%s: it is linked to %s; %+v", s.where, got, d.Links)
	}
}

func (s *stage) wantSuggested(a string) {
	name, want, _ := strings.Cut(a, " ")
	d, err := ticket.Show(s.ctx, s.store, s.ticketID(name))
	s.check(err)
	slices.Sort(d.Suggested)
	got := strings.Join(d.Suggested, ",")
	if got == "" {
		got = "none"
	}
	if got != want {
		s.Errorf("%s: suggested is %s; %+v", s.where, got, d.Links)
	}
}

func (s *stage) lastRow(k ticket.OutKind, to string) string {
	all := s.accepted(k, to)
	if len(all) == 0 {
		s.Fatalf("%s: nothing was sent", s.where)
	}
	return all[len(all)-1].Row
}

func (s *stage) wantSays(a string) {
	want, to, _ := strings.Cut(a, " ")
	s.equal(want, s.lastRow(ticket.OutAnswer, to))
}

func (s *stage) wantTold(a string) {
	want, to, _ := strings.Cut(a, " ")
	s.equal(want, s.lastRow(ticket.OutConfirmation, to))
}

func (s *stage) count(k ticket.OutKind, a string) {
	want, to, _ := strings.Cut(a, " ")
	s.equal(want, strconv.Itoa(len(s.accepted(k, to))))
}

func (s *stage) lastPage() string {
	all := s.accepted(ticket.OutPage, "")
	if len(all) == 0 {
		s.Fatalf("%s: nothing was rung", s.where)
	}
	return string(all[len(all)-1].Bytes)
}

// wantAlike compares two answers as their readers see them.
func (s *stage) wantAlike(a string) {
	var i, j int
	_, err := fmt.Sscan(a, &i, &j)
	s.check(err)
	as := s.answers("")
	if i > len(as) || j > len(as) {
		s.Fatalf("%s: there are only %d", s.where, len(as))
	}
	one, two := numbersOut(words(s.T, as[i-1].Bytes)), numbersOut(words(s.T, as[j-1].Bytes))
	if one != two {
		s.Errorf("%s: they differ:\n%s\n---\n%s", s.where, one, two)
	}
}

// numbersOut takes the numbers and tokens of tickets out of an answer.
func numbersOut(text string) string {
	fields := strings.Split(text, "NS-")
	for i := 1; i < len(fields); i++ {
		fields[i] = strings.TrimLeft(fields[i], "0123456789")
		if rest, ok := strings.CutPrefix(fields[i], " · c"); ok && len(rest) >= 32 {
			fields[i] = rest[32:]
		}
	}
	return strings.Join(fields, "NS-")
}

// deliverPages attempts the pages that are due.
func (s *stage) deliverPages() {
	for range 100 {
		os, err := s.desk.DuePages(s.ctx, 1000)
		s.check(err)
		if len(os) == 0 {
			return
		}
		for _, due := range os {
			o, ok, err := s.desk.Freeze(s.ctx, due.ID)
			s.check(err)
			if !ok {
				continue
			}
			out := s.pageOutcome(o.Channel)
			s.check(s.desk.Delivered(s.ctx, o.ID, out))
			if out.Result == ticket.Accepted {
				s.sent = append(s.sent, o)
			}
		}
	}
	s.Fatalf("%s: the pages never end", s.where)
}

func (s *stage) pageOutcome(channel string) ticket.Outcome {
	how, ok := s.pageFaults[channel]
	if !ok {
		how = s.pageFaults[""]
	}
	later := s.clock.Now().Add(5 * time.Second)
	switch code, _ := strconv.Atoi(how); {
	case how == "" || how == "ok":
		return ticket.Outcome{Result: ticket.Accepted, Code: 202}
	case how == "lost":
		return ticket.Outcome{Result: ticket.Unclear, Text: "connection reset", RetryAt: later}
	case code >= 500:
		return ticket.Outcome{Result: ticket.Temporary, Code: code, Text: "try later", RetryAt: later}
	default:
		return ticket.Outcome{Result: ticket.Permanent, Code: code, Text: "no such page"}
	}
}
