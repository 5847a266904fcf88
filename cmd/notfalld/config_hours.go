package main

import (
	"fmt"
	"slices"
	"time"

	"notfalld/ticket"
)

// checkHours asks the domain as well, so that what is checked here is what runs later.
func (c *Config) checkHours() {
	h, before := c.SupportHours, len(c.doc.Problems())
	if h.Timezone == "" || h.Timezone == "Local" {
		c.doc.ProblemAt("support_hours.timezone", fmt.Sprintf("%q is no time zone", h.Timezone), "write it as Europe/Vienna")
	} else if _, err := time.LoadLocation(h.Timezone); err != nil {
		c.doc.ProblemAt("support_hours.timezone", fmt.Sprintf("there is no time zone %q", h.Timezone), "write it as Europe/Vienna")
	}
	if len(h.Days) == 0 && !c.doc.BadBelow("support_hours.days") {
		c.doc.ProblemAt("support_hours.days", "names no day", "write [mon, tue, wed, thu, fri]")
	}
	for i, d := range h.Days {
		if slices.Index(h.Days, d) < i && d != "" {
			c.doc.ProblemAt(fmt.Sprintf("support_hours.days[%d]", i), d+" stands twice", "remove one of the two")
		}
	}
	for _, t := range []struct{ key, value string }{{"from", h.From}, {"to", h.To}} {
		if !goodClock(t.value) {
			c.doc.ProblemAt("support_hours."+t.key, fmt.Sprintf("expected a time of day such as 08:00, found %q", t.value), `write it as "08:00", with two digits each`)
		}
	}
	for i, d := range h.Closed {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			c.doc.ProblemAt(fmt.Sprintf("support_hours.closed[%d]", i), fmt.Sprintf("expected a date such as 2026-12-24, found %q", d), "")
		}
	}
	if len(c.doc.Problems()) == before && h.From >= h.To {
		c.doc.ProblemAt("support_hours.to", fmt.Sprintf("%s is not after from: %s", h.To, h.From), "support hours lie within one day")
	}
	if len(c.doc.Problems()) == before && !c.doc.BadBelow("support_hours") {
		if _, err := ticket.NewHours(c.HoursConfig()); err != nil {
			c.doc.ProblemAt("support_hours", err.Error(), "")
		}
	}
}

// goodClock wants two digits each: such times compare as text.
func goodClock(s string) bool {
	_, err := time.Parse("15:04", s)
	return len(s) == 5 && (err == nil || s == "24:00")
}

// HoursConfig is the support hours in the domain's words.
func (c *Config) HoursConfig() ticket.HoursConfig {
	h := c.SupportHours
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	hc := ticket.HoursConfig{Timezone: h.Timezone, From: h.From, To: h.To, Holidays: h.Holidays, Closed: h.Closed}
	for _, d := range h.Days {
		hc.Days = append(hc.Days, time.Weekday(slices.Index(names, d)))
	}
	return hc
}

// location is the time zone of the support hours: the clock that staff live by.
func (c *Config) location() *time.Location {
	if l, err := time.LoadLocation(c.SupportHours.Timezone); err == nil {
		return l
	}
	return time.Local
}
