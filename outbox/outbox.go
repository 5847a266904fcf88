// Package outbox delivers what the desk has to say: it knows when something is due, keeps a few SMTP connections,
// and reports how each attempt ended. What a mail says, and whether it is still to be said, is the desk's business.
//
// The life of a mail here. The dispatcher (dispatch.go) lists what is due, answers first, and hands it to a worker. The worker
// (worker.go) borrows a connection (pool.go), and only then has the desk choose, render and freeze the mail; it makes one
// attempt (attempt.go) and has the desk record the outcome:
//
//   - accepted: done.
//   - temporary: certainly not accepted. The mail is chosen anew after a pause (backoff.go), with a new Message-ID.
//   - permanent: certainly refused, and for good. Staff are told.
//   - unknown: the connection was lost between the final dot and the reply. The same bytes go out again.
//
// What says nothing of the mail, but that the server cannot be used (gone, silent, another password), makes the whole outbox
// pause; then one worker alone finds out whether the server is back. What has failed for a day is given up, by the desk.
//
// An outcome that the store does not take is kept until it does: while this process lives, no mail goes out twice because of our own
// memory. Only a crash between the server's reply and the record of it does that, with the same Message-ID.
package outbox

import (
	"context"
	"crypto/x509"
	"log/slog"
	"sync"
	"time"

	"notfalld/ticket"
)

// Options says how mail leaves.
type Options struct {
	Host        string
	Port        int
	TLS         string // "none", "starttls" or "implicit"
	Username    string // "": no AUTH
	Password    string
	Hello       string         // name told in EHLO; "" for our address as a literal
	RootCAs     *x509.CertPool // nil: the system's
	Connections int            // at the same time; 0: 16: each waits for a disk most of the time, ours or the server's
	Timeout     time.Duration  // for each reply of the server; 0: 1 min
	Log         *slog.Logger   // nil: silent

	grace time.Duration // how long a transaction may go on once the daemon is to end; 0: 10 s
}

func (o Options) withDefaults() Options {
	if o.Connections <= 0 {
		o.Connections = 16
	}
	if o.Timeout <= 0 {
		o.Timeout = time.Minute
	}
	if o.grace <= 0 {
		o.grace = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Desk is what the outbox needs of *ticket.Desk.
type Desk interface {
	Clock() ticket.Clock
	Due() <-chan struct{}
	DueOut(ctx context.Context, limit int) ([]ticket.Out, error)
	NextOut(ctx context.Context) (at time.Time, ok bool, err error)
	Freeze(ctx context.Context, id int64) (o ticket.Out, ok bool, err error)
	Delivered(ctx context.Context, id int64, out ticket.Outcome) error
	GiveUpAfter() time.Duration
}

// Sender is the outbox at work. One Sender has a store's outbox for itself.
type Sender struct {
	o    Options
	desk Desk
	log  events
	pool *pool
	news chan struct{} // a worker is done with a mail, or has made a connection

	records    sync.WaitGroup // outcomes on their way into the store
	unrecorded chan struct{}  // bounds how many: a crash makes each of them go out once more

	mu     sync.Mutex
	claims claims
	health health
}

// New makes a sender; Run starts it.
func New(o Options, d Desk) *Sender {
	o = o.withDefaults()
	return &Sender{
		o: o, desk: d, log: events{o.Log, o.Host, o.Port}, pool: &pool{o: o, clock: d.Clock()}, news: make(chan struct{}, 1),
		unrecorded: make(chan struct{}, mostUnrecorded*o.Connections), claims: newClaims(), health: health{Status: Status{Reachable: true, Since: d.Clock().Now()}},
	}
}

// Run delivers until ctx ends. A transaction that is under way then is finished and recorded, within some
// seconds even if the server says nothing. It always returns nil: every fault is waited out.
func (s *Sender) Run(ctx context.Context) error {
	work := make(chan ticket.Out)
	var workers sync.WaitGroup
	for range s.o.Connections {
		workers.Go(func() { s.worker(ctx, work) })
	}
	s.dispatch(ctx, work)
	workers.Wait()
	s.records.Wait()
	s.pool.closeAll()
	return nil
}
