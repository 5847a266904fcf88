package store

import (
	"fmt"
	"strings"
	"testing"

	"notfalld/rules"
	"notfalld/ticket"
)

// full are the queries that may read a whole table: lists for people, without a condition that narrows them.
var full = map[string]string{
	selectTicket + " ORDER BY id DESC":                           "every ticket, youngest first",
	selectTicket + " ORDER BY id DESC LIMIT ?1":                  "ends at its limit",
	selectOut + " ORDER BY id DESC":                              "the whole outbox",
	selectOut + " ORDER BY id DESC LIMIT ?1":                     "ends at its limit",
	selectOut + " WHERE kind IN (?1) ORDER BY id DESC LIMIT ?2":  "ends at its limit",
	selectOut + " WHERE state IN (?1) ORDER BY id DESC LIMIT ?2": "a command's: what failed",
	selectEmergency + " ORDER BY id DESC":                        "every emergency, youngest first",
	selectEmergency + " ORDER BY id DESC LIMIT ?1":               "ends at its limit",
	countMails: "how far a replay over all mails has come",
	"SELECT count(*) FROM outbox WHERE state IN ('waiting', 'frozen', 'sent')": "no caller counts everything",
}

// Not tables: partial indexes read whole, since they hold just what is asked for, lists of values, and what a subquery has found.
var noTables = strings.NewReplacer("SCAN ledger USING INDEX ledger_fetched", "", "SCAN outbox USING INDEX outbox_due", "",
	"SCAN v", "", "SCAN k", "", "SCAN CONSTANT ROW", "", "SCAN 4-ROW VALUES", "")

// TestPlans has every method prepare its statements, and SQLite say how it would run each.
func TestPlans(t *testing.T) {
	s := open(t, sqliteURL(t), Options{})
	yes := true
	update(t, s, func(x ticket.Tx) {
		useEveryMethod(t, x, &yes)
		texts := x.(*tx).s.stmts
		if len(texts) < 90 {
			t.Errorf("only %d statements were seen", len(texts))
		}
		for text := range texts {
			if first, _, _ := strings.Cut(text, " "); !strings.Contains("SELECT INSERT UPDATE DELETE", first) {
				continue
			}
			plan := explain(t, s, text)
			bad := strings.Contains(noTables.Replace(plan), "SCAN")
			if _, allowed := full[text]; bad != allowed {
				t.Errorf("scans a table: %v\n%s\n%s", bad, text, plan)
			}
			hot := text != sameContent && !strings.HasPrefix(text, selectOut) && !strings.HasPrefix(text, selectTicket) &&
				!strings.HasPrefix(text, selectEmergency+" WHERE state IN") || strings.Contains(text, "next_at <=")
			if hot && strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("sorts\n%s\n%s", text, plan)
			}
		}
	})
}

// What finds the emergency of a mail reads nothing but the index of the keys of those that are open, and the rows that it has found.
func TestPlanOfOpenEmergencies(t *testing.T) {
	s := open(t, sqliteURL(t), Options{})
	for _, n := range []int{1, 16, chunk} {
		plan := explain(t, s, openEmergencies(n))
		covered := strings.Count(plan, "SEARCH emergency_key USING COVERING INDEX emergency_key_open (kind=? AND value=? AND triggered_at>? AND triggered_at<?)")
		if covered != n || strings.Count(plan, "SEARCH emergency USING INTEGER PRIMARY KEY") != 1 {
			t.Errorf("%d of %d keys:\n%s", covered, n, plan)
		}
	}
}

func explain(t *testing.T, s *Store, text string) string {
	t.Helper()
	args := make([]any, strings.Count(text, "?"))
	rows, err := s.readers.QueryContext(background, "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	var b strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		noError(t, rows.Scan(&id, &parent, &unused, &detail))
		fmt.Fprintf(&b, "    %s\n", detail)
	}
	return b.String()
}

func useEveryMethod(t *testing.T, x ticket.Tx, yes *bool) {
	noError(t, x.SetSetting("a", "b"))
	found(x.Setting("a"))(t)
	noError(t, x.PutFolder(ticket.Folder{}))
	found(x.Folder("", ""))(t)
	raw := must(x.AddRaw(nil))(t)
	found(x.Raw(raw))(t)
	noError(t, x.DropRaw(raw))
	e := ticket.Entry{State: ticket.EntryTicket}
	must(x.AddEntry(&e))(t)
	must(x.AddEntry(&e))(t)
	noError(t, x.PutEntry(e))
	found(x.Entry(e.ID))(t)
	must(x.KnownUIDs("", "", 0, 0))(t)
	must(x.FetchedEntries(0))(t)
	must(x.FetchedEntries(1))(t)
	must(x.UnmarkedEntries("", "", 0))(t)
	noError(t, x.SetMarked([]int64{1, 2, 3}))
	must(x.AgainEntries("", "", 0, day))(t)
	must(x.AgainUIDs("", "", 0))(t)
	noError(t, x.LeaveAgain("", "", 0, []uint32{1, 2, 3}))
	noError(t, x.PutRuleSet(ticket.RuleSet{Hash: "a"}))
	found(x.RuleSet("a"))(t)
	must(x.RuleSets(ticket.RulesWaiting))(t)
	noError(t, x.DropPastRuleSets(1))
	absent[ticket.Entry](t)(x.SameMail("a", []byte("h")))
	absent[ticket.Entry](t)(x.SameMail("", []byte("h")))
	_, err := x.(*tx).purge(day)
	noError(t, err)
	useTickets(t, x)
	useOutbox(t, x, yes)
	useEmergencies(t, x)
	useLinks(t, x)
	useStaff(t, x)
}

func useTickets(t *testing.T, x ticket.Tx) {
	var k ticket.Ticket
	noError(t, x.AddTicket(&k))
	noError(t, x.PutTicket(k))
	found(x.Ticket(k.ID))(t)
	for _, q := range []ticket.TicketQuery{{}, {Limit: 1}, {Previous: 1}, {Previous: 1, Limit: 1},
		{States: []ticket.State{ticket.New}}} {
		must(x.Tickets(q))(t)
	}
	m := ticket.Mail{TicketID: k.ID}
	noError(t, x.AddMail(&m))
	found(x.Mail(m.ID))(t)
	must(x.Mails(k.ID))(t)
	must(x.MailsBefore(0, day, 1))(t)
	must(x.CountMails(day))(t)
	for _, ids := range [][]string{{"a"}, {"a", "b", "c"}} {
		_, _, _, err := x.TicketOf(ids)
		noError(t, err)
	}
	must(x.TakesPart(k.ID, "a"))(t)
	_, _, err := x.KnownSince("a", "pass")
	noError(t, err)
	noError(t, x.AddEvent(ticket.Event{TicketID: k.ID}))
	must(x.Events(k.ID))(t)
}

func useOutbox(t *testing.T, x ticket.Tx, yes *bool) {
	o := ticket.Out{Kind: ticket.OutAnswer, State: ticket.OutFrozen, Bytes: []byte("x"), MessageID: "a"}
	must(x.AddOut(&o))(t)
	noError(t, x.PutOut(o))
	o.Bytes, o.State = nil, ticket.OutWaiting
	noError(t, x.PutOut(o))
	found(x.Out(o.ID))(t)
	found(x.OutByMessageID("a"))(t)
	absent[ticket.Out](t)(x.OutByMessageID("b"))
	must(x.DueOut(day, 0))(t)
	must(x.DueOut(day, 1))(t)
	_, _, err := x.NextOut()
	noError(t, err)
	must(x.DuePages(day, 1))(t)
	_, _, err = x.NextPage()
	noError(t, err)
	for _, q := range []ticket.OutQuery{{}, {Limit: 1}, {TicketID: 1}, {TicketID: 1, Kinds: kinds[:1]}, {States: states[:2]}, {States: states[:1], Limit: 1},
		{Recipient: "a"}, {Recipient: "a", Reasons: []string{"x"}}, {States: states[3:4], Limit: 1}, {Kinds: kinds[:1], Limit: 1}, {Emergency: 1}, {Emergency: 1, Kinds: kinds[:2], States: states[:2]}} {
		must(x.Outs(q))(t)
	}
	for _, q := range []ticket.OutCount{{}, {Kind: ticket.OutAnswer, TicketID: 1}, {Kind: ticket.OutAnswer, Recipient: "a", Since: day}, {Recipient: "a"},
		{Kind: ticket.OutAnswer, Unknown: yes, Since: day}, {Kind: ticket.OutAnswer, Bare: yes, Since: day}, {Kind: ticket.OutNotice, Since: day},
		{Reason: "new_ticket", Since: day}, {TicketID: 1, Recipient: "a", Row: "x", Since: day}} {
		must(x.CountOuts(q))(t)
	}
	noError(t, x.AddAttempt(ticket.Attempt{OutID: o.ID}))
	must(x.Attempts(o.ID))(t)
}

func useEmergencies(t *testing.T, x ticket.Tx) {
	e := ticket.Emergency{State: ticket.Triggered, Key: "a", CustomerNumber: "4711", Phone: "+43112", Created: day}
	noError(t, x.AddEmergency(&e))
	noError(t, x.PutEmergency(e))
	found(x.Emergency(e.ID))(t)
	found(x.EmergencyByKey("a"))(t)
	found(x.RecentEmergency("4711", "+43112", day))(t)
	for _, q := range []ticket.EmergencyQuery{{}, {Limit: 1}, {States: []ticket.EmergencyState{ticket.Triggered}},
		{States: []ticket.EmergencyState{ticket.Triggered, ticket.Acknowledged, ticket.CalledBack}, Limit: 1},
		{States: []ticket.EmergencyState{ticket.Resolved}, Limit: 1}} {
		must(x.Emergencies(q))(t)
	}
	noError(t, x.AddEmergencyEvent(e.ID, ticket.Event{}))
	must(x.EmergencyEvents(e.ID))(t)
}

func useLinks(t *testing.T, x ticket.Tx) {
	var k ticket.Ticket
	noError(t, x.AddTicket(&k))
	var e ticket.Emergency
	noError(t, x.AddEmergency(&e))
	many := []ticket.Key{{Kind: rules.KeyAddress, Value: "a@kunde.example"}, {Kind: rules.KeyPhone, Value: "+43112"}, {Kind: rules.KeyServer, Value: "web01"}}
	for _, keys := range [][]ticket.Key{many[:1], many} {
		noError(t, x.PutEmergencyKeys(e.ID, keys))
		noError(t, x.AddTicketKeys(k.ID, keys, day, day))
		must(x.OpenEmergencies(keys, day, day, 1))(t)
		must(x.OpenTickets(keys, day, day, 1))(t)
	}
	_, _, _, err := x.TicketKeys(k.ID)
	noError(t, err)
	noError(t, x.PutLink(ticket.Link{TicketID: k.ID, EmergencyID: e.ID}))
	must(x.Links(k.ID))(t)
	must(x.EmergencyLinks(e.ID))(t)
	noError(t, x.DropLink(k.ID, e.ID))
}

func useStaff(t *testing.T, x ticket.Tx) {
	var k ticket.Ticket
	noError(t, x.AddTicket(&k))
	must(x.MailsOfKind(ticket.UnverifiedMail, day))(t)
	noError(t, x.AddParticipant(ticket.Participant{TicketID: k.ID, Address: "a"}))
	must(x.Participants(k.ID))(t)
	o := ticket.Out{Kind: ticket.OutRelay}
	must(x.AddOut(&o))(t)
	noError(t, x.AddFence(ticket.Fence{Code: "a", OutID: o.ID}))
	found(x.Fence("a"))(t)
	for _, limit := range []int{0, 1} {
		must(x.Fences(k.ID, 0, limit))(t)
		must(x.Fences(0, 10001, limit))(t)
	}
}
