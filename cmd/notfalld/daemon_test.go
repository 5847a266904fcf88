package main

import (
	"bytes"
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
	"notfalld/ticket"
)

// From the mailbox to the answered ticket; what is none of our business is left exactly as it was.
func TestMainJob(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.mail("petra@almhof.at", "Notfall-Support", "Der Server web01.almhof.at ist nicht erreichbar.")
	h.mail("rechnung@lieferant.at", "Rechnung 4711", "Im Anhang die Rechnung.")
	d, stop := h.start()
	got := h.answered("petra@almhof.at", 1)
	if !bytes.Contains(got[0].Data, []byte("NS-10001")) {
		t.Errorf("the answer does not name the ticket:\n%s", got[0].Data)
	}
	h.mail("josef@moser.at", "NOTFALL SUPPORT!!!", "www.moser.at geht nicht") // while we are in IDLE
	h.answered("josef@moser.at", 1)
	h.answered(houseTeam, 2)
	ms, err := h.office.WaitMessages(patient(t), "support", "INBOX", func(ms []postoffice.Message) bool { return marked(ms) == 2 })
	if err != nil {
		t.Fatalf("%v: %+v", err, ms)
	}
	for _, m := range ms {
		ours := !bytes.Contains(m.Raw, []byte("Rechnung"))
		if m.Has(`\Seen`) || ours != m.Has("$NotfallTicket") || !ours && len(m.Flags) > 0 {
			t.Errorf("flags %v of\n%s", m.Flags, m.Raw)
		}
	}
	if ts := h.tickets(d); len(ts) != 2 {
		t.Errorf("%d tickets", len(ts))
	}
	stop()
	if _, stop := h.start(); true { // a restart does nothing twice
		h.mail("nach@neustart.at", "Notfall-Support", "db1.neustart.at antwortet nicht")
		h.answered("nach@neustart.at", 1)
		stop()
	}
	for _, a := range []string{"petra@almhof.at", "josef@moser.at"} {
		if n := len(h.answered(a, 1)); n != 1 {
			t.Errorf("%s was answered %d times", a, n)
		}
	}
}

func marked(ms []postoffice.Message) (n int) {
	for _, m := range ms {
		if m.Has("$NotfallTicket") {
			n++
		}
	}
	return n
}

// UIDVALIDITY changes: everything is scanned again, recognised, and marked again; nothing is answered twice.
func TestUIDValidityChange(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	for i := range 5 {
		h.mail(fmt.Sprintf("kunde%d@firma.at", i), "Notfall-Support", fmt.Sprintf("web%d.firma.at ist nicht erreichbar", i))
	}
	h.mail("werbung@laden.at", "Unsere Angebote", "Nur heute!")
	_, stop := h.start()
	for i := range 5 {
		h.answered(fmt.Sprintf("kunde%d@firma.at", i), 1)
	}
	stop()
	if _, err := h.office.RecreateFolder("support", "INBOX", false); err != nil {
		t.Fatal(err)
	}
	d, _ := h.start()
	h.mail("neu@firma.at", "Notfall-Support", "web9.firma.at ist nicht erreichbar")
	h.answered("neu@firma.at", 1)
	if _, err := h.office.WaitMessages(patient(t), "support", "INBOX", func(ms []postoffice.Message) bool { return marked(ms) == 6 }); err != nil {
		t.Fatal(err)
	}
	if n := len(h.tickets(d)); n != 6 {
		t.Errorf("%d tickets", n)
	}
	for i := range 5 {
		if n := len(to(h.office.Deliveries(), fmt.Sprintf("kunde%d@firma.at", i))); n != 1 {
			t.Errorf("kunde%d was answered %d times", i, n)
		}
	}
}

// A Debian Dovecot instead of the embedded server, and move_to instead of the keyword alone.
func TestDovecot(t *testing.T) {
	d, err := postoffice.StartDovecot(t.TempDir())
	postoffice.Needs(t, err)
	t.Cleanup(func() { d.Close() })
	h := newHouse(t, postoffice.Options{})
	h.configure(d.Addr(), fmt.Sprintf("mailboxes: [{name: support, address: %s, imap: {host: 127.0.0.1, port: %s, tls: none, username: %s, password: %s}, mark: {move_to: Notfall}}]",
		houseSupport, portOf(d.Addr()), d.User, d.Password))
	c, err := imapclient.DialInsecure(d.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(d.User, d.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	put := func(raw string) {
		a := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{})
		if _, err := a.Write([]byte(raw)); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	h.start()
	put("From: petra@almhof.at\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMessage-ID: <1@almhof.at>\r\n\r\nweb01.almhof.at ist nicht erreichbar\r\n")
	h.answered("petra@almhof.at", 1)
	put("From: office@moser.at\r\nTo: support@notfall-hoster.at\r\nSubject: Preisliste\r\nMessage-ID: <1@moser.at>\r\n\r\nBitte um Ihre Preisliste.\r\n")
	put("From: sam@reed.at\r\nTo: support@notfall-hoster.at\r\nSubject: Emergency support\r\nMessage-ID: <1@reed.at>\r\n\r\nweb02.reed.at does not respond\r\n")
	h.answered("sam@reed.at", 1)
	ctx := patient(t)
	for n := uint32(0); n != 2; {
		s, err := c.Status("Notfall", &imap.StatusOptions{NumMessages: true}).Wait()
		if ctx.Err() != nil {
			t.Fatalf("the mails were not moved: %d, %v\n%s", n, err, h.stderr)
		}
		if err == nil {
			n = *s.NumMessages
		}
	}
	if s, err := c.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true}).Wait(); err != nil || *s.NumMessages != 1 || *s.NumUnseen != 1 {
		t.Errorf("INBOX: %+v, %v", s, err)
	}
}

// The same on PostgreSQL.
func TestPostgres(t *testing.T) {
	p, err := postoffice.StartPostgres(t.TempDir())
	postoffice.Needs(t, err)
	t.Cleanup(func() { p.Close() })
	url, err := p.NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, postoffice.Options{})
	h.configure(h.office.IMAPAddr(), "store: {url: \""+url+"\"}")
	d, stop := h.start()
	for i := range 20 {
		h.mail(fmt.Sprintf("kunde%d@firma.at", i), "Notfall-Support", fmt.Sprintf("web%d.firma.at ist nicht erreichbar", i))
	}
	for i := range 20 {
		h.answered(fmt.Sprintf("kunde%d@firma.at", i), 1)
	}
	if n := len(h.tickets(d)); n != 20 {
		t.Errorf("%d tickets", n)
	}
	h.ready(200)
	if err := p.Stop(); err != nil { // the database goes away, and comes back
		t.Fatal(err)
	}
	h.ready(503)
	h.mail("waehrend@ausfall.at", "Notfall-Support", "db9.ausfall.at antwortet nicht")
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	h.answered("waehrend@ausfall.at", 1)
	h.ready(200)
	stop()
}

// Everything that a mailbox can hold: the daemon neither falls nor hangs, and the customer behind all that is answered.
func TestHostileMailbox(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.office.Append("support", "INBOX", nil, time.Now()) // an empty file; servers refuse it, and some have it all the same
	for _, raw := range hostileMails() {
		h.raw(raw)
	}
	d, _ := h.start()
	h.mail("petra@almhof.at", "Notfall-Support", "web01.almhof.at ist nicht erreichbar")
	h.answered("petra@almhof.at", 1)
	ctx := patient(t)
	for { // each of them is decided
		ms, err := h.office.Messages("support", "INBOX")
		if err != nil || ctx.Err() != nil {
			t.Fatalf("not all mails were decided: %v\n%s", err, h.stderr)
		}
		c := &d.desk.Count
		if c.Tickets.Load()+c.Notes.Load()+c.Copies.Load()+c.Bounces.Load()+c.Untouched.Load() >= int64(len(ms)) {
			break
		}
	}
	if strings.Contains(h.stderr.String(), "panicked") {
		t.Error(h.stderr)
	}
}

func hostileMails() [][]byte {
	head := "From: boese@angreifer.at\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\n"
	nest := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		return b.String()
	}
	return [][]byte{
		[]byte("\r\n"),
		[]byte("no header at all, only words"),
		bytes.Repeat([]byte{0}, 5000),
		[]byte(head + "\r\n\x00\x00NUL\x00 und \xff\xfe kaputtes UTF-8"),
		[]byte(head + "MIME-Version: 1.0\r\n" + nest(10_000)),
		[]byte(head + "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\na\r\n", 100_000) + "--x--\r\n"),
		[]byte(head + "X-Long: " + strings.Repeat("a ", 500_000) + "\r\n\r\ntext"),
		[]byte(strings.Repeat("X-Many: 1\r\n", 50_000) + head + "\r\ntext"),
		[]byte(head + "\r\n" + strings.Repeat("eine Zeile ohne Ende ", 500_000)),
		[]byte(head + "Content-Type: text/html\r\n\r\n" + strings.Repeat("<div>", 200_000)),
		[]byte(head + "Content-Type: text/plain; charset=\"" + strings.Repeat("x", 100_000) + "\"\r\n\r\ntext"),
		[]byte(head + "References: " + strings.Repeat("<a@b> ", 50_000) + "\r\n\r\ntext"),
		[]byte("Subject: =?utf-8?B?" + strings.Repeat("/////", 10_000) + "?= Notfall-Support\r\nFrom: \"" + strings.Repeat("\\\"", 20_000) + "\" <a@b.at>\r\n\r\n"),
		[]byte(head + "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat("!!!!\r\n", 300_000)),
		large(60 << 20),
	}
}

func large(size int) []byte {
	var b bytes.Buffer
	b.WriteString("From: gross@riesig.at\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=g\r\n\r\n" +
		"--g\r\nContent-Type: text/plain\r\n\r\nweb01.riesig.at ist nicht erreichbar\r\n--g\r\nContent-Type: application/zip; name=dump.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := strings.Repeat("QUJD", 18) + "\r\n"
	for b.Len() < size {
		b.WriteString(line)
	}
	b.WriteString("--g--\r\n")
	return b.Bytes()
}

// Servers come and go; the daemon says so, waits, and works again without a restart.
func TestServersComeAndGo(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.start()
	h.ready(200)
	h.office.Stop(postoffice.IMAP)
	h.ready(503)
	if err := h.office.Start(postoffice.IMAP); err != nil {
		t.Fatal(err)
	}
	h.ready(200)
	h.office.Stop(postoffice.SMTP)
	h.mail("petra@almhof.at", "Notfall-Support", "web01.almhof.at ist nicht erreichbar")
	h.ready(503)
	if err := h.office.Start(postoffice.SMTP); err != nil {
		t.Fatal(err)
	}
	if n := len(h.answered("petra@almhof.at", 1)); n != 1 {
		t.Errorf("%d answers", n)
	}
	h.ready(200)
}

// In mode observe customers hear nothing; admins read what they would have heard.
func TestObserve(t *testing.T) {
	h := newHouse(t, postoffice.Options{}, "mode: observe", "admin: {notify: [admin@notfall-hoster.at]}")
	h.start()
	h.mail("petra@almhof.at", "Notfall-Support", "web01.almhof.at ist nicht erreichbar")
	h.answered("admin@notfall-hoster.at", 1)
	h.answered(houseTeam, 1)
	if n := len(to(h.office.Deliveries(), "petra@almhof.at")); n != 0 {
		t.Errorf("the customer got %d mails", n)
	}
}

// A plus address is used once a probe has come back; on a server without them, never.
func TestPlusAddresses(t *testing.T) {
	for _, without := range []bool{false, true} {
		t.Run(fmt.Sprintf("without=%v", without), func(t *testing.T) {
			h := newHouse(t, postoffice.Options{NoPlus: without})
			h.configure(h.office.IMAPAddr(), strings.Replace(h.mailboxLine, "plus_address: true", "plus_address: auto", 1))
			d, _ := h.start()
			ctx, want := patient(t), "works"
			if without {
				want = "fails"
			}
			for setting := ""; setting != want; {
				if err := d.store.View(ctx, func(tx ticket.Tx) (err error) { setting, _, err = tx.Setting("plus:support"); return err }); err != nil {
					t.Fatalf("%v\n%s", err, h.stderr)
				}
			}
			h.mail("petra@almhof.at", "Notfall-Support", "web01.almhof.at ist nicht erreichbar")
			a := h.answered("petra@almhof.at", 1)[0]
			if plus := bytes.Contains(a.Data, []byte("support+c")); plus == without {
				t.Errorf("plus address in Reply-To: %v\n%s", plus, a.Data)
			}
			if plus := strings.HasPrefix(a.EnvelopeFrom, "support+b"); plus == without {
				t.Errorf("envelope sender %s", a.EnvelopeFrom)
			}
		})
	}
}

// The labelled mails of the rules' room go through a whole daemon: no machine is answered.
func TestLabelledMailsThroughTheDaemon(t *testing.T) {
	files, err := filepath.Glob("../../rules/testdata/mails/first/*.eml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d mails, %v", len(files), err)
	}
	h := newHouse(t, postoffice.Options{}, "reply_max_age: 100000h", "limits: {answers: {unknown_per_hour: 1000}}")
	var machines []string
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		h.raw(raw)
		label, err := os.ReadFile(strings.TrimSuffix(f, ".eml") + ".json")
		if err == nil && bytes.Contains(bytes.ReplaceAll(label, []byte(" "), nil), []byte(`"reply":false`)) {
			machines = append(machines, string(raw))
		}
	}
	d, _ := h.start()
	h.mail("zuletzt@almhof.at", "Notfall-Support", "web01.almhof.at ist nicht erreichbar")
	h.answered("zuletzt@almhof.at", 1)
	ctx := patient(t)
	for decided := int64(0); decided < int64(len(files)+1); {
		if ctx.Err() != nil {
			t.Fatalf("%d of %d decided\n%s", decided, len(files), h.stderr)
		}
		c := &d.desk.Count
		decided = c.Tickets.Load() + c.Notes.Load() + c.Copies.Load() + c.Bounces.Load() + c.Untouched.Load()
	}
	for _, s := range h.tickets(d) {
		if len(s.Replies) == 0 {
			continue
		}
		for _, raw := range machines {
			if slices.ContainsFunc(s.MessageIDs, func(id string) bool { return strings.Contains(raw, "<"+id+">") }) {
				t.Errorf("%s, a machine's or a list's mail, was answered: %s %+v", s.ID, s.Subject, s.Replies)
			}
		}
	}
}
