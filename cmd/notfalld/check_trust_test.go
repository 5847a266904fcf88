package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"notfalld/postoffice"
)

// check runs notfalld check --online on the configuration of the house, and returns what it says of trust, unwrapped.
func (h *house) check(args ...string) (code int, trust string, all string) {
	h.Helper()
	var out, errs bytes.Buffer
	m := &Main{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Env: func(name string) (string, bool) { return "", false }}
	code = m.Run(patient(h.T), append([]string{"check", "-c", h.conf, "--online", "--json"}, args...))
	for line := range strings.Lines(out.String()) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			h.Fatalf("%q: %v", line, err)
		}
		if strings.HasPrefix(f.What, "trust") {
			word := "OK"
			if !f.OK {
				word = "WRONG"
			}
			trust += word + " " + f.What + ": " + f.Text + "\n"
		}
	}
	return code, strings.TrimSuffix(trust, "\n"), out.String() + errs.String()
}

// shown asks the store, as the daemon with this configuration would.
func (h *house) shown() bool {
	h.Helper()
	cfg, problems := LoadConfig(h.conf)
	if Broken(problems) {
		h.Fatal(problems)
	}
	desk, s, err := trustDesk(context.Background(), cfg)
	if err != nil {
		h.Fatal(err)
	}
	defer s.Close()
	state, err := desk.TrustState(context.Background(), "support")
	if err != nil {
		h.Fatal(err)
	}
	return state.Shown
}

func (h *house) inbox() int {
	h.Helper()
	mails, err := h.office.Messages("support", "INBOX")
	if err != nil {
		h.Fatal(err)
	}
	return len(mails)
}

// replace puts other lines into the configuration, in place of those that begin with the same key.
func (h *house) replace(lines ...string) {
	h.Helper()
	text, err := os.ReadFile(h.conf)
	if err != nil {
		h.Fatal(err)
	}
	var kept []string
	for line := range strings.Lines(string(text)) {
		key, _, _ := strings.Cut(line, ":")
		same := false
		for _, l := range lines {
			same = same || strings.HasPrefix(l, key+":")
		}
		if !same {
			kept = append(kept, strings.TrimSuffix(line, "\n"))
		}
	}
	if err := os.WriteFile(h.conf, []byte(strings.Join(append(kept, lines...), "\n")+"\n"), 0o600); err != nil {
		h.Fatal(err)
	}
}

func (h *house) elsewhere(address string) {
	h.replace(strings.Replace(h.mailboxLine, houseSupport, address, 1))
}

const (
	trustIsOn  = "OK trust support: forged copies of Authentication-Results of mx.notfall-hoster.at are stripped or not believed; replies and commands of staff are on"
	trustIsOff = "WRONG trust support: our mail server lets forged copies through, and they would be believed: Authentication-Results of mx.notfall-hoster.at; replies and commands of staff are off until it strips them"
)

func TestCheckTrust(t *testing.T) {
	for _, c := range []struct {
		name   string
		office postoffice.Options
		before func(h *house)
		args   []string
		code   int
		want   string // how what is said begins
		holds  string // what else it says
		shown  bool
		mails  int // that were handed in
		left   int // in the inbox
	}{
		{name: "forged copies are stripped", want: trustIsOn, shown: true, mails: 1},
		{name: "forged copies are kept", office: postoffice.Options{KeepForged: true}, code: exitFailed, want: trustIsOff, holds: "the test mail is left in INBOX for a look at its header (UID ", mails: 1, left: 1},
		{name: "the mail server has another name", before: func(h *house) { h.replace("trust: {authres: [mail.notfall-hoster.at]}") }, code: exitFailed,
			want: strings.ReplaceAll(trustIsOff, "of mx.", "of mail."), holds: "the server calls itself mx.notfall-hoster.at: if that is our own, trust.authres has to name it", mails: 1, left: 1},
		{name: "the mail server has another name, and strips them all", office: postoffice.Options{StripAll: true}, before: func(h *house) { h.replace("trust: {authres: [mail.notfall-hoster.at]}") },
			want: strings.ReplaceAll(trustIsOn, "of mx.", "of mail."), holds: "but mails of staff will hardly be proven: in the header on top the server calls itself mx.notfall-hoster.at", shown: true, mails: 1},
		{name: "a login that only the machine itself could use", before: func(h *house) { h.replace("trust: {received_auth: [mx.postoffice.example]}") }, code: exitFailed,
			want: strings.ReplaceAll(trustIsOff, "Authentication-Results of mx.notfall-hoster.at", "Received by mx.postoffice.example"), holds: "let smtp.host name the server from outside", mails: 1, left: 1},
		{name: "observe", before: func(h *house) { h.replace("mode: observe") }, want: trustIsOn, shown: true, mails: 1},
		{name: "no UIDPLUS", office: postoffice.Options{Without: []string{"UIDPLUS"}}, want: trustIsOn, holds: "the test mail is left in INBOX: the server has no UIDPLUS", shown: true, mails: 1, left: 1},
		{name: "an inbox that can only be read", before: func(h *house) { h.office.SetReadOnly("support", "INBOX", true) }, code: exitFailed, want: trustIsOn, holds: "could not be removed", shown: true, mails: 1, left: 1},
		{name: "it does not come back", before: func(h *house) { h.elsewhere("hilfe@notfall-hoster.at") }, args: []string{"--wait", "300ms"}, code: exitFailed,
			want: "WRONG trust support: the test mail to hilfe@notfall-hoster.at did not come into INBOX within 300ms, though the mail server took it (Message-ID ", holds: "replies and commands of staff stay off", mails: 1},
		{name: "the mail server refuses it", before: func(h *house) { h.office.FailNext(postoffice.SMTPRcpt, 1, "550 5.7.1 not from you") }, code: exitFailed,
			want: "WRONG trust support: the test mail was not taken by 127.0.0.1 port ", holds: "5.7.1 not from you"},
		{name: "the mailbox cannot be opened", before: func(h *house) { h.replace(strings.Replace(h.mailboxLine, "geheim", "falsch", 1)) }, code: exitFailed,
			want: "WRONG trust support: no test mail was sent, because it could not be looked for: IMAP 127.0.0.1:"},
		{name: "no store", before: func(h *house) { h.replace(`store: {url: "postgres://127.0.0.1:1/notfalld"}`) }, code: exitFailed, want: "WRONG trust: "},
		{name: "an admin vouches", before: func(h *house) { h.replace("trust: {authres: [mx.notfall-hoster.at], verified: true}") },
			want: "OK trust: trust.verified vouches that our mail server strips forged headers; no test mail is sent; replies and commands of staff are on", shown: true},
		{name: "no way of proof", before: func(h *house) { h.replace("trust: {}") },
			want: "OK trust: no way of proof is configured: nobody is proven to be staff, replies and commands of staff are off"},
		{name: "no patience", args: []string{"--wait", "0s"}, code: exitUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, c.office)
			if c.before != nil {
				c.before(h)
			}
			code, said, all := h.check(c.args...)
			if code != c.code || !strings.HasPrefix(said, c.want) || !strings.Contains(said, c.holds) || strings.Contains(said, "\n") {
				t.Errorf("exit code %d\n%s\n\n%s", code, said, all)
			}
			if c.name != "no store" && c.name != "no patience" && h.shown() != c.shown {
				t.Errorf("shown: %v", !c.shown)
			}
			if n := len(h.office.Deliveries()); n != c.mails {
				t.Errorf("%d mails were sent, want %d", n, c.mails)
			}
			if n := h.inbox(); n != c.left {
				t.Errorf("%d mails are in the inbox, want %d", n, c.left)
			}
		})
	}
}

// TestCheckTrustMakesNoStoreForNothing: the store is made for a verdict, and for nothing else.
func TestCheckTrustMakesNoStoreForNothing(t *testing.T) {
	for trust, made := range map[string]bool{"{}": false, "{authres: [mx.notfall-hoster.at], verified: true}": false, "{authres: [mx.notfall-hoster.at]}": true} {
		h := newHouse(t, postoffice.Options{}, "trust: "+trust)
		_, _, all := h.check()
		cfg, _ := LoadConfig(h.conf)
		path, _ := sqlitePath(cfg.Store.URL)
		if exists(path) != made || strings.Contains(all, "was made for what the test mail shows") != made {
			t.Errorf("%s: made %v\n%s", trust, exists(path), all)
		}
	}
}

// TestCheckTrustTwice: a server that has come to keep forged copies switches it off again, and so does another configuration. The mail that showed the worst
// is no ticket, and does not count again.
func TestCheckTrustTwice(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	if code, said, all := h.check(); code != exitDone || !h.shown() {
		t.Fatalf("%d %s\n%s", code, said, all)
	}
	h.elsewhere("hilfe@notfall-hoster.at") // another address is another way through the mail server
	if h.shown() {
		t.Error("what was shown for one address is good for another")
	}
	h.elsewhere(houseSupport)
	h.replace("trust: {authres: [mx.notfall-hoster.at, mx2.notfall-hoster.at]}")
	if h.shown() {
		t.Error("what was shown for one trust is good for another")
	}
	// The office does not know that mx2 is ours, and keeps its copies.
	if code, said, _ := h.check(); code != exitFailed || !strings.Contains(said, "believed: Authentication-Results of mx2.notfall-hoster.at;") || h.shown() {
		t.Errorf("%d %s", code, said)
	}
	h.replace("trust: {authres: [mx.notfall-hoster.at]}")
	if !h.shown() {
		t.Error("a candidate configuration has switched off the one in force")
	}
}

// TestCheckTrustBesideDaemon: whoever meets the mail first judges it, both say the same, and nobody takes it for a customer's.
func TestCheckTrustBesideDaemon(t *testing.T) {
	for name, c := range map[string]struct {
		office postoffice.Options
		line   string // of the mailbox
		code   int
		want   string
	}{
		"stripped":           {want: trustIsOn},
		"kept":               {office: postoffice.Options{KeepForged: true}, code: exitFailed, want: trustIsOff},
		"stripped and moved": {line: "mark: {move_to: Erledigt}, ", want: trustIsOn},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, c.office)
			h.replace(strings.Replace(h.mailboxLine, "plus_address:", c.line+"plus_address:", 1))
			d, stop := h.start()
			if !strings.Contains(h.stderr.String(), "replies and commands of staff are off") {
				t.Errorf("the daemon does not say that replies of staff are off:\n%s", h.stderr)
			}
			h.ready(200)
			on := `notfalld_staff_replies_on{mailbox="support"} `
			if page := h.page("/metrics"); !strings.Contains(page, on+"0") {
				t.Errorf("no %s0 in\n%s", on, page)
			}
			for range 3 {
				code, said, all := h.check()
				if code != c.code || !strings.HasPrefix(said, c.want) {
					t.Fatalf("%d %s\n%s\n%s", code, said, all, h.stderr)
				}
			}
			h.mail("kunde@firma.at", "Notfall-Support", "web01.firma.at ist nicht erreichbar")
			h.answered("kunde@firma.at", 1)
			if ts := h.tickets(d); len(ts) != 1 {
				t.Errorf("%d tickets", len(ts))
			}
			state, err := d.desk.TrustState(t.Context(), "support")
			if err != nil || state.Shown != (c.code == exitDone) {
				t.Errorf("the daemon thinks otherwise: %+v, %v", state, err)
			}
			if page := h.page("/metrics"); strings.Contains(page, on+"1") != state.Shown {
				t.Errorf("/metrics thinks otherwise than %+v:\n%s", state, page)
			}
			stop()
		})
	}
}

// TestCheckTrustDaemonFirst: the mail goes where check does not look, as if a daemon had taken it out of sight, and the daemon's verdict counts.
func TestCheckTrustDaemonFirst(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.elsewhere("hilfe@notfall-hoster.at")
	if err := h.office.AddUser(postoffice.User{Name: "hilfe", Password: "geheim", Addresses: []string{"hilfe@notfall-hoster.at"}}); err != nil {
		t.Fatal(err)
	}
	cfg, _ := LoadConfig(h.conf)
	desk, s, err := trustDesk(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	done := make(chan error, 1)
	go func() {
		mails, err := h.office.WaitMessages(patient(t), "hilfe", "INBOX", func(ms []postoffice.Message) bool { return len(ms) == 1 })
		if err == nil {
			_, err = desk.JudgeTrust(context.Background(), "support", mails[0].Raw)
		}
		done <- err
	}()
	code, said, all := h.check()
	if err := <-done; err != nil || code != exitDone || !strings.HasPrefix(said, trustIsOn) || !strings.Contains(said, "the daemon has the test mail") {
		t.Errorf("%v, %d %s\n%s", err, code, said, all)
	}
}
