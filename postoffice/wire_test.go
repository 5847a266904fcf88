package postoffice

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// chunks is a connection whose client sends in pieces of size bytes. It keeps what is sent to the client.
type chunks struct {
	net.Conn // nil: nothing else is asked of it
	in       []byte
	size     int
	out      bytes.Buffer
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.in[:min(max(c.size, 1), len(c.in))])
	c.in = c.in[n:]
	return n, nil
}

func (c *chunks) Write(p []byte) (int, error) { return c.out.Write(p) }
func (c *chunks) Close() error                { return nil }

func quietOffice() *Office {
	o := &Office{without: map[string]bool{}}
	o.faults.changed = make(chan struct{})
	return o
}

func testWire(s Service, in []byte, size int) (*wire, *chunks) {
	c := &chunks{in: bytes.Clone(in), size: size}
	return newWire(&gate{office: quietOffice(), service: s, wires: map[*wire]struct{}{}, changed: make(chan struct{})}, c, 1), c
}

// Without faults a wire is transparent: every byte comes through, in order, however it was cut, in both directions.
func FuzzIMAPWire(f *testing.F) {
	for _, s := range []string{
		"a LOGIN x {3}\r\nabc {2+}\r\nde\r\nb NOOP\r\n", "a IDLE\r\nDONE\r\n", "a APPEND x {99999999999999999999}\r\n", "{5}\r\n12345\r\n",
		"* 1 FETCH (BODY[] {3}\r\nabc UID 7)\r\n", "no line end {4}", "a b {0}\r\n\r\n", "a UID\r\n", "\n\n {-1}\r\n", "a b {2+}\r\n",
	} {
		f.Add([]byte(s), 3)
		f.Add([]byte(s), 1000)
	}
	f.Fuzz(func(t *testing.T, data []byte, size int) { transparent(t, IMAP, data, size) })
}

func FuzzSMTPWire(f *testing.F) {
	for _, s := range []string{
		"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<\r\nDATA\r\n", "BDAT 5 LAST\r\n12345QUIT\r\n", "BDAT -1\r\n", "BDAT x\r\n\r\n", "RCPT", "354 go\r\n.\r\n..\r\n\r\n.\r\nQUIT\r\n",
	} {
		f.Add([]byte(s), 2)
		f.Add([]byte(s), 1000)
	}
	f.Fuzz(func(t *testing.T, data []byte, size int) { transparent(t, SMTP, data, size) })
}

func transparent(t *testing.T, s Service, data []byte, size int) {
	w, _ := testWire(s, data, size)
	if got, err := io.ReadAll(w); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("read %q, %v, want %q", got, err, data)
	}
	if bytes.Contains(data, []byte("CAPABILITY IMAP4rev1")) {
		return // blanks may change there
	}
	w, c := testWire(s, nil, size)
	for rest := data; len(rest) > 0; {
		n := min(max(size, 1), len(rest))
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	got := c.out.Bytes()
	if d, ok := w.dialect.(*imapDialect); ok {
		got = append(got, d.outLine...) // a line that has no end yet is held back
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("sent %q, want %q", got, data)
	}
}

// A mail goes through whole, and what looks like a command in it is none.
func FuzzSMTPBody(f *testing.F) {
	f.Add([]byte("Subject: x\r\n\r\nQUIT\r\n.\r\n"), 3)
	f.Add([]byte("bare\n.\nstill\r\n.x\r\n"), 1)
	f.Add([]byte("bare\n.\r\nQUIT\r\n"), 9)
	f.Add([]byte(""), 1)
	f.Fuzz(func(t *testing.T, body []byte, size int) {
		if len(body) > 0 && !bytes.HasSuffix(body, []byte("\r\n")) {
			body = append(body, "\r\n"...)
		}
		body = append(body, ".\r\n"...)
		end := bytes.Index(append([]byte("\r\n"), body...), []byte("\r\n.\r\n")) + len(".\r\n")
		w, _ := testWire(SMTP, append(bytes.Clone(body), "NOOP\r\n"...), size)
		w.Write([]byte("354 go\r\n"))
		var commands int
		w.gate.office.opts.OnCommand = func(Event) { commands++ }
		got := make([]byte, end)
		if _, err := io.ReadFull(w, got); err != nil || !bytes.Equal(got, body[:end]) {
			t.Fatalf("read %q, %v, want %q", got, err, body[:end])
		}
		if commands > 0 {
			t.Fatalf("%d commands seen in a mail", commands)
		}
	})
}

func FuzzHeaderFields(f *testing.F) {
	f.Add([]byte("A: 1\r\n b\r\nC:2\r\n\r\nbody"), "a")
	f.Add([]byte("\r\n\r\n"), "")
	f.Add([]byte(" folded first\nA\n"), "A")
	f.Fuzz(func(t *testing.T, raw []byte, name string) {
		head := raw[:headerLen(raw)]
		with, without := headerFields(head, []string{name}, nil), headerFields(head, nil, []string{name})
		if len(with) > len(head)+2 || len(without) > len(head)+2 {
			t.Fatalf("more than there is: %q %q of %q", with, without, head)
		}
		var copied bytes.Buffer
		writeWithout(&copied, raw, func(field) bool { return false })
		if !bytes.Equal(copied.Bytes(), raw) {
			t.Fatalf("copied %q, want %q", copied.Bytes(), raw)
		}
	})
}

func TestUIDSetsOfManyRanges(t *testing.T) {
	office := open(t, Options{Now: func() time.Time { return time.Date(2026, 12, 24, 23, 0, 0, 0, time.UTC) }})
	fill(t, office)
	uid, err := office.Append("support", "INBOX", nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	mails, _ := office.Messages("support", "INBOX")
	if last := mails[len(mails)-1]; last.UID != uid || last.InternalDate.Month() != time.December {
		t.Errorf("not by the clock of the office: %+v", last)
	}
	view := &view{mails: nil, folder: office.account("support").folders["INBOX"]}
	view.mails = view.folder.mails
	for _, c := range []struct {
		set  imap.UIDSet
		want []uint32
	}{
		{imap.UIDSet{{Start: 1, Stop: 2}, {Start: 2, Stop: 3}, {Start: 1, Stop: 1}}, []uint32{1, 2, 3}},
		{imap.UIDSet{{Start: 5, Stop: 0}}, []uint32{5}},
		{imap.UIDSet{{Start: 99, Stop: 0}}, []uint32{5}},
		{imap.UIDSet{{Start: 0, Stop: 0}}, []uint32{5}},
		{imap.UIDSet{{Start: 4, Stop: 2}}, []uint32{2, 3, 4}},
		{imap.UIDSet{{Start: 6, Stop: 9}}, nil},
		{imap.UIDSet{{Start: 0, Stop: 0}, {Start: 1, Stop: 1}}, []uint32{1, 5}},
	} {
		var got []uint32
		for _, n := range view.selectLocked(c.set) {
			got = append(got, n.uid)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.set, got, c.want)
		}
	}
}

// BenchmarkPoll is what a watcher costs a mailbox of 10,000 mails: a search for new ones, the fetch of one, its keyword.
func BenchmarkPoll(b *testing.B) {
	office, err := Open(Options{Users: []User{support}})
	if err != nil {
		b.Fatal(err)
	}
	defer office.Close()
	raw := []byte(body + strings.Repeat("x", 8000))
	for range 10000 {
		office.Append("support", "INBOX", raw, time.Time{})
	}
	c, err := imapclient.DialInsecure(office.IMAPAddr(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support", "geheim").Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		b.Fatal(err)
	}
	last := imap.UID(10000)
	for b.Loop() {
		uid, _ := office.Append("support", "INBOX", raw, time.Time{})
		if err := c.Noop().Wait(); err != nil { // a SEARCH alone does not see what came after the last command
			b.Fatal(err)
		}
		found, err := c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{{{Start: last + 1, Stop: 0}}}}, nil).Wait()
		if err != nil || len(found.AllUIDs()) != 1 || found.AllUIDs()[0] != imap.UID(uid) {
			b.Fatal(found, err)
		}
		last = imap.UID(uid)
		if got, err := fetch(c, uids(last)); err != nil || len(got) != 1 {
			b.Fatal(got, err)
		}
		store := &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{"$NotfallTicket"}}
		if err := c.Store(uids(last), store, nil).Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFetchAll fetches a mailbox of 10,000 mails of 8 KB with one command.
func BenchmarkFetchAll(b *testing.B) {
	office, err := Open(Options{Users: []User{support}})
	if err != nil {
		b.Fatal(err)
	}
	defer office.Close()
	raw := []byte(body + strings.Repeat("x", 8000))
	for range 10000 {
		office.Append("support", "INBOX", raw, time.Time{})
	}
	c, err := imapclient.DialInsecure(office.IMAPAddr(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support", "geheim").Wait(); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Select("INBOX", nil).Wait(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, err := fetch(c, imap.UIDSet{{Start: 1, Stop: 0}}); err != nil || len(got) != 10000 {
			b.Fatal(len(got), err)
		}
	}
}
