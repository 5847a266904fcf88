package message

import (
	"strings"
	"testing"
)

// TestPhraseIndex: one pass finds exactly the phrases that stand in a text.
func TestPhraseIndex(t *testing.T) {
	if n := len(textPhrases.phrases); n > 64*len(phraseHits{}) {
		t.Fatalf("%d phrases, more than the bits of phraseHits", n)
	}
	for _, p := range textPhrases.phrases {
		if fold("x"+p+"x") != "x"+p+"x" {
			t.Errorf("phrase %q is not folded", p)
		}
	}
	for _, c := range automaticCases(t) {
		text := fold(c.mail)
		hits := textPhrases.in(text)
		for n, p := range textPhrases.phrases {
			if got := hits[n>>6]&(1<<(n&63)) != 0; got != strings.Contains(text, p) {
				t.Errorf("%s: phrase %q found: %v", c.name, p, got)
			}
		}
	}
	for n := range textPhrases.phrases { // every phrase at the very end, and one byte short
		p := textPhrases.phrases[n]
		if hits := textPhrases.in("a " + p); hits[n>>6]&(1<<(n&63)) == 0 {
			t.Errorf("phrase %q not found at the end", p)
		}
		if hits := textPhrases.in("a " + p[:len(p)-1]); hits[n>>6]&(1<<(n&63)) != 0 {
			t.Errorf("phrase %q found though cut", p)
		}
	}
}
