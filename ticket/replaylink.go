package ticket

import (
	"slices"
	"time"

	"notfalld/rules"
)

// noLink says that rules link a ticket to no emergency.
const noLink = "none"

// replayedLinks is what a replay knows of a ticket's links: it weighs the emergencies that the ticket was ever linked to or suggested for, as most
// of them are no longer open.
type replayedLinks struct {
	now         string // as decision.link has it
	targets     []rules.LinkTarget
	keys        []Key // of all its mails, or those alone that no rule finds, if it has one mail
	first, last time.Time
}

func (d *Desk) replayedLinks(tx Tx, t Ticket) (r replayedLinks, err error) {
	ls, err := tx.Links(t.ID)
	if err != nil || len(ls) == 0 {
		return r, err
	}
	r.now = noLink
	for _, l := range ls {
		if l.By != byRules {
			return replayedLinks{}, nil // staff have decided
		}
		if l.State == Linked {
			r.now = EmergencyNumber(l.EmergencyID)
		}
		e, ok, err := tx.Emergency(l.EmergencyID)
		if err != nil {
			return r, err
		}
		if ok {
			r.targets = append(r.targets, d.targetOf(e))
		}
	}
	r.keys, r.first, r.last, err = tx.TicketKeys(t.ID)
	if t.Mails == 1 {
		r.keys = slices.DeleteFunc(r.keys, func(k Key) bool { return k.Kind != rules.KeyEmergency && k.Kind != rules.KeyHolder })
	}
	return r, err
}

// by is what a set of rules makes of the ticket, when a mail of it has these keys.
func (r replayedLinks) by(set *rules.Set, keys []Key) string {
	if r.now == "" {
		return ""
	}
	s := rules.LinkSubject{Keys: slices.Concat(r.keys, keys), First: r.first, Last: r.last}
	if id := set.Link().Decide(s, r.targets).Linked; id != 0 {
		return EmergencyNumber(id)
	}
	return noLink
}
