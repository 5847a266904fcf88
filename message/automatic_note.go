package message

import (
	"regexp"
	"slices"
	"strings"
)

// noteLimit is how long a note of an autoresponder is at most, folded, in bytes.
const noteLimit = 1800

// byNote finds what autoresponders write that say nothing of themselves in header or subject: a short
// mail that as a whole is a note of absence, or the acknowledgement of another ticket system. A human
// who is away reports what is broken, or asks for something, and that is looked for first.
func byNote(v *view) Automatic {
	if v.forwarded || len(v.text) > noteLimit {
		return human()
	}
	if p, ok := find(v.subject, thirdAway); ok && (v.text == "" || v.has(saysMachine) || v.has(saysAbsence)) && !v.inTrouble(true) {
		return wording(AutoReply, "subject", p)
	}
	if p, ok := v.absenceNote(); ok {
		return wording(AutoReply, "text", p)
	}
	if p, ok := v.acknowledgement(); ok {
		return wording(AutoReply, "text", p)
	}
	return human()
}

// absenceNote: the writer is away, and says until when, and who stands in, or what becomes of mail.
func (v *view) absenceNote() (string, bool) {
	p := ""
	for _, s := range sentences(v.text) {
		if !partOfNote(s) {
			return "", false // something else is said as well, and only a human does
		}
		if a, ok := find(s, absencePhrases); ok && inWords(s, awaySelf) {
			p = a
		} else if a, ok := find(s, closedPhrases); ok && (inWords(s, closedSelf) || inWords(s, awaySelf)) {
			p = a
		}
	}
	if p == "" {
		return "", false
	}
	company := 0
	for _, l := range [][]string{absenceCompany, noteCompany} {
		for _, c := range l {
			if strings.Contains(v.text, c) {
				company++
			}
		}
	}
	dated := datePattern.MatchString(v.text)
	if !(dated && company > 0 || dated && v.answersSomething(v.subject) || company > 1) {
		return "", false
	}
	return p, !v.inTrouble(true)
}

// partOfNote reports whether a sentence is what notes of absence consist of, or too short to say more.
func partOfNote(s string) bool {
	if len(strings.Fields(s)) < 3 {
		return true
	}
	for _, l := range [][]string{absencePhrases, closedPhrases, absenceCompany, noteCompany, conditions, machinePhrases, courtesies} {
		if inWords(s, l) {
			return true
		}
	}
	return false
}

// acknowledgement: what other ticket systems say of a mail that they received. One such phrase is
// enough under the number that such a system puts into the subject; else it takes two.
func (v *view) acknowledgement() (string, bool) {
	n, p := v.count(saysReceived)
	if n == 0 || n == 1 && !foreignTicket(v.Subject) {
		return "", false
	}
	if v.speaksAsOne() || n == 1 && v.denies() {
		return "", false
	}
	return p, !v.inTrouble(false)
}

// speaksAsOne: an I is in the text; ticket systems say we.
func (v *view) speaksAsOne() bool {
	return hasWord(v.text, "ich", "mich", "mir", "mein", "i", "i'm", "me", "my")
}

// denies: something is not, or not done; and no program asks not to be answered.
func (v *view) denies() bool {
	return !v.has(saysMachine) && hasWord(v.text, "nicht", "nichts", "kein", "keine", "keinen", "not", "no", "can't", "cannot", "won't")
}

// hasWord reports whether one of words stands in folded text as a word.
func hasWord(text string, words ...string) bool {
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r == '\'') }) {
		if slices.Contains(words, w) {
			return true
		}
	}
	return false
}

// inTrouble reports whether the text says outside its conditions ("in dringenden Fällen …") that
// something is broken, or asks for help. things: naming what could be broken is enough.
func (v *view) inTrouble(things bool) bool {
	hits := textPhrases.in(unconditional(v.text))
	for _, l := range []phraseList{saysNeed, saysTrouble, saysHuman} {
		if _, ok := textPhrases.first(&hits, l); ok {
			return true
		}
	}
	_, thing := textPhrases.first(&hits, namesThing)
	return things && thing
}

// sentences of folded text. The dot of a date or an ordinal, behind one or two digits, ends none.
func sentences(text string) []string {
	var out []string
	from := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i] {
		case '.', '!', '?', ';':
			if text[i+1] == ' ' && !(text[i] == '.' && ordinal(text[from:i])) {
				out = append(out, text[from:i+1])
				from = i + 1
			}
		}
	}
	return append(out, text[from:])
}

// ordinal reports whether text ends in a number of one or two digits.
func ordinal(text string) bool {
	n := len(text) - len(strings.TrimRight(text, "0123456789"))
	return n == 1 || n == 2
}

// unconditional is folded text without what follows a condition in its sentence.
func unconditional(text string) string {
	var b strings.Builder
	for _, s := range sentences(text) {
		end := len(s)
		for _, c := range conditions {
			if i := strings.Index(s, c); i >= 0 && i < end {
				end = i
			}
		}
		b.WriteString(s[:end])
		b.WriteByte(' ')
	}
	return b.String()
}

// foreignTicket reports whether a subject carries the number of a ticket system that is not ours.
func foreignTicket(subject string) bool {
	for _, t := range ticketPattern.FindAllString(fold(subject), 4) {
		if !ownTicket.MatchString(t) {
			return true
		}
	}
	return false
}

var (
	// [Case 12345], (HELP-12), [#4711], [Ticket#2026031110000271], "Ticket 4711", "Anfrage Nr. 17".
	ticketPattern = regexp.MustCompile(`[\[(](?:[a-z]+[ :#-]*){0,2}#?\d{2,}[\])]|\b(?:ticket|case|request|incident|anfrage|vorgang|fall)(?: nr\.?| no\.?| id)?[ :#-]*\d{2,}|#\d{3,}`)
	ownTicket     = regexp.MustCompile(`\bn[se]-\d+`)
	datePattern   = regexp.MustCompile(`\b\d{1,2}\. ?\d{1,2}\.|\b\d{4}-\d\d-\d\d\b|\b\d{1,2}/\d{1,2}\b|\b\d{1,2}(?:st|nd|rd|th)\b|` +
		`\b(?:januar|jaenner|februar|maerz|april|mai|juni|juli|august|september|oktober|november|dezember|january|february|march|may|june|july|october|december)\b|` +
		`\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|` +
		`\b(?:naechste|kommende)[nr]? woche\b|\bnext week\b|\bbis auf weiteres\b|\buntil further notice\b|\bkw ?\d`)
)

// thirdAway stand in subjects that name somebody: "Max Muster ist außer Haus: …".
var thirdAway = []string{
	"ist ausser haus", "ist nicht im buero", "ist nicht im haus", "ist abwesend", "ist derzeit abwesend", "ist im urlaub", "ist auf urlaub", "ist derzeit nicht", "ist zurzeit nicht", "befindet sich im urlaub",
	"is out of the office", "is out of office", "is currently out", "is on vacation", "is on holiday", "is on leave", "is on annual leave", "is away", "est absent", "est en conge", "e in ferie", "e fuori",
}

// closedPhrases and closedSelf: the office as a whole is away.
var (
	closedPhrases = []string{"betriebsurlaub", "betriebsferien", "geschlossen", "nicht besetzt", "is closed", "be closed", "are closed", "remain closed", "shut down for", "not staffed", "nicht am arbeitsplatz", "nicht an meinem arbeitsplatz", "auf reisen", "im ausland", "nicht im dienst", "dienstfrei", "travelling", "traveling", "away until", "be away", "out until", "out today", "nicht erreichbar", "est ferme", "sommes fermes", "siamo chiusi", "e chiuso"}
	closedSelf    = []string{
		"unser buero", "unsere bueros", "das buero", "unsere kanzlei", "die kanzlei", "unsere ordination", "die ordination", "unsere firma", "unser betrieb", "unser unternehmen", "unsere praxis", "wir haben", "wir sind", "ich habe", "habe ich", "our office", "our offices", "the office", "our company", "we are", "we're", "we will be", "i have", "i will", "notre bureau", "nos bureaux", "il nostro ufficio",
	}
)

// noteCompany stands beside an absence, in addition to absenceCompany: what becomes of mail, who
// stands in, and when the writer returns.
var noteCompany = []string{
	"weitergeleitet", "weiterleitung", "nicht bearbeitet", "nicht beantwort", "erst danach", "erst nach", "vertretung", "vertreten", "meine kollegin", "meinen kollegen", "mein kollege", "meiner kollegin", "meinem kollegen", "unser team erreichen", "wieder da", "wieder zur verfuegung", "wieder fuer sie", "ab dann wieder", "melde mich", "bitte um geduld", "verstaendnis", "eingeschraenkt", "bei dringend",
	"will return", "return on", "returning", "back on", "be back", "back in the office", "my colleague", "my colleagues", "in the meantime", "not be forwarded", "not forwarded", "no access", "limited access", "not be read", "not read", "respond to your", "reply to your", "get back to you", "as soon as i", "reopen", "open again", "urgent",
}

// courtesies are the sentences around a note.
var courtesies = []string{
	"sehr geehrte", "guten tag", "guten morgen", "gruess gott", "freundlich", "gruss", "gruesse", "danke", "dank ", "wuensch", "weihnacht", "feiertag", "bitte wenden", "kontaktieren", "erreichen sie", "unter der nummer", "dear ", "hello", "regards", "thank", "wish", "season", "please contact", "please call", "contact ", "sorry", "apolog", "bonjour", "cordialement", "merci", "buongiorno", "saluti", "grazie",
}

// conditions begin what a note says for the case that something is urgent.
var conditions = []string{
	"in dringenden", "in dringlichen", "in wichtigen", "in notfaellen", "im notfall", "in eiligen", "im dringenden", "bei dringenden", "bei dringlichen", "bei notfaellen", "bei stoerungen", "bei problemen", "bei technischen", "bei serverproblemen", "bei ausfaellen", "bei einem ausfall", "bei fragen", "bei einer stoerung", "bei support", "fuer dringende", "fuer notfaelle", "fuer technische", "fuer stoerungen", "sollte es", "sollten sie", "falls ", "wenn es dringend", "wenn sie dringend", "haben sie ein dringendes",
	"for urgent", "in urgent", "for anything urgent", "for any urgent", "if it is urgent", "if it's urgent", "if this is urgent", "if urgent", "if your", "if you ", "in case of", "in an emergency", "for emergencies", "in emergencies", "for immediate", "for technical", "for server", "for support", "should you", "en cas d", "in caso di", "per urgenze", "pour toute urgence",
}

// troublePhrases say that something is broken, thingPhrases name what may be.
var (
	troublePhrases = []string{
		"offline", "ausfall", "ausgefallen", "outage", "stoerung", "kaputt", " down ", " down.", " down,", " down!", "geht nicht", "geht nichts", "geht nix", "geht immer noch", "noch immer", "immer noch", "noch nicht", "geht gar", "gehen nicht", "funktioniert", "laeuft nicht", "laeuft noch", "fehlermeldung", "antwortet nicht", "reagiert nicht", "timeout", "unreachable", "not reachable", "not responding", "not working", "doesn't work", "does not work", "doesn't start", "still ", "abgestuerzt", "crashed", "gehackt", "hacked", "nichts mehr", "steht seit", "steht still", "seit stunden", "ist tot", " tot,", " tot.", " tot!", "ist weg", "sind weg", "is gone", "are gone", "is dead", "losing", "verlieren", "verschluesselt", "locked out", "ausgesperrt", "weisse seite", "leere seite", "blank page",
		"en panne", "ne fonctionne", "ne repond", "non funziona", "non risponde",
	}
	thingPhrases = []string{
		"server", "website", "webseite", "web site", "homepage", "webshop", "unser shop", "online-shop", "onlineshop", "datenbank", "database", "exchange", " vpn", "https://", "festplatte", "backup", "serveur", "rueckruf", "ruckruf", "problem",
	}
	// humanPhrases are what no program says of an absence: it begins tomorrow.
	humanPhrases = []string{
		"ab morgen", "ab heute", "ab uebermorgen", "from tomorrow", "as of tomorrow", "starting tomorrow", "ruft mich", "rufen sie mich", "bitte um anruf", "um rueckruf", "call me", "anbei ", "im anhang", "attached", "wie besprochen", "wie telefonisch", "as discussed", "koennten sie", "koennen wir", "could you", "can you", "can we",
	}
)
