package ticket

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"notfalld/message"
	"notfalld/rules"
)

// verdict is whether a mail is answered, to whom, and how much (SPEC section 5).
type verdict struct {
	send    bool
	to      string // one address
	bare    bool   // the bare answer
	unknown bool   // neither proven nor known: counts towards the overall cap
	told    bool   // nothing is sent, because the recipient has been told already
	why     string // for the history and for staff
}

// mayAnswer judges in the order of SPEC section 5: is it a human, is it young enough, whom, how much, how often.
func (d *Desk) mayAnswer(tx Tx, t Ticket, m Mail, u understood, th thread) (verdict, error) {
	if r := rules.MayAnswer(u.mail, d.o.World); !r.Send {
		return verdict{why: r.Reason}, nil
	}
	if age := d.now().Sub(m.Arrived); age > d.o.Caps.ReplyMaxAge {
		return verdict{why: fmt.Sprintf("the mail is %s old, automatic answers end after %s", age.Round(time.Minute), d.o.Caps.ReplyMaxAge)}, nil
	}
	to, why := d.recipient(u)
	if to == "" {
		return verdict{why: why}, nil
	}
	v := verdict{send: true, to: to}
	v.bare, v.why = d.howMuch(u, th, to)
	known, err := d.known(tx, u, to)
	if err != nil {
		return v, err
	}
	v.unknown = !known
	if u.proof.Verdict == message.ProofFail && strict(u.proof.Policy) && !known {
		return verdict{why: "the sender's domain asks to refuse such mail (DMARC " + u.proof.Policy + "), and the address is not known"}, nil
	}
	return d.capped(tx, t, v)
}

// recipient is the single Reply-To, else the author; never Cc or Sender.
func (d *Desk) recipient(u understood) (to, why string) {
	m := u.mail
	switch {
	case len(m.ReplyTo) > 1:
		return "", "the mail names several addresses in Reply-To"
	case len(m.ReplyTo) == 0 && len(m.From) > 1:
		return "", "the mail has several authors in From"
	case len(m.ReplyTo) == 1:
		to = m.ReplyTo[0].Address
	default:
		to = u.author.Address
	}
	if !plausible(to) {
		return "", fmt.Sprintf("the mail names no address that could be answered to (%q)", to)
	}
	if r := rules.MayWriteTo(to, d.o.World); !r.Send {
		return "", r.Reason
	}
	return to, ""
}

// plausible: RFC 5321 limits (4.5.3.1), and nothing that could break out of an SMTP command.
func plausible(a string) bool {
	at := strings.LastIndexByte(a, '@')
	return at > 0 && at <= 64 && len(a)-at > 3 && len(a) <= 254 && !strings.ContainsAny(a, " <>\r\n\t,;:\"\\()") && strings.Contains(a[at:], ".") && isASCII(a)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// howMuch: whoever may be somebody else gets the bare answer, which is worthless to a forger.
func (d *Desk) howMuch(u understood, th thread, to string) (bare bool, why string) {
	switch {
	case u.proof.Verdict == message.ProofFail:
		return true, "sender proof failed"
	case !sameOrganisation(to, u.author.Address):
		return true, "Reply-To is in another domain than From"
	case !th.proven:
		return true, "the sender is not who the token was issued to"
	}
	return false, ""
}

// sameOrganisation compares organisational domains (RFC 7489, 3.2).
func sameOrganisation(a, b string) bool { return organisation(a) == organisation(b) }

func organisation(address string) string {
	domain := strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

func strict(policy string) bool { return policy == "quarantine" || policy == "reject" }

// known: proven, on record, or a writer of ours for some time. A first unproven mail makes nobody known, else a forger
// would lift the cap on the second.
func (d *Desk) known(tx Tx, u understood, to string) (bool, error) {
	proven := u.proof.Verdict == message.ProofPass && sameOrganisation(to, u.author.Address)
	if proven || len(d.o.Contacts.Find(to)) > 0 {
		return true, nil
	}
	if _, ok, err := tx.KnownSince(to, string(message.ProofPass)); err != nil || ok {
		return ok, err
	}
	since, ok, err := tx.KnownSince(to, string(message.ProofUnknown))
	return ok && d.now().Sub(since) >= d.o.Caps.KnownAfter, err
}

// capped applies How often. What is suppressed here is an answer, never a ticket.
func (d *Desk) capped(tx Tx, t Ticket, v verdict) (verdict, error) {
	c, now := d.o.Caps, d.now()
	yes := true
	answers := func(q OutCount) OutCount { q.Kind = OutAnswer; return q }
	stop := func(told bool, format string, args ...any) func() verdict {
		return func() verdict { return verdict{to: v.to, told: told, why: fmt.Sprintf(format, args...)} }
	}
	limits := []struct {
		applies bool
		q       OutCount
		most    int
		stop    func() verdict
	}{
		{!v.bare, answers(OutCount{TicketID: t.ID, Recipient: v.to, Row: d.row(now), Since: now.Add(-c.AgainAfter)}), 1,
			stop(true, "told the same within the last %s", c.AgainAfter)},
		{!v.bare, answers(OutCount{TicketID: t.ID, Since: d.startOfDay(now)}), c.PerTicketDay,
			stop(true, "%d answers in this ticket today already", c.PerTicketDay)},
		{v.bare, answers(OutCount{Recipient: v.to, Bare: &yes, Since: now.Add(-c.BarePerAddress)}), 1,
			stop(false, "one bare answer to an unproven address every %s, and it has had it", c.BarePerAddress)},
		{v.bare, answers(OutCount{Bare: &yes, Since: now.Add(-time.Hour)}), c.BarePerHour,
			stop(false, "more than %d bare answers this hour", c.BarePerHour)},
		{!v.unknown, answers(OutCount{Recipient: v.to, Since: now.Add(-time.Hour)}), c.KnownPerHour,
			stop(false, "more than %d answers to this address this hour", c.KnownPerHour)},
		{v.unknown, answers(OutCount{Recipient: v.to, Since: now.Add(-time.Hour)}), c.UnknownPerHour,
			stop(false, "more than %d answers to this unproven address this hour", c.UnknownPerHour)},
		{v.unknown, answers(OutCount{Unknown: &yes, Since: now.Add(-time.Hour)}), c.UnknownOverall,
			stop(false, "more than %d answers to unproven addresses this hour", c.UnknownOverall)},
	}
	for _, l := range limits {
		if !l.applies {
			continue
		}
		n, err := tx.CountOuts(l.q)
		if err != nil {
			return v, err
		}
		if n >= l.most {
			return l.stop(), nil
		}
	}
	return v, nil
}

func (d *Desk) startOfDay(t time.Time) time.Time {
	y, m, day := t.In(d.o.Hours.Location).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, d.o.Hours.Location)
}
