package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"

	"notfalld/ticket"
)

// fault is one thing that is wrong with a request's body, as RFC 9457, section 3, shows it.
type fault struct {
	Pointer string `json:"pointer"` // RFC 6901: "/phone", "/servers/3"
	Detail  string `json:"detail"`
}

// refusal is an error that the client can mend.
type refusal struct {
	status int
	detail string
	faults []fault
}

func (r *refusal) Error() string { return r.detail }

func refusef(status int, format string, args ...any) *refusal {
	return &refusal{status: status, detail: fmt.Sprintf(format, args...)}
}

type problemDocument struct {
	Type   string  `json:"type"`
	Title  string  `json:"title"`
	Status int     `json:"status"`
	Detail string  `json:"detail"`
	Errors []fault `json:"errors,omitempty"`
}

// mostLingered is how much of a body is thrown away after a refusal.
const mostLingered = 32 << 20

// refuse answers with a problem document at once, whatever has come of the body. Most clients read only when they have sent everything, and
// hanging up before would reset the connection and the answer with it: so the rest is waited for, and thrown away, until ReadTimeout.
func refuse(w http.ResponseWriter, r *http.Request, status int, detail string, faults ...fault) {
	body := r.ContentLength != 0
	if body {
		w.Header().Set("Connection", "close") // else net/http reads the body before it answers
	}
	write(w, "application/problem+json", status,
		problemDocument{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail, Errors: faults})
	if body && r.Header.Get("Expect") == "" { // RFC 9110, 10.1.1: who expects 100 (Continue) sends nothing now
		_ = http.NewResponseController(w).Flush()
		_, _ = io.CopyN(io.Discard, r.Body, mostLingered)
	}
}

// failed maps errors, once, at the edge. What the store said is for the log, not for the client.
func (s *server) failed(w http.ResponseWriter, r *http.Request, err error) {
	var no *refusal
	switch {
	case errors.As(err, &no):
		refuse(w, r, no.status, no.detail, no.faults...)
	case errors.Is(err, ticket.ErrNotFound):
		refuse(w, r, http.StatusNotFound, err.Error())
	case errors.Is(err, ticket.ErrState):
		refuse(w, r, http.StatusConflict, err.Error())
	case r.Context().Err() != nil: // the client has hung up: nothing failed, and nobody reads the answer
		refuse(w, r, http.StatusServiceUnavailable, "the request was given up")
	default:
		s.o.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err.Error())
		w.Header().Set("Retry-After", "5")
		refuse(w, r, http.StatusServiceUnavailable, "the store does not answer at the moment; try again")
	}
}

// guarded keeps a programming error from ending more than its own request.
func (s *server) guarded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			what := recover()
			if what == nil {
				return
			}
			if what == http.ErrAbortHandler {
				panic(what)
			}
			s.o.Log.Error("request panicked", "method", r.Method, "path", r.URL.Path, "error", fmt.Sprint(what), "stack", string(debug.Stack()))
			if w.Header().Get("Content-Type") != "" {
				panic(http.ErrAbortHandler) // an answer has begun: cut off, it cannot be taken for a whole one
			}
			refuse(w, r, http.StatusInternalServerError, "this is a fault of notfalld; its log says more")
		}()
		h.ServeHTTP(w, r)
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	write(w, "application/json", status, v)
}

func write(w http.ResponseWriter, mediaType string, status int, v any) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client has gone; nobody is left to be told
}

// shown makes what a client sent fit to be repeated: one short line.
func shown(s string) string {
	const most = 60
	s = strings.ToValidUTF8(s, "\uFFFD")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
