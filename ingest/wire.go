package ingest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// wire is the raw connection below TLS, with deadlines of our own: the IMAP library waits for responses without any.
// While a command is under way (expect), a read during which nothing moves for the limit ends the connection.
// The limit counts only while somebody reads: if we are the slow ones, the server is not to blame.
type wire struct {
	raw net.Conn

	mu     sync.Mutex
	limit  time.Duration // 0: nothing is owed, silence is fine
	budget time.Duration // what all reads of the command may wait together; 0: no bound
	waited time.Duration
	began  time.Time // of the command
	cause  error     // why the connection ended, as far as we know

	received atomic.Int64
}

// errSilent says that the server owed an answer and sent nothing.
var errSilent = errors.New("the server is silent")

// errSlow says that the server sent something all the time, and far too little of it.
var errSlow = errors.New("the server is too slow")

func newWire(raw net.Conn) *wire { return &wire{raw: raw} }

// expect begins a command: from now on a silence of limit, or waits of budget in total (0: any), end the connection.
func (w *wire) expect(limit, budget time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.limit, w.budget, w.waited, w.began = limit, budget, 0, time.Now()
	w.arm() // a read is pending already: the library always reads
}

// relax ends a command: the server may be silent again.
func (w *wire) relax() { w.expect(0, 0) }

// arm sets the deadline of the read that is pending or about to begin. w.mu is held.
func (w *wire) arm() {
	var until time.Time
	if w.limit > 0 {
		d := w.limit
		if w.budget > 0 {
			d = min(d, w.budget-w.waited)
		}
		until = time.Now().Add(d)
	}
	w.raw.SetReadDeadline(until)
}

func (w *wire) Read(b []byte) (int, error) {
	w.mu.Lock()
	w.arm()
	w.mu.Unlock()
	start := time.Now()
	n, err := w.raw.Read(b)
	w.received.Add(int64(n))
	w.mu.Lock()
	defer w.mu.Unlock()
	if start.Before(w.began) {
		start = w.began // it was pending before anything was owed
	}
	w.waited += time.Since(start)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errSlow
		if time.Since(start) >= w.limit {
			err = fmt.Errorf("%w for %s", errSilent, w.limit)
		}
	}
	if err != nil && w.cause == nil {
		w.cause = err
	}
	return n, err
}

func (w *wire) Write(b []byte) (int, error) {
	limit := w.writeLimit()
	w.raw.SetWriteDeadline(time.Now().Add(limit))
	n, err := w.raw.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = fmt.Errorf("%w: it takes no data for %s", errSilent, limit)
	}
	if err != nil {
		w.fail(err)
	}
	return n, err
}

func (w *wire) writeLimit() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.limit > 0 {
		return w.limit
	}
	return 30 * time.Second
}

// fail notes the cause and ends the connection.
func (w *wire) fail(cause error) {
	w.mu.Lock()
	if w.cause == nil {
		w.cause = cause
	}
	w.mu.Unlock()
	w.raw.Close()
}

// why is the first thing that went wrong on the connection, nil if nothing has.
func (w *wire) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cause
}

// Close ends the connection at once, without the farewell that TLS would write to a peer that may not read.
func (w *wire) Close() error                     { return w.raw.Close() }
func (w *wire) LocalAddr() net.Addr              { return w.raw.LocalAddr() }
func (w *wire) RemoteAddr() net.Addr             { return w.raw.RemoteAddr() }
func (w *wire) SetDeadline(time.Time) error      { return nil } // expect decides
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// lane is what the IMAP library gets: the clear text, checked by the guard, over the wire.
type lane struct {
	*wire
	top   net.Conn // the wire itself, or TLS over it
	guard *guard
}

func (l *lane) Read(b []byte) (int, error) {
	n, err := l.top.Read(b)
	if bad := l.guard.check(b[:n]); bad != nil {
		l.fail(bad)
		return 0, bad // what the guard refuses never reaches the library's parser
	}
	if err != nil && l.why() == nil {
		l.fail(err)
	}
	return n, err
}

func (l *lane) Write(b []byte) (int, error) { return l.top.Write(b) }
