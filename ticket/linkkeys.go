package ticket

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"notfalld/message"
	"notfalld/rules"
)

func holderKey(emergencyID int64, address string) Key {
	return Key{Kind: rules.KeyHolder, Value: strconv.FormatInt(emergencyID, 10) + " " + strings.ToLower(address)}
}

// mostKeys bounds what a ticket that a monitoring system feeds for weeks is looked for by.
const mostKeys = 200

// noteKeys adds to a ticket's keys what a proven mail of it says.
func (d *Desk) noteKeys(tx Tx, t Ticket, u understood, arrived time.Time) error {
	had, first, last, err := tx.TicketKeys(t.ID)
	if err != nil {
		return err
	}
	if first.IsZero() || arrived.Before(first) {
		first = arrived
	}
	if arrived.After(last) {
		last = arrived
	}
	var keys []Key
	if len(had) < mostKeys {
		keys = d.keysIn(u)
	}
	if u.proof.Verdict != message.ProofFail {
		for _, tok := range d.tokensOfEmergencies(u.mail) {
			keys = append(keys, Key{Kind: rules.KeyEmergency, Value: strconv.FormatInt(tok.ID, 10)})
			if tok.IssuedTo(u.author.Address) {
				keys = append(keys, holderKey(tok.ID, u.author.Address))
			}
		}
	}
	return tx.AddTicketKeys(t.ID, keys, first, last)
}

// keysIn are the keys of what a mail says.
func (d *Desk) keysIn(u understood) []Key {
	keys := rules.TicketKeys(u.mail, u.facts, u.author.Address, string(u.proof.Verdict), d.o.World.Inventory)
	return rules.LeaveOutOwn(keys, d.o.World.Own)
}

// keysOf are the keys of an emergency. Where it names no customer, the owner of its address stands in; servers may be named in the problem, too.
func (d *Desk) keysOf(e Emergency) []Key {
	servers := slices.Concat(e.Servers, d.serversIn(e.Problem))
	keys := rules.EmergencyKeys(e.CustomerNumber, e.Email, e.Phone, servers, d.o.World.Inventory)
	if e.CustomerNumber == "" && e.Email != "" {
		for _, c := range d.o.Contacts.Find(e.Email) {
			if k := (Key{Kind: rules.KeyOwner, Value: rules.CustomerKey(c.CustomerNumber)}); !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	return rules.LeaveOutOwn(keys, d.o.World.Own)
}

// serversIn are the names in a text that the inventory has. Those of one word stay out: "mail" is a server's name and a noun.
func (d *Desk) serversIn(text string) (names []string) {
	in := d.o.World.Inventory
	if in == nil {
		return nil
	}
	const enough = 2000 // characters: whoever pastes a log does not name his servers behind it
	words := strings.FieldsFunc(strings.ToLower(text[:min(len(text), enough)]), func(r rune) bool {
		return !(r == '.' || r == '-' || r == ':' || unicode.IsLetter(r) || unicode.IsDigit(r))
	})
	for _, w := range words {
		w = strings.Trim(w, ".:-")
		if strings.ContainsAny(w, ".:") && !slices.Contains(names, w) && len(in.Lookup(w)) > 0 && len(names) < mostServers {
			names = append(names, w)
		}
	}
	return names
}

func (d *Desk) targetOf(e Emergency) rules.LinkTarget {
	return rules.LinkTarget{ID: e.ID, Keys: d.keysOf(e), TriggeredAt: e.TriggeredAt}
}
