package outbox

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// Each case: what is wrong with the server, for as long as it lasts. Every one of them is for the whole outbox to
// wait out, with one line in the log, whatever number of mails waits.
var outageCases = []struct {
	name  string
	fault postoffice.Fault
	gone  bool // the server is stopped
	words string
}{
	{name: "gone", gone: true, words: "connection refused"},
	{name: "accepts, and never greets", fault: postoffice.Fault{At: postoffice.SMTPConnect, Mute: true}, words: "i/o timeout"},
	{name: "closes at once", fault: postoffice.Fault{At: postoffice.SMTPConnect, Drop: true}, words: "greeting"},
	{name: "banner 554", fault: postoffice.Fault{At: postoffice.SMTPConnect, Reply: "554 5.3.2 No mail today", Drop: true}, words: "554"},
	{name: "banner 421", fault: postoffice.Fault{At: postoffice.SMTPConnect, Reply: "421 4.3.2 Too busy", Drop: true}, words: "421"},
	{name: "garbage for a banner", fault: postoffice.Fault{At: postoffice.SMTPConnect, Reply: "\x00\xff\x16\x03\x01", Drop: true}, words: "greeting"},
	{name: "silent at EHLO", fault: postoffice.Fault{At: postoffice.SMTPHello, Mute: true}, words: "i/o timeout"},
	{name: "silent at MAIL", fault: postoffice.Fault{At: postoffice.SMTPMail, Mute: true}, words: "i/o timeout"},
	{name: "silent at DATA", fault: postoffice.Fault{At: postoffice.SMTPData, Mute: true}, words: "i/o timeout"},
	{name: "closes at MAIL", fault: postoffice.Fault{At: postoffice.SMTPMail, Drop: true}, words: "EOF"},
	{name: "garbage at RCPT", fault: postoffice.Fault{At: postoffice.SMTPRcpt, Reply: "ok, ok"}, words: "ok, ok"},
	{name: "421 at RCPT", fault: postoffice.Fault{At: postoffice.SMTPRcpt, Reply: "421 4.7.0 Come back later", Drop: true}, words: "421"},
	{name: "wants a login", fault: postoffice.Fault{At: postoffice.SMTPMail, Reply: "530 5.7.0 Authentication required"}, words: "530"},
	{name: "sends the dot into nothing", fault: postoffice.Fault{At: postoffice.SMTPDot, Mute: true}, words: "i/o timeout"},
}

func TestOutage(t *testing.T) {
	for _, c := range outageCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			mend := func() error { s.office.ClearFaults(); return nil }
			if c.gone {
				s.office.Stop(postoffice.SMTP)
				mend = func() error { return s.office.Start(postoffice.SMTP) }
			} else {
				s.office.Inject(c.fault)
			}
			const mails = 5
			s.take(mails)
			o := s.options()
			o.Connections = 1
			if strings.Contains(c.words, "timeout") {
				o.Timeout = time.Second
			}
			r := s.startDriven(o)
			s.until("two failed attempts", func() bool { return s.attempted() >= 2 })
			s.wantDown(r, c.words)
			s.check(mend())
			s.untilDone()
			if st := r.Status(); !st.Reachable || st.LastError != "" || st.Sent != 2*mails {
				t.Errorf("at last: %+v", st)
			}
			if back := s.log.lines("server is back"); len(back) != 1 {
				t.Errorf("told %d times that it is back", len(back))
			}
			if c.fault.At != postoffice.SMTPDot { // what may have been accepted already does not go out again so soon
				s.wantOrder(mails)
			}
		})
	}
}

func (s *stage) attempted() (n int) {
	s.Helper()
	for _, o := range s.outs(ticket.OutQuery{}) {
		n += o.Attempts
	}
	return n
}

func (s *stage) wantDown(r *running, words string) {
	s.Helper()
	if st := r.Status(); st.Reachable || !strings.Contains(st.LastError, words) || st.Sent != 0 {
		s.Errorf("status %+v", st)
	}
	if gone := s.log.lines("mail server cannot be used"); len(gone) != 1 || !strings.Contains(gone[0], words) {
		s.Errorf("told %d times: %q", len(gone), gone)
	}
}

// wantOrder checks that all answers went out before all notices, each once.
func (s *stage) wantOrder(mails int) {
	s.Helper()
	ds := s.office.Deliveries()
	if len(ds) != 2*mails {
		s.Fatalf("%d mails were delivered", len(ds))
	}
	seen := map[string]bool{}
	for i, d := range ds {
		if notice := d.To[0] == "team@notfall-hoster.at"; notice != (i >= mails) {
			s.Errorf("delivery %d went to %s", i, d.To[0])
		}
		if id := idOf(d.Data); id == "" || seen[id] {
			s.Errorf("delivery %d has the Message-ID %q once more", i, id)
		} else {
			seen[id] = true
		}
	}
	for _, a := range s.answers() {
		s.wantArrived(a, 1)
	}
}

// A server that comes back while nothing waits is found out all the same: Status must not stay wrong until the next customer writes.
func TestBackWithNothingToSend(t *testing.T) {
	s := newStage(t, noStaff)
	s.office.Stop(postoffice.SMTP)
	s.take(1)
	r := s.startDriven(s.options())
	s.until("a failed attempt", func() bool { return s.attempted() >= 1 })
	s.check(s.store.Update(s.ctx, func(tx ticket.Tx) error {
		o, _, err := tx.Out(s.answers()[0].ID)
		o.State = ticket.OutWithdrawn
		s.check(err)
		return tx.PutOut(o)
	}))
	quit := s.office.Inject(postoffice.Fault{At: postoffice.SMTPQuit})
	s.check(s.office.Start(postoffice.SMTP))
	s.check(quit.Wait(s.ctx, 1)) // the connection that found it out was let go
	if st := r.Status(); !st.Reachable {
		t.Errorf("status %+v", st)
	}
}

// As long as nothing is known of the server, one worker alone finds out, whatever else becomes due.
func TestAlone(t *testing.T) {
	s := newStage(t, noStaff)
	silent := s.office.Inject(postoffice.Fault{At: postoffice.SMTPConnect, Mute: true})
	s.take(3)
	o := s.options()
	o.Timeout = time.Second
	r := s.start(o)
	s.check(silent.Wait(s.ctx, 1))
	s.take(3)
	s.until("the failure is recorded", func() bool { return s.attempted() > 0 })
	r.stop()
	if n, tried := silent.Strikes(), s.attempted(); n != 1 || tried != 1 {
		t.Errorf("%d connections were tried, for %d mails", n, tried)
	}
}

// A mail whose acceptance is not known keeps its bytes while the server is gone.
func TestFrozenWithoutConnection(t *testing.T) {
	s := newStage(t, noStaff)
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Drop: true, Act: true})
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPConnect, Skip: 1, Drop: true})
	s.take(1)
	s.startDriven(s.options())
	s.until("it was not tried for want of a connection", func() bool { return s.attempted() >= 2 })
	s.office.ClearFaults()
	s.untilDone()
	a := s.answers()[0]
	if got := s.story(a.ID); !strings.HasPrefix(got, "unknown 0 same unknown 0 same ") || strings.Contains(got, "new") {
		t.Errorf("attempts: %s", got)
	}
	s.wantArrived(a, 2)
}

// A server that takes only so many connections at once can be used, with those.
func TestCrowded(t *testing.T) {
	s := newStage(t, noStaff)
	crowd := s.office.Inject(postoffice.Fault{At: postoffice.SMTPConnect, Skip: 2, Reply: "421 4.7.0 Too many connections", Drop: true})
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPMail, Times: 2, Do: func(postoffice.Event) { _ = crowd.Wait(s.ctx, 1) }})
	s.take(30)
	o := s.options()
	o.Connections = 4
	r := s.start(o)
	s.untilDone()
	for _, a := range s.answers() {
		if got := s.story(a.ID); got != "sent 250" {
			t.Errorf("attempts at answer %d: %s", a.ID, got)
		}
		s.wantArrived(a, 1)
	}
	if st := r.Status(); !st.Reachable {
		t.Errorf("status %+v", st)
	}
	if gone := s.log.lines("cannot be used"); len(gone) != 0 {
		t.Errorf("logged %q", gone)
	}
	if n := crowd.Strikes(); n > 2 {
		t.Errorf("asked %d times for more connections, with two workers that had none", n)
	}
	if crowded := s.log.lines("no further connection"); len(crowded) != 1 {
		t.Errorf("logged %d times that there are no more connections", len(crowded))
	}
}

// The server is gone for a whole day: every answer that waits is given up when its day is over, not only those that are tried
// just then, and staff are told once of each as soon as there is a way.
func TestGiveUp(t *testing.T) {
	const mails = 60
	s := newStage(t)
	start := s.clock.Now()
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Drop: true}) // of the first, nobody knows
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPConnect, Skip: 1, Drop: true})
	s.take(mails)
	o := s.options()
	o.Connections = 1
	r := s.start(o)
	s.until("a failed attempt", func() bool { return s.attempted() >= 1 })
	s.clock.advance(24*time.Hour - 10*time.Minute)
	s.drive(r)
	s.until("all answers given up", func() bool {
		return len(s.outs(ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutAnswer}, States: []ticket.OutState{ticket.OutFailed}})) == mails
	})
	if took := s.clock.Now().Sub(start); took < 24*time.Hour || took > 24*time.Hour+2*time.Minute {
		t.Errorf("the last was given up after %s", took)
	}
	for _, a := range s.answers() {
		if !strings.Contains(s.history(a.TicketID), "given up after 24h0m0s") {
			t.Errorf("%s: %s", a.Recipient, s.history(a.TicketID))
		}
	}
	s.office.ClearFaults()
	s.untilDone()
	told := map[int64]int{}
	for _, n := range s.undelivered() {
		told[n.TicketID]++
	}
	for _, a := range s.answers() {
		if told[a.TicketID] != 1 || len(s.delivered(a.Recipient)) != 0 {
			t.Errorf("%s: staff told %d times, delivered %d times", a.Recipient, told[a.TicketID], len(s.delivered(a.Recipient)))
		}
	}
}

func (s *stage) history(ticketID int64) string {
	s.Helper()
	d, err := ticket.Show(s.ctx, s.store, ticketID)
	s.check(err)
	var b strings.Builder
	for _, e := range d.History {
		fmt.Fprintln(&b, e.What, e.Why)
	}
	return b.String()
}
