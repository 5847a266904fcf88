package rules

import (
	"context"
	"fmt"

	"notfalld/message"
)

// Add puts the route of one more mail to those of a ticket: tags and addresses add up, of the priorities the highest counts.
func (r *Route) Add(more Route) {
	r.Priority = higher(r.Priority, more.Priority)
	r.Tags = appendNews(r.Tags, more.Tags)
	r.Notify = appendNews(r.Notify, more.Notify)
}

// HasRoutes says whether there are any route rules.
func (s *Set) HasRoutes() bool { return len(s.routes) > 0 }

// RouteInTicket asks the route rules of a mail that continues a ticket, which makes it an emergency whatever its wording. f is what
// Understand found in the mail, completed by what its ticket knows. Like Understand it is bounded by ctx, and a fault is an error.
func (s *Set) RouteInTicket(ctx context.Context, m *message.Mail, w World, f Facts) (r Route, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("route rules of rule set %s: %v", s.hash, p)
		}
	}()
	d := s.newDoc(ctx, m, w)
	s.classify(ctx, d, &f) // what the hints say is asked by conditions
	f.Class = Emergency
	r = s.route(ctx, d, &f)
	return r, ctx.Err()
}
