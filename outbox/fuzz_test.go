package outbox

import (
	"bytes"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"notfalld/ticket"
)

// FuzzServer has a server say anything, all at once, and then close. The client must come to an end, must take nothing for an acceptance that
// comes before the data was asked for, and must not give up on a customer without a 5yz.
func FuzzServer(f *testing.F) {
	for _, said := range []string{
		"220 a\r\n250 a\r\n250 a\r\n250 a\r\n354 a\r\n250 a\r\n221 a\r\n",
		"220 a\r\n250-a\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n235 a\r\n250 a\r\n250 a\r\n354 a\r\n451 4.3.0 a\r\n",
		"220 a\r\n250-a\r\n250 AUTH LOGIN\r\n334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 a\r\n250 a\r\n550 5.1.1 a\r\n",
		"220 a\r\n250 a\r\n250 a\r\n250 a\r\n354 a\r\n",
		"220-a\n220 a\n500 a\n250 a\n553 a\n",
		"421 a\r\n", "554 5.7.1 a\r\n", "\x16\x03\x01", "", "220 a\r\n250-", "999 a\r\n", "220 a\r\n250 a\r\n250 a\r\n999 a\r\n",
	} {
		f.Add([]byte(said), true)
		f.Add([]byte(said), false)
	}
	f.Fuzz(func(t *testing.T, said []byte, login bool) {
		o := Options{Host: "127.0.0.1", Timeout: 20 * time.Second}
		if login {
			o.Username, o.Password = "support", "geheim"
		}
		c, err := open(t.Context(), monologue{r: strings.NewReader(string(said))}, o)
		if err != nil {
			return
		}
		defer c.close()
		a := c.send(t.Context(), ticket.Out{EnvelopeFrom: "support@notfall-hoster.at", Recipient: "kundin@firma.example", Bytes: theMail(500)})
		switch {
		case a.Result == ticket.Accepted && !bytes.Contains(said, []byte("354")),
			a.Result == ticket.Permanent && (a.Code < 500 || a.Code > 599),
			a.Result == ticket.Unclear && !bytes.Contains(said, []byte("354")),
			a.usable && a.server != nil:
			t.Errorf("%+v", a)
		}
	})
}

// What cannot be handed to the network whole lacks its dot, however small it is: that failure is a certain one.
func TestBodyNotTaken(t *testing.T) {
	for _, size := range []int{100, 500, 5000, 50_000} {
		mail := theMail(size)
		for _, taken := range []int{0, 1, len(mail) / 2, len(mail), len(mail) + 2} {
			conn := monologue{r: strings.NewReader("220 a\r\n250 a\r\n250 a\r\n250 a\r\n354 a\r\n250 a\r\n"), body: &taken}
			c, err := open(t.Context(), conn, Options{Timeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			a := c.send(t.Context(), ticket.Out{EnvelopeFrom: "support@notfall-hoster.at", Recipient: "kundin@firma.example", Bytes: mail})
			if a.Result != ticket.Temporary || a.usable || a.server == nil {
				t.Errorf("%d of %d octets taken: %+v", taken, len(mail), a)
			}
		}
	}
}

// monologue is a connection to somebody who does not listen.
type monologue struct {
	net.Conn
	r    *strings.Reader
	body *int // if not nil: so many octets after the commands are taken
}

func (m monologue) Read(p []byte) (int, error)     { return m.r.Read(p) }
func (monologue) Close() error                     { return nil }
func (monologue) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
func (monologue) SetDeadline(time.Time) error      { return nil }
func (monologue) SetWriteDeadline(time.Time) error { return nil }

// Write takes all commands: before the data, each line is one write.
func (m monologue) Write(p []byte) (int, error) {
	verb, _, _ := strings.Cut(strings.TrimSpace(string(p[:min(len(p), 8)])), " ")
	if m.body == nil || slices.Contains([]string{"EHLO", "MAIL", "RCPT", "DATA"}, verb) {
		return len(p), nil
	}
	if n := *m.body; n < len(p) {
		*m.body = 0
		return n, os.ErrDeadlineExceeded
	}
	*m.body -= len(p)
	return len(p), nil
}
