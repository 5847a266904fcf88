package rules

import (
	"os"
	"strings"
	"testing"

	"notfalld/message"
)

// TestClassesOfMails: whole mails of families that are easily mistaken for each other, by testdata/classes_mails.txt.
func TestClassesOfMails(t *testing.T) {
	b, err := os.ReadFile("testdata/classes_mails.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(b), "\n== ")[1:]
	if len(cases) < 78 {
		t.Fatalf("%d cases, wanted 78 at least", len(cases))
	}
	w := World{Own: []string{"support@notfall-hoster.at"}, Inventory: testInventory(t)}
	failed := 0
	for _, c := range cases {
		head, mail, _ := strings.Cut(c, "\n")
		f := strings.Split(head, " | ")
		m := message.Parse([]byte(strings.ReplaceAll("To: support@notfall-hoster.at\nDate: Tue, 02 Jun 2026 09:14:33 +0200\n"+mail, "\n", "\r\n")), message.DefaultLimits())
		got, trace, err := Shipped().Explain(t.Context(), m, w)
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Class) != f[1] || got.Reply.Send != (f[2] == "yes") {
			failed++
			t.Errorf("%s: %s, answered %v (%s); wanted %s, %s", f[0], got.Class, got.Reply.Send, got.Automatic.Why, f[1], f[2])
			for _, s := range trace.Steps {
				if s.Fact == "class" && s.Taken {
					t.Logf("  %+d %s: %s", s.Weight, s.Rule, s.Why)
				}
			}
		}
	}
	t.Logf("%d of %d as wanted", len(cases)-failed, len(cases))
}
