package postoffice

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// wire is one connection as the server library sees it. It reads along in both directions, command by command, and that is
// where faults strike. TLS ends here, below the library, so that everything above is the same with and without it.
//
// The library reads in one goroutine. It gets the next command only when it asks for it, so when it asks, it has answered the
// one before: replies sent from here keep their order even when the client pipelines (RFC 2920).
type wire struct {
	net.Conn // what the library talks through: TCP, or TLS over it
	tcp      net.Conn
	gate     *gate
	id       int
	once     sync.Once
	gone     chan struct{} // closed by sever
	cut      sync.Once

	dialect dialect
	in      []byte // read, not yet looked at
	ready   []byte // for the library to read
	readErr error
	buf     []byte

	// Set by the session, read in the same goroutine.
	user string
	from string

	muted   atomic.Bool
	closing atomic.Bool // when the library asks for the next command, the connection is closed
	secure  atomic.Bool

	mu lock // held while writing
}

// lock is a mutex that one can give up waiting for.
type lock chan struct{}

func (l lock) Lock()   { l <- struct{}{} }
func (l lock) Unlock() { <-l }

func (l lock) lockWithin(d time.Duration) bool {
	select {
	case l <- struct{}{}:
		return true
	case <-time.After(d):
		return false
	}
}

// byePatience is how long bye waits for a client that does not take what is being sent to it.
const byePatience = time.Second

// dialect is what IMAP and SMTP do differently. Each value belongs to one wire.
type dialect interface {
	// input moves the next piece from w.in to w.ready, or deals with it; false if it needs more bytes.
	input(w *wire) bool
	// output sends what the library writes, changed where need be. w.mu is held.
	output(w *wire, p []byte) error
}

var errSevered = errors.New("postoffice: connection closed by a fault")

func newWire(g *gate, conn net.Conn, id int) *wire {
	w := &wire{Conn: conn, tcp: conn, gate: g, id: id, gone: make(chan struct{}), buf: make([]byte, 32<<10), mu: make(lock, 1)}
	if g.mode == ImplicitTLS {
		w.Conn = tls.Server(conn, g.tls)
		w.secure.Store(true)
	}
	if g.service == SMTP {
		w.dialect = &smtpDialect{}
	} else {
		w.dialect = &imapDialect{}
	}
	return w
}

// Read gives the library the next bytes of the client.
func (w *wire) Read(p []byte) (int, error) {
	for {
		if len(w.ready) > 0 {
			n := copy(p, w.ready)
			w.ready = w.ready[n:]
			return n, nil
		}
		if w.dialect.input(w) {
			continue
		}
		if w.readErr != nil {
			return 0, w.readErr
		}
		n, err := w.Conn.Read(w.buf)
		w.in = append(w.in, w.buf[:n]...)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, err // the library may set another deadline and go on
		}
		w.readErr = err
	}
}

// pass gives the library the first n bytes of in.
func (w *wire) pass(n int) {
	w.ready = append(w.ready[:0], w.in[:n]...)
	w.in = w.in[n:]
}

// skip throws away the first n bytes of in.
func (w *wire) skip(n int) { w.in = w.in[n:] }

// Write takes what the library sends.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.dialect.output(w, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// inject sends a line of our own.
func (w *wire) inject(line string) {
	if !strings.HasSuffix(line, "\n") {
		line += "\r\n"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.send([]byte(line)) // an error shows at the next read
}

// send puts bytes on the line, unless the connection is muted; w.mu is held.
func (w *wire) send(p []byte) error {
	if w.gate.muted.Load() {
		w.muted.Store(true)
	}
	if w.muted.Load() || len(p) == 0 {
		return nil
	}
	for {
		t := w.gate.throttle.Load()
		if t == nil || len(p) <= t.bytes {
			_, err := w.Conn.Write(p)
			return err
		}
		if _, err := w.Conn.Write(p[:t.bytes]); err != nil {
			return err
		}
		p = p[t.bytes:]
		select {
		case <-time.After(t.every):
		case <-w.gone:
			return errSevered
		}
	}
}

// sever closes the connection at once, whatever is going on.
func (w *wire) sever() {
	w.cut.Do(func() {
		close(w.gone)
		w.tcp.Close()
		w.gate.remove(w)
	})
}

// Close is called by the library when it is done with the connection.
func (w *wire) Close() error {
	w.once.Do(func() {
		w.Conn.Close() // with TLS this says goodbye first
		w.sever()
		w.gate.handed.Done()
	})
	return nil
}

// bye ends an IMAP session with BYE, or without if an answer is half sent.
func (w *wire) bye(text string) {
	if w.mu.lockWithin(byePatience) {
		if d, ok := w.dialect.(*imapDialect); ok && d.outLiteral == 0 && len(d.outLine) == 0 {
			w.send([]byte("* BYE " + text + "\r\n"))
		}
		w.mu.Unlock()
	}
	w.sever()
}

// startTLS answers a STARTTLS command and goes on encrypted. What the client sent behind the command in plain is dropped
// (RFC 3207 section 4.2: it must not be taken for something said under TLS).
func (w *wire) startTLS(reply string) {
	w.inject(reply)
	w.in = nil
	w.mu.Lock()
	defer w.mu.Unlock()
	w.Conn = tls.Server(w.tcp, w.gate.tls)
	w.secure.Store(true)
}

// event describes a command that has come.
func (w *wire) event(command, line string) Event {
	return Event{
		At: Point(string(w.gate.service) + ":" + command), ConnID: w.id, TLS: w.secure.Load(), User: w.user, Line: line, From: w.from,
	}
}

// end makes the library see the end of the connection.
func (w *wire) end() bool {
	w.sever()
	w.in, w.readErr = nil, io.EOF
	return false
}

// suffer applies a fault to the command line at the start of in, n bytes long. It tells whether the command shall act; if
// not, the caller takes it out of in. tag comes before a tagged reply.
func (w *wire) suffer(f *Fault, tag string) (act bool) {
	if f.Raw != "" {
		w.inject(f.Raw)
	}
	switch {
	case f.Act && (f.Drop || f.Mute): // it acts, and the answer is lost
		w.muted.Store(true)
		w.closing.Store(f.Drop)
		return true
	case f.Reply != "":
		reply := f.Reply
		if tag != "" && !strings.HasPrefix(reply, "*") {
			reply = tag + " " + reply
		}
		w.inject(reply)
	case !f.Drop && !f.Mute:
		return true
	}
	if f.Mute {
		w.muted.Store(true)
	}
	if f.Drop {
		w.end()
	}
	return false
}
