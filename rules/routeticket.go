package rules

// Add puts the route of one more mail to those of a ticket: tags and addresses add up, of the priorities the highest counts.
func (r *Route) Add(more Route) {
	r.Priority = higher(r.Priority, more.Priority)
	r.Tags = appendNews(r.Tags, more.Tags)
	r.Notify = appendNews(r.Notify, more.Notify)
}
