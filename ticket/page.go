package ticket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"time"
)

// The types of alarm channels.
const (
	ChannelMail      = "mail"      // to an SMS gateway or a pager; no HTTP
	ChannelWebhook   = "webhook"   // signed as in Standard Webhooks
	ChannelPagerDuty = "pagerduty" // Events API v2
	ChannelJSON      = "json"      // a template of the admin's
)

// PageData is what a page tells of an emergency, and what the body of a json channel is a template over. Strings come raw: what does not
// belong into a page is cleaned and shortened when the body is built. Times should be in the location of the support hours.
type PageData struct {
	Event          string // PageTriggered, …
	Number         string // "NE-10001"
	State          string // as EmergencyState
	Alarm          string // as AlarmState
	Name           string
	CustomerNumber string
	Phone          string // E.164; "" if there is none that could be used
	Email          string
	Problem        string // any number of lines
	Servers        []string
	TriggeredAt    time.Time
	CallbackBy     time.Time
	Minutes        int    // since the trigger
	Summary        string // one line that says it all, in the language of staff
	Tickets        []string
	At             time.Time // when the event was; zero: Minutes after the trigger
}

// mostPage is how long a body may be, in bytes. Receivers have limits of their own (Slack 40 KB, Matrix 64 KB), and nobody reads more
// at night.
const mostPage = 16 << 10

// pageBody builds the body of a page: JSON in the form that the channel wants, no longer than mostPage. It fails for no data and no
// template: where a template does not give JSON, the page goes out in the plain form of a webhook, with a note why.
// An error means that the channel is none that is paged.
func pageBody(c Channel, p PageData) ([]byte, error) {
	p = p.clean()
	var err error
	for _, l := range []struct{ problem, servers int }{{4000, 20}, {1000, 20}, {200, 5}, {0, 0}} {
		var body []byte
		if body, err = formed(c, p.shortened(l.problem, l.servers)); err == nil && len(body) <= mostPage {
			return body, nil
		}
		if err != nil && !errors.Is(err, errTooLong) {
			break
		}
	}
	if c.Type != ChannelJSON {
		return nil, err
	}
	return webhookBody(p.shortened(1000, 5), "the template of channel "+c.Name+" cannot be used: "+templateFaultOf(err).Error())
}

func formed(c Channel, p PageData) ([]byte, error) {
	switch c.Type {
	case ChannelPagerDuty:
		return pagerDutyBody(c.RoutingKey, p)
	case ChannelJSON:
		return templateBody(c.Body, p)
	case ChannelWebhook:
		return webhookBody(p, "")
	}
	return nil, noPageError{c}
}

// noPageError says that a channel takes no pages.
type noPageError struct{ c Channel }

func (e noPageError) Error() string {
	return "alarm channel " + e.c.Name + " is of type " + e.c.Type + " and takes no HTTP requests"
}

// pageID is the webhook-id of a page. It is the same at each attempt, whatever became of the one before: receivers know by it what they
// have already (Standard Webhooks, "Webhook headers"). Nobody can guess it, and no two installations have the same.
func (d *Desk) pageID(o *Out) string {
	h := sha256.Sum256([]byte("page " + d.keys.Issue(BounceToken, AboutOut, o.ID, "")))
	return "msg_" + hex.EncodeToString(h[:16])
}

// pageDetails is an emergency as receivers of pages know it: the names are those of the HTTP API.
type pageDetails struct {
	ID             string    `json:"id"`
	State          string    `json:"state"`
	Alarm          string    `json:"alarm"`
	Summary        string    `json:"summary"`
	Name           string    `json:"name"`
	CustomerNumber string    `json:"customer_number"`
	Phone          string    `json:"phone"`
	Email          string    `json:"email"`
	Problem        string    `json:"problem"`
	Servers        []string  `json:"servers"`
	Tickets        []string  `json:"tickets"`
	TriggeredAt    time.Time `json:"triggered_at,omitzero"`
	CallbackBy     time.Time `json:"callback_by,omitzero"`
	Minutes        int       `json:"minutes"`
	Test           bool      `json:"test,omitempty"`
	Note           string    `json:"note,omitempty"`
}

func (p PageData) details() pageDetails {
	return pageDetails{ID: p.Number, State: p.State, Alarm: p.Alarm, Summary: p.Summary, Name: p.Name, CustomerNumber: p.CustomerNumber, Phone: p.Phone,
		Email: p.Email, Problem: p.Problem, Servers: p.Servers, Tickets: p.Tickets, TriggeredAt: p.TriggeredAt, CallbackBy: p.CallbackBy,
		Minutes: p.Minutes, Test: p.Event == PageTest}
}

// webhookBody is the payload that Standard Webhooks recommends: a type in dots, when it happened, and the data.
func webhookBody(p PageData, note string) ([]byte, error) {
	data := p.details()
	data.Note = note
	return marshal(struct {
		Type      string      `json:"type"`
		Timestamp time.Time   `json:"timestamp"`
		Data      pageDetails `json:"data"`
	}{"emergency." + p.Event, p.At, data})
}

// pagerDutyEvent is an event of PagerDuty's Events API v2. The dedup_key makes all pages of an emergency one incident, which closes when
// the emergency ends; whoever acknowledges here stops the escalation there.
type pagerDutyEvent struct {
	RoutingKey string            `json:"routing_key"`
	Action     string            `json:"event_action"`
	DedupKey   string            `json:"dedup_key"`
	Payload    *pagerDutyPayload `json:"payload,omitempty"` // of a trigger alone
	Client     string            `json:"client,omitempty"`
}

type pagerDutyPayload struct {
	Summary   string      `json:"summary"` // up to 1024 characters
	Source    string      `json:"source"`
	Severity  string      `json:"severity"`
	Timestamp time.Time   `json:"timestamp,omitzero"`
	Component string      `json:"component,omitempty"`
	Class     string      `json:"class"`
	Details   pageDetails `json:"custom_details"`
}

func pagerDutyBody(routingKey string, p PageData) ([]byte, error) {
	e := pagerDutyEvent{RoutingKey: routingKey, DedupKey: p.Number, Action: "trigger"}
	switch p.Event {
	case PageAcknowledged:
		e.Action = "acknowledge"
	case PageCancelled, PageResolved:
		e.Action = "resolve"
	default:
		e.Client = "notfalld"
		e.Payload = &pagerDutyPayload{Summary: p.Summary, Source: "notfalld", Severity: "critical", Timestamp: p.TriggeredAt, Class: "emergency." + p.Event, Details: p.details()}
		if len(p.Servers) > 0 {
			e.Payload.Source, e.Payload.Component = p.Servers[0], p.Servers[0]
		}
	}
	return marshal(e)
}

// marshal is JSON without the escapes that only matter within HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
