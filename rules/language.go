package rules

import (
	"strings"

	"notfalld/message"
)

// stopWords are the most frequent words of a language that the others do not share.
var stopWords = newLexicon(
	[]string{"der", "die", "das", "und", "ist", "nicht", "wir", "ich", "mit", "auf", "den", "dem", "ein", "eine", "einen", "bei", "von", "zu", "fuer", "auch", "noch", "nur", "seit", "sie", "uns", "unser", "unsere", "bitte", "haben", "hat", "geht", "kein", "keine", "keiner", "mehr", "sich", "aber", "wird", "werden", "wurde", "kann", "koennen", "im", "am", "um", "aus", "nach", "wie", "danke", "gruss", "gruesse", "hallo", "guten", "liebe", "liebes", "sehr", "geehrte", "schon", "jetzt", "heute", "gestern", "oder", "wenn", "dass", "einer", "eines", "einem", "zum", "zur", "vom", "sind", "ihr", "ihre", "mir", "mich", "euch", "dringend", "notfall", "nix", "net", "leider", "alle", "alles", "keinen", "ueber", "lg", "mfg", "rueckruf", "anrufen", "fehler", "kundennummer", "aenderungen"},
	[]string{"the", "and", "is", "not", "we", "our", "you", "your", "with", "for", "this", "that", "are", "it", "of", "to", "has", "have", "from", "be", "can", "no", "please", "i", "my", "but", "since", "all", "any", "what", "when", "been", "does", "cannot", "can't", "it's", "us", "at", "by", "as", "there", "they", "thanks", "regards", "hello", "hi", "changes", "reproduce", "customer", "urgent", "help", "every", "nothing", "after", "on", "call", "still", "would", "which", "will", "just", "me", "an", "a"},
	[]string{"le", "les", "et", "est", "nous", "vous", "notre", "votre", "pas", "avec", "pour", "une", "depuis", "bonjour", "merci", "sont", "dans", "plus", "ne", "sur", "cordialement", "serveur",
		"il", "lo", "gli", "che", "non", "con", "per", "sono", "nostro", "vostro", "grazie", "della", "nel", "dalle", "buongiorno", "sito",
		"el", "los", "las", "y", "es", "nuestro", "servidor", "gracias", "desde", "hola", "por",
		"het", "een", "niet", "wij", "onze", "naar", "sinds", "bedankt", "hallo", "graag", "zijn"},
)

const (
	german = iota
	english
	foreign
)

// language is "de" or "en" of the new text, or "" if it is neither for certain. A text too short to
// tell is judged by subject and signature, and in doubt by the country of the service.
func language(d *doc) string {
	n := countStops(d.body.text, d.body.words)
	if n[german]+n[english]+n[foreign] < 4 {
		rest := d.m.Subject + "\n" + cut(d.m.Signature, 4<<10) + "\n" + cut(d.m.Forwarded, 4<<10)
		s := countStops(rest, splitWords(rest))
		for i := range n {
			n[i] += s[i]
		}
	}
	if n[foreign] >= 5 && n[foreign] > 2*(n[german]+n[english]) {
		return ""
	}
	if n[english] > n[german] {
		return "en"
	}
	if n[german] > 0 {
		return "de"
	}
	return hinted(d.m)
}

// likelierLanguage is for the line of parse, which knows no third answer.
func likelierLanguage(m *message.Mail) string {
	text := cut(m.Text, 16<<10) + "\n" + m.Subject
	if n := countStops(text, splitWords(text)); n[english] > n[german] {
		return "en"
	}
	return hinted(m)
}

// hinted asks the header when the words are silent.
func hinted(m *message.Mail) string {
	for _, name := range []string{"Content-Language", "Accept-Language"} {
		if v := foldText(m.Header.Get(name)); len(v) >= 2 && (v[:2] == "de" || v[:2] == "en") {
			return v[:2]
		}
	}
	return "de"
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
