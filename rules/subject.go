package rules

import (
	"slices"
	"strings"
)

// subjectMatch says how a folded subject carries our name: it begins with it, or has it somewhere.
type subjectMatch int

const (
	notOurs subjectMatch = iota
	mentions
	begins
)

// matchSubject compares the subject's beginning, and every place in it, with our names. Words are
// joined without what parts them: "notfall support", "notfall-support" and "notfall/support" are one.
func matchSubject(v *vocabulary, folded string) subjectMatch {
	best := notOurs
	clauses := strings.FieldsFunc(cut(folded, 300), func(r rune) bool { return strings.ContainsRune(":;,()!?|\"", r) })
	for n, clause := range clauses {
		words := splitSubject(clause)
		for i := range words {
			joined := ""
			for j := i; j < len(words) && j < i+4 && len(joined) <= 30; j++ {
				joined += words[j]
				if isOurs(v, joined) {
					if n == 0 && i == 0 {
						return begins
					}
					best = mentions
				}
			}
		}
		// A single word says it as well when nothing stands before it: "Notfall!", "Emergency: …".
		if n == 0 && best == notOurs && len(words) > 0 && v.loneWords[words[0]] {
			best = begins
		}
	}
	return best
}

func splitSubject(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f) })
}

func isOurs(v *vocabulary, joined string) bool {
	for _, s := range v.ourSubjects {
		limit := 1
		if len(s) >= 12 {
			limit = 2
		}
		if d := len(joined) - len(s); d > limit || d < -limit {
			continue
		}
		if joined == s || within(joined, s, limit) {
			return true
		}
	}
	return false
}

// within reports whether a and b differ by at most limit insertions, deletions, substitutions and
// swaps of neighbours (Damerau-Levenshtein, restricted). ASCII.
func within(a, b string, limit int) bool {
	if len(a) > 40 || len(b) > 40 {
		return false
	}
	var rows [3][41]int
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := 0; j <= len(b); j++ {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			least = min(least, d)
		}
		if least > limit {
			return false
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)] <= limit
}

// isOurName reports whether the first two words are the name under which customers write: in it, "emergency" says nothing
// of the mail.
func (d *doc) isOurName(words []word) bool {
	return len(words) > 1 && slices.Contains(d.v.ourSubjects, words[0].fold+words[1].fold)
}
