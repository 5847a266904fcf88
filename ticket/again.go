package ticket

import (
	"context"
	"fmt"
	"time"
)

// Of a mail that was none of our business only the UID is remembered. Where rules were wrong it has to be fetched again to be
// decided anew: its ledger entry becomes EntryAgain, and the watcher of its mailbox finds that.

// OtherRulesError says that mails are not looked at again, because the rules meant are not those in force.
type OtherRulesError struct {
	Meant, InForce string // hashes; InForce is "" before the first start
	Waiting        bool   // the ones meant wait to be accepted
}

func (e OtherRulesError) Error() string {
	if e.InForce == "" {
		return "no rules are in force yet"
	}
	return fmt.Sprintf("the rule files (set %s) are not in force, set %s is", e.Meant, e.InForce)
}

// Mend says what to do about it.
func (e OtherRulesError) Mend(config string) string {
	switch {
	case e.InForce == "":
		return "start the daemon once"
	case e.Waiting:
		return fmt.Sprintf("they wait for: notfalld rules accept %s -c %s", e.Meant, config)
	}
	return "the daemon takes them up two seconds after the last change, or tells admins why not"
}

// LookAgain has the mails that were left as EntryOther and arrived at or after since fetched and decided once more, and says how many
// they are. folders are the watched folders by mailbox. The rules in force are to be those with this hash, else the error is an
// OtherRulesError and nothing is changed.
func LookAgain(ctx context.Context, s Store, hash string, folders map[string]string, since time.Time) (n int, err error) {
	err = s.Update(ctx, func(tx Tx) error {
		n = 0
		if err := inForce(tx, hash); err != nil {
			return err
		}
		for mailbox, name := range folders {
			f, ok, err := tx.Folder(mailbox, name)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			k, err := tx.AgainEntries(mailbox, name, f.UIDValidity, since)
			if err != nil {
				return err
			}
			n += k
		}
		return nil
	})
	return n, err
}

func inForce(tx Tx, hash string) error {
	rs, err := tx.RuleSets(RulesInForce)
	if err != nil || len(rs) > 0 && rs[0].Hash == hash {
		return err
	}
	e := OtherRulesError{Meant: hash}
	if len(rs) > 0 {
		e.InForce = rs[0].Hash
	}
	r, ok, err := tx.RuleSet(hash)
	if err != nil {
		return err
	}
	e.Waiting = ok && r.State == RulesWaiting
	return e
}

// Again lists the UIDs of a folder that are to be fetched once more.
func (d *Desk) Again(ctx context.Context, mailbox, folder string, uidValidity uint32) ([]uint32, error) {
	var uids []uint32
	err := d.o.Store.View(ctx, func(tx Tx) (err error) { uids, err = tx.AgainUIDs(mailbox, folder, uidValidity); return err })
	return uids, err
}

// GoneAgain notes that such mails are no longer in their folder: they stay what they were.
func (d *Desk) GoneAgain(ctx context.Context, mailbox, folder string, uidValidity uint32, uids []uint32) error {
	return d.o.Store.Update(ctx, func(tx Tx) error { return tx.LeaveAgain(mailbox, folder, uidValidity, uids) })
}
