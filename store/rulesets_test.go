package store

import (
	"testing"
	"time"

	"notfalld/rules"
	"notfalld/ticket"
)

func ruleSet(hash string, s ticket.RuleSetState, since time.Time) ticket.RuleSet {
	return ticket.RuleSet{Hash: hash, State: s, Since: since.Truncate(time.Millisecond), Files: []rules.File{{Name: "10-own.yaml", Text: []byte("# \x00\xff ü\n")}}}
}

func TestRuleSetKeepsEverything(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		want := ruleSet("0123", ticket.RulesWaiting, day)
		want.AcceptedBy, want.AcceptedAt = "cli:root", day.Add(time.Hour).Truncate(time.Millisecond)
		want.Losses = []ticket.Replayed{{Ticket: "NS-10001", Subject: "Notfall – „Server“", Arrived: day, Changes: []ticket.Change{{What: "class", Old: "emergency", New: "other"}}, Loses: []string{"class"}}}
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutRuleSet(want)) })
		view(t, s, func(tx ticket.Tx) {
			same(t, "stored", found(tx.RuleSet("0123"))(t), want)
			absent[ticket.RuleSet](t)(tx.RuleSet("012"))
		})
		changed := ruleSet("0123", ticket.RulesInForce, day.Add(time.Minute))
		changed.Files = nil
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutRuleSet(changed)) })
		view(t, s, func(tx ticket.Tx) { same(t, "replaced", found(tx.RuleSet("0123"))(t), changed) })
	})
}

// Two sets in force, or two that wait, would be a mistake of ours: no engine takes them.
func TestOneRuleSetInForceAndOneWaiting(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		for _, state := range []ticket.RuleSetState{ticket.RulesInForce, ticket.RulesWaiting, ticket.RulesAccepted, ticket.RulesPast} {
			s := open(t, fresh(), Options{})
			err := s.Update(background, func(tx ticket.Tx) error {
				noError(t, tx.PutRuleSet(ruleSet("a", state, day)))
				return tx.PutRuleSet(ruleSet("b", state, day))
			})
			if one := state == ticket.RulesInForce || state == ticket.RulesWaiting; (err != nil) != one {
				t.Errorf("two sets that are %s: %v", state, err)
			}
		}
	})
}

func TestRuleSetsAndTheirEnd(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		hashes := func(tx ticket.Tx, state ticket.RuleSetState) (out []string) {
			for _, r := range must(tx.RuleSets(state))(t) {
				out = append(out, r.Hash)
			}
			return out
		}
		update(t, s, func(tx ticket.Tx) {
			for i, h := range []string{"b", "d", "a", "c"} {
				noError(t, tx.PutRuleSet(ruleSet(h, ticket.RulesPast, day.Add(time.Duration(i)*time.Minute))))
			}
			noError(t, tx.PutRuleSet(ruleSet("old", ticket.RulesInForce, day.Add(-time.Hour))))
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "past", hashes(tx, ticket.RulesPast), []string{"c", "a", "d", "b"})
			same(t, "waiting", hashes(tx, ticket.RulesWaiting), []string(nil))
		})
		update(t, s, func(tx ticket.Tx) { noError(t, tx.DropPastRuleSets(2)) })
		view(t, s, func(tx ticket.Tx) {
			same(t, "past", hashes(tx, ticket.RulesPast), []string{"c", "a"})
			same(t, "in force", hashes(tx, ticket.RulesInForce), []string{"old"})
		})
	})
}

func TestEntriesTakenUpAgain(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		place := func(folder string, validity, uid uint32) ticket.Place {
			return ticket.Place{Mailbox: "m", Folder: folder, UIDValidity: validity, UID: uid}
		}
		addEntries(t, s, []ticket.Entry{
			{Place: place("INBOX", 1, 4), State: ticket.EntryOther, Arrived: day, Attempts: 2},
			{Place: place("INBOX", 1, 3), State: ticket.EntryOther, Arrived: day.Add(time.Hour)},
			{Place: place("INBOX", 1, 5), State: ticket.EntryOther, Arrived: day.Add(-time.Second)},
			{Place: place("INBOX", 1, 6), State: ticket.EntryTicket, Arrived: day},
			{Place: place("INBOX", 1, 7), State: ticket.EntryFetched, Arrived: day},
			{Place: place("INBOX", 2, 8), State: ticket.EntryOther, Arrived: day},
			{Place: place("Sent", 1, 9), State: ticket.EntryOther, Arrived: day},
		})
		update(t, s, func(tx ticket.Tx) {
			same(t, "entries", must(tx.AgainEntries("m", "INBOX", 1, day))(t), 2)
			same(t, "of another mailbox", must(tx.AgainEntries("n", "INBOX", 1, day))(t), 0)
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "again", must(tx.AgainUIDs("m", "INBOX", 1))(t), []uint32{3, 4})
			same(t, "attempts", found(tx.Entry(1))(t).Attempts, 0)
		})
		update(t, s, func(tx ticket.Tx) { noError(t, tx.LeaveAgain("m", "INBOX", 1, []uint32{4, 5, 6, 99})) })
		view(t, s, func(tx ticket.Tx) {
			same(t, "again", must(tx.AgainUIDs("m", "INBOX", 1))(t), []uint32{3})
			same(t, "left", found(tx.Entry(1))(t).State, ticket.EntryOther)
			same(t, "of a ticket", found(tx.Entry(4))(t).State, ticket.EntryTicket)
		})
	})
}

func TestMailsBefore(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) {
			var k ticket.Ticket
			noError(t, tx.AddTicket(&k))
			for _, at := range []time.Time{day, day.Add(time.Hour), day.Add(-time.Hour), day.Add(time.Minute)} {
				noError(t, tx.AddMail(&ticket.Mail{TicketID: k.ID, Arrived: at}))
			}
		})
		cases := []struct {
			before int64
			since  time.Time
			limit  int
			want   []int64
		}{
			{0, time.Time{}, 10, []int64{4, 3, 2, 1}},
			{0, time.Time{}, 2, []int64{4, 3}},
			{3, time.Time{}, 10, []int64{2, 1}},
			{0, day, 10, []int64{4, 2, 1}},
			{4, day, 1, []int64{2}},
			{1, time.Time{}, 10, nil},
		}
		view(t, s, func(tx ticket.Tx) {
			for _, c := range cases {
				var got []int64
				for _, m := range must(tx.MailsBefore(c.before, c.since, c.limit))(t) {
					got = append(got, m.ID)
				}
				same(t, "mails", got, c.want)
			}
			same(t, "count", must(tx.CountMails(day))(t), 3)
			same(t, "count of all", must(tx.CountMails(time.Time{}))(t), 4)
		})
	})
}
