package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/html"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
)

// formClock stands still until it is set.
type formClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *formClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *formClock) After(time.Duration) <-chan time.Time { return nil }

func (c *formClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// formHouse is a desk with the form in front of it.
type formHouse struct {
	*testing.T
	clock   *formClock
	store   *store.Store
	options ticket.Options
	desk    *ticket.Desk
	handler http.Handler
	srv     *httptest.Server
}

// The night of most tests: Sunday, 02:07 in Vienna. Support opens on Monday at 08:00.
var formNight = time.Date(2026, 3, 15, 1, 7, 0, 0, time.UTC)

func newFormHouse(t *testing.T, now time.Time, tune ...func(*ticket.Options)) *formHouse {
	t.Helper()
	s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "n.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	h := &formHouse{T: t, clock: &formClock{now: now}, store: s}
	h.options = formOptions(t, s, h.clock)
	for _, f := range tune {
		f(&h.options)
	}
	h.open()
	h.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.handler.ServeHTTP(w, r) }))
	t.Cleanup(h.srv.Close)
	return h
}

// open makes the desk of the options, as a restart does.
func (h *formHouse) open() {
	h.Helper()
	var err error
	if h.desk, err = ticket.NewDesk(context.Background(), h.options); err != nil {
		h.Fatal(err)
	}
	h.handler = Handler(Options{Store: h.store, Desk: h.desk, Form: &FormOptions{}, Log: slog.New(slog.DiscardHandler),
		Ready: func(context.Context) []Check { return nil }, Metrics: prometheus.NewRegistry()})
}

// formTexts are loaded once: their check takes longer than a test.
var formTexts = sync.OnceValues(func() (*templates.Set, error) { return templates.Load("") })

func formOptions(t *testing.T, s ticket.Store, c ticket.Clock) ticket.Options {
	t.Helper()
	hours, err := ticket.NewHours(ticket.HoursConfig{Timezone: "Europe/Vienna", Days: []time.Weekday{1, 2, 3, 4, 5}, From: "08:00", To: "17:00", Holidays: "at"})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := formTexts()
	if err != nil {
		t.Fatal(err)
	}
	inventory, _, err := rules.ReadInventory(strings.NewReader("server,customer_number,aliases\nweb01.almhof.at,104711,\ndb01.seeblick.at,104712,\n"))
	if err != nil {
		t.Fatal(err)
	}
	contacts, _, err := ticket.ReadContacts(strings.NewReader("customer_number,address,phone\n104711,chef@almhof.at,+43 5522 4711\n"))
	if err != nil {
		t.Fatal(err)
	}
	return ticket.Options{
		Store: s, Clock: c, Rules: rules.Shipped(), Templates: texts, Contacts: contacts, Hours: hours,
		Mailboxes: []ticket.Mailbox{{Name: "support", Address: "support@notfall-hoster.at", Plus: ticket.PlusYes}},
		Company: templates.Company{
			Name: "Notfall Hoster", Phone: "+43 1 2345670", FormURL: "https://www.notfall-hoster.at/notfall", StatusURL: "https://status.notfall-hoster.at/",
			LegalFooter: "Notfall Hoster GmbH, Ringweg 1, 1010 Wien\nFN 123456a, UID ATU00000000", PrivacyURL: "https://www.notfall-hoster.at/datenschutz",
		},
		Service: templates.Service{Fee: 200, Hourly: 200, VAT: 20, Currency: "EUR", Included: 30 * time.Minute, Callback: 30 * time.Minute},
		World:   rules.World{Inventory: inventory, Own: []string{"support@notfall-hoster.at"}, Staff: []string{"team@notfall-hoster.at"}},
		Staff:   ticket.Staff{Notify: []string{"team@notfall-hoster.at"}, Language: "de"},
		Alarm:   ticket.AlarmOptions{Channels: []ticket.Channel{{Name: "pager", Type: "mail", Address: "pager@notfall-hoster.at"}}, Reminders: ticket.DefaultReminders(), EscalateAfter: ticket.DefaultEscalateAfter},
		Limits:  message.DefaultLimits(), Bounds: ticket.DefaultBounds(), Secret: []byte("a secret of the tests of the form"),
	}
}

// goodFields is a form without any fault.
func goodFields() url.Values {
	return url.Values{"name": {"Petra Alm"}, "customer_number": {"104711"}, "email": {"petra@almhof.at"}, "phone": {"0664 1234589"},
		"problem": {"Der Webserver antwortet nicht"}, "servers": {"web01.almhof.at"}, "consent": {"yes"}}
}

// browser is one visitor: cookies are kept, redirects are looked at.
type browser struct {
	*formHouse
	client *http.Client
	header http.Header
}

func (h *formHouse) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{formHouse: h, header: http.Header{}, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(method, path, media string, body io.Reader) reply {
	b.Helper()
	req, err := http.NewRequest(method, b.srv.URL+path, body)
	if err != nil {
		b.Fatal(err)
	}
	for k, v := range b.header {
		req.Header[k] = v
	}
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, strings.ReplaceAll(string(text), "&#43;", "+")} // html/template escapes it, needlessly
}

func (b *browser) get(path string) reply { b.Helper(); return b.do("GET", path, "", nil) }

// press sends the form with the token of the page that it was on.
func (b *browser) press(page reply, fields url.Values) reply {
	b.Helper()
	if fields.Get("token") == "" {
		fields.Set("token", page.token())
	}
	return b.do("POST", page.action(), "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()))
}

// follow goes where a reply redirects to.
func (b *browser) follow(r reply) reply {
	b.Helper()
	if r.status != http.StatusSeeOther {
		b.Fatalf("status %d, no redirect:\n%s", r.status, r.text())
	}
	return b.get(r.header.Get("Location"))
}

func (r reply) token() string {
	m := tokenField.FindStringSubmatch(r.body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

func (r reply) action() string {
	if m := actionField.FindStringSubmatch(r.body); m != nil {
		return html.UnescapeString(m[1])
	}
	return "/notfall"
}

// text is what is to be read on the page, in one line.
func (r reply) text() string {
	doc, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		return ""
	}
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode && n.Parent.Data != "textarea" {
			b.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	return strings.Join(strings.Fields(b.String()), " ")
}

// value is what a field of the page holds.
func (r reply) value(name string) string {
	doc, _ := html.Parse(strings.NewReader(r.body))
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") != name {
			continue
		}
		if n.Data == "textarea" {
			if n.FirstChild == nil {
				return ""
			}
			return n.FirstChild.Data
		}
		if attr(n, "type") == "checkbox" && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
			return ""
		}
		return attr(n, "value")
	}
	return ""
}

// faulty are the fields that the page shows as wrong, by the links of its summary.
func (r reply) faulty() (all []string) {
	doc, _ := html.Parse(strings.NewReader(r.body))
	for n := range doc.Descendants() {
		if href := attr(n, "href"); n.Data == "a" && strings.HasPrefix(href, "#") {
			all = append(all, href[1:])
		}
	}
	return all
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (h *formHouse) emergencies() []ticket.EmergencyView {
	h.Helper()
	all, err := ticket.ListEmergencies(context.Background(), h.store, ticket.EmergencyQuery{})
	if err != nil {
		h.Fatal(err)
	}
	return all
}

// alarm puts the alarm of an emergency into a state, as its channels do.
func (h *formHouse) alarm(id int64, to ticket.AlarmState) {
	h.Helper()
	if err := h.store.Update(context.Background(), func(tx ticket.Tx) error {
		e, ok, err := tx.Emergency(id)
		if err != nil || !ok {
			return errors.Join(err, fmt.Errorf("emergency %d: %v", id, ok))
		}
		e.Alarm = to
		return tx.PutEmergency(e)
	}); err != nil {
		h.Fatal(err)
	}
}
