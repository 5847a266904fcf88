package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"notfalld/rules"
	"notfalld/ticket"
)

// What is missing is said of the mails of customers and their machines, not of answers of ours.
func TestShowSaysWhatIsMissing(t *testing.T) {
	facts, err := json.Marshal(rules.Line{Text: "Wir sehen nach.", Missing: []string{rules.MissingPhone}})
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[ticket.MailKind]bool{ticket.CustomerMail: true, ticket.MachineMail: true, ticket.StaffMail: false, ticket.UnverifiedMail: false} {
		var b bytes.Buffer
		page{w: &b, tm: Term{Width: 80}, in: time.UTC}.mail(ticket.MailView{Kind: kind, From: "anna@notfall-hoster.at", Facts: facts})
		if got := strings.Contains(b.String(), "missing"); got != want {
			t.Errorf("%s: says what is missing: %v\n%s", kind, got, b.String())
		}
		if !strings.Contains(b.String(), "Wir sehen nach.") {
			t.Errorf("%s: no text in\n%s", kind, b.String())
		}
	}
}
