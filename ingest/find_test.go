package ingest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"notfalld/postoffice"
)

func marked(n int, mark string) string { return "X-Notfalld: " + mark + "\r\n" + ordinary(n) }

func finder(t *testing.T, h *house) *Finder {
	t.Helper()
	f, err := NewFinder(h.ctx, h.opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// TestFind: what is found is the last mail with the value in this field, in the first folder that has one; nothing is changed by looking.
func TestFind(t *testing.T) {
	for _, c := range []struct {
		name    string
		inbox   []string
		done    []string // in the folder Erledigt; nil: there is no such folder
		tune    func(h *house)
		uid     uint32 // 0: none is found
		folder  string
		err     string
		ordered bool // Erledigt is looked in first
	}{
		{name: "nothing there"},
		{name: "others only", inbox: []string{ordinary(1), marked(2, "pabd")}},
		{name: "one of several", inbox: []string{ordinary(1), marked(2, "pabc"), ordinary(3)}, uid: 2, folder: "INBOX"},
		{name: "the last of two", inbox: []string{marked(1, "pabc"), marked(2, "pabc")}, uid: 2, folder: "INBOX"},
		{name: "the value in another field", inbox: []string{"X-Other: pabc\r\n" + ordinary(1)}},
		{name: "the value in the text", inbox: []string{ordinary(1) + "pabc\r\n"}},
		{name: "the field in another case", inbox: []string{"x-notfalld: PABC\r\n" + ordinary(1)}, uid: 1, folder: "INBOX"},
		{name: "in the second folder", inbox: []string{ordinary(1)}, done: []string{ordinary(1), marked(2, "pabc")}, uid: 2, folder: "Erledigt"},
		{name: "in both", inbox: []string{marked(1, "pabc")}, done: []string{ordinary(1), marked(2, "pabc")}, uid: 1, folder: "INBOX"},
		{name: "the order counts", inbox: []string{marked(1, "pabc")}, done: []string{ordinary(1), marked(2, "pabc")}, ordered: true, uid: 2, folder: "Erledigt"},
		{name: "expunged before it can be fetched", inbox: []string{marked(1, "pabc")}, tune: func(h *house) {
			h.office.Inject(postoffice.Fault{At: postoffice.IMAPFetch, Omit: []uint32{1}})
		}},
		{name: "the search is refused", inbox: []string{marked(1, "pabc")}, tune: func(h *house) {
			h.office.FailNext(postoffice.IMAPSearch, 1, "NO [SERVERBUG] not today")
		}, err: "not today"},
		{name: "the connection ends", inbox: []string{marked(1, "pabc")}, tune: func(h *house) {
			h.office.Inject(postoffice.Fault{At: postoffice.IMAPFetch, Cut: true, CutAfter: 20})
		}, err: "connection lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, postoffice.Options{})
			var flags []string
			for i, raw := range c.inbox {
				h.append(raw)
				flags = append(flags, fmt.Sprintf("%d:", i+1))
			}
			folders := []string{"INBOX", "Erledigt"}
			if c.ordered {
				slices.Reverse(folders)
			}
			if c.done != nil {
				if err := h.office.CreateFolder("support", "Erledigt"); err != nil {
					t.Fatal(err)
				}
			}
			for _, raw := range c.done {
				if _, err := h.office.Append("support", "Erledigt", []byte(raw), time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			if c.tune != nil {
				c.tune(h)
			}
			got, ok, err := finder(t, h).Find(folders, "X-Notfalld", "pabc")
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), h.opts.Password) || ok {
					t.Errorf("%+v, %v, %v; want %q", got, ok, err, c.err)
				}
				return
			}
			if err != nil || ok != (c.uid != 0) || got.UID != c.uid || got.Folder != c.folder || ok != (got.UIDValidity != 0) {
				t.Errorf("found %+v, %v, %v", got, ok, err)
			}
			if all := slices.Concat(c.inbox, c.done); ok && !slices.Contains(all, string(got.Raw)) {
				t.Errorf("it is not as it lies there: %q", got.Raw)
			}
			h.wantFlags("INBOX", flags...)
		})
	}
}

// TestFindLater: each look sees what has come since.
func TestFindLater(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	f := finder(t, h)
	for n := range 3 {
		if _, ok, err := f.Find([]string{"INBOX"}, "X-Notfalld", fmt.Sprint("p", n)); ok || err != nil {
			t.Fatalf("found too early: %v", err)
		}
		h.append(marked(n, fmt.Sprint("p", n)))
		if got, ok, err := f.Find([]string{"INBOX"}, "X-Notfalld", fmt.Sprint("p", n)); !ok || err != nil || got.UID != uint32(n+1) {
			t.Fatalf("%+v, %v, %v", got, ok, err)
		}
	}
}

// TestRemove: exactly this mail goes, also where others wait to be expunged by whoever marked them.
func TestRemove(t *testing.T) {
	for _, c := range []struct {
		name    string
		office  postoffice.Options
		before  func(h *house, m *Found)
		removed bool
		err     string
		left    []string
	}{
		{name: "alone", removed: true, left: []string{`1: \Deleted`, `3:`}},
		{name: "no UIDPLUS", office: postoffice.Options{Without: []string{"UIDPLUS"}}, left: []string{`1: \Deleted`, `2:`, `3:`}},
		{name: "gone already", before: func(h *house, _ *Found) { h.office.Expunge("support", "INBOX", 2) }, removed: true, left: []string{`1: \Deleted`, `3:`}},
		{name: "read only", before: func(h *house, _ *Found) { h.office.SetReadOnly("support", "INBOX", true) }, err: "IMAP 127.0.0.1", left: []string{`1: \Deleted`, `2:`, `3:`}},
		{name: "another folder of that name", before: func(h *house, m *Found) { m.UIDValidity-- }, err: "made anew", left: []string{`1: \Deleted`, `2:`, `3:`}},
		{name: "refused", before: func(h *house, _ *Found) { h.office.FailNext(postoffice.IMAPStore, 1, "NO [NOPERM] not yours") }, err: "not yours", left: []string{`1: \Deleted`, `2:`, `3:`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, c.office)
			for _, raw := range []string{ordinary(1), marked(2, "pabc"), ordinary(3)} {
				h.append(raw)
			}
			if err := h.office.SetFlags("support", "INBOX", 1, `\Deleted`); err != nil {
				t.Fatal(err)
			}
			f := finder(t, h)
			got, ok, err := f.Find([]string{"INBOX"}, "X-Notfalld", "pabc")
			if !ok || err != nil {
				t.Fatal(ok, err)
			}
			if c.before != nil {
				c.before(h, &got)
			}
			removed, err := f.Remove(got)
			if removed != c.removed || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("removed %v, %v; want %v, %q", removed, err, c.removed, c.err)
			}
			h.wantFlags("INBOX", c.left...)
		})
	}
}

func TestDovecotFindsAndRemoves(t *testing.T) {
	k := newKitchen(t, postoffice.DovecotOptions{})
	k.append(ordinary(1), imap.FlagDeleted)
	k.append(marked(2, "pabc"))
	k.append(ordinary(3), imap.FlagSeen)
	f, err := NewFinder(k.ctx, k.opts)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	folders := []string{"Gibt es nicht", "INBOX"}
	got, ok, err := f.Find(folders, "X-Notfalld", "pabc")
	if !ok || err != nil || got.UID != 2 || string(got.Raw) != marked(2, "pabc") {
		t.Fatalf("%+v, %v, %v", got, ok, err)
	}
	k.wantFlags("INBOX", `1 \Deleted`, "2", `3 \Seen`)
	if removed, err := f.Remove(got); !removed || err != nil {
		t.Errorf("%v, %v", removed, err)
	}
	k.wantFlags("INBOX", `1 \Deleted`, `3 \Seen`)
	if _, ok, err := f.Find(folders, "X-Notfalld", "pabc"); ok || err != nil {
		t.Errorf("found again: %v", err)
	}
	k.append(marked(4, "pabc"))
	if got, ok, err := f.Find(folders, "X-Notfalld", "pabc"); !ok || err != nil || got.UID != 4 {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
}
