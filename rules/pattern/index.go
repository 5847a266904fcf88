package pattern

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textBlocks is into how many blocks of whole lines a text is cut: as many as a word has bits.
const textBlocks = 64

// Index tells which three characters in a row (trigrams) a text holds, and in which of its blocks.
// It is built once for a text and asked by every pattern. Characters are compared without case. Trigrams
// share slots, so it may say yes for no, never no for yes.
type Index struct {
	text  string
	slots []uint64 // by the hash of a trigram: the blocks that hold it, as bits
	shift uint     // of a hash, to a slot
	ends  []int    // where each block ends, behind a line end or at the end of the text
	upper []int    // for each block the block of the last line before it that is not blank; 0 if there is none
}

// Slots for texts of any length; 16 bits of hash are half a megabyte.
const (
	leastSlotBits = 8
	mostSlotBits  = 16
)

func NewIndex(text string) *Index {
	// Prose has about one new trigram for three characters; a slot for two keeps them apart.
	n := min(max(bits.Len(uint(len(text)/2)), leastSlotBits), mostSlotBits)
	ix := &Index{text: text, slots: make([]uint64, 1<<n), shift: uint(32 - n), ends: make([]int, 0, textBlocks)}
	inked := 0
	for from := 0; from < len(text); {
		to := blockEnd(text, from, textBlocks-len(ix.ends))
		ix.add(text[from:to], 1<<len(ix.ends))
		ix.ends = append(ix.ends, to)
		ix.upper = append(ix.upper, inked)
		if strings.TrimLeft(text[from:to], blankCharacters) != "" {
			inked = len(ix.upper) - 1
		}
		from = to
	}
	return ix
}

// blockEnd is where a block ends that begins at from, if the rest is to be cut into n blocks.
func blockEnd(text string, from, n int) int {
	at := from + (len(text)-from)/n
	if n <= 1 || at >= len(text) {
		return len(text)
	}
	i := strings.IndexByte(text[at:], '\n')
	if i < 0 {
		return len(text)
	}
	return at + i + 1
}

// add notes the trigrams of a block; none reaches over a line end.
func (ix *Index) add(block string, bit uint64) {
	var a, b uint32
	for i := 0; i < len(block); {
		c := uint32(block[i])
		if c < utf8.RuneSelf {
			i++
			if c-'A' < 26 {
				c += 'a' - 'A'
			}
		} else {
			r, n := utf8.DecodeRuneInString(block[i:])
			i += n
			c = uint32(sameCase(r))
		}
		if c == '\n' {
			a, b = 0, 0
			continue
		}
		ix.slots[trigram(a, b, c)>>ix.shift] |= bit
		a, b = b, c
	}
}

// trigram hashes three characters; the upper bits are the good ones.
func trigram(a, b, c uint32) uint32 {
	h := (a*0x9e3779b1 ^ b) * 0x85ebca6b
	return (h ^ h>>15 ^ c) * 0xc2b2ae35
}

// sameCase maps all spellings of a character that (?i) takes for equal to one: k, K and the Kelvin
// sign to k, s, S and ſ to s. It is exactly the folding of regexp.
func sameCase(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if 'A' <= least && least <= 'Z' {
		return least + 'a' - 'A'
	}
	return least
}

// all is the set of all blocks.
func (ix *Index) all() uint64 {
	return 1<<len(ix.ends) - 1 // 64 blocks: the shift gives 0, and all bits are set
}

// above adds to a set of blocks those from which a number of runs of line ends leads to them.
func (ix *Index) above(mask uint64, runs int) uint64 {
	for range runs {
		for m := mask; m != 0; m &= m - 1 {
			i := bits.TrailingZeros64(m)
			mask |= 1<<i - 1<<ix.upper[i]
		}
	}
	return mask
}

// block is where a block stands.
func (ix *Index) block(i int) (from, to int) {
	if i > 0 {
		from = ix.ends[i-1]
	}
	return from, ix.ends[i]
}

// blocksOf are the blocks that may hold a literal.
func (ix *Index) blocksOf(l literal) uint64 {
	mask := ix.all()
	for _, h := range l.trigrams {
		if mask &= ix.slots[h>>ix.shift]; mask == 0 {
			return 0
		}
	}
	return mask
}
