package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// demoPager stands for the pager of the technician on call: it takes webhooks on loopback.
type demoPager struct {
	listener net.Listener
	server   *http.Server
	secret   string

	mu    sync.Mutex
	rings []ring
}

// ring is what the pager shows.
type ring struct{ event, emergency, summary string }

func openDemoPager() (*demoPager, error) {
	l, err := net.Listen("tcp", loopbackAddr(0))
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		l.Close()
		return nil, err
	}
	p := &demoPager{listener: l, secret: "whsec_" + base64.StdEncoding.EncodeToString(secret)}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(l) }() // ends with Close
	return p, nil
}

func (p *demoPager) url() string { return "http://" + p.listener.Addr().String() + "/oncall" }

// Close ends the pager.
func (p *demoPager) Close(ctx context.Context) error { return p.server.Shutdown(ctx) }

func (p *demoPager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var page struct {
		Type string
		Data struct{ ID, Summary string }
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&page); err != nil {
		http.Error(w, "no page", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.rings = append(p.rings, ring{page.Type, page.Data.ID, page.Data.Summary})
	p.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// since are the rings after the first n.
func (p *demoPager) since(n int) []ring {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]ring{}, p.rings[n:]...)
}
