// Package store keeps everything, on SQLite or PostgreSQL, behind ticket.Store. One SQL text serves both.
//
// Writers are grouped: a single goroutine runs the functions of all Updates that wait, each within a savepoint,
// and commits them with one fsync; while the disk is busy with it the next group gathers.
package store

import (
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"time"

	"notfalld/ticket"
)

// Options say how a store is opened. The zero value is right for a command beside the daemon.
type Options struct {
	ReadOnly  bool          // no Update; nothing is made or migrated
	Exclusive bool          // the daemon: a second one gets ErrInUse
	Patience  time.Duration // how long to wait for another process's lock before ErrLocked; 0: 10 s
	Log       *slog.Logger  // nil: silent
	// OnCommit is told of each commit: how many Updates it made durable, and how long it took from BEGIN on. It runs
	// in the writer's goroutine: it must be quick, and must not call the store.
	OnCommit func(updates int, took time.Duration)

	silence time.Duration // see the constant; a test has less time
}

// slowCommit is from when on a group is worth a line in the log: disks in trouble get slow first.
const slowCommit = 2 * time.Second

// readers is how many Views run side by side; more wait for their turn.
const readers = 4

// Store is a ticket.Store on SQLite or PostgreSQL. Its methods may be called from any goroutine.
type Store struct {
	eng  *engine
	opts Options

	writers *sql.DB
	writer  *session      // of the writer's goroutine alone; nil when it has to be opened anew
	queue   chan *request // unbuffered: who waits in line is its own buffer
	stopped chan struct{} // the writer's goroutine has ended

	readers *sql.DB
	idle    chan *session // readers of them; nil stands for one not opened yet

	quit chan struct{} // closed by Close
	once sync.Once
}

var _ ticket.Store = (*Store)(nil)

// Open opens the store at url: "sqlite:PATH" (relative to the working directory; the folder is made, for the owner alone) or
// "postgres://…" (search_path chooses the schema). The schema is brought up to date, unless o.ReadOnly.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	if o.Patience == 0 {
		o.Patience = 10 * time.Second
	}
	if o.silence == 0 {
		o.silence = silence
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	e, err := newEngine(url, o)
	if err != nil {
		return nil, err
	}
	s := &Store{eng: e, opts: o, queue: make(chan *request), stopped: make(chan struct{}),
		idle: make(chan *session, readers), quit: make(chan struct{})}
	if err := s.open(ctx); err != nil {
		close(s.stopped)
		_ = s.Close()
		return nil, err
	}
	go s.write()
	return s, nil
}

func (s *Store) open(ctx context.Context) (err error) {
	for range readers {
		s.idle <- nil
	}
	if err := migrate(ctx, s.eng, s.opts); err != nil {
		return err
	}
	if s.writers, err = s.eng.openWriter(); err != nil {
		return fail("open", err)
	}
	if s.readers, err = s.eng.openReaders(); err != nil {
		return fail("open", err)
	}
	if !s.opts.ReadOnly {
		// Now, not at the first Update: whoever is second is to be told at the start.
		if s.writer, err = s.newWriter(ctx); err != nil {
			return fail("open", err)
		}
	}
	return nil
}

// Close waits for what has begun, and ends. What comes later gets ErrClosed.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.quit)
		<-s.stopped
		if s.writer != nil {
			if s.eng.unclaim != nil {
				s.eng.unclaim(context.Background(), s.writer.conn)
			}
			s.writer.discard()
		}
		for range readers {
			if r := <-s.idle; r != nil {
				r.discard()
			}
		}
		for _, db := range []*sql.DB{s.writers, s.readers} {
			if db != nil {
				_ = db.Close()
			}
		}
		_ = s.eng.close()
	})
	return nil
}

// probeSize makes a probe at least as demanding for the disk as a mail is.
const probeSize = 16 << 10

// Ping says whether the store takes writes: it makes one. A full disk, a lock, a lost server are its errors.
func (s *Store) Ping(ctx context.Context) error {
	if s.opts.ReadOnly {
		return s.View(ctx, func(tx ticket.Tx) error { _, _, err := tx.Setting("probe"); return err })
	}
	text := make([]byte, probeSize)
	for i := range text {
		text[i] = '.'
	}
	copy(text, time.Now().UTC().Format(time.RFC3339Nano))
	return s.Update(ctx, func(tx ticket.Tx) error { return tx.SetSetting("probe", string(text)) })
}

// View runs f on a snapshot, beside writers. A View within a View may wait for itself.
func (s *Store) View(ctx context.Context, f func(ticket.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.quit: // first: below, an idle session might win
		return ErrClosed
	default:
	}
	var r *session
	select {
	case r = <-s.idle:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.quit:
		return ErrClosed
	}
	done := false // stays false when f panics
	r, err := s.begin(r, s.newReader, s.eng.beginView)
	if err != nil {
		s.idle <- nil
		return fail("read", err)
	}
	t := &tx{s: r, caller: ctx}
	defer func() {
		t.over = true
		if _, err := r.exec("ROLLBACK"); err != nil || !done {
			r.discard()
			r = nil
		}
		s.idle <- r
	}()
	err = f(t)
	done = true
	if t.err != nil {
		return t.err
	}
	return err
}

// begin starts a transaction on the session, or on a fresh one: one that lay idle may have lost its server meanwhile.
func (s *Store) begin(old *session, fresh func(context.Context) (*session, error), texts []string) (*session, error) {
	if old != nil {
		err := old.begin(texts)
		if err == nil {
			return old, nil
		}
		old.discard()
		if kindOf(err) != ErrUnreachable {
			return nil, err
		}
	}
	n, err := fresh(context.Background())
	if err != nil {
		return nil, err
	}
	if err := n.begin(texts); err != nil {
		n.discard()
		return nil, err
	}
	return n, nil
}

func (s *Store) newReader(ctx context.Context) (*session, error) {
	return newSession(ctx, s.eng, s.readers)
}

func (s *Store) newWriter(ctx context.Context) (*session, error) {
	w, err := newSession(ctx, s.eng, s.writers)
	if err != nil {
		return nil, err
	}
	if s.eng.claim != nil {
		if err := s.eng.claim(ctx, w.conn); err != nil {
			w.discard()
			return nil, err
		}
	}
	return w, nil
}
