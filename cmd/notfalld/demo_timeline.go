package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"notfalld/message"
	"notfalld/postoffice"
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

	office *postoffice.Office
	pager  *demoPager

	mails  map[string]int                   // per ticket, mails told already
	stands map[string]ticket.State          // per ticket, told already
	states map[string]ticket.EmergencyState // per emergency, told already
	outs   int64                            // id of the last answer told
	rings  int                              // of the pager, told already
	quiet  int64                            // mails left alone, told already
	copies int64
}

func newTimeline(m *Main, c *demoCmd, clock *shiftedClock, office *postoffice.Office, pager *demoPager) *timeline {
	return &timeline{out: m.Stdout, json: c.JSON, term: m.term(), clock: clock, words: demoWords()[c.Lang], office: office, pager: pager,
		mails: map[string]int{}, stands: map[string]ticket.State{}, states: map[string]ticket.EmergencyState{}}
}

// demoWords is what the demo says, in both languages. What the mails say is the product's.
func demoWords() map[string]map[string]string {
	return map[string]map[string]string{
		"de": {
			"title": "notfalld demo: eine Nacht bei Alpenrack Hosting", "saturday": "Samstag, 14. März 2026. Der Support ist geschlossen; alarmiert ist niemand.",
			"monday": "Montag, 16. März 2026. Der Support ist da.", "in": "E-Mail von", "ticket": "Ticket", "joins": "kommt dazu zu", "servers": "Server", "errors": "Fehler",
			"customer": "Kundennummer", "phones": "Rückruf", "missing": "fehlt", "answered": "BEANTWORTET", "nobody": "NIEMAND WURDE VERSTÄNDIGT",
			"staff": "die Technik weiß es per Mail", "untouched": "nicht unsere Sache: bleibt, wie sie war", "copy": "dieselbe Mail noch einmal: erkannt, nicht noch einmal beantwortet",
			"petra triggers": "Petra löst den Notfall aus", "anna acks": "Anna übernimmt", "anna calls": "Anna hat Petra angerufen", "paul triggers": "Paul löst zuerst aus und mailt dann",
			"anna cancels": "Anna storniert: Es war die Firewall des Kunden", "anna resolves": "Anna ist fertig", "rings": "DER PAGER LÄUTET", "silent": "der Pager weiß es",
			"form": "Formular", "emergency": "Notfall", "state.acknowledged": "jemand hat übernommen", "state.called_back": "zurückgerufen", "state.resolved": "erledigt", "state.cancelled": "storniert", "no ticket": "noch keine E-Mail dazu", "by": "Rückruf bis", "table": "Wie die Technik die Nacht sieht: notfalld emergency list",
			"anna replies": "Anna antwortet aus ihrem Mailprogramm auf die Meldung", "stranger closes": "jemand schickt als Anna ein #close, mit einer abgefangenen Meldung",
			"bernd is away": "Bernds Postfach antwortet auf die Meldung: Abwesenheitsnotiz", "anna closes": "Anna tippt in der Meldung auf #close",
			"relayed": "AN DEN KUNDEN", "not done": "NICHT GETAN, gesagt wird es", "from": "als", "unverified": "NICHT NACHGEWIESEN: nichts getan, nichts verschickt; die Technik weiß es per Mail", "noted": "von selbst geschrieben: nur vermerkt in",
			"stands.open": "wir sind dran", "stands.waiting": "wartet auf den Kunden", "stands.closed": "geschlossen",
			"missing.problem": "Problem", "missing.servers": "Server", "missing.error": "Fehlermeldung", "missing.customer_number": "Kundennummer",
			"missing.phone": "Telefon", "missing.reproduction": "Nachstellen", "missing.changes": "Änderungen",
			"whole": "Die erste Antwort im Ganzen, wie Petra sie auf dem Telefon liest:", "known": "bekannt", "unknown": "unbekannt",
			"try": "Jetzt Sie. Alles bleibt offen, bis Sie Strg-C drücken. Ein Mailprogramm (ohne Verschlüsselung, nur auf diesem Rechner):", "users": "Benutzer", "pass": "Passwort für alle",
			"write": "Schreiben Sie als einer der Kunden an " + demoSupport + ", Betreff Notfall-Support. Die Antwort kommt in dessen Posteingang, die Meldung zu anna und bernd. Oder lösen Sie im Formular einen Notfall aus (Kundennummer 104711): Der Pager läutet hier.",
			"reply": "Antworten Sie als anna oder bernd auf eine Meldung: Was über dem Zitat steht, bekommt der Kunde. Befehle stehen ganz oben: #close, #note, #help. Zum Beispiel so:",
		},
		"en": {
			"title": "notfalld demo: a night at Alpenrack Hosting", "saturday": "Saturday, 14 March 2026. Support is closed; nobody is alarmed.",
			"monday": "Monday, 16 March 2026. Support is there.", "in": "mail from", "ticket": "ticket", "joins": "joins", "servers": "servers", "errors": "error",
			"customer": "customer number", "phones": "call back", "missing": "missing", "answered": "ANSWERED", "nobody": "NOBODY WAS TOLD",
			"staff": "staff know by mail", "untouched": "none of our business: left as it was", "copy": "the same mail once more: recognised, not answered again",
			"petra triggers": "Petra triggers the emergency", "anna acks": "Anna takes over", "anna calls": "Anna has called Petra", "paul triggers": "Paul triggers first, and mails then",
			"anna cancels": "Anna cancels: it was the customer's firewall", "anna resolves": "Anna is done", "rings": "THE PAGER RINGS", "silent": "the pager knows",
			"form": "form", "emergency": "emergency", "state.acknowledged": "taken over", "state.called_back": "called back", "state.resolved": "resolved", "state.cancelled": "cancelled", "no ticket": "no mail of it yet", "by": "call back by", "table": "How staff see the night: notfalld emergency list",
			"anna replies": "Anna replies to the notice from her mail client", "stranger closes": "somebody sends a #close as Anna, with a notice that he got hold of",
			"bernd is away": "Bernd's mailbox replies to the notice: out of office", "anna closes": "Anna taps #close in the notice",
			"relayed": "TO THE CUSTOMER", "not done": "NOT DONE, as is told to", "from": "as", "unverified": "NOT PROVEN: nothing done, nothing sent; staff know by mail", "noted": "written by itself: only noted in",
			"stands.open": "ours to answer", "stands.waiting": "waits for the customer", "stands.closed": "closed",
			"missing.problem": "problem", "missing.servers": "servers", "missing.error": "error message", "missing.customer_number": "customer number",
			"missing.phone": "phone", "missing.reproduction": "how to reproduce", "missing.changes": "recent changes",
			"whole": "The first answer whole, as Petra reads it on her phone:", "known": "known", "unknown": "unknown",
			"try": "Your turn. Everything stays up until you press Ctrl-C. A mail client (no encryption, this machine only):", "users": "users", "pass": "password of all",
			"write": "Write as one of the customers to " + demoSupport + ", subject Notfall-Support. The answer comes into their inbox, the notice to anna and bernd. Or trigger an emergency in the form (customer number 104711): the pager rings here.",
			"reply": "Reply to a notice as anna or bernd: what stands above the quote goes to the customer. Commands stand at the very top: #close, #note, #help. For example so:",
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

// act says what somebody does.
func (t *timeline) act(word string) { t.line(bold, "▸", "%s", t.words[word]) }

// news tells what is new in the store, and what the pager has shown, since it was last asked.
func (t *timeline) news(ctx context.Context, s ticket.Store) error {
	if err := t.emergencies(ctx, s); err != nil {
		return err
	}
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
		if told := t.stands[sum.ID]; told != "" && told != sum.State {
			t.line(yellow, " ", "%s %s: %s", t.words["ticket"], sum.ID, t.words["stands."+string(sum.State)])
		}
		t.stands[sum.ID] = sum.State
	}
	return t.answers(ctx, s)
}

// emergencies tells of new ones, and of those that have come further.
func (t *timeline) emergencies(ctx context.Context, s ticket.Store) error {
	all, err := ticket.ListEmergencies(ctx, s, ticket.EmergencyQuery{Limit: 50})
	if err != nil {
		return err
	}
	for i := len(all) - 1; i >= 0; i-- {
		v := all[i]
		told, known := t.states[v.ID]
		t.states[v.ID] = v.State
		switch {
		case !known:
			t.line(yellow, " ", "%s %s: %s %s", t.words["emergency"], v.ID, t.words["by"], v.CallbackBy.In(mustVienna()).Format("15:04"))
			t.fact("ticket", cmp.Or(strings.Join(v.Tickets, ", "), t.words["no ticket"]))
			t.fact("customer", v.CustomerNumber)
			t.fact("phones", v.Phone)
		case told != v.State:
			t.line(yellow, " ", "%s %s: %s", t.words["emergency"], v.ID, t.words["state."+string(v.State)])
		}
	}
	for _, r := range t.pager.since(t.rings) {
		t.rings++
		if r.event == "emergency."+ticket.PageTriggered || r.event == "emergency."+ticket.PageReminder || r.event == "emergency."+ticket.PageOverdue {
			t.line(red, "♪", "%s: %s", t.words["rings"], r.summary)
		} else {
			t.line(dim, " ", "%s: %s", t.words["silent"], r.summary)
		}
	}
	return nil
}

// answers tells which mails customers have got, and who of staff was told that something was not done.
func (t *timeline) answers(ctx context.Context, s ticket.Store) error {
	var outs []ticket.Out
	q := ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutAnswer, ticket.OutConfirmation, ticket.OutRelay, ticket.OutNotice}, States: []ticket.OutState{ticket.OutSent}, Limit: 100}
	if err := s.View(ctx, func(tx ticket.Tx) (err error) { outs, err = tx.Outs(q); return err }); err != nil {
		return err
	}
	last := t.outs
	for i := len(outs) - 1; i >= 0; i-- {
		o := outs[i]
		if o.ID <= last || o.Kind == ticket.OutNotice && o.Reason != ticket.ReasonNotDone {
			continue
		}
		t.outs = max(t.outs, o.ID)
		from, subject := t.head(o)
		switch o.Kind {
		case ticket.OutRelay:
			t.line(green, "◂", "%s %s: %s (%s %s)", t.words["relayed"], o.Recipient, subject, t.words["from"], from)
		case ticket.OutNotice:
			t.line(red, "◂", "%s %s: %s", t.words["not done"], o.Recipient, subject)
		default:
			t.line(green, "◂", "%s %s: %s", t.words["answered"], o.Recipient, cmp.Or(subject, o.Row))
		}
	}
	return nil
}

// head is sender and subject of a mail that went out, as its reader sees them.
func (t *timeline) head(o ticket.Out) (from, subject string) {
	for _, d := range t.office.Deliveries() {
		if bytes.Contains(d.Data, []byte("<"+o.MessageID+">")) && len(d.To) == 1 && strings.EqualFold(d.To[0], o.Recipient) {
			if m := message.Parse(d.Data, message.DefaultLimits()); m.MessageID == o.MessageID {
				return fmt.Sprintf("%s <%s>", m.From[0].Name, m.From[0].Address), m.Subject
			}
		}
	}
	return "", ""
}

func (t *timeline) newMails(ctx context.Context, s ticket.Store, number string) error {
	id, _ := ticket.ParseNumber(number)
	d, err := ticket.Show(ctx, s, id)
	if err != nil {
		return err
	}
	for i := t.mails[number]; i < len(d.Mails); i++ {
		switch d.Mails[i].Kind {
		case ticket.StaffMail: // what came of it is told by the ticket's state, and by what goes out
			continue
		case ticket.UnverifiedMail:
			t.line(red, "!", "%s", t.words["unverified"])
			continue
		case ticket.NoteMail:
			t.line(dim, " ", "%s %s", t.words["noted"], number)
			continue
		}
		var l rules.Line
		if err := json.Unmarshal(d.Mails[i].Facts, &l); err != nil {
			return err
		}
		verb := "ticket"
		if i > 0 {
			verb = "joins"
		}
		t.line(yellow, " ", "%s %s", t.words[verb], number)
		t.fact("emergency", d.Emergency)
		if i > 0 {
			l.Missing = nil // the ticket may have it
		}
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

// table shows the emergencies as staff see them.
func (t *timeline) table(ctx context.Context, s ticket.Store) error {
	all, err := ticket.ListEmergencies(ctx, s, ticket.EmergencyQuery{})
	if err != nil || t.json {
		return err
	}
	now := t.clock.Now()
	sortByClock(all, now)
	t.prose("\n%s\n\n", t.term.paint(bold, t.words["table"]))
	page{t.out, t.term, mustVienna()}.emergencies(all, now)
	t.prose("\n")
	return nil
}

func (t *timeline) invitation(imap, smtp, http string) {
	t.prose("%s\n\n", t.term.paint(bold, t.words["try"]))
	var names []string
	for _, u := range demoUsers() {
		names = append(names, u[0]+" ("+u[1]+")")
	}
	t.prose("  IMAP  %s\n  SMTP  %s\n  HTTP  http://%s/readyz\n  %s  http://%s/notfall\n  %s: %s\n  %s: %s\n\n%s\n\n%s\n\n  %s\n\n", imap, smtp, http, t.words["form"], http,
		t.words["users"], strings.Join(names, ", "), t.words["pass"], demoPassword, t.words["write"], t.words["reply"], muttLine(imap, smtp))
}

// muttLine opens anna's mailbox in a mail client that many have at hand.
func muttLine(imap, smtp string) string {
	login := "anna:" + demoPassword + "@"
	return fmt.Sprintf("mutt -F /dev/null -e 'set from=%s realname=\"Anna Berger\" ssl_starttls=no ssl_force_tls=no smtp_url=smtp://%s%s/ folder=imap://%s%s/ record=+Sent' -f =INBOX",
		demoAnna, login, smtp, login, imap)
}
