package ticket

import (
	"net/mail"
	"slices"
	"strings"
	"time"

	"notfalld/rules"
)

// oldestTrigger is how long ago a trigger may have been: what is older was told by a clock that has stopped, or says less than when it reached us.
const oldestTrigger = 24 * time.Hour

// emergencyOf is what can be used of a trigger.
func (d *Desk) emergencyOf(t Trigger) Emergency {
	now := d.now()
	e := Emergency{
		State: Triggered, Way: t.Way, Name: tidy(t.Name, 200), CustomerNumber: customerNumber(t.CustomerNumber), Email: emailOf(t.Email),
		PhoneGiven: tidy(t.Phone, 100), Problem: tidyText(t.Problem), Servers: serversOf(t.Servers), Language: t.Language,
		TriggeredAt: t.TriggeredAt.Truncate(time.Millisecond), Created: now, Updated: now, Key: t.Key, Consent: t.Consent, Raw: t.Raw,
	}
	if phone, fault := rules.ReadPhone(e.PhoneGiven, ""); fault == "" {
		e.Phone = phone
	}
	if e.TriggeredAt.After(now) || now.Sub(e.TriggeredAt) > oldestTrigger { // a clock that is wrong must not promise a later call, nor say that it is overdue
		e.TriggeredAt = now
	}
	e.CallbackBy = e.TriggeredAt.Add(d.o.Service.Callback)
	e.External = t.Alarm == AlarmExternal || t.Alarm == "" && t.Way != WayForm && d.o.Alarm.API != AlarmChannels
	e.Incomplete = incomplete(e)
	return e
}

func incomplete(e Emergency) []string {
	missing := []string{}
	for _, f := range []struct{ name, value string }{{"name", e.Name}, {"customer_number", e.CustomerNumber}, {"email", e.Email}, {"phone", e.Phone}} {
		if f.value == "" {
			missing = append(missing, f.name)
		}
	}
	return missing
}

// tidy makes a field one line of at most so many characters.
func tidy(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(strings.Map(printable, s)), " "))
	return string(r[:min(len(r), most)])
}

// mostProblem bounds what a technician has to read.
const mostProblem = 30_000

// tidyText keeps the lines.
func tidyText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return printable(r)
	}, s)
	r := []rune(strings.TrimSpace(s))
	return string(r[:min(len(r), mostProblem)])
}

// customerNumber is a customer number without blanks, "" if it cannot be one.
func customerNumber(s string) string {
	s = strings.Join(strings.Fields(s), "")
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("-./_", r)) {
			return ""
		}
	}
	if len(s) > 40 || !strings.ContainsAny(s, "0123456789") {
		return ""
	}
	return s
}

// emailOf is an address in lower case, "" if it cannot be one.
func emailOf(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || !plausible(s) {
		return ""
	}
	return s
}

// mostServers bounds what is kept of a list.
const mostServers = 50

func serversOf(names []string) []string {
	list := []string{}
	for _, n := range names {
		for _, s := range strings.FieldsFunc(n, func(r rune) bool { return strings.ContainsRune(" ,;\t\r\n", r) }) {
			s = strings.TrimSuffix(strings.ToLower(tidy(s, 253)), ".")
			if s != "" && !slices.Contains(list, s) && len(list) < mostServers {
				list = append(list, s)
			}
		}
	}
	return list
}
