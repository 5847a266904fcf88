package ticket_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notfalld/rules"
	"notfalld/store"
	"notfalld/ticket"
)

// replay returns what differs, youngest mail first: "NS-10001 loses class,answer: class emergency → other; …".
func (s *stage) replay(set *rules.Set, q ticket.ReplayQuery) (out []string, replayed, gone int) {
	s.Helper()
	o := options(s.T, s.store, s.clock)
	s.check(ticket.Replay(s.ctx, o, set, q, func(r ticket.Replayed) error {
		if r.Gone {
			gone++
			return nil
		}
		replayed++
		if len(r.Changes) == 0 {
			return nil
		}
		line := r.MessageID
		if len(r.Loses) > 0 {
			line += " loses " + strings.Join(r.Loses, ",")
		}
		for _, c := range r.Changes {
			line += "; " + c.What + " " + c.Says()
		}
		out = append(out, line)
		return nil
	}))
	return out, replayed, gone
}

// mailbox is a night of mails of many kinds: two tickets, a thread, a vacation note, a machine, a forged sender.
var mailbox = []string{
	reportMail,
	"From: Petra Huber <petra@firma.at>\nTo: support@notfall-hoster.at\nSubject: Re: Notfall-Support\nMessage-ID: <2@firma.at>\nIn-Reply-To: <1@firma.at>\nReferences: <1@firma.at>\n\nJetzt geht es wieder, danke.\n",
	"From: Petra Huber <petra@firma.at>\nTo: support@notfall-hoster.at\nSubject: Abwesend\nMessage-ID: <3@firma.at>\nReferences: <1@firma.at>\nAuto-Submitted: auto-replied\n\nIch bin bis 20. März nicht erreichbar.\n",
	"From: nagios@db.example\nTo: support@notfall-hoster.at\nSubject: ** PROBLEM Service Alert: db02.kunde.example/MySQL is CRITICAL **\nMessage-ID: <4@db.example>\nAuto-Submitted: auto-generated\n\ndb02.kunde.example MySQL CRITICAL: Connection refused\n",
	"From: Sam Reed <sam@reed.example>\nTo: support@notfall-hoster.at\nSubject: Emergency support\nMessage-ID: <5@reed.example>\n\nHi, mail.reed.example is down: 451 4.3.2 system not accepting network messages\ncustomer 104712\n",
}

func nightStage(t *testing.T) *stage {
	s := newStage(t)
	for i, raw := range mailbox {
		s.clock.set(s.clock.Now().Add(time.Duration(i) * time.Minute))
		s.give(raw)
	}
	return s
}

func TestReplay(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		want       []string
	}{
		{"the same rules", "", nil},
		{"a word that nobody wrote", harmlessRule, nil},
		{"a class is lost; what continues a ticket is an emergency, whatever rules say of it", otherRule,
			[]string{"1@firma.at loses class,answer; class emergency → other; answer yes → no: class other is never answered"}},
		{"an answer is lost, in threads too", neverRule,
			[]string{"2@firma.at loses answer; answer yes → no: rule no-answer: never answered", "1@firma.at loses answer; answer yes → no: rule no-answer: never answered"}},
		{"whatever becomes a bounce leaves its thread", "classify:\n  - {name: b, when: 'mail.from_domain == \"firma.at\"', class: bounce, before: automatic-reply}\n",
			[]string{
				"3@firma.at loses class; class auto → bounce",
				"2@firma.at loses class,answer; class emergency → bounce; answer yes → no: class bounce is never answered",
				"1@firma.at loses class,answer; class emergency → bounce; answer yes → no: class bounce is never answered",
			}},
		{"a machine's mail loses its class, and had no answer", "classify:\n  - {name: m, when: 'mail.from == \"nagios@db.example\"', class: other}\n",
			[]string{"4@db.example loses class; class emergency → other"}},
		{"facts change, and nothing is lost", "extract:\n  - {name: no-reed, refuse: server, values: [\"*.reed.example\"]}\n",
			[]string{"5@reed.example; servers -mail.reed.example"}},
		{"an error more", "extract:\n  - {name: words-of-ours, finds: error, words: [seit 02]}\n",
			[]string{"1@firma.at; errors +seit 02"}},
		{"who is told", "route:\n  - {name: vip, when: customer_number == \"104712\", priority: high, tags: [vip], notify: [oncall@notfall-hoster.at]}\n",
			[]string{"5@reed.example; priority – → high; tags +vip; notify +oncall@notfall-hoster.at"}},
		{"the moment is the one at which it came", "classify:\n  - {name: n, when: 'now > timestamp(\"2026-03-15T02:10:30Z\") && !support_open', class: other}\n",
			[]string{"5@reed.example loses class,answer; class emergency → other; answer yes → no: class other is never answered", "4@db.example loses class; class emergency → other"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := rules.Shipped()
			if c.rule != "" {
				set = ruleFile(t, c.rule)
			}
			s := nightStage(t)
			got, n, _ := s.replay(set, ticket.ReplayQuery{})
			if d := cmp.Diff(c.want, got); d != "" || n != len(mailbox) {
				t.Errorf("%d mails replayed (-want +got):\n%s", n, d)
			}
			// What changed rules are held for is the same, whichever side is replayed too.
			against, _, _ := s.replay(set, ticket.ReplayQuery{Against: rules.Shipped(), Workers: 4})
			if d := cmp.Diff(c.want, against); d != "" {
				t.Errorf("against the rules in force (-want +got):\n%s", d)
			}
		})
	}
}

// A ticket that rules would link no more loses its link; one that staff linked is none of theirs.
func TestReplayOfLinks(t *testing.T) {
	const weak = "link:\n  weights:\n    customer_number: {weight: 10}\n"
	s := nightStage(t)
	if _, _, err := s.desk.Trigger(s.ctx, ticket.Trigger{Way: ticket.WayAPI, CustomerNumber: "104712"}); err != nil {
		t.Fatal(err)
	}
	s.wantLinked("NS-10003 NE-10001")
	want := []string{"5@reed.example loses link; link NE-10001 → none"}
	for _, q := range []ticket.ReplayQuery{{}, {Against: rules.Shipped()}} {
		got, _, _ := s.replay(ruleFile(t, weak), q)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
		if got, _, _ := s.replay(rules.Shipped(), q); len(got) > 0 {
			t.Errorf("the same rules: %q", got)
		}
	}
	s.check(s.desk.LinkTicket(s.ctx, 10003, 10001, "anna", ""))
	if got, _, _ := s.replay(ruleFile(t, weak), ticket.ReplayQuery{}); len(got) > 0 {
		t.Errorf("linked by hand: %q", got)
	}
}

// A reply is routed as its ticket's: what was stored with it is what the same rules say today.
func TestReplayOfRoutes(t *testing.T) {
	const vip = "route:\n  - {name: vip, when: 'customer_number == \"104711\"', priority: high, notify: [oncall@notfall-hoster.at]}\n"
	s := newStage(t)
	s.setRules(vip)
	for _, raw := range mailbox {
		s.give(strings.Replace(raw, "Tel. 0664 1234567", "Kundennummer 104711", 1))
	}
	if got, n, _ := s.replay(ruleFile(t, vip), ticket.ReplayQuery{}); len(got) > 0 || n != len(mailbox) {
		t.Errorf("%d mails replayed; what differs under the same rules: %q", n, got)
	}
	got, _, _ := s.replay(rules.Shipped(), ticket.ReplayQuery{})
	want := []string{
		"2@firma.at; priority high → –; notify -oncall@notfall-hoster.at",
		"1@firma.at; priority high → –; notify -oncall@notfall-hoster.at",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("without the rule (-want +got):\n%s", d)
	}
}

// Where rules are worse today than the ones that once decided, those in force are what a change is held against: what was lost
// before is not lost by it.
func TestWhatWasLostBeforeIsNotLostAgain(t *testing.T) {
	s := newStage(t)
	s.propose(rules.Shipped(), ticket.RulesUnchanged)
	s.give(reportMail)
	lossy := ruleFile(t, otherRule)
	s.propose(lossy, ticket.RulesHeld)
	_, err := ticket.AcceptRules(s.ctx, s.store, s.clock, lossy.Hash(), "cli:root")
	s.check(err)
	_, _, err = s.desk.TakeAcceptedRules(s.ctx, lie(lossy))
	s.check(err)
	s.propose(ruleFile(t, otherRule+"  - {name: one-more, text: 1, words: [zargelt]}\n"), ticket.RulesTaken)
}

func TestReplayQueries(t *testing.T) {
	s := newStage(t)
	const n = 75 // more than two pages
	for i := range n {
		s.clock.set(s.clock.Now().Add(time.Minute))
		s.give(strings.ReplaceAll(reportMail, "<1@", fmt.Sprintf("<%d@", i+1)))
	}
	begin := s.clock.Now().Add(-n * time.Minute)
	for _, c := range []struct {
		q           ticket.ReplayQuery
		n           int
		first, last string
	}{
		{ticket.ReplayQuery{}, n, "75", "1"},
		{ticket.ReplayQuery{Limit: 1}, 1, "75", "75"},
		{ticket.ReplayQuery{Limit: 40, Workers: 3}, 40, "75", "36"},
		{ticket.ReplayQuery{Limit: 1000}, n, "75", "1"},
		{ticket.ReplayQuery{Since: begin.Add(70 * time.Minute)}, 6, "75", "70"},
		{ticket.ReplayQuery{Since: begin.Add(70 * time.Minute), Limit: 2}, 2, "75", "74"},
		{ticket.ReplayQuery{Since: begin.Add(time.Hour * 24)}, 0, "", ""},
	} {
		got, replayed, _ := s.replay(ruleFile(t, neverRule), c.q)
		if len(got) != c.n || replayed != c.n {
			t.Errorf("%+v: %d of %d", c.q, len(got), replayed)
			continue
		}
		if c.n > 0 && (!strings.HasPrefix(got[0], c.first+"@") || !strings.HasPrefix(got[len(got)-1], c.last+"@")) {
			t.Errorf("%+v: from %s to %s", c.q, got[0], got[len(got)-1])
		}
	}
}

// Mails whose raw bytes are gone are counted, and hold up nothing.
func TestReplayWithoutTheRawBytes(t *testing.T) {
	s := nightStage(t)
	if _, err := s.store.(*store.Store).Purge(s.ctx, s.clock.Now().Add(-5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	_, replayed, gone := s.replay(ruleFile(t, otherRule), ticket.ReplayQuery{})
	if replayed != 2 || gone != 3 {
		t.Errorf("%d replayed, %d gone", replayed, gone)
	}
	s.propose(ruleFile(t, otherRule), ticket.RulesTaken) // what is gone cannot lose anything any more
}

// Rules under which a mail cannot be understood lose more than a class.
func TestReplayOfWhatTakesTooLong(t *testing.T) {
	s := newStage(t)
	s.give(reportMail)
	o := options(t, s.store, s.clock)
	o.Bounds.UnderstandLimit = time.Nanosecond
	err := ticket.Replay(s.ctx, o, ruleFile(t, harmlessRule), ticket.ReplayQuery{}, func(r ticket.Replayed) error {
		if !slices.Contains(r.Loses, "understood") {
			t.Errorf("loses %v", r.Loses)
		}
		return nil
	})
	s.check(err)
}

func TestReplayEnds(t *testing.T) {
	s := nightStage(t)
	ctx, cancel := context.WithCancel(s.ctx)
	n := 0
	err := ticket.Replay(ctx, options(t, s.store, s.clock), rules.Shipped(), ticket.ReplayQuery{}, func(ticket.Replayed) error {
		if n++; n == 2 {
			cancel()
			return ctx.Err()
		}
		return nil
	})
	if err == nil || n != 2 {
		t.Errorf("ended with %v after %d", err, n)
	}
}

// A replay holds a page of mails in memory, however many there are.
func TestReplayIsBounded(t *testing.T) {
	const n = 1200
	s := newStage(t)
	seed(t, s.store, n)
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	var early, most int64
	k := 0
	err := ticket.Replay(s.ctx, options(t, s.store, s.clock), ruleFile(t, neverRule), ticket.ReplayQuery{Workers: 2}, func(ticket.Replayed) error {
		if k++; k%200 == 0 {
			h := heap()
			if early == 0 {
				early = h
			}
			most = max(most, h)
		}
		return nil
	})
	s.check(err)
	if k != n {
		t.Errorf("%d mails", k)
	}
	// 1,000 more mails of 20 KB with as much of stored facts are 40 MB.
	if grown := most - early; grown > 8<<20 {
		t.Errorf("after 200 mails %d bytes, later %d more", early, grown)
	}
}

// seed puts n copies of one mail of 20 KB into a ticket, without deciding each.
func seed(t testing.TB, s ticket.Store, n int) {
	t.Helper()
	ctx := context.Background()
	c := &clock{now: time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC)}
	desk, err := ticket.NewDesk(ctx, options(t, s, c))
	if err != nil {
		t.Fatal(err)
	}
	raw := strings.ReplaceAll(reportMail+strings.Repeat("Aug 12 03:14:15 web01 kernel: Out of memory: Killed process 4711 (mysqld)\n", 270), "\n", "\r\n")
	e, err := desk.Take(ctx, ticket.Fetched{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: 1}, InternalDate: c.now, Size: int64(len(raw)), Raw: []byte(raw)})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(ctx, func(tx ticket.Tx) error {
		ms, err := tx.Mails(e.TicketID)
		if err != nil {
			return err
		}
		for range n - 1 {
			m := ms[0]
			if err := tx.AddMail(&m); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkReplay replays 50,000 mails of 20 KB, and says how fast, and how much memory it held.
func BenchmarkReplay(b *testing.B) {
	const n = 50000
	st, err := store.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "notfalld.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	seed(b, st, n)
	set, err := rules.Load([]rules.File{{Name: "10-own.yaml", Text: []byte(neverRule)}})
	if err != nil {
		b.Fatal(err)
	}
	var most uint64
	for b.Loop() {
		k := 0
		err := ticket.Replay(b.Context(), options(b, st, &clock{}), set, ticket.ReplayQuery{Workers: runtime.GOMAXPROCS(0)}, func(ticket.Replayed) error {
			if k++; k%1000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "mails/s")
	b.ReportMetric(float64(most)/(1<<20), "MB-heap")
}
