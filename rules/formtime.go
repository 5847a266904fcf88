package rules

import (
	"strings"
	"time"
)

// formClock is how far back the time in a form's mail may lie: older mails waited somewhere, and when they arrived says more.
const formClock = 24 * time.Hour

// The dates and times that forms write, words and commas taken out, the day before the month where both are numbers.
var (
	formStamps = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04"}
	formDates  = []string{"2006-01-02", "2006/01/02", "2.1.2006", "2.1.06", "2 1 2006", "2/1/2006", "2-1-2006", "2 January 2006", "January 2 2006", "2 Jan 2006", "Jan 2 2006"}
	formClocks = []string{"15:04:05", "15:04", "15:04:05 -0700", "15:04 -0700", "3:04:05 pm", "3:04 pm", "3:04pm", "15.04"}
)

// timeWords are what stands in times and says nothing that counts, and what other words mean. Zones of the office are no news.
var timeWords = map[string]string{
	"uhr": "", "um": "", "at": "", "-": "", "–": "", "|": "", "h": "", "mez": "", "mesz": "", "cet": "", "cest": "", "den": "", "der": "", "on": "", "am": "", "utc": "+0000", "gmt": "+0000",
	"januar": "January", "jaenner": "January", "februar": "February", "feber": "February", "maerz": "March", "april": "April", "mai": "May", "juni": "June", "juli": "July",
	"august": "August", "september": "September", "oktober": "October", "november": "November", "dezember": "December",
	"montag": "", "dienstag": "", "mittwoch": "", "donnerstag": "", "freitag": "", "samstag": "", "sonntag": "",
	"monday": "", "tuesday": "", "wednesday": "", "thursday": "", "friday": "", "saturday": "", "sunday": "",
	"mo": "", "di": "", "mi": "", "do": "", "fr": "", "sa": "", "so": "", "mon": "", "tue": "", "wed": "", "thu": "", "fri": "", "sat": "", "sun": "",
}

// timeIn reads the time of a form on the clock of the office; zero if there is none, or if it is not of the last day: what
// was typed must not promise a call for a time that suits nobody.
func timeIn(s string, now time.Time) time.Time {
	if s == "" {
		return time.Time{}
	}
	var words []string
	for _, w := range strings.Fields(strings.ReplaceAll(s, ",", " ")) {
		f := strings.TrimRight(foldText(w), ".")
		if (f == "am" || f == "pm") && len(words) > 0 && strings.Contains(words[len(words)-1], ":") {
			words = append(words, f)
			continue
		}
		if to, known := timeWords[f]; known {
			w = to
		} else if f != "" && digits(f) == len(f) {
			w = f // "22." of "22. November"
		}
		if w != "" {
			words = append(words, w)
		}
	}
	t, ok := parseTime(strings.Join(words, " "), now.Location())
	if !ok || t.After(now.Add(5*time.Minute)) || t.Before(now.Add(-formClock)) {
		return time.Time{}
	}
	return t
}

func parseTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range formStamps {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	for _, date := range formDates {
		for _, clock := range formClocks {
			if t, err := time.ParseInLocation(date+" "+clock, s, zone); err == nil {
				return t, true
			}
		}
	}
	return time.Time{}, false
}
