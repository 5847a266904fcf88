// Package ingest brings mails from an IMAP mailbox to the desk, and marks in the mailbox what became ours.
//
// One Watcher looks after one mailbox, over one connection that one goroutine owns. It never changes \Seen, and
// a mail that is none of our business is left exactly as it was. What is where:
//
//	wire, guard, dial    a connection that cannot hang us, flood us or kill us
//	session, sent        login, SELECT, SEARCH, IDLE: each command has an end; which folder holds what was sent
//	fetch, large         fetching: sizes first, small mails pipelined, large ones in pieces
//	queue, run, take     what is fetched next, and what becomes of what came
//	intake               handing mails to the desk, several at a time, bounded by bytes
//	trouble              mails that the server does not deliver, or the desk does not take
//	mark, move           the keyword, and the optional move
//	watcher, backoff     the life of a connection, and what comes between two of them
//	status, log, probe   what is told to metrics, to the log, and to the administrator
package ingest

import (
	"cmp"
	"context"
	"crypto/x509"
	"log/slog"
	"math/rand/v2"
	"time"

	"notfalld/message"
	"notfalld/ticket"
)

// Desk is what the watcher needs of the domain. *ticket.Desk is one.
type Desk interface {
	// OpenFolder registers a folder as it was selected and says which of its mails are to be taken.
	OpenFolder(ctx context.Context, mailbox, folder string, uidValidity, uidNext uint32) (ticket.Scan, error)
	// Take returns when the mail is durable and decided. It is called concurrently.
	Take(ctx context.Context, f ticket.Fetched) (ticket.Entry, error)
	// Again lists mails that were looked at and left alone, and are to be fetched once more; GoneAgain is told of those that are no longer there.
	Again(ctx context.Context, mailbox, folder string, uidValidity uint32) ([]uint32, error)
	GoneAgain(ctx context.Context, mailbox, folder string, uidValidity uint32, uids []uint32) error
	// Unmarked lists the mails of a folder whose mark in the mailbox is still due.
	Unmarked(ctx context.Context, mailbox, folder string, uidValidity uint32) ([]ticket.Entry, error)
	// Marked notes that these entries carry their mark.
	Marked(ctx context.Context, ids []int64) error
}

var _ Desk = (*ticket.Desk)(nil)

// Options says which mailbox is watched, and how. Host, Port, Username and Folder are required; every other
// zero value means its default.
type Options struct {
	Name               string // of the mailbox, as the configuration calls it
	Host               string
	Port               int
	TLS                string // TLSNone, TLSStart or TLSImplicit
	RootCAs            *x509.CertPool
	Username, Password string
	Folder             string
	Idle               bool          // use IDLE where the server has it
	Poll               time.Duration // how often the folder is looked at besides; default 60 s
	Sent               bool          // Folder holds what was sent from the mailbox: read, never changed; it may be missing, or have another name (RFC 6154)
	Keyword            string        // set on mails that became ours; "" sets none
	MoveTo             string        // folder that they are moved to; "" leaves them

	MaxWhole int64          // bytes of a mail that is fetched whole; default 25 MiB
	PerMail  time.Duration  // what a larger mail may take to fetch; default 10 s
	Limits   message.Limits // for the reduction of larger mails
	Workers  int            // mails in the hands of the desk at once; default 64
	InHand   int64          // their bytes, all together; default 8 MiB (one larger mail is handed over alone)

	Dial     time.Duration // what connecting may take; default 10 s
	Silence  time.Duration // how long a server may owe an answer and send nothing; default 30 s
	Reselect time.Duration // how often the folder is selected anew, which shows a changed UIDVALIDITY, or looked for; default 10 min

	Retry     Backoff // between two connections
	RetryAuth Backoff // likewise, after a refused login
	RetrySoon Backoff // for a mail that the server did not deliver, while a customer may be waiting for it
	RetryMail Backoff // for such a mail, once its header could not be had either
	Rand      func() float64
	Clock     ticket.Clock
	Log       *slog.Logger
}

// Values of Options.TLS.
const (
	TLSNone     = "none"
	TLSStart    = "starttls"
	TLSImplicit = "implicit"
)

// marks says whether the mailbox shows which mails are ours.
func (o *Options) marks() bool { return o.Keyword != "" || o.MoveTo != "" }

// reIdle is the longest IDLE: NAT gateways forget a silent connection after 5 minutes and more, and servers
// may log out after 30 (RFC 2177).
const reIdle = 4 * time.Minute

func (o Options) withDefaults() Options {
	o.TLS = cmp.Or(o.TLS, TLSNone)
	o.Folder = cmp.Or(o.Folder, "INBOX")
	o.Poll = cmp.Or(o.Poll, time.Minute)
	o.MaxWhole = cmp.Or(o.MaxWhole, 25<<20)
	o.PerMail = cmp.Or(o.PerMail, 10*time.Second)
	o.Workers = cmp.Or(o.Workers, 64)
	o.InHand = cmp.Or(o.InHand, 8<<20)
	o.Dial = cmp.Or(o.Dial, 10*time.Second)
	o.Silence = cmp.Or(o.Silence, 30*time.Second)
	o.Reselect = cmp.Or(o.Reselect, 10*time.Minute)
	o.Retry = o.Retry.orElse(Backoff{Min: time.Second, Max: time.Minute})
	o.RetryAuth = o.RetryAuth.orElse(Backoff{Min: time.Minute, Max: 5 * time.Minute})
	o.RetrySoon = o.RetrySoon.orElse(Backoff{Min: 2 * time.Second, Max: 8 * time.Second})
	o.RetryMail = o.RetryMail.orElse(Backoff{Min: time.Minute, Max: time.Hour})
	if o.Sent {
		o.Keyword, o.MoveTo = "", ""
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Clock == nil {
		o.Clock = ticket.SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
