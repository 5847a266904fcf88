package postoffice

import (
	"bytes"
	"context"
	"fmt"
	"time"
)

// This file holds what a test or the demo does to a mailbox directly, as another mail client or the administrator would.

// Message is a mail as it lies in a folder.
type Message struct {
	UID          uint32
	Flags        []string // sorted; system flags and keywords
	InternalDate time.Time
	Raw          []byte // shared, not to be changed
}

// Has tells whether the message has the flag or keyword, compared without case.
func (m Message) Has(flag string) bool {
	for _, f := range m.Flags {
		if bytes.EqualFold([]byte(f), []byte(flag)) {
			return true
		}
	}
	return false
}

// withFolder runs f with the folder and the account locked.
func (o *Office) withFolder(user, name string, f func(*account, *folder) error) error {
	acc := o.account(user)
	if acc == nil {
		return fmt.Errorf("postoffice: %q: %w", user, ErrNoUser)
	}
	acc.mu.Lock()
	defer acc.mu.Unlock()
	fold, err := acc.folderLocked(name)
	if err != nil {
		return fmt.Errorf("postoffice: %w", err)
	}
	return f(acc, fold)
}

// Append puts a mail into a folder as another client would; sessions in IDLE are told. A zero date means now.
func (o *Office) Append(user, name string, raw []byte, date time.Time, flags ...string) (uid uint32, err error) {
	if date.IsZero() {
		date = o.opts.Now()
	}
	raw = bytes.Clone(raw)
	err = o.withFolder(user, name, func(a *account, f *folder) error {
		uid = a.appendLocked(f, raw, date, flags).uid
		return nil
	})
	return uid, err
}

// Messages returns the mails of a folder by ascending UID.
func (o *Office) Messages(user, name string) ([]Message, error) {
	var list []Message
	err := o.withFolder(user, name, func(_ *account, f *folder) error {
		list = f.messages()
		return nil
	})
	return list, err
}

func (f *folder) messages() []Message {
	list := make([]Message, 0, len(f.mails))
	for _, m := range f.mails {
		list = append(list, Message{UID: m.uid, Flags: m.flagNames(), InternalDate: m.date, Raw: m.raw})
	}
	return list
}

// WaitMessages waits until cond holds of the mails of a folder, and returns them. It looks at each change, and at first.
func (o *Office) WaitMessages(ctx context.Context, user, name string, cond func([]Message) bool) ([]Message, error) {
	for {
		var list []Message
		var changed chan struct{}
		err := o.withFolder(user, name, func(a *account, f *folder) error {
			list, changed = f.messages(), a.changed
			return nil
		})
		if err != nil || cond(list) {
			return list, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return list, fmt.Errorf("postoffice: waiting for %s/%s (%d mails): %w", user, name, len(list), context.Cause(ctx))
		}
	}
}

// CreateFolder makes an empty folder.
func (o *Office) CreateFolder(user, name string) error {
	acc := o.account(user)
	if acc == nil {
		return fmt.Errorf("postoffice: %q: %w", user, ErrNoUser)
	}
	acc.mu.Lock()
	defer acc.mu.Unlock()
	if _, err := acc.folderLocked(name); err == nil {
		return fmt.Errorf("postoffice: %s: folder %q exists", user, name)
	}
	acc.createLocked(name)
	return nil
}

// Expunge removes a mail at once, as another client would.
func (o *Office) Expunge(user, name string, uid uint32) error {
	return o.withFolder(user, name, func(a *account, f *folder) error {
		i, ok := f.find(uid)
		if !ok {
			return fmt.Errorf("postoffice: %s/%s UID %d: %w", user, name, uid, ErrNoMessage)
		}
		a.expungeLocked(f, []*mail{f.mails[i]})
		return nil
	})
}

// SetFlags replaces the flags of a mail, as another client would; sessions are told.
func (o *Office) SetFlags(user, name string, uid uint32, flags ...string) error {
	return o.withFolder(user, name, func(a *account, f *folder) error {
		i, ok := f.find(uid)
		if !ok {
			return fmt.Errorf("postoffice: %s/%s UID %d: %w", user, name, uid, ErrNoMessage)
		}
		clear(f.mails[i].flags)
		for _, flag := range flags {
			f.setFlag(f.mails[i], flag)
		}
		a.flagsChangedLocked(f, f.mails[i], nil)
		return nil
	})
}

// SetReadOnly makes a folder read-only for sessions that select it from now on: SELECT answers [READ-ONLY], changes are
// refused with NO. The methods of Office still change it.
func (o *Office) SetReadOnly(user, name string, readOnly bool) error {
	return o.withFolder(user, name, func(_ *account, f *folder) error {
		f.readOnly = readOnly
		return nil
	})
}

// SetUIDValidity gives a folder another UIDVALIDITY; the mails keep their UIDs. Sessions that have it selected get a BYE.
func (o *Office) SetUIDValidity(user, name string, uidValidity uint32) error {
	var views []*view
	err := o.withFolder(user, name, func(a *account, f *folder) error {
		f.uidValidity = uidValidity
		a.uidValidity = max(a.uidValidity, uidValidity)
		views = f.viewList()
		return nil
	})
	goodbye(views)
	return err
}

// RecreateFolder makes a folder anew, as a restored backup would: the same mails in the same order, with UIDs from 1 on and
// another UIDVALIDITY, which it returns. Flags are kept or lost. Sessions that have it selected get a BYE.
func (o *Office) RecreateFolder(user, name string, keepFlags bool) (uidValidity uint32, err error) {
	var views []*view
	err = o.withFolder(user, name, func(a *account, old *folder) error {
		views = old.viewList()
		f := a.createLocked(old.name, old.attrs...)
		f.readOnly = old.readOnly
		for _, m := range old.mails {
			var flags []string
			if keepFlags {
				flags = m.flagNames()
			}
			a.appendLocked(f, m.raw, m.date, flags)
		}
		uidValidity = f.uidValidity
		a.touchLocked()
		return nil
	})
	goodbye(views)
	return uidValidity, err
}

func (f *folder) viewList() []*view {
	list := make([]*view, 0, len(f.views))
	for v := range f.views {
		list = append(list, v)
	}
	return list
}

func goodbye(views []*view) {
	for _, v := range views {
		v.wire.bye("Mailbox was recreated")
	}
}

// UIDValidity returns the UIDVALIDITY of a folder.
func (o *Office) UIDValidity(user, name string) (uidValidity uint32, err error) {
	err = o.withFolder(user, name, func(_ *account, f *folder) error {
		uidValidity = f.uidValidity
		return nil
	})
	return uidValidity, err
}

// WaitIdle waits until exactly n sessions of a user are in IDLE.
func (o *Office) WaitIdle(ctx context.Context, user string, n int) error {
	acc := o.account(user)
	if acc == nil {
		return fmt.Errorf("postoffice: %q: %w", user, ErrNoUser)
	}
	for {
		acc.mu.Lock()
		have, changed := acc.idling, acc.changed
		acc.mu.Unlock()
		if have == n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("postoffice: %s has %d sessions in IDLE, not %d: %w", user, have, n, context.Cause(ctx))
		}
	}
}
