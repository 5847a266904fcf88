package ticket

import (
	"crypto/rand"
	"encoding/hex"
	"strings"

	"notfalld/message"
)

const headerOwn = "X-Notfalld"

// envelope gives an outgoing mail its identity: who, to whom, when, Message-ID, envelope sender, Reply-To, the signed header by which we
// know it again when it comes back, and what keeps machines from answering it. The tokens of a ticket go to nobody who gets the bare answer.
func (d *Desk) envelope(tx Tx, o *Out, box Mailbox) (message.Outgoing, error) {
	plus, err := d.plusWorks(tx, box)
	if err != nil {
		return message.Outgoing{}, err
	}
	name, auto := "notfalld", "auto-generated"
	switch {
	case o.Kind == OutAnswer:
		name, auto = d.o.Company.Name, "auto-replied" // RFC 3834, 5
	case o.Kind == OutConfirmation:
		name = d.o.Company.Name
	case o.Kind == OutRelay:
		name, auto = o.Detail, "" // a person wrote it
	case o.Reason == ReasonNotDone || o.Reason == ReasonHelp:
		auto = "auto-replied"
	}
	mark := d.keys.Issue(BounceToken, AboutOut, o.ID, "")
	out := message.Outgoing{
		From: message.Address{Name: name, Address: box.Address}, To: message.Address{Address: o.Recipient}, Date: d.now().In(d.o.Hours.Location),
		Headers: []message.Field{{Name: headerOwn, Value: mark}},
	}
	if auto != "" {
		out.Headers = append(out.Headers, message.Field{Name: "Auto-Submitted", Value: auto}, message.Field{Name: "X-Auto-Response-Suppress", Value: "All"})
	}
	local := mark
	if token := d.tokenFor(o); token != "" {
		local = token
		// Some relays replace our Message-ID; this id in References comes back all the same.
		out.References = []string{token + ".t@" + domainOf(box.Address)}
		if plus {
			out.ReplyTo = &message.Address{Name: d.o.Company.Name, Address: plusAddress(box.Address, token)}
		}
	}
	o.MessageID = local + "." + nonce() + "@" + domainOf(box.Address)
	out.MessageID = o.MessageID
	o.EnvelopeFrom = box.Address
	if d.o.BouncePlus == PlusYes || d.o.BouncePlus != PlusNo && plus {
		o.EnvelopeFrom = plusAddress(box.Address, mark)
	}
	return out, nil
}

// tokenFor is the token by which a reply finds back to its ticket, or to its emergency; "" where none is given out.
func (d *Desk) tokenFor(o *Out) string {
	switch {
	case (o.Kind == OutAnswer && !o.Bare || o.Kind == OutRelay) && o.TicketID != 0:
		return d.keys.Issue(CustomerToken, AboutTicket, o.TicketID, o.Recipient)
	case o.Kind == OutConfirmation:
		return d.keys.Issue(CustomerToken, AboutEmergency, o.EmergencyID, o.Recipient)
	case carriesToken(o):
		return d.staffToken(o)
	}
	return ""
}

// seal fixes the bytes of an outgoing mail.
func seal(o *Out, out message.Outgoing) (err error) {
	if o.Bytes, err = message.Compose(out); err != nil {
		return unwritableError{err}
	}
	return nil
}

// plusAddress writes support+detail@… (RFC 5233 calls it subaddressing).
func plusAddress(address, detail string) string {
	local, domain, _ := strings.Cut(address, "@")
	return local + "+" + detail + "@" + domain
}

func domainOf(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }

// nonce makes one attempt's Message-ID different from every other.
func nonce() string {
	var b [8]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// isOwn recognises a mail of ours that came back: by its own Message-ID, or by the header that we sign. Both must verify:
// anybody can write such a field.
func (d *Desk) isOwn(tx Tx, m *message.Mail) (bool, error) {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, headerOwn) {
			if _, ok := d.keys.Find(f.Value, BounceToken); ok {
				return true, nil
			}
		}
	}
	if m.MessageID == "" {
		return false, nil
	}
	_, ok, err := tx.OutByMessageID(m.MessageID)
	return ok, err
}
