//go:build bench

package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"notfalld/postoffice"
)

const (
	benchMails   = 10_000
	benchSingles = 200 // mails appended one by one, for the latency
)

// TestBench measures notfalld beside mbsync over the same mails, in one run: make bench. Figures are printed, none is asserted.
func TestBench(t *testing.T) {
	ctx := context.Background()
	bin := filepath.Join(t.TempDir(), "notfalld")
	command(t, "go", "build", "-o", bin, ".")
	imap := startDovecot(t)
	fill(t, imap, benchMails)

	began := time.Now()
	mbsync(t, imap)
	plain := float64(benchMails) / time.Since(began).Seconds()
	fmt.Printf("mbsync, durable copies to a Maildir         %8.0f mails/s\n", plain)

	b := startBench(t, bin, imap, "")
	b.wait(ctx, t, benchMails)
	whole := float64(benchMails) / b.last().Sub(b.began).Seconds()
	fmt.Printf("notfalld, durable tickets, answers accepted %8.0f mails/s\n", whole)
	fmt.Printf("ratio                                       %8.2f\n", whole/plain)

	took := b.singles(ctx, t, imap)
	slices.Sort(took)
	fmt.Printf("APPEND to accepted answer, %d mails        p50 %s, p99 %s\n", len(took), took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond))
	fmt.Printf("peak memory over all of it                  %8d MB\n", b.end(t))

	large := startDovecot(t)
	fill(t, large, 20)
	appendMail(t, large, hugeMail(50<<20)) // nobody proves its sender: two answers an hour are enough
	b = startBench(t, bin, large, "")
	b.wait(ctx, t, 21)
	fmt.Printf("peak memory with a 50 MB mail in the box    %8d MB\n", b.end(t))
}

func startDovecot(t *testing.T) *postoffice.Dovecot {
	t.Helper()
	d, err := postoffice.StartDovecot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// bench is one daemon with its sink.
type bench struct {
	sink  *postoffice.Office
	cmd   *exec.Cmd
	began time.Time
	log   *bytes.Buffer
}

// startBench runs the daemon as users do, as a process of its own, with an SMTP sink that fsyncs what it accepts.
func startBench(t *testing.T, bin string, imap *postoffice.Dovecot, more string) *bench {
	t.Helper()
	dir := t.TempDir()
	sink, err := postoffice.Open(postoffice.Options{SinkDir: t.TempDir(), Forget: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sink.Close() })
	conf := fmt.Sprintf(`
mode: live
company: {name: Bench Hosting, form_url: https://www.bench-hosting.at/notfall, status_url: https://status.bench-hosting.at/}
mailboxes:
  - name: support
    address: support@bench-hosting.at
    imap: {host: 127.0.0.1, port: %s, tls: none, username: %s, password: %s}
smtp: {host: 127.0.0.1, port: %s, tls: none}
store: {url: "sqlite:%s"}
staff: {notify: [team@bench-hosting.at]}
trust: {authres: [mx.bench-hosting.at]}
first_start_lookback: 24h
http: {listen: ""}
log: {level: warn}
%s`, portOf(imap.Addr()), imap.User, imap.Password, portOf(sink.SMTPAddr()), filepath.Join(dir, "bench.db"), more)
	path := filepath.Join(dir, "notfalld.yaml")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	b := &bench{sink: sink, cmd: exec.Command(bin, "run", "-c", path), log: &bytes.Buffer{}}
	b.cmd.Stderr = b.log
	b.began = time.Now()
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return b
}

func answers(ds []postoffice.Delivery) (out []postoffice.Delivery) {
	for _, d := range ds {
		if strings.HasSuffix(d.To[0], ".example") {
			out = append(out, d)
		}
	}
	return out
}

func (b *bench) wait(ctx context.Context, t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	if _, err := b.sink.WaitDelivery(ctx, func(ds []postoffice.Delivery) bool { return len(ds) >= n && len(answers(ds)) >= n }); err != nil {
		t.Fatalf("%v\n%s", err, b.log)
	}
}

func (b *bench) last() time.Time {
	as := answers(b.sink.Deliveries())
	return as[len(as)-1].At
}

// singles appends one mail after the other to the quiet box, and measures until its answer is accepted.
func (b *bench) singles(ctx context.Context, t *testing.T, imap *postoffice.Dovecot) (took []time.Duration) {
	t.Helper()
	c := login(t, imap)
	defer c.Close()
	n := len(answers(b.sink.Deliveries()))
	for i := range benchSingles {
		raw := benchMail(benchMails + i)
		at := time.Now()
		appendTo(t, c, raw)
		n++
		b.wait(ctx, t, n)
		took = append(took, b.last().Sub(at))
	}
	return took
}

// end stops the daemon and says what memory it took at most, in MB.
func (b *bench) end(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	var peak int
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			fmt.Sscan(rest, &peak)
		}
	}
	b.cmd.Process.Signal(os.Interrupt)
	if err := b.cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, b.log)
	}
	return peak >> 10
}

func mbsync(t *testing.T, imap *postoffice.Dovecot) {
	t.Helper()
	if _, err := exec.LookPath("mbsync"); err != nil {
		t.Fatal("mbsync is not installed (Debian: isync)")
	}
	dir := t.TempDir()
	conf := fmt.Sprintf(`IMAPAccount a
Host 127.0.0.1
Port %s
User %s
Pass %s
SSLType None
AuthMechs LOGIN

IMAPStore far
Account a

MaildirStore near
Path %s/
Inbox %s/INBOX

Channel c
Far :far:
Near :near:
Patterns INBOX
Sync Pull
Create Near
SyncState *
`, portOf(imap.Addr()), imap.User, imap.Password, dir, dir)
	path := filepath.Join(dir, "mbsyncrc")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, "mbsync", "-q", "-c", path, "c")
	if got, _ := filepath.Glob(filepath.Join(dir, "INBOX", "*", "*")); len(got) < benchMails {
		t.Fatalf("mbsync copied %d mails", len(got))
	}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

func login(t *testing.T, imap *postoffice.Dovecot) *imapclient.Client {
	t.Helper()
	c, err := imapclient.DialInsecure(imap.Addr(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Login(imap.User, imap.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	return c
}

func fill(t *testing.T, d *postoffice.Dovecot, n int) {
	t.Helper()
	c := login(t, d)
	defer c.Close()
	var waiting []*imapclient.AppendCommand
	for i := range n {
		waiting = append(waiting, startAppend(t, c, benchMail(i)))
		if len(waiting) == 100 || i == n-1 {
			for _, w := range waiting {
				if _, err := w.Wait(); err != nil {
					t.Fatal(err)
				}
			}
			waiting = nil
		}
	}
}

func appendMail(t *testing.T, d *postoffice.Dovecot, raw []byte) {
	t.Helper()
	c := login(t, d)
	defer c.Close()
	appendTo(t, c, raw)
}

func appendTo(t *testing.T, c *imapclient.Client, raw []byte) {
	t.Helper()
	if _, err := startAppend(t, c, raw).Wait(); err != nil {
		t.Fatal(err)
	}
}

func startAppend(t *testing.T, c *imapclient.Client, raw []byte) *imapclient.AppendCommand {
	t.Helper()
	a := c.Append("INBOX", int64(len(raw)), &imap.AppendOptions{})
	if _, err := a.Write(raw); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return a
}

// benchMail is about 8 KB, text and HTML, from a sender of its own.
func benchMail(i int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	host := fmt.Sprintf("web%02d.kunde%d.example", i%17, i)
	errorLine := []string{
		"502 Bad Gateway", "SQLSTATE[HY000] [1040] Too many connections", "Error establishing a database connection",
		"nginx: [emerg] bind() to 0.0.0.0:443 failed (98: Address already in use)", "kernel: EXT4-fs error (device sda1): remounting read-only",
	}[i%5]
	var text strings.Builder
	fmt.Fprintf(&text, "Guten Tag,\r\n\r\nunser Server %s antwortet seit heute nicht mehr. Die Meldung:\r\n\r\n%s\r\n\r\nKundennummer: %d\r\nRückruf: +43 664 555 %04d\r\n\r\n",
		host, errorLine, 100000+i, i%10000)
	words := strings.Fields("wir haben gestern nichts geändert und heute früh war noch alles in Ordnung die Kollegen im Büro können auch nicht arbeiten bitte um rasche Hilfe danke")
	for text.Len() < 2300 {
		for range 9 {
			text.WriteString(words[r.IntN(len(words))] + " ")
		}
		text.WriteString("\r\n")
	}
	html := "<html><head><style>p{margin:0}</style></head><body><div>" + strings.ReplaceAll(text.String(), "\r\n", "<br>\r\n") + "</div>" +
		strings.Repeat("<p class=\"MsoNormal\"><span lang=\"DE-AT\">&nbsp;</span></p>\r\n", 40) + "</body></html>"
	return fmt.Appendf(nil, "Return-Path: <kunde@kunde%d.example>\r\nAuthentication-Results: mx.bench-hosting.at; dmarc=pass header.from=kunde%d.example\r\nReceived: from mail.kunde%d.example by mx.bench-hosting.at with ESMTPS; %s\r\n"+
		"From: Kunde %d <kunde@kunde%d.example>\r\nTo: support@bench-hosting.at\r\nSubject: Notfall-Support %s\r\nDate: %s\r\nMessage-ID: <%d@kunde%d.example>\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"b%d\"\r\n\r\n--b%d\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n"+
		"--b%d\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n%s\r\n--b%d--\r\n",
		i, i, i, time.Now().Format(time.RFC1123Z), i, i, host, time.Now().Format(time.RFC1123Z), i, i, i, i, text.String(), i, html, i)
}

func hugeMail(size int) []byte {
	var b bytes.Buffer
	b.WriteString("From: Gross <gross@riesig.example>\r\nTo: support@bench-hosting.at\r\nSubject: Notfall-Support mit Log\r\nMessage-ID: <gross@riesig.example>\r\n" +
		"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=gross\r\n\r\n--gross\r\nContent-Type: text/plain\r\n\r\nServer web01.riesig.example ist nicht erreichbar, Log im Anhang.\r\n" +
		"--gross\r\nContent-Type: application/octet-stream; name=dump.bin\r\nContent-Disposition: attachment; filename=dump.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n")
	line := strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo", 2) + "QUJDREU=\r\n"
	for b.Len() < size {
		b.WriteString(line)
	}
	b.WriteString("--gross--\r\n")
	return b.Bytes()
}
