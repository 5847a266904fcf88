package rules

import (
	"strings"
	"unicode/utf8"
)

// maxParagraph is how long a paragraph may be to be one message, in bytes.
const maxParagraph = 900

// logicalLine is one line of a paragraph as its writer wrote it, put together where a mail program broke it.
type logicalLine struct {
	first, last int // lines
	text        string
	words       []word
	bad         bool // holds an error word
	machine     bool // holds a phrase that programs write
}

// paragraph looks whether the lines from i on are a message in sentences, as windows, web pages and event logs show it:
// announced, or known as such. last is its last line; below i if it is none.
func (f *lineFinder) paragraph(i int) (found finding, last int) {
	s := f.s
	if s.log || !plain(s, i) || i > 0 && !s.lines[i-1].blank && announces(s, i-1) == nothing && !s.lines[i-1].shape.frame {
		return found, -1
	}
	parts := logicalLines(s, i)
	n := 0 // of the parts that belong to the message
	for k, p := range parts {
		if p.bad || p.machine {
			n = k + 1
		}
	}
	if n == 0 || !f.isParagraph(parts[:n]) {
		return found, -1
	}
	parts = parts[:n]
	last = parts[n-1].last
	from := s.lines[i].from + indent(s.lines[i].text)
	found = finding{src: s, from: from, to: s.lines[last].to, whole: true}
	var texts []string
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	found.text = unquote(strings.Join(texts, "\n"))
	if n == 1 {
		found.from, found.text = cutLabel(s, from, found.text)
	}
	if next := last + 1; next < len(s.lines) && namesCode(s.lines[next].text) {
		last = next
		found.text, found.to = found.text+"\n"+strings.TrimSpace(s.lines[next].text), s.lines[next].to
		if next++; next < len(s.lines) && plain(s, next) && indent(s.lines[next].text) == indent(s.lines[i].text) && s.v.machinePhrases.has(s.wordsIn(s.lines[next].from, s.lines[next].to)) {
			last = next // "Der Netzwerkpfad wurde nicht gefunden." below the code
			found.text, found.to = found.text+"\n"+strings.TrimSpace(s.lines[next].text), s.lines[next].to
		}
	}
	return found, last
}

// isParagraph decides by what announces a paragraph and by what it says.
func (f *lineFinder) isParagraph(parts []logicalLine) bool {
	s := f.s
	machine, bad := false, false
	for _, p := range parts {
		machine, bad = machine || p.machine, bad || p.bad
	}
	first := parts[0]
	indented := indent(s.lines[first.first].text) >= 2
	switch {
	case machine && (f.announced != nothing || first.machine && s.saysItself(s.lines[first.first].from, first.words)):
		return true
	case !bad || len(first.words) < 2:
		return false
	case f.announced == firmly:
		return true
	case f.announced == vaguely && (indented || isQuote(first.text)):
		return !s.v.proseWords.has(first.words)
	}
	return first.bad && f.foreign(first)
}

// saysItself: the phrase that programs write stands in the first two sentences and not in quotation marks or parentheses, where
// the sender tells of it.
func (s *source) saysItself(from int, w []word) bool {
	ok := false
	s.v.machinePhrases.find(w, func(m match) bool {
		before := s.text[from:w[m.from].from]
		marks, open, ends := 0, 0, 0
		for i, r := range before {
			switch r {
			case '"', '„', '“', '”', '«', '»':
				marks++
			case '(':
				open++
			case ')':
				open--
			case '.':
				if i+1 < len(before) && before[i+1] == ' ' && !abbreviation(before[:i+1]) {
					ends++
				}
			}
		}
		ok = marks%2 == 0 && open <= 0 && ends <= 1
		return false
	})
	return ok
}

// foreign: English with an error in it among German was not written by the sender.
func (f *lineFinder) foreign(p logicalLine) bool {
	if !f.german || len(p.words) < 5 {
		return false
	}
	for i := 0; i < len(p.text); i++ {
		if p.text[i] >= utf8.RuneSelf {
			return false
		}
	}
	n := countStops(f.s.v, f.s.text, p.words)
	return n[german] == 0 && (n[english] > 0 || technicalMarks(p.text) > 0)
}

// plain: a line of words, without any sign of a machine or a list.
func plain(s *source, i int) bool {
	l := s.lines[i]
	t := strings.TrimSpace(l.text)
	return !l.blank && l.shape == shape{} && !listed(t) && !strings.Contains(t, "\t") && !tableRow(t)
}

// logicalLines puts the plain lines of a paragraph together, up to the first that the sender wrote.
func logicalLines(s *source, i int) []logicalLine {
	width := s.width
	if width == 0 {
		for k := i; k < len(s.lines) && plain(s, k); k++ {
			width = max(width, utf8.RuneCountInString(s.lines[k].text))
		}
	}
	var out []logicalLine
	size := 0
	for k := i; k < len(s.lines) && len(out) < 8 && (k == i || plain(s, k)); {
		p := logicalLine{first: k, last: k}
		for p.last+1 < len(s.lines) && plain(s, p.last+1) && broken(s.lines[p.last], s.lines[p.last+1], width) {
			p.last++
		}
		k = p.last + 1
		p.text = joinLines(s, p.first, p.last)
		p.words = s.wordsIn(s.lines[p.first].from, s.lines[p.last].to)
		p.machine = s.v.machinePhrases.has(p.words)
		p.bad = s.bad(p.words) || errorish(s.v, p.text, p.words)
		size += len(p.text)
		if strings.HasSuffix(p.text, ":") && !p.machine {
			break // it announces another
		}
		if size > maxParagraph || s.v.senderWords.has(p.words) && !s.v.machinePhrases.has(p.words[:min(len(p.words), 8)]) || len(out) > 0 && (isField(s.v, p.text) || isLabel(s.v, foldText(p.text))) {
			break
		}
		out = append(out, p)
	}
	return out
}

// broken reports whether a mail program broke a line because the next word had no room.
func broken(l, next line, width int) bool {
	n := utf8.RuneCountInString(l.text)
	first, _, _ := strings.Cut(strings.TrimSpace(next.text), " ")
	return width >= 50 && n <= maxWidth && n+1+utf8.RuneCountInString(first) > width
}

// isField: "Server: web01", "Kundennummer: 104711".
func isField(v *vocabulary, t string) bool {
	label, rest, ok := strings.Cut(t, ": ")
	return ok && rest != "" && len(label) <= 24 && strings.Count(label, " ") <= 1 && !isLabel(v, foldText(label))
}

// namesCode: the line below a message that gives its code: "Stopcode: …", "Fehlercode 0x80070035".
func namesCode(t string) bool {
	f := foldText(strings.TrimSpace(cut(t, 200)))
	for _, label := range []string{"stopcode", "stop code", "stillstandcode", "fehlercode", "error code", "errorcode", "code"} {
		if rest, ok := strings.CutPrefix(f, label); ok && len(rest) > 3 && (rest[0] == ':' || rest[0] == ' ') && len(strings.Fields(rest)) <= 4 {
			return true
		}
	}
	return false
}
