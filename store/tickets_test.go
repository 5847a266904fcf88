package store

import (
	"fmt"
	"testing"
	"time"

	"notfalld/ticket"
)

func TestTicketKeepsEverything(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var k, changed ticket.Ticket
		fill(t, &k, 1)
		update(t, s, func(tx ticket.Tx) { noError(t, tx.AddTicket(&k)) })
		if k.ID != ticket.FirstNumber || k.Mails != 0 {
			t.Errorf("the first ticket has number %d and %d mails", k.ID, k.Mails)
		}
		view(t, s, func(tx ticket.Tx) {
			same(t, "added", found(tx.Ticket(k.ID))(t), k)
			absent[ticket.Ticket](t)(tx.Ticket(k.ID + 1))
		})
		fill(t, &changed, 50)
		changed.ID = k.ID
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutTicket(changed)) })
		changed.Mails = 0 // counted by AddMail alone
		view(t, s, func(tx ticket.Tx) { same(t, "changed", found(tx.Ticket(k.ID))(t), changed) })
		empty := ticket.Ticket{ID: k.ID}
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutTicket(empty)) })
		view(t, s, func(tx ticket.Tx) { same(t, "emptied", found(tx.Ticket(k.ID))(t), empty) })
		if err := s.Update(background, func(tx ticket.Tx) error { return tx.PutTicket(ticket.Ticket{ID: 1}) }); err == nil {
			t.Error("a ticket that does not exist was written")
		}
	})
}

// A number is never given twice: not after a restart, and not when the ticket that had it is gone.
func TestTicketNumbers(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		number := func(s *Store) (id int64) {
			update(t, s, func(tx ticket.Tx) {
				var k ticket.Ticket
				noError(t, tx.AddTicket(&k))
				id = k.ID
			})
			return id
		}
		s := open(t, url, Options{})
		same(t, "first", number(s), int64(10001))
		same(t, "second", number(s), int64(10002))
		update(t, s, func(x ticket.Tx) {
			if _, err := x.(*tx).exec("delete", "DELETE FROM ticket WHERE id = 10002"); err != nil {
				t.Fatal(err)
			}
		})
		noError(t, s.Close())
		s = open(t, url, Options{})
		same(t, "after the last was deleted, and a restart", number(s), int64(10003))
	})
}

func TestTicketLists(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		for i, state := range []ticket.State{ticket.New, ticket.Open, ticket.Waiting, ticket.Closed, ticket.New} {
			k := ticket.Ticket{State: state, LastCustomerAt: minute(i)}
			if i == 4 {
				k.LastCustomerAt = time.Time{}
			}
			update(t, s, func(tx ticket.Tx) { noError(t, tx.AddTicket(&k)) })
		}
		cases := []struct {
			name string
			q    ticket.TicketQuery
			want []int64
		}{
			{"all", ticket.TicketQuery{}, []int64{10005, 10004, 10003, 10002, 10001}},
			{"two", ticket.TicketQuery{Limit: 2}, []int64{10005, 10004}},
			{"new", ticket.TicketQuery{States: []ticket.State{ticket.New}}, []int64{10005, 10001}},
			{"not closed", ticket.TicketQuery{States: []ticket.State{ticket.New, ticket.Open, ticket.Waiting}}, []int64{10005, 10003, 10002, 10001}},
			{"the youngest not closed", ticket.TicketQuery{States: []ticket.State{ticket.Open, ticket.Waiting}, Limit: 1}, []int64{10003}},
			{"unknown state", ticket.TicketQuery{States: []ticket.State{"x' OR 1=1 --"}}, nil},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				var got []int64
				for _, k := range must(tx.Tickets(c.q))(t) {
					got = append(got, k.ID)
				}
				same(t, c.name, got, c.want)
			}
		})
	})
}

func TestMails(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var k, other ticket.Ticket
		var first, second, elsewhere ticket.Mail
		fill(t, &first, 1)
		fill(t, &second, 40)
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.AddTicket(&k))
			noError(t, tx.AddTicket(&other))
			first.TicketID, second.TicketID, elsewhere.TicketID = k.ID, k.ID, other.ID
			for _, m := range []*ticket.Mail{&first, &elsewhere, &second} {
				noError(t, tx.AddMail(m))
			}
		})
		stale := k // a ticket as it was before the mails came
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutTicket(stale)) })
		first.Line, second.Line = []byte(clean(string(first.Line))), []byte(clean(string(second.Line)))
		view(t, s, func(tx ticket.Tx) {
			same(t, "first", found(tx.Mail(first.ID))(t), first)
			same(t, "empty", found(tx.Mail(elsewhere.ID))(t), elsewhere)
			absent[ticket.Mail](t)(tx.Mail(second.ID + 1))
			same(t, "of the ticket", must(tx.Mails(k.ID))(t), []ticket.Mail{first, second})
			same(t, "of no ticket", must(tx.Mails(1))(t), []ticket.Mail(nil))
			same(t, "count", found(tx.Ticket(k.ID))(t).Mails, 2)
			same(t, "count of the other", found(tx.Ticket(other.ID))(t).Mails, 1)
		})
		if err := s.Update(background, func(tx ticket.Tx) error { return tx.AddMail(&ticket.Mail{TicketID: 99}) }); err == nil {
			t.Error("a mail went into a ticket that does not exist")
		}
	})
}

func TestTicketOf(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var tickets [4]ticket.Ticket
		update(t, s, func(tx ticket.Tx) {
			for i := range tickets {
				noError(t, tx.AddTicket(&tickets[i]))
			}
			mail := func(k int, id string) { noError(t, tx.AddMail(&ticket.Mail{TicketID: tickets[k].ID, MessageID: id})) }
			out := func(k int64, id string, attempts ...string) {
				o := ticket.Out{Kind: ticket.OutAnswer, TicketID: k, MessageID: id}
				must(tx.AddOut(&o))(t)
				for _, a := range attempts {
					noError(t, tx.AddAttempt(ticket.Attempt{OutID: o.ID, MessageID: a}))
				}
			}
			mail(3, "ours@n") // before ours, and with a lower id
			mail(0, "a@k")
			mail(1, "b@k")
			mail(2, "b@k") // somebody reused it
			mail(0, "")
			out(tickets[2].ID, "")
			out(tickets[1].ID, "ours@n", "earlier@n", "ours@n")
			out(0, "digest@n", "digest-earlier@n") // belongs to no ticket
			mail(0, "Ä ö@k")
		})
		long := make([]string, 130)
		for i := range long {
			long[i] = fmt.Sprintf("unknown-%d@k", i)
		}
		cases := []struct {
			name   string
			ids    []string
			ticket int // index, -1 for none
			id     string
		}{
			{"none asked", nil, -1, ""},
			{"empty ids", []string{"", ""}, -1, ""},
			{"unknown", []string{"x@k"}, -1, ""},
			{"known", []string{"a@k"}, 0, "a@k"},
			{"case counts (RFC 5322, 3.6.4)", []string{"A@k"}, -1, ""},
			{"the last that is known", []string{"a@k", "b@k", "x@k"}, 1, "b@k"},
			{"the last that is known, other order", []string{"b@k", "a@k"}, 0, "a@k"},
			{"the same twice", []string{"a@k", "b@k", "a@k"}, 0, "a@k"},
			{"reused: the oldest", []string{"b@k"}, 1, "b@k"},
			{"ours wins over a mail that claims our id", []string{"ours@n"}, 1, "ours@n"},
			{"of an earlier attempt", []string{"earlier@n"}, 1, "earlier@n"},
			{"of no ticket", []string{"digest@n", "digest-earlier@n"}, -1, ""},
			{"known before one of no ticket", []string{"a@k", "digest@n"}, 0, "a@k"},
			{"letters", []string{"Ä ö@k"}, 0, "Ä ö@k"},
			{"long list, first", append([]string{"a@k"}, long...), 0, "a@k"},
			{"long list, middle and last", append(append(append([]string{}, long[:70]...), "a@k"), append(append([]string{}, long[70:]...), "b@k")...), 1, "b@k"},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				k, id, ok, err := tx.TicketOf(c.ids)
				if err != nil || ok != (c.ticket >= 0) || id != c.id || ok && k != tickets[c.ticket].ID {
					t.Errorf("%s: %d, %q, %v, %v; want ticket #%d by %q", c.name, k, id, ok, err, c.ticket, c.id)
				}
			}
		})
	})
}

func TestTakesPartAndKnownSince(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var k, other ticket.Ticket
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.AddTicket(&k))
			noError(t, tx.AddTicket(&other))
			for _, m := range []ticket.Mail{
				{TicketID: k.ID, Kind: ticket.CustomerMail, From: "max@kunde.example", Proof: "pass", Arrived: minute(5)},
				{TicketID: k.ID, Kind: ticket.CustomerMail, From: "max@kunde.example", Proof: "pass", Arrived: minute(3)},
				{TicketID: k.ID, Kind: ticket.MachineMail, From: "nagios@kunde.example", Proof: "unknown", Arrived: minute(1)},
				{TicketID: k.ID, Kind: ticket.NoteMail, From: "urlaub@kunde.example", Proof: "unknown"},
				{TicketID: k.ID, Kind: ticket.NoteMail, From: "anna@hoster.example", Proof: "pass"},
				{TicketID: k.ID, Kind: ticket.UnprovenMail, From: "eve@fremd.example", Proof: "fail"},
				{TicketID: other.ID, Kind: ticket.CustomerMail, From: "eva@kunde.example", Proof: "unknown"},
			} {
				noError(t, tx.AddMail(&m))
			}
		})
		parts := []struct {
			ticket  int64
			address string
			want    bool
		}{
			{k.ID, "max@kunde.example", true},
			{k.ID, "Max@Kunde.example", true},
			{k.ID, "nagios@kunde.example", true},
			{k.ID, "urlaub@kunde.example", false},
			{k.ID, "anna@hoster.example", false},
			{k.ID, "eve@fremd.example", false},
			{k.ID, "eva@kunde.example", false},
			{other.ID, "eva@kunde.example", true},
			{other.ID, "max@kunde.example", false},
			{1, "max@kunde.example", false},
			{k.ID, "", false},
			{k.ID, "max@kunde_example", false},
			{k.ID, "%", false},
		}
		known := []struct {
			address, proof string
			at             time.Time
			ok             bool
		}{
			{"max@kunde.example", "pass", minute(3), true},
			{"MAX@kunde.example", "pass", minute(3), true},
			{"max@kunde.example", "unknown", time.Time{}, false},
			{"nagios@kunde.example", "unknown", minute(1), true},
			{"nobody@kunde.example", "pass", time.Time{}, false},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range parts {
				same(t, fmt.Sprint(c), must(tx.TakesPart(c.ticket, c.address))(t), c.want)
			}
			for _, c := range known {
				at, ok, err := tx.KnownSince(c.address, c.proof)
				if !at.Equal(c.at) || ok != c.ok || err != nil {
					t.Errorf("KnownSince(%s, %s) = %v, %v, %v", c.address, c.proof, at, ok, err)
				}
			}
		})
	})
}

func TestEvents(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var k, other ticket.Ticket
		var e ticket.Event
		fill(t, &e, 1)
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.AddTicket(&k))
			noError(t, tx.AddTicket(&other))
			e.TicketID = k.ID
			noError(t, tx.AddEvent(e))
			noError(t, tx.AddEvent(ticket.Event{TicketID: other.ID, What: "created"}))
			// Earlier by the clock, later by what happened: the order is that of writing.
			noError(t, tx.AddEvent(ticket.Event{TicketID: k.ID, At: minute(-60), What: "mail"}))
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "events", must(tx.Events(k.ID))(t), []ticket.Event{e, {TicketID: k.ID, At: minute(-60), What: "mail"}})
			same(t, "none", must(tx.Events(1))(t), []ticket.Event(nil))
		})
	})
}
