package ingest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"notfalld/ticket"
)

// memoryDesk is a desk that keeps its ledger in memory. Mails whose subject names an emergency are ours.
type memoryDesk struct {
	lookBack time.Duration
	hold     func(ticket.Fetched) error // called within Take; an error is Take's

	mu      sync.Mutex
	changed chan struct{}
	folders map[string]ticket.Folder
	entries map[ticket.Place]ticket.Entry
	taken   []ticket.Fetched // in the order of their decision
	again   int              // mails that were handed over although their place was known
	flying  map[ticket.Place]bool
	asked   int // how often it was asked what is to be fetched again
	doubled int // mails that were handed over while they were being decided
	markErr error
}

func newDesk() *memoryDesk {
	return &memoryDesk{changed: make(chan struct{}), folders: map[string]ticket.Folder{}, entries: map[ticket.Place]ticket.Entry{}, flying: map[ticket.Place]bool{}}
}

func (d *memoryDesk) tell() {
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *memoryDesk) OpenFolder(_ context.Context, mailbox, folder string, validity, next uint32) (ticket.Scan, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.tell()
	key := mailbox + "/" + folder
	f, ok := d.folders[key]
	if !ok || f.UIDValidity != validity {
		since := f.Since
		f = ticket.Folder{Mailbox: mailbox, Name: folder, UIDValidity: validity, FirstUID: 1, Baseline: next, Since: since}
		if !ok {
			f.Since = time.Now().Add(-d.lookBack).Truncate(time.Second)
			if d.lookBack == 0 {
				f.FirstUID = next
			}
		}
		d.folders[key] = f
	}
	scan := ticket.Scan{FirstUID: f.FirstUID, Since: f.Since, Baseline: f.Baseline}
	for p := range d.entries {
		if p.Mailbox == mailbox && p.Folder == folder && p.UIDValidity == validity && p.UID >= f.FirstUID {
			scan.Known = append(scan.Known, p.UID)
		}
	}
	slices.Sort(scan.Known)
	return scan, nil
}

func (d *memoryDesk) Take(ctx context.Context, f ticket.Fetched) (ticket.Entry, error) {
	d.mu.Lock()
	if d.flying[f.Place] {
		d.doubled++
	}
	d.flying[f.Place] = true
	d.mu.Unlock()
	var err error
	if d.hold != nil {
		err = d.hold(f)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.tell()
	delete(d.flying, f.Place)
	if err != nil {
		return ticket.Entry{}, err
	}
	id := int64(len(d.entries) + 1)
	if e, ok := d.entries[f.Place]; ok && e.State != ticket.EntryAgain {
		d.again++
		return e, nil
	} else if ok {
		id = e.ID
	}
	e := ticket.Entry{ID: id, Place: f.Place, State: ticket.EntryOther, Size: f.Size, MessageID: messageID(f.Raw)}
	if bytes.Contains(f.Raw, []byte("Notfall")) {
		e.State = ticket.EntryTicket
	}
	d.entries[f.Place] = e
	d.taken = append(d.taken, f)
	return e, nil
}

func (d *memoryDesk) Again(_ context.Context, mailbox, folder string, validity uint32) ([]uint32, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.tell()
	d.asked++
	var uids []uint32
	for p, e := range d.entries {
		if p.Mailbox == mailbox && p.Folder == folder && p.UIDValidity == validity && e.State == ticket.EntryAgain {
			uids = append(uids, p.UID)
		}
	}
	slices.Sort(uids)
	return uids, nil
}

func (d *memoryDesk) GoneAgain(_ context.Context, mailbox, folder string, validity uint32, uids []uint32) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.tell()
	for p, e := range d.entries {
		if p.Mailbox == mailbox && p.Folder == folder && p.UIDValidity == validity && e.State == ticket.EntryAgain && slices.Contains(uids, p.UID) {
			e.State = ticket.EntryOther
			d.entries[p] = e
		}
	}
	return nil
}

func messageID(raw []byte) string {
	_, rest, ok := bytes.Cut(raw, []byte("Message-ID: <"))
	if !ok {
		return ""
	}
	id, _, _ := bytes.Cut(rest, []byte(">"))
	return string(id)
}

func (d *memoryDesk) Unmarked(_ context.Context, mailbox, folder string, validity uint32) ([]ticket.Entry, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var es []ticket.Entry
	for p, e := range d.entries {
		if p.Mailbox == mailbox && p.Folder == folder && p.UIDValidity == validity && e.State.Ours() && !e.Marked {
			es = append(es, e)
		}
	}
	return es, nil
}

func (d *memoryDesk) Marked(_ context.Context, ids []int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.tell()
	if d.markErr != nil {
		return d.markErr
	}
	for p, e := range d.entries {
		if slices.Contains(ids, e.ID) {
			e.Marked = true
			d.entries[p] = e
		}
	}
	return nil
}

// put lays an entry into the ledger, as an earlier run would have.
func (d *memoryDesk) put(e ticket.Entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e.ID = int64(len(d.entries) + 1)
	d.entries[e.Place] = e
}

// wait blocks until cond holds of what the desk has, or the test's time is up.
func (d *memoryDesk) wait(t *testing.T, ctx context.Context, what string, cond func() bool) {
	t.Helper()
	for {
		d.mu.Lock()
		ok, changed := cond(), d.changed
		d.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			d.mu.Lock()
			defer d.mu.Unlock()
			t.Fatalf("waited in vain for %s; taken %v, unmarked %d", what, d.uids(), d.unmarked())
		}
	}
}

// waitTaken blocks until n mails were taken.
func (d *memoryDesk) waitTaken(t *testing.T, ctx context.Context, n int) {
	t.Helper()
	d.wait(t, ctx, "mails", func() bool { return len(d.taken) >= n })
}

// waitMarked blocks until nothing of ours is without its mark, and n mails were taken.
func (d *memoryDesk) waitMarked(t *testing.T, ctx context.Context, n int) {
	t.Helper()
	d.wait(t, ctx, "marks", func() bool { return len(d.taken) >= n && d.unmarked() == 0 })
}

func (d *memoryDesk) unmarked() (n int) {
	for e := range maps.Values(d.entries) {
		if e.State.Ours() && !e.Marked {
			n++
		}
	}
	return n
}

func (d *memoryDesk) uids() (uids []uint32) {
	for _, f := range d.taken {
		uids = append(uids, f.Place.UID)
	}
	return uids
}

// find is the mail with this UID as it was handed over.
func (d *memoryDesk) find(uid uint32) (ticket.Fetched, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.taken {
		if f.Place.UID == uid {
			return f, true
		}
	}
	return ticket.Fetched{}, false
}
