package message

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEndings reads testdata/endings.txt: texts of which the lines marked "§" are no words of the sender.
func TestEndings(t *testing.T) {
	data, err := os.ReadFile("testdata/endings.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(data), "\n== ")[1:]
	if len(cases) < 50 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		name, body, _ := strings.Cut(c, "\n")
		t.Run(name, func(t *testing.T) {
			var all, text, signature []string
			for _, l := range strings.Split(strings.TrimRight(body, "\n"), "\n") {
				own, marked := strings.CutPrefix(l, "§")
				own = strings.TrimPrefix(own, " ")
				if !marked {
					own = l
					text = append(text, l)
				} else {
					signature = append(signature, own)
				}
				all = append(all, own)
			}
			got := split(strings.Join(all, "\n"), evidence{})
			if d := cmp.Diff(tidy(text), got.text); d != "" {
				t.Errorf("text (-want +got):\n%s", d)
			}
			if d := cmp.Diff(squeeze(tidy(signature)), squeeze(got.signature)); d != "" {
				t.Errorf("signature (-want +got):\n%s", d)
			}
		})
	}
}

// squeeze takes the empty lines out: where parts of a signature meet, they count for nothing.
func squeeze(s string) string { return strings.ReplaceAll(s, "\n\n", "\n") }
