package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/rules"
)

// passOn enters what a mail of staff says for the customer, one outgoing mail for each who takes part, and lets the ticket wait for them.
func (d *Desk) passOn(tx Tx, u understood, c *staffClaim, g *deed, b commandBlock) error {
	fresh := u.mail.Fresh(b.skip)
	if b.hasNote {
		return nil
	}
	if strings.TrimSpace(fresh.Text) == "" && (len(b.commands) > 0 || len(fresh.Attach) == 0) {
		return d.nothingToSend(g, b, fresh)
	}
	if message.IsForward(u.mail.Subject) {
		return g.held(words{
			"Deine Mail ist eine Weiterleitung, keine Antwort; der Kunde bekommt sie nicht. Soll er sie bekommen, antworte auf die Benachrichtigung; soll sie im Ticket bleiben, schreib #note in die erste Zeile.",
			"Your mail passes something on and is no reply; the customer does not get it. If he is to get it, reply to the notice; if it is to stay in the ticket, write #note into the first line."})
	}
	if u.mail.PointsBelow() {
		return g.held(words{
			"Du verweist auf Antworten unten im Zitat; Zitate gehen nicht an den Kunden. Schreib die Antworten nach oben.",
			"You point to answers below, within the quote; quotes do not go to the customer. Write the answers on top."})
	}
	if slices.ContainsFunc(slices.Concat(fresh.Attach, fresh.Inline), func(a message.Attachment) bool { return a.Data == nil && a.Size > 0 }) {
		return g.held(words{
			"Die Anhänge sind zu groß, um weitergegeben zu werden (" + megabytes(sizeOf(fresh)) + "). Schick sie auf einem anderen Weg, oder in mehreren Mails.",
			"The attachments are too large to be passed on (" + megabytes(sizeOf(fresh)) + "). Send them another way, or in several mails."})
	}
	if !g.person.may(RightCustomer) {
		return g.held(noCustomer)
	}
	if d.o.Observe {
		return g.held(words{"Modus observe: an Kunden geht nichts hinaus.", "Mode observe: nothing goes to customers."})
	}
	if g.ticket == nil {
		return g.held(words{"Zu diesem Notfall gibt es kein Ticket und keine E-Mail-Adresse. Ruf den Kunden an.", "This emergency has no ticket and no mail address. Call the customer."})
	}
	if size := sizeOf(fresh); size > d.o.Bounds.ReplyAttachments {
		return g.held(words{
			fmt.Sprintf("Die Anhänge haben zusammen %s, mehr als %s (limits.reply_attachments). Schick weniger, oder einen Link.", megabytes(size), megabytes(d.o.Bounds.ReplyAttachments)),
			fmt.Sprintf("The attachments have %s together, more than %s (limits.reply_attachments). Send fewer, or a link.", megabytes(size), megabytes(d.o.Bounds.ReplyAttachments))})
	}
	if leak, err := d.leaks(tx, c, u.mail, fresh); err != nil || !leak.empty() {
		if err == nil {
			err = g.held(leak)
		}
		return err
	}
	if err := d.notAgain(tx, u, g); err != nil {
		return err
	}
	if err := d.inTurn(tx, c, g); err != nil {
		return err
	}
	p, err := d.partyOf(tx, *g.ticket, c.answers.MailID)
	if err != nil {
		return err
	}
	if p.to == "" {
		return g.held(p.why)
	}
	p, direct := withoutDirect(p, u.mail)
	if err := d.addRelays(tx, g, p); err != nil {
		return err
	}
	if err := d.answeredByStaff(tx, g.ticket, g.person.Name, g.written); err != nil {
		return err
	}
	if err := d.deedEvent(tx, g, "staff answer", howAnswered(c, p, direct)); err != nil {
		return err
	}
	return d.tellLeftOut(tx, u, c, g, p, direct)
}

// withoutDirect takes out of a party whom the writer has in To or Cc himself: they have the mail already.
func withoutDirect(p party, m *message.Mail) (rest party, direct []string) {
	has := func(address string) bool {
		return slices.ContainsFunc(slices.Concat(m.To, m.Cc), func(a message.Address) bool { return strings.EqualFold(a.Address, address) })
	}
	for _, a := range p.all() {
		switch {
		case has(a):
			direct = append(direct, a)
		case rest.to == "":
			rest.to = a
		default:
			rest.cc = append(rest.cc, a)
		}
	}
	return rest, direct
}

func howAnswered(c *staffClaim, p party, direct []string) string {
	var parts []string
	if p.to != "" {
		parts = append(parts, "goes to "+strings.Join(p.all(), ", "))
	}
	if len(direct) > 0 {
		parts = append(parts, "was sent to "+strings.Join(direct, ", ")+" by its writer")
	}
	return c.how + "; " + strings.Join(parts, "; ")
}

// nothingToSend is for a mail without new text: nothing is amiss if it holds commands, and no attachment that somebody would miss.
func (d *Desk) nothingToSend(g *deed, b commandBlock, fresh message.Fresh) error {
	switch {
	case len(b.commands) == 0:
		return g.held(words{"Deine Mail hat keinen neuen Text. Schreib die Antwort über das Zitat; #help nennt die Befehle.", "Your mail has no new text. Write the reply above the quote; #help names the commands."})
	case len(fresh.Attach) > 0:
		return g.held(words{
			"Deine Mail hat Befehle und Anhänge, aber keinen Text. Mit einer Zeile Text unter den Befehlen gehen die Anhänge an den Kunden, mit #note bleiben sie intern.",
			"Your mail has commands and attachments, and no text. With a line of text below the commands the attachments go to the customer, with #note they stay internal."})
	}
	return nil
}

func sizeOf(f message.Fresh) (n int64) {
	for _, a := range slices.Concat(f.Attach, f.Inline) {
		n += a.Size
	}
	return n
}

// sameWords is how long a person does not say the very same to a customer twice. A program that answers each mail of ours in his name does, and would
// talk to another one for ever: it answers receipts, too.
const sameWords = time.Hour

func (d *Desk) notAgain(tx Tx, u understood, g *deed) error {
	os, err := tx.Outs(OutQuery{TicketID: g.ticket.ID, Kinds: []OutKind{OutRelay}, Since: d.now().Add(-sameWords)})
	if err != nil {
		return err
	}
	for _, o := range os {
		if o.Detail != g.person.Name || o.State == OutFailed {
			continue
		}
		m, ok, err := tx.Mail(o.MailID)
		if err != nil {
			return err
		}
		var line rules.Line
		if !ok || json.Unmarshal(m.Line, &line) != nil || line.Text != u.mail.Text || len(line.Attachments)+len(u.mail.Attachments)+len(u.mail.Inline) > 0 {
			continue
		}
		since := d.now().Sub(o.Created)
		return g.held(words{
			fmt.Sprintf("Genau dasselbe ging vor %s schon an diesen Kunden. Soll er es noch einmal bekommen, ändere den Text.", ago(since, "de")),
			fmt.Sprintf("The very same went to this customer %s ago. If he is to get it once more, change the text.", ago(since, "en"))})
	}
	return nil
}

// inTurn holds back what another person has just answered, and a storm of answers: the customer must not be told two things at once. Whoever
// answers the mail by which he was told so means it.
func (d *Desk) inTurn(tx Tx, c *staffClaim, g *deed) error {
	if c.answers.Reason == ReasonNotDone {
		return nil
	}
	os, err := tx.Outs(OutQuery{TicketID: g.ticket.ID, Kinds: []OutKind{OutRelay}, Since: d.now().Add(-d.o.Bounds.RepliesWithin)})
	if err != nil {
		return err
	}
	sent := map[int64]bool{}
	for _, o := range os {
		sent[o.MailID] = true
		if o.Detail != g.person.Name && d.now().Sub(o.Created) < d.o.Bounds.ReplyCollision {
			return g.held(words{
				fmt.Sprintf("%s hat diesem Kunden vor %s geantwortet. Sieh nach, was er schon weiß; soll deine Antwort trotzdem hinaus, antworte auf diese Mail hier mit deinem Text.", o.Detail, ago(d.now().Sub(o.Created), "de")),
				fmt.Sprintf("%s replied to this customer %s ago. See what he knows already; if your reply is to go out all the same, reply to this mail here with your text.", o.Detail, ago(d.now().Sub(o.Created), "en"))})
		}
	}
	if len(sent) >= d.o.Bounds.RepliesPerTicket {
		return g.held(words{
			fmt.Sprintf("In den letzten %s gingen schon %d Mails an diesen Kunden. Soll auch deine hinaus, antworte auf diese Mail hier mit deinem Text.", ago(d.o.Bounds.RepliesWithin, "de"), len(sent)),
			fmt.Sprintf("%d mails went to this customer within the last %s. If yours is to go out, too, reply to this mail here with your text.", len(sent), ago(d.o.Bounds.RepliesWithin, "en"))})
	}
	return nil
}

// addRelays enters the outgoing mails; the customer's is the first.
func (d *Desk) addRelays(tx Tx, g *deed, p party) error {
	for _, to := range p.all() {
		o := Out{
			Kind: OutRelay, State: OutWaiting, TicketID: g.ticket.ID, MailID: g.mailID, Mailbox: g.ticket.Mailbox, Recipient: to, Reason: ReasonStaff,
			Detail: g.person.Name, Language: g.ticket.Language, Created: d.now(), NextAt: d.now(), Key: fmt.Sprintf("relay:%d:%s", g.mailID, to),
		}
		if _, err := tx.AddOut(&o); err != nil {
			return err
		}
		if to != p.to { // whoever is written to may answer
			if err := tx.AddParticipant(Participant{TicketID: g.ticket.ID, Address: to, Since: d.now(), Why: "took part already"}); err != nil {
				return err
			}
		}
	}
	return nil
}

// answeredByStaff: the ticket waits for the customer, unless he has written after staff did.
func (d *Desk) answeredByStaff(tx Tx, t *Ticket, who string, written time.Time) error {
	if t.State == Closed {
		if err := tx.AddEvent(Event{TicketID: t.ID, At: d.now(), Actor: who, What: "reopened", Why: "staff wrote to the customer"}); err != nil {
			return err
		}
	}
	if written.IsZero() || written.After(d.now()) {
		written = d.now()
	}
	t.State, t.LastStaffAt, t.AnsweredBy, t.Updated = Waiting, later(t.LastStaffAt, written), who, d.now()
	if written.Before(t.LastCustomerAt) {
		t.State = Open
	}
	return tx.PutTicket(*t)
}

// tellLeftOut tells a person that somebody whom he had in copy is not added, for nobody gets a customer's mails silently; and that a customer has got
// the mail from himself, with all that it quotes.
func (d *Desk) tellLeftOut(tx Tx, u understood, c *staffClaim, g *deed, p party, direct []string) error {
	var out []string
	for _, a := range slices.Concat(u.mail.To, u.mail.Cc) {
		address := strings.ToLower(a.Address)
		if !slices.Contains(p.all(), address) && !slices.Contains(direct, address) && !d.isStaffAddress(address) && !d.isOurs(address) && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	var undone []Undone
	if len(direct) > 0 {
		all := strings.Join(direct, ", ")
		undone = append(undone, Undone{Why: words{
			"Direkt von dir ging deine Mail schon an " + all + ", samt allem, was sie zitiert; dorthin wurde sie nicht noch einmal geschickt. Antworte das nächste Mal nur der Adresse der Benachrichtigung.",
			"You have sent your mail to " + all + " yourself, with all that it quotes; it was not sent there again. Next time reply to the address of the notice alone.",
		}.in(g.language)})
	}
	if len(out) > 0 {
		all := strings.Join(out, ", ")
		undone = append(undone, Undone{Why: words{
			all + " nimmt an diesem Ticket nicht teil und wurde nicht dazugenommen (und hat deine Mail samt Zitat vielleicht von dir selbst bekommen). Soll jemand dazukommen, muss ihn der Kunde in Kopie nehmen.",
			all + " takes no part in this ticket and was not added (and may have got your mail, with what it quotes, from yourself). To add somebody, the customer has to take him into copy.",
		}.in(g.language)})
	}
	if len(undone) == 0 {
		return nil
	}
	return d.tellUndone(tx, *c, g.mailID, fmt.Sprintf("left-out:%d", g.mailID), undone)
}
