package ticket

import (
	"context"
	"fmt"
	"time"
)

// settingKeys says that tickets have their keys: those of a version that knew no emergencies have none, and no trigger would find them.
const settingKeys = "ticket-keys"

// mostFilled bounds how many mails are read again for it: a flood of one day.
const mostFilled = 10_000

// fillKeys gives keys to the tickets of such a version whose mails are young enough to belong to an emergency. It does so once.
func (d *Desk) fillKeys(ctx context.Context) error {
	var (
		done bool
		ms   []Mail
	)
	err := d.o.Store.View(ctx, func(tx Tx) (err error) {
		if _, done, err = tx.Setting(settingKeys); err != nil || done {
			return err
		}
		ms, err = tx.MailsBefore(0, d.now().Add(-d.Rules().Link().After), mostFilled)
		return err
	})
	if err != nil || done {
		return err
	}
	for _, m := range ms {
		if err := d.fillKeysOf(ctx, m); err != nil {
			return fmt.Errorf("keys of %s: %w", Number(m.TicketID), err)
		}
	}
	return d.o.Store.Update(ctx, func(tx Tx) error { return tx.SetSetting(settingKeys, d.now().UTC().Format(time.RFC3339)) })
}

func (d *Desk) fillKeysOf(ctx context.Context, m Mail) error {
	if m.Kind != CustomerMail && m.Kind != MachineMail {
		return nil
	}
	var (
		e      Entry
		packed []byte
	)
	err := d.o.Store.View(ctx, func(tx Tx) (err error) {
		if e, _, err = tx.Entry(m.EntryID); err != nil {
			return err
		}
		packed, _, err = tx.Raw(e.RawID)
		return err
	})
	if err != nil {
		return err
	}
	raw, err := unpack(packed)
	if err != nil || len(packed) == 0 {
		return nil // its bytes are gone, and so is what it says
	}
	u := d.understand(ctx, d.Rules(), raw, e, e.Fetched)
	return d.o.Store.Update(ctx, func(tx Tx) error {
		t, ok, err := tx.Ticket(m.TicketID)
		if err != nil || !ok {
			return err
		}
		return d.noteKeys(tx, t, u, m.Arrived)
	})
}
