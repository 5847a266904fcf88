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
	return left
}
