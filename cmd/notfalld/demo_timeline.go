package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/ticket"
)

// timeline tells the demo to a person: what came in, what was understood, what was answered.
type timeline struct {
	out   io.Writer
	json  bool // one object for each line of the timeline, and nothing else
	term  Term
	clock *shiftedClock
	words map[string]string

	mails   map[string]int             // per ticket, mails told already
	replies map[string]map[string]bool // per ticket, Message-IDs of answers told already
	quiet   int64                      // mails left alone, told already
	copies  int64
}

func newTimeline(m *Main, c *demoCmd, clock *shiftedClock) *timeline {
	return &timeline{out: m.Stdout, json: c.JSON, term: m.term(), clock: clock, words: demoWords()[c.Lang], mails: map[string]int{}, replies: map[string]map[string]bool{}}
}

// demoWords is what the demo says, in both languages. What the mails say is the product's.
func demoWords() map[string]map[string]string {
	return map[string]map[string]string{
		"de": {
			"title": "notfalld demo: eine Nacht bei Alpenrack Hosting", "saturday": "Samstag, 14. März 2026. Der Support ist geschlossen; alarmiert ist niemand.",
			"monday": "Montag, 16. März 2026. Der Support ist da.", "in": "E-Mail von", "ticket": "Ticket", "joins": "kommt dazu zu", "servers": "Server", "errors": "Fehler",
			"customer": "Kundennummer", "phones": "Rückruf", "missing": "fehlt", "answered": "BEANTWORTET", "nobody": "NIEMAND WURDE VERSTÄNDIGT",
			"staff": "die Technik weiß es per Mail", "untouched": "nicht unsere Sache: bleibt, wie sie war", "copy": "dieselbe Mail noch einmal: erkannt, nicht noch einmal beantwortet",
			"missing.problem": "Problem", "missing.servers": "Server", "missing.error": "Fehlermeldung", "missing.customer_number": "Kundennummer",
			"missing.phone": "Telefon", "missing.reproduction": "Nachstellen", "missing.changes": "Änderungen",
			"whole": "Die erste Antwort im Ganzen, wie Petra sie auf dem Telefon liest:", "known": "bekannt", "unknown": "unbekannt",
			"try": "Jetzt Sie. Alles bleibt offen, bis Sie Strg-C drücken. Ein Mailprogramm (ohne Verschlüsselung, nur auf diesem Rechner):", "users": "Benutzer", "pass": "Passwort für alle",
			"write": "Schreiben Sie als einer der Kunden an " + demoSupport + ", Betreff Notfall-Support. Die Antwort kommt in dessen Posteingang, die Meldung zu anna.",
		},
		"en": {
			"title": "notfalld demo: a night at Alpenrack Hosting", "saturday": "Saturday, 14 March 2026. Support is closed; nobody is alarmed.",
			"monday": "Monday, 16 March 2026. Support is there.", "in": "mail from", "ticket": "ticket", "joins": "joins", "servers": "servers", "errors": "error",
			"customer": "customer number", "phones": "call back", "missing": "missing", "answered": "ANSWERED", "nobody": "NOBODY WAS TOLD",
			"staff": "staff know by mail", "untouched": "none of our business: left as it was", "copy": "the same mail once more: recognised, not answered again",
			"missing.problem": "problem", "missing.servers": "servers", "missing.error": "error message", "missing.customer_number": "customer number",
			"missing.phone": "phone", "missing.reproduction": "how to reproduce", "missing.changes": "recent changes",
			"whole": "The first answer whole, as Petra reads it on her phone:", "known": "known", "unknown": "unknown",
			"try": "Your turn. Everything stays up until you press Ctrl-C. A mail client (no encryption, this machine only):", "users": "users", "pass": "password of all",
			"write": "Write as one of the customers to " + demoSupport + ", subject Notfall-Support. The answer comes into their inbox, the notice to anna.",
		},
	}
}

func (t *timeline) line(s style, mark, format string, args ...any) {
	text := oneLine(fmt.Sprintf(format, args...))
	if t.json {
		_ = json.NewEncoder(t.out).Encode(map[string]any{"at": t.clock.Now().In(mustVienna()), "mark": mark, "text": text})
		return
	}
	now := t.clock.Now().In(mustVienna()).Format("15:04:05")
	if room := t.term.Width - 14; len([]rune(text)) > room && t.term.Terminal {
		text = string([]rune(text)[:room-1]) + "…"
	}
	fmt.Fprintf(t.out, "%s  %s %s\n", t.term.paint(dim, now), t.term.paint(s, mark), t.term.paint(s, text))
}

func (t *timeline) chapter(word string) { t.prose("\n%s\n\n", t.term.paint(bold, t.words[word])) }

// prose is what only people read.
func (t *timeline) prose(format string, args ...any) {
	if !t.json {
		fmt.Fprintf(t.out, format, args...)
	}
}

func (t *timeline) opening() {
	t.prose("%s\n", t.term.paint(bold, t.words["title"]))
	t.chapter("saturday")
}

func (t *timeline) incoming(m *message.Mail) {
	t.line(bold, "▸", "%s %s: %s", t.words["in"], m.From[0].Address, m.Subject)
}

// news tells what is new in the store since it was last asked.
func (t *timeline) news(ctx context.Context, s ticket.Store) error {
	all, err := ticket.List(ctx, s, ticket.TicketQuery{Limit: 50})
	if err != nil {
		return err
	}
	for i := len(all) - 1; i >= 0; i-- {
		sum := all[i]
		if sum.Mails > t.mails[sum.ID] {
			if err := t.newMails(ctx, s, sum.ID); err != nil {
				return err
			}
		}
		for _, r := range sum.Replies {
			if r.State != ticket.OutSent || t.replies[sum.ID][r.MessageID] {
				continue
			}
			if t.replies[sum.ID] == nil {
				t.replies[sum.ID] = map[string]bool{}
			}
			t.replies[sum.ID][r.MessageID] = true
			t.line(green, "◂", "%s %s: %s", t.words["answered"], r.To, r.Says)
		}
	}
	return nil
}

func (t *timeline) newMails(ctx context.Context, s ticket.Store, number string) error {
	id, _ := ticket.ParseNumber(number)
	d, err := ticket.Show(ctx, s, id)
	if err != nil {
		return err
	}
	for i := t.mails[number]; i < len(d.Mails); i++ {
		var l rules.Line
		if err := json.Unmarshal(d.Mails[i].Facts, &l); err != nil {
			return err
		}
		verb := "ticket"
		if i > 0 {
			verb = "joins"
		}
		t.line(yellow, " ", "%s %s", t.words[verb], number)
		t.facts(l)
		if !l.AutoReply.Send && i == 0 {
			t.line(red, "!", "%s (%s); %s", t.words["nobody"], l.AutoReply.Reason, t.words["staff"])
		}
	}
	t.mails[number] = len(d.Mails)
	return nil
}

func (t *timeline) facts(l rules.Line) {
	var servers []string
	for _, s := range l.Servers {
		known := t.words["unknown"]
		if s.Known {
			known = t.words["known"] + " " + s.Owner
		}
		servers = append(servers, s.Name+" ("+strings.TrimSpace(known)+")")
	}
	t.fact("servers", strings.Join(servers, ", "))
	for _, e := range l.Errors {
		t.fact("errors", e.Text)
	}
	t.fact("customer", l.CustomerNumber)
	t.fact("phones", strings.Join(l.Phones, ", "))
	var missing []string
	for _, m := range l.Missing {
		missing = append(missing, t.words["missing."+m])
	}
	t.fact("missing", strings.Join(missing, ", "))
}

func (t *timeline) fact(word, value string) {
	if value != "" {
		t.line("", " ", "  %-13s %s", t.words[word], value)
	}
}

// untouched tells of mails that left no trace in the store.
func (t *timeline) untouched(c *ticket.Counters) {
	if n := c.Untouched.Load(); n > t.quiet {
		t.quiet = n
		t.line(dim, " ", "%s", t.words["untouched"])
	}
	if n := c.Copies.Load(); n > t.copies {
		t.copies = n
		t.line(dim, " ", "%s", t.words["copy"])
	}
}

func (t *timeline) whole(m *message.Mail) {
	t.prose("\n%s\n\n", t.term.paint(bold, t.words["whole"]))
	t.prose("  %s\n\n", t.term.paint(bold, "Subject: "+m.Subject))
	for _, l := range strings.Split(strings.TrimSpace(m.Text), "\n") {
		for _, w := range wrap(l, min(t.term.Width, 78)-4) {
			t.prose("  %s\n", w)
		}
	}
	t.prose("\n")
}

func (t *timeline) invitation(imap, smtp, http string) {
	t.prose("%s\n\n", t.term.paint(bold, t.words["try"]))
	var names []string
	for _, u := range demoUsers() {
		names = append(names, u[0]+" ("+u[1]+")")
	}
	t.prose("  IMAP  %s\n  SMTP  %s\n  HTTP  http://%s/readyz\n  %s: %s\n  %s: %s\n\n%s\n\n", imap, smtp, http,
		t.words["users"], strings.Join(names, ", "), t.words["pass"], demoPassword, t.words["write"])
}
