package rules

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"notfalld/strictyaml"
)

// example is one entry of examples: of a rule, with where it stands.
type example struct {
	raw      rawExample
	rule     *head
	extract  *extractRule // nil: of a classify rule
	classify *classifyRule
	skip     bool
	key      string
}

// exampleTrials are the examples of the rules of the set, in their order.
func (s *Set) exampleTrials(shippedToo bool) []pending {
	var list []example
	add := func(e example, x rawExamples) {
		if e.rule.doc.shipped && !shippedToo {
			return
		}
		for i, raw := range x.Match {
			e.raw, e.skip, e.key = raw, false, fmt.Sprintf("%s.examples.match[%d]", e.rule.key, i)
			list = append(list, e)
		}
		for i, raw := range x.Skip {
			e.raw, e.skip, e.key = raw, true, fmt.Sprintf("%s.examples.skip[%d]", e.rule.key, i)
			list = append(list, e)
		}
	}
	for _, r := range slices.Concat(s.decisions, s.hints, s.weights) {
		add(example{rule: &r.head, classify: r}, r.examples)
	}
	for _, r := range s.extracts {
		add(example{rule: &r.head, extract: r}, r.examples)
	}
	slices.SortStableFunc(list, func(a, b example) int {
		return cmp.Or(cmp.Compare(a.rule.at.File, b.rule.at.File), cmp.Compare(a.rule.at.Line, b.rule.at.Line), cmp.Compare(a.rule.at.Col, b.rule.at.Col))
	})
	var out []pending
	for _, e := range list {
		doc := e.doc()
		line, col := doc.PlaceOf(e.key)
		out = append(out, pending{
			trial: Trial{Kind: ExampleTrial, Name: e.name(), Rule: e.rule.name, Place: Place{e.rule.at.File, line, col}}, doc: doc, key: e.key,
			try: func(ctx context.Context) ([]Problem, error) { return e.try(ctx, s) },
		})
	}
	return out
}

func (e example) doc() *strictyaml.Doc { return e.rule.doc.doc }

func (e example) name() string {
	kind := "match"
	if e.skip {
		kind = "skip"
	}
	about := e.raw.Text
	if e.raw.Subject != "" {
		about = e.raw.Subject + " | " + e.raw.Text
	}
	return fmt.Sprintf("%s: %s %q", e.rule.name, kind, clip(oneLine(cmp.Or(about, e.raw.From)), 60))
}

// exampleKinds are the facts whose values an example may give, in the order of rawExample.
var exampleKinds = []string{"server", "error", "customer_number", "phone", "problem", "reproduction", "changes"}

func (x *rawExample) values(kind string) []string {
	return map[string][]string{"server": x.Server, "error": x.Error, "phone": x.Phone, "customer_number": filled(x.CustomerNumber),
		"problem": filled(x.Problem), "reproduction": filled(x.Reproduction), "changes": filled(x.Changes)}[kind]
}

// try runs one example. There is no inventory; the clock is the default one of tests.
func (e example) try(ctx context.Context, s *Set) ([]Problem, error) {
	if p := e.wrong(); p != nil {
		return p, nil
	}
	w := World{Own: []string{defaultOwn}, Now: defaultClock, Open: true}
	m := composeTrial(trialFields{from: cmp.Or(e.raw.From, trialSender), subject: e.raw.Subject, text: e.raw.Text}, w)
	got, err := s.tried(ctx, m, w)
	if err != nil {
		return nil, err
	}
	if e.extract != nil {
		return e.found(got), nil
	}
	on, fires := got.fired(e.rule.name)
	if !fires && e.classify.class == "" && e.classify.hint() {
		on, fires = got.hinted(e.rule.name)
	}
	switch {
	case !fires && !e.skip:
		return []Problem{e.problem("", "expected the rule to fire: "+got.whyNotFired(e.rule.name), "")}, nil
	case fires && e.skip:
		return []Problem{e.problem("", fmt.Sprintf("expected the rule not to fire, and it did (%s)", on), "")}, nil
	}
	return nil, nil
}

// wrong are the problems of an example that says nothing, or too much.
func (e example) wrong() (out []Problem) {
	if strings.TrimSpace(e.raw.Text+e.raw.Subject+e.raw.From) == "" {
		out = append(out, e.problem("", "an example of nothing", "write a text, or {subject: …, text: …}"))
	}
	for _, kind := range exampleKinds {
		switch has := e.doc().Has(e.key + "." + kind); {
		case !has:
		case e.extract == nil:
			out = append(out, e.problem(kind, "a classify rule finds nothing: it fires, or does not", "remove it"))
		case e.skip:
			out = append(out, e.problem(kind, "an example to skip is one in which the rule finds nothing", "remove it"))
		case e.extract.refuse != "" && kind != e.extract.refuse:
			out = append(out, e.problem(kind, fmt.Sprintf("the rule refuses %ss, and nothing of this kind", factName(e.extract.refuse)), "remove it"))
		}
	}
	return out
}

func (e example) problem(kind, text, mend string) Problem {
	key := e.key
	if kind != "" {
		key += "." + kind
	}
	return e.doc().Problem(key, text, mend)
}

// found compares what an extract rule found with what it should.
func (e example) found(got *tried) []Problem {
	list, verb, did := got.foundBy(e.rule.name), "find", "found"
	if e.extract.refuse != "" {
		list, verb, did = got.refusedBy(e.rule.name), "refuse", "refused"
	}
	switch {
	case e.skip && len(list) > 0:
		return []Problem{e.problem("", fmt.Sprintf("expected the rule to %s nothing, and it %s the %s %q", verb, did, factName(list[0].fact), short(list[0].value)), "")}
	case e.skip:
		return nil
	case len(list) == 0:
		return []Problem{e.problem("", fmt.Sprintf("expected the rule to %s something: %s", verb, got.whyNotFired(e.rule.name)), "")}
	}
	var out []Problem
	for _, kind := range exampleKinds {
		if !e.doc().Has(e.key + "." + kind) {
			continue
		}
		var values []string
		for _, x := range list {
			if x.fact == kind {
				values = append(values, x.value)
			}
		}
		out = append(out, e.exactly(got, kind, e.raw.values(kind), values)...)
	}
	return out
}

// exactly compares the values of one kind.
func (e example) exactly(got *tried, kind string, want, values []string) (out []Problem) {
	for _, w := range want {
		if !slices.ContainsFunc(values, func(v string) bool { return meets(kind, w, v) }) {
			out = append(out, e.problem(kind, fmt.Sprintf("expected the %s %q by this rule, found %s; %s", factName(kind), short(w), quoted(values), got.byOthers(kind, w)), likeOf(w, values)))
		}
	}
	for _, v := range values {
		if len(out) == 0 && !slices.ContainsFunc(want, func(w string) bool { return meets(kind, w, v) }) {
			out = append(out, e.problem(kind, fmt.Sprintf("did not expect the %s %q by this rule", factName(kind), short(v)), ""))
		}
	}
	return out
}

// byOthers says that another rule found a fact, or why none did.
func (t *tried) byOthers(kind, value string) string {
	return cmp.Or(t.whyFound(kind, value), t.whyNot(kind, value))
}

// refusedBy are the values that a rule kept from being facts.
func (t *tried) refusedBy(name string) []foundFact {
	var out []foundFact
	for _, s := range t.trace.Steps {
		if x := (foundFact{s.Fact, s.Value}); s.Rule == name && !s.Taken && s.Why == refusedByRule && !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}
