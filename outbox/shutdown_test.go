package outbox

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// A transaction that is under way when the daemon is to end is finished, and its outcome recorded.
func TestShutdownFinishes(t *testing.T) {
	s := newStage(t, noStaff)
	reached, proceed := make(chan struct{}), make(chan struct{})
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Do: func(postoffice.Event) {
		close(reached)
		<-proceed
	}})
	s.take(3)
	o := s.options()
	o.Connections = 1
	r := s.start(o)
	<-reached
	stopped := s.stopping(r)
	close(proceed)
	<-stopped
	states := ""
	for _, a := range s.answers() {
		states += fmt.Sprintf("%s %d ", a.State, a.Attempts)
	}
	if states != "sent 1 waiting 0 waiting 0 " || len(s.office.Deliveries()) != 1 {
		t.Errorf("%s, and %d delivered", states, len(s.office.Deliveries()))
	}
	s.wantNothingLeft()
}

// stopping begins to stop, and returns when the sender knows.
func (s *stage) stopping(r *running) (stopped chan struct{}) {
	stopped = make(chan struct{})
	go func() {
		defer close(stopped)
		r.stop()
	}()
	<-r.ended
	return stopped
}

// Each case: a server that says nothing from some point on, and what is recorded when the daemon ends meanwhile.
var shutdownCases = []struct {
	at      postoffice.Point
	outcome string // of the one attempt; "" if there was none
	state   ticket.OutState
}{
	{postoffice.SMTPConnect, "", ticket.OutWaiting},
	{postoffice.SMTPHello, "", ticket.OutWaiting},
	{postoffice.SMTPMail, "temporary 0", ticket.OutWaiting},
	{postoffice.SMTPRcpt, "temporary 0", ticket.OutWaiting},
	{postoffice.SMTPDot, "unknown 0", ticket.OutFrozen},
}

func TestShutdownBeforeSilence(t *testing.T) {
	for _, c := range shutdownCases {
		t.Run(string(c.at), func(t *testing.T) {
			s := newStage(t, noStaff)
			silent := s.office.Inject(postoffice.Fault{At: c.at, Mute: true})
			s.take(1)
			o := s.options()
			o.Timeout, o.grace = time.Hour, 50*time.Millisecond
			r := s.start(o)
			s.check(silent.Wait(s.ctx, 1))
			r.stop()
			a := s.answers()[0]
			if got := s.story(a.ID); got != c.outcome || a.State != c.state {
				t.Errorf("the answer is %s after %q", a.State, got)
			}
			s.wantNothingLeft()
		})
	}
}

// Ending does not wait for a pause to be over, nor for a server that does not take our QUIT.
func TestShutdownInPause(t *testing.T) {
	s := newStage(t, noStaff)
	s.office.Stop(postoffice.SMTP)
	s.take(1)
	r := s.start(s.options())
	s.until("a failed attempt", func() bool { return s.attempted() == 1 })
	r.stop()
	s.wantNothingLeft()
}

func TestShutdownWithoutGoodbye(t *testing.T) {
	s := newStage(t, noStaff)
	quit := s.office.Inject(postoffice.Fault{At: postoffice.SMTPQuit, Mute: true})
	s.take(1)
	o := s.options()
	o.Timeout, o.grace = time.Hour, 50*time.Millisecond
	r := s.start(o)
	s.untilDone()
	r.stop()
	s.check(quit.Wait(s.ctx, 1))
	s.wantNothingLeft()
}

// wantNothingLeft looks for goroutines of this room. One may still be on its last few instructions.
func (s *stage) wantNothingLeft() {
	s.Helper()
	var left []string
	for range 1000 {
		left = left[:0]
		stacks := make([]byte, 1<<20)
		for g := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(g, "outbox.(*Sender)") || strings.Contains(g, "outbox.(*pool)") || strings.Contains(g, "outbox.(*connection)") {
				left = append(left, g)
			}
		}
		if len(left) == 0 {
			return
		}
		runtime.Gosched()
	}
	s.Errorf("still running:\n%s", strings.Join(left, "\n\n"))
}
