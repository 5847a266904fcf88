package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// idling waits until the watcher sits in IDLE.
func (h *house) idling() {
	h.Helper()
	if err := h.office.WaitIdle(h.ctx, "support", 1); err != nil {
		h.Fatal(err)
	}
}

func TestOutages(t *testing.T) {
	tests := []struct {
		name   string
		outage func(h *house) (end func())
		logged string
	}{
		{"server gone and back", func(h *house) func() {
			h.office.Stop(postoffice.IMAP)
			return func() {
				if err := h.office.Start(postoffice.IMAP); err != nil {
					h.Fatal(err)
				}
			}
		}, "connection refused"},
		{"server silent", func(h *house) func() {
			h.office.Mute(postoffice.IMAP)
			h.office.DropConnections(postoffice.IMAP)
			return func() { h.office.Unmute(postoffice.IMAP) }
		}, "the server is silent"},
		{"black hole within IDLE", func(h *house) func() {
			h.office.Mute(postoffice.IMAP) // the poll finds out
			return func() { h.office.Unmute(postoffice.IMAP) }
		}, "the server is silent"},
		{"password changed", func(h *house) func() {
			f := h.office.Inject(postoffice.Fault{At: postoffice.IMAPLogin, Reply: "NO [AUTHENTICATIONFAILED] Wrong"})
			h.office.DropConnections(postoffice.IMAP)
			return f.Clear
		}, "login refused"},
		{"BYE", func(h *house) func() {
			f := h.office.Inject(postoffice.Fault{At: postoffice.IMAPConnect, Reply: "* BYE Down for maintenance", Drop: true})
			h.office.Bye("Down for maintenance")
			if err := f.Wait(h.ctx, 3); err != nil { // within IDLE, then as a greeting: one outage
				h.Fatal(err)
			}
			return f.Clear
		}, "Down for maintenance"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, postoffice.Options{})
			h.opts.Silence, h.opts.Poll = 100*time.Millisecond, 100*time.Millisecond
			h.append(emergency(1))
			h.watch()
			h.desk.waitMarked(t, h.ctx, 1)
			end := tt.outage(h)
			h.log.wait(t, h.ctx, tt.logged, 1)
			if s := h.w.Status(); s.Connected || s.LastError == "" || s.Failures == 0 {
				t.Errorf("status while it lasts: %+v", s)
			}
			h.append(emergency(2))
			end()
			h.desk.waitMarked(t, h.ctx, 2)
			h.log.wait(t, h.ctx, "recovered=true", 1)
			if s := h.w.Status(); !s.Connected || s.LastError != "" {
				t.Errorf("status when it is over: %+v", s)
			}
			if n := h.log.count(tt.logged); n != 1 {
				t.Errorf("%q was logged %d times", tt.logged, n)
			}
		})
	}
}

// TestEnds: whatever the watcher waits for, it ends when it is told to.
func TestEnds(t *testing.T) {
	points := []postoffice.Point{postoffice.IMAPConnect, postoffice.IMAPLogin, postoffice.IMAPSelect, postoffice.IMAPSearch, postoffice.IMAPFetch, postoffice.IMAPStore, postoffice.IMAPIdle}
	for _, p := range points {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, postoffice.Options{})
			h.opts.Silence = time.Hour
			h.append(emergency(1))
			f := h.office.Inject(postoffice.Fault{At: p, Mute: true})
			h.watch()
			if err := f.Wait(h.ctx, 1); err != nil {
				t.Fatal(err)
			}
			h.end()
			if h.ctx.Err() != nil {
				t.Error("it ended with the test's patience only")
			}
		})
	}
	t.Run("idle", func(t *testing.T) {
		h := newHouse(t, postoffice.Options{})
		h.watch()
		h.idling()
		h.end()
	})
	t.Run("between two connections", func(t *testing.T) {
		h := newHouse(t, postoffice.Options{})
		h.opts.Retry = Backoff{Min: time.Hour, Max: time.Hour}
		h.office.Stop(postoffice.IMAP)
		h.watch()
		h.log.wait(t, h.ctx, "trying again", 1)
		h.end()
	})
	t.Run("while the desk decides", func(t *testing.T) {
		h := newHouse(t, postoffice.Options{})
		began, decide := make(chan struct{}), make(chan struct{})
		h.desk.hold = func(ticket.Fetched) error {
			close(began)
			<-decide
			return nil
		}
		h.append(emergency(1))
		h.watch()
		<-began
		ended := make(chan struct{})
		go func() { h.end(); close(ended) }()
		select {
		case <-ended:
			t.Error("Run returned while a mail was with the desk")
		default:
		}
		close(decide)
		<-ended
		if len(h.desk.taken) != 1 {
			t.Error("the mail was lost")
		}
	})
}

// TestNotTwiceAtOnce: a mail is not handed over again while the desk still has it from the connection before.
func TestNotTwiceAtOnce(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	began, again := make(chan struct{}), make(chan struct{})
	tries := 0
	h.desk.hold = func(ticket.Fetched) error {
		if tries++; tries == 2 {
			close(again)
			return nil
		}
		close(began)
		select {
		case <-again:
		case <-time.After(300 * time.Millisecond): // as long as a wrong watcher has to show itself
		}
		return nil
	}
	h.append(emergency(1))
	h.watch()
	<-began
	h.office.DropConnections(postoffice.IMAP)
	h.desk.waitMarked(t, h.ctx, 1)
	h.end()
	if tries != 1 {
		t.Errorf("handed over %d times", tries)
	}
}

func TestUIDValidityChanges(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.append(emergency(1))
	h.append(ordinary(2))
	h.watch()
	h.desk.waitMarked(t, h.ctx, 2)
	h.idling()
	validity, err := h.office.RecreateFolder("support", "INBOX", false)
	if err != nil {
		t.Fatal(err)
	}
	h.office.DropConnections(postoffice.IMAP)
	h.desk.waitMarked(t, h.ctx, 4) // known mails are recognised by the desk; here they count again
	h.log.wait(t, h.ctx, "UIDVALIDITY has changed", 1)
	if p := h.desk.taken[3].Place; p.UIDValidity != validity {
		t.Errorf("handed over as %+v, UIDVALIDITY is %d", p, validity)
	}
	for _, f := range h.flags("INBOX") {
		if strings.Contains(f, keyword) != strings.HasPrefix(f, "1:") {
			t.Errorf("flags: %q", f)
		}
	}
}

// TestReselect: without a new connection, too.
func TestReselect(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.opts.Poll, h.opts.Reselect = 5*time.Millisecond, 20*time.Millisecond
	h.append(emergency(1))
	h.watch()
	h.desk.waitMarked(t, h.ctx, 1)
	if err := h.office.SetUIDValidity("support", "INBOX", 77); err != nil {
		t.Fatal(err)
	}
	h.desk.wait(t, h.ctx, "the other UIDVALIDITY", func() bool { return len(h.desk.taken) == 2 && h.desk.taken[1].Place.UIDValidity == 77 })
}

func TestFirstStart(t *testing.T) {
	tests := []struct {
		name     string
		lookBack time.Duration
		ages     []time.Duration
		want     []uint32
	}{
		{"from now on", 0, []time.Duration{time.Minute, time.Second}, nil},
		{"an hour back", time.Hour, []time.Duration{50 * time.Hour, 2 * time.Hour, 30 * time.Minute, 3 * time.Hour, time.Minute}, []uint32{3, 5}},
		{"a week back", 7 * 24 * time.Hour, []time.Duration{8 * 24 * time.Hour, 6 * 24 * time.Hour}, []uint32{2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, postoffice.Options{})
			h.desk.lookBack = tt.lookBack
			for i, age := range tt.ages {
				if _, err := h.office.Append("support", "INBOX", []byte(emergency(i+1)), time.Now().Add(-age)); err != nil {
					t.Fatal(err)
				}
			}
			h.watch()
			h.idling()
			// What comes now is ours, even an old mail that somebody moved here.
			late, err := h.office.Append("support", "INBOX", []byte(emergency(99)), time.Now().Add(-1000*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			h.desk.waitMarked(t, h.ctx, len(tt.want)+1)
			if got := slices.Sorted(slices.Values(h.desk.uids())); !slices.Equal(got, append(tt.want, late)) {
				t.Errorf("taken: %v, want %v and %d", got, tt.want, late)
			}
			h.end()
			h.office.ClearFaults()
			h.watch() // a restart does not change its mind
			h.idling()
			if n := len(h.desk.taken); n != len(tt.want)+1 {
				t.Errorf("after a restart %d mails were taken", n)
			}
		})
	}
}

// TestMailboxesSideBySide: one that fails does not disturb the other.
func TestMailboxesSideBySide(t *testing.T) {
	h := newHouse(t, postoffice.Options{Users: []postoffice.User{{Name: "hilfe", Password: "offen"}}})
	h.office.Inject(postoffice.Fault{At: postoffice.IMAPAny, When: func(e postoffice.Event) bool { return e.User == "hilfe" }, Reply: "NO Sick"})
	h.append(emergency(1))
	other := h.opts
	other.Name, other.Username, other.Password = "hilfe", "hilfe", "offen"
	sick := New(other, h.desk)
	ctx, cancel := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- sick.Run(ctx) }()
	h.watch()
	h.log.wait(t, h.ctx, "Sick", 1)
	h.desk.waitMarked(t, h.ctx, 1)
	if sick.Status().Connected || !h.w.Status().Connected {
		t.Errorf("status: %+v, %+v", sick.Status(), h.w.Status())
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestThousands: a folder of thousands is taken whole, each mail once.
func TestThousands(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	const n = 3000
	for i := range n {
		if i%3 == 0 {
			h.append(ordinary(i + 1))
		} else {
			h.append(emergency(i + 1))
		}
	}
	h.watch()
	h.desk.waitMarked(t, h.ctx, n)
	if h.desk.again > 0 || len(h.desk.taken) != n {
		t.Errorf("%d taken, %d again", len(h.desk.taken), h.desk.again)
	}
	for i, f := range h.flags("INBOX") {
		want := fmt.Sprintf("%d: %s", i+1, keyword)
		if i%3 == 0 {
			want = fmt.Sprintf("%d:", i+1)
		}
		if f != want {
			t.Fatalf("flags %q, want %q", f, want)
		}
	}
}
