package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// word is one run of letters and digits, folded, with its place in the text. Hyphens stay inside:
// "db-server" is one word, and its parts are not.
type word struct {
	fold     string
	from, to int
	hash     uint32 // of fold, or 0: every lexicon is asked by it first, before any map
}

// splitWords cuts text into words. Linear.
func splitWords(text string) []word {
	words := make([]word, 0, len(text)/5+4)
	start := -1
	for i, r := range text {
		in := unicode.IsLetter(r) || unicode.IsDigit(r) || r == '\u00ad' || r == utf8.RuneError ||
			start >= 0 && (r == '\'' || r == '’' || isDash(r))
		switch {
		case in && start < 0:
			start = i
		case !in && start >= 0:
			words = appendWord(words, text, start, i)
			start = -1
		}
	}
	if start >= 0 {
		words = appendWord(words, text, start, len(text))
	}
	return words
}

func isDash(r rune) bool { return r == '-' || r >= '‐' && r <= '―' }

func appendWord(words []word, text string, from, to int) []word {
	f := strings.Trim(foldText(text[from:to]), "-'")
	if f == "" {
		return words
	}
	return append(words, word{f, from, to, hashOf(f)})
}

// lexicon finds phrases of a vocabulary in a list of words, all in one pass. A phrase is words parted
// by blanks; a word that ends in * stands for all that begin so; ".." for up to three words of any kind.
type lexicon struct {
	exact   map[string][]phrase
	prefix  map[string][]phrase
	lengths []int    // of the keys of prefix
	sieve   []uint64 // of the hashes of first words: a word that falls through begins no phrase
	mask    uint32
	starts  [256]uint32 // by the first byte of a word: a bit for each length of a prefix
	begins  [256]uint32 // by the first byte of a word: a bit for each length that it may have
}

// mark notes with what words a phrase may begin: those of a key's length, or longer ones too.
func (l *lexicon) mark(key string, longer bool) {
	bit := uint32(1) << min(len(key), 31)
	if longer {
		bit = -bit
	}
	if key == "" { // a lone *
		for i := range l.begins {
			l.begins[i] |= bit
		}
		return
	}
	l.begins[key[0]] |= bit
}

// hashOf is FNV-1a, and never 0.
func hashOf(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h | 1
}

// may: a phrase may begin with a word of that hash.
func (l *lexicon) may(hash uint32) bool {
	at := hash >> 1 & l.mask
	return l.sieve[at>>6]>>(at&63)&1 == 1
}

// sift makes the sieve, eight bits for each first word.
func (l *lexicon) sift() {
	bits := uint32(256)
	for bits < uint32(8*len(l.exact)) {
		bits *= 2
	}
	l.mask, l.sieve = bits-1, make([]uint64, bits/64)
	for key := range l.exact {
		at := hashOf(key) >> 1 & l.mask
		l.sieve[at>>6] |= 1 << (at & 63)
	}
	for key := range l.prefix {
		for i := range l.starts {
			if key == "" || key[0] == byte(i) { // a lone * stands for every word
				l.starts[i] |= 1 << min(len(key), 31)
			}
		}
	}
}

// none: no phrase begins with such a word. Most words of a mail are told so, without a look at the maps.
func (l *lexicon) none(word string) bool { return l.begins[word[0]]>>min(len(word), 31)&1 == 0 }

type phrase struct {
	words []string // folded; the first is the key
	id    int      // of the vocabulary entry
}

// match is one phrase found: the entry, and the words from up to (excluding) to.
type match struct{ id, from, to int }

// newLexicon compiles vocabularies: entry i of lists has the id i.
func newLexicon(lists ...[]string) *lexicon {
	l := &lexicon{exact: map[string][]phrase{}, prefix: map[string][]phrase{}}
	for id, list := range lists {
		for _, s := range list {
			w := strings.Fields(foldText(s))
			p := phrase{w, id}
			if key, ok := strings.CutSuffix(w[0], "*"); ok {
				if len(l.prefix[key]) == 0 {
					l.lengths = appendOnce(l.lengths, len(key))
				}
				l.prefix[key] = append(l.prefix[key], p)
				l.mark(key, true)
			} else {
				l.exact[w[0]] = append(l.exact[w[0]], p)
				l.mark(w[0], false)
			}
		}
	}
	l.sift()
	return l
}

func appendOnce(list []int, n int) []int {
	for _, x := range list {
		if x == n {
			return list
		}
	}
	return append(list, n)
}

// find calls found for every phrase, in the order of the text, until it returns false.
func (l *lexicon) find(words []word, found func(match) bool) {
	for i, w := range words {
		if l.none(w.fold) {
			continue
		}
		if w.hash == 0 || l.may(w.hash) {
			for _, p := range l.exact[w.fold] {
				if to := p.matches(words, i); to > 0 && !found(match{p.id, i, to}) {
					return
				}
			}
		}
		starts := l.starts[w.fold[0]]
		for _, n := range l.lengths {
			if len(w.fold) < n || starts>>min(n, 31)&1 == 0 {
				continue
			}
			for _, p := range l.prefix[w.fold[:n]] {
				if to := p.matches(words, i); to > 0 && !found(match{p.id, i, to}) {
					return
				}
			}
		}
	}
}

// matches returns the index behind the last word if the phrase stands at words[i], else 0.
func (p phrase) matches(words []word, i int) int {
	i++
	for k := 1; k < len(p.words); k++ {
		pat := p.words[k]
		if pat == ".." && k+1 < len(p.words) {
			k++
			j := i
			for j < len(words) && j <= i+3 && !sameWord(p.words[k], words[j].fold) {
				j++
			}
			if j >= len(words) || j > i+3 {
				return 0
			}
			i = j + 1
			continue
		}
		if i >= len(words) || !sameWord(pat, words[i].fold) {
			return 0
		}
		i++
	}
	return i
}

func sameWord(pattern, word string) bool {
	if p, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(word, p)
	}
	return pattern == word
}

// has reports whether any phrase stands in words.
func (l *lexicon) has(words []word) bool {
	found := false
	l.find(words, func(match) bool { found = true; return false })
	return found
}

// hasDigit is asked of every word of a mail: strings.ContainsAny makes a set each time.
func hasDigit(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			return true
		}
	}
	return false
}
