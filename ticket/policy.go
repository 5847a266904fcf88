package ticket

import (
	"fmt"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/rules"
)

// verdict is whether a mail is answered, to whom, and how much.
type verdict struct {
	send    bool
	to      string // one address
	bare    bool   // the bare answer
	unknown bool   // neither proven nor known: counts towards the overall cap
	told    bool   // nothing is sent, because the recipient has been told already
	why     string // for the history and for staff
}

// mayAnswer judges in this order: is it a human, is it young enough, whom, how much, how often.
func (d *Desk) mayAnswer(tx Tx, t Ticket, m Mail, u understood, th thread) (verdict, error) {
	if r := d.mayReply(u); !r.Send {
		return verdict{why: r.Reason}, nil
	}
	if age := d.now().Sub(m.Arrived); age > d.o.Bounds.ReplyMaxAge {
		return verdict{why: fmt.Sprintf("the mail is %s old, automatic answers end after %s", age.Round(time.Minute), d.o.Bounds.ReplyMaxAge)}, nil
	}
	to, why := d.recipient(u)
	if to == "" {
		return verdict{why: why}, nil
	}
	v := verdict{send: true, to: to}
	var err error
	if v.bare, v.why, err = d.howMuch(tx, u, th, to); err != nil {
		return v, err
	}
	known, err := d.known(tx, u, to)
	if err != nil {
		return v, err
	}
	v.unknown = !known
	if u.proof.Verdict == message.ProofFail && strict(u.proof.Policy) && !known {
		return verdict{why: fmt.Sprintf("the sender's domain asks to refuse such mail (DMARC %s), and the address is not known", u.proof.Policy)}, nil
	}
	return d.capped(tx, t, m, v)
}

// mayReply says whether a mail that stands in a ticket may be answered, as far as the mail and the rules tell.
func (d *Desk) mayReply(u understood) rules.Reply {
	r := rules.MayAnswer(u.mail, d.o.World)
	if r.Send && u.facts.Never != "" {
		r = rules.Reply{Reason: "rule " + u.facts.Never + ": never answered"}
	}
	return r
}

// recipient is the single Reply-To, else the author; never Cc or Sender.
func (d *Desk) recipient(u understood) (to, why string) {
	m := u.mail
	replyTo := m.ReplyTo
	if len(replyTo) == 1 && rules.IsGroup(replyTo[0].Address, d.o.World.Groups) {
		replyTo = nil // the group put it there
	}
	switch {
	case len(replyTo) > 1:
		return "", "the mail names several addresses in Reply-To"
	case len(replyTo) == 0 && len(m.From) > 1:
		return "", "the mail has several authors in From"
	case len(replyTo) == 1:
		to = replyTo[0].Address
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

// answerTo is the recipient as a mail remembers it, "" if there is none.
func (d *Desk) answerTo(u understood) string {
	to, _ := d.recipient(u)
	return strings.ToLower(to)
}

// plausible: RFC 5321 limits (4.5.3.1), and nothing that could break out of an SMTP command. A quoted local part (4.1.2) may be what
// old systems gave out, "eva."@…; one that needs its quotes for more than a dot is refused.
func plausible(a string) bool {
	at := strings.LastIndexByte(a, '@')
	if at <= 0 || at > 64 || len(a) > 254 || len(a)-at <= 3 || !strings.Contains(a[at:], ".") || !isASCII(a) {
		return false
	}
	local := a[:at]
	if inner, ok := strings.CutPrefix(local, `"`); ok {
		local = strings.TrimSuffix(inner, `"`)
	}
	return strings.Trim(local, ".") != "" && !strings.ContainsAny(local+a[at+1:], "<>,;:\"\\()@")
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
func (d *Desk) howMuch(tx Tx, u understood, th thread, to string) (bare bool, why string, err error) {
	elsewhere := !strings.EqualFold(to, u.author.Address)
	switch {
	case u.proof.Verdict == message.ProofFail:
		return true, "sender proof failed", nil
	case elsewhere && domainOf(strings.ToLower(to)) != domainOf(strings.ToLower(u.author.Address)):
		return true, "Reply-To is in another domain than From", nil
	case !th.proven:
		return true, "the sender is not who the token was issued to", nil
	case elsewhere && th.how != threadNew && !th.token.IssuedTo(to):
		// The mail may speak for a participant; that its Reply-To does, is not said. All of gmail.com is one domain.
		takesPart, err := tx.TakesPart(th.ticket.ID, to)
		return !takesPart, "Reply-To takes no part in this ticket", err
	}
	return false, "", nil
}

func strict(policy string) bool { return policy == "quarantine" || policy == "reject" }

// known: proven, on record, or a writer of ours for some time. A first unproven mail makes nobody known, else a forger
// would lift the cap on the second.
func (d *Desk) known(tx Tx, u understood, to string) (bool, error) {
	proven := u.proof.Verdict == message.ProofPass && domainOf(strings.ToLower(to)) == domainOf(strings.ToLower(u.author.Address))
	if proven || len(d.o.Contacts.Find(to)) > 0 {
		return true, nil
	}
	if _, ok, err := tx.KnownSince(to, string(message.ProofPass)); err != nil || ok {
		return ok, err
	}
	since, ok, err := tx.KnownSince(to, string(message.ProofUnknown))
	return ok && d.now().Sub(since) >= d.o.Bounds.KnownAfter, err
}

// capped applies How often. What is suppressed here is an answer, never a ticket.
func (d *Desk) capped(tx Tx, t Ticket, m Mail, v verdict) (verdict, error) {
	now, err := d.standingOf(tx, t, m, v.to)
	if err != nil {
		return v, err
	}
	row := d.row(now)
	for _, l := range d.limits(t, v, row) {
		l.q.Kind, l.q.Until = OutAnswer, d.now()
		n, err := countAnswers(tx, l.q)
		if err != nil {
			return v, err
		}
		if n < l.most {
			continue
		}
		told, err := d.hasHeard(tx, t, v, row)
		return verdict{to: v.to, told: told, why: l.why}, err
	}
	return v, nil
}

// countAnswers counts without second mails: those are outside the caps. Of the same words a second mail is an answer like any other.
func countAnswers(tx Tx, q OutCount) (int, error) {
	n, err := tx.CountOuts(q)
	if err != nil || q.Row != "" {
		return n, err
	}
	q.Reason = ReasonChange
	second, err := tx.CountOuts(q)
	return n - second, err
}

// limit is one cap: at most so many answers of a kind.
type limit struct {
	q    OutCount
	most int
	why  string
}

// limits lists the caps that a verdict falls under. What failed counts in those against floods: forged senders that do
// not exist would else draw answers without end.
func (d *Desk) limits(t Ticket, v verdict, row string) []limit {
	c, now, yes, no := d.o.Bounds, d.now(), true, false
	hour := now.Add(-time.Hour)
	if v.bare {
		return []limit{
			{OutCount{Recipient: v.to, Bare: &yes, Since: now.Add(-c.BarePerAddress)}, 1, fmt.Sprintf("one bare answer to an unproven address every %s, and it has had it", c.BarePerAddress)},
			{OutCount{Bare: &yes, Since: hour, Failed: true}, c.BarePerHour, fmt.Sprintf("more than %d bare answers this hour", c.BarePerHour)},
		}
	}
	var ls []limit
	if t.Mails > 0 { // in a ticket that is just being made nobody was told anything
		ls = []limit{
			{OutCount{TicketID: t.ID, Recipient: v.to, Row: row, Bare: &no, Since: now.Add(-c.AgainAfter)}, 1, fmt.Sprintf("told the same within the last %s", c.AgainAfter)},
			{OutCount{TicketID: t.ID, Recipient: v.to, Bare: &no, Since: d.startOfDay(now)}, c.PerTicketDay, fmt.Sprintf("%d answers in this ticket today already", c.PerTicketDay)},
		}
	}
	if !v.unknown {
		return append(ls, limit{OutCount{Recipient: v.to, Since: hour}, c.KnownPerHour, fmt.Sprintf("more than %d answers to this address this hour", c.KnownPerHour)})
	}
	return append(ls,
		limit{OutCount{Recipient: v.to, Since: hour, Failed: true}, c.UnknownPerHour, fmt.Sprintf("more than %d answers to this unproven address this hour", c.UnknownPerHour)},
		limit{OutCount{Unknown: &yes, Since: hour, Failed: true}, c.UnknownOverall, fmt.Sprintf("more than %d answers to unproven addresses this hour", c.UnknownOverall)},
	)
}

// hasHeard: whoever was told in this ticket today what is true now knows where he stands.
func (d *Desk) hasHeard(tx Tx, t Ticket, v verdict, row string) (bool, error) {
	n, err := tx.CountOuts(OutCount{Kind: OutAnswer, TicketID: t.ID, Recipient: v.to, Row: row, Since: d.startOfDay(d.now()), Until: d.now()})
	return n > 0, err
}

func (d *Desk) startOfDay(t time.Time) time.Time {
	y, m, day := t.In(d.o.Hours.Location).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, d.o.Hours.Location)
}
