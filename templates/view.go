package templates

import (
	"net/url"
	"regexp"
	"strings"
)

// bare is the template of the bare answer, whatever the row.
const bare = "bare"

// What an answer repeats at most. Whoever sends a mail with a hundred servers knows their names.
const (
	maxServers = 5
	maxErrors  = 3
	maxPhones  = 2
	// factsBudget bounds what all facts of an answer take on the wire, in octets; they stand there
	// twice, in the text and in the HTML.
	factsBudget = 2200
)

// view is what the templates of answers see. Every string in it is clean, in the language of the
// template, and carries the marks of blocks.go: none of them can start a list or a heading, or end one.
type view struct {
	Statement string // the sentence that the load check looks for
	Both      bool   // the other language follows, or went before
	First     bool   // this one stands first
	Last      bool   // this one stands last

	InHours, Late, Closing bool

	Company struct {
		Name, Phone, EmergencyPhone, FormURL, StatusURL, PrivacyURL string
		LegalFooter                                                 []string
	}
	// Fee and Hourly are net and gross in one; FeeNet and HourlyNet alone.
	Fee, FeeNet, Hourly, HourlyNet string
	Included, Callback             string // "30 Minuten"
	Hours                          string
	NextOpen, NextClose, Arrived   string // "" where there is none

	Ticket, TicketLine, OldTicket string
	Servers, Errors, Phones       []string
	MoreServers, MoreErrors       int // how many were left out
	CustomerNumber                string
	Understood                    bool     // something was
	Missing                       []string // of MissingFacts

	Emergency       emergencyView
	Also            string // the first sentence in the other language
	OnRecord        bool   // the reader is a contact on record, and gave no address when triggering: nothing is his own for certain
	Second, Changed bool   // no mail prompted this one: the ticket belongs to the emergency now; its state has changed
	Correction      string // one of the Correct constants, or ""
	OldEmergency    string // the emergency that was told before
}

// newView prepares an answer for one language, the nth of langs. budget is how many octets its facts
// may take.
func newView(a *Answer, lang string, langs []string, n, budget int) *view {
	v := &view{
		Statement: a.statement(lang),
		Both:      len(langs) > 1,
		First:     n == 0,
		Last:      n == len(langs)-1,
		InHours:   a.InHours, Late: a.Late && !a.Arrived.IsZero(), Closing: a.Closing,
		Fee: price(lang, a.Service, a.Service.Fee), FeeNet: money(lang, a.Service.Currency, a.Service.Fee*100),
		Hourly: price(lang, a.Service, a.Service.Hourly), HourlyNet: money(lang, a.Service.Currency, a.Service.Hourly*100),
		Included: duration(lang, a.Service.Included), Callback: duration(lang, a.Service.Callback),
		Hours:    hours(lang, a.Hours),
		NextOpen: date(lang, a.NextOpen), NextClose: dateOrToday(lang, a.NextClose, a.Now),
	}
	if v.Late {
		v.Arrived = date(lang, a.Arrived.In(a.Now.Location()))
	}
	if v.Both && v.First {
		for _, other := range langs[1:] {
			v.Statement += string(markBreak) + foreign(other, a.statement(other))
		}
	}
	v.company(&a.Company)
	if !a.Bare {
		v.mail(a, budget)
		v.emergency(a, lang)
	}
	return v
}

func (v *view) company(c *Company) {
	v.Company.Name = literal(oneLine(c.Name))
	v.Company.Phone = oneLine(c.Phone)
	if !v.InHours {
		v.Company.Phone = "" // nobody answers it now
		v.Company.EmergencyPhone = oneLine(c.EmergencyPhone)
	}
	v.Company.FormURL = webAddress(c.FormURL)
	v.Company.StatusURL = webAddress(c.StatusURL)
	v.Company.PrivacyURL = webAddress(c.PrivacyURL)
	for _, l := range strings.Split(c.LegalFooter, "\n") {
		if l = oneLine(l); l != "" {
			v.Company.LegalFooter = append(v.Company.LegalFooter, literal(l))
		}
	}
}

// mail fills in what comes from the customer's mail and its ticket.
func (v *view) mail(a *Answer, budget int) {
	v.Ticket, v.OldTicket = literal(oneLine(a.Ticket)), literal(oneLine(a.OldTicket))
	v.TicketLine = literal(oneLine(a.TicketLine))
	v.Understood = len(a.Understood.Servers)+len(a.Understood.Errors) > 0
	v.Missing = knownMissing(a.Missing)
	if v.MoreServers, v.MoreErrors = len(a.Understood.Servers), len(a.Understood.Errors); budget == 0 {
		return
	}
	left := budget
	take := func(s string) (string, bool) {
		if s == "" {
			return "", false
		}
		size := wireSize(escaped(s))
		if size > left {
			return "", false
		}
		left -= size
		return quote(s), true
	}
	v.CustomerNumber, _ = take(fact(a.Understood.CustomerNumber, factMax))
	for _, p := range a.Understood.Phones {
		if p, ok := take(phone(p)); ok && len(v.Phones) < maxPhones {
			v.Phones = append(v.Phones, p)
		}
	}
	for _, s := range a.Understood.Servers {
		if len(v.Servers) == maxServers {
			break
		}
		if s, ok := take(fact(s.Name, factMax)); ok {
			v.Servers = append(v.Servers, s)
		}
	}
	for _, e := range a.Understood.Errors {
		if len(v.Errors) == maxErrors {
			break
		}
		if e, ok := take(fact(e, factMax)); ok {
			v.Errors = append(v.Errors, e)
		}
	}
	v.MoreServers = len(a.Understood.Servers) - len(v.Servers)
	v.MoreErrors = len(a.Understood.Errors) - len(v.Errors)
	v.Understood = v.CustomerNumber != "" || len(v.Phones)+len(a.Understood.Servers)+len(a.Understood.Errors) > 0
}

// knownMissing keeps what templates have words for, in the order in which it is asked for.
func knownMissing(missing []string) []string {
	var out []string
	for _, known := range MissingFacts() {
		for _, m := range missing {
			if m == known {
				out = append(out, m)
				break
			}
		}
	}
	return out
}

var (
	rePrefix = regexp.MustCompile(`(?i)^\s*(?:(?:re|aw|antw|antwort|wg|fwd?|fw|tr|sv|vs|r|i)\s*(?:\[[0-9]+\])?\s*[:：]\s*)+`)
	reTicket = regexp.MustCompile(`\s*\[N[SE]-[0-9]+\]\s*`)
)

// subject writes the subject of an answer: the state first, which is what a lock screen shows, then
// the customer's own subject, then the ticket. What our own earlier answers put there is taken off.
func (s *Set) subject(states []string, a *Answer, lang string) string {
	state := strings.Join(states, " / ")
	if a.Bare {
		if name := oneLine(a.Company.Name); name != "" {
			state += " – " + name
		}
		return shorten(state, subjectMax)
	}
	tail := ""
	if t := oneLine(a.Ticket); t != "" {
		tail = " [" + t + "]"
	}
	own := oneLine(reTicket.ReplaceAllString(oneLine(a.Subject), " "))
	for before := ""; before != own; {
		before = own
		own = rePrefix.ReplaceAllString(own, "")
		own = s.states.ReplaceAllString(own, "")
	}
	if own == "" {
		own = map[string]string{"de": "Ihre E-Mail", "en": "your mail"}[lang]
	}
	state += ": Re: "
	room := subjectMax - len([]rune(state)) - len([]rune(tail))
	if room < 1 {
		return shorten(state+tail, subjectMax)
	}
	return state + fact(own, room) + tail
}

// webAddress accepts what may be linked: http or https, with a host, without white space.
func webAddress(s string) string {
	s = oneLine(s)
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || strings.ContainsAny(s, " \"<>`") {
		return ""
	}
	return s
}
