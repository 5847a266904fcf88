package rules

import (
	"strings"
	"unicode/utf8"
)

// isError decides on line i, and on what a mail program broke off it where its beginning tells of a message.
func (f *lineFinder) isError(i int) bool {
	s, l := f.s, f.s.lines[i]
	sh, announced := l.shape, f.announced == firmly
	end := l.to
	if sh.stamped || sh.head || announced {
		end = s.lines[wrapped(s, i)].to
	}
	t := strings.TrimSpace(s.text[l.from:end])
	w := s.wordsIn(l.from, min(end, l.from+600))
	if len(t) > maxErrorLength || isPlace(t) || strings.HasSuffix(t, ":") && !sh.stamped && !(sh.head && len(w) > 4) && !s.v.machinePhrases.has(w) || strings.HasPrefix(t, "Traceback (") || strings.HasPrefix(t, "([") {
		return false
	}
	bad := s.bad(w)
	if sh.head && numberedEvent(t) {
		return false
	}
	switch {
	case sh.stamped:
		return stampedError(s, t, w, bad, announced)
	case sh.head:
		return !s.prose(w) || announced || codeHead(s.v, t) || t[0] == '<' || s.v.machinePhrases.has(w)
	case codeToken(t):
		return len(w) <= 8
	case !tableRow(t) && s.v.machinePhrases.has(w) && !s.v.senderWords.has(w) && s.saysItself(l.from, w):
		return technicalMarks(t) > 0 || strings.Contains(t, "(") || f.output || s.log || announced
	case s.log:
		return bad && !s.v.senderWords.has(w) && (technicalMarks(t) > 0 || strings.ContainsAny(t, ":'\"") || len(w) <= 10) && !germanSpeech(s, w)
	case f.output:
		return bad && !s.v.senderWords.has(w)
	case announced && !listed(t):
		return !s.prose(w) && len(w) >= 2 && (bad || isQuote(t) || technical(s, t, w) && errorish(s.v, t, w))
	case f.announced == vaguely && bad && !s.prose(w) && !listed(t) && !(i > 0 && strings.HasSuffix(s.lines[i-1].text, ",")):
		return indent(l.text) >= 2 || strings.Contains(t, ": ") || strings.ContainsAny(t, "=[{_<>/\\")
	}
	return bad && technical(s, t, w) && !s.prose(w) && !severalCodes(t)
}

// tableRow: three columns or more, parted by blanks, as tools print their tables.
func tableRow(t string) bool {
	columns := 0
	if t == "" || !isAlnum(t[0]) {
		return false // a frame around a message
	}
	for i := 1; i+1 < len(t); i++ {
		if t[i] == ' ' && t[i+1] == ' ' && t[i-1] != ' ' {
			columns++
		}
	}
	return columns >= 2
}

// numberedEvent: the field of an event that has its number and nothing else: "Ereignis-ID: 1058".
func numberedEvent(t string) bool {
	label, value, ok := strings.Cut(t, ":")
	value = strings.TrimSpace(value)
	return ok && value != "" && digits(value) == len(value) && len(label) < 20 && (strings.HasPrefix(label, "Ereignis") || strings.HasPrefix(label, "Event"))
}

// severalCodes: codes in a row in a sentence, each a message of its own: "Chrome: ERR_X, Firefox: SEC_ERROR_Y".
func severalCodes(t string) bool {
	n := 0
	for _, w := range strings.Fields(cut(t, 300)) {
		if strings.Contains(w, "_") && isCode(w) {
			n++
		}
	}
	return n > 1
}

// stampedError decides on a line of a log: by the level that it states, by its words, by what announces it.
func stampedError(s *source, t string, w []word, bad, announced bool) bool {
	level := levelOf(t)
	if level == levelError || bad && level != levelInfo {
		return true
	}
	if level == levelInfo && bad && s.v.failingWords.has(w) && !s.v.recoveredWords.has(w) {
		return true
	}
	return !s.v.harmlessWords.has(w) && (s.v.mildWords.has(w) || announced && len(w) > 5) || bad && strings.Contains(t, "blocked")
}

// bad reports whether words tell of an error: an error word that is neither denied nor counted as none ("no errors",
// "errors: 0", "error": null).
func (s *source) bad(w []word) bool {
	found := false
	s.v.errorWords.find(w, func(m match) bool {
		if m.from > 0 && denies(w[m.from-1].fold) && w[m.from].from-w[m.from-1].to == 1 || m.to < len(w) && isNone(w[m.to].fold) && countsAs(s.text[w[m.to-1].to:w[m.to].from]) {
			return true
		}
		if from, to := w[m.from].from, w[m.from].to; from > 0 && s.text[from-1] == '_' || to < len(s.text) && s.text[to] == '_' {
			if from, to = tokenAround(s.text, from); !isCode(s.text[from:to]) || to < len(s.text) && s.text[to] == '=' {
				return true // LOG_ERRORS
			}
		}
		found = true
		return false
	})
	return found
}

// prose reports whether the sender speaks in a line that begins as messages do. Machines say "you" and "please" too, and
// I/O is not "I".
func (s *source) prose(w []word) bool {
	found := false
	s.v.proseWords.find(w, func(m match) bool {
		switch w[m.from].fold {
		case "i":
			found = w[m.from].to < len(s.text) && s.text[w[m.from].to] == ' ' && (w[m.from].from == 0 || s.text[w[m.from].from-1] <= ' ')
		case "you", "please":
		default:
			found = true
		}
		return !found
	})
	return found
}

func denies(word string) bool {
	switch word {
	case "0", "no", "without", "zero", "kein", "keine", "keinen", "ohne":
		return true
	}
	return false
}

func isNone(word string) bool {
	switch word {
	case "0", "null", "nil", "none", "false", "off", "undefined":
		return true
	}
	return false
}

// countsAs: what stands between a name and its value.
func countsAs(gap string) bool {
	gap = strings.Trim(gap, "\" ")
	return gap == ":" || gap == "="
}

// technical reports whether a line looks like a program wrote it: marks of code rather than of speech.
func technical(s *source, t string, w []word) bool {
	if strings.HasPrefix(t, "http") || speechLike(s, w) {
		return false
	}
	return technicalMarks(t) >= 2
}

// technicalMarks counts the kinds of marks in a line that code has and speech has not.
func technicalMarks(t string) int {
	marks := 0
	for _, m := range []string{"[", "](", "=", "::", "()", "0x", "/", "_", "->", ";", "<", "{", "\\", " - ", "#"} {
		if strings.Contains(t, m) {
			marks++
		}
	}
	if i := strings.Index(t, ": "); i > 0 && i < 60 {
		marks++
	}
	return marks
}

// speechLike: two small words of five are speech; of German ones three do, for programs speak German
// only in the messages that somebody announces.
func speechLike(s *source, w []word) bool {
	n := countStops(s.v, s.text, w)
	return n[german] >= 3 && n[german] > n[english] || len(w) > 8 && 5*n[english] > 2*len(w)
}

func germanSpeech(s *source, w []word) bool {
	n := countStops(s.v, s.text, w)
	return n[german] >= 3 && n[german] > n[english]
}

func errorish(v *vocabulary, t string, w []word) bool {
	return v.mildWords.has(w) || strings.Contains(t, "rror") || strings.Contains(t, "ehler")
}

func isQuote(t string) bool {
	r, _ := utf8.DecodeRuneInString(t)
	return strings.ContainsRune("\"„“”«»'", r)
}

func listed(t string) bool {
	if strings.HasPrefix(t, "- ") || strings.HasPrefix(t, "* ") || strings.HasPrefix(t, "• ") {
		return true
	}
	n := digits(t)
	return n > 0 && n < 3 && n+1 < len(t) && (t[n] == '.' || t[n] == ')') && t[n+1] <= ' '
}

// announcement says how much the text above a line leads to an error message.
type announcement int

const (
	nothing announcement = iota
	vaguely              // by a colon
	firmly               // in words
)

// announces reports whether line i leads to a message below it: it ends the paragraph and says so.
// Announcements last through the blank lines and through the paragraph that follows.
func announces(s *source, i int) announcement {
	t := strings.TrimSpace(s.lines[i].text)
	if len(t) < 30 && isLabel(s.v, foldText(t)) {
		return firmly // a field above its value
	}
	if strings.HasSuffix(t, ":") {
		if s.v.introWords.has(tailOf(s, i)) {
			return firmly
		}
		return vaguely
	}
	last := i+1 >= len(s.lines) || s.lines[i+1].blank
	if last && !strings.HasSuffix(t, ".") && !strings.HasSuffix(t, "!") && !strings.HasSuffix(t, "?") && !strings.HasSuffix(t, ",") {
		w := tailOf(s, i)
		if len(w) > 6 {
			w = w[len(w)-6:]
		}
		if s.v.introWords.has(w) {
			return firmly
		}
	}
	return nothing
}

// tailOf are the words of the last sentence that ends with line i, over at most three lines.
func tailOf(s *source, i int) []word {
	from := i
	for from > 0 && i-from < 2 && !s.lines[from-1].blank {
		from--
	}
	at := s.lines[from].from
	t := s.text[at:s.lines[i].to]
	if j := strings.LastIndexAny(strings.TrimRight(t, ":. "), ".!?"); j >= 0 && j+1 < len(t) && t[j+1] <= ' ' {
		at += j + 1
	}
	return s.wordsIn(at, s.lines[i].to)
}
