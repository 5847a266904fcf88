package rules

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// extensions are the direct numbers that stand apart from a number: behind it ("5550-0, Nebenstelle 27", "5550 DW 12 oder
// 13", "5550-12 oder -13") or before it ("Klappe 9 unter 5550"). base is the number without its closing zero if there are
// any; more says that they come in addition to the number itself. used is how far they reach behind it.
func (p *phoneFinder) extensions(t string, i, n int) (base string, exts []string, more bool, used int) {
	raw := t[i : i+n]
	base, tail := withoutZero(raw), lastGroup(raw)
	v := p.d.v
	if e, at := extensionBehind(v, t[i+n:]); e != "" {
		exts = []string{e}
		used = at
		for {
			e, at := another(v, t[i+n+used:], false)
			if e == "" {
				break
			}
			exts, used = append(exts, e), used+at
		}
	} else if e := p.extensionBefore(t, i); e != "" {
		exts = []string{e}
	} else if e, at := another(v, t[i+n:], true); e != "" && tail != "" {
		return strings.TrimRight(raw[:len(raw)-len(tail)], " -/"), []string{e}, true, at
	}
	if len(exts) == 1 && exts[0] == tail && tail != "0" { // "Durchwahl 23: 5550-23"
		return raw, nil, false, used
	}
	if len(exts) == 0 {
		base = raw
	}
	return base, exts, false, used
}

// withoutZero takes off the zero that stands for the switchboard: "5550-0", "5550 - 0", "5550/0".
func withoutZero(raw string) string {
	if s, ok := strings.CutSuffix(raw, "0"); ok && lastGroup(raw) == "0" {
		return strings.TrimRight(s, " -/.–\u00a0\u2011")
	}
	return raw
}

// lastGroup are the digits behind the last dash, slash or blank of a number, "" if it has none.
func lastGroup(raw string) string {
	k := len(raw)
	for k > 0 && raw[k-1] >= '0' && raw[k-1] <= '9' {
		k--
	}
	if k == 0 || strings.IndexByte("-/ ", raw[k-1]) < 0 && raw[k-1] < 0x80 {
		return ""
	}
	return raw[k:]
}

// extensionBehind reads "DW 12", "(Nebenstelle 27)", ", bitte Klappe 17 verlangen", "ext. 4" behind a number, and how far
// it reaches.
func extensionBehind(v *vocabulary, rest string) (string, int) {
	at := remark(rest)
	for range 5 { // few small words may stand between
		k := at
		for k < len(rest) && k-at < 5 && strings.IndexByte(" ,;(/-:\n", rest[k]) >= 0 {
			k++
		}
		for k+1 < len(rest) && strings.HasPrefix(rest[k:], "–") || strings.HasPrefix(rest[k:], "\u00a0") {
			_, n := utf8.DecodeRuneInString(rest[k:])
			k += n
			for k < len(rest) && rest[k] == ' ' {
				k++
			}
		}
		if strings.Count(rest[at:k], "\n") > 1 {
			return "", 0
		}
		w := wordPrefix(rest[k:])
		f := foldText(w)
		if w == "" {
			return "", 0
		}
		if v.extensionLabels[f] {
			e, end := extensionAt(f, rest[k+len(w):])
			return e, k + len(w) + end
		}
		if !v.extensionFillers[f] {
			return "", 0
		}
		at = k + len(w)
	}
	return "", 0
}

// remark is the length of a remark in brackets, without a number: " (Empfang)".
func remark(rest string) int {
	r := strings.TrimLeft(rest, " ")
	end := strings.IndexByte(r, ')')
	if !strings.HasPrefix(r, "(") || end < 0 || end > 30 || strings.ContainsAny(r[:end], "0123456789\n") {
		return 0
	}
	return len(rest) - len(r) + end + 1
}

// extensionAt reads the digits behind an extension's label, if nothing says that they are something else.
func extensionAt(label, rest string) (string, int) {
	k := 0
	for k < len(rest) && k < 4 && strings.IndexByte(" .:-\u00a0", rest[k]) >= 0 {
		k++
	}
	sep := k
	for _, w := range []string{"sie die ", "ist die ", "ist ", "die ", "nr. ", "no. "} {
		if strings.HasPrefix(strings.ToLower(rest[k:min(len(rest), k+8)]), w) {
			k += len(w)
			break
		}
	}
	k += len(rest[k:]) - len(strings.TrimLeft(rest[k:], "-–"))
	n := digits(rest[k:])
	if n < 1 || n > 5 || k+n < len(rest) && isAlnum(rest[k+n]) {
		return "", 0
	}
	switch label {
	case "ext", "app": // ext4, "App 2.3.1"
		if sep == 0 || versionGoesOn(rest[k+n:]) {
			return "", 0
		}
	case "x":
		if sep > 0 {
			return "", 0
		}
	case "direkt", "direct":
		if k == 0 || rest[k-1] != '-' {
			return "", 0
		}
	}
	if versionGoesOn(rest[k+n:]) || countedUnits(rest[k+n:]) {
		return "", 0
	}
	return rest[k : k+n], k + n
}

func versionGoesOn(rest string) bool {
	return len(rest) > 1 && (rest[0] == '.' || rest[0] == ':') && rest[1] >= '0' && rest[1] <= '9'
}

// countedUnits: what stands behind digits says that they are no extension: "3 Mitarbeiter", "12 ist tot", "13 Uhr".
func countedUnits(rest string) bool {
	if !strings.HasPrefix(rest, " ") {
		return false
	}
	switch foldText(wordPrefix(rest[1:])) {
	case "mitarbeiter", "personen", "leute", "user", "users", "benutzer", "kollegen", "uhr", "h", "grad", "minuten", "stunden", "tage", "prozent", "stueck",
		"geht", "gehen", "funktioniert", "klingelt", "laeutet", "hat", "haben", "ist", "is", "are", "sind", "stock", "server", "clients", "am", "pm":
		return true
	}
	return false
}

// extensionBefore reads "Klappe 9 unter", "DW 17 (Vermittlung:" before a number. What belongs to the number before is none,
// and mobiles have none.
func (p *phoneFinder) extensionBefore(t string, i int) string {
	from := max(p.used, i-60, 0)
	before := t[runeStart(t, from):i]
	if k := strings.LastIndexAny(before, "\n.!?"); k >= 0 && !strings.HasPrefix(strings.TrimLeft(before[k:], ". "), "0") {
		if before[k] != '.' || !dottedLabel(before[:k]) {
			before = before[k+1:]
		}
	}
	w := splitWords(before)
	for k := len(w) - 1; k >= 0 && k >= len(w)-6; k-- {
		f := w[k].fold
		if n := digits(f); n == len(f) {
			if n > 5 || k == 0 || n < 1 || !p.d.v.extensionLabels[w[k-1].fold] || w[k-1].fold == "x" {
				return ""
			}
			e, _ := extensionAt(w[k-1].fold, before[w[k-1].to:])
			return e
		}
		if !p.d.v.extensionFillers[f] && !p.d.v.phoneLabels[f] || mobileWord(f) {
			return ""
		}
	}
	return ""
}

// dottedLabel: the dot belongs to a label, "Nst. 8, Tel. 02236".
func dottedLabel(before string) bool {
	switch f := foldText(before[strings.LastIndexAny(before, " ,(")+1:]); f {
	case "tel", "nst", "kl", "app", "ext", "telnr", "nr":
		return true
	}
	return false
}

func mobileWord(f string) bool {
	return strings.HasPrefix(f, "mob") || strings.HasPrefix(f, "handy") || f == "natel" || f == "cell" || f == "m"
}

// another reads a further extension: "oder 13", "bzw. -13". After a number itself it must begin with a dash.
func another(v *vocabulary, rest string, dash bool) (string, int) {
	r := strings.TrimLeft(rest[remark(rest):], " ,")
	w := wordPrefix(r)
	switch foldText(w) {
	case "oder", "od", "bzw", "und", "u", "or", "and":
	default:
		return "", 0
	}
	r = strings.TrimLeft(r[len(w):], ". ")
	if w := wordPrefix(r); w != "" && v.extensionLabels[foldText(w)] {
		r = strings.TrimLeft(r[len(w):], ".: ")
	}
	d := strings.TrimLeft(r, "-–")
	n := digits(d)
	if n < 1 || n > 4 || dash && len(d) == len(r) {
		return "", 0
	}
	end := strings.TrimLeft(d[n:], " ")
	if end != "" && strings.IndexByte(".,;()!\n", end[0]) < 0 || versionGoesOn(d[n:]) {
		return "", 0
	}
	return d[:n], len(rest) - len(d) + n
}

// mobile reports whether a number in international form is a mobile's: they have no extensions.
func mobile(n string) bool {
	p, err := phonenumbers.Parse(n, "")
	return err == nil && phonenumbers.GetNumberType(p) == phonenumbers.MOBILE
}

// dayOrHours: a date or hours that are written with a zero: "05.03. 08.15", "01.02.-05.02.2026", "08.15-09.45 Uhr".
func dayOrHours(s, rest string, labelled bool) bool {
	if len(s) >= 7 && digits(s) == 2 && s[2] == '.' && digits(s[3:]) == 2 && s[5] == '.' && s[:2] <= "31" && s[3:5] <= "12" && (s[6] == ' ' || s[6] == '-' || s[6] >= 0x80) {
		return true
	}
	var hours string
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			hours += s[i : i+1]
		case c != '.' && c != ' ' && c != '-' && c < 0x80:
			return false
		}
	}
	if len(hours) != 8 || hours[:2] > "24" || hours[2] > '5' || hours[4:6] > "24" || hours[6] > '5' || !strings.ContainsAny(s, "-–") {
		return false
	}
	w := foldText(wordPrefix(strings.TrimLeft(rest, " ")))
	return w == "uhr" || w == "h" || !labelled && hours[3] == '0' && hours[7] == '0' && hours[2]%3 == '0'%3 && hours[6]%3 == '0'%3
}
