package ticket

import (
	"fmt"
	"slices"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/de"
)

// HoursConfig says when support is staffed; the wall clock is that of Timezone.
type HoursConfig struct {
	Timezone string         // IANA name: "Europe/Vienna"
	Days     []time.Weekday // days with support
	From, To string         // "08:00", "17:00"; To is exclusive
	Holidays string         // "at", "de" (nationwide ones) or "none"
	Closed   []string       // further days without support: "2026-12-24"
}

// Hours answers whether support is staffed at an instant, and when that changes next.
type Hours struct {
	Location *time.Location
	config   HoursConfig
	from, to time.Duration // since local midnight, on the wall clock
	holidays *cal.BusinessCalendar
}

// NewHours checks the configuration and makes the calendar.
func NewHours(c HoursConfig) (*Hours, error) {
	h := &Hours{config: c, holidays: cal.NewBusinessCalendar()}
	var err error
	if h.Location, err = time.LoadLocation(c.Timezone); err != nil {
		return nil, fmt.Errorf("time zone %q: %w", c.Timezone, err)
	}
	if h.from, err = wallClock(c.From); err != nil {
		return nil, err
	}
	if h.to, err = wallClock(c.To); err != nil {
		return nil, err
	}
	if h.from >= h.to {
		return nil, fmt.Errorf("support hours from %s to %s are empty", c.From, c.To)
	}
	switch c.Holidays {
	case "at":
		h.holidays.AddHoliday(at.Holidays...)
	case "de":
		h.holidays.AddHoliday(de.Holidays...)
	case "none", "":
	default:
		return nil, fmt.Errorf("holidays %q: expected at, de or none", c.Holidays)
	}
	for _, d := range c.Closed {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return nil, fmt.Errorf("closed day %q: expected a date such as 2026-12-24", d)
		}
	}
	if len(c.Days) == 0 {
		return nil, fmt.Errorf("support hours without any day")
	}
	return h, nil
}

func wallClock(s string) (time.Duration, error) {
	if s == "24:00" {
		return 24 * time.Hour, nil
	}
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, fmt.Errorf("time of day %q: expected a time such as 08:00", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

// Config is what the hours were made from.
func (h *Hours) Config() HoursConfig { return h.config }

// Open says whether support is staffed at t.
func (h *Hours) Open(t time.Time) bool {
	from, to, ok := h.day(t)
	return ok && !t.Before(from) && t.Before(to)
}

// NextOpen is the next instant after t at which support opens: today's opening if it is still ahead.
// The zero time means that it does not open within two years.
func (h *Hours) NextOpen(t time.Time) time.Time {
	return h.next(t, func(from, _ time.Time) time.Time { return from })
}

// NextClose is the next instant after t at which support closes; while it is open, today's closing time.
func (h *Hours) NextClose(t time.Time) time.Time {
	return h.next(t, func(_, to time.Time) time.Time { return to })
}

// LastClose is the youngest closing time at or before t, with the opening that belongs to it.
func (h *Hours) LastClose(t time.Time) (opened, closed time.Time) {
	local := t.In(h.Location)
	for i := range 2 * 366 {
		from, to, ok := h.day(noon(local, -i))
		if ok && !to.After(t) {
			return from, to
		}
	}
	return time.Time{}, time.Time{}
}

func (h *Hours) next(t time.Time, edge func(from, to time.Time) time.Time) time.Time {
	local := t.In(h.Location)
	for i := range 2 * 366 {
		from, to, ok := h.day(noon(local, i))
		if !ok {
			continue
		}
		if e := edge(from, to); e.After(t) {
			return e
		}
	}
	return time.Time{}
}

// day gives the opening and closing instants of the local day of t; ok is false on a day without support.
// time.Date does the daylight saving: 08:00 on the wall is 06:00 or 07:00 UTC.
func (h *Hours) day(t time.Time) (from, to time.Time, ok bool) {
	local := t.In(h.Location)
	if !slices.Contains(h.config.Days, local.Weekday()) || slices.Contains(h.config.Closed, local.Format(time.DateOnly)) {
		return from, to, false
	}
	if actual, _, _ := h.holidays.IsHoliday(local); actual {
		return from, to, false
	}
	return h.wall(local, h.from), h.wall(local, h.to), true
}

func (h *Hours) wall(day time.Time, at time.Duration) time.Time {
	y, m, d := day.Date()
	return time.Date(y, m, d, int(at/time.Hour), int(at%time.Hour/time.Minute), 0, 0, h.Location)
}

// noon of a day some days off: counted from noon, a step never lands on another date when the clocks change.
func noon(local time.Time, days int) time.Time {
	y, m, d := local.Date()
	return time.Date(y, m, d+days, 12, 0, 0, 0, local.Location())
}
