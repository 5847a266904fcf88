package store

import (
	"fmt"
	"testing"
	"time"

	"notfalld/ticket"
)

func TestParticipants(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var k, other ticket.Ticket
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.AddTicket(&k))
			noError(t, tx.AddTicket(&other))
			noError(t, tx.AddMail(&ticket.Mail{TicketID: k.ID, Kind: ticket.CustomerMail, From: "max@kunde.example"}))
			for _, p := range []ticket.Participant{
				{TicketID: k.ID, Address: "Chefin@Kunde.example", Since: minute(5), Why: "Cc of a mail of max@kunde.example"},
				{TicketID: k.ID, Address: "agentur@web.example", Since: minute(1), Why: "added: „Agentur“"},
				{TicketID: k.ID, Address: "chefin@kunde.example", Since: minute(0), Why: "once more, which changes nothing"},
				{TicketID: k.ID, Address: "max@kunde.example", Since: minute(9)}, // who writes may be added, too
				{TicketID: other.ID, Address: "chefin@kunde.example", Since: minute(7)},
			} {
				noError(t, tx.AddParticipant(p))
			}
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "in the order of writing", must(tx.Participants(k.ID))(t), []ticket.Participant{
				{TicketID: k.ID, Address: "chefin@kunde.example", Since: minute(5), Why: "Cc of a mail of max@kunde.example"},
				{TicketID: k.ID, Address: "agentur@web.example", Since: minute(1), Why: "added: „Agentur“"},
				{TicketID: k.ID, Address: "max@kunde.example", Since: minute(9)},
			})
			same(t, "of the other", must(tx.Participants(other.ID))(t), []ticket.Participant{{TicketID: other.ID, Address: "chefin@kunde.example", Since: minute(7)}})
			same(t, "of none", must(tx.Participants(1))(t), []ticket.Participant(nil))
			for _, c := range []struct {
				ticket  int64
				address string
				want    bool
			}{
				{k.ID, "chefin@kunde.example", true},
				{k.ID, "CHEFIN@kunde.example", true},
				{k.ID, "agentur@web.example", true},
				{k.ID, "max@kunde.example", true},
				{other.ID, "chefin@kunde.example", true},
				{other.ID, "agentur@web.example", false},
				{other.ID, "max@kunde.example", false},
				{k.ID, "chefin@kunde.example.evil.example", false},
				{k.ID, "", false},
				{1, "chefin@kunde.example", false},
			} {
				same(t, fmt.Sprint(c), must(tx.TakesPart(c.ticket, c.address))(t), c.want)
			}
		})
		if err := s.Update(background, func(tx ticket.Tx) error { return tx.AddParticipant(ticket.Participant{TicketID: 1, Address: "a@b"}) }); err == nil {
			t.Error("somebody takes part in a ticket that does not exist")
		}
	})
}

func TestFences(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var notice ticket.Out
		fence := func(code string, k, e int64, created int) ticket.Fence {
			return ticket.Fence{Code: code, OutID: notice.ID, TicketID: k, EmergencyID: e, Recipient: "team@hoster.example", Created: minute(created)}
		}
		var full ticket.Fence
		fill(t, &full, 1)
		update(t, s, func(tx ticket.Tx) {
			must(tx.AddOut(&notice))(t)
			full.OutID = notice.ID
			noError(t, tx.AddFence(full))
			for _, f := range []ticket.Fence{
				fence("aaaa", 10001, 0, 5), fence("bbbb", 10001, 10001, 9), fence("cccc", 10002, 0, 1), fence("dddd", 0, 10001, 2),
				fence("eeee", 0, 10002, 3), fence("ffff", 10001, 0, 0), fence("gggg", 0, 0, 4),
			} {
				noError(t, tx.AddFence(f))
			}
		})
		cases := []struct {
			name              string
			ticket, emergency int64
			limit             int
			want              string
		}{
			{"of a ticket, by writing and not by the clock", 10001, 0, 0, "ffff bbbb aaaa"},
			{"the youngest two", 10001, 0, 2, "ffff bbbb"},
			{"the ticket decides", 10001, 10002, 9, "ffff bbbb aaaa"},
			{"of an emergency, be it with a ticket", 0, 10001, 0, "dddd bbbb"},
			{"the youngest of an emergency", 0, 10001, 1, "dddd"},
			{"of another", 0, 10002, 5, "eeee"},
			{"of nothing", 0, 0, 0, ""},
			{"of none", 10009, 0, 0, ""},
		}
		view(t, s, func(tx ticket.Tx) {
			same(t, "everything of one", found(tx.Fence(full.Code))(t), full)
			same(t, "without lines", found(tx.Fence("dddd"))(t), fence("dddd", 0, 10001, 2))
			for _, code := range []string{"", "DDDD", "ddd", "dddd ", "%"} {
				absent[ticket.Fence](t)(tx.Fence(code))
			}
			for _, c := range cases {
				got := ""
				for i, f := range must(tx.Fences(c.ticket, c.emergency, c.limit))(t) {
					if i > 0 {
						got += " "
					}
					got += f.Code
				}
				same(t, c.name, got, c.want)
			}
		})
		for name, f := range map[string]ticket.Fence{"a code that is taken": fence("aaaa", 10009, 0, 0), "of no notice": {Code: "hhhh", OutID: notice.ID + 1}} {
			if err := s.Update(background, func(tx ticket.Tx) error { return tx.AddFence(f) }); err == nil {
				t.Errorf("%s: kept", name)
			}
		}
	})
}

// What belongs to something goes with it, and nothing else does.
func TestStaffThingsGoWithTheirOwner(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var tickets [2]ticket.Ticket
		var outs [2]ticket.Out
		update(t, s, func(x ticket.Tx) {
			for i := range tickets {
				noError(t, x.AddTicket(&tickets[i]))
				must(x.AddOut(&outs[i]))(t)
				noError(t, x.AddParticipant(ticket.Participant{TicketID: tickets[i].ID, Address: "a@kunde.example"}))
				noError(t, x.AddFence(ticket.Fence{Code: fmt.Sprint("code", i), OutID: outs[i].ID, TicketID: tickets[i].ID}))
			}
		})
		update(t, s, func(x ticket.Tx) {
			must(x.(*tx).exec("delete", "DELETE FROM outbox WHERE id = ?1", outs[0].ID))(t)
			must(x.(*tx).exec("delete", "DELETE FROM ticket WHERE id = ?1", tickets[0].ID))(t)
		})
		view(t, s, func(tx ticket.Tx) {
			absent[ticket.Fence](t)(tx.Fence("code0"))
			same(t, "took part", len(must(tx.Participants(tickets[0].ID))(t)), 0)
			found(tx.Fence("code1"))(t)
			same(t, "takes part", len(must(tx.Participants(tickets[1].ID))(t)), 1)
		})
	})
}

func TestMailsOfKind(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var tickets [2]ticket.Ticket
		update(t, s, func(tx ticket.Tx) {
			for i := range tickets {
				noError(t, tx.AddTicket(&tickets[i]))
			}
			for i, m := range []struct {
				kind ticket.MailKind
				at   int
			}{
				{ticket.UnverifiedMail, 5}, {ticket.UnverifiedMail, 3}, {ticket.StaffMail, 4}, {ticket.CustomerMail, 5}, {ticket.UnverifiedMail, 5}, {ticket.UnverifiedMail, 9},
			} {
				noError(t, tx.AddMail(&ticket.Mail{TicketID: tickets[i%2].ID, Kind: m.kind, Arrived: minute(m.at), Subject: fmt.Sprint(i)}))
			}
		})
		cases := []struct {
			name  string
			kind  ticket.MailKind
			since time.Time
			want  string
		}{
			{"of all tickets, oldest first", ticket.UnverifiedMail, time.Time{}, "1045"},
			{"since the very time", ticket.UnverifiedMail, minute(5), "045"},
			{"since just after it", ticket.UnverifiedMail, minute(5).Add(time.Millisecond), "5"},
			{"of staff", ticket.StaffMail, minute(0), "2"},
			{"too late", ticket.StaffMail, minute(5), ""},
			{"of no kind", "", time.Time{}, ""},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				got := ""
				for _, m := range must(tx.MailsOfKind(c.kind, c.since))(t) {
					got += m.Subject
				}
				same(t, c.name, got, c.want)
			}
		})
	})
}
