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
		if oursOfThem(text, words, m) {
			return true
		}
		n := numberAfter(d.v, text, to, d.v.customerWeak[label])
		if n == "" && !d.v.customerWeak[label] {
			n = d.v.numberLater(text, to)
		}
		if n == "" && !d.v.customerWeak[label] {
			n = numberBefore(d.v, text, words, m.from)
		}
		if n == "" || d.refusal("customer_number", n, s, from, to) != nil {
			return true
		}
		best = n
		from, to = numberAt(text, n, from, to)
		d.took(rule, "customer_number", n, "beside "+label, s.name, from, to)
		return false
	})
	return best
}

// numberAt is where the number of a label stands: behind it, else before it, with whatever blanks and marks stand between
// its characters. Where it cannot be told, that is the label.
func numberAt(text, n string, from, to int) (int, int) {
	for _, part := range [][2]int{{to, min(to+120, len(text))}, {max(from-80, 0), from}} {
		for i := part[0]; i < part[1]; i++ {
			k, j := 0, i
			for j < part[1] && k < len(n) && (text[j] == n[k] || k > 0 && (strings.IndexByte(" .-/\t\n", text[j]) >= 0 || text[j] >= 0x80)) {
				if text[j] == n[k] {
					k++
				}
				j++
			}
			if k == len(n) {
				return i, j
			}
		}
	}
	return from, to
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
		if i := asideEnd(rest[:min(len(rest), skip+60)]); i > skip {
			at += i
			n++
			continue
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
