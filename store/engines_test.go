package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"notfalld/postoffice"
)

// onEngines runs one test body on both engines; fresh makes the URL of a new, empty store.
func onEngines(t *testing.T, body func(t *testing.T, fresh func() string)) {
	t.Run("sqlite", func(t *testing.T) {
		body(t, func() string { return sqliteURL(t) })
	})
	t.Run("postgres", func(t *testing.T) {
		body(t, func() string { return postgresURL(t) })
	})
}

func sqliteURL(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "data", "notfalld.db")
}

// postgresURL makes a schema of its own for the test, and drops it afterwards.
func postgresURL(t testing.TB) string {
	dsn := os.Getenv("NOTFALLD_TEST_POSTGRES")
	if dsn == "" {
		postoffice.Needs(t, fmt.Errorf("NOTFALLD_TEST_POSTGRES not set: PostgreSQL is %w", postoffice.ErrNotInstalled))
	}
	var random [6]byte
	_, _ = rand.Read(random[:])
	schema := "t_" + hex.EncodeToString(random[:])
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

func open(t testing.TB, url string, o Options) *Store {
	t.Helper()
	s, err := Open(context.Background(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
