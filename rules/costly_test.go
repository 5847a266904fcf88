package rules

import (
	"strings"
	"testing"

	"notfalld/message"
)

// TestCostlyPattern: a pattern that matches everywhere is not followed everywhere, the mail is understood, and says
// that something was not looked at.
func TestCostlyPattern(t *testing.T) {
	s, err := Load([]File{{Name: "costly.yaml", Text: []byte("extract:\n  - {name: costly, pattern: 'xaa (?P<error>yyy)'}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	m := &message.Mail{Subject: "Notfall-Support", Text: "web01.firma.at ist weg\n" + strings.Repeat("xaa yyy\n", 20_000)}
	f, err := s.Understand(t.Context(), m, World{})
	if err != nil || f.Class != Emergency || len(f.Servers) != 1 {
		t.Fatalf("%s %v %v", f.Class, f.Servers, err)
	}
	if len(f.Cut) != 1 || f.Cut[0].What != CutPattern || f.Cut[0].Source != "body" {
		t.Errorf("cut: %v", f.Cut)
	}
}
