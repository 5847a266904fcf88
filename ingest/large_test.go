package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"notfalld/message"
	"notfalld/postoffice"
	"notfalld/ticket"
)

// writeLarge writes a mail of text, an attachment of n decoded bytes, and a second text.
func writeLarge(w io.Writer, n int) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "Message-ID: <large@firma.example>\r\nFrom: Eva <eva@firma.example>\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support mit Abbild\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=grenze\r\n\r\n"+
		"--grenze\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nweb01.firma.example startet nicht.\r\n"+
		"--grenze\r\nContent-Type: application/octet-stream; name=abbild.img\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=abbild.img\r\n\r\n")
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x5a}, 57)) + "\r\n"
	for range n / 57 {
		b.WriteString(line)
	}
	fmt.Fprint(b, "--grenze\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSeit dem Update.\r\n--grenze--\r\n")
	return b.Flush()
}

func largeMail(n int) string {
	var b bytes.Buffer
	writeLarge(&b, n)
	return b.String()
}

func pieceOf(e postoffice.Event) bool { return strings.Contains(e.Line, "BODY.PEEK[]<") }

// sized is an emergency of exactly n bytes.
func sized(n int) string {
	head := emergency(1)
	return head + strings.Repeat("x", n-len(head)-2) + "\r\n"
}

func TestLargeMails(t *testing.T) {
	tests := []struct {
		name  string
		raw   string
		tune  func(*Options)
		fault postoffice.Fault
		slow  bool
		cut   string // "": the mail came whole
		size  int    // of what came, if it was cut: at most
	}{
		{name: "two and a half pieces", raw: largeMail(1900 << 10)},
		{name: "exactly two pieces", raw: sized(2 * pieceBytes)},
		{name: "one byte more than a piece", raw: sized(pieceBytes + 1)},
		{name: "connection lost at the second piece", raw: largeMail(1900 << 10), fault: postoffice.Fault{At: postoffice.IMAPFetch, When: pieceOf, Skip: 1, Times: 1, Drop: true}},
		{name: "second piece refused", raw: largeMail(1900 << 10), fault: postoffice.Fault{At: postoffice.IMAPFetch, When: pieceOf, Skip: 1, Times: 1, Reply: "NO [LIMIT] Slowly"}},
		{name: "pieces refused always", raw: largeMail(1900 << 10), fault: postoffice.Fault{At: postoffice.IMAPFetch, When: pieceOf, Reply: "NO [LIMIT] Slowly"},
			cut: "did not deliver the mail, only its header: fetch piece: imap: NO [LIMIT] Slowly", size: 400},
		{name: "each piece kills the connection", raw: largeMail(1900 << 10), fault: postoffice.Fault{At: postoffice.IMAPFetch, When: pieceOf, Drop: true},
			cut: "only its header", size: 400},
		{name: "too large to be held", raw: largeMail(3 << 20), tune: func(o *Options) { o.MaxWhole = 2 << 20 }, cut: "only its header and text parts", size: 2000},
		{name: "too large, though small", raw: largeMail(400 << 10), tune: func(o *Options) { o.MaxWhole = 100 << 10 }, cut: "only its header and text parts", size: 2000},
		{name: "no time", raw: largeMail(5 << 20), tune: func(o *Options) { o.MaxWhole, o.PerMail = 2<<20, time.Nanosecond }, cut: "only the first 1048576 of", size: 2000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, postoffice.Options{})
			if tt.tune != nil {
				tt.tune(&h.opts)
			}
			h.append(tt.raw)
			if tt.fault.At != "" {
				h.office.Inject(tt.fault)
			}
			h.watch()
			h.desk.waitMarked(t, h.ctx, 1)
			f, _ := h.desk.find(1)
			if f.Size != int64(len(tt.raw)) {
				t.Errorf("size %d, want %d", f.Size, len(tt.raw))
			}
			if tt.cut == "" {
				if f.Cut != "" || string(f.Raw) != tt.raw {
					t.Errorf("%d bytes came of %d, cut %q", len(f.Raw), len(tt.raw), f.Cut)
				}
				return
			}
			if !strings.Contains(f.Cut, tt.cut) || len(f.Raw) > tt.size {
				t.Errorf("%d bytes, cut %q", len(f.Raw), f.Cut)
			}
			m := message.Parse(f.Raw, message.DefaultLimits())
			if m.Subject != "Notfall-Support mit Abbild" {
				t.Errorf("subject %q", m.Subject)
			}
			if strings.Contains(tt.cut, "header and text") && (!strings.Contains(m.Text, "startet nicht") || !strings.Contains(m.Text, "Seit dem Update") ||
				len(m.Attachments) != 1 || !m.Attachments[0].NotFetched || m.Attachments[0].Name != "abbild.img") {
				t.Errorf("text %q, attachments %+v", m.Text, m.Attachments)
			}
		})
	}
}

// TestSmallBeforeLarge: small mails that lie there, and such as come meanwhile, do not wait for a large one.
func TestSmallBeforeLarge(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.append(largeMail(6 << 20))
	h.append(emergency(2))
	var once sync.Once
	h.office.Inject(postoffice.Fault{At: postoffice.IMAPFetch, When: pieceOf, Skip: 2, Times: 1, Raw: "* OK still here", Do: func(postoffice.Event) {
		once.Do(func() { h.append(emergency(3)) })
	}})
	h.watch()
	h.desk.waitMarked(t, h.ctx, 3)
	if got := h.desk.uids(); !slices.Equal(got, []uint32{2, 3, 1}) {
		t.Errorf("taken in the order %v", got)
	}
}

// TestOneLargeAtATime: memory holds one large mail, and small ones pass it even while the desk is busy with it.
func TestOneLargeAtATime(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	var inHand, most atomic.Int32
	first, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.desk.hold = func(f ticket.Fetched) error {
		if len(f.Raw) > smallMail {
			most.Store(max(most.Load(), inHand.Add(1)))
			once.Do(func() { close(first) })
			<-release
			inHand.Add(-1)
		}
		return nil
	}
	h.append(largeMail(1 << 20))
	h.append(largeMail(1 << 20))
	h.watch()
	<-first
	h.idling() // there is nothing that it could do
	h.append(emergency(3))
	h.desk.waitTaken(t, h.ctx, 1)
	close(release)
	h.desk.waitMarked(t, h.ctx, 3)
	if most.Load() != 1 {
		t.Errorf("%d large mails were in hand at once", most.Load())
	}
}

// TestLargeMemory: a mail of 60 MB passes with little memory, from a real server.
func TestLargeMemory(t *testing.T) {
	d := dovecot(t, postoffice.DovecotOptions{})
	deliver(t, d, emergency(1), "", emergency(3))
	files, err := filepath.Glob(filepath.Join(d.MailDir(d.User), "maildir/new/*M1P*"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	file, err := os.Create(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := writeLarge(file, 44<<20); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	desk := newDesk()
	desk.lookBack = time.Hour
	o := testOptions(d.Addr(), &logbook{})
	o.PerMail = time.Hour
	peak := watchHeap(ctx)
	go New(o, desk).Run(ctx)
	desk.waitMarked(t, ctx, 3)
	cancel()
	if mb := <-peak; mb > 40 {
		t.Errorf("the heap grew by %d MB", mb)
	} else {
		t.Logf("the heap grew by %d MB", mb)
	}
	f, _ := desk.find(2)
	if f.Size < 60<<20 || len(f.Raw) > 2000 || !strings.Contains(string(f.Raw), "Seit dem Update") {
		t.Errorf("size %d, %d bytes came", f.Size, len(f.Raw))
	}
}

// watchHeap looks at the heap until ctx ends, and then tells by how many MB it had grown at most.
func watchHeap(ctx context.Context) <-chan int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	start, peak := m.HeapAlloc, m.HeapAlloc
	done := make(chan int, 1)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			case <-ctx.Done():
				done <- int((peak - start) >> 20)
				return
			}
		}
	}()
	return done
}
