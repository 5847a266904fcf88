package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"notfalld/ingest"
	"notfalld/message"
	"notfalld/outbox"
	"notfalld/rules"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
)

// trust shows by a test mail to each mailbox whether our mail server strips forged copies of what the proof of being staff rests on. All mailboxes are
// waited for at once.
func (k *checker) trust(ctx context.Context, cfg *Config) {
	switch {
	case !cfg.Trust.configured():
		k.sayErr("trust", "no way of proof is configured: nobody is proven to be staff, replies and commands of staff are off", nil)
		return
	case cfg.Trust.Verified:
		k.sayErr("trust", "trust.verified vouches that our mail server strips forged headers; no test mail is sent; replies and commands of staff are on", nil)
		return
	}
	desk, s, err := trustDesk(ctx, cfg)
	if err != nil {
		k.sayErr("trust", "", err)
		return
	}
	defer s.Close()
	tests := make([]*trustTest, len(cfg.Mailboxes))
	var all sync.WaitGroup
	for i, m := range cfg.Mailboxes {
		tests[i] = &trustTest{cfg: cfg, box: m, desk: desk, patience: k.c.Wait}
		all.Go(func() { tests[i].text, tests[i].err = tests[i].run(ctx) })
	}
	k.await(tests, &all)
	for _, t := range tests {
		k.sayErr("trust "+t.box.Name, t.text, t.err)
	}
}

// trustDesk is a desk that can do no more than test mails. The store is opened for writing: the verdict is for the daemon.
func trustDesk(ctx context.Context, cfg *Config) (*ticket.Desk, *store.Store, error) {
	within, cancel := context.WithTimeout(ctx, onlineTimeout)
	defer cancel()
	s, err := store.Open(within, cfg.Store.URL, store.Options{})
	if err != nil {
		return nil, nil, err
	}
	o, err := cfg.ticketOptions()
	if err == nil {
		o.Store, o.Rules = s, rules.Shipped()
		if o.Templates, err = templates.Load(""); err == nil {
			var d *ticket.Desk
			if d, err = ticket.NewDesk(within, o); err == nil {
				return d, s, nil
			}
		}
	}
	return nil, nil, errors.Join(err, s.Close())
}

// await says every few seconds on stderr what is waited for.
func (k *checker) await(tests []*trustTest, all *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	began, tick := time.Now(), time.NewTicker(5*time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			fmt.Fprintf(k.m.Stderr, "notfalld: waiting for %d %s: %s; at most %s once the mail server has taken %s\n", len(tests), plural(len(tests), "test mail", "test mails"),
				time.Since(began).Round(time.Second), k.c.Wait, plural(len(tests), "it", "them"))
		}
	}
}

// trustTest is one test mail to one mailbox.
type trustTest struct {
	cfg      *Config
	box      Mailbox
	desk     *ticket.Desk
	patience time.Duration

	mail ticket.TrustMail
	text string
	err  error
}

// run sends the mail, waits for it, and says what it has shown.
func (t *trustTest) run(ctx context.Context) (string, error) {
	o, err := t.cfg.ingestOptions(t.box, nil)
	if err != nil {
		return "", err
	}
	opening, cancel := context.WithCancel(ctx) // its end is the connection's: only the login has so little time
	defer cancel()
	late := time.AfterFunc(onlineTimeout, cancel)
	find, err := ingest.NewFinder(opening, o)
	if !late.Stop() && err != nil {
		err = fmt.Errorf("it has not let us in within %s: %w", onlineTimeout, err)
	}
	if err != nil {
		return "", fmt.Errorf("no test mail was sent, because it could not be looked for: %w", err)
	}
	defer find.Close()
	if err := t.send(ctx); err != nil {
		return "", err
	}
	v, found, err := t.wait(ctx, find)
	if err != nil {
		return "", err
	}
	if v.Mark == "" {
		return "", t.missing(ctx)
	}
	return t.verdict(v, find, found)
}

func (t *trustTest) send(ctx context.Context) (err error) {
	if t.mail, err = t.desk.TrustMail(ctx, t.box.Name); err != nil {
		return err
	}
	smtp, err := t.cfg.outboxOptions(nil)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeout(ctx, onlineTimeout)
	defer cancel()
	out := outbox.TryMail(within, smtp, ticket.Out{EnvelopeFrom: t.mail.Address, Recipient: t.mail.Address, Bytes: t.mail.Raw})
	if out.Result != ticket.Accepted {
		return fmt.Errorf("the test mail was not taken by %s port %d: %s; replies and commands of staff stay as they were", smtp.Host, smtp.Port, strings.TrimSpace(out.Text))
	}
	return nil
}

// lookEvery is how often the mailbox is asked.
const lookEvery = time.Second

// wait looks for the mail until it is judged, by us or by a daemon that has met it first. The verdict is zero if patience ended before.
func (t *trustTest) wait(ctx context.Context, find *ingest.Finder) (v ticket.TrustVerdict, found *ingest.Found, err error) {
	folders := []string{t.box.IMAP.Folder}
	if t.box.Mark.MoveTo != "" {
		folders = append(folders, t.box.Mark.MoveTo) // a daemon may have moved it
	}
	patience := time.After(t.patience)
	for pause := lookEvery / 10; ; pause = min(2*pause, lookEvery) {
		f, ok, err := find.Find(folders, "X-Notfalld", t.mail.Mark)
		if err != nil {
			return v, nil, err
		}
		if ok {
			v, err := t.desk.JudgeTrust(ctx, t.box.Name, f.Raw)
			if errors.Is(err, ticket.ErrTrustMail) {
				err = errors.New("another test mail was sent meanwhile, by another notfalld check: only the last one counts")
			}
			return v, &f, err
		}
		s, err := t.desk.TrustState(ctx, t.box.Name)
		if err == nil && s.Verdict.Mark == t.mail.Mark {
			return s.Verdict, nil, nil
		}
		select {
		case <-ctx.Done():
			return v, nil, ctx.Err()
		case <-patience:
			return v, nil, nil
		case <-time.After(pause):
		}
	}
}

// missing says that the mail did not come, and what that means.
func (t *trustTest) missing(ctx context.Context) error {
	now := "replies and commands of staff stay off"
	if s, err := t.desk.TrustState(ctx, t.box.Name); err == nil && s.Shown {
		now = fmt.Sprintf("replies and commands of staff stay on, by the test mail of %s", s.Verdict.At.Format(time.DateOnly))
	}
	return fmt.Errorf("the test mail to %s did not come into %s within %s, though the mail server took it (Message-ID %s); %s; a daemon that runs judges it if it comes within the hour; --wait 5m waits longer",
		t.mail.Address, t.box.IMAP.Folder, t.patience, t.mail.MessageID, now)
}

// verdict says what was shown. A mail that showed the worst is left for a look at its header.
func (t *trustTest) verdict(v ticket.TrustVerdict, find *ingest.Finder, found *ingest.Found) (string, error) {
	if !v.OK {
		left := ""
		if loopback(t.cfg.SMTP.Host) && slices.ContainsFunc(v.Believed, func(b string) bool { return strings.HasPrefix(b, "Received") }) {
			left = fmt.Sprintf("; hops within the machine itself are looked past, and the test mail was handed in at %s: let smtp.host name the server from outside", t.cfg.SMTP.Host)
		}
		if found != nil {
			left += fmt.Sprintf("; the test mail is left in %s for a look at its header (UID %d)", found.Folder, found.UID) + t.otherName(found.Raw)
		}
		return "", fmt.Errorf("our mail server lets forged copies through, and they would be believed: %s; replies and commands of staff are off until it strips them (docs/operating.md, Replies of staff)%s",
			strings.Join(v.Believed, ", "), left)
	}
	text := fmt.Sprintf("forged copies of %s are stripped or not believed; replies and commands of staff are on", t.cfg.Trust.relied())
	if found == nil {
		return text + "; the daemon has the test mail", nil
	}
	if other := t.otherName(found.Raw); other != "" {
		text += "; but mails of staff will hardly be proven" + strings.Replace(other, "; in", ": in", 1)
	}
	switch gone, err := find.Remove(*found); {
	case err != nil:
		text += "; the test mail could not be removed: " + err.Error()
	case !gone:
		text += fmt.Sprintf("; the test mail is left in %s: the server has no UIDPLUS, by which it could be removed alone", found.Folder)
	}
	return text, nil
}

// otherName guesses a common mistake: the topmost Authentication-Results is our mail server's, under a name that the configuration does not have, so that the
// server strips the copies of that name, and of no other (RFC 8601, 5).
func (t *trustTest) otherName(raw []byte) string {
	fields := message.Parse(raw, message.DefaultLimits()).Header.RawValues("Authentication-Results")
	if len(t.cfg.Trust.AuthRes) == 0 || len(fields) == 0 || strings.Contains(strings.ToLower(fields[0]), t.mail.Mark) {
		return ""
	}
	id, _, _ := strings.Cut(fields[0], ";")
	words := strings.Fields(id)
	if len(words) == 0 || !goodHost(words[0]) || slices.ContainsFunc(t.cfg.Trust.AuthRes, func(known string) bool { return strings.EqualFold(strings.TrimSpace(known), words[0]) }) {
		return ""
	}
	return fmt.Sprintf("; in the header on top the server calls itself %s: if that is our own, trust.authres has to name it, and it alone", words[0])
}
