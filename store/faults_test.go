package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"notfalld/ticket"
)

// hasty is the patience of those who are to meet a lock that is not released.
const hasty = 50 * time.Millisecond

func pathOf(url string) string { return strings.TrimPrefix(url, "sqlite:") }

func setA(tx ticket.Tx) error { return tx.SetSetting("a", "b") }

// wantKind wants an error of the given kind that a person can read in a log: one line, not too long, with what was being done.
func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want %v", err, kind)
	}
	text := err.Error()
	if strings.Contains(text, "\n") || len(text) > 400 || kind != ErrInUse && !strings.Contains(text, kind.Error()) {
		t.Errorf("not a clear line: %q", text)
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	noError(t, os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600))
	noError(t, os.WriteFile(filepath.Join(dir, "text.db"), []byte(strings.Repeat("this is no database ", 100)), 0o600))
	cases := []struct {
		url, want string
		o         Options
	}{
		{"", "want sqlite:PATH or postgres://", Options{}},
		{"mysql://root:geheim@db.example/notfalld", "want sqlite:PATH or postgres://", Options{}},
		{"data/notfalld.db", "want sqlite:PATH or postgres://", Options{}},
		{"sqlite:", "names no file", Options{}},
		{"sqlite::memory:", "names no file", Options{}},
		{"sqlite:" + dir, "is a directory", Options{}},
		{"sqlite:" + dir + "/file/notfalld.db", "not a directory", Options{}},
		{"sqlite:" + dir + "/text.db", ErrDamaged.Error(), Options{}},
		{"sqlite:" + dir + "/missing.db", "it is made when notfalld runs for the first time", Options{ReadOnly: true}},
		{"postgres://notfalld:geheim@127.0.0.1:1/notfalld", ErrUnreachable.Error(), Options{}},
		{"postgres://notfalld:geheim@[::1", "postgres://…@[::1", Options{}},
	}
	for _, c := range cases {
		s, err := Open(background, c.url, c.o)
		if err == nil {
			t.Errorf("%s: opened", c.url)
			_ = s.Close()
			continue
		}
		if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want %q", c.url, err, c.want)
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the password is in the message: %v", c.url, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a reader made the file")
	}
}

func TestSQLiteFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"notfalld.db", "mit Leerzeichen/ä ?#%20&mode=ro.db", "a/b/c/d.db"} {
		path := filepath.Join(dir, name)
		s := open(t, "sqlite:"+path, Options{Exclusive: true})
		noError(t, s.Ping(background))
		info, err := os.Stat(path)
		noError(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s is readable by others: %v", name, info.Mode())
		}
		if wal, err := os.Stat(path + "-wal"); err != nil || wal.Mode().Perm() != 0o600 {
			t.Errorf("the WAL of %s: %v, %v", name, wal, err)
		}
		noError(t, s.Close())
		if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: a connection is left after Close: %v", name, err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "a/b")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info, err)
	}
}

func TestSQLiteRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	s := open(t, "sqlite:data/notfalld.db", Options{})
	noError(t, s.Ping(background))
	if _, err := os.Stat("data/notfalld.db"); err != nil {
		t.Error(err)
	}
}

// What the promises rest on.
func TestSQLitePragmas(t *testing.T) {
	s := open(t, sqliteURL(t), Options{Patience: 1234 * time.Millisecond})
	r, err := s.newReader(background)
	noError(t, err)
	defer r.discard()
	for pragma, want := range map[string]int{"synchronous": 2, "foreign_keys": 1, "busy_timeout": 1234, "temp_store": 2} {
		for name, x := range map[string]*session{"writer": s.writer, "reader": r} {
			var got int
			noError(t, x.conn.QueryRowContext(background, "PRAGMA "+pragma).Scan(&got))
			same(t, name+" "+pragma, got, want)
		}
	}
	var mode string
	noError(t, r.conn.QueryRowContext(background, "PRAGMA journal_mode").Scan(&mode))
	same(t, "journal_mode", mode, "wal")
}

func TestOnlyOneDaemon(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		first := open(t, url, Options{Exclusive: true})
		_, err := Open(background, url, Options{Exclusive: true, Patience: hasty})
		wantKind(t, err, ErrInUse)
		// A command works beside it, in both directions.
		command := open(t, url, Options{})
		update(t, command, func(tx ticket.Tx) { noError(t, setA(tx)) })
		view(t, first, func(tx ticket.Tx) { same(t, "a", found(tx.Setting("a"))(t), "b") })
		reader := open(t, url, Options{ReadOnly: true})
		update(t, first, func(tx ticket.Tx) { noError(t, tx.SetSetting("a", "c")) })
		view(t, reader, func(tx ticket.Tx) { same(t, "a", found(tx.Setting("a"))(t), "c") })
		noError(t, reader.Ping(background))
		wantKind(t, reader.Update(background, setA), ErrReadOnly)
		// The commands' ends do not let a second daemon in.
		noError(t, command.Close())
		noError(t, reader.Close())
		_, err = Open(background, url, Options{Exclusive: true, Patience: hasty})
		wantKind(t, err, ErrInUse)
		noError(t, first.Close())
		open(t, url, Options{Exclusive: true})
	})
}

func TestSchemaOfAnotherVersion(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := open(t, url, Options{Exclusive: true})
		version := func(text string) {
			_, err := s.writers.ExecContext(background, s.eng.rewrite(text))
			noError(t, err)
		}
		version("UPDATE goose_db_version SET version_id = 99 WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
		_, err := Open(background, url, Options{})
		if err == nil || !strings.Contains(err.Error(), "written by a newer notfalld") {
			t.Errorf("a newer schema: %v", err)
		}
		version("DELETE FROM goose_db_version WHERE version_id = 99")
		_, err = Open(background, url, Options{ReadOnly: true})
		if err == nil || !strings.Contains(err.Error(), "start the daemon once") {
			t.Errorf("an older schema, reading: %v", err)
		}
		_, err = Open(background, url, Options{Patience: hasty})
		if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "restart it first") {
			t.Errorf("an older schema beside its daemon: %v", err)
		}
	})
}

func TestOpenedSideBySideAtFirst(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		errs := make(chan error)
		for range 6 {
			go func() {
				s, err := Open(background, url, Options{})
				if err == nil {
					err = errors.Join(s.Ping(background), s.Close())
				}
				errs <- err
			}()
		}
		for range 6 {
			noError(t, <-errs)
		}
	})
}

// rival holds the writers' lock from outside, as a command that hangs would.
func rival(t *testing.T, s *Store, dsn string) (release func()) {
	t.Helper()
	driver := "pgx"
	if s.eng.name == "sqlite" {
		driver, dsn = "sqlite3", (&url.URL{Scheme: "file", Opaque: pathOf(dsn)}).String()
	}
	db, err := sql.Open(driver, dsn)
	noError(t, err)
	conn, err := db.Conn(background)
	noError(t, err)
	for _, text := range s.eng.beginUpdate {
		_, err := conn.ExecContext(background, text)
		noError(t, err)
	}
	return func() {
		_, err := conn.ExecContext(background, "ROLLBACK")
		noError(t, err)
		_ = conn.Close()
		noError(t, db.Close())
	}
}

func TestLockedByAnotherProcess(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := open(t, url, Options{Exclusive: true, Patience: hasty})
		for range 8 {
			release := rival(t, s, url)
			errs := make(chan error)
			for range 20 { // all who wait are told at once, not one after the other
				go func() { errs <- s.Update(background, setA) }()
			}
			for range 20 {
				wantKind(t, <-errs, ErrLocked)
			}
			wantKind(t, s.Ping(background), ErrLocked)
			view(t, s, func(tx ticket.Tx) { must(tx.Outs(ticket.OutQuery{}))(t) }) // readers are not disturbed
			release()
			noError(t, s.Ping(background)) // at once, nobody is told of the lock that was
		}
		noError(t, s.Update(background, setA))
	})
}

func TestPingHasALimit(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := open(t, url, Options{})
		defer rival(t, s, url)()
		held := make(chan error)
		go func() { held <- s.Update(background, setA) }() // this one waits for its Patience
		ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
		defer cancel()
		if err := s.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		t.Cleanup(func() { <-held })
	})
}

// limitPages lets the database grow to n pages more than it has, or without limit: SQLite then says what it says on a full disk.
func limitPages(t *testing.T, s *Store, n int) {
	t.Helper()
	update(t, s, func(x ticket.Tx) {
		conn := x.(*tx).s.conn
		var pages, got int
		noError(t, conn.QueryRowContext(background, "PRAGMA page_count").Scan(&pages))
		limit := pages + n
		if n == 0 {
			limit = 1 << 30
		}
		noError(t, conn.QueryRowContext(background, "PRAGMA max_page_count = "+milliseconds(time.Duration(limit)*time.Millisecond)).Scan(&got))
		same(t, "max_page_count", got, limit)
	})
}

func TestSQLiteFull(t *testing.T) {
	s := open(t, sqliteURL(t), Options{})
	big := bytes.Repeat([]byte("x"), 100<<10)
	limitPages(t, s, 5)
	addRaw := func(tx ticket.Tx) error { _, err := tx.AddRaw(big); return err }
	errs := together(t, s, addRaw, setA, addRaw)
	wantKind(t, errs[0], ErrFull)
	wantKind(t, errs[2], ErrFull)
	wantKind(t, s.Update(background, addRaw), ErrFull)
	limitPages(t, s, 0)
	noError(t, s.Ping(background))
	noError(t, s.Update(background, addRaw))
}

// A disk that is full indeed: a tiny file system. Without the right to mount one, TestSQLiteFull has to do.
func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		t.Logf("no right to mount a tiny file system: %v", err)
		return
	}
	defer func() { noError(t, syscall.Unmount(dir, 0)) }()
	s, err := Open(background, "sqlite:"+dir+"/notfalld.db", Options{Exclusive: true})
	noError(t, err)
	defer s.Close()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	noError(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 64<<10))
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	noError(t, f.Close())
	acknowledged := 0
	for i := range 50 { // until the WAL has used up what it had
		err := s.Update(background, func(tx ticket.Tx) error { _, err := tx.AddRaw(bytes.Repeat([]byte{byte(i)}, 16<<10)); return err })
		if err == nil {
			acknowledged++
			continue
		}
		wantKind(t, err, ErrFull)
	}
	if acknowledged > 20 {
		t.Fatalf("%d mails went to a full disk", acknowledged)
	}
	wantKind(t, s.Ping(background), ErrFull)
	noError(t, os.Remove(ballast))
	noError(t, s.Ping(background))
	view(t, s, func(x ticket.Tx) {
		var n int
		_, err := x.(*tx).row("count", "SELECT count(*) FROM raw", []any{&n})
		noError(t, err)
		same(t, "what was acknowledged is there, and no more", n, acknowledged)
	})
}

// A writer that never rests must not lock a command out for longer than its patience.
func TestCommandBesideABusyDaemon(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		daemon := open(t, url, Options{Exclusive: true})
		stop := make(chan struct{})
		ended := make(chan error, 16)
		for range 16 {
			go func() {
				for {
					select {
					case <-stop:
						ended <- nil
						return
					default:
					}
					if err := daemon.Update(background, func(tx ticket.Tx) error { _, err := tx.AddRaw(make([]byte, 3000)); return err }); err != nil {
						ended <- err
						return
					}
				}
			}()
		}
		command := open(t, url, Options{})
		for range 5 {
			noError(t, command.Update(background, setA))
			view(t, command, func(tx ticket.Tx) { found(tx.Setting("a"))(t) })
		}
		close(stop)
		for range 16 {
			noError(t, <-ended)
		}
	})
}
