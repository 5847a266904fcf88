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

// unreadable says why a mail of staff cannot be passed on or executed as a whole.
func unreadable(m *message.Mail) (words, bool) {
	switch {
	case m.Encrypted != "":
		return words{"Deine Mail ist verschlüsselt und kann hier nicht gelesen werden. Schick sie unverschlüsselt.", "Your mail is encrypted and cannot be read here. Send it unencrypted."}, false
	case slices.ContainsFunc(m.Attachments, func(a message.Attachment) bool { return a.NotFetched }):
		return words{"Deine Mail ist zu groß (" + megabytes(m.Size) + "), um sie als Ganzes weiterzugeben. Schick die Anhänge auf einem anderen Weg, oder in mehreren Mails.",
			"Your mail is too large (" + megabytes(m.Size) + ") to be passed on as a whole. Send the attachments another way, or in several mails."}, false
	case m.Problem != "":
		return words{"Deine Mail konnte nicht als Ganzes gelesen werden (" + m.Problem + "). Schick sie noch einmal, am besten als einfachen Text.",
			"Your mail could not be read as a whole (" + m.Problem + "). Send it once more, best as plain text."}, false
	}
	return words{}, true
}

// notToGo says why what a mail of staff says must not go to a customer, as far as the mail itself tells; no words if it may.
func (d *Desk) notToGo(u understood, g *deed, fresh message.Fresh) words {
	if message.IsForward(u.mail.Subject) {
		return words{
			"Deine Mail ist eine Weiterleitung, keine Antwort; der Kunde bekommt sie nicht. Soll er sie bekommen, antworte auf die Benachrichtigung; soll sie im Ticket bleiben, schreib #note in die erste Zeile.",
			"Your mail passes something on and is no reply; the customer does not get it. If he is to get it, reply to the notice; if it is to stay in the ticket, write #note into the first line."}
	}
	if u.mail.PointsBelow() {
		return words{
			"Du verweist auf Antworten unten im Zitat; Zitate gehen nicht an den Kunden. Schreib die Antworten nach oben.",
			"You point to answers below, within the quote; quotes do not go to the customer. Write the answers on top."}
	}
	if slices.ContainsFunc(slices.Concat(fresh.Attach, fresh.Inline), func(a message.Attachment) bool { return a.Data == nil && a.Size > 0 }) {
		return words{
			"Die Anhänge sind zu groß, um weitergegeben zu werden (" + megabytes(sizeOf(fresh)) + "). Schick sie auf einem anderen Weg, oder in mehreren Mails.",
			"The attachments are too large to be passed on (" + megabytes(sizeOf(fresh)) + "). Send them another way, or in several mails."}
	}
	if !g.person.may(RightCustomer) {
		return noCustomer
	}
	if d.o.Observe {
		return words{"Modus observe: an Kunden geht nichts hinaus.", "Mode observe: nothing goes to customers."}
	}
	if g.ticket == nil {
		return words{"Zu diesem Notfall gibt es kein Ticket und keine E-Mail-Adresse. Ruf den Kunden an.", "This emergency has no ticket and no mail address. Call the customer."}
	}
	if size := sizeOf(fresh); size > d.o.Bounds.ReplyAttachments {
		return words{
			fmt.Sprintf("Die Anhänge haben zusammen %s, mehr als %s (limits.reply_attachments). Schick weniger, oder einen Link.", megabytes(size), megabytes(d.o.Bounds.ReplyAttachments)),
			fmt.Sprintf("The attachments have %s together, more than %s (limits.reply_attachments). Send fewer, or a link.", megabytes(size), megabytes(d.o.Bounds.ReplyAttachments))}
	}
	return words{}
}

// asTheNoticeSaid: a notice of an emergency names whoever triggered it as the one whom an answer reaches. Where a ticket of somebody else was tied to the
// emergency since, the words are not for him.
func (d *Desk) asTheNoticeSaid(tx Tx, c *staffClaim, g *deed, p party) error {
	if c.answers.TicketID != 0 || c.answers.EmergencyID == 0 || c.answers.EmergencyID != c.emergency.ID || strings.EqualFold(p.to, c.emergency.Email) {
		return nil
	}
	ls, err := tx.Links(g.ticket.ID)
	if err != nil {
		return err
	}
	for _, l := range ls {
		if l.EmergencyID == c.emergency.ID && l.State == Linked && l.At.After(c.answers.FrozenAt) {
			return g.held(words{
				fmt.Sprintf("Seit der Benachrichtigung wurde %s mit %s verknüpft; deine Antwort ginge jetzt an %s. Antworte auf die Benachrichtigung von %s, oder auf diese Mail hier.", g.ticket.Number(), c.emergency.Number(), mask(p.to), g.ticket.Number()),
				fmt.Sprintf("Since that notice %s was linked to %s; your reply would now go to %s. Reply to the notice of %s, or to this mail here.", g.ticket.Number(), c.emergency.Number(), mask(p.to), g.ticket.Number())})
		}
	}
	return nil
}

// mostSignature is how many lines a signature has at most.
const mostSignature = 12

// tappedOnly says whether a mail is that of a one-tap command, with nothing below it but a signature that its program has put there: the subject is the
// one that we gave it, and what stands below begins with the writer's name, or ours, and holds no sentence: words to the customer are not lost in silence.
func (d *Desk) tappedOnly(u understood, p Person, b commandBlock) bool {
	if len(b.commands) == 0 || !strings.HasSuffix(strings.TrimSpace(tapSubject(u.mail.Subject)), b.commands[0].said) {
		return false
	}
	if b.rest == "" {
		return len(u.mail.Attachments) == 0
	}
	lines := strings.Split(strings.ToLower(b.rest), "\n")
	sentence := func(l string) bool { l = strings.TrimRight(l, " \t*_"); return strings.TrimRight(l, ".!?") != l }
	if len(lines) > mostSignature || len(u.mail.Attachments) > 0 || slices.ContainsFunc(lines, sentence) {
		return false
	}
	names := append(strings.Fields(p.Name), d.o.Company.Name)
	return slices.ContainsFunc(slices.Concat(names, p.Addresses), func(n string) bool {
		return len(n) > 2 && strings.HasPrefix(strings.TrimLeft(lines[0], " \t*_|"), strings.ToLower(n))
	})
}

// tapSubject is the subject of a one-tap mail without its token: "[NS-10001] #ack".
func tapSubject(s string) string {
	s, _, _ = strings.Cut(s, " · ")
	return s
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
