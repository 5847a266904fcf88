package rules

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// clause is a condition that every text holds in which a pattern matches: at least one of its literals,
// within one line and within the match. A pattern needs all its clauses.
type clause []literal

// literal is at least three characters in a row, without line ends, in the spelling of sameCase.
type literal struct {
	text     string
	trigrams []uint32 // their hashes
}

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
	clauses [][]string
}

// possible reports whether the pattern may match; false means that it can not.
func (p *pattern) possible(ix *textIndex) bool { return p.blocks(ix) != 0 }

// blocks are the blocks of a text that may hold a match. If matches can run over lines, it is all or none.
func (p *pattern) blocks(ix *textIndex) uint64 {
	mask := ix.all()
	for _, c := range p.need {
		var holds uint64
		for _, l := range c {
			holds |= ix.blocksOf(l)
		}
		if p.oneLine {
			mask &= holds
			holds = mask
		}
		if holds == 0 {
			return 0
		}
	}
	return mask
}

// needs computes the clauses of an expression without counted repetitions.
func needs(re *syntax.Regexp) []clause {
	p := partsOf(re)
	var out []clause
	for _, words := range p.settle().clauses {
		out = append(out, newClause(words))
	}
	return out
}

func newClause(words []string) clause {
	c := make(clause, len(words))
	for i, w := range words {
		c[i].text = w
		var a, b uint32
		n := 0
		for _, r := range w {
			if n++; n >= trigramLength {
				c[i].trigrams = append(c[i].trigrams, trigram(a, b, uint32(r)))
			}
			a, b = b, uint32(r)
		}
	}
	return c
}

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
		return partsOf(re.Sub[0]).settle()
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
	done := parts{}
	cur := []string{""}
	known := true
	for _, sub := range subs {
		p := partsOf(sub)
		if p.exact != nil && joinable(cur, p.exact) {
			cur = product(cur, p.exact)
			continue
		}
		known = false
		done.clauses = append(done.clauses, parts{exact: cur}.settle().clauses...)
		if p.exact != nil && !vague(p.exact) {
			cur = p.exact
			continue
		}
		done.clauses = append(done.clauses, p.clauses...)
		cur = []string{""}
	}
	if known {
		return parts{exact: cur}
	}
	done.clauses = append(done.clauses, parts{exact: cur}.settle().clauses...)
	return done
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
	var either []string
	for _, p := range all {
		best := bestClause(p.settle().clauses)
		if best == nil || len(either)+len(best) > clauseLiterals {
			return parts{}
		}
		either = union(either, best)
	}
	return parts{clauses: [][]string{either}}
}

// bestClause is the one that will be false most often: long literals, few of them.
func bestClause(list [][]string) []string {
	var best []string
	most := 0
	for _, c := range list {
		shortest := 1 << 20
		for _, s := range c {
			shortest = min(shortest, utf8.RuneCountInString(s))
		}
		if score := 1000*min(shortest, 8) - len(c); best == nil || score > most {
			best, most = c, score
		}
	}
	return best
}

// settle makes a clause of strings that are known, if all are long enough; the strings are given up.
func (p parts) settle() parts {
	if p.exact == nil {
		return p
	}
	var words []string
	for _, s := range p.exact {
		// Trigrams do not reach over line ends: the longest piece stands for the whole.
		piece := longestPiece(s)
		if utf8.RuneCountInString(piece) < trigramLength {
			return parts{clauses: p.clauses}
		}
		words = union(words, []string{piece})
	}
	if len(words) == 0 {
		return parts{clauses: p.clauses}
	}
	return parts{clauses: append(p.clauses, words)}
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
