package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// Finder looks for one mail in a mailbox, for `check --online`, and can remove it. It takes nothing and marks nothing: folders are opened by
// EXAMINE, and a daemon beside it does not notice. It is not for several goroutines.
type Finder struct{ s *session }

// Found is a mail that a Finder has found.
type Found struct {
	Folder      string
	UIDValidity uint32
	UID         uint32
	Raw         []byte
}

// NewFinder logs in as a Watcher would. The error is one line.
func NewFinder(ctx context.Context, o Options) (*Finder, error) {
	o = o.withDefaults()
	s, err := open(ctx, &o)
	if err != nil {
		return nil, probeError(&o, err)
	}
	return &Finder{s}, nil
}

// Close ends the connection.
func (f *Finder) Close() { f.s.close() }

// Find looks in the folders, one after the other, for a mail whose header field holds the value; the last one if there are several. A folder
// that cannot be opened holds none. ok is false if there is none yet.
func (f *Finder) Find(folders []string, field, value string) (found Found, ok bool, err error) {
	for _, name := range folders {
		validity, err := f.examine(name)
		if err != nil || validity == 0 {
			if errors.Is(err, errLost) {
				return found, false, probeError(f.s.o, err)
			}
			continue
		}
		uid, err := f.last(field, value)
		if err != nil {
			return found, false, probeError(f.s.o, err)
		}
		if uid == 0 {
			continue
		}
		found = Found{Folder: name, UIDValidity: validity, UID: uid}
		if found.Raw, err = f.fetch(uid); err == nil {
			return found, true, nil
		} else if !errors.Is(err, errGone) && !errors.Is(err, errMissing) { // a daemon may be moving it at this moment
			return found, false, probeError(f.s.o, err)
		}
	}
	return Found{}, false, nil
}

// examine opens a folder for reading: each time anew, which also shows what has arrived.
func (f *Finder) examine(name string) (uidValidity uint32, err error) {
	err = f.s.ask("examine "+name, func() error {
		d, err := f.s.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		if err == nil {
			uidValidity = d.UIDValidity
		}
		return err
	})
	return uidValidity, err
}

// last is the highest UID of the mails with such a field, 0 if there is none.
func (f *Finder) last(field, value string) (uid uint32, err error) {
	err = f.s.ask("search", func() error {
		data, err := f.s.client.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: field, Value: value}}}, nil).Wait()
		if err == nil {
			for _, u := range data.AllUIDs() {
				uid = max(uid, uint32(u))
			}
		}
		return err
	})
	return uid, err
}

// fetch gets a mail whole, by its sequence number: see run.one.
func (f *Finder) fetch(uid uint32) (raw []byte, err error) {
	seq, err := f.s.sequence(uid)
	if err != nil {
		return nil, err
	}
	if seq == 0 {
		return nil, errGone
	}
	got, bad := uint32(0), error(nil)
	err = f.s.ask("fetch", func() error {
		cmd := f.s.client.Fetch(imap.SeqSetNum(seq), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{&wholeMail}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			if raw == nil {
				got, raw, bad = f.s.readMail(msg, func(int64) error { return nil })
			}
		}
		return cmd.Close()
	})
	if err = cmp.Or(err, bad); err != nil {
		return nil, err
	}
	if raw == nil || got != uid {
		return nil, errMissing
	}
	return raw, nil
}

// Remove takes a mail out of the mailbox, and says whether it could: without UIDPLUS (RFC 4315) an EXPUNGE would take away with it what other
// people have marked as deleted, so that nothing is done. A mail that is gone already is removed.
func (f *Finder) Remove(m Found) (removed bool, err error) {
	if !f.s.caps.Has(imap.CapUIDPlus) {
		return false, nil
	}
	var d *imap.SelectData
	err = f.s.ask("select "+m.Folder, func() (err error) {
		d, err = f.s.client.Select(m.Folder, nil).Wait()
		return err
	})
	if err != nil {
		return false, probeError(f.s.o, err)
	}
	if d.UIDValidity != m.UIDValidity {
		return false, fmt.Errorf("%s was made anew meanwhile", m.Folder)
	}
	set := imap.UIDSetNum(imap.UID(m.UID))
	err = f.s.ask("store", func() error {
		return f.s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagDeleted}}, nil).Close()
	})
	if err == nil {
		err = f.s.ask("expunge", func() error { return f.s.client.UIDExpunge(set).Close() })
	}
	if err != nil {
		return false, probeError(f.s.o, err)
	}
	return true, nil
}
