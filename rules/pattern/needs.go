package pattern

import "regexp/syntax"

// clause is a condition on every text in which a pattern matches: it holds at least one of the literals,
// within one line and within the match. A pattern needs all its clauses.
type clause struct {
	any  []literal
	lead int // see lineRuns: over how many the match may have come from its beginning to the literal
}

// literal is at least three characters in a row, without line ends, in the spelling of sameCase.
type literal struct {
	text     string
	trigrams []uint32 // their hashes
}

// Possible reports whether the pattern may match; false means that it can not.
func (p *Pattern) Possible(ix *Index) bool { return p.blocks(ix) != 0 }

// blocks are the blocks of a text in which a match may begin. Where no literal stands near the beginning of
// a match, it is all blocks or none.
func (p *Pattern) blocks(ix *Index) uint64 {
	mask := ix.all()
	for i := range p.need {
		c := &p.need[i]
		var holds uint64
		for _, l := range c.any {
			holds |= ix.blocksOf(l)
		}
		if holds == 0 {
			return 0
		}
		if p.lines != anyLines && c.lead < farRuns {
			if mask &= ix.above(holds, c.lead); mask == 0 {
				return 0
			}
		}
	}
	return mask
}

// needs computes the clauses of an expression without counted repetitions.
func needs(re *syntax.Regexp) []clause {
	var out []clause
	for _, c := range partsOf(re).settle(0).clauses {
		out = append(out, newClause(c))
	}
	return out
}

func newClause(w wordClause) clause {
	c := clause{any: make([]literal, len(w.words)), lead: w.lead}
	for i, word := range w.words {
		l := &c.any[i]
		l.text = word
		var a, b uint32
		n := 0
		for _, r := range word {
			if n++; n >= trigramLength {
				l.trigrams = append(l.trigrams, trigram(a, b, uint32(r)))
			}
			a, b = b, uint32(r)
		}
	}
	return c
}
