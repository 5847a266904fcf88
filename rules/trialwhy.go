package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// What failed is told with the reason, which the trace holds: why something was not found, or which rule found it.

// sameFact says whether two spellings of a fact mean the same: a server is written in either form of its name, white space
// in what the sender wrote does not count.
func sameFact(fact, a, b string) bool {
	switch fact {
	case "server":
		x, err := hostKey(a)
		y, err2 := hostKey(b)
		return err == nil && err2 == nil && x == y
	case "error", "problem", "reproduction", "changes":
		return oneLine(a) == oneLine(b)
	}
	return a == b
}

// whyNot says why a fact was not found.
func (t *tried) whyNot(fact, value string) string {
	near := ""
	for _, s := range t.trace.Steps {
		if s.Taken || s.Fact != fact || s.Rule == "" {
			continue
		}
		refused := s.Value
		if fact == "phone" { // refused as it stands, before anything made it a number
			refused = cmp.Or(e164(refused, "", regionOf(t.doc())), refused)
		}
		if sameFact(fact, refused, value) {
			return s.refusal("it")
		}
		if near == "" && value != "" && strings.Contains(foldText(oneLine(s.Value)), foldText(oneLine(value))) {
			near = s.refusal(fmt.Sprintf("%q", clip(oneLine(s.Value), 80)))
		}
	}
	return cmp.Or(near, nobody)
}

// refusal says who refused a value, and why.
func (s Step) refusal(value string) string {
	if s.Why == refusedByRule {
		return fmt.Sprintf("rule %s refuses %s", s.Rule, value)
	}
	return fmt.Sprintf("rule %s refused %s: %s", s.Rule, value, s.Why)
}

// nobody is what is said of a fact that no rule even looked at.
const nobody = "no rule found it"

// whyFound says which rule found a fact, and where.
func (t *tried) whyFound(fact, value string) string {
	i := slices.IndexFunc(t.facts.Where, func(w Where) bool { return w.Fact == fact && sameFact(fact, w.Value, value) })
	if i < 0 {
		return ""
	}
	w := t.facts.Where[i]
	out := fmt.Sprintf("rule %s found it in the %s", w.Rule, w.Source)
	if name, ok := strings.CutPrefix(w.Source, attachmentSource); ok {
		out = fmt.Sprintf("rule %s found it in the attachment %s", w.Rule, name)
	}
	for _, s := range t.trace.Steps {
		if s.Taken && s.Fact == fact && s.Value == w.Value && s.Why != "" {
			return out + ": " + s.Why
		}
	}
	return out
}

// whyClass says which rules led to the class.
func (t *tried) whyClass() string {
	var said []string
	for _, s := range t.trace.Steps {
		switch {
		case s.Fact != "class" || !s.Taken:
		case s.Rule != "" && s.Weight == 0 && s.Value == string(t.facts.Class):
			return fmt.Sprintf("rule %s %s", s.Rule, s.Why)
		case s.Rule != "":
			said = append(said, fmt.Sprintf("%s %+d (%s)", s.Rule, s.Weight, clip(s.Why, 60)))
		case len(said) > 0:
			more := ""
			if n := len(said) - maxSaid; n > 0 {
				said, more = said[:maxSaid], fmt.Sprintf(", and %d more", n)
			}
			return s.Why + ": " + strings.Join(said, ", ") + more
		}
	}
	return "nothing fired"
}

// maxSaid bounds how many rules one message names.
const maxSaid = 6

// fired says on what a rule fired, or that it did not.
func (t *tried) fired(name string) (on string, ok bool) {
	for _, s := range t.trace.Steps {
		switch {
		case s.Rule != name:
		case s.Taken && s.Fact == "class", s.Taken && s.Fact == "route", s.Taken && s.Fact == "form":
			return s.Why, true
		case !s.Taken && s.Why == refusedByRule:
			return fmt.Sprintf("the %s %q, which it refused", factName(s.Fact), clip(oneLine(s.Value), 80)), true
		}
	}
	if found := t.foundBy(name); len(found) > 0 {
		return fmt.Sprintf("the %s %q", factName(found[0].fact), clip(oneLine(found[0].value), 80)), true
	}
	return "", false
}

// refusedByRule is what the trace says of a value that a rule with refuse: kept from being a fact.
const refusedByRule = "the rule refuses it"

// foundFact is a fact, and of what kind.
type foundFact struct{ fact, value string }

// foundBy are the facts that a rule found: those that stand in its name, and those that it captured as well as the rule
// in whose name they stand. Two rules may find the same, and each is right.
func (t *tried) foundBy(name string) []foundFact {
	var out []foundFact
	for _, w := range t.facts.Where {
		if w.Rule == name {
			out = append(out, foundFact{w.Fact, w.Value})
		}
	}
	if !slices.ContainsFunc(t.set.captures, func(r *extractRule) bool { return r.name == name }) {
		return out
	}
	for kind, list := range t.doc().captured {
		for _, c := range list {
			if c.rule != name {
				continue
			}
			value := c.text()
			if kind == "phone" {
				value = e164(value, "", regionOf(t.doc()))
			}
			for _, w := range t.facts.Where {
				if w.Fact == kind && sameFact(kind, w.Value, value) && !slices.Contains(out, foundFact{kind, w.Value}) {
					out = append(out, foundFact{kind, w.Value})
				}
			}
		}
	}
	return out
}

// whyNotFired says what kept a rule from firing.
func (t *tried) whyNotFired(name string) string {
	for _, s := range t.trace.Steps {
		if s.Rule == name && !s.Taken {
			why := s.Why
			if s.Value != "" {
				why = fmt.Sprintf("%q: %s", clip(oneLine(s.Value), 80), why)
			}
			return why
		}
	}
	classify := slices.Concat(t.set.decisions, t.set.hints, t.set.weights)
	i := slices.IndexFunc(classify, func(r *classifyRule) bool { return r.name == name })
	switch {
	case i >= 0 && t.trace.Decided != "" && t.trace.Decided != name:
		return fmt.Sprintf("rule %s decided before it", t.trace.Decided)
	case i >= 0 && classify[i].hint():
		return "nothing that it looks for is there"
	case slices.ContainsFunc(t.set.forms, func(r *formRule) bool { return r.name == name }):
		return "another form is proven before it"
	case slices.ContainsFunc(t.set.routes, func(r *routeRule) bool { return r.name == name }) && t.facts.Class != Emergency:
		return fmt.Sprintf("a mail of class %s is routed nowhere", t.facts.Class)
	case slices.ContainsFunc(t.set.routes, func(r *routeRule) bool { return r.name == name }):
		return "a rule before it stops"
	case slices.ContainsFunc(t.set.extracts, func(r *extractRule) bool { return r.name == name && r.refuse != "" }):
		return "there was nothing for it to refuse"
	case slices.ContainsFunc(t.set.extracts, func(r *extractRule) bool { return r.name == name }):
		return t.whyNoFact(name)
	}
	return "it is switched off"
}

// whyNoFact: nothing was captured, or another rule refused what was.
func (t *tried) whyNoFact(name string) string {
	for _, kind := range captureNames {
		for _, c := range t.doc().captured[kind] {
			if c.rule == name {
				return fmt.Sprintf("%q: %s", short(c.text()), t.whyNot(kind, c.text()))
			}
		}
	}
	return "it found nothing"
}

// hinted says whether the words of a hint were found, whatever they weighed beside the others.
func (t *tried) hinted(name string) (on string, ok bool) {
	if t.trace.Decided != "" {
		return "", false
	}
	d := t.doc()
	d.trace = &Trace{} // so that the hints say which words they were
	for _, x := range t.set.hintsIn(t.ctx, d, d.input(&t.facts)) {
		if x.rule.name == name {
			return x.step.Why, true
		}
	}
	return "", false
}

// factName is what admins call a kind of fact.
func factName(fact string) string { return strings.ReplaceAll(fact, "_", " ") }
