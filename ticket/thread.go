package ticket

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// threadNew is the thread of a mail that opens its ticket.
const threadNew = "new"

// thread says which ticket a mail continues, and on what ground.
type thread struct {
	ticket  Ticket
	found   bool
	how     string // "token", "references", "emergency", "number"
	proven  bool   // the sender may change the ticket, and be told of it
	token   Token  // where how is "token"
	related int64  // a ticket that the mail names without any right to
	why     string
}

var numberShape = regexp.MustCompile(`(?i)\bNS-([0-9]{5,12})\b`)

// findThread looks for a ticket in this order: our token, a known reference, the number in the subject.
func (d *Desk) findThread(tx Tx, u understood) (thread, error) {
	t, err := d.byToken(tx, u)
	if err != nil || t.found {
		return t, err
	}
	t, err = d.byReference(tx, u)
	if err != nil || t.found {
		return t, err
	}
	if e, err := d.byEmergency(tx, u); err != nil || e.found {
		return e, err
	}
	related := t.related
	if t, err = d.byNumber(tx, u); t.related == 0 && !t.found {
		t.related = related
	}
	return t, err
}

// byToken finds a token where clients leave it: plus address, msg-ids (also of our own Message-ID, which holds one), visible line.
func (d *Desk) byToken(tx Tx, u understood) (thread, error) {
	tok, where, ok := d.tokenIn(u.mail)
	if !ok {
		return thread{}, nil
	}
	t, ok, err := tx.Ticket(tok.ID)
	if err != nil || !ok {
		return thread{}, err
	}
	th := thread{ticket: t, found: true, how: "token", token: tok, proven: true, why: "our token in " + where}
	switch {
	case u.proof.Verdict == message.ProofFail:
		th.proven, th.why = false, th.why+", but the sender's domain disowns this mail (DMARC)"
	case !tok.IssuedTo(u.author.Address):
		// Who wrote into the ticket before (a colleague with Reply-To to another) may go on writing.
		if th.proven, err = tx.TakesPart(t.ID, u.author.Address); err != nil {
			return thread{}, err
		}
		if !th.proven {
			th.why += ", but it was issued to another address"
		}
	}
	return th, nil
}

// tokenPlace is a part of a mail where a client may leave our token.
type tokenPlace struct {
	where string
	texts []string
}

func (d *Desk) tokenPlaces(m *message.Mail) []tokenPlace {
	return []tokenPlace{
		{"the address", deliveryAddresses(m)},
		{"References", append(append([]string{}, m.InReplyTo...), m.References...)},
		{"the subject", []string{m.Subject}},
		{"the text", []string{m.Text, m.Quoted, m.Forwarded}},
	}
}

// tokenIn finds the first token of a ticket.
func (d *Desk) tokenIn(m *message.Mail) (Token, string, bool) {
	for _, p := range d.tokenPlaces(m) {
		for _, s := range p.texts {
			for _, t := range d.keys.FindAll(s, CustomerToken) {
				if t.Subject == AboutTicket {
					return t, p.where, true
				}
			}
		}
	}
	return Token{}, "", false
}

// byEmergency: whoever answers a mail of ours about an emergency goes on in the ticket of it that he takes part in, if there is one.
func (d *Desk) byEmergency(tx Tx, u understood) (thread, error) {
	if u.proof.Verdict == message.ProofFail {
		return thread{}, nil
	}
	for _, tok := range d.tokensOfEmergencies(u.mail) {
		ls, err := tx.EmergencyLinks(tok.ID)
		if err != nil {
			return thread{}, err
		}
		for _, l := range slices.Backward(ls) { // the youngest
			t, ok, err := tx.Ticket(l.TicketID)
			if err != nil {
				return thread{}, err
			}
			if !ok || l.State != Linked {
				continue
			}
			takesPart, err := tx.TakesPart(t.ID, u.author.Address)
			if err != nil {
				return thread{}, err
			}
			if takesPart {
				return thread{ticket: t, found: true, how: "emergency", proven: true, why: "our token of " + EmergencyNumber(tok.ID) + ", and the sender takes part in its ticket"}, nil
			}
		}
	}
	return thread{}, nil
}

// aboutEmergency says whether a human answers a mail of ours about an emergency: that is an emergency, whatever its wording.
func (d *Desk) aboutEmergency(tx Tx, u understood) (bool, error) {
	if u.auto.Kind != message.Human {
		return false, nil
	}
	for _, tok := range d.tokensOfEmergencies(u.mail) {
		if _, ok, err := tx.Emergency(tok.ID); err != nil || ok {
			return ok, err
		}
	}
	return false, nil
}

// deliveryAddresses lists where the mail was sent to, as far as its header tells.
func deliveryAddresses(m *message.Mail) []string {
	var as []string
	for _, a := range append(append([]message.Address{}, m.To...), m.Cc...) {
		as = append(as, a.Address)
	}
	for _, f := range m.Header {
		switch strings.ToLower(f.Name) {
		case "delivered-to", "x-original-to", "envelope-to", "x-envelope-to":
			as = append(as, f.Value)
		}
	}
	for _, r := range m.Received {
		as = append(as, r.For)
	}
	return as
}

func (d *Desk) byReference(tx Tx, u understood) (thread, error) {
	ids := append(append([]string{}, u.mail.References...), u.mail.InReplyTo...)
	id, messageID, ok, err := tx.TicketOf(ids)
	if err != nil || !ok {
		return thread{}, err
	}
	t, ok, err := tx.Ticket(id)
	if err != nil || !ok {
		return thread{}, err
	}
	takesPart, err := tx.TakesPart(id, u.author.Address)
	if err != nil || !takesPart {
		return thread{related: id}, err
	}
	th := thread{ticket: t, found: true, how: "references", proven: true, why: "answers the mail <" + messageID + "> of this ticket"}
	if u.proof.Verdict == message.ProofFail {
		th.proven, th.why = false, th.why+", but the sender's domain disowns this mail (DMARC)"
	}
	return th, nil
}

// byNumber: a number alone proves nothing. With a sender who takes part it is a thread; from anybody else it is a hint for staff.
func (d *Desk) byNumber(tx Tx, u understood) (thread, error) {
	m := numberShape.FindString(u.mail.Subject)
	id, ok := ParseNumber(m)
	if !ok {
		return thread{}, nil
	}
	t, ok, err := tx.Ticket(id)
	if err != nil || !ok {
		return thread{}, err
	}
	takesPart, err := tx.TakesPart(id, u.author.Address)
	if err != nil {
		return thread{}, err
	}
	if !takesPart || u.proof.Verdict == message.ProofFail {
		return thread{related: id}, nil
	}
	return thread{ticket: t, found: true, how: "number", proven: true, why: "the subject names " + t.Number() + ", and the sender takes part in it"}, nil
}

// Reopening is decided by how long ago the ticket was closed.
func (d *Desk) tooLongClosed(t Ticket, now time.Time) bool {
	return t.State == Closed && now.Sub(t.ClosedAt) > d.o.ReopenWithin
}
