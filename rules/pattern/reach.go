package pattern

import (
	"regexp/syntax"
	"unicode"
)

// Kinds of characters, as far as ^ $ \b \B tell them apart. The same values say what stands before or
// after a position, and as bits which kinds a step can consume.
type runeKind uint8

const (
	kindNone    runeKind = iota // the beginning or the end of the text
	kindNewline                 // \n
	kindWord                    // [0-9A-Za-z_]
	kindOther
	runeKinds
)

// sample is a character of each kind, as EmptyOpContext wants it.
var sample = [runeKinds]rune{-1, '\n', 'a', ' '}

// analysis is what can be known about a program for all texts at once.
type analysis struct {
	matches  bool // some text matches
	empty    bool // an empty piece of some text matches
	newline  bool // a line end can be consumed on the way
	textEnds bool // \A or \z is asked on the way
}

// walker searches the states of a program. A state is an instruction with the kind of the character
// before it and of the one behind it. Conditions ask for nothing else, and the text may go on in every
// way, so the search is exact: what it does not reach no text reaches.
type walker struct {
	prog *syntax.Prog
	seen []uint16 // for each instruction the set of states (before, after), as bits
	todo []state
	analysis
}

type state struct {
	pc            uint32
	before, after runeKind
}

func analyse(prog *syntax.Prog) analysis {
	w := &walker{prog: prog, seen: make([]uint16, len(prog.Inst))}
	w.begin()
	w.run(false)
	empty := w.matches
	clear(w.seen)
	w.begin()
	w.run(true)
	w.empty = empty
	return w.analysis
}

func (w *walker) begin() {
	for before := range runeKinds {
		w.reach(uint32(w.prog.Start), before)
	}
}

// reach adds the states at an instruction, whatever comes next.
func (w *walker) reach(pc uint32, before runeKind) {
	for after := range runeKinds {
		w.push(state{pc, before, after})
	}
}

func (w *walker) push(s state) {
	bit := uint16(1) << (s.before*runeKinds + s.after)
	if w.seen[s.pc]&bit == 0 {
		w.seen[s.pc] |= bit
		w.todo = append(w.todo, s)
	}
}

// run follows all states; consuming says whether steps over characters are followed too.
func (w *walker) run(consuming bool) {
	for len(w.todo) > 0 {
		s := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		in := &w.prog.Inst[s.pc]
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			w.push(state{in.Out, s.before, s.after})
			w.push(state{in.Arg, s.before, s.after})
		case syntax.InstCapture, syntax.InstNop:
			w.push(state{in.Out, s.before, s.after})
		case syntax.InstEmptyWidth:
			op := syntax.EmptyOp(in.Arg)
			if op&(syntax.EmptyBeginText|syntax.EmptyEndText) != 0 {
				w.textEnds = true
			}
			if op&^syntax.EmptyOpContext(sample[s.before], sample[s.after]) == 0 {
				w.push(state{in.Out, s.before, s.after})
			}
		case syntax.InstMatch:
			w.matches = true
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if consuming && s.after != kindNone && consumes(in, s.after) {
				w.newline = w.newline || s.after == kindNewline
				w.reach(in.Out, s.after)
			}
		}
	}
}

// consumes reports whether an instruction takes any character of a kind.
func consumes(in *syntax.Inst, kind runeKind) bool {
	switch in.Op {
	case syntax.InstRuneAny:
		return true
	case syntax.InstRuneAnyNotNL:
		return kind != kindNewline
	}
	if len(in.Rune) == 1 {
		r := in.Rune[0]
		if kindHolds(kind, r, r) {
			return true
		}
		if syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				if kindHolds(kind, f, f) {
					return true
				}
			}
		}
		return false
	}
	for i := 0; i+1 < len(in.Rune); i += 2 {
		if kindHolds(kind, in.Rune[i], in.Rune[i+1]) {
			return true
		}
	}
	return false
}

// kindHolds reports whether a character of a kind lies between lo and hi.
func kindHolds(kind runeKind, lo, hi rune) bool {
	switch kind {
	case kindNewline:
		return lo <= '\n' && '\n' <= hi
	case kindWord:
		return lo <= '9' && '0' <= hi || lo <= 'Z' && 'A' <= hi || lo <= '_' && '_' <= hi || lo <= 'z' && 'a' <= hi
	case kindOther:
		// The gaps between newline and the words, and surrogates, which no text holds.
		return gap(lo, hi, 0, '\n'-1) || gap(lo, hi, '\n'+1, '0'-1) || gap(lo, hi, '9'+1, 'A'-1) || gap(lo, hi, 'Z'+1, '_'-1) ||
			gap(lo, hi, '_'+1, 'a'-1) || gap(lo, hi, 'z'+1, 0xd7ff) || gap(lo, hi, 0xe000, unicode.MaxRune)
	}
	return false
}

func gap(lo, hi, from, to rune) bool { return lo <= to && from <= hi }
