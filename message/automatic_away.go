package message

import (
	"regexp"
	"strings"
)

// What notes of absence share however they call the place: a verb of reading with mail as its object and a negation or a
// later time, no connection to the world, and a return.
var (
	readsMail = regexp.MustCompile(`\b(?:lese|lesen|les|schaue?n?|sehe|rufe|checke|check|checking|read|reading|look|looking|see|seeing|monitor\w*)\b.{0,45}\b(?:(?:e-?)?mails?|mailbox|postfach|nachrichten|inbox|messages?|nichts|everything|nothing)\b|` +
		`\b(?:(?:e-?)?mails?|postfach|nachrichten|inbox|messages?|mailbox)\b.{0,40}\b(?:lese|lesen|schaue?|sehe|read|check|checked|gelesen)\b`)
	notNow       = regexp.MustCompile(`\b(?:nichts?|keine?n?|erst|wieder|danach|vor dem|fruehestens|not|no|never|unable|cannot|until|when i|once i|after|nothing)\b|n't\b`)
	disconnected = regexp.MustCompile(`\b(?:ohne|keine?n?|kaum|without|no|little) (?:handy)?(?:netz|empfang|internet|signal|reception|connection|laptop|wifi|wlan|phone)\b|\boff[- ](?:the[- ])?grid\b|\b(?:telefon|handy|laptop|phone)\b.{0,25}\b(?:zu hause|daheim|zuhause|at home)\b`)
	returns      = regexp.MustCompile(`\bab (?:dem )?(?:\w+, )?(?:\d|montag|dienstag|mittwoch|donnerstag|freitag)[^.!?]{0,30}\bwieder\b|\b(?:melde|meld) mich (?:erst |fruehestens |wieder )|\bwhen i(?:'m| am| get) back\b|\bwenn ich zurueck\b`)
	departed     = regexp.MustCompile(`\b(?:hat|haben) (?:unser\w*|das|die|den) (?:unternehmen|firma|haus|betrieb|team|kanzlei|buero)\b.{0,40}\bverlassen\b|\b(?:left|leaves|has left|leaving) [\w& .-]{2,40} (?:on|in|as of|at the end) |\barbeitet\b.{0,30}\bnicht mehr\b|\bnicht mehr bei uns\b|\b(?:meinen|in den) ruhestand\b|\bin rente\b|\b(?:adresse|postfach|mailbox|address)\b.{0,40}\b(?:geloescht|abgeschaltet|closed|deleted)\b|\b(?:mailbox|inbox|address)\b.{0,20}\b(?:isn't|is not) (?:read|used|monitored)\b`)
	periods      = regexp.MustCompile(`\b(?:ende|anfang|mitte) (?:der|naechster|kommender) woche\b|\bend of (?:the|this) (?:week|month)\b|\b(?:monatsende|fronleichnam|pfingsten|ostern|silvester|neujahr|christi himmelfahrt|mariae? himmelfahrt|allerheiligen|easter|thanksgiving|new year)\b`)
	phoneNumber  = regexp.MustCompile(`(?:\+|\b0)\d[\d /()-]{6,}\d`)
	refersTo     = regexp.MustCompile(`\b(?:anrufen|rufen sie|ruf|wenden|schreiben|richten|ring|call|phone|contact|write to|ask|help|hilft|kuemmert|zustaendig|macht|weiss bescheid|ansprechpartner\w*|fuer sie da|is covering|covers|looks after|takes care)\b`)
	weakIf       = regexp.MustCompile(`\b(?:wenn (?:der|die|das|etwas|was|es|sonst)|wenn's|brennt|if (?:the|something|anything|it)|sollte)\b`)
)

// unreachable reports whether a folded sentence says that its writer does not read mail, or is cut off.
func unreachable(s string) bool {
	return readsMail.MatchString(s) && notNow.MatchString(s) || disconnected.MatchString(s)
}

// refers reports whether a folded sentence sends its reader to somebody else.
func refers(s string) bool {
	return strings.Contains(s, "@") || phoneNumber.MatchString(s) || refersTo.MatchString(s)
}

// withoutOurs is folded text without the addresses that the mail was sent to: who greets us by them refers to nobody.
func (v *view) withoutOurs(text string) string {
	for i, a := range v.To {
		if i < 5 && a.Address != "" {
			text = strings.ReplaceAll(text, fold(a.Address), "")
		}
	}
	return text
}

// besidesReferrals is folded text without the sentences that only send to somebody else: "Für Fragen zum Server wenden Sie
// sich an …", "Wenn der Shop brennt, bitte Dorli anrufen". In them, servers are named of which nothing is said.
func besidesReferrals(text string) string {
	var b strings.Builder
	for _, s := range sentences(text) {
		if !refers(s) {
			b.WriteString(s)
			b.WriteByte(' ')
		} else if addressPattern.MatchString(s) && refersTo.MatchString(s) {
			continue
		} else if at := weakIf.FindStringIndex(s); at != nil {
			b.WriteString(s[:at[0]])
			b.WriteByte(' ')
		} else {
			b.WriteString(withoutThings(s))
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// withoutThings is a folded sentence without the names of what may break.
func withoutThings(s string) string {
	for _, p := range thingPhrases {
		s = strings.ReplaceAll(s, p, " ")
	}
	return s
}

// Programs that want the sender to prove himself: they hold a mail of ours (1), let only known senders through (2), ask for
// a click (3), and for it once (4). The second is what phishing lacks.
var (
	holdsMail    = regexp.MustCompile(`\b(?:is|been|being) held\b|\bzurueckgehalten\b|\bnot (?:been |yet )?delivered\b|\bnot delivered yet\b|\bwartet\b|\bon hold\b|\bnoch nicht zugestellt\b|\bto deliver it\b|\bquarantine\b`)
	knownSenders = regexp.MustCompile(`\b(?:known|approved|allowed|trusted|authori[sz]ed|unknown|new) senders?\b|\b(?:bekannte|unbekannte|freigegebene|neue)[nr]? absender|\b(?:guest|white|allow|sender|contact)[ -]?list\b|\bonly (?:accepts?|lets?|receives?)\b|\baccepts (?:mail|e-?mail|messages?) from\b|\babsenderpruefung\b|\bsender verification\b|\bmail ?filter\b`)
	asksClick    = regexp.MustCompile(`\b(?:click|klick\w*|confirm\w*|bestaetig\w*|follow the link|reply to this)\b`)
	asksOnce     = regexp.MustCompile(`\b(?:once|only once|one[- ]time|asked again|einmal\w*|nicht (?:mehr|wieder|noch einmal) gefragt|(?:not confirmed|unconfirmed)|nach \d+ tagen|after \d+ days|within \d+ days)\b`)
)

func (v *view) challenges() bool {
	if !knownSenders.MatchString(v.text) || !asksClick.MatchString(v.text) {
		return false
	}
	return holdsMail.MatchString(v.text) || asksOnce.MatchString(v.text)
}

// ticketKey is what trackers put before the subject of a request: "FINOPS-40817 …", "INC0048812 …".
var ticketKey = regexp.MustCompile(`^(?:(?:re|aw): )?[\[(]?#?[a-z]{2,10}-?\d{3,}\b`)

// byTracker finds the acknowledgement of a program that has put its own number before our subject: a monitor answers no
// mail.
func byTracker(v *view) Automatic {
	if len(v.InReplyTo) == 0 {
		return human()
	}
	s := fold(v.Subject)
	if ticketKey.MatchString(s) && !ownTicket.MatchString(s[:min(len(s), 16)]) && v.statesMachine() {
		return wording(AutoReply, "subject", ticketKey.FindString(s))
	}
	return human()
}
