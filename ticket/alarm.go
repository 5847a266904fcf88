package ticket

import (
	"text/template"
	"time"
)

// AlarmOptions says who alarms the technician, and how.
type AlarmOptions struct {
	API           string          // "external": whoever triggers by the API pages already; "channels": Channels do
	Channels      []Channel       // in the order in which they are tried
	Reminders     []time.Duration // marks after the trigger; the last is when the call back is due
	EscalateAfter time.Duration   // the next channel is tried when one has not confirmed by then
}

// Channel is one way to reach the technician on call.
type Channel struct {
	Name       string             // unique: "oncall"
	Type       string             // "mail", "webhook", "pagerduty", "json"
	Address    string             // mail: where to
	RoutingKey string             // pagerduty
	Body       *template.Template // json: over PageData
}

// Who sounds the alarm.
const (
	AlarmExternal = "external"
	AlarmChannels = "channels"
)

// DefaultReminders and DefaultEscalateAfter hold where the configuration says nothing.
func DefaultReminders() []time.Duration {
	return []time.Duration{10 * time.Minute, 20 * time.Minute, 25 * time.Minute, 30 * time.Minute}
}

// DefaultEscalateAfter is how long a channel has before the next one is tried as well.
const DefaultEscalateAfter = time.Minute
