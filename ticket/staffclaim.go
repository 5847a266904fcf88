package ticket

import (
	"fmt"
	"slices"
	"strings"

	"notfalld/message"
)

// Who is staff is proved, not claimed: an address of staff.people, and a staff token that was issued to this person (or to a list of staff),
// and the word of our own mail server that the mail really comes from there. Whatever is missing, nothing is executed and nothing relayed.

// staffClaim is a mail that claims to be of staff: it carries a staff token, or comes from an address of staff.
type staffClaim struct {
	from      string // lower case
	person    Person
	isPerson  bool      // from is one of its addresses
	grants    []grant   // all that the mail carries
	token     bool      // one of them was issued to the person, or to a list of staff
	ticket    Ticket    // what the mail is about; ID 0: no ticket
	emergency Emergency // likewise
	answers   Out       // the notice that it answers, if that can be told
	how       string    // why it is about that
	missing   string    // names what it is about, and is not there: "NS-10099"
	authentic bool      // our server says that it comes from the address, and is known to strip forgeries of what it says
	against   string    // why it is not proved; "" if it is
}

// proved says whether the mail may do anything.
func (c *staffClaim) proved() bool { return c.against == "" && c.isPerson && c.token && c.authentic }

// grant is one sign in a mail that a notice of ours went to somebody: a staff token, or the code of a notice's fence.
type grant struct {
	where    string
	about    Subject
	id       int64
	issuedTo func(address string) bool
	out      int64 // the notice, 0 if not known
}

// claimOf reads a mail's claim to be of staff; ok is false if it makes none.
func (d *Desk) claimOf(tx Tx, e *Entry, u understood) (c staffClaim, ok bool, err error) {
	if len(u.mail.From) > 0 {
		c.from = strings.ToLower(u.mail.From[0].Address)
	}
	c.person, c.isPerson = d.personOf(c.from)
	if c.grants, err = d.grantsIn(tx, u.mail); err != nil {
		return c, false, err
	}
	if len(c.grants) == 0 && !c.isPerson {
		return c, false, nil
	}
	if err := d.claimAbout(tx, u, &c); err != nil {
		return c, false, err
	}
	if err := d.judgeClaim(tx, e, u, &c); err != nil {
		return c, false, err
	}
	return c, len(c.grants) > 0 || c.ticket.ID != 0 || c.missing != "" && c.authentic, nil
}

// personOf finds the member of staff with this address.
func (d *Desk) personOf(address string) (Person, bool) {
	for _, p := range d.o.Staff.People {
		if slices.ContainsFunc(p.Addresses, func(a string) bool { return strings.EqualFold(a, address) }) {
			return p, true
		}
	}
	return Person{}, false
}

// grantsIn finds staff tokens where mail programs leave them, and fences in what the mail quotes: some programs and relays replace
// Message-IDs and drop References.
func (d *Desk) grantsIn(tx Tx, m *message.Mail) ([]grant, error) {
	var all []grant
	for _, p := range d.tokenPlaces(m)[:3] { // a token in the text may stand in the words of a customer
		for _, s := range p.texts {
			for _, t := range d.keys.FindAll(s, StaffToken) {
				all = append(all, grant{where: p.where, about: t.Subject, id: t.ID, issuedTo: t.IssuedTo})
			}
		}
	}
	for _, code := range fenceCodes(m) {
		f, ok, err := tx.Fence(code)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		g := grant{where: "the quoted notice", about: AboutTicket, id: f.TicketID, out: f.OutID, issuedTo: func(a string) bool { return strings.EqualFold(a, f.Recipient) }}
		if f.TicketID == 0 {
			g.about, g.id = AboutEmergency, f.EmergencyID
		}
		all = append(all, g)
	}
	return all, nil
}

// claimAbout finds what the mail is about: by its grants, which must agree; else, as with any other mail, by a reference or a number.
func (d *Desk) claimAbout(tx Tx, u understood, c *staffClaim) error {
	if len(c.grants) == 0 {
		return d.claimByReference(tx, u, c)
	}
	g := c.grants[0]
	for _, k := range c.grants {
		if k.about != g.about || k.id != g.id {
			c.against = "it answers notices of " + nameOf(g) + " and of " + nameOf(k) + " at once"
		}
		if k.out != 0 && c.answers.ID == 0 {
			if o, ok, err := tx.Out(k.out); err != nil {
				return err
			} else if ok {
				c.answers = o
			}
		}
	}
	c.how = "staff token in " + g.where
	if c.answers.ID == 0 {
		for _, id := range slices.Concat(u.mail.InReplyTo, u.mail.References) {
			if o, ok, err := tx.OutByMessageID(id); err != nil {
				return err
			} else if ok {
				c.answers = o
				break
			}
		}
	}
	return c.load(tx, g.about, g.id)
}

func nameOf(g grant) string {
	if g.about == AboutEmergency {
		return EmergencyNumber(g.id)
	}
	return Number(g.id)
}

// load reads the ticket and the emergency that the mail is about.
func (c *staffClaim) load(tx Tx, about Subject, id int64) error {
	if about == AboutEmergency {
		return c.loadEmergency(tx, id, EmergencyNumber(id))
	}
	t, ok, err := tx.Ticket(id)
	if err != nil {
		return err
	}
	if !ok {
		c.missing = Number(id)
		return nil
	}
	c.ticket = t
	if t.EmergencyID != 0 {
		return c.loadEmergency(tx, t.EmergencyID, "")
	}
	return nil
}

func (c *staffClaim) loadEmergency(tx Tx, id int64, missing string) error {
	e, ok, err := tx.Emergency(id)
	if err != nil {
		return err
	}
	if !ok {
		c.missing = missing
		return nil
	}
	c.emergency = e
	return nil
}

// claimByReference is for a mail of a person's address without any token: it can do nothing, and it is not lost.
func (d *Desk) claimByReference(tx Tx, u understood, c *staffClaim) error {
	th, err := d.findThread(tx, u)
	if err != nil {
		return err
	}
	id := th.related
	if th.found {
		id = th.ticket.ID
	}
	if id == 0 {
		if n, ok := ParseNumber(numberShape.FindString(u.mail.Subject)); ok {
			c.missing = Number(n)
		}
		return nil
	}
	c.how = "it names or answers " + Number(id)
	return c.load(tx, AboutTicket, id)
}

// judgeClaim says what speaks against a claim: the first thing that does, in words for staff. What our server proves counts if it was shown for the
// mailbox that the mail came by, whosever ticket it is about.
func (d *Desk) judgeClaim(tx Tx, e *Entry, u understood, c *staffClaim) error {
	proof := u.mail.Authentic(d.o.Trust)
	shown, notShown, err := d.trustShown(tx, d.mailbox(e.Place.Mailbox))
	if err != nil {
		return err
	}
	_, _, again, err := tx.TicketOf([]string{u.mail.MessageID})
	if err != nil {
		return err
	}
	c.authentic = proof.OK && shown && len(u.mail.From) == 1 && !u.failed
	c.token = slices.ContainsFunc(c.grants, func(g grant) bool { return d.fits(c.person, g) })
	switch {
	case c.against != "":
	case u.failed:
		c.against = "it could not be read"
	case len(u.mail.From) != 1:
		c.against = fmt.Sprintf("it has %d senders", len(u.mail.From))
	case !c.isPerson:
		c.against = c.from + " is no address of staff.people"
	case len(c.grants) == 0:
		c.against = "it carries no staff token: it answers no notice"
	case !c.token:
		c.against = "its staff token was issued to somebody else"
	case !proof.OK:
		c.against = "our mail server does not prove that it comes from " + c.from + ": " + proof.Why
	case !shown:
		c.against = notShown
	case again: // a signature need not cover the whole of a mail (RFC 6376, 8.2): who has read one may add to it
		c.against = "a mail with its Message-ID was read before, and said something else"
	}
	return nil
}

// fits says whether a grant is this person's: issued to one of his addresses, or to a list of staff, which is good for everybody in it.
func (d *Desk) fits(p Person, g grant) bool {
	return slices.ContainsFunc(p.Addresses, g.issuedTo) || slices.ContainsFunc(d.o.Staff.Notify, g.issuedTo)
}
