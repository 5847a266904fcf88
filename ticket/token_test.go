package ticket_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"notfalld/ticket"
)

// A token says what it was made for, survives what mail does to it, and no other string is one.
func TestToken(t *testing.T) {
	keys := ticket.NewKeys([]byte("secret"))
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]ticket.TokenKind{ticket.CustomerToken, ticket.StaffToken, ticket.BounceToken, ticket.ProbeToken}).Draw(t, "kind")
		id := rapid.Int64Range(0, 1<<32-1).Draw(t, "id")
		holder := rapid.StringMatching(`[a-z]{1,20}@[a-z]{1,10}\.at`).Draw(t, "holder")
		s := keys.Issue(kind, ticket.AboutTicket, id, holder)
		if strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") != "" || len("support+"+s) > 64 {
			t.Fatalf("%q cannot stand in a local part", s)
		}
		before := rapid.SampledFrom([]string{"", "support+", "<", "> NS-10001 · ", "x@y.at, Support+"}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", "@hoster.at", ".nonce@hoster.at>", ". Danke", "\r\n"}).Draw(t, "after")
		for _, form := range []string{s, strings.ToUpper(s)} {
			tok, ok := keys.Find(before+form+after, kind)
			if !ok || tok.ID != id || tok.Kind != kind || !tok.IssuedTo(strings.ToUpper(holder)) || tok.IssuedTo("x"+holder) {
				t.Fatalf("%q: %+v, %v", before+form+after, tok, ok)
			}
		}
		if _, ok := keys.Find(s+"a", kind); ok {
			t.Fatal("a token inside a longer word")
		}
		at := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		other := rapid.SampledFrom(strings.Split("abcdefghijklmnopqrstuvwxyz234567", "")).Draw(t, "other")
		if forged := s[:at] + other + s[at+1:]; forged != s {
			if tok, ok := keys.Read(forged); ok {
				t.Fatalf("one letter changed, and it still verifies: %+v", tok)
			}
		}
		if _, ok := ticket.NewKeys([]byte("another")).Read(s); ok {
			t.Fatal("another secret verifies it")
		}
	})
}

// A kind is part of what is signed: a customer's token is not a staff token with another first letter.
func TestTokenKindIsSigned(t *testing.T) {
	keys := ticket.NewKeys([]byte("secret"))
	s := keys.Issue(ticket.CustomerToken, ticket.AboutTicket, 10001, "a@b.at")
	if _, ok := keys.Read("s" + s[1:]); ok {
		t.Error("a customer's token was read as one of staff")
	}
}

// The first thing that looks like a token need not be one.
func TestTokenBehindNoise(t *testing.T) {
	keys := ticket.NewKeys([]byte("secret"))
	s := keys.Issue(ticket.CustomerToken, ticket.AboutTicket, 10001, "a@b.at")
	noise := "c" + strings.Repeat("a", 32)
	for _, text := range []string{noise + " " + s, noise + "+" + s, noise + " " + noise + " " + s + " " + noise} {
		if _, ok := keys.Find(text, ticket.CustomerToken); !ok {
			t.Errorf("not found in %q", text)
		}
	}
}
