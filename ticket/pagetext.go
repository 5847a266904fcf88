package ticket

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// mostSummary is how long the one line of a page may be, in characters: what a lock screen or a list of incidents shows.
const mostSummary = 300

// clean makes strangers' words fit for a page, fills in what was left open, and bounds everything but the problem.
func (p PageData) clean() PageData {
	for _, s := range []struct {
		text *string
		most int
	}{{&p.Number, 40}, {&p.State, 40}, {&p.Alarm, 40}, {&p.Name, 200}, {&p.CustomerNumber, 64}, {&p.Phone, 64}, {&p.Email, 254}, {&p.Summary, mostSummary}} {
		*s.text = cutTo(wordsOnly(*s.text), s.most)
	}
	p.Problem = linesOnly(p.Problem)
	p.Servers, p.Tickets = cleanList(p.Servers, 20), cleanList(p.Tickets, 10)
	if p.At.IsZero() && !p.TriggeredAt.IsZero() {
		p.At = p.TriggeredAt.Add(time.Duration(p.Minutes) * time.Minute)
	}
	if p.Summary == "" {
		p.Summary = strings.TrimSpace(p.Number + " " + p.Event)
	}
	return p
}

func (p PageData) shortened(problem, servers int) PageData {
	p.Problem = cutTo(p.Problem, problem)
	p.Servers = p.Servers[:min(len(p.Servers), servers)]
	return p
}

func cleanList(list []string, most int) []string {
	out := []string{} // never null in JSON
	for _, s := range list {
		if s = cutTo(wordsOnly(s), 100); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out[:min(len(out), most)]
}

// steers says whether a character does something to its reader's screen instead of showing there: controls, line and paragraph
// separators, and the marks that turn the direction of writing (UAX #9), behind which a number reads as another.
func steers(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
}

// wordsOnly makes one line of words.
func wordsOnly(s string) string {
	s = strings.Map(func(r rune) rune {
		if steers(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}

// linesOnly keeps lines apart, and makes words of each. Blank lines go.
func linesOnly(s string) string {
	var lines []string
	for _, line := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("\n\r\v\f\u0085\u2028\u2029", r) }) {
		if line = wordsOnly(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// cutTo shortens to so many characters, and shows that it did.
func cutTo(s string, most int) string {
	r := []rune(s)
	switch {
	case len(r) <= most:
		return s
	case most == 0:
		return ""
	}
	return strings.TrimSpace(string(r[:most-1])) + "…"
}
