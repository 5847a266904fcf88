package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// passOn enters what a mail of staff says for the customer, one outgoing mail for each who takes part, and lets the ticket wait for them.
func (d *Desk) passOn(tx Tx, u understood, c *staffClaim, g *deed, b commandBlock) error {
	fresh := u.mail.Fresh(b.skip)
	if b.hasNote {
		return nil
	}
	if d.tappedOnly(u, g.person, b) {
		if b.rest == "" {
			return nil
		}
		return d.deedEvent(tx, g, "left out", "below the tapped command, taken for a signature: "+oneLine(b.rest))
	}
	if strings.TrimSpace(fresh.Text) == "" && (len(b.commands) > 0 || len(fresh.Attach) == 0) {
		return d.nothingToSend(g, b, fresh)
	}
	if why := d.notToGo(u, g, fresh); !why.empty() {
		return g.held(why)
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
	if err := d.asTheNoticeSaid(tx, c, g, p); err != nil {
		return err
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
