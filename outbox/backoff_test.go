package outbox

import (
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"notfalld/ticket"
)

// want is the pause without jitter.
var retryCases = []struct {
	attempts, lastCode int // of the mail, before this attempt
	result             ticket.Result
	code               int
	want               time.Duration
}{
	{0, 0, ticket.Temporary, 451, 15 * time.Second},
	{1, 451, ticket.Temporary, 451, time.Minute},
	{2, 451, ticket.Temporary, 451, 2 * time.Minute},
	{3, 450, ticket.Temporary, 450, 5 * time.Minute},
	{6, 451, ticket.Temporary, 451, 30 * time.Minute},
	{70, 451, ticket.Temporary, 451, 30 * time.Minute},

	{0, 0, ticket.Temporary, 0, time.Second}, // the connection was lost
	{1, 0, ticket.Temporary, 0, 5 * time.Second},
	{2, 0, ticket.Temporary, 0, 15 * time.Second},
	{100, 0, ticket.Temporary, 0, 30 * time.Minute},
	{0, 0, ticket.Temporary, 421, time.Second},
	{1, 421, ticket.Temporary, 421, 5 * time.Second},

	{50, 0, ticket.Temporary, 450, 15 * time.Second}, // the server was gone for long, now it greylists
	{50, 421, ticket.Temporary, 450, 30 * time.Minute},

	{0, 0, ticket.Temporary, 452, 2 * time.Minute}, // full
	{1, 452, ticket.Temporary, 452, 5 * time.Minute},
	{9, 452, ticket.Temporary, 452, 30 * time.Minute},
	{0, 0, ticket.Temporary, 422, 2 * time.Minute},

	{0, 0, ticket.Temporary, 553, time.Minute}, // sender refused
	{1, 530, ticket.Temporary, 530, 2 * time.Minute},

	{0, 0, ticket.Unclear, 0, 15 * time.Second}, // perhaps accepted
	{1, 0, ticket.Unclear, 0, time.Minute},
	{1, 0, ticket.Unclear, 451, 15 * time.Second}, // sent again, refused this time
}

func TestRetryAfter(t *testing.T) {
	for _, c := range retryCases {
		t.Run(fmt.Sprintf("%d attempts, %d, then %s %d", c.attempts, c.lastCode, c.result, c.code), func(t *testing.T) {
			o, out := ticket.Out{Attempts: c.attempts, LastCode: c.lastCode}, ticket.Outcome{Result: c.result, Code: c.code}
			wantAround(t, c.want, func() time.Duration { return retryAfter(o, out) })
		})
	}
}

// wantAround checks that a pause is d, a quarter more or less, and not always the same.
func wantAround(t *testing.T, d time.Duration, pause func() time.Duration) {
	t.Helper()
	least, most := d*2, time.Duration(0)
	for range 200 {
		got := pause()
		least, most = min(least, got), max(most, got)
	}
	if least < d*3/4 || most > d*5/4 || most-least < d/8 {
		t.Errorf("between %s and %s, want around %s", least, most, d)
	}
}

// want is the pause after so many failures in a row.
var pauseCases = []struct {
	name string
	err  error
	want []time.Duration
}{
	{"gone", io.EOF, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 20 * time.Second, 20 * time.Second}},
	{"too many connections", fmt.Errorf("greeting: %w", &smtp.SMTPError{Code: 421}),
		[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, time.Minute, time.Minute}},
	{"wrong password", fmt.Errorf("log in: %w", &smtp.SMTPError{Code: 535}),
		[]time.Duration{15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute}},
}

func TestPause(t *testing.T) {
	for _, c := range pauseCases {
		t.Run(c.name, func(t *testing.T) {
			now := time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC)
			for i := range c.want {
				wantAround(t, c.want[i], func() time.Duration {
					var b backoff
					for range i + 1 {
						b.grow(now, codeOf(c.err, 0))
					}
					return b.until.Sub(now)
				})
			}
		})
	}
}

// One log line for each change: what differs at each attempt is no change.
func TestCause(t *testing.T) {
	timeout := func(port int) error {
		return fmt.Errorf("greeting: %w", &net.OpError{Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: port}, Err: os.ErrDeadlineExceeded})
	}
	for _, c := range []struct {
		name string
		a, b error
		same bool
	}{
		{"other local ports", timeout(40000), timeout(40001), true},
		{"a reply in other words", &smtp.SMTPError{Code: 421, Message: "session 4F1"}, &smtp.SMTPError{Code: 421, Message: "session 4F2"}, true},
		{"other replies", &smtp.SMTPError{Code: 421}, &smtp.SMTPError{Code: 535}, false},
		{"silent, then closing", timeout(40000), io.EOF, false},
	} {
		if (cause(c.a) == cause(c.b)) != c.same {
			t.Errorf("%s: %q, %q", c.name, cause(c.a), cause(c.b))
		}
	}
}
