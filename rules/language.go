package rules

import (
	"slices"
	"strings"
	"unicode"

	"notfalld/message"
)

const (
	german = iota
	english
	foreign
)

// language is "de" or "en" of what the sender wrote anew, or "" if it is neither for certain: such a
// mail is answered in both. What a machine wrote into it does not count. A text too short to tell is
// judged by subject, greeting and what it forwards, and then by the header.
func language(d *doc, found []finding) string {
	n, words := proseStops(&d.body, d.closing, found)
	if n[german]+n[english]+n[foreign] < 3 {
		for _, rest := range []string{d.subject, d.body.text[d.closing:], d.m.Signature} {
			rest = cut(rest, 200)
			addStops(d.v, &n, &words, rest, splitWords(rest))
		}
		if d.forward {
			f, w := proseStops(&d.passed, len(d.passed.text), found)
			for i := range n {
				n[i] += f[i]
			}
			words += w
		}
	}
	first, second, name := n[german], n[english], "de"
	if n[english] > n[german] {
		first, second, name = second, first, "en"
	}
	switch {
	case n[foreign] > first, n[foreign] > 0 && n[foreign] == first && first < 3:
		return ""
	case first == 0:
		return headerLanguage(d.m)
	case first == 1 && (second > 0 || name == "en"), 3*second > 2*first, 16*first < words:
		return ""
	}
	return name
}

// proseStops counts in what the sender wrote himself: not in error messages, log lines, traces and
// commands.
func proseStops(s *source, until int, found []finding) (n [3]int, total int) {
	for i, l := range s.lines {
		if l.from >= until || i > 400 {
			break
		}
		if l.blank || l.shape.stamped || l.shape.frame || l.shape.head || l.shape.command || covered(found, s, l.from+indent(l.text), l.to) {
			continue
		}
		prose := s.wordsIn(l.from, l.to)
		if touches(found, s, l.from, l.to) {
			prose = slices.DeleteFunc(slices.Clone(prose), func(w word) bool { return covered(found, s, w.from, w.to) })
		}
		addStops(s.v, &n, &total, s.text, prose)
	}
	return n, total
}

// addStops adds the stop words of a passage to n, and its words to total: those of letters only.
func addStops(v *vocabulary, n *[3]int, total *int, text string, words []word) {
	c := countStops(v, text, words)
	for i := range n {
		n[i] += c[i]
	}
	for _, w := range words {
		if !hasDigit(w.fold) && !inAddress(text, w) {
			*total++
		}
		if written := text[w.from:w.to]; !isASCII(written) && strings.ContainsFunc(written, foreignLetter) {
			n[foreign]++
		}
	}
}

// foreignLetter: no German or English word is written with it.
func foreignLetter(r rune) bool {
	if r < 0x80 || r == 'é' || r == 'è' || r == 'ê' || r == 'à' || r == 'á' || r == 'ç' {
		return false
	}
	return strings.ContainsRune("łőűřěůşğıąęćńżźśțșđčšžåøãõñŁŐŰŘĚŮŞĞĄĘĆŃŻŹŚȚȘĐČŠŽÅØ", r) || unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
}

// likelierLanguage is for the line of parse, which knows no third answer.
func likelierLanguage(v *vocabulary, m *message.Mail) string {
	text := cut(m.Text, 16<<10) + "\n" + m.Subject
	if n := countStops(v, text, splitWords(text)); n[english] > n[german] {
		return "en"
	} else if l := headerLanguage(m); n[german] == 0 && l != "" {
		return l
	}
	return "de"
}

// headerLanguage asks the header when the words are silent: "de", "en" or "".
func headerLanguage(m *message.Mail) string {
	for _, name := range []string{"Content-Language", "Accept-Language"} {
		if v := foldText(m.Header.Get(name)); len(v) >= 2 && (v[:2] == "de" || v[:2] == "en") {
			return v[:2]
		}
	}
	return ""
}

// countStops counts the stop words of each language.
func countStops(v *vocabulary, text string, words []word) (n [3]int) {
	if len(words) > 3000 {
		words = words[:3000] // enough to tell
	}
	v.stopWords.find(words, func(m match) bool {
		if !inAddress(text, words[m.from]) {
			n[m.id]++
		}
		return true
	})
	return n
}

// inAddress: the "at" of firma.at is no English word.
func inAddress(text string, w word) bool {
	if w.from > 0 && strings.IndexByte(".@/:", text[w.from-1]) >= 0 {
		return true
	}
	return w.to+1 < len(text) && (text[w.to] == '@' || text[w.to] == '.' && isAlnum(text[w.to+1]))
}
