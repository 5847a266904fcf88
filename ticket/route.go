package ticket

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"notfalld/message"
	"notfalld/rules"
)

// Priorities, as route rules say them.
const (
	priorityHigh = "high"
	priorityLow  = "low"
)

// routeReply asks the route rules anew for a mail that continues a ticket. It is outside the transaction in which the mail is decided,
// because rules take their time.
func (d *Desk) routeReply(ctx context.Context, u *understood) error {
	if !u.set.HasRoutes() || u.failed || isNote(*u) {
		return nil
	}
	var th thread
	err := d.o.Store.View(ctx, func(tx Tx) (err error) { th, err = d.findThread(tx, *u); return err })
	if err == nil && th.found {
		u.facts.Route = d.routeInTicket(ctx, *u, th.ticket, th.proven)
	}
	return err
}

// routeInTicket is the route of a mail that continues a ticket: "noch immer" says neither that it is an emergency nor whose; the
// ticket does. Without proof it counts for no more than it says itself.
func (d *Desk) routeInTicket(ctx context.Context, u understood, t Ticket, proven bool) rules.Route {
	f := u.facts
	f.Reply = d.mayReply(u)
	if proven {
		f.CustomerNumber = cmp.Or(f.CustomerNumber, t.CustomerNumber)
	}
	if u.facts.Class == rules.Emergency && f.CustomerNumber == u.facts.CustomerNumber && f.Reply.Send == u.facts.Reply.Send {
		return u.facts.Route // nothing is known that was not when it was asked
	}
	ctx, cancel := context.WithTimeout(ctx, d.o.Bounds.UnderstandLimit)
	defer cancel()
	r, err := u.set.RouteInTicket(ctx, u.mail, u.world, f)
	if err != nil {
		d.o.Log.Error("who else is to be told of a mail is not known", "ticket", t.Number(), "err", err)
	}
	return r
}

// recordRoute writes into the history what route rules made of a mail, and returns whom they have told beside those who always are.
func (d *Desk) recordRoute(tx Tx, t Ticket, m Mail, r rules.Route) ([]string, error) {
	told, err := d.alsoTold(tx, t, m, r.Notify)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, p := range []struct {
		what   string
		values []string
	}{{"priority", strings.Fields(r.Priority)}, {"tags", r.Tags}, {"also told:", told}} {
		if len(p.values) > 0 {
			parts = append(parts, p.what+" "+strings.Join(p.values, ", "))
		}
	}
	if len(parts) == 0 {
		return told, nil
	}
	return told, d.event(tx, t.ID, "route", strings.Join(parts, "; "))
}

// alsoTold is whom of the addresses that route rules name a notice may go to, in lower case. What staff read, the customer of the
// ticket must not: a rule may take an address out of the wrong list.
func (d *Desk) alsoTold(tx Tx, t Ticket, m Mail, named []string) ([]string, error) {
	var told []string
	for _, a := range named {
		a = strings.ToLower(a)
		why, err := d.outsider(tx, t, m, a)
		if err != nil {
			return nil, err
		}
		if why == "" {
			told = append(told, a)
			continue
		}
		d.o.Log.Warn("a notice that a route rule asks for is not sent", "to", a, "ticket", t.Number(), "why", why)
		if err := d.event(tx, t.ID, "route", fmt.Sprintf("%s is named by a route rule and not told: %s", a, why)); err != nil {
			return nil, err
		}
	}
	return told, nil
}

// outsider says why a notice must not go to an address; "" if it may.
func (d *Desk) outsider(tx Tx, t Ticket, m Mail, address string) (string, error) {
	is := func(other string) bool { return strings.EqualFold(other, address) }
	switch {
	case slices.ContainsFunc(d.o.World.Own, is), slices.ContainsFunc(d.o.Mailboxes, func(b Mailbox) bool { return is(b.Address) }):
		return "it is our own address", nil
	case slices.ContainsFunc(d.o.World.Staff, is), slices.ContainsFunc(d.o.Staff.Notify, is), slices.ContainsFunc(d.o.Admins, is):
		return "", nil // they are told of what they report themselves, too
	}
	const part = "it takes part in the ticket as a customer"
	if is(t.From) || is(m.From) || is(m.AnswerTo) {
		return part, nil
	}
	if takes, err := tx.TakesPart(t.ID, address); err != nil || takes {
		return part, err
	}
	answered, err := tx.CountOuts(OutCount{Kind: OutAnswer, TicketID: t.ID, Recipient: address, Failed: true})
	if err != nil || answered == 0 {
		return "", err
	}
	return part, nil
}

// routeOf is what route rules made of a mail when it came.
func routeOf(m Mail) rules.Route {
	var line struct {
		Route rules.Route `json:"route"`
	}
	_ = json.Unmarshal(m.Line, &line) // a line that cannot be read is told of elsewhere, and has no route
	return line.Route
}

// noticePriority is the mail's own, else its ticket's.
func noticePriority(t Ticket, r rules.Route) string { return cmp.Or(r.Priority, t.Priority) }

// routed are the reasons of notices that route rules act on. An answer that did not arrive is as bad with any customer.
var routed = []string{ReasonNewTicket, ReasonMail}

// urgent says whether a notice is of high priority: it goes out by itself even in a flood.
func (d *Desk) urgent(tx Tx, o *Out) (bool, error) {
	if !slices.Contains(routed, o.Reason) {
		return false, nil
	}
	t, m, err := d.subjectOf(tx, o)
	return err == nil && noticePriority(t, routeOf(m)) == priorityHigh, err
}

// priorityFields are understood by the mail programs that there are: Importance (RFC 2156, 5.3.4) by Outlook, X-Priority by the others.
func priorityFields(priority string) []message.Field {
	switch priority {
	case priorityHigh:
		return []message.Field{{Name: "Importance", Value: "high"}, {Name: "X-Priority", Value: "1"}}
	case priorityLow:
		return []message.Field{{Name: "Importance", Value: "low"}, {Name: "X-Priority", Value: "5"}}
	}
	return nil
}
