package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"notfalld/rules"
	"notfalld/ticket"
)

func key(kind ticket.KeyKind, value string) ticket.Key { return ticket.Key{Kind: kind, Value: value} }

func keyOf(id int64) ticket.Key { return key(rules.KeyEmergency, strconv.FormatInt(id, 10)) }

func TestOpenEmergencies(t *testing.T) {
	type e struct {
		at    int // minutes
		state ticket.EmergencyState
		keys  []ticket.Key
	}
	var (
		max4711 = key(rules.KeyCustomer, "4711")
		mail    = key(rules.KeyAddress, "max@kunde.example")
		phone   = key(rules.KeyPhone, "+43111")
		web     = key(rules.KeyServer, "web01.kunde.example")
	)
	list := []e{
		{0, ticket.Triggered, []ticket.Key{max4711, mail}},                                // 10001
		{10, ticket.Acknowledged, []ticket.Key{max4711}},                                  // 10002
		{20, ticket.Resolved, []ticket.Key{max4711, mail, web}},                           // 10003
		{30, ticket.Cancelled, []ticket.Key{max4711, mail, web}},                          // 10004
		{40, ticket.CalledBack, []ticket.Key{phone, web}},                                 // 10005
		{40, ticket.Triggered, []ticket.Key{web, web}},                                    // 10006: the same instant
		{50, ticket.Triggered, nil},                                                       // 10007
		{60, ticket.Triggered, []ticket.Key{key(rules.KeyServer, "4711"), {}}},            // 10008
		{70, ticket.Triggered, []ticket.Key{key(rules.KeyServer, "web\x00\xff\"'ä🔥%")}},   // 10009
		{80, ticket.Triggered, []ticket.Key{key(rules.KeyEmergency, "10001"), web}},       // 10010: claims to be another
		{85, ticket.Triggered, []ticket.Key{key(rules.KeyAddress, "anna@kunde.example")}}, // 10011
	}
	long := []ticket.Key{key(rules.KeyAddress, "anna@kunde.example"), phone, web} // the last in another statement than the first
	for i := range 2 * chunk {
		long = append(long, key(rules.KeyServer, fmt.Sprintf("unknown%d", i)))
	}
	cases := []struct {
		name        string
		keys        []ticket.Key
		from, until time.Time
		limit       int
		want        []int64
	}{
		{"no key", nil, minute(0), minute(90), 9, nil},
		{"an unknown value", []ticket.Key{key(rules.KeyCustomer, "471")}, minute(0), minute(90), 9, nil},
		{"a customer number: what is ended is not there", []ticket.Key{max4711}, minute(0), minute(90), 9, []int64{10001, 10002}},
		{"the same value is another key of another kind", []ticket.Key{key(rules.KeyServer, "4711")}, minute(0), minute(90), 9, []int64{10008}},
		{"an owner is no customer", []ticket.Key{key(rules.KeyOwner, "4711")}, minute(0), minute(90), 9, nil},
		{"two keys, one emergency", []ticket.Key{max4711, mail}, minute(0), minute(9), 9, []int64{10001}},
		{"three keys", []ticket.Key{max4711, mail, phone}, minute(0), minute(90), 9, []int64{10001, 10002, 10005}},
		{"the same key twice", []ticket.Key{max4711, max4711}, minute(0), minute(90), 1, []int64{10002}},
		{"both ends belong to it", []ticket.Key{max4711, phone}, minute(10), minute(40), 9, []int64{10002, 10005}},
		{"just after and just before", []ticket.Key{max4711, phone}, minute(10).Add(time.Millisecond), minute(40).Add(-time.Millisecond), 9, nil},
		{"one instant", []ticket.Key{max4711, phone}, minute(40), minute(40), 9, []int64{10005}},
		{"no time at all", []ticket.Key{max4711}, minute(90), minute(0), 9, nil},
		{"the youngest of each key", []ticket.Key{max4711, web}, minute(0), minute(90), 1, []int64{10002, 10010}},
		{"the two youngest: of one instant the later", []ticket.Key{web}, minute(0), minute(90), 2, []int64{10006, 10010}},
		{"no limit", []ticket.Key{web}, minute(0), minute(90), 0, []int64{10005, 10006, 10010}},
		{"its own id", []ticket.Key{keyOf(10007)}, minute(0), minute(90), 9, []int64{10007}},
		{"its own id, ended", []ticket.Key{keyOf(10003)}, minute(0), minute(90), 9, nil},
		{"its own id, too early", []ticket.Key{keyOf(10001)}, minute(1), minute(90), 9, nil},
		{"another's id is nobody's key", []ticket.Key{keyOf(10001)}, minute(0), minute(90), 9, []int64{10001}},
		{"an id that is none", []ticket.Key{keyOf(1), key(rules.KeyEmergency, ""), key(rules.KeyEmergency, "0")}, minute(0), minute(90), 9, nil},
		{"many keys", long, minute(0), minute(90), 9, []int64{10005, 10006, 10010, 10011}},
		{"what is no text", []ticket.Key{key(rules.KeyServer, "web\x00\xff\"'ä🔥%")}, minute(0), minute(90), 9, []int64{10009}},
		{"like no pattern", []ticket.Key{key(rules.KeyServer, "web%"), key(rules.KeyServer, "web01_kunde.example")}, minute(0), minute(90), 9, nil},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) {
			for _, c := range list {
				x := ticket.Emergency{State: c.state, TriggeredAt: minute(c.at), Created: minute(-c.at)}
				noError(t, tx.AddEmergency(&x))
				noError(t, tx.PutEmergencyKeys(x.ID, c.keys))
			}
		})
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				same(t, c.name, emergencyIDs(must(tx.OpenEmergencies(c.keys, c.from, c.until, c.limit))(t)), c.want)
			}
			got := must(tx.OpenEmergencies([]ticket.Key{phone}, minute(0), minute(90), 1))(t)
			same(t, "whole rows", got, []ticket.Emergency{found(tx.Emergency(10005))(t)})
		})
	})
}

// An emergency is found for as long as it is open, by the keys that it has now and the instant that it was triggered at.
func TestKeysFollowTheEmergency(t *testing.T) {
	phone, mail := key(rules.KeyPhone, "+43111"), key(rules.KeyAddress, "eva@kunde.example")
	e := ticket.Emergency{State: ticket.Triggered, TriggeredAt: minute(0)}
	put := func(tx ticket.Tx) error { return tx.PutEmergency(e) }
	keys := func(list ...ticket.Key) func(ticket.Tx) error {
		return func(tx ticket.Tx) error { return tx.PutEmergencyKeys(e.ID, list) }
	}
	steps := []struct {
		name               string
		change             func()
		write              func(ticket.Tx) error
		phone, mail, itsID bool
	}{
		{"as it was added", func() {}, put, false, false, true},
		{"one key", func() {}, keys(phone), true, false, true},
		{"replaced by another", func() {}, keys(mail), false, true, true},
		{"both", func() {}, keys(mail, phone), true, true, true},
		{"taken over", func() { e.State = ticket.Acknowledged }, put, true, true, true},
		{"triggered earlier than was thought", func() { e.TriggeredAt = minute(-10) }, put, false, false, false},
		{"and not", func() { e.TriggeredAt = minute(1) }, put, true, true, true},
		{"resolved", func() { e.State = ticket.Resolved }, put, false, false, false},
		{"keys of one that is ended", func() {}, keys(phone), false, false, false},
		{"a mistake, and open again", func() { e.State = ticket.CalledBack }, put, true, false, true},
		{"no key", func() {}, keys(), false, false, true},
		{"cancelled", func() { e.State = ticket.Cancelled }, put, false, false, false},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		e = ticket.Emergency{State: ticket.Triggered, TriggeredAt: minute(0)}
		update(t, s, func(tx ticket.Tx) {
			other := ticket.Emergency{State: ticket.Triggered}
			noError(t, tx.AddEmergency(&e))
			noError(t, tx.AddEmergency(&other)) // not concerned by any of it
			noError(t, tx.PutEmergencyKeys(other.ID, []ticket.Key{phone, mail}))
		})
		for _, c := range steps {
			c.change()
			noError(t, s.Update(background, c.write))
			view(t, s, func(tx ticket.Tx) {
				for k, want := range map[ticket.Key]bool{phone: c.phone, mail: c.mail, keyOf(e.ID): c.itsID} {
					got := must(tx.OpenEmergencies([]ticket.Key{k}, minute(-5), minute(5), 9))(t)
					if (len(got) == 1) != want {
						t.Errorf("%s: found by %v: %d, want %v", c.name, k, len(got), want)
					}
				}
				same(t, c.name+": the other", len(must(tx.OpenEmergencies([]ticket.Key{phone, mail}, time.Time{}, time.Time{}, 9))(t)), 1)
			})
		}
	})
}

func TestTicketKeys(t *testing.T) {
	web, mail, holder := key(rules.KeyServer, "web01"), key(rules.KeyAddress, "Ä@kunde.example"), key(rules.KeyHolder, "10001 eva@kunde.example")
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var k, other ticket.Ticket
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.AddTicket(&k))
			noError(t, tx.AddTicket(&other))
			noError(t, tx.AddTicketKeys(other.ID, []ticket.Key{web}, minute(50), minute(60)))
		})
		steps := []struct {
			name        string
			add         []ticket.Key
			first, last int
			want        []ticket.Key
		}{
			{"none", nil, 1, 2, nil},
			{"two, one twice", []ticket.Key{web, mail, web}, 3, 3, []ticket.Key{mail, web}},
			{"one more, and one again: all have the new times", []ticket.Key{holder, web}, 3, 9, []ticket.Key{mail, holder, web}},
			{"none more, the times go on", nil, 2, 12, []ticket.Key{mail, holder, web}},
			{"the same times", nil, 2, 12, []ticket.Key{mail, holder, web}},
		}
		for _, c := range steps {
			update(t, s, func(tx ticket.Tx) { noError(t, tx.AddTicketKeys(k.ID, c.add, minute(c.first), minute(c.last))) })
			view(t, s, func(tx ticket.Tx) {
				keys, first, last, err := tx.TicketKeys(k.ID)
				noError(t, err)
				same(t, c.name, keys, c.want)
				if len(keys) > 0 {
					same(t, c.name+": times", []time.Time{first, last}, []time.Time{minute(c.first), minute(c.last)})
				}
			})
		}
		many := make([]ticket.Key, 200)
		for i := range many {
			many[i] = key(rules.KeyServer, fmt.Sprintf("web%03d", 199-i))
		}
		update(t, s, func(tx ticket.Tx) { noError(t, tx.AddTicketKeys(other.ID, many, minute(50), minute(61))) })
		view(t, s, func(tx ticket.Tx) {
			keys, _, last, err := tx.TicketKeys(other.ID)
			noError(t, err)
			same(t, "last", last, minute(61))
			if len(keys) != 201 || !slices.IsSortedFunc(keys, compareKeys) {
				t.Errorf("%d keys, or not sorted", len(keys))
			}
			keys, first, last, err := tx.TicketKeys(1)
			if keys != nil || !first.IsZero() || !last.IsZero() || err != nil {
				t.Errorf("of no ticket: %v, %v, %v, %v", keys, first, last, err)
			}
		})
		if err := s.Update(background, func(tx ticket.Tx) error { return tx.AddTicketKeys(1, []ticket.Key{web}, day, day) }); err == nil {
			t.Error("a ticket that does not exist got a key")
		}
	})
}

func TestOpenTickets(t *testing.T) {
	web, mail := key(rules.KeyServer, "web01"), key(rules.KeyAddress, "max@kunde.example")
	list := []struct {
		state       ticket.State
		first, last int
		keys        []ticket.Key
	}{
		{ticket.New, 0, 0, []ticket.Key{web}},                                          // 10001
		{ticket.Open, 10, 50, []ticket.Key{web, mail}},                                 // 10002
		{ticket.Waiting, 20, 20, []ticket.Key{mail}},                                   // 10003
		{ticket.Closed, 20, 30, []ticket.Key{web, mail}},                               // 10004
		{ticket.New, 60, 70, []ticket.Key{web}},                                        // 10005
		{ticket.New, 0, 70, []ticket.Key{web}},                                         // 10006
		{ticket.New, 0, 70, nil},                                                       // 10007
		{ticket.New, 0, 90, []ticket.Key{key(rules.KeyAddress, "anna@kunde.example")}}, // 10008
	}
	long := []ticket.Key{key(rules.KeyAddress, "anna@kunde.example"), mail, web} // the last in another statement than the first
	for i := range 2 * chunk {
		long = append(long, key(rules.KeyServer, fmt.Sprintf("unknown%d", i)))
	}
	cases := []struct {
		name        string
		keys        []ticket.Key
		from, until int
		limit       int
		want        []int64
	}{
		{"none asked", nil, 0, 90, 9, nil},
		{"any time: what is closed is not there", []ticket.Key{web}, 0, 90, 9, []int64{10001, 10002, 10005, 10006}},
		{"two keys", []ticket.Key{web, mail}, 0, 90, 9, []int64{10001, 10002, 10003, 10005, 10006}},
		{"around an instant between first and last", []ticket.Key{web, mail}, 30, 40, 9, []int64{10002, 10006}},
		{"the last mail at the very start", []ticket.Key{web}, 50, 55, 9, []int64{10002, 10006}},
		{"the first mail at the very end", []ticket.Key{web}, 55, 60, 9, []int64{10005, 10006}},
		{"before all", []ticket.Key{web}, -20, -1, 9, nil},
		{"after all", []ticket.Key{web}, 71, 90, 9, nil},
		{"the youngest of each key: by the last mail, then by number", []ticket.Key{web, mail}, 0, 90, 1, []int64{10002, 10006}},
		{"the two youngest", []ticket.Key{web}, 0, 90, 2, []int64{10005, 10006}},
		{"what is closed uses up no place", []ticket.Key{mail}, 0, 90, 2, []int64{10002, 10003}},
		{"no limit", []ticket.Key{mail}, 0, 90, 0, []int64{10002, 10003}},
		{"the same key twice", []ticket.Key{web, web}, 0, 90, 1, []int64{10006}},
		{"many keys", long, 0, 90, 9, []int64{10001, 10002, 10003, 10005, 10006, 10008}},
		{"another kind", []ticket.Key{key(rules.KeyDomain, "web01")}, 0, 90, 9, nil},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) {
			for _, c := range list {
				k := ticket.Ticket{State: ticket.New}
				noError(t, tx.AddTicket(&k))
				noError(t, tx.AddTicketKeys(k.ID, c.keys, minute(c.first), minute(c.last)))
				k.State = c.state
				noError(t, tx.PutTicket(k))
			}
		})
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				same(t, c.name, must(tx.OpenTickets(c.keys, minute(c.from), minute(c.until), c.limit))(t), c.want)
			}
		})
	})
}

// TestFindModel compares both lookups with lists in memory, over random emergencies, tickets and questions.
func TestFindModel(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		undo := errors.New("undo")
		rapid.Check(t, func(r *rapid.T) {
			// Drawn out here: rapid ends a run by panics, and an Update takes those for errors.
			list := rapid.SliceOfN(rapid.Custom(randomFound), 0, 12).Draw(r, "list")
			asked := randomKeys(r, 80) // more than one statement takes
			from := rapid.IntRange(-1, 6).Draw(r, "from")
			until, limit := from+rapid.IntRange(-1, 6).Draw(r, "length"), rapid.IntRange(0, 4).Draw(r, "limit")
			var emergencies, tickets []int64
			err := s.Update(background, func(tx ticket.Tx) error {
				for i := range list {
					list[i].add(t, tx)
				}
				emergencies = emergencyIDs(must(tx.OpenEmergencies(asked, minute(from), minute(until), limit))(t))
				tickets = must(tx.OpenTickets(asked, minute(from), minute(until), limit))(t)
				return undo
			})
			if err != undo {
				r.Fatal(err)
			}
			if d := gocmp.Diff(modelEmergencies(list, asked, from, until, limit), emergencies); d != "" {
				r.Fatalf("emergencies (-want +got):\n%s", d)
			}
			if d := gocmp.Diff(modelTickets(list, asked, from, until, limit), tickets); d != "" {
				r.Fatalf("tickets (-want +got):\n%s", d)
			}
		})
	})
}

// both is an emergency and a ticket with the same keys.
type both struct {
	e           ticket.Emergency
	k           ticket.Ticket
	keys        []ticket.Key
	at          int // minutes: the trigger, and the first mail
	last        int
	laterEnded  bool
	laterClosed bool
}

func randomFound(r *rapid.T) both {
	b := both{keys: randomKeys(r, 4), at: rapid.IntRange(0, 5).Draw(r, "at"), laterEnded: rapid.Bool().Draw(r, "ended"), laterClosed: rapid.Bool().Draw(r, "closed")}
	b.last = b.at + rapid.IntRange(0, 3).Draw(r, "last")
	return b
}

func randomKeys(r *rapid.T, most int) []ticket.Key {
	return rapid.SliceOfN(rapid.Custom(func(r *rapid.T) ticket.Key {
		return key(rapid.SampledFrom([]ticket.KeyKind{rules.KeyPhone, rules.KeyServer}).Draw(r, "kind"),
			strconv.Itoa(rapid.IntRange(0, 60).Filter(func(n int) bool { return n < 4 || most > 4 }).Draw(r, "value")))
	}), 0, most).Draw(r, "keys")
}

func (b *both) add(t *testing.T, tx ticket.Tx) {
	b.e = ticket.Emergency{State: ticket.Triggered, TriggeredAt: minute(b.at)}
	noError(t, tx.AddEmergency(&b.e))
	noError(t, tx.PutEmergencyKeys(b.e.ID, b.keys))
	b.k = ticket.Ticket{State: ticket.New}
	noError(t, tx.AddTicket(&b.k))
	noError(t, tx.AddTicketKeys(b.k.ID, b.keys, minute(b.at), minute(b.last)))
	if b.laterEnded {
		b.e.State = ticket.Cancelled
		noError(t, tx.PutEmergency(b.e))
	}
	if b.laterClosed {
		b.k.State = ticket.Closed
		noError(t, tx.PutTicket(b.k))
	}
}

func modelEmergencies(list []both, asked []ticket.Key, from, until, limit int) []int64 {
	return model(list, asked, limit, func(b both) (id int64, age int, ok bool) {
		return b.e.ID, b.at, !b.laterEnded && from <= b.at && b.at <= until
	})
}

func modelTickets(list []both, asked []ticket.Key, from, until, limit int) []int64 {
	return model(list, asked, limit, func(b both) (id int64, age int, ok bool) {
		return b.k.ID, b.last, !b.laterClosed && from <= b.last && b.at <= until
	})
}

func model(list []both, asked []ticket.Key, limit int, of func(both) (id int64, age int, ok bool)) []int64 {
	var all []int64
	for _, key := range asked {
		type one struct {
			id  int64
			age int
		}
		var hits []one
		for _, b := range list {
			if id, age, ok := of(b); ok && slices.Contains(b.keys, key) {
				hits = append(hits, one{id, age})
			}
		}
		slices.SortFunc(hits, func(a, b one) int { return -cmp.Or(cmp.Compare(a.age, b.age), cmp.Compare(a.id, b.id)) })
		if limit > 0 && len(hits) > limit {
			hits = hits[:limit]
		}
		for _, h := range hits {
			all = append(all, h.id)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func TestLinks(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var k, other ticket.Ticket
		var e, second ticket.Emergency
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.AddTicket(&k))
			noError(t, tx.AddTicket(&other))
			noError(t, tx.AddEmergency(&e))
			noError(t, tx.AddEmergency(&second))
		})
		var a, b, c ticket.Link
		fill(t, &a, 1)
		fill(t, &b, 20)
		a.TicketID, a.EmergencyID, a.State = k.ID, second.ID, ticket.Linked
		b.TicketID, b.EmergencyID, b.State = k.ID, e.ID, ticket.Suggested
		c = ticket.Link{TicketID: other.ID, EmergencyID: second.ID, State: ticket.Linked, Score: -3}
		put := func(l ticket.Link) error {
			return s.Update(background, func(tx ticket.Tx) error { return tx.PutLink(l) })
		}
		for _, l := range []ticket.Link{a, c, b} {
			noError(t, put(l))
		}
		view(t, s, func(tx ticket.Tx) {
			same(t, "of a ticket", must(tx.Links(k.ID))(t), []ticket.Link{b, a})
			same(t, "of an emergency", must(tx.EmergencyLinks(second.ID))(t), []ticket.Link{a, c})
			same(t, "of none", must(tx.Links(e.ID+100))(t), []ticket.Link(nil))
		})
		changed := b
		changed.By, changed.Told, changed.At, changed.Score, changed.Signals, changed.State = "anna", !b.Told, minute(99), 0, nil, ticket.Refused
		noError(t, put(changed))
		view(t, s, func(tx ticket.Tx) { same(t, "replaced", must(tx.Links(k.ID))(t), []ticket.Link{changed, a}) })

		changed.State = ticket.Linked
		for name, l := range map[string]ticket.Link{
			"linked to a second emergency": changed,
			"of no ticket":                 {TicketID: 1, EmergencyID: e.ID},
			"to no emergency":              {TicketID: k.ID, EmergencyID: 1},
		} {
			if err := put(l); err == nil {
				t.Errorf("a link %s was written", name)
			}
		}
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.DropLink(k.ID, second.ID))
			noError(t, tx.DropLink(k.ID, second.ID))
			noError(t, tx.PutLink(changed)) // now there is room
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "moved", must(tx.Links(k.ID))(t), []ticket.Link{changed})
			same(t, "the other stays", must(tx.EmergencyLinks(second.ID))(t), []ticket.Link{c})
		})
	})
}
