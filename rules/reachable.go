package rules

import (
	"fmt"
	"maps"
	"slices"
)

// reachable names the rules that can never fire because one before them takes every mail.
func (l *loader) reachable() {
	var stop *classifyRule
	for i, r := range l.set.decisions {
		if stop != nil {
			r.doc.doc.ProblemAt(r.key, "is never reached: "+taker(&stop.head), "put it before that rule, or give that rule a condition")
			continue
		}
		for _, o := range l.set.decisions[:i] {
			if same(o, r) {
				r.doc.doc.ProblemAt(r.key, "is never reached: "+taker(&o.head)+" under the same condition", "remove one of the two")
			}
		}
		if !r.hint() && r.always() {
			stop = r
		}
	}
	if stop != nil {
		stop.doc.doc.ProblemAt(stop.key, "decides every mail, and no hint is asked any more", "give it words, a pattern or when")
	}
	var ended *routeRule
	for _, r := range l.set.routes {
		if ended != nil {
			r.doc.doc.ProblemAt(r.key, fmt.Sprintf("is never reached: %q (%s) stops for every mail", ended.name, ended.at.at()), "put it before that rule, or give that rule a condition")
		} else if r.stop && r.always() {
			ended = r
		}
	}
}

// hintNames refuses conditions that count hints of no rule and no group: they would count nothing, and nobody would see it.
func (l *loader) hintNames() {
	known := map[string]bool{}
	for _, r := range l.set.hints {
		known[r.name], known[r.group] = true, true
	}
	check := func(h *head) {
		if h.when == nil {
			return
		}
		for _, name := range h.when.hints {
			if !known[name] {
				h.doc.doc.ProblemAt(h.key+".when", fmt.Sprintf("there are no hints %q: no rule with words or a pattern, and no group, is called so", name), l.meant(name, slices.Sorted(maps.Keys(known))))
			}
		}
	}
	for _, r := range l.set.weights {
		check(&r.head)
	}
	for _, r := range l.set.routes {
		check(&r.head)
	}
}

// always says whether nothing keeps the rule from firing. A condition that could not be read is one.
func (h *head) always() bool {
	if len(h.unless) > 0 || h.doc.doc.BadBelow(h.key) {
		return false
	}
	return h.when == nil || h.when.always
}

func taker(h *head) string { return fmt.Sprintf("%q (%s) decides before it", h.name, h.at.at()) }

// same: what fires the second fires the first.
func same(a, b *classifyRule) bool {
	return !a.hint() && !b.hint() && len(a.unless) == 0 && a.when != nil && b.when != nil && a.when.source == b.when.source
}
