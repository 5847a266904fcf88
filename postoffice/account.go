package postoffice

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
)

// Errors that the methods of Office wrap.
var (
	ErrNoUser    = errors.New("no such user")
	ErrNoFolder  = errors.New("no such folder")
	ErrNoMessage = errors.New("no such message")
)

// mail is one message in a folder. raw, date and uid never change; the rest is guarded by account.mu.
type mail struct {
	uid   uint32
	raw   []byte
	date  time.Time
	flags map[string]string // lower-cased name → name as first spelled
	gone  bool              // expunged; views that have not been told still hold it
}

func (m *mail) flagList() []imap.Flag {
	list := make([]imap.Flag, 0, len(m.flags))
	for _, f := range m.flags {
		list = append(list, imap.Flag(f))
	}
	slices.Sort(list)
	return list
}

func (m *mail) flagNames() []string {
	names := slices.Collect(maps.Values(m.flags))
	slices.Sort(names)
	return names
}

func (m *mail) has(flag string) bool {
	_, ok := m.flags[strings.ToLower(flag)]
	return ok
}

// folder is one mailbox in the sense of RFC 3501. All of it is guarded by account.mu.
type folder struct {
	name        string
	uidValidity uint32
	uidNext     uint32
	mails       []*mail // by ascending uid
	attrs       []imap.MailboxAttr
	keywords    map[string]string // lower-cased name → name as first spelled: keywords compare without case
	readOnly    bool              // [READ-ONLY] at SELECT, changes are refused
	views       map[*view]struct{}
}

// account is a user with folders. One lock guards them all: a mailbox of this office is never so busy that it would matter.
type account struct {
	user User

	mu          sync.Mutex
	folders     map[string]*folder
	uidValidity uint32        // last one given out
	idling      int           // sessions in IDLE
	changed     chan struct{} // closed and replaced at each change
}

func newAccount(u User, uidValidity uint32) *account {
	a := &account{user: u, folders: map[string]*folder{}, uidValidity: uidValidity, changed: make(chan struct{})}
	a.createLocked("INBOX")
	a.createLocked("Sent", imap.MailboxAttrSent)
	return a
}

func (a *account) createLocked(name string, attrs ...imap.MailboxAttr) *folder {
	a.uidValidity++
	f := &folder{
		name: name, uidValidity: a.uidValidity, uidNext: 1, attrs: attrs,
		keywords: map[string]string{}, views: map[*view]struct{}{},
	}
	a.folders[name] = f
	return f
}

func (a *account) folderLocked(name string) (*folder, error) {
	if strings.EqualFold(name, "INBOX") { // RFC 3501 section 5.1: INBOX is case-insensitive
		name = "INBOX"
	}
	f := a.folders[name]
	if f == nil {
		return nil, fmt.Errorf("%s: %q: %w", a.user.Name, name, ErrNoFolder)
	}
	return f, nil
}

// touchLocked wakes everybody who waits for a state of this account.
func (a *account) touchLocked() {
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *account) appendLocked(f *folder, raw []byte, date time.Time, flags []string) *mail {
	m := &mail{uid: f.uidNext, raw: raw, date: date, flags: map[string]string{}}
	f.uidNext++
	for _, flag := range flags {
		f.setFlag(m, flag)
	}
	f.mails = append(f.mails, m)
	for v := range f.views {
		v.wake()
	}
	a.touchLocked()
	return m
}

func (a *account) expungeLocked(f *folder, gone []*mail) {
	if len(gone) == 0 {
		return
	}
	for _, m := range gone {
		m.gone = true
	}
	if len(gone) == 1 {
		if i, ok := f.find(gone[0].uid); ok {
			f.mails = slices.Delete(f.mails, i, i+1)
		}
	} else {
		f.mails = slices.DeleteFunc(f.mails, func(m *mail) bool { return m.gone })
	}
	for v := range f.views {
		v.lost = append(v.lost, gone...)
		v.wake()
	}
	a.touchLocked()
}

// flagsChangedLocked tells every view but source (which knows by itself) of the new flags of m.
func (a *account) flagsChangedLocked(f *folder, m *mail, source *view) {
	for v := range f.views {
		if v != source {
			v.flagged[m] = struct{}{}
			v.wake()
		}
	}
	a.touchLocked()
}

func (f *folder) find(uid uint32) (int, bool) { return findUID(f.mails, uid) }

func findUID(mails []*mail, uid uint32) (int, bool) {
	return slices.BinarySearchFunc(mails, uid, func(m *mail, uid uint32) int { return cmp.Compare(m.uid, uid) })
}

var systemFlags = []imap.Flag{imap.FlagAnswered, imap.FlagDeleted, imap.FlagDraft, imap.FlagFlagged, imap.FlagSeen}

// setFlag sets a system flag in its canonical spelling, a keyword in the spelling that the folder saw first.
func (f *folder) setFlag(m *mail, flag string) {
	low := strings.ToLower(flag)
	if strings.HasPrefix(flag, `\`) {
		for _, s := range systemFlags { // \Recent and unknown ones cannot be set (RFC 3501 section 2.3.2)
			if strings.ToLower(string(s)) == low {
				m.flags[low] = string(s)
			}
		}
		return
	}
	if _, ok := f.keywords[low]; !ok {
		f.keywords[low] = flag
	}
	m.flags[low] = f.keywords[low]
}

// flagList returns the system flags and the keywords in use: the FLAGS response of SELECT.
func (f *folder) flagList() []imap.Flag {
	list := slices.Clone(systemFlags)
	for _, k := range f.keywords {
		list = append(list, imap.Flag(k))
	}
	slices.Sort(list)
	return list
}
