package postoffice

import (
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

const delimiter = '/'

// imapSession is one IMAP connection. Its methods are called by one goroutine, except Idle, which has its own.
type imapSession struct {
	office *Office
	wire   *wire
	acc    *account // nil before login
	view   *view    // nil when nothing is selected; guarded by acc.mu, because Idle may outlive the command that started it
}

var (
	_ imapserver.SessionIMAP4rev2 = (*imapSession)(nil)
)

func no(code imap.ResponseCode, text string) *imap.Error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

func bad(text string) *imap.Error { return &imap.Error{Type: imap.StatusResponseTypeBad, Text: text} }

var errReadOnly = no("READ-ONLY", "Mailbox is read-only")

func (s *imapSession) Close() error {
	if s.acc != nil {
		s.acc.mu.Lock()
		s.unselectLocked()
		s.acc.mu.Unlock()
	}
	return nil
}

func (s *imapSession) Login(username, password string) error {
	acc := s.office.login(username, password)
	if acc == nil {
		return imapserver.ErrAuthFailed
	}
	s.acc, s.wire.user = acc, username
	return nil
}

// find returns the folder or a NO with the code that the command wants.
func (s *imapSession) findLocked(name string, code imap.ResponseCode) (*folder, error) {
	f, err := s.acc.folderLocked(name)
	if err != nil {
		return nil, no(code, "No such mailbox")
	}
	return f, nil
}

func (s *imapSession) Select(name string, options *imap.SelectOptions) (*imap.SelectData, error) {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	f, err := s.findLocked(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return nil, err
	}
	s.view = s.acc.openViewLocked(f, s.wire, options.ReadOnly)
	if f.readOnly && !options.ReadOnly {
		s.wire.sayReadOnly()
	}
	data := &imap.SelectData{
		Flags: f.flagList(), NumMessages: uint32(len(f.mails)), UIDNext: imap.UID(f.uidNext), UIDValidity: f.uidValidity,
	}
	switch {
	case s.view.readOnly: // RFC 3501 section 6.3.2: nothing can be changed permanently
	case s.office.opts.NoKeywords:
		data.PermanentFlags = slices.Clone(systemFlags)
	default:
		data.PermanentFlags = append(slices.Clone(data.Flags), imap.FlagWildcard)
	}
	for i, m := range f.mails {
		if !m.has(`\Seen`) {
			data.FirstUnseenSeqNum = uint32(i) + 1
			break
		}
	}
	return data, nil
}

func (s *imapSession) Unselect() error {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	s.unselectLocked()
	return nil
}

func (s *imapSession) unselectLocked() {
	if s.view != nil {
		delete(s.view.folder.views, s.view)
		s.view = nil
	}
}

func (s *imapSession) Create(name string, options *imap.CreateOptions) error {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	name = strings.TrimRight(name, string(delimiter))
	if _, err := s.acc.folderLocked(name); err == nil {
		return no(imap.ResponseCodeAlreadyExists, "Mailbox already exists")
	}
	s.acc.createLocked(name, options.SpecialUse...)
	return nil
}

func (s *imapSession) Delete(name string) error {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	f, err := s.findLocked(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return err
	}
	if f.name == "INBOX" {
		return no(imap.ResponseCodeCannot, "INBOX cannot be deleted")
	}
	delete(s.acc.folders, f.name)
	return nil
}

func (s *imapSession) Rename(name, newName string, _ *imap.RenameOptions) error {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	f, err := s.findLocked(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return err
	}
	newName = strings.TrimRight(newName, string(delimiter))
	if _, err := s.acc.folderLocked(newName); err == nil {
		return no(imap.ResponseCodeAlreadyExists, "Mailbox already exists")
	}
	if f.name == "INBOX" {
		return no(imap.ResponseCodeCannot, "INBOX cannot be renamed")
	}
	delete(s.acc.folders, f.name)
	f.name = newName
	s.acc.folders[newName] = f
	return nil
}

// Subscribe: every folder counts as subscribed.
func (s *imapSession) Subscribe(string) error { return nil }

// Unsubscribe changes nothing: every folder counts as subscribed.
func (s *imapSession) Unsubscribe(string) error { return nil }

func (s *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	if len(patterns) == 0 { // RFC 3501 section 6.3.8: an empty pattern asks for the delimiter
		return w.WriteList(&imap.ListData{Attrs: []imap.MailboxAttr{imap.MailboxAttrNoSelect}, Delim: delimiter})
	}
	s.acc.mu.Lock()
	var list []imap.ListData
	for name, f := range s.acc.folders {
		if !slices.ContainsFunc(patterns, func(p string) bool { return imapserver.MatchList(name, delimiter, ref, p) }) {
			continue
		}
		if options.SelectSpecialUse && len(f.attrs) == 0 {
			continue
		}
		data := imap.ListData{Mailbox: name, Delim: delimiter, Attrs: slices.Clone(f.attrs)}
		if options.SelectSubscribed || options.ReturnSubscribed {
			data.Attrs = append(data.Attrs, imap.MailboxAttrSubscribed)
		}
		if options.ReturnStatus != nil {
			data.Status = f.status(options.ReturnStatus)
		}
		list = append(list, data)
	}
	s.acc.mu.Unlock()
	slices.SortFunc(list, func(a, b imap.ListData) int { return strings.Compare(a.Mailbox, b.Mailbox) })
	for i := range list {
		if err := w.WriteList(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *imapSession) Status(name string, options *imap.StatusOptions) (*imap.StatusData, error) {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	f, err := s.findLocked(name, imap.ResponseCodeNonExistent)
	if err != nil {
		return nil, err
	}
	return f.status(options), nil
}

func (f *folder) status(o *imap.StatusOptions) *imap.StatusData {
	var unseen, deleted uint32
	var size int64
	for _, m := range f.mails {
		if !m.has(`\Seen`) {
			unseen++
		}
		if m.has(`\Deleted`) {
			deleted++
		}
		size += int64(len(m.raw))
	}
	count, recent := uint32(len(f.mails)), uint32(0)
	return &imap.StatusData{
		Mailbox: f.name, UIDNext: imap.UID(f.uidNext), UIDValidity: f.uidValidity,
		NumMessages: &count, NumUnseen: &unseen, NumDeleted: &deleted, NumRecent: &recent, Size: &size, DeletedStorage: new(int64),
	}
}

func (s *imapSession) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: delimiter}}}, nil
}

func (s *imapSession) Append(name string, r imap.LiteralReader, options *imap.AppendOptions) (*imap.AppendData, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	f, err := s.findLocked(name, imap.ResponseCodeTryCreate)
	if err != nil {
		return nil, err
	}
	if f.readOnly {
		return nil, errReadOnly
	}
	date := options.Time
	if date.IsZero() {
		date = s.office.opts.Now()
	}
	flags := make([]string, 0, len(options.Flags))
	for _, flag := range options.Flags {
		flags = append(flags, string(flag))
	}
	m := s.acc.appendLocked(f, raw, date, flags)
	if s.office.without["UIDPLUS"] {
		return nil, nil
	}
	return &imap.AppendData{UIDValidity: f.uidValidity, UID: imap.UID(m.uid)}, nil
}

func (s *imapSession) Poll(w *imapserver.UpdateWriter, allowExpunge bool) error {
	if s.acc == nil {
		return nil
	}
	s.acc.mu.Lock()
	if s.view == nil {
		s.acc.mu.Unlock()
		return nil
	}
	updates := s.view.catchUpLocked(allowExpunge)
	s.acc.mu.Unlock()
	return tell(w, updates)
}

// Idle tells first what happened before it began (RFC 2177 does not make the client poll once more), then waits.
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	v := s.idling(1)
	defer s.idling(-1)
	if v == nil {
		<-stop
		return nil
	}
	for {
		s.acc.mu.Lock()
		updates := v.catchUpLocked(true)
		s.acc.mu.Unlock()
		if err := tell(w, updates); err != nil {
			return err
		}
		select {
		case <-v.ready:
		case <-stop:
			return nil
		}
	}
}

func (s *imapSession) idling(n int) *view {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	s.acc.idling += n
	s.acc.touchLocked()
	return s.view
}
