package ticket

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"notfalld/rules"
)

// RuleSetState is where a stored rule set stands.
type RuleSetState string

// The states of a stored rule set.
const (
	RulesInForce  RuleSetState = "in_force" // every mail is decided by it; there is one
	RulesWaiting  RuleSetState = "waiting"  // something would be lost under it: it waits to be accepted; there is one at most
	RulesAccepted RuleSetState = "accepted" // accepted, and not taken up yet
	RulesPast     RuleSetState = "past"     // was in force, or was changed while it waited
)

// RuleSet is a rule set that passed its checks, as it is kept: a restart over a half-written folder goes on with it.
type RuleSet struct {
	Hash       string
	State      RuleSetState
	Since      time.Time // when it came into this state
	AcceptedBy string    // "cli:root"; "" if nobody had to. Once accepted, it never waits again
	AcceptedAt time.Time
	Files      []rules.File // the admin's; the shipped ones come with the program
	Losses     []Replayed   // of a set that waits: why
}

// RulesOutcome says what became of rules that an admin changed.
type RulesOutcome string

// What becomes of changed rules.
const (
	RulesUnchanged  RulesOutcome = "unchanged"  // they are in force already
	RulesTaken      RulesOutcome = "taken"      // they are in force from now on
	RulesHeld       RulesOutcome = "waiting"    // something would be lost: they wait to be accepted
	RulesRefused    RulesOutcome = "refused"    // they are wrong, or their tests fail
	RulesUnreadable RulesOutcome = "unreadable" // the folder, or a file in it, cannot be read
)

// keptRuleSets is how many past sets are remembered, for the decisions that name them.
const keptRuleSets = 100

// Rules is the set in force. A mail that is being decided keeps to the set that it was begun with.
func (d *Desk) Rules() *rules.Set { return d.rules.Load() }

// RulesHash names the set in force.
func (d *Desk) RulesHash() string { return d.Rules().Hash() }

// ResumeRules makes the rule set that was in force when the last daemon ended; ok is false before the first start. A program that
// ships other rules than the one before it makes another set of the same files: that is no admin's doing, and taken. If the stored
// files are wrong for this program, the shipped rules alone have to do, and broken says why.
func ResumeRules(ctx context.Context, s Store, c Clock) (set *rules.Set, ok bool, broken, err error) {
	row, ok, err := StoredRules(ctx, s)
	if err != nil || !ok {
		return nil, false, nil, err
	}
	if set, broken = rules.Load(row.Files); broken != nil {
		return rules.Shipped(), true, broken, nil
	}
	if set.Hash() == row.Hash {
		return set, true, nil, nil
	}
	row.Hash = set.Hash()
	err = s.Update(ctx, func(tx Tx) error { return enforce(tx, row, c.Now()) })
	return set, true, nil, err
}

// StoredRules is the stored set in force; ok is false before the first start.
func StoredRules(ctx context.Context, s Store) (r RuleSet, ok bool, err error) {
	return oneRuleSet(ctx, s, RulesInForce)
}

// WaitingRules is the set that waits to be accepted, or was accepted and is not in force yet.
func WaitingRules(ctx context.Context, s Store) (r RuleSet, ok bool, err error) {
	if r, ok, err = oneRuleSet(ctx, s, RulesAccepted); err != nil || ok {
		return r, ok, err
	}
	return oneRuleSet(ctx, s, RulesWaiting)
}

func oneRuleSet(ctx context.Context, s Store, state RuleSetState) (r RuleSet, ok bool, err error) {
	err = s.View(ctx, func(tx Tx) error {
		rs, err := tx.RuleSets(state)
		if ok = len(rs) > 0; ok {
			r = rs[0]
		}
		return err
	})
	return r, ok, err
}

// ProposeRules brings a set that passed its checks and tests into force, unless one of the last mails would lose something under
// it: then it is stored, waits for AcceptRules, and admins are told. What waited before is taken back.
func (d *Desk) ProposeRules(ctx context.Context, set *rules.Set) (RulesOutcome, error) {
	row := RuleSet{Hash: set.Hash(), Files: set.Files()}
	var known bool
	err := d.o.Store.View(ctx, func(tx Tx) (err error) {
		var r RuleSet
		if r, known, err = tx.RuleSet(row.Hash); known {
			row.State, row.AcceptedBy, row.AcceptedAt = r.State, r.AcceptedBy, r.AcceptedAt
		}
		return err
	})
	switch {
	case err != nil:
		return "", err
	case row.Hash == d.RulesHash():
		return RulesUnchanged, d.enforceRules(ctx, row, set)
	case !row.AcceptedAt.IsZero() || row.State == RulesInForce: // or the store knows more than we do: its last answer was lost
		return RulesTaken, d.enforceRules(ctx, row, set)
	case row.State == RulesWaiting:
		return RulesHeld, d.o.Store.Update(ctx, forgetRefusal)
	}
	losses, err := d.losses(ctx, set)
	if err != nil {
		return "", err
	}
	if len(losses) == 0 {
		return RulesTaken, d.enforceRules(ctx, row, set)
	}
	row.Losses = losses
	return RulesHeld, d.holdRules(ctx, row)
}

// enforceRules stores a set as the one in force, and only then decides by it: a crash in between restarts with it.
func (d *Desk) enforceRules(ctx context.Context, row RuleSet, set *rules.Set) error {
	err := d.o.Store.Update(ctx, func(tx Tx) error {
		if err := forgetRefusal(tx); err != nil {
			return err
		}
		return enforce(tx, row, d.now())
	})
	if err == nil {
		d.rules.Store(set)
	}
	return err
}

func enforce(tx Tx, row RuleSet, now time.Time) error {
	if old, ok, err := tx.RuleSet(row.Hash); err != nil || ok && old.State == RulesInForce && row.AcceptedAt.Equal(old.AcceptedAt) {
		if err != nil {
			return err
		}
		return retire(tx, now, RulesWaiting, RulesAccepted)
	}
	if err := retire(tx, now, RulesInForce, RulesWaiting, RulesAccepted); err != nil {
		return err
	}
	row.State, row.Since, row.Losses = RulesInForce, now, nil
	if err := tx.PutRuleSet(row); err != nil {
		return err
	}
	return tx.DropPastRuleSets(keptRuleSets)
}

// retire ends what stands in these states. That a set was accepted stays known.
func retire(tx Tx, now time.Time, states ...RuleSetState) error {
	for _, s := range states {
		rs, err := tx.RuleSets(s)
		if err != nil {
			return err
		}
		for _, r := range rs {
			r.State, r.Since, r.Losses = RulesPast, now, nil
			if err := tx.PutRuleSet(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdRules stores a set that waits, and tells admins, in one transaction.
func (d *Desk) holdRules(ctx context.Context, row RuleSet) error {
	err := d.o.Store.Update(ctx, func(tx Tx) error {
		if err := errors.Join(forgetRefusal(tx), retire(tx, d.now(), RulesWaiting, RulesAccepted)); err != nil {
			return err
		}
		row.State, row.Since = RulesWaiting, d.now()
		if err := tx.PutRuleSet(row); err != nil {
			return err
		}
		return d.tellOfRules(tx, "waiting:"+row.Hash, RulesNews{Outcome: RulesHeld, Hash: row.Hash, Losses: row.Losses})
	})
	d.wake()
	return err
}

// ErrRulesChanged says that the files of an accepted set are no longer those in the folder.
var ErrRulesChanged = errors.New("the files have changed since")

// TakeAcceptedRules brings a set into force that was accepted by another process. waiting is the hash of a set that still waits, or "".
// lies gives the hash of the files that lie in the folder now: an accepted set that is another is not taken up (ErrRulesChanged), and
// remains accepted, should its files come back.
func (d *Desk) TakeAcceptedRules(ctx context.Context, lies func() (hash string, err error)) (taken bool, waiting string, err error) {
	row, ok, err := WaitingRules(ctx, d.o.Store)
	if err != nil || !ok {
		return false, "", err
	}
	if row.State != RulesAccepted {
		return false, row.Hash, nil
	}
	switch now, err := lies(); {
	case err != nil:
		return false, "", fmt.Errorf("%s: %w: %w", row.Hash, ErrRulesChanged, err)
	case now != row.Hash:
		return false, "", fmt.Errorf("%s: %w: the folder holds %s", row.Hash, ErrRulesChanged, now)
	}
	set, err := rules.Load(row.Files)
	if err != nil || set.Hash() != row.Hash { // of another program's time: the folder is looked at anew with every start
		return false, "", d.o.Store.Update(ctx, func(tx Tx) error { return retire(tx, d.now(), RulesAccepted) })
	}
	return true, "", d.enforceRules(ctx, row, set)
}

// settingTried names the rules that are being tried, and how often that was begun: "CONTENT N".
const settingTried = "rules_tried"

// RulesTried notes that rules with this content are about to be read and tried, and says whether that was begun so often without
// ever ending that they are to be left alone: a rule that takes the process down must not do so with every start.
func (d *Desk) RulesTried(ctx context.Context, content string) (deadly bool, err error) {
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		tried, _, err := tx.Setting(settingTried)
		if err != nil {
			return err
		}
		before, times, _ := strings.Cut(tried, " ")
		n, _ := strconv.Atoi(times)
		if before != content {
			n = 0
		}
		if deadly = n >= triesBeforeMinimal; deadly {
			return nil
		}
		return tx.SetSetting(settingTried, fmt.Sprintf("%s %d", content, n+1))
	})
	return deadly, err
}

// RulesSurvived notes that the trial that RulesTried announced has ended, whatever came of it.
func (d *Desk) RulesSurvived(ctx context.Context) error {
	return d.o.Store.Update(ctx, func(tx Tx) error { return tx.SetSetting(settingTried, "") })
}

// ErrNotWaiting says that a rule set that was to be accepted does not wait.
var ErrNotWaiting = errors.New("this rule set does not wait to be accepted")

// AcceptRules lets the waiting set with this hash come into force; by is who says so ("cli:root"). A running daemon takes it up
// by TakeAcceptedRules, the next start by ProposeRules. Accepting once more what was accepted is no error: already is true then.
func AcceptRules(ctx context.Context, s Store, c Clock, hash, by string) (already bool, err error) {
	err = s.Update(ctx, func(tx Tx) error {
		r, ok, err := tx.RuleSet(hash)
		if err != nil {
			return err
		}
		if already = ok && (r.State == RulesInForce || !r.AcceptedAt.IsZero()); already {
			return nil
		}
		if !ok || r.State != RulesWaiting {
			return notWaiting(tx, hash)
		}
		r.State, r.Since, r.AcceptedBy, r.AcceptedAt = RulesAccepted, c.Now(), by, c.Now()
		return tx.PutRuleSet(r)
	})
	return already, err
}

func notWaiting(tx Tx, hash string) error {
	rs, err := tx.RuleSets(RulesWaiting)
	if err != nil {
		return err
	}
	if len(rs) == 0 {
		return fmt.Errorf("%s: %w, and no other does", hash, ErrNotWaiting)
	}
	return fmt.Errorf("%s: %w; %s does", hash, ErrNotWaiting, rs[0].Hash)
}
