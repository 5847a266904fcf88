package postoffice

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// gate is what stands between the network and one of the two servers. To the server it is a net.Listener that lives as long
// as the Office; the real listener behind it can be closed and opened again on the same port.
type gate struct {
	office  *Office
	service Service
	mode    TLSMode
	tls     *tls.Config
	addr    string // with the port, once known

	muted    atomic.Bool
	throttle atomic.Pointer[throttle]

	incoming chan *wire
	done     chan struct{}  // closed at the end
	handed   sync.WaitGroup // connections that the server has and has not closed
	loops    sync.WaitGroup

	mu      sync.Mutex
	ln      net.Listener // nil while stopped
	wires   map[*wire]struct{}
	closed  bool
	changed chan struct{} // closed and replaced whenever wires changes
}

type throttle struct {
	bytes int
	every time.Duration
}

func newGate(o *Office, s Service, addr string, mode TLSMode, conf *tls.Config) (*gate, error) {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	g := &gate{
		office: o, service: s, mode: mode, tls: conf, addr: addr, incoming: make(chan *wire), done: make(chan struct{}),
		wires: map[*wire]struct{}{}, changed: make(chan struct{}),
	}
	return g, g.open()
}

// open listens, at first and again after shut.
func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return net.ErrClosed
	}
	if g.ln != nil {
		return nil
	}
	ln, err := net.Listen("tcp", g.addr)
	if err != nil {
		return fmt.Errorf("postoffice: %s: %w", g.service, err)
	}
	g.ln = ln
	if addr := ln.Addr().String(); addr != g.addr { // the first time, when the port was free to choose
		g.addr = addr
	}
	g.loops.Go(func() { g.accept(ln) })
	return nil
}

func (g *gate) accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			g.office.logf("postoffice: %s: accept: %v", g.service, err)
			select {
			case <-time.After(10 * time.Millisecond): // out of file descriptors, most likely
				continue
			case <-g.done:
				return
			}
		}
		w := newWire(g, conn, int(g.office.conns.Add(1)))
		if !g.add(w, ln) {
			conn.Close()
			return
		}
		g.loops.Go(func() { g.admit(w) })
	}
}

// add registers a connection, unless its listener was closed in the meantime.
func (g *gate) add(w *wire, ln net.Listener) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ln != ln {
		return false
	}
	g.wires[w] = struct{}{}
	g.touchLocked()
	return true
}

func (g *gate) remove(w *wire) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, ok := g.wires[w]; ok {
		delete(g.wires, w)
		g.touchLocked()
	}
}

func (g *gate) touchLocked() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// admit lets a connection through to the server, or has it meet the fault that waits for it.
func (g *gate) admit(w *wire) {
	if f := g.office.strike(w.event("connect", "")); f != nil {
		if f.Raw != "" {
			w.inject(f.Raw)
		}
		if f.Reply != "" {
			w.inject(f.Reply)
		}
		if f.Mute {
			w.muted.Store(true)
		}
		if f.Drop || f.Reply != "" {
			w.sever()
			return
		}
	}
	select {
	case g.incoming <- w:
	case <-g.done:
		w.sever()
	}
}

// Accept hands the next connection to the server.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case w := <-g.incoming:
		g.handed.Add(1)
		return w, nil
	case <-g.done:
		return nil, net.ErrClosed
	}
}

// Close is called by the server when it ends; shut and end do the work.
func (g *gate) Close() error { return nil }

// Addr returns the address that clients use.
func (g *gate) Addr() net.Addr {
	a, _ := net.ResolveTCPAddr("tcp", g.addr)
	return a
}

// shut closes the real listener and all connections.
func (g *gate) shut() {
	g.mu.Lock()
	ln := g.ln
	g.ln = nil
	g.mu.Unlock()
	if ln != nil {
		ln.Close()
	}
	g.dropAll()
}

func (g *gate) dropAll() {
	for _, w := range g.all() {
		w.sever()
	}
}

func (g *gate) all() []*wire {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]*wire, 0, len(g.wires))
	for w := range g.wires {
		list = append(list, w)
	}
	return list
}

// end makes Accept return for good.
func (g *gate) end() {
	g.mu.Lock()
	first := !g.closed
	g.closed = true
	g.mu.Unlock()
	if first {
		close(g.done)
	}
	g.shut()
	g.loops.Wait()
	g.dropAll()
}

func (o *Office) gate(s Service) *gate {
	if s == SMTP {
		return o.smtp
	}
	return o.imap
}

// Stop makes a server vanish: new connections are refused, open ones are closed. What it knows stays.
func (o *Office) Stop(s Service) { o.gate(s).shut() }

// Start makes a stopped server listen again on the same port.
func (o *Office) Start(s Service) error { return o.gate(s).open() }

// Mute makes a server silent: it takes connections and commands, and sends nothing, not even a banner. It lasts until Unmute,
// and for the connections that missed something because of it until they end.
func (o *Office) Mute(s Service) { o.gate(s).muted.Store(true) }

// Unmute ends Mute for new connections, and for those that have missed nothing.
func (o *Office) Unmute(s Service) { o.gate(s).muted.Store(false) }

// Throttle makes a server slow: it sends so many bytes, then pauses. 0 bytes: at full speed again.
func (o *Office) Throttle(s Service, bytes int, pause time.Duration) {
	if bytes <= 0 {
		o.gate(s).throttle.Store(nil)
		return
	}
	o.gate(s).throttle.Store(&throttle{bytes, pause})
}

// DropConnections closes all open connections of a server, without a word. New ones are taken.
func (o *Office) DropConnections(s Service) { o.gate(s).dropAll() }

// Bye ends all IMAP sessions with an untagged BYE (RFC 3501 section 7.1.5), where no answer is half sent.
func (o *Office) Bye(text string) {
	for _, w := range o.imap.all() {
		w.bye(text)
	}
}

// Connections returns how many connections a server has.
func (o *Office) Connections(s Service) int { return len(o.gate(s).all()) }

// WaitConnections waits until a server has exactly n connections.
func (o *Office) WaitConnections(ctx context.Context, s Service, n int) error {
	g := o.gate(s)
	for {
		g.mu.Lock()
		have, changed := len(g.wires), g.changed
		g.mu.Unlock()
		if have == n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("postoffice: %s has %d connections, not %d: %w", s, have, n, context.Cause(ctx))
		}
	}
}
