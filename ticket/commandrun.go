package ticket

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/rules"
)

// runCommands executes the commands of one mail, in the order of the table. One that cannot be executed is a heldError: the caller undoes the
// transaction.
func (d *Desk) runCommands(tx Tx, c *deed, cmds []command) error {
	table := commandTable()
	rank := func(k command) int {
		return slices.IndexFunc(table, func(row commandKind) bool { return row.name == k.kind.name })
	}
	cmds = slices.Clone(cmds)
	slices.SortStableFunc(cmds, func(a, b command) int { return rank(a) - rank(b) })
	for _, k := range cmds {
		err := k.kind.run(d, tx, c, k.args)
		if undone := (undoneError{}); errors.As(err, &undone) {
			return heldError{[]Undone{{Line: k.line, Said: k.said, Why: undone.why.in(c.language)}}}
		}
		if err != nil {
			return fmt.Errorf("#%s: %w", k.kind.name, err)
		}
	}
	return nil
}

// cannot says that a command cannot be executed.
func cannot(de, en string) error { return undoneError{words{de, en}} }

var (
	noTicket = undoneError{words{"Diese Mail gehört zu einem Notfall ohne Ticket. Antworte auf die Mail zu einem Ticket.",
		"This mail is about an emergency without a ticket. Reply to the mail of a ticket."}}
	noEmergency = undoneError{words{"Das Ticket ist mit keinem Notfall verknüpft. Schreib #link NE-… dazu, oder antworte auf die Mail zum Notfall.",
		"The ticket is linked to no emergency. Add #link NE-…, or reply to the mail of the emergency."}}
)

func (d *Desk) runClose(tx Tx, c *deed, _ []string) error {
	switch {
	case c.ticket == nil:
		return noTicket
	case c.ticket.State == Closed: // two people have tapped it: it is as both want it
		return nil
	}
	return closeTicket(tx, c.ticket, d.now(), c.actor, "#close")
}

func (d *Desk) runAssign(tx Tx, c *deed, args []string) error {
	if c.ticket == nil {
		return noTicket
	}
	p, err := d.personMeant(c, strings.Join(args, " "))
	if err != nil || p.Name == c.ticket.Assigned {
		return err
	}
	was := ""
	if c.ticket.Assigned != "" {
		was = ", was " + c.ticket.Assigned
	}
	c.ticket.Assigned, c.ticket.Updated = p.Name, d.now()
	if err := tx.PutTicket(*c.ticket); err != nil {
		return err
	}
	if p.Name != c.person.Name && len(p.Addresses) > 0 {
		if err := d.tellAssigned(tx, c, p); err != nil {
			return err
		}
	}
	return tx.AddEvent(Event{TicketID: c.ticket.ID, At: d.now(), Actor: c.actor, What: "assigned", Why: "to " + p.Name + was})
}

// tellAssigned tells a person what has been put into his hands: the customer's youngest mail.
func (d *Desk) tellAssigned(tx Tx, c *deed, p Person) error {
	ms, err := tx.Mails(c.ticket.ID)
	if err != nil {
		return err
	}
	for _, m := range slices.Backward(ms) {
		if m.Kind == CustomerMail || m.Kind == MachineMail {
			return d.tellPerson(tx, p.Addresses[0], c.ticket.ID, 0, m.ID, ReasonAssigned, c.actor, fmt.Sprintf("assigned:%d", c.mailID))
		}
	}
	return nil
}

// personMeant finds who is meant by a whole name, a first or last name, an address or its local part.
func (d *Desk) personMeant(c *deed, said string) (Person, error) {
	said = strings.Trim(said, "<>@")
	if slices.Contains([]string{"me", "mich", "mir", "ich", "myself"}, strings.ToLower(said)) {
		return c.person, nil
	}
	for _, fits := range []func(Person) bool{
		func(p Person) bool { return sameName(p.Name, said) },
		func(p Person) bool {
			return slices.ContainsFunc(p.Addresses, func(a string) bool { return strings.EqualFold(a, said) })
		},
		func(p Person) bool {
			return slices.ContainsFunc(strings.Fields(p.Name), func(part string) bool { return sameName(part, said) })
		},
		func(p Person) bool {
			return slices.ContainsFunc(p.Addresses, func(a string) bool { local, _, _ := strings.Cut(a, "@"); return sameName(local, said) })
		},
	} {
		var found []Person
		for _, p := range d.o.Staff.People {
			if fits(p) {
				found = append(found, p)
			}
		}
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return Person{}, cannot(fmt.Sprintf("%q kann mehrere meinen: %s. Schreib den ganzen Namen oder die Adresse.", said, namesOf(found)),
				fmt.Sprintf("%q may be several people: %s. Write the whole name, or the address.", said, namesOf(found)))
		}
	}
	return Person{}, cannot(fmt.Sprintf("%q ist niemand von uns. Es gibt: %s", said, namesOf(d.o.Staff.People)), fmt.Sprintf("Nobody here is %q. There are: %s", said, namesOf(d.o.Staff.People)))
}

// sameName compares names as people write them: "Jörg" is "joerg".
func sameName(a, b string) bool {
	return foldWord(strings.Join(strings.Fields(cleanLine(a)), " ")) == foldWord(strings.Join(strings.Fields(cleanLine(b)), " "))
}

func namesOf(ps []Person) string {
	var names []string
	for _, p := range ps {
		name := p.Name
		if len(p.Addresses) > 0 {
			name += " <" + p.Addresses[0] + ">"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

func (d *Desk) runTime(tx Tx, c *deed, args []string) error {
	length, work, _ := timeArgs(args) // checked when it was read
	why := fmt.Sprintf("%s %s", hoursAndMinutes(length), work)
	if c.ticket == nil {
		return tx.AddEmergencyEvent(c.emergency.ID, Event{At: d.now(), Actor: c.actor, What: "time", Why: why})
	}
	return tx.AddEvent(Event{TicketID: c.ticket.ID, At: d.now(), Actor: c.actor, What: "time", Why: why})
}

// hoursAndMinutes writes "45m", "1h30m".
func hoursAndMinutes(d time.Duration) string {
	s := strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
	if h, ok := strings.CutSuffix(s, "h0m"); ok {
		return h + "h"
	}
	return s
}

// runServers: what staff say of the servers stands for what was read in the mails; only keys to find emergencies by are never taken away.
func (d *Desk) runServers(tx Tx, c *deed, args []string) error {
	if c.ticket == nil {
		return noTicket
	}
	t, names := c.ticket, []string(nil)
	names, _ = serverArgs(args) // checked when it was read
	t.Servers, t.Updated = nil, d.now()
	for _, name := range names {
		t.Servers = append(t.Servers, d.serverNamed(name, t.CustomerNumber))
	}
	if err := tx.PutTicket(*t); err != nil {
		return err
	}
	why := strings.Join(names, " ")
	if err := tx.AddEvent(Event{TicketID: t.ID, At: d.now(), Actor: c.actor, What: "servers", Why: why}); err != nil {
		return err
	}
	_, first, last, err := tx.TicketKeys(t.ID)
	if err != nil {
		return err
	}
	if first.IsZero() { // no mail has left keys
		first, last = t.Created, t.Created
	}
	keys := rules.EmergencyKeys(t.CustomerNumber, "", "", names, d.o.World.Inventory)
	keys = slices.DeleteFunc(keys, func(k Key) bool { return k.Kind == rules.KeyCustomer }) // no mail of the customer has said it
	if err := tx.AddTicketKeys(t.ID, keys, first, last); err != nil || t.State == Closed {
		return err
	}
	if err := d.relink(tx, t); err != nil {
		return err
	}
	return d.follow(tx, c)
}

// serverNamed says what the inventory knows of a server; of several of that name the customer's own.
func (d *Desk) serverNamed(name, customer string) Server {
	s := Server{Name: name, Source: "staff"}
	known := d.o.World.Inventory.Lookup(name)
	if len(known) == 0 {
		return s
	}
	i := max(0, slices.IndexFunc(known, func(k rules.Known) bool {
		return customer != "" && rules.CustomerKey(k.Owner) == rules.CustomerKey(customer)
	}))
	s.Known, s.Owner = true, known[i].Owner
	if slices.ContainsFunc(known, func(k rules.Known) bool { return k.Owner != known[i].Owner }) && rules.CustomerKey(known[i].Owner) != rules.CustomerKey(customer) {
		s.Owner = "" // one of several customers'
	}
	return s
}

// follow makes the deed's emergency the one that its ticket belongs to now.
func (d *Desk) follow(tx Tx, c *deed) error {
	if c.ticket == nil || c.emergency != nil && c.emergency.ID == c.ticket.EmergencyID {
		return nil
	}
	if c.ticket.EmergencyID == 0 {
		c.emergency = nil
		return nil
	}
	e, ok, err := tx.Emergency(c.ticket.EmergencyID)
	if err == nil && ok {
		c.emergency = &e
	}
	return err
}

func (d *Desk) runLink(tx Tx, c *deed, args []string) error {
	if c.ticket == nil {
		return noTicket
	}
	id, _ := linkArg(args) // checked when it was read
	_, ok, err := tx.Emergency(id)
	if err != nil {
		return err
	}
	if !ok {
		return d.noSuchEmergency(tx, id)
	}
	links, err := tx.Links(c.ticket.ID)
	if err != nil || isLinkedByStaff(c.ticket, links, id) {
		return err
	}
	if err := d.linkByStaff(tx, c.ticket, links, id, c.actor, ""); err != nil {
		return err
	}
	return d.follow(tx, c)
}

// noSuchEmergency names those that are open: whoever reads it has only a mail program at hand.
func (d *Desk) noSuchEmergency(tx Tx, id int64) error {
	es, err := tx.Emergencies(EmergencyQuery{States: []EmergencyState{Triggered, Acknowledged, CalledBack}, Limit: 5})
	if err != nil {
		return err
	}
	var open []string
	for _, e := range es {
		open = append(open, strings.TrimSpace(e.Number()+" "+cmp.Or(e.Name, e.CustomerNumber, e.Email)))
	}
	if len(open) == 0 {
		return cannot(EmergencyNumber(id)+" gibt es nicht, und es ist auch kein anderer Notfall offen.", "There is no "+EmergencyNumber(id)+", and no other emergency is open.")
	}
	all := strings.Join(open, ", ")
	return cannot(EmergencyNumber(id)+" gibt es nicht. Offen sind: "+all+".", "There is no "+EmergencyNumber(id)+". These are open: "+all+".")
}

func (d *Desk) runUnlink(tx Tx, c *deed, _ []string) error {
	switch {
	case c.ticket == nil:
		return noTicket
	case c.ticket.EmergencyID == 0:
		return cannot("Das Ticket ist mit keinem Notfall verknüpft.", "The ticket is linked to no emergency.")
	}
	links, err := tx.Links(c.ticket.ID)
	if err != nil {
		return err
	}
	if err := d.unlinkByStaff(tx, c.ticket, links, c.actor, ""); err != nil {
		return err
	}
	return d.follow(tx, c)
}
