package main

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"notfalld/ticket"
)

// TestEmergencyList prints the emergencies of testdata/emergencies/*.txtar as people see them on 80 columns. In colour it is the same
// text.
func TestEmergencyList(t *testing.T) {
	files, err := filepath.Glob("testdata/emergencies/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(f)
			if err != nil || len(a.Files) != 3 {
				t.Fatalf("%v: want now, emergencies.json and want", err)
			}
			now, err := time.Parse(time.RFC3339, strings.TrimSpace(string(a.Files[0].Data)))
			if err != nil {
				t.Fatal(err)
			}
			var list []ticket.EmergencyView
			if err := json.Unmarshal(a.Files[1].Data, &list); err != nil {
				t.Fatal(err)
			}
			sortByClock(list, now)
			var plain, coloured bytes.Buffer
			page{&plain, Term{Width: 80}, time.UTC}.emergencies(list, now)
			if diff := cmp.Diff(string(a.Files[2].Data), plain.String()); diff != "" {
				t.Errorf("- wanted, + got\n%s", diff)
			}
			for l := range strings.SplitSeq(plain.String(), "\n") {
				if displayWidth(l) > 80 {
					t.Errorf("%d columns: %s", displayWidth(l), l)
				}
			}
			page{&coloured, Term{Width: 80, Color: true}, time.UTC}.emergencies(list, now)
			bare := strings.NewReplacer("\x1b[0m", "", "\x1b[1m", "", "\x1b[2m", "", "\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "").Replace(coloured.String())
			if coloured.String() == plain.String() || bare != plain.String() {
				t.Errorf("in colour it says something else:\n%q", coloured.String())
			}
		})
	}
}

// TestIDs: what is a number of a ticket or an emergency, and what is said of everything else.
func TestIDs(t *testing.T) {
	for _, c := range []struct {
		given         string
		ticket, alarm string // "": it is one, else what is said
	}{
		{"NS-10001", "", "is a ticket; here an emergency is wanted"},
		{"ns-10001", "", "NS-10001 is a ticket"},
		{" NE-10002 ", "is an emergency; here a ticket is wanted", ""},
		{"10003", "", ""},
		{"NS10001", "did you mean NS-10001?", "is no emergency; write it as NE-10001"},
		{"ne 10001", "is no ticket; write it as NS-10001", "did you mean NE-10001?"},
		{"NE–10001", "is no ticket; write", "did you mean NE-10001?"},
		{"[NS-10001]", "did you mean NS-10001?", "is no emergency; write"},
		{"#10001", "did you mean NS-10001?", "did you mean NE-10001?"},
		{"N-10001", "did you mean", "did you mean"},
		{"NS-9", "is no ticket; write", "is no emergency; write"},
		{"NS-NE-10001", "is no ticket", "is no emergency"},
		{"NS-10001x", "is no ticket; write", "is no emergency; write"},
		{"NE-99999999999999999999", "is no ticket", "is no emergency"},
		{"-10001", "did you mean NS-10001?", "did you mean NE-10001?"},
		{"+10001", "did you mean", "did you mean"},
		{"", "is no ticket; write", "is no emergency; write"},
		{"\x1b[2J", "is no ticket", "is no emergency"},
	} {
		_, err := ticketIDs([]string{c.given})
		wantSaid(t, c.given, err, c.ticket)
		_, err = emergencyIDs([]string{c.given})
		wantSaid(t, c.given, err, c.alarm)
	}
}

func wantSaid(t *testing.T, given string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%q: %v", given, err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("%q: said %v, want %q", given, err, want)
	}
}

// TestSignalText: each kind of signal has words of its own, and an unknown one is still told.
func TestSignalText(t *testing.T) {
	for _, c := range []struct {
		s    ticket.Signal
		want string
	}{
		{ticket.Signal{Kind: "token", Value: "NE-10001", Weight: 1000, Why: "our token is in the mail"}, "our token of NE-10001 came back (1000)"},
		{ticket.Signal{Kind: "number", Value: "NE-10001", Weight: 60, Why: "the number is in the mail"}, "the mail names NE-10001 (60)"},
		{ticket.Signal{Kind: "customer_number", Value: "104711", Weight: 80}, "customer number 104711 in both (80)"},
		{ticket.Signal{Kind: "owner", Value: "104711", Weight: 60, Why: "by the inventory"}, "customer 104711 in both: by the inventory (60)"},
		{ticket.Signal{Kind: "domain", Value: "firma.at", Weight: 70}, "domain firma.at in both (70)"},
		{ticket.Signal{Kind: "near", Weight: 30, Why: "the mail came 3 min after the trigger"}, "near in time: the mail came 3 min after the trigger (30)"},
		{ticket.Signal{Kind: "contradiction", Why: "the mail is about customer 1, the emergency about 2"}, "against it: the mail is about customer 1, the emergency about 2"},
		{ticket.Signal{Kind: "moon_phase", Value: "full", Weight: 5}, "moon_phase full (5)"},
	} {
		if got := signalText(c.s); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
