package outbox

import (
	"context"
	"sync"
	"time"
)

// handClock stands still until it is moved.
type handClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []timer
	asked  int // calls of After
}

type timer struct {
	at time.Time
	c  chan time.Time
}

func newClock() *handClock {
	return &handClock{now: time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC)} // a Sunday night in Vienna
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	t := timer{c.now.Add(d), make(chan time.Time, 1)}
	if d <= 0 {
		t.c <- c.now
	} else {
		c.timers = append(c.timers, t)
	}
	return t.c
}

// advance lets so much time pass.
func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.moveLocked(c.now.Add(d))
}

// next moves on to the next timer, if there is one.
func (c *handClock) next() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return false
	}
	at := c.timers[0].at
	for _, t := range c.timers {
		if t.at.Before(at) {
			at = t.at
		}
	}
	c.moveLocked(at)
	return true
}

func (c *handClock) moveLocked(to time.Time) {
	c.now = to
	var left []timer
	for _, t := range c.timers {
		if t.at.After(to) {
			left = append(left, t)
		} else {
			t.c <- to
		}
	}
	c.timers = left
}

func (c *handClock) asks() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

// drive lets time fly whenever the sender does nothing but wait, until ctx ends. No time passes while an attempt is
// under way: that one lives in real time.
func (c *handClock) drive(ctx context.Context, r *running) {
	look := time.NewTicker(200 * time.Microsecond)
	defer look.Stop()
	for ctx.Err() == nil {
		if r.idle() && c.next() {
			continue
		}
		select {
		case <-look.C:
		case <-ctx.Done():
		}
	}
}
