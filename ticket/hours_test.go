package ticket_test

import (
	"testing"
	"time"

	"notfalld/ticket"
)

func vienna(t *testing.T, more func(*ticket.HoursConfig)) *ticket.Hours {
	t.Helper()
	c := ticket.HoursConfig{Timezone: "Europe/Vienna", Days: []time.Weekday{1, 2, 3, 4, 5}, From: "08:00", To: "17:00", Holidays: "at"}
	if more != nil {
		more(&c)
	}
	h, err := ticket.NewHours(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHours(t *testing.T) {
	h := vienna(t, func(c *ticket.HoursConfig) { c.Closed = []string{"2026-12-24"} })
	for _, c := range []struct {
		at                  string // any zone
		open                bool
		nextOpen, nextClose string // in Vienna
	}{
		{"2026-03-16T07:59:59+01:00", false, "2026-03-16T08:00:00+01:00", "2026-03-16T17:00:00+01:00"}, // a Monday
		{"2026-03-16T08:00:00+01:00", true, "2026-03-17T08:00:00+01:00", "2026-03-16T17:00:00+01:00"},
		{"2026-03-16T16:59:59+01:00", true, "2026-03-17T08:00:00+01:00", "2026-03-16T17:00:00+01:00"},
		{"2026-03-16T17:00:00+01:00", false, "2026-03-17T08:00:00+01:00", "2026-03-17T17:00:00+01:00"},
		{"2026-03-20T18:00:00+01:00", false, "2026-03-23T08:00:00+01:00", "2026-03-23T17:00:00+01:00"}, // over the weekend
		{"2026-03-27T17:00:00+01:00", false, "2026-03-30T08:00:00+02:00", "2026-03-30T17:00:00+02:00"}, // the clocks go forward in it
		{"2026-10-23T17:00:00+02:00", false, "2026-10-27T08:00:00+01:00", "2026-10-27T17:00:00+01:00"}, // back, and the 26th is a holiday
		{"2026-04-06T10:00:00+02:00", false, "2026-04-07T08:00:00+02:00", "2026-04-07T17:00:00+02:00"}, // Easter Monday
		{"2026-04-03T10:00:00+02:00", true, "2026-04-07T08:00:00+02:00", "2026-04-03T17:00:00+02:00"},  // Good Friday is no Austrian holiday
		{"2026-05-14T10:00:00+02:00", false, "2026-05-15T08:00:00+02:00", "2026-05-15T17:00:00+02:00"}, // Ascension
		{"2026-12-24T10:00:00+01:00", false, "2026-12-28T08:00:00+01:00", "2026-12-28T17:00:00+01:00"}, // closed, then Christmas, then a weekend
		{"2026-03-16T06:30:00Z", false, "2026-03-16T08:00:00+01:00", "2026-03-16T17:00:00+01:00"},      // 07:30 in Vienna
		{"2026-03-15T23:30:00-08:00", true, "2026-03-17T08:00:00+01:00", "2026-03-16T17:00:00+01:00"},  // Sunday there, Monday here
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Open(at); got != c.open {
			t.Errorf("%s: open %v", c.at, got)
		}
		if got := h.NextOpen(at).Format(time.RFC3339); got != c.nextOpen {
			t.Errorf("%s: next open %s, want %s", c.at, got, c.nextOpen)
		}
		if got := h.NextClose(at).Format(time.RFC3339); got != c.nextClose {
			t.Errorf("%s: next close %s, want %s", c.at, got, c.nextClose)
		}
	}
}

func TestLastClose(t *testing.T) {
	h := vienna(t, nil)
	for at, want := range map[string]string{
		"2026-03-16T17:00:00+01:00": "2026-03-16T17:00:00+01:00",
		"2026-03-16T16:59:59+01:00": "2026-03-13T17:00:00+01:00", // Friday
		"2026-03-17T03:00:00+01:00": "2026-03-16T17:00:00+01:00",
		"2026-03-29T12:00:00+02:00": "2026-03-27T17:00:00+01:00",
	} {
		when, _ := time.Parse(time.RFC3339, at)
		if _, closed := h.LastClose(when); closed.Format(time.RFC3339) != want {
			t.Errorf("%s: %s, want %s", at, closed, want)
		}
	}
}

func TestWrongHours(t *testing.T) {
	for name, spoil := range map[string]func(*ticket.HoursConfig){
		"zone":     func(c *ticket.HoursConfig) { c.Timezone = "Europe/Wien" },
		"from":     func(c *ticket.HoursConfig) { c.From = "8 Uhr" },
		"empty":    func(c *ticket.HoursConfig) { c.To = "08:00" },
		"holidays": func(c *ticket.HoursConfig) { c.Holidays = "fr" },
		"closed":   func(c *ticket.HoursConfig) { c.Closed = []string{"24.12."} },
		"days":     func(c *ticket.HoursConfig) { c.Days = nil },
	} {
		c := ticket.HoursConfig{Timezone: "Europe/Vienna", Days: []time.Weekday{1}, From: "08:00", To: "17:00"}
		spoil(&c)
		if _, err := ticket.NewHours(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
