package store

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date, or says why it may not.
func migrate(ctx context.Context, e *engine, o Options) error {
	db, err := e.openSchema()
	if err != nil {
		return fail("open", err)
	}
	defer db.Close()
	p, err := provider(e, db)
	if err != nil {
		return fmt.Errorf("store: read the migrations: %w", err)
	}
	want := newest(p)
	have, err := patientVersion(ctx, e, db, o.Patience)
	if err != nil {
		return fail("read the schema version", err)
	}
	switch {
	case have == want:
		return nil
	case have > want:
		return fmt.Errorf("store: the schema is version %d, this notfalld knows %d: it was written by a newer notfalld", have, want)
	case o.ReadOnly:
		return fmt.Errorf("store: the schema is version %d, this notfalld needs %d: start the daemon once", have, want)
	}
	unlock, err := e.lockSchema(ctx)
	if err != nil {
		return fail("lock the schema", err)
	}
	defer unlock()
	if !o.Exclusive {
		running, err := e.running(ctx)
		if err != nil {
			return fail("look for a running daemon", err)
		}
		if running {
			return fmt.Errorf("store: the schema is version %d, this notfalld needs %d: %w: restart it first", have, want, ErrInUse)
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fail("migrate the schema", err)
	}
	return nil
}

func provider(e *engine, db *sql.DB) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if e.name == "postgres" {
		dialect = goose.DialectPostgres
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, typedFS{sub, e}, goose.WithDisableGlobalRegistry(true))
}

func newest(p *goose.Provider) int64 {
	var v int64
	for _, s := range p.ListSources() {
		v = max(v, s.Version)
	}
	return v
}

// patientVersion is version, asked again while somebody else turns a new SQLite file to WAL: that lock is refused at once, whatever the busy
// time-out (https://www.sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode").
func patientVersion(ctx context.Context, e *engine, db *sql.DB, patience time.Duration) (have int64, err error) {
	for until := time.Now().Add(patience); ; {
		have, err = version(ctx, e, db)
		if err == nil || kindOf(err) != ErrLocked || time.Now().After(until) {
			return have, err
		}
		select {
		case <-ctx.Done():
			return 0, err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// version reads goose's table without making it; 0 if there is none.
func version(ctx context.Context, e *engine, db *sql.DB) (int64, error) {
	there := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'"
	if e.name == "postgres" {
		there = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'goose_db_version'"
	}
	var n, v int64
	if err := db.QueryRowContext(ctx, there).Scan(&n); err != nil || n == 0 {
		return 0, err
	}
	err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&v)
	return v, err
}

// typedFS shows the migrations with the engine's type names put in.
type typedFS struct {
	fs.FS
	eng *engine
}

// Open is fs.FS.
func (t typedFS) Open(name string) (fs.File, error) {
	f, err := t.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	defer f.Close()
	text, err := fs.ReadFile(t.FS, name)
	if err != nil {
		return nil, err
	}
	text = []byte(t.eng.types.Replace(string(text)))
	return &typedFile{bytes.NewReader(text), info.Name(), int64(len(text))}, nil
}

type typedFile struct {
	*bytes.Reader
	name string
	size int64
}

func (f *typedFile) Stat() (fs.FileInfo, error) { return typedInfo{f.name, f.size}, nil }
func (f *typedFile) Close() error               { return nil }

type typedInfo struct {
	name string
	size int64
}

func (i typedInfo) Name() string       { return i.name }
func (i typedInfo) Size() int64        { return i.size }
func (i typedInfo) Mode() fs.FileMode  { return 0o444 }
func (i typedInfo) ModTime() time.Time { return time.Time{} }
func (i typedInfo) IsDir() bool        { return false }
func (i typedInfo) Sys() any           { return nil }
