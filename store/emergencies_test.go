package store

import (
	"strings"
	"testing"
	"time"

	"notfalld/rules"
	"notfalld/ticket"
)

func TestEmergencyKeepsEverything(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var e, changed ticket.Emergency
		fill(t, &e, 1)
		update(t, s, func(tx ticket.Tx) { noError(t, tx.AddEmergency(&e)) })
		same(t, "the first number", e.Number(), "NE-10001")
		view(t, s, func(tx ticket.Tx) {
			same(t, "added", found(tx.Emergency(e.ID))(t), e)
			same(t, "by its key", found(tx.EmergencyByKey(e.Key))(t), e)
			same(t, "in a list", must(tx.Emergencies(ticket.EmergencyQuery{}))(t), []ticket.Emergency{e})
			absent[ticket.Emergency](t)(tx.Emergency(e.ID + 1))
		})
		fill(t, &changed, 200)
		changed.ID = e.ID
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutEmergency(changed)) })
		view(t, s, func(tx ticket.Tx) {
			same(t, "changed", found(tx.Emergency(e.ID))(t), changed)
			absent[ticket.Emergency](t)(tx.EmergencyByKey(e.Key))
		})
		empty := ticket.Emergency{ID: e.ID}
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutEmergency(empty)) })
		view(t, s, func(tx ticket.Tx) { same(t, "emptied", found(tx.Emergency(e.ID))(t), empty) })
	})
}

// What people type and paste: each engine gives the same back, in columns, lists and consent.
func TestEmergencyTexts(t *testing.T) {
	cases := []struct{ name, in, column string }{
		{"umlauts", "Jürgen Großmüller", "Jürgen Großmüller"},
		{"lines", "Server tot\r\nseit 3 Uhr\n\tbitte", "Server tot\r\nseit 3 Uhr\n\tbitte"},
		{"quotes", `O'Brien "Bob" \ -- ; DROP TABLE emergency`, `O'Brien "Bob" \ -- ; DROP TABLE emergency`},
		{"emoji and right to left", "🔥 עזרה \u202e", "🔥 עזרה \u202e"},
		{"NUL", "web01\x00web02", "web01\uFFFDweb02"},
		{"no UTF-8", "M\xfcller", "M\uFFFDller"},
		{"blanks alone", "  \n", "  \n"},
		{"much", strings.Repeat("dringend ", 20_000), strings.Repeat("dringend ", 20_000)},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		for _, c := range cases {
			e := ticket.Emergency{Name: c.in, Problem: c.in, PhoneGiven: c.in, Raw: c.in, Servers: []string{c.in, ""}, Incomplete: []string{"phone"},
				Key: c.in, Consent: ticket.Consent{Text: c.in, Price: "200 € + MwSt."}}
			update(t, s, func(tx ticket.Tx) {
				noError(t, tx.AddEmergency(&e))
				noError(t, tx.AddEmergencyEvent(e.ID, ticket.Event{What: "triggered", Why: c.in}))
			})
			want := e
			want.Name, want.Problem, want.PhoneGiven, want.Raw, want.Key = c.column, c.column, c.column, c.column, c.column
			list := strings.ToValidUTF8(c.in, "\uFFFD") // JSON has a way to write NUL
			want.Servers, want.Consent.Text = []string{list, ""}, list
			view(t, s, func(tx ticket.Tx) {
				same(t, c.name, found(tx.Emergency(e.ID))(t), want)
				same(t, c.name+", by its key", found(tx.EmergencyByKey(c.in))(t).ID, e.ID)
				same(t, c.name+", in the history", must(tx.EmergencyEvents(e.ID))(t), []ticket.Event{{What: "triggered", Why: c.column}})
			})
		}
	})
}

func TestEmergencyFaults(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) { noError(t, tx.AddEmergency(&ticket.Emergency{Key: "form:1"})) })
		cases := []struct {
			name string
			f    func(tx ticket.Tx) error
		}{
			{"one that does not exist", func(tx ticket.Tx) error { return tx.PutEmergency(ticket.Emergency{ID: 1}) }},
			{"a key that is taken", func(tx ticket.Tx) error { return tx.AddEmergency(&ticket.Emergency{Key: "form:1"}) }},
			{"history of none", func(tx ticket.Tx) error { return tx.AddEmergencyEvent(1, ticket.Event{}) }},
			{"keys of none", func(tx ticket.Tx) error {
				return tx.PutEmergencyKeys(1, []ticket.Key{{Kind: rules.KeyPhone, Value: "+43112"}})
			}},
			{"no keys of none", func(tx ticket.Tx) error { return tx.PutEmergencyKeys(1, nil) }},
		}
		for _, c := range cases {
			if err := s.Update(background, c.f); err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		// What failed used up no number, and left nothing behind.
		next := ticket.Emergency{}
		update(t, s, func(tx ticket.Tx) { noError(t, tx.AddEmergency(&next)) })
		same(t, "the next number", next.ID, int64(10002))
		view(t, s, func(tx ticket.Tx) {
			if got := must(tx.Emergencies(ticket.EmergencyQuery{}))(t); len(got) != 2 {
				t.Errorf("%d emergencies", len(got))
			}
		})
	})
}

// Emergencies and tickets are counted apart, and a number of one that is gone does not come back.
func TestEmergencyNumbers(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		number := func(s *Store) (id int64) {
			update(t, s, func(tx ticket.Tx) {
				var e ticket.Emergency
				noError(t, tx.AddTicket(&ticket.Ticket{}))
				noError(t, tx.AddEmergency(&e))
				id = e.ID
			})
			return id
		}
		s := open(t, url, Options{})
		same(t, "first", number(s), int64(ticket.FirstEmergency))
		same(t, "second", number(s), int64(ticket.FirstEmergency+1))
		update(t, s, func(x ticket.Tx) {
			for _, text := range []string{"DELETE FROM emergency_key WHERE emergency_id = 10002", "DELETE FROM emergency WHERE id = 10002"} {
				must(x.(*tx).exec("delete", text))(t)
			}
		})
		noError(t, s.Close())
		s = open(t, url, Options{})
		same(t, "after the last was deleted, and a restart", number(s), int64(ticket.FirstEmergency+2))
	})
}

func TestEmergencyLists(t *testing.T) {
	list := []ticket.EmergencyState{ticket.Triggered, ticket.Resolved, ticket.Acknowledged, ticket.Cancelled, ticket.CalledBack, ticket.Triggered}
	cases := []struct {
		name string
		q    ticket.EmergencyQuery
		want []int64
	}{
		{"all", ticket.EmergencyQuery{}, []int64{10006, 10005, 10004, 10003, 10002, 10001}},
		{"two", ticket.EmergencyQuery{Limit: 2}, []int64{10006, 10005}},
		{"triggered", ticket.EmergencyQuery{States: []ticket.EmergencyState{ticket.Triggered}}, []int64{10006, 10001}},
		{"open", ticket.EmergencyQuery{States: []ticket.EmergencyState{ticket.Triggered, ticket.Acknowledged, ticket.CalledBack}}, []int64{10006, 10005, 10003, 10001}},
		{"the youngest that is taken over", ticket.EmergencyQuery{States: []ticket.EmergencyState{ticket.Acknowledged, ticket.CalledBack}, Limit: 1}, []int64{10005}},
		{"ended", ticket.EmergencyQuery{States: []ticket.EmergencyState{ticket.Resolved, ticket.Cancelled}}, []int64{10004, 10002}},
		{"open and ended", ticket.EmergencyQuery{States: []ticket.EmergencyState{ticket.CalledBack, ticket.Resolved}}, []int64{10005, 10002}},
		{"a state that is none", ticket.EmergencyQuery{States: []ticket.EmergencyState{"x' OR 1=1 --"}}, nil},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) {
			for i, state := range list {
				noError(t, tx.AddEmergency(&ticket.Emergency{State: state, TriggeredAt: minute(-i)})) // the number counts, not the clock
			}
		})
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				same(t, c.name, emergencyIDs(must(tx.Emergencies(c.q))(t)), c.want)
			}
		})
	})
}

func emergencyIDs(list []ticket.Emergency) (out []int64) {
	for _, e := range list {
		out = append(out, e.ID)
	}
	return out
}

func TestRecentEmergency(t *testing.T) {
	of := func(number, phone string, state ticket.EmergencyState, at int) ticket.Emergency {
		return ticket.Emergency{CustomerNumber: number, Phone: phone, State: state, Created: minute(at), TriggeredAt: minute(100 - at)}
	}
	list := []ticket.Emergency{
		of("4711", "+43111", ticket.Triggered, 0),
		of("4711", "+43111", ticket.CalledBack, 10), // 10002
		of("4711", "+43111", ticket.Triggered, 5),
		of("4711", "+43111", ticket.Resolved, 20),
		of("4711", "+43111", ticket.Cancelled, 30),
		of("4711", "+43222", ticket.Acknowledged, 12), // 10006
		of("0815", "+43111", ticket.Triggered, 11),
		of("", "", ticket.Triggered, 40),
		of("4711", "", ticket.Triggered, 40),
		of("", "+43111", ticket.Triggered, 40),
		of("99", "+43999", ticket.Triggered, 50),
		of("99", "+43999", ticket.Triggered, 50), // 10012, the same millisecond
		of("77", "+43777", ticket.Resolved, 50),
	}
	cases := []struct {
		name, number, phone string
		since               time.Time
		want                int64 // 0: none
	}{
		{"the youngest, by when it reached us", "4711", "+43111", minute(-5), 10002},
		{"just still", "4711", "+43111", minute(10), 10002},
		{"no longer", "4711", "+43111", minute(10).Add(time.Millisecond), 0},
		{"another phone", "4711", "+43222", minute(0), 10006},
		{"another number", "0815", "+43222", minute(0), 0},
		{"ended alone", "77", "+43777", minute(0), 0},
		{"of one instant the later", "99", "+43999", minute(50), 10012},
		{"no phone is nobody's", "4711", "", minute(0), 0},
		{"no number is nobody's", "", "+43111", minute(0), 0},
		{"neither", "", "", minute(0), 0},
		{"like no pattern", "4%", "+43111", minute(0), 0},
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) {
			for _, e := range list {
				noError(t, tx.AddEmergency(&e))
			}
		})
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				e, ok, err := tx.RecentEmergency(c.number, c.phone, c.since)
				if err != nil || e.ID != c.want || ok != (c.want != 0) {
					t.Errorf("%s: %d, %v, %v; want %d", c.name, e.ID, ok, err, c.want)
				}
			}
		})
	})
}

func TestEmergencyKeys(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) {
			for _, key := range []string{"", "", "form:1", "FORM:1", "api:ä"} { // none has the empty key: any number of them
				noError(t, tx.AddEmergency(&ticket.Emergency{Key: key}))
			}
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "form:1", found(tx.EmergencyByKey("form:1"))(t).ID, int64(10003))
			same(t, "FORM:1", found(tx.EmergencyByKey("FORM:1"))(t).ID, int64(10004))
			same(t, "api:ä", found(tx.EmergencyByKey("api:ä"))(t).ID, int64(10005))
			absent[ticket.Emergency](t)(tx.EmergencyByKey(""))
			absent[ticket.Emergency](t)(tx.EmergencyByKey("form:2"))
		})
	})
}

func TestEmergencyEvents(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var first, second ticket.Emergency
		var e ticket.Event
		fill(t, &e, 1)
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.AddEmergency(&first))
			noError(t, tx.AddEmergency(&second))
			noError(t, tx.AddEmergencyEvent(first.ID, e))
			noError(t, tx.AddEmergencyEvent(second.ID, ticket.Event{What: "triggered"}))
			noError(t, tx.AddEmergencyEvent(first.ID, ticket.Event{At: minute(-60), What: "acknowledged"})) // the order is that of writing
		})
		e.TicketID = 0
		view(t, s, func(tx ticket.Tx) {
			same(t, "events", must(tx.EmergencyEvents(first.ID))(t), []ticket.Event{e, {At: minute(-60), What: "acknowledged"}})
			same(t, "none", must(tx.EmergencyEvents(1))(t), []ticket.Event(nil))
			same(t, "of no ticket", must(tx.Events(first.ID))(t), []ticket.Event(nil))
		})
	})
}
