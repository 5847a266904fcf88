package ticket_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/ticket"
)

func newStageWith(t *testing.T, change func(*ticket.Options)) *stage {
	t.Helper()
	s := newStage(t)
	o := options(t, s.store, s.clock)
	change(&o)
	d, err := ticket.NewDesk(s.ctx, o)
	s.check(err)
	s.desk = d
	return s
}

func (s *stage) take(raw string, extra ...string) ticket.Entry {
	s.mails["x"] = []byte(strings.ReplaceAll(raw, "\n", "\r\n"))
	s.takeMail(strings.Join(append([]string{"x"}, extra...), " "))
	return ticket.Entry{State: s.became["x"]}
}

const petrasMail = "From: Petra <petra@almhof.at>\nTo: support@notfall-hoster.at\nSubject: Notfall-Support\nMessage-ID: <1@almhof.at>\n\nDer Server web01.almhof.at ist nicht erreichbar.\n"

// Live in the morning, observe since noon: neither what waits nor the closing answer may reach the customer.
func TestObserveAfterLive(t *testing.T) {
	s := newStage(t)
	s.clock.set(time.Date(2026, 3, 16, 10, 0, 0, 0, time.UTC))
	s.take(petrasMail)
	s.deliver("")
	s.take(strings.Replace(strings.Replace(petrasMail, "<1@", "<2@", 1), "petra@", "paul@", 1)) // waits
	o := options(t, s.store, s.clock)
	o.Observe = true
	d, err := ticket.NewDesk(s.ctx, o)
	s.check(err)
	s.desk = d
	s.sent = nil
	s.deliver("")
	if n := len(s.answers("")); n != 0 {
		t.Errorf("a waiting answer went to a customer in mode observe: %d", n)
	}
	s.sent = nil
	s.clock.set(time.Date(2026, 3, 16, 16, 0, 0, 0, time.UTC))
	_, err = s.desk.AnswerAtClosing(s.ctx)
	s.check(err)
	s.deliver("")
	if n := len(s.answers("")); n != 0 {
		t.Errorf("closing answers went to customers in mode observe: %d", n)
	}
}

// After `outbox retry` the answer fails once more: staff are told once more.
func TestRetryFailsAgain(t *testing.T) {
	s := newStage(t)
	s.take(petrasMail)
	s.deliver("550")
	count := func() (n int) {
		s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
			os, err := tx.Outs(ticket.OutQuery{Reasons: []string{ticket.ReasonUndelivered}})
			n = len(os)
			return err
		}))
		return n
	}
	if count() != 1 {
		t.Fatal(count())
	}
	_, err := s.desk.Retry(s.ctx, nil)
	s.check(err)
	s.deliver("550")
	if n := count(); n != 2 {
		t.Errorf("staff were told %d times of two failures", n)
	}
}

// A reply that was refused, or came back, arrives after `outbox retry`: the customer is answered after all.
func TestRelayArrivesAfterRetry(t *testing.T) {
	for _, how := range []string{"refused", "bounced"} {
		s := newStage(t)
		s.take(petrasMail, "pass")
		s.deliver("")
		s.command("anna", `NS-10001 "Wir sehen nach."`)
		if how == "refused" {
			s.deliver("550")
		} else {
			s.deliver("")
			s.bounceLast("")
		}
		s.where = how
		s.wantTicket("NS-10001 state=open")
		var failed []int64
		s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
			os, err := tx.Outs(ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutRelay}})
			for _, o := range os {
				failed = append(failed, o.ID)
			}
			return err
		}))
		_, err := s.desk.Retry(s.ctx, failed)
		s.check(err)
		s.deliver("")
		s.wantTicket("NS-10001 state=waiting")
	}
}

// The notice of a machine's mail is refused by staff's server: somebody else must learn of it.
func TestNoticeRefused(t *testing.T) {
	for _, how := range []string{"refused", "given up"} {
		s := newStage(t)
		s.take("From: Nagios <nagios@almhof.at>\nTo: support@notfall-hoster.at\nSubject: Notfall-Support: web01 down\nAuto-Submitted: auto-generated\nMessage-ID: <1@almhof.at>\n\nweb01.almhof.at CRITICAL: Connection refused\n")
		os, err := s.desk.DueOut(s.ctx, 10)
		s.check(err)
		if len(os) != 1 || os[0].Kind != ticket.OutNotice {
			t.Fatalf("%+v", os)
		}
		_, _, err = s.desk.Freeze(s.ctx, os[0].ID)
		s.check(err)
		out := ticket.Outcome{Result: ticket.Permanent, Code: 554, Text: "looks like spam"}
		if how == "given up" {
			s.clock.set(s.clock.Now().Add(25 * time.Hour))
			out = ticket.Outcome{Result: ticket.Temporary, Code: 451, Text: "later", RetryAt: s.clock.Now()}
		}
		s.check(s.desk.Delivered(s.ctx, os[0].ID, out))
		_, ok, err := s.desk.NextOut(s.ctx)
		s.check(err)
		if !ok {
			t.Errorf("%s: NOBODY WAS TOLD reached nobody, and nothing more will be sent", how)
		}
	}
}

// One stored mail that cannot be unpacked must not keep the others, and every mailbox, waiting for ever.
func TestRecoverPoison(t *testing.T) {
	s := newStage(t)
	s.check(s.store.Update(s.ctx, func(tx ticket.Tx) error {
		for uid, junk := range [][]byte{[]byte("no zstd"), mustHex("28b52ffd0400090000610a62c5bdfd20")} {
			e := ticket.Entry{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: uint32(uid + 1)}, State: ticket.EntryFetched, Attempts: 1, Arrived: s.clock.Now(), Fetched: s.clock.Now()}
			if _, err := tx.AddEntry(&e); err != nil {
				return err
			}
			var err error
			if e.RawID, err = tx.AddRaw(junk); err != nil {
				return err
			}
			if err := tx.PutEntry(e); err != nil {
				return err
			}
		}
		return nil
	}))
	for i := range 5 {
		if _, err := s.desk.Recover(s.ctx); err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func mustHex(s string) []byte { b, _ := hex.DecodeString(s); return b }

const support = "gruppe@notfall-hoster.at"

func withGroup(o *ticket.Options) { o.World.Groups = []rules.Group{{Address: support}} }

// A group rewrites From to itself just because the author's domain has p=reject. DMARC then passes for the group, and says nothing of the author.
func TestGroupProof(t *testing.T) {
	s := newStageWith(t, withGroup)
	s.take("From: Opfer via Gruppe <"+support+">\nX-Original-From: Opfer <opfer@bank.at>\nTo: "+support+"\nSubject: Notfall-Support\nMessage-ID: <1@bank.at>\n\nDer Server web01.bank.at ist nicht erreichbar.\n", "pass")
	d, err := ticket.Show(s.ctx, s.store, 10001)
	s.check(err)
	if p := d.Mails[0].Proof; p != string(message.ProofUnknown) {
		t.Errorf("proof of %s is %q", d.From, p)
	}
}

// The group sets Reply-To to itself, as Google's can: the author is to be answered, not the group.
func TestGroupReplyTo(t *testing.T) {
	s := newStageWith(t, withGroup)
	s.take("From: Petra <petra@almhof.at>\nReply-To: " + support + "\nTo: " + support + "\nList-Id: <gruppe.notfall-hoster.at>\nSubject: Notfall-Support\nMessage-ID: <1@almhof.at>\n\nDer Server web01.almhof.at ist nicht erreichbar.\n")
	s.deliver("")
	if n := len(s.answers("petra@almhof.at")); n != 1 {
		for _, o := range s.answers("") {
			t.Errorf("answered: %s (bare %v)", o.Recipient, o.Bare)
		}
		t.Error("Petra was not answered")
	}
}

// A monitoring thread of many mails: what the ticket keeps must not grow for ever.
func TestTicketGrows(t *testing.T) {
	s := newStage(t)
	for i := range 120 {
		ref := ""
		if i > 0 {
			ref = "In-Reply-To: <0@almhof.at>\n"
		}
		var b strings.Builder
		for k := range 30 {
			fmt.Fprintf(&b, "Mar 15 03:%02d:%02d db%d mysqld: [ERROR] InnoDB: page %d of table t%d is corrupted\n", i%60, k, k, i*1000+k, k)
		}
		s.take(fmt.Sprintf("From: Nagios <nagios@almhof.at>\nTo: support@notfall-hoster.at\nSubject: Notfall-Support: db down\nAuto-Submitted: auto-generated\n%sMessage-ID: <%d@almhof.at>\n\n%s", ref, i, b.String()))
	}
	d, err := ticket.Show(s.ctx, s.store, 10001)
	s.check(err)
	t.Logf("%d mails, %d errors, %d servers", len(d.Mails), len(d.Errors), len(d.Servers))
	if len(d.Errors) > 200 {
		t.Errorf("the ticket holds %d errors, written again with each mail", len(d.Errors))
	}
}

// Forged senders that do not exist: their answers fail, do not count towards any cap, and each brings staff a mail of its own.
func TestFloodOfUndeliverable(t *testing.T) {
	s := newStageWith(t, func(o *ticket.Options) { o.Bounds.UnknownOverall = 10; o.Bounds.NoticesPerHour = 5 })
	for i := range 40 {
		s.take(fmt.Sprintf("From: <x%d@gibtsnicht%d.at>\nTo: support@notfall-hoster.at\nSubject: Notfall-Support\nMessage-ID: <%d@x.at>\n\nServer web01.x.at nicht erreichbar %d\n", i, i, i, i))
		s.deliver("550")
	}
	attempts, notices := 0, 0
	s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
		as, err := tx.Outs(ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutAnswer}})
		ns, err2 := tx.Outs(ticket.OutQuery{Reasons: []string{ticket.ReasonUndelivered}, States: []ticket.OutState{ticket.OutSent}})
		attempts, notices = len(as), len(ns)
		if err == nil {
			err = err2
		}
		return err
	}))
	if attempts > 10 {
		t.Errorf("%d answers were attempted under a cap of 10", attempts)
	}
	if notices > 5 {
		t.Errorf("%d single notices under a limit of 5", notices)
	}
}

// The overall caps: bare answers, answers to one known sender, answers to all unknown ones. Tickets go on without end.
func TestOverallCaps(t *testing.T) {
	for name, c := range map[string]struct {
		change      func(*ticket.Options)
		from, proof string
		want        int
	}{
		"bare":    {func(o *ticket.Options) { o.Bounds.BarePerHour = 4 }, "x%d@fremd%d.at", "fail", 4},
		"known":   {func(o *ticket.Options) { o.Bounds.KnownPerHour = 5 }, "immer@derselbe.at", "pass", 5},
		"unknown": {func(o *ticket.Options) { o.Bounds.UnknownOverall = 6 }, "x%d@fremd%d.at", "unknown", 6},
		"one":     {func(o *ticket.Options) { o.Bounds.UnknownPerHour = 3 }, "immer@derselbe.at", "unknown", 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStageWith(t, c.change)
			for i := range 8 {
				from := c.from
				if strings.Contains(from, "%d") {
					from = fmt.Sprintf(from, i, i)
				}
				s.take(fmt.Sprintf("From: %s\nTo: support@notfall-hoster.at\nSubject: Notfall-Support\nMessage-ID: <%d@y.at>\n\nweb%d.y.at ist nicht erreichbar\n", from, i, i), c.proof)
			}
			s.deliver("")
			s.where = name
			steps["answers"](s, fmt.Sprint(c.want))
			steps["tickets"](s, "8")
			s.clock.set(s.clock.Now().Add(61 * time.Minute)) // the hour is over
			s.take(fmt.Sprintf("From: %s\nTo: support@notfall-hoster.at\nSubject: Notfall-Support\nMessage-ID: <9@y.at>\n\nweb9.y.at ist nicht erreichbar\n", strings.ReplaceAll(c.from, "%d", "9")), c.proof)
			s.deliver("")
			steps["answers"](s, fmt.Sprint(c.want+1))
		})
	}
}

// The bare answer carries no token of a ticket anywhere, not in its header either: whoever forged the mail could join with it.
func TestBareAnswerHasNoToken(t *testing.T) {
	s := newStage(t)
	s.take(petrasMail, "fail")
	s.deliver("")
	a := s.answers("")
	if len(a) != 1 || !a[0].Bare {
		t.Fatalf("%+v", a)
	}
	keys := ticket.NewKeys([]byte("a secret of the tests"))
	if tok, ok := keys.Find(string(a[0].Bytes), ticket.CustomerToken); ok {
		t.Errorf("a token of %s in\n%s", ticket.Number(tok.ID), a[0].Bytes)
	}
	for _, word := range []string{"NS-1", "almhof.at ist", "web01", "Petra"} {
		if strings.Contains(string(a[0].Bytes), word) {
			t.Errorf("%q in\n%s", word, a[0].Bytes)
		}
	}
}
