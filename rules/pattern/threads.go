package pattern

import (
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"
)

// machine is a program prepared for threads.
type machine struct {
	prog  *syntax.Prog
	takes []asciiSet // for each instruction the ASCII characters that it consumes
	first asciiSet   // the ASCII characters with which a match may begin
}

type asciiSet [2]uint64

func (s *asciiSet) add(lo, hi rune) {
	for r := max(lo, 0); r <= min(hi, unicode.MaxASCII); r++ {
		s[r>>6] |= 1 << (r & 63)
	}
}

func (s *asciiSet) has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

func newMachine(prog *syntax.Prog) machine {
	m := machine{prog: prog, takes: make([]asciiSet, len(prog.Inst))}
	for pc := range prog.Inst {
		in := &prog.Inst[pc]
		set := &m.takes[pc]
		switch in.Op {
		case syntax.InstRuneAny:
			set.add(0, unicode.MaxASCII)
		case syntax.InstRuneAnyNotNL:
			set.add(0, '\n'-1)
			set.add('\n'+1, unicode.MaxASCII)
		case syntax.InstRune, syntax.InstRune1:
			for i := 0; i+1 < len(in.Rune); i += 2 {
				set.add(in.Rune[i], in.Rune[i+1])
			}
			if len(in.Rune) == 1 {
				r := in.Rune[0]
				set.add(r, r)
				if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
					for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
						set.add(f, f)
					}
				}
			}
		}
	}
	t := threads{m: &m, now: []uint32{uint32(prog.Start)}, seen: make([]uint32, len(prog.Inst))}
	t.follow(^syntax.EmptyOp(0))
	for _, pc := range t.ready {
		m.first[0] |= m.takes[pc][0]
		m.first[1] |= m.takes[pc][1]
	}
	return m
}

// threads runs a program without captures and without preferences, to learn whether tries that begin in
// some lines match, and how far they go. Regexp does not tell how far, and needs several times as long to
// say no.
type threads struct {
	m       *machine
	now     []uint32 // instructions, before conditions are asked
	ready   []uint32 // instructions that take a character
	matched bool
	seen    []uint32 // for each instruction the round in which it was added
	round   uint32
	stack   []uint32
}

// run follows all tries that begin between from and to until none is left, or, if the first match is
// enough, until it is found.
func (t *threads) run(text string, from, to int, enough bool) (end int) {
	if t.seen == nil {
		t.seen = make([]uint32, len(t.m.prog.Inst))
	}
	t.now, t.matched = t.now[:0], false
	before := rune(-1)
	if from > 0 {
		before, _ = utf8.DecodeLastRuneInString(text[:from])
	}
	at := from
	for {
		if len(t.now) == 0 {
			skip := t.skip(text, at, to)
			if skip >= to {
				return max(at, to)
			}
			if skip > at {
				before, _ = utf8.DecodeLastRuneInString(text[:skip])
				at = skip
			}
		}
		r, n := rune(-1), 0
		if at < len(text) {
			if r, n = rune(text[at]), 1; r >= utf8.RuneSelf {
				r, n = utf8.DecodeRuneInString(text[at:])
			}
		}
		if at < to && (r >= utf8.RuneSelf || r >= 0 && t.m.first.has(byte(r))) {
			t.now = append(t.now, uint32(t.m.prog.Start))
		}
		t.follow(syntax.EmptyOpContext(before, r))
		if n == 0 || t.matched && enough {
			return at
		}
		t.take(r)
		before, at = r, at+n
	}
}

// skip is the next position before to at which a match may begin.
func (t *threads) skip(text string, at, to int) int {
	for at < to && text[at] < utf8.RuneSelf && !t.m.first.has(text[at]) {
		at++
	}
	return at
}

// follow goes on without a character, where the conditions that hold allow it.
func (t *threads) follow(holds syntax.EmptyOp) {
	t.round++
	t.ready = t.ready[:0]
	t.stack = append(t.stack[:0], t.now...)
	for len(t.stack) > 0 {
		pc := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		if t.seen[pc] == t.round {
			continue
		}
		t.seen[pc] = t.round
		in := &t.m.prog.Inst[pc]
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			t.stack = append(t.stack, in.Out, in.Arg)
		case syntax.InstCapture, syntax.InstNop:
			t.stack = append(t.stack, in.Out)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(in.Arg)&^holds == 0 {
				t.stack = append(t.stack, in.Out)
			}
		case syntax.InstMatch:
			t.matched = true
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			t.ready = append(t.ready, pc)
		}
	}
}

// take consumes one character.
func (t *threads) take(r rune) {
	t.now = t.now[:0]
	for _, pc := range t.ready {
		in := &t.m.prog.Inst[pc]
		if r < utf8.RuneSelf && t.m.takes[pc].has(byte(r)) || r >= utf8.RuneSelf && takesRune(in, r) {
			t.now = append(t.now, in.Out)
		}
	}
}

func takesRune(in *syntax.Inst, r rune) bool {
	switch in.Op {
	case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	return in.MatchRune(r)
}

// lineEnd is the end of the line to which a position belongs; at the beginning of a line it is this.
func lineEnd(text string, at int) int {
	if at == 0 || at >= len(text) || text[at-1] == '\n' {
		return at
	}
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(text)
}
