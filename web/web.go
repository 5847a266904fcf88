// Package web is the HTTP side: health, metrics, and the tickets for programs. Errors are RFC 9457 problem documents.
package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"notfalld/ticket"
)

// Options is what the server shows.
type Options struct {
	Store   ticket.Store
	Tokens  []string // bearer tokens of the API; none: the API answers 401 to everybody
	Ready   func(context.Context) []Check
	Metrics *prometheus.Registry
	Log     *slog.Logger
}

// Check is one line of /readyz: a part of the daemon, and what is wrong with it ("" if nothing).
type Check struct {
	Part  string `json:"part"`
	Wrong string `json:"wrong,omitempty"`
}

type server struct {
	o      Options
	hashes [][32]byte // of the tokens: compared in constant time whatever their length
}

// Handler serves /healthz, /readyz, /metrics and /api/v1/tickets.
func Handler(o Options) http.Handler {
	s := &server{o: o}
	for _, t := range o.Tokens {
		s.hashes = append(s.hashes, sha256.Sum256([]byte(t)))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
	})
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}))
	mux.Handle("GET /api/v1/tickets", s.authorised(s.tickets))
	mux.Handle("GET /api/v1/tickets/{id}", s.authorised(s.ticket))
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/v1/tickets", "/api/v1/tickets/{id}"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Allow", "GET, HEAD")
			problem(w, http.StatusMethodNotAllowed, "only GET is answered here")
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, http.StatusNotFound, "there is nothing at "+r.URL.Path)
	})
	return mux
}

// Serve answers on l until ctx ends, then lets requests under way finish. Every time-out is set: a slow client holds nothing up.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10,
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(limited); err != nil {
		return srv.Close()
	}
	return nil
}

// ready answers 200 if every part works, else 503; both name all parts.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	checks := s.o.Ready(r.Context())
	status := http.StatusOK
	for _, c := range checks {
		if c.Wrong != "" {
			status = http.StatusServiceUnavailable
		}
	}
	writeJSON(w, status, map[string]any{"ready": status == http.StatusOK, "checks": checks})
}

func (s *server) authorised(h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, given, ok := strings.Cut(r.Header.Get("Authorization"), " ")
		ok = ok && strings.EqualFold(scheme, "Bearer") // RFC 9110, 11.1
		hash, right := sha256.Sum256([]byte(given)), 0
		for _, h := range s.hashes {
			right |= subtle.ConstantTimeCompare(h[:], hash[:])
		}
		if !ok || right != 1 {
			w.Header().Set("WWW-Authenticate", `Bearer realm="notfalld"`)
			problem(w, http.StatusUnauthorized, "a bearer token of http.tokens is needed")
			return
		}
		h(w, r)
	})
}

func (s *server) tickets(w http.ResponseWriter, r *http.Request) {
	all, err := ticket.List(r.Context(), s.o.Store, ticket.TicketQuery{Limit: 1000})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"tickets": all})
}

func (s *server) ticket(w http.ResponseWriter, r *http.Request) {
	id, ok := ticket.ParseNumber(r.PathValue("id"))
	if !ok {
		problem(w, http.StatusNotFound, "ticket numbers look like NS-10001")
		return
	}
	d, err := ticket.Show(r.Context(), s.o.Store, id)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, d)
}

// failed maps the domain's errors, once, at the edge. What the store said is for the log, not for the client.
func (s *server) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ticket.ErrNotFound) {
		problem(w, http.StatusNotFound, err.Error())
		return
	}
	s.o.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err.Error())
	problem(w, http.StatusServiceUnavailable, "the store cannot be read at the moment; try again")
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody is left to be told
}

// problem writes an RFC 9457 document.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
}
