package rules

import (
	"testing"

	"notfalld/message"
)

// Two Subject fields: whichever a client shows, the customer behind them is not to wait.
func TestTwoSubjects(t *testing.T) {
	for header, want := range map[string]Class{
		"Subject: Frage\nSubject: Notfall-Support":         Emergency,
		"Subject: Notfall-Support\nSubject: Frage":         Emergency,
		"Subject: Frage\nSubject: Angebot für Sie im März": Other,
	} {
		m := message.Parse([]byte("From: eva@kunde.de\nTo: support@firma.at\n"+header+"\n\nbitte um Info\n"), message.DefaultLimits())
		f, err := Shipped().Understand(t.Context(), m, World{Own: []string{"support@firma.at"}})
		if err != nil || f.Class != want {
			t.Errorf("%q: %s, %v", header, f.Class, err)
		}
	}
}
