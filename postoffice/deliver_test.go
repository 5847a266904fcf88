package postoffice

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTraceHeaders(t *testing.T) {
	office := func(o Options) *Office { o.Hostname = "mx.hoster.example"; return open(t, o) }
	pass := func(e Envelope) string { return "dmarc=pass header.from=" + strings.TrimPrefix(e.From, "a@") }
	forged := "Authentication-Results: mx.hoster.example; dmarc=pass\r\n header.from=bank.example\r\n" +
		"AUTHENTICATION-RESULTS: MX.hoster.example 1; dkim=pass\r\n"
	foreign := "Authentication-Results: mx.provider.example; spf=pass\r\n"
	for name, c := range map[string]struct {
		o    Options
		in   string
		want string // without the Received header
	}{
		"no authserv-id":  {in: forged + foreign + "Subject: x\r\n\r\ny", want: forged + foreign + "Subject: x\r\n\r\ny"},
		"no verdict":      {o: Options{AuthServID: "mx.hoster.example"}, in: "Subject: x\r\n\r\ny", want: "Authentication-Results: mx.hoster.example; none\r\nSubject: x\r\n\r\ny"},
		"forged stripped": {o: Options{AuthServID: "mx.hoster.example", Verdict: pass}, in: forged + foreign + "Subject: x\r\n\r\ny", want: "Authentication-Results: mx.hoster.example; dmarc=pass header.from=kunde.example\r\n" + foreign + "Subject: x\r\n\r\ny"},
		"forged kept":     {o: Options{AuthServID: "mx.hoster.example", KeepForged: true}, in: forged + "\r\ny", want: "Authentication-Results: mx.hoster.example; none\r\n" + forged + "\r\ny"},
		"no header":       {in: "only a body", want: "only a body"},
		"empty":           {in: "", want: ""},
		"header in body":  {in: "Subject: x\r\n\r\nReturn-Path: <b@c.example>\r\n", want: "Subject: x\r\n\r\nReturn-Path: <b@c.example>\r\n"},
		"folded first":    {in: " odd\r\nReturn-Path:\r\n <b@c.example>\r\nSubject: x\r\n\r\n", want: " odd\r\nSubject: x\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			office := office(c.o)
			acc, _ := office.recipient("support@hoster.example")
			office.deliver(acc, "support@hoster.example", Delivery{ID: "PO1", EnvelopeFrom: "a@kunde.example", Data: []byte(c.in), helo: "kunde.example"})
			mails, err := office.Messages("support", "INBOX")
			if err != nil || len(mails) != 1 {
				t.Fatal(mails, err)
			}
			raw := string(mails[0].Raw)
			top := "Return-Path: <a@kunde.example>\r\nDelivered-To: support@hoster.example\r\n"
			rest, ok := strings.CutPrefix(raw, top)
			if !ok {
				t.Fatalf("%q does not start with %q", raw, top)
			}
			at := strings.Index(rest, "Received: from kunde.example")
			end := strings.Index(rest, "for <support@hoster.example>;")
			if at < 0 || end < at {
				t.Fatalf("no Received in %q", rest)
			}
			end += strings.Index(rest[end:], "\r\n") + 2
			if got := rest[:at] + rest[end:]; got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestSentAndWait(t *testing.T) {
	office := open(t, Options{Forget: true})
	early := office.Sent()
	for _, to := range []string{"eins@welt.example", "support@hoster.example"} {
		if err := send(office, "a@b.example", to); err != nil {
			t.Fatal(err)
		}
	}
	all, err := office.WaitDeliveries(patience(t), 2)
	if err != nil || len(all) != 2 || all[0].Data != nil {
		t.Fatalf("%+v %v", all, err)
	}
	if mails, _ := office.Messages("support", "INBOX"); len(mails) != 1 || !strings.HasSuffix(string(mails[0].Raw), body) {
		t.Errorf("Forget forgot the mailbox: %+v", mails)
	}
	for i, c := range []<-chan Delivery{early, office.Sent()} { // one asked before, one after
		for _, want := range all {
			if d := <-c; d.ID != want.ID || d.To[0] != want.To[0] {
				t.Errorf("channel %d: %+v, want %+v", i, d, want)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := office.WaitDeliveries(ctx, 3); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := office.WaitMessages(ctx, "support", "INBOX", func(l []Message) bool { return len(l) == 2 }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	waiting := make(chan error)
	go func() {
		_, err := office.WaitDeliveries(context.Background(), 3)
		waiting <- err
	}()
	office.Close()
	if err := <-waiting; err == nil {
		t.Error("waiting went well after Close")
	}
}

func TestSink(t *testing.T) {
	dir := t.TempDir()
	office := open(t, Options{SinkDir: dir})
	if err := send(office, "a@b.example", "c@d.example"); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.eml"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	if raw, err := os.ReadFile(files[0]); err != nil || string(raw) != body {
		t.Errorf("%q %v", raw, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := send(office, "a@b.example", "c@d.example"); err == nil || !strings.Contains(err.Error(), "451") {
		t.Errorf("a mail that cannot be stored: %v", err)
	}
	if n := len(office.Deliveries()); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}
