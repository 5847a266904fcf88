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
	"regexp"
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

var (
	tokenField  = regexp.MustCompile(`name="token" value="([^"]*)"`)
	actionField = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
)

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

// What was agreed to is stored as it was shown: text, hash, price, time and address.
func TestFormConsent(t *testing.T) {
	h := newFormHouse(t, formNight)
	for _, lang := range []string{"de", "en"} {
		b := h.browser()
		b.header.Set("X-Forwarded-For", "192.0.2.9, 198.51.100.7")
		page := b.get("/notfall?lang=" + lang)
		fields := goodFields()
		fields.Set("customer_number", "104712")
		fields.Set("phone", map[string]string{"de": "0664 1234589", "en": "+49 171 1234567"}[lang])
		done := b.follow(b.press(page, fields))
		id, _ := ticket.ParseEmergencyNumber(regexp.MustCompile(`NE-\d+`).FindString(done.body))
		d, err := ticket.ShowEmergency(context.Background(), h.store, id)
		if err != nil {
			t.Fatal(err)
		}
		c := d.Consent
		if c == nil {
			t.Fatalf("%s: no consent is stored", lang)
		}
		for _, l := range strings.Split(c.Text, "\n") {
			if !strings.Contains(page.text(), l) {
				t.Errorf("%s: stored as agreed to, but not shown: %q", lang, l)
			}
		}
		if c.Hash != hashOf(c.Text) || !c.At.Equal(formNight) || c.Address != "198.51.100.7" || c.Price != map[string]string{"de": "200 € + MwSt.", "en": "€200 + VAT"}[lang] {
			t.Errorf("%s: %+v", lang, c)
		}
		if d.Language != lang || d.Way != ticket.WayForm || d.External {
			t.Errorf("%s: %+v", lang, d.EmergencyView)
		}
	}
}

// Two presses of the button, one after the other and at the same time, are one emergency.
func TestFormPressedTwice(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	var presses sync.WaitGroup
	for range 8 {
		presses.Go(func() {
			if r := b.press(reply{body: page.body}, goodFields()); r.status != http.StatusSeeOther {
				t.Errorf("status %d:\n%s", r.status, r.text())
			}
		})
	}
	presses.Wait()
	if all := h.emergencies(); len(all) != 1 {
		t.Fatalf("%d emergencies", len(all))
	}
	h.clock.pass(20 * time.Minute) // later than what the same phone alone would be recognised in
	again := b.follow(b.press(page, goodFields()))
	if all := h.emergencies(); len(all) != 1 || !strings.Contains(again.text(), "NE-10001") || !strings.Contains(again.text(), "schon ausgelöst (02:07 Uhr)") {
		t.Errorf("%d emergencies\n%s", len(all), again.text())
	}
}

// A page that comes back after its emergency has ended alarms nobody unseen, and triggers a new one at the next press.
func TestFormOfYesterday(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	b.follow(b.press(page, goodFields()))
	if _, err := h.desk.Advance(context.Background(), 10001, ticket.Resolved, "Anna", ""); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(3 * time.Hour)
	r := b.press(page, goodFields())
	if r.status != 422 || !strings.Contains(r.text(), "Mit dieser Seite ist schon NE-10001 ausgelöst worden") || r.value("name") != "Petra Alm" {
		t.Fatalf("%d\n%s", r.status, r.text())
	}
	done := b.follow(b.press(r, goodFields()))
	if !strings.Contains(done.text(), "NE-10002") || len(h.emergencies()) != 2 {
		t.Error(done.text())
	}
}

// What a page that is too old, of another browser, or without its cookie is answered with: the form, filled in, and one press more.
func TestFormToken(t *testing.T) {
	elsewhere := map[string]bool{"no cookies, from another page": true, "from another page, that set its cookie here": true, "from a neighbour's page, that set its cookie here": true}
	for name, c := range map[string]struct {
		spoil func(h *formHouse, b *browser, page *reply, fields url.Values)
		good  bool
	}{
		"as it is":             {func(*formHouse, *browser, *reply, url.Values) {}, true},
		"eleven hours later":   {func(h *formHouse, _ *browser, _ *reply, _ url.Values) { h.clock.pass(11 * time.Hour) }, true},
		"thirteen hours later": {func(h *formHouse, _ *browser, _ *reply, _ url.Values) { h.clock.pass(13 * time.Hour) }, false},
		"no token":             {func(_ *formHouse, _ *browser, p *reply, _ url.Values) { p.body = "" }, false},
		"a token of nobody":    {func(_ *formHouse, _ *browser, _ *reply, f url.Values) { f.Set("token", "YQ.YQ") }, false},
		"a token for something else": {func(h *formHouse, _ *browser, _ *reply, f url.Values) {
			f.Set("token", h.desk.Sign(donePurpose, "a b 9 c"))
		}, false},
		"a token with letters behind": {func(_ *formHouse, _ *browser, p *reply, f url.Values) { f.Set("token", p.token()+"A") }, false},
		"the page of another browser": {func(h *formHouse, _ *browser, p *reply, _ url.Values) { *p = h.browser().get("/notfall?lang=de") }, false},
		"no cookies": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.client.Jar = nil
			b.header.Set("Sec-Fetch-Site", "none")
		}, false},
		"no cookies, from our own page": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.client.Jar = nil
			b.header.Set("Sec-Fetch-Site", "same-origin")
		}, true},
		"no cookies, from another page": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.client.Jar = nil
			b.header.Set("Sec-Fetch-Site", "cross-site")
		}, false},
		"from another page, that set its cookie here": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.header.Set("Sec-Fetch-Site", "cross-site")
		}, false},
		"from a neighbour's page, that set its cookie here": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.header.Set("Sec-Fetch-Site", "same-site")
		}, false},
		"a restart with the same secret": {func(h *formHouse, _ *browser, _ *reply, _ url.Values) { h.open() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFormHouse(t, formNight)
			b := h.browser()
			page, fields := b.get("/notfall?lang=de"), goodFields()
			jar := b.client.Jar
			c.spoil(h, b, &page, fields)
			r := b.press(page, fields)
			if c.good {
				b.follow(r)
				return
			}
			if r.status != 422 || !strings.Contains(r.text(), "Alles ist noch ausgefüllt") || len(h.emergencies()) != 0 {
				t.Fatalf("%d, %d emergencies\n%s", r.status, len(h.emergencies()), r.text())
			}
			for k, v := range goodFields() {
				want := v[0]
				if k == "consent" && elsewhere[name] {
					want = "" // nobody else ticks the box
				}
				if got := r.value(k); got != want {
					t.Errorf("%s is %q, not %q", k, got, want)
				}
			}
			b.client.Jar = jar
			if elsewhere[name] {
				b.header.Del("Sec-Fetch-Site")
			}
			fields.Del("token")
			if b.client.Jar == nil || name == "no cookies" || name == "no cookies, from another page" {
				r = b.press(r, fields) // its cookie was not kept; this answer's is
			}
			fields.Del("token")
			b.follow(b.press(r, fields))
		})
	}
}

// Who has seen other costs than those of now is asked again, and pays what the second page says.
func TestFormCostsChange(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=en")
	h.options.Service.Fee = 250
	h.open()
	r := b.press(page, goodFields())
	if r.status != 422 || !strings.Contains(r.text(), "costs have changed") || !strings.Contains(r.text(), "(€250 + VAT)") || r.value("consent") != "" || r.value("phone") != "0664 1234589" {
		t.Fatalf("%d\n%s", r.status, r.text())
	}
	fields := goodFields()
	fields.Del("consent")
	if r = b.press(r, fields); r.status != 422 || !slices.Equal(r.faulty(), []string{"consent"}) {
		t.Fatalf("%d %v", r.status, r.faulty())
	}
	b.follow(b.press(r, goodFields()))
	d, err := ticket.ShowEmergency(context.Background(), h.store, 10001)
	if err != nil || d.Consent == nil || d.Consent.Price != "€250 + VAT" {
		t.Errorf("%+v %v", d.Consent, err)
	}
}

// A store that fails is told as it is, keeps what was typed, and the next press is still the same emergency.
func TestFormStoreFails(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	h.store.Close()
	r := b.press(page, goodFields())
	if r.status != 503 || !strings.Contains(r.text(), "Das hat leider nicht geklappt") || strings.Contains(r.body, "closed") || r.value("email") != "petra@almhof.at" {
		t.Fatalf("%d\n%s", r.status, r.text())
	}
	if strings.Contains(r.text(), "iemand ist alarmiert") {
		t.Error("it says that nobody was alarmed, which it does not know")
	}
}

// A body that breaks off alarms nobody, and is no success.
func TestFormBreaksOff(t *testing.T) {
	h := newFormHouse(t, formNight)
	page := h.browser().get("/notfall?lang=de")
	fields := goodFields()
	fields.Set("token", page.token())
	body := io.MultiReader(strings.NewReader(fields.Encode()), failingReader{})
	req := httptest.NewRequest("POST", "/notfall", io.NopCloser(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	if w.Code != 400 || len(h.emergencies()) != 0 {
		t.Errorf("%d, %d emergencies", w.Code, len(h.emergencies()))
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Who hangs up after pressing has triggered all the same.
func TestFormHangsUp(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	fields := goodFields()
	fields.Set("token", page.token())
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	req := httptest.NewRequest("POST", "/notfall?lang=de", strings.NewReader(fields.Encode())).WithContext(gone)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	h.handler.ServeHTTP(httptest.NewRecorder(), req)
	if n := len(h.emergencies()); n != 1 {
		t.Errorf("%d emergencies", n)
	}
}
