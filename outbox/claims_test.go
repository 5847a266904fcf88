package outbox

import (
	"runtime"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// A list grows old while its mails wait for a worker. What it says of a mail that was attempted meanwhile is no longer true: that mail
// is not attempted again before its time.
func TestStaleList(t *testing.T) {
	s := newStage(t)
	gates := map[string]chan struct{}{}
	reached := map[string]*postoffice.Injected{}
	gate := func(to, reply string) {
		open := make(chan struct{})
		gates[to] = open
		reached[to] = s.office.Inject(postoffice.Fault{
			At: postoffice.SMTPDot, Times: 1, When: func(e postoffice.Event) bool { return e.To[0] == to }, Reply: reply, Do: func(postoffice.Event) { <-open },
		})
	}
	const team, second, third, fourth = "team@notfall-hoster.at", "kundin@firma2.example", "kundin@firma3.example", "kundin@firma4.example"
	gate(team, "451 4.3.0 Try again later")
	gate(second, "")
	gate(third, "")
	gate(fourth, "")

	o := s.options()
	o.Connections = 2
	r := s.start(o)
	s.take(1)
	s.check(reached[team].Wait(s.ctx, 1)) // one worker has the notice, which is due as far as the store knows …
	notice := s.outs(ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutNotice}})[0]
	s.take(1)
	s.check(reached[second].Wait(s.ctx, 1)) // … the other an answer …
	s.take(1)
	s.until("the third answer waits for a worker", func() bool { return s.desk.saw(s.answers()[2].ID) })
	s.take(3)
	close(gates[second])
	s.check(reached[third].Wait(s.ctx, 1))
	s.until("a list with three answers and the notice", func() bool { return s.desk.saw(s.answers()[5].ID) })
	close(gates[team]) // the notice is refused, and its worker goes on with that list
	s.check(reached[fourth].Wait(s.ctx, 1))
	s.until("the refusal is recorded", func() bool { return len(s.attempts(notice.ID)) == 1 })
	for r.has(notice.ID) {
		runtime.Gosched()
	}
	close(gates[fourth]) // two more answers, and then the list comes to the notice
	close(gates[third])
	s.until("all else is sent", func() bool { return len(s.outs(ticket.OutQuery{States: []ticket.OutState{ticket.OutSent}})) == 11 })
	r.stop()
	if got := s.story(notice.ID); got != "temporary 451" {
		t.Errorf("attempts at the notice: %s", got)
	}
}

func (r *running) has(id int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.claims.busy[id]
}

// The pauses between the attempts at one mail are those of the table.
func TestRetryPauses(t *testing.T) {
	s := newStage(t, noStaff)
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPRcpt, Times: 3, Reply: "450 4.2.0 Greylisted"})
	s.take(1)
	s.startDriven(s.options())
	s.untilDone()
	as := s.attempts(s.answers()[0].ID)
	if len(as) != 4 {
		t.Fatalf("%d attempts", len(as))
	}
	for i, want := range retrySteps[:3] {
		if got := as[i+1].At.Sub(as[i].At); got < want*3/4-time.Second || got > want*5/4+lookAgain {
			t.Errorf("pause %d was %s, not about %s", i+1, got, want)
		}
	}
}

// An address must not become a command of its own. The desk lets none of these through; here nothing is sent for them.
func TestAddress(t *testing.T) {
	for _, a := range []string{"a@firma.example>\r\nDATA", "a@firma.example\n", "a@firma.example> SIZE=1", "<a@firma.example"} {
		for _, o := range []ticket.Out{{EnvelopeFrom: "support@notfall-hoster.at", Recipient: a}, {EnvelopeFrom: a, Recipient: "kundin@firma.example"}} {
			if got := new(connection).transaction(o); got.Result != ticket.Permanent || !got.usable || got.server != nil {
				t.Errorf("%q, %q: %+v", o.EnvelopeFrom, o.Recipient, got)
			}
		}
	}
}
