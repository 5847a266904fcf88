package rules

import (
	"context"
	"slices"
	"strings"

	"notfalld/message"
)

// verdict is a class with what led to it.
type verdict struct {
	class Class
	score int
	by    string // the rule that decided by itself, or ""
	never string // the rule that forbids an answer, or ""
}

// classify decides whose mail it is: the rules that decide at once, in their order, then the weight of what subject and
// text say.
func (s *Set) classify(ctx context.Context, d *doc, f *Facts) verdict {
	in := d.input(f)
	v := verdict{class: Other}
	if r := s.decide(ctx, d, in); r != nil {
		v.class, v.by = r.class, r.name
		if r.never {
			v.never = r.name
		}
		return v
	}
	add := func(r *classifyRule, weight int, step Step) {
		v.score += weight
		if r.never && v.never == "" {
			v.never = r.name
		}
		if d.trace != nil {
			step.Rule, step.Fact, step.Weight, step.Taken = r.name, "class", weight, true
			d.tell(step)
		}
	}
	found := s.hintsIn(ctx, d, in)
	if d.subjectMatch() == mentions {
		d.subjectOurs = mentionIsCall(found) && !against(found, s.objection)
	}
	b, text := brokenIn(found, replied(d.m.Subject))
	b.service, b.quoted = d.namesService(), d.quotes(f)
	b.proof = b.quoted && d.namesForeignServer(f) && !slices.ContainsFunc(found, weighed.unconvinced)
	if b.proof {
		b.denied = slices.ContainsFunc(found, func(x weighed) bool { return x.denies(b) && x.rule.group != groupBusiness })
	}
	d.broken, d.hintCounts = b, hintCounts(found)
	in = d.input(f) // what was asked before the hints were known is asked anew
	calls := d.subjectOurs || b.any && b.urgent
	for _, x := range found {
		if w := x.tempered(calls, text, b); w != 0 || x.rule.never {
			add(x.rule, w, x.step)
		} else if d.trace != nil {
			x.step.Rule, x.step.Fact, x.step.Why = x.rule.name, "class", x.step.Why+": weighs nothing beside the others"
			d.tell(x.step)
		}
	}
	for _, r := range s.weights {
		if d.fires(ctx, &r.head, in, "", "class") {
			add(r, r.weight, Step{Why: r.when.source})
		}
	}
	if v.score >= s.emergency {
		v.class = Emergency
	}
	return v
}

// decide is the first rule that decides the class by itself, or nil.
func (s *Set) decide(ctx context.Context, d *doc, in *conditionActivation) *classifyRule {
	words := map[int]bool{}
	for _, w := range d.content() {
		s.decisionWords.find(w, func(m match) bool { words[m.id] = true; return true })
	}
	for i, r := range s.decisions {
		if r.hint() && !words[i] && !d.matchesAny(r.pattern) {
			continue
		}
		if d.fires(ctx, &r.head, in, d.said(), "class") {
			d.tell(Step{Rule: r.name, Fact: "class", Value: string(r.class), Taken: true, Why: decisionWhy(d, r)})
			return r
		}
	}
	return nil
}

func decisionWhy(d *doc, r *classifyRule) string {
	why := "decides at once"
	if r.when != nil {
		why += ": " + r.when.source
	}
	if d.auto.Why != "" && d.auto.Kind != message.Human {
		why += " (" + d.auto.Why + ")"
	}
	return why
}

// input is what conditions ask, as far as it is known now.
func (d *doc) input(f *Facts) *conditionActivation {
	return newConditionActivation(&conditionInput{m: d.m, w: d.w, f: f, subjectOurs: d.subjectOurs, subjectNames: d.subjectMatch() != notOurs,
		broken: d.broken, hints: d.hintCounts, now: d.w.Now, open: d.w.Open, proof: d.w.Proof})
}

// said is subject and text together, in which the exceptions of classify rules look.
func (d *doc) said() string {
	if d.whole == "" {
		d.whole = d.title.text + "\n" + d.body.text
	}
	return d.whole
}

// content are the words of subject, new text and, in a forward, the forwarded mail.
func (d *doc) content() [][]word {
	list := [][]word{splitWords(d.subject), d.body.words}
	if d.forward {
		list = append(list, d.passed.words)
	}
	return list
}

// fires says whether condition and exceptions of a rule let it. line is the text that words and patterns of exceptions
// are looked for in.
func (d *doc) fires(ctx context.Context, h *head, in *conditionActivation, line, fact string) bool {
	if h.when != nil {
		ok, err := h.when.eval(ctx, in)
		if err != nil {
			d.refused(h.name, fact, "", "its condition failed: "+err.Error(), "", 0, 0)
			return false
		}
		if !ok {
			if d.trace != nil {
				d.refused(h.name, fact, "", notSo(h, in), "", 0, 0)
			}
			return false
		}
	}
	for i := range h.unless {
		if h.unless[i].holds(ctx, in, line, "") {
			if d.trace != nil {
				d.refused(h.name, fact, "", h.unless[i].why(i, line, ""), "", 0, 0)
			}
			return false
		}
	}
	return true
}

// holds says whether all parts of an exception do. line is the text around the value.
func (e *exception) holds(ctx context.Context, in *conditionActivation, line, value string) bool {
	if len(e.values) > 0 && !anyGlob(e.values, value) {
		return false
	}
	if e.words != nil && !e.words.has(splitWords(line)) {
		return false
	}
	if e.pattern != nil && !e.pattern.Matches(line) {
		return false
	}
	if e.when != nil {
		ok, err := e.when.eval(ctx, in)
		return err == nil && ok
	}
	return true
}

// replied reports whether the subject is that of a reply, and so of an earlier mail.
func replied(subject string) bool {
	s := strings.TrimSpace(foldText(cut(subject, 50)))
	for _, p := range []string{"re:", "aw:", "antw:", "antwort:"} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// namesService reports whether subject or text name something that we run.
func (d *doc) namesService() bool {
	return slices.ContainsFunc(d.content(), d.v.services.has)
}

// subjectMatch compares the subject with our names; where it is empty or says nothing, and the mail
// is a forward, the forwarded one's.
func (d *doc) subjectMatch() subjectMatch {
	if m := matchSubject(d.v, d.subject); m != notOurs || !d.forward {
		return m
	}
	if matchSubject(d.v, FoldSubject(passedSubject(d.passed))) == begins {
		return begins
	}
	return notOurs
}

// passedSubject is the Subject of the first header block of a forwarded mail, or "".
func passedSubject(s source) string {
	for i, l := range s.lines {
		if i > 20 {
			break
		}
		name, value, ok := strings.Cut(l.text, ":")
		if ok && subjectNames[strings.Trim(foldText(name), "*> ")] {
			return strings.Trim(value, "* ")
		}
	}
	return ""
}

var subjectNames = setOf("subject", "betreff", "betr", "objet", "oggetto", "onderwerp", "asunto", "temat", "predmet")

// mentionIsCall reports whether a subject that does not begin with our name still calls for help:
// "Server down (Notfall-Support)", "Bitte um Notfall-Support", and not "Newsletter: unser neuer …".
func mentionIsCall(found []weighed) bool {
	return !slices.ContainsFunc(found, func(x weighed) bool { return x.inSubject && x.weight < 0 })
}

// against reports whether the hints that speak against an emergency weigh as much as limit.
func against(found []weighed, limit int) bool {
	sum := 0
	for _, s := range found {
		sum += min(s.weight, 0)
	}
	return sum <= -limit
}
