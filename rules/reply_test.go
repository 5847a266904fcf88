package rules

import (
	"strings"
	"testing"

	"notfalld/message"
)

// TestReply: who is answered, and which header or pattern the reason names.
func TestReply(t *testing.T) {
	w := World{
		Own:    []string{"support@firma.at"},
		Staff:  []string{"anna@firma.at"},
		Groups: []Group{{Address: "hilfe@firma.at", ListID: "hilfe.firma.at"}},
	}
	cases := []struct {
		name, header string
		send         bool
		reason       string
	}{
		{"human", "From: eva@kunde.de", true, "human"},
		{"human with one Reply-To", "From: eva@kunde.de\nReply-To: eva@privat.example", true, "human"},
		{"plus address", "From: eva+x@kunde.de", true, "human"},
		{"no From", "Sender: eva@kunde.de", false, "From"},
		{"empty From", "From: <>", false, "From"},
		{"two From", "From: eva@kunde.de, max@kunde.de", false, "From: 2"},
		{"two Reply-To", "From: eva@kunde.de\nReply-To: a@kunde.de, b@kunde.de", false, "Reply-To: 2"},
		{"our own", "From: support@firma.at", false, "our own"},
		{"our own, tagged", "From: Support+ns10017@Firma.AT", false, "our own"},
		{"reply to us", "From: eva@kunde.de\nReply-To: support@firma.at", false, "Reply-To"},
		{"staff", "From: Anna <ANNA@firma.at>", false, "staff"},
		{"to himself, we in Bcc", "From: max@kunde.de\nTo: max@kunde.de", true, "human"},
		{"root", "From: root@web01.kunde.de", false, "daemon"},
		{"postmaster", "From: postmaster@kunde.de", false, "daemon"},
		{"reply to nobody", "From: eva@kunde.de\nReply-To: no-reply@kunde.de", false, "program"},
		{"our mark", "From: eva@kunde.de\nX-Notfalld: v1 abc", false, "X-Notfalld"},
		{"null sender", "From: eva@kunde.de\nReturn-Path: <>", false, "Return-Path"},
		{"list", "From: eva@kunde.de\nList-Id: <news.kunde.de>", false, "List-Id"},
		{"suppress", "From: eva@kunde.de\nX-Auto-Response-Suppress: All", false, "X-Auto-Response-Suppress"},
		{"loop", "From: eva@kunde.de\nX-Loop: x", false, "X-Loop"},
		{"autoreply", "From: eva@kunde.de\nAuto-Submitted: auto-replied", false, "class auto"},
		{"through our group", "From: eva@kunde.de\nTo: hilfe@firma.at\nReturn-Path: <>\nList-Id: <hilfe.firma.at>\nPrecedence: list", true, "human"},
		{"From rewritten to the group", "From: \"Eva via Hilfe\" <hilfe@firma.at>\nReply-To: eva@kunde.de\nList-Id: <hilfe.firma.at>", true, "human"},
		{"From rewritten, original kept", "From: hilfe@firma.at\nX-Original-From: Eva <eva@kunde.de>\nList-Id: <hilfe.firma.at>", true, "human"},
		{"From rewritten, author lost", "From: hilfe@firma.at\nList-Id: <hilfe.firma.at>", false, "rewritten"},
		{"From rewritten, staff wrote", "From: hilfe@firma.at\nX-Original-From: anna@firma.at\nList-Id: <hilfe.firma.at>", false, "staff"},
	}
	for _, c := range cases {
		to := "To: support@firma.at\n"
		if strings.Contains(c.header, "\nTo: ") {
			to = ""
		}
		m := message.Parse([]byte(c.header+"\n"+to+"Subject: Notfall-Support\n\nServer weg, bitte um Rückruf\n"), message.DefaultLimits())
		f, err := Shipped().Understand(t.Context(), m, w)
		if err != nil {
			t.Fatal(err)
		}
		if f.Reply.Send != c.send || !strings.Contains(f.Reply.Reason, c.reason) {
			t.Errorf("%s: %+v, wanted %v because of %q", c.name, f.Reply, c.send, c.reason)
		}
	}
}

// Where nobody says which addresses are ours (notfalld parse without a configuration), the one that the mail was sent to is.
func TestReplyWithoutOwnAddresses(t *testing.T) {
	m := message.Parse([]byte("From: support@firma.at\nTo: support@firma.at\nReply-To: eva@kunde.de\nSubject: Notfall-Support\n\nServer weg\n"), message.DefaultLimits())
	f, err := Shipped().Understand(t.Context(), m, World{})
	if err != nil || f.Reply.Send || !strings.Contains(f.Reply.Reason, "sent to") {
		t.Errorf("%+v, %v", f.Reply, err)
	}
}

func TestAuthor(t *testing.T) {
	groups := []Group{{Address: "hilfe@firma.at"}}
	for header, want := range map[string]string{
		"From: Eva <eva@Kunde.DE>":                                                       "Eva <eva@kunde.de>",
		"From: eva@kunde.de\nReply-To: x@y.de":                                           " <eva@kunde.de>",
		"From: hilfe@firma.at\nReply-To: Eva <eva@kunde.de>":                             "Eva <eva@kunde.de>",
		"From: hilfe@firma.at\nX-Original-From: \"Eva H\" <eva@Kunde.de>\nReply-To: z@y": "Eva H <eva@kunde.de>",
		"From: hilfe@firma.at\nX-Original-From: a@b, c@d\nReply-To: eva@kunde.de":        " <eva@kunde.de>",
		"From: hilfe@firma.at\nReply-To: hilfe@firma.at":                                 "",
		"From: hilfe@firma.at\nReply-To: a@b.at, c@d.at":                                 "",
		"From: a@b.at, c@d.at":                                                           "",
		"Subject: x":                                                                     "",
	} {
		m := message.Parse([]byte(header+"\n\nx"), message.DefaultLimits())
		a, ok := Author(m, groups)
		got := ""
		if ok {
			got = a.Name + " <" + a.Address + ">"
		}
		if got != want {
			t.Errorf("%q: %q, wanted %q", header, got, want)
		}
	}
}
