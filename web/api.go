package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"notfalld/ticket"
)

func (s *server) apiRoutes() []route {
	var all []route
	for _, r := range []struct {
		method, path string
		answer       http.HandlerFunc
	}{
		{"GET", "/api/v1/emergencies", s.emergencies},
		{"POST", "/api/v1/emergencies", s.trigger},
		{"GET", "/api/v1/emergencies/{id}", s.emergency},
		{"POST", "/api/v1/emergencies/{id}/acknowledge", s.advance(ticket.Acknowledged)},
		{"POST", "/api/v1/emergencies/{id}/called-back", s.advance(ticket.CalledBack)},
		{"POST", "/api/v1/emergencies/{id}/resolve", s.advance(ticket.Resolved)},
		{"POST", "/api/v1/emergencies/{id}/cancel", s.advance(ticket.Cancelled)},
		{"GET", "/api/v1/tickets", s.tickets},
		{"GET", "/api/v1/tickets/{id}", s.ticket},
	} {
		all = append(all, route{r.method, r.path, s.authorised(r.answer)})
	}
	return append(all, route{"GET", "/api/v1/openapi.json", http.HandlerFunc(openAPI)})
}

type callerKey struct{}

// authorised lets in who has one of our tokens. Nothing of the body is read before.
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
			refuse(w, r, http.StatusUnauthorized, "a bearer token of http.tokens is needed")
			return
		}
		h(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, fmt.Sprintf("%x", hash[:8]))))
	})
}

// caller names the token that let a request in, without telling it.
func caller(r *http.Request) string {
	name, _ := r.Context().Value(callerKey{}).(string)
	return name
}

func (s *server) tickets(w http.ResponseWriter, r *http.Request) {
	q, err := readQuery(r.URL.RawQuery, ticket.New, ticket.Open, ticket.Waiting, ticket.Closed)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	all, err := ticket.List(r.Context(), s.o.Store, ticket.TicketQuery{States: q.states, Limit: q.limit})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"tickets": all})
}

func (s *server) ticket(w http.ResponseWriter, r *http.Request) {
	id, ok := ticket.ParseNumber(r.PathValue("id"))
	if !ok {
		refuse(w, r, http.StatusNotFound, "ticket numbers look like NS-10001")
		return
	}
	d, err := ticket.Show(r.Context(), s.o.Store, id)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, d)
}

// mostListed is how long a list is, and the most that can be asked for.
const mostListed = 1000

// listQuery is what can be asked of a list: ?state=new&state=open&limit=20.
type listQuery[State ~string] struct {
	states []State
	limit  int
}

// readQuery refuses what it does not know: a list that was narrowed by a misspelt name would be taken for the narrow one.
func readQuery[State ~string](raw string, known ...State) (q listQuery[State], err error) {
	q.limit = mostListed
	given, err := url.ParseQuery(raw)
	if err != nil {
		return q, refusef(http.StatusBadRequest, "the query cannot be read")
	}
	for name, values := range given {
		switch name {
		case "state":
			for _, v := range values {
				if !slices.Contains(known, State(v)) {
					return q, refusef(http.StatusBadRequest, "state %s is none; there are %s", shown(v), joined(known))
				}
				q.states = append(q.states, State(v))
			}
		case "limit":
			q.limit, err = strconv.Atoi(values[0])
			if err != nil || len(values) > 1 || q.limit < 1 || q.limit > mostListed {
				return q, refusef(http.StatusBadRequest, "limit must be one number from 1 to %d", mostListed)
			}
		default:
			return q, refusef(http.StatusBadRequest, "%s is no parameter of this list; there are state and limit", shown(name))
		}
	}
	return q, nil
}

func joined[State ~string](all []State) string {
	var names []string
	for _, s := range all {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}
