package store

import (
	"encoding/json"

	"notfalld/ticket"
)

const (
	ruleSetColumns = "hash, state, since, accepted_by, accepted_at, files, losses"
	selectRuleSet  = "SELECT " + ruleSetColumns + " FROM rule_set"
)

func ruleSetDest(r *ticket.RuleSet) []any {
	return []any{&r.Hash, &r.State, when{&r.Since}, &r.AcceptedBy, when{&r.AcceptedAt}, asJSON{&r.Files}, asJSON{&r.Losses}}
}

// PutRuleSet is ticket.Tx. The files are kept as JSON with their text in base64: they may hold any bytes.
func (t *tx) PutRuleSet(r ticket.RuleSet) error {
	const doing = "write a rule set"
	files, err := json.Marshal(r.Files)
	if err != nil {
		return t.failed(doing, err)
	}
	losses, err := json.Marshal(r.Losses)
	if err != nil {
		return t.failed(doing, err)
	}
	return t.one(doing, insertText("rule_set", ruleSetColumns)+" ON CONFLICT (hash) DO UPDATE SET state = excluded.state, since = excluded.since, "+
		"accepted_by = excluded.accepted_by, accepted_at = excluded.accepted_at, files = excluded.files, losses = excluded.losses",
		r.Hash, string(r.State), r.Since, r.AcceptedBy, r.AcceptedAt, string(files), string(losses))
}

// RuleSet is ticket.Tx.
func (t *tx) RuleSet(hash string) (r ticket.RuleSet, ok bool, err error) {
	ok, err = t.row("read a rule set", selectRuleSet+" WHERE hash = ?1", ruleSetDest(&r), hash)
	return r, ok, err
}

// RuleSets is ticket.Tx.
func (t *tx) RuleSets(s ticket.RuleSetState) ([]ticket.RuleSet, error) {
	var list []ticket.RuleSet
	err := t.rows("read rule sets", selectRuleSet+" WHERE state = ?1 ORDER BY since DESC", func(scan func(...any) error) error {
		var r ticket.RuleSet
		err := scan(ruleSetDest(&r)...)
		list = append(list, r)
		return err
	}, string(s))
	return list, err
}

// DropPastRuleSets is ticket.Tx.
func (t *tx) DropPastRuleSets(keep int) error {
	_, err := t.exec("drop old rule sets", "DELETE FROM rule_set WHERE state = 'past' AND hash NOT IN "+
		"(SELECT hash FROM rule_set WHERE state = 'past' ORDER BY since DESC LIMIT ?1)", keep)
	return err
}
