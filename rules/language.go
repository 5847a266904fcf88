package rules

import (
	"slices"
	"strings"
	"unicode"

	"notfalld/message"
)

// stopWords are the most frequent words of a language that the others do not share.
var stopWords = newLexicon(
	[]string{"der", "die", "das", "und", "ist", "nicht", "wir", "ich", "mit", "auf", "den", "dem", "ein", "eine", "einen", "bei", "von", "zu", "fuer", "auch", "noch", "nur", "seit", "sie", "uns", "unser", "unsere", "bitte", "haben", "hat", "geht", "kein", "keine", "keiner", "mehr", "sich", "aber", "wird", "werden", "wurde", "kann", "koennen", "im", "am", "um", "aus", "nach", "wie", "danke", "gruss", "gruesse", "guten", "hilfe", "siehe", "anbei", "vorhin", "nachtrag", "wieder", "immer", "dort", "dann", "nein", "uhr", "liebe", "liebes", "sehr", "geehrte", "schon", "jetzt", "heute", "gestern", "oder", "wenn", "dass", "einer", "eines", "einem", "zum", "zur", "vom", "sind", "ihr", "ihre", "mir", "mich", "euch", "dringend", "nix", "net", "leider", "alle", "alles", "keinen", "ueber", "lg", "mfg", "rueckruf", "anrufen", "fehler", "kundennummer", "aenderungen", "ist down", "ist weg", "ist tot", "nichts", "niemand", "weg"},
	[]string{"the", "and", "is", "not", "we", "our", "you", "your", "with", "for", "this", "that", "are", "it", "of", "to", "has", "have", "from", "be", "can", "no", "please", "i", "my", "but", "since", "all", "any", "what", "when", "been", "does", "cannot", "can't", "it's", "us", "at", "by", "as", "there", "they", "thanks", "regards", "changes", "reproduce", "customer", "urgent", "help", "every", "nothing", "after", "on", "call", "still", "would", "is down", "is not", "is offline", "is dead", "is gone", "is broken", "are down", "help us", "since this", "which", "will", "just", "me", "an", "a"},
	[]string{
		"le", "les", "est", "nous", "vous", "notre", "votre", "pas", "avec", "pour", "une", "depuis", "bonjour", "merci", "sont", "dans", "ne", "sur", "cordialement", "serveur", "ce", "cette", "qui", "que", "je", "aux", "du", "ne fonctionne", "et",
		"il", "lo", "gli", "che", "non", "con", "sono", "nostro", "nostra", "vostro", "grazie", "della", "nel", "dalle", "buongiorno", "sito", "questo", "di", "una", "del", "è",
		"el", "los", "las", "nuestro", "nuestra", "servidor", "gracias", "desde", "hola", "por", "está", "buenos", "días", "funciona", "urgente", "não", "nosso", "obrigado",
		"het", "een", "niet", "wij", "onze", "naar", "sinds", "bedankt", "graag", "zijn", "de", "van", "voor", "ik", "geen", "wordt", "kunnen", "jullie", "ook", "maar", "bij", "uur", "goedemorgen", "goedendag", "plat",
		"nie", "się", "jest", "proszę", "prosze", "dziękuję", "nasz", "nasza", "nasze", "serwer", "działa", "dziala", "że", "dla", "od rana", "dzień", "dobry", "pilne", "awaria", "od", "na",
		"není", "prosím", "náš", "naše", "jsou", "že", "nefunguje", "dobrý", "máme", "děkuji", "děkujeme", "ráno", "serveru", "výpadek",
		"nem", "az", "hogy", "és", "kérem", "kérjük", "köszönöm", "jó napot", "szerver*", "elérhető", "működik", "óta", "sürgős", "üdvözlettel",
		"och", "är", "inte", "att", "det", "på", "för", "som", "ett", "vår", "sedan", "hej", "tack", "ikke", "og", "vores", "jeg", "virker", "ingenting",
		"ve", "bir", "için", "değil", "lütfen", "sunucu", "merhaba", "nije", "smo", "molim", "hvala", "naš", "strežnik", "poslužitelj", "dobar dan", "nu", "este", "vă", "rugăm",
	},
)

const (
	german = iota
	english
	foreign
)

// language is "de" or "en" of what the sender wrote anew, or "" if it is neither for certain: such a
// mail is answered in both. What a machine wrote into it does not count. A text too short to tell is
// judged by subject, greeting and what it forwards, and then by the header.
func language(d *doc, found []finding) string {
	n, words := proseStops(&d.body, d.closing, found)
	if n[german]+n[english]+n[foreign] < 3 {
		for _, rest := range []string{d.subject, d.body.text[d.closing:], d.m.Signature} {
			rest = cut(rest, 200)
			addStops(&n, &words, rest, splitWords(rest))
		}
		if d.forward {
			f, w := proseStops(&d.passed, len(d.passed.text), found)
			for i := range n {
				n[i] += f[i]
			}
			words += w
		}
	}
	first, second, name := n[german], n[english], "de"
	if n[english] > n[german] {
		first, second, name = second, first, "en"
	}
	switch {
	case n[foreign] > first, n[foreign] > 0 && n[foreign] == first && first < 3:
		return ""
	case first == 0:
		return headerLanguage(d.m)
	case first == 1 && (second > 0 || name == "en"), 3*second > 2*first, 16*first < words:
		return ""
	}
	return name
}

// proseStops counts in what the sender wrote himself: not in error messages, log lines, traces and
// commands.
func proseStops(s *source, until int, found []finding) (n [3]int, total int) {
	for i, l := range s.lines {
		if l.from >= until || i > 400 {
			break
		}
		if l.blank || l.shape.stamped || l.shape.frame || l.shape.head || l.shape.command || covered(found, s, l.from+indent(l.text), l.to) {
			continue
		}
		prose := s.wordsIn(l.from, l.to)
		if touches(found, s, l.from, l.to) {
			prose = slices.DeleteFunc(slices.Clone(prose), func(w word) bool { return covered(found, s, w.from, w.to) })
		}
		addStops(&n, &total, s.text, prose)
	}
	return n, total
}

// addStops adds the stop words of a passage to n, and its words to total: those of letters only.
func addStops(n *[3]int, total *int, text string, words []word) {
	c := countStops(text, words)
	for i := range n {
		n[i] += c[i]
	}
	for _, w := range words {
		if !strings.ContainsAny(w.fold, "0123456789") && !inAddress(text, w) {
			*total++
		}
		if strings.ContainsFunc(text[w.from:w.to], foreignLetter) {
			n[foreign]++
		}
	}
}

// foreignLetter: no German or English word is written with it.
func foreignLetter(r rune) bool {
	if r < 0x80 || r == 'é' || r == 'è' || r == 'ê' || r == 'à' || r == 'á' || r == 'ç' {
		return false
	}
	return strings.ContainsRune("łőűřěůşğıąęćńżźśțșđčšžåøãõñŁŐŰŘĚŮŞĞĄĘĆŃŻŹŚȚȘĐČŠŽÅØ", r) || unicode.IsLetter(r) && !unicode.Is(unicode.Latin, r)
}

// likelierLanguage is for the line of parse, which knows no third answer.
func likelierLanguage(m *message.Mail) string {
	text := cut(m.Text, 16<<10) + "\n" + m.Subject
	if n := countStops(text, splitWords(text)); n[english] > n[german] {
		return "en"
	} else if l := headerLanguage(m); n[german] == 0 && l != "" {
		return l
	}
	return "de"
}

// headerLanguage asks the header when the words are silent: "de", "en" or "".
func headerLanguage(m *message.Mail) string {
	for _, name := range []string{"Content-Language", "Accept-Language"} {
		if v := foldText(m.Header.Get(name)); len(v) >= 2 && (v[:2] == "de" || v[:2] == "en") {
			return v[:2]
		}
	}
	return ""
}

// countStops counts the stop words of each language.
func countStops(text string, words []word) (n [3]int) {
	if len(words) > 3000 {
		words = words[:3000] // enough to tell
	}
	stopWords.find(words, func(m match) bool {
		if !inAddress(text, words[m.from]) {
			n[m.id]++
		}
		return true
	})
	return n
}

// inAddress: the "at" of firma.at is no English word.
func inAddress(text string, w word) bool {
	if w.from > 0 && strings.IndexByte(".@/:", text[w.from-1]) >= 0 {
		return true
	}
	return w.to+1 < len(text) && (text[w.to] == '@' || text[w.to] == '.' && isAlnum(text[w.to+1]))
}
