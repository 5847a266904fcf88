package outbox

import (
	"context"
	"time"

	"notfalld/ticket"
)

const (
	// restFor is how long a worker does without a connection that the server did not give it beside the others'.
	restFor = 30 * time.Second
	// holdFor is how long a mail lies that could not be frozen.
	holdFor = 5 * time.Second
	// mostUnrecorded is how many outcomes each worker may leave behind: its next mail need not wait for the disk.
	mostUnrecorded = 4
	// lastTries is how often an outcome is offered to a failing store once the daemon is to end.
	lastTries = 3
)

// worker delivers one mail after the other. An attempt that was begun is ended and recorded even when ctx ends meanwhile: its
// outcome must not become unknown by our own hand.
func (s *Sender) worker(ctx context.Context, work <-chan ticket.Out) {
	in := work
	var rested <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-rested:
			in, rested = work, nil
		case o := <-in:
			if s.deliver(ctx, o) {
				in, rested = nil, s.desk.Clock().After(restFor)
			}
		}
	}
}

// deliver makes one attempt and has it recorded. rest is true if the server takes no connection beside those that we have.
func (s *Sender) deliver(ctx context.Context, due ticket.Out) (rest bool) {
	c, err := s.pool.borrow(ctx)
	if err != nil {
		defer s.release(due.ID, 0)
		return s.notConnected(ctx, due, err)
	}
	if !c.used {
		s.nudge() // it is no longer alone
	}
	if due.ID == knock.ID || ctx.Err() != nil {
		s.pool.giveBack(c, true)
		s.reached()
		s.release(due.ID, 0)
		return false
	}
	o, ok, err := s.desk.Freeze(context.WithoutCancel(ctx), due.ID)
	if err != nil || !ok {
		s.pool.giveBack(c, true)
		s.reached()
		if err != nil {
			s.storeFails(err)
		}
		hold := holdFor // whatever the reason: a mail that stays due without ever going out must not keep us busy
		if err == nil && o.NextAt.After(s.desk.Clock().Now()) {
			hold = 0 // it was put off, and may become due at any moment
		}
		s.release(due.ID, hold)
		return false
	}
	s.storeWorks()
	first := !c.used
	a := c.send(ctx, o)
	s.pool.giveBack(c, a.usable)
	s.finish(ctx, due, o, a, first)
	return false
}

// finish says what came of an attempt, and has it recorded while the worker goes on. first: it was the first on its
// connection; on a later one, a server that breaks off has proved before that it works, and a new connection is all it takes.
func (s *Sender) finish(ctx context.Context, due, o ticket.Out, a attempted, first bool) {
	certain := a.Result != ticket.Unclear
	if due.State == ticket.OutFrozen && a.Result == ticket.Temporary {
		a.Result = ticket.Unclear // refused this time; whether the first attempt arrived is as unknown as before
	}
	a.RetryAt = s.desk.Clock().Now().Add(retryAfter(o, a.Outcome))
	switch {
	case a.server == nil:
		s.reached()
	case first:
		if until := s.unreachable(a.server); certain {
			a.RetryAt = until // the fault was not this mail's: it keeps its place
		}
	}
	if a.Result == ticket.Accepted {
		s.countSent()
	}
	s.log.attempt(o, a.Outcome)
	s.unrecorded <- struct{}{}
	s.records.Go(func() {
		s.insist(ctx, o.ID, a.Outcome)
		<-s.unrecorded
		s.release(o.ID, 0)
	})
}

// notConnected deals with a mail for which there was no connection: nothing was frozen.
func (s *Sender) notConnected(ctx context.Context, due ticket.Out, err error) (rest bool) {
	switch {
	case ctx.Err() != nil: // we were stopped; nothing was attempted
	case s.pool.size() > 0:
		s.crowded(s.pool.size(), err)
		return true
	default:
		until := s.unreachable(err)
		if due.ID != knock.ID {
			s.record(ctx, due.ID, notAttempted(due, err.Error(), until))
		}
	}
	return false
}

// insist records an outcome, and keeps at it while the store fails: the mail would go out again else.
func (s *Sender) insist(ctx context.Context, id int64, out ticket.Outcome) {
	pause := time.Second
	for left := lastTries; left > 0; {
		if s.record(ctx, id, out) {
			return
		}
		if ctx.Err() != nil {
			left--
			continue
		}
		select {
		case <-ctx.Done():
		case <-s.desk.Clock().After(pause):
			pause = min(2*pause, 30*time.Second)
		}
	}
	s.log.outcomeLost(id, out)
}

func (s *Sender) record(ctx context.Context, id int64, out ticket.Outcome) bool {
	if err := s.desk.Delivered(context.WithoutCancel(ctx), id, out); err != nil {
		s.storeFails(err)
		return false
	}
	s.storeWorks()
	return true
}
