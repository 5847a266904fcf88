package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The second half of the night: what only mails could not do. Everything goes through the HTTP API, as the company's form and the technician's
// tools would.

// demoAct is one thing that somebody does.
type demoAct struct {
	clock string // when, on the night of the demo; not on the full minute where minutes are shown
	says  string // a word of demoWords
	mail  string // sends this mail, or
	path  string // posts to this path of the API
	body  map[string]any
}

func demoActs() []demoAct {
	petra := map[string]any{"name": "Petra Gruber", "customer_number": "104711", "email": "petra@zirbenhof.at", "phone": "0664 555 01 73",
		"problem": "Der Shop steht, Fehler beim Aufbau einer Datenbankverbindung", "servers": []string{"shop01"}}
	paul := map[string]any{"name": "Paul Winkler", "customer_number": "103310", "email": "paul@stadtverlag.at", "phone": "+43 1 555 01 99", "problem": "web07 nicht erreichbar"}
	return []demoAct{
		{clock: "02:16:00", says: "petra triggers", path: "", body: petra},
		{clock: "02:18:00", says: "anna acks", path: "/NE-10001/acknowledge", body: map[string]any{"by": "Anna Berger"}},
		{clock: "02:27:30", says: "anna calls", path: "/NE-10001/called-back", body: map[string]any{"by": "Anna Berger"}},
		{clock: "02:31:00", says: "paul triggers", path: "", body: paul},
		{clock: "02:33:30", mail: "9-web07"},
		{clock: "02:39:00", says: "anna cancels", path: "/NE-10002/cancel", body: map[string]any{"by": "Anna Berger", "why": "firewall of the customer, by phone"}},
		{clock: "03:05:00", says: "anna resolves", path: "/NE-10001/resolve", body: map[string]any{"by": "Anna Berger"}},
	}
}

// emergencies plays the acts, one after the other.
func (n *night) emergencies(ctx context.Context) error {
	for _, a := range demoActs() {
		at, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-03-14 "+a.clock, mustVienna())
		if err != nil {
			return err
		}
		n.clock.jump(at)
		if a.mail != "" {
			if err := n.mail(ctx, a.mail); err != nil {
				return err
			}
			if err := n.say.table(ctx, n.parts.store); err != nil {
				return err
			}
			continue
		}
		n.say.act(a.says)
		if err := n.post(ctx, "/api/v1/emergencies"+a.path, a.body); err != nil {
			return err
		}
		if err := n.settled(ctx); err != nil {
			return err
		}
		if err := n.say.news(ctx, n.parts.store); err != nil {
			return err
		}
	}
	return nil
}

func (n *night) post(ctx context.Context, path string, body any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+n.parts.listener.Addr().String()+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+n.parts.config.HTTP.Tokens[0])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(res.Body, 500))
		return fmt.Errorf("the demo's own API answers %s: %s", res.Status, oneLine(string(said)))
	}
	return nil
}
