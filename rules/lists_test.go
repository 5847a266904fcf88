package rules

import (
	"os"
	"regexp"
	"testing"
)

// TestTokenLists: what newVocabulary compares as a whole is what tokenLists names, so that the check of phrases holds for
// the others and for no one else.
func TestTokenLists(t *testing.T) {
	code, err := os.ReadFile("lists.go")
	if err != nil {
		t.Fatal(err)
	}
	whole := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:\bset\(|folded\(lists\[)"([a-z-]+)"`).FindAllStringSubmatch(string(code), -1) {
		whole[m[1]] = true
		if !tokenLists[m[1]] {
			t.Errorf("%s is compared as a whole, and tokenLists has it not", m[1])
		}
	}
	for name := range tokenLists {
		if !whole[name] {
			t.Errorf("tokenLists has %s, and nothing compares it as a whole", name)
		}
	}
	if len(whole) < 20 {
		t.Errorf("%d lists found in lists.go", len(whole))
	}
}
