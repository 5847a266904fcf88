package pattern

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

const (
	// trigramLength: shorter literals are not in the index.
	trigramLength = 3
	// exactStrings is how many strings the parts of an expression are written out to: ORA-0[01] is two.
	exactStrings = 64
	// clauseLiterals is how many literals a clause has at most; more are in nearly every mail.
	clauseLiterals = 256
	// narrowClass is how many characters a class may have to be written out wherever it stands.
	narrowClass = 4
	// wideClass is how many it may have if what stands before it is too short to be looked for alone.
	wideClass = 10
)

// parts is what is known about a part of an expression.
type parts struct {
	exact   []string // all strings that it matches, in the spelling of sameCase; nil if they are not known
	clauses []wordClause
}

// wordClause is a clause in the making.
type wordClause struct {
	words []string
	lead  int // from the beginning of the part
}

// partsOf says what is known about a part of a simplified tree.
func partsOf(re *syntax.Regexp) parts {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return parts{exact: []string{""}}
	case syntax.OpLiteral:
		var b strings.Builder
		for _, r := range re.Rune {
			b.WriteRune(sameCase(r))
		}
		return parts{exact: []string{b.String()}}
	case syntax.OpCharClass:
		return parts{exact: classStrings(re.Rune)}
	case syntax.OpCapture:
		return partsOf(re.Sub[0])
	case syntax.OpQuest:
		p := partsOf(re.Sub[0])
		if p.exact == nil || len(p.exact) >= exactStrings {
			return parts{}
		}
		return parts{exact: union([]string{""}, p.exact)}
	case syntax.OpPlus:
		return partsOf(re.Sub[0]).settle(0)
	case syntax.OpConcat:
		return concatParts(re.Sub)
	case syntax.OpAlternate:
		return alternateParts(re.Sub)
	}
	return parts{} // OpStar, OpAnyChar, OpAnyCharNotNL, OpNoMatch: nothing is known
}

// classStrings are the characters of a small class; nil for others.
func classStrings(ranges []rune) []string {
	n := 0
	for i := 0; i+1 < len(ranges); i += 2 {
		if n += int(ranges[i+1]-ranges[i]) + 1; n > 3*wideClass {
			return nil
		}
	}
	var out []string
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			out = union(out, []string{string(sameCase(r))})
		}
	}
	if len(out) > wideClass {
		return nil
	}
	return out
}

// concatParts joins strings that are known as long as they are few, and makes a clause of them where
// something unknown follows.
func concatParts(subs []*syntax.Regexp) parts {
	var done []wordClause
	cur := []string{""}
	known := true
	lead, curLead := 0, 0 // before this part, and before cur
	for _, sub := range subs {
		p := partsOf(sub)
		switch {
		case p.exact != nil && joinable(cur, p.exact):
			if cur[0] == "" {
				curLead = lead
			}
			cur = product(cur, p.exact)
		default:
			known = false
			done = append(done, parts{exact: cur}.settle(curLead).clauses...)
			cur, curLead = []string{""}, lead
			if p.exact != nil && !vague(p.exact) {
				cur = p.exact
				break
			}
			for _, c := range p.clauses {
				c.lead += lead
				done = append(done, c)
			}
		}
		lead += lineRuns(sub)
	}
	if known {
		return parts{exact: cur}
	}
	return parts{clauses: append(done, parts{exact: cur}.settle(curLead).clauses...)}
}

// joinable reports whether writing out both is of use: a class of many characters is joined only to
// what is too short without.
func joinable(left, right []string) bool {
	if len(left)*len(right) > exactStrings {
		return false
	}
	return !vague(right) || !longEnough(left) && left[0] != ""
}

// vague strings are those of a class with more than a few characters.
func vague(list []string) bool {
	if len(list) <= narrowClass {
		return false
	}
	for _, s := range list {
		if utf8.RuneCountInString(s) > 1 {
			return false
		}
	}
	return true
}

func product(left, right []string) []string {
	if len(left) == 1 && left[0] == "" {
		return right
	}
	var out []string
	for _, l := range left {
		for _, r := range right {
			out = append(out, l+r)
		}
	}
	return union(nil, out)
}

// alternateParts needs one of the alternatives: of each its best clause.
func alternateParts(subs []*syntax.Regexp) parts {
	all := make([]parts, len(subs))
	exact := []string{}
	for i, sub := range subs {
		all[i] = partsOf(sub)
		if exact == nil || all[i].exact == nil || len(exact)+len(all[i].exact) > exactStrings {
			exact = nil
			continue
		}
		exact = union(exact, all[i].exact)
	}
	if exact != nil {
		return parts{exact: exact}
	}
	var either wordClause
	for _, p := range all {
		best, ok := bestClause(p.settle(0).clauses)
		if !ok || len(either.words)+len(best.words) > clauseLiterals {
			return parts{}
		}
		either.words = union(either.words, best.words)
		either.lead = max(either.lead, best.lead)
	}
	return parts{clauses: []wordClause{either}}
}

// bestClause is the one that will be false most often: long literals, few of them.
func bestClause(list []wordClause) (best wordClause, ok bool) {
	most := 0
	for i, c := range list {
		shortest := 1 << 20
		for _, s := range c.words {
			shortest = min(shortest, utf8.RuneCountInString(s))
		}
		if score := 1000*min(shortest, 8) - len(c.words); i == 0 || score > most {
			best, most = c, score
		}
	}
	return best, len(list) > 0
}

// settle makes a clause of strings that are known, if all are long enough; the strings are given up. lead
// is that of what stands before them.
func (p parts) settle(lead int) parts {
	if p.exact == nil {
		return p
	}
	c := wordClause{lead: lead}
	for _, s := range p.exact {
		// Trigrams do not reach over line ends: the longest piece stands for the whole.
		piece := longestPiece(s)
		if utf8.RuneCountInString(piece) < trigramLength {
			return parts{}
		}
		c.words = union(c.words, []string{piece})
		c.lead = max(c.lead, lead+strings.Count(s, "\n"))
	}
	return parts{clauses: []wordClause{c}}
}

func longestPiece(s string) string {
	best := ""
	for piece := range strings.SplitSeq(s, "\n") {
		if utf8.RuneCountInString(piece) > utf8.RuneCountInString(best) {
			best = piece
		}
	}
	return best
}

func longEnough(list []string) bool {
	for _, s := range list {
		if utf8.RuneCountInString(longestPiece(s)) < trigramLength {
			return false
		}
	}
	return true
}

// union adds what is not yet there, in order.
func union(list, more []string) []string {
	have := make(map[string]bool, len(list))
	for _, s := range list {
		have[s] = true
	}
	for _, s := range more {
		if !have[s] {
			have[s] = true
			list = append(list, s)
		}
	}
	return list
}
