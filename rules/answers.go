package rules

import (
	"iter"
	"slices"
	"strings"
)

// topic is one of the questions that a good mail answers, or what else a heading can announce.
type topic int

const (
	noTopic topic = iota
	problemTopic
	reproductionTopic
	changesTopic
	otherTopic
)

// answerLimit is how much of an answer is kept: it is shown at a glance.
const answerLimit = 1000

// answer is one of the three in the sender's words, with where it stands.
type answer struct {
	text, rule, source string
	from, to           int
}

// answers are problem, reproduction and changes in the sender's words: what a rule of the files captured, what stands
// below or behind their headings, else the sentences that speak of them.
func answers(d *doc, found []finding) (problem, reproduction, changes string) {
	var got [otherTopic]answer
	for t, kind := range topicKinds {
		if list := d.captured[kind]; kind != "" && len(list) > 0 {
			c := list[0]
			got[t] = answer{c.text(), c.rule, c.src.name, c.from, c.to}
		}
	}
	underHeadings(d, &got)
	headings := got // a sentence may answer two questions, and none that a heading's text answers
	if rule, on := d.set.finders[finderProse]; on {
		inProse(d, &d.body, d.closing, rule, found, &headings, &got)
		if d.forward {
			inProse(d, &d.passed, len(d.passed.text), rule, found, &headings, &got)
		}
		if got[problemTopic].text == "" {
			got[problemTopic] = fallbackProblem(d, found, rule, &headings)
		}
	}
	for t, kind := range topicKinds {
		if a := &got[t]; a.text != "" {
			a.text = clipAnswer(a.text)
			d.took(a.rule, kind, a.text, "", a.source, a.from, a.to)
		}
	}
	return got[problemTopic].text, got[reproductionTopic].text, got[changesTopic].text
}

// topicKinds are the facts of the topics.
var topicKinds = [otherTopic]string{problemTopic: "problem", reproductionTopic: "reproduction", changesTopic: "changes"}

// underHeadings fills in what stands under headings: of the text, or of the forwarded mail if the text has none.
func underHeadings(d *doc, got *[otherTopic]answer) {
	rule, on := d.set.finders[finderHeadings]
	if !on {
		return
	}
	s := &d.body
	found := byHeading(s, d.closing)
	if len(found) == 0 && d.forward {
		s = &d.passed
		found = byHeading(s, len(s.text))
	}
	for t, p := range found {
		if got[t].text == "" {
			got[t] = answer{p.text, rule, s.name, p.from, p.to}
		}
	}
}

// answered reports whether a passage of a source is an answer already.
func answered(got *[otherTopic]answer, source string, from, to int) bool {
	for _, a := range got {
		if a.text != "" && a.source == source && from < a.to && to > a.from {
			return true
		}
	}
	return false
}

// longestSentence in words: what goes on longer without a full stop is a log.
const longestSentence = 300

// inProse fills in the sentences that speak of what no heading answers.
func inProse(d *doc, s *source, until int, rule string, found []finding, headings, got *[otherTopic]answer) {
	var apart []word
	open := func(t topic) bool { return got[t].text == "" }
	s.eachSentence(until, func(from, to int) {
		if !open(problemTopic) && !open(reproductionTopic) && !open(changesTopic) {
			return
		}
		w := s.wordsIn(from, to)
		if len(w) < 2 || len(w) > longestSentence || inOutput(s, found, from) && !d.v.proseWords.has(w) {
			return
		}
		if slices.ContainsFunc(w, compound) {
			apart = unhyphened(apart[:0], w)
			w = apart
		}
		a := answer{rule: rule, source: s.name, from: from, to: to}
		how := open(reproductionTopic) && tellsHow(d.v, s.text[from:to], w)
		change := open(changesTopic) && s.text[to-1] != '?' && tellsChange(d.v, w)
		problem := open(problemTopic) && d.v.saysProblem.has(w) && !greeting(d.v, w) && !answered(headings, s.name, from, to)
		if !how && !change && !problem {
			return
		}
		a.text = oneLine(s.text[from:to])
		if how {
			got[reproductionTopic] = a
		}
		if change {
			got[changesTopic] = a
		}
		if problem {
			got[problemTopic] = a
		}
	})
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// inOutput reports whether a place lies in a paragraph that holds a program's output.
func inOutput(s *source, found []finding, at int) bool {
	for _, f := range found {
		if f.whole && f.src == s && f.from < at+maxErrorLength && f.to > at-maxErrorLength {
			from, to := min(at, f.from), max(at, f.from)
			if !strings.Contains(s.text[from:to], "\n\n") {
				return true
			}
		}
	}
	return false
}

func compound(w word) bool { return strings.IndexByte(w.fold, '-') >= 0 }

// unhyphened appends words to out, compounds taken apart, so that a "Windows-Update" is an update.
func unhyphened(out, in []word) []word {
	for _, w := range in {
		if !compound(w) {
			out = append(out, w)
			continue
		}
		for part := range strings.SplitSeq(w.fold, "-") {
			if part != "" {
				out = append(out, word{part, w.from, w.to, hashOf(part)})
			}
		}
	}
	return out
}

func clipAnswer(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > answerLimit {
		s = cut(s, answerLimit) + " …"
	}
	return s
}

// fallbackProblem: the first sentence that is no greeting, else what the subject says beside our name.
func fallbackProblem(d *doc, found []finding, rule string, headings *[otherTopic]answer) (first answer) {
	d.body.eachSentence(d.closing, func(from, to int) {
		if w := d.body.wordsIn(from, to); first.text == "" && len(w) >= 3 && !greeting(d.v, w) && !answered(headings, "body", from, to) {
			first = answer{oneLine(d.body.text[from:to]), rule, "body", from, to}
		}
	})
	switch {
	case first.text != "":
		return first
	case len(found) > 0:
		return answer{found[0].text, rule, found[0].src.name, found[0].from, found[0].to}
	case signalInSubject(d.v, d.subject):
		return answer{d.m.Subject, rule, "subject", 0, len(d.title.text)}
	}
	return answer{}
}

func signalInSubject(v *vocabulary, subject string) bool {
	return v.saysProblem.has(splitWords(subject))
}

func greeting(v *vocabulary, w []word) bool { return len(w) <= 7 && startsPhrase(v.greetings, w) }

// passage is what stands under one heading.
type passage struct {
	text     string
	from, to int
}

// byHeading reads what stands under headings and behind labels, up to the next one.
func byHeading(s *source, until int) map[topic]passage {
	got := map[topic]passage{}
	from, to := 0, 0
	cur := noTopic
	var text []string
	inline, blanks := false, 0
	flush := func() {
		if cur != noTopic && cur != otherTopic {
			if t := strings.TrimSpace(strings.Join(text, "\n")); t != "" && got[cur].text == "" {
				got[cur] = passage{t, from, to}
			}
		}
		cur, text, blanks = noTopic, nil, 0
	}
	for i, l := range s.lines {
		if l.from >= until {
			break
		}
		if l.blank {
			blanks++
			// A label's answer ends with its paragraph; a heading's goes on to the next heading.
			if inline || blanks > 1 && len(text) > 0 && cur != problemTopic {
				flush()
			}
			continue
		}
		if ruler(strings.TrimSpace(l.text)) {
			continue
		}
		alone := i+1 < len(s.lines) && (s.lines[i+1].blank || ruler(strings.TrimSpace(s.lines[i+1].text)))
		for l := range labelled(s, l) {
			if top, rest, ok := headingAt(s, l, alone); ok {
				flush()
				cur, inline = top, rest != ""
				from, to = l.from, l.to
				if rest != "" {
					text = append(text, rest)
				}
			} else if cur != noTopic {
				text, to = append(text, strings.TrimSpace(l.text)), l.to
				blanks = 0
			}
		}
	}
	flush()
	return got
}

// labelled takes a line apart where a label begins behind the end of a sentence: "Reproduce: can't. Change: new NIC."
func labelled(s *source, l line) iter.Seq[line] {
	return func(yield func(line) bool) {
		from := 0
		last := strings.LastIndexByte(l.text, ':') // no label begins behind it
		for i := 1; i+1 < last; i++ {
			if l.text[i] != ' ' || strings.IndexByte(".;!?", l.text[i-1]) < 0 {
				continue
			}
			colon := headColon(l.text[i+1:])
			if colon < 0 || colon > 40 {
				continue
			}
			label := line{text: l.text[i+1 : i+colon+2], from: l.from + i + 1, to: l.from + i + colon + 2}
			if top, _, ok := headingAt(s, label, false); ok && top != otherTopic {
				if !yield(line{text: l.text[from:i], from: l.from + from, to: l.from + i}) {
					return
				}
				from = i + 1
			}
		}
		yield(line{text: l.text[from:], from: l.from + from, to: l.to})
	}
}

// ruler: a line of dashes under a heading.
func ruler(t string) bool { return len(t) >= 3 && strings.Trim(t, "-=_~*#") == "" }

// headingAt reads a line as a heading or as label and answer.
func headingAt(s *source, l line, alone bool) (topic, string, bool) {
	t := strings.TrimSpace(l.text)
	bare := numbering(strings.TrimLeft(t, "*#=-•·>0123456789.)( \t"))
	head, rest, colon := bare, "", false
	if i := headColon(bare); i >= 0 && i <= 60 {
		head, rest, colon = bare[:i], strings.TrimSpace(strings.Trim(bare[i+1:], "*= ")), true
	} else if i := strings.IndexByte(bare, '?'); i > 0 && i <= 60 {
		head, rest, colon = bare[:i], strings.TrimSpace(strings.Trim(bare[i+1:], "*=# ")), true
	}
	if len(head) > 80 {
		return noTopic, "", false
	}
	from := l.from + indent(l.text) + len(t) - len(bare)
	w := s.wordsIn(from, from+len(head))
	if len(w) == 0 || len(w) > 7 {
		return noTopic, "", false
	}
	top := noTopic
	s.v.headings.find(w, func(m match) bool {
		// The heading is the phrase, with small words around it: "Die letzten Änderungen", "Problem / Fehlermeldung".
		if m.to-m.from >= len(w)-2 || m.from == 0 && colon {
			if top == noTopic || topic(m.id) != otherTopic && m.to-m.from > 1 {
				top = topic(m.id)
			}
		}
		return true
	})
	if top == noTopic {
		return noTopic, "", false
	}
	if !colon && !(shouted(head) || len(w) <= 3 && (alone || len(bare) < len(t)) && !strings.ContainsAny(bare, ".,!")) {
		return noTopic, "", false
	}
	return top, rest, true
}

// numbering takes a Roman number off a heading: "III. Änderungen".
func numbering(t string) string {
	i := strings.IndexAny(t, ".) ")
	if i <= 0 || i > 4 || strings.Trim(t[:i], "IVX") != "" || len(t) == i+1 || t[i] == ' ' && i < 2 {
		return t
	}
	return strings.TrimLeft(t[i:], ".) \t")
}

// headColon is the colon of a label; none in an address or a time.
func headColon(t string) int {
	i := strings.IndexByte(t, ':')
	if i <= 0 || i+1 < len(t) && t[i+1] == '/' || t[i-1] >= '0' && t[i-1] <= '9' {
		return -1
	}
	return i
}

func shouted(s string) bool { return strings.ToUpper(s) == s && strings.ToLower(s) != s }

// eachSentence yields the sentences that begin before a place; the last ends there.
func (s *source) eachSentence(until int, yield func(from, to int)) {
	if s.sentences == nil {
		eachSentence(s.text, func(from, to int) { s.sentences = append(s.sentences, Span{from, to}) })
	}
	for _, x := range s.sentences {
		if x.From >= until {
			return
		}
		yield(x.From, min(x.To, until))
	}
}

// eachSentence cuts text at full stops before a blank, and at blank lines.
func eachSentence(text string, yield func(from, to int)) {
	from := 0
	for i := 0; i < len(text); i++ {
		end := false
		switch c := text[i]; {
		case c == '\n':
			end = i+1 < len(text) && text[i+1] == '\n'
		case c == '.' || c == '!' || c == '?':
			end = i+1 < len(text) && text[i+1] <= ' ' && !abbreviation(text[max(from, runeStart(text, max(0, i-12))):i+1])
		}
		if end || i == len(text)-1 {
			for from < i && text[from] <= ' ' {
				from++
			}
			yield(from, i+1)
			from = i + 1
		}
	}
}

// abbreviation: "ca.", "z.B.", "Nr.", "17.": the sentence goes on.
func abbreviation(s string) bool {
	i := strings.LastIndexAny(strings.TrimSuffix(s, "."), " (")
	w := strings.TrimSuffix(s[i+1:], ".")
	switch strings.ToLower(w) {
	case "ca", "z.b", "d.h", "nr", "bzw", "usw", "u.a", "dr", "mag", "ing", "dipl", "hr", "fr", "inkl", "evtl", "ggf", "tel", "st", "e.g", "i.e", "approx", "no", "mr", "ms", "mrs", "vs", "etc", "kd", "abt", "str", "min", "std", "sek", "bsp", "lt", "max", "sog", "u", "z", "d":
		return s[len(s)-1] == '.'
	}
	return s[len(s)-1] == '.' && w != "" && digits(w) == len(w) && len(w) <= 2
}
