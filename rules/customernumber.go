package rules

import (
	"strings"
)

// readNumber reads a customer number: three to twelve digits, in groups parted by blanks, dots or
// dashes, with a short prefix of letters perhaps ("K-104711"). Blanks are taken out.
func readNumber(s string) string {
	if n := thousands(s); n != "" {
		return n
	}
	if n := spelled(s); n != "" {
		return n
	}
	if len(s) > 5 && s[0] >= 'A' && s[0] <= 'Z' && s[1] == ' ' && digits(s[2:]) >= 4 { // K 7781
		return s[:1] + readNumber(s[2:])
	}
	i := 0
	for i < len(s) && i < 4 && (s[i] >= 'A' && s[i] <= 'Z' || s[i] >= 'a' && s[i] <= 'z' && i == 0) {
		i++
	}
	if i > 0 && i < len(s) && s[i] == '-' {
		if ours := s[:i]; ours == "NE" || ours == "NS" { // our emergencies and tickets, as in the subject of our mail "… for your customer account [NE-10001]"
			return ""
		}
		i++
	}
	if i >= len(s) || s[i] < '0' || s[i] > '9' {
		return ""
	}
	var b strings.Builder
	b.WriteString(s[:i])
	n := 0
	for i < len(s) {
		g := digits(s[i:])
		b.WriteString(s[i : i+g])
		n += g
		i += g
		// Another group: a blank (or NBSP) and two to four digits that end where a word ends.
		rest := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s[i:], "\u00a0"), "\u202f"), " ")
		if sep := len(s[i:]) - len(rest); sep > 0 {
			if next := digits(rest); next >= 2 && next <= 4 && g <= 4 && n+next <= 10 && !joined(rest[next:]) {
				i += sep
				continue
			}
		} else if rest != "" && (rest[0] == '-' || rest[0] == '.' || rest[0] == '/') {
			if next := digits(rest[1:]); next >= 2 && next <= 6 && n+next <= 12 && !joined(rest[1+next:]) {
				b.WriteByte(rest[0])
				i++
				continue
			}
		}
		break
	}
	if n < 3 || n > 12 || i < len(s) && (letterAt(s[i:]) || s[i] == ':' && i+1 < len(s) && digits(s[i+1:]) > 0) {
		return ""
	}
	return b.String()
}

// groupSigns part the thousands of numbers: 106.915 in Germany and Austria, 106'915 in Switzerland, 106,915 in English.
var groupSigns = []string{".", "'", "’", ","}

// thousands reads a number whose thousands are parted by a sign, "" if it is none.
func thousands(s string) string {
	n := digits(s)
	if n == 0 || n > 3 {
		return ""
	}
	for _, sign := range groupSigns {
		number, rest := s[:n], s[n:]
		for strings.HasPrefix(rest, sign) && digits(rest[len(sign):]) == 3 {
			number += rest[len(sign) : len(sign)+3]
			rest = rest[len(sign)+3:]
		}
		if len(number) > n && !joined(rest) {
			return number
		}
	}
	return ""
}

// spelled reads a number that is written digit by digit: "1 0 4 7 1 1".
func spelled(s string) string {
	var b strings.Builder
	for digits(s) == 1 {
		b.WriteByte(s[0])
		if len(s) < 2 || s[1] != ' ' && s[1] != '-' && s[1] != '.' {
			s = s[1:]
			break
		}
		s = s[2:]
	}
	if b.Len() < 4 || digits(s) > 0 {
		return ""
	}
	return b.String()
}

// joined: what follows still belongs to a number or word.
func joined(rest string) bool {
	return rest != "" && (rest[0] >= '0' && rest[0] <= '9' || letterAt(rest) || (rest[0] == '.' || rest[0] == ':' || rest[0] == '/') && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9')
}

// asideEnd is the end of a remark in brackets in which no number stands: "Kundennummer (siehe Rechnung) 104711".
func asideEnd(s string) int {
	open := strings.IndexByte(s, '(')
	if open < 0 || open > 3 || strings.Trim(s[:open], " :.") != "" {
		return 0
	}
	end := strings.IndexByte(s[open:], ')')
	if end < 0 || strings.ContainsAny(s[open:open+end], "0123456789\n") {
		return 0
	}
	return open + end + 1
}

// maxSentence is how far behind a label its number is looked for.
const maxSentence = 200

// numberLater finds the number that the sentence gives after it has said something else of it: "Die Kundennummer steht
// auf der Rechnung und lautet 115 730".
func (v *vocabulary) numberLater(text string, at int) string {
	rest := cut(text[at:], maxSentence)
	for i := 0; i+1 < len(rest); i++ {
		if (rest[i] == '.' || rest[i] == '!' || rest[i] == '?') && (rest[i+1] == ' ' || rest[i+1] == '\n') || rest[i] == '\n' && rest[i+1] == '\n' {
			rest = rest[:i+1]
			break
		}
	}
	other, depth := false, 0
	words := splitWords(rest)
	for i, w := range words {
		if i > 0 {
			gap := rest[words[i-1].to:w.from]
			depth += strings.Count(gap, "(") - strings.Count(gap, ")")
			if strings.Contains(gap, ",") && v.otherNumbers.has(words[i:min(len(words), i+2)]) {
				other = true
			}
		}
		if depth > 0 || !statesNumber(w.fold) || other && w.fold != "lautet" {
			continue
		}
		if n := numberAfter(v, rest, w.to, true); n != "" {
			return n
		}
	}
	return ""
}

// statesNumber: a verb behind which the number stands.
func statesNumber(w string) bool {
	switch w {
	case "lautet", "ist", "waere", "is", "muesste", "duerfte", "sollte":
		return true
	}
	return false
}

// oursOfThem: "Ihre Kundennummer bei uns: 40219" is what a supplier calls us.
func oursOfThem(text string, words []word, m match) bool {
	if m.from == 0 {
		return false
	}
	switch words[m.from-1].fold {
	case "ihre", "eure", "deine", "your":
	default:
		return false
	}
	next := words[m.to:min(len(words), m.to+3)]
	if len(next) < 2 || strings.Contains(text[words[m.to-1].to:next[1].from], "\n") {
		return false
	}
	switch next[0].fold + " " + next[1].fold {
	case "bei uns", "with us", "in unserem", "in unserer", "at our", "in our":
		return true
	}
	return false
}

// knownNumber finds a number that the inventory knows as a customer's.
func (d *doc) knownNumber(s *source, rule string) string {
	if d.w.Inventory == nil {
		return ""
	}
	for i := range s.words {
		n, last := groupedNumber(s, i)
		if len(n) < 5 || !d.w.Inventory.HasCustomer(n) {
			continue
		}
		w := word{fold: n, from: s.words[i].from, to: s.words[last].to}
		if before, after := around(s.text, w); strings.ContainsAny(before, "-/+.,:_") || strings.ContainsAny(after, "-/_:") {
			continue
		}
		behind := s.words[last+1 : min(len(s.words), last+2)]
		if d.v.otherNumbers.has(s.words[max(0, i-3):i]) || d.v.countedBehind.has(behind) {
			d.refused(rule, "customer_number", n, "the words beside it say what else it is", s.name, w.from, w.to)
			continue
		}
		if d.refusal("customer_number", n, s, w.from, w.to) == nil {
			d.took(rule, "customer_number", n, "the inventory has this customer", s.name, w.from, w.to)
			return n
		}
	}
	return ""
}

// groupedNumber is the number that begins with word i, "" if none does, and the last word of it: 104711, 104 711, 104.711.
func groupedNumber(s *source, i int) (number string, last int) {
	w := s.words[i]
	if digits(w.fold) != len(w.fold) {
		return "", i
	}
	if len(w.fold) > 4 || i > 0 && s.inGroup(i) {
		return w.fold, i
	}
	number = w.fold
	for last = i; last+1 < len(s.words) && last < i+3 && s.inGroup(last+1); last++ {
		number += s.words[last+1].fold
	}
	return number, last
}

// inGroup: word i goes on the number of the word before it.
func (s *source) inGroup(i int) bool {
	a, b := s.words[i-1], s.words[i]
	if digits(a.fold) != len(a.fold) || digits(b.fold) != len(b.fold) || len(b.fold) > 4 || len(b.fold) < 2 {
		return false
	}
	switch s.text[a.to:b.from] {
	case " ", "\u00a0", "\u202f", "\u2009", ".", "'", "’":
		return true
	}
	return false
}

// around is the character before a word and that behind it, where they touch it.
func around(text string, w word) (before, after string) {
	if w.from > 0 {
		before = text[w.from-1 : w.from]
	}
	if w.to < len(text) {
		after = text[w.to : w.to+1]
	}
	return before, after
}
