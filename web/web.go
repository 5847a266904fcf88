// Package web is the HTTP side: health, metrics, emergencies and tickets for programs. Errors are RFC 9457 problem documents.
package web

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"notfalld/ticket"
)

// Options is what the server shows, and whom it works for. Desk is required where emergencies can be asked for.
type Options struct {
	Store   ticket.Store
	Desk    *ticket.Desk
	Tokens  []string // bearer tokens of the API; none: the API answers 401 to everybody
	Ready   func(context.Context) []Check
	Metrics *prometheus.Registry
	Log     *slog.Logger
	Form    *FormOptions // nil: there is no built-in form
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

// route is one method of one path. GET answers HEAD, too.
type route struct {
	method, path string
	answer       http.Handler
}

// Handler answers /healthz, /readyz, /metrics, /api/v1 and, if it is switched on, /notfall.
func Handler(o Options) http.Handler {
	s := &server{o: o}
	for _, t := range o.Tokens {
		s.hashes = append(s.hashes, sha256.Sum256([]byte(t)))
	}
	return s.guarded(s.withForm(mount(s.routes())))
}

// routes is everything that is answered.
func (s *server) routes() []route {
	return slices.Concat(s.healthRoutes(), s.apiRoutes())
}

func (s *server) healthRoutes() []route {
	return []route{
		{"GET", "/healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
		})},
		{"GET", "/readyz", http.HandlerFunc(s.ready)},
		{"GET", "/metrics", promhttp.HandlerFor(s.o.Metrics, promhttp.HandlerOpts{})},
	}
}

// mount puts routes behind one handler that tells what is not there, and what is not answered in this way.
func mount(routes []route) http.Handler {
	mux, methods := http.NewServeMux(), map[string][]string{}
	for _, r := range routes {
		mux.Handle(r.method+" "+r.path, r.answer)
		methods[r.path] = append(methods[r.path], r.method)
	}
	for p, ms := range methods {
		allow := ms
		if slices.Contains(ms, "GET") {
			allow = append(slices.Clone(ms), "HEAD")
		}
		mux.HandleFunc(p, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(allow, ", "))
			refuse(w, r, http.StatusMethodNotAllowed, "only "+strings.Join(ms, " and ")+" is answered here")
		})
	}
	nothing := func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusNotFound, "there is nothing at "+shown(r.URL.Path))
	}
	mux.HandleFunc("/", nothing)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The mux would redirect /api//v1 to /api/v1 with a page of HTML: a program is better told.
		if p := r.URL.Path; p != path.Clean(p) {
			nothing(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
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
