package rules

import (
	"testing"

	"notfalld/message"
)

// TestAnswersInProse: testdata/answers_prose.txt says of texts without headings which questions they answer.
func TestAnswersInProse(t *testing.T) {
	for _, c := range readTable(t, "testdata/answers_prose.txt", " | ", 2, 60) {
		_, reproduction, changes := answers(Shipped().newDoc(t.Context(), &message.Mail{Text: c[1]}, World{}), nil)
		got := ""
		if reproduction != "" {
			got += "r"
		}
		if changes != "" {
			got += "c"
		}
		if got == "" {
			got = "-"
		}
		if got != c[0] {
			t.Errorf("%q: %s, wanted %s (%q, %q)", c[1], got, c[0], reproduction, changes)
		}
	}
}
