package rules

import "strings"

// labelsBefore are the words before a number on its line, the nearest last.
func labelsBefore(t string, i, reach int) []word {
	before := t[runeStart(t, max(0, i-reach)):i]
	if j := strings.LastIndexAny(before, "\n;|"); j >= 0 {
		before = before[j+1:]
	}
	return splitWords(before)
}

// foreignLabel reports whether the words before a number say that it is no telephone to call.
func foreignLabel(v *vocabulary, t string, i int) bool {
	w := labelsBefore(t, i, 40)
	for k := len(w) - 1; k >= 0 && k >= len(w)-3; k-- {
		f := w[k].fold
		switch {
		case v.phoneLabels[f]:
			return false
		case faxWord(f):
			// "Tel/Fax" is one number for both.
			return k == 0 || !v.phoneLabels[w[k-1].fold] || !strings.ContainsAny(t[i-min(i, 40):i], "/+&") || w[k].from-w[k-1].to > 3
		case f == "kunden": // the customer's number, and not "an den Kunden: 0732 …"
			if k+1 < len(w) && (strings.HasPrefix(w[k+1].fold, "nr") || strings.HasPrefix(w[k+1].fold, "num") || w[k+1].fold == "id") {
				return true
			}
		case v.notPhones[f]:
			return true
		}
	}
	return false
}

// faxWord: fax, Fax-Nr., Faxgerät, Telefax; not what faxes are sent with.
func faxWord(f string) bool { return strings.HasPrefix(f, "fax") || strings.HasPrefix(f, "telefax") }

// faxBehind: "0662 889901 (Fax)"; in "0711 123456-20 (Fax -29)" the fax is another.
func faxBehind(rest string) bool {
	f := strings.ToLower(strings.TrimLeft(cut(rest, 14), " "))
	return strings.HasPrefix(f, "(fax)") || strings.HasPrefix(f, "(telefax)") || strings.HasPrefix(f, "[fax]")
}

// theirs: "Ihre Hotline unter 01 …", "your emergency number +43 …"; and "nicht unter 0662 …".
func theirs(t string, i int) bool {
	w := labelsBefore(t, i, 60)
	for k := len(w) - 1; k >= 0 && k >= len(w)-6; k-- {
		switch w[k].fold {
		case "ihre", "ihrer", "ihren", "ihrem", "eure", "eurer", "euren", "eurem", "deine", "deiner", "your":
			for _, x := range w[k+1 : min(len(w), k+3)] {
				if theirLine(x.fold) {
					return true
				}
			}
		case "nicht", "not", "nie", "never", "keinesfalls":
			if k == len(w)-2 && (w[k+1].fold == "unter" || w[k+1].fold == "auf" || w[k+1].fold == "on" || w[k+1].fold == "at") {
				return true
			}
		}
	}
	return false
}

// theirLine: what a support's telephone is called.
func theirLine(f string) bool {
	if strings.HasPrefix(f, "rueckruf") || strings.HasPrefix(f, "kunden") || strings.HasPrefix(f, "customer") {
		return false
	}
	for _, end := range []string{"hotline", "nummer", "number", "line", "helpdesk", "zentrale"} {
		if strings.HasSuffix(f, end) {
			return true
		}
	}
	return false
}

// called reports whether the word right before a number says that it is one to call.
func called(v *vocabulary, t string, i int) bool {
	w := labelsBefore(t, i, 30)
	return len(w) > 0 && v.phoneLabels[w[len(w)-1].fold] && !faxWord(w[len(w)-1].fold)
}

// numberGoesOn: the place lies within a number, so that none begins here.
func numberGoesOn(t string, i int) bool {
	return i > 1 && t[i] != '+' && (t[i-1] == '\'' || t[i-1] == '.') && t[i-2] >= '0' && t[i-2] <= '9'
}

// labelDot: "Tel.0664/1234567".
func labelDot(t string, i int) bool {
	return i > 2 && t[i-1] == '.' && !(t[i-2] >= '0' && t[i-2] <= '9') && isAlnum(t[i-2])
}

// doubledPlus: "++43 664 …", as people write who were asked for two signs.
func doubledPlus(t string, i int) bool {
	return i > 0 && t[i] == '+' && t[i-1] == '+' && (i == 1 || !isAlnum(t[i-2]))
}

// bareNumber is the length of a number that begins without its zero or plus, as people write them behind a label:
// "Handy 664 1234567", "Tel: 43 664 1234567", "call me on 415-555-0132", and with the letter O. 0 if there is none.
func (p *phoneFinder) bareNumber(t string, i int) int {
	if i > 0 && (isAlnum(t[i-1]) || strings.IndexByte("/-.,_#=+@'", t[i-1]) >= 0) {
		return 0
	}
	if n := american(t[i:min(len(t), i+20)]); n > 0 && (called(p.d.v, t, i) || t[i] == '(' || strings.HasPrefix(t[i:], "1-")) {
		return n
	}
	if t[i] == '(' || t[i] == '+' || t[i] == '0' {
		return 0
	}
	if t[i] == 'O' || t[i] == 'o' {
		if n := phoneAt("0"+t[i+1:min(len(t), i+40)], 0); n >= 9 {
			return n
		}
		return 0
	}
	if p.completed(t[i:min(len(t), i+20)]) == "" || !called(p.d.v, t, i) {
		return 0
	}
	n := phoneAt("0"+t[i:min(len(t), i+40)], 0) - 1
	if n < 9 || e164(p.completed(t[i:i+n]), "", p.region()) == "" {
		return 0
	}
	return n
}

// american is the length of a number as it is written in North America: 415-555-0132, (415) 555-0132, 1-415-555-0132.
func american(t string) int {
	i := 0
	if strings.HasPrefix(t, "1-") || strings.HasPrefix(t, "1 (") {
		i = 2
	}
	open := i < len(t) && t[i] == '('
	if open {
		i++
	}
	for k, group := range []int{3, 3, 4} {
		if i >= len(t) || digits(t[i:]) != group || k < 2 && t[i] < '2' {
			return 0
		}
		i += group
		if k == 2 {
			break
		}
		if open && k == 0 {
			if i >= len(t) || t[i] != ')' {
				return 0
			}
			i++
			if i < len(t) && t[i] == ' ' {
				i++
			}
			continue
		}
		if i >= len(t) || t[i] != '-' && t[i] != '.' && t[i] != ' ' {
			return 0
		}
		i++
	}
	if i < len(t) && (isAlnum(t[i]) || t[i] == '-') {
		return 0
	}
	return i
}

// completed gives a number that was written without them its zero, plus or country.
func (p *phoneFinder) completed(raw string) string {
	if raw == "" || raw[0] == '+' || raw[0] == '0' {
		return raw
	}
	if american(raw) == len(raw) {
		return "+1" + strings.TrimPrefix(strings.TrimPrefix(raw, "1-"), "1 ")
	}
	switch c := raw[0]; {
	case c == 'O' || c == 'o':
		return "0" + raw[1:]
	case c == '(':
		return raw
	}
	for _, cc := range []string{"43", "49", "41"} {
		if strings.HasPrefix(raw, cc) && countDigits(raw) >= 10 {
			return "+" + raw
		}
	}
	mobile := p.region() == "AT" && raw[0] == '6' || p.region() == "DE" && raw[0] == '1' || p.region() == "CH" && raw[0] == '7'
	if mobile && countDigits(raw) >= 9 {
		return "0" + raw
	}
	return ""
}

func countDigits(s string) int {
	n := 0
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}
