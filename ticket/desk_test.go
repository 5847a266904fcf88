package ticket_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/ticket"
)

func (s *stage) fetched(mailbox string, uid uint32, raw string) ticket.Fetched {
	return ticket.Fetched{
		Place:        ticket.Place{Mailbox: mailbox, Folder: "INBOX", UIDValidity: 1, UID: uid},
		InternalDate: s.clock.Now(), Size: int64(len(raw)), Raw: []byte(raw),
	}
}

func plain(n int) string {
	return fmt.Sprintf("From: kunde%d@firma%d.at\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMessage-ID: <%d@firma%d.at>\r\n\r\nweb%d.firma%d.at ist nicht erreichbar\r\n", n, n, n, n, n, n)
}

// Over twenty notices an hour are bundled, and each ticket is named in exactly one mail to staff.
func TestFloodIsBundled(t *testing.T) {
	s := newStage(t)
	const mails = 60
	for i := range mails {
		_, err := s.desk.Take(s.ctx, s.fetched("support", uint32(i+1), plain(i)))
		s.check(err)
	}
	s.deliver("")
	s.clock.set(s.clock.Now().Add(5 * time.Minute))
	s.deliver("")
	notices, named := 0, map[string]int{}
	for _, o := range s.sent {
		if o.Kind != ticket.OutNotice {
			continue
		}
		notices++
		text := words(t, o.Bytes)
		for i := range mails {
			if number := ticket.Number(int64(10001 + i)); strings.Contains(text, number+" ") || strings.Contains(text, number+"]") || strings.Contains(text, number+"\n") {
				named[number]++
			}
		}
	}
	if notices != 21 || len(named) != mails {
		t.Errorf("%d notices name %d tickets", notices, len(named))
	}
	for number, n := range named {
		if n != 1 {
			t.Errorf("%s stands in %d notices", number, n)
		}
	}
}

// The same mail comes into two mailboxes at the same moment, many times over: one ticket, one answer each.
func TestCopiesAtTheSameTime(t *testing.T) {
	s := newStage(t)
	const mails = 40
	var all sync.WaitGroup
	for i := range mails {
		for _, box := range []string{"support", "notfall", "office"} {
			all.Go(func() {
				if _, err := s.desk.Take(s.ctx, s.fetched(box, uint32(i+1), plain(i))); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	s.where = "copies"
	steps["tickets"](s, fmt.Sprint(mails))
	s.deliver("")
	steps["answers"](s, fmt.Sprint(mails))
}

// A mail that was stored and not decided when we were killed is decided after the restart, once.
func TestRecover(t *testing.T) {
	s := newStage(t)
	stopped := errors.New("killed")
	for i := range 5 {
		broken := &failing{Store: s.store, after: 1, err: stopped} // the second transaction of a mail fails
		o := options(t, broken, s.clock)
		desk, err := ticket.NewDesk(s.ctx, o)
		s.check(err)
		if _, err := desk.Take(s.ctx, s.fetched("support", uint32(i+1), plain(i))); !errors.Is(err, stopped) {
			t.Fatalf("the second transaction did not fail: %v", err)
		}
	}
	s.where = "recover"
	steps["tickets"](s, "0")
	n, err := s.desk.Recover(s.ctx)
	s.check(err)
	if n != 5 {
		t.Errorf("%d recovered", n)
	}
	steps["tickets"](s, "5")
	again, err := s.desk.Recover(s.ctx)
	s.check(err)
	if again != 0 {
		t.Errorf("%d recovered twice", again)
	}
	s.deliver("")
	steps["answers"](s, "5")
}

// A mail that takes the process down is not tried for ever: it becomes a minimal ticket, and is answered.
func TestPoisonedMail(t *testing.T) {
	s := newStage(t)
	_, err := s.desk.Recover(s.ctx) // the start before any mail
	s.check(err)
	killed := errors.New("killed")
	broken := &failing{Store: s.store, after: 1, err: killed}
	desk, err := ticket.NewDesk(s.ctx, options(t, broken, s.clock))
	s.check(err)
	if _, err := desk.Take(s.ctx, s.fetched("support", 1, plain(1))); !errors.Is(err, killed) {
		t.Fatal(err)
	}
	for range 3 { // three more lives begin to understand it, and are killed
		broken := &failing{Store: s.store, after: 1, err: killed}
		desk, err := ticket.NewDesk(s.ctx, options(t, broken, s.clock))
		s.check(err)
		if _, err := desk.Recover(s.ctx); !errors.Is(err, killed) {
			t.Fatal(err)
		}
	}
	_, err = s.desk.Recover(s.ctx)
	s.check(err)
	s.where = "poison"
	steps["ticket"](s, "NS-10001 state=new mails=1 servers=")
	steps["history"](s, `NS-10001 "was begun 4 times and never ended"`)
	s.deliver("")
	steps["answers"](s, "1 kunde1@firma1.at")
}

// failing is a store whose Updates fail from the given one on, as a full disk does; nothing of it is written.
type failing struct {
	ticket.Store
	mu    sync.Mutex
	after int
	err   error
}

func (f *failing) Update(ctx context.Context, run func(ticket.Tx) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.after <= 0 {
		return f.err
	}
	f.after--
	return f.Store.Update(ctx, run)
}

// At the very first start only what comes from now on is taken, also when people move old mails in.
func TestFirstStart(t *testing.T) {
	s := newStage(t)
	scan, err := s.desk.OpenFolder(s.ctx, "support", "INBOX", 7, 500)
	s.check(err)
	if scan.FirstUID != 500 || scan.Baseline != 500 {
		t.Errorf("first start: %+v", scan)
	}
	scan, err = s.desk.OpenFolder(s.ctx, "support", "INBOX", 7, 600) // a restart
	s.check(err)
	if scan.FirstUID != 500 {
		t.Errorf("restart: %+v", scan)
	}
	scan, err = s.desk.OpenFolder(s.ctx, "support", "INBOX", 8, 40) // another UIDVALIDITY
	s.check(err)
	if scan.FirstUID != 1 || scan.Baseline != 40 || scan.Since.IsZero() {
		t.Errorf("UIDVALIDITY changed: %+v", scan)
	}
	o := options(t, s.store, s.clock)
	o.Bounds.FirstStartWindow = 48 * time.Hour
	desk, err := ticket.NewDesk(s.ctx, o)
	s.check(err)
	scan, err = desk.OpenFolder(s.ctx, "other", "INBOX", 7, 500)
	s.check(err)
	if want := s.clock.Now().Add(-48 * time.Hour); scan.FirstUID != 1 || !scan.Since.Equal(want) || scan.Baseline != 500 {
		t.Errorf("look-back: %+v", scan)
	}
}
