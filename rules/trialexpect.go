package rules

import (
	"fmt"
	"slices"
	"strings"

	"notfalld/strictyaml"
)

// comparison holds what a mail gave against what a test expects of it.
type comparison struct {
	doc      *strictyaml.Doc
	key      string // of the expectations
	got      *tried
	problems []Problem
}

func (c *comparison) has(key string) bool { return c.doc.Has(c.key + "." + key) }

func (c *comparison) fail(key, text, mend string) {
	c.problems = append(c.problems, c.doc.Problem(c.key+"."+key, text, mend))
}

// all compares everything that is given.
func (c *comparison) all(e *rawExpect) {
	f := &c.got.facts
	if c.has("class") && e.Class != string(f.Class) {
		c.fail("class", fmt.Sprintf("expected the class %s, got %s; %s", e.Class, f.Class, c.got.whyClass()), "")
	}
	if c.has("reply") && *e.Reply != f.Reply.Send {
		said := map[bool]string{true: "an answer", false: "no answer"}
		c.fail("reply", fmt.Sprintf("expected %s, got %s: %s", said[*e.Reply], said[f.Reply.Send], f.Reply.Reason), "")
	}
	if c.has("language") && e.Language != f.Language {
		said := func(s string) string {
			if s == "" {
				return "neither de nor en"
			}
			return s
		}
		c.fail("language", fmt.Sprintf("expected the language %s, got %s", said(e.Language), said(f.Language)), "")
	}
	if c.has("customer_number") {
		c.list("customer_number", "customer_number", "no customer number", filled(e.CustomerNumber), filled(f.CustomerNumber))
	}
	c.servers(e, f)
	if c.has("errors") {
		c.list("errors", "error", "no errors", e.Errors, texts(f.Errors))
	}
	if c.has("phones") {
		c.list("phones", "phone", "no phones", e.Phones, f.Phones)
	}
	c.answer("problem", e.Problem, f.Problem)
	c.answer("reproduction", e.Reproduction, f.Reproduction)
	c.answer("changes", e.Changes, f.Changes)
	if c.has("missing") {
		c.missing(e.Missing, f.Missing)
	}
	c.form(&e.Form, f.Form)
	if c.has("priority") && e.Priority != f.Route.Priority {
		none := func(s string) string {
			if s == "" {
				return "none"
			}
			return s
		}
		c.fail("priority", fmt.Sprintf("expected the priority %s, got %s; %s", none(e.Priority), none(f.Route.Priority), c.got.whyRoute()), "")
	}
	if c.has("tags") {
		c.list("tags", "tag", "no tags", e.Tags, f.Route.Tags)
	}
	if c.has("notify") {
		c.list("notify", "notify", "no addresses", e.Notify, f.Route.Notify)
	}
	c.fired(e)
}

func (c *comparison) servers(e *rawExpect, f *Facts) {
	var names, known []string
	for _, s := range f.Servers {
		names = append(names, s.Name)
		if s.Known {
			known = append(known, s.Name)
		}
	}
	if c.has("servers") {
		c.list("servers", "server", "no servers", e.Servers, names)
	}
	if c.has("known_servers") {
		c.list("known_servers", "server", "no known servers", e.KnownServers, known)
	}
}

func filled(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func texts(list []Error) []string {
	var out []string
	for _, e := range list {
		out = append(out, e.Text)
	}
	return out
}

// list compares two sets. fact is the kind as the trace names it; none is what an empty list expects.
func (c *comparison) list(key, fact, none string, want, got []string) {
	one := "the " + factName(fact)
	if fact == "notify" {
		one = "the address"
	}
	hit := make([]bool, len(got))
	var missed []int
	for i, w := range want {
		found := false
		for k, g := range got {
			if meets(fact, w, g) {
				hit[k], found = true, true
			}
		}
		if !found {
			missed = append(missed, i)
		}
	}
	var extra []string
	for k, g := range got {
		if !hit[k] {
			extra = append(extra, g)
		}
	}
	for _, i := range missed {
		at := key
		if c.has(fmt.Sprintf("%s[%d]", key, i)) {
			at = fmt.Sprintf("%s[%d]", key, i)
		}
		c.fail(at, fmt.Sprintf("expected %s %q, found %s; %s", one, short(want[i]), quoted(extra), c.why(fact, key, want[i], got)), likeOf(want[i], extra))
	}
	if len(missed) > 0 && len(extra) <= len(missed) {
		return // said already: one thing was found instead of the other
	}
	for _, g := range extra {
		text := fmt.Sprintf("did not expect %s %q", one, short(g))
		if len(want) == 0 {
			text = fmt.Sprintf("expected %s, found %q", none, short(g))
		}
		if why := c.got.whyFound(fact, g); why != "" {
			text += "; " + why
		}
		c.fail(key, text, extraMend(fact, key))
	}
}

// missing compares what the mail lacks.
func (c *comparison) missing(want, got []string) {
	for i, w := range want {
		if !slices.Contains(got, w) {
			c.fail(fmt.Sprintf("missing[%d]", i), fmt.Sprintf("expected %q to be missing, and the mail holds it", w), "")
		}
	}
	for _, g := range got {
		if !slices.Contains(want, g) {
			c.fail("missing", fmt.Sprintf("did not expect %q to be missing", g), "")
		}
	}
}

// why says of an expectation that was not met what the rules made of it.
func (c *comparison) why(fact, key, want string, got []string) string {
	switch fact {
	case "tag", "notify":
		return c.got.whyRoute()
	}
	if key == "known_servers" && slices.ContainsFunc(c.got.facts.Servers, func(s Server) bool { return sameFact(fact, s.Name, want) }) {
		return "the inventory of the test does not have it"
	}
	if why := c.got.whyNot(fact, want); why != nobody || len(got) > 0 {
		return why
	}
	return "nothing fired"
}

// whyRoute says which route rules fired.
func (t *tried) whyRoute() string {
	var on []string
	for _, s := range t.trace.Steps {
		if s.Fact == "route" && s.Taken {
			on = append(on, s.Rule)
		}
	}
	switch {
	case len(on) > 0:
		return "fired: " + strings.Join(on[:min(len(on), maxSaid)], ", ")
	case t.facts.Class != Emergency:
		return fmt.Sprintf("a mail of class %s is routed nowhere", t.facts.Class)
	}
	return "no route rule fired"
}

// meets says whether what was found is what was expected. An error may be given by its beginning: a trace is long.
func meets(fact, want, got string) bool {
	if begin, ok := strings.CutSuffix(strings.TrimSpace(want), "…"); ok && fact == "error" {
		return strings.HasPrefix(oneLine(got), oneLine(begin))
	}
	return sameFact(fact, want, got)
}

// answer looks for a text in one of the three answers.
func (c *comparison) answer(fact, want, got string) {
	switch {
	case !c.has(fact):
	case want == "" && got != "":
		text := fmt.Sprintf("expected nothing, found %q", short(got))
		if why := c.got.whyFound(fact, got); why != "" {
			text += "; " + why
		}
		c.fail(fact, text, "")
	case want != "" && got == "":
		c.fail(fact, fmt.Sprintf("expected %q, found nothing; nothing fired", short(want)), "")
	case !strings.Contains(oneLine(got), oneLine(want)):
		c.fail(fact, fmt.Sprintf("expected %q, found %q", short(want), short(got)), "")
	}
}

func (c *comparison) fired(e *rawExpect) {
	for i, name := range e.Fired {
		if _, ok := c.got.fired(name); !ok {
			c.fail(fmt.Sprintf("fired[%d]", i), fmt.Sprintf("expected the rule %s to fire: %s", name, c.got.whyNotFired(name)), "")
		}
	}
	for i, name := range e.NotFired {
		if on, ok := c.got.fired(name); ok {
			c.fail(fmt.Sprintf("not_fired[%d]", i), fmt.Sprintf("expected the rule %s not to fire, and it did (%s)", name, on), "")
		}
	}
}

// short is a text as a message quotes it.
func short(s string) string { return clip(oneLine(s), 120) }

func quoted(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	var out []string
	for _, s := range list[:min(len(list), maxSaid)] {
		out = append(out, fmt.Sprintf("%q", short(s)))
	}
	if n := len(list) - len(out); n > 0 {
		out = append(out, fmt.Sprintf("and %d more", n))
	}
	return strings.Join(out, ", ")
}

// likeOf is a mend where what was found is nearly what was expected.
func likeOf(want string, found []string) string {
	for _, f := range found {
		if len(want) >= 4 && len(want) < 200 && within(want, f, 2) {
			return fmt.Sprintf("did you mean %q?", f)
		}
	}
	return ""
}

// extraMend says what to do about something that was found and not expected.
func extraMend(fact, key string) string {
	switch fact {
	case "server", "error", "phone", "customer_number":
		return fmt.Sprintf("if it is right, add it to %s; if not, a rule with refuse: %s keeps it out", key, fact)
	}
	return ""
}
