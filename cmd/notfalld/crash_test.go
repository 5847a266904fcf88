package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"

	"notfalld/postoffice"
	"notfalld/store"
	"notfalld/ticket"
)

// The daemon is killed again and again, at any point of its talk with the mail servers, while mails come in. In the end each
// mail has its ticket, each customer was told, and whoever got two mails got the same one twice: its
// acceptance was lost with the process: a crash anywhere and a restart give the same end state.
func TestKilledAnywhere(t *testing.T) {
	const lives, perLife = 20, 4
	var events, killAt atomic.Int64
	var victim atomic.Pointer[os.Process]
	h := newHouse(t, postoffice.Options{OnCommand: func(postoffice.Event) {
		if n := events.Add(1); n == killAt.Load() {
			if p := victim.Load(); p != nil {
				_ = p.Kill()
			}
		}
	}})
	bin := filepath.Join(t.TempDir(), "notfalld")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, bin); err != nil { // TestMain runs the program under this name
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 11))
	for life := range lives {
		for i := range perLife {
			n := life*perLife + i
			h.mail(fmt.Sprintf("kunde%d@firma%d.at", n, n), "Notfall-Support", fmt.Sprintf("web%d.firma%d.at ist nicht erreichbar", n, n))
		}
		cmd := exec.Command(bin, "run", "-c", h.conf)
		cmd.Stderr = h.stderr
		killAt.Store(events.Load() + 8 + random.Int64N(50))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		victim.Store(cmd.Process)
		_ = cmd.Wait() // it was killed; polls every second bring it to its last event
		victim.Store(nil)
	}
	d, stop := h.start()
	for n := range lives * perLife {
		h.answered(fmt.Sprintf("kunde%d@firma%d.at", n, n), 1)
	}
	if got := len(h.tickets(d)); got != lives*perLife {
		t.Errorf("%d tickets of %d mails", got, lives*perLife)
	}
	stop()
	twice := 0
	for n := range lives * perLife {
		got := to(h.office.Deliveries(), fmt.Sprintf("kunde%d@firma%d.at", n, n))
		for _, again := range got[1:] {
			twice++
			if !bytes.Equal(again.Data, got[0].Data) {
				t.Errorf("kunde%d got two different answers", n)
			}
		}
	}
	t.Logf("%d lives, %d mails, %d answers delivered again because their acceptance was lost", lives, lives*perLife, twice)
	allMarked(t, h)
}

// allMarked: marks that were lost with a process are set by a later one.
func allMarked(t *testing.T, h *house) {
	t.Helper()
	ms, err := h.office.Messages("support", "INBOX")
	if err != nil {
		t.Fatal(err)
	}
	if n := marked(ms); n != len(ms) {
		t.Errorf("%d of %d mails carry the keyword", n, len(ms))
	}
	s, err := store.Open(context.Background(), storeURL(t, h), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.View(context.Background(), func(tx ticket.Tx) error {
		es, err := tx.FetchedEntries(10)
		if len(es) > 0 {
			t.Errorf("%d mails were never decided", len(es))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func storeURL(t *testing.T, h *house) string {
	t.Helper()
	c, problems := LoadConfig(h.conf)
	if c == nil {
		t.Fatal(problems)
	}
	return c.Store.URL
}
