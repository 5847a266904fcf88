package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
)

// session is one connection, logged in. One goroutine owns it; everything that it asks of the server has an end.
type session struct {
	o      *Options
	client *imapclient.Client
	lane   *lane
	caps   imap.CapSet
	folder folder
	news   chan struct{} // the server spoke of new mails
	stop   func() bool   // undoes the tie to the context
}

// folder is what SELECT said.
type folder struct {
	name        string
	uidValidity uint32
	uidNext     uint32
	mails       uint32
	readOnly    bool
	keyword     bool // the configured keyword may be set
}

// errAuth says that the server knows us and does not let us in: trying again soon helps nobody, and may lock the account.
var errAuth = errors.New("login refused")

// errLost says that the connection ended while something was asked.
var errLost = errors.New("connection lost")

// open connects and logs in. The end of ctx ends the connection at once.
func open(ctx context.Context, o *Options) (*session, error) {
	l, err := dial(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return begin(ctx, o, l)
}

// begin logs in on a connection.
func begin(ctx context.Context, o *Options, l *lane) (*session, error) {
	s := &session{o: o, lane: l, news: make(chan struct{}, 1)}
	s.stop = context.AfterFunc(ctx, func() { l.Close() })
	s.client = imapclient.New(l, &imapclient.Options{
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{
			Mailbox: func(d *imapclient.UnilateralDataMailbox) {
				if d.NumMessages != nil {
					s.nudge()
				}
			},
		},
	})
	if err := s.login(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// nudge runs in the library's reader: it must neither block nor send a command.
func (s *session) nudge() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// close ends the connection without a farewell. Every command has been waited for, so that the library's reader is free to end.
func (s *session) close() {
	s.stop()
	s.lane.Close()
	s.client.Close()
}

// ask runs commands and waits for their responses. Silence of the server ends it, with an error that says so.
func (s *session) ask(what string, f func() error) error { return s.askFor(what, 0, f) }

// askFor is ask, with a bound on all the waiting for the server together (0: none).
func (s *session) askFor(what string, budget time.Duration, f func() error) error {
	s.lane.expect(s.o.Silence, budget)
	err := f()
	s.lane.relax()
	return s.explain(what, err)
}

// explain turns the library's errors into what happened: an answer of the server stays an *imap.Error, everything
// else is the end of the connection.
func (s *session) explain(what string, err error) error {
	var refused *imap.Error
	if err == nil {
		return nil
	}
	bye := s.lane.guard.heard().bye
	if errors.As(err, &refused) && refused.Type != imap.StatusResponseTypeBye {
		return fmt.Errorf("%s: %w", what, err)
	}
	s.lane.Close()
	why := s.lane.why()
	switch {
	case bye != "":
		return fmt.Errorf("%s: %w: the server said BYE: %s", what, errLost, oneLine(bye))
	case why == nil || errors.Is(why, net.ErrClosed):
		return fmt.Errorf("%s: %w: %w", what, errLost, err)
	case errors.Is(why, io.EOF):
		return fmt.Errorf("%s: %w: the server closed it", what, errLost)
	}
	return fmt.Errorf("%s: %w: %w", what, errLost, why)
}

func (s *session) login() error {
	if err := s.ask("greeting", s.client.WaitGreeting); err != nil {
		return err
	}
	if s.client.State() == imap.ConnStateAuthenticated {
		return s.learn() // PREAUTH
	}
	if err := s.learn(); err != nil {
		return err
	}
	var err error
	switch {
	case s.caps.Has(imap.AuthCap(sasl.Plain)):
		err = s.ask("login", func() error {
			return s.client.Authenticate(sasl.NewPlainClient("", s.o.Username, s.o.Password))
		})
	case s.caps.Has(imap.CapLoginDisabled):
		return fmt.Errorf("%w: the server takes no password on an unencrypted connection: set tls", errAuth)
	default:
		err = s.ask("login", func() error { return s.client.Login(s.o.Username, s.o.Password).Wait() })
	}
	if err != nil {
		return refusedLogin(err)
	}
	return s.learn()
}

// refusedLogin tells a wrong password from a server that cannot check it at the moment (RFC 5530).
func refusedLogin(err error) error {
	var refused *imap.Error
	if !errors.As(err, &refused) || refused.Type == imap.StatusResponseTypeBye {
		return err
	}
	switch refused.Code {
	case imap.ResponseCodeUnavailable, imap.ResponseCodeInUse, imap.ResponseCodeServerBug, imap.ResponseCodeLimit:
		return err
	}
	return fmt.Errorf("%w by the server: %s", errAuth, oneLine(refused.Text))
}

// learn asks for the capabilities: they change with encryption and login (RFC 9051, 6.1.1).
func (s *session) learn() error {
	return s.ask("capability", func() (err error) {
		s.caps, err = s.client.Capability().Wait()
		return err
	})
}

// selectFolder selects the folder for reading and writing, or that of sent mails for reading.
func (s *session) selectFolder() error {
	if s.o.Sent {
		return s.selectSent()
	}
	return s.selectAs(s.o.Folder, nil)
}

func (s *session) selectAs(name string, o *imap.SelectOptions) error {
	s.lane.guard.forget()
	var d *imap.SelectData
	err := s.ask("select "+name, func() (err error) {
		d, err = s.client.Select(name, o).Wait()
		return err
	})
	if err != nil {
		return err
	}
	if d.UIDValidity == 0 {
		return fmt.Errorf("select %s: the server gives no UIDVALIDITY, so that no mail can be told from another", name)
	}
	said := s.lane.guard.heard()
	s.folder = folder{
		name: name, uidValidity: d.UIDValidity, uidNext: uint32(d.UIDNext), mails: d.NumMessages, readOnly: said.readOnly,
		keyword: !said.permanent || permits(d.PermanentFlags, s.o.Keyword),
	}
	if s.folder.uidNext > 0 {
		return nil
	}
	s.folder.uidNext = 1 // it is optional in RFC 2060: the last mail tells
	if d.NumMessages == 0 {
		return nil
	}
	last, err := s.search(imap.UIDSetNum(0), time.Time{})
	if len(last) > 0 {
		s.folder.uidNext = slices.Max(last) + 1
	}
	return err
}

// permits says whether PERMANENTFLAGS allows the keyword: by name, or any new one by \* (RFC 9051, 7.1).
func permits(flags []imap.Flag, keyword string) bool {
	return slices.ContainsFunc(flags, func(f imap.Flag) bool {
		return f == imap.FlagWildcard || strings.EqualFold(string(f), keyword)
	})
}

// search lists the UIDs of a set, ascending. since narrows it to mails with that INTERNALDATE or a later one; servers compare
// the date alone, in a time zone of their own (RFC 9051, 6.4.4), so that a day is added and the caller compares again.
func (s *session) search(set imap.UIDSet, since time.Time) ([]uint32, error) {
	c := &imap.SearchCriteria{UID: []imap.UIDSet{set}}
	if !since.IsZero() {
		c.Since = since.AddDate(0, 0, -1)
	}
	var uids []uint32
	err := s.ask("search", func() error {
		data, err := s.client.UIDSearch(c, nil).Wait()
		if err != nil {
			return err
		}
		for _, u := range data.AllUIDs() {
			uids = append(uids, uint32(u))
		}
		return nil
	})
	slices.Sort(uids)
	return slices.Compact(uids), err
}

// canIdle says whether the server has IDLE (RFC 2177; part of IMAP4rev2).
func (s *session) canIdle() bool { return s.caps.Has(imap.CapIdle) }

// abilities names what of the server's capabilities matters here.
func (s *session) abilities() string {
	var has []string
	for _, c := range []imap.Cap{imap.CapIdle, imap.CapMove, imap.CapUIDPlus} {
		if s.caps.Has(c) {
			has = append(has, string(c))
		}
	}
	return strings.Join(has, " ")
}

// idle waits in IDLE until there is news, the time is up, something other comes, or ctx ends.
func (s *session) idle(ctx context.Context, up <-chan time.Time, other <-chan struct{}) (timeUp bool, err error) {
	var cmd *imapclient.IdleCommand
	err = s.ask("idle", func() (err error) {
		cmd, err = s.client.Idle()
		return err
	})
	if err != nil {
		return false, err
	}
	select {
	case <-s.news:
		s.nudge() // for the caller
	case <-up:
		timeUp = true
	case <-other:
	case <-ctx.Done():
	case <-s.client.Closed():
	}
	return timeUp, s.ask("end of idle", func() error {
		if err := cmd.Close(); err != nil {
			return err
		}
		return cmd.Wait()
	})
}

// oneLine makes text of a server fit for a log.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
