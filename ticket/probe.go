package ticket

import (
	"context"
	"fmt"

	"notfalld/message"
)

// A probe is a mail from us to support+token@…: if it comes back into the mailbox, plus addresses work there, and customers' replies
// can carry their token in the address.

func settingPlus(mailbox string) string { return "plus:" + mailbox }

const (
	plusPending = "pending"
	plusWorks   = "works"
	plusFails   = "fails"
)

func (d *Desk) plusWorks(tx Tx, box Mailbox) (bool, error) {
	if box.Plus != PlusAuto {
		return box.Plus == PlusYes, nil
	}
	if s, ok := d.plus.Load(box.Name); ok {
		return s == plusWorks, nil
	}
	s, _, err := tx.Setting(settingPlus(box.Name))
	if s == plusWorks || s == plusFails { // what a probe has shown stays true
		d.plus.Store(box.Name, s)
	}
	return s == plusWorks, err
}

// SendProbes puts one probe into the outbox for each mailbox of which it is not known yet whether plus addresses work. It is
// sent once in the life of a store.
func (d *Desk) SendProbes(ctx context.Context) error {
	err := d.o.Store.Update(ctx, func(tx Tx) error {
		for _, box := range d.o.Mailboxes {
			if box.Plus != PlusAuto {
				continue
			}
			if _, ok, err := tx.Setting(settingPlus(box.Name)); err != nil || ok {
				if err != nil {
					return err
				}
				continue
			}
			if err := tx.SetSetting(settingPlus(box.Name), plusPending); err != nil {
				return err
			}
			o := Out{Kind: OutProbe, State: OutWaiting, Mailbox: box.Name, Created: d.now(), NextAt: d.now(), Key: "probe:" + box.Name}
			o.Recipient = plusAddress(box.Address, d.keys.Issue(ProbeToken, AboutOut, 0, box.Name))
			if _, err := tx.AddOut(&o); err != nil {
				return err
			}
		}
		return nil
	})
	d.wake()
	return err
}

// chooseProbe writes the probe. It says what it is: people read this mailbox too.
func (d *Desk) chooseProbe(tx Tx, o *Out) error {
	box := d.mailbox(o.Mailbox)
	out, err := d.envelope(tx, o, box)
	if err != nil {
		return err
	}
	out.Subject = "notfalld: Testmail (bitte nicht beachten / please ignore)"
	out.Text = fmt.Sprintf("Mit dieser Mail prüft notfalld einmalig, ob Adressen der Form %s ankommen. Sie kann gelöscht werden.\n\n"+
		"With this mail notfalld checks once whether addresses such as %s arrive. It can be deleted.\n", plusAddress(box.Address, "…"), plusAddress(box.Address, "…"))
	return seal(o, out)
}

// probeBack recognises a probe of ours in the mailbox: sent by us, and addressed to a token that we issued for this mailbox; or a test of what our
// mail server strips.
func (d *Desk) probeBack(tx Tx, e *Entry, m *message.Mail) (bool, error) {
	if ok, err := d.trustBack(tx, e, m); err != nil || ok {
		return ok, err
	}
	if e.Sent { // what is filed as sent has not come back
		return false, nil
	}
	for _, a := range deliveryAddresses(m) {
		tok, ok := d.keys.Find(a, ProbeToken)
		if !ok {
			continue
		}
		if own, err := d.isOwn(tx, m); err != nil || !own {
			return false, err
		}
		for _, box := range d.o.Mailboxes {
			if tok.IssuedTo(box.Name) {
				d.plus.Store(box.Name, plusWorks)
				return true, tx.SetSetting(settingPlus(box.Name), plusWorks)
			}
		}
	}
	return false, nil
}
