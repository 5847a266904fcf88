package outbox

import (
	"errors"
	"net"
	"testing"
	"time"
)

// deadlines notes what was set on a connection that says without end.
type deadlines struct {
	net.Conn
	both, write time.Time
}

func (d *deadlines) SetDeadline(t time.Time) error      { d.both, d.write = t, t; return nil }
func (d *deadlines) SetWriteDeadline(t time.Time) error { d.write = t; return nil }
func (d *deadlines) Write(p []byte) (int, error)        { return len(p), nil }
func (d *deadlines) Read(p []byte) (int, error)         { return len(p), nil }

// Each case: what is done on a connection with a limit of 10 minutes, and the deadline that comes of it.
func TestBounded(t *testing.T) {
	const limit = 10 * time.Minute
	var never time.Time
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	both := func(d *deadlines) time.Time { return d.both }
	write := func(d *deadlines) time.Time { return d.write }
	for _, c := range []struct {
		name string
		do   func(c *bounded)
		of   func(d *deadlines) time.Time
		want time.Duration
	}{
		{"the library's own", func(c *bounded) { c.SetDeadline(in(time.Minute)) }, both, time.Minute},
		{"none at all", func(c *bounded) { c.SetDeadline(never) }, both, 2 * limit},
		{"too late", func(c *bounded) { c.SetDeadline(in(5 * time.Hour)) }, both, 2 * limit},
		{"the whole ends before", func(c *bounded) { c.endBy(in(2 * time.Minute)); c.SetDeadline(in(5 * time.Minute)) }, both, 2 * time.Minute},
		{"the whole ends before, none", func(c *bounded) { c.endBy(in(2 * time.Minute)); c.SetDeadline(never) }, both, 2 * time.Minute},
		{"the whole ends later", func(c *bounded) { c.endBy(in(time.Hour)); c.SetDeadline(in(5 * time.Minute)) }, both, 5 * time.Minute},
		{"the whole is over", func(c *bounded) { c.endBy(in(time.Minute)); c.endBy(never); c.SetDeadline(in(5 * time.Minute)) }, both, 5 * time.Minute},
		{"hurried while waiting", func(c *bounded) { c.SetDeadline(in(5 * time.Minute)); c.hurry(time.Minute) }, both, time.Minute},
		{"hurried before", func(c *bounded) { c.hurry(time.Minute); c.SetDeadline(in(5 * time.Minute)) }, both, time.Minute},
		{"hurried for good", func(c *bounded) { c.hurry(time.Minute); c.endBy(in(time.Hour)); c.endBy(never); c.SetDeadline(never) }, both, time.Minute},
		{"hurried near the end", func(c *bounded) { c.endBy(in(time.Minute)); c.hurry(5 * time.Minute) }, both, time.Minute},
		{"a write", func(c *bounded) { c.Write([]byte("x")) }, write, limit},
		{"a write after a command", func(c *bounded) { c.SetDeadline(in(time.Minute)); c.Write([]byte("x")) }, write, limit},
		{"a write near the end", func(c *bounded) { c.endBy(in(time.Minute)); c.Write([]byte("x")) }, write, time.Minute},
	} {
		d := &deadlines{}
		c.do(&bounded{Conn: d, limit: limit, left: mostReply})
		if got := time.Until(c.of(d)); got > c.want || got < c.want-time.Minute/2 {
			t.Errorf("%s: the deadline is in %s, want %s", c.name, got, c.want)
		}
	}
}

// Each command is answered anew, but none without end.
func TestBoundedReply(t *testing.T) {
	c := &bounded{Conn: &deadlines{}, limit: time.Minute, left: mostReply}
	piece := make([]byte, 10_000)
	for command := range 3 {
		n := 0
		var err error
		for err == nil && n <= 2*mostReply {
			var k int
			k, err = c.Read(piece)
			n += k
		}
		if n != mostReply || !errors.Is(err, errTalksOn) {
			t.Errorf("reply %d: %d octets, %v", command, n, err)
		}
		_ = c.SetDeadline(time.Time{})
	}
}
