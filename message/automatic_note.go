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
	if p, ok := v.says(saysChallenge); ok && !v.inTrouble(false) {
		return wording(AutoReply, "text", p)
	}
	if v.challenges() {
		return wording(AutoReply, "text", "a sender has to confirm himself")
	}
	if p, ok := v.closedNote(); ok {
		return wording(AutoReply, "text", p)
	}
	if p, ok := v.absenceNote(); ok && !toStaff.MatchString(v.text) {
		return wording(AutoReply, "text", p)
	}
	if p, ok := v.acknowledgement(); ok {
		return wording(AutoReply, "text", p)
	}
	return human()
}

// absenceNote weighs what the sentences of a text say of an absence: that the writer is away or gone,
// until when, who stands in, and what becomes of mail. A sentence of something else weighs against it:
// only a human says it.
func (v *view) absenceNote() (string, bool) {
	if !v.has(saysAbsence) && !v.has(saysElsewhere) && !v.has(saysGone) && !v.has(saysUnread) && !v.has(saysNoteCompany) && !v.has(saysCompany) && !v.answersSomething(v.subject) && !departed.MatchString(v.text) {
		return "", false
	}
	var n noteWeight
	for _, p := range absenceWeakSubjects {
		if strings.HasPrefix(v.subject, p) {
			n.away, n.phrase = true, p
		}
	}
	list := sentences(v.withoutOurs(v.text))
	for i, s := range list {
		if i == 0 || i < len(list)-1 || len(strings.Fields(s)) > 4 { // "Buen camino, Anneliese Kolb"
			n.add(s)
		}
	}
	need := 4
	if v.answersSomething(v.subject) {
		need = 3
	}
	if n.third && !n.away && (n.sum() < 4 || v.speaksAsOne() || hasWord(v.text, "wir", "we")) {
		return "", false // a colleague's mail about somebody else
	}
	if n.phrase == "" || n.sum() < need {
		return "", false
	}
	return n.phrase, !v.inTrouble(true)
}

// noteWeight is what was found in the sentences of a note.
type noteWeight struct {
	away, gone, unread, dated bool
	third                     bool // somebody who is named is away
	company, other            int
	phrase                    string // what made it a note
}

// add weighs one folded sentence.
func (n *noteWeight) add(s string) {
	hits := textPhrases.in(s)
	has := func(l phraseList) bool { _, ok := textPhrases.first(&hits, l); return ok }
	dated := datePattern.MatchString(s) || periods.MatchString(s)
	p, ok := textPhrases.first(&hits, saysAbsence)
	if !ok {
		p, ok = textPhrases.first(&hits, saysElsewhere)
	}
	self := has(saysAway) || has(saysClosedSelf) || startsSelf(s) || hasWord(s, "ich", "i", "i'm")
	cut, left := unreachable(s), departed.MatchString(s)
	switch {
	case ok && self:
		n.away = true
	case self && dated && has(saysUntil) && !has(saysPresent):
		n.away, p = true, "until" // whatever keeps him away
	case has(saysGone):
		n.gone = true
		p, _ = textPhrases.first(&hits, saysGone)
	case left:
		n.gone, p = true, "left"
	case ok:
		n.third = true
	case cut:
		p = "unreachable"
	case has(saysUnread):
		p, _ = textPhrases.first(&hits, saysUnread)
	default:
		p = ""
	}
	if p != "" && n.phrase == "" {
		n.phrase = p
	}
	n.dated = n.dated || dated
	n.unread = n.unread || has(saysUnread) || cut
	c1, _ := textPhrases.count(&hits, saysCompany)
	c2, _ := textPhrases.count(&hits, saysNoteCompany)
	n.company += c1 + c2
	if c1+c2 == 0 && (refers(s) || returns.MatchString(s) || hasWord(s, "herr", "herrn", "hr", "frau", "fr", "mr", "mrs", "ms", "mme")) {
		c1 = 1 // whoever stands in
		n.company++
	}
	known := ok || cut || p != "" || c1+c2 > 0 || has(saysUnread) || has(saysCondition) || has(saysCourtesy) || has(saysMachine)
	if !known && len(strings.Fields(s)) > 2 {
		n.other++
	}
}

func (n *noteWeight) sum() int {
	w := min(n.company, 2) - 2*n.other
	for _, x := range []struct {
		is     bool
		weight int
	}{{n.away, 2}, {n.gone, 2}, {n.unread, 2}, {n.dated, 1}, {n.third, 1}} {
		if x.is {
			w += x.weight
		}
	}
	return w
}

// startsSelf: notes begin without an I, too ("Bin bis 1.11. in Elternzeit", "ooo until Monday").
func startsSelf(s string) bool {
	s = strings.TrimLeft(s, " ")
	for _, p := range []string{"bin ", "sind ", "ooo ", "out of ", "away ", "on leave", "on vacation", "abwesend", "nicht im ", "im urlaub", "auf urlaub", "urlaub ", "wieder "} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// acknowledgement: what other ticket systems say of a mail that they received. One such phrase is
// enough under the number that such a system puts into the subject; else it takes two.
func (v *view) acknowledgement() (string, bool) {
	n, p := v.count(saysReceived)
	if w, ok := v.receives(); ok {
		if n == 0 {
			n, p = 1, w
		}
		if v.has(saysPromise) || v.has(saysTimely) {
			n++
		}
	}
	if v.has(saysTimely) && v.has(saysAnswer) {
		if w, ok := v.says(saysThanks); ok {
			n, p = n+2, w
		} else if n > 0 {
			n++
		}
	}
	if n == 0 || n == 1 && !foreignTicket(v.Subject) {
		return "", false
	}
	if v.speaksAsOne() || n == 1 && v.denies() {
		return "", false
	}
	return p, !v.inTrouble(false)
}

// receives reports whether one sentence says that something of ours (your request, your message) has
// been received, recorded or opened.
func (v *view) receives() (string, bool) {
	if !v.has(saysYours) || !v.has(saysRecorded) {
		return "", false
	}
	for _, s := range sentences(v.text) {
		hits := textPhrases.in(s)
		_, yours := textPhrases.first(&hits, saysYours)
		if p, ok := textPhrases.first(&hits, saysRecorded); ok && yours {
			return p, true
		}
	}
	return "", false
}

// speaksAsOne: an I is in the text; ticket systems say we.
func (v *view) speaksAsOne() bool {
	return hasWord(v.text, "ich", "mich", "mir", "mein", "i", "i'm", "me", "my")
}

// denies: something is not, or not done; and no program asks not to be answered.
func (v *view) denies() bool {
	return !v.has(saysMachine) && hasWord(withoutQuotes(v.text), "nicht", "nichts", "kein", "keine", "keinen", "not", "no", "can't", "cannot", "won't")
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
	text := unconditional(v.withoutOurs(v.text))
	if things {
		text = besidesReferrals(text)
	}
	hits := textPhrases.in(" " + text)
	for _, l := range []phraseList{saysNeed, saysTrouble, saysHuman} {
		if _, ok := textPhrases.first(&hits, l); ok {
			return true
		}
	}
	_, thing := textPhrases.first(&hits, namesThing)
	return things && thing
}

// sentences of folded text. The dot of a date, an ordinal or an abbreviation ends none.
func sentences(text string) []string {
	var out []string
	from := 0
	for i := 0; i+1 < len(text); i++ {
		switch text[i] {
		case '.', '!', '?', ';':
			if text[i+1] == ' ' && !(text[i] == '.' && (ordinal(text[from:i]) || abbreviated(text[from:i]))) {
				out = append(out, text[from:i+1])
				from = i + 1
			}
		}
	}
	return append(out, text[from:])
}

// abbreviated reports whether text ends in a title or another word that is written with a dot.
func abbreviated(text string) bool {
	switch strings.TrimLeft(text[strings.LastIndexByte(text, ' ')+1:], "(") {
	case "hr", "hrn", "fr", "tel", "dr", "mag", "di", "ing", "dipl", "prof", "nr", "bzw", "ca", "inkl", "einschl", "voraussichtl", "st", "mr", "mrs", "ms", "ext", "no", "m", "mme", "sig", "z.b", "u.a", "d.h", "e.g", "i.e", "mob", "fa", "str":
		return true
	}
	return false
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
	ticketPattern    = regexp.MustCompile(`[\[(]#?(?:[a-z]+[ :#-]*){0,2}#?\d{2,}[\])]|\b(?:ticket|case|request|incident|anfrage|vorgang|fall)(?: nr\.?| no\.?| id)?[ :#-]*\d{2,}|#\d{3,}`)
	ownTicket        = regexp.MustCompile(`\bn[se]-\d+`)
	recipientPattern = regexp.MustCompile(`[\w.+-]+@[\w-]+\.\w|\+\d[\d /-]{6}|\b[45]\d\d[ -][45]\.\d\.\d`)
	addressPattern   = regexp.MustCompile(`[\w.+-]+@[\w-]+\.\w`)
	datePattern      = regexp.MustCompile(`\b\d{1,2}\. ?\d{1,2}\.|\b\d{4}-\d\d-\d\d\b|\b\d{1,2}/\d{1,2}\b|\b\d{1,2}(?:st|nd|rd|th)\b|` +
		`\b(?:januar|jaenner|februar|maerz|april|mai|juni|juli|august|september|oktober|november|dezember|january|february|march|may|june|july|october|december)\b|` +
		`\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b|` +
		`\b(?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre|lundi|lunedi|augustus|maart|mei|juni)\b|` +
		`\b(?:jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez|easter|ostern|weihnachten|christmas)\b|` +
		`\b(?:naechste|kommende)[nr]? woche\b|\b(?:next|this) week\b|\bdiese[r]? woche\b|\bnotice\b|\bbis auf weiteres\b|\buntil further notice\b|\bkw ?\d`)
)
