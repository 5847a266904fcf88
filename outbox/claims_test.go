package outbox

import (
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// A list grows old while its mails wait for a worker. What it says of a mail that was attempted meanwhile is no longer true: that mail
// may be claimed from the next list only.
func TestClaims(t *testing.T) {
	s := newStage(t)
	r := New(s.options(), s.desk)
	want := func(step string, id int64, free bool) {
		t.Helper()
		if got := r.claim(id); got != free {
			t.Errorf("%s: claimed: %v", step, got)
		}
	}
	taken := func(step string, n int) {
		t.Helper()
		if got := r.newList(); got != n {
			t.Errorf("%s: %d mails are not free, want %d", step, got, n)
		}
	}
	taken("at first", 0)
	want("free", 1, true)
	want("another", 2, true)
	want("a worker has it", 1, false)
	taken("two are with workers", 2)
	want("still", 1, false)
	r.release(1, 0)
	want("this list is older than its attempt", 1, false)
	taken("one is with a worker", 1)
	want("a new list", 1, true)
	r.release(2, time.Minute)
	taken("one with a worker, one held", 2)
	want("held", 2, false)
	s.clock.advance(59 * time.Second)
	taken("the same", 2)
	want("still held", 2, false)
	s.clock.advance(time.Second)
	taken("no longer held", 1)
	want("no longer held", 2, true)
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
