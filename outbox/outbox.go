// Package outbox delivers what the desk has to say: it knows when something is due, keeps a few SMTP connections,
// and reports how each attempt ended. What a mail says, and whether it is still to be said, is the desk's business.
package outbox

import (
	"context"
	"crypto/x509"
	"log/slog"
	"sync"
	"time"

	"notfalld/ticket"
)

// Options says how mail leaves.
type Options struct {
	Host        string
	Port        int
	TLS         string // "none", "starttls" or "implicit"
	Username    string // "": no AUTH
	Password    string
	Hello       string         // name told in EHLO; "" for "localhost"
	RootCAs     *x509.CertPool // nil: the system's
	Connections int            // at the same time; 0: 4
	Timeout     time.Duration  // for each reply of the server; 0: 1 min
	Log         *slog.Logger
}

// Desk is what the outbox needs of *ticket.Desk.
type Desk interface {
	Clock() ticket.Clock
	Due() <-chan struct{}
	DueOut(ctx context.Context, limit int) ([]ticket.Out, error)
	NextOut(ctx context.Context) (at time.Time, ok bool, err error)
	Freeze(ctx context.Context, id int64) (o ticket.Out, ok bool, err error)
	Delivered(ctx context.Context, id int64, out ticket.Outcome) error
}

// Sender is the outbox at work.
type Sender struct {
	o    Options
	desk Desk
	log  events

	mu       sync.Mutex
	inFlight map[int64]bool // mails that a worker has
	pause    backoff        // while the server cannot be reached
	status   Status
}

// Status is how delivery stands.
type Status struct {
	Reachable bool // the last attempt to connect, log in and speak succeeded (true before the first)
	LastError string
	Since     time.Time // of the present state
	Sent      int64     // mails accepted since the start
}

// New makes a sender; Run starts it.
func New(o Options, d Desk) *Sender {
	if o.Connections <= 0 {
		o.Connections = 4
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.Hello == "" {
		o.Hello = "localhost"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Sender{o: o, desk: d, log: events{o.Log}, inFlight: map[int64]bool{}, status: Status{Reachable: true, Since: d.Clock().Now()}}
}

// Status says how delivery stands.
func (s *Sender) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// batch is how many due mails are looked up at once.
const batch = 256

// lookAgain bounds how long the outbox sleeps: another process (notfalld outbox retry) may have made something due.
const lookAgain = 2 * time.Second

// Run delivers until ctx ends. A mail whose attempt is under way then is finished first.
func (s *Sender) Run(ctx context.Context) error {
	work := make(chan ticket.Out)
	var workers sync.WaitGroup
	for range s.o.Connections {
		workers.Go(func() { s.worker(ctx, work) })
	}
	s.dispatch(ctx, work)
	close(work)
	workers.Wait()
	return nil
}

// dispatch hands due mails to the workers, answers before notices.
func (s *Sender) dispatch(ctx context.Context, work chan<- ticket.Out) {
	for ctx.Err() == nil {
		handed := 0
		if s.pauseLeft() <= 0 {
			handed = s.handOut(ctx, work)
		}
		if handed == 0 {
			s.wait(ctx)
		}
	}
}

func (s *Sender) handOut(ctx context.Context, work chan<- ticket.Out) (n int) {
	os, err := s.desk.DueOut(ctx, batch)
	if err != nil {
		s.log.storeFailed(ctx, err)
		return 0
	}
	for _, o := range os {
		if !s.claim(o.ID) {
			continue
		}
		select {
		case work <- o:
			n++
		case <-ctx.Done():
			s.release(o.ID)
			return n
		}
		if s.pauseLeft() > 0 {
			return n // the server went away meanwhile
		}
	}
	return n
}

// wait sleeps until something may be due: the desk says so, the next mail's time comes, or the pause is over.
func (s *Sender) wait(ctx context.Context) {
	wait := time.Duration(lookAgain)
	if left := s.pauseLeft(); left > 0 {
		wait = left
		select {
		case <-ctx.Done():
		case <-s.desk.Clock().After(wait):
		}
		return
	}
	if at, ok, err := s.desk.NextOut(ctx); err == nil && ok {
		if until := at.Sub(s.desk.Clock().Now()); until > 0 {
			wait = min(wait, until)
		}
	}
	select {
	case <-ctx.Done():
	case <-s.desk.Due():
	case <-s.desk.Clock().After(wait):
	}
}

func (s *Sender) claim(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inFlight[id] {
		return false
	}
	s.inFlight[id] = true
	return true
}

func (s *Sender) release(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inFlight, id)
}

func (s *Sender) pauseLeft() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pause.until.Sub(s.desk.Clock().Now())
}

// reached and unreachable keep the status, and log each change once.
func (s *Sender) reached() {
	s.mu.Lock()
	changed := !s.status.Reachable
	if changed {
		s.status.Reachable, s.status.LastError, s.status.Since = true, "", s.desk.Clock().Now()
	}
	s.pause = backoff{}
	s.mu.Unlock()
	if changed {
		s.log.serverBack(s.o.Host, s.o.Port)
	}
}

func (s *Sender) unreachable(err error) (retryAt time.Time) {
	s.mu.Lock()
	now := s.desk.Clock().Now()
	if !s.pause.until.After(now) { // several workers meet the same fault: one step of back-off
		s.pause.grow(now)
	}
	retryAt = s.pause.until
	changed := s.status.LastError != err.Error()
	if s.status.Reachable {
		s.status.Since = now
	}
	s.status.Reachable, s.status.LastError = false, err.Error()
	s.mu.Unlock()
	if changed {
		s.log.serverGone(s.o.Host, s.o.Port, err, retryAt)
	}
	return retryAt
}

func (s *Sender) countSent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Sent++
}
