package ticket_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notfalld/message"
	"notfalld/ticket"
)

// server is how a mail server treats the test mail: what it puts on top, and whether it strips the copies of its own field first.
type server func(raw []byte) []byte

const ownTrace = "Return-Path: <support@notfall-hoster.at>\r\nAuthentication-Results: mx.notfall-hoster.at; none\r\n" +
	"Received: from smtp.notfall-hoster.at (smtp.notfall-hoster.at [192.0.2.25])\r\n\tby mx.notfall-hoster.at with ESMTPS id 4A1; Sun, 15 Mar 2026 03:07:00 +0100\r\n"

func strips(raw []byte) []byte { return keeps(withoutField(raw, "Authentication-Results")) }
func keeps(raw []byte) []byte  { return append([]byte(ownTrace), raw...) }

// withoutField takes fields of one line out of a header.
func withoutField(raw []byte, name string) []byte {
	var kept []byte
	inHeader := true
	for line := range bytes.Lines(raw) {
		inHeader = inHeader && len(bytes.TrimSpace(line)) > 0
		if !inHeader || !strings.HasPrefix(strings.ToLower(string(line)), strings.ToLower(name)+":") {
			kept = append(kept, line...)
		}
	}
	return kept
}

// trial is a stage with what its tests of trust need.
type trial struct {
	*stage
	uid uint32
}

func newTrial(t *testing.T) *trial {
	r := &trial{stage: newStage(t)}
	r.desk = r.another(func(*ticket.Options) {})
	return r
}

// another is a desk beside the first, over the same store, with another configuration.
func (r *trial) another(tune func(*ticket.Options)) *ticket.Desk {
	r.Helper()
	o := options(r, r.store, r.clock)
	o.TrustShown = false
	tune(&o)
	d, err := ticket.NewDesk(r.ctx, o)
	if err != nil {
		r.Fatal(err)
	}
	return d
}

func (r *trial) mail(d *ticket.Desk) ticket.TrustMail {
	r.Helper()
	m, err := d.TrustMail(r.ctx, "support")
	if err != nil {
		r.Fatal(err)
	}
	return m
}

// met is what becomes of a mail that a desk meets in the mailbox.
func (r *trial) met(d *ticket.Desk, raw []byte, tune ...func(*ticket.Fetched)) ticket.EntryState {
	r.Helper()
	r.uid++
	f := ticket.Fetched{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: r.uid}, InternalDate: r.clock.Now(), Size: int64(len(raw)), Raw: raw}
	for _, t := range tune {
		t(&f)
	}
	e, err := d.Take(r.ctx, f)
	if err != nil {
		r.Fatal(err)
	}
	return e.State
}

func (r *trial) judged(d *ticket.Desk, raw []byte) ticket.TrustVerdict {
	r.Helper()
	v, err := d.JudgeTrust(r.ctx, "support", raw)
	if err != nil {
		r.Fatal(err)
	}
	return v
}

// refused: the mail is not the one under way.
func (r *trial) refused(d *ticket.Desk, raw []byte) {
	r.Helper()
	if v, err := d.JudgeTrust(r.ctx, "support", raw); !errors.Is(err, ticket.ErrTrustMail) {
		r.Errorf("judged as %+v, %v", v, err)
	}
}

// stands holds whether replies of staff are on, and a word of why not.
func (r *trial) stands(d *ticket.Desk, shown bool, why string) {
	r.Helper()
	s, err := d.TrustState(r.ctx, "support")
	if err != nil {
		r.Fatal(err)
	}
	if s.Shown != shown || !strings.Contains(s.Why, why) || shown != (s.Why == "") {
		r.Errorf("shown %v (%s), want %v (%s)", s.Shown, s.Why, shown, why)
	}
}

const notYet = "no test mail has shown yet"

func TestTrustIsShown(t *testing.T) {
	for _, c := range []struct {
		name  string
		mx    server
		shown bool
		why   string
	}{
		{"forged copies are stripped", strips, true, ""},
		{"forged copies are kept", keeps, false, "the test mail of 2026-03-15 showed that our mail server lets forged headers through: Authentication-Results of mx.notfall-hoster.at"},
		{"forged copies are kept where nobody looks today", func(raw []byte) []byte {
			return append([]byte("Received: from a.example by b.example with ESMTP; Sun, 15 Mar 2026 03:07:00 +0100\r\n"), keeps(raw)...)
		}, false, "Authentication-Results of mx.notfall-hoster.at"}, // another mail may come another way
		{"another header is kept", func(raw []byte) []byte { return append([]byte("X-Spam: no\r\n"), strips(raw)...) }, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTrial(t)
			r.stands(r.desk, false, notYet)
			v := r.judged(r.desk, c.mx(r.mail(r.desk).Raw))
			if v.OK != c.shown || v.OK != (len(v.Believed) == 0) {
				t.Errorf("%+v", v)
			}
			r.stands(r.desk, c.shown, c.why)

			r = newTrial(t) // the daemon meets it
			m := r.mail(r.desk)
			if s := r.met(r.desk, c.mx(m.Raw)); s != ticket.EntryProbe {
				t.Errorf("became %s", s)
			}
			r.stands(r.desk, c.shown, c.why)
			later := r.judged(r.desk, c.mx(m.Raw))
			s, err := r.desk.TrustState(r.ctx, "support")
			if err != nil || s.Verdict.Mark != m.Mark {
				t.Errorf("%+v, %v", s, err)
			}
			if d := cmp.Diff(s.Verdict, later); d != "" {
				t.Errorf("who judges second says otherwise (-first +second):\n%s", d)
			}
		})
	}
}

// TestTrustMailIsOneMail: what reaches a mail server is a mail from the support address to itself that says what it is.
func TestTrustMailIsOneMail(t *testing.T) {
	r := newTrial(t)
	sent := r.mail(r.desk)
	m := message.Parse(sent.Raw, message.DefaultLimits())
	if m.Problem != "" || len(m.From) != 1 || m.From[0].Address != "support@notfall-hoster.at" || m.MessageID != sent.MessageID {
		t.Errorf("%q %v %q", m.Problem, m.From, m.MessageID)
	}
	if first := m.Header[0].Name; first != "Authentication-Results" {
		t.Errorf("%s is on top", first)
	}
	for _, w := range []string{"absichtlich gefälscht", "forged on purpose", "Authentication-Results", "gelöscht werden"} {
		if !strings.Contains(words(t, sent.Raw), w) {
			t.Errorf("%q is not said:\n%s", w, words(t, sent.Raw))
		}
	}
	if again := r.mail(r.desk); again.Mark == sent.Mark || again.MessageID == sent.MessageID {
		t.Errorf("a mark is used twice")
	}
	if _, err := r.another(func(o *ticket.Options) { o.Trust = message.Trust{} }).TrustMail(r.ctx, "support"); !errors.Is(err, ticket.ErrNoTrust) {
		t.Errorf("with nothing to forge: %v", err)
	}
}

// TestTrustCountsOnce: each test mail is judged once, and only the last one under way, within its hour.
func TestTrustCountsOnce(t *testing.T) {
	r := newTrial(t)
	first := r.mail(r.desk)
	second := r.mail(r.desk)
	r.refused(r.desk, strips(first.Raw))
	if s := r.met(r.desk, strips(first.Raw)); s != ticket.EntryProbe {
		t.Errorf("an older test mail became %s", s)
	}
	r.stands(r.desk, false, notYet)
	if r.judged(r.desk, keeps(second.Raw)).OK {
		t.Error("kept copies are fine")
	}
	if r.judged(r.desk, strips(second.Raw)).OK { // somebody sends it once more, without the forged copies
		t.Error("a second look at the same mail has changed the verdict")
	}
	if s := r.met(r.desk, strips(second.Raw)); s != ticket.EntryProbe {
		t.Errorf("the second copy became %s", s)
	}
	r.stands(r.desk, false, "lets forged headers through")

	late := r.mail(r.desk)
	r.clock.set(r.clock.Now().Add(time.Hour + time.Second))
	r.refused(r.desk, strips(late.Raw))
	r.stands(r.desk, false, "lets forged headers through")
	mended := r.mail(r.desk)
	r.clock.set(r.clock.Now().Add(time.Hour))
	if !r.judged(r.desk, strips(mended.Raw)).OK {
		t.Error("a mail that took an hour does not count")
	}
	r.stands(r.desk, true, "")
	if r.judged(r.desk, keeps(mended.Raw)); !r.judged(r.desk, keeps(mended.Raw)).OK {
		t.Error("trust was switched off by a copy of a mail that was judged")
	}
	if r.judged(r.desk, keeps(r.mail(r.desk).Raw)).OK {
		t.Error("kept copies are fine")
	}
	r.stands(r.desk, false, "lets forged headers through") // the server has come to keep them
}

// TestForgedTrustMails: nobody else's mail switches trust on, or off.
func TestForgedTrustMails(t *testing.T) {
	stranger := ticket.NewKeys([]byte("a secret of somebody else"))
	ours := ticket.NewKeys([]byte("a secret of the tests"))
	for _, c := range []struct {
		name string
		make func(m ticket.TrustMail) []byte
		want ticket.EntryState
	}{
		{"a mark of another secret", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte(m.Mark), []byte(stranger.Issue(ticket.ProbeToken, ticket.AboutOut, 7, "trust:support")))
		}, ticket.EntryOther},
		{"a mark of ours that was never under way", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte(m.Mark), []byte(ours.Issue(ticket.ProbeToken, ticket.AboutOut, 7, "trust:support")))
		}, ticket.EntryProbe},
		{"a mark of another mailbox", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte(m.Mark), []byte(ours.Issue(ticket.ProbeToken, ticket.AboutOut, 7, "trust:office")))
		}, ticket.EntryOther},
		{"the token of a probe of plus addresses", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte(m.Mark), []byte(ours.Issue(ticket.ProbeToken, ticket.AboutOut, 0, "support")))
		}, ticket.EntryOther},
		{"the token of a customer", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte(m.Mark), []byte(ours.Issue(ticket.CustomerToken, ticket.AboutTicket, 1, "trust:support")))
		}, ticket.EntryOther},
		{"the mark with a letter more", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte("X-Notfalld: "+m.Mark), []byte("X-Notfalld: "+m.Mark+"a"))
		}, ticket.EntryOther},
		{"the mark twice", func(m ticket.TrustMail) []byte { return append([]byte("X-Notfalld: "+m.Mark+"\r\n"), m.Raw...) }, ticket.EntryOther},
		{"the mark in the subject alone", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte("X-Notfalld:"), []byte("X-Notfallx:"))
		}, ticket.EntryOther},
		{"another author", func(m ticket.TrustMail) []byte {
			return bytes.ReplaceAll(m.Raw, []byte("<support@notfall-hoster.at>"), []byte("<mallory@fremd.example>"))
		}, ticket.EntryOther},
		{"two authors", func(m ticket.TrustMail) []byte {
			return bytes.Replace(m.Raw, []byte("From: "), []byte("From: mallory@fremd.example, "), 1)
		}, ticket.EntryOther},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTrial(t)
			m := r.mail(r.desk)
			forged := c.make(m)
			if bytes.Equal(forged, m.Raw) {
				t.Fatal("nothing is forged")
			}
			r.refused(r.desk, strips(forged))
			if s := r.met(r.desk, strips(forged)); s != c.want {
				t.Errorf("became %s, want %s", s, c.want)
			}
			r.stands(r.desk, false, notYet)
			if !r.judged(r.desk, strips(m.Raw)).OK { // the real one still counts
				t.Error("the real test mail is used up")
			}
			r.met(r.desk, keeps(forged))
			r.stands(r.desk, true, "")
		})
	}
}

// TestTrustMailElsewhere: what is filed as sent has been through no server, and another mailbox's server is another one.
func TestTrustMailElsewhere(t *testing.T) {
	r := newTrial(t)
	m := r.mail(r.desk)
	r.met(r.desk, m.Raw, func(f *ticket.Fetched) { f.Sent, f.Place.Folder = true, "Sent" })
	r.met(r.desk, keeps(m.Raw), func(f *ticket.Fetched) { f.Place.Mailbox = "office" })
	r.stands(r.desk, false, notYet)
	r.met(r.desk, strips(m.Raw))
	r.stands(r.desk, true, "")
}

// TestTrustMailCutShort: what was not read may hold a forged copy.
func TestTrustMailCutShort(t *testing.T) {
	r := newTrial(t)
	narrow := r.another(func(o *ticket.Options) { o.Limits.Text = 50 })
	if v := r.judged(narrow, strips(r.mail(narrow).Raw)); v.OK || len(v.Believed) != 1 || !strings.Contains(v.Believed[0], "cannot be read whole") {
		t.Errorf("%+v", v)
	}
	r.stands(narrow, false, "cannot be read whole")
}

// TestPlusProbeFiledAsSent: a probe of plus addresses that lies among the sent mails has not come back.
func TestPlusProbeFiledAsSent(t *testing.T) {
	r := newTrial(t)
	auto := r.another(func(o *ticket.Options) { o.Mailboxes[0].Plus = ticket.PlusAuto })
	if err := auto.SendProbes(r.ctx); err != nil {
		t.Fatal(err)
	}
	due, err := auto.DueOut(r.ctx, 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("%+v, %v", due, err)
	}
	probe, ok, err := auto.Freeze(r.ctx, due[0].ID)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if s := r.met(auto, probe.Bytes, func(f *ticket.Fetched) { f.Sent, f.Place.Folder = true, "Sent" }); s == ticket.EntryProbe {
		t.Error("a probe among the sent mails counts as come back")
	}
	if s := r.met(auto, probe.Bytes); s != ticket.EntryProbe {
		t.Errorf("the probe became %s", s)
	}
}

// TestTrustThatWasChanged: what was shown is good for the configuration that it was shown for.
func TestTrustThatWasChanged(t *testing.T) {
	r := newTrial(t)
	r.judged(r.desk, strips(r.mail(r.desk).Raw))
	r.stands(r.desk, true, "")
	for name, tune := range map[string]func(*ticket.Options){
		"another authserv-id":     func(o *ticket.Options) { o.Trust.AuthservIDs = []string{"mx2.notfall-hoster.at"} },
		"one more":                func(o *ticket.Options) { o.Trust.AuthservIDs = append(o.Trust.AuthservIDs, "mx2.notfall-hoster.at") },
		"Microsoft 365":           func(o *ticket.Options) { o.Trust.Microsoft365 = true },
		"a submission host":       func(o *ticket.Options) { o.Trust.ReceivedAuth = []string{"smtp.notfall-hoster.at"} },
		"another support address": func(o *ticket.Options) { o.Mailboxes[0].Address = "hilfe@notfall-hoster.at" },
	} {
		t.Log(name)
		r.stands(r.another(tune), false, notYet)
		r.stands(r.desk, true, "")
	}
	r.stands(r.another(func(o *ticket.Options) { o.Trust.AuthservIDs = []string{" MX.notfall-hoster.at"} }), true, "")
	r.stands(r.another(func(o *ticket.Options) { o.Trust = message.Trust{} }), false, "no way of proof is configured")
	r.stands(r.another(func(o *ticket.Options) { o.Trust, o.TrustShown = message.Trust{}, true }), false, "no way of proof is configured")
	r.stands(r.another(func(o *ticket.Options) { o.Trust.Microsoft365, o.TrustShown = true, true }), true, "")
}

// TestTrustMailOfAnotherConfiguration: a daemon that was not told of the new configuration yet leaves its test mail alone.
func TestTrustMailOfAnotherConfiguration(t *testing.T) {
	r := newTrial(t)
	candidate := r.another(func(o *ticket.Options) {
		o.Trust.AuthservIDs = []string{"mx.notfall-hoster.at", "mx2.notfall-hoster.at"}
	})
	m := r.mail(candidate)
	if s := r.met(r.desk, strips(m.Raw)); s != ticket.EntryProbe {
		t.Errorf("became %s", s)
	}
	r.stands(r.desk, false, notYet)
	r.stands(candidate, false, notYet)
	r.judged(candidate, strips(m.Raw))
	r.stands(candidate, true, "")
	r.stands(r.desk, false, notYet)
}
