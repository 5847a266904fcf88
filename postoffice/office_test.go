package postoffice

import (
	"context"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	gosmtp "github.com/emersion/go-smtp"
)

var support = User{Name: "support", Password: "geheim", Addresses: []string{"support@hoster.example"}}

func open(t *testing.T, o Options) *Office {
	t.Helper()
	if o.Users == nil {
		o.Users = []User{support}
	}
	office, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { office.Close() })
	return office
}

// patience bounds every wait of a test; it decides nothing when all is well.
func patience(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func dial(t *testing.T, office *Office, o *imapclient.Options) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(office.IMAPAddr(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func loggedIn(t *testing.T, office *Office, o *imapclient.Options) *imapclient.Client {
	t.Helper()
	c := dial(t, office, o)
	if err := c.Login("support", "geheim").Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func selected(t *testing.T, office *Office, o *imapclient.Options) *imapclient.Client {
	t.Helper()
	c := loggedIn(t, office, o)
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSubmissionComesIntoTheInbox(t *testing.T) {
	office := open(t, Options{})
	body := "From: kunde@firma.example\r\nTo: support@hoster.example\r\nReturn-Path: <forged@evil.example>\r\nSubject: Notfall-Support\r\n\r\nweb01 steht.\r\n.punkt\r\n"
	err := smtp.SendMail(office.SMTPAddr(), nil, "kunde@firma.example", []string{"support+t1@hoster.example", "chef@firma.example"}, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	d := office.Deliveries()
	if len(d) != 1 || d[0].EnvelopeFrom != "kunde@firma.example" || len(d[0].To) != 2 || string(d[0].Data) != body {
		t.Fatalf("deliveries: %+v", d)
	}
	mails, err := office.Messages("support", "INBOX")
	if err != nil || len(mails) != 1 {
		t.Fatalf("INBOX: %v %v", mails, err)
	}
	raw := string(mails[0].Raw)
	if !strings.HasPrefix(raw, "Return-Path: <kunde@firma.example>\r\nDelivered-To: support+t1@hoster.example\r\nReceived: from ") {
		t.Errorf("trace headers:\n%s", raw)
	}
	if strings.Contains(raw, "forged") {
		t.Errorf("the Return-Path that came in is still there:\n%s", raw)
	}
	if !strings.HasSuffix(raw, "\r\nweb01 steht.\r\n.punkt\r\n") {
		t.Errorf("body:\n%s", raw)
	}
}

func TestAppendIsPushedToIdle(t *testing.T) {
	office := open(t, Options{})
	exists := make(chan uint32, 10)
	c := selected(t, office, &imapclient.Options{UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				exists <- *d.NumMessages
			}
		},
	}})
	office.Append("support", "INBOX", []byte("Subject: vorher\r\n\r\n"), time.Time{}) // before IDLE: must be told too
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	want := func(n uint32) {
		t.Helper()
		select {
		case got := <-exists:
			if got != n {
				t.Errorf("EXISTS %d, want %d", got, n)
			}
		case <-patience(t).Done():
			t.Fatalf("no EXISTS %d", n)
		}
	}
	want(1)
	office.Append("support", "INBOX", []byte("Subject: nachher\r\n\r\n"), time.Time{})
	want(2)
	if err := idle.Close(); err != nil {
		t.Error(err)
	}
	if err := idle.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := c.Search(&imap.SearchCriteria{}, nil).Wait(); err != nil {
		t.Error(err)
	}
}

func TestAuthLogin(t *testing.T) {
	office := open(t, Options{RequireAuth: true})
	c, err := gosmtp.Dial(office.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail("a@b.example", nil); err == nil {
		t.Error("MAIL without AUTH was taken")
	}
}
