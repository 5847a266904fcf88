package postoffice

import (
	"context"
	"errors"
	"net"
	"net/smtp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
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

func TestCloseEndsEverything(t *testing.T) {
	before := runtime.NumGoroutine()
	office := open(t, Options{SMTPTLS: StartTLS})
	clients := []*imapclient.Client{selected(t, office, nil), selected(t, office, nil), dial(t, office, nil)}
	if _, err := clients[0].Idle(); err != nil {
		t.Fatal(err)
	}
	if err := office.WaitIdle(patience(t), "support", 1); err != nil {
		t.Fatal(err)
	}
	office.Mute(SMTP)
	silent, err := net.Dial("tcp", office.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	office.Throttle(IMAP, 1, time.Hour)
	slow := clients[1].Noop()
	sent := office.Sent()
	office.Close()
	if _, more := <-sent; more {
		t.Error("Sent yields after Close")
	}
	if err := slow.Wait(); err == nil {
		t.Error("NOOP was answered")
	}
	for _, c := range clients {
		c.Close()
	}
	// The goroutines of the clients, and of a server's IDLE, end a moment after they were told to.
	for ctx := patience(t); runtime.NumGoroutine() > before; runtime.Gosched() {
		if ctx.Err() != nil {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
	if err := office.Start(IMAP); err == nil {
		t.Error("a closed office starts again")
	}
}

func TestUsersAreUnique(t *testing.T) {
	office := open(t, Options{})
	for _, u := range []User{
		{Name: "support", Password: "x"},
		{Name: "other", Password: "x", Addresses: []string{"neu@hoster.example", "SUPPORT@hoster.example"}},
	} {
		if err := office.AddUser(u); err == nil {
			t.Errorf("%+v was taken", u)
		}
	}
	if err := office.AddUser(User{Name: "other", Password: "x", Addresses: []string{"neu@hoster.example"}}); err != nil {
		t.Error(err)
	}
	if _, err := office.Messages("nobody", "INBOX"); !errors.Is(err, ErrNoUser) {
		t.Error(err)
	}
	if _, err := office.Append("other", "Nirgends", nil, time.Time{}); !errors.Is(err, ErrNoFolder) {
		t.Error(err)
	}
	if err := office.Expunge("other", "INBOX", 1); !errors.Is(err, ErrNoMessage) {
		t.Error(err)
	}
	if _, err := Open(Options{IMAPAddr: office.IMAPAddr()}); err == nil {
		t.Error("a taken port was taken again")
	}
}

// Two clients and the owner change one mailbox side by side; at the end all see the same.
func TestManyHands(t *testing.T) {
	office := open(t, Options{})
	const each = 40
	var wg sync.WaitGroup
	for range 2 {
		c := selected(t, office, nil)
		wg.Go(func() {
			for range each {
				w := c.Append("INBOX", int64(len(body)), nil)
				w.Write([]byte(body))
				w.Close()
				data, err := w.Wait()
				if err != nil {
					t.Error(err)
					return
				}
				store := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{"$NotfallTicket"}}
				if err := c.Store(imap.UIDSetNum(data.UID), store, nil).Close(); err != nil {
					t.Error(err)
				}
				if data.UID%2 == 0 {
					if _, err := c.Move(imap.UIDSetNum(data.UID), "Sent").Wait(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wg.Go(func() {
		for range each {
			office.Append("support", "INBOX", []byte(body), time.Time{})
		}
	})
	wg.Go(func() {
		_, err := office.WaitMessages(patience(t), "support", "Sent", func(l []Message) bool {
			return len(l) > 0 && l[0].Has("$notfallticket")
		})
		if err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	inbox, _ := office.Messages("support", "INBOX")
	sent, _ := office.Messages("support", "Sent")
	if len(inbox)+len(sent) != 3*each {
		t.Errorf("%d + %d mails", len(inbox), len(sent))
	}
	c := selected(t, office, nil)
	marked, err := c.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{"$NotfallTicket"}}, nil).Wait()
	if err != nil || len(marked.AllUIDs())+len(sent) != 2*each {
		t.Errorf("%v marked, %v", marked, err)
	}
}

func TestRecreatedFolders(t *testing.T) {
	office := open(t, Options{})
	fill(t, office)
	seen := func() int {
		mails, err := office.Messages("support", "INBOX")
		if err != nil || len(mails) != 4 {
			t.Fatal(mails, err)
		}
		n := 0
		for _, m := range mails {
			if m.Has(`\seen`) {
				n++
			}
		}
		return n
	}
	if err := office.SetUIDValidity("support", "INBOX", 5000); err != nil {
		t.Fatal(err)
	}
	kept, err := office.RecreateFolder("support", "INBOX", true)
	if err != nil || kept <= 5000 || seen() != 1 {
		t.Errorf("kept: UIDVALIDITY %d, %d seen, %v", kept, seen(), err)
	}
	lost, err := office.RecreateFolder("support", "INBOX", false)
	if err != nil || lost <= kept || seen() != 0 {
		t.Errorf("lost: UIDVALIDITY %d, %d seen, %v", lost, seen(), err)
	}
	if v, err := office.UIDValidity("support", "inbox"); v != lost || err != nil {
		t.Errorf("UIDVALIDITY %d, %v", v, err)
	}
}
