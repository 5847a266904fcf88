package ingest

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/postoffice"
)

const keyword = "$NotfallTicket"

// house is an office with the mailbox of support, a desk, and what the watcher logged.
type house struct {
	*testing.T
	ctx    context.Context
	office *postoffice.Office
	desk   *memoryDesk
	log    *logbook
	opts   Options
	end    func() // ends the watcher and waits for it
	w      *Watcher
}

func newHouse(t *testing.T, o postoffice.Options) *house {
	t.Helper()
	o.Users = append(o.Users, postoffice.User{Name: "support", Password: "geheim", Addresses: []string{"support@notfall-hoster.at"}})
	office, err := postoffice.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { office.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second) // a test that fails; never a measure
	t.Cleanup(cancel)
	h := &house{T: t, ctx: ctx, office: office, desk: newDesk(), log: &logbook{}}
	h.desk.lookBack = time.Hour
	h.opts = testOptions(office.IMAPAddr(), h.log)
	return h
}

// testOptions are those of support, with pauses short enough for tests that wait for what comes after them.
func testOptions(addr string, log *logbook) Options {
	host, port, _ := net.SplitHostPort(addr)
	n, _ := strconv.Atoi(port)
	return Options{
		Name: "support", Host: host, Port: n, Username: "support", Password: "geheim", Folder: "INBOX", Idle: true,
		Poll: time.Hour, Keyword: keyword, Silence: 20 * time.Second,
		Retry: Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond}, RetryAuth: Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond},
		RetrySoon: Backoff{Min: time.Millisecond, Max: 10 * time.Millisecond}, RetryMail: Backoff{Min: time.Hour, Max: time.Hour},
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}
}

// watch starts the watcher; it ends with the test, or by h.end.
func (h *house) watch() {
	h.Helper()
	h.w = New(h.opts, h.desk)
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- h.w.Run(ctx) }()
	h.end = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.Errorf("Run: %v", err)
		}
		if h.desk.doubled > 0 {
			h.Errorf("%d mails were handed over while they were being decided", h.desk.doubled)
		}
	})
	h.Cleanup(h.end)
}

// append lays a mail into the inbox and returns its UID.
func (h *house) append(raw string) uint32 {
	h.Helper()
	uid, err := h.office.Append("support", "INBOX", []byte(raw), time.Now())
	if err != nil {
		h.Fatal(err)
	}
	return uid
}

// flags are the flags of all mails of a folder, by UID, in the order of their UIDs: "1: \Seen $X".
func (h *house) flags(folder string) []string {
	h.Helper()
	ms, err := h.office.Messages("support", folder)
	if err != nil {
		h.Fatal(err)
	}
	var out []string
	for _, m := range ms {
		fs := slices.Sorted(slices.Values(m.Flags))
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d: %s", m.UID, strings.Join(fs, " "))))
	}
	return out
}

func (h *house) wantFlags(folder string, want ...string) {
	h.Helper()
	if got := h.flags(folder); !slices.Equal(got, want) {
		h.Errorf("flags in %s:\n got %q\nwant %q", folder, got, want)
	}
}

// emergency is a mail that becomes a ticket, ordinary one that does not.
func emergency(n int) string { return testMail(n, "Notfall-Support") }
func ordinary(n int) string  { return testMail(n, "Rechnung") }

func testMail(n int, subject string) string {
	return fmt.Sprintf("Message-ID: <m%d@firma.example>\r\nFrom: Eva <eva@firma.example>\r\nTo: support@notfall-hoster.at\r\nSubject: %s %d\r\n\r\nweb%02d.firma.example ist nicht erreichbar.\r\n", n, subject, n, n)
}

// logbook keeps what was logged.
type logbook struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	changed chan struct{}
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed != nil {
		close(l.changed)
	}
	l.changed = make(chan struct{})
	return l.buf.Write(b)
}

// count is the number of lines that hold the text.
func (l *logbook) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.buf.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// wait blocks until a line with the text was logged n times.
func (l *logbook) wait(t *testing.T, ctx context.Context, text string, n int) {
	t.Helper()
	for l.count(text) < n {
		l.mu.Lock()
		if l.changed == nil {
			l.changed = make(chan struct{})
		}
		changed := l.changed
		l.mu.Unlock()
		if l.count(text) >= n {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			l.mu.Lock()
			defer l.mu.Unlock()
			t.Fatalf("waited in vain for %q in the log:\n%s", text, l.buf.String())
		}
	}
}

func TestTakesAndMarks(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.append(emergency(1))
	h.append(ordinary(2))
	h.watch()
	h.desk.waitMarked(t, h.ctx, 2)
	if err := h.office.WaitIdle(h.ctx, "support", 1); err != nil {
		t.Fatal(err)
	}
	h.append(emergency(3)) // pushed: the poll is an hour away
	h.desk.waitMarked(t, h.ctx, 3)
	h.wantFlags("INBOX", "1: "+keyword, "2:", "3: "+keyword)
	if f, _ := h.desk.find(3); string(f.Raw) != emergency(3) || f.Size != int64(len(f.Raw)) || f.InternalDate.IsZero() || f.Cut != "" {
		t.Errorf("handed over: %+v", f)
	}
	s := h.w.Status()
	if !s.Connected || s.Taken != 3 || s.LastError != "" || s.Backlog != 0 {
		t.Errorf("status: %+v", s)
	}
	h.end()
	h.watch() // nothing is taken twice
	if err := h.office.WaitIdle(h.ctx, "support", 1); err != nil {
		t.Fatal(err)
	}
	h.append(emergency(4))
	h.desk.waitMarked(t, h.ctx, 4)
	if h.desk.again != 0 {
		t.Errorf("%d mails came twice", h.desk.again)
	}
}
