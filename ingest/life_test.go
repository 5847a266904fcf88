package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
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

// TestVanishes: a mail that is deleted between SEARCH and FETCH keeps nobody waiting.
func TestVanishes(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	for n := range 5 {
		h.append(emergency(n + 1))
	}
	h.office.Inject(postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Do: func(postoffice.Event) {
		if err := h.office.Expunge("support", "INBOX", 3); err != nil {
			t.Error(err)
		}
	}})
	h.watch()
	h.desk.waitMarked(t, h.ctx, 4)
	h.log.wait(t, h.ctx, "vanished", 1)
	h.append(emergency(6))
	h.desk.waitMarked(t, h.ctx, 5)
	if got := slices.Sorted(slices.Values(h.desk.uids())); !slices.Equal(got, []uint32{1, 2, 4, 5, 6}) {
		t.Errorf("taken: %v", got)
	}
	if s := h.w.Status(); s.Backlog != 0 || s.SetAside != 0 {
		t.Errorf("status: %+v", s)
	}
}

// TestUndeliverable: neither body nor header of a mail can be had. It is said once, and the others go on.
func TestUndeliverable(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	for n := range 5 {
		h.append(emergency(n + 1))
	}
	any := func(postoffice.Event) bool { return true }
	sick := h.office.Inject(postoffice.Fault{At: postoffice.IMAPFetch, When: of("3", any), Reply: "NO [CORRUPTION] Cannot read"})
	h.opts.RetryMail = Backoff{Min: 50 * time.Millisecond, Max: 50 * time.Millisecond}
	h.watch()
	h.log.wait(t, h.ctx, "does not deliver", 1)
	h.append(emergency(6))
	h.desk.waitMarked(t, h.ctx, 5)
	if s := h.w.Status(); s.SetAside != 1 || s.Backlog != 1 || s.Undelivered < wholeTries+1 || !s.Connected {
		t.Errorf("status: %+v", s)
	}
	sick.Clear()
	h.desk.waitMarked(t, h.ctx, 6) // once the server has recovered
	h.wantWhole(6, "")
	if n := h.log.count("does not deliver"); n != 1 {
		t.Errorf("said %d times", n)
	}
}

// TestTroubleEndsWithUIDValidity: with another UIDVALIDITY a UID is another mail, and nothing is known against it.
func TestTroubleEndsWithUIDValidity(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	for n := range 3 {
		h.append(emergency(n + 1))
	}
	any := func(postoffice.Event) bool { return true }
	sick := h.office.Inject(postoffice.Fault{At: postoffice.IMAPFetch, When: of("3", any), Reply: "NO [CORRUPTION] Cannot read"})
	h.watch()
	h.log.wait(t, h.ctx, "does not deliver", 1) // and it would be tried again in an hour
	sick.Clear()
	if _, err := h.office.RecreateFolder("support", "INBOX", false); err != nil {
		t.Fatal(err)
	}
	h.office.DropConnections(postoffice.IMAP)
	h.desk.waitMarked(t, h.ctx, 2+3)
	if s := h.w.Status(); s.SetAside != 0 {
		t.Errorf("status: %+v", s)
	}
}

var errFull = errors.New("no space left on device")

func TestDeskRefuses(t *testing.T) {
	t.Run("everything for a while", func(t *testing.T) {
		h := newHouse(t, postoffice.Options{})
		var mu sync.Mutex
		full, tries := true, 0
		enough := make(chan struct{})
		h.desk.hold = func(ticket.Fetched) error {
			mu.Lock()
			defer mu.Unlock()
			if !full {
				return nil
			}
			if tries++; tries == 20 {
				close(enough)
			}
			return errFull
		}
		for n := range 10 {
			h.append(emergency(n + 1))
		}
		h.watch()
		<-enough
		if s := h.w.Status(); !strings.Contains(s.LastError, "no space left") {
			t.Errorf("status: %+v", s)
		}
		mu.Lock()
		full = false
		mu.Unlock()
		h.desk.waitMarked(t, h.ctx, 10)
		h.log.wait(t, h.ctx, "taken again", 1)
		if n := h.log.count("no space left"); n != 1 {
			t.Errorf("said %d times", n)
		}
		if s := h.w.Status(); s.LastError != "" || s.Failures != 0 {
			t.Errorf("status: %+v", s)
		}
	})
	t.Run("one mail always", func(t *testing.T) {
		h := newHouse(t, postoffice.Options{})
		refusals := make(chan struct{}, 100)
		h.desk.hold = func(f ticket.Fetched) error {
			if f.Place.UID == 2 {
				select {
				case refusals <- struct{}{}:
				default:
				}
				return errFull
			}
			return nil
		}
		for n := range 10 {
			h.append(emergency(n + 1))
		}
		h.watch()
		h.desk.waitMarked(t, h.ctx, 9)
		for range 5 {
			<-refusals
		}
		h.append(emergency(11))
		h.desk.waitMarked(t, h.ctx, 10)
	})
}

// TestSlowMail: a mail that the desk takes long over keeps later ones from nothing.
func TestSlowMail(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	release := make(chan struct{})
	h.desk.hold = func(f ticket.Fetched) error {
		if f.Place.UID == 1 {
			<-release
		}
		return nil
	}
	h.append(emergency(1))
	h.watch()
	h.idling()
	h.append(emergency(2))
	h.desk.waitMarked(t, h.ctx, 1)
	close(release)
	h.desk.waitMarked(t, h.ctx, 2)
	h.wantFlags("INBOX", "1: "+keyword, "2: "+keyword)
}

// TestBacklog: what arrived a moment ago, and what arrives meanwhile, goes before a large backlog; else the oldest goes first.
func TestBacklog(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.desk.lookBack = 1000 * time.Hour
	h.opts.Workers = 1
	const n = 1000
	for i := range n {
		age := 100 * time.Hour
		if i == n-1 {
			age = time.Minute
		}
		if _, err := h.office.Append("support", "INBOX", []byte(emergency(i+1)), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	var once sync.Once
	h.desk.hold = func(f ticket.Fetched) error {
		if f.Place.UID == 100 {
			once.Do(func() { h.append(emergency(n + 1)) })
		}
		return nil
	}
	h.watch()
	h.desk.waitMarked(t, h.ctx, n+1)
	uids := h.desk.uids()
	if uids[0] != n {
		t.Errorf("the youngest mail of the backlog came as number %d", slices.Index(uids, n))
	}
	if i := slices.Index(uids, n+1); i > 100+2*inFlight*batchMails {
		t.Errorf("a mail that came after the 100th was taken as number %d", i)
	}
	rest := slices.DeleteFunc(uids, func(u uint32) bool { return u >= n })
	if !slices.IsSorted(rest) {
		t.Error("the backlog was not taken oldest first")
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

// TestConnectionErrors: what an administrator reads when nothing can be reached.
func TestConnectionErrors(t *testing.T) {
	plainOffice := postoffice.Options{}
	encrypted := postoffice.Options{IMAPTLS: postoffice.ImplicitTLS}
	start := postoffice.Options{IMAPTLS: postoffice.StartTLS, RequireTLS: true}
	tests := []struct {
		name   string
		office postoffice.Options
		tune   func(*Options)
		trust  bool
		want   string
	}{
		{"unknown authority", encrypted, func(o *Options) { o.TLS = TLSImplicit }, false, "certificate signed by unknown authority"},
		{"another name", encrypted, func(o *Options) { o.TLS, o.Host = TLSImplicit, "127.0.0.2" }, true, "connect"},
		{"unknown authority behind STARTTLS", start, func(o *Options) { o.TLS = TLSStart }, false, "certificate signed by unknown authority"},
		{"TLS to a server without", plainOffice, func(o *Options) { o.TLS = TLSImplicit }, false, "first record does not look like a TLS handshake"},
		{"STARTTLS to a server without", plainOffice, func(o *Options) { o.TLS = TLSStart }, false, "the server refuses STARTTLS"},
		{"password in the clear", start, func(o *Options) { o.TLS = TLSNone }, false, "login refused: the server takes no password on an unencrypted connection: set tls"},
		{"wrong password", plainOffice, func(o *Options) { o.Password = "geheimnis" }, false, "login refused by the server"},
		{"no such folder", plainOffice, func(o *Options) { o.Folder = "Notfälle" }, false, "select Notfälle"},
		{"nobody listens", plainOffice, func(o *Options) { o.Port = freePort() }, false, "connection refused"},
		{"no such mode", plainOffice, func(o *Options) { o.TLS = "ssl3" }, false, `unknown TLS mode "ssl3"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, tt.office)
			if tt.trust {
				h.opts.RootCAs = h.office.CertPool()
			}
			tt.tune(&h.opts)
			_, err := Probe(h.ctx, h.opts)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), h.opts.Password) {
				t.Errorf("%v\nwant %q", err, tt.want)
			}
			h.watch()
			h.log.wait(t, h.ctx, "trying again", 1)
		})
	}
}

// freePort is a port of 127.0.0.1 at which nobody listens.
func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestProbe(t *testing.T) {
	tests := []struct {
		name   string
		office postoffice.Options
		tune   func(*house)
		want   Report
	}{
		{"all there", postoffice.Options{}, func(h *house) {}, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"a bare server", postoffice.Options{Without: []string{"IDLE", "MOVE", "UIDPLUS"}, NoKeywords: true}, func(h *house) {}, Report{MoveTo: true}},
		{"no keyword wanted", postoffice.Options{NoKeywords: true}, func(h *house) { h.opts.Keyword = "" }, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"read-only", postoffice.Options{}, func(h *house) { h.office.SetReadOnly("support", "INBOX", true) }, Report{ReadOnly: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"folder to be made", postoffice.Options{}, func(h *house) { h.opts.MoveTo = "Erledigt" }, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true}},
		{"folder is there", postoffice.Options{}, func(h *house) {
			h.opts.MoveTo = "Erledigt"
			h.office.CreateFolder("support", "Erledigt")
		}, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"encrypted", postoffice.Options{IMAPTLS: postoffice.ImplicitTLS}, func(h *house) { h.opts.TLS, h.opts.RootCAs = TLSImplicit, h.office.CertPool() },
			Report{Encrypted: true, Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, tt.office)
			h.append(emergency(1))
			tt.tune(h)
			got, err := Probe(h.ctx, h.opts)
			if err != nil {
				t.Fatal(err)
			}
			if got.Mails != 1 || got.UIDValidity == 0 || got.Folder != "INBOX" || got.Address != h.office.IMAPAddr() || !slices.Contains(got.Capabilities, "IMAP4rev1") {
				t.Errorf("report: %+v", got)
			}
			got.Mails, got.UIDValidity, got.Folder, got.Address, got.Capabilities = 0, 0, "", "", nil
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			h.wantFlags("INBOX", "1:")
		})
	}
}
