package ticket

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"notfalld/message"
	"notfalld/rules"
)

// decision is what rules say of a mail, and its thread makes of it.
type decision struct {
	line   rules.Line
	class  rules.Class
	answer rules.Reply
	failed string // why it could not be understood; "?" if that is not known any more
	keys   []Key  // of what the mail says
	link   string // the emergency that rules link its ticket to: "NE-10001", "none"; "" where rules have no say
}

// decisionOf is what was decided when the mail came.
func decisionOf(m Mail) decision {
	d := decision{failed: "?"}
	if err := json.Unmarshal(m.Line, &d.line); err != nil {
		return d
	}
	d.class, d.answer = d.line.Class, d.line.AutoReply
	if m.Kind == NoteMail {
		d.class, d.answer.Send = rules.Auto, false
	}
	if d.line.ProblemParsing == "" {
		d.failed = ""
	}
	return d
}

// decisionBy is what these rules say of it. It follows Desk.decide; in is the ticket that the mail continues, with proof or without,
// or nil.
func (d *Desk) decisionBy(ctx context.Context, set *rules.Set, raw []byte, e Entry, in *Ticket, proven bool) decision {
	u := d.understand(ctx, set, raw, e, e.Fetched)
	x := decision{class: u.facts.Class, answer: u.facts.Reply}
	if u.failed {
		x.failed = u.mail.Problem
	}
	kind := u.auto.Kind
	switch {
	case (kind == message.Bounce || kind == message.Delay || x.class == rules.Bounce) && x.class != rules.Emergency:
	case in != nil && isNote(u):
		x.class, x.answer.Send = rules.Auto, false
	case in != nil:
		x.class, x.answer = rules.Emergency, d.mayReply(u)
		if set.HasRoutes() && !u.failed {
			u.facts.Route = d.routeInTicket(ctx, u, *in, proven)
		}
	}
	x.line = rules.NewLine("", u.mail, u.facts)
	x.keys = d.keysIn(u)
	return x
}

// aspect is one thing that is compared.
type aspect struct {
	what  string
	text  func(decision) string
	list  func(decision) []string // instead of text
	loses func(was, is decision) bool
}

// aspects are compared and shown in this order. What has loses keeps a rule set waiting.
var aspects = []aspect{
	{what: "understood", text: understoodWell, loses: func(was, is decision) bool { return was.failed == "" && is.failed != "" }},
	{what: "class", text: func(d decision) string { return string(d.class) }, loses: func(was, is decision) bool { return worth(is.class) < worth(was.class) }},
	{what: "answer", text: answered, loses: func(was, is decision) bool { return was.answer.Send && !is.answer.Send }},
	{what: "link", text: func(d decision) string { return d.link }, loses: func(was, is decision) bool { return was.link != noLink && was.link != is.link }},
	{what: "language", text: func(d decision) string { return d.line.Language }},
	{what: "customer_number", text: func(d decision) string { return d.line.CustomerNumber }},
	{what: "phones", list: func(d decision) []string { return d.line.Phones }},
	{what: "servers", list: serverNames},
	{what: "errors", list: errorTexts},
	{what: "priority", text: func(d decision) string { return d.line.Route.Priority }},
	{what: "tags", list: func(d decision) []string { return d.line.Route.Tags }},
	{what: "notify", list: func(d decision) []string { return d.line.Route.Notify }},
}

// ReplayAspects names all that is compared, in the order of Replayed.Changes.
func ReplayAspects() []string {
	names := make([]string, len(aspects))
	for i, a := range aspects {
		names[i] = a.what
	}
	return names
}

// worth orders the classes by what a customer gets of them.
func worth(c rules.Class) int {
	switch c {
	case rules.Emergency:
		return 2
	case rules.Auto:
		return 1
	}
	return 0
}

func understoodWell(d decision) string {
	if d.failed == "" {
		return "yes"
	}
	return "no: " + d.failed
}

func answered(d decision) string {
	if d.answer.Send {
		return "yes"
	}
	return "no"
}

func serverNames(d decision) (names []string) {
	for _, s := range d.line.Servers {
		names = append(names, s.Name)
	}
	return names
}

func errorTexts(d decision) (texts []string) {
	for _, e := range d.line.Errors {
		texts = append(texts, e.Text)
	}
	return texts
}

// compare says what is otherwise, and what of it is a loss. The lists are never nil.
func compare(was, is decision) (changes []Change, loses []string) {
	changes, loses = []Change{}, []string{}
	for _, a := range aspects {
		c := Change{What: a.what}
		switch {
		case a.what == "understood" && was.failed == "?":
		case a.what == "link" && (was.link == "" || is.link == ""):
		case a.list != nil:
			c.Lost, c.Gained = without(a.list(was), a.list(is)), without(a.list(is), a.list(was))
		case a.text(was) != a.text(is):
			c.Old, c.New = a.text(was), a.text(is)
		}
		if c.Old == c.New && len(c.Lost)+len(c.Gained) == 0 {
			continue
		}
		if a.what == "answer" && !is.answer.Send {
			c.New += ": " + is.answer.Reason
		}
		changes = append(changes, c)
		if a.loses != nil && a.loses(was, is) {
			loses = append(loses, a.what)
		}
	}
	return changes, loses
}

func without(list, other []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(other, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Says is a change in words: "emergency → other", "+web01.firma.at".
func (c Change) Says() string {
	if len(c.Lost)+len(c.Gained) == 0 {
		return orDash(c.Old) + " → " + orDash(c.New)
	}
	var parts []string
	for _, s := range c.Lost {
		parts = append(parts, "-"+s)
	}
	for _, s := range c.Gained {
		parts = append(parts, "+"+s)
	}
	return strings.Join(parts, " ")
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
