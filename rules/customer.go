package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// customerNumber is the number that the sender states as his, digits as written without blanks, or "".
// What a rule of the files captured goes first; then the new text, the subject, the signature, and the forwarded mail.
func customerNumber(d *doc) string {
	for _, c := range d.captured["customer_number"] {
		if n := strings.Join(strings.Fields(c.text()), ""); d.refusal("customer_number", n, c.src, c.from, c.to) == nil {
			d.took(c.rule, "customer_number", n, "captured", c.src.name, c.from, c.to)
			return n
		}
	}
	if rule, on := d.set.finders[finderLabels]; on {
		for _, s := range d.sourcesOf([]string{"body", "subject", "signature"}) {
			if n := d.labelledNumber(s, rule); n != "" {
				return n
			}
		}
		if n := d.labelledNumber(&d.passed, rule); n != "" {
			return n
		}
	}
	// A number without a label is one only if the inventory knows it, and nothing says what else it is.
	if rule, on := d.set.finders[finderInventory]; on {
		for _, s := range []*source{&d.title, &d.body} {
			if n := d.knownNumber(s, rule); n != "" {
				return n
			}
		}
	}
	return ""
}

// labelledNumber is the first number behind a label, or before one.
func (d *doc) labelledNumber(s *source, rule string) string {
	best := ""
	text, words := s.text, s.words
	d.v.customerLabels.find(words, func(m match) bool {
		from, to := words[m.from].from, words[m.to-1].to
		label := foldText(text[from:to])
		n := numberAfter(d.v, text, to, d.v.customerWeak[label])
		if n == "" && !d.v.customerWeak[label] {
			n = numberBefore(d.v, text, words, m.from)
		}
		if n == "" || d.refusal("customer_number", n, s, from, to) != nil {
			return true
		}
		best = n
		if i := strings.Index(text[to:], n); i >= 0 && i < 80 {
			from, to = to+i, to+i+len(n)
		}
		d.took(rule, "customer_number", n, "beside "+label, s.name, from, to)
		return false
	})
	return best
}

// numberAfter reads a number behind a label: over marks, blanks, one line end, and few filling words.
func numberAfter(v *vocabulary, text string, at int, weak bool) string {
	for n := 0; n < 6; {
		rest := text[at:]
		skip := 0
		for skip < len(rest) && strings.ContainsRune(" \t\n\r:#.=|,()[]*–\"“„'>-", rune(rest[skip])) || skip < len(rest) && rest[skip] >= 0x80 && !letterAt(rest[skip:]) {
			skip++
		}
		if skip > 12 || strings.Count(rest[:skip], "\n") > 2 {
			return ""
		}
		rest = rest[skip:]
		if num := readNumber(rest); num != "" {
			if weak && (len(num) < 4 || digits(num) != len(num)) {
				return ""
			}
			return num
		}
		w := wordPrefix(rest)
		if w == "" || !v.fillers[foldText(w)] {
			return ""
		}
		at += skip + len(w)
		n++
	}
	return ""
}

func letterAt(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLetter(r)
}

func wordPrefix(s string) string {
	for i, r := range s {
		if !unicode.IsLetter(r) {
			return s[:i]
		}
	}
	return s
}

// readNumber reads a customer number: three to twelve digits, in groups parted by blanks, dots or
// dashes, with a short prefix of letters perhaps ("K-104711"). Blanks are taken out.
func readNumber(s string) string {
	i := 0
	for i < len(s) && i < 4 && (s[i] >= 'A' && s[i] <= 'Z' || s[i] >= 'a' && s[i] <= 'z' && i == 0) {
		i++
	}
	if i > 0 && i < len(s) && s[i] == '-' {
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

// joined: what follows still belongs to a number or word.
func joined(rest string) bool {
	return rest != "" && (rest[0] >= '0' && rest[0] <= '9' || letterAt(rest) || (rest[0] == '.' || rest[0] == ':' || rest[0] == '/') && len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9')
}

// numberBefore: "104711 ist unsere Kundennummer", "104711 (Kundennummer)".
func numberBefore(v *vocabulary, text string, words []word, at int) string {
	for k := at - 1; k >= 0 && k >= at-4; k-- {
		w := words[k]
		if digits(w.fold) == len(w.fold) && len(w.fold) >= 4 && len(w.fold) <= 10 {
			if strings.ContainsAny(text[w.to:words[at].from], ".\n;:") {
				return ""
			}
			return w.fold
		}
		if !v.fillers[w.fold] && w.fold != "als" && w.fold != "as" {
			return ""
		}
	}
	return ""
}

// knownNumber finds a number that the inventory knows as a customer's.
func (d *doc) knownNumber(s *source, rule string) string {
	in := d.w.Inventory
	if in == nil {
		return ""
	}
	for i, w := range s.words {
		if len(w.fold) < 5 || digits(w.fold) != len(w.fold) || !in.HasCustomer(w.fold) {
			continue
		}
		if before, after := around(s.text, w); strings.ContainsAny(before, "-/+.,:_") || strings.ContainsAny(after, "-/_:") {
			continue
		}
		if d.v.otherNumbers.has(s.words[max(0, i-3):i]) {
			d.refused(rule, "customer_number", w.fold, "the words before it say what else it is", s.name, w.from, w.to)
			continue
		}
		if d.refusal("customer_number", w.fold, s, w.from, w.to) == nil {
			d.took(rule, "customer_number", w.fold, "the inventory has this customer", s.name, w.from, w.to)
			return w.fold
		}
	}
	return ""
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
