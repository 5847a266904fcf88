package postoffice

import (
	"crypto/tls"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

func dovecot(t *testing.T, o DovecotOptions) *Dovecot {
	t.Helper()
	d, err := StartDovecotWith(t.TempDir(), o)
	Needs(t, err)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func appendAndCount(t *testing.T, c *imapclient.Client, user, password string) uint32 {
	t.Helper()
	if err := c.Login(user, password).Wait(); err != nil {
		t.Fatal(err)
	}
	raw := "Subject: Notfall-Support\r\n\r\nSrv steht.\r\n"
	cmd := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{Time: time.Date(2026, 3, 1, 2, 3, 4, 0, time.UTC)})
	cmd.Write([]byte(raw))
	cmd.Close()
	if _, err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	data, err := c.Select("INBOX", nil).Wait()
	if err != nil {
		t.Fatal(err)
	}
	return data.NumMessages
}

func TestDovecotKeepsMailOverARestart(t *testing.T) {
	d := dovecot(t, DovecotOptions{})
	for want := uint32(1); want <= 2; want++ {
		c, err := imapclient.DialInsecure(d.Addr(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := appendAndCount(t, c, d.User, d.Password); n != want {
			t.Errorf("%d mails, want %d", n, want)
		}
		c.Close()
		if err := d.Stop(); err != nil {
			t.Fatal(err)
		}
		if c, err := imapclient.DialInsecure(d.Addr(), nil); err == nil {
			c.Close()
			t.Error("a stopped server answers")
		}
		if err := d.Start(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDovecotWithTLSAndUsers(t *testing.T) {
	for name, dial := range map[TLSMode]func(string, *imapclient.Options) (*imapclient.Client, error){
		StartTLS: imapclient.DialStartTLS, ImplicitTLS: imapclient.DialTLS,
	} {
		t.Run(string(name), func(t *testing.T) {
			d := dovecot(t, DovecotOptions{Format: "sdbox", TLS: name, Users: []User{{Name: "zwei", Password: "pw2"}}})
			c, err := dial(d.Addr(), &imapclient.Options{TLSConfig: &tls.Config{RootCAs: d.CertPool(), ServerName: "localhost"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if n := appendAndCount(t, c, "zwei", "pw2"); n != 1 {
				t.Errorf("%d mails", n)
			}
			if _, err := dial(d.Addr(), nil); err == nil {
				t.Error("the certificate is trusted without the pool")
			}
		})
	}
}
