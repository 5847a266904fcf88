package main

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

var exampleHost = regexp.MustCompile(`(?i)(^|\.)(example|example\.(com|net|org))\.?$`)

// Leftovers names what was left over from the example. Customers must never see it, so in mode live the
// daemon does not start with it.
func (c *Config) Leftovers() []Problem {
	if c.Mode != "live" {
		return nil
	}
	var left []Problem
	if strings.EqualFold(strings.TrimSpace(c.Company.Name), "Beispiel Hosting") {
		left = append(left, c.doc.Problem("company.name", `"Beispiel Hosting" was left over from the example`, "write the name of the company"))
	}
	for _, u := range []struct{ key, value string }{{"form_url", c.Company.FormURL}, {"status_url", c.Company.StatusURL}, {"privacy_url", c.Company.PrivacyURL}} {
		p, err := url.Parse(u.value)
		if strings.Contains(u.value, "…") || err == nil && exampleHost.MatchString(p.Hostname()) {
			left = append(left, c.doc.Problem("company."+u.key, fmt.Sprintf("%q was left over from the example", u.value), "write the address of the page"))
		}
	}
	return append(left, c.leftoverAlarms()...)
}

// leftoverAlarms names channels that lead to an example: nobody would be woken. An address may hold a token, and is not printed.
func (c *Config) leftoverAlarms() (left []Problem) {
	for i, ch := range c.Alarm.Channels {
		key, host := fmt.Sprintf("alarm.channels[%d].", i), ""
		switch {
		case ch.Webhook != nil:
			key, host = key+"webhook.url", hostOf(ch.Webhook.URL)
		case ch.PagerDuty != nil:
			key, host = key+"pagerduty.url", hostOf(ch.PagerDuty.URL)
		case ch.JSON != nil:
			key, host = key+"json.url", hostOf(ch.JSON.URL)
		}
		if exampleHost.MatchString(host) {
			left = append(left, c.doc.Problem(key, "leads to a domain that is for examples only: it would wake nobody", "write where alarms really go"))
		}
	}
	return left
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}
