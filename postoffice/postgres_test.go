package postoffice

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

func TestPostgres(t *testing.T) {
	p, err := StartPostgres(t.TempDir())
	Needs(t, err)
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	one, err := p.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	two, err := p.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	var fsync string
	if err := query(one, "SHOW fsync", &fsync); err != nil || fsync != "on" {
		t.Errorf("fsync is %q, %v", fsync, err)
	}
	var n int
	if err := query(one, "WITH x AS (SELECT 1) SELECT count(*) FROM x", &n); err != nil {
		t.Error(err)
	}
	db, err := sql.Open("pgx", one)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE kept (n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if err := query(two, "SELECT count(*) FROM kept", &n); err == nil {
		t.Error("the two databases are one")
	}
	if err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := query(one, "SELECT 1", &n); err == nil {
		t.Error("a stopped server answers")
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if err := query(one, "SELECT count(*) FROM kept", &n); err != nil || n != 0 {
		t.Errorf("after the restart: %d, %v", n, err)
	}
}

func query(dsn, text string, into any) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.QueryRow(text).Scan(into)
}
