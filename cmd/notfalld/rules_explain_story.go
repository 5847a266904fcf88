package main

import (
	"fmt"
	"slices"
	"strings"

	"notfalld/message"
	"notfalld/rules"
)

// story sorts the steps of a trace for telling.
type story struct {
	explained
	p       page
	rule    map[string]rules.Rule // by section and name
	fired   []rules.Step          // what counted for the class
	idle    []rules.Step          // what looked, and did not count
	taken   []rules.Step
	refused []rules.Step
	routes  []rules.Step
}

// tell prints the story of a mail: what it is, why, what was found in it, and where.
func (x explained) tell(p page) {
	s := &story{explained: x, p: p, rule: map[string]rules.Rule{}}
	for _, r := range x.set.Rules() {
		s.rule[r.Section+" "+r.Name] = r
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
	r, ok := s.rule[section+" "+name]
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
		r, mine := s.yours("classify", st.Rule)
		why := st.Why
		if st.Source == "" && s.trace.Decided == "" { // a condition: what it is there for says more
			why = "when " + st.Why
			if r.About != "" {
				why = r.About + " (" + why + ")"
			}
		}
		if mine {
			why += " — " + rulePlace(r)
		}
		c := green
		if st.Weight < 0 {
			c = yellow
		}
		p.entry(fmt.Sprintf("%4s", points(st, s.trace.Decided != "")), c, st.Rule, why)
	}
	if len(s.fired) == 0 {
		p.row("", "nothing in it speaks for an emergency, and nothing against")
	}
	if s.trace.Decided == "" && len(s.fired) > 1 {
		p.entry(fmt.Sprintf("%4d", s.trace.Score), bold, "together", "")
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
	p := s.p
	p.head("What did not count")
	rank := func(st rules.Step) int {
		_, mine := s.yours("classify", st.Rule)
		switch {
		case mine:
			return 0
		case strings.HasPrefix(st.Why, "not so: "):
			return 2
		}
		return 1
	}
	list := distinct(s.idle)
	slices.SortStableFunc(list, func(a, b counted) int { return rank(a.Step) - rank(b.Step) })
	seen := map[string]bool{}
	for _, st := range append(slices.Clone(s.fired), s.idle...) {
		seen[st.Rule] = true
	}
	for _, st := range list {
		why := st.Why
		if r, mine := s.yours("classify", st.Rule); mine {
			why += " — " + rulePlace(r)
		}
		p.entry("", "", st.Rule, why)
	}
	silent := 0
	for _, r := range s.set.Rules() {
		if r.Section != "classify" || r.State == rules.StateOff || seen[r.Name] {
			continue
		}
		if _, mine := s.yours("classify", r.Name); mine {
			p.entry("", "", r.Name, s.unasked()+" — "+rulePlace(r))
			continue
		}
		silent++
	}
	if silent > 0 {
		p.row("", fmt.Sprintf("%d other %s: %s", silent, plural(silent, "rule", "rules"), s.unasked()))
	}
}

func (s *story) unasked() string {
	if s.trace.Decided != "" {
		return "not asked any more, or its words are not there"
	}
	return "its words are not there"
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

// facts in the order in which they are told.
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
}

// where says where a fact stands, which rule took it, and why.
func (s *story) where(st rules.Step) string {
	parts := []string{s.line(st)}
	if st.Rule != "" {
		by := "by " + st.Rule
		if r, mine := s.yours("extract", st.Rule); mine {
			by += " (" + rulePlace(r) + ")"
		}
		parts = append(parts, by)
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

// notFound tells what looked like a fact and is none.
func (s *story) notFound() {
	list := distinct(s.refused)
	if len(list) == 0 {
		return
	}
	p := s.p
	p.head("What looked like a fact, and is none")
	slices.SortStableFunc(list, func(a, b counted) int { return s.refusalRank(a.Step) - s.refusalRank(b.Step) })
	for _, st := range list[:min(len(list), maxRefused)] {
		if st.Value == "" {
			p.clipped("no "+st.Rule, "", s.where(st.Step), 2)
			continue
		}
		why := s.where(st.Step)
		if st.times > 1 {
			why += fmt.Sprintf(" (%d times)", st.times)
		}
		p.clipped("no "+factName(st.Fact), "", st.Value, 1)
		p.clipped("", dim, why, 2)
	}
	if n := len(list) - maxRefused; n > 0 {
		p.row("", fmt.Sprintf("… and %d more; --json has all", n))
	}
}

func (s *story) refusalRank(st rules.Step) int {
	if _, mine := s.yours("extract", st.Rule); mine {
		return -1
	}
	return slices.Index(factOrder, st.Fact)
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
		if r, mine := s.yours("route", st.Rule); mine {
			why += " — " + rulePlace(r)
		}
		p.entry("", "", st.Rule, why)
	}
	p.row("priority", s.facts.Route.Priority)
	p.row("tags", strings.Join(s.facts.Route.Tags, ", "))
	p.row("notify", strings.Join(s.facts.Route.Notify, ", "))
}

// entryWidth is the column of a rule's name.
const entryWidth = 24

// entry prints a mark, a rule's name, and what is to be said of it.
func (p page) entry(mark string, c style, name, text string) {
	lines := wrap(text, p.tm.Width-entryWidth-9)
	for i, line := range lines {
		left := fmt.Sprintf("  %4s", "")
		if i == 0 {
			left = "  " + p.tm.paint(c, fmt.Sprintf("%4s", mark))
		}
		label := ""
		if i == 0 {
			label = name
		}
		fmt.Fprintln(p.w, strings.TrimRight(left+"  "+p.tm.paint(bold, label)+strings.Repeat(" ", max(entryWidth-displayWidth(label), 1))+line, " "))
	}
}
