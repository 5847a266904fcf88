package rules

import "strings"

// lineFinder walks the lines of a source and collects the messages that fill lines: by the shape of the line, or
// because the lines above announce them.
type lineFinder struct {
	s         *source
	announced announcement // by the text above
	served    bool         // the announced paragraph has begun; the announcement ends with it
	output    bool         // the lines follow a command
	column    int          // of a table, whose head announces messages; 0: none
	german    bool         // the sender writes German
	spoken    []finding    // messages in quotation marks within the sender's lines
	shapes    map[string]int
	out       []finding
}

// lineErrors finds the messages that fill lines; spoken are those within lines of the sender.
func lineErrors(s *source, spoken []finding) []finding {
	n := countStops(s.v, s.text, s.words)
	f := lineFinder{s: s, shapes: map[string]int{}, german: n[german] >= 3 && n[german] > n[english], spoken: spoken}
	for i := 0; i < len(s.lines) && (s.log || len(f.out) <= maxErrorsPerSource); i++ {
		if !s.lines[i].blank {
			i = f.line(i)
		}
	}
	return s.fewer(f.out)
}

// line looks at line i and returns the last one that it has dealt with.
func (f *lineFinder) line(i int) int {
	s, l := f.s, f.s.lines[i]
	sh := l.shape
	if sh.command {
		f.output = true
		return i
	}
	if i > 0 && s.lines[i-1].blank {
		f.output = false
		if f.served {
			f.announced, f.served = nothing, false
		}
	}
	if sh.frame || i > 0 && s.lines[i-1].shape.frame && codeOfFrame(s.lines[i-1], l) {
		return i
	}
	if f.told(i) {
		f.served = true
		if a := announces(s, i); a != nothing {
			f.announced, f.served = a, false
		}
		return i
	}
	if sep := f.columns(l); sep != "" {
		if f.cells(l, sep) {
			f.served = true
			return i
		}
	}
	if found, last := f.paragraph(i); last >= i {
		f.served = true
		f.keep(found)
		return last
	}
	if at := messageBehindLabel(s, l); at > 0 {
		f.served = true
		end := wrapped(s, i)
		found := finding{src: s, from: l.from + at, to: s.lines[end].to, whole: true}
		found.to -= clauseBehind(s.text[found.from:found.to])
		found.text = unquote(oneLine(s.text[found.from:found.to]))
		end = addDetails(s, i, end, &found)
		f.keep(found)
		return end
	}
	if !f.isError(i) {
		if a := announces(s, i); a != nothing {
			f.announced, f.served = a, false
		} else {
			f.served = true
		}
		return i
	}
	f.served = true
	found, end := f.message(i)
	f.keep(found)
	return end
}

// message is the message that begins at line i, with what belongs to it on the lines below.
func (f *lineFinder) message(i int) (finding, int) {
	s, l := f.s, f.s.lines[i]
	end := wrapped(s, i)
	found := finding{src: s, from: l.from + indent(l.text), to: s.lines[end].to, whole: true}
	if end == i && end+1 < len(s.lines) && f.classAlone(i) {
		end++
		found.to = s.lines[end].to
	}
	found.text = joinLines(s, i, end)
	found.from, found.text = cutLabel(s, found.from, found.text)
	if !l.shape.stamped {
		end = addDetails(s, i, end, &found)
	}
	found.text, found.to = addFrames(s, end, found)
	return found, end
}

// classAlone: line i names nothing but a class of error ("ERROR: Zend_Db_Adapter_Exception"), and its message begins a line
// with a code.
func (f *lineFinder) classAlone(i int) bool {
	t, next := strings.TrimSpace(f.s.lines[i].text), strings.TrimSpace(f.s.lines[i+1].text)
	name := t[strings.LastIndexByte(t, ' ')+1:]
	return len(strings.Fields(t)) <= 2 && strings.HasSuffix(name, "Exception") && len(name) > 12 && codeLength(next) > 0
}

// keep takes a message, unless it is empty, a place, or differs from two others in numbers only.
func (f *lineFinder) keep(found finding) {
	if key := maskDigits(found.text); f.shapes[key] < maxOfOneShape && found.text != "" {
		f.shapes[key]++
		f.out = append(f.out, found)
	}
}

// columns is what parts the columns of a line, "" if it has none: a tab, or below a head with a label such as "Meldung" blanks.
func (f *lineFinder) columns(l line) string {
	switch t := strings.TrimSpace(l.text); {
	case l.shape.stamped:
		return ""
	case strings.Contains(t, "\t"):
		return "\t"
	case f.s.log || f.output || l.shape != shape{} || !tableRow(t):
		return ""
	case f.column > 0:
		return "  "
	default:
		if last := t[strings.LastIndex(t, "  ")+2:]; isLabel(f.s.v, foldText(last)) {
			return "  "
		}
	}
	return ""
}

// cells takes the cells of a table or a list of fields: the one below or beside a label that announces a message, and
// such as would be a message on a line of their own.
func (f *lineFinder) cells(l line, sep string) bool {
	s, any := f.s, false
	announced := false // by the cell before
	at, column := l.from, 0
	for _, cell := range strings.Split(l.text, sep) {
		from, to := at+indent(cell), at+len(cell)
		at = to + len(sep)
		cell = strings.TrimSpace(cell)
		if cell == "" {
			continue
		}
		column++
		if isLabel(s.v, strings.TrimRight(foldText(cell), ":")) {
			f.column, announced = column, true
			continue
		}
		w := s.wordsIn(from, to)
		if len(cell) > 3 && !s.v.senderWords.has(w) && (len(w) >= 2 || codeToken(cell)) && f.cellHolds(cell, w, announced || column == f.column && column > 1) {
			any = true
			f.keep(finding{src: s, from: from, to: from + len(cell), text: unquote(cell), whole: true})
		}
		announced = false
	}
	return any
}

func (f *lineFinder) cellHolds(cell string, w []word, announced bool) bool {
	v := f.s.v
	if errorHead(v, cell) || v.machinePhrases.has(w) || codeToken(cell) {
		return true
	}
	bad := f.s.bad(w)
	return bad && (announced && len(w) >= 3 || technical(f.s, cell, w))
}

// messageBehindLabel is where a message begins within a line, behind the sender's words: "- Was man sieht: Error 503 …".
// 0: nowhere, or the line is a message from its beginning.
func messageBehindLabel(s *source, l line) int {
	bullet := listed(strings.TrimSpace(l.text))
	if l.shape.stamped || l.shape.head || s.log {
		return 0
	}
	t := strings.TrimLeft(l.text, " \t-*•–·o")
	start := len(l.text) - len(t)
	label, rest, ok := strings.Cut(t, ":")
	if !ok || len(label) > 45 || !(strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t")) {
		label, rest, ok = strings.Cut(t, " = ")
		if !ok || len(label) > 30 {
			return 0
		}
	}
	message := strings.TrimLeft(rest, " \t")
	at := start + len(t) - len(message)
	w := s.wordsIn(l.from+at, l.to)
	if first, rest, ok := strings.Cut(message, " "); ok && rest != "" && isCode(first) && strings.ContainsAny(first[len(first)-1:], ",.;") {
		return 0 // one code of several in a sentence
	}
	if len(message) < 8 || s.v.senderWords.has(w) || len(w) == 0 || !plainLabel(label) || !bullet && s.v.programs[foldText(label)] && errorHead(s.v, t) {
		return 0
	}
	if isLabel(s.v, foldText(label)) && len(w) >= 3 && (s.bad(w) || strings.Contains(message, "(!!)")) && !s.v.proseWords.has(w) {
		return at
	}
	if errorHead(s.v, message) && s.bad(w) && !s.v.proseWords.has(w) || s.v.machinePhrases.has(w[:min(len(w), 8)]) {
		return at
	}
	return 0
}

// clauseBehind is how long the clause is that the sender added behind a message: ", dann nichts mehr". 0: none.
func clauseBehind(t string) int {
	i := strings.LastIndex(t, ", ")
	if i < 8 || len(t)-i > 40 {
		return 0
	}
	if w := splitWords(t[i:]); len(w) > 0 && clauseBegins(w[0].fold) {
		return len(t) - i
	}
	return 0
}

// plainLabel: a few words and nothing that programs write.
func plainLabel(label string) bool {
	label = strings.TrimSpace(label)
	return label != "" && len(strings.Fields(label)) <= 6 && !strings.ContainsAny(label, "[]{}()=/\\\"'#;|._@")
}

func isLabel(v *vocabulary, folded string) bool {
	folded = strings.TrimSpace(folded)
	for _, l := range v.labels {
		if l == folded {
			return true
		}
	}
	return false
}

// codeOfFrame: below the place of a call Python prints the code that stands there.
func codeOfFrame(frame, l line) bool {
	return strings.HasPrefix(strings.TrimSpace(frame.text), "File \"") && indent(l.text) > indent(frame.text)
}
