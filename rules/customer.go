package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// customerLabels stand before a customer number; customerAfter behind it ("104711 ist unsere Kundennummer").
var customerLabels = newLexicon([]string{
	"kundennummer", "kundennummern", "kunden-nummer", "kundennr", "kunden-nr", "kunden nr", "kunden nummer", "kd-nr", "kd nr", "kd nummer", "kdnr", "kd-nummer", "kundenr", "knr", "k-nr", "k nr", "kundenkonto", "kundenkontonummer", "kunden-id", "kunden id", "kundenid", "kundennumer", "kundenummer", "kundennumemr", "kunde nr", "kunde nummer", "kunde", "kundin", "debitor", "debitorennummer", "debitoren-nr", "kd.-nr", "kd", "kundenkennung",
	"customer number", "customer no", "customer nr", "customer num", "customer id", "customer", "customerid", "customer account", "customer #", "cust no", "cust id", "client number", "client no", "client id", "client", "account number", "account no", "account id", "account", "acct", "acct no", "our number is", "our id is", "our number with you", "number with you",
	"nummer bei euch", "nummer bei ihnen", "nr bei euch", "nr bei ihnen", "nummer ist", "unsere nummer", "meine nummer ist die",
	"numero client", "numero de client", "no client", "codice cliente", "numero cliente", "klantnummer",
})

// customerWeak labels stand before other numbers too: only what could be a customer number follows.
var customerWeak = map[string]bool{"kunde": true, "kundin": true, "customer": true, "client": true, "account": true, "kd": true, "nummer ist": true, "unsere nummer": true}

// otherNumbers are labels of numbers that are no customer's.
var otherNumbers = newLexicon([]string{
	"ticket", "ticketnummer", "rechnung", "rechnungsnummer", "re-nr", "invoice", "auftrag", "auftragsnummer", "bestellung", "bestellnummer", "order", "fn", "hra", "hrb", "uid", "ust-id*", "iban", "bic", "konto", "kontonummer", "telefon", "tel", "fax", "mobil", "handy", "phone", "telefonnummer", "rueckrufnummer", "handynummer", "seriennummer", "serial", "vertragsnummer", "vertrag", "contract", "case", "change", "chg", "incident", "inc", "vm", "port", "id", "pid", "plz", "datensaetze", "fehler", "error", "event", "code", "meldung",
})

// customerNumber is the number that the sender states as his, digits as written without blanks, or "".
// The new text goes first, then the subject, the signature, and the forwarded mail.
func customerNumber(d *doc) string {
	signature := cut(d.m.Signature, textLimit)
	for _, s := range []struct {
		text  string
		words []word
	}{{d.body.text, d.body.words}, {d.title.text, d.title.words}, {signature, splitWords(signature)}, {d.passed.text, d.passed.words}} {
		if n := labelledNumber(s.text, s.words); n != "" {
			return n
		}
	}
	// A number without a label is one only if the inventory knows it, and nothing says what else it is.
	for _, s := range []*source{&d.title, &d.body} {
		if n := knownNumber(s, d.w.Inventory); n != "" {
			return n
		}
	}
	return ""
}

func labelledNumber(text string, words []word) string {
	best := ""
	customerLabels.find(words, func(m match) bool {
		label := foldText(text[words[m.from].from:words[m.to-1].to])
		if n := numberAfter(text, words[m.to-1].to, customerWeak[label]); n != "" {
			best = n
			return false
		}
		if !customerWeak[label] {
			if n := numberBefore(text, words, m.from); n != "" {
				best = n
				return false
			}
		}
		return true
	})
	return best
}

// fillers may stand between label and number.
var fillers = map[string]bool{
	"ist": true, "lautet": true, "die": true, "waere": true, "war": true, "nr": true, "nummer": true, "no": true, "number": true, "num": true, "is": true, "id": true, "unsere": true, "our": true, "von": true, "uns": true, "mit": true, "you": true, "with": true, "bei": true, "euch": true, "ihnen": true, "der": true, "den": true, "glaub": true, "ich": true, "glaube": true, "the": true, "hier": true, "und": true, "zwar": true, "in": true, "haus": true, "kd": true, "kundennummer": true, "of": true, "ours": true, "fuer": true, "falls": true, "noetig": true, "laut": true, "lt": true, "rechnung": true, "vertrag": true,
}

// numberAfter reads a number behind a label: over marks, blanks, one line end, and few filling words.
func numberAfter(text string, at int, weak bool) string {
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
		if w == "" || !fillers[foldText(w)] {
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
func numberBefore(text string, words []word, at int) string {
	for k := at - 1; k >= 0 && k >= at-4; k-- {
		w := words[k]
		if digits(w.fold) == len(w.fold) && len(w.fold) >= 4 && len(w.fold) <= 10 {
			if strings.ContainsAny(text[w.to:words[at].from], ".\n;:") {
				return ""
			}
			return w.fold
		}
		if !fillers[w.fold] && w.fold != "als" && w.fold != "as" {
			return ""
		}
	}
	return ""
}

// knownNumber finds a number that the inventory knows as a customer's.
func knownNumber(s *source, in *Inventory) string {
	if in == nil {
		return ""
	}
	text, words := s.text, s.words
	for i, w := range words {
		if len(w.fold) < 5 || digits(w.fold) != len(w.fold) || !in.HasCustomer(w.fold) {
			continue
		}
		if from, to := around(text, w); strings.ContainsAny(from, "-/+.,:_") || strings.ContainsAny(to, "-/_:") {
			continue
		}
		if !otherNumbers.has(words[max(0, i-3):i]) {
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
