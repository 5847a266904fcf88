package ticket_test

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"notfalld/ticket"
)

// A scenario is a file testdata/scenarios/NAME.txtar: its comment is the script, its files are the mails. The steps:
//
//	at TIME                       sets the clock (RFC 3339)
//	wait DURATION                 lets it go on
//	mail FILE [proof] [ago=DURATION] [as=NAME] [in=MAILBOX]   takes a mail; proof is pass, fail or unknown; ago: arrived so long ago
//	deliver [451|550|lost]        attempts everything due; answers (and confirmations) have this outcome (none: accepted)
//	closing                       what happens at closing time
//	close NS-10001                staff close a ticket
//	tickets N                     so many tickets exist
//	ticket NS-10001 KEY=VALUE…    state, mails, servers, customer, previous, related, from, priority, tags
//	entry FILE STATE              what became of the mail
//	answers N [TO]                so many answers were accepted (to this address)
//	same N M                      the Nth and the Mth accepted answer are the same bytes
//	answer "WORDS"                the last accepted answer holds the words (subject or text)
//	answer! "WORDS"               and it does not hold these
//	staff "WORDS" / staff! "WORDS"   the last notice to staff does, or does not
//	history NS-10001 "WORDS"      a line of its history does
//
//	notices N [TO]                so many notices were accepted (to this address)
//	notice "WORDS" / notice! "WORDS"   the last one holds them as it travels, header included
//	times N STEP                  a step, so many times
//
// A file rules.yaml is the admin's folder of rules; inventory.csv and contacts.csv are what they are in an installation. {{n}} in a mail is
// another number each time that one is taken.
// In a mail, {{id}}, {{reply-to}}, {{envelope}}, {{line}} stand for the Message-ID, Reply-To, envelope sender and ticket line of the last answer;
// {{c-id}} and so on for those of the last confirmation, {{a-id}} of the last alarm.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("scenarios are missing: %d files, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(f)
			if err != nil {
				t.Fatal(err)
			}
			newStage(t).play(f, a)
		})
	}
}

// stage is a desk on a store of its own, with a clock that the script turns.
type stage struct {
	*testing.T
	ctx    context.Context
	clock  *clock
	store  ticket.Store
	desk   *ticket.Desk
	uid    uint32
	mails  map[string][]byte
	became map[string]ticket.EntryState
	sent   []ticket.Out // accepted, in order
	// pageFaults are how pages end, by channel; "" is every other.
	pageFaults map[string]string
	adjust     []func(*ticket.Options) // what the scenario has set
	named      map[string]ticket.Out   // mails that the scenario has given a name
	onLie      func(why string)        // what to do with a mail that says what is not so; nil: the test fails
	where      string
}

func (s *stage) play(file string, a *txtar.Archive) {
	for _, f := range a.Files {
		s.mails[f.Name] = bytes.ReplaceAll(f.Data, []byte("\n"), []byte("\r\n"))
	}
	s.setFiles()
	for i, line := range strings.Split(string(a.Comment), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s.where = fmt.Sprintf("%s:%d: %s", file, i+1, line)
		s.step(line)
		if s.Failed() {
			return
		}
	}
}

func (s *stage) step(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	if verb == "times" {
		count, step, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(count)
		s.check(err)
		for range n {
			s.step(step)
		}
		return
	}
	step, ok := steps[verb]
	if !ok {
		s.Fatalf("%s: no such step", s.where)
	}
	step(s, rest)
}

// reopen opens the desk anew, with one thing set beside what was set before.
func (s *stage) reopen(set func(*ticket.Options)) {
	s.adjust = append(s.adjust, set)
	o := options(s.T, s.store, s.clock)
	for _, f := range s.adjust {
		f(&o)
	}
	desk, err := ticket.NewDesk(s.ctx, o)
	s.check(err)
	s.desk = desk
}

// setRules opens the desk anew with an admin's rules.
func (s *stage) setRules(text string) {
	set := ruleFile(s.T, text)
	s.reopen(func(o *ticket.Options) { o.Rules = set })
}

var steps = map[string]func(s *stage, args string){
	"at": func(s *stage, a string) {
		t, err := time.Parse(time.RFC3339, a)
		s.check(err)
		s.clock.set(t)
	},
	"wait": func(s *stage, a string) {
		d, err := time.ParseDuration(a)
		s.check(err)
		s.clock.set(s.clock.Now().Add(d))
	},
	"mail":    func(s *stage, a string) { s.takeMail(a) },
	"deliver": (*stage).deliver,
	"closing": func(s *stage, _ string) { _, err := s.desk.AnswerAtClosing(s.ctx); s.check(err) },
	"close": func(s *stage, a string) {
		id, _ := ticket.ParseNumber(a)
		s.check(ticket.CloseTicket(s.ctx, s.store, s.clock, id, "test", "done"))
	},
	"tickets": func(s *stage, a string) {
		ts, err := ticket.List(s.ctx, s.store, ticket.TicketQuery{})
		s.check(err)
		s.equal(a, strconv.Itoa(len(ts)))
	},
	"ticket":  (*stage).wantTicket,
	"entry":   func(s *stage, a string) { name, want, _ := strings.Cut(a, " "); s.equal(want, string(s.became[name])) },
	"answers": (*stage).wantAnswers,
	"same": func(s *stage, a string) {
		var i, j int
		_, err := fmt.Sscan(a, &i, &j)
		s.check(err)
		as := s.answers("")
		if i > len(as) || j > len(as) || !bytes.Equal(as[i-1].Bytes, as[j-1].Bytes) {
			s.Errorf("%s: they differ, or there are only %d", s.where, len(as))
		}
	},
	"answer":  func(s *stage, a string) { s.holds(s.last(ticket.OutAnswer), a, true) },
	"answer!": func(s *stage, a string) { s.holds(s.last(ticket.OutAnswer), a, false) },
	"staff":   func(s *stage, a string) { s.holds(s.last(ticket.OutNotice), a, true) },
	"staff!":  func(s *stage, a string) { s.holds(s.last(ticket.OutNotice), a, false) },
	"notices": func(s *stage, a string) {
		want, to, _ := strings.Cut(a, " ")
		s.equal(want, strconv.Itoa(len(s.accepted(ticket.OutNotice, to))))
	},
	"notice":  func(s *stage, a string) { s.holds(s.lastNotice(), a, true) },
	"notice!": func(s *stage, a string) { s.holds(s.lastNotice(), a, false) },
	"history": func(s *stage, a string) {
		name, words, _ := strings.Cut(a, " ")
		var events []ticket.Event
		if id, ok := ticket.ParseEmergencyNumber(name); ok {
			d, err := ticket.ShowEmergency(s.ctx, s.store, id)
			s.check(err)
			events = d.History
		} else {
			d, err := ticket.Show(s.ctx, s.store, s.ticketID(name))
			s.check(err)
			events = d.History
		}
		var all strings.Builder
		for _, e := range events {
			fmt.Fprintln(&all, e.What, e.Why)
		}
		s.holds(all.String(), words, true)
	},
}

func (s *stage) takeMail(args string) ticket.Entry {
	fields := strings.Fields(args)
	raw := []byte(s.fill(strings.ReplaceAll(string(s.mails[fields[0]]), "{{n}}", strconv.Itoa(int(s.uid)+1))))
	if len(raw) == 0 {
		s.Fatalf("%s: no such mail", s.where)
	}
	name, arrived, folder, mailbox := fields[0], s.clock.Now(), "INBOX", "support"
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		switch key {
		case "pass", "fail":
			from, err := mail.ReadMessage(bytes.NewReader(raw))
			s.check(err)
			a, err := mail.ParseAddress(from.Header.Get("From"))
			s.check(err)
			domain := a.Address[strings.IndexByte(a.Address, '@')+1:]
			head := fmt.Sprintf("Authentication-Results: mx.notfall-hoster.at; dmarc=%s (p=%s dis=none) header.from=%s\r\n", key, or(value, "none"), domain)
			raw = append([]byte(head), raw...)
		case "unknown":
		case "sent":
			folder = "Sent"
		case "ago":
			d, err := time.ParseDuration(value)
			s.check(err)
			arrived = arrived.Add(-d)
		case "as":
			name = value
		case "in":
			mailbox = value
		default:
			s.Fatalf("%s: %q", s.where, f)
		}
	}
	s.uid++
	e, err := s.desk.Take(s.ctx, ticket.Fetched{
		Place: ticket.Place{Mailbox: mailbox, Folder: folder, UIDValidity: 1, UID: s.uid}, InternalDate: arrived, Size: int64(len(raw)), Raw: raw, Sent: folder == "Sent",
	})
	s.check(err)
	s.became[name] = e.State
	return e
}

// deliver attempts what is due, one by one, as the outbox does.
func (s *stage) deliver(how string) {
	out := ticket.Outcome{Result: ticket.Accepted, Code: 250}
	switch how {
	case "":
	case "lost":
		out = ticket.Outcome{Result: ticket.Unclear, Text: "connection reset", RetryAt: s.clock.Now().Add(time.Minute)}
	default:
		code, err := strconv.Atoi(how)
		s.check(err)
		out = ticket.Outcome{Result: ticket.Temporary, Code: code, Text: "try later", RetryAt: s.clock.Now().Add(time.Minute)}
		if code >= 500 {
			out.Result, out.Text = ticket.Permanent, "no such user"
		}
	}
	for range 1000 {
		s.deliverPages()
		os, err := s.desk.DueOut(s.ctx, 1000)
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
			now := out
			if o.Kind != ticket.OutAnswer && o.Kind != ticket.OutConfirmation && o.Kind != ticket.OutRelay { // faults are for customers; staff's own server works
				now = ticket.Outcome{Result: ticket.Accepted, Code: 250}
			}
			s.check(s.desk.Delivered(s.ctx, o.ID, now))
			if now.Result != ticket.Temporary && now.Result != ticket.Permanent {
				s.sent = append(s.sent, o)
				s.honest(o)
			}
		}
	}
	s.Fatalf("%s: the outbox never ends", s.where)
}

func (s *stage) wantTicket(args string) {
	fields := strings.Fields(args)
	id, ok := ticket.ParseNumber(fields[0])
	if !ok {
		s.Fatalf("%s: %q", s.where, fields[0])
	}
	d, err := ticket.Show(s.ctx, s.store, id)
	s.check(err)
	var servers []string
	for _, x := range d.Servers {
		servers = append(servers, x.Name)
	}
	got := map[string]string{
		"state": string(d.State), "mails": strconv.Itoa(len(d.Mails)), "servers": strings.Join(servers, ","), "customer": d.CustomerNumber,
		"previous": d.Previous, "related": d.Related, "from": d.From,
		"emergency": d.Emergency, "suggested": strings.Join(d.Suggested, ","),
		"assigned": d.Assigned, "answered_by": d.AnsweredBy,
		"priority": d.Priority, "tags": strings.Join(d.Tags, ","),
	}
	for _, f := range fields[1:] {
		key, want, _ := strings.Cut(f, "=")
		if g, ok := got[key]; !ok || g != want {
			s.Errorf("%s: %s is %q", s.where, key, g)
		}
	}
}

func (s *stage) wantAnswers(args string) {
	want, to, _ := strings.Cut(args, " ")
	s.equal(want, strconv.Itoa(len(s.answers(to))))
}

// answers lists what was accepted for one address, or for all.
func (s *stage) answers(to string) []ticket.Out { return s.accepted(ticket.OutAnswer, to) }

func (s *stage) lastNotice() string {
	all := s.accepted(ticket.OutNotice, "")
	if len(all) == 0 {
		s.Fatalf("%s: nothing was sent", s.where)
	}
	return string(all[len(all)-1].Bytes)
}

func (s *stage) accepted(k ticket.OutKind, to string) (as []ticket.Out) {
	for _, o := range s.sent {
		if o.Kind == k && (to == "" || o.Recipient == to || o.Channel == to) {
			as = append(as, o)
		}
	}
	return as
}

// last is the youngest accepted mail of a kind: its headers as sent, and its words decoded.
func (s *stage) last(k ticket.OutKind) string {
	for i := len(s.sent) - 1; i >= 0; i-- {
		if s.sent[i].Kind == k {
			return words(s.T, s.sent[i].Bytes)
		}
	}
	s.Fatalf("%s: nothing was sent", s.where)
	return ""
}

func (s *stage) holds(text, quoted string, want bool) {
	w, err := strconv.Unquote(quoted)
	s.check(err)
	if strings.Contains(text, w) != want {
		s.Errorf("%s: found it: %v, in\n%s", s.where, !want, text)
	}
}

// fill puts what the last answer, or confirmation, said into a mail.
func (s *stage) fill(raw string) string {
	raw = s.fillFrom(raw, "{{c-", ticket.OutConfirmation)
	raw = s.fillFrom(raw, "{{a-", ticket.OutAlarm)
	raw = s.fillFrom(raw, "{{r-", ticket.OutRelay)
	raw = s.fillNamed(s.fillLast(raw))
	raw = s.fillFrom(raw, "{{n-", ticket.OutNotice)
	return s.fillFrom(raw, "{{", ticket.OutAnswer)
}

func (s *stage) fillFrom(raw, mark string, kind ticket.OutKind) string {
	if !strings.Contains(raw, mark) {
		return raw
	}
	all := s.accepted(kind, "")
	if len(all) == 0 {
		s.Fatalf("%s: nothing of that kind was sent yet", s.where)
	}
	return s.fillOut(raw, mark, all[len(all)-1])
}

func (s *stage) fillOut(raw, mark string, o ticket.Out) string {
	if !strings.Contains(raw, mark) {
		return raw
	}
	m, err := mail.ReadMessage(bytes.NewReader(o.Bytes))
	s.check(err)
	line := ""
	for _, l := range strings.Split(words(s.T, o.Bytes), "\n") {
		if (strings.Contains(l, "NS-") || strings.Contains(l, "NE-")) && strings.Contains(l, "·") {
			line = strings.TrimSpace(l)
		}
	}
	reply, _ := mail.ParseAddress(m.Header.Get("Reply-To"))
	if reply == nil {
		reply = &mail.Address{}
	}
	return strings.NewReplacer(mark+"id}}", o.MessageID, mark+"reply-to}}", reply.Address, mark+"envelope}}", o.EnvelopeFrom, mark+"line}}", line,
		mark+"references}}", strings.Join(strings.Fields(m.Header.Get("References")), " "), mark+"raw}}", string(o.Bytes)).Replace(raw)
}

func (s *stage) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatalf("%s: %v", s.where, err)
	}
}

func (s *stage) equal(want, got string) {
	s.Helper()
	if want != got {
		s.Errorf("%s: got %q", s.where, got)
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
