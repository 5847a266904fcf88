package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"notfalld/message"
	"notfalld/postoffice"
	"notfalld/rules"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"notfalld": main})
}

// TestScripts runs testdata/script/*.txtar: the whole program from the outside. Beside testscript's own commands there are
//
//	code N COMMAND…             runs it and wants this exit code
//	take CONFIG FILE [OUTCOME]  changed rules are looked at, a mail comes in, and what is then due has this outcome (default: accepted; "wait": not attempted)
//	many CONFIG N               N emergencies that have ended
//	accept-waiting CONFIG       notfalld rules accept with the hash of the set that waits
//	office                      starts mail servers; $IMAP_PORT and $SMTP_PORT say where, support/geheim logs in to both
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TZ", "UTC")
			e.Setenv("COLUMNS", "80")
			e.Setenv("TEN_HOURS_AGO", time.Now().Add(-10*time.Hour).Format(time.RFC3339))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": runForCode, "take": take, "office": startOffice, "many": manyEnded, "accept-waiting": acceptWaiting},
	})
}

func runForCode(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		code = ended.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// take is the daemon's work on changed rules and one mail, without its servers.
func take(ts *testscript.TestScript, _ bool, args []string) {
	ctx := context.Background()
	cfg, problems := LoadConfig(ts.MkAbs(args[0]))
	if Broken(problems) {
		ts.Fatalf("%v", problems)
	}
	s, err := store.Open(ctx, cfg.Store.URL, store.Options{})
	ts.Check(err)
	defer s.Close()
	o, err := cfg.ticketOptions()
	ts.Check(err)
	o.Store, o.Rules = s, rules.Shipped()
	if set, ok, _, err := ticket.ResumeRules(ctx, s, ticket.SystemClock{}); ok && err == nil {
		o.Rules = set
	}
	o.Templates, err = templates.Load("")
	ts.Check(err)
	desk, err := ticket.NewDesk(ctx, o)
	ts.Check(err)
	set, problems := loadRules(cfg.Rules.Dir)
	if set == nil {
		ts.Fatalf("%v", problems)
	}
	_, _, err = desk.TakeAcceptedRules(ctx, func() (string, error) { return lyingRules(cfg.Rules.Dir) })
	ts.Check(err)
	_, err = desk.ProposeRules(ctx, set)
	ts.Check(err)
	raw := bytes.ReplaceAll([]byte(ts.ReadFile(args[1])), []byte("\n"), []byte("\r\n"))
	uid, _ := strconv.ParseUint(strings.Trim(args[1], "abcdefghijklmnopqrstuvwxyz.-"), 10, 32)
	_, err = desk.Take(ctx, ticket.Fetched{Place: ticket.Place{Mailbox: cfg.Mailboxes[0].Name, Folder: "INBOX", UIDValidity: 1, UID: uint32(uid)},
		InternalDate: time.Now(), Size: int64(len(raw)), Raw: raw})
	ts.Check(err)
	outcome := ticket.Outcome{Result: ticket.Accepted, Code: 250}
	switch {
	case len(args) > 2 && args[2] == "wait":
		return
	case len(args) > 2:
		outcome = ticket.Outcome{Result: ticket.Result(args[2]), Code: 550, Text: "550 5.1.1 no such user", RetryAt: time.Now().Add(time.Hour)}
	}
	due, err := desk.DueOut(ctx, 100)
	ts.Check(err)
	for _, d := range due {
		_, ok, err := desk.Freeze(ctx, d.ID)
		ts.Check(err)
		if ok {
			ts.Check(desk.Delivered(ctx, d.ID, outcome))
		}
	}
}

func startOffice(ts *testscript.TestScript, _ bool, _ []string) {
	o, err := postoffice.Open(postoffice.Options{RequireAuth: true,
		Users: []postoffice.User{{Name: "support", Password: "geheim", Addresses: []string{"support@muster-server.at"}}}})
	ts.Check(err)
	ts.Defer(func() { o.Close() })
	ts.Setenv("IMAP_PORT", port(o.IMAPAddr()))
	ts.Setenv("SMTP_PORT", port(o.SMTPAddr()))
}

func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// TestRunInProcess: a test of another kind can start the whole program within itself.
func TestRunInProcess(t *testing.T) {
	for _, c := range []struct {
		args      []string
		code      int
		out, errs string
	}{
		{[]string{"version"}, exitDone, "notfalld development", ""},
		{[]string{"parse", "-"}, exitDone, `"file":"-"`, ""},
		{[]string{"run", "-c", "nowhere.yaml"}, exitUsage, "", "nowhere.yaml: cannot read"},
		{nil, exitUsage, "", "Usage:"},
	} {
		var out, errs bytes.Buffer
		m := &Main{Stdin: strings.NewReader("Subject: x\n\ny\n"), Stdout: &out, Stderr: &errs, Env: func(string) (string, bool) { return "", false }}
		if code := m.Run(t.Context(), c.args); code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.errs) {
			t.Errorf("%v: exit code %d\n%s\n%s", c.args, code, out.String(), errs.String())
		}
	}
}

// TestParseIsParallelAndOrdered: many files come out in their order, whoever is done first.
func TestParseIsParallelAndOrdered(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for i := range 200 {
		name := dir + "/" + strconv.Itoa(i) + ".eml"
		body := "Subject: Notfall-Support\nMessage-ID: <" + strconv.Itoa(i) + "@x.at>\n\n" + strings.Repeat("web01.firma.at ist weg\n", (200-i)*5)
		if err := os.WriteFile(name, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	p := &mailParser{set: rules.Shipped(), limits: message.DefaultLimits(), perMail: time.Minute}
	i := 0
	for r := range p.all(t.Context(), files) {
		if r.err != nil || r.line.MessageID != strconv.Itoa(i)+"@x.at" {
			t.Fatalf("%d: %v, %q", i, r.err, r.line.MessageID)
		}
		i++
	}
	if i != len(files) {
		t.Errorf("%d of %d", i, len(files))
	}
}

// acceptWaiting is rules accept with the hash that rules status would show.
func acceptWaiting(ts *testscript.TestScript, _ bool, args []string) {
	cfg, problems := LoadConfig(ts.MkAbs(args[0]))
	if Broken(problems) {
		ts.Fatalf("%v", problems)
	}
	s, err := store.Open(context.Background(), cfg.Store.URL, store.Options{ReadOnly: true})
	ts.Check(err)
	r, ok, err := ticket.WaitingRules(context.Background(), s)
	ts.Check(err)
	ts.Check(s.Close())
	if !ok {
		ts.Fatalf("no rule set waits")
	}
	ts.Check(ts.Exec("notfalld", "rules", "accept", r.Hash, "-c", args[0]))
}

// manyEnded triggers emergencies and resolves them.
func manyEnded(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	ctx := context.Background()
	m := &Main{Stdout: ts.Stdout(), Stderr: ts.Stderr(), Env: os.LookupEnv}
	d, s, _, err := m.work(ctx, ts.MkAbs(args[0]))
	ts.Check(err)
	defer s.Close()
	for range n {
		v, _, err := d.Trigger(ctx, ticket.Trigger{Way: ticket.WayCLI, Problem: "test"})
		ts.Check(err)
		id, _ := ticket.ParseEmergencyNumber(v.ID)
		_, err = d.Advance(ctx, id, ticket.Resolved, "test", "")
		ts.Check(err)
	}
}
