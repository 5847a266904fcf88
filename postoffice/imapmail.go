package postoffice

import (
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// This file holds the commands on the mails of the selected folder: FETCH, STORE, EXPUNGE, COPY, MOVE.

func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	if imap.IsSearchRes(set) {
		return bad("SEARCHRES is not supported")
	}
	type item struct {
		numbered
		flags []imap.Flag
		told  bool // \Seen was set by this very command: RFC 3501 section 6.4.5 wants FLAGS in the answer
	}
	seen := marksSeen(options)
	fault := s.wire.fetchFault()
	if fault == nil {
		fault = &Fault{}
	}
	s.acc.mu.Lock()
	var items []item
	for _, n := range s.view.selectLocked(set) {
		if slices.Contains(fault.Omit, n.uid) {
			continue
		}
		it := item{numbered: n}
		if seen && !s.view.readOnly && !n.has(`\Seen`) {
			s.view.folder.setFlag(n.mail, `\Seen`)
			s.acc.flagsChangedLocked(s.view.folder, n.mail, s.view)
			it.told = true
		}
		if options.Flags || it.told {
			it.flags = n.flagList()
		}
		items = append(items, it)
	}
	s.acc.mu.Unlock()

	for _, it := range items {
		if err := writeMail(w.CreateMessage(it.seq), it.mail, it.flags, options, fault.UIDLast); err != nil {
			return err
		}
	}
	return nil
}

// marksSeen tells whether any asked item sets \Seen: BODY[…] and BINARY[…] do, their PEEK forms do not.
func marksSeen(options *imap.FetchOptions) bool {
	for _, b := range options.BodySection {
		if !b.Peek {
			return true
		}
	}
	for _, b := range options.BinarySection {
		if !b.Peek {
			return true
		}
	}
	return false
}

func (s *imapSession) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, _ *imap.StoreOptions) error {
	if imap.IsSearchRes(set) {
		return bad("SEARCHRES is not supported")
	}
	s.acc.mu.Lock()
	if s.view.readOnly {
		s.acc.mu.Unlock()
		return errReadOnly
	}
	var updates []update
	for _, n := range s.view.selectLocked(set) {
		s.storeLocked(n.mail, flags)
		s.acc.flagsChangedLocked(s.view.folder, n.mail, s.view)
		if !flags.Silent {
			updates = append(updates, update{seq: n.seq, uid: n.uid, flags: n.flagList()})
		}
	}
	s.acc.mu.Unlock()
	for _, u := range updates {
		r := w.CreateMessage(u.seq)
		r.WriteUID(imap.UID(u.uid))
		r.WriteFlags(u.flags)
		if err := r.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (s *imapSession) storeLocked(m *mail, flags *imap.StoreFlags) {
	if flags.Op == imap.StoreFlagsSet {
		clear(m.flags)
	}
	for _, flag := range flags.Flags {
		if flags.Op == imap.StoreFlagsDel {
			delete(m.flags, strings.ToLower(string(flag)))
			continue
		}
		// RFC 3501 section 7.1: a flag that is not in PERMANENTFLAGS may be ignored.
		if s.office.opts.NoKeywords && !strings.HasPrefix(string(flag), `\`) {
			continue
		}
		s.view.folder.setFlag(m, string(flag))
	}
}

func (s *imapSession) Expunge(_ *imapserver.ExpungeWriter, uids *imap.UIDSet) error {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	v := s.view
	if v.readOnly {
		if uids == nil {
			return nil // CLOSE after EXAMINE expunges nothing (RFC 3501 section 6.4.2)
		}
		return errReadOnly
	}
	set := imap.NumSet(imap.UIDSet{{Start: 1, Stop: 0}})
	if uids != nil {
		set = *uids
	}
	var gone []*mail
	for _, n := range v.selectLocked(set) {
		if n.has(`\Deleted`) {
			gone = append(gone, n.mail)
		}
	}
	s.acc.expungeLocked(v.folder, gone) // the poll that follows writes the EXPUNGE lines
	return nil
}

func (s *imapSession) Copy(set imap.NumSet, dest string) (*imap.CopyData, error) {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	data, _, err := s.copyLocked(set, dest)
	return data, err
}

// copyLocked copies into dest; data is nil when there is nothing to say (no mail, or no UIDPLUS).
func (s *imapSession) copyLocked(set imap.NumSet, dest string) (data *imap.CopyData, source []*mail, err error) {
	if imap.IsSearchRes(set) {
		return nil, nil, bad("SEARCHRES is not supported")
	}
	f, err := s.findLocked(dest, imap.ResponseCodeTryCreate)
	if err != nil {
		return nil, nil, err
	}
	if f.readOnly {
		return nil, nil, errReadOnly
	}
	data = &imap.CopyData{UIDValidity: f.uidValidity}
	for _, n := range s.view.selectLocked(set) {
		m := s.acc.appendLocked(f, n.raw, n.date, n.flagNames())
		data.SourceUIDs.AddNum(imap.UID(n.uid))
		data.DestUIDs.AddNum(imap.UID(m.uid))
		source = append(source, n.mail)
	}
	if len(source) == 0 || s.office.without["UIDPLUS"] {
		data = nil
	}
	return data, source, nil
}

func (s *imapSession) Move(w *imapserver.MoveWriter, set imap.NumSet, dest string) error {
	s.acc.mu.Lock()
	if s.view.readOnly {
		s.acc.mu.Unlock()
		return errReadOnly
	}
	data, source, err := s.copyLocked(set, dest)
	if err == nil {
		s.acc.expungeLocked(s.view.folder, source) // the poll that follows writes the EXPUNGE lines (RFC 6851 section 3.3)
	}
	s.acc.mu.Unlock()
	if err != nil || data == nil {
		return err
	}
	return w.WriteCopyData(data)
}
