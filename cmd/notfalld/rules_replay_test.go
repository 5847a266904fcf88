package main

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"strings"
	"testing"
)

// A replay changes nothing: every row of every table is what it was, and so is the folder.
func TestReplayChangesNothing(t *testing.T) {
	onBothStores(t, func(t *testing.T, url string) {
		w := newWorkshop(t, url)
		w.open()
		w.customer("petra@firma.at")
		w.customer("karl@kunde.at")
		w.stop()
		w.put("10-own.yaml", lossyRule)
		url = storeURL(t, w.house)
		before, files := dump(t, url), fingerprint(w.dir)
		for _, args := range [][]string{{}, {"--json"}, {"--since", "90d"}, {"--limit", "2"}} {
			if code, out := w.run(append([]string{"rules", "replay"}, args...)...); code != exitFailed {
				t.Errorf("%v: exit code %d\n%s", args, code, out)
			}
		}
		if code, _ := w.run("rules", "status"); code != exitDone {
			t.Errorf("exit code %d", code)
		}
		if after := dump(t, url); after != before {
			t.Errorf("the database is not what it was\n%s\n%s", before, after)
		}
		if fingerprint(w.dir) != files {
			t.Error("the folder is not what it was")
		}
	})
}

// dump is each table with how many rows it has and a hash of all their columns.
func dump(t *testing.T, url string) string {
	t.Helper()
	driver, dsn := "pgx", url
	list := "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
	if path, ok := sqlitePath(url); ok {
		driver, dsn = "sqlite3", "file:"+path+"?mode=ro"
		list = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var b strings.Builder
	for _, table := range strings.Fields(string(rowsOf(t, db, list))) {
		rows := rowsOf(t, db, "SELECT * FROM "+table+" ORDER BY 1")
		fmt.Fprintf(&b, "%s %d %x\n", table, bytes.Count(rows, []byte("\n")), sha256.Sum256(rows))
	}
	if n := strings.Count(b.String(), "\n"); n < 10 {
		t.Fatalf("%d tables\n%s", n, b.String())
	}
	return b.String()
}

func rowsOf(t *testing.T, db *sql.DB, query string) []byte {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for rows.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if s, ok := v.(string); ok {
				fmt.Fprintf(&b, "%s ", s)
			} else {
				fmt.Fprintf(&b, "%q ", fmt.Sprint(v))
			}
		}
		b.WriteString("\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Mails that wrong rules left alone are fetched again by the running daemon, become tickets, and are answered once.
func TestApply(t *testing.T) {
	onBothStores(t, func(t *testing.T, url string) {
		w := newWorkshop(t, url)
		w.open()
		letter := "Guten Tag, bei uns ist der Zargelt hin."
		for i := range 3 {
			w.mail(fmt.Sprintf("karl%d@moser.at", i), "Frage", letter)
		}
		w.mail("preise@moser.at", "Preisliste", "Bitte um Ihre Preisliste.")
		w.customer("petra@almhof.at") // all before it are decided
		if n := len(w.tickets(w.d)); n != 1 {
			t.Fatalf("%d tickets", n)
		}
		loud := "classify:\n  - {name: own-word, text: 9, words: [zargelt]}\n"
		w.put("10-own.yaml", loud)
		if code, out := w.run("rules", "replay", "--apply", "--since", "1d"); code != exitFailed || !strings.Contains(out, "two seconds") {
			t.Errorf("by rules that are not in force: exit code %d\n%s", code, out)
		}
		w.changes(func() { w.put("10-own.yaml", loud) })
		w.inForce("10-own.yaml", loud)
		for _, want := range []string{"4 mails that were left alone are", ""} { // the second time, some are tickets already
			if code, out := w.run("rules", "replay", "--apply", "--since", "1d"); code != exitDone || !strings.Contains(out, want) {
				t.Errorf("exit code %d\n%s", code, out)
			}
			for i := range 3 {
				w.answered(fmt.Sprintf("karl%d@moser.at", i), 1)
			}
		}
		w.customer("eva@almhof.at")
		for i := range 3 {
			if n := len(to(w.office.Deliveries(), fmt.Sprintf("karl%d@moser.at", i))); n != 1 {
				t.Errorf("karl%d was answered %d times", i, n)
			}
		}
		if n := len(w.tickets(w.d)); n != 5 {
			t.Errorf("%d tickets", n)
		}
		ms, err := w.office.Messages("support", "INBOX")
		if err != nil || len(ms) != 6 {
			t.Fatalf("%d mails, %v", len(ms), err)
		}
		for _, m := range ms {
			ours := !bytes.Contains(m.Raw, []byte("Preisliste"))
			for _, f := range m.Flags {
				if !ours || f != "$NotfallTicket" {
					t.Errorf("UID %d is marked %s", m.UID, f)
				}
			}
		}
		w.stop()
	})
}

func TestReplayShowsHowFarItIs(t *testing.T) {
	var b bytes.Buffer
	p := &progress{w: &b, what: "mails", shown: -1}
	for i := range 50000 {
		p.step(i+1, 50000)
	}
	p.done()
	for _, want := range []string{"\r  1 %  500 of 50000 mails", "\r 50 %  25000 of 50000 mails", "\r100 %  50000 of 50000 mails"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q was not shown", want)
		}
	}
	if !strings.HasSuffix(b.String(), "\r\x1b[K") || strings.Count(b.String(), "\r") > 110 {
		t.Errorf("the line stays, or is written too often: %d times", strings.Count(b.String(), "\r"))
	}
}

func TestSince(t *testing.T) {
	for text, hours := range map[string]float64{"90d": 2160, "1d": 24, "1.5d": 36, "36h": 36, "30m": 0.5, "0d": 0, "-1d": 0, "": 0, "d": 0, "gestern": 0, "99999999d": 0, "1d2h": 0, "NaNd": 0} {
		var s sinceFlag
		err := s.UnmarshalText([]byte(text))
		if got := float64(s) / 3.6e12; got != hours || (err == nil) != (hours > 0) {
			t.Errorf("%q: %v h, %v", text, got, err)
		}
	}
}
