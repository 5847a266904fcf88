package rules

import (
	"context"
	"slices"
)

// Route says who is told of a mail, beside those who always are, and how urgently.
type Route struct {
	Priority string   `json:"priority,omitempty"` // "high", "normal", "low", or "" where no rule says
	Tags     []string `json:"tags,omitempty"`
	Notify   []string `json:"notify,omitempty"` // addresses
}

// route asks all route rules in order. Tags and addresses add up; of several priorities the highest counts.
func (s *Set) route(ctx context.Context, d *doc, f *Facts) Route {
	var out Route
	if len(s.routes) == 0 || f.Class != Emergency {
		return out
	}
	in := d.input(f)
	for _, r := range s.routes {
		if !d.fires(ctx, &r.head, in, "", "route") {
			continue
		}
		out.Priority = higher(out.Priority, r.priority)
		out.Tags = appendNews(out.Tags, r.tags)
		out.Notify = appendNews(out.Notify, r.notify)
		d.tell(Step{Rule: r.name, Fact: "route", Value: r.says(), Taken: true, Why: "its condition holds"})
		if r.stop {
			break
		}
	}
	return out
}

func (r *routeRule) says() string {
	s := ""
	for _, part := range slices.Concat([]string{r.priority}, r.tags, r.notify) {
		if part != "" {
			if s != "" {
				s += " "
			}
			s += part
		}
	}
	return s
}

func higher(a, b string) string {
	order := []string{"", "low", "normal", "high"}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

func appendNews(list, more []string) []string {
	for _, s := range more {
		list = appendNew(list, s)
	}
	return list
}
