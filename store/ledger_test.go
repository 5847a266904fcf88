package store

import (
	"fmt"
	"testing"
	"time"

	"notfalld/ticket"
)

func TestEntryKeepsEverything(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var e, changed ticket.Entry
		fill(t, &e, 1)
		update(t, s, func(tx ticket.Tx) {
			if !must(tx.AddEntry(&e))(t) {
				t.Fatal("not added")
			}
		})
		view(t, s, func(tx ticket.Tx) { same(t, "added", found(tx.Entry(e.ID))(t), e) })
		fill(t, &changed, 100)
		changed.ID = e.ID
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutEntry(changed)) })
		changed.Place = e.Place // a mail does not move: PutEntry leaves its place alone
		view(t, s, func(tx ticket.Tx) { same(t, "changed", found(tx.Entry(e.ID))(t), changed) })
		view(t, s, func(tx ticket.Tx) { absent[ticket.Entry](t)(tx.Entry(e.ID + 1)) })
		if err := s.Update(background, func(tx ticket.Tx) error { return tx.PutEntry(ticket.Entry{ID: e.ID + 1}) }); err == nil {
			t.Error("an entry that does not exist was written")
		}
	})
}

func TestEntryPlaceIsTakenOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		first := ticket.Entry{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 7, UID: 9}, State: ticket.EntryFetched, MessageID: "first"}
		update(t, s, func(tx ticket.Tx) { must(tx.AddEntry(&first))(t) })
		places := []struct {
			place ticket.Place
			added bool
		}{
			{ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 7, UID: 9}, false},
			{ticket.Place{Mailbox: "Support", Folder: "INBOX", UIDValidity: 7, UID: 9}, true},
			{ticket.Place{Mailbox: "support", Folder: "Sent", UIDValidity: 7, UID: 9}, true},
			{ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 8, UID: 9}, true},
			{ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 7, UID: 10}, true},
			{ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 7, UID: 10}, false},
		}
		for _, c := range places {
			e := ticket.Entry{Place: c.place, State: ticket.EntryOther, MessageID: "later"}
			update(t, s, func(tx ticket.Tx) { same(t, fmt.Sprint(c.place), must(tx.AddEntry(&e))(t), c.added) })
			if c.place == first.Place {
				same(t, "becomes the row that is there", e, first)
			}
		}
	})
}

func addEntries(t *testing.T, s *Store, list []ticket.Entry) {
	t.Helper()
	update(t, s, func(tx ticket.Tx) {
		for i := range list {
			if !must(tx.AddEntry(&list[i]))(t) {
				t.Fatalf("entry %d has the place of another", i)
			}
		}
	})
}

func TestKnownUIDs(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var list []ticket.Entry
		for _, uid := range []uint32{5, 1<<32 - 1, 1, 3, 1 << 31} {
			list = append(list, ticket.Entry{Place: ticket.Place{Mailbox: "m", Folder: "INBOX", UIDValidity: 1<<32 - 1, UID: uid}})
		}
		list = append(list, ticket.Entry{Place: ticket.Place{Mailbox: "m", Folder: "INBOX", UIDValidity: 1, UID: 4}},
			ticket.Entry{Place: ticket.Place{Mailbox: "m", Folder: "Sent", UIDValidity: 1<<32 - 1, UID: 4}})
		addEntries(t, s, list)
		cases := []struct {
			folder   string
			validity uint32
			from     uint32
			want     []uint32
		}{
			{"INBOX", 1<<32 - 1, 0, []uint32{1, 3, 5, 1 << 31, 1<<32 - 1}},
			{"INBOX", 1<<32 - 1, 3, []uint32{3, 5, 1 << 31, 1<<32 - 1}},
			{"INBOX", 1<<32 - 1, 1<<32 - 1, []uint32{1<<32 - 1}},
			{"INBOX", 1, 0, []uint32{4}},
			{"INBOX", 2, 0, nil},
			{"Drafts", 1, 0, nil},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				same(t, fmt.Sprint(c), must(tx.KnownUIDs("m", c.folder, c.validity, c.from))(t), c.want)
			}
		})
	})
}

// everyState is one entry of each state, marked and not.
func everyState() []ticket.Entry {
	var list []ticket.Entry
	for i, state := range []ticket.EntryState{ticket.EntryFetched, ticket.EntryTicket, ticket.EntryNote, ticket.EntryCopy,
		ticket.EntryBounce, ticket.EntryProbe, ticket.EntryForm, ticket.EntryOther} {
		for j, marked := range []bool{false, true} {
			list = append(list, ticket.Entry{Place: ticket.Place{Mailbox: "m", Folder: "INBOX", UIDValidity: 1, UID: uint32(100 - 2*i - j)},
				State: state, Marked: marked, MessageID: "same@kunde.example", ContentHash: []byte("same")})
		}
	}
	return list
}

func ids(list []ticket.Entry) (out []int64) {
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out
}

func TestFetchedEntries(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		list := everyState()
		addEntries(t, s, list)
		want := list[:2]
		view(t, s, func(tx ticket.Tx) {
			same(t, "all", must(tx.FetchedEntries(0))(t), want)
			same(t, "limit 10", must(tx.FetchedEntries(10))(t), want)
			same(t, "limit 1", must(tx.FetchedEntries(1))(t), want[:1])
		})
	})
}

func TestUnmarkedEntriesAndSetMarked(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		list := everyState()
		addEntries(t, s, list)
		elsewhere := []ticket.Entry{
			{Place: ticket.Place{Mailbox: "m", Folder: "INBOX", UIDValidity: 2, UID: 1}, State: ticket.EntryTicket},
			{Place: ticket.Place{Mailbox: "m", Folder: "Sent", UIDValidity: 1, UID: 1}, State: ticket.EntryTicket},
			{Place: ticket.Place{Mailbox: "n", Folder: "INBOX", UIDValidity: 1, UID: 1}, State: ticket.EntryTicket},
		}
		addEntries(t, s, elsewhere)
		var want []ticket.Entry
		for i := len(list) - 1; i >= 0; i-- { // by UID, the youngest first here
			if list[i].State.Ours() && !list[i].Marked {
				want = append(want, list[i])
			}
		}
		if len(want) != 6 {
			t.Fatalf("the test has %d unmarked entries, want 6", len(want))
		}
		view(t, s, func(tx ticket.Tx) {
			same(t, "unmarked", must(tx.UnmarkedEntries("m", "INBOX", 1))(t), want)
		})
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.SetMarked(nil))
			noError(t, tx.SetMarked(ids(want[1:5])))
			same(t, "left", ids(must(tx.UnmarkedEntries("m", "INBOX", 1))(t)), []int64{want[0].ID, want[5].ID})
			same(t, "elsewhere", ids(must(tx.UnmarkedEntries("n", "INBOX", 1))(t)), ids(elsewhere[2:]))
			if !found(tx.Entry(want[2].ID))(t).Marked {
				t.Error("the entry itself does not say that it is marked")
			}
		})
	})
}

func TestSetMarkedOfMany(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		for _, n := range []int{1, 2, 3, 63, 64, 65, 200} {
			s := open(t, fresh(), Options{})
			var list []ticket.Entry
			for i := range n + 1 {
				list = append(list, ticket.Entry{Place: ticket.Place{Mailbox: "m", Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1)}, State: ticket.EntryTicket})
			}
			addEntries(t, s, list)
			update(t, s, func(tx ticket.Tx) {
				noError(t, tx.SetMarked(ids(list[:n])))
				same(t, fmt.Sprint(n), ids(must(tx.UnmarkedEntries("m", "INBOX", 1))(t)), ids(list[n:]))
			})
		}
	})
}

func TestSameMail(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		entry := func(uid uint32, state ticket.EntryState, id, hash string) ticket.Entry {
			return ticket.Entry{Place: ticket.Place{Mailbox: "m", Folder: "INBOX", UIDValidity: 1, UID: uid}, State: state,
				MessageID: id, ContentHash: []byte(hash)}
		}
		list := []ticket.Entry{
			entry(1, ticket.EntryFetched, "a", "h1"), // undecided
			entry(2, ticket.EntryOther, "a", "h1"),   // none of our business
			entry(9, ticket.EntryTicket, "a", "h1"),  // the oldest by ID, not by UID
			entry(3, ticket.EntryCopy, "a", "h1"),
			entry(4, ticket.EntryTicket, "b", "h1"),
			entry(5, ticket.EntryTicket, "a", "h2"),
			entry(6, ticket.EntryTicket, "", "h3"),
			entry(7, ticket.EntryTicket, "c", ""),
		}
		addEntries(t, s, list)
		cases := []struct {
			id, hash string
			want     int // index in list, -1 for none
		}{
			{"a", "h1", 2},
			{"", "h1", 2},
			{"b", "h1", 4},
			{"c", "h1", -1}, // same content, another Message-ID
			{"a", "h2", 5},  // same Message-ID, other content
			{"A", "h2", -1},
			{"", "h3", 6},
			{"c", "", -1}, // no hash: nothing is known to be the same
			{"", "", -1},
			{"x", "nothing", -1},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				if c.want < 0 {
					absent[ticket.Entry](t)(tx.SameMail(c.id, []byte(c.hash)))
					continue
				}
				same(t, c.id+"/"+c.hash, found(tx.SameMail(c.id, []byte(c.hash)))(t), list[c.want])
			}
		})
	})
}

func TestPurge(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		const n = 150 // more than one step
		var list []ticket.Entry
		update(t, s, func(tx ticket.Tx) {
			for i := range n {
				state := ticket.EntryTicket
				if i == 3 {
					state = ticket.EntryFetched // still needed, however old
				}
				list = append(list, ticket.Entry{Place: ticket.Place{Mailbox: "m", Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1)},
					State: state, Fetched: minute(i), RawID: must(tx.AddRaw([]byte{byte(i)}))(t)})
				must(tx.AddEntry(&list[i]))(t)
			}
		})
		same(t, "never", must(s.Purge(background, time.Time{}))(t), 0)
		same(t, "before all", must(s.Purge(background, minute(0)))(t), 0)
		same(t, "before the last ten", must(s.Purge(background, minute(n-10)))(t), n-11)
		same(t, "again", must(s.Purge(background, minute(n-10)))(t), 0)
		view(t, s, func(tx ticket.Tx) {
			for i, e := range list {
				kept := i == 3 || i >= n-10
				_, ok, err := tx.Raw(e.RawID)
				if ok != kept || err != nil {
					t.Errorf("raw %d: there %v, want %v, err %v", i, ok, kept, err)
				}
				if got := found(tx.Entry(e.ID))(t); (got.RawID != 0) != kept {
					t.Errorf("entry %d has raw %d", i, got.RawID)
				}
			}
		})
	})
}
