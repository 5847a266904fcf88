package rules

import (
	"context"
	"sort"
	"strings"
	"unicode/utf8"

	"notfalld/message"
	"notfalld/rules/pattern"
)

// textLimit is how much of one text facts are looked for in. What stands further down is kept with
// the mail, and read by humans.
const textLimit = 256 << 10

// source is one text in which facts are found; spans count bytes from its beginning.
type source struct {
	v          *vocabulary
	name       string // "body", "subject", "forwarded", "signature", "attachment:error.log"
	text       string
	log        bool // a log file: what it names in passing is no server
	lines      []line
	words      []word
	more       bool           // error messages stand in it that were not taken
	width      int            // of the lines, where a mail program broke them; 0 where it did not
	index      *pattern.Index // for patterns; made when the first is tried
	unsearched bool           // a pattern was too costly for all of it, or matched too often
	sentences  []Span         // made when first asked for
}

// wordsIn are the words that begin in a passage. Every pass reads them here: words are cut and folded
// once.
func (s *source) wordsIn(from, to int) []word {
	i := sort.Search(len(s.words), func(k int) bool { return s.words[k].from >= from })
	n := sort.Search(len(s.words)-i, func(k int) bool { return s.words[i+k].from >= to })
	return s.words[i : i+n]
}

// doc is a mail prepared for understanding: every pass reads from it, none cuts the text up again.
type doc struct {
	ctx     context.Context // of the whole understanding
	set     *Set
	v       *vocabulary
	m       *message.Mail
	w       World
	subject string // folded, without prefixes and tags
	body    source
	title   source
	passed  source // the forwarded mail, if the mail is a forward with little text of its own
	logs    []source
	cuts    cuts // what limits kept from being looked at
	closing int  // where in the body the greeting at the end begins; len(body) if there is none
	forward bool // passed is content

	auto        message.Automatic // as seen through the groups
	subjectOurs bool              // the mail stands under our subject
	broken      brokenFacts       // what the hints say; zero before they were asked
	hintCounts  map[string]int
	signature   source               // made when a rule asks for it
	asked       *conditionActivation // of the mail itself, for all extract rules
	whole       string               // subject and text, made when asked for
	captured    map[string][]capture
	where       []Where
	trace       *Trace // nil unless somebody asked
}

// forwardOwnText is how many characters of new text, greetings included, a forward may hold and still
// leave the word to what it forwards.
const forwardOwnText = 1200

func (s *Set) newDoc(ctx context.Context, m *message.Mail, w World) *doc {
	v := s.v
	d := &doc{ctx: ctx, set: s, v: v, m: m, w: w, subject: decidingSubject(v, m), auto: m.AutomaticThrough(w.Groups)}
	d.body = newSource(v, "body", m.Text, false)
	d.title = newSource(v, "subject", m.Subject, false)
	d.closing = closingAt(d.body)
	if m.Forwarded != "" && utf8.RuneCountInString(strings.TrimSpace(m.Text)) < forwardOwnText {
		d.forward = true
	}
	if m.Forwarded != "" {
		d.passed = newSource(v, "forwarded", m.Forwarded, false)
	}
	d.readAttachments()
	d.subjectOurs = d.subjectMatch() == begins
	return d
}

// decidingSubject is the folded subject. RFC 5322, 3.6 allows one; of several, the one that is ours decides.
func decidingSubject(v *vocabulary, m *message.Mail) string {
	if all := m.Header.Values("Subject"); len(all) > 1 {
		for _, s := range all[:min(len(all), 5)] {
			if folded := FoldSubject(cut(s, 2000)); matchSubject(v, folded) != notOurs {
				return folded
			}
		}
	}
	return FoldSubject(cut(m.Subject, 2000))
}

func newSource(v *vocabulary, name, text string, log bool) source {
	s := source{v: v, name: name, text: cut(text, textLimit), log: log}
	s.lines = splitLines(v, s.text)
	s.words = splitWords(s.text)
	s.width = wrapWidth(s.lines)
	return s
}

// Mail programs that break lines do so between 66 and 80 characters (RFC 5322, 2.1.1 and RFC 3676).
const (
	minWidth = 66
	maxWidth = 82
)

// wrapWidth is the longest line if lines were broken at all: if so, no sentence runs on beyond.
func wrapWidth(lines []line) int {
	width, longer := 0, 0
	for _, l := range lines {
		n := utf8.RuneCountInString(l.text)
		if n > maxWidth {
			if !l.shape.stamped {
				longer++
			}
		} else {
			width = max(width, n)
		}
	}
	if width < minWidth || longer > 1 {
		return 0
	}
	return min(width, 78)
}

// cut shortens s to at most n bytes, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// line is one line of a source without its line end.
type line struct {
	text     string
	from, to int
	blank    bool
	shape    shape
}

func splitLines(v *vocabulary, text string) []line {
	lines := make([]line, 0, strings.Count(text, "\n")+1)
	for from := 0; from < len(text); {
		end := strings.IndexByte(text[from:], '\n')
		next := from + end + 1
		if end < 0 {
			next = len(text)
			end = next - from
		}
		t := strings.TrimRight(text[from:from+end], "\r \t")
		lines = append(lines, line{text: t, from: from, to: from + len(t), blank: strings.TrimSpace(t) == "", shape: shapeOf(v, t)})
		from = next
	}
	return lines
}

// closingAt is where the greeting at the end of a text begins: the last short line that is one, with
// at most fourteen lines below it.
func closingAt(s source) int {
	below, greeted := 0, false
	found := len(s.text)
	last := len(s.lines) - 1
	for {
		first := contactBlock(s, last)
		if first < 0 {
			break
		}
		found, last = s.lines[first].from, first-1
	}
	for i := last; i >= 0 && below <= 14; i-- {
		l := s.lines[i]
		if l.blank {
			continue
		}
		if len(l.text) <= 60 {
			if w := s.wordsIn(l.from, l.to); len(w) > 0 && len(w) <= 7 && startsPhrase(s.v.closings, w) {
				found, greeted = l.from, true
				// "Danke" above "LG Anna": go on, the greeting may begin higher up.
				continue
			}
		}
		if greeted {
			break
		}
		below++
	}
	return found
}

// contactBlock is the first line of the paragraph that ends with line last, if it is a signature's
// block of contacts; else -1.
func contactBlock(s source, last int) int {
	for last >= 0 && s.lines[last].blank {
		last--
	}
	first := last
	for first > 0 && !s.lines[first-1].blank {
		first--
	}
	if last < 0 || first == 0 || last-first > 9 {
		return -1
	}
	w := s.wordsIn(s.lines[first].from, s.lines[last].to)
	kinds := 0
	for _, m := range s.v.contactMarks {
		if m.has(w) {
			kinds++
		}
	}
	if kinds < 3 || s.v.letterWords.has(w) {
		return -1
	}
	return first
}

// startsPhrase reports whether a phrase stands at the first word.
func startsPhrase(l *lexicon, words []word) bool {
	at := false
	l.find(words, func(m match) bool { at = m.from == 0; return false })
	return at
}
