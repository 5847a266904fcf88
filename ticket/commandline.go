package ticket

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// People write commands on phones and in Word: with umlauts and without, behind a bullet, in bold, with a stop behind them. This file says what
// a line means that may be a command.

// hashLine is a line that begins with "#" and a word, whatever stands around that.
type hashLine struct {
	word   string       // folded: "schliessen"
	kind   *commandKind // that the word names; nil for none
	near   *commandKind // that it nearly names
	spaced bool         // "# close": a root prompt, a heading
	quoted bool         // behind ">"
	glued  bool         // "#header{", "#node01": the word does not end where its letters do
	rest   string       // behind the word
}

// mostOfLine is how much of a line is looked at: nobody writes a longer command.
const mostOfLine = 2000

// readLine reads a line that may be a command; ok is false for every other.
func readLine(line string, banners []string, kinds []commandKind) (h hashLine, ok bool) {
	if !strings.ContainsAny(line, hashes) {
		return h, false
	}
	s := withoutBanners(cleanLine(line), banners)
	for strings.HasPrefix(s, ">") {
		h.quoted, s = true, strings.TrimSpace(s[1:])
	}
	s = strings.TrimLeft(withoutBullet(s), `*_\`) // bold, as some programs write it in plain text
	if s, ok = strings.CutPrefix(s, "#"); !ok {
		return h, false
	}
	behind := strings.TrimLeft(s, " ")
	h.spaced = behind != s
	return h, h.readWord(behind, kinds)
}

// readWord reads the word and what it names. Names may be written with hyphens: "no-answer".
func (h *hashLine) readWord(s string, kinds []commandKind) bool {
	short := lettersOf(s, "")
	if short == 0 {
		return false
	}
	end := lettersOf(s, "-_")
	if h.kind = kindNamed(kinds, foldWord(s[:end])); h.kind == nil {
		if h.kind = kindNamed(kinds, foldWord(s[:short])); h.kind != nil {
			end = short
		}
	}
	h.word, h.rest = foldWord(s[:end]), s[end:]
	if h.kind == nil {
		h.near = kindNear(kinds, h.word)
	}
	h.glued = h.rest != "" && !strings.ContainsAny(h.rest[:1], " .:,;!?*_")
	h.rest = strings.TrimSpace(strings.TrimLeft(h.rest, ".:,;!?*_"))
	return true
}

// args are the words behind the command, without the stop at the end of the line.
func (h *hashLine) args() []string {
	return strings.Fields(strings.TrimRight(h.rest, ".,;:!*_ "))
}

// lettersOf is how many bytes of s are letters, or one of also, from its start on.
func lettersOf(s, also string) int {
	for i, r := range s {
		if !unicode.IsLetter(r) && (i == 0 || !strings.ContainsRune(also, r)) {
			return i
		}
	}
	return len(s)
}

// hashes are the characters that people see as one: the last is a sharp, for those who look for the sign on a phone.
const hashes = "#＃﹟♯"

// cleanLine makes one line comparable: composed letters, one kind of blank, nothing that cannot be seen.
func cleanLine(s string) string {
	s = norm.NFKC.String(strings.ToValidUTF8(s[:min(len(s), mostOfLine)], ""))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '♯':
			return '#'
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), r == '\u20e3': // the last makes a key of a sign
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "-", "", "_", "")

// foldWord makes "Schließen", "SCHLIESSEN" and "schliessen" one word.
func foldWord(s string) string { return umlauts.Replace(strings.ToLower(s)) }

// withoutBanners takes what gateways put on top of a mail off the start of a line.
func withoutBanners(s string, banners []string) string {
	for again := true; again; {
		again = false
		for _, b := range banners {
			if b = cleanLine(b); b != "" && len(s) >= len(b) && strings.EqualFold(s[:len(b)], b) {
				s, again = strings.TrimSpace(s[len(b):]), true
			}
		}
	}
	return s
}

// withoutBullet takes the mark of a list off a line: "- #close", "1. #close".
func withoutBullet(s string) string {
	mark, rest, found := strings.Cut(s, " ")
	digits := strings.TrimRight(mark, ".)")
	isNumber := digits != mark && len(digits) < 3 && strings.Trim(digits, "0123456789") == ""
	if found && (isNumber || slices.Contains([]string{"-", "*", "+", "•", "·", "‣", "▪", "○", "–", "—", "o"}, mark)) {
		return strings.TrimSpace(rest)
	}
	return s
}

// kindNamed finds the command of this name, or alias.
func kindNamed(kinds []commandKind, word string) *commandKind {
	for i, k := range kinds {
		if k.name == word || slices.Contains(k.aliases, word) {
			return &kinds[i]
		}
	}
	return nil
}

// kindNear finds the command that was meant, most likely, by a word that names none.
func kindNear(kinds []commandKind, word string) *commandKind {
	best, found := 3, (*commandKind)(nil)
	for i, k := range kinds {
		for _, name := range append([]string{k.name}, k.aliases...) {
			if n := farness(name, word); n < best {
				best, found = n, &kinds[i]
			}
		}
	}
	return found
}

// farness is how many slips of the finger lie between a name and a word; 3 stands for a word of its own.
func farness(name, word string) int {
	const another = 3
	if len(word) > len(name)+3 || len(name) > len(word)+3 {
		return another
	}
	if rest, ok := strings.CutPrefix(word, name); ok && len(rest) <= 2 {
		return 1 // "closed", "notizen"
	}
	most := 1
	if len(name) >= 6 {
		most = 2
	}
	if len(name) <= 4 && name[0] != word[0] { // "pack" is not "ack"
		return another
	}
	if n := slips(name, word); n <= most {
		return n
	}
	return another
}

// slips counts letters left out, added, changed, or swapped with their neighbour.
func slips(a, b string) int {
	s, t := []rune(a), []rune(b)
	d := make([][]int, len(s)+1)
	for i := range d {
		d[i] = make([]int, len(t)+1)
		d[i][0] = i
	}
	for j := range t {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			changed := d[i-1][j-1]
			if s[i-1] != t[j-1] {
				changed++
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, changed)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(s)][len(t)]
}
