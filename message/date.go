package message

import (
	"strconv"
	"strings"
	"time"
)

// parseDate reads a date-time (RFC 5322, 3.3 and the obsolete forms), and what clients make of it:
// no weekday, month before day, two-digit years, German month names, zones by name, "GMT+0100".
// Zero if it cannot be read; without a zone it is UTC.
func parseDate(s string) time.Time {
	var d dateParts
	d.zone = time.UTC
	words := strings.FieldsFunc(stripComments(s), func(r rune) bool { return r == ' ' || r == '\t' || r == ',' })
	if len(words) > 16 {
		return time.Time{}
	}
	for _, w := range words {
		d.word(w)
	}
	if d.day < 1 || d.month < 1 || d.month > 12 || d.year < 1 || d.hour < 0 || d.min < 0 || d.sec < 0 || d.hour > 23 || d.min > 59 || d.sec > 60 || d.day > 31 {
		return time.Time{}
	}
	t := time.Date(d.year, d.month, d.day, d.hour, d.min, d.sec, 0, d.zone)
	if t.Year() < 1980 || t.Year() > 2200 {
		return time.Time{}
	}
	return t
}

type dateParts struct {
	day, year, hour, min, sec int
	month                     time.Month
	clock                     bool
	zone                      *time.Location
}

func (d *dateParts) word(w string) {
	lower := strings.ToLower(w)
	switch {
	case strings.Count(w, ":") >= 1 && !d.clock:
		d.readClock(w)
	case len(w) == 10 && w[4] == '-' && w[7] == '-': // ISO 8601
		d.year, d.day = number(w[:4]), number(w[8:])
		d.month = time.Month(number(w[5:7]))
	case len(w) >= 3 && monthOf(lower) != 0 && d.month == 0:
		d.month = monthOf(lower)
	case strings.Count(w, "-") == 2 && monthOf(strings.Split(lower, "-")[1]) != 0: // 15-Mar-2026
		p := strings.Split(lower, "-")
		d.day, d.month, d.year = number(p[0]), monthOf(p[1]), fullYear(p[2])
	case d.clock && zoneOf(w) != nil && (d.year != 0 || w[0] == '+' || w[0] == '-' || w[0] > '9'):
		d.zone = zoneOf(w)
	case number(strings.TrimSuffix(w, ".")) > 0:
		n := strings.TrimSuffix(w, ".")
		if d.day == 0 && len(n) <= 2 {
			d.day = number(n)
		} else if d.year == 0 {
			d.year = fullYear(n)
		}
	}
}

func (d *dateParts) readClock(w string) {
	d.clock = true
	for _, sign := range []string{"+", "-", "Z"} { // a zone glued to the time
		if i := strings.LastIndex(w, sign); i > 0 {
			if z := zoneOf(w[i:]); z != nil {
				d.zone = z
			}
			w = w[:i]
		}
	}
	p := strings.Split(w, ":")
	if len(p) < 2 {
		d.hour = -1 // the colon was the zone's
		return
	}
	d.hour, d.min = number(p[0]), number(p[1])
	if len(p) > 2 {
		s, _, _ := strings.Cut(p[2], ".")
		d.sec = number(s)
	}
}

func fullYear(s string) int {
	y := number(s)
	switch {
	case y < 0 || len(s) > 4:
		return 0
	case len(s) <= 2 && y < 50: // RFC 5322, 4.3
		return 2000 + y
	case len(s) <= 3:
		return 1900 + y
	}
	return y
}

// number returns -1 for what is no plain number.
func number(s string) int {
	if s == "" || len(s) > 4 || strings.Trim(s, "0123456789") != "" {
		return -1
	}
	n, _ := strconv.Atoi(s)
	return n
}

func monthOf(s string) time.Month {
	if r := []rune(s); len(r) >= 3 {
		switch string(r[:3]) {
		case "jan", "jän":
			return time.January
		case "feb":
			return time.February
		case "mar", "mär", "mrz":
			return time.March
		case "apr":
			return time.April
		case "may", "mai":
			return time.May
		case "jun":
			return time.June
		case "jul":
			return time.July
		case "aug":
			return time.August
		case "sep":
			return time.September
		case "oct", "okt":
			return time.October
		case "nov":
			return time.November
		case "dec", "dez":
			return time.December
		}
	}
	return 0
}

// zoneOf reads "+0100", "+01:00", "GMT+1", "CET". nil if it is no zone. Military letters but Z say
// nothing (RFC 5322, 4.3).
func zoneOf(s string) *time.Location {
	u := strings.ToUpper(s)
	for _, p := range []string{"GMT", "UTC", "UT"} {
		if rest, ok := strings.CutPrefix(u, p); ok {
			if rest == "" {
				return time.UTC
			}
			u = rest
			break
		}
	}
	if u == "Z" {
		return time.UTC
	}
	if h, ok := map[string]int{"CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "WET": 0, "WEST": 1, "BST": 1,
		"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}[u]; ok {
		return time.FixedZone(u, h*3600)
	}
	if len(u) < 2 || u[0] != '+' && u[0] != '-' {
		return nil
	}
	digits := strings.ReplaceAll(u[1:], ":", "")
	n := number(digits)
	if n < 0 {
		return nil
	}
	h, m := n/100, n%100
	if len(digits) <= 2 {
		h, m = n, 0
	}
	if h > 15 || m > 59 {
		return nil
	}
	sec := h*3600 + m*60
	if u[0] == '-' {
		sec = -sec
	}
	return time.FixedZone("", sec)
}
