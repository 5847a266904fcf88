package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"notfalld/ingest"
	"notfalld/outbox"
	"notfalld/store"
)

// onlineTimeout bounds each look at a server.
const onlineTimeout = 20 * time.Second

// online looks at the servers as the daemon would meet them. It changes nothing there, but for a test mail where the proof of being staff has to be shown.
func (k *checker) online(ctx context.Context, cfg *Config) {
	for _, m := range cfg.Mailboxes {
		what := "imap " + m.Name
		o, err := cfg.ingestOptions(m, nil)
		if err != nil {
			k.sayErr(what, "", err)
			continue
		}
		within, cancel := context.WithTimeout(ctx, onlineTimeout)
		r, err := ingest.Probe(within, o)
		cancel()
		if err == nil && r.ReadOnly {
			err = fmt.Errorf("%s: %s can be read only: no mail in it can be marked; give the login the right to set flags", r.Address, r.Folder)
		}
		k.sayErr(what, imapText(m, r), err)
		if err == nil {
			k.sent(ctx, m, o)
		}
	}
	o, err := cfg.outboxOptions(nil)
	text := ""
	if err == nil {
		within, cancel := context.WithTimeout(ctx, onlineTimeout)
		text, err = outbox.Probe(within, o)
		cancel()
	}
	k.sayErr("smtp", fmt.Sprintf("%s port %d: %s", cfg.SMTP.Host, cfg.SMTP.Port, text), err)
	k.store(ctx, cfg)
	k.trust(ctx, cfg)
	k.alarm(ctx, cfg)
}

// store opens the store as a reader: a database that is not there yet is made at the first start. But what a test mail shows has to be kept.
func (k *checker) store(ctx context.Context, cfg *Config) {
	o, text := store.Options{ReadOnly: !cfg.needsTrustMail()}, "opens"
	if path, ok := sqlitePath(cfg.Store.URL); ok && !exists(path) {
		if o.ReadOnly {
			k.sayErr("store", path+" is not there yet: it is made at the first start", nil)
			return
		}
		text = path + " was not there yet, and was made for what the test mail shows; the daemon must be able to write it"
	}
	within, cancel := context.WithTimeout(ctx, onlineTimeout)
	defer cancel()
	s, err := store.Open(within, cfg.Store.URL, o)
	if err == nil {
		err = s.Close()
	}
	k.sayErr("store", text, err)
}

// sent looks for the folder of sent mails. That there is none is no fault: it may come with the first mail.
func (k *checker) sent(ctx context.Context, m Mailbox, o ingest.Options) {
	o, ok := m.sentOptions(o)
	if !ok {
		return
	}
	within, cancel := context.WithTimeout(ctx, onlineTimeout)
	defer cancel()
	r, err := ingest.Probe(within, o)
	text := holds(r.Folder, r)
	switch {
	case r.Missing != "":
		text = r.Missing + ": replies sent straight from the mailbox are not seen; name their folder in imap.sent_folder"
	case r.Folder != m.IMAP.SentFolder:
		text = fmt.Sprintf(`there is no folder %q, so %q is read, which the server calls \Sent; %s`, m.IMAP.SentFolder, r.Folder, holds("it", r))
	}
	k.sayErr("sent mails "+m.Name, text, err)
}

func holds(what string, r ingest.Report) string {
	return fmt.Sprintf("%s holds %d %s", what, r.Mails, plural(int(r.Mails), "mail", "mails"))
}

// imapText says what a mailbox can do, and what it cannot, where that changes how the daemon works.
func imapText(m Mailbox, r ingest.Report) string {
	said := []string{r.Address, "logged in as " + m.IMAP.Username, holds(r.Folder, r)}
	for _, can := range []struct {
		can     bool
		yes, no string
	}{
		{r.Encrypted, "encrypted", "not encrypted"},
		{r.Idle || !m.IMAP.Idle, "", fmt.Sprintf("no IDLE: new mail is seen every %s", m.IMAP.Poll)},
		{r.Keyword, "", "it takes no keyword " + m.Mark.Keyword + ": mails stay unmarked"},
		{r.MoveTo, "", "folder " + m.Mark.MoveTo + " will be made"},
		{m.Mark.MoveTo == "" || r.Move || r.UIDPlus, "", "neither MOVE nor UIDPLUS: moved mails stay behind, marked as deleted"},
	} {
		if can.can && can.yes != "" {
			said = append(said, can.yes)
		} else if !can.can {
			said = append(said, can.no)
		}
	}
	return strings.Join(said, "; ")
}
