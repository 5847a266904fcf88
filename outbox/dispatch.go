package outbox

import (
	"context"
	"time"

	"notfalld/ticket"
)

const (
	// batch is how many due mails are looked up at once: a few rounds for each worker.
	batch = 64
	// lookAgain bounds how long the outbox sleeps: another process (notfalld outbox retry) may have made something due.
	lookAgain = 2 * time.Second
	// mostGivenUp bounds how many mails are looked through at once for those whose day is over.
	mostGivenUp = 10_000
)

// knock is handed to a worker in place of a mail: see whether the server is back.
var knock = ticket.Out{}

// dispatch hands due mails to the workers, answers before notices.
func (s *Sender) dispatch(ctx context.Context, work chan<- ticket.Out) {
	for ctx.Err() == nil {
		if s.pauseLeft() > 0 {
			s.giveUp(ctx)
		} else if s.round(ctx, work) {
			continue
		}
		s.wait(ctx)
	}
}

// round hands out what is due, and says whether to look again at once.
func (s *Sender) round(ctx context.Context, work chan<- ticket.Out) (again bool) {
	if s.alone() && s.busy() > 0 {
		return false // one is finding out whether the server is there
	}
	taken := s.newList()
	os, err := s.desk.DueOut(ctx, batch+taken)
	if err != nil {
		if ctx.Err() == nil {
			s.storeFails(err)
		}
		return false
	}
	if len(os) == 0 && s.down() {
		os = append(os, knock)
	}
	for _, o := range os {
		if s.pauseLeft() > 0 {
			return false // the server went away meanwhile
		}
		if !s.claim(o.ID) {
			continue
		}
		if !s.offer(ctx, work, o) {
			return true
		}
		again = true
		if s.alone() {
			return false
		}
	}
	return again
}

// alone says whether only one worker is to try: as long as there is no connection, or none that works, more of them would only
// fail more often. And when one is refused to us, it is known whether others are held.
func (s *Sender) alone() bool { return s.down() || s.pool.size() == 0 }

// offer waits for a worker to take the mail. False: it was not taken; something else may be due before it.
func (s *Sender) offer(ctx context.Context, work chan<- ticket.Out, o ticket.Out) bool {
	var due <-chan struct{}
	if o.Kind != ticket.OutAnswer { // an answer waits for no notice
		due = s.desk.Due()
	}
	select {
	case work <- o:
		return true
	case <-due:
	case <-ctx.Done():
	}
	s.release(o.ID, 0)
	return false
}

// wait sleeps until something may be due: the desk says so, a worker is done, the next mail's time comes, or the pause is over.
func (s *Sender) wait(ctx context.Context) {
	clock := s.desk.Clock()
	if left := s.pauseLeft(); left > 0 {
		select {
		case <-ctx.Done():
		case <-clock.After(left):
		}
		return
	}
	s.pool.reap(clock.Now().Add(-idleAfter))
	wait := lookAgain
	if at, ok, err := s.desk.NextOut(ctx); err == nil && ok {
		if until := at.Sub(clock.Now()); until > 0 {
			wait = min(wait, until)
		}
	}
	select {
	case <-ctx.Done():
	case <-s.desk.Due():
	case <-s.news:
	case <-clock.After(wait):
	}
}

// giveUp is called once in each pause. It records a failed attempt of the mails whose day is over, so that the desk gives them up and tells
// staff: they cannot each wait for their turn at a server that is not there.
func (s *Sender) giveUp(ctx context.Context) {
	s.newList()
	os, err := s.desk.DueOut(ctx, mostGivenUp)
	if err != nil {
		if ctx.Err() == nil {
			s.storeFails(err)
		}
		return
	}
	clock, why := s.desk.Clock(), s.Status().LastError
	for _, o := range os {
		if clock.Now().Sub(o.Created) <= s.desk.GiveUpAfter() || !s.claim(o.ID) {
			continue
		}
		s.record(ctx, o.ID, notAttempted(o, why, clock.Now().Add(s.pauseLeft())))
		s.release(o.ID, 0)
	}
}

// notAttempted is the outcome for a mail that the server was not there to be offered.
func notAttempted(o ticket.Out, why string, retryAt time.Time) ticket.Outcome {
	out := ticket.Outcome{Result: ticket.Temporary, Text: why, RetryAt: retryAt}
	if o.State == ticket.OutFrozen {
		out.Result = ticket.Unclear // what became of an earlier attempt is not known
	}
	return out
}
