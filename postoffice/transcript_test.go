package postoffice

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A transcript is one session, written down: testdata/imap/*.txt and testdata/smtp/*.txt. Its lines:
//
//	OPTIONS {…}   Options as JSON; first line only
//	FAULT {…}     a Fault as JSON, injected
//	DO …          something another client or the administrator does, see (*play).do
//	C: …          the client sends this line; \r\n is added; "C+ …" the same without \r\n, with Go escapes
//	S: …          the server sends exactly this line; * stands for any run of characters
//	STARTTLS      both sides go on encrypted
//	SILENT        the client sends no more, and the server ends without another byte
//	CUT …         the server sends just this and closes the connection
//	CLOSED        the server closes the connection without another byte
//	RECONNECT     a new connection
//	#             a comment
//
// The INBOX of the user support holds testdata/mails, at 2 March 2026 12:00 UTC and one day later each, the first one \Seen.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/[is]m*p/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		service := Service(filepath.Base(filepath.Dir(file)))
		t.Run(string(service)+"/"+strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			(&play{t: t, service: service}).run(string(text))
		})
	}
}

type play struct {
	t       *testing.T
	service Service
	office  *Office
	conn    net.Conn
	r       *bufio.Reader
}

func (p *play) run(text string) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	o := Options{Users: []User{support, {Name: "anna", Password: "geheim", Addresses: []string{"anna@hoster.example"}}}}
	if rest, ok := strings.CutPrefix(lines[0], "OPTIONS "); ok {
		if err := json.Unmarshal([]byte(rest), &o); err != nil {
			p.t.Fatal(err)
		}
		lines[0] = "#"
	}
	p.office = open(p.t, o)
	fill(p.t, p.office)
	for n, line := range lines {
		if err := p.line(line); err != nil {
			p.t.Fatalf("line %d, %q: %v", n+1, line, err)
		}
	}
}

func fill(t *testing.T, office *Office) {
	t.Helper()
	files, _ := filepath.Glob("testdata/mails/*.eml")
	date := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for i, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var flags []string
		if i == 0 {
			flags = []string{`\Seen`}
		}
		raw = bytes.ReplaceAll(raw, []byte("\n"), []byte("\r\n"))
		if _, err := office.Append("support", "INBOX", raw, date.AddDate(0, 0, i), flags...); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *play) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "", "#":
		return nil
	case "FAULT":
		var f Fault
		if err := json.Unmarshal([]byte(rest), &f); err != nil {
			return err
		}
		p.office.Inject(f)
		return nil
	case "DO":
		return p.do(strings.Fields(rest))
	case "RECONNECT":
		p.conn.Close()
		p.conn = nil
	}
	if err := p.connect(); err != nil {
		return err
	}
	switch word {
	case "C:":
		_, err := io.WriteString(p.conn, rest+"\r\n")
		return err
	case "C+":
		s, err := strconv.Unquote(`"` + rest + `"`)
		if err == nil {
			_, err = io.WriteString(p.conn, s)
		}
		return err
	case "S:":
		got, err := p.r.ReadString('\n')
		if err != nil || !wild(rest, strings.TrimRight(got, "\r\n")) {
			return fmt.Errorf("got %q, %v", got, err)
		}
		return nil
	case "STARTTLS":
		p.conn = tls.Client(p.conn, &tls.Config{RootCAs: p.office.CertPool(), ServerName: "127.0.0.1"})
		p.r = bufio.NewReader(p.conn)
		return nil
	case "SILENT":
		if err := p.conn.(*net.TCPConn).CloseWrite(); err != nil {
			return err
		}
		return p.closed("")
	case "CLOSED":
		return p.closed("")
	case "CUT":
		return p.closed(rest)
	case "RECONNECT":
		return nil
	}
	return fmt.Errorf("unknown word")
}

func (p *play) closed(before string) error {
	// A reset is an end as good as any: the server closed while bytes of ours were under way.
	if rest, err := io.ReadAll(p.r); string(rest) != before || err != nil && !strings.Contains(err.Error(), "reset by peer") {
		return fmt.Errorf("got %q, %v", rest, err)
	}
	return nil
}

func (p *play) connect() error {
	if p.conn != nil {
		return nil
	}
	addr := p.office.IMAPAddr()
	if p.service == SMTP {
		addr = p.office.SMTPAddr()
	}
	var err error
	if p.conn, err = net.Dial("tcp", addr); err != nil {
		return err
	}
	conn := p.conn
	p.t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second)) // so that a wrong transcript ends
	p.r = bufio.NewReader(p.conn)
	return nil
}

// do is what others do meanwhile.
func (p *play) do(words []string) error {
	num := func(i int) uint32 {
		n, _ := strconv.ParseUint(words[i], 10, 32)
		return uint32(n)
	}
	switch words[0] {
	case "append": // append FOLDER
		_, err := p.office.Append("support", words[1], []byte("Subject: spaeter\r\n\r\n"), time.Time{})
		return err
	case "expunge": // expunge FOLDER UID
		return p.office.Expunge("support", words[1], num(2))
	case "flags": // flags FOLDER UID FLAG…
		return p.office.SetFlags("support", words[1], num(2), words[3:]...)
	case "readonly":
		return p.office.SetReadOnly("support", words[1], true)
	case "recreate":
		_, err := p.office.RecreateFolder("support", words[1], false)
		return err
	case "uidvalidity":
		return p.office.SetUIDValidity("support", words[1], num(2))
	case "bye":
		p.office.Bye("Server going down")
	case "mute":
		p.office.Mute(p.service)
	case "unmute":
		p.office.Unmute(p.service)
	case "deliveries": // deliveries N: so many mails were accepted by now
		if n := len(p.office.Deliveries()); n != int(num(1)) {
			return fmt.Errorf("%d deliveries", n)
		}
	case "inbox": // inbox USER N: so many mails are there now
		list, err := p.office.Messages(words[1], "INBOX")
		if err != nil || len(list) != int(num(2)) {
			return fmt.Errorf("%d mails, %v", len(list), err)
		}
	default:
		return fmt.Errorf("unknown deed")
	}
	return nil
}

// wild matches with * for any run of characters.
func wild(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, head)
	if !ok {
		return false
	}
	for i := 0; i <= len(s); i++ {
		if wild(rest, s[i:]) {
			return true
		}
	}
	return false
}
