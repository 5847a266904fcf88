package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// wrapped is the last line of the message that begins at line i: lines that a mail program broke
// because the next word had no room are joined again.
func wrapped(s *source, i int) int {
	if s.log || s.width == 0 {
		return i
	}
	stamped := s.lines[i].shape.stamped // then the next line of the log is stamped too
	for i+1 < len(s.lines) && !s.lines[i+1].blank {
		cur, next := s.lines[i], s.lines[i+1]
		n := utf8.RuneCountInString(cur.text)
		if n > maxWidth || indent(next.text) > indent(cur.text)+8 {
			break
		}
		first, _, _ := strings.Cut(strings.TrimSpace(next.text), " ")
		if n+1+utf8.RuneCountInString(first) <= s.width || listed(strings.TrimSpace(next.text)) || !stamped && newField(cur.text, first, next.text) {
			break
		}
		if sh := next.shape; sh.stamped || sh.head && !stamped || sh.frame || sh.command {
			break
		}
		i++
	}
	return i
}

// newField: a line that begins with a name and a colon or "=" does not go on with the one above.
func newField(above, first, next string) bool {
	r, _ := utf8.DecodeRuneInString(first)
	return strings.HasSuffix(first, ":") && !strings.HasSuffix(above, ":") && unicode.IsUpper(r) || strings.HasPrefix(strings.TrimSpace(next), first+" = ")
}

func joinLines(s *source, from, to int) string {
	if from == to {
		return strings.TrimSpace(s.lines[from].text)
	}
	var parts []string
	for _, l := range s.lines[from : to+1] {
		parts = append(parts, strings.TrimSpace(l.text))
	}
	return strings.Join(parts, " ")
}

// cutLabel takes a label with its colon off a message's beginning.
func cutLabel(s *source, from int, text string) (int, string) {
	i := strings.IndexByte(text, ':')
	if i < 0 || i > 30 {
		return from, text
	}
	name := strings.TrimSpace(foldText(text[:i]))
	for _, l := range s.v.labels {
		if name == l {
			rest := strings.TrimLeft(text[i+1:], " \t")
			if len(rest) > 3 && strings.Contains(text[i+1:], " ") && !(name == "fehler" && len(strings.Fields(rest)) < 3) {
				return from + len(text) - len(rest), unquote(rest)
			}
		}
	}
	return from, unquote(text)
}

func unquote(t string) string {
	t = strings.TrimSpace(t)
	if isQuote(t) {
		u := strings.Trim(t, "\"„“”«»'")
		if !strings.ContainsAny(u, "\"„“”«»") {
			return u
		}
	}
	return t
}

// addDetails puts below a message the lines that are set in beneath it: what a health report or a client adds.
func addDetails(s *source, first, end int, f *finding) int {
	depth := indent(s.lines[first].text)
	for k := 0; k < 6 && end+1 < len(s.lines); k++ {
		next := s.lines[end+1]
		if next.blank || indent(next.text) <= depth || next.shape.frame || next.shape.head || next.shape.stamped || next.shape.command || listed(strings.TrimSpace(next.text)) ||
			len(f.text)+len(next.text) > maxErrorLength/2 {
			break
		}
		end++
		f.text, f.to = f.text+"\n"+strings.TrimSpace(next.text), next.to
	}
	return end
}

// addFrames puts the first calls of a trace below its message, as long as they do not drown it.
func addFrames(s *source, end int, f finding) (string, int) {
	text, to := f.text, f.to
	for k := 0; k < 2 && end+1 < len(s.lines) && !s.lines[end+1].blank; k++ {
		end++
		l := s.lines[end]
		if !l.shape.frame || len(text)+len(l.text) > 2*len(f.text) {
			break
		}
		text, to = text+"\n"+strings.TrimRight(l.text, " \t"), l.to
	}
	return text, to
}

func indent(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

func maskDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '0'
		}
		return r
	}, s)
}
