package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
)

// The kinds of failure that a caller may want to tell apart (errors.Is). All of them pass: the next
// Update works as soon as the cause is gone.
var (
	ErrClosed      = errors.New("the store is closed")
	ErrReadOnly    = errors.New("the store is open for reading only")
	ErrNotWritable = errors.New("this user may not write the files of the store; use the one that the daemon runs as")
	ErrInUse       = errors.New("another notfalld runs on this store")
	ErrFull        = errors.New("the disk of the store is full")
	ErrLocked      = errors.New("the store is locked by another process")
	ErrUnreachable = errors.New("the database server cannot be reached")
	ErrDamaged     = errors.New("the store is damaged or no notfalld store")
)

// failure is an error of the store in one line, with what was being done.
type failure struct {
	doing string
	kind  error // one of the above, or nil
	err   error
}

func (f *failure) Error() string {
	text := f.err.Error()
	if f.kind != nil {
		text = f.kind.Error() + " (" + text + ")"
	}
	// pgx writes one line per address that it tried.
	return "store: " + f.doing + ": " + strings.Join(strings.Fields(text), " ")
}

func (f *failure) Unwrap() []error {
	if f.kind == nil {
		return []error{f.err}
	}
	return []error{f.kind, f.err}
}

// fail wraps err with what was being done and the kind of failure it is; nil stays nil, and what is wrapped stays as it is.
func fail(doing string, err error) error {
	if err == nil {
		return nil
	}
	var f *failure
	if errors.As(err, &f) {
		return err
	}
	return &failure{doing: doing, kind: kindOf(err), err: err}
}

func kindOf(err error) error {
	var lite sqlite3.Error
	if errors.As(err, &lite) {
		return kindOfSQLite(lite)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return kindOfPostgres(pg.Code)
	}
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return ErrFull
	case errors.As(err, &connect), errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, context.DeadlineExceeded):
		return ErrUnreachable
	}
	return nil
}

func kindOfSQLite(err sqlite3.Error) error {
	switch err.Code {
	case sqlite3.ErrFull:
		return ErrFull
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return ErrLocked
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return ErrDamaged
	case sqlite3.ErrReadonly: // even a reader writes beside a WAL
		return ErrNotWritable
	}
	if err.SystemErrno == syscall.ENOSPC {
		return ErrFull
	}
	return nil
}

// kindOfPostgres maps a SQLSTATE (PostgreSQL manual, appendix A).
func kindOfPostgres(code string) error {
	switch {
	case code == "53100":
		return ErrFull
	case code == "55P03": // lock_timeout
		return ErrLocked
	case code == "25006": // a write in a read-only transaction
		return ErrReadOnly
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), code == "53300":
		return ErrUnreachable
	case code == "XX001", code == "XX002":
		return ErrDamaged
	}
	return nil
}

// panicked is what an Update answers whose function panicked: its writes are undone, the others' are not.
func panicked(value any, stack []byte) error {
	return fmt.Errorf("store: panic in an update: %v\n%s", value, stack)
}
