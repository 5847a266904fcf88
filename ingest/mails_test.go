package ingest

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

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
