package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emersion/go-imap/v2"
)

// Report is what Probe found, for `check --online`.
type Report struct {
	Address      string   // host:port
	Encrypted    bool     // TLS protects the connection
	Capabilities []string // as announced after login, sorted
	Folder       string   // as it is called; of sent mails it need not be the configured one
	Missing      string   // of sent mails: why there is no folder of them, "" if there is one
	Mails        uint32   // in the folder
	UIDValidity  uint32
	ReadOnly     bool // the folder can be read, and no mail in it marked or moved
	Keyword      bool // the configured keyword may be set; true if none is configured
	Idle         bool // new mails are announced at once (else they wait for the poll)
	Move         bool // MOVE; without it a move is COPY and \Deleted
	UIDPlus      bool // without MOVE and without it, moved mails stay behind with \Deleted
	MoveTo       bool // the folder that mails are moved to exists, or none is configured; if missing it will be made
}

// Probe logs in as a Watcher would, selects the folder, and says what can be done there. It changes nothing. The error is one line.
func Probe(ctx context.Context, o Options) (Report, error) {
	o = o.withDefaults()
	r := Report{Address: fmt.Sprintf("%s:%d", o.Host, o.Port), Folder: o.Folder, Encrypted: o.TLS != TLSNone}
	s, err := open(ctx, &o)
	if err != nil {
		return r, probeError(&o, err)
	}
	defer s.close()
	for c := range s.caps {
		r.Capabilities = append(r.Capabilities, string(c))
	}
	slices.Sort(r.Capabilities)
	r.Idle, r.Move, r.UIDPlus = s.canIdle(), s.caps.Has(imap.CapMove), s.caps.Has(imap.CapUIDPlus)
	r.MoveTo = true
	if o.MoveTo != "" {
		if r.MoveTo, err = s.exists(o.MoveTo); err != nil {
			return r, probeError(&o, err)
		}
	}
	err = s.selectFolder()
	var no *noSentFolder
	if errors.As(err, &no) {
		r.Missing = no.Error()
		return r, nil
	}
	if err != nil {
		return r, probeError(&o, err)
	}
	f := s.folder
	r.Folder = f.name
	r.Mails, r.UIDValidity, r.ReadOnly = f.mails, f.uidValidity, f.readOnly
	r.Keyword = o.Keyword == "" || f.keyword && !f.readOnly
	return r, nil
}

// exists says whether a folder can be opened, without changing it: EXAMINE does not even take \Recent away (RFC 3501, 6.3.2).
func (s *session) exists(name string) (bool, error) {
	err := s.ask("examine "+name, func() error {
		_, err := s.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	if errors.Is(err, errLost) {
		return false, err
	}
	return err == nil, nil
}

func probeError(o *Options, err error) error {
	return fmt.Errorf("IMAP %s:%d as %q: %s", o.Host, o.Port, o.Username, plain(err))
}
