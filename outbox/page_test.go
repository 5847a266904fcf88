package outbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"notfalld/ticket"
)

// receiver takes pages, and answers each as its next step says; after the last one all is well.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	steps []string // "500", "429 30", "reset", "mute"
	got   []arrived
	heard chan struct{} // a page has arrived
	end   chan struct{} // closed: it is mute no longer
	speak func()        // closes it
}

type arrived struct {
	id, body string
	verified bool
}

func newReceiver(t *testing.T, steps ...string) *receiver {
	t.Helper()
	hook, err := standardwebhooks.NewWebhook(pageSecret)
	if err != nil {
		t.Fatal(err)
	}
	r := &receiver{steps: steps, end: make(chan struct{}), heard: make(chan struct{}, 1000)}
	r.speak = sync.OnceFunc(func() { close(r.end) })
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		// The clock of these tests is not the library's: its tolerance is not looked at.
		r.got = append(r.got, arrived{req.Header.Get("webhook-id"), string(body), hook.VerifyIgnoringTimestamp(body, req.Header) == nil})
		step := ""
		if len(r.steps) > 0 {
			step, r.steps = r.steps[0], r.steps[1:]
		}
		r.mu.Unlock()
		r.heard <- struct{}{}
		r.answer(w, req, step)
	}))
	t.Cleanup(func() { r.speak(); r.Close() })
	return r
}

func (r *receiver) answer(w http.ResponseWriter, req *http.Request, step string) {
	code := 0
	switch {
	case step == "reset":
		panic(http.ErrAbortHandler) // the connection is closed without an answer
	case step == "mute":
		select {
		case <-req.Context().Done():
		case <-r.end:
		}
	case strings.HasPrefix(step, "429 "):
		w.Header().Set("Retry-After", step[4:])
		w.WriteHeader(429)
	default:
		if _, err := fmt.Sscan(step, &code); err == nil {
			http.Error(w, "says "+step, code)
		}
	}
}

func (r *receiver) arrivals() []arrived {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]arrived(nil), r.got...)
}

// alarms makes the desk ring these channels, which are webhooks.
func alarms(names ...string) func(*setup) {
	return func(s *setup) {
		s.desk.Alarm.API = ticket.AlarmChannels
		for _, n := range names {
			s.desk.Alarm.Channels = append(s.desk.Alarm.Channels, ticket.Channel{Name: n, Type: ticket.ChannelWebhook})
		}
	}
}

func (s *stage) trigger() (id int64) {
	s.Helper()
	v, created, err := s.desk.Trigger(s.ctx, ticket.Trigger{Way: ticket.WayAPI, Name: "Petra Almer", CustomerNumber: "104711", Email: "petra@almhof.example",
		Phone: fmt.Sprintf("+43 664 12345%02d", s.uid.Add(1)), Problem: "web01 antwortet nicht", Actor: "api"})
	s.check(err)
	if !created {
		s.Fatal("the emergency was there already")
	}
	id, _ = ticket.ParseEmergencyNumber(v.ID)
	return id
}

// page enters one page more of an emergency.
func (s *stage) page(emergency int64, channel, key string) {
	s.Helper()
	s.check(s.store.Update(s.ctx, func(tx ticket.Tx) error {
		_, err := tx.AddOut(&ticket.Out{Kind: ticket.OutPage, State: ticket.OutWaiting, EmergencyID: emergency, Mailbox: "support", Recipient: channel, Channel: channel,
			Reason: ticket.PageTriggered, Created: s.clock.Now(), NextAt: s.clock.Now(), Key: key})
		return err
	}))
}

func (s *stage) pages(channel string) (of []ticket.Out) {
	s.Helper()
	for _, o := range s.outs(ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutPage}}) {
		if o.Channel == channel {
			of = append(of, o)
		}
	}
	return of
}

// noting is the desk, and tells the test what is to be recorded before it is: after how long the page is to be tried again. No time passes
// while a page is under way.
type noting struct {
	*watched
	retry func(after time.Duration)
}

func (n noting) Delivered(ctx context.Context, id int64, out ticket.Outcome) error {
	n.retry(out.RetryAt.Sub(n.Clock().Now()))
	return n.watched.Delivered(ctx, id, out)
}

// runPager starts a pager for receivers by their channels' names. It returns what stops it and waits for its end.
func (s *stage) runPager(o PageOptions, rs map[string]*receiver, desk ...PageDesk) (p *Pager, stop func()) {
	s.Helper()
	o.Endpoints, o.Log = map[string]Endpoint{}, slog.New(s.log.handler())
	for name, r := range rs {
		o.Endpoints[name] = Endpoint{URL: r.URL + "/hook", Secret: pageSecret}
	}
	ctx, cancel := context.WithCancel(s.ctx)
	p = NewPager(o, append(desk, PageDesk(s.desk))[0])
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Run(ctx) }()
	stop = func() {
		s.Helper()
		cancel()
		select {
		case <-done:
		case <-s.ctx.Done():
			s.Fatal("Run does not return")
		}
	}
	s.Cleanup(stop)
	return p, stop
}

// fly lets time pass whenever no page is under way.
func (s *stage) fly(p *Pager) {
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		look := time.NewTicker(200 * time.Microsecond)
		defer look.Stop()
		for ctx.Err() == nil {
			p.mu.Lock()
			idle := len(p.busy) <= s.desk.keeping()
			p.mu.Unlock()
			if idle && s.clock.next() {
				continue
			}
			select {
			case <-look.C:
			case <-ctx.Done():
			}
		}
	}()
	s.Cleanup(func() { cancel(); <-done })
}

func (s *stage) untilSent(channel string, n int) {
	s.Helper()
	s.until(fmt.Sprintf("%d pages over %s", n, channel), func() bool {
		sent := 0
		for _, o := range s.pages(channel) {
			if o.State == ticket.OutSent {
				sent++
			}
		}
		return sent == n
	})
}

// hear waits for so many pages to arrive, whatever becomes of them.
func (s *stage) hear(what string, r *receiver, n int) {
	s.Helper()
	for range n {
		select {
		case <-r.heard:
		case <-s.ctx.Done():
			s.Fatalf("it never came to this: %s\n%s", what, s.log)
		}
	}
}

// Each case: what the receiver does, attempt by attempt, and what is recorded. Between two attempts lies the pause, a tenth more or less.
func TestPagerRetries(t *testing.T) {
	for _, c := range []struct {
		name     string
		steps    []string
		outcomes []ticket.Result
		pauses   []time.Duration
		state    ticket.OutState
		sameBody bool // all attempts have the same bytes
	}{
		{"taken at once", nil, []ticket.Result{ticket.Accepted}, nil, ticket.OutSent, true},
		{"busy twice", []string{"503", "500"}, []ticket.Result{ticket.Temporary, ticket.Temporary, ticket.Accepted}, []time.Duration{2 * time.Second, 5 * time.Second}, ticket.OutSent, false},
		{"told when to come back", []string{"429 17"}, []ticket.Result{ticket.Temporary, ticket.Accepted}, []time.Duration{17 * time.Second}, ticket.OutSent, false},
		{"no answer", []string{"reset"}, []ticket.Result{ticket.Unclear, ticket.Accepted}, []time.Duration{2 * time.Second}, ticket.OutSent, true},
		{"no answer, then busy", []string{"reset", "500", "502"}, []ticket.Result{ticket.Unclear, ticket.Unclear, ticket.Unclear, ticket.Accepted},
			[]time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second}, ticket.OutSent, true},
		{"does not know us", []string{"401"}, []ticket.Result{ticket.Permanent}, nil, ticket.OutFailed, true},
		{"busy, then gone", []string{"500", "410"}, []ticket.Result{ticket.Temporary, ticket.Permanent}, []time.Duration{2 * time.Second}, ticket.OutFailed, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, noStaff, alarms("oncall"))
			r := newReceiver(t, c.steps...)
			s.trigger()
			var pauses []time.Duration // one page: one attempt at a time
			p, stop := s.runPager(PageOptions{}, map[string]*receiver{"oncall": r}, noting{s.desk, func(d time.Duration) { pauses = append(pauses, d) }})
			s.fly(p)
			s.until("the page's end", func() bool { return s.pages("oncall")[0].State == c.state })
			stop()
			attempts := s.attempts(s.pages("oncall")[0].ID)
			if len(attempts) != len(c.outcomes) {
				t.Fatalf("%d attempts: %+v", len(attempts), attempts)
			}
			got := r.arrivals()
			for i, a := range attempts {
				if a.Outcome != string(c.outcomes[i]) {
					t.Errorf("attempt %d: %s (%s), want %s", i, a.Outcome, a.Text, c.outcomes[i])
				}
				if !got[i].verified || got[i].id != a.MessageID || got[i].id != got[0].id || c.sameBody && got[i] != got[0] {
					t.Errorf("attempt %d of %s arrived as %+v; the first was %+v", i, a.MessageID, got[i], got[0])
				}
				if i == 0 {
					continue
				}
				if pause := pauses[i-1]; pause < c.pauses[i-1]*9/10 || pause > c.pauses[i-1]*11/10 || a.At.Sub(attempts[i-1].At) < pause-time.Millisecond {
					t.Errorf("attempt %d after %s, want %s", i, pause, c.pauses[i-1])
				}
			}
		})
	}
}

// TestPagerCrash: the receiver has taken the page, and nobody wrote that down. After the restart the same bytes go out with the same
// webhook-id, by which the receiver knows them.
func TestPagerCrash(t *testing.T) {
	s := newStage(t, noStaff, alarms("oncall"))
	r := newReceiver(t)
	s.trigger()
	s.desk.fail = func() error { return errors.New("the disk is full") }
	p, stop := s.runPager(PageOptions{}, map[string]*receiver{"oncall": r})
	s.fly(p)
	s.until("an outcome that is not taken", func() bool { return s.desk.keeping() == 1 })
	stop()
	s.desk.fail = nil
	if o := s.pages("oncall")[0]; o.State != ticket.OutFrozen {
		t.Fatalf("the page is %s", o.State)
	}
	if lost := s.log.lines("pages: an outcome could not be stored"); len(lost) != 1 {
		t.Errorf("logged %d times that an outcome is lost", len(lost))
	}
	again, _ := s.runPager(PageOptions{}, map[string]*receiver{"oncall": r})
	s.fly(again)
	s.untilSent("oncall", 1)
	got := r.arrivals()
	if len(got) != 2 || got[0] != got[1] || !got[0].verified {
		t.Errorf("it arrived as %+v", got)
	}
}

// TestPagerChannelsBesideEachOther: one channel is mute, and has far more pages than fit into one look; the other gets its page all the same.
func TestPagerChannelsBesideEachOther(t *testing.T) {
	s := newStage(t, noStaff, alarms("mute", "oncall"))
	mute, oncall := newReceiver(t), newReceiver(t)
	for range 4 * pageBatch {
		mute.steps = append(mute.steps, "mute")
	}
	id := s.trigger()
	for i := range 3 * pageBatch {
		s.page(id, "mute", fmt.Sprint("more:", i))
	}
	s.page(id, "oncall", "the other")
	_, _ = s.runPager(PageOptions{Timeout: time.Minute}, map[string]*receiver{"mute": mute, "oncall": oncall})
	s.untilSent("oncall", 1)
	if n := len(mute.arrivals()); n > perChannel {
		t.Errorf("%d pages are under way over one channel", n)
	}
	for _, o := range s.pages("mute") {
		if o.State == ticket.OutSent {
			t.Errorf("page %d is sent", o.ID)
		}
	}
	mute.speak()
	s.untilSent("mute", 3*pageBatch+1)
}

// TestPagerFinishes: what is under way when the daemon is to end is finished and recorded.
func TestPagerFinishes(t *testing.T) {
	s := newStage(t, noStaff, alarms("oncall"))
	r := newReceiver(t, "mute")
	s.trigger()
	_, stop := s.runPager(PageOptions{}, map[string]*receiver{"oncall": r})
	s.hear("a page under way", r, 1)
	go r.speak()
	stop()
	if o := s.pages("oncall")[0]; o.State != ticket.OutSent || o.Attempts != 1 {
		t.Errorf("the page is %s after %d attempts", o.State, o.Attempts)
	}
}

// TestPagerHolds: a page that cannot be frozen is not asked for without end, and goes out once it can.
func TestPagerHolds(t *testing.T) {
	for _, why := range []error{errNotOK, errors.New("the store is away")} {
		s := newStage(t, noStaff, alarms("oncall"))
		r := newReceiver(t)
		s.trigger()
		left := 3
		s.desk.refuse = func(int64) error {
			if left--; left >= 0 {
				return why
			}
			return nil
		}
		p, _ := s.runPager(PageOptions{}, map[string]*receiver{"oncall": r})
		began := s.clock.Now()
		s.fly(p)
		s.untilSent("oncall", 1)
		if n, took := s.desk.freezes(), s.pages("oncall")[0].SentAt.Sub(began); n != 4 || took < 3*holdPage {
			t.Errorf("%v: %d times in %s", why, n, took)
		}
		if why != errNotOK && (len(s.log.lines("pages: the store failed")) != 1 || !strings.Contains(s.log.String(), "pages: the store works again")) {
			t.Errorf("%v: logged\n%s", why, s.log)
		}
	}
}

// TestPagerTellsNoSecrets: neither log nor store holds what a receiver repeated of our keys.
func TestPagerTellsNoSecrets(t *testing.T) {
	s := newStage(t, noStaff, alarms("oncall"))
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "who is "+r.Header.Get("Authorization")+" at "+r.URL.String()+"?", http.StatusForbidden)
	}))
	t.Cleanup(echo.Close)
	s.trigger()
	p := NewPager(PageOptions{Log: slog.New(s.log.handler()), Endpoints: map[string]Endpoint{"oncall": {URL: echo.URL + "/geheim/hook?key=geheim", Secret: pageSecret,
		Header: map[string]string{"Authorization": "Bearer geheim"}}}}, s.desk)
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Run(ctx) }()
	s.until("a refusal", func() bool { return s.pages("oncall")[0].State == ticket.OutFailed })
	cancel()
	<-done
	o := s.pages("oncall")[0]
	all := fmt.Sprintf("%s %+v %+v", s.log, o.LastError, s.attempts(o.ID))
	if !strings.Contains(all, "who is") {
		t.Errorf("what was refused is not said:\n%s", all)
	}
	for _, secret := range []string{"geheim", pageSecret, strings.TrimPrefix(pageSecret, "whsec_")} {
		if strings.Contains(all, secret) {
			t.Errorf("%q is told:\n%s", secret, all)
		}
	}
}
