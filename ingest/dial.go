package ingest

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// dial connects and speaks TLS as configured. What it returns never waits for the server longer than Options.Silence.
func dial(ctx context.Context, o *Options) (*lane, error) {
	d := net.Dialer{Timeout: o.Dial}
	raw, err := d.DialContext(ctx, "tcp", net.JoinHostPort(o.Host, strconv.Itoa(o.Port)))
	if err != nil {
		return nil, err
	}
	w := newWire(raw)
	l := &lane{wire: w, top: w, guard: &guard{}}
	w.expect(o.Silence, 0)
	switch o.TLS {
	case TLSStart:
		if err = startTLS(w); err == nil {
			err = l.encrypt(ctx, o)
		}
		// Behind STARTTLS there is no second greeting (RFC 9051, 6.2.1), but the library waits for one.
		l.top = &greeted{Conn: l.top, greeting: []byte("* OK encrypted\r\n")}
	case TLSImplicit:
		err = l.encrypt(ctx, o)
	case TLSNone:
	default:
		err = fmt.Errorf("unknown TLS mode %q", o.TLS)
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return l, nil
}

func (l *lane) encrypt(ctx context.Context, o *Options) error {
	c := tls.Client(l.wire, &tls.Config{ServerName: o.Host, RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12})
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	l.top = c
	return nil
}

// startTLS asks for encryption in clear text. Everything said before it is forgotten, and a server (or somebody in between)
// that sends more than the answer is refused: those bytes would count as encrypted (RFC 9051, 11.3).
func startTLS(w *wire) error {
	r := &lineReader{w: w}
	greeting, err := r.line()
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if f := strings.Fields(strings.ToUpper(greeting)); len(f) < 2 || f[0] != "*" || f[1] != "OK" {
		return fmt.Errorf("greeting %q: STARTTLS needs OK", greeting)
	}
	if _, err := w.Write([]byte("S0 STARTTLS\r\n")); err != nil {
		return fmt.Errorf("STARTTLS: %w", err)
	}
	for range 20 {
		line, err := r.line()
		if err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
		f := strings.Fields(strings.ToUpper(line))
		switch {
		case len(f) == 0 || f[0] != "S0":
			continue
		case len(f) < 2 || f[1] != "OK":
			return fmt.Errorf("the server refuses STARTTLS: %q", line)
		case len(r.buf) > 0:
			return fmt.Errorf("%w: clear text behind STARTTLS", errHostile)
		}
		return nil
	}
	return fmt.Errorf("%w: no answer to STARTTLS", errHostile)
}

// lineReader reads short lines, and knows what is left over.
type lineReader struct {
	w   *wire
	buf []byte
}

func (r *lineReader) line() (string, error) {
	for {
		if i := bytes.IndexByte(r.buf, '\n'); i >= 0 {
			line := strings.TrimSpace(string(r.buf[:i]))
			r.buf = r.buf[i+1:]
			return line, nil
		}
		if len(r.buf) > 8<<10 {
			return "", fmt.Errorf("%w: a line without an end", errHostile)
		}
		chunk := make([]byte, 1<<10)
		n, err := r.w.Read(chunk)
		r.buf = append(r.buf, chunk[:n]...)
		if err != nil && n == 0 {
			return "", err
		}
	}
}

// greeted is a connection whose first bytes were read already.
type greeted struct {
	net.Conn
	greeting []byte
}

func (g *greeted) Read(b []byte) (int, error) {
	if len(g.greeting) > 0 {
		n := copy(b, g.greeting)
		g.greeting = g.greeting[n:]
		return n, nil
	}
	return g.Conn.Read(b)
}
