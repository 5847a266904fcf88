package rules

import (
	"path/filepath"
	"testing"
)

// TestSieve: what the sieve of a lexicon lets through and keeps back changes nothing that is found: words without a hash
// are looked up in any case.
func TestSieve(t *testing.T) {
	files, _ := filepath.Glob("testdata/mails/*/*.eml")
	v := Shipped().v
	lexicons := []*lexicon{Shipped().hintWords, Shipped().decisionWords, v.errorWords, v.saysChange, v.stopWords, v.customerLabels, v.services, newLexicon([]string{"a*", "der server", "*"})}
	found := 0
	for _, file := range files {
		m, _ := readMail(t, file)
		words := splitWords(m.Text)
		bare := make([]word, len(words))
		for i, w := range words {
			bare[i] = word{fold: w.fold, from: w.from, to: w.to}
		}
		for k, l := range lexicons {
			var with, without []match
			l.find(words, func(x match) bool { with = append(with, x); return true })
			l.find(bare, func(x match) bool { without = append(without, x); return true })
			if len(with) != len(without) {
				t.Fatalf("%s: lexicon %d finds %d phrases by the sieve, and %d without", file, k, len(with), len(without))
			}
			found += len(with)
		}
	}
	if found < 1000 {
		t.Errorf("%d phrases found in all mails", found)
	}
}
