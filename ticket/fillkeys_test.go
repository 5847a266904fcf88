package ticket_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"notfalld/store"
	"notfalld/ticket"
)

// A store of a version that knew no emergencies has tickets without keys: after a start with this one, a trigger finds them.
func TestKeysOfAnOlderVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notfalld.db")
	db, err := store.Open(context.Background(), "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := newStage(t)
	s.store = db
	if s.desk, err = ticket.NewDesk(s.ctx, options(t, db, s.clock)); err != nil {
		t.Fatal(err)
	}
	s.give(reportMail)
	older, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer older.Close()
	if _, err := older.Exec("DELETE FROM ticket_key"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Recover(s.ctx); err != nil {
		t.Fatal(err)
	}
	s.trigger("customer=1 email=petra@firma.at phone=0664_1234589")
	s.wantLinked("NS-10001 NE-10001")
	// It is done once: what was there when that version ended is not looked through at each start.
	if _, err := older.Exec("DELETE FROM ticket_key"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.desk.Recover(s.ctx); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := older.QueryRow("SELECT count(*) FROM ticket_key").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d keys, %v", n, err)
	}
}
