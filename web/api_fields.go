package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// field says what a text of a body may be.
type field struct {
	name  string
	most  int  // characters
	lines bool // newlines and tabs are fine
}

// fields reads the members of a body one by one, and collects everything that is wrong with them.
type fields struct {
	given  []member
	known  []string
	faults []fault
}

func (f *fields) fault(pointer, format string, args ...any) {
	f.faults = append(f.faults, fault{Pointer: pointer, Detail: fmt.Sprintf(format, args...)})
}

// value gives a member's value; null counts as not given.
func (f *fields) value(name string) (v json.RawMessage, ok bool) {
	f.known = append(f.known, name)
	for _, m := range f.given {
		if m.name == name && m.value[0] != 'n' {
			return m.value, true
		}
	}
	return nil, false
}

// text reads a string, without blanks around it; "" if there is none.
func (f *fields) text(x field) string {
	v, ok := f.value(x.name)
	if !ok {
		return ""
	}
	return f.textAt(pointerTo(x.name), v, x)
}

func (f *fields) textAt(pointer string, v json.RawMessage, x field) string {
	var s string
	if err := json.Unmarshal(v, &s); err != nil || v[0] != '"' {
		hint := ""
		if kindOf(v) == "a number" && len(v) <= 40 {
			hint = fmt.Sprintf(`: write it in quotes, "%s"`, v)
		}
		f.fault(pointer, "must be a string, not %s%s", kindOf(v), hint)
		return ""
	}
	if n := utf8.RuneCountInString(s); n > x.most {
		f.fault(pointer, "has %d characters; at most %d are taken", n, x.most)
		return ""
	}
	if x.lines {
		s = newlines.Replace(s)
	}
	for i, r := range s {
		if control(r) && !(x.lines && (r == '\n' || r == '\t')) {
			f.fault(pointer, "has the control character %U after %d characters", r, utf8.RuneCountInString(s[:i]))
			return ""
		}
	}
	return strings.TrimSpace(s)
}

// newlines are all the ways in which text that was copied from somewhere ends a line.
var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// control says whether a character does not belong into a line of text: it would end the line, or is none that can be read.
func control(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// texts reads an array of strings; empty ones are left out.
func (f *fields) texts(x field, most int) []string {
	v, ok := f.value(x.name)
	if !ok {
		return nil
	}
	var all []json.RawMessage
	if err := json.Unmarshal(v, &all); err != nil {
		f.fault(pointerTo(x.name), "must be an array of strings, not %s", kindOf(v))
		return nil
	}
	if len(all) > most {
		f.fault(pointerTo(x.name), "has %d entries; at most %d are taken", len(all), most)
		return nil
	}
	var out []string
	for i, v := range all {
		if s := f.textAt(pointerTo(x.name, i), v, x); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// wholeInstant is what Go's parser is not strict about: digits left out.
var wholeInstant = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$`)

// instant reads an RFC 3339 time; the zero time if there is none.
func (f *fields) instant(name string) time.Time {
	s := f.text(field{name: name, most: 64})
	if s == "" {
		return time.Time{}
	}
	s = strings.ToUpper(s) // RFC 3339, section 5.6: "T" and "Z" may be lower case
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !wholeInstant.MatchString(s) {
		f.fault(pointerTo(name), `is no RFC 3339 time, as "2026-03-14T02:13:00+01:00" is one`)
		return time.Time{}
	}
	return t
}

// done gives everything that was wrong, unknown members included, or nil.
func (f *fields) done() error {
	for _, m := range f.given {
		if slices.Contains(f.known, m.name) {
			continue
		}
		guess := ""
		if g := nearest(m.name, f.known); g != "" {
			guess = fmt.Sprintf("; did you mean %s?", g)
		}
		f.fault(pointerTo(m.name), "is no field of this request%s", guess)
	}
	if len(f.faults) == 0 {
		return nil
	}
	const most = 20 // a body of thousands of names is not answered with thousands of lines
	detail := strings.TrimPrefix(f.faults[0].Pointer, "/") + " " + f.faults[0].Detail
	if n := len(f.faults) - 1; n > 0 {
		detail += fmt.Sprintf(" (and %d more)", n)
	}
	return &refusal{status: http.StatusUnprocessableEntity, detail: detail, faults: f.faults[:min(len(f.faults), most)]}
}

// nearest finds the name that was probably meant: customerNumber, e-mail, phonenumber.
func nearest(given string, known []string) string {
	if len(given) > 40 {
		return ""
	}
	best, bestAt := "", 3 // more than two slips are another word
	for _, k := range known {
		a, b := folded(given), folded(k)
		d := distance(a, b)
		if strings.HasPrefix(a, b) || len(a) > 3 && strings.HasPrefix(b, a) {
			d = min(d, 1)
		}
		if d < bestAt && d < len(b) {
			best, bestAt = k, d
		}
	}
	return best
}

func folded(s string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(s))
}

// distance counts the letters to add, drop or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
