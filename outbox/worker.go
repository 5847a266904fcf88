package outbox

import (
	"context"
	"time"

	"notfalld/ticket"
)

// idleAfter: a connection without work is ended before the server does it (RFC 5321, 4.5.3.2.7 lets it after 5 minutes).
const idleAfter = 30 * time.Second

// worker delivers one mail after the other over one connection of its own. An attempt that was begun is
// ended and recorded even when ctx ends meanwhile: its outcome must not become unknown by our own hand.
func (s *Sender) worker(ctx context.Context, work <-chan ticket.Out) {
	var c *connection
	defer func() { c.quit() }()
	for {
		var idle <-chan time.Time
		if c != nil {
			idle = s.desk.Clock().After(idleAfter)
		}
		select {
		case <-idle:
			c.quit()
			c = nil
		case o, ok := <-work:
			if !ok {
				return
			}
			c = s.deliver(context.WithoutCancel(ctx), c, o)
			s.release(o.ID)
		}
	}
}

// deliver makes one attempt and records it. It returns the connection if that can be used again.
func (s *Sender) deliver(ctx context.Context, c *connection, due ticket.Out) *connection {
	c, err := s.connected(c)
	if err != nil {
		out := ticket.Outcome{Result: ticket.Temporary, Text: err.Error(), RetryAt: s.unreachable(err)}
		if due.State == ticket.OutFrozen {
			out.Result = ticket.Unclear // an earlier attempt's outcome is still not known
		}
		s.record(ctx, due.ID, out)
		return nil
	}
	o, ok, err := s.desk.Freeze(ctx, due.ID)
	if err != nil {
		s.log.storeFailed(ctx, err)
		return c
	}
	if !ok {
		return c
	}
	out, usable := c.send(o)
	if out.Result == ticket.Temporary && due.State == ticket.OutFrozen {
		out.Result = ticket.Unclear // refused this time; whether the first attempt arrived is as unknown as before
	}
	out.RetryAt = s.desk.Clock().Now().Add(retryAfter(o.Attempts, out.Code))
	s.record(ctx, o.ID, out)
	if out.Result == ticket.Accepted {
		s.countSent()
	}
	s.log.attempt(o, out)
	if !usable {
		c.close()
		return nil
	}
	return c
}

func (s *Sender) record(ctx context.Context, id int64, out ticket.Outcome) {
	if err := s.desk.Delivered(ctx, id, out); err != nil {
		// The mail stays frozen: after the restart or the store's recovery the same bytes go out again, with the same Message-ID.
		s.log.storeFailed(ctx, err)
	}
}

// connected returns a connection that the server still answers on.
func (s *Sender) connected(c *connection) (*connection, error) {
	if c != nil && c.alive() {
		return c, nil
	}
	c.close()
	c, err := dial(s.o)
	if err != nil {
		return nil, err
	}
	s.reached()
	return c, nil
}
