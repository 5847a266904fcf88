package ticket

import (
	"context"
	"time"
)

// Scan says from where in a folder mails are to be taken.
type Scan struct {
	FirstUID uint32    // mails below are not ours to take
	Since    time.Time // neither are those with an earlier INTERNALDATE, if their UID is below Baseline
	Baseline uint32    // what came after we first looked is ours, whatever its date: people move old mails
	Known    []uint32  // UIDs from FirstUID on that are in the ledger, ascending
}

// OpenFolder tells the desk that a folder was selected, and says from where to take its mails. At the very first start that is
// uidNext (from now on), or the whole folder back to the look-back of the configuration. When UIDVALIDITY has
// changed, all UIDs mean something else (RFC 3501, 2.3.1.1): everything since the first start is scanned again, and
// what is known is recognised by its content.
func (d *Desk) OpenFolder(ctx context.Context, mailbox, folder string, uidValidity, uidNext uint32) (Scan, error) {
	var f Folder
	err := d.o.Store.Update(ctx, func(tx Tx) (err error) {
		var ok bool
		if f, ok, err = tx.Folder(mailbox, folder); err != nil || ok && f.UIDValidity == uidValidity {
			return err
		}
		f = d.baseline(f, ok, uidNext)
		f.Mailbox, f.Name, f.UIDValidity = mailbox, folder, uidValidity
		return tx.PutFolder(f)
	})
	if err != nil {
		return Scan{}, err
	}
	scan := Scan{FirstUID: f.FirstUID, Since: f.Since, Baseline: f.Baseline}
	err = d.o.Store.View(ctx, func(tx Tx) (err error) { // beside the writer: these may be many
		scan.Known, err = tx.KnownUIDs(mailbox, folder, uidValidity, f.FirstUID)
		return err
	})
	return scan, err
}

func (d *Desk) baseline(f Folder, known bool, uidNext uint32) Folder {
	f.FirstUID, f.Baseline = 1, uidNext
	if known {
		return f // Since still keeps out what is older than the first start
	}
	f.Since = d.now().Add(-d.o.Bounds.FirstStartWindow).Truncate(time.Second) // INTERNALDATE has whole seconds
	if d.o.Bounds.FirstStartWindow == 0 {
		f.FirstUID = max(uidNext, 1)
	}
	return f
}

// Unmarked lists the mails of a folder that became ours and whose mark in the mailbox is still due.
func (d *Desk) Unmarked(ctx context.Context, mailbox, folder string, uidValidity uint32) ([]Entry, error) {
	var es []Entry
	err := d.o.Store.View(ctx, func(tx Tx) (err error) {
		es, err = tx.UnmarkedEntries(mailbox, folder, uidValidity)
		return err
	})
	return es, err
}

// Marked notes that these entries carry their mark in the mailbox.
func (d *Desk) Marked(ctx context.Context, ids []int64) error {
	return d.o.Store.Update(ctx, func(tx Tx) error { return tx.SetMarked(ids) })
}
