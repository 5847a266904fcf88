package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"notfalld/postoffice"
)

// SIGHUP takes up what is right, and leaves everything as it was where something is wrong, or where what is right cannot live.
func TestReload(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	hangup := make(chan os.Signal)
	m := &Main{Stdin: strings.NewReader(""), Stdout: h.stderr, Stderr: h.stderr, Env: os.LookupEnv, Hangup: hangup}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runDaemon(ctx, m, &runCmd{withConfig{h.conf}}) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	first, err := os.ReadFile(h.conf)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	renamed := bytes.ReplaceAll(first, []byte("Notfall Hoster"), []byte("Neuer Name"))
	for i, step := range []struct {
		conf      []byte // nil: as it is
		log, from string
	}{
		{nil, "notfalld runs", "Notfall Hoster"},
		{renamed, "reloaded", "Neuer Name"},
		{[]byte("mode: lvie\n"), "reload refused", "Neuer Name"},
		{bytes.ReplaceAll(first, []byte(h.http), []byte(taken.Addr().String())), "going back to the old one", "Neuer Name"},
		{first, "reloaded", "Notfall Hoster"},
	} {
		if step.conf != nil {
			if err := os.WriteFile(h.conf, step.conf, 0o600); err != nil {
				t.Fatal(err)
			}
			before := strings.Count(h.stderr.String(), step.log)
			hangup <- syscall.SIGHUP
			h.logged(step.log, before+1)
		}
		customer := string(rune('a'+i)) + "@firma.at"
		h.mail(customer, "Notfall-Support", "web01.firma.at ist nicht erreichbar")
		if a := h.answered(customer, 1); !bytes.Contains(a[0].Data, []byte("From: "+step.from)) {
			t.Errorf("step %d: the answer is not from %s\n%.400s", i, step.from, a[0].Data)
		}
	}
}

// logged waits until the daemon has said something so many times.
func (h *house) logged(words string, times int) {
	h.Helper()
	ctx := patient(h.T)
	for strings.Count(h.stderr.String(), words) < times {
		if ctx.Err() != nil {
			h.Fatalf("%q was not logged:\n%s", words, h.stderr)
		}
	}
}
