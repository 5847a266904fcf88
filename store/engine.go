package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// engine is what differs between SQLite and PostgreSQL.
type engine struct {
	name        string // "sqlite" or "postgres"
	beginUpdate []string
	beginView   []string
	rewrite     func(text string) string // from ?N placeholders to the engine's own
	types       *strings.Replacer        // for the migrations
	openWriter  func() (*sql.DB, error)
	openReaders func() (*sql.DB, error)
	openSchema  func() (*sql.DB, error) // for migrations, which may take their time
	// onConnect makes a fresh connection ready.
	onConnect func(ctx context.Context, conn *sql.Conn) error
	// claim takes the lock that says "the daemon runs here" for the life of the writer's connection (PostgreSQL); nil
	// where a lock of the process does it (SQLite).
	claim   func(ctx context.Context, conn *sql.Conn) error
	unclaim func(ctx context.Context, conn *sql.Conn)
	// lockSchema keeps others from migrating at the same time; running is whether a daemon of another process runs here.
	lockSchema func(ctx context.Context) (unlock func(), err error)
	running    func(ctx context.Context) (bool, error)
	close      func() error // frees what the engine holds beside its connections
}

// newEngine chooses by the URL: "sqlite:PATH" or "postgres://…".
func newEngine(url string, o Options) (*engine, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		return newSQLite(rest, o)
	case "postgres", "postgresql":
		return newPostgres(url, o)
	}
	return nil, fmt.Errorf("store: url %q: want sqlite:PATH or postgres://…", redact(url))
}

// redact keeps a password out of messages.
func redact(url string) string {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "…" + rest[at:]
	}
	return scheme + "://" + rest
}

func milliseconds(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
