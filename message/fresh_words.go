package message

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// piece is a run of a text's letters and digits, in lower case.
type piece struct {
	letters []rune
	added   bool // the plain version may have added it: the target of a link, the name of a picture, the number of a list item
	first   bool // what follows the lines that are skipped begins here
}

// additions are what clients write into the plain version of an HTML. The first group is a link's target, the second names a picture, the
// third numbers an item.
var additions = regexp.MustCompile(`<((?:https?://|ftp://|mailto:|tel:|callto:)[^<>]+|[^<>\s@]+@[^<>\s@]+)>|\[([^\[\]]{1,300})\]|(?m:^[ \t]*((?:\d{1,3}|[a-z]|[ivx]{1,5})[.)]|o)(?:[ \t]|$))`)

var pictureName = regexp.MustCompile(`^(?:cid:\S+|(?i:image|bild|inline-?bild|photo|foto|grafik)(?::.*)?|(?i:image|bild|pastedgraphic[-\w]*)[-_ ]?\d*\.\w{3,4})$`)

// pieces parts a text into what must be found in the HTML and what may be.
func (p *page) pieces(head, text string) []piece {
	return p.appendPieces(append(p.appendPieces(nil, head), piece{first: true}), text)
}

func (p *page) appendPieces(out []piece, text string) []piece {
	at := 0
	for _, span := range p.added(text) {
		out = appendPiece(out, text[at:span[0]], false)
		out = appendPiece(out, text[span[0]:span[1]], true)
		at = span[1]
	}
	return appendPiece(out, text[at:], false)
}

// added lists what of a text the HTML need not say: targets only of links and names only of pictures that it has.
func (p *page) added(text string) [][2]int {
	var out [][2]int
	for _, m := range additions.FindAllStringSubmatchIndex(text, -1) {
		known := m[6] >= 0
		switch {
		case m[2] >= 0:
			known = p.targets[lettersOf(text[m[2]:m[3]])]
		case m[4] >= 0:
			name := text[m[4]:m[5]]
			known = pictureName.MatchString(name) || p.alts[lettersOf(name)]
		}
		if known {
			out = append(out, [2]int{m[0], m[1]})
		}
	}
	return out
}

func appendPiece(out []piece, s string, added bool) []piece {
	if l := lettersOf(s); l != "" {
		out = append(out, piece{letters: []rune(l), added: added})
	}
	return out
}

// lettersOf is a text's letters and digits, in lower case.
func lettersOf(s string) string {
	return strings.Map(func(r rune) rune {
		if !isLetter(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// run is where a text stands on a page: cells from start to end; what follows the skipped lines begins at first.
type run struct{ start, first, end int }

// maxSteps bounds a search that an odd text could make long.
const maxSteps = 20_000_000

// find looks for a text: at the beginning of the page, else at the one place where it stands.
func (p *page) find(pieces []piece) (run, bool) {
	if r, ok := p.match(pieces, 0); ok {
		return r, true
	}
	var found run
	n := 0
	p.steps = 0
	for i := 1; i < len(p.words); i++ {
		if !p.cells[p.words[i]].line {
			continue
		}
		if r, ok := p.match(pieces, i); ok {
			found = r
			n++
		}
		if n > 1 || p.steps > maxSteps {
			return run{}, false // which of them the text was taken from is not known
		}
	}
	return found, n == 1
}

// match compares the pieces with the words of the page from the i-th letter on.
func (p *page) match(pieces []piece, i int) (run, bool) {
	r := run{start: i, first: i}
	for _, piece := range pieces {
		if piece.first {
			r.first = i
			continue
		}
		n := 0
		for n < len(piece.letters) && i+n < len(p.words) && p.cells[p.words[i+n]].letter == piece.letters[n] {
			n++
		}
		p.steps += n + 1
		whole := n == len(piece.letters)
		switch {
		case whole && (!piece.added || p.wordEnds(i+n)):
			i += n
		case !piece.added:
			return run{}, false
		}
	}
	r.end = i
	if r.end <= r.first || !p.lineEnds(r.start) || !p.lineEnds(r.first) || !p.lineEnds(r.end) {
		return run{}, false
	}
	return r, true
}

// lineEnds says whether a line begins at the i-th letter: a text is whole lines.
func (p *page) lineEnds(i int) bool { return i == 0 || i >= len(p.words) || p.cells[p.words[i]].line }

// wordEnds says whether no word goes on at the i-th letter.
func (p *page) wordEnds(i int) bool { return i >= len(p.words) || p.cells[p.words[i]].start }

// cut is the span of cells that a run takes, with the signs before and behind it that the text has, too.
func (p *page) cut(r run, text string) (start, end int) {
	start, end = p.words[r.first], p.words[r.end-1]+1
	low := 0
	if r.first > 0 {
		low = p.words[r.first-1] + 1
	}
	runes := []rune(p.bare(text))
	before := slices.IndexFunc(runes, isLetter)
	for i := before - 1; i >= 0 && start > low; i-- {
		if runes[i] == p.cells[start-1].sign {
			start--
		}
	}
	after := len(runes)
	for after > 0 && !isLetter(runes[after-1]) {
		after--
	}
	for _, c := range runes[after:] {
		if end < len(p.cells) && p.cells[end].sign == c {
			end++
		}
	}
	return start, end
}

// cutMarked takes the last lines off a text that the HTML says are signature or history: there clients mark them, where the plain version of
// the same mail says nothing. head stands before the text; parted is what the words of the HTML are.
func (p *page) cutMarked(head, text string, parted sections) string {
	own, found := strings.CutPrefix(lettersOf(parted.text), p.bareLetters(head))
	if !found {
		return text
	}
	rest := lettersOf(parted.signature + parted.quoted + parted.forwarded)
	bare := p.bareLetters(text)
	if len(bare) <= len(own) || !strings.HasPrefix(bare, own) || !strings.Contains(rest, bare[len(own):]) {
		return text
	}
	for at := 0; at < len(text); { // at the end of a line the new part must be over
		next := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		line := p.bareLetters(text[at:next])
		if own == "" && line != "" {
			return strings.TrimRight(text[:at], " \t\n")
		}
		if own, found = strings.CutPrefix(own, line); !found {
			return text
		}
		at = next
	}
	return text
}

func (p *page) bareLetters(text string) string { return lettersOf(p.bare(text)) }

// bare is a text without what its client added to the words of the HTML.
func (p *page) bare(text string) string {
	var b strings.Builder
	at := 0
	for _, span := range p.added(text) {
		b.WriteString(text[at:span[0]])
		at = span[1]
	}
	return b.String() + text[at:]
}
