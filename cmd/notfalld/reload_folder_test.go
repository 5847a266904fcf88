package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"notfalld/rules"
	"notfalld/store"
	"notfalld/ticket"
)

// meddledStore calls meddle before each Update.
type meddledStore struct {
	ticket.Store
	meddle func()
}

func (m *meddledStore) Update(ctx context.Context, f func(ticket.Tx) error) error {
	m.meddle()
	return m.Store.Update(ctx, f)
}

// A file that is saved while the folder is being read: what was read is not taken, the folder is looked at again.
func TestFolderWrittenWhileRead(t *testing.T) {
	w := newWorkshop(t, "")
	p, err := (&Main{Stdout: w.stderr, Stderr: w.stderr, Env: os.LookupEnv}).prepare(w.conf)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), p.config.Store.URL, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	meddled := &meddledStore{Store: s, meddle: func() {}}
	o := p.desk
	o.Store, o.Rules = meddled, rules.Shipped()
	desk, err := ticket.NewDesk(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	k := newRuleKeeper(p, desk)
	w.put("10-own.yaml", ownRule)
	times := 0
	meddled.meddle = func() {
		if times++; times == 1 { // after the first glance at the folder, before it is read
			w.put("20-more.yaml", "classify:\n  - {name: another, text: 1, words: [zargelt]}\n")
		}
	}
	if k.look(t.Context()) || desk.Rules() != rules.Shipped() {
		t.Error("a folder was taken while it was written")
	}
	if !k.look(t.Context()) || len(desk.Rules().Files()) != 2 {
		t.Errorf("the folder was not taken: %d files\n%s", len(desk.Rules().Files()), w.stderr)
	}
}

// What the watcher and the poll see of a folder, and what not.
func TestFolderFingerprint(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("10-own.yaml", ownRule)
	for _, c := range []struct {
		what     string
		do       func()
		seen     bool
		contents bool
	}{
		{"nothing", func() {}, false, false},
		{"an editor's own files", func() {
			write(".10-own.yaml.swp", "x")
			write("10-own.yaml~", "x")
			write("4913", "x")
			write("notes.txt", "x")
		}, false, false},
		{"a folder with the name of a rule file", func() { os.Mkdir(filepath.Join(dir, "old.yaml"), 0o700) }, true, true},
		{"a link that leads nowhere", func() { os.Symlink("none", filepath.Join(dir, "15-link.yaml")) }, true, true},
		{"a link that leads somewhere else", func() {
			os.Remove(filepath.Join(dir, "15-link.yaml"))
			os.Symlink("/dev/zero", filepath.Join(dir, "15-link.yaml"))
		}, true, true},
		{"a pipe", func() { syscall.Mkfifo(filepath.Join(dir, "16-pipe.yaml"), 0o600) }, true, true},
		{"a rule file more", func() { write("20-own.yml", "{}\n") }, true, true},
		{"a test", func() { write("20-own.test.yaml", "tests: []\n") }, true, true},
		{"another text", func() { write("10-own.yaml", ownRule2) }, true, true},
		{"another time", func() {
			os.Chtimes(filepath.Join(dir, "10-own.yaml"), time.Unix(1, 0), time.Unix(1, 0))
		}, true, false},
		{"a name", func() { rename(t, filepath.Join(dir, "20-own.yml"), filepath.Join(dir, "30-own.yml")) }, true, true},
		{"its end", func() { os.Remove(filepath.Join(dir, "30-own.yml")) }, true, true},
		{"the folder's end", func() { rename(t, dir, dir+".gone") }, true, true},
	} {
		before, content := fingerprint(dir), contentName(dir)
		c.do()
		if got := fingerprint(dir) != before; got != c.seen {
			t.Errorf("%s: seen %v", c.what, got)
		}
		if got := contentName(dir) != content; got != c.contents {
			t.Errorf("%s: another content: %v", c.what, got)
		}
	}
}

func contentName(dir string) string {
	s, _, _, err := contentOf(dir)
	if err != nil {
		return err.Error()
	}
	return s
}

// A watcher that cannot watch tells nothing, and ends.
func TestWatchNothing(t *testing.T) {
	for _, dir := range []string{"", filepath.Join(t.TempDir(), "none")} {
		f := watchFolder(dir, slog.New(slog.DiscardHandler))
		f.renew()
		f.close()
		if len(f.touched) > 0 {
			t.Errorf("%q was touched", dir)
		}
	}
}
