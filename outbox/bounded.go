package outbox

import (
	"errors"
	"net"
	"sync"
	"time"
)

// mostReply is how much a server may say to one command. A certificate chain fits, an endless reply does not.
const mostReply = 256 << 10

var errTalksOn = errors.New("the server's reply does not end")

// bounded is a connection on which nothing lasts for ever. The library sets deadlines for replies alone, and those of its
// STARTTLS are minutes away; its writes have none, and its replies may be of any length.
type bounded struct {
	net.Conn
	limit  time.Duration // for one write; a reply may take twice as long
	left   int           // octets that may still be read before the next command; the session's goroutine alone uses it
	broken bool          // a write failed: not everything was handed to the network; likewise

	mu      sync.Mutex
	end     time.Time // when what is under way must be over; zero: no such time
	hurried time.Time // like end, for everything from now on
}

// endBy sets when what is begun now must be over, however the server spreads its words; zero ends that.
func (c *bounded) endBy(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end = t
}

// hurry gives the session so much time to come to its end. It may be called while the session waits.
func (c *bounded) hurry(grace time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hurried = time.Now().Add(grace)
	_ = c.Conn.SetDeadline(c.clamp(c.hurried)) // an error shows at the read
}

// clamp gives the earliest of t and the bounds; c.mu is held.
func (c *bounded) clamp(t time.Time) time.Time {
	for _, bound := range []time.Time{c.end, c.hurried} {
		if !bound.IsZero() && bound.Before(t) {
			t = bound
		}
	}
	return t
}

// SetDeadline is what the library calls before and after each command. Zero means "none" to it, never to us.
func (c *bounded) SetDeadline(t time.Time) error {
	c.left = mostReply
	most := time.Now().Add(2 * c.limit)
	if t.IsZero() || t.After(most) {
		t = most
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Conn.SetDeadline(c.clamp(t))
}

func (c *bounded) Write(p []byte) (int, error) {
	c.mu.Lock()
	err := c.SetWriteDeadline(c.clamp(time.Now().Add(c.limit)))
	c.mu.Unlock()
	n := 0
	if err == nil {
		n, err = c.Conn.Write(p)
	}
	if err != nil {
		c.broken = true
	}
	return n, err
}

func (c *bounded) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errTalksOn
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}
