package ticket_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notfalld/rules"
	"notfalld/store"
	"notfalld/ticket"
)

// ruleFile is an admin's folder of one file.
func ruleFile(t *testing.T, text string) *rules.Set {
	t.Helper()
	set, err := rules.Load([]rules.File{{Name: "10-own.yaml", Text: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Rules of the tests: the first takes nothing from anybody; of the others each says what.
const (
	harmlessRule = "classify:\n  - {name: own-word, text: 2, words: [zargelt]}\n"
	otherRule    = "classify:\n  - {name: not-ours, when: 'mail.from_domain == \"firma.at\"', class: other}\n"
	neverRule    = "classify:\n  - {name: no-answer, when: 'mail.from == \"petra@firma.at\"', class: emergency, reply: never}\n"
	autoRule     = "classify:\n  - {name: machines, words: [nicht erreichbar], class: auto}\n"
)

const reportMail = `From: Petra Huber <petra@firma.at>
To: support@notfall-hoster.at
Subject: Notfall-Support
Message-ID: <1@firma.at>

Guten Abend, web01.firma.at ist seit 02:00 nicht erreichbar. Tel. 0664 1234567
`

func (s *stage) give(raw string) ticket.Entry {
	s.Helper()
	s.uid++
	raw = strings.ReplaceAll(raw, "\n", "\r\n")
	e, err := s.desk.Take(s.ctx, ticket.Fetched{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: s.uid},
		InternalDate: s.clock.Now(), Size: int64(len(raw)), Raw: []byte(raw)})
	s.check(err)
	return e
}

func (s *stage) propose(set *rules.Set, want ticket.RulesOutcome) {
	s.Helper()
	got, err := s.desk.ProposeRules(s.ctx, set)
	s.check(err)
	if got != want {
		s.Errorf("became %s, want %s", got, want)
	}
}

// inForce holds what decides, what is stored as such, and what waits together.
func (s *stage) inForce(want *rules.Set, waiting string) {
	s.Helper()
	stored, ok, err := ticket.StoredRules(s.ctx, s.store)
	s.check(err)
	if !ok || stored.Hash != want.Hash() || s.desk.RulesHash() != want.Hash() {
		s.Errorf("in force %s, stored %s, want %s", s.desk.RulesHash(), stored.Hash, want.Hash())
	}
	next, _, err := ticket.WaitingRules(s.ctx, s.store)
	s.check(err)
	if next.Hash != waiting {
		s.Errorf("%q waits, want %q", next.Hash, waiting)
	}
}

// adminMails are the mails about rules, oldest first, as they would be read.
func (s *stage) adminMails() (out []string) {
	s.Helper()
	os, err := s.desk.DueOut(s.ctx, 100)
	s.check(err)
	for _, o := range os {
		if o.Reason != ticket.ReasonRules {
			continue
		}
		o, ok, err := s.desk.Freeze(s.ctx, o.ID)
		s.check(err)
		if ok {
			out = append(out, o.Recipient+"\n"+words(s.T, o.Bytes))
			s.check(s.desk.Delivered(s.ctx, o.ID, ticket.Outcome{Result: ticket.Accepted, Code: 250}))
		}
	}
	return out
}

func TestRulesThatTakeNothingComeIntoForce(t *testing.T) {
	s := newStage(t)
	s.propose(rules.Shipped(), ticket.RulesUnchanged) // the first start: stored, and nothing else
	s.inForce(rules.Shipped(), "")
	s.give(reportMail)
	set := ruleFile(t, harmlessRule)
	s.propose(set, ticket.RulesTaken)
	s.inForce(set, "")
	s.propose(set, ticket.RulesUnchanged)
	if n := len(s.adminMails()); n > 0 {
		t.Errorf("%d mails to admins about nothing", n)
	}
}

// What each kind of loss does: the set waits, admins are told once which mail loses what and how to accept, and customers go on as before.
func TestRulesThatTakeSomethingWait(t *testing.T) {
	for _, c := range []struct{ name, rule, wants string }{
		{"class", otherRule, "Klasse: emergency → other"},
		{"class, to a machine's", autoRule, "Klasse: emergency → auto"},
		{"answer", neverRule, "Antwort: ja → nein: die Regel no-answer verbietet eine Antwort"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t)
			s.propose(rules.Shipped(), ticket.RulesUnchanged)
			s.give(reportMail)
			set := ruleFile(t, c.rule)
			s.propose(set, ticket.RulesHeld)
			s.inForce(rules.Shipped(), set.Hash())
			s.propose(set, ticket.RulesHeld) // looked at once more
			mails := s.adminMails()
			if len(mails) != 1 {
				t.Fatalf("%d mails to admins, want one", len(mails))
			}
			for _, want := range []string{"admin@notfall-hoster.at\n", "NS-10001", "petra@firma.at: Notfall-Support", c.wants, "notfalld rules accept " + set.Hash(), rules.Shipped().Hash()} {
				if !strings.Contains(mails[0], want) {
					t.Errorf("%q is not in\n%s", want, mails[0])
				}
			}
			if e := s.give(strings.ReplaceAll(reportMail, "<1@", "<2@")); e.State != ticket.EntryTicket {
				t.Errorf("meanwhile a mail became %s", e.State)
			}
		})
	}
}

func TestAcceptedRulesComeIntoForce(t *testing.T) {
	s := newStage(t)
	s.propose(rules.Shipped(), ticket.RulesUnchanged)
	s.give(reportMail)
	set := ruleFile(t, otherRule)
	if _, err := ticket.AcceptRules(s.ctx, s.store, s.clock, set.Hash(), "cli:root"); !errors.Is(err, ticket.ErrNotWaiting) {
		t.Errorf("an unknown set was accepted: %v", err)
	}
	s.propose(set, ticket.RulesHeld)
	if _, err := ticket.AcceptRules(s.ctx, s.store, s.clock, "feedfeedfeedfeed", "cli:root"); !errors.Is(err, ticket.ErrNotWaiting) || !strings.Contains(err.Error(), set.Hash()) {
		t.Errorf("another set was accepted, or the waiting one is not named: %v", err)
	}
	already, err := ticket.AcceptRules(s.ctx, s.store, s.clock, set.Hash(), "cli:root")
	if err != nil || already {
		t.Fatalf("accepted: %v, %v", already, err)
	}
	s.inForce(rules.Shipped(), set.Hash())
	for _, lies := range []func() (string, error){
		func() (string, error) { return rules.Shipped().Hash(), nil },
		func() (string, error) { return "", errors.New("no such folder") },
	} {
		if taken, _, err := s.desk.TakeAcceptedRules(s.ctx, lies); taken || !errors.Is(err, ticket.ErrRulesChanged) {
			t.Errorf("taken up though its files have gone: %v, %v", taken, err)
		}
		s.inForce(rules.Shipped(), set.Hash())
	}
	taken, waiting, err := s.desk.TakeAcceptedRules(s.ctx, lie(set))
	if err != nil || !taken || waiting != "" {
		t.Fatalf("taken up: %v, %q waits, %v", taken, waiting, err)
	}
	s.inForce(set, "")
	if already, err := ticket.AcceptRules(s.ctx, s.store, s.clock, set.Hash(), "cli:anna"); err != nil || !already {
		t.Errorf("accepting twice: %v, %v", already, err)
	}
	if r, _, _ := ticket.StoredRules(s.ctx, s.store); r.AcceptedBy != "cli:root" || !r.AcceptedAt.Equal(s.clock.Now()) {
		t.Errorf("accepted by %s at %s", r.AcceptedBy, r.AcceptedAt)
	}
	if e := s.give(strings.ReplaceAll(reportMail, "<1@", "<2@")); e.State != ticket.EntryOther {
		t.Errorf("by the accepted rules a mail became %s", e.State)
	}
	s.propose(rules.Shipped(), ticket.RulesTaken) // back …
	s.propose(set, ticket.RulesTaken)             // … and once more: what was accepted never waits again
	s.inForce(set, "")
}

// lie is the hash of a set whose files lie in the folder.
func lie(set *rules.Set) func() (string, error) {
	return func() (string, error) { return set.Hash(), nil }
}

// Acceptance without a daemon counts at its next start.
func TestAcceptedWhileNothingRan(t *testing.T) {
	s := newStage(t)
	s.propose(rules.Shipped(), ticket.RulesUnchanged)
	s.give(reportMail)
	set := ruleFile(t, otherRule)
	s.propose(set, ticket.RulesHeld)
	_, err := ticket.AcceptRules(s.ctx, s.store, s.clock, set.Hash(), "cli:root")
	s.check(err)
	s.restart()
	s.inForce(rules.Shipped(), set.Hash())
	s.propose(set, ticket.RulesTaken)
	s.inForce(set, "")
}

// restart opens a desk as the daemon does, with what is stored.
func (s *stage) restart() {
	s.Helper()
	set, ok, broken, err := ticket.ResumeRules(s.ctx, s.store, s.clock)
	s.check(err)
	if !ok || broken != nil {
		s.Fatalf("nothing to resume: %v, %v", ok, broken)
	}
	o := options(s.T, s.store, s.clock)
	o.Rules = set
	s.desk, err = ticket.NewDesk(s.ctx, o)
	s.check(err)
}

func TestWaitingRulesAreTakenBack(t *testing.T) {
	s := newStage(t)
	s.propose(rules.Shipped(), ticket.RulesUnchanged)
	s.give(reportMail)
	held := ruleFile(t, otherRule)
	for _, next := range []struct {
		set  *rules.Set
		want ticket.RulesOutcome
	}{{rules.Shipped(), ticket.RulesUnchanged}, {ruleFile(t, harmlessRule), ticket.RulesTaken}} {
		s.propose(held, ticket.RulesHeld)
		s.propose(next.set, next.want)
		s.inForce(next.set, "")
		if _, err := ticket.AcceptRules(s.ctx, s.store, s.clock, held.Hash(), "cli:root"); !errors.Is(err, ticket.ErrNotWaiting) {
			t.Errorf("accepted after it was taken back: %v", err)
		}
	}
	s.propose(held, ticket.RulesHeld)
	other := ruleFile(t, neverRule)
	s.propose(other, ticket.RulesHeld) // the later one waits alone
	s.inForce(ruleFile(t, harmlessRule), other.Hash())
	if n := len(s.adminMails()); n != 2 {
		t.Errorf("%d mails to admins, want one for each set that waited", n)
	}
}

func TestRefusedRulesAreToldOnce(t *testing.T) {
	s := newStage(t)
	for _, content := range []string{"a", "a", "b"} {
		s.check(s.desk.RefuseRules(s.ctx, content, []string{"rules/10-own.yaml:3:5: classify[0].wehn: unknown key\u202e"}))
	}
	s.check(s.desk.MissRules(s.ctx, "no such folder"))
	s.check(s.desk.MissRules(s.ctx, "no such folder"))
	mails := s.adminMails()
	if len(mails) != 3 {
		t.Fatalf("%d mails, want one for each content, and one for the folder", len(mails))
	}
	if !strings.Contains(mails[0], "rules/10-own.yaml:3:5: classify[0].wehn: unknown key\n") || !strings.Contains(mails[0], s.desk.RulesHash()) {
		t.Error(mails[0])
	}
	s.clock.set(s.clock.Now().Add(24 * time.Hour))
	s.check(s.desk.MissRules(s.ctx, "no such folder"))
	if n := len(s.adminMails()); n != 1 {
		t.Errorf("%d mails on the next day", n)
	}
}

// A program that ships other rules makes another set of the same files. That is nobody's change: it is in force at once.
func TestAnotherProgramsRules(t *testing.T) {
	s := newStage(t)
	set := ruleFile(t, otherRule)
	old := ticket.RuleSet{Hash: "0123456789abcdef", State: ticket.RulesInForce, Files: set.Files(), AcceptedBy: "cli:root", AcceptedAt: s.clock.Now()}
	s.check(s.store.Update(s.ctx, func(tx ticket.Tx) error { return tx.PutRuleSet(old) }))
	s.restart()
	s.inForce(set, "")
	s.propose(set, ticket.RulesUnchanged)
	if r, _, _ := ticket.StoredRules(s.ctx, s.store); r.AcceptedBy != "cli:root" {
		t.Errorf("it is forgotten who accepted: %+v", r)
	}
}

// Stored files that a later program finds wrong: the shipped rules have to do, and the store keeps what was in force.
func TestStoredRulesThatAreWrongNow(t *testing.T) {
	s := newStage(t)
	s.check(s.store.Update(s.ctx, func(tx ticket.Tx) error {
		return tx.PutRuleSet(ticket.RuleSet{Hash: "0123456789abcdef", State: ticket.RulesInForce, Files: []rules.File{{Name: "a.yaml", Text: []byte("clasify: []\n")}}})
	}))
	set, ok, broken, err := ticket.ResumeRules(s.ctx, s.store, s.clock)
	if err != nil || !ok || broken == nil || set != rules.Shipped() {
		t.Errorf("%v, %v, %v, %v", set, ok, broken, err)
	}
}

// hookedStore calls before ahead of each Update, and lose after its commit: a connection that is lost while it commits.
type hookedStore struct {
	ticket.Store
	before func()
	lose   func() error
}

func (h *hookedStore) Update(ctx context.Context, f func(ticket.Tx) error) error {
	if h.before != nil {
		h.before()
	}
	err := h.Store.Update(ctx, f)
	if err == nil && h.lose != nil {
		err = h.lose()
	}
	return err
}

// A set is stored before it decides. Whether the process ends in between, or only the commit's answer is lost: it comes into force.
func TestLostBetweenStoringAndSwapping(t *testing.T) {
	for _, ends := range []bool{true, false} {
		s := newStage(t)
		s.propose(rules.Shipped(), ticket.RulesUnchanged)
		lost := errors.New("connection lost")
		hooked := &hookedStore{Store: s.store, lose: func() error { return lost }}
		o := options(t, hooked, s.clock)
		desk, err := ticket.NewDesk(s.ctx, o)
		s.check(err)
		s.desk = desk
		set := ruleFile(t, otherRule) // which takes something from nobody yet
		if _, err := s.desk.ProposeRules(s.ctx, set); !errors.Is(err, lost) {
			t.Fatal(err)
		}
		if s.desk.RulesHash() != rules.Shipped().Hash() {
			t.Error("a set decides that may not be stored")
		}
		hooked.lose = nil
		s.give(reportMail) // from now on it would; but it is stored as in force
		if ends {
			s.restart()
		} else {
			s.propose(set, ticket.RulesTaken)
		}
		s.inForce(set, "")
	}
}

// A mail that is being decided while the rules are swapped keeps to those that it was begun with, and all that is written says so.
func TestMailDecidedDuringTheSwap(t *testing.T) {
	s := newStage(t)
	s.propose(rules.Shipped(), ticket.RulesUnchanged)
	hooked := &hookedStore{Store: s.store}
	desk, err := ticket.NewDesk(s.ctx, options(t, hooked, s.clock))
	s.check(err)
	s.desk = desk
	set := ruleFile(t, otherRule)
	updates := 0
	hooked.before = func() {
		if updates++; updates == 2 { // understood, and about to be decided
			hooked.before = nil
			s.propose(set, ticket.RulesTaken)
		}
	}
	if e := s.give(reportMail); e.State != ticket.EntryTicket {
		t.Fatalf("became %s by the new rules", e.State)
	}
	s.inForce(set, "")
	s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
		ms, err := tx.Mails(ticket.FirstNumber)
		if err != nil || len(ms) != 1 || ms[0].RulesHash != rules.Shipped().Hash() {
			t.Errorf("%v: %+v", err, ms)
		}
		es, err := tx.Events(ticket.FirstNumber)
		for _, e := range es {
			if e.Rules != rules.Shipped().Hash() {
				t.Errorf("%s by %s", e.What, e.Rules)
			}
		}
		return err
	}))
	if e := s.give(strings.ReplaceAll(reportMail, "<1@", "<2@")); e.State != ticket.EntryOther {
		t.Errorf("the next mail became %s", e.State)
	}
}

// openStage is a stage on a store that is there.
func openStage(t *testing.T, url string) *stage {
	t.Helper()
	st, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	c := &clock{now: time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC)}
	desk, err := ticket.NewDesk(t.Context(), options(t, st, c))
	if err != nil {
		t.Fatal(err)
	}
	return &stage{T: t, ctx: t.Context(), clock: c, store: st, desk: desk, mails: map[string][]byte{}, became: map[string]ticket.EntryState{}}
}

// The rule set in force outlives the process, whatever else does.
func TestRulesOutliveTheProcess(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "notfalld.db")
	s := openStage(t, url)
	s.propose(rules.Shipped(), ticket.RulesUnchanged)
	set := ruleFile(t, harmlessRule)
	s.propose(set, ticket.RulesTaken)
	s.store.Close()
	s = openStage(t, url)
	s.restart()
	s.inForce(set, "")
}

// Rules that end the process while they are tried are left alone after three times, until they are changed.
func TestRulesThatEndTheProcess(t *testing.T) {
	s := newStage(t)
	tried := func(content string, want bool) {
		t.Helper()
		deadly, err := s.desk.RulesTried(s.ctx, content)
		s.check(err)
		if deadly != want {
			t.Errorf("%s is left alone: %v", content, deadly)
		}
	}
	for range 3 {
		tried("a", false) // and the process ends
	}
	tried("a", true)
	tried("a", true)
	tried("b", false)
	s.check(s.desk.RulesSurvived(s.ctx))
	for range 9 {
		tried("b", false)
		s.check(s.desk.RulesSurvived(s.ctx))
	}
}

// What admins' server refuses is the customers' words, most likely: the same without them. Many losses are shown in part.
func TestMailAboutRulesWithoutCustomersWords(t *testing.T) {
	for _, language := range []string{"de", "en"} {
		s := newStage(t)
		o := options(t, s.store, s.clock)
		o.Staff.Language, o.RuleFiles = language, ticket.RuleFiles{Dir: "/etc/notfalld/rules", Config: "/etc/notfalld/notfalld.yaml"}
		var err error
		s.desk, err = ticket.NewDesk(s.ctx, o)
		s.check(err)
		s.propose(rules.Shipped(), ticket.RulesUnchanged)
		for i := range 30 {
			s.give(strings.ReplaceAll(reportMail, "<1@", "<"+string(rune('a'+i))+"@"))
		}
		s.propose(ruleFile(t, neverRule), ticket.RulesHeld)
		for _, bare := range []bool{false, true} {
			os, err := s.desk.DueOut(s.ctx, 100)
			s.check(err)
			for _, due := range os {
				if due.Reason != ticket.ReasonRules {
					continue
				}
				out, ok, err := s.desk.Freeze(s.ctx, due.ID)
				if err != nil || !ok {
					t.Fatal(ok, err)
				}
				text := words(t, out.Bytes)
				if strings.Contains(text, "petra@firma.at") == bare || strings.Contains(text, "no-answer") == bare {
					t.Errorf("without the customer's words: %v\n%s", bare, text)
				}
				if n := strings.Count(text, "NS-100"); n != 20 || !strings.Contains(text, " 20\n") || !strings.Contains(text, "notfalld rules replay -c /etc/notfalld/notfalld.yaml") {
					t.Errorf("%d tickets\n%s", n, text)
				}
				s.check(s.desk.Delivered(s.ctx, out.ID, ticket.Outcome{Result: ticket.Permanent, Code: 554, Text: "spam"}))
			}
		}
	}
}
