package ingest

import (
	"context"
	"errors"
	"time"
)

// settleTime is how long the loop waits for the desk before it turns to the server again: mails usually take milliseconds.
const settleTime = time.Second

// lastingSession is how long a connection without a mail must have lived to count as a good one.
const lastingSession = time.Minute

// Watcher looks after one mailbox.
type Watcher struct {
	o        Options
	desk     Desk
	journal  *journal
	board    *board
	troubles troubles
	last     folder // as it was last selected
}

// New returns a watcher; Run sets it to work.
func New(o Options, d Desk) *Watcher {
	w := &Watcher{o: o.withDefaults(), desk: d}
	w.journal = newJournal(w.o.Log, &w.o)
	w.board = &board{clock: w.o.Clock, s: Status{Name: w.o.Name, Sent: w.o.Sent}}
	w.troubles = troubles{o: &w.o}
	return w
}

// Status says how the mailbox is doing. It may be called at any time.
func (w *Watcher) Status() Status { return w.board.read() }

// Run watches the mailbox until ctx ends, and then returns nil, once no mail is with the desk any more. It may be called once.
func (w *Watcher) Run(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		began, taken := w.o.Clock.Now(), w.Status().Taken
		err := w.live(ctx)
		if ctx.Err() != nil {
			break
		}
		if x := w.troubles.lost(err); x != nil {
			(&run{Watcher: w}).tell(x)
		}
		if w.Status().Taken > taken || w.o.Clock.Now().Sub(began) >= lastingSession {
			failures = 0
		}
		failures++
		delay := w.o.Retry.Delay(failures, w.o.Rand())
		if errors.Is(err, errAuth) {
			delay = w.o.RetryAuth.Delay(failures, w.o.Rand())
		}
		w.board.lost(plain(err))
		w.journal.failed(err, delay)
		select {
		case <-w.o.Clock.After(delay):
		case <-ctx.Done():
		}
	}
	w.board.write(func(s *Status) { s.Connected, s.Since = false, w.o.Clock.Now() })
	return nil
}

// live is the life of one connection. It always ends with an error.
func (w *Watcher) live(ctx context.Context) error {
	s, err := open(ctx, &w.o)
	if err != nil {
		return err
	}
	defer s.close()
	w.board.write(func(s *Status) { s.Connections++ })
	r := &run{Watcher: w, s: s, in: newIntake(&w.o, w.desk), hand: map[uint32]held{}}
	defer func() { // a mail must not be handed over again while it is with the desk
		r.in.wait()
		r.reapLast(ctx)
	}()
	for {
		err := r.begin(ctx)
		var no *noSentFolder
		if errors.As(err, &no) {
			if err := r.without(ctx, no); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		if err := r.watch(ctx, w.o.Clock.Now().Add(w.o.Reselect)); err != nil {
			return err
		}
		r.in.wait()
		if err := r.reap(ctx); err != nil {
			return err
		}
		if err := r.mark(ctx); err != nil {
			return err
		}
	}
}

// watch takes and waits by turns, until it is time to select the folder anew.
func (r *run) watch(ctx context.Context, until time.Time) error {
	pauses := 0
	for {
		err := r.round(ctx)
		switch {
		case errors.Is(err, errDesk):
			pauses++
			if err := r.breathe(ctx, r.o.Retry.Delay(pauses, r.o.Rand())); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		}
		pauses = 0
		if err := r.settle(ctx); err != nil {
			return err
		}
		if r.ready() {
			continue
		}
		if !r.o.Clock.Now().Before(until) {
			return nil
		}
		if err := r.rest(ctx); err != nil {
			return err
		}
	}
}

// breathe waits before the desk is tried again.
func (r *run) breathe(ctx context.Context, d time.Duration) error {
	r.in.wait()
	if err := r.reap(ctx); err != nil {
		return err
	}
	if err := r.mark(ctx); err != nil {
		return err
	}
	select {
	case <-r.o.Clock.After(d):
	case <-r.s.client.Closed():
		return r.s.explain("wait for the desk", errLost)
	case <-ctx.Done():
		return ctx.Err()
	}
	r.in.again()
	return nil
}

// settle waits a moment for the mails that are with the desk, and marks what became ours.
func (r *run) settle(ctx context.Context) error {
	soon := r.o.Clock.After(settleTime)
	for waiting := true; waiting; {
		if err := r.reap(ctx); err != nil {
			return err
		}
		if len(r.hand) == 0 {
			break
		}
		select {
		case <-r.in.wake:
		case <-soon:
			waiting = false
		case <-r.s.client.Closed():
			return r.s.explain("wait for the desk", errLost)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return r.mark(ctx)
}

// ready says whether there is something to do at once.
func (r *run) ready() bool {
	if x, _ := r.troubles.next(); x != nil {
		return true
	}
	large := len(r.queue.fresh.large) + len(r.queue.backlog.large)
	return r.newsWaits() || r.in.failing() || r.queue.len() > large || large > 0 && r.big == 0
}

// rest waits for the next thing to do: in IDLE where possible. When nobody told of anything until the time is up, it looks itself.
func (r *run) rest(ctx context.Context) error {
	d := min(r.o.Poll, reIdle)
	if _, at := r.troubles.next(); !at.IsZero() {
		d = min(d, at.Sub(r.o.Clock.Now()))
	}
	up := r.o.Clock.After(d)
	polled, err := r.await(ctx, up)
	if err != nil || !polled {
		return err
	}
	// SEARCH need not see what has not been announced; NOOP has it announced (RFC 9051, 6.1.2).
	if err := r.s.ask("noop", func() error { return r.s.client.Noop().Wait() }); err != nil {
		return err
	}
	r.newsCame()
	if _, err = r.look(false); err != nil {
		return err
	}
	return r.lookAgain(ctx)
}

// await waits, and says whether it was the time that ended it.
func (r *run) await(ctx context.Context, up <-chan time.Time) (timeUp bool, err error) {
	if r.o.Idle && !r.noIdle && r.s.canIdle() {
		timeUp, err = r.s.idle(ctx, up, r.in.wake)
		if _, lost := r.try("idle", err); lost != nil || err == nil {
			return timeUp, lost
		}
		r.noIdle = true
		r.journal.noIdle(err)
	}
	select {
	case <-up:
		return true, nil
	case <-r.s.news:
		r.s.nudge()
	case <-r.in.wake:
	case <-r.s.client.Closed():
		return false, r.s.explain("wait", errLost)
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return false, nil
}

// reapLast notes what became of the last mails of a connection; their marks are set by the next one.
func (r *run) reapLast(ctx context.Context) {
	outcomes, _ := r.in.harvest()
	for _, o := range outcomes {
		if o.err != nil && ctx.Err() == nil {
			r.journal.deskFailed(o.err)
		}
		r.board.took(o.err)
	}
	r.board.write(func(s *Status) { s.Backlog = 0 })
}
