package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"notfalld/postoffice"
)

// TestCheckAlarm: check --online names the channels and rings none; with --alarm-test each gets one test alarm that says that it is one,
// and what came back is told without a word of the keys.
func TestCheckAlarm(t *testing.T) {
	const signing = "whsec_ZWluIGdlaGVpbWVyIFNjaGzDvHNzZWwgZGVyIFRlc3Rz"
	office, err := postoffice.Open(postoffice.Options{RequireAuth: true,
		Users: []postoffice.User{{Name: "support", Password: "geheim", Addresses: []string{"support@muster-server.at"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { office.Close() })
	var mu sync.Mutex
	bodies := map[string]string{}
	hook, err := standardwebhooks.NewWebhook(signing)
	if err != nil {
		t.Fatal(err)
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies[r.URL.Path] = string(body)
		switch {
		case r.URL.Path == "/hook/geheim" && hook.Verify(body, r.Header) != nil:
			http.Error(w, "signature", http.StatusUnauthorized)
		case r.URL.Path == "/refuses/geheim":
			http.Error(w, "unknown token "+r.Header.Get("Authorization")+" for "+r.URL.Path, http.StatusForbidden)
		}
	}))
	t.Cleanup(receiver.Close)
	conf := filepath.Join(t.TempDir(), "notfalld.yaml")
	text := fmt.Sprintf(`
company: {name: Muster Server GmbH, form_url: "https://muster-server.at/notfall"}
mailboxes: [{address: support@muster-server.at, imap: {host: 127.0.0.1, port: %[1]s, tls: none, username: support, password: geheim}}]
smtp: {host: 127.0.0.1, port: %[2]s, tls: none, username: support, password: geheim}
staff: {notify: [team@muster-server.at]}
alarm:
  api: channels
  channels:
    - {name: oncall, webhook: {url: "%[3]s/hook/geheim", secret: %[4]s}}
    - {name: sms, mail: {address: 436641234567@sms.muster-server.at}}
    - {name: pd, pagerduty: {routing_key: 0123456789abcdefgeheim, url: "%[3]s/pd"}}
    - name: chat
      json: {url: "%[3]s/refuses/geheim", headers: {Authorization: Bearer geheim}, body: '{"text": {{json .Summary}}}'}
`, port(office.IMAPAddr()), port(office.SMTPAddr()), receiver.URL, signing)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(receiver.URL, "http://")
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string
	}{
		{"only with --online", []string{"--alarm-test"}, exitUsage, nil},
		{"not asked for", []string{"--online"}, exitDone, []string{
			"OK     alarm oncall    webhook at " + host + "; not tried (--alarm-test sends a test alarm)",
			"OK     alarm sms       mail to 436641234567@sms.muster-server.at; not tried (--alarm-test sends a test alarm)",
			"OK     alarm pd        pagerduty at " + host + "; not tried (--alarm-test sends a test alarm)",
			"OK     alarm chat      json at " + host + "; not tried (--alarm-test sends a test alarm)"}},
		{"asked for", []string{"--online", "--alarm-test"}, exitFailed, []string{
			"OK     alarm oncall    webhook at " + host + "; took the test alarm: HTTP/1.1 200 OK",
			"OK     alarm sms       mail to 436641234567@sms.muster-server.at; took the test alarm: 127.0.0.1 port " + port(office.SMTPAddr()) + ": 250",
			"OK     alarm pd        pagerduty at " + host + "; took the test alarm: HTTP/1.1 200 OK",
			"WRONG  alarm chat      json at " + host + ": the test alarm was not taken: HTTP/1.1 403 Forbidden: unknown token … for …"}},
	} {
		var out, errs bytes.Buffer
		m := &Main{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Env: func(name string) (string, bool) { return "200", name == "COLUMNS" }}
		code := m.Run(t.Context(), append([]string{"check", "-c", conf}, c.args...))
		var got []string
		for line := range strings.Lines(out.String()) {
			if strings.Contains(line, " alarm ") {
				got = append(got, strings.TrimSpace(line))
			}
		}
		if code != c.code || strings.Join(got, "\n") != strings.Join(c.want, "\n") {
			t.Errorf("%s: exit code %d\n%s\n%s", c.name, code, out.String(), errs.String())
		}
		if all := out.String() + errs.String(); strings.Contains(all, "geheim") || strings.Contains(all, signing) {
			t.Errorf("%s: a secret is printed:\n%s", c.name, all)
		}
		if rung := len(bodies) + len(office.Deliveries()); c.name != "asked for" && rung != 0 {
			t.Fatalf("%s: %d channels were rung", c.name, rung)
		}
	}
	mails := office.Deliveries()
	if len(mails) != 1 || !strings.Contains(string(mails[0].Data), "Subject: TEST: PROBEALARM") {
		t.Errorf("mails: %+v", mails)
	}
	for path, want := range map[string]string{"/hook/geheim": `"type":"emergency.test"`, "/pd": `"summary":"TEST: PROBEALARM, nichts zu tun. Kein Notfall."`, "/refuses/geheim": `{"text": "TEST: PROBEALARM, nichts zu tun. Kein Notfall."}`} {
		if !strings.Contains(bodies[path], want) {
			t.Errorf("%s: %s", path, bodies[path])
		}
	}
}
