package message

import (
	"regexp"
	"strings"
)

// closedLimit is how long a note that a company is closed is at most, folded, in bytes.
const closedLimit = 900

// What the sentences of such a note say, folded: that the house is shut, that it is open on some days only, what becomes
// of the mail, and the wishes around it.
var (
	shut = regexp.MustCompile(`\b(?:sommer|winter|saison|weihnachts|zwischen|oster|mittags)pause\b|\b(?:betriebs|werks|firmen|weihnachts|oster|sommer|winter|semester|herbst)ferien\b|\b(?:betriebs|firmen)(?:urlaub|ausflug|versammlung|ruhe|feier)\b|\binventur\b|\b(?:fenster|bruecken)tag|\bwir (?:uebersiedeln|ziehen um)\b|` +
		`\b(?:ist|sind|bleibt|bleiben|haben|halten|hat)\b[^?]*\b(?:geschlossen|nicht besetzt|unbesetzt|zu|nicht erreichbar|nur eingeschraenkt)\b|\b(?:geschlossen|nicht besetzt|unbesetzt)\b[^?]*\b(?:ist|sind|bleibt|bleiben)\b|\bniemand im (?:buero|haus)\b|` +
		`\b(?:is|are|'re|be|remains?) (?:closed|shut|shutting down)\b|\b(?:summer|winter|annual|christmas|holiday|factory) (?:shutdown|closure|break|recess)\b|\b(?:bank|public) holiday\b|\b(?:company|team|annual|all-hands) (?:offsite|away day|retreat|outing)\b`)
	// The house itself is shut where only an adjective says so, and not a port or a shop on the web.
	pauses   = regexp.MustCompile(`pause|ferien|urlaub|ausflug|versammlung|ruhe|feier|inventur|(?:fenster|bruecken)tag|uebersiedeln|ziehen um|shutdown|closure|break|recess|holiday|offsite|away day|retreat|outing`)
	house    = regexp.MustCompile(`\b(?:wir|uns|we|our|unser\w*|(?:das|die|der) (?:buero|kanzlei|praxis|ordination|betrieb|geschaeft|firma|sekretariat|verwaltung|werkstatt|gemeindeamt|amt|schule|hotel|gasthaus|apotheke|filiale)|the (?:office|plant|company|practice|school|clinic|hotel))\b`)
	openDays = regexp.MustCompile(`\b(?:ich arbeite|arbeite ich|meine arbeitstage|meine arbeitszeiten|meine buerozeiten|ich bin nur|i work|my working (?:days|hours)|i only work|i am only in)\b[^?]*\b(?:montag|dienstag|mittwoch|donnerstag|freitag|mo|di|mi|do|fr|vormittags|nachmittags|monday|tuesday|wednesday|thursday|friday|mon|tue|mornings|part[- ]time|teilzeit)`)
	opens    = regexp.MustCompile(`\bwieder (?:\w+ ){0,4}(?:da|erreichbar|geoeffnet|besetzt|zurueck|im (?:buero|betrieb|geschaeft))\b|\b(?:oeffnen|starten) (?:wir )?wieder\b|\bwieder (?:fuer (?:sie|euch|dich)|ab|am|im)\b|\breopen|\bback (?:on|at|in|from)\b|\bopen again\b|\bopens? (?:on|at)\b`)
	mailWill = regexp.MustCompile(`\b(?:bearbeit|beantwort|antwort|lesen|liest|gelesen|kuemmern|melden wir|erledigen|ausgeliefert|ausliefer|versenden|versandt|verschickt)\w*[^?]*\b(?:danach|nachher|anschliessend|ab (?:dem )?\d|ab \w+tag|am naechsten|der reihe nach|laufend|spaeter|einige tage|etwas laenger|nach (?:unserer|meiner) rueckkehr|naechsten?)\b|\b(?:danach|nachher|anschliessend|ab (?:dem )?\d|ab \w+tag|am naechsten)[^?]*\b(?:bearbeit|beantwort|antwort|lesen|gelesen|kuemmern|melden|ausgeliefert|versandt)|` +
		`\b(?:laenger dauern|tage dauern|spaeter als gewohnt|mit verzoegerung|bitten? um (?:ihr |euer )?(?:verstaendnis|geduld)|danke? fuer (?:ihr|euer) verstaendnis)\b|\bwill (?:be )?(?:pick(?:ed)? up|answer|repl|respond|process|deal|get back|read|handle)|\b(?:replies|responses?) (?:will|may) be (?:slow|delayed)|\b(?:vertretung|notdienst|pikett\w*|bereitschaft\w*)\b`)
	wishes = regexp.MustCompile(`\b(?:frohe|schoene|erholsame|happy|merry|enjoy|wuensch\w+|wish\w*|festtage|feiertage|saisonpause|sommerpause|dank|danke|thanks?|thank you|liebe[r]? |sehr geehrte|guten tag|gruezi|gruesse|regards|hello|hallo|dear)\b`)
	// toStaff speaks to those who work on a ticket: no program does.
	toStaff = regexp.MustCompile(`\bihr koennt (?:den|die|das|also|ruhig|gern|gerne|es|jetzt|schon|das)\b|\b(?:koennt|habt|sollt|muesst|duerft) ihr\b|\bsie koennen (?:den|also|ruhig|es|jetzt)\b|\byou can (?:go|do|restart|reboot|take|swap|replace|work)\b|\bfeel free to (?:re|swap|take|work|do)|\bplease (?:get|fix|go ahead|restart|reboot)\b|\bvorher muss|\bbis dahin (?:muss|sollte|brauch)|\bbefore then\b|\b(?:laeuft|geht|funktioniert|klappt|rennt) (?:jetzt )?wieder\b|\b(?:works|working|running) again\b|\bgemeinsam\b|\bweil\b|\bbecause\b`)
)

// closedNote finds the note of a company that is closed, or of somebody who works on some days only, by what its few
// sentences say: that the house is shut, when it opens or what becomes of the mail, and next to nothing else.
func (v *view) closedNote() (string, bool) {
	if len(v.text) > closedLimit || !v.answersSomething(v.subject) || strings.Contains(v.text, "?") || toStaff.MatchString(v.text) {
		return "", false
	}
	var isShut, part, comes bool
	other, why := 0, ""
	rest := make([]string, 0, 4)
	for _, s := range sentences(v.text) {
		closed, days := shut.FindString(s), openDays.FindString(s)
		opening := opens.MatchString(s) || mailWill.MatchString(s)
		switch {
		case closed != "" && (pauses.MatchString(closed) || house.MatchString(s)):
			isShut, why = true, closed
			comes = comes || datePattern.MatchString(s) || periods.MatchString(s)
		case days != "":
			part, why = true, days
		case !opening:
			if len(strings.Fields(s)) > 3 && !wishes.MatchString(s) {
				other++
			}
			rest = append(rest, s)
		}
		comes = comes || opening
	}
	if !(isShut || part) || !comes || other > 1 || isShut && v.speaksAsOne() {
		return "", false
	}
	hits := textPhrases.in(" " + unconditional(strings.Join(rest, " ")))
	for _, l := range []phraseList{saysNeed, saysTrouble, saysHuman} {
		if _, ok := textPhrases.first(&hits, l); ok {
			return "", false
		}
	}
	hits = textPhrases.in(" " + unconditional(besidesReferrals(v.text)))
	if _, ok := textPhrases.first(&hits, namesThing); ok {
		return "", false
	}
	if len(why) > 60 {
		why = strings.ToValidUTF8(why[:60], "")
	}
	return why, !v.closedByTrouble()
}

// closedByTrouble: what is shut is not the house, or for a fault: "Port 443 ist geschlossen", "until the till works".
func (v *view) closedByTrouble() bool {
	hits := textPhrases.in(" " + unconditional(v.text))
	n, p := textPhrases.count(&hits, saysTrouble)
	return n > 1 || n == 1 && p != "niemand"
}
