package rules

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// finding is an error message as it stands in a source.
type finding struct {
	src      *source
	from, to int    // bytes of src.text
	text     string // verbatim, lines joined where the mail program broke them
	whole    bool   // whole lines, not a passage of a sentence
	rule     string // that found it
}

// Bounds of what is kept of one mail: a log of a night has thousands of lines, and ten tell the story.
const (
	maxErrorsPerSource = 25
	maxErrorLength     = 2000 // bytes of one message
	maxOfOneShape      = 2    // lines that differ in numbers only
	maxErrors          = 80   // of all sources together
)

// findErrors finds the error messages of all sources, in the order in which they stand there. What a rule of the files
// captured goes before what a built-in finder found in the same place.
func findErrors(d *doc) []finding {
	var out []finding
	out = append(out, d.errorsIn(&d.body)...)
	out = append(out, d.by(finderKnown, func() []finding { return phraseErrors(&d.title, nil) })...)
	if d.forward {
		out = append(out, d.errorsIn(&d.passed)...)
	}
	for i := range d.logs {
		out = append(out, d.by(finderLines, func() []finding { return lineErrors(&d.logs[i]) })...)
	}
	out = d.withCaptured(out)
	out = slices.DeleteFunc(out, func(f finding) bool { return d.refusal("error", f.text, f.src, f.from, f.to) != nil })
	if len(out) > maxErrors {
		d.cuts.add(everySource, CutErrors, maxErrors)
		out = out[:maxErrors]
	}
	return unique(out)
}

// by runs a built-in finder, if a rule names it, and puts the rule's name on what it found.
func (d *doc) by(finder string, find func() []finding) []finding {
	rule, on := d.set.finders[finder]
	if !on {
		return nil
	}
	out := find()
	for i := range out {
		out[i].rule = rule
	}
	return out
}

func (d *doc) errorsIn(s *source) []finding {
	lines := d.by(finderLines, func() []finding { return lineErrors(s) })
	all := append(lines, d.by(finderQuotes, func() []finding { return quotedErrors(s, lines) })...)
	all = append(all, d.by(finderSentences, func() []finding { return sentenceErrors(s, all) })...)
	all = append(all, d.by(finderKnown, func() []finding { return phraseErrors(s, all) })...)
	sort.SliceStable(all, func(i, j int) bool { return all[i].from < all[j].from })
	return s.fewer(all)
}

// withCaptured puts the errors that rules captured before those of the finders, and drops of these what touches one.
func (d *doc) withCaptured(found []finding) []finding {
	var out []finding
	for _, c := range d.captured["error"] {
		out = append(out, finding{src: c.src, from: c.from, to: c.to, text: c.text(), rule: c.rule})
	}
	captured := out
	for _, f := range found {
		if !touches(captured, f.src, f.from, f.to) {
			out = append(out, f)
		}
	}
	return out
}

func errorFacts(d *doc, found []finding) []Error {
	var out []Error
	for _, f := range found {
		out = append(out, Error{Text: f.text, Source: f.src.name, Span: Span{f.from, f.to}})
		d.took(f.rule, "error", f.text, "", f.src.name, f.from, f.to)
	}
	return out
}

// unique leaves out what another finding says as well: the same text, or, of a passage in a sentence,
// a part of it.
func unique(in []finding) []finding {
	keys := make([]string, len(in))
	for i, f := range in {
		keys[i] = squeeze(f.text)
	}
	var out []finding
	for i, f := range in {
		repeated := false
		for j := range in {
			if j != i && (keys[j] == keys[i] && j < i || !f.whole && len(keys[j]) > len(keys[i]) && strings.Contains(keys[j], keys[i])) {
				repeated = true
				break
			}
		}
		if !repeated {
			out = append(out, f)
		}
	}
	return out
}

func squeeze(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// lineErrors finds messages that fill lines: by the shape of the line, or because the lines above
// announce them.
func lineErrors(s *source) []finding {
	var out []finding
	shapes := map[string]int{}
	announced, output := nothing, false // by the text above; by a command above
	served := false                     // the announced paragraph has begun; the announcement ends with it
	for i := 0; i < len(s.lines) && (s.log || len(out) <= maxErrorsPerSource); i++ {
		l := s.lines[i]
		if l.blank {
			continue
		}
		sh := l.shape
		if sh.command {
			output = true
			continue
		}
		if i > 0 && s.lines[i-1].blank {
			output = false
			if served {
				announced, served = nothing, false
			}
		}
		if sh.frame {
			continue
		}
		if !isError(s, l, sh, announced, output) {
			if a := announces(s, i); a != nothing {
				announced, served = a, false
			} else {
				served = true
			}
			continue
		}
		served = true
		end := wrapped(s, i)
		f := finding{src: s, from: l.from + indent(l.text), to: s.lines[end].to, whole: true}
		f.text = joinLines(s, i, end)
		f.from, f.text = cutLabel(s, f.from, f.text)
		f.text, f.to = addFrames(s, end, f)
		if key := maskDigits(f.text); shapes[key] < maxOfOneShape && f.text != "" {
			shapes[key]++
			out = append(out, f)
		}
		i = end
	}
	return s.fewer(out)
}

// isError decides on one line. announced: an announcement stands above; output: it follows a command.
func isError(s *source, l line, sh shape, by announcement, output bool) bool {
	announced := by == firmly
	t := strings.TrimSpace(l.text)
	if len(t) > maxErrorLength || strings.HasSuffix(t, ":") && !sh.stamped {
		return false
	}
	w := s.wordsIn(l.from, min(l.to, l.from+600))
	bad := s.v.errorWords.has(w)
	switch {
	case sh.stamped:
		if bad && !harmlessLevel(t) {
			return true
		}
		return !s.v.harmlessWords.has(w) && (s.v.mildWords.has(w) || announced) || bad && strings.Contains(t, "blocked")
	case sh.head:
		return !s.v.proseWords.has(w) || announced
	case codeToken(t):
		return len(w) <= 8
	case s.log:
		return bad && technical(s, t, w)
	case announced:
		return !s.v.proseWords.has(w) && !listed(t) && len(w) >= 2 && (bad || isQuote(t) || technical(s, t, w) && errorish(s.v, t, w))
	case output:
		return bad && !s.v.proseWords.has(w)
	case by == vaguely && bad && !s.v.proseWords.has(w) && !listed(t):
		return indent(l.text) >= 2 || strings.Contains(t, ": ") || strings.ContainsAny(t, "=[{_<>/\\")
	}
	return bad && technical(s, t, w) && !s.v.proseWords.has(w)
}

// harmlessLevel: the level that a log line states, near its beginning.
func harmlessLevel(t string) bool {
	head := cut(t, 120)
	for _, lv := range []string{" INFO ", "[INFO]", " INFO:", "[info]", " DEBUG ", "[DEBUG]", " NOTICE ", "[notice]", "<info>", "level=info", "level=debug", "[Note]"} {
		if strings.Contains(head, lv) {
			return true
		}
	}
	return false
}

// technical reports whether a line looks like a program wrote it: marks of code rather than of speech.
func technical(s *source, t string, w []word) bool {
	if strings.HasPrefix(t, "http") || speechLike(s, w) {
		return false
	}
	marks := 0
	for _, m := range []string{"[", "](", "=", "::", "()", "0x", "/", "_", "->", ";", "<", "{", "\\", " - ", "#"} {
		if strings.Contains(t, m) {
			marks++
		}
	}
	if i := strings.Index(t, ": "); i > 0 && i < 60 {
		marks++
	}
	return marks >= 2
}

// speechLike: two small words of five are speech; of German ones three do, for programs speak German
// only in the messages that somebody announces.
func speechLike(s *source, w []word) bool {
	n := countStops(s.v, s.text, w)
	return n[german] >= 3 && n[german] > n[english] || len(w) > 8 && 5*n[english] > 2*len(w)
}

func errorish(v *vocabulary, t string, w []word) bool {
	return v.mildWords.has(w) || strings.Contains(t, "rror") || strings.Contains(t, "ehler")
}

func isQuote(t string) bool {
	r, _ := utf8.DecodeRuneInString(t)
	return strings.ContainsRune("\"„“”«»'", r)
}

func listed(t string) bool {
	return strings.HasPrefix(t, "- ") || strings.HasPrefix(t, "* ") || strings.HasPrefix(t, "• ") || digits(t) > 0 && digits(t) < 3 && len(t) > 2 && (t[digits(t)] == '.' || t[digits(t)] == ')')
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

// wrapped is the last line of the message that begins at line i: lines that a mail program broke
// because the next word had no room are joined again.
func wrapped(s *source, i int) int {
	if s.log || s.width == 0 {
		return i
	}
	for i+1 < len(s.lines) && !s.lines[i+1].blank {
		cur, next := s.lines[i], s.lines[i+1]
		n := utf8.RuneCountInString(cur.text)
		if n > maxWidth || indent(next.text) > indent(cur.text)+8 {
			break
		}
		first, _, _ := strings.Cut(strings.TrimSpace(next.text), " ")
		if n+1+utf8.RuneCountInString(first) <= s.width || strings.HasSuffix(first, ":") {
			break
		}
		if sh := next.shape; sh.stamped || sh.head || sh.frame || sh.command {
			break
		}
		i++
	}
	return i
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
			if len(rest) > 3 && strings.Contains(text[i+1:], " ") && !(name == "fehler" && len(strings.Fields(rest)) < 2) {
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

// covered reports whether a passage lies within a finding.
func covered(found []finding, s *source, from, to int) bool {
	for _, f := range found {
		if f.src == s && from >= f.from && to <= f.to {
			return true
		}
	}
	return false
}
