package rules

import (
	"cmp"
	"context"
	"fmt"

	"notfalld/message"
)

// Understand says what a mail is and what it holds. It is bounded by ctx: when time is up it returns
// what was found so far together with ctx.Err(). A fault of a rule is an error too, and not the end of
// the program: the mail that met it becomes a minimal ticket.
func (s *Set) Understand(ctx context.Context, m *message.Mail, w World) (Facts, error) {
	return s.understand(ctx, m, w, nil)
}

// Explain is Understand with everything that the rules saw, taken or refused.
func (s *Set) Explain(ctx context.Context, m *message.Mail, w World) (Facts, Trace, error) {
	var t Trace
	f, err := s.understand(ctx, m, w, &t)
	return f, t, err
}

func (s *Set) understand(ctx context.Context, m *message.Mail, w World, t *Trace) (f Facts, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("rule set %s: %v", s.hash, r)
		}
	}()
	err = s.passes(ctx, m, w, &f, t)
	return f, err
}

// passes fills in f, one pass after the other. Each is linear in the text and the text is capped, so looking at the
// clock between them is enough.
func (s *Set) passes(ctx context.Context, m *message.Mail, w World, f *Facts, t *Trace) error {
	secret := m // as it came: from here on the secrets of forms are out of sight
	m = s.Conceal(m)
	d := s.newDoc(ctx, m, w)
	if d.trace = t; t != nil {
		t.Sources = d.sources()
	}
	defer func() { f.Cut = d.cutFacts() }()
	f.Automatic = d.auto
	var found []finding // error messages in all sources, in order
	passes := []func(){
		func() { f.Form = s.formOf(ctx, d, secret) },
		func() { d.captured = s.capture(ctx, d) },
		func() { found = findErrors(d) },
		func() { f.Errors = errorFacts(d, found) },
		func() { f.CustomerNumber = customerNumber(d) },
		func() { f.Servers = findServers(d, found, f.CustomerNumber) },
		func() { f.Phones = findPhones(d, found) },
		func() { f.Language = language(d, found) },
		func() { f.Problem, f.Reproduction, f.Changes = answers(d, found) },
		func() { f.Missing = missing(*f) },
		func() { s.conclude(ctx, d, f) },
	}
	for _, pass := range passes {
		if err := ctx.Err(); err != nil {
			return err
		}
		pass()
		f.Where = d.where
	}
	return ctx.Err()
}

// conclude decides the class, whether the mail may be answered, and who is told.
func (s *Set) conclude(ctx context.Context, d *doc, f *Facts) {
	v := s.classify(ctx, d, f)
	f.Class, f.Never = v.class, v.never
	if f.Form != nil {
		f.Form.Language = cmp.Or(f.Form.Language, f.Language)
		if !f.Form.Proven && f.Class != Emergency { // staff are to see it: somebody may be waiting for a call
			f.Class, v.by = Emergency, f.Form.Rule
			d.tell(Step{Rule: v.by, Fact: "class", Value: string(Emergency), Taken: true, Why: "decides: the mail looks like the form's, and nothing proves it"})
		}
	}
	if d.trace != nil {
		d.trace.Score, d.trace.Limit, d.trace.Decided = v.score, s.emergency, v.by
	}
	d.tell(Step{Fact: "class", Value: string(v.class), Taken: true, Why: v.why(s.emergency), Weight: v.score})
	f.Reply = mayReply(d.m, d.w, f.Class, d.auto)
	if f.Reply.Send && v.never != "" {
		f.Reply = Reply{Reason: "rule " + v.never + ": never answered"}
	}
	d.tell(Step{Fact: "reply", Value: f.Reply.Reason, Taken: f.Reply.Send, Why: f.Reply.Reason})
	f.Route = s.route(ctx, d, f)
}

func (v verdict) why(limit int) string {
	switch {
	case v.score == 0:
		return "no hint weighs anything, or a rule decides"
	case v.class == Emergency:
		return fmt.Sprintf("weight %d, and %d is an emergency", v.score, limit)
	}
	return fmt.Sprintf("weight %d, and it takes %d for an emergency", v.score, limit)
}

// sources are all texts in which facts are looked for, and the signature, which is read for some.
func (d *doc) sources() []Source {
	out := []Source{{d.title.name, d.title.text}, {d.body.name, d.body.text}}
	if d.passed.text != "" {
		out = append(out, Source{d.passed.name, d.passed.text})
	}
	for i := range d.logs {
		out = append(out, Source{d.logs[i].name, d.logs[i].text})
	}
	if d.m.Signature != "" {
		out = append(out, Source{"signature", cut(d.m.Signature, textLimit)})
	}
	return out
}
