package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// LinkRules say what ties a ticket to an emergency, and how firmly: the `link` section of the rule files. They are
// immutable once loaded.
type LinkRules struct {
	Before, After time.Duration // how long before the trigger, and after it, a mail may come
	Linked        int           // score from which on a ticket is linked,
	Margin        int           // if the next candidate has so much less
	Suggested     int           // score from which on staff are asked
	Weights       LinkWeights
	Near          []NearStep // the nearest first

	freemail map[string]bool
	private  map[string]bool // endings of names that everybody may use
}

// LinkWeights are what each signal weighs; 0: it says nothing.
type LinkWeights struct {
	Token          int
	Number         int
	CustomerNumber int
	Address        int
	Domain         int
	Phone          int
	Owner          int
	Server         int
	BareServer     int
}

// NearStep is what nearness in time weighs, up to a distance (included).
type NearStep struct {
	Within time.Duration
	Weight int
}

// The kinds of signals.
const (
	SignalToken    = "token"
	SignalNumber   = "number"
	SignalCustomer = "customer_number"
	SignalAddress  = "address"
	SignalDomain   = "domain"
	SignalPhone    = "phone"
	SignalOwner    = "owner"
	SignalServer   = "server"
	SignalNear     = "near"
)

// LinkSubject is a ticket, as far as links are concerned.
type LinkSubject struct {
	Keys        []Key     // of its proven mails
	First, Last time.Time // when its first and last mails arrived
}

// LinkTarget is an emergency to which a ticket may belong.
type LinkTarget struct {
	ID          int64
	Keys        []Key // KeyCustomer, KeyOwner, KeyAddress, KeyDomain, KeyPhone, KeyServer
	TriggeredAt time.Time
}

// Candidate is an emergency that has something in common with a ticket.
type Candidate struct {
	ID            int64    `json:"-"`
	Score         int      `json:"score"`
	Signals       []Signal `json:"signals"`                 // the heaviest first
	Contradiction string   `json:"contradiction,omitempty"` // why it is never linked without staff
}

// Decision is what links a ticket.
type Decision struct {
	Linked     int64       // the emergency, or 0
	Suggested  []int64     // best first; empty if one is linked
	Candidates []Candidate // best first; those without any signal are left out
}

// Link are the rules for linking.
func (s *Set) Link() *LinkRules { return s.link }

// Freemail says whether everybody can have an address in this domain: it ties nobody to a company.
func (l *LinkRules) Freemail(domain string) bool {
	domain = strings.ToLower(domain)
	return l.freemail[domain] || l.freemail[siteOf(domain)]
}

// Decide says to which of the emergencies a ticket belongs. It depends on nothing else, and not on the order in which
// they are given.
func (l *LinkRules) Decide(s LinkSubject, targets []LinkTarget) Decision {
	var d Decision
	keys := sortKeys(s.Keys)
	for _, t := range targets {
		if c, ok := l.weigh(keys, s, t); ok {
			d.Candidates = append(d.Candidates, c)
		}
	}
	slices.SortFunc(d.Candidates, func(a, b Candidate) int {
		return cmp.Or(-cmp.Compare(a.rank(), b.rank()), -cmp.Compare(a.Score, b.Score), cmp.Compare(a.ID, b.ID))
	})
	if d.Linked = l.linked(d.Candidates); d.Linked != 0 {
		return d
	}
	for _, c := range d.Candidates {
		if c.Score >= l.Suggested {
			d.Suggested = append(d.Suggested, c.ID)
		}
	}
	return d
}

// rank puts a token before everything, and a contradiction behind.
func (c *Candidate) rank() int {
	switch {
	case c.has(SignalToken):
		return 2
	case c.Contradiction == "":
		return 1
	}
	return 0
}

func (c *Candidate) has(kind string) bool {
	return slices.ContainsFunc(c.Signals, func(s Signal) bool { return s.Kind == kind })
}

// linked is the candidate that needs nobody's decision, or 0.
func (l *LinkRules) linked(list []Candidate) int64 {
	if len(list) == 0 || list[0].rank() == 0 {
		return 0
	}
	best, rivals := &list[0], list[1:]
	for i := range rivals {
		r := &rivals[i]
		switch {
		case r.rank() < best.rank(): // nothing equals our token, and who is contradicted is no rival
		case best.Score-r.Score < l.Margin:
			return 0
		case r.has(SignalNumber) && !best.has(SignalNumber):
			return 0 // the sender names another one
		}
	}
	if best.has(SignalToken) || best.Score >= l.Linked && best.firm() {
		return best.ID
	}
	return 0
}

// firm says whether something shows that the sender has to do with the emergency. A number can be guessed.
func (c *Candidate) firm() bool {
	return slices.ContainsFunc(c.Signals, func(s Signal) bool { return s.Kind != SignalNumber && s.Kind != SignalNear })
}

// weigh collects what speaks for a target. ok is false if nothing does, or if it lies outside the window and is not named.
func (l *LinkRules) weigh(ticket keySet, s LinkSubject, t LinkTarget) (c Candidate, ok bool) {
	c.ID = t.ID
	emergency := sortKeys(t.Keys)
	name, id := emergencyName(t.ID), emergencyID(t.ID)
	add := func(kind, value string, weight int, why string) {
		if weight > 0 {
			c.Signals = append(c.Signals, Signal{kind, value, weight, why})
		}
	}
	if ticket.has(KeyEmergency, id) {
		add(SignalToken, name, l.Weights.Token, "our token is in the mail")
	}
	if ticket.has(KeyNumber, id) {
		add(SignalNumber, name, l.Weights.Number, "the number is in the mail")
	}
	if len(c.Signals) == 0 && !l.inWindow(s, t.TriggeredAt) {
		return c, false
	}
	l.identity(ticket, emergency, add)
	c.Contradiction = contradiction(ticket, emergency)
	if both := l.sharedServers(ticket, emergency); len(both) > 0 {
		add(SignalServer, some(both), l.Weights.Server, "")
	} else if both := sharedBare(ticket[KeyServer], emergency[KeyServer], len(c.Signals) > 0); len(both) > 0 && c.Contradiction == "" {
		// A name such as web01 is another server at another customer's.
		add(SignalServer, some(both), l.Weights.BareServer, "a name that others may have as well")
	}
	if c.firm() {
		l.near(s, t.TriggeredAt, add)
	}
	for _, x := range c.Signals {
		c.Score += x.Weight
	}
	slices.SortStableFunc(c.Signals, func(a, b Signal) int { return cmp.Compare(b.Weight, a.Weight) })
	return c, len(c.Signals) > 0
}

// identity: who is it? The customer counts once, by its number or by what it owns, and so does the sender: otherwise an
// emergency would weigh more for naming the same twice.
func (l *LinkRules) identity(ticket, emergency keySet, add func(kind, value string, weight int, why string)) {
	w := l.Weights
	if both := inBoth(ticket[KeyCustomer], emergency[KeyCustomer]); len(both) > 0 {
		add(SignalCustomer, some(both), w.CustomerNumber, "")
	} else if both := sharedOwners(ticket, emergency); len(both) > 0 {
		add(SignalOwner, some(both), w.Owner, "the customer by the inventory or the contacts")
	}
	if both := inBoth(ticket[KeyAddress], emergency[KeyAddress]); len(both) > 0 {
		add(SignalAddress, some(both), w.Address, "")
	} else if both := slices.DeleteFunc(inBoth(ticket[KeyDomain], emergency[KeyDomain]), l.Freemail); len(both) > 0 {
		add(SignalDomain, some(both), w.Domain, "")
	}
	if both := inBoth(ticket[KeyPhone], emergency[KeyPhone]); len(both) > 0 {
		add(SignalPhone, some(both), w.Phone, "")
	}
}

// sharedOwners are the customers that one side owns something of, and the other names or owns something of.
func sharedOwners(ticket, emergency keySet) []string {
	return sorted(slices.Concat(inBoth(ticket[KeyOwner], emergency[KeyCustomer]),
		inBoth(ticket[KeyCustomer], emergency[KeyOwner]), inBoth(ticket[KeyOwner], emergency[KeyOwner])))
}

// near adds nearness in time. A ticket whose mails came before the trigger and after it is at least as near as the last
// step says: when those between arrived is not known.
func (l *LinkRules) near(s LinkSubject, triggered time.Time, add func(kind, value string, weight int, why string)) {
	first, last := arrivals(s)
	at := first
	if last.Sub(triggered).Abs() < first.Sub(triggered).Abs() {
		at = last
	}
	distance := at.Sub(triggered)
	why := fmt.Sprintf("the mail came %s after the trigger", roughly(distance))
	if distance < 0 {
		why = fmt.Sprintf("the mail came %s before the trigger", roughly(-distance))
	}
	for _, step := range l.Near {
		if distance.Abs() <= step.Within {
			add(SignalNear, "", step.Weight, why)
			return
		}
	}
	if n := len(l.Near); n > 0 && first.Before(triggered) && last.After(triggered) {
		add(SignalNear, "", l.Near[n-1].Weight, "mails came before the trigger and after it")
	}
}
