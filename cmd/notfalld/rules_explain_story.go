package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"notfalld/message"
	"notfalld/rules"
)

// story sorts the steps of a trace for telling.
type story struct {
	explained
	p       page
	byName  map[string]rules.Rule // by section and name
	fired   []rules.Step          // what counted for the class
	idle    []rules.Step          // what looked, and did not count
	taken   []rules.Step
	refused []rules.Step
	routes  []rules.Step
}

// tell prints the story of a mail: what it is, why, what was found in it, and where.
func (x explained) tell(p page) {
	s := &story{explained: x, p: p, byName: map[string]rules.Rule{}}
	for _, r := range x.set.Rules() {
		s.byName[r.Section+" "+r.Name] = r
	}
	s.sort()
	s.summary()
	s.why()
	s.others()
	s.found()
	s.notFound()
	s.answer()
	x.text(p)
	fmt.Fprintln(p.w)
}

func (s *story) sort() {
	for _, st := range s.trace.Steps {
		switch {
		case st.Fact == "class" && st.Rule == "", st.Fact == "reply": // the sums: told from the facts
		case st.Fact == "class" && st.Taken:
			s.fired = append(s.fired, st)
		case st.Fact == "class":
			s.idle = append(s.idle, st)
		case st.Fact == "route":
			s.routes = append(s.routes, st)
		case st.Taken:
			s.taken = append(s.taken, st)
		default:
			s.refused = append(s.refused, st)
		}
	}
}

// yours says whether a rule is an admin's, and where it stands.
func (s *story) yours(section, name string) (rules.Rule, bool) {
	r, ok := s.byName[section+" "+name]
	return r, ok && r.State != rules.StateShipped
}

func (s *story) summary() {
	p := s.p
	fmt.Fprintln(p.w, p.tm.paint(bold, clip(oneLine(s.file), p.tm.Width)))
	from := "nobody"
	if len(s.mail.From) > 0 {
		from = person(s.mail.From[0])
	}
	p.row("from", from)
	p.row("subject", s.mail.Subject)
	by := "by a human"
	if a := s.facts.Automatic; a.Kind != message.Human && a.Kind != "" {
		by = fmt.Sprintf("%s (%s)", a.Kind, a.Why)
	}
	what := string(s.facts.Class)
	for _, more := range []string{by, map[string]string{"de": "German", "en": "English"}[s.facts.Language]} {
		if more != "" {
			what += ", " + more
		}
	}
	p.styled("is", classStyle(s.facts.Class), what)
	p.row("rules", ruleSummary(s.set))
	p.styled("not understood", yellow, s.problem)
}

func classStyle(c rules.Class) style {
	return map[rules.Class]style{rules.Emergency: red, rules.Other: dim}[c]
}

// why tells what made the class.
func (s *story) why() {
	p := s.p
	if s.trace.Decided != "" {
		p.head(fmt.Sprintf("Why %s: a rule decides at once", s.facts.Class))
	} else {
		p.head(fmt.Sprintf("Why %s: %d %s, and %d %s an emergency", s.facts.Class, s.trace.Score, plural(abs(s.trace.Score), "point", "points"), s.trace.Limit, plural(s.trace.Limit, "makes", "make")))
	}
	for _, st := range s.fired {
		r := s.byName["classify "+st.Rule]
		why := st.Why
		if st.Source == "" && s.trace.Decided == "" { // a condition: what it is there for says more
			why = "when " + st.Why
			if r.About != "" {
				why = r.About + " (" + why + ")"
			}
		}
		c := green
		if st.Weight < 0 {
			c = yellow
		}
		s.rule(points(st, s.trace.Decided != ""), c, "classify", st.Rule, why)
	}
	if len(s.fired) == 0 {
		p.row("", "nothing in it speaks for an emergency, and nothing against")
	}
	if s.trace.Decided == "" && len(s.fired) > 1 {
		p.entry(strconv.Itoa(s.trace.Score), bold, "together", "", "")
	}
}

func points(st rules.Step, decides bool) string {
	if decides {
		return "!"
	}
	return fmt.Sprintf("%+d", st.Weight)
}

func abs(n int) int { return max(n, -n) }

// others tells which rules looked at the class and did not count: those of the admin's first, then those whose words
// were found, then those whose condition does not hold, and how many found nothing at all.
func (s *story) others() {
	s.p.head("What did not count")
	list := slices.Clone(s.idle)
	slices.SortStableFunc(list, func(a, b rules.Step) int { return s.idleRank(a) - s.idleRank(b) })
	for _, st := range list {
		why := st.Why
		if st.Value != "" {
			why = "saw " + st.Value + "; " + why
		}
		s.rule("", "", "classify", st.Rule, why)
	}
	looked := map[string]bool{}
	for _, st := range slices.Concat(s.fired, s.idle) {
		looked[st.Rule] = true
	}
	asked := ""
	if s.trace.Decided != "" {
		asked = "not asked any more, or "
	}
	silent := 0
	for _, r := range s.set.Rules() {
		switch _, mine := s.yours("classify", r.Name); {
		case r.Section != "classify" || r.State == rules.StateOff || looked[r.Name]:
		case mine:
			s.rule("", "", "classify", r.Name, asked+"nothing that it looks for is there")
		default:
			silent++
		}
	}
	if silent > 0 {
		s.p.entry("", "", fmt.Sprintf("%d %s", silent, plural(silent, "other", "others")), asked+"nothing that they look for is there", "")
	}
}

func (s *story) idleRank(st rules.Step) int {
	_, mine := s.yours("classify", st.Rule)
	switch {
	case mine:
		return 0
	case strings.HasPrefix(st.Why, "not so: "):
		return 2
	}
	return 1
}

// rule prints an entry of a rule; an admin's with the place where it stands.
func (s *story) rule(mark string, c style, section, name, text string) {
	at := ""
	if r, mine := s.yours(section, name); mine {
		at = rulePlace(r)
	}
	s.p.entry(mark, c, name, text, at)
}

// counted is a step and how often it was met.
type counted struct {
	rules.Step
	times int
}

// distinct puts steps together that say the same.
func distinct(steps []rules.Step) []counted {
	var out []counted
	at := map[string]int{}
	for _, st := range steps {
		key := strings.Join([]string{st.Rule, st.Fact, st.Value, st.Why, st.Source}, "\x00")
		if i, ok := at[key]; ok {
			out[i].times++
			continue
		}
		at[key] = len(out)
		out = append(out, counted{st, 1})
	}
	return out
}

// factOrder is the order in which facts are told.
var factOrder = []string{"server", "error", "customer_number", "phone", "problem", "reproduction", "changes"}

func factName(fact string) string { return strings.ReplaceAll(fact, "customer_number", "customer") }

func factStyle(fact string) style {
	switch fact {
	case "server":
		return markStyle(markServer)
	case "error":
		return markStyle(markError)
	case "phone":
		return markStyle(markPhone)
	case "customer_number":
		return markStyle(markCustomer)
	}
	return ""
}

// found tells each fact, where it stands, and why it was taken.
func (s *story) found() {
	p := s.p
	p.head("What it says")
	list := distinct(s.taken)
	slices.SortStableFunc(list, func(a, b counted) int {
		return slices.Index(factOrder, a.Fact) - slices.Index(factOrder, b.Fact)
	})
	for _, st := range list {
		p.clipped(factName(st.Fact), factStyle(st.Fact), st.Value, 3)
		p.clipped("", dim, s.where(st.Step), 2)
	}
	if len(list) == 0 {
		p.row("", "nothing that a rule would take")
	}
	p.row("missing", strings.Join(s.facts.Missing, ", "))
	p.row("not looked at", each(s.facts.Cut, rules.Cut.String)...)
}

// where says where a fact stands, which rule took it, and why.
func (s *story) where(st rules.Step) string {
	parts := []string{s.line(st)}
	if st.Rule != "" {
		parts = append(parts, "by "+st.Rule+s.of("extract", st.Rule))
	}
	text := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
	if st.Why != "" {
		text += ": " + st.Why
	}
	return text
}

// line is a place in the mail for people: "body line 3".
func (s *story) line(st rules.Step) string {
	for _, src := range s.trace.Sources {
		if src.Name != st.Source || st.From > len(src.Text) {
			continue
		}
		if src.Name == "subject" {
			return "subject"
		}
		return fmt.Sprintf("%s line %d", src.Name, 1+strings.Count(src.Text[:st.From], "\n"))
	}
	return st.Source
}

// maxRefused bounds what is told of what was refused; --json has all.
const maxRefused = 40

// refusal is why values were refused, with all of them.
type refusal struct {
	rules.Step
	values []string // each with its place
}

// notFound tells what looked like a fact and is none, and which of the admin's rules found nothing.
func (s *story) notFound() {
	list := s.refusals()
	silent := s.silent()
	if len(list)+len(silent) == 0 {
		return
	}
	p := s.p
	p.head("What looked like a fact, and is none")
	for _, r := range silent {
		p.clipped("nothing", "", fmt.Sprintf("%s found nothing, and refused nothing (%s)", r.Name, rulePlace(r)), 2)
	}
	for _, r := range list[:min(len(list), maxRefused)] {
		if r.Value == "" { // the rule as a whole, by its condition
			p.clipped("nothing", "", r.Rule+": "+r.Why+s.of("extract", r.Rule), 2)
			continue
		}
		p.clipped("no "+factName(r.Fact), "", strings.Join(r.values, ", "), 4)
		p.clipped("", dim, "by "+r.Rule+s.of("extract", r.Rule)+": "+r.Why, 2)
	}
	if n := len(list) - maxRefused; n > 0 {
		p.row("", fmt.Sprintf("… and %d more; --json has all", n))
	}
}

// refusals puts together what the same rule refused for the same reason; the admin's rules come first.
func (s *story) refusals() []refusal {
	var out []refusal
	for _, st := range distinct(s.refused) {
		value := clip(oneLine(st.Value), 60) + " (" + s.line(st.Step)
		if st.times > 1 {
			value += fmt.Sprintf(", %d times", st.times)
		}
		value += ")"
		i := slices.IndexFunc(out, func(r refusal) bool {
			return r.Rule == st.Rule && r.Fact == st.Fact && r.Why == st.Why && st.Value != ""
		})
		if i < 0 {
			i = len(out)
			out = append(out, refusal{Step: st.Step})
		}
		out[i].values = append(out[i].values, value)
	}
	rank := func(r refusal) int {
		if _, mine := s.yours("extract", r.Rule); mine {
			return -1
		}
		return slices.Index(factOrder, r.Fact)
	}
	slices.SortStableFunc(out, func(a, b refusal) int { return rank(a) - rank(b) })
	return out
}

// silent are the admin's extract rules of which there is nothing else to tell.
func (s *story) silent() []rules.Rule {
	var out []rules.Rule
	for _, r := range s.set.Rules() {
		told := func(st rules.Step) bool { return st.Rule == r.Name }
		if _, mine := s.yours("extract", r.Name); r.Section == "extract" && mine && r.State != rules.StateOff &&
			!slices.ContainsFunc(s.taken, told) && !slices.ContainsFunc(s.refused, told) {
			out = append(out, r)
		}
	}
	return out
}

// of is where a rule of the admin's stands, in parentheses; "" of a shipped one.
func (s *story) of(section, name string) string {
	if r, mine := s.yours(section, name); mine {
		return " (" + rulePlace(r) + ")"
	}
	return ""
}

// answer tells whether it may be answered, and who is told.
func (s *story) answer() {
	p := s.p
	p.head("May it be answered?")
	word, c := "no", yellow
	if s.facts.Reply.Send {
		word, c = "yes", green
	}
	p.styled(word, c, s.facts.Reply.Reason)
	if len(s.routes) == 0 {
		return
	}
	p.head("Who is told, and how urgently")
	for _, st := range distinct(s.routes) {
		why := st.Why
		if st.Taken {
			why = st.Value + ": " + why
		}
		s.rule("", "", "route", st.Rule, why)
	}
	p.row("priority", s.facts.Route.Priority)
	p.row("tags", strings.Join(s.facts.Route.Tags, ", "))
	p.row("notify", strings.Join(s.facts.Route.Notify, ", "))
}

// entryWidth is the column of a rule's name, and entryLines the most lines that are said of a shipped one.
const (
	entryWidth = 24
	entryLines = 4
)

// entry prints a mark, a rule's name, what is to be said of it, and where it stands (or ""). A name too long for its
// column has a line of its own.
func (p page) entry(mark string, c style, name, text, at string) {
	left := "  " + p.tm.paint(c, fmt.Sprintf("%4s", mark)) + "  "
	columns := p.tm.Width - entryWidth - 9
	most := entryLines
	if at != "" { // an admin's own: all of it
		most *= 4
	}
	lines := clipLines(wrap(text, columns), most, columns)
	if last := len(lines) - 1; at != "" && displayWidth(lines[last]+" — "+at) <= columns {
		lines[last] += " — " + at
	} else if at != "" {
		lines = append(lines, wrap("— "+at, columns)...)
	}
	if name = clip(oneLine(name), p.tm.Width-9); displayWidth(name) > entryWidth {
		lines = append([]string{""}, lines...)
	}
	for _, line := range lines {
		fmt.Fprintln(p.w, strings.TrimRight(left+p.tm.paint(bold, name)+strings.Repeat(" ", max(entryWidth-displayWidth(name), 0)+1)+line, " "))
		left, name = strings.Repeat(" ", 8), ""
	}
}
