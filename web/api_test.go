package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
)

const otherToken = "another-token-of-another-program"

// night is a clock that stands still: a Sunday, 03:07 in Vienna, between two milliseconds.
type night struct{}

func (night) Now() time.Time {
	return time.Date(2026, 3, 15, 3, 7, 0, 123_456_789, time.FixedZone("CET", 3600))
}
func (night) After(time.Duration) <-chan time.Time { return nil }

// api is the whole HTTP side before a real desk and a real store.
type api struct {
	*testing.T
	url     string
	store   *store.Store
	options Options
}

func newAPI(t *testing.T, change ...func(*Options)) *api {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "notfalld.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	hours, err := ticket.NewHours(ticket.HoursConfig{Timezone: "Europe/Vienna", Days: []time.Weekday{1, 2, 3, 4, 5}, From: "08:00", To: "17:00", Holidays: "at"})
	if err != nil {
		t.Fatal(err)
	}
	words, err := templates.Load("")
	if err != nil {
		t.Fatal(err)
	}
	desk, err := ticket.NewDesk(ctx, ticket.Options{
		Store: s, Clock: night{}, Rules: rules.Shipped(), Templates: words, Hours: hours,
		Mailboxes: []ticket.Mailbox{{Name: "support", Address: "support@notfall-hoster.at", Plus: ticket.PlusYes}},
		Company:   templates.Company{Name: "Notfall Hoster", FormURL: "https://www.notfall-hoster.at/notfall", StatusURL: "https://status.notfall-hoster.at/"},
		Service:   templates.Service{Fee: 200, Hourly: 200, VAT: 20, Currency: "EUR", Included: 30 * time.Minute, Callback: 30 * time.Minute},
		World:     rules.World{Own: []string{"support@notfall-hoster.at"}},
		Staff:     ticket.Staff{Notify: []string{"team@notfall-hoster.at"}, Language: "de"},
		Limits:    message.DefaultLimits(), Bounds: ticket.DefaultBounds(), Secret: []byte("a secret of the tests"),
	})
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Store: s, Desk: desk, Tokens: []string{otherToken, token}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Ready: func(context.Context) []Check { return []Check{{Part: "store"}} },
	}
	for _, f := range change {
		f(&o)
	}
	srv := httptest.NewServer(Handler(o))
	t.Cleanup(srv.Close)
	return &api{T: t, url: srv.URL, store: s, options: o}
}

// ask sends a request as our token's owner, and holds the answer against the OpenAPI document.
func (a *api) ask(method, path, body string, header ...string) (status int, h http.Header, answer string) {
	a.Helper()
	req, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, line := range header {
		setHeader(req, line)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		a.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		a.Fatal(err)
	}
	conforms(a.T, req, resp, raw)
	return resp.StatusCode, resp.Header, string(raw)
}

// setHeader takes "Name: value", "+Name: value" for one more of the name, and "-Name" for none.
func setHeader(req *http.Request, line string) {
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch {
	case name == "Transfer-Encoding": // a body of unknown length
		req.Body, req.ContentLength, req.GetBody = io.NopCloser(req.Body), -1, nil
	case strings.HasPrefix(name, "-"):
		req.Header.Del(name[1:])
	case strings.HasPrefix(name, "+"):
		req.Header.Add(name[1:], value)
	default:
		req.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
}

func (a *api) count() int {
	a.Helper()
	all, err := ticket.ListEmergencies(context.Background(), a.store, ticket.EmergencyQuery{})
	if err != nil {
		a.Fatal(err)
	}
	return len(all)
}

// A request with what is expected of its answer, as testdata/requests/README.md tells.
type requestCase struct {
	name, method, path, body string
	header, want             []string
	status                   int
}

var repeated = regexp.MustCompile(`«(.+?)\*(\d+)»`)

// readCases reads a file of requests.
func readCases(t testing.TB, file string) (all []requestCase) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut("\n"+string(raw), "\n=== ")
	for _, part := range strings.Split(text, "\n=== ") {
		asked, wanted, ok := strings.Cut(part, "\n--- ")
		name, asked, _ := strings.Cut(asked, "\n")
		c := requestCase{name: name}
		head, body, _ := strings.Cut(asked, "\n\n")
		lines := strings.Split(head, "\n")
		c.header, c.body = lines[1:], expand(t, body)
		for i := range c.header {
			c.header[i] = expand(t, c.header[i])
		}
		c.method, c.path, _ = strings.Cut(lines[0], " ")
		status, want, _ := strings.Cut(strings.TrimSpace(wanted), "\n")
		if c.status, err = strconv.Atoi(status); err != nil || !ok {
			t.Fatalf("%s: %s: no line --- STATUS", file, name)
		}
		if want != "" {
			c.want = strings.Split(want, "\n")
		}
		all = append(all, c)
	}
	return all
}

// expand writes out «x*300», and «\x00» as Go reads it in quotes.
func expand(t testing.TB, s string) string {
	s = repeated.ReplaceAllStringFunc(s, func(m string) string {
		part := repeated.FindStringSubmatch(m)
		n, _ := strconv.Atoi(part[2])
		return strings.Repeat(part[1], n)
	})
	return regexp.MustCompile(`«(\\[^»]+)»`).ReplaceAllStringFunc(s, func(m string) string {
		plain, err := strconv.Unquote(`"` + strings.Trim(m, "«»") + `"`)
		if err != nil {
			t.Fatalf("%s: %v", m, err)
		}
		return plain
	})
}

var headerLine = regexp.MustCompile(`^([A-Z][A-Za-z-]+): (.*)$`)

// Every request of testdata/requests is answered as its file says, and what is refused leaves nothing behind.
func TestRequests(t *testing.T) {
	files, _ := filepath.Glob("testdata/requests/*.txt")
	cases := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			a := newAPI(t)
			for _, c := range readCases(t, file) {
				cases++
				before := a.count()
				status, h, answer := a.ask(c.method, c.path, c.body, c.header...)
				if status != c.status {
					t.Errorf("%s: %d, not %d\n%s", c.name, status, c.status, answer)
				}
				checkAnswer(t, c, h, answer)
				if after := a.count(); status >= 300 && after != before {
					t.Errorf("%s: refused, and yet there are %d emergencies more", c.name, after-before)
				}
			}
		})
	}
	if cases < 100 {
		t.Errorf("only %d cases", cases)
	}
}

func checkAnswer(t *testing.T, c requestCase, h http.Header, answer string) {
	t.Helper()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Powered-By": "", "Server": ""} {
		if h.Get(name) != want {
			t.Errorf("%s: %s: %q", c.name, name, h.Get(name))
		}
	}
	if c.status >= 400 && h.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: Content-Type %s", c.name, h.Get("Content-Type"))
	}
	for _, w := range c.want {
		if m := headerLine.FindStringSubmatch(w); m != nil {
			if h.Get(m[1]) != m[2] {
				t.Errorf("%s: %s: %q", c.name, m[1], h.Get(m[1]))
			}
			continue
		}
		unwanted, not := strings.CutPrefix(w, "!")
		if strings.Contains(answer, unwanted) == not {
			t.Errorf("%s: the answer has %q: %v\n%s", c.name, unwanted, not, answer)
		}
	}
}

// Fifty requests at the same moment are one emergency: one is told that it is new, all are told the same.
func TestConcurrentTriggers(t *testing.T) {
	for _, c := range []struct{ name, header string }{
		{"the same key", "Idempotency-Key: 5f1c"},
		{"the same customer and phone, no key", "Accept: */*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAPI(t)
			const many = 50
			statuses, ids := make([]int, many), make([]string, many)
			var all sync.WaitGroup
			for i := range many {
				all.Go(func() {
					body := `{"name":"Petra Huber","customer_number":"104711","email":"petra@almhof.at","phone":"+43 664 1234567","problem":"press %d"}`
					status, _, answer := a.ask("POST", "/api/v1/emergencies", fmt.Sprintf(body, i), c.header)
					var v struct{ ID string }
					if err := json.Unmarshal([]byte(answer), &v); err != nil {
						t.Error(err)
					}
					statuses[i], ids[i] = status, v.ID
				})
			}
			all.Wait()
			count := map[int]int{}
			for i := range many {
				count[statuses[i]]++
				if ids[i] != "NE-10001" {
					t.Errorf("told of %q", ids[i])
				}
			}
			if count[201] != 1 || count[200] != many-1 || a.count() != 1 {
				t.Errorf("answers %v, emergencies %d", count, a.count())
			}
		})
	}
}

// Who asks again is shown the same, to the last byte.
func TestAskedAgain(t *testing.T) {
	a := newAPI(t)
	for _, c := range []struct {
		path, body, header string
		first              int
	}{
		{"", `{"name":"Petra Huber","customer_number":"104711","email":"petra@almhof.at","phone":"+43 664 1234567","triggered_at":"2026-03-15T02:01:02.987654321Z"}`, "Idempotency-Key: 1", 201},
		{"", `{"customer_number":"104712","phone":"+43 664 7654321"}`, "Accept: */*", 201},
		{"/NE-10001/acknowledge", "", "Accept: */*", 200},
		{"/NE-10001/called-back", `{"by":"Anna"}`, "Accept: */*", 200},
		{"/NE-10001/resolve", "", "Accept: */*", 200},
		{"/NE-10002/cancel", "", "Accept: */*", 200},
	} {
		first, _, one := a.ask("POST", "/api/v1/emergencies"+c.path, c.body, c.header)
		second, _, two := a.ask("POST", "/api/v1/emergencies"+c.path, c.body, c.header)
		if first != c.first || second != 200 || one != two {
			t.Errorf("%s: %d, then %d\n%s%s", c.path, first, second, one, two)
		}
	}
	_, _, list := a.ask("GET", "/api/v1/emergencies?state=resolved", "")
	_, _, last := a.ask("POST", "/api/v1/emergencies/NE-10001/resolve", "")
	if list != `{"emergencies":[`+strings.TrimSpace(last)+"]}\n" {
		t.Errorf("the list:\n%s%s", list, last)
	}
}

// Two programs may use the same key: each has its own emergency, and neither is shown the other's.
func TestKeysOfTwoTokens(t *testing.T) {
	a := newAPI(t)
	body := `{"name":"%s","customer_number":"%s","email":"","phone":"+43 664 123456%s"}`
	first, _, one := a.ask("POST", "/api/v1/emergencies", fmt.Sprintf(body, "Petra", "104711", "1"), "Idempotency-Key: 1")
	second, _, two := a.ask("POST", "/api/v1/emergencies", fmt.Sprintf(body, "Hans", "104712", "2"), "Idempotency-Key: 1", "Authorization: Bearer "+otherToken)
	if first != 201 || second != 201 || strings.Contains(two, "Petra") || a.count() != 2 {
		t.Errorf("%d %s\n%d %s", first, one, second, two)
	}
}

// HEAD is GET without the body.
func TestHead(t *testing.T) {
	a := newAPI(t)
	a.ask("POST", "/api/v1/emergencies", `{"phone":"+43 664 1234567"}`)
	for _, path := range []string{"/api/v1/emergencies", "/api/v1/emergencies/NE-10001", "/api/v1/emergencies/NE-10002", "/api/v1/tickets", "/api/v1/openapi.json"} {
		status, h, _ := a.ask("GET", path, "")
		headStatus, hh, body := a.ask("HEAD", path, "")
		if status != headStatus || h.Get("Content-Type") != hh.Get("Content-Type") || body != "" {
			t.Errorf("%s: %d %d %q", path, status, headStatus, body)
		}
	}
}

// What the store says is for the log; who asks is told to come again.
func TestStoreFails(t *testing.T) {
	var log bytes.Buffer
	a := newAPI(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	a.store.Close()
	for _, c := range [][3]string{
		{"POST", "/api/v1/emergencies", `{"phone":"+43 664 1234567"}`}, {"GET", "/api/v1/emergencies", ""}, {"GET", "/api/v1/emergencies/NE-10001", ""},
		{"POST", "/api/v1/emergencies/NE-10001/acknowledge", ""}, {"GET", "/api/v1/tickets", ""}, {"GET", "/api/v1/tickets/NS-10001", ""},
	} {
		log.Reset()
		status, h, answer := a.ask(c[0], c[1], c[2])
		if status != 503 || h.Get("Retry-After") == "" || strings.Contains(answer, "closed") || strings.Contains(answer, "sql") || !strings.Contains(log.String(), "closed") {
			t.Errorf("%s %s: %d %s\nlog: %s", c[0], c[1], status, answer, log.String())
		}
	}
}

// A client that has hung up is no failure of the store: nobody is called at night for it.
func TestClientHasGone(t *testing.T) {
	var log bytes.Buffer
	a := newAPI(t, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	gone := func(method, path, body string) int {
		req := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+token)
		req.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		Handler(a.options).ServeHTTP(w, req)
		return w.Code
	}
	gone("GET", "/api/v1/emergencies", "")
	if log.Len() > 0 {
		t.Errorf("log: %s", log.String())
	}
	// What it had asked for in whole is done all the same.
	if status := gone("POST", "/api/v1/emergencies", `{"phone":"+43 664 1234567"}`); status != 201 || a.count() != 1 {
		t.Errorf("%d, %d emergencies", status, a.count())
	}
}

// A programming error ends its own request, with a problem document, and is logged.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	a := newAPI(t, func(o *Options) {
		o.Ready = func(context.Context) []Check { panic("the fault of the test") }
		o.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	status, h, answer := a.ask("GET", "/readyz", "")
	if status != 500 || h.Get("Content-Type") != "application/problem+json" || strings.Contains(answer, "of the test") {
		t.Errorf("%d %s", status, answer)
	}
	if !strings.Contains(log.String(), "the fault of the test") || !strings.Contains(log.String(), "TestPanic") {
		t.Errorf("log: %s", log.String())
	}
	if status, _, _ := a.ask("GET", "/healthz", ""); status != 200 {
		t.Error(status)
	}
}
