package rules

import (
	"context"

	"notfalld/message"
)

// understand fills in f, one pass after the other. Each is linear in the text and the text is capped,
// so looking at the clock between them is enough.
func understand(ctx context.Context, m *message.Mail, w World, f *Facts) error {
	d := newDoc(m, w)
	var found []finding // error messages in all sources, in order
	auto := m.AutomaticThrough(w.Groups)
	f.Automatic = auto
	passes := []func(){
		func() { found = findErrors(d) },
		func() { f.Errors = errorFacts(found) },
		func() { f.CustomerNumber = customerNumber(d) },
		func() { f.Servers = findServers(d, found, f.CustomerNumber) },
		func() { f.Phones = findPhones(d, found) },
		func() { f.Language = language(d, found) },
		func() { f.Problem, f.Reproduction, f.Changes = answers(d, found) },
		func() { f.Missing = missing(*f) },
		func() { f.Class = classify(d, auto, *f).class },
		func() { f.Reply = mayReply(m, w, f.Class, auto) },
	}
	for _, pass := range passes {
		if err := ctx.Err(); err != nil {
			return err
		}
		pass()
	}
	return ctx.Err()
}
