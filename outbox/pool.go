package outbox

import (
	"context"
	"sync"
	"time"

	"notfalld/ticket"
)

// idleAfter: a connection without work is ended before the server does it (RFC 5321, 4.5.3.2.7 lets it after 5 minutes).
const idleAfter = 30 * time.Second

// pool keeps the connections that have nothing to do. The one used last is used next: when there is little to send, one
// connection is enough, and the login is paid once.
type pool struct {
	o     Options
	clock ticket.Clock

	mu   sync.Mutex
	idle []*connection // used last, last
	open int           // idle and at work

	quits sync.WaitGroup
}

// borrow gives a connection that the server still answers on, or makes one.
func (p *pool) borrow(ctx context.Context) (*connection, error) {
	if c := p.pop(); c != nil {
		if c.alive() {
			return c, nil
		}
		p.drop(c)
		p.dropIdle() // they have lain idle for longer
	}
	c, err := dial(ctx, p.o)
	if err == nil {
		p.mu.Lock()
		p.open++
		p.mu.Unlock()
	}
	return c, err
}

func (p *pool) pop() *connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.idle) - 1
	if last < 0 {
		return nil
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c
}

// giveBack ends a borrowing; usable says whether the connection can be used again.
func (p *pool) giveBack(c *connection, usable bool) {
	if !usable {
		p.drop(c)
		return
	}
	c.resting = p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, c)
}

// size is how many connections are open.
func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open
}

func (p *pool) drop(c *connection) {
	c.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
}

func (p *pool) dropIdle() {
	for c := p.pop(); c != nil; c = p.pop() {
		p.drop(c)
	}
}

// reap says goodbye on the connections that have lain idle since before t, and does not wait for what the server says to that.
func (p *pool) reap(t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.idle) && p.idle[n].resting.Before(t) {
		p.quits.Go(p.idle[n].quit)
		n++
	}
	p.idle = p.idle[n:]
	p.open -= n
}

// closeAll ends what lies idle, when nobody borrows any more.
func (p *pool) closeAll() {
	for c := p.pop(); c != nil; c = p.pop() {
		p.quits.Go(c.quit)
	}
	p.quits.Wait()
}
