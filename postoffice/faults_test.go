package postoffice

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	gosmtp "github.com/emersion/go-smtp"
)

// The transcripts show what goes over the line; these tests show what the client libraries that the product uses make of it.

const body = "Subject: Notfall-Support\r\n\r\nweb01 steht.\r\n"

func send(office *Office, from string, to ...string) error {
	c, err := gosmtp.Dial(office.SMTPAddr())
	if err != nil {
		return err
	}
	defer c.Close()
	c.CommandTimeout = 20 * time.Second
	if err := c.SendMail(from, to, strings.NewReader(body)); err != nil {
		return err
	}
	return c.Quit()
}

func TestRecipientRule(t *testing.T) {
	office := open(t, Options{})
	office.Inject(Fault{At: SMTPRcpt, Reply: "550 5.1.1 No such user", When: func(e Event) bool {
		return strings.HasSuffix(e.Rcpt, "@weg.example") && e.From == "a@hoster.example"
	}})
	var refused *gosmtp.SMTPError
	if err := send(office, "a@hoster.example", "x@weg.example"); !errors.As(err, &refused) || refused.Code != 550 {
		t.Errorf("refused recipient: %v", err)
	}
	for _, to := range []string{"x@da.example", "y@weg.example.org"} {
		if err := send(office, "a@hoster.example", to); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
	if err := send(office, "b@hoster.example", "x@weg.example"); err != nil {
		t.Errorf("other sender: %v", err)
	}
	if n := len(office.Deliveries()); n != 3 {
		t.Errorf("%d deliveries", n)
	}
}

func TestConnectionLostAfterTheDot(t *testing.T) {
	for _, accepted := range []bool{false, true} {
		office := open(t, Options{})
		fault := office.Inject(Fault{At: SMTPDot, Times: 1, Drop: true, Act: accepted})
		err := send(office, "a@hoster.example", "kunde@firma.example")
		var reply *gosmtp.SMTPError
		if err == nil || errors.As(err, &reply) {
			t.Errorf("accepted %v: the client got an answer: %v", accepted, err)
		}
		if err := fault.Wait(patience(t), 1); err != nil {
			t.Error(err)
		}
		if d := office.Deliveries(); len(d) != map[bool]int{true: 1}[accepted] || accepted && !d[0].ReplyLost {
			t.Errorf("accepted %v: deliveries %+v", accepted, d)
		}
		if err := send(office, "a@hoster.example", "kunde@firma.example"); err != nil {
			t.Errorf("the next one: %v", err)
		}
	}
}

func TestSilentServerTimesOut(t *testing.T) {
	office := open(t, Options{})
	c, err := gosmtp.Dial(office.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Hello("kunde.example"); err != nil {
		t.Fatal(err)
	}
	office.Mute(SMTP)
	c.CommandTimeout = 50 * time.Millisecond
	var timeout net.Error
	if err := c.Mail("a@b.example", nil); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("MAIL to a silent server: %v", err)
	}
	office.Unmute(SMTP)
	if err := send(office, "a@b.example", "c@d.example"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestStopAndStartKeepThePort(t *testing.T) {
	office := open(t, Options{})
	c := selected(t, office, nil)
	addr := office.IMAPAddr()
	office.Stop(IMAP)
	if err := c.Noop().Wait(); err == nil {
		t.Error("the session lives on")
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		c.Close()
		t.Error("a stopped server takes connections")
	}
	if err := send(office, "a@b.example", "support@hoster.example"); err != nil {
		t.Errorf("the SMTP side stopped too: %v", err)
	}
	if err := office.Start(IMAP); err != nil {
		t.Fatal(err)
	}
	if office.IMAPAddr() != addr {
		t.Errorf("address %s, was %s", office.IMAPAddr(), addr)
	}
	data, err := loggedIn(t, office, nil).Select("INBOX", nil).Wait()
	if err != nil || data.NumMessages != 1 {
		t.Errorf("after the restart: %+v %v", data, err)
	}
}

func fetch(c *imapclient.Client, set imap.NumSet) ([]*imapclient.FetchMessageBuffer, error) {
	return c.Fetch(set, &imap.FetchOptions{UID: true, Flags: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}}).Collect()
}

func uids(list ...imap.UID) imap.UIDSet { return imap.UIDSetNum(list...) }

func TestMailVanishesBetweenSearchAndFetch(t *testing.T) {
	office := open(t, Options{})
	fill(t, office)
	c := selected(t, office, nil)
	found, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
	if err != nil || len(found.AllUIDs()) != 4 {
		t.Fatalf("%v %v", found, err)
	}
	office.Inject(Fault{At: IMAPFetch, Times: 1, Do: func(Event) {
		if err := office.Expunge("support", "INBOX", 3); err != nil {
			t.Error(err)
		}
	}})
	got, err := fetch(c, uids(2, 3, 4))
	if err != nil || len(got) != 2 || got[0].UID != 2 || got[1].UID != 4 {
		t.Errorf("%v %v", got, err)
	}
}

func TestLiteralThatEndsTooEarly(t *testing.T) {
	office := open(t, Options{})
	fill(t, office)
	c := selected(t, office, nil)
	office.Inject(Fault{At: IMAPFetch, Times: 1, Cut: true, CutAfter: 10})
	cmd := c.Fetch(uids(1), &imap.FetchOptions{BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
	msg := cmd.Next()
	for item := msg.Next(); item != nil; item = msg.Next() {
		b, ok := item.(imapclient.FetchItemDataBodySection)
		if !ok {
			continue
		}
		n, err := io.Copy(io.Discard, b.Literal)
		if n != 10 || err != nil || b.Literal.Size() < 100 {
			t.Errorf("%d bytes of %d read, %v", n, b.Literal.Size(), err)
		}
		// The trap: no error. And from here on only the connection can be closed: Next and cmd.Close would read the literal
		// again, side by side with the library's own reader.
		c.Close()
		return
	}
	t.Error("no body")
}

func TestMalformedLineEndsTheSession(t *testing.T) {
	office := open(t, Options{})
	fill(t, office)
	c := selected(t, office, nil)
	office.Inject(Fault{At: IMAPSearch, Times: 1, Raw: "* SEARCH (("})
	if data, err := c.UIDSearch(&imap.SearchCriteria{}, nil).Wait(); err == nil {
		t.Errorf("no error, %v", data)
	}
	selected(t, office, nil)
}

func TestByeReachesASessionInIdle(t *testing.T) {
	office := open(t, Options{})
	c := selected(t, office, nil)
	idle, err := c.Idle()
	if err != nil {
		t.Fatal(err)
	}
	if err := office.WaitIdle(patience(t), "support", 1); err != nil {
		t.Fatal(err)
	}
	office.Bye("Server going down")
	if err := idle.Wait(); err == nil {
		t.Error("IDLE ended well")
	}
	if err := errors.Join(office.WaitIdle(patience(t), "support", 0), office.WaitConnections(patience(t), IMAP, 0)); err != nil {
		t.Error(err)
	}
}

func TestThrottleSendsEverything(t *testing.T) {
	office := open(t, Options{})
	raw := []byte("Subject: lang\r\n\r\n" + strings.Repeat("0123456789\r\n", 400))
	office.Append("support", "INBOX", raw, time.Time{})
	c := selected(t, office, nil)
	office.Throttle(IMAP, 700, time.Millisecond)
	got, err := fetch(c, uids(1))
	if err != nil || len(got) != 1 || len(got[0].BodySection[0].Bytes) != len(raw) {
		t.Fatalf("%v %v", got, err)
	}
	office.Throttle(IMAP, 1, time.Hour) // so slow that only an end from outside ends it
	cmd := c.Noop()
	office.DropConnections(IMAP)
	if err := cmd.Wait(); err == nil {
		t.Error("NOOP was answered")
	}
}

func TestFaultsAreCountedAndCleared(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	office := open(t, Options{OnCommand: func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, string(e.At)+" "+e.User)
	}})
	c := loggedIn(t, office, nil)
	all := office.Inject(Fault{At: IMAPAny, Reply: "NO no"})
	two := office.FailNext(IMAPNoop, 2, "NO never reached, since the other was set first")
	if err := c.Noop().Wait(); err == nil {
		t.Error("no fault")
	}
	all.Clear()
	for i := range 3 {
		if err := c.Noop().Wait(); (err == nil) != (i == 2) {
			t.Errorf("NOOP %d: %v", i, err)
		}
	}
	if all.Strikes() != 1 || two.Strikes() != 2 {
		t.Errorf("strikes %d and %d", all.Strikes(), two.Strikes())
	}
	office.Inject(Fault{At: "imap:status", Reply: "NO no"})
	office.ClearFaults()
	if _, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true}).Wait(); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := all.Wait(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a fault that does not come: %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	want := "imap:connect |imap:login |imap:noop support"
	if got := strings.Join(seen, "|"); !strings.HasPrefix(got, want) {
		t.Errorf("events %q, want them to start with %q", got, want)
	}
}
