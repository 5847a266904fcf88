package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"notfalld/ticket"
)

// Alarm says who wakes the technician, and how.
type Alarm struct {
	API           string          `yaml:"api" one:"external|channels"` // for emergencies that come by the API
	Channels      []AlarmChannel  `yaml:"channels"`                    // in the order in which they are tried
	Reminders     []time.Duration `yaml:"reminders"`                   // after the trigger; the last when the call back is due
	EscalateAfter time.Duration   `yaml:"escalate_after"`              // the next channel is tried when one has not confirmed by then
}

// AlarmChannel is one way to reach the technician on call. Exactly one kind is given.
type AlarmChannel struct {
	Name      string            `yaml:"name" required:"how history, mails to staff and the log call it: oncall"`
	Webhook   *WebhookChannel   `yaml:"webhook"`
	Mail      *MailChannel      `yaml:"mail"`
	PagerDuty *PagerDutyChannel `yaml:"pagerduty"`
	JSON      *JSONChannel      `yaml:"json"`
}

// WebhookChannel posts what happened, signed as in Standard Webhooks.
type WebhookChannel struct {
	URL     string                 `yaml:"url" required:"where the alarm is posted" file:""` // it may hold a token
	Secret  string                 `yaml:"secret" required:"by it the receiver knows that the alarm is ours; make one: echo whsec_$(openssl rand -base64 32)" file:""`
	Headers map[string]HeaderValue `yaml:"headers" short:"value"`
}

// MailChannel mails to an SMS gateway or a pager.
type MailChannel struct {
	Address string `yaml:"address" required:"the address of the gateway"`
}

// PagerDutyChannel sends events to PagerDuty (Events API v2), or to what speaks like it.
type PagerDutyChannel struct {
	RoutingKey string `yaml:"routing_key" required:"the integration key of the service in PagerDuty" file:""`
	URL        string `yaml:"url" file:""`
}

// JSONChannel posts a body of the admin's own.
type JSONChannel struct {
	URL     string                 `yaml:"url" required:"where the alarm is posted" file:""`
	Body    string                 `yaml:"body" required:"a template that gives JSON: '{\"text\": {{json .Summary}}}'"`
	Headers map[string]HeaderValue `yaml:"headers" short:"value"`
}

// HeaderValue is the value of one header field; as a struct of its own it can come from a file.
type HeaderValue struct {
	Value string `yaml:"value" required:"here, or in the file that value_file names" file:""`
}

// pagerDutyURL is where PagerDuty takes events, unless a channel says otherwise.
const pagerDutyURL = "https://events.pagerduty.com/v2/enqueue"

// SetDefaults fills what holds where the file says nothing.
func (c *PagerDutyChannel) SetDefaults() { c.URL = pagerDutyURL }

// kinds lists the kinds that are given.
func (a *AlarmChannel) kinds() (kinds []string) {
	for _, k := range []struct {
		name  string
		given bool
	}{{"webhook", a.Webhook != nil}, {"mail", a.Mail != nil}, {"pagerduty", a.PagerDuty != nil}, {"json", a.JSON != nil}} {
		if k.given {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

// defaultReminders are marks on the way to the promised call back: 10, 20, 25 and 30 minutes of 30.
func defaultReminders(callback time.Duration) []time.Duration {
	return []time.Duration{callback / 3, callback * 2 / 3, callback * 5 / 6, callback}
}

// checkAlarm refuses what would leave somebody waiting for an alarm that nobody sounds.
func (c *Config) checkAlarm() {
	nobody := len(c.Alarm.Channels) == 0 && !c.doc.BadBelow("alarm.channels")
	if c.Alarm.API == "channels" && nobody {
		c.doc.ProblemAt("alarm.channels", "is empty, and api is channels: nobody would be alarmed", "name a channel, or set api: external if another system pages")
	}
	if c.HTTP.Form && nobody {
		c.doc.ProblemAt("http.form", "is true, and alarm.channels is empty: who triggers at the form would alarm nobody", "name a channel under alarm.channels, or set form: false")
	}
	names := map[string]int{}
	for i := range c.Alarm.Channels {
		key := fmt.Sprintf("alarm.channels[%d]", i)
		if !c.doc.Has(key) { // an empty entry, and that is said
			continue
		}
		ch := &c.Alarm.Channels[i]
		c.checkChannelName(key+".name", ch.Name, i, names)
		if kinds := ch.kinds(); len(kinds) == 0 && !c.doc.BadBelow(key) {
			c.doc.ProblemAt(key, "does not say how it alarms", "give it one of webhook, mail, pagerduty, json")
		} else if len(kinds) > 1 {
			c.doc.ProblemAt(key+"."+kinds[1], fmt.Sprintf("the channel has %s as well", kinds[0]), "one kind for each channel: make two channels of it")
		}
		c.checkChannel(key, ch)
	}
	c.checkReminders()
}

var channelName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

func (c *Config) checkChannelName(key, name string, i int, names map[string]int) {
	if !c.doc.Given(key) {
		return
	}
	if !channelName.MatchString(name) {
		c.doc.ProblemAt(key, fmt.Sprintf("%q is no name for a channel", name), "use up to 40 small letters, digits and hyphens, such as oncall")
	} else if first, twice := names[name]; twice {
		c.doc.ProblemAt(key, fmt.Sprintf("%q is the name of alarm.channels[%d] as well", name, first), "give each channel a name of its own")
	} else {
		names[name] = i
	}
}

func (c *Config) checkChannel(key string, ch *AlarmChannel) {
	switch {
	case ch.Webhook != nil:
		key += ".webhook"
		c.checkEndpoint(key+".url", ch.Webhook.URL)
		c.checkSigningSecret(key+".secret", ch.Webhook.Secret)
		c.checkHeaders(key+".headers", ch.Webhook.Headers)
	case ch.Mail != nil:
		key += ".mail.address"
		c.checkAddress(key, ch.Mail.Address)
		for i, m := range c.Mailboxes {
			if strings.EqualFold(ch.Mail.Address, m.Address) && m.Address != "" {
				c.doc.ProblemAt(key, fmt.Sprintf("%s is the support address of mailboxes[%d]: the alarm would lie there and wake nobody", m.Address, i), "name the address of the gateway or pager")
			}
		}
	case ch.PagerDuty != nil:
		key += ".pagerduty"
		c.checkEndpoint(key+".url", ch.PagerDuty.URL)
		if k := ch.PagerDuty.RoutingKey; c.given(key+".routing_key") && (ch.PagerDuty.URL == pagerDutyURL && !routingKey.MatchString(k) || !httpguts.ValidHeaderFieldValue(k) || k == "") {
			c.doc.ProblemAt(key+".routing_key", "is no integration key of PagerDuty", "copy its 32 letters and digits from the service's integration \"Events API V2\"")
		}
	case ch.JSON != nil:
		key += ".json"
		c.checkEndpoint(key+".url", ch.JSON.URL)
		c.checkHeaders(key+".headers", ch.JSON.Headers)
		c.checkBody(key+".body", ch.JSON.Body)
	}
}

var routingKey = regexp.MustCompile(`^[A-Za-z0-9]{32}$`)

// given is doc.Given for a secret, which may have come from its KEY_file.
func (c *Config) given(key string) bool { return c.doc.Given(key) && !c.doc.BadBelow(key+"_file") }

// checkEndpoint looks at an address that alarms are posted to. It may hold a token: it is never printed.
func (c *Config) checkEndpoint(key, value string) {
	if !c.given(key) {
		return
	}
	u, err := url.Parse(value)
	switch {
	case value != "" && value != strings.TrimSpace(value):
		c.doc.ProblemAt(key, "begins or ends with a blank", "take it away")
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || !goodHost(u.Hostname()) || u.Port() != "" && !goodPort(u.Port()) || strings.ContainsAny(value, " \t\r\n\"<>"):
		c.doc.ProblemAt(key, "is no web address", "write it whole: https://alarm.firma.at/…")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		c.doc.ProblemAt(key, "http would send customers' data and the keys readable over the network", "use https")
	}
}

// checkSigningSecret wants what Standard Webhooks calls a symmetric secret: whsec_ and 24 to 64 bytes in base64.
func (c *Config) checkSigningSecret(key, secret string) {
	if !c.given(key) {
		return
	}
	const mend = "make one: echo whsec_$(openssl rand -base64 32)"
	coded, ok := strings.CutPrefix(secret, "whsec_")
	raw, err := base64.StdEncoding.DecodeString(coded)
	switch {
	case !ok:
		c.doc.ProblemAt(key, "does not begin with whsec_", mend)
	case err != nil:
		c.doc.ProblemAt(key, "is no base64 behind whsec_", mend)
	case len(raw) < 24 || len(raw) > 64:
		c.doc.ProblemAt(key, fmt.Sprintf("holds %d bytes; 24 to 64 are right", len(raw)), mend)
	}
}

// ownHeaders are fields that are set by us or by HTTP itself.
var ownHeaders = []string{"host", "content-length", "content-type", "transfer-encoding", "connection", "webhook-id", "webhook-timestamp", "webhook-signature"}

func (c *Config) checkHeaders(key string, headers map[string]HeaderValue) {
	seen := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		v, full := headers[name], key+"."+name
		folded := strings.ToLower(name)
		switch {
		case !c.doc.Has(full):
		case !httpguts.ValidHeaderFieldName(name):
			c.doc.ProblemAt(full, fmt.Sprintf("%q is no name of a header field", name), "such as Authorization")
		case slices.Contains(ownHeaders, folded):
			c.doc.ProblemAt(full, "this header field is set by notfalld itself", "remove it")
		case seen[folded]:
			c.doc.ProblemAt(full, "this header field stands twice", "remove one of the two")
		case c.given(full+".value") && (v.Value == "" || !httpguts.ValidHeaderFieldValue(v.Value)):
			c.doc.ProblemAt(full, "is no value of a header field", "it is one line of text without control characters")
		}
		seen[folded] = true
	}
}

// checkBody tries the template on made-up emergencies. What it says of a fault points into the text.
func (c *Config) checkBody(key, body string) {
	if !c.doc.Given(key) {
		return
	}
	_, err := ticket.PageTemplate(body)
	var f *ticket.TemplateFault
	if !errors.As(err, &f) {
		return
	}
	line, col := c.doc.PlaceOf(key)
	if f.Line > 0 {
		offset := 0
		for n := 1; n < f.Line; n++ {
			offset += strings.IndexByte(body[offset:], '\n') + 1
		}
		line, col = c.doc.Inside(key, offset+max(f.Column-1, 0))
	}
	c.doc.Add(line, col, key, f.Text, f.Mend)
}

func (c *Config) checkReminders() {
	const key = "alarm.reminders"
	if c.doc.Has(key) && len(c.Alarm.Reminders) == 0 && !c.doc.BadBelow(key) {
		c.doc.ProblemAt(key, "is empty: nobody would be told that an alarm is overdue", fmt.Sprintf("write when the call back is due: [%s]", shortly(c.Service.Callback)))
	}
	for i, r := range c.Alarm.Reminders {
		if !c.doc.Has(key) {
			break // made from service.callback
		}
		full := fmt.Sprintf("%s[%d]", key, i)
		switch {
		case c.doc.BadBelow(full):
		case r < time.Second || r > 24*time.Hour:
			c.doc.ProblemAt(full, fmt.Sprintf("%s is out of bounds", shortly(r)), "use 1s to 24h after the trigger")
		case i > 0 && r <= c.Alarm.Reminders[i-1] && !c.doc.BadBelow(fmt.Sprintf("%s[%d]", key, i-1)):
			c.doc.ProblemAt(full, fmt.Sprintf("%s does not come after %s", shortly(r), shortly(c.Alarm.Reminders[i-1])), "write them in ascending order")
		}
	}
	if n := len(c.Alarm.Reminders); n > 0 && c.doc.Given(key) && !c.doc.BadBelow("service.callback") && c.Alarm.Reminders[n-1] != c.Service.Callback {
		c.doc.WarnAt(fmt.Sprintf("%s[%d]", key, n-1), fmt.Sprintf("the last reminder calls the alarm overdue, and service.callback is %s", shortly(c.Service.Callback)), fmt.Sprintf("let the last one be %s", shortly(c.Service.Callback)))
	}
	if e := c.Alarm.EscalateAfter; (e < time.Second || e > time.Hour) && !c.doc.BadBelow("alarm.escalate_after") {
		c.doc.ProblemAt("alarm.escalate_after", fmt.Sprintf("%s is out of bounds", shortly(e)), "use 1s to 1h; 60s is usual")
	}
}

// shortly writes 30m0s as 30m.
func shortly(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
