package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"notfalld/postoffice"
)

// kitchen is a watcher at work on a private Dovecot.
type kitchen struct {
	*testing.T
	ctx     context.Context
	dovecot *postoffice.Dovecot
	desk    *memoryDesk
	log     *logbook
	opts    Options
}

func newKitchen(t *testing.T, o postoffice.DovecotOptions) *kitchen {
	t.Helper()
	k := &kitchen{T: t, dovecot: dovecot(t, o), desk: newDesk(), log: &logbook{}}
	var cancel func()
	k.ctx, cancel = context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	k.desk.lookBack = time.Hour
	k.opts = testOptions(k.dovecot.Addr(), k.log)
	k.opts.RootCAs = k.dovecot.CertPool()
	return k
}

func (k *kitchen) watch() (end func()) {
	ctx, cancel := context.WithCancel(k.ctx)
	done := make(chan error, 1)
	go func() { done <- New(k.opts, k.desk).Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			k.Error(err)
		}
	}
}

// flags are those of the mails of a folder, as another client sees them.
func (k *kitchen) flags(folder string) (out []string) {
	k.Helper()
	c, err := imapclient.DialInsecure(k.dovecot.Addr(), nil)
	if k.dovecot.CertPool() != nil {
		k.Fatal("not over TLS")
	}
	if err != nil {
		k.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(k.dovecot.User, k.dovecot.Password).Wait(); err != nil {
		k.Fatal(err)
	}
	if _, err := c.Select(folder, &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return []string{err.Error()}
	}
	ms, err := c.Fetch(imap.UIDSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true}).Collect()
	if err != nil {
		k.Fatal(err)
	}
	for _, m := range ms {
		var fs []string
		for _, f := range m.Flags {
			if f != `\Recent` {
				fs = append(fs, string(f))
			}
		}
		slices.Sort(fs)
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s", m.UID, strings.Join(fs, " "))))
	}
	return out
}

func (k *kitchen) wantFlags(folder string, want ...string) {
	k.Helper()
	if got := k.flags(folder); !slices.Equal(got, want) {
		k.Errorf("flags in %s: %q\nwant %q", folder, got, want)
	}
}

// append lays a mail into the inbox over IMAP.
func (k *kitchen) append(raw string, flags ...imap.Flag) {
	k.Helper()
	k.file("INBOX", raw, flags...)
}

// file lays a mail into a folder, as a mail program does with what it has sent; it makes the folder if there is none.
func (k *kitchen) file(folder, raw string, flags ...imap.Flag) {
	k.Helper()
	c, err := imapclient.DialInsecure(k.dovecot.Addr(), nil)
	if err != nil {
		k.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(k.dovecot.User, k.dovecot.Password).Wait(); err != nil {
		k.Fatal(err)
	}
	if exists, err := c.List("", folder, nil).Collect(); err != nil || len(exists) == 0 {
		if err := c.Create(folder, nil).Wait(); err != nil {
			k.Fatal(err)
		}
	}
	cmd := c.Append(folder, int64(len(raw)), &imap.AppendOptions{Flags: flags})
	cmd.Write([]byte(raw))
	cmd.Close()
	if _, err := cmd.Wait(); err != nil {
		k.Fatal(err)
	}
}

func TestDovecot(t *testing.T) {
	k := newKitchen(t, postoffice.DovecotOptions{})
	k.append(emergency(1), imap.FlagSeen)
	k.append(ordinary(2))
	end := k.watch()
	k.desk.waitMarked(t, k.ctx, 2)
	k.append(emergency(3)) // pushed: the poll is an hour away
	k.desk.waitMarked(t, k.ctx, 3)
	k.wantFlags("INBOX", "1 $NotfallTicket \\Seen", "2", "3 $NotfallTicket")

	if err := k.dovecot.Stop(); err != nil {
		t.Fatal(err)
	}
	k.log.wait(t, k.ctx, "trying again", 1)
	if err := k.dovecot.Start(); err != nil {
		t.Fatal(err)
	}
	k.append(emergency(4))
	k.desk.waitMarked(t, k.ctx, 4)
	end()

	// Dovecot gives a folder a new UIDVALIDITY when its list of UIDs is gone.
	if err := k.dovecot.Stop(); err != nil {
		t.Fatal(err)
	}
	lists, err := filepath.Glob(filepath.Join(k.dovecot.MailDir(k.dovecot.User), "maildir", "dovecot*"))
	if err != nil || len(lists) == 0 {
		t.Fatal(lists, err)
	}
	for _, l := range lists {
		if err := os.Remove(l); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.dovecot.Start(); err != nil {
		t.Fatal(err)
	}
	defer k.watch()()
	k.desk.waitMarked(t, k.ctx, 8)
	if k.desk.again > 0 || k.desk.taken[7].Place.UIDValidity == k.desk.taken[0].Place.UIDValidity {
		t.Errorf("again %d, UIDVALIDITY %d", k.desk.again, k.desk.taken[7].Place.UIDValidity)
	}
}

func TestDovecotMoves(t *testing.T) {
	k := newKitchen(t, postoffice.DovecotOptions{Format: "sdbox"})
	k.opts.MoveTo = "Erledigt"
	k.append(emergency(1))
	k.append(ordinary(2))
	defer k.watch()()
	k.desk.waitMarked(t, k.ctx, 2)
	k.append(emergency(3))
	k.desk.waitMarked(t, k.ctx, 3)
	k.wantFlags("INBOX", "2")
	k.wantFlags("Erledigt", "1 $NotfallTicket", "2 $NotfallTicket")
	if n := k.log.count("has been made"); n != 1 {
		t.Errorf("the folder was made %d times", n)
	}
}

func TestDovecotEncrypted(t *testing.T) {
	for mode, o := range map[string]postoffice.TLSMode{TLSStart: postoffice.StartTLS, TLSImplicit: postoffice.ImplicitTLS} {
		t.Run(mode, func(t *testing.T) {
			k := newKitchen(t, postoffice.DovecotOptions{TLS: o})
			k.opts.TLS = mode
			raws := make([]string, 300)
			for i := range raws {
				raws[i] = emergency(i+1) + strings.Repeat("Zeile eines Protokolls\r\n", 300)
			}
			deliver(t, k.dovecot, raws...)
			defer k.watch()()
			k.desk.waitMarked(t, k.ctx, len(raws))
			k.opts.RootCAs = nil
			if _, err := Probe(k.ctx, k.opts); err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
				t.Errorf("untrusted: %v", err)
			}
		})
	}
}

// TestDovecotAnyBytes: any file in the mailbox is handed over as the server gives it.
func TestDovecotAnyBytes(t *testing.T) {
	k := newKitchen(t, postoffice.DovecotOptions{})
	head := "Subject: Notfall\r\n"
	raws := []string{
		"", "\r\n", "x", "Notfall", head, head + "\r\n", "\r\n" + head,
		head + "\r\nNUL \x00 und \xff\xfe\r\n",
		"\x00\x00Notfall\x00", head + "\r\nlone\nfeeds\nand\rreturns\r\n", head + "\r\nno end of line",
		head + "X-Lang: " + strings.Repeat("ä", 500000) + "\r\n\r\nText\r\n",
		head + strings.Repeat("X-Viel: 1\r\n", 100000) + "\r\nText\r\n",
		head + "\r\n" + strings.Repeat("x", 3<<20),
		head + "\r\n)\r\nT1 OK done\r\n* BYE {12}\r\n",
		head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n", 10000),
		head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\n\r\n", 100000),
		head + "\r\n" + strings.Repeat("\r\n", 100000),
	}
	deliver(t, k.dovecot, raws...)
	defer k.watch()()
	k.desk.waitMarked(t, k.ctx, len(raws))
	var got, want []string
	for _, f := range k.desk.taken {
		got = append(got, string(f.Raw))
		if f.Cut != "" {
			t.Errorf("cut: %s", f.Cut)
		}
	}
	for _, r := range raws {
		want = append(want, asDovecot(r))
	}
	slices.Sort(got)
	slices.Sort(want)
	for i := range want {
		if i < len(got) && got[i] != want[i] {
			t.Errorf("got %d bytes %.60q\nwant %d %.60q", len(got[i]), got[i], len(want[i]), want[i])
		}
	}
}

// asDovecot is a mail as Dovecot gives it: with CRLF at each end of a line, and NUL replaced (RFC 3501 allows no NUL in a literal).
func asDovecot(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
	return strings.ReplaceAll(s, "\x00", "\x80")
}
