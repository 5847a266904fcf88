package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"notfalld/postoffice"
)

// dovecot starts a private Dovecot, or skips.
func dovecot(t testing.TB, o postoffice.DovecotOptions) *postoffice.Dovecot {
	t.Helper()
	d, err := postoffice.StartDovecotWith(t.TempDir(), o)
	postoffice.Needs(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

// deliver lays mails into the inbox, as files of its Maildir.
func deliver(t testing.TB, d *postoffice.Dovecot, raws ...string) {
	t.Helper()
	dir := filepath.Join(d.MailDir(d.User), "maildir")
	for _, sub := range []string{"", "cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o777); err != nil {
			t.Fatal(err)
		}
		own(t, filepath.Join(dir, sub))
	}
	own(t, d.MailDir(d.User))
	for i, raw := range raws {
		name := filepath.Join(dir, "new", fmt.Sprintf("%d.M%dP%d.test", time.Now().Unix(), i, os.Getpid()))
		if err := os.WriteFile(name, []byte(raw), 0o666); err != nil {
			t.Fatal(err)
		}
		own(t, name)
	}
}

// own gives a file to the user that Dovecot reads mail as.
func own(t testing.TB, name string) {
	if os.Getuid() == 0 {
		if err := os.Chown(name, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkFetch10000 takes 10,000 mails of 8 KB from a Dovecot, per round, into a desk that keeps them in memory.
func BenchmarkFetch10000(b *testing.B) {
	const n = 10000
	d := dovecot(b, postoffice.DovecotOptions{})
	raws := make([]string, n)
	for i := range raws {
		raws[i] = emergency(i) + strings.Repeat("Aug 12 03:14:15 web01 kernel: Out of memory: Killed process 4711 (mysqld)\r\n", 105)
	}
	deliver(b, d, raws...)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	log := &logbook{}
	o := testOptions(d.Addr(), log)
	if _, err := Probe(ctx, o); err != nil { // Dovecot indexes the folder at the first SELECT
		b.Fatal(err)
	}
	b.SetBytes(int64(n * len(raws[0])))
	for b.Loop() {
		desk := newDesk()
		desk.lookBack = time.Hour
		o.Keyword = ""
		run, end := context.WithCancel(ctx)
		done := make(chan error)
		go func() { done <- New(o, desk).Run(run) }()
		for taken := 0; taken < n; {
			desk.mu.Lock()
			taken = len(desk.taken)
			changed := desk.changed
			desk.mu.Unlock()
			if taken < n {
				<-changed
			}
		}
		end()
		<-done
	}
	b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "mails/s")
}
