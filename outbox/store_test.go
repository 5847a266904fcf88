package outbox

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/store"
	"notfalld/ticket"
)

// impatient: a lock of another process is an error after a moment.
func impatient(u *setup) { u.store.Patience = 20 * time.Millisecond }

// lock has another connection hold the writer's lock, as a backup or a forgotten shell would.
func (s *stage) lock() (unlock func()) {
	s.Helper()
	db, err := sql.Open("sqlite3", "file:"+s.path+"?_txlock=immediate&_busy_timeout=10000")
	s.check(err)
	tx, err := db.Begin()
	s.check(err)
	return func() {
		s.Helper()
		s.check(tx.Rollback())
		s.check(db.Close())
	}
}

// While the store takes no writes nothing can be frozen, so nothing goes out; afterwards everything does. One line tells of each change.
func TestStoreLocked(t *testing.T) {
	s := newStage(t, impatient)
	s.take(5)
	unlock := s.lock()
	r := s.startDriven(s.options())
	s.until("some refusals", func() bool { return s.desk.freezes() >= 30 })
	if n := len(s.office.Deliveries()); n != 0 {
		t.Errorf("%d mails went out unfrozen", n)
	}
	if lines := s.log.lines("the store failed"); len(lines) != 1 {
		t.Errorf("logged %q", lines)
	}
	if st := r.Status(); !st.Reachable {
		t.Errorf("the mail server is blamed: %+v", st)
	}
	unlock()
	s.untilDone()
	if back := s.log.lines("the store works again"); len(back) != 1 {
		t.Errorf("told %d times that it works again", len(back))
	}
	s.wantEachOnce(10)
}

// The lock falls between the server's reply and the record of it: the outcome is kept until the store takes it, and the mail
// does not go out again.
func TestOutcomeKept(t *testing.T) {
	s := newStage(t, impatient, noStaff)
	var unlock func()
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Do: func(postoffice.Event) { unlock = s.lock() }})
	s.take(3)
	o := s.options()
	o.Connections = 1
	s.startDriven(o)
	s.until("some attempts to record", func() bool { return s.desk.records() >= 10 })
	if n := len(s.office.Deliveries()); n != 1 {
		t.Errorf("%d mails went out", n)
	}
	unlock()
	s.untilDone()
	s.wantEachOnce(3)
}

// When the daemon ends while the store fails, it does not wait for ever; the outcome is lost, and the same bytes go out once more.
func TestOutcomeLost(t *testing.T) {
	s := newStage(t, impatient, noStaff)
	var unlock func()
	s.office.Inject(postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Do: func(postoffice.Event) { unlock = s.lock() }})
	s.take(1)
	r := s.start(s.options())
	s.until("an attempt to record", func() bool { return s.desk.records() >= 1 })
	r.stop()
	if lost := s.log.lines("an outcome could not be stored"); len(lost) != 1 {
		t.Errorf("told %d times", len(lost))
	}
	unlock()
	s.start(s.options())
	s.untilDone()
	s.wantArrived(s.answers()[0], 2)
}

func (s *stage) wantEachOnce(mails int) {
	s.Helper()
	ds := s.office.Deliveries()
	ids := map[string]bool{}
	for _, d := range ds {
		ids[idOf(d.Data)] = true
	}
	if len(ds) != mails || len(ids) != mails {
		s.Errorf("%d mails were delivered, with %d Message-IDs; want %d", len(ds), len(ids), mails)
	}
}

// A store that answers nothing but errors, at once, is no reason to ask it without pause; nor are mails that are due and
// are not to be sent, or cannot be frozen. Each case lets time pass a hundred times while nothing can be done.
func TestNoBusyLoop(t *testing.T) {
	for _, c := range []struct {
		name  string
		wrong func(s *stage)
	}{
		{"nothing to do", func(*stage) {}},
		{"the store is closed", func(s *stage) { s.check(s.store.Close()) }},
		{"due, and not to be sent", func(s *stage) { s.desk.refuse = func(int64) error { return errNotOK } }},
		{"due, and not to be frozen", func(s *stage) {
			s.desk.refuse = func(int64) error { return errors.New("ticket 10001 is not in the store") }
		}},
		{"no outcome can be recorded", func(s *stage) { s.desk.fail = func() error { return store.ErrFull } }},
		{"the server is gone", func(s *stage) { s.office.Stop(postoffice.SMTP) }},
		{"the server is gone, and no outcome can be recorded", func(s *stage) {
			s.office.Stop(postoffice.SMTP)
			s.desk.fail = func() error { return store.ErrFull }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, noStaff)
			if c.name != "nothing to do" {
				s.take(3)
			}
			c.wrong(s)
			r := s.start(s.options())
			const steps = 100
			for range steps {
				s.passTime(r)
			}
			asked := s.desk.listed() + s.desk.freezes() + s.desk.records()
			t.Logf("%d calls, %d timers", asked, s.clock.asks())
			if most := 10 * steps; asked > most || s.clock.asks() > most {
				t.Errorf("the desk was asked %d times, the clock %d times, in %d steps of time", asked, s.clock.asks(), steps)
			}
		})
	}
}

// passTime lets time pass up to the next timer, once there is one and no attempt is under way.
func (s *stage) passTime(r *running) {
	s.Helper()
	look := time.NewTicker(200 * time.Microsecond)
	defer look.Stop()
	for asks := s.clock.asks(); ; asks = s.clock.asks() {
		if r.idle() && s.clock.next() {
			return
		}
		select {
		case <-look.C:
		case <-s.ctx.Done():
			s.Fatalf("nothing waits for time to pass (%d timers so far)", asks)
		}
	}
}

// The outbox finds more than it looks up at once, even if that many mails cannot be frozen.
func TestManyHeld(t *testing.T) {
	s := newStage(t, noStaff)
	s.take(batch + 5)
	good := s.answers()[batch+4].ID
	s.desk.refuse = func(id int64) error {
		if id == good {
			return nil
		}
		return errNotOK
	}
	s.startDriven(s.options())
	s.until("the only good one is sent", func() bool { return s.answers()[batch+4].State == ticket.OutSent })
}
