package store

import (
	"cmp"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"notfalld/ticket"
)

// PutEmergencyKeys is ticket.Tx. The key that is the emergency's own id stays, and there is no other of its kind.
func (t *tx) PutEmergencyKeys(id int64, keys []ticket.Key) error {
	const doing = "write the keys of an emergency"
	e, ok, err := t.Emergency(id)
	if err == nil && !ok {
		err = t.failed(doing, errors.New("there is no such emergency"))
	}
	if err != nil {
		return err
	}
	if _, err := t.exec(doing, "DELETE FROM emergency_key WHERE emergency_id = ?1 AND kind <> ?2", id, string(ticket.KeyEmergency)); err != nil {
		return err
	}
	others := slices.DeleteFunc(slices.Clone(keys), func(k ticket.Key) bool { return k.Kind == ticket.KeyEmergency })
	return t.addEmergencyKeys(&e, others)
}

func (t *tx) addEmergencyKeys(e *ticket.Emergency, keys []ticket.Key) error {
	for _, piece := range chunks(distinct(keys)) {
		text := "INSERT INTO emergency_key (emergency_id, triggered_at, is_open, kind, value) VALUES " +
			eachKey(len(piece), 3, func(kind, value string) string { return "(?1, ?2, ?3, " + kind + ", " + value + ")" }, ", ") + " ON CONFLICT DO NOTHING"
		if _, err := t.exec("write the keys of an emergency", text, append([]any{e.ID, e.TriggeredAt, e.Open()}, keyArgs(piece)...)...); err != nil {
			return err
		}
	}
	return nil
}

// AddTicketKeys is ticket.Tx.
func (t *tx) AddTicketKeys(ticketID int64, keys []ticket.Key, first, last time.Time) error {
	const doing = "write the keys of a ticket"
	for _, piece := range chunks(distinct(keys)) {
		text := "INSERT INTO ticket_key (ticket_id, first_at, last_at, kind, value) VALUES " +
			eachKey(len(piece), 3, func(kind, value string) string { return "(?1, ?2, ?3, " + kind + ", " + value + ")" }, ", ") + " ON CONFLICT DO NOTHING"
		if _, err := t.exec(doing, text, append([]any{ticketID, first, last}, keyArgs(piece)...)...); err != nil {
			return err
		}
	}
	_, err := t.exec(doing, "UPDATE ticket_key SET first_at = ?2, last_at = ?3 WHERE ticket_id = ?1 AND (first_at <> ?2 OR last_at <> ?3)",
		ticketID, first, last)
	return err
}

// TicketKeys is ticket.Tx.
func (t *tx) TicketKeys(ticketID int64) (keys []ticket.Key, first, last time.Time, err error) {
	err = t.rows("read the keys of a ticket", "SELECT kind, value, first_at, last_at FROM ticket_key WHERE ticket_id = ?1",
		func(scan func(...any) error) error {
			var k ticket.Key
			err := scan(&k.Kind, &k.Value, when{&first}, when{&last})
			keys = append(keys, k)
			return err
		}, ticketID)
	slices.SortFunc(keys, compareKeys) // here, since collations differ between databases
	return keys, first, last, err
}

// OpenEmergencies is ticket.Tx; limit 0 means all.
func (t *tx) OpenEmergencies(keys []ticket.Key, from, until time.Time, limit int) ([]ticket.Emergency, error) {
	var list []ticket.Emergency
	for _, piece := range chunks(distinct(keys)) {
		found, err := t.emergencies("look for the emergency of a mail", openEmergencies(len(piece)), append([]any{from, until, orAll(limit)}, keyArgs(piece)...)...)
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	byID := func(a, b ticket.Emergency) int { return cmp.Compare(a.ID, b.ID) }
	slices.SortFunc(list, byID)
	return slices.CompactFunc(list, func(a, b ticket.Emergency) bool { return a.ID == b.ID }), t.ready()
}

// openEmergencies asks for n keys at once. Each has a subquery of its own, which ends at its limit in the partial index.
func openEmergencies(n int) string {
	return selectEmergency + " WHERE id IN (" + eachKey(n, 3, func(kind, value string) string {
		return "SELECT emergency_id FROM (SELECT emergency_id FROM emergency_key WHERE kind = " + kind + " AND value = " + value +
			" AND is_open AND triggered_at >= ?1 AND triggered_at <= ?2 ORDER BY triggered_at DESC, emergency_id DESC LIMIT ?3) AS k"
	}, " UNION ALL ") + ") ORDER BY id"
}

// OpenTickets is ticket.Tx; limit 0 means all. The youngest are those whose last mail came last.
func (t *tx) OpenTickets(keys []ticket.Key, from, until time.Time, limit int) ([]int64, error) {
	var list []int64
	for _, piece := range chunks(distinct(keys)) {
		err := t.rows("look for the tickets of an emergency", openTickets(len(piece)), func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			list = append(list, id)
			return err
		}, append([]any{from, until, orAll(limit)}, keyArgs(piece)...)...)
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(list)
	return slices.Compact(list), t.ready()
}

func openTickets(n int) string {
	return eachKey(n, 3, func(kind, value string) string {
		return "SELECT ticket_id FROM (SELECT ticket_id FROM ticket_key JOIN ticket ON ticket.id = ticket_key.ticket_id WHERE kind = " + kind + " AND value = " + value +
			" AND last_at >= ?1 AND first_at <= ?2 AND ticket.state <> 'closed' ORDER BY last_at DESC, ticket_id DESC LIMIT ?3) AS k"
	}, " UNION ALL ")
}

const linkColumns = "ticket_id, emergency_id, state, actor, told, at, score, signals"

// PutLink is ticket.Tx. A second link of state Linked of the same ticket is an error: the first has to go before.
func (t *tx) PutLink(l ticket.Link) error {
	const doing = "write a link"
	signals, err := listJSON(l.Signals)
	if err != nil {
		return t.failed(doing, err)
	}
	return t.one(doing, insertText("link", linkColumns)+" ON CONFLICT (ticket_id, emergency_id) DO UPDATE SET state = excluded.state, "+
		"actor = excluded.actor, told = excluded.told, at = excluded.at, score = excluded.score, signals = excluded.signals",
		l.TicketID, l.EmergencyID, string(l.State), l.By, l.Told, l.At, l.Score, signals)
}

// DropLink is ticket.Tx; what is gone already is no error.
func (t *tx) DropLink(ticketID, emergencyID int64) error {
	_, err := t.exec("drop a link", "DELETE FROM link WHERE ticket_id = ?1 AND emergency_id = ?2", ticketID, emergencyID)
	return err
}

// Links is ticket.Tx.
func (t *tx) Links(ticketID int64) ([]ticket.Link, error) {
	return t.links("SELECT "+linkColumns+" FROM link WHERE ticket_id = ?1 ORDER BY emergency_id", ticketID)
}

// EmergencyLinks is ticket.Tx.
func (t *tx) EmergencyLinks(emergencyID int64) ([]ticket.Link, error) {
	return t.links("SELECT "+linkColumns+" FROM link WHERE emergency_id = ?1 ORDER BY ticket_id", emergencyID)
}

func (t *tx) links(text string, id int64) ([]ticket.Link, error) {
	var list []ticket.Link
	err := t.rows("read links", text, func(scan func(...any) error) error {
		var l ticket.Link
		err := scan(&l.TicketID, &l.EmergencyID, &l.State, &l.By, &l.Told, when{&l.At}, &l.Score, asJSON{&l.Signals})
		list = append(list, l)
		return err
	}, id)
	return list, err
}

// distinct are the keys, sorted, each once.
func distinct(keys []ticket.Key) []ticket.Key {
	list := slices.Clone(keys)
	slices.SortFunc(list, compareKeys)
	return slices.Compact(list)
}

func compareKeys(a, b ticket.Key) int {
	return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Value, b.Value))
}

// eachKey writes one piece of text for each of n keys, whose two placeholders come after the first few, and joins them.
func eachKey(n, before int, piece func(kind, value string) string, between string) string {
	list := make([]string, n)
	for i := range list {
		list[i] = piece(marks(before+2*i+1, 1), marks(before+2*i+2, 1))
	}
	return strings.Join(list, between)
}

func keyArgs(piece []any) []any {
	args := make([]any, 0, 2*len(piece))
	for _, p := range piece {
		k := p.(ticket.Key)
		args = append(args, string(k.Kind), k.Value)
	}
	return args
}

func orAll(limit int) int {
	if limit <= 0 {
		return math.MaxInt
	}
	return limit
}
