package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// noSentFolder says that there is no folder of sent mails. It is no fault of the connection: many programs make it when the first
// mail is sent.
type noSentFolder struct {
	named   string
	special []string // folders that the server calls \Sent, if they are not exactly one
}

func (e *noSentFolder) Error() string {
	if len(e.special) == 0 {
		return fmt.Sprintf(`there is no folder %q, and none that the server calls \Sent`, e.named)
	}
	return fmt.Sprintf(`there is no folder %q, and the server calls several \Sent: %s`, e.named, strings.Join(e.special, ", "))
}

// selectSent opens the folder of sent mails for reading: EXAMINE changes nothing there, not even \Recent (RFC 3501, 6.3.2). If there is
// none of the configured name, the one that the server calls \Sent will do (RFC 6154). The error is a *noSentFolder if there is neither.
func (s *session) selectSent() error {
	err := s.selectAs(s.o.Folder, &imap.SelectOptions{ReadOnly: true})
	if err == nil || !refused(err) {
		return err
	}
	there, special, lerr := s.listSent()
	switch {
	case lerr != nil:
		return lerr
	case there && !missing(err):
		return err // it is there, and may not be read
	case len(special) != 1:
		return &noSentFolder{named: s.o.Folder, special: special}
	}
	err = s.selectAs(special[0], &imap.SelectOptions{ReadOnly: true})
	if missing(err) { // listed before it is made
		return &noSentFolder{named: s.o.Folder}
	}
	return err
}

// refused says that the server answered NO or BAD, and the connection goes on.
func refused(err error) bool {
	var e *imap.Error
	return errors.As(err, &e) && !errors.Is(err, errLost)
}

// missing says that the server gives as its reason that there is no such folder (RFC 5530).
func missing(err error) bool {
	var e *imap.Error
	return errors.As(err, &e) && (e.Code == imap.ResponseCodeNonExistent || e.Code == imap.ResponseCodeTryCreate)
}

// listSent looks whether the configured folder is there, and which ones the server calls \Sent. Servers that have SPECIAL-USE without
// LIST-EXTENDED say it without being asked (RFC 6154, 2).
func (s *session) listSent() (there bool, special []string, err error) {
	var o *imap.ListOptions
	if s.caps.Has(imap.CapSpecialUse) && s.caps.Has(imap.CapListExtended) {
		o = &imap.ListOptions{ReturnSpecialUse: true}
	}
	err = s.askFor("list folders", s.budget(0), func() error {
		cmd := s.client.List("", "*", o)
		for d := cmd.Next(); d != nil; d = cmd.Next() {
			if has(d.Attrs, imap.MailboxAttrNoSelect) || has(d.Attrs, imap.MailboxAttrNonExistent) {
				continue
			}
			there = there || d.Mailbox == s.o.Folder
			if has(d.Attrs, imap.MailboxAttrSent) && len(special) < manyFolders {
				special = append(special, d.Mailbox)
			}
		}
		return cmd.Close()
	})
	slices.Sort(special)
	return there, special, err
}

// manyFolders are enough to tell what is wrong.
const manyFolders = 10

func has(attrs []imap.MailboxAttr, a imap.MailboxAttr) bool {
	return slices.ContainsFunc(attrs, func(x imap.MailboxAttr) bool { return strings.EqualFold(string(x), string(a)) })
}

// without is what a watcher of sent mails does while there is no folder of them: it says so once, and waits until it is time to look again.
func (r *run) without(ctx context.Context, why *noSentFolder) error {
	if err := r.expectFolder(ctx); err != nil {
		return err
	}
	r.settleOn(folder{})
	r.queue = queue{}
	r.count()
	r.shown = false
	r.journal.noSent(why, r.o.Reselect)
	r.board.connected()
	r.board.write(func(s *Status) { s.Missing = true })
	for until := r.o.Clock.Now().Add(r.o.Reselect); ; {
		left := until.Sub(r.o.Clock.Now())
		if left <= 0 {
			return nil
		}
		select {
		case <-r.o.Clock.After(min(left, r.o.Poll)):
		case <-r.s.client.Closed():
			return r.s.explain("wait for the folder", errLost)
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := r.s.ask("noop", func() error { return r.s.client.Noop().Wait() }); err != nil {
			return err
		}
	}
}

// expectFolder has what is sent from now on count, also when the first mail makes the folder. UIDVALIDITY 0 is none: the desk takes the
// one that the folder will have for a change of it, and keeps the time.
func (r *run) expectFolder(ctx context.Context) error {
	if _, err := r.desk.OpenFolder(ctx, r.o.Name, r.o.Folder, 0, 0); err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	return nil
}

// instead says once that a folder other than the configured one is read, and expects that one.
func (r *run) instead(ctx context.Context, f folder) error {
	if f.name == r.o.Folder {
		r.journal.sentAsConfigured()
		return nil
	}
	r.journal.sentInstead(r.o.Folder, f.name)
	return r.expectFolder(ctx)
}
