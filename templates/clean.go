package templates

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

const (
	factMax    = 200 // characters of one fact as shown
	subjectMax = 150 // characters of a whole subject
)

// fact makes a string of the mail fit to be repeated to a customer: one line, at most max characters,
// without control, bidi and invisible characters, and not clickable. A forged mail must not be able
// to send a link, a telephone number or a text running backwards in our name.
func fact(s string, max int) string {
	s = firstLine(s, max+1)
	for keep := max; ; keep-- {
		cut := shorten(s, keep)
		shown := unclickable(cut)
		over := utf8.RuneCountInString(shown) - max
		if over <= 0 {
			return shown
		}
		keep -= over - 1
		if keep <= 1 {
			return ""
		}
	}
}

// oneLine folds white space and drops what is not seen: controls, format characters (all bidi
// embeddings, isolates and marks, zero-width characters, tags), fillers that look like nothing, and
// piles of combining marks that cover the lines around them.
func oneLine(s string) string { return firstLine(s, len(s)) }

// firstLine is oneLine for those who need only the beginning: it stops after max characters.
func firstLine(s string, max int) string {
	var b strings.Builder
	b.Grow(min(len(s), 4*max))
	space, marks, n := false, 0, 0
	for _, r := range s {
		switch {
		case r > ' ' && r < 0x7f: // most of what there is
			marks = 0
		case r == utf8.RuneError:
			r = '?'
		case isBlank(r):
			space = b.Len() > 0
			marks = 0
			continue
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || isVariation(r):
			continue
		case unicode.In(r, unicode.Mn, unicode.Me):
			if marks++; marks > 2 {
				continue
			}
		default:
			marks = 0
		}
		if space {
			b.WriteByte(' ')
			space = false
			n++
		}
		if n++; n > max {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

// isBlank reports white space, line breaks of any kind, and letters that print nothing.
func isBlank(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0', '\u2028', '\u2029':
		return true
	}
	return unicode.IsSpace(r)
}

func isVariation(r rune) bool { return unicode.Is(unicode.Variation_Selector, r) }

// shorten cuts s after at most max characters, the sign of the cut included.
func shorten(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	r := []rune(s)
	return strings.TrimRight(string(r[:max-1]), " ") + "…"
}

// What mail programs make clickable by themselves: schemes, www. and ftp., names under a public
// top-level domain, IP addresses, mail addresses, telephone numbers.
var (
	reScheme = regexp.MustCompile(`([\pL\pN+.\-]):(//|\\\\)`)
	reSchema = regexp.MustCompile(`(?i)\b(mailto|tel|sms|smsto|callto|skype|sip|sips|geo|javascript|data|file|facetime|whatsapp|xmpp|news|magnet|bitcoin):`)
	reIPv4   = regexp.MustCompile(`\b([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})\.([0-9]{1,3})\b`)
	rePhone  = regexp.MustCompile(`[+(]{0,2}\b[0-9](?:[ ()/.\-–‐‑]{0,6}[0-9]){6,}\b`)
	reDate   = regexp.MustCompile(`^(?:(?:19|20)[0-9]{2}[-/.][0-9]{2}[-/.][0-9]{2}|[0-9]{2}[-/.][0-9]{2}[-/.](?:19|20)[0-9]{2})(?: ?[0-9]{2}$)?`)
)

// unclickable puts brackets around the characters that make mail programs turn text into links, in
// the way that security people write addresses (web01.firma[.]at): everybody can read it, it copies
// as it looks, and nothing invisible is hidden in a server's name. Only the dots that such programs
// act on are touched, so that class names and file names in error messages stay as they are.
// Telephone numbers are grouped by middle dots, which no program takes for part of a number.
func unclickable(s string) string {
	if strings.Contains(s, ":") {
		s = reScheme.ReplaceAllString(s, "$1[:]$2")
		s = reSchema.ReplaceAllString(s, "$1[:]")
	}
	if strings.ContainsAny(s, ".。．｡") {
		s = breakDots(s)
		for reIPv4.MatchString(s) { // one may begin inside another: 1.2.3.4.5.6.7
			s = reIPv4.ReplaceAllString(s, "$1[.]$2")
		}
	}
	if strings.Contains(s, "@") {
		s = breakAt(s)
	}
	if len(digitsOf(s)) >= 7 {
		s = rePhone.ReplaceAllStringFunc(s, breakNumber)
	}
	return s
}

// breakAt brackets every @ that has something before it and a dot in what follows.
func breakAt(s string) string {
	parts := strings.Split(s, "@")
	var b strings.Builder
	b.WriteString(parts[0])
	for i, after := range parts[1:] {
		host, _, _ := strings.Cut(after, " ")
		if before := parts[i]; before != "" && !strings.HasSuffix(before, " ") && strings.ContainsAny(host, ".[") {
			b.WriteString("[@]")
		} else {
			b.WriteByte('@')
		}
		b.WriteString(after)
	}
	return b.String()
}

// breakDots brackets every dot behind which a program could see a top-level domain. Programs that know
// internationalised names take the full stops of other scripts for dots, too (IDNA2003, RFC 3490, 3.1).
func breakDots(s string) string {
	var b strings.Builder
	done := 0
	for i, r := range s {
		if r != '.' && r != '。' && r != '．' && r != '｡' {
			continue
		}
		next := i + utf8.RuneLen(r)
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		label := labelOf(s[next:])
		if i == 0 || label == "" || !(isLetter(before) || before == '-' || before == '_') || !opensDomain(s[:i], label) {
			continue
		}
		b.WriteString(s[done:i] + "[.]")
		done = next
	}
	b.WriteString(s[done:])
	return b.String()
}

// labelOf is the label of a name that s begins with: letters, digits, and hyphens between them.
func labelOf(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return !isLetter(r) && r != '-' })
	if end < 0 {
		end = len(s)
	}
	if s = strings.TrimRight(s[:end], "-"); strings.HasPrefix(s, "-") {
		return ""
	}
	return s
}

// isLetter reports letters and digits of any script.
func isLetter(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) }

// opensDomain reports whether label, right behind a dot, makes a program see a name.
func opensDomain(before, label string) bool {
	if l := strings.ToLower(before); strings.HasSuffix(l, "www") || strings.HasSuffix(l, "ftp") {
		return true
	}
	for _, r := range label {
		if r >= utf8.RuneSelf {
			return true
		}
	}
	label = strings.ToLower(label)
	if _, icann := publicsuffix.PublicSuffix(label); icann {
		return true
	}
	first, _, _ := strings.Cut(label, "-") // some programs stop there: firma.at-neu
	_, icann := publicsuffix.PublicSuffix(first)
	return icann
}

// breakNumber regroups a telephone number, and leaves a date before it alone.
func breakNumber(s string) string {
	date := reDate.FindString(s)
	rest := s[len(date):]
	if len(digitsOf(rest)) < 7 {
		return s
	}
	// Keep the writer's groups, so that the number can be compared with what was written.
	groups := strings.FieldsFunc(rest, func(r rune) bool { return (r < '0' || r > '9') && r != '+' })
	for i, g := range groups {
		groups[i] = group(g)
	}
	if date != "" {
		date += " "
	}
	return date + strings.Join(groups, "·")
}

// group writes digits in threes and fours with middle dots between; a country code stands alone.
func group(digits string) string {
	var parts []string
	if strings.HasPrefix(digits, "+") {
		n := min(3, len(digits)) // + and two digits: so it is in most of Europe
		parts, digits = append(parts, digits[:n]), digits[n:]
	}
	for len(digits) > 4 {
		parts = append(parts, digits[:3])
		digits = digits[3:]
	}
	if digits != "" {
		parts = append(parts, digits)
	}
	return strings.Join(parts, "·")
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// phone shows an E.164 number of a mail.
func phone(s string) string {
	s = oneLine(s)
	digits := digitsOf(s)
	if len(digits) > 20 {
		digits = digits[:20]
	}
	if digits != "" && strings.HasPrefix(s, "+") {
		digits = "+" + digits
	}
	return group(digits)
}
