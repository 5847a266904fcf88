package ingest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// left is a house whose inbox holds n emergencies that an earlier run left alone.
func left(t *testing.T, n int, state ticket.EntryState) *house {
	h := newHouse(t, postoffice.Options{})
	h.opts.Poll = 10 * time.Millisecond
	if err := h.office.SetUIDValidity("support", "INBOX", leftValidity); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		h.desk.put(ticket.Entry{Place: place(leftValidity, h.append(emergency(i))), State: state})
	}
	return h
}

const leftValidity = 7

func place(validity, uid uint32) ticket.Place {
	return ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: validity, UID: uid}
}

// turn gives the entries of these UIDs another state, as a command does beside the watcher.
func (h *house) turn(state ticket.EntryState, uids ...uint32) {
	h.desk.mu.Lock()
	defer h.desk.mu.Unlock()
	for p, e := range h.desk.entries {
		for _, u := range uids {
			if p.UID == u {
				e.State = state
				h.desk.entries[p] = e
			}
		}
	}
}

func TestAgainAtTheStart(t *testing.T) {
	h := left(t, 3, ticket.EntryAgain)
	h.watch()
	h.desk.waitMarked(t, h.ctx, 3)
	h.end()
	h.wantFlags("INBOX", "1: "+keyword, "2: "+keyword, "3: "+keyword)
	if n := len(h.desk.taken); n != 3 {
		t.Errorf("%d mails were taken", n)
	}
}

func TestAgainWhileWatching(t *testing.T) {
	h := left(t, 4, ticket.EntryOther)
	h.watch()
	h.append(emergency(9)) // shows that it watches
	h.desk.waitTaken(t, h.ctx, 1)
	h.turn(ticket.EntryAgain, 2, 4)
	h.desk.waitMarked(t, h.ctx, 3)
	for n := range 2 { // the same one, twice
		h.turn(ticket.EntryAgain, 3)
		h.desk.waitMarked(t, h.ctx, 4+n)
	}
	h.end()
	h.wantFlags("INBOX", "1:", "2: "+keyword, "3: "+keyword, "4: "+keyword, "5: "+keyword)
}

// While the desk has a mail, it is not fetched once more, however often the desk says that it is to be.
func TestAgainAndNotTwiceAtOnce(t *testing.T) {
	h := left(t, 2, ticket.EntryAgain)
	asked := make(chan struct{})
	h.desk.hold = func(ticket.Fetched) error { <-asked; return nil }
	h.watch()
	h.desk.wait(t, h.ctx, "three polls", func() bool { return h.desk.asked >= 4 })
	close(asked)
	h.desk.waitMarked(t, h.ctx, 2)
	h.end()
	if len(h.desk.taken) != 2 || h.desk.again > 0 {
		t.Errorf("%d mails were taken, %d of them again", len(h.desk.taken), h.desk.again)
	}
}

// What is wanted again and is gone is said to be; the rest is fetched.
func TestAgainAndGone(t *testing.T) {
	h := left(t, 2, ticket.EntryAgain)
	h.desk.put(ticket.Entry{Place: place(leftValidity, 77), State: ticket.EntryAgain})
	h.desk.put(ticket.Entry{Place: place(leftValidity+1, 1), State: ticket.EntryAgain}) // of another life of the folder: never asked for
	h.watch()
	h.desk.waitMarked(t, h.ctx, 2)
	h.desk.wait(t, h.ctx, "the mail that is gone", func() bool { return h.desk.entries[place(leftValidity, 77)].State == ticket.EntryOther })
	h.end()
	if s := h.desk.entries[place(leftValidity+1, 1)].State; s != ticket.EntryAgain {
		t.Errorf("the mail of another UIDVALIDITY became %s", s)
	}
}

// A desk that fails on the way: each mail is tried again, and taken once.
func TestAgainAndTheDeskFails(t *testing.T) {
	h := left(t, 3, ticket.EntryAgain)
	failures := make(chan error, 2)
	failures <- errors.New("the disk is full")
	failures <- errors.New("the disk is full")
	h.desk.hold = func(ticket.Fetched) error {
		select {
		case err := <-failures:
			return err
		default:
			return nil
		}
	}
	h.watch()
	h.desk.waitMarked(t, h.ctx, 3)
	h.end()
	if n := len(h.desk.taken); n != 3 {
		t.Errorf("%d mails were taken", n)
	}
}

// Many, and not in a row: asked for in several commands, each of a length that servers take.
func TestAgainMany(t *testing.T) {
	const n = 1500
	h := left(t, n, ticket.EntryOther)
	var odd []uint32
	for u := uint32(1); u <= n; u += 2 {
		odd = append(odd, u)
	}
	h.turn(ticket.EntryAgain, odd...)
	h.watch()
	h.desk.waitMarked(t, h.ctx, n/2)
	h.end()
	for i, line := range h.flags("INBOX") {
		want := fmt.Sprintf("%d:", i+1)
		if i%2 == 0 {
			want += " " + keyword
		}
		if line != want {
			t.Fatalf("%q, want %q", line, want)
		}
	}
}
