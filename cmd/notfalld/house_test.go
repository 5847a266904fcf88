package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// house is a whole installation in a test: mail servers and a configuration. The daemon in it is started and stopped at will.
type house struct {
	*testing.T
	office *postoffice.Office
	conf   string // path of the configuration
	http   string // its address

	mailboxLine string // of the configuration
	stderr      *syncBuffer
}

const (
	houseSupport = "support@notfall-hoster.at"
	houseTeam    = "team@notfall-hoster.at"
)

// patient bounds every wait of these tests; a test that waits so long has failed.
func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// newHouse opens an embedded post office, and writes a configuration for it; more is appended, and where it has
// a key of its own, replace takes the line away that would be there twice.
func newHouse(t *testing.T, o postoffice.Options, more ...string) *house {
	t.Helper()
	o.Users = append(o.Users, postoffice.User{Name: "support", Password: "geheim", Addresses: []string{houseSupport}})
	o.AuthServID = "mx.notfall-hoster.at"
	office, err := postoffice.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { office.Close() })
	h := &house{T: t, office: office, stderr: &syncBuffer{}}
	h.configure(office.IMAPAddr(), more...)
	return h
}

// configure writes the configuration; lines given replace those that begin with the same key.
func (h *house) configure(imap string, more ...string) {
	h.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	h.http = l.Addr().String()
	l.Close()
	dir := h.TempDir()
	h.mailboxLine = fmt.Sprintf("mailboxes: [{name: support, address: %s, imap: {host: 127.0.0.1, port: %s, tls: none, username: support, password: geheim, poll: 1s}, plus_address: true}]", houseSupport, portOf(imap))
	lines := []string{
		"mode: live",
		"company: {name: Notfall Hoster, phone: \"+43 1 2345670\", form_url: https://www.notfall-hoster.at/notfall, status_url: https://status.notfall-hoster.at/}",
		h.mailboxLine,
		fmt.Sprintf("smtp: {host: 127.0.0.1, port: %s, tls: none}", portOf(h.office.SMTPAddr())),
		"store: {url: \"sqlite:" + filepath.Join(dir, "notfalld.db") + "\"}",
		"staff: {people: [{name: Anna Berger, addresses: [anna@notfall-hoster.at]}], notify: [" + houseTeam + "]}",
		"trust: {authres: [mx.notfall-hoster.at]}",
		"http: {listen: \"" + h.http + "\", tokens: [\"a-token-of-the-tests-of-the-house\"]}",
		"first_start_lookback: 24h",
	}
	for _, m := range more {
		key, _, _ := strings.Cut(m, ":")
		kept := lines[:0]
		for _, l := range lines {
			if !strings.HasPrefix(l, key+":") {
				kept = append(kept, l)
			}
		}
		lines = append(kept, m)
	}
	h.conf = filepath.Join(dir, "notfalld.yaml")
	if err := os.WriteFile(h.conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		h.Fatal(err)
	}
}

// start runs the daemon within this process; stop ends it and waits. tune changes what was prepared.
func (h *house) start(tune ...func(*plan)) (d *parts, stop func()) {
	h.Helper()
	m := &Main{Stdin: strings.NewReader(""), Stdout: h.stderr, Stderr: h.stderr, Env: os.LookupEnv}
	p, err := m.prepare(h.conf)
	if err != nil {
		h.Fatalf("%v\n%s", err, h.stderr)
	}
	for _, f := range tune {
		f(p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	started, done := make(chan *parts, 1), make(chan error, 1)
	go func() { done <- p.live(ctx, func(d *parts) { started <- d }) }()
	select {
	case d = <-started:
	case err := <-done:
		cancel()
		h.Fatalf("the daemon did not start: %v\n%s", err, h.stderr)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				h.Errorf("the daemon ended with %v\n%s", err, h.stderr)
			}
		})
	}
	h.Cleanup(stop)
	return d, stop
}

// mail puts a mail into the support mailbox, as the mail server does.
func (h *house) mail(from, subject, text string, header ...string) {
	h.Helper()
	raw := fmt.Sprintf("%sFrom: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s>\r\nDate: %s\r\n\r\n%s\r\n",
		strings.Join(append(header, ""), "\r\n"), from, houseSupport, subject, strings.ReplaceAll(from+subject, " ", "."), time.Now().Format(time.RFC1123Z), text)
	h.raw([]byte(raw))
}

func (h *house) raw(raw []byte) {
	h.Helper()
	if _, err := h.office.Append("support", "INBOX", raw, time.Now()); err != nil {
		h.Fatal(err)
	}
}

// answered waits until the address has so many mails from us, and returns them.
func (h *house) answered(address string, n int) []postoffice.Delivery {
	h.Helper()
	all, err := h.office.WaitDelivery(patient(h.T), func(ds []postoffice.Delivery) bool { return len(to(ds, address)) >= n })
	if err != nil {
		h.Fatalf("%s was not answered %d times: %v\n%s", address, n, err, h.stderr)
	}
	return to(all, address)
}

func to(ds []postoffice.Delivery, address string) (out []postoffice.Delivery) {
	for _, d := range ds {
		if len(d.To) == 1 && strings.EqualFold(d.To[0], address) {
			out = append(out, d)
		}
	}
	return out
}

// tickets reads the store beside the daemon.
func (h *house) tickets(d *parts) []ticket.Summary {
	h.Helper()
	all, err := ticket.List(context.Background(), d.store, ticket.TicketQuery{})
	if err != nil {
		h.Fatal(err)
	}
	return all
}

// ready waits until /readyz answers with this status.
func (h *house) ready(status int) {
	h.Helper()
	ctx := patient(h.T)
	for ctx.Err() == nil {
		if h.get("/readyz") == status {
			return
		}
	}
	h.Fatalf("/readyz never was %d\n%s", status, h.stderr)
}

func (h *house) get(path string) int {
	r, err := http.Get("http://" + h.http + path)
	if err != nil {
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// syncBuffer is a bytes.Buffer for several writers.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
