package store

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"time"

	"notfalld/ticket"
)

// maxGroup bounds how many Updates wait for one fsync, and with it how long the first of them waits.
const maxGroup = 128

// request is one Update on its way through the writer. The function runs in its caller's goroutine, while the
// writer waits for it: a panic or a test's FailNow ends the caller, not the writer.
type request struct {
	turn   chan *tx      // the writer hands over the transaction …
	ran    chan error    // … and gets it back, with what the function said
	gone   chan struct{} // closed when the caller no longer waits for its turn
	result chan error    // the last word
}

var errEnded = errors.New("store: the goroutine of an update ended within it")

// Update runs f alone and returns when its writes are durable. If it fails they are not there, with one exception that no
// database is without: a server lost while it commits may have done so. An Update within an Update waits for ever.
func (s *Store) Update(ctx context.Context, f func(ticket.Tx) error) error {
	if s.opts.ReadOnly {
		return ErrReadOnly
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	r := &request{turn: make(chan *tx), ran: make(chan error, 1), gone: make(chan struct{}), result: make(chan error, 1)}
	select {
	case s.queue <- r:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.quit:
		return ErrClosed
	}
	select {
	case t := <-r.turn:
		r.run(f, t)
		return <-r.result // from here on only the commit can tell what happened
	case err := <-r.result:
		return err
	case <-ctx.Done():
		close(r.gone)
		return ctx.Err()
	}
}

func (r *request) run(f func(ticket.Tx) error, t *tx) {
	err := errEnded
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p, debug.Stack())
		}
		t.over = true
		r.ran <- err
	}()
	err = f(t)
}

// write is the writer's goroutine.
func (s *Store) write() {
	defer close(s.stopped)
	for {
		select {
		case <-s.quit:
			return
		case r := <-s.queue:
			s.group(r)
		}
	}
}

// group runs first and all who come while it is at it in one transaction, and commits it.
func (s *Store) group(first *request) {
	began := time.Now()
	w, err := s.begin(s.writer, s.newWriter, s.eng.beginUpdate)
	s.writer = w
	if err != nil {
		s.refuse(first, fail("write", err))
		return
	}
	var in []*request
	for r := first; r != nil; {
		var ran bool
		if ran, err = s.member(r); ran {
			in = append(in, r)
		}
		if err != nil {
			break // and nobody more is taken out of the line
		}
		r = s.next(len(in))
	}
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	err = fail("commit", err)
	if err != nil {
		_, _ = w.exec("ROLLBACK")
		w.discard()
		s.writer = nil
	}
	for _, r := range in {
		r.result <- err
	}
	took := time.Since(began)
	if took > slowCommit {
		s.opts.Log.Warn("slow commit", "took", took, "updates", len(in), "err", err)
	}
	if err == nil && s.opts.OnCommit != nil && len(in) > 0 {
		s.opts.OnCommit(len(in), took)
	}
}

// member gives one request its turn, within a savepoint. ran is true if its writes stand in the transaction or are lost
// with it, so that the commit answers it; otherwise it has been answered. err means that the transaction is lost.
func (s *Store) member(r *request) (ran bool, err error) {
	if _, err := s.writer.exec("SAVEPOINT member"); err != nil {
		return true, err
	}
	t := &tx{s: s.writer}
	var failed error
	select {
	case r.turn <- t:
		failed = <-r.ran
		if t.err != nil {
			failed = t.err // even if the function has swallowed it: PostgreSQL would not go on after it either
		}
	case <-r.gone:
		failed = context.Canceled
	}
	if failed != nil {
		if _, err := s.writer.exec("ROLLBACK TO SAVEPOINT member"); err != nil {
			// SQLite may give up the whole transaction by itself, a lost server has: then what the member met is the cause.
			if t.err != nil {
				return true, t.err
			}
			return true, fail("undo a failed update", err)
		}
	}
	if _, err := s.writer.exec("RELEASE SAVEPOINT member"); err != nil {
		return true, err
	}
	if failed != nil {
		r.result <- failed
		return false, nil
	}
	return true, nil
}

// next is the next in line, if somebody waits already.
func (s *Store) next(n int) *request {
	if n >= maxGroup {
		return nil
	}
	select {
	case r := <-s.queue:
		return r
	default:
	}
	// Those whose functions have just run, and others, may be on their way to the queue.
	runtime.Gosched()
	select {
	case r := <-s.queue:
		return r
	default:
		return nil
	}
}

// refuse answers everybody who waits: each would meet the same lock or the same dead server, one after the other.
func (s *Store) refuse(first *request, err error) {
	var all []*request
	for r := first; r != nil; r = s.next(0) {
		all = append(all, r)
	}
	// Only now: who comes after one of them has been answered may meet a store that works again.
	for _, r := range all {
		r.result <- err
	}
}
