package ticket

import (
	"context"
	"encoding/json"
	"fmt"
)

// settingRefused holds what is wrong with the folder of rules, as JSON; "" or nothing: it was taken, or waits.
const settingRefused = "rules_refused"

// refusal is RulesNews as it is kept until the folder is taken or waits.
type refusal struct {
	Key  string    `json:"key"` // what it is about: the same once more keeps its time
	News RulesNews `json:"news"`
}

// RefusedRules says why the folder of rules, as the daemon last saw it, is not in force: its Outcome is RulesRefused or
// RulesUnreadable, At is since when, Problems are the first of them. ok is false if it is in force, or waits.
func RefusedRules(ctx context.Context, s Store) (n RulesNews, ok bool, err error) {
	err = s.View(ctx, func(tx Tx) error {
		r, err := keptRefusal(tx)
		n, ok = r.News, r.Key != ""
		return err
	})
	return n, ok, err
}

func keptRefusal(tx Tx) (r refusal, err error) {
	text, _, err := tx.Setting(settingRefused)
	if err != nil || text == "" {
		return r, err
	}
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("refused rules: %w", err)
	}
	return r, nil
}

func (d *Desk) keepRefusal(tx Tx, key string, n RulesNews) error {
	if old, err := keptRefusal(tx); err != nil || old.Key == key {
		return err
	}
	n.InForce, n.At = d.RulesHash(), d.now()
	n.Problems = n.Problems[:min(len(n.Problems), toldProblems)]
	text, err := json.Marshal(refusal{key, n})
	if err != nil {
		return fmt.Errorf("refused rules: %w", err)
	}
	return tx.SetSetting(settingRefused, string(text))
}

func forgetRefusal(tx Tx) error {
	if text, _, err := tx.Setting(settingRefused); err != nil || text == "" {
		return err
	}
	return tx.SetSetting(settingRefused, "")
}
