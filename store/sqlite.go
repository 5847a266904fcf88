package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	_ "github.com/mattn/go-sqlite3" // the driver "sqlite3"
)

// tuning costs no durability. temp_store: the undo of a savepoint stays in memory; by default most go through a temporary file,
// eight times as many writes as all the rest. wal_autocheckpoint: a checkpoint costs two more fsyncs, every 16 MiB is often enough.
const tuning = "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000"

// writerCache (8 MiB) holds the pages of a whole group, so that each is written once.
const writerCache = "_cache_size=-8192"

// newSQLite makes the engine for a file. Folder and file are made, readable by the owner alone: they hold customers' mails.
func newSQLite(path string, o Options) (*engine, error) {
	path = strings.TrimPrefix(path, "//")
	if path == "" || path == ":memory:" {
		return nil, errors.New("store: url sqlite: names no file: want sqlite:data/notfalld.db")
	}
	if err := makeFile(path, o.ReadOnly); err != nil {
		return nil, err
	}
	var daemon *fileLock
	if o.Exclusive {
		l, err := tryLock(path + ".lock")
		if err != nil {
			return nil, fail("lock "+path, err)
		}
		daemon = l
	}
	openWriter := func() (*sql.DB, error) {
		return sql.Open("sqlite3", sqliteDSN(path, o, "_journal_mode=WAL", "_txlock=immediate", writerCache))
	}
	e := &engine{
		name:        "sqlite",
		beginUpdate: []string{"BEGIN IMMEDIATE"},
		beginView:   []string{"BEGIN"},
		rewrite:     func(text string) string { return text },
		types: strings.NewReplacer("{{id}}", "INTEGER PRIMARY KEY AUTOINCREMENT", // AUTOINCREMENT: an id is not used again
			"{{number}}", "INTEGER PRIMARY KEY", "{{blob}}", "BLOB"),
		openWriter:  openWriter,
		openSchema:  openWriter,
		openReaders: func() (*sql.DB, error) { return sql.Open("sqlite3", sqliteDSN(path, o, "_query_only=1")) },
		onConnect: func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, tuning)
			return err
		},
		lockSchema: func(context.Context) (func(), error) {
			l, err := waitLock(path + ".schema-lock")
			return l.release, fail("lock the schema of "+path, err)
		},
		running: func(context.Context) (bool, error) {
			l, err := tryLock(path + ".lock")
			l.release()
			if errors.Is(err, ErrInUse) {
				return true, nil
			}
			return false, err
		},
		close: func() error { daemon.release(); return nil },
	}
	return e, nil
}

// makeFile sees to it that there is a file to open. An existing one is never opened here: closing it again would
// drop the locks that SQLite holds on it in this process (POSIX advisory locks belong to process and file).
func makeFile(path string, readOnly bool) error {
	_, err := os.Stat(path)
	if err == nil {
		return nil
	}
	if readOnly && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: there is no store at %s yet: it is made when notfalld runs for the first time: %w", path, err)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fail("open "+path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fail("make the folder of "+path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fail("make "+path, err)
	}
	return fail("make "+path, f.Close())
}

// sqliteDSN writes the URI (SQLite manual, "URI filenames"): a path may hold any character.
func sqliteDSN(path string, o Options, more ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	u.RawQuery = strings.Join(append(more,
		"mode=rw", "_synchronous=FULL", "_foreign_keys=1", "_busy_timeout="+milliseconds(o.Patience)), "&")
	return u.String()
}

// fileLock is a lock between processes that ends with its process, whatever ends it.
type fileLock struct{ f *os.File }

// tryLock takes the lock or says ErrInUse.
func tryLock(path string) (*fileLock, error) { return lockFile(path, syscall.LOCK_EX|syscall.LOCK_NB) }

// waitLock waits for the lock; who holds it does so for the length of a migration.
func waitLock(path string) (*fileLock, error) { return lockFile(path, syscall.LOCK_EX) }

func lockFile(path string, how int) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err == nil {
		return &fileLock{f}, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, ErrInUse
	}
	return nil, err
}

// release may be called on nil, and more than once.
func (l *fileLock) release() {
	if l != nil && l.f != nil {
		_ = l.f.Close()
		l.f = nil
	}
}
