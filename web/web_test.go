package web

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"notfalld/store"
	"notfalld/ticket"
)

const token = "a-token-that-is-long-enough"

func open(t *testing.T, ready ...Check) (*httptest.Server, *store.Store) {
	t.Helper()
	s, err := store.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "n.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Update(context.Background(), func(tx ticket.Tx) error {
		return tx.AddTicket(&ticket.Ticket{State: ticket.New, Subject: "Notfall-Support", From: "petra@almhof.at"})
	}); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(Handler(Options{Store: s, Tokens: []string{"another-one", token}, Log: slog.New(slog.DiscardHandler),
		Ready: func(context.Context) []Check { return ready }, Metrics: prometheus.NewRegistry()}))
	t.Cleanup(srv.Close)
	return srv, s
}

// Every path with every kind of caller: status, media type, and a word of the body.
func TestAnswers(t *testing.T) {
	srv, _ := open(t, Check{Part: "store"}, Check{Part: "mailbox support", Wrong: "not connected"})
	for _, c := range []struct {
		method, path, authorization string
		status                      int
		media, word                 string
	}{
		{"GET", "/healthz", "", 200, "application/json", "alive"},
		{"GET", "/readyz", "", 503, "application/json", `"mailbox support","wrong":"not connected"`},
		{"GET", "/metrics", "", 200, "text/plain", ""},
		{"GET", "/api/v1/tickets", "Bearer " + token, 200, "application/json", `"id":"NS-10001"`},
		{"GET", "/api/v1/tickets", "bearer " + token, 200, "application/json", "NS-10001"},
		{"GET", "/api/v1/tickets/NS-10001", "Bearer " + token, 200, "application/json", `"history":[]`},
		{"GET", "/api/v1/tickets/ns-10001", "Bearer " + token, 200, "application/json", "NS-10001"},
		{"GET", "/api/v1/tickets", "", 401, "application/problem+json", "bearer token"},
		{"GET", "/api/v1/tickets", "Bearer ", 401, "application/problem+json", ""},
		{"GET", "/api/v1/tickets", "Bearer " + token + "x", 401, "application/problem+json", ""},
		{"GET", "/api/v1/tickets", "Basic " + token, 401, "application/problem+json", ""},
		{"GET", "/api/v1/tickets/NS-10001", "", 401, "application/problem+json", ""},
		{"GET", "/api/v1/tickets/NS-99999", "Bearer " + token, 404, "application/problem+json", "NS-99999"},
		{"GET", "/api/v1/tickets/10001%27%20OR%201=1", "Bearer " + token, 404, "application/problem+json", "look like"},
		{"POST", "/api/v1/tickets", "Bearer " + token, 405, "application/problem+json", "only GET"},
		{"DELETE", "/healthz", "", 405, "application/problem+json", ""},
		{"GET", "/", "", 404, "application/problem+json", "nothing"},
		{"GET", "/api/v2", "Bearer " + token, 404, "application/problem+json", ""},
	} {
		req, _ := http.NewRequest(c.method, srv.URL+c.path, nil)
		if c.authorization != "" {
			req.Header.Set("Authorization", c.authorization)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != c.status || !strings.HasPrefix(resp.Header.Get("Content-Type"), c.media) || !strings.Contains(string(body), c.word) {
			t.Errorf("%s %s %q: %d %s\n%s", c.method, c.path, c.authorization, resp.StatusCode, resp.Header.Get("Content-Type"), body)
		}
		if c.media == "application/problem+json" {
			var p struct {
				Title  string
				Status int
			}
			if err := json.Unmarshal(body, &p); err != nil || p.Status != c.status || p.Title == "" {
				t.Errorf("%s %s: no problem document: %v\n%s", c.method, c.path, err, body)
			}
		}
	}
}

// What the store says is for the log, not for the client.
func TestStoreFailure(t *testing.T) {
	srv, s := open(t)
	s.Close()
	req, _ := http.NewRequest("GET", srv.URL+"/api/v1/tickets", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 503 || strings.Contains(string(body), "closed") {
		t.Errorf("%d\n%s", resp.StatusCode, body)
	}
}

// A client that never ends its header holds nothing up, and the server ends with its context.
func TestSlowClient(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- Serve(ctx, l, Handler(Options{Ready: func(context.Context) []Check { return nil }, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)}))
	}()
	slow, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	if _, err := slow.Write([]byte("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get("http://" + l.Addr().String() + "/healthz")
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	_ = slow.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := bufio.NewReader(slow).ReadByte(); err == nil {
		t.Error("the slow client was answered")
	}
}
