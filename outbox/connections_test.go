package outbox

import (
	"sync"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// While there is little to send, one connection serves for all of it.
func TestOneConnection(t *testing.T) {
	s := newStage(t, noStaff)
	s.start(s.options())
	for n := range 5 {
		s.take(1) // the clock stands still: only the desk's call wakes the outbox
		_, err := s.office.WaitDeliveries(s.ctx, n+1)
		s.check(err)
		s.untilDone()
	}
	for _, d := range s.office.Deliveries() {
		if d.ConnID != 1 {
			t.Errorf("delivered over connection %d", d.ConnID)
		}
	}
}

// While there is much, there are as many as allowed at the same time, and not one more.
func TestParallelConnections(t *testing.T) {
	s := newStage(t, noStaff)
	const most = 3
	var mu sync.Mutex
	at := map[int]bool{}
	all, worst := make(chan struct{}), 0
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPDot, Do: func(e postoffice.Event) {
		mu.Lock()
		at[e.ConnID] = true
		worst = max(worst, s.office.Connections(postoffice.SMTP))
		if len(at) == most {
			select {
			case <-all:
			default:
				close(all)
			}
		}
		mu.Unlock()
		select { // nobody gets a reply before all connections are busy
		case <-all:
		case <-s.ctx.Done():
		}
	}})
	s.take(20)
	o := s.options()
	o.Connections = most
	s.start(o)
	s.untilDone()
	if len(at) != most || worst != most {
		t.Errorf("%d connections in all, %d at the same time", len(at), worst)
	}
	for _, a := range s.answers() {
		s.wantArrived(a, 1)
	}
}

// A connection without work is ended, with QUIT; the next mail makes another.
func TestIdleConnection(t *testing.T) {
	s := newStage(t, noStaff)
	quit := s.office.Inject(postoffice.Fault{At: postoffice.SMTPQuit})
	s.take(1)
	s.startDriven(s.options())
	s.untilDone()
	s.check(quit.Wait(s.ctx, 1))
	s.check(s.office.WaitConnections(s.ctx, postoffice.SMTP, 0))
	s.take(1)
	s.untilDone()
	if ds := s.office.Deliveries(); ds[0].ConnID != 1 || ds[1].ConnID != 2 {
		t.Errorf("connections %d and %d", ds[0].ConnID, ds[1].ConnID)
	}
}

// A server may end an idle connection by itself. That is found out before a mail is frozen for it, and costs no attempt.
func TestIdleConnectionLost(t *testing.T) {
	s := newStage(t, noStaff)
	s.take(1)
	r := s.start(s.options())
	s.untilDone()
	s.until("an idle connection", func() bool { return r.pool.resting() == 1 })
	s.office.DropConnections(postoffice.SMTP)
	r.pool.mu.Lock()
	r.pool.idle[0].heard = time.Now().Add(-time.Minute) // and not just a moment ago
	r.pool.mu.Unlock()
	s.take(1)
	s.untilDone()
	for _, a := range s.answers() {
		if got := s.story(a.ID); got != "sent 250" {
			t.Errorf("attempts: %s", got)
		}
	}
}

func (p *pool) resting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// An answer waits for no notice, even if those were due long before it.
func TestAnswersFirst(t *testing.T) {
	s := newStage(t)
	reached, proceed := make(chan struct{}), make(chan struct{})
	isNotice := func(e postoffice.Event) bool { return len(e.To) > 0 && e.To[0] == "team@notfall-hoster.at" }
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPDot, Times: 1, When: isNotice, Do: func(postoffice.Event) {
		close(reached)
		<-proceed
	}})
	s.take(3)
	o := s.options()
	o.Connections = 1
	s.start(o)
	<-reached
	s.take(1)
	last := s.answers()[3]
	s.until("the outbox knows of the new answer", func() bool { return s.desk.saw(last.ID) })
	close(proceed)
	s.untilDone()
	for i, want := range []string{"kundin@firma1.example", "kundin@firma2.example", "kundin@firma3.example", "team@notfall-hoster.at", last.Recipient} {
		if got := s.office.Deliveries()[i].To[0]; got != want {
			t.Errorf("delivery %d went to %s, not %s", i, got, want)
		}
	}
}

// What another process made due (notfalld outbox retry) is found without a call.
func TestRetryByAnotherProcess(t *testing.T) {
	s := newStage(t, noStaff)
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPRcpt, Times: 1, Reply: "550 5.1.1 No such user"})
	s.take(1)
	s.startDriven(s.options())
	s.until("a refusal", func() bool { return s.answers()[0].State == ticket.OutFailed })
	another, err := deskOptions()
	s.check(err)
	another.Store, another.Clock = s.store, s.clock
	desk, err := ticket.NewDesk(s.ctx, another)
	s.check(err)
	n, err := desk.Retry(s.ctx, nil)
	s.check(err)
	if n != 1 {
		t.Errorf("%d mails to retry", n)
	}
	before := s.clock.Now()
	s.untilDone()
	if took := s.clock.Now().Sub(before); took > time.Minute {
		t.Errorf("it took %s", took)
	}
	s.wantArrived(s.answers()[0], 1)
}
