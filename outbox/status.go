package outbox

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// Status is how delivery stands.
type Status struct {
	Reachable bool // the last attempt to connect, log in and speak succeeded (true before the first)
	LastError string
	Since     time.Time // of the present state
	Sent      int64     // mails accepted since the start
}

// health is Status with what it takes to keep it, and to log each change once.
type health struct {
	Status
	pause backoff // while the server cannot be used
	cause string  // of LastError, in a form that stays the same
	store string  // likewise of the store's failure; "" while it works
	tight bool    // the server has refused us one more connection
}

// Status says how delivery stands.
func (s *Sender) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health.Status
}

func (s *Sender) down() bool { return !s.Status().Reachable }

func (s *Sender) pauseLeft() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.health.pause.until.Sub(s.desk.Clock().Now())
}

// reached notes that the server works.
func (s *Sender) reached() {
	s.mu.Lock()
	h := &s.health
	changed := !h.Reachable
	if changed {
		h.Reachable, h.LastError, h.cause, h.Since = true, "", "", s.desk.Clock().Now()
		h.pause = backoff{}
	}
	s.mu.Unlock()
	if changed {
		s.log.serverBack()
	}
}

// unreachable notes that it does not, and says until when the outbox pauses.
func (s *Sender) unreachable(err error) (until time.Time) {
	s.mu.Lock()
	h := &s.health
	now := s.desk.Clock().Now()
	if !h.pause.until.After(now) { // several workers meet the same fault: one step of back-off
		h.pause.grow(now, codeOf(err, 0))
	}
	until = h.pause.until
	is := cause(err)
	changed := h.cause != is
	if h.Reachable {
		h.Since = now
	}
	h.Reachable, h.LastError, h.cause = false, err.Error(), is
	s.mu.Unlock()
	if changed {
		s.log.serverGone(err, until)
	}
	return until
}

// cause names an error without what differs each time: local ports, and the words around a reply code.
func cause(err error) string {
	if code := codeOf(err, 0); code != 0 {
		return fmt.Sprint("reply ", code)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}

// crowded notes that the server gives us no more connections than we have. It is a limit of the server: told once.
func (s *Sender) crowded(open int, err error) {
	s.mu.Lock()
	told := s.health.tight
	s.health.tight = true
	s.mu.Unlock()
	if !told {
		s.log.fewer(open, err)
	}
}

// storeFails and storeWorks log each change once.
func (s *Sender) storeFails(err error) {
	s.mu.Lock()
	changed := s.health.store != err.Error()
	s.health.store = err.Error()
	s.mu.Unlock()
	if changed {
		s.log.storeFailed(err)
	}
}

func (s *Sender) storeWorks() {
	s.mu.Lock()
	changed := s.health.store != ""
	s.health.store = ""
	s.mu.Unlock()
	if changed {
		s.log.storeBack()
	}
}

func (s *Sender) countSent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.health.Sent++
}
