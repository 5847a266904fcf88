package outbox

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"notfalld/ticket"
)

const pageSecret = "whsec_ZWluIGdlaGVpbWVyIFNjaGzDvHNzZWwgZGVyIFRlc3Rz"

// answers is a server of HTTP whose connections get these bytes, whatever they ask, once the request has come in whole.
func answers(t *testing.T, words string) string {
	return listener(t, func(c net.Conn) {
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
		}
		_, _ = io.WriteString(c, words)
	})
}

// listener serves each connection with f, then closes it.
func listener(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); f(c) }()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestPageStatus: what a status means (RFC 9110, 15), and what is said of it.
func TestPageStatus(t *testing.T) {
	for status, want := range map[int]ticket.Result{
		200: ticket.Accepted, 201: ticket.Accepted, 202: ticket.Accepted, 204: ticket.Accepted, 299: ticket.Accepted,
		301: ticket.Permanent, 302: ticket.Permanent, 303: ticket.Permanent, 304: ticket.Permanent, 307: ticket.Permanent, 308: ticket.Permanent,
		400: ticket.Permanent, 401: ticket.Permanent, 403: ticket.Permanent, 404: ticket.Permanent, 405: ticket.Permanent, 410: ticket.Permanent, 413: ticket.Permanent, 422: ticket.Permanent,
		408: ticket.Temporary, 425: ticket.Temporary, 429: ticket.Temporary,
		500: ticket.Temporary, 502: ticket.Temporary, 503: ticket.Temporary, 504: ticket.Temporary, 529: ticket.Temporary, 599: ticket.Temporary,
	} {
		asked := 0
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(status)
		}))
		out, _ := newPoster(PageOptions{}).page(t.Context(), Endpoint{URL: receiver.URL}, "msg_1", []byte("{}"), time.Now())
		receiver.Close()
		other.Close()
		if out.Result != want || out.Code != status || !strings.HasPrefix(out.Text, "HTTP/1.1 "+strconv.Itoa(status)) {
			t.Errorf("%d: %+v, want %s", status, out, want)
		}
		if asked > 0 || status/100 == 3 && !strings.Contains(out.Text, "redirects are not followed") {
			t.Errorf("%d: the redirect was followed %d times; %q", status, asked, out.Text)
		}
	}
}

// TestPageFaults: receivers that do not answer as they should.
func TestPageFaults(t *testing.T) {
	gone := listener(t, func(net.Conn) {})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := "http://" + l.Addr().String()
	l.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	secure.Config.ErrorLog = nil
	t.Cleanup(secure.Close)
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	for _, c := range []struct {
		name, url string
		want      ticket.Result
		text      string // part of what is said
	}{
		{"nobody listens", refused, ticket.Temporary, "connection refused"},
		{"a certificate that nobody knows", secure.URL, ticket.Temporary, "certificate"},
		{"speaks no TLS", strings.Replace(answers(t, "220 mail ESMTP\r\n"), "http:", "https:", 1), ticket.Temporary, "tls"},
		{"closes before it has read", gone, "", ""}, // it depends on which of us is faster
		{"closes after it has read", answers(t, ""), ticket.Unclear, "no answer: EOF"},
		{"half an answer", answers(t, "HTTP/1.1 200 OK\r\nContent-Le"), ticket.Unclear, "no answer"},
		{"garbage", answers(t, "\x00\x01\x02 Bitte warten\r\n\r\n"), ticket.Unclear, "no answer"},
		{"another protocol", answers(t, "SSH-2.0-OpenSSH_9.2\r\n"), ticket.Unclear, "no answer"},
		{"a header without end", answers(t, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20)), ticket.Unclear, "no answer"},
		{"a success whose words are cut off", answers(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nok"), ticket.Accepted, "200 OK"},
		{"a refusal whose words are cut off", answers(t, "HTTP/1.1 500 Nope\r\nContent-Length: 1000\r\n\r\nno disk"), ticket.Temporary, "500 Internal Server Error: no disk"},
		{"a refusal without end", answers(t, "HTTP/1.1 400 Nope\r\n\r\n"+strings.Repeat("wrong ", 1<<20)), ticket.Permanent, "wrong wrong"},
		{"a refusal that steers terminals", answers(t, "HTTP/1.1 400 Nope\r\n\r\n\x1b[31m\x00a\r\nb\u202ec\xff"), ticket.Permanent, ": [31m a b c\uFFFD"},
		{"is silent", listener(t, func(net.Conn) { <-ended }), ticket.Unclear, "no answer: it took too long"},
		{"no address", "http://[::1", ticket.Permanent, "the channel's url is no web address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			within, cancel := context.WithCancel(t.Context())
			defer cancel()
			if c.name == "is silent" {
				var stop context.CancelFunc
				within, stop = context.WithTimeout(within, 100*time.Millisecond)
				defer stop()
			}
			out, _ := newPoster(PageOptions{}).page(within, Endpoint{URL: c.url}, "msg_1", []byte(`{"a":1}`), time.Now())
			if out.Result != c.want && (c.want != "" || out.Result == ticket.Accepted || out.Result == ticket.Permanent) || !strings.Contains(out.Text, c.text) || strings.ContainsAny(out.Text, "\r\n\x00\x1b") || len(out.Text) > 1000 {
				t.Errorf("%s %q, want %s …%s", out.Result, out.Text, c.want, c.text)
			}
		})
	}
}

// TestPageRetryAfter: RFC 9110, 10.2.3, and what is made of it.
func TestPageRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, "0": time.Second, "120": 2 * time.Minute, "86400": 5 * time.Minute, " 30 ": 30 * time.Second,
		"Sun, 15 Mar 2026 02:08:00 GMT": time.Minute, "Sun, 15 Mar 2026 02:00:00 GMT": time.Second, "Mon, 16 Mar 2026 02:08:00 GMT": 5 * time.Minute,
		"99999999999999999999": 0, "-5": 0, "soon": 0, "": 0, "1.5": 0,
	} {
		resp := &http.Response{Header: http.Header{"Retry-After": {value}}}
		if value == "" {
			resp.Header = http.Header{}
		}
		asked := retryAfterField(resp, now)
		if want == 0 {
			if asked != 0 {
				t.Errorf("%q: %s, want none", value, asked)
			}
			continue
		}
		if got := retryPage(3, asked); got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
	for before, want := range []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second, 30 * time.Second} {
		for range 100 {
			if got := retryPage(before, 0); got < want*9/10 || got > want*11/10 {
				t.Errorf("after %d: %s, want %s with a tenth of jitter", before, got, want)
			}
		}
	}
}

// TestPageSigned: what arrives is what the library of Standard Webhooks takes, and nothing else.
func TestPageSigned(t *testing.T) {
	body := []byte(`{"type":"emergency.triggered","data":{"name":"Käthe \"K\" Übel"}}`)
	var got *http.Request
	var arrived []byte
	receiver := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		arrived, _ = io.ReadAll(r.Body)
	}))
	defer receiver.Close()
	o := PageOptions{RootCAs: receiver.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	e := Endpoint{URL: receiver.URL + "/hook?x=1", Secret: pageSecret, Header: map[string]string{"Authorization": "Bearer geheim"}}
	if out, _ := newPoster(o).page(t.Context(), e, "msg_17", body, time.Now()); out.Result != ticket.Accepted {
		t.Fatalf("%+v", out)
	}
	hook, err := standardwebhooks.NewWebhook(pageSecret)
	if err != nil {
		t.Fatal(err)
	}
	if err := hook.Verify(arrived, got.Header); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(arrived, body) || got.Method != "POST" || got.URL.String() != "/hook?x=1" || got.ContentLength != int64(len(body)) {
		t.Errorf("%s %s: %s", got.Method, got.URL, arrived)
	}
	for name, want := range map[string]string{"webhook-id": "msg_17", "Content-Type": "application/json", "Authorization": "Bearer geheim", "User-Agent": "notfalld"} {
		if got.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.Header.Get(name), want)
		}
	}
	if err := hook.Verify(append(arrived, ' '), got.Header); err == nil {
		t.Error("another body passes")
	}
	got.Header.Set("webhook-id", "msg_18")
	if err := hook.Verify(arrived, got.Header); err == nil {
		t.Error("another id passes")
	}
	if out, _ := newPoster(o).page(t.Context(), Endpoint{URL: receiver.URL, Secret: "whsec_!"}, "msg_1", body, time.Now()); out.Result != ticket.Permanent || strings.Contains(out.Text, "!") {
		t.Errorf("a secret that is none: %+v", out)
	}
	if out, _ := newPoster(o).page(t.Context(), Endpoint{URL: receiver.URL}, "msg_1", body, time.Now()); out.Result != ticket.Accepted || got.Header.Get("webhook-signature") != "" {
		t.Errorf("without a secret: %+v, signed %q", out, got.Header.Get("webhook-signature"))
	}
}

// TestNothingSecretIsSaid: a receiver repeats all that it was sent, in several ways; what is said of it holds none of it.
func TestNothingSecretIsSaid(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	body := []byte(`{"routing_key":"` + key + `","token":"einlangeswortohneziffern","name":"Petra Almer"}`)
	e := Endpoint{Secret: pageSecret, Header: map[string]string{"Authorization": "Bearer kurz", "X-Key": "wort-im-feld"}}
	for _, words := range []string{"%s", "Fehler=%s;", "<p>%s</p>", `{"error":"%s"}`} {
		receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			all, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "'routing_key' is invalid; "+words, strings.Join([]string{r.URL.String(), r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("X-Key"), pageSecret, string(all), strings.ToUpper(key)}, " | "))
		}))
		e.URL = strings.Replace(receiver.URL, "http://", "http://benutzer:kennwort@", 1) + "/T0KEN/pfadteil%20mit?apikey=abfrage"
		out, _ := newPoster(PageOptions{}).page(t.Context(), e, "msg_1", body, time.Now())
		receiver.Close()
		for _, secret := range []string{key, strings.ToUpper(key), "einlangeswortohneziffern", "kurz", "wort-im-feld", pageSecret, strings.TrimPrefix(pageSecret, "whsec_"), "T0KEN", "pfadteil", "abfrage", "kennwort"} {
			if strings.Contains(out.Text, secret) {
				t.Errorf("%q is said in %q", secret, out.Text)
			}
		}
		if !strings.Contains(out.Text, "'routing_key' is invalid") {
			t.Errorf("what is wrong is not said: %q", out.Text)
		}
	}
	var basic string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		basic = r.Header.Get("Authorization")
		http.Error(w, "unknown: "+basic, http.StatusUnauthorized)
	}))
	defer receiver.Close()
	out, _ := newPoster(PageOptions{}).page(t.Context(), Endpoint{URL: strings.Replace(receiver.URL, "://", "://du:wort@", 1)}, "msg_1", body, time.Now())
	if _, secret, ok := strings.Cut(basic, "Basic "); !ok || strings.Contains(out.Text, secret) {
		t.Errorf("%q is said in %q", basic, out.Text)
	}
	for _, url := range []string{"http://127.0.0.1:1/geheim?x=geheim", "http://geheim:geheim@127.0.0.1:1/", "https://127.0.0.1:1/geheim"} {
		if out, _ := newPoster(PageOptions{}).page(t.Context(), Endpoint{URL: url}, "msg_1", body, time.Now()); strings.Contains(out.Text, "geheim") {
			t.Errorf("the address is said in %q", out.Text)
		}
	}
}
