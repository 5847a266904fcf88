package store

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"notfalld/ticket"
)

func TestOutKeepsEverything(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var o, changed ticket.Out
		fill(t, &o, 1)
		update(t, s, func(tx ticket.Tx) { same(t, "added", must(tx.AddOut(&o))(t), true) })
		view(t, s, func(tx ticket.Tx) {
			same(t, "added", found(tx.Out(o.ID))(t), o)
			absent[ticket.Out](t)(tx.Out(o.ID + 1))
		})
		fill(t, &changed, 100)
		changed.ID = o.ID
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutOut(changed)) })
		view(t, s, func(tx ticket.Tx) { same(t, "changed", found(tx.Out(o.ID))(t), changed) })
		if err := s.Update(background, func(tx ticket.Tx) error { return tx.PutOut(ticket.Out{ID: o.ID + 1}) }); err == nil {
			t.Error("a row that does not exist was written")
		}
	})
}

func TestOutKey(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		add := func(key string) (added bool, id int64) {
			o := ticket.Out{Key: key, Bytes: []byte("x")}
			update(t, s, func(tx ticket.Tx) { added = must(tx.AddOut(&o))(t) })
			return added, o.ID
		}
		for _, c := range []struct {
			key  string
			want bool
		}{{"mail:1", true}, {"mail:1", false}, {"mail:2", true}, {"MAIL:1", true}, {"", true}, {"", true}, {"mail:2", false}} {
			added, id := add(c.key)
			if added != c.want || (id != 0) != c.want {
				t.Errorf("key %q: added %v, id %d, want %v", c.key, added, id, c.want)
			}
		}
		// Two causes in one transaction, and the transaction goes on.
		update(t, s, func(tx ticket.Tx) {
			same(t, "first", must(tx.AddOut(&ticket.Out{Key: "once"}))(t), true)
			same(t, "second", must(tx.AddOut(&ticket.Out{Key: "once"}))(t), false)
			noError(t, tx.SetSetting("went", "on"))
		})
	})
}

// The bytes are kept for as long as the contract says, even if a row is written that came from a list, without them.
func TestOutBytes(t *testing.T) {
	frozen := []byte("From: support\r\n\r\n\x00\xff")
	cases := []struct {
		name  string
		kind  ticket.OutKind
		state ticket.OutState
		bytes []byte
		want  []byte
	}{
		{"frozen, put without", ticket.OutAnswer, ticket.OutFrozen, nil, frozen},
		{"frozen anew", ticket.OutAnswer, ticket.OutFrozen, []byte("new"), []byte("new")},
		{"an answer that was sent", ticket.OutAnswer, ticket.OutSent, nil, frozen},
		{"an answer that failed", ticket.OutAnswer, ticket.OutFailed, nil, frozen},
		{"an answer to be chosen anew", ticket.OutAnswer, ticket.OutWaiting, nil, nil},
		{"an answer withdrawn", ticket.OutAnswer, ticket.OutWithdrawn, nil, nil},
		{"a frozen notice", ticket.OutNotice, ticket.OutFrozen, nil, frozen},
		{"a notice that was sent", ticket.OutNotice, ticket.OutSent, nil, nil},
		{"a notice that failed", ticket.OutNotice, ticket.OutFailed, nil, nil},
		{"a probe that was sent", ticket.OutProbe, ticket.OutSent, nil, nil},
		{"a confirmation that was sent", ticket.OutConfirmation, ticket.OutSent, nil, frozen},
		{"a confirmation that failed", ticket.OutConfirmation, ticket.OutFailed, nil, frozen},
		{"a confirmation to be chosen anew", ticket.OutConfirmation, ticket.OutWaiting, nil, nil},
		{"a relayed mail that was sent", ticket.OutRelay, ticket.OutSent, nil, nil},
		{"a relayed mail that failed", ticket.OutRelay, ticket.OutFailed, nil, nil},
		{"an alarm that was sent", ticket.OutAlarm, ticket.OutSent, nil, frozen},
		{"an alarm that failed", ticket.OutAlarm, ticket.OutFailed, nil, frozen},
		{"an alarm withdrawn", ticket.OutAlarm, ticket.OutWithdrawn, nil, nil},
		{"a page that was sent", ticket.OutPage, ticket.OutSent, nil, nil},
		{"a frozen page", ticket.OutPage, ticket.OutFrozen, nil, frozen},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		for _, c := range cases {
			o := ticket.Out{Kind: c.kind, State: ticket.OutFrozen, Bytes: frozen, NextAt: minute(0), MessageID: c.name}
			update(t, s, func(tx ticket.Tx) { must(tx.AddOut(&o))(t) })
			o.State, o.Bytes = c.state, c.bytes
			update(t, s, func(tx ticket.Tx) { noError(t, tx.PutOut(o)) })
			view(t, s, func(tx ticket.Tx) {
				same(t, c.name, found(tx.Out(o.ID))(t).Bytes, c.want)
				same(t, c.name+", by its Message-ID", found(tx.OutByMessageID(c.name))(t).Bytes, c.want)
			})
		}
		view(t, s, func(tx ticket.Tx) {
			for _, o := range slices.Concat(must(tx.Outs(ticket.OutQuery{}))(t), must(tx.DueOut(minute(1), 0))(t), must(tx.DuePages(minute(1), 0))(t)) {
				if o.Bytes != nil {
					t.Errorf("a list holds the bytes of %q", o.MessageID)
				}
			}
		})
	})
}

func TestOutByMessageIDAndAttempts(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		o, other := ticket.Out{MessageID: "now@n"}, ticket.Out{}
		var a ticket.Attempt
		fill(t, &a, 1)
		update(t, s, func(tx ticket.Tx) {
			must(tx.AddOut(&o))(t)
			must(tx.AddOut(&other))(t)
			a.OutID, a.MessageID = o.ID, "before@n"
			noError(t, tx.AddAttempt(a))
			noError(t, tx.AddAttempt(ticket.Attempt{OutID: o.ID, At: minute(-5), MessageID: "now@n", Outcome: "unknown"}))
			noError(t, tx.AddAttempt(ticket.Attempt{OutID: other.ID}))
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "now", found(tx.OutByMessageID("now@n"))(t), o)
			same(t, "before", found(tx.OutByMessageID("before@n"))(t), o)
			absent[ticket.Out](t)(tx.OutByMessageID("never@n"))
			absent[ticket.Out](t)(tx.OutByMessageID(""))
			same(t, "attempts, in the order of writing", must(tx.Attempts(o.ID))(t),
				[]ticket.Attempt{a, {OutID: o.ID, At: minute(-5), MessageID: "now@n", Outcome: "unknown"}})
			same(t, "none", must(tx.Attempts(other.ID+1))(t), []ticket.Attempt(nil))
		})
		if err := s.Update(background, func(tx ticket.Tx) error { return tx.AddAttempt(ticket.Attempt{OutID: 999}) }); err == nil {
			t.Error("an attempt to deliver nothing was written")
		}
	})
}

func TestOutLists(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		list := []ticket.Out{
			{Kind: ticket.OutAnswer, State: ticket.OutWaiting, TicketID: 10001, Recipient: "Max@kunde.example", Reason: "mail"},
			{Kind: ticket.OutNotice, State: ticket.OutFrozen, TicketID: 10001, Recipient: "team@hoster.example", Reason: "new_ticket"},
			{Kind: ticket.OutAnswer, State: ticket.OutSent, TicketID: 10002, Recipient: "max@kunde.example", Reason: "closing"},
			{Kind: ticket.OutNotice, State: ticket.OutFailed, TicketID: 10002, Recipient: "team@hoster.example", Reason: "undelivered"},
			{Kind: ticket.OutProbe, State: ticket.OutWithdrawn},
			{Kind: ticket.OutAlarm, State: ticket.OutSent, EmergencyID: 10001, Channel: "sms", Recipient: "43111@sms.example"},
			{Kind: ticket.OutAnswer, State: ticket.OutWaiting, EmergencyID: 10001, TicketID: 10003},
		}
		update(t, s, func(tx ticket.Tx) {
			for i := range list {
				must(tx.AddOut(&list[i]))(t)
			}
		})
		cases := []struct {
			name string
			q    ticket.OutQuery
			want []int64
		}{
			{"all", ticket.OutQuery{}, []int64{7, 6, 5, 4, 3, 2, 1}},
			{"two", ticket.OutQuery{Limit: 2}, []int64{7, 6}},
			{"emergency", ticket.OutQuery{Emergency: 10001}, []int64{7, 6}},
			{"alarms of an emergency", ticket.OutQuery{Emergency: 10001, Kinds: []ticket.OutKind{ticket.OutAlarm}}, []int64{6}},
			{"of a ticket and an emergency", ticket.OutQuery{Emergency: 10001, TicketID: 10003}, []int64{7}},
			{"of another emergency", ticket.OutQuery{Emergency: 10002}, nil},
			{"ticket", ticket.OutQuery{TicketID: 10001}, []int64{2, 1}},
			{"answers", ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutAnswer}}, []int64{7, 3, 1}},
			{"answers of a ticket", ticket.OutQuery{TicketID: 10002, Kinds: []ticket.OutKind{ticket.OutAnswer}}, []int64{3}},
			{"waiting", ticket.OutQuery{States: []ticket.OutState{ticket.OutWaiting}}, []int64{7, 1}},
			{"pending", ticket.OutQuery{States: []ticket.OutState{ticket.OutFrozen, ticket.OutWaiting}}, []int64{7, 2, 1}},
			{"pending and sent", ticket.OutQuery{States: []ticket.OutState{ticket.OutFrozen, ticket.OutWaiting, ticket.OutSent}}, []int64{7, 6, 3, 2, 1}},
			{"failed", ticket.OutQuery{States: []ticket.OutState{ticket.OutFailed}}, []int64{4}},
			{"reasons", ticket.OutQuery{Reasons: []string{"mail", "undelivered"}}, []int64{4, 1}},
			{"recipient", ticket.OutQuery{Recipient: "MAX@kunde.example"}, []int64{3, 1}},
			{"all at once", ticket.OutQuery{TicketID: 10001, Kinds: []ticket.OutKind{ticket.OutNotice}, States: []ticket.OutState{ticket.OutFrozen},
				Reasons: []string{"new_ticket"}, Recipient: "team@hoster.example", Limit: 1}, []int64{2}},
			{"none", ticket.OutQuery{TicketID: 1}, nil},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				var got []int64
				for _, o := range must(tx.Outs(c.q))(t) {
					got = append(got, o.ID)
				}
				same(t, c.name, got, c.want)
			}
			same(t, "a row of a list", must(tx.Outs(ticket.OutQuery{Limit: 1}))(t), list[6:])
		})
	})
}

func TestCountOuts(t *testing.T) {
	yes, no := true, false
	list := []ticket.Out{
		{Kind: ticket.OutAnswer, State: ticket.OutWaiting, TicketID: 10001, Recipient: "Max@Kunde.example", Row: "not_linked/outside", Reason: "mail", Created: minute(0)},
		{Kind: ticket.OutAnswer, State: ticket.OutFrozen, TicketID: 10001, Recipient: "max@kunde.example", Row: "not_linked/inside", Reason: "mail", Unknown: true, Created: minute(10)},
		{Kind: ticket.OutAnswer, State: ticket.OutSent, TicketID: 10002, Recipient: "MAX@KUNDE.EXAMPLE", Row: "bare", Reason: "mail", Bare: true, Unknown: true, Created: minute(20)},
		{Kind: ticket.OutAnswer, State: ticket.OutFailed, TicketID: 10001, Recipient: "max@kunde.example", Row: "bare", Reason: "mail", Bare: true, Unknown: true, Created: minute(30)},
		{Kind: ticket.OutAnswer, State: ticket.OutWithdrawn, TicketID: 10001, Recipient: "max@kunde.example", Row: "bare", Reason: "mail", Bare: true, Created: minute(30)},
		{Kind: ticket.OutNotice, State: ticket.OutSent, TicketID: 10001, Recipient: "müller@hoster.example", Reason: "new_ticket", Created: minute(40)},
	}
	cases := []struct {
		name string
		q    ticket.OutCount
		want int
	}{
		{"all", ticket.OutCount{}, 4},
		{"answers", ticket.OutCount{Kind: ticket.OutAnswer}, 3},
		{"of a ticket", ticket.OutCount{TicketID: 10001}, 3},
		{"to a recipient, any case", ticket.OutCount{Recipient: "mAx@kunde.example"}, 3},
		{"to a recipient, beyond ASCII", ticket.OutCount{Recipient: "MÜLLER@hoster.example"}, 1},
		{"a row", ticket.OutCount{Row: "not_linked/outside"}, 1},
		{"a reason", ticket.OutCount{Reason: "new_ticket"}, 1},
		{"bare", ticket.OutCount{Bare: &yes}, 1},
		{"not bare", ticket.OutCount{Bare: &no}, 3},
		{"unknown", ticket.OutCount{Unknown: &yes}, 2},
		{"not unknown", ticket.OutCount{Unknown: &no}, 2},
		{"since the very time", ticket.OutCount{Since: minute(10)}, 3},
		{"since just after it", ticket.OutCount{Since: minute(10).Add(time.Millisecond)}, 2},
		{"waiting or frozen", ticket.OutCount{States: []ticket.OutState{ticket.OutWaiting, ticket.OutFrozen}}, 2},
		{"failed are never counted", ticket.OutCount{States: []ticket.OutState{ticket.OutFailed}}, 0},
		{"overall cap", ticket.OutCount{Kind: ticket.OutAnswer, Unknown: &yes, Since: minute(15)}, 1},
		{"bare cap", ticket.OutCount{Kind: ticket.OutAnswer, Bare: &yes, Recipient: "max@kunde.example", Since: minute(0)}, 1},
		{"everything", ticket.OutCount{Kind: ticket.OutAnswer, TicketID: 10001, Recipient: "max@kunde.example", Row: "not_linked/inside",
			Reason: "mail", Bare: &no, Unknown: &yes, Since: minute(1), States: []ticket.OutState{ticket.OutFrozen}}, 1},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) {
			for _, o := range list {
				must(tx.AddOut(&o))(t)
			}
		})
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				same(t, c.name, must(tx.CountOuts(c.q))(t), c.want)
			}
		})
	})
}

// TestDueModel compares the outbox's queue with a list in memory, over random rows and changes.
func TestDueModel(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		undo := errors.New("undo")
		rapid.Check(t, func(r *rapid.T) {
			// Drawn out here: rapid ends a run by panics, and an Update takes those for errors.
			rows, changes := randomOuts(r), randomOuts(r)
			now, limit := minute(rapid.IntRange(-1, 6).Draw(r, "now")), rapid.IntRange(0, 12).Draw(r, "limit")
			var due, pages []ticket.Out
			var next, nextPage time.Time
			var some, somePage bool
			err := s.Update(background, func(tx ticket.Tx) (err error) {
				for i := range rows {
					must(tx.AddOut(&rows[i]))(t)
				}
				for i := range min(len(rows), len(changes)) {
					changes[i].ID = rows[i].ID
					noError(t, tx.PutOut(changes[i]))
					rows[i] = changes[i]
				}
				due, pages = must(tx.DueOut(now, limit))(t), must(tx.DuePages(now, limit))(t)
				next, some, err = tx.NextOut()
				noError(t, err)
				nextPage, somePage, err = tx.NextPage()
				noError(t, err)
				return undo
			})
			if err != undo {
				r.Fatal(err)
			}
			mails, paged := apart(rows)
			for _, c := range []struct {
				name     string
				rows     []ticket.Out
				due      []ticket.Out
				next     time.Time
				nextSome bool
			}{{"mails", mails, due, next, some}, {"pages", paged, pages, nextPage, somePage}} {
				if d := gocmp.Diff(outIDs(dueOf(c.rows, now, limit)), outIDs(c.due)); d != "" {
					r.Fatalf("due %s (-want +got):\n%s", c.name, d)
				}
				if wantNext, wantSome := nextOf(c.rows); c.nextSome != wantSome || !c.next.Equal(wantNext) {
					r.Fatalf("next of %s: %v, %v; want %v, %v", c.name, c.next, c.nextSome, wantNext, wantSome)
				}
			}
		})
	})
}

var (
	kinds  = []ticket.OutKind{ticket.OutAnswer, ticket.OutNotice, ticket.OutProbe, ticket.OutConfirmation, ticket.OutAlarm, ticket.OutPage, ticket.OutRelay}
	states = []ticket.OutState{ticket.OutWaiting, ticket.OutFrozen, ticket.OutSent, ticket.OutFailed, ticket.OutWithdrawn}
)

func randomOuts(r *rapid.T) []ticket.Out {
	list := make([]ticket.Out, rapid.IntRange(0, 12).Draw(r, "rows"))
	for i := range list {
		list[i] = ticket.Out{Kind: rapid.SampledFrom(kinds).Draw(r, "kind"), State: rapid.SampledFrom(states).Draw(r, "state"),
			NextAt: minute(rapid.IntRange(0, 5).Draw(r, "at"))}
	}
	return list
}

func outIDs(list []ticket.Out) (out []int64) {
	for _, o := range list {
		out = append(out, o.ID)
	}
	return out
}

// apart are the mails, and the pages, which have a queue of their own.
func apart(rows []ticket.Out) (mails, pages []ticket.Out) {
	for _, o := range rows {
		if o.Kind == ticket.OutPage {
			pages = append(pages, o)
		} else {
			mails = append(mails, o)
		}
	}
	return mails, pages
}

func isPending(o ticket.Out) bool {
	return o.State == ticket.OutWaiting || o.State == ticket.OutFrozen
}

func dueOf(model []ticket.Out, now time.Time, limit int) []ticket.Out {
	var due []ticket.Out
	for _, o := range model {
		if isPending(o) && !o.NextAt.After(now) {
			due = append(due, o)
		}
	}
	urgency := map[ticket.OutKind]int{ticket.OutAlarm: 3, ticket.OutAnswer: 2, ticket.OutConfirmation: 2, ticket.OutRelay: 2}
	slices.SortFunc(due, func(a, b ticket.Out) int {
		return cmp.Or(-cmp.Compare(urgency[a.Kind], urgency[b.Kind]), a.NextAt.Compare(b.NextAt), cmp.Compare(a.ID, b.ID))
	})
	if limit > 0 && len(due) > limit {
		due = due[:limit]
	}
	return due
}

func nextOf(model []ticket.Out) (at time.Time, ok bool) {
	for _, o := range model {
		if isPending(o) && (!ok || o.NextAt.Before(at)) {
			at, ok = o.NextAt, true
		}
	}
	return at, ok
}
