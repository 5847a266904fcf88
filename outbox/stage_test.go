package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"notfalld/message"
	"notfalld/postoffice"
	"notfalld/rules"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
)

// stage is a desk on a store of its own, and a mail server that does as it is told.
type stage struct {
	testing.TB
	ctx    context.Context // ends when the test has waited long enough
	path   string          // of the store
	store  *store.Store
	desk   *watched
	clock  *handClock
	office *postoffice.Office
	log    *logBook
	uid    atomic.Uint32
}

// setup is what a test may want to be otherwise.
type setup struct {
	desk   ticket.Options
	store  store.Options
	office postoffice.Options
	path   string // of the store
}

func noStaff(s *setup) { s.desk.Staff.Notify = nil }

func systemClock(s *setup) { s.desk.Clock = ticket.SystemClock{} }

func newStage(t testing.TB, changes ...func(*setup)) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(context.Background(), 2*time.Minute, errors.New("the test waited too long"))
	t.Cleanup(cancel)
	s := &stage{TB: t, ctx: ctx, clock: newClock(), log: &logBook{}}
	u := setup{path: filepath.Join(t.TempDir(), "notfalld.db")}
	var err error
	u.desk, err = deskOptions()
	s.check(err)
	u.desk.Clock = s.clock
	for _, change := range changes {
		change(&u)
	}
	s.path = u.path
	s.store, err = store.Open(ctx, "sqlite:"+u.path, u.store)
	s.check(err)
	t.Cleanup(func() { s.store.Close() })
	u.desk.Store = s.store
	desk, err := ticket.NewDesk(ctx, u.desk)
	s.check(err)
	s.desk = &watched{Desk: desk, seen: map[int64]bool{}, kept: map[int64]bool{}, changed: make(chan struct{})}
	s.office, err = postoffice.Open(u.office)
	s.check(err)
	t.Cleanup(func() { s.office.Close() })
	return s
}

var shippedTemplates = sync.OnceValues(func() (*templates.Set, error) { return templates.Load("") })

// deskOptions is everything but a store and a clock.
func deskOptions() (ticket.Options, error) {
	hours, err := ticket.NewHours(ticket.HoursConfig{
		Timezone: "Europe/Vienna", Days: []time.Weekday{1, 2, 3, 4, 5}, From: "08:00", To: "17:00", Holidays: "at",
	})
	words, err2 := shippedTemplates()
	caps := ticket.DefaultBounds()
	caps.NoticesPerHour = 100_000 // bundles are the desk's business, and tested there
	return ticket.Options{
		Rules: rules.Shipped(), Templates: words, Hours: hours,
		Mailboxes: []ticket.Mailbox{{Name: "support", Address: "support@notfall-hoster.at", Plus: ticket.PlusYes}},
		Company: templates.Company{
			Name: "Notfall Hoster", Phone: "+43 1 2345670", FormURL: "https://www.notfall-hoster.at/notfall", StatusURL: "https://status.notfall-hoster.at/",
		},
		Service: templates.Service{Fee: 200, Hourly: 200, VAT: 20, Currency: "EUR", Included: 30 * time.Minute, Callback: 30 * time.Minute},
		Staff:   ticket.Staff{Notify: []string{"team@notfall-hoster.at"}, Language: "de"},
		Trust:   message.Trust{AuthservIDs: []string{"mx.notfall-hoster.at"}},
		Limits:  message.DefaultLimits(), Bounds: caps, ReopenWithin: 7 * 24 * time.Hour, Secret: []byte("a secret of the tests"),
	}, errors.Join(err, err2)
}

// take brings in n emergency mails of n customers, one after the other.
func (s *stage) take(n int) {
	s.Helper()
	for range n {
		s.check(s.takeOne())
	}
}

// takeSideBySide is take for many: the store commits them in groups.
func (s *stage) takeSideBySide(n int) {
	s.Helper()
	var g errgroup.Group
	g.SetLimit(32)
	for range n {
		g.Go(s.takeOne)
	}
	s.check(g.Wait())
}

func (s *stage) takeOne() error {
	n := s.uid.Add(1)
	raw := fmt.Sprintf("Authentication-Results: mx.notfall-hoster.at; dmarc=pass (p=none dis=none) header.from=firma%d.example\r\n"+
		"From: Kundin %d <kundin@firma%d.example>\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support: web%d.firma%d.example\r\n"+
		"Message-ID: <mail%d@firma%d.example>\r\nDate: Sun, 15 Mar 2026 03:07:00 +0100\r\n\r\nUnser Server antwortet nicht mehr.\r\n", n, n, n, n, n, n, n)
	e, err := s.desk.Take(s.ctx, ticket.Fetched{
		Place:        ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: n},
		InternalDate: s.desk.Clock().Now(), Size: int64(len(raw)), Raw: []byte(raw),
	})
	if err == nil && e.State != ticket.EntryTicket {
		err = fmt.Errorf("mail %d became %q, not a ticket", n, e.State)
	}
	return err
}

// options reach the office.
func (s *stage) options() Options {
	host, port, err := net.SplitHostPort(s.office.SMTPAddr())
	s.check(err)
	p, err := strconv.Atoi(port)
	s.check(err)
	return Options{Host: host, Port: p, TLS: "none", RootCAs: s.office.CertPool(), Timeout: 10 * time.Second, Log: slog.New(s.log.handler())}
}

// running is a Sender whose Run was started.
type running struct {
	*Sender
	stop  func()          // ends ctx, and waits until Run has returned
	ended <-chan struct{} // ctx has ended
}

func (s *stage) start(o Options) *running {
	s.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	r := &running{Sender: New(o, s.desk), ended: ctx.Done()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.Run(ctx)
	}()
	r.stop = func() {
		s.Helper()
		cancel()
		select {
		case <-done:
		case <-s.ctx.Done():
			s.Fatal("Run does not return")
		}
	}
	s.Cleanup(r.stop)
	return r
}

// idle: no attempt is under way. Outcomes that cannot be recorded wait for time to pass.
func (r *running) idle() bool {
	keeping := r.desk.(*watched).keeping()
	return r.busy() <= keeping || keeping == cap(r.unrecorded)
}

// startDriven is start with time flying while nothing is to be done.
func (s *stage) startDriven(o Options) *running {
	s.Helper()
	r := s.start(o)
	s.drive(r)
	return r
}

// drive lets time fly until the test ends.
func (s *stage) drive(r *running) {
	ctx, cancel := context.WithCancel(s.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.clock.drive(ctx, r)
	}()
	s.Cleanup(func() { cancel(); <-done })
}

// until waits for something that is recorded in the store.
func (s *stage) until(what string, holds func() bool) {
	s.Helper()
	for {
		changed := s.desk.change()
		if holds() {
			return
		}
		select {
		case <-changed:
		case <-s.ctx.Done():
			s.Fatalf("it never came to this: %s\n%s", what, s.log)
		}
	}
}

// untilDone waits until nothing waits in the outbox any more.
func (s *stage) untilDone() {
	s.Helper()
	s.until("an empty outbox", func() bool {
		return len(s.outs(ticket.OutQuery{States: []ticket.OutState{ticket.OutWaiting, ticket.OutFrozen}})) == 0
	})
}

// outs lists the outbox, oldest first, with bytes.
func (s *stage) outs(q ticket.OutQuery) (list []ticket.Out) {
	s.Helper()
	s.check(s.store.View(context.Background(), func(tx ticket.Tx) error {
		list = nil
		os, err := tx.Outs(q)
		if err != nil {
			return err
		}
		for i := len(os) - 1; i >= 0; i-- {
			o, _, err := tx.Out(os[i].ID)
			if err != nil {
				return err
			}
			list = append(list, o)
		}
		return nil
	}))
	return list
}

func (s *stage) answers() []ticket.Out {
	s.Helper()
	return s.outs(ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutAnswer}})
}

func (s *stage) attempts(id int64) (list []ticket.Attempt) {
	s.Helper()
	s.check(s.store.View(context.Background(), func(tx ticket.Tx) (err error) { list, err = tx.Attempts(id); return err }))
	return list
}

// delivered lists what the server accepted for one address.
func (s *stage) delivered(to string) (list []postoffice.Delivery) {
	for _, d := range s.office.Deliveries() {
		if len(d.To) == 1 && d.To[0] == to {
			list = append(list, d)
		}
	}
	return list
}

func (s *stage) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// idOf reads the Message-ID of a delivered mail.
func idOf(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "Message-Id: <"); ok {
			return strings.TrimSuffix(id, ">")
		}
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "Message-ID: <"); ok {
			return strings.TrimSuffix(id, ">")
		}
		if strings.TrimSpace(line) == "" {
			break
		}
	}
	return ""
}
