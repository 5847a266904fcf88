package main

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"notfalld/message"
	"notfalld/postoffice"
	"notfalld/ticket"
)

//go:embed demo
var demoFiles embed.FS

// The people of the demo; all have the same password.
const (
	demoDomain   = "alpenrack.at"
	demoSupport  = "support@" + demoDomain
	demoAnna     = "anna@" + demoDomain
	demoBernd    = "bernd@" + demoDomain
	demoPassword = "alpenrack"
)

// runDemo is `notfalld demo`: the ordinary daemon on an embedded mail server, a short night of mails, and then time to try it oneself.
func runDemo(ctx context.Context, m *Main, c *demoCmd) error {
	dir, err := os.MkdirTemp("", "notfalld-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	clock := newShiftedClock(time.Date(2026, 3, 14, 2, 13, 0, 0, mustVienna()))
	office, err := openDemoOffice(c, clock)
	if err != nil {
		return err
	}
	defer office.Close()
	pager, err := openDemoPager()
	if err != nil {
		return err
	}
	defer pager.Close(ctx)
	p, err := m.demoPlan(dir, office, pager, c, clock)
	if err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	started := make(chan *parts, 1)
	done := make(chan error, 1)
	go func() { done <- p.live(ctx, func(d *parts) { started <- d }) }()
	select {
	case err := <-done:
		return err
	case d := <-started:
		n := &night{m: m, cmd: c, office: office, clock: clock, parts: d, say: newTimeline(m, c, clock, office, pager)}
		err := n.run(ctx)
		if ctx.Err() != nil { // Ctrl-C is how a demo is left
			err = nil
		}
		end()
		return errors.Join(err, <-done)
	}
}

// openDemoOffice opens the mail servers: one for the hoster and the whole world.
func openDemoOffice(c *demoCmd, clock *shiftedClock) (*postoffice.Office, error) {
	o := postoffice.Options{
		IMAPAddr: loopbackAddr(c.PortIMAP), SMTPAddr: loopbackAddr(c.PortSMTP), Hostname: "mx." + demoDomain, AuthServID: "mx." + demoDomain, Now: clock.Now,
		Verdict: demoVerdict,
	}
	for _, u := range demoUsers() {
		o.Users = append(o.Users, postoffice.User{Name: u[0], Password: demoPassword, Addresses: u[1:]})
	}
	return postoffice.Open(o)
}

func demoUsers() [][]string {
	return [][]string{
		{"support", demoSupport, "notfall@" + demoDomain},
		{"anna", demoAnna},
		{"bernd", demoBernd},
		{"petra", "petra@zirbenhof.at"},
		{"sam", "sam@parcelwerk.de"},
		{"paul", "paul@stadtverlag.at"},
		{"josef", "office@tischlerei-moser.at"},
	}
}

// demoVerdict says how a sender was proved: the hoster's people by their login; for all others the whole world signs.
func demoVerdict(e postoffice.Envelope) string {
	from := e.From
	if m := message.Parse(e.Data, message.DefaultLimits()); len(m.From) == 1 {
		from = m.From[0].Address
	}
	for _, u := range demoUsers() {
		if u[0] == e.AuthUser && slices.Contains(u[1:], from) {
			return "auth=pass smtp.auth=" + from
		}
	}
	if domainOf(from) == demoDomain || e.AuthUser != "" {
		return "dmarc=fail header.from=" + domainOf(from)
	}
	return "dmarc=pass header.from=" + domainOf(from)
}

// demoPlan writes the demo's files into dir and loads them as `notfalld run` would.
func (m *Main) demoPlan(dir string, office *postoffice.Office, pager *demoPager, c *demoCmd, clock *shiftedClock) (*plan, error) {
	for _, name := range []string{"notfalld.yaml", "inventory.csv", "contacts.csv"} {
		b, err := demoFiles.ReadFile("demo/" + name)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			return nil, err
		}
	}
	http, err := freePort(c.PortHTTP)
	if err != nil {
		return nil, err
	}
	env := map[string]string{
		"IMAP_PORT": portOf(office.IMAPAddr()), "SMTP_PORT": portOf(office.SMTPAddr()), "HTTP_PORT": strconv.Itoa(http), "HTTP_TOKEN": rand.Text(),
		"PAGER_URL": pager.url(), "PAGER_SECRET": pager.secret,
	}
	inner := *m
	inner.Env = func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	cfg, err := inner.config(filepath.Join(dir, "notfalld.yaml"), true)
	if err != nil {
		return nil, err
	}
	cfg.Store.URL = "sqlite:" + filepath.Join(dir, "notfalld.db")
	p, err := inner.plan(cfg)
	if err != nil {
		return nil, err
	}
	p.useClock(clock)
	return p, nil
}

func (p *plan) useClock(c ticket.Clock) {
	p.clock, p.desk.Clock = c, c
	for i := range p.boxes {
		p.boxes[i].Clock = c
	}
}

func loopbackAddr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePort is port, or one that is free at the moment.
func freePort(port int) (int, error) {
	if port != 0 {
		return port, nil
	}
	l, err := net.Listen("tcp", loopbackAddr(0))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func portOf(addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	return port
}

// shiftedClock goes as fast as the real one, at another time of day: the demo's night is at any hour.
type shiftedClock struct{ offset atomic.Int64 }

func newShiftedClock(now time.Time) *shiftedClock {
	c := &shiftedClock{}
	c.jump(now)
	return c
}

func (c *shiftedClock) jump(now time.Time) { c.offset.Store(int64(time.Until(now))) }

// Now is the demo's time.
func (c *shiftedClock) Now() time.Time {
	return time.Now().Add(time.Duration(c.offset.Load())).Round(0)
}

// After is real time.
func (c *shiftedClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func mustVienna() *time.Location {
	l, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		return time.FixedZone("CET", 3600) // the binary holds the time zones; this cannot happen
	}
	return l
}

func domainOf(address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '@' {
			return address[i+1:]
		}
	}
	return "invalid"
}

var errDemoStuck = fmt.Errorf("the demo waited in vain for its own mail; is the machine very busy? Try again")
