package ticket_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
)

// clock stands still until it is set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// After fires never: nothing in these tests waits for time to pass.
func (c *clock) After(time.Duration) <-chan time.Time { return nil }

// shippedTemplates are loaded once: each load parses all of them.
var shippedTemplates = sync.OnceValues(func() (*templates.Set, error) { return templates.Load("") })

// options is the desk of all scenarios: one mailbox, one member of staff, one admin.
func options(t testing.TB, s ticket.Store, c ticket.Clock) ticket.Options {
	t.Helper()
	hours, err := ticket.NewHours(ticket.HoursConfig{
		Timezone: "Europe/Vienna", Days: []time.Weekday{1, 2, 3, 4, 5}, From: "08:00", To: "17:00", Holidays: "at",
	})
	if err != nil {
		t.Fatal(err)
	}
	words, err := shippedTemplates()
	if err != nil {
		t.Fatal(err)
	}
	contacts, _, err := ticket.ReadContacts(strings.NewReader("customer_number,address,phone\n104711,chef@stammkunde.at,+43123456\n"))
	if err != nil {
		t.Fatal(err)
	}
	return ticket.Options{
		Store: s, Clock: c, Rules: rules.Shipped(), Templates: words, Contacts: contacts, Hours: hours,
		Mailboxes: []ticket.Mailbox{{Name: "support", Address: "support@notfall-hoster.at", Plus: ticket.PlusYes}},
		Company: templates.Company{
			Name: "Notfall Hoster", Phone: "+43 1 2345670", FormURL: "https://www.notfall-hoster.at/notfall", StatusURL: "https://status.notfall-hoster.at/",
		},
		Service: templates.Service{Fee: 200, Hourly: 200, VAT: 20, Currency: "EUR", Included: 30 * time.Minute, Callback: 30 * time.Minute},
		World:   rules.World{Own: []string{"support@notfall-hoster.at"}, Staff: []string{"team@notfall-hoster.at", "anna@notfall-hoster.at", "bernd@notfall-hoster.at"}},
		Staff: ticket.Staff{Notify: []string{"team@notfall-hoster.at"}, Language: "de", Banners: []string{"[EXTERN]"}, People: []ticket.Person{
			{Name: "Anna Berger", Addresses: []string{"anna@notfall-hoster.at"}}, {Name: "Bernd Huber", Addresses: []string{"bernd@notfall-hoster.at"}},
		}},
		TrustShown: true,
		Admins:     []string{"admin@notfall-hoster.at"},
		Trust:      message.Trust{AuthservIDs: []string{"mx.notfall-hoster.at"}},
		Limits:     message.DefaultLimits(), Bounds: ticket.DefaultBounds(), ReopenWithin: 7 * 24 * time.Hour, Secret: []byte("a secret of the tests"),
	}
}

// emptyStore is a new database, made once: reading the migrations takes longer than most scenarios.
var emptyStore = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "notfalld-test")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "notfalld.db")
	s, err := store.Open(context.Background(), "sqlite:"+path, store.Options{})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func newStage(t *testing.T) *stage {
	t.Helper()
	ctx := context.Background()
	empty, err := emptyStore()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "notfalld.db")
	if err := os.WriteFile(path, empty, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := &clock{now: time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC)} // a Sunday night in Vienna
	desk, err := ticket.NewDesk(ctx, options(t, s, c))
	if err != nil {
		t.Fatal(err)
	}
	return &stage{T: t, ctx: ctx, clock: c, store: s, desk: desk, mails: map[string][]byte{}, became: map[string]ticket.EntryState{}, named: map[string]ticket.Out{}}
}

// words is what a reader sees of a mail: subject, then the text.
func words(t *testing.T, raw []byte) string {
	t.Helper()
	m := message.Parse(raw, message.DefaultLimits())
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("Subject: " + m.Subject + "\n")
	for {
		p, err := r.NextPart()
		if err != nil {
			break
		}
		if h, ok := p.Header.(*gomail.InlineHeader); ok {
			if typ, _, _ := h.ContentType(); typ == "text/plain" {
				var text bytes.Buffer
				if _, err := text.ReadFrom(p.Body); err != nil {
					t.Fatal(err)
				}
				b.WriteString(strings.ReplaceAll(text.String(), "\r\n", "\n"))
			}
		}
	}
	return b.String()
}
