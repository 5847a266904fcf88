package message

import (
	"regexp"
	"strings"
)

// confided is what disclaimers say of a mail. A customer writes about mails, too, so "Empfänger" alone tells nothing.
const confided = `(?:vertraulich|rechtlich geschützt|gesetzlich geschützt|rechtsverbindlich|informationszweck|(?:für|an) .{2,80} (?:bestimmt|gerichtet)|bestimmt für|berufsgeheimnis)`

const confidedEn = `(?:confidential|privileged|legally protected|intended (?:only|solely|exclusively|for)|(?:sole|exclusive) use|legally binding)`

var disclaimer = regexp.MustCompile(`(?i)^[-–—*=_#\s]*(?:` + strings.Join([]string{
	`(?:wichtige[rs]? )?rechtliche[rs]? hinweise?\b`, `(?:wichtiger )?hinweis:? .{0,80}` + confided,
	`(?:bitte beachten sie,? dass )?(?:der inhalt )?diese[rs]? (?:e-?mail|mail|nachricht|mitteilung|information|schreiben)\b.{0,120}\b(?:ist|sind|kann|können|könnten?|enthält|enthalten|dient|dienen|informationen)\b.{0,120}` + confided,
	`(?:bitte beachten sie,? dass )?diese[rs]? (?:e-?mail|mail|nachricht|mitteilung)\b.{0,40}` + confided + `e (?:und|oder|informationen|inhalte)\b.{0,40}(?:enth|kann|information)`,
	`(?:der|die) (?:inhalt|information|angaben)\w* (?:dieser|in dieser) (?:e-?mail|nachricht|mitteilung).{0,200}(?:` + confided + `|verbindlich)`,
	`(?:sollten|wenn|falls) sie .{0,80}(?:nicht der|nicht als|irrtümlich|fälschlich|versehentlich).{0,80}(?:adressat|empfänger|erhalten)`,
	`(?:vertraulichkeitshinweis|haftungsausschluss|legal notice|disclaimer|confidentiality(?: notice| statement| note| warning)?)\s*(?::|$|[-–—_/|]|diese?|der|die|das|this|the|any)(?:\W|$)`,
	`privileged (?:and|&) confidential`, `confidential(?: and| &) privileged`,
	`aus (?:rechts|sicherheits)\S* (?:und|oder) \S*gründen`, `der austausch von nachrichten mit`, `rechtsgeschäftliche erklärungen`,
	`für (?:die )?(?:richtigkeit|vollständigkeit|sicherheit|unversehrtheit|schäden).{0,120}(?:haft|gewähr)`,
	`(?:any|the) (?:unauthori[sz]ed|unlawful) .{0,100}(?:e-?mail|message|information|material|forbidden|prohibited)`,
	`(?:any |the )?(?:views|opinions|statements)\b.{0,60}(?:expressed|contained|presented)\b.{0,80}(?:author|sender|own|necessarily|e-?mail|message)`,
	`although (?:this|we|the|all).{0,120}(?:virus|precaution)`,
	`e-?mail (?:transmissions?|communications?) (?:can ?not|is not|are not|may)`,
	`this (?:e-?mail|message|communication|transmission|mail)\b.{0,120}\b(?:is|are|may|might|contains?|containing)\b.{0,120}` + confidedEn,
	`the (?:information|content)s? (?:contained |transmitted )?(?:in|of|with|by) this (?:e-?mail|message|communication|transmission).{0,200}` + confidedEn,
	`if you (?:are not .{0,40}(?:intended|addressee|named)|(?:have )?received (?:this|it)\b.{0,60}(?:in error|by mistake|mistakenly))`,
	`(?:bitte )?(?:denken|prüfen|überlegen|schonen|schützen) sie .{0,60}(?:umwelt|bevor sie .{0,60}drucken|ob .{0,60}(?:ausgedruckt|ausdruck|gedruckt))`,
	`(?:please )?(?:consider|think|save|protect)\b.{0,80}(?:before (?:you )?print|paper\b|trees\b|print this)`, `(?:please )?consider (?:the|our|your) environment(?:$|[ .]{1,2}(?:before|and))`,
	`(?:bitte )?(?:drucken|papier).{0,40}(?:umwelt|sparen)`,
	`informationen? (?:zum|zur|über) (?:den )?(?:datenschutz|(?:die )?verarbeitung).{0,200}(?:finden|erhalten|unter|http|www|art)`,
	`(?:unsere |hinweise zum |die )?datenschutz(?:erklärung|hinweise|information)?\w*(?::| finden| erhalten| können sie| ist abrufbar| gemäß| unter (?:http|www)).{0,200}`,
	`wir verarbeiten (?:ihre )?(?:personenbezogene[n]? )daten`,
	`es gelten (?:ausschließlich )?(?:unsere )?(?:die )?(?:allgemeinen? geschäftsbedingungen|agb)`,
	`(?:die |jede )?(?:unbefugte|unerlaubte) .{0,40}(?:weitergabe|kopieren|verwendung|vervielfältigung|verbreitung)`,
	`you received this message because you are subscribed`, `to unsubscribe (?:send|from)`, `um sich (?:von|aus) .{0,60}abzumelden`,
}, "|") + `)`)

// troubled is what no footer says, but a customer who happens to write like one.
var troubled = regexp.MustCompile(`(?i)\b(?:funktionier\w*|kaputt|geh(?:t|en)? (?:auch |gar |noch )?(?:nicht|nimmer|ned|noch)|geht auch|kommt (?:nicht|jed|jetzt|nichts)|nichts|nicht mehr (?:zu|da|auf|erreich|möglich)|lehn(?:t|en)|abgelehnt|rejected|deferred|blocked|bounced?|exception|failed|fails|timeout|timed out|traceback|offline|is down|are down|still down|broken|lost|crash\w*|abgestürzt|ausgefallen|seit (?:heute|gestern)|(?:error|fehler|http|mit|alles|bringt|gets) [45]\d\d|[45]\d\d [a-z]+)\b`)

// cutFooters takes, from the end, the paragraphs and lines that are footers and disclaimers; and below
// the beginning of a disclaimer everything, for its later paragraphs look like any text.
func cutFooters(lines []string) (text, footers []string) {
	start := len(lines)
	paragraphs := 0
	for i := len(lines) - 1; i >= 0 && paragraphs < 14; i-- {
		if strings.TrimSpace(lines[i]) != "" {
			continue
		}
		paragraphs++
		if isDisclaimer(lines[i+1:]) && !saysMore(lines[i+1:]) {
			start = i + 1
		}
	}
	text, footers = lines[:start], lines[start:]
	if at := advertAt(text); at < len(text) {
		text, footers = lines[:at], lines[at:]
	}
	var kept, gone []string
	for _, l := range text {
		if !isMobileFooter(l) {
			kept = append(kept, l)
			continue
		}
		if n := len(kept) - 1; n >= 0 && isRuler(strings.TrimSpace(kept[n])) { // it only set the footer off
			kept, gone = kept[:n], append(gone, kept[n])
		}
		gone = append(gone, l)
	}
	return kept, append(gone, footers...)
}

// isDisclaimer looks at the paragraph that lines begin with.
func isDisclaimer(lines []string) bool {
	var p strings.Builder
	for _, l := range lines {
		if strings.TrimSpace(l) == "" && p.Len() > 0 {
			break
		}
		p.WriteString(strings.TrimSpace(l) + " ")
		if p.Len() > 500 {
			break
		}
	}
	s := strings.TrimSpace(p.String())
	return len(s) >= 10 && disclaimer.MatchString(s)
}

// saysMore says whether in or below a disclaimer somebody goes on writing to us.
func saysMore(lines []string) bool {
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if postscript.MatchString(l) || salutation.MatchString(l) || troubled.MatchString(l) {
			return true
		}
	}
	return false
}

// freeMailer are those who write an advertisement of their own below their users' mails; praise is what it says.
var (
	freeMailer = regexp.MustCompile(`(?i)\b(?:web\.de|gmx|freenet|t-online|telekom mail|yahoo|hotmail|msn|windows live|outlook\.com|aol|arcor|proton ?mail|proton|tuta|tutanota|posteo|mailbox\.org|mail\.de|mail\.ru|avast|avira|avg|eset|kaspersky|norton)\b|https?://|\bwww\.`)
	praise     = regexp.MustCompile(`(?i)\b(?:kostenlos\w*|gratis|freemail|free|club|postfächer|jetzt (?:testen|wechseln|anmelden|sichern|registrieren)|erste adresse|platz für|hier gelangen|zum neuen|search, organize|instantly|download today|sign up|werbefrei|sicherheit|secured?|viren\w*|virus(?:es)?|protected|geschützt)\b`)
)

// advertAt is where the advertisement of a free mailer begins: up to three lines at the end, below a
// ruler; without one they must begin with the mailer's name. It is len(lines) if there is none.
func advertAt(lines []string) int {
	end, words, size := len(lines), 0, 0
	for i := len(lines) - 1; i >= max(0, len(lines)-12) && words <= 3 && size < 500; i-- {
		size += len(lines[i])
		l := strings.TrimSpace(lines[i])
		ruled := len(l) > 1 && strings.Trim(l, "-–—_=*") == ""
		if l != "" && !ruled {
			words++
			if i > 0 {
				continue
			}
		}
		if words == 0 {
			continue
		}
		below := strings.TrimSpace(strings.Join(lines[i+1:], "\n"))
		name := freeMailer.FindStringIndex(below)
		if name == nil || !praise.MatchString(below) || saysMore(lines[i+1:]) {
			return end
		}
		if ruled {
			return i
		}
		if name[0] == 0 || strings.HasPrefix(strings.ToLower(below), "freemail ") {
			end = i + 1 // a ruler may stand above
		}
	}
	return end
}

// advert is what companies write below their contacts to win customers.
var advert = regexp.MustCompile(`(?i)^\W*(?:(?:besuchen?|treffen|folgen?|finden) (?:sie |du )?uns |(?:follow|visit|meet|find|join|like) us (?:on|at|in)\b|connect with (?:us|me) on|jetzt (?:bewerben|newsletter|termin)|wir suchen (?:verstärkung|mitarbeiter|dich)|we(?:'re| are) hiring|book a (?:demo|meeting|call)|(?:unsere )?(?:öffnungszeiten|bürozeiten|ordinationszeiten|geschäftszeiten)\b|(?:office|business|opening) hours\b)`)
