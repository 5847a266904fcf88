package rules

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// findPhones are the numbers at which the sender can be called, E.164, in the order of the text: those
// of the new text; those of the signature only if the text has none.
func findPhones(d *doc, found []finding) []string {
	p := phoneFinder{d: d, region: sync.OnceValue(func() string { return regionOf(d) }), found: found}
	for _, c := range d.captured["phone"] {
		p.rule = c.rule
		p.take(c.src, c.from, c.to, c.text(), "")
	}
	rule, on := d.set.finders[finderPhones]
	if !on {
		return p.out
	}
	p.rule = rule
	p.scan(&d.body, 0, d.closing)
	p.scan(&d.title, 0, len(d.title.text))
	if len(p.out) == 0 {
		p.scan(&d.body, d.closing, len(d.body.text))
		sig := d.sourcesOf([]string{"signature"})[0]
		p.scan(sig, 0, len(sig.text))
	}
	if len(p.out) == 0 && d.forward {
		p.scan(&d.passed, 0, len(d.passed.text))
	}
	return p.out
}

const maxPhones = 6

type phoneFinder struct {
	d      *doc
	rule   string
	region func() string // computed when the first number without a country code is looked at
	found  []finding
	out    []string
	used   int // how far in the text an extension of the last number reaches
}

func (p *phoneFinder) scan(s *source, from, to int) {
	text := s.text[from:to]
	p.used = 0
	for i := 0; i < len(text) && len(p.out) < maxPhones; {
		c := text[i]
		if !(c >= '0' && c <= '9') && c != '+' && c != '(' && c != 'O' && c != 'o' {
			i++
			continue
		}
		n := phoneAt(text, i)
		if n == 0 {
			n = p.bareNumber(text, i)
		}
		if n == 0 {
			i++
			for i < len(text) && isAlnum(text[i]) && isAlnum(text[i-1]) && c != '(' && c != '+' { // the rest of the word
				i++
			}
			continue
		}
		at, end := from+i, from+i+n
		refuse := func(why string) { p.d.refused(p.rule, "phone", text[i:i+n], why, s.name, at, end) }
		switch {
		case covered(p.found, s, at, end):
			refuse("part of an error message")
		case foreignLabel(p.d.v, text, i):
			refuse("the words before it say what else it is")
		case faxBehind(text[i+n:]):
			refuse("the words behind it say that it is a fax")
		case theirs(text, i):
			refuse("a number of those who are asked, or one not to be called")
		case conference(text[i+n:]):
			refuse("a dial-in with its code")
		case dayOrHours(text[i:i+n], text[i+n:], called(p.d.v, text, i)):
			refuse("a date or hours")
		default:
			n = max(n, p.takeDirect(s, text, from, i, n))
		}
		i += n
	}
}

// takeDirect takes a number with the extensions that stand apart from it, and tells how far they reach.
func (p *phoneFinder) takeDirect(s *source, text string, from, i, n int) int {
	base, exts, more, used := p.extensions(text, i, n)
	raw := text[i : i+n]
	if e := e164(p.completed(raw), "", p.region()); len(exts) == 0 || mobile(e) {
		p.take(s, from+i, from+i+n, raw, "")
		return n
	}
	if more {
		p.take(s, from+i, from+i+n, raw, "")
	}
	for _, ext := range exts {
		p.take(s, from+i, from+i+n, base, ext)
	}
	p.used = i + n + used
	return n + used
}

// take makes a number of a passage, if it can be one. raw is the number there, ext the extension.
func (p *phoneFinder) take(s *source, from, to int, raw, ext string) {
	n := e164(p.completed(raw), ext, p.region())
	if n == "" {
		p.d.refused(p.rule, "phone", raw, "no telephone number", s.name, from, to)
		return
	}
	if slices.Contains(p.out, n) || p.d.refusal("phone", n, s, from, to) != nil {
		return
	}
	p.out = append(p.out, n)
	p.d.took(p.rule, "phone", n, "", s.name, from, to)
}

func appendNew(list []string, s string) []string {
	for _, x := range list {
		if x == s {
			return list
		}
	}
	return append(list, s)
}

// phoneAt is the length of a telephone number that begins at i: a plus, a double zero or a zero, and
// digits in groups; 0 if there is none. One line end may stand in it, where a mail program broke it.
func phoneAt(t string, i int) int {
	if !numberBegins(t, i) {
		return 0
	}
	j, plus := i, false
	if j < len(t) && t[j] == '(' {
		j++
	}
	switch {
	case j < len(t) && t[j] == '+':
		plus = true
		j++
	case j < len(t) && t[j] == '0':
	default:
		return 0
	}
	count, end, lines, gap := 0, 0, 0, 0
	for j < len(t) {
		c := t[j]
		switch {
		case c >= '0' && c <= '9':
			count++
			j++
			end, gap = j, 0
			continue
		case c == ' ' || c == '\t' || c == '/' || c == '-' || c == '.' || c == '(' || c == ')' || c == '\'' && gap == 0:
			gap++
		case c == '\n' && lines == 0 && count >= 3:
			// Broken by the mail program only if the number so far is too short to be one.
			if count >= 7 {
				gap = 99
				break
			}
			lines++
			gap++
		case c == '\r':
		case c >= 0x80:
			r, n := utf8.DecodeRuneInString(t[j:])
			if r == '\u00a0' || r == '\u202f' || r == '\u2009' || isDash(r) || r == '’' && gap == 0 || r == '\u2060' {
				gap++
				j += n - 1
			} else {
				gap = 99
			}
		default:
			gap = 99
		}
		if gap > 3 || count > 17 {
			break
		}
		j++
	}
	if end == 0 || count < 7 || count > 16 || plus && count < 8 {
		return 0
	}
	if end < len(t) && (isAlnum(t[end]) && t[end] != 'D' && t[end] != 'd' || t[end] == ':' && end+1 < len(t) && t[end+1] >= '0' && t[end+1] <= '9' || t[end] == '%' || t[end] == '_') {
		return 0
	}
	s := t[i:end]
	if !plus && (looksDate(s) || looksAddress(s) || !strings.HasPrefix(s, "00") && lonelyZero(s)) {
		return 0
	}
	return end - i
}

// numberBegins reports whether what stands before a place lets a number begin there.
func numberBegins(t string, i int) bool {
	if numberGoesOn(t, i) {
		return false
	}
	if i > 0 && !labelDot(t, i) && !doubledPlus(t, i) && (isAlnum(t[i-1]) || strings.IndexByte("/-.,_#=:+@'", t[i-1]) >= 0 && !(t[i-1] == ':' || t[i-1] == '/' || t[i-1] == ',' || t[i-1] == '-' || t[i-1] == '=') || t[i-1] == ':' && i > 1 && t[i-2] >= '0' && t[i-2] <= '9' || t[i-1] >= 0x80 && letterBefore(t, i)) {
		return false
	}
	if (i > 0 && (t[i-1] == '/' || t[i-1] == '-' || t[i-1] == ',')) && i > 1 && isAlnum(t[i-2]) {
		return false
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func letterBefore(t string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(t[:i])
	return r > 0x7f && letterAt(string(r))
}

// looksDate: 01.03.2026, 09.03. 08:15, 05-12-2025 10.
func looksDate(s string) bool {
	return len(s) >= 8 && digits(s) == 2 && (s[2] == '.' || s[2] == '-' || s[2] == '/') && digits(s[3:]) == 2 && len(s) > 5 && (s[5] == s[2]) && digits(s[6:]) == 4 && (strings.HasPrefix(s[6:], "20") || strings.HasPrefix(s[6:], "19"))
}

// looksAddress: an IPv4 address or a decimal fraction with zeros.
func looksAddress(s string) bool {
	return digits(s) < 4 && strings.Count(s, ".") >= 3 && !strings.ContainsAny(s, " /-(") || digits(s) == 1 && len(s) > 1 && s[1] == '.'
}

// lonelyZero: a zero as a word of its own is a number's beginning only if short groups follow, as the
// old way of writing has it: "0 52 51 / 5 55 01".
func lonelyZero(s string) bool {
	if len(s) < 2 || s[1] != ' ' {
		return false
	}
	n := digits(s[2:])
	if n == 1 && len(s) > 7 && s[3] == ' ' && digits(s[4:]) == 1 && s[5] == ' ' { // 0 6 6 4 / 55 50 871
		return false
	}
	return n < 2 || n > 4 || !strings.ContainsAny(s, "/-") && n < 3
}

// conference: a dial-in with its code ("+31 20 555 0199,,57120938#") is a meeting's.
func conference(rest string) bool {
	return strings.HasPrefix(rest, ",,") || strings.HasPrefix(rest, ",#")
}

// e164 is a number in international form, or "" if it can be none. Extensions belong to the number in
// Austria and Germany, where they are dialled through.
func e164(raw, ext, region string) string {
	s := strings.ReplaceAll(raw, "(0)", "")
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= '0' && c <= '9' || c == '+' && b.Len() == 0 {
			b.WriteByte(c)
		}
	}
	n := b.String()
	if strings.HasPrefix(n, "00") {
		n = "+" + n[2:]
	}
	// "+43 0664 …": the zero of the national form left in.
	for _, cc := range []string{"+430", "+490", "+410", "+440"} {
		if strings.HasPrefix(n, cc) {
			n = n[:3] + n[4:]
		}
	}
	p, err := phonenumbers.Parse(n, region)
	if err != nil {
		return ""
	}
	out := phonenumbers.Format(p, phonenumbers.E164)
	if cc := p.GetCountryCode(); ext != "" && (cc == 43 || cc == 49 || cc == 41) {
		out += ext
	}
	if len(out) < 8 || len(out) > 16 {
		return ""
	}
	// Austria's and Germany's numbers have no fixed length: too long for the library is not wrong.
	if r := phonenumbers.IsPossibleNumberWithReason(p); r != phonenumbers.IS_POSSIBLE && r != phonenumbers.IS_POSSIBLE_LOCAL_ONLY && r != phonenumbers.TOO_LONG {
		return ""
	}
	return out
}
