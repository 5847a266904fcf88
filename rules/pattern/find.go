package pattern

import "strings"

// findChunk is how many bytes are looked at in one go where matches stay within lines: regexp is
// fastest on short texts, and the work behind an early end is small.
const findChunk = 4 << 10

// Find calls each with the matches in a text in order, which do not overlap, until it says false. It
// reports false if a limit kept it from looking everywhere (see maxMatches and maxWork).
func (p *Pattern) Find(text string, each func(Match) bool) (whole bool) {
	s := newSearch(p, text, each)
	if p.lines != withinLine {
		s.window(0, len(s.text))
		return s.whole
	}
	for from := 0; from < len(s.text) && !s.ended; {
		to := chunkEnd(s.text, from)
		s.window(from, to)
		from = to
	}
	return s.whole
}

// Matches says whether the pattern matches somewhere in a short text.
func (p *Pattern) Matches(text string) bool {
	found := false
	p.Find(text, func(Match) bool { found = true; return false })
	return found
}

// FindIn is Find in a text that has an index: it looks only where the pattern is possible.
func (p *Pattern) FindIn(ix *Index, each func(Match) bool) (whole bool) {
	mask := p.blocks(ix)
	if mask == 0 {
		return true
	}
	s := newSearch(p, ix.text, each)
	if p.lines == anyLines {
		if s.reach(0, len(s.text)); s.threads.matched {
			s.window(0, len(s.text))
		}
		return s.whole
	}
	from, to := -1, -1 // the window so far
	for i := range ix.ends {
		if mask&(1<<i) == 0 {
			continue
		}
		begin, end := ix.block(i)
		if begin >= len(s.text) || s.ended || s.exhausted() {
			break
		}
		end = s.reach(begin, min(end, len(s.text)))
		if !s.threads.matched && begin >= to {
			continue
		}
		if begin < to || begin == to && to-from < findChunk {
			to = max(to, end)
			continue
		}
		if from >= 0 {
			s.window(from, to)
		}
		from, to = begin, end
	}
	if from >= 0 && !s.ended {
		s.window(from, to)
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

// search is one run over a text, window by window. No match reaches from one window into another.
type search struct {
	p       *Pattern
	text    string
	each    func(Match) bool
	matches int // left
	work    int // left
	ended   bool
	whole   bool
	threads threads
}

func newSearch(p *Pattern, text string, each func(Match) bool) search {
	seen := cut(text, maxWork/p.size)
	if i := strings.LastIndexByte(seen, '\n'); i >= 0 && len(seen) < len(text) {
		seen = seen[:i+1]
	}
	return search{p: p, text: seen, each: each, matches: maxMatches, work: maxLooks * maxWork, whole: len(seen) == len(text), threads: threads{m: &p.machine}}
}

// exhausted ends the search where the work is done that one pattern may cost.
func (s *search) exhausted() bool {
	if s.work > 0 {
		return false
	}
	s.ended, s.whole = true, false
	return true
}

// reach tries what begins in a block. It is the end of the block, or of the last line that a try entered:
// whether the text goes on behind makes no difference to these tries.
func (s *search) reach(from, to int) int {
	enough := s.p.lines != someLines
	end := s.threads.run(s.text, from, to, enough)
	s.work -= (end - from) * s.p.size
	if enough {
		return to
	}
	return max(to, lineEnd(s.text, end))
}

// window looks at one piece of the text, whole lines or all of it.
func (s *search) window(from, to int) {
	if s.exhausted() {
		return
	}
	text := s.text[from:to]
	cost := (len(text) + 1) * s.p.size
	first := s.p.re.FindStringSubmatchIndex(text)
	s.work -= cost
	if first == nil {
		return
	}
	if s.matches == 0 {
		s.ended, s.whole = true, false
		return
	}
	if !s.emit(first, from) {
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
		if !s.emit(m, from) {
			return
		}
	}
	if len(list) == n {
		s.ended, s.whole = true, false
	}
}

// emit hands one match out.
func (s *search) emit(m []int, at int) bool {
	out := Match{From: at + m[0], To: at + m[1]}
	for _, g := range s.p.groups {
		if from := m[2*g.index]; from >= 0 {
			out.Captures = append(out.Captures, Capture{g.name, at + from, at + m[2*g.index+1]})
		}
	}
	s.matches--
	if !s.each(out) {
		s.ended = true
		return false
	}
	return true
}
