package rules

import (
	"strings"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"notfalld/message"
)

// findPhones are the numbers at which the sender can be called, E.164, in the order of the text: those
// of the new text; those of the signature only if the text has none.
func findPhones(d *doc, found []finding) []string {
	region := regionOf(d)
	var out []string
	out = addPhones(out, d.body.text[:d.closing], region, func(from, to int) bool { return covered(found, &d.body, from, to) })
	out = addPhones(out, d.m.Subject, region, nil)
	if len(out) == 0 {
		out = addPhones(out, d.body.text[d.closing:], region, nil)
		out = addPhones(out, cut(d.m.Signature, textLimit), region, nil)
	}
	if len(out) == 0 && d.forward {
		out = addPhones(out, d.passed.text, region, nil)
	}
	return out
}

const maxPhones = 6

func addPhones(out []string, text, region string, skip func(from, to int) bool) []string {
	for i := 0; i < len(text) && len(out) < maxPhones; {
		n := phoneAt(text, i)
		if n == 0 {
			i++
			continue
		}
		raw := text[i : i+n]
		if (skip == nil || !skip(i, i+n)) && !foreignLabel(text, i) && !conference(text[i+n:]) {
			ext := extension(text[i+n:])
			if p := e164(raw, ext, region); p != "" {
				out = appendNew(out, p)
			}
		}
		i += n
	}
	return out
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
	if i > 0 && (isAlnum(t[i-1]) || strings.IndexByte("/-.,_#=:+@'", t[i-1]) >= 0 && !(t[i-1] == ':' || t[i-1] == '/' || t[i-1] == ',' || t[i-1] == '-' || t[i-1] == '=') || t[i-1] == ':' && i > 1 && t[i-2] >= '0' && t[i-2] <= '9' || t[i-1] >= 0x80 && letterBefore(t, i)) {
		return 0
	}
	if (i > 0 && (t[i-1] == '/' || t[i-1] == '-' || t[i-1] == ',')) && i > 1 && isAlnum(t[i-2]) {
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
		case c == ' ' || c == '\t' || c == '/' || c == '-' || c == '.' || c == '(' || c == ')':
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
			if r == '\u00a0' || r == '\u202f' || r == '\u2009' || isDash(r) || r == '\u2011' || r == '\u2060' {
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
	return strings.Count(s, ".") >= 3 && !strings.ContainsAny(s, " /-(") || digits(s) == 1 && len(s) > 1 && s[1] == '.'
}

// lonelyZero: a zero as a word of its own is a number's beginning only if short groups follow, as the
// old way of writing has it: "0 52 51 / 5 55 01".
func lonelyZero(s string) bool {
	if len(s) < 2 || s[1] != ' ' {
		return false
	}
	n := digits(s[2:])
	return n < 2 || n > 4 || !strings.ContainsAny(s, "/-") && n < 3
}

// foreignLabel reports whether the words before a number say that it is no telephone to call.
func foreignLabel(t string, i int) bool {
	from := max(0, i-40)
	before := t[runeStart(t, from):i]
	if j := strings.LastIndexAny(before, "\n;|"); j >= 0 {
		before = before[j+1:]
	}
	w := splitWords(before)
	for k := len(w) - 1; k >= 0 && k >= len(w)-3; k-- {
		f := w[k].fold
		if phoneLabels[f] {
			return false
		}
		if notPhones[f] {
			return true
		}
	}
	return false
}

var phoneLabels = map[string]bool{
	"tel": true, "telefon": true, "telefonnummer": true, "fon": true, "phone": true, "mobil": true, "mobile": true, "mobiltelefon": true, "handy": true, "cell": true, "rueckruf": true, "rueckrufnummer": true, "durchwahl": true, "unter": true, "t": true, "m": true, "h": true, "call": true, "anrufen": true, "zentrale": true, "nummer": true, "number": true, "natel": true, "apparat": true, "office": true, "on": true, "erreichbar": true,
}

var notPhones = map[string]bool{
	"fax": true, "telefax": true, "f": true, "faxnummer": true, "iban": true, "bic": true, "konto": true, "kontonummer": true, "blz": true, "ticket": true, "ticketnummer": true, "ticketnr": true, "rechnung": true, "rechnungsnummer": true, "invoice": true, "kundennummer": true, "kundennr": true, "kd-nr": true, "kd": true, "kunden": true, "kdnr": true, "customer": true, "kunden-nr": true, "auftrag": true, "auftragsnummer": true, "bestellnummer": true, "order": true, "artikelnummer": true, "seriennummer": true, "serial": true, "sn": true, "uid": true, "ust-idnr": true, "steuernummer": true, "fn": true, "hrb": true, "hra": true, "id": true, "pin": true, "passcode": true, "version": true, "port": true, "code": true, "mac": true, "pid": true, "vertragsnummer": true, "zugangsnummer": true, "imei": true, "bankleitzahl": true, "meeting": true, "dvr": true, "zvr": true, "error": true, "fehler": true,
}

// conference: a dial-in with its code ("+31 20 555 0199,,57120938#") is a meeting's.
func conference(rest string) bool {
	return strings.HasPrefix(rest, ",,") || strings.HasPrefix(rest, ",#")
}

// extension reads what follows a number and belongs to it: "DW 12", "Durchwahl 12", "Kl. 12".
func extension(rest string) string {
	r := strings.TrimLeft(rest, " ,(/-\u00a0")
	if len(rest)-len(r) > 4 {
		return ""
	}
	f := foldText(cut(r, 24))
	for _, p := range []string{"durchwahl", "dw", "klappe", "kl", "nebenstelle", "nst", "apparat", "app"} {
		after, ok := strings.CutPrefix(f, p)
		if !ok {
			continue
		}
		after = strings.TrimLeft(after, " .:-")
		if n := digits(after); n >= 1 && n <= 5 && (n == len(after) || !isAlnum(after[n])) {
			return after[:n]
		}
	}
	return ""
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

// regionOf guesses in which country's form numbers without country code are written: by the sender's
// domain, the hosts and numbers of the mail, its spelling; Austria, where the company is, in doubt.
func regionOf(d *doc) string {
	for _, list := range [][]message.Address{d.m.From, d.m.ReplyTo} {
		for _, a := range list {
			if r := domainRegion(a.Address); r != "" {
				return r
			}
		}
	}
	text := d.m.Signature + "\n" + d.body.text
	if r := statedRegion(text); r != "" {
		return r
	}
	best, most := "AT", 0
	for _, v := range regionMarks {
		n := 0
		for _, m := range v.marks {
			n += strings.Count(text, m)
		}
		if n > most {
			best, most = v.region, n
		}
	}
	return best
}

// statedRegion is the country of the first number with a country code.
func statedRegion(text string) string {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '+')
		if i < 0 {
			return ""
		}
		at += i + 1
		if n := phoneAt(text, at-1); n > 0 {
			if p, err := phonenumbers.Parse(text[at-1:at-1+n], ""); err == nil {
				return phonenumbers.GetRegionCodeForCountryCode(int(p.GetCountryCode()))
			}
		}
	}
}

// regionMarks: what is written in one country only, the first wins a draw.
var regionMarks = []struct {
	region string
	marks  []string
}{
	{"AT", []string{"0043", ".at", "Ges.m.b.H", "0664", "0676", "0650", "0699", "0660"}},
	{"DE", []string{"0049", ".de", "015", "016", "017", "HRB", "Amtsgericht"}},
	{"CH", []string{"0041", ".ch", "Grüezi", "Grüsse", "079 ", "078 ", "076 "}},
}

// domainRegion is the country whose domain an address is in, or "" for domains used everywhere.
func domainRegion(address string) string {
	tld := strings.ToLower(address[strings.LastIndexByte(address, '.')+1:])
	switch tld {
	case "wien", "tirol":
		return "AT"
	case "berlin", "hamburg", "koeln", "cologne", "bayern", "saarland", "nrw", "ruhr":
		return "DE"
	case "swiss", "zuerich":
		return "CH"
	case "uk":
		return "GB"
	case "io", "co", "me", "tv", "ai", "cc", "to", "ws", "fm", "ly", "gg", "im", "sh", "ac", "nu", "tk", "st", "la", "vc":
		return ""
	}
	if r := strings.ToUpper(tld); len(r) == 2 && phonenumbers.GetSupportedRegions()[r] {
		return r
	}
	return ""
}
