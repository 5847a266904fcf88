package ticket_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"notfalld/rules"
	"notfalld/ticket"
)

// letter is a mail that the shipped rules leave alone, and ownWordRule does not.
const (
	letter = `From: Karl Moser <karl@tischlerei.example>
To: support@notfall-hoster.at
Subject: Frage
Message-ID: <frage@tischlerei.example>
Date: Sun, 15 Mar 2026 03:07:00 +0100

Bei uns ist der Zargelt hin.
`
	ownWordRule = "classify:\n  - {name: own-word, text: 9, words: [zargelt]}\n"
)

var inbox = map[string]string{"support": "INBOX"}

// again is the watcher's work: it fetches once more what is asked for.
func (s *stage) again(raws map[uint32]string) (states []ticket.EntryState) {
	s.Helper()
	uids, err := s.desk.Again(s.ctx, "support", "INBOX", 1)
	s.check(err)
	for _, uid := range uids {
		raw := strings.ReplaceAll(raws[uid], "\n", "\r\n")
		e, err := s.desk.Take(s.ctx, ticket.Fetched{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: uid},
			InternalDate: s.clock.Now(), Size: int64(len(raw)), Raw: []byte(raw)}) // a server that says another date
		s.check(err)
		states = append(states, e.State)
	}
	return states
}

// leftAlone is a stage with a letter that was left alone, and the rules in force that would not have.
func leftAlone(t *testing.T) (*stage, *rules.Set) {
	s := newStage(t)
	s.propose(rules.Shipped(), ticket.RulesUnchanged)
	_, err := s.desk.OpenFolder(s.ctx, "support", "INBOX", 1, 1)
	s.check(err)
	if e := s.give(letter); e.State != ticket.EntryOther {
		t.Fatalf("the letter became %s", e.State)
	}
	set := ruleFile(t, ownWordRule)
	s.propose(set, ticket.RulesTaken)
	return s, set
}

func (s *stage) lookAgain(set *rules.Set, since time.Duration, want int) {
	s.Helper()
	n, err := ticket.LookAgain(s.ctx, s.store, set.Hash(), inbox, s.clock.Now().Add(-since))
	s.check(err)
	if n != want {
		s.Errorf("%d mails are looked at again, want %d", n, want)
	}
}

func TestLeftAloneAndLookedAtAgain(t *testing.T) {
	s, set := leftAlone(t)
	s.clock.set(s.clock.Now().Add(time.Hour))
	s.lookAgain(set, 24*time.Hour, 1)
	s.lookAgain(set, 24*time.Hour, 0) // once is enough
	raws := map[uint32]string{1: letter}
	if got := s.again(raws); len(got) != 1 || got[0] != ticket.EntryTicket {
		t.Fatalf("became %v", got)
	}
	s.deliver("")
	if n := len(s.answers("karl@tischlerei.example")); n != 1 {
		t.Errorf("%d answers", n)
	}
	s.lookAgain(set, 24*time.Hour, 0) // it is a ticket now
	s.clock.set(s.clock.Now().Add(2 * time.Hour))
	if e := s.give(letter); e.State != ticket.EntryCopy { // the same once more, in another place
		t.Errorf("its copy became %s", e.State)
	}
	s.deliver("")
	if n := len(s.answers("karl@tischlerei.example")); n != 1 {
		t.Errorf("answered %d times", n)
	}
}

// What is older than automatic answers may be gets its ticket, and staff are told that nobody was.
func TestLookedAtAgainTooLate(t *testing.T) {
	s, set := leftAlone(t)
	s.clock.set(s.clock.Now().Add(13 * time.Hour))
	s.lookAgain(set, 24*time.Hour, 1)
	if got := s.again(map[uint32]string{1: letter}); len(got) != 1 || got[0] != ticket.EntryTicket {
		t.Fatalf("became %v", got)
	}
	s.deliver("")
	if n := len(s.answers("")); n != 0 {
		t.Errorf("%d answers to a mail of yesterday", n)
	}
	s.holds(s.last(ticket.OutNotice), `"die Mail ist schon 13h0m0s alt"`, true)
}

func TestLookedAtAgainAndStillNotOurs(t *testing.T) {
	s, _ := leftAlone(t)
	s.propose(rules.Shipped(), ticket.RulesTaken)
	s.lookAgain(rules.Shipped(), 24*time.Hour, 1)
	if got := s.again(map[uint32]string{1: letter}); len(got) != 1 || got[0] != ticket.EntryOther {
		t.Errorf("became %v", got)
	}
	if _, _, gone := s.replay(rules.Shipped(), ticket.ReplayQuery{}); gone != 0 {
		t.Error("a mail that is not ours was kept")
	}
	s.lookAgain(rules.Shipped(), 24*time.Hour, 1)
}

func TestLookedAtAgainSince(t *testing.T) {
	s, set := leftAlone(t)
	s.clock.set(s.clock.Now().Add(25 * time.Hour))
	s.lookAgain(set, 24*time.Hour, 0)
	s.lookAgain(set, 26*time.Hour, 1)
	s.check(s.desk.GoneAgain(s.ctx, "support", "INBOX", 1, []uint32{1, 2}))
	if got := s.again(nil); len(got) != 0 {
		t.Errorf("a mail that is gone is asked for: %v", got)
	}
}

// A crash between fetching and deciding: the mail is decided by the next start, once.
func TestLookedAtAgainAndKilled(t *testing.T) {
	s, set := leftAlone(t)
	s.lookAgain(set, time.Hour, 1)
	hooked := &hookedStore{Store: s.store}
	o := options(t, hooked, s.clock)
	o.Rules = set
	desk, err := ticket.NewDesk(s.ctx, o)
	s.check(err)
	updates := 0
	killed := errors.New("killed")
	hooked.lose = func() error {
		if updates++; updates == 1 {
			return killed
		}
		return nil
	}
	raw := strings.ReplaceAll(letter, "\n", "\r\n")
	_, err = desk.Take(s.ctx, ticket.Fetched{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: 1}, InternalDate: s.clock.Now(), Size: int64(len(raw)), Raw: []byte(raw)})
	if !errors.Is(err, killed) {
		t.Fatal(err)
	}
	s.restart()
	if n, err := s.desk.Recover(s.ctx); err != nil || n != 1 {
		t.Errorf("%d mails were recovered, %v", n, err)
	}
	s.deliver("")
	if n := len(s.answers("karl@tischlerei.example")); n != 1 {
		t.Errorf("%d answers", n)
	}
}

// Only by rules in force: what is tried is not what decides.
func TestLookAgainByOtherRules(t *testing.T) {
	s, set := leftAlone(t)
	s.give(reportMail)
	held := ruleFile(t, otherRule)
	for _, c := range []struct {
		set  *rules.Set
		held bool
		mend string
	}{{rules.Shipped(), false, "two seconds"}, {held, true, "notfalld rules accept " + held.Hash() + " -c a.yaml"}} {
		if c.held {
			s.propose(held, ticket.RulesHeld)
		}
		_, err := ticket.LookAgain(s.ctx, s.store, c.set.Hash(), inbox, time.Time{})
		var other ticket.OtherRulesError
		if !errors.As(err, &other) || other.InForce != set.Hash() || other.Waiting != c.held || !strings.Contains(other.Mend("a.yaml"), c.mend) {
			t.Errorf("%v (%+v)", err, other)
		}
	}
	if got := s.again(nil); len(got) != 0 {
		t.Errorf("looked at again all the same: %v", got)
	}
	fresh := newStage(t)
	_, err := ticket.LookAgain(fresh.ctx, fresh.store, set.Hash(), inbox, time.Time{})
	var other ticket.OtherRulesError
	if !errors.As(err, &other) || !strings.Contains(other.Mend(""), "start the daemon") {
		t.Errorf("before the first start: %v", err)
	}
}
