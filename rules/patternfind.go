package rules

import "strings"

// findChunk is how many bytes are looked at in one go where matches stay within lines: regexp is
// fastest on short texts, and the work behind an early end is small.
const findChunk = 4 << 10

// find calls each with the matches in a text in order, which do not overlap, until it says false. It
// reports false if a limit kept it from looking everywhere (see patternMatches and patternWork).
func (p *pattern) find(text string, each func(patternMatch) bool) (whole bool) {
	s := search{p: p, each: each, matches: patternMatches, work: patternWork, whole: true}
	if !p.oneLine {
		s.window(text, 0)
		return s.whole
	}
	for from := 0; from < len(text) && !s.ended; {
		to := chunkEnd(text, from)
		s.window(text[from:to], from)
		from = to
	}
	return s.whole
}

// findIn is find in a text that has an index: only where the pattern is possible is it tried.
func (p *pattern) findIn(ix *textIndex, each func(patternMatch) bool) (whole bool) {
	mask := p.blocks(ix)
	if mask == 0 {
		return true
	}
	if !p.oneLine || len(p.need) == 0 {
		return p.find(ix.text, each)
	}
	s := search{p: p, each: each, matches: patternMatches, work: patternWork, whole: true}
	for i := 0; i < len(ix.ends) && !s.ended; i++ {
		if mask&(1<<i) == 0 {
			continue
		}
		from := 0
		if i > 0 {
			from = ix.ends[i-1]
		}
		for i+1 < len(ix.ends) && mask&(1<<(i+1)) != 0 && ix.ends[i]-from < findChunk {
			i++
		}
		s.window(ix.text[from:ix.ends[i]], from)
	}
	return s.whole
}

// chunkEnd is the end of the line in which a chunk is full.
func chunkEnd(text string, from int) int {
	at := from + findChunk
	if at >= len(text) {
		return len(text)
	}
	i := strings.IndexByte(text[at:], '\n')
	if i < 0 {
		return len(text)
	}
	return at + i + 1
}

// search is one run over a text, window by window.
type search struct {
	p       *pattern
	each    func(patternMatch) bool
	matches int // left
	work    int // left
	ended   bool
	whole   bool
}

// window looks at one piece of the text that begins at offset at.
func (s *search) window(text string, at int) {
	if most := s.work / s.p.size; len(text) >= most {
		text = cut(text, max(most-1, 0))
		s.ended, s.whole = true, false
	}
	cost := (len(text) + 1) * s.p.size
	first := s.p.re.FindStringSubmatchIndex(text)
	s.work -= cost
	if first == nil || !s.emit(first, at) {
		return
	}
	// Most callers want no more than the first match, so that one was looked for alone. It is found
	// again: regexp can not go on in the middle of a text, because it must see what stands before.
	n := min(s.matches+2, s.work/cost)
	if n < 2 {
		s.ended, s.whole = true, false
		return
	}
	list := s.p.re.FindAllStringSubmatchIndex(text, n)
	s.work -= cost * len(list)
	for _, m := range list[1:min(len(list), n-1)] {
		if !s.emit(m, at) {
			return
		}
	}
	if len(list) == n {
		s.ended, s.whole = true, false
	}
}

// emit hands one match out.
func (s *search) emit(m []int, at int) bool {
	out := patternMatch{from: at + m[0], to: at + m[1]}
	for _, g := range s.p.captures {
		if from := m[2*g.index]; from >= 0 {
			out.captures = append(out.captures, patternCapture{g.name, at + from, at + m[2*g.index+1]})
		}
	}
	s.matches--
	if !s.each(out) {
		s.ended = true
		return false
	}
	return true
}
