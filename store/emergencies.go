package store

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"notfalld/ticket"
)

const (
	emergencyColumns = "state, alarm, external, way, name, customer_number, email, phone, phone_given, problem, servers, incomplete, language, " +
		"triggered_at, callback_by, created, updated, acknowledged_at, called_at, ended_at, alarmed_at, unique_key, consent, stage, raw, next_try"
	selectEmergency = "SELECT id, " + emergencyColumns + " FROM emergency"
	// unended is ticket.Emergency.Open, in the words of the partial index.
	unended = "state NOT IN ('resolved', 'cancelled')"

	emergencyByKey  = selectEmergency + " WHERE unique_key = ?1 AND unique_key <> ''"
	recentEmergency = selectEmergency + " WHERE customer_number = ?1 AND phone = ?2 AND created >= ?3 AND " + unended +
		" ORDER BY created DESC, id DESC LIMIT 1"
)

func emergencyDest(e *ticket.Emergency) []any {
	return []any{&e.ID, &e.State, &e.Alarm, &e.External, &e.Way, &e.Name, &e.CustomerNumber, &e.Email, &e.Phone, &e.PhoneGiven, &e.Problem,
		asJSON{&e.Servers}, asJSON{&e.Incomplete}, &e.Language, when{&e.TriggeredAt}, when{&e.CallbackBy}, when{&e.Created}, when{&e.Updated},
		when{&e.AcknowledgedAt}, when{&e.CalledAt}, when{&e.EndedAt}, when{&e.AlarmedAt}, &e.Key, asJSON{&e.Consent}, &e.Stage, &e.Raw, when{&e.NextTry}}
}

// emergencyArgs are the id, and the values of emergencyColumns.
func emergencyArgs(e *ticket.Emergency) ([]any, error) {
	servers, err := listJSON(e.Servers)
	if err != nil {
		return nil, err
	}
	incomplete, err := listJSON(e.Incomplete)
	if err != nil {
		return nil, err
	}
	var consent []byte
	if e.Consent != (ticket.Consent{}) {
		if consent, err = json.Marshal(e.Consent); err != nil {
			return nil, err
		}
	}
	return []any{e.ID, string(e.State), string(e.Alarm), e.External, string(e.Way), e.Name, e.CustomerNumber, e.Email, e.Phone, e.PhoneGiven,
		e.Problem, servers, incomplete, e.Language, e.TriggeredAt, e.CallbackBy, e.Created, e.Updated, e.AcknowledgedAt, e.CalledAt, e.EndedAt,
		e.AlarmedAt, e.Key, string(consent), e.Stage, e.Raw, e.NextTry}, nil
}

// AddEmergency is ticket.Tx. A Key that is taken is an error: EmergencyByKey comes first.
func (t *tx) AddEmergency(e *ticket.Emergency) error {
	const doing = "add an emergency"
	if _, err := t.row(doing, "UPDATE counter SET last = last + 1 WHERE name = 'emergency' RETURNING last", []any{&e.ID}); err != nil {
		return err
	}
	args, err := emergencyArgs(e)
	if err != nil {
		return t.failed(doing, err)
	}
	if err := t.one(doing, insertText("emergency", "id, "+emergencyColumns), args...); err != nil {
		return err
	}
	return t.addEmergencyKeys(e, []ticket.Key{ownKey(e.ID)})
}

// PutEmergency is ticket.Tx. Its keys follow: who is ended is found by none of them any more.
func (t *tx) PutEmergency(e ticket.Emergency) error {
	const doing = "write an emergency"
	args, err := emergencyArgs(&e)
	if err != nil {
		return t.failed(doing, err)
	}
	if err := t.one(doing, updateText("emergency", emergencyColumns), args...); err != nil {
		return err
	}
	_, err = t.exec(doing, "UPDATE emergency_key SET is_open = ?2, triggered_at = ?3 WHERE emergency_id = ?1 AND (is_open <> ?2 OR triggered_at <> ?3)",
		e.ID, e.Open(), e.TriggeredAt)
	return err
}

// Emergency is ticket.Tx.
func (t *tx) Emergency(id int64) (e ticket.Emergency, ok bool, err error) {
	ok, err = t.row("read an emergency", selectEmergency+" WHERE id = ?1", emergencyDest(&e), id)
	return e, ok, err
}

// EmergencyByKey is ticket.Tx. Nothing has the empty key.
func (t *tx) EmergencyByKey(key string) (e ticket.Emergency, ok bool, err error) {
	ok, err = t.row("look for a trigger that was there before", emergencyByKey, emergencyDest(&e), key)
	return e, ok, err
}

// RecentEmergency is ticket.Tx. Who gave no customer number, or no phone, is not the same as another who gave none.
func (t *tx) RecentEmergency(customerNumber, phone string, since time.Time) (e ticket.Emergency, ok bool, err error) {
	if customerNumber == "" || phone == "" {
		return e, false, t.ready()
	}
	ok, err = t.row("look for a recent emergency", recentEmergency, emergencyDest(&e), customerNumber, phone, since)
	return e, ok, err
}

// Emergencies is ticket.Tx.
func (t *tx) Emergencies(q ticket.EmergencyQuery) ([]ticket.Emergency, error) {
	var w where
	in(&w, "state", q.States)
	if !q.Since.IsZero() {
		w.add("created >= ?", q.Since)
	}
	order := " ORDER BY id DESC"
	ended := func(s ticket.EmergencyState) bool { return s == ticket.Resolved || s == ticket.Cancelled }
	if len(q.States) > 0 && !slices.ContainsFunc(q.States, ended) {
		order = sorted // those are few
	}
	text := w.text(selectEmergency, order, q.Limit)
	return t.emergencies("list emergencies", text, w.args...)
}

func (t *tx) emergencies(doing, text string, args ...any) ([]ticket.Emergency, error) {
	var list []ticket.Emergency
	err := t.rows(doing, text, func(scan func(...any) error) error {
		var e ticket.Emergency
		err := scan(emergencyDest(&e)...)
		list = append(list, e)
		return err
	}, args...)
	return list, err
}

// AddEmergencyEvent is ticket.Tx. e.TicketID is not kept.
func (t *tx) AddEmergencyEvent(id int64, e ticket.Event) error {
	return t.one("write the history of an emergency", insertText("emergency_event", "emergency_id, at, actor, rules, what, why"),
		id, e.At, e.Actor, e.Rules, e.What, e.Why)
}

// EmergencyEvents is ticket.Tx.
func (t *tx) EmergencyEvents(id int64) ([]ticket.Event, error) {
	var list []ticket.Event
	err := t.rows("read the history of an emergency", "SELECT at, actor, rules, what, why FROM emergency_event WHERE emergency_id = ?1 ORDER BY id",
		func(scan func(...any) error) error {
			var e ticket.Event
			err := scan(when{&e.At}, &e.Actor, &e.Rules, &e.What, &e.Why)
			list = append(list, e)
			return err
		}, id)
	return list, err
}

// ownKey is the key that each emergency has of itself, so that a mail that carries its token finds it like by any other key.
func ownKey(id int64) ticket.Key {
	return ticket.Key{Kind: ticket.KeyEmergency, Value: strconv.FormatInt(id, 10)}
}
