package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/rules"
)

// Participant is an address that takes part in a ticket besides those who have written in it: a customer had it in To or Cc.
type Participant struct {
	TicketID int64
	Address  string // lower case
	Since    time.Time
	Why      string
}

// mostParticipants bounds to how many a customer can have the mails of staff go.
const mostParticipants = 20

// addParticipants lets those take part whom a customer has in To or Cc. A sender who is not proven can name nobody outside his own domain:
// else a forger would have what staff write to the customer come to himself.
func (d *Desk) addParticipants(tx Tx, t Ticket, u understood) error {
	if u.auto.Kind != message.Human || u.proof.Verdict == message.ProofFail {
		return nil
	}
	have, err := tx.Participants(t.ID)
	if err != nil {
		return err
	}
	n := len(have)
	for _, a := range slices.Concat(u.mail.To, u.mail.Cc) {
		address := strings.ToLower(a.Address)
		if n >= mostParticipants || !d.mayTakePart(u, address) || slices.ContainsFunc(have, func(p Participant) bool { return p.Address == address }) {
			continue
		}
		p := Participant{TicketID: t.ID, Address: address, Since: d.now(), Why: u.author.Address + " had it in To or Cc"}
		if err := tx.AddParticipant(p); err != nil {
			return err
		}
		have, n = append(have, p), n+1
	}
	return nil
}

func (d *Desk) mayTakePart(u understood, address string) bool {
	author := strings.ToLower(u.author.Address)
	if address == author || !plausible(address) || d.isStaffAddress(address) || d.isOurs(address) || rules.IsGroup(address, d.o.World.Groups) || !rules.MayWriteTo(address, d.o.World).Send {
		return false
	}
	if u.proof.Verdict == message.ProofPass || len(d.o.Contacts.Find(address)) > 0 {
		return true
	}
	domain := domainOf(author)
	return domainOf(address) == domain && !d.Rules().Link().Freemail(domain)
}

// isOurs says whether an address is a support address, with or without something behind a plus.
func (d *Desk) isOurs(address string) bool {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	local, _, _ = strings.Cut(local, "+")
	is := func(own string) bool { return strings.EqualFold(own, local+"@"+domain) }
	return slices.ContainsFunc(d.o.Mailboxes, func(b Mailbox) bool { return is(b.Address) }) || slices.ContainsFunc(d.o.World.Own, is)
}

// party is to whom a mail of staff in a ticket goes.
type party struct {
	to  string   // the customer, "" if there is none who may be written to
	cc  []string // who else takes part
	why words    // where to is ""
}

// all are those to whom it goes, the customer first.
func (p party) all() []string {
	if p.to == "" {
		return p.cc
	}
	return append([]string{p.to}, p.cc...)
}

// partyOf says to whom a mail of staff goes that answers the notice of the given mail (0: none in particular): to the author of that mail, or else of the
// youngest of the ticket, and to all others who take part.
func (d *Desk) partyOf(tx Tx, t Ticket, mailID int64) (p party, err error) {
	ms, err := tx.Mails(t.ID)
	if err != nil {
		return p, err
	}
	p.to = t.From
	var all []string
	for _, m := range ms {
		if m.Kind != CustomerMail {
			continue
		}
		all = append(all, d.writesFrom(m))
	}
	for _, m := range slices.Backward(ms) {
		if m.Kind == CustomerMail && (m.ID == mailID || !slices.ContainsFunc(ms, func(k Mail) bool { return k.ID == mailID && k.Kind == CustomerMail })) {
			p.to = d.writesFrom(m)
			break
		}
	}
	p.to = strings.ToLower(p.to)
	if r := rules.MayWriteTo(p.to, d.o.World); !plausible(p.to) || !r.Send {
		p.why = words{
			fmt.Sprintf("In %s gibt es keine Adresse, der geantwortet werden kann (%s). Ruf an, oder schreib selbst an die richtige Adresse.", t.Number(), cmp.Or(inLanguage("de", r.Reason), p.to)),
			fmt.Sprintf("In %s there is no address that can be answered (%s). Call, or write to the right address yourself.", t.Number(), cmp.Or(r.Reason, p.to))}
		p.to = ""
		return p, nil
	}
	added, err := tx.Participants(t.ID)
	if err != nil {
		return p, err
	}
	for _, a := range added {
		all = append(all, a.Address)
	}
	for _, a := range all {
		a = strings.ToLower(a)
		if a != p.to && plausible(a) && !slices.Contains(p.cc, a) && !d.isStaffAddress(a) && !d.isOurs(a) && rules.MayWriteTo(a, d.o.World).Send && len(p.cc) < mostParticipants {
			p.cc = append(p.cc, a)
		}
	}
	return p, nil
}

// writesFrom is where the author of a customer's mail is written to. Whoever is not proven, and writes into a ticket that there is, cannot turn what
// staff write to an address that nobody knows: that would be all that a forger needs. Who opens a ticket by a form of the web can.
func (d *Desk) writesFrom(m Mail) string {
	to := strings.ToLower(cmp.Or(m.AnswerTo, m.From))
	domain := domainOf(strings.ToLower(m.From))
	own := domainOf(to) == domain && !d.Rules().Link().Freemail(domain)
	if m.Thread == threadNew || message.Verdict(m.Proof) == message.ProofPass || own {
		return to
	}
	return strings.ToLower(m.From)
}
