package rules

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"notfalld/rules/pattern"
)

// weighed is one hint that was found, in the subject or in the text.
type weighed struct {
	rule      *classifyRule
	weight    int
	inSubject bool
	words     int  // how many different words of it
	firm      int  // of them, those that are not faint
	asked     bool // the one word of it stands in a question
	step      Step
}

// The groups whose meaning the code knows: what is broken, what its error codes are, and that it is urgent.
const (
	groupOutage  = "outage"
	groupFailure = "failure-code"
	groupUrgency = "urgency"
	// Rules of business speak of what a mail may be about beside a failure; of strangers, denial and business closed of
	// what no proof of a failure outweighs.
	groupBusiness = "business"
	groupStranger = "stranger"
	groupDenial   = "denial"
)

// failure says whether the words of the rule are about what is broken.
func (r *classifyRule) failure() bool { return r.group == groupOutage || r.group == groupFailure }

// brokenIn sums up what the hints say of an outage. text: whether the text says that something is broken.
func brokenIn(found []weighed, replied bool) (b brokenFacts, text bool) {
	b.replied = replied
	for _, x := range found {
		b.urgent = b.urgent || x.rule.group == groupUrgency
		b.denied = b.denied || x.denies(b)
		b.opposed = b.opposed || x.weight < 0
		if !x.rule.failure() {
			continue
		}
		b.any = true
		b.firmly = b.firmly || x.firm > 0
		if x.inSubject {
			b.subject = b.subject || x.firm > 0
		} else {
			text = true
			b.ways += x.firm
		}
	}
	return b, text
}

// denies: a hint that no customer in need gives.
func (x weighed) denies(b brokenFacts) bool {
	return x.weight < 0 && !x.rule.mild && !(b.replied && x.inSubject)
}

// unconvinced: a hint that weighs as much beside a quoted message as without one.
func (x weighed) unconvinced() bool {
	return x.weight < 0 && (x.rule.group == groupStranger || x.rule.group == groupDenial)
}

// What a mild objection weighs at most beside a call for help. Customers answer whatever mail of ours they find, and
// begin at a question: the text counts more.
const mildest = -2

// tempered is what a hint weighs beside the others.
func (x weighed) tempered(calls, text bool, b brokenFacts) int {
	w := x.weight
	if b.proof && (x.rule.mild || x.rule.group == groupBusiness) {
		return max(w, mildest)
	}
	if x.inSubject && b.replied && text && !b.denied {
		w = max(w, -1) // the subject is an old one
	}
	// Who calls for help may name a contract or a maintenance once; it takes more to make that other.
	// Where nothing is broken, one question is.
	if calls && !x.inSubject && x.words == 1 && w < 0 && (b.any || b.quoted || b.urgent || !x.asked) {
		w /= 2
	}
	if !x.rule.mild {
		return w
	}
	if calls && (b.any || b.quoted) && !x.inSubject || x.inSubject && text && !b.denied && (b.urgent || b.ways > 1) {
		w = max(w, mildest)
	}
	return w
}

// hintCounts are the numbers of different words found, by rule and by group.
func hintCounts(found []weighed) map[string]int {
	n := map[string]int{}
	for _, x := range found {
		n[x.rule.name] += x.words
		if x.rule.group != "" && x.rule.group != x.rule.name {
			n[x.rule.group] += x.words
		}
	}
	return n
}

// hits are the words of one rule found in one place, each with where it stands first.
type hits map[string]hit

type hit struct {
	word
	src *source
}

// hintsIn are the hints found in subject and text, each once per place, in the order of the rules. What speaks against
// an emergency in two different words counts twice: one word of it is in many mails.
func (s *Set) hintsIn(ctx context.Context, d *doc, in *conditionActivation) []weighed {
	inSubject, inText := make([]hits, len(s.hints)), make([]hits, len(s.hints))
	mark := func(in []hits, src *source, words []word, but []span) {
		s.hintWords.find(words, func(m match) bool {
			r, at, to := s.hints[m.id], words[m.from], words[m.to-1].to
			switch {
			case r.failure() && inSpans(but, at.from): // none now
				d.passedOver(r, hit{word{fold: at.fold, from: at.from, to: to}, src}, "the sentence speaks of what may come, or is over")
			case r.group == groupUrgency && d.isOurName(words[m.from:]): // "emergency support"
				d.passedOver(r, hit{word{fold: at.fold, from: at.from, to: to}, src}, "part of our name")
			case r.text < 0 && inAddress(src.text, at): // bewerbung.firma.at
				d.passedOver(r, hit{word{fold: at.fold, from: at.from, to: to}, src}, "part of an address")
			default:
				in[m.id].add(at, to, src)
			}
			return true
		})
	}
	mark(inSubject, &d.title, d.content()[0], nil)
	for _, src := range d.texts() {
		mark(inText, src, src.words, d.supposed(src))
	}
	var out []weighed
	for i, r := range s.hints {
		if r.pattern != nil && r.mayFire(ctx, in) { // a pattern costs more than a condition
			markPattern(&inSubject[i], r.pattern, &d.title)
			for _, src := range d.texts() {
				markPattern(&inText[i], r.pattern, src)
			}
		}
		if len(inSubject[i]) == 0 && len(inText[i]) == 0 {
			continue
		}
		if !d.fires(ctx, &r.head, in, d.said(), "class") {
			d.inVain(r, inSubject[i], inText[i])
			continue
		}
		if n := len(inSubject[i]); n > 0 && (r.subject != 0 || r.never) {
			out = append(out, weighed{rule: r, weight: r.subject, inSubject: true, words: n, firm: d.firm(inSubject[i]), step: d.hintStep(inSubject[i], true)})
		}
		if n := len(inText[i]); n > 0 && (r.text != 0 || r.never) {
			w := r.text
			if n > 1 && w < 0 {
				w *= 2
			}
			out = append(out, weighed{rule: r, weight: w, words: n, firm: d.firm(inText[i]), asked: inText[i].asked(), step: d.hintStep(inText[i], false)})
		}
		if n := len(out); n == 0 || out[n-1].rule != r {
			d.refused(r.name, "class", "", "weighs nothing where its words stand", "", 0, 0)
			d.inVain(r, inSubject[i], inText[i])
		}
	}
	return out
}

// mayFire reports whether the condition of a rule lets it; one that fails is told of later.
func (r *classifyRule) mayFire(ctx context.Context, in *conditionActivation) bool {
	if r.when == nil {
		return true
	}
	ok, err := r.when.eval(ctx, in)
	return ok || err != nil
}

// texts are the sources beside the subject in which hints are looked for.
func (d *doc) texts() []*source {
	if d.forward {
		return []*source{&d.body, &d.passed}
	}
	return []*source{&d.body}
}

// asked reports whether the first of the words found stands in a question.
func (h hits) asked() bool {
	for _, x := range h {
		return len(h) == 1 && askedAt(x.src.text, x.from)
	}
	return false
}

func (h *hits) add(w word, end int, src *source) {
	if *h == nil {
		*h = hits{}
	}
	if _, ok := (*h)[w.fold]; !ok {
		w.to = end
		(*h)[w.fold] = hit{w, src}
	}
}

func markPattern(to *hits, p *pattern.Pattern, s *source) {
	s.find(p, func(m pattern.Match) bool {
		text := foldText(s.text[m.From:m.To])
		to.add(word{fold: text, from: m.From, to: m.To}, m.To, s)
		return len(*to) < 3 // more say no more
	})
}

// firm is how many of the words found are not faint.
func (d *doc) firm(h hits) int {
	n := 0
	for w := range h {
		if !d.v.faint[w] {
			n++
		}
	}
	return n
}

// hintStep says for the trace which words were found, and where each stands first.
func (d *doc) hintStep(h hits, inSubject bool) Step {
	if d.trace == nil {
		return Step{}
	}
	in := "in the text: "
	if inSubject {
		in = "in the subject: "
	}
	st := Step{}
	found := slices.SortedFunc(maps.Values(h), func(a, b hit) int {
		return cmp.Or(strings.Compare(a.src.name, b.src.name), a.from-b.from)
	})
	var list []string
	for _, w := range found {
		x := Word{Text: foldText(w.src.text[w.from:w.to]), Source: w.src.name, From: w.from, To: w.to}
		if inSubject {
			x.Text, x.From, x.To = d.asWritten(w)
		}
		st.Words = append(st.Words, x)
		list = append(list, x.Text)
	}
	st.Source, st.From, st.To = st.Words[0].Source, st.Words[0].From, st.Words[0].To
	st.Value = strings.Join(list[:min(len(list), 5)], ", ")
	st.Why = in + st.Value
	return st
}

// inVain puts the words of a hint to the step that says why they do not count.
func (d *doc) inVain(r *classifyRule, inSubject, inText hits) {
	if d.trace == nil || len(d.trace.Steps) == 0 {
		return
	}
	st := &d.trace.Steps[len(d.trace.Steps)-1]
	if st.Rule != r.name || st.Taken {
		return
	}
	for i, h := range []hits{inSubject, inText} {
		if len(h) > 0 {
			x := d.hintStep(h, i == 0)
			st.Words = append(st.Words, x.Words...)
			st.Value = strings.TrimPrefix(st.Value+", "+x.Value, ", ")
		}
	}
	st.Source, st.From, st.To = st.Words[0].Source, st.Words[0].From, st.Words[0].To
}

// passedOver records a word of a hint that does not count where it stands.
func (d *doc) passedOver(r *classifyRule, h hit, why string) {
	if d.trace == nil {
		return
	}
	w := Word{foldText(h.src.text[min(h.from, len(h.src.text)):min(h.to, len(h.src.text))]), h.src.name, h.from, h.to}
	if h.src == &d.title {
		w.Text, w.From, w.To = d.asWritten(h)
	}
	d.tell(Step{Rule: r.name, Fact: "class", Value: w.Text, Why: why, Source: w.Source, From: w.From, To: w.To, Words: []Word{w}})
}

// asWritten is where a word of the subject stands in it as it was written: it was found in the folded one, which is
// without prefixes and tags. Both places are 0 where it cannot be told.
func (d *doc) asWritten(w hit) (text string, from, to int) {
	if w.to <= len(d.title.text) && foldText(d.title.text[w.from:w.to]) == w.fold {
		return w.fold, w.from, w.to // a pattern's: looked for in the subject as it is
	}
	text = w.fold
	if w.to <= len(d.subject) {
		text = d.subject[w.from:w.to]
	}
	phrase := splitWords(text)
	for i := range d.title.words {
		if i+len(phrase) > len(d.title.words) {
			break
		}
		k := 0
		for k < len(phrase) && d.title.words[i+k].fold == phrase[k].fold {
			k++
		}
		if k == len(phrase) {
			return text, d.title.words[i].from, d.title.words[i+k-1].to
		}
	}
	return text, 0, 0
}
