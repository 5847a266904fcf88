package ingest

import (
	"sync"
	"time"

	"notfalld/ticket"
)

// Status is the state of one mailbox, for /readyz and /metrics.
type Status struct {
	Name         string
	Sent         bool      // it is the folder of sent mails that is watched
	Connected    bool      // logged in, the folder selected, or Missing
	Missing      bool      // there is no folder of sent mails, which is no fault
	Since        time.Time // of Connected, or of its contrary
	LastError    string    // "" while all is well
	LastProgress time.Time // the server answered, or a mail was taken
	Backlog      int       // mails listed and not yet taken
	SetAside     int       // of those, mails that the server does not deliver
	Counters
}

// Counters only grow.
type Counters struct {
	Taken       int64 // mails that the desk took
	Marked      int64
	Connections int64
	Failures    int64 // connections that failed or were lost
	Undelivered int64 // times that the server did not deliver a mail
	DeskErrors  int64 // times that the desk did not take a mail
}

// board is where the loop writes its Status and others read it.
type board struct {
	mu    sync.Mutex
	clock ticket.Clock
	s     Status
}

func (b *board) read() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.s
}

func (b *board) write(f func(*Status)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f(&b.s)
}

// moved notes progress.
func (b *board) moved() { b.write(func(s *Status) { s.LastProgress = b.clock.Now() }) }

func (b *board) connected() {
	b.write(func(s *Status) {
		if !s.Connected {
			s.Connected, s.Since = true, b.clock.Now()
		}
		s.LastError, s.LastProgress = "", b.clock.Now()
	})
}

func (b *board) lost(why string) {
	b.write(func(s *Status) {
		if s.Connected || s.Since.IsZero() {
			s.Connected, s.Since = false, b.clock.Now()
		}
		s.LastError = why
		s.Failures++
	})
}

// took notes what became of a mail with the desk.
func (b *board) took(err error) {
	b.write(func(s *Status) {
		if err != nil {
			s.DeskErrors++
			s.LastError = plain(err)
			return
		}
		s.Taken++
		s.LastError, s.LastProgress = "", b.clock.Now()
	})
}
