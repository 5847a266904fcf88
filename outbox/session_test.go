package outbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"notfalld/ticket"
)

// A session is a file testdata/sessions/NAME.txt: some words why, what is to come of it, and what the server does:
//
//	want: RESULT CODE, usable|gone[, server][; WORDS]   the attempt; server: the fault is the server's, not the mail's
//	want: no connection[; WORDS], or: want: not alive   found out before the next mail
//	mails: N             are sent one after the other, with a want for each
//	timeout: DURATION    of the sender; without, long
//	size: OCTETS         of the mail
//	login: USER PASSWORD
//	tls: MODE
//
//	S: LINE         is said; \x00 is an octet
//	S*N: TEXT       is said N times, without a line end
//	LOOP: LINE      is said as long as anybody listens
//	DRIP: TEXT      likewise, slowly and without line ends
//	C: WORDS        the client's next line begins so
//	MAIL            the client's mail comes, up to its dot, and is the one it was to send
//	READ N          octets of it
//	WAIT DURATION   passes; what comes is only tested for coming too late
//	SIP             the mail is read, slowly
//	CLOSE, RESET    the connection, by FIN or RST
//	HANG            nothing is said any more
//	STOP            and nothing is read
func TestSessions(t *testing.T) {
	files, err := filepath.Glob("testdata/sessions/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("sessions are missing: %d files, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txt"), func(t *testing.T) {
			t.Parallel()
			readSession(t, f).play(t)
		})
	}
}

type session struct {
	wants []string
	mails int
	o     Options
	size  int
	steps []string
}

var stepShape = regexp.MustCompile(`^(S|S\*\d+|LOOP|DRIP|C):|^(MAIL|SIP|CLOSE|RESET|HANG|STOP)$|^READ \d+$|^WAIT \d+ms$`)

func readSession(t *testing.T, file string) session {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := session{o: Options{Timeout: 30 * time.Second}, size: 2000, mails: 1}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if stepShape.MatchString(line) {
			s.steps = append(s.steps, line)
			continue
		}
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "want":
			s.wants = append(s.wants, value)
		case "mails":
			s.mails, err = strconv.Atoi(value)
		case "timeout":
			s.o.Timeout, err = time.ParseDuration(value)
		case "size":
			s.size, err = strconv.Atoi(value)
		case "login":
			s.o.Username, s.o.Password, _ = strings.Cut(value, " ")
		case "tls":
			s.o.TLS = value
		}
		if err != nil {
			t.Fatalf("%s: %s: %v", file, line, err)
		}
	}
	return s
}

// play has a client meet the scripted server, once.
func (s session) play(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), time.Minute, errors.New("the session does not end"))
	p := &peer{mail: theMail(s.size), over: make(chan struct{})}
	done := make(chan error, 1)
	go func() { done <- p.serve(ln, s.steps) }()
	stop := context.AfterFunc(ctx, func() { ln.Close(); p.close() })
	t.Cleanup(func() { cancel(); stop(); ln.Close() })

	addr := ln.Addr().(*net.TCPAddr)
	s.o.Host, s.o.Port = "127.0.0.1", addr.Port
	got := s.attempts(ctx, p.mail)
	close(p.over)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if context.Cause(ctx) != nil {
		t.Error(context.Cause(ctx))
	}
	if len(got) != len(s.wants) {
		t.Fatalf("got %q, want %q", got, s.wants)
	}
	for i := range got {
		want, words, _ := strings.Cut(s.wants[i], "; ")
		if outcome, text, _ := strings.Cut(got[i], "; "); outcome != want || !strings.Contains(text, words) {
			t.Errorf("\n got %s\nwant %s", got[i], s.wants[i])
		}
	}
}

// attempts connects and sends, and says what came of it in the words of a session file.
func (s session) attempts(ctx context.Context, mail []byte) (got []string) {
	c, err := dial(ctx, s.o)
	if err != nil {
		return []string{"no connection; " + err.Error()}
	}
	defer c.close()
	for range s.mails {
		if !c.alive() {
			return append(got, "not alive")
		}
		a := c.send(ctx, ticket.Out{EnvelopeFrom: "support@notfall-hoster.at", Recipient: "kundin@firma.example", Bytes: mail})
		fault := ""
		if a.server != nil {
			fault = ", server"
		}
		got = append(got, fmt.Sprintf("%s %d, %s%s; %s", a.Result, a.Code, map[bool]string{true: "usable", false: "gone"}[a.usable], fault, a.Text))
	}
	return got
}

// theMail has lines with dots in front, which SMTP wants doubled (RFC 5321, 4.5.2).
func theMail(size int) []byte {
	var b bytes.Buffer
	b.WriteString("Message-ID: <1@notfall-hoster.at>\r\n\r\n.\r\n..\r\n.ein Punkt\r\n")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "Zeile %d, und nichts als das.\r\n", i)
	}
	return b.Bytes()
}

// peer is the scripted server.
type peer struct {
	mail []byte
	over chan struct{} // the client has gone
	conn *net.TCPConn
}

func (p *peer) close() {
	if p.conn != nil {
		p.conn.Close()
	}
}

func (p *peer) serve(ln net.Listener, steps []string) error {
	c, err := ln.Accept()
	if err != nil {
		return err
	}
	p.conn = c.(*net.TCPConn)
	defer p.conn.Close()
	r := bufio.NewReader(p.conn)
	for i, step := range steps {
		verb, arg, _ := strings.Cut(step, ":")
		if err := p.step(r, verb, strings.TrimPrefix(arg, " ")); err != nil {
			return fmt.Errorf("step %d, %q: %w", i+1, step, err)
		}
	}
	<-p.over
	return nil
}

// step does one line of the script. What cannot be said to a client that has gone was said in vain, and is no error.
func (p *peer) step(r *bufio.Reader, verb, arg string) error {
	n := 1
	if many, ok := strings.CutPrefix(verb, "S*"); ok {
		n, _ = strconv.Atoi(many)
		_, _ = p.conn.Write(bytes.Repeat([]byte(arg), n))
		return nil
	}
	if size, ok := strings.CutPrefix(verb, "READ "); ok {
		n, _ = strconv.Atoi(size)
		_, err := io.ReadFull(r, make([]byte, n))
		return err
	}
	if d, ok := strings.CutPrefix(verb, "WAIT "); ok {
		long, _ := time.ParseDuration(d)
		p.rest(long)
		return nil
	}
	switch verb {
	case "S":
		said, err := strconv.Unquote(`"` + arg + `"`)
		if err != nil {
			return err
		}
		_, _ = io.WriteString(p.conn, said+"\r\n")
	case "C":
		line, err := r.ReadString('\n')
		if err != nil && p.gone() {
			return nil // it was not to come so far
		}
		if err != nil || !strings.HasPrefix(line, arg) {
			return fmt.Errorf("the client said %q (%w)", line, err)
		}
	case "MAIL":
		return p.readMail(r)
	case "LOOP":
		line := bytes.Repeat([]byte(arg+"\r\n"), 100)
		for {
			if _, err := p.conn.Write(line); err != nil {
				return nil
			}
		}
	case "DRIP":
		for {
			if _, err := io.WriteString(p.conn, arg); err != nil {
				return nil
			}
			p.rest(10 * time.Millisecond)
		}
	case "SIP":
		_ = p.conn.SetReadBuffer(32 << 10) // else the system would take megabytes in its place
		for !p.gone() {
			if _, err := io.CopyN(io.Discard, r, 32<<10); err != nil {
				return nil
			}
			p.rest(10 * time.Millisecond)
		}
	case "CLOSE":
		return p.conn.Close()
	case "RESET":
		_ = p.conn.SetLinger(0)
		return p.conn.Close()
	case "HANG":
		_, _ = io.Copy(io.Discard, r)
	case "STOP":
		<-p.over
	}
	return nil
}

// rest is for what slowness is about.
func (p *peer) rest(d time.Duration) {
	select {
	case <-time.After(d):
	case <-p.over:
	}
}

func (p *peer) gone() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

func (p *peer) readMail(r *bufio.Reader) error {
	var got bytes.Buffer
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		if line == ".\r\n" {
			break
		}
		got.WriteString(strings.TrimPrefix(line, "."))
	}
	if !bytes.Equal(got.Bytes(), p.mail) {
		return fmt.Errorf("another mail came: %.200q", got.String())
	}
	return nil
}
