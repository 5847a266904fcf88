package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"notfalld/rules"
)

// A ticket and an emergency find each other by their keys, in whatever order they come: each of both transactions holds the writer's lock
// before it reads, so the later one sees the earlier. What the rules decide depends on what is there, and not on the order in which it came;
// what staff decided, and what somebody has been told, stays.

// mostCandidates bounds how many emergencies (or tickets) one key can bring.
const mostCandidates = 50

// findTickets looks for tickets that wait for an emergency.
func (d *Desk) findTickets(tx Tx, e Emergency) error {
	if err := tx.PutEmergencyKeys(e.ID, d.keysOf(e)); err != nil {
		return err
	}
	l := d.Rules().Link()
	from, until := l.Mails(e.TriggeredAt)
	ids, err := tx.OpenTickets(l.SearchKeysOf(d.targetOf(e)), from, until, mostCandidates)
	if err != nil {
		return err
	}
	for _, id := range ids {
		t, ok, err := tx.Ticket(id)
		if err != nil {
			return err
		}
		if ok {
			if err := d.relink(tx, &t); err != nil {
				return err
			}
		}
	}
	return nil
}

// relink decides by the rules which emergency a ticket belongs to, by all that is known now.
func (d *Desk) relink(tx Tx, t *Ticket) error {
	l := d.Rules().Link()
	keys, first, last, err := tx.TicketKeys(t.ID)
	if err != nil {
		return err
	}
	subject := rules.LinkSubject{Keys: keys, First: first, Last: last}
	es, err := candidates(tx, l, subject)
	if err != nil {
		return err
	}
	links, err := tx.Links(t.ID)
	if err != nil {
		return err
	}
	var targets []rules.LinkTarget
	for _, e := range es {
		if !refused(links, e.ID) {
			targets = append(targets, d.targetOf(e))
		}
	}
	return d.settleLinks(tx, t, links, l.Decide(subject, targets))
}

// candidates are the open emergencies that a ticket may belong to: those of the window, and those that a mail of it names, whenever that was.
func candidates(tx Tx, l *rules.LinkRules, s rules.LinkSubject) ([]Emergency, error) {
	from, until := l.Triggers(s)
	keys := l.SearchKeys(s)
	es, err := tx.OpenEmergencies(keys, from, until, mostCandidates)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		id, err := strconv.ParseInt(k.Value, 10, 64)
		if k.Kind != KeyEmergency || err != nil || slices.ContainsFunc(es, func(e Emergency) bool { return e.ID == id }) {
			continue
		}
		e, ok, err := tx.Emergency(id)
		if err != nil {
			return nil, err
		}
		if ok && e.Open() {
			es = append(es, e)
		}
	}
	return es, nil
}

func refused(links []Link, id int64) bool {
	return slices.ContainsFunc(links, func(l Link) bool { return l.EmergencyID == id && l.State == Refused })
}

// settleLinks brings a ticket's links to what was decided. One that staff made, or that somebody was told of, stays: whatever else would be linked is a
// suggestion. One to an emergency that has ended since gives way to another only.
func (d *Desk) settleLinks(tx Tx, t *Ticket, links []Link, dec rules.Decision) error {
	current := slices.IndexFunc(links, func(l Link) bool { return l.State == Linked })
	linked, suggested := dec.Linked, slices.Clone(dec.Suggested)
	if current >= 0 {
		c := links[current]
		e, _, err := tx.Emergency(c.EmergencyID)
		if err != nil {
			return err
		}
		if c.Told || c.By != byRules || !e.Open() && linked == 0 {
			if linked != 0 && linked != c.EmergencyID {
				suggested = append([]int64{linked}, suggested...)
			}
			linked = c.EmergencyID
		}
	}
	suggested = slices.DeleteFunc(suggested, func(id int64) bool { return id == linked })
	for _, l := range links {
		if l.State == Refused || l.EmergencyID == linked || slices.Contains(suggested, l.EmergencyID) {
			continue
		}
		if err := tx.DropLink(t.ID, l.EmergencyID); err != nil {
			return err
		}
		if err := d.linkEvent(tx, t.ID, l.EmergencyID, byRules, "link", "no longer "+string(l.State)+": what came since decides otherwise"); err != nil {
			return err
		}
	}
	for _, id := range suggested {
		if err := d.putLink(tx, t, links, dec, id, Suggested); err != nil {
			return err
		}
	}
	if linked != 0 {
		if err := d.putLink(tx, t, links, dec, linked, Linked); err != nil {
			return err
		}
	}
	return d.afterLink(tx, t, linked)
}

// byRules is who makes links when nobody of staff does.
const byRules = "rules"

// putLink writes one link of the rules, unless staff or the told have settled it.
func (d *Desk) putLink(tx Tx, t *Ticket, links []Link, dec rules.Decision, id int64, state LinkState) error {
	l := Link{TicketID: t.ID, EmergencyID: id, State: state, By: byRules, At: d.now()}
	before := slices.IndexFunc(links, func(k Link) bool { return k.EmergencyID == id })
	if before >= 0 {
		if b := links[before]; b.State == state {
			l = b // who made it, when, and whether it was told
		}
	}
	for _, c := range dec.Candidates {
		if c.ID == id {
			l.Score, l.Signals = c.Score, c.Signals
			if c.Contradiction != "" {
				l.Signals = append(slices.Clone(l.Signals), Signal{Kind: "contradiction", Why: c.Contradiction})
			}
		}
	}
	if err := tx.PutLink(l); err != nil {
		return err
	}
	if before >= 0 && links[before].State == state {
		return nil
	}
	return d.linkEvent(tx, t.ID, id, byRules, "link", string(state)+": "+signalWords(l))
}

// signalWords says why, in one line: "address anna@firma.at (100), near 12 min after the trigger (30): 130".
func signalWords(l Link) string {
	if len(l.Signals) == 0 {
		return "by " + l.By
	}
	var parts []string
	for _, s := range l.Signals {
		w := s.Kind
		for _, more := range []string{s.Value, s.Why} {
			if more != "" {
				w += " " + more
			}
		}
		if s.Weight != 0 {
			w += fmt.Sprintf(" (%d)", s.Weight)
		}
		parts = append(parts, w)
	}
	return fmt.Sprintf("%s: %d", strings.Join(parts, ", "), l.Score)
}

// linkEvent writes into both histories.
func (d *Desk) linkEvent(tx Tx, ticketID, emergencyID int64, actor, what, why string) error {
	e := Event{TicketID: ticketID, At: d.now(), Actor: actor, Rules: d.RulesHash(), What: what, Why: EmergencyNumber(emergencyID) + " " + why}
	if actor == byRules {
		e.Actor = "notfalld"
	}
	if err := tx.AddEvent(e); err != nil {
		return err
	}
	e.Why = Number(ticketID) + " " + why
	return tx.AddEmergencyEvent(emergencyID, e)
}

// afterLink makes the ticket name its emergency, and tells whoever has to know.
func (d *Desk) afterLink(tx Tx, t *Ticket, linked int64) error {
	if t.EmergencyID == linked {
		return nil
	}
	t.EmergencyID, t.Updated = linked, d.now()
	if err := tx.PutTicket(*t); err != nil {
		return err
	}
	if linked != 0 {
		e, ok, err := tx.Emergency(linked)
		if err != nil {
			return err
		}
		if ok {
			if err := d.tellAttached(tx, e, *t); err != nil {
				return err
			}
		}
	}
	return d.tellChange(tx, *t)
}

// setTold says that somebody has been told of a link: from now on no rule changes it.
func (d *Desk) setTold(tx Tx, ticketID, emergencyID int64) error {
	ls, err := tx.Links(ticketID)
	if err != nil {
		return err
	}
	for _, l := range ls {
		if l.EmergencyID == emergencyID && l.State == Linked && !l.Told {
			l.Told = true
			return tx.PutLink(l)
		}
	}
	return nil
}
