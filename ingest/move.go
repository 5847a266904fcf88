package ingest

import (
	"errors"

	"github.com/emersion/go-imap/v2"

	"notfalld/ticket"
)

// move brings mails to the configured folder, and says whether they are there. Without MOVE it is COPY, \Deleted and
// UID EXPUNGE; without UIDPLUS the mails stay with \Deleted, because a plain EXPUNGE would remove other people's mails too.
func (r *run) move(uids []uint32, es []ticket.Entry) (ok bool, err error) {
	if r.o.MoveTo == "" {
		return true, nil
	}
	if r.s.caps.Has(imap.CapMove) {
		return r.try("move", r.making(func() error {
			_, err := r.s.client.Move(uidSet(uids), r.o.MoveTo).Wait()
			return err
		}))
	}
	fresh := uids
	if r.uncertain {
		if fresh, err = r.notYetCopied(uids, es); err != nil {
			return false, err
		}
	}
	if len(fresh) > 0 {
		ok, err := r.try("copy", r.making(func() error {
			_, err := r.s.client.Copy(uidSet(fresh), r.o.MoveTo).Wait()
			return err
		}))
		if !ok || err != nil {
			return false, err
		}
	}
	if ok, err := r.try("delete", r.addFlag(uids, imap.FlagDeleted)); !ok || err != nil {
		return false, err
	}
	if !r.s.caps.Has(imap.CapUIDPlus) {
		r.journal.leftDeleted(r.o.MoveTo)
		return true, nil
	}
	return r.try("expunge", r.s.ask("expunge", func() error { return r.s.client.UIDExpunge(uidSet(uids)).Close() }))
}

// making runs a command that needs the target folder, and once more after making the folder if that is what was missing.
func (r *run) making(f func() error) error {
	err := r.s.ask("move", f)
	var refused *imap.Error
	if !errors.As(err, &refused) || refused.Code != imap.ResponseCodeTryCreate && refused.Code != imap.ResponseCodeNonExistent {
		return err
	}
	if cerr := r.s.ask("create "+r.o.MoveTo, func() error { return r.s.client.Create(r.o.MoveTo, nil).Wait() }); cerr != nil {
		return cerr
	}
	r.journal.folderMade(r.o.MoveTo)
	return r.s.ask("move", f)
}

// notYetCopied leaves out mails whose copy is in the target already: the last run may have ended between COPY and the
// note of it. A copy is a mail with the same Message-ID and the same size; a mail without Message-ID is
// copied once more, because two copies are better than none.
func (r *run) notYetCopied(uids []uint32, es []ticket.Entry) (fresh []uint32, err error) {
	err = r.s.ask("examine "+r.o.MoveTo, func() error {
		_, err := r.s.client.Select(r.o.MoveTo, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if errors.Is(err, errLost) {
		return nil, err
	}
	there := err == nil
	for i, e := range es {
		copied := false
		if there && e.MessageID != "" {
			if copied, err = r.hasCopy(e); err != nil {
				return nil, err
			}
		}
		if !copied {
			fresh = append(fresh, uids[i])
		}
	}
	return fresh, r.s.selectFolder()
}

func (r *run) hasCopy(e ticket.Entry) (bool, error) {
	var found []uint32
	err := r.s.ask("search copy", func() error {
		data, err := r.s.client.UIDSearch(&imap.SearchCriteria{
			Header: []imap.SearchCriteriaHeaderField{{Key: "Message-ID", Value: e.MessageID}},
		}, nil).Wait()
		if err == nil {
			for _, u := range data.AllUIDs() {
				found = append(found, uint32(u))
			}
		}
		return err
	})
	if err != nil || len(found) == 0 {
		if !errors.Is(err, errLost) {
			err = nil // a server that cannot search: copied once more
		}
		return false, err
	}
	same := false
	err = r.s.sizes(found, func(m mail) { same = same || m.size == e.Size })
	return same, err
}
