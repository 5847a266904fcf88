package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/message"
	"notfalld/postoffice"
	"notfalld/ticket"
)

// pager is a receiver of webhooks that keeps what it got.
type pager struct {
	*testing.T
	url string

	mu    sync.Mutex
	got   []pagerCall
	more  chan struct{}                  // closed and made anew with each call
	onGet func(c pagerCall) (answer int) // nil: 204
	done  func(c pagerCall)              // after the answer has left; may be nil
}

type pagerCall struct {
	id, kind, emergency, phone string
	body                       []byte
	accepted                   bool
}

func newPager(t *testing.T, onGet func(pagerCall) int) *pager {
	p := &pager{T: t, more: make(chan struct{}), onGet: onGet}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func (p *pager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var b struct {
		Type string
		Data struct{ ID, Phone string }
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &b); err != nil {
		p.Errorf("%v in\n%s", err, body)
	}
	c := pagerCall{id: r.Header.Get("webhook-id"), kind: b.Type, emergency: b.Data.ID, phone: b.Data.Phone, body: body}
	status := http.StatusNoContent
	if p.onGet != nil {
		status = p.onGet(c)
	}
	c.accepted = status < 300
	p.mu.Lock()
	p.got = append(p.got, c)
	close(p.more)
	p.more = make(chan struct{})
	p.mu.Unlock()
	w.WriteHeader(status)
	if p.done != nil {
		_ = http.NewResponseController(w).Flush()
		p.done(c)
	}
}

// calls are those of one emergency and kind.
func (p *pager) calls(emergency, kind string) (list []pagerCall) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.got {
		if c.emergency == emergency && c.kind == kind {
			list = append(list, c)
		}
	}
	return list
}

// rings waits until a page of that kind was accepted.
func (p *pager) rings(h *house, emergency, kind string) pagerCall {
	p.Helper()
	ctx := patient(p.T)
	for {
		p.mu.Lock()
		more := p.more
		p.mu.Unlock()
		for _, c := range p.calls(emergency, kind) {
			if c.accepted {
				return c
			}
		}
		select {
		case <-more:
		case <-ctx.Done():
			p.Fatalf("the pager never rang for %s %s\n%s", emergency, kind, h.stderr)
		}
	}
}

func (p *pager) config() string {
	return `alarm: {api: channels, channels: [{name: oncall, webhook: {url: "` + p.url + `/hook", secret: whsec_bWl0dGVybmFjaHRzIGtsaW5nZWx0IGRhcyBUZWxlZm9u}}]}`
}

// command runs the program beside the daemon, and wants exit code 0.
func (h *house) command(args ...string) string {
	h.Helper()
	var out bytes.Buffer
	m := &Main{Stdin: strings.NewReader(""), Stdout: &out, Stderr: h.stderr, Env: os.LookupEnv}
	if code := m.Run(context.Background(), append(args, "-c", h.conf)); code != exitDone {
		h.Fatalf("%v: exit code %d\n%s%s", args, code, out.String(), h.stderr)
	}
	return out.String()
}

// told waits for a mail to an address with this in its subject or text.
func (h *house) told(address, text string) {
	h.Helper()
	var last string
	_, err := h.office.WaitDelivery(patient(h.T), func(ds []postoffice.Delivery) bool {
		return slices.ContainsFunc(to(ds, address), func(d postoffice.Delivery) bool {
			m := message.Parse(d.Data, message.DefaultLimits())
			last = m.Subject + "\n" + m.Text
			return strings.Contains(last, text)
		})
	})
	if err != nil {
		h.Fatalf("%s was never told %q; last:\n%s\n%s", address, text, last, h.stderr)
	}
}

// One night with both databases: a mail, then the trigger by a command beside the daemon; the pager rings, the customer gets a second mail, the
// technician takes over; another one triggers by mistake, and what was told is taken back.
func TestEmergencyThroughTheHouse(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			p := newPager(t, nil)
			more := []string{p.config()}
			if engine == "postgres" {
				pg, err := postoffice.StartPostgres(t.TempDir())
				postoffice.Needs(t, err)
				t.Cleanup(func() { pg.Close() })
				url, err := pg.NewDatabase()
				if err != nil {
					t.Fatal(err)
				}
				more = append(more, `store: {url: "`+url+`"}`)
			}
			h := newHouse(t, postoffice.Options{}, more...)
			clock := newShiftedClock(time.Now()) // the daemon's; the commands have the real one
			d, stop := h.start(func(p *plan) { p.useClock(clock) })
			h.mail("petra@almhof.at", "Notfall-Support", "Der Shop web01.almhof.at ist nicht erreichbar. Kundennummer 104711")
			h.answered("petra@almhof.at", 1)

			out := h.command("emergency", "trigger", "--name", "Petra Gruber", "--customer", "104711", "--email", "petra@almhof.at", "--phone", "0664 5550173", "--wait", "1m")
			if !strings.Contains(out, "linked to NS-10001") || !strings.Contains(out, "confirmed: an alarm channel has taken it") {
				t.Errorf("trigger says\n%s", out)
			}
			if c := p.rings(h, "NE-10001", "emergency.triggered"); c.phone != "+436645550173" {
				t.Errorf("the pager was given the phone %q", c.phone)
			}
			h.told("petra@almhof.at", "NE-10001")
			if ts := h.tickets(d); len(ts) != 1 || ts[0].Emergency != "NE-10001" {
				t.Errorf("%+v", ts)
			}
			h.command("emergency", "ack", "NE-10001", "--by", "Anna Berger")
			p.rings(h, "NE-10001", "emergency.acknowledged")

			h.command("emergency", "trigger", "--customer", "105220", "--email", "sam@parcelwerk.de", "--phone", "+49 30 5550132", "--lang", "en", "--wait", "1m")
			p.rings(h, "NE-10002", "emergency.triggered")
			h.mail("Sam Reed <sam@parcelwerk.de>", "Emergency support", "pg1.parcelwerk.de went down about ten minutes ago. Customer no. 105220. Please help.")
			h.told("sam@parcelwerk.de", "NS-10002")
			h.command("emergency", "cancel", "NE-10002", "--why", "by mistake")
			p.rings(h, "NE-10002", "emergency.cancelled")
			h.told("sam@parcelwerk.de", "Correction")

			h.command("emergency", "trigger", "--json", "--customer", "103310", "--phone", "+43 1 5550199")
			p.rings(h, "NE-10003", "emergency.triggered")
			h.confirmed("NE-10003")
			clock.jump(time.Now().Add(31 * time.Minute)) // nobody calls: the daemon notices by itself
			p.rings(h, "NE-10003", "emergency.overdue")

			list := h.command("emergency", "list")
			if !strings.HasPrefix(list, "2 wait for a call\n") || !strings.Contains(list, "taken over") || !strings.Contains(list, "NE-10002  cancelled") {
				t.Errorf("list says\n%s", list)
			}
			for _, n := range []string{"NE-10001", "NE-10002"} {
				if cs := p.calls(n, "emergency.triggered"); len(cs) != 1 {
					t.Errorf("%d pages of %s", len(cs), n)
				}
			}
			stop()
		})
	}
}

// The daemon is killed between trigger and page: before the page leaves, when the pager has it and has not answered, and right after the answer. After
// a restart the pager has had one page for each emergency: whatever came twice is the same, by its webhook-id and by its bytes.
func TestKilledBetweenTriggerAndPage(t *testing.T) {
	var mu sync.Mutex
	var victim *os.Process
	kill := func() {
		mu.Lock()
		defer mu.Unlock()
		if victim != nil {
			_ = victim.Kill()
		}
	}
	const before, beneath, after = "104701", "104702", "104703" // customers, by when the daemon is killed
	p := newPager(t, func(c pagerCall) int {
		if bytes.Contains(c.body, []byte(beneath)) {
			kill()
			mu.Lock()
			defer mu.Unlock()
			if victim != nil {
				return http.StatusInternalServerError // nobody is there to read it
			}
		}
		return http.StatusNoContent
	})
	p.done = func(c pagerCall) {
		if bytes.Contains(c.body, []byte(after)) {
			kill()
		}
	}
	h := newHouse(t, postoffice.Options{}, p.config())
	bin := filepath.Join(t.TempDir(), "notfalld")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, bin); err != nil { // TestMain runs the program under this name
		t.Fatal(err)
	}
	var ids []string
	for life := range 6 {
		customer := []string{before, beneath, after}[life%3]
		var v ticket.EmergencyView
		out := h.command("emergency", "trigger", "--json", "--customer", customer, "--phone", "+43 1 55501"+string(rune('0'+life))+"0", "--problem", "Kunde "+customer)
		if err := json.Unmarshal([]byte(out), &v); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		ids = append(ids, v.ID)
		if customer == before {
			continue // the page waits for the next life
		}
		cmd := exec.Command(bin, "run", "-c", h.conf)
		cmd.Stderr = h.stderr
		mu.Lock()
		err := cmd.Start()
		victim = cmd.Process
		mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the pager kills it
		mu.Lock()
		victim = nil
		mu.Unlock()
	}
	h.start()
	again := 0
	for _, id := range ids {
		p.rings(h, id, "emergency.triggered")
		h.confirmed(id)
		cs := p.calls(id, "emergency.triggered")
		again += len(cs) - 1
		for _, c := range cs[1:] {
			if c.id != cs[0].id || !bytes.Equal(c.body, cs[0].body) {
				t.Errorf("%s: two pages, %s and %s:\n%s\n%s", id, cs[0].id, c.id, cs[0].body, c.body)
			}
		}
	}
	if again == 0 {
		t.Error("the daemon was never killed under a page; this test has shown nothing")
	}
	t.Logf("%d emergencies, %d pages delivered again because their acceptance was lost", len(ids), again)
}

// confirmed waits until an alarm is accepted.
func (h *house) confirmed(number string) {
	h.Helper()
	ctx := patient(h.T)
	for ctx.Err() == nil {
		var v ticket.EmergencyDetail
		if err := json.Unmarshal([]byte(h.command("emergency", "show", number, "--json")), &v); err == nil && v.Alarm == ticket.AlarmAccepted {
			return
		}
	}
	h.Fatalf("the alarm of %s was never confirmed\n%s", number, h.stderr)
}
