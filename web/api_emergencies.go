package web

import (
	"context"
	"net/http"
	"time"

	"notfalld/ticket"
)

// What a trigger may hold. Whoever is in trouble pastes long logs; names and numbers are never long.
var (
	nameField     = field{name: "name", most: 200}
	customerField = field{name: "customer_number", most: 64}
	emailField    = field{name: "email", most: 254} // RFC 5321, section 4.5.3.1.3, without the brackets
	phoneField    = field{name: "phone", most: 64}
	problemField  = field{name: "problem", most: 30000, lines: true}
	serversField  = field{name: "servers", most: 253}
	byField       = field{name: "by", most: 100}
	whyField      = field{name: "why", most: 1000}
)

const mostServers = 50

// storePatience bounds what is written: a store that does not answer gives 503 before the connection is given up.
const storePatience = 20 * time.Second

// lasting is the context of what must not end halfway because the client has hung up: its request was understood.
func lasting(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), storePatience)
}

// trigger answers POST /api/v1/emergencies: 201 for a new emergency, 200 for one that was there.
func (s *server) trigger(w http.ResponseWriter, r *http.Request) {
	t, err := readTrigger(w, r)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	ctx, cancel := lasting(r)
	defer cancel()
	v, created, err := s.o.Desk.Trigger(ctx, t)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	status := http.StatusOK
	w.Header().Set("Location", "/api/v1/emergencies/"+v.ID)
	if created {
		status = http.StatusCreated
	}
	writeJSON(w, status, v)
}

func readTrigger(w http.ResponseWriter, r *http.Request) (t ticket.Trigger, err error) {
	key, err := idempotencyKey(r)
	if err != nil {
		return t, err
	}
	if r.ContentLength == 0 {
		return t, refusef(http.StatusBadRequest, "the body is empty; it must be a JSON object")
	}
	body, err := readBody(w, r)
	if err != nil {
		return t, err
	}
	if t, err = decodeTrigger(body); err != nil {
		return t, err
	}
	t.Way, t.Key, t.Actor = ticket.WayAPI, key, actor("")
	return t, nil
}

// decodeTrigger reads the body of a trigger: its form must be right. What is missing or cannot be used is not refused, because the alarm
// never waits.
func decodeTrigger(body []byte) (t ticket.Trigger, err error) {
	members, err := readObject(body)
	if err != nil {
		return t, err
	}
	f := &fields{given: members}
	t = ticket.Trigger{
		Name: f.text(nameField), CustomerNumber: f.text(customerField), Email: f.text(emailField), Phone: f.text(phoneField),
		Problem: f.text(problemField), Servers: f.texts(serversField, mostServers), TriggeredAt: f.instant("triggered_at"),
	}
	return t, f.done()
}

// idempotencyKey reads the header of that name. Two programs with tokens of their own may use the same keys: each has its own.
func idempotencyKey(r *http.Request) (string, error) {
	given := r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return "", nil
	}
	key := given[0]
	good := len(given) == 1 && key != "" && len(key) <= 255
	for i := range len(key) {
		good = good && key[i] > ' ' && key[i] < 0x7F
	}
	if !good {
		return "", refusef(http.StatusBadRequest, "Idempotency-Key must be one of 1 to 255 visible ASCII characters, without blanks")
	}
	return "api:" + caller(r) + ":" + key, nil
}

// actor is who did something, for the history: whom the program names is not proven.
func actor(by string) string {
	if by == "" {
		return "api"
	}
	return by + " (api)"
}

func (s *server) emergencies(w http.ResponseWriter, r *http.Request) {
	q, err := readQuery(r.URL.RawQuery, ticket.Triggered, ticket.Acknowledged, ticket.CalledBack, ticket.Resolved, ticket.Cancelled)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	all, err := ticket.ListEmergencies(r.Context(), s.o.Store, ticket.EmergencyQuery{States: q.states, Limit: q.limit})
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if all == nil {
		all = []ticket.EmergencyView{}
	}
	writeJSON(w, http.StatusOK, map[string]any{"emergencies": all})
}

func (s *server) emergency(w http.ResponseWriter, r *http.Request) {
	id, err := emergencyID(r)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	d, err := ticket.ShowEmergency(r.Context(), s.o.Store, id)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, d)
}

func emergencyID(r *http.Request) (int64, error) {
	id, ok := ticket.ParseEmergencyNumber(r.PathValue("id"))
	if !ok {
		return 0, refusef(http.StatusNotFound, "emergency numbers look like NE-10001")
	}
	return id, nil
}

// advance answers the steps of an emergency. People press twice: a step that was taken already is no error.
func (s *server) advance(to ticket.EmergencyState) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := emergencyID(r)
		if err != nil {
			s.failed(w, r, err)
			return
		}
		by, why, err := readStep(w, r)
		if err != nil {
			s.failed(w, r, err)
			return
		}
		ctx, cancel := lasting(r)
		defer cancel()
		v, err := s.o.Desk.Advance(ctx, id, to, actor(by), why)
		if err != nil {
			s.failed(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, v)
	}
}

// readStep reads the body of a step, which may be left out: {"by": "Anna", "why": "…"}.
func readStep(w http.ResponseWriter, r *http.Request) (by, why string, err error) {
	body, err := readBody(w, r)
	if err != nil || len(body) == 0 {
		return "", "", err
	}
	members, err := readObject(body)
	if err != nil {
		return "", "", err
	}
	f := &fields{given: members}
	by, why = f.text(byField), f.text(whyField)
	return by, why, f.done()
}
