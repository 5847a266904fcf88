package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// wire is the server behind Serve, for clients that do not behave.
type wire struct {
	*api
	address string
	end     context.CancelFunc
	ended   chan error
}

// newWire serves; how long clients may take is the test's, so that it need not wait as long as they may.
func newWire(t *testing.T, p patience) *wire {
	t.Helper()
	a := newAPI(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &wire{api: a, address: l.Addr().String(), end: cancel, ended: make(chan error, 1)}
	go func() { w.ended <- serve(ctx, l, Handler(a.options), p) }()
	t.Cleanup(cancel)
	return w
}

// say sends bytes as they are, and leaves the connection open.
func (w *wire) say(text string) net.Conn {
	w.Helper()
	c, err := net.Dial("tcp", w.address)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute)) // a test that waits so long has failed
	if _, err := io.WriteString(c, text); err != nil {
		w.Fatal(err)
	}
	return c
}

// hear gives everything that comes until the server hangs up.
func (w *wire) hear(c net.Conn) string {
	w.Helper()
	all, err := io.ReadAll(c)
	if err != nil {
		w.Fatalf("%v\n%s", err, all)
	}
	return string(all)
}

const asking = "POST /api/v1/emergencies HTTP/1.1\r\nHost: notfalld\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"

// long is the patience of a server whose time-outs are not what a test is about.
var long = patience{header: time.Minute, read: time.Minute, write: time.Minute, idle: time.Minute, end: time.Minute}

// A client whose body stops in the middle is told so, and let go; nothing is made of the half.
func TestBodyStops(t *testing.T) {
	p := long
	p.read = 50 * time.Millisecond
	for name, request := range map[string]string{
		"with its length": asking + "Content-Length: 100\r\n\r\n{\"phone\": \"+43 664 1234567\"",
		"in chunks":       asking + "Transfer-Encoding: chunked\r\n\r\n1c\r\n{\"phone\": \"+43 664 1234567\"}\r\n",
		"a whole object, and its length is longer": asking + "Content-Length: 100\r\n\r\n{\"phone\": \"+43 664 1234567\"}",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWire(t, p)
			answer := w.hear(w.say(request))
			if !strings.HasPrefix(answer, "HTTP/1.1 408 ") || !strings.Contains(answer, "did not arrive in whole") || w.count() != 0 {
				t.Errorf("%s\n%d emergencies", answer, w.count())
			}
		})
	}
}

// A client that hangs up in the middle of its body has triggered nothing.
func TestBodyCutOff(t *testing.T) {
	w := newWire(t, long)
	c := w.say(asking + "Content-Length: 100\r\n\r\n{\"phone\": \"+43 664 1234567\"}")
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if answer := w.hear(c); !strings.HasPrefix(answer, "HTTP/1.1 408 ") || w.count() != 0 {
		t.Errorf("%s\n%d emergencies", answer, w.count())
	}
}

// Who has no token, or sends what is not taken, is answered before anything of the body has come: the server waits for none of it.
func TestAnsweredBeforeTheBody(t *testing.T) {
	w := newWire(t, long)
	for name, c := range map[string]struct{ request, status string }{
		"no token":             {strings.Replace(asking, token, "x", 1) + "Content-Length: 100\r\n\r\n", "401"},
		"no token, in chunks":  {strings.Replace(asking, token, "x", 1) + "Transfer-Encoding: chunked\r\n\r\n", "401"},
		"no token, 100":        {strings.Replace(asking, token, "x", 1) + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n", "401"},
		"another type":         {strings.Replace(asking, "/json", "/xml", 1) + "Content-Length: 100\r\n\r\n", "415"},
		"too large":            {asking + "Content-Length: 10000000\r\n\r\n", "413"},
		"too large, 100":       {asking + "Expect: 100-continue\r\nContent-Length: 10000000\r\n\r\n", "413"},
		"a key of two":         {asking + "Idempotency-Key: a b\r\nContent-Length: 100\r\n\r\n", "400"},
		"another method":       {strings.Replace(asking, "POST", "PUT", 1) + "Content-Length: 100\r\n\r\n", "405"},
		"another path":         {strings.Replace(asking, "/emergencies", "/emergency", 1) + "Content-Length: 100\r\n\r\n", "404"},
		"a step of a ticket":   {strings.Replace(asking, "/emergencies", "/emergencies/NS-1/cancel", 1) + "Content-Length: 100\r\n\r\n", "404"},
		"a body where none is": {strings.Replace(asking, "POST", "DELETE", 1) + "Content-Length: 100\r\n\r\n", "405"},
	} {
		conn := w.say(c.request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if resp.Status[:3] != c.status || resp.Header.Get("Content-Type") != "application/problem+json" || !resp.Close {
			t.Errorf("%s: %s %v", name, resp.Status, resp.Header)
		}
	}
	if w.count() != 0 {
		t.Errorf("%d emergencies", w.count())
	}
}

// What has been refused is not waited for without end.
func TestRefusedAndStopped(t *testing.T) {
	p := long
	p.read = 50 * time.Millisecond
	w := newWire(t, p)
	for _, more := range []string{"Content-Length: 100\r\n\r\n{", "Content-Length: 100000000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"} {
		if answer := w.hear(w.say(strings.Replace(asking, token, "x", 1) + more)); !strings.HasPrefix(answer, "HTTP/1.1 401 ") {
			t.Error(answer)
		}
	}
}

// A client that reads only when it has sent everything reads the answer, however much it had to send.
func TestMuchIsSentFirst(t *testing.T) {
	w := newWire(t, long)
	for name, c := range map[string]struct{ token, status string }{"with a token": {token, "413"}, "without": {"x", "401"}} {
		size := 20 << 20
		conn := w.say(strings.Replace(asking, token, c.token, 1) + fmt.Sprintf("Content-Length: %d\r\n\r\n", size))
		part := strings.Repeat(" ", 1<<20)
		for range size / len(part) {
			if _, err := io.WriteString(conn, part); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if answer := w.hear(conn); !strings.HasPrefix(answer, "HTTP/1.1 "+c.status+" ") {
			t.Errorf("%s: %s", name, answer)
		}
	}
}

// A header of a megabyte, one that never ends, and one that says two things about the length.
func TestHeadersThatAreNone(t *testing.T) {
	p := long
	p.header, p.read = 50*time.Millisecond, 50*time.Millisecond
	w := newWire(t, p)
	for name, c := range map[string]struct{ request, status string }{
		"a megabyte":    {"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 1<<20), "431"},
		"a long path":   {"GET /" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431"},
		"two lengths":   {asking + "Content-Length: 2\r\nContent-Length: 29\r\n\r\n{}", "400"},
		"no host":       {"GET /healthz HTTP/1.1\r\n\r\n", "400"},
		"no HTTP":       {"hilfe\r\n\r\n", "400"},
		"a bare return": {"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n", "400"},
	} {
		conn, err := net.Dial("tcp", w.address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(time.Now().Add(time.Minute))
		_, _ = io.WriteString(conn, c.request) // the server may hang up before the end
		first, _ := bufio.NewReader(conn).ReadString('\n')
		if conn.Close(); !strings.HasPrefix(first, "HTTP/1.1 "+c.status) && first != "" { // "": reset before the answer was read
			t.Errorf("%s: %q", name, first)
		}
	}
	if answer := w.hear(w.say("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")); strings.Contains(answer, "200 OK") {
		t.Error(answer)
	}
	if w.count() != 0 {
		t.Errorf("%d emergencies", w.count())
	}
}

// Many clients that stop hold up nobody, and the end of the daemon waits for no more than one that is at work.
func TestManyStop(t *testing.T) {
	p := long
	p.end = 50 * time.Millisecond
	w := newWire(t, p)
	for range 100 {
		w.say(asking + "Content-Length: 100\r\n\r\n{")
	}
	answer := w.hear(w.say(asking + "Connection: close\r\nContent-Length: 29\r\n\r\n{\"phone\": \"+43 664 1234567\" }"))
	if !strings.HasPrefix(answer, "HTTP/1.1 201 ") {
		t.Error(answer)
	}
	w.end()
	if err := <-w.ended; err != nil {
		t.Error(err)
	}
	if w.count() != 1 {
		t.Errorf("%d emergencies", w.count())
	}
}

// Two requests on one connection: what is left of the first is not taken for the second.
func TestSmuggling(t *testing.T) {
	w := newWire(t, long)
	inner := strings.Replace(asking, "POST /api/v1/emergencies", "POST /api/v1/emergencies/NE-10001/cancel", 1) + "\r\n"
	answer := w.hear(w.say(asking + fmt.Sprintf("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%s", inner)))
	if strings.Count(answer, "HTTP/1.1 ") > 1 && strings.Contains(answer, "200 OK") {
		t.Error(answer)
	}
	if w.count() != 0 {
		t.Errorf("%d emergencies", w.count())
	}
}
