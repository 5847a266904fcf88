package message

import (
	"regexp"
	"strings"
)

// splitSignature parts the sender's words from what their client, company or gateway added: signature,
// mobile footer, disclaimer, list footer, banner. When in doubt a line stays text.
func splitSignature(lines []string) (text, signature []string) {
	lines, banner := cutBanner(lines)
	lines, dashed := cutDashed(lines)
	lines, footers := cutFooters(lines)
	lines, farewell := cutFarewell(lines)
	if len(farewell) == 0 {
		lines, farewell = cutContacts(lines)
	}
	signature = append(signature, banner...)
	signature = append(signature, farewell...)
	signature = append(signature, footers...)
	return lines, append(signature, dashed...)
}

const maxSignature = 45 // lines

// cutDashed takes what stands below "-- " (RFC 3676, 4.3) or a mailing list's line. Below a bare "--"
// it must not be long. A postscript comes back.
func cutDashed(lines []string) (text, signature []string) {
	for i := len(lines) - 1; i >= 0 && i >= len(lines)-1-maxSignature; i-- {
		l := lines[i]
		if strings.HasPrefix(l, markLiteral) {
			continue
		}
		rest := lines[i+1:]
		t := strings.TrimRight(l, " \t")
		sign := t == "--" || t == "---" && contactBlock(trimBlank(rest), 2) || t == "—" && len(rest) < 15 || isRuler(t) && listFooter(rest)
		if !sign || !hasWords(lines[:i]) && len(rest) > 12 {
			continue
		}
		if t == "--" && l != "-- " && len(rest) > 25 {
			continue
		}
		own, back := takePostscript(rest)
		return append(append([]string{}, lines[:i]...), back...), append([]string{l}, own...)
	}
	return lines, nil
}

// trimBlank is lines without the blank ones at both ends.
func trimBlank(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

var listWords = regexp.MustCompile(`(?i)mailing list|mailingliste|unsubscribe|abbestellen|abmelden|you received this message because|sie erhalten diese nachricht|listinfo|archive`)

func listFooter(lines []string) bool {
	for _, l := range lines[:min(4, len(lines))] {
		if listWords.MatchString(l) {
			return true
		}
	}
	return false
}

var postscript = regexp.MustCompile(`(?i)^(?:p\.? ?s\.?|ps|nachtrag|nb|n\.b\.|edit|update|ergänzung)\s*[:.\-–]`)

// takePostscript finds the postscript that people write below their signature.
func takePostscript(lines []string) (signature, back []string) {
	for i, l := range lines {
		if postscript.MatchString(strings.TrimSpace(l)) {
			return lines[:i], lines[i:]
		}
	}
	return lines, nil
}

var mobileFooter = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`(?:von|vom) (?:meinem|unterwegs|mobil\w*) ?.{0,50}(?:gesendet|geschickt|verschickt)\.?`,
	`(?:gesendet|verschickt|geschickt|erstellt) (?:von|mit|aus|vom|über) .{2,80}`,
	`von unterwegs(?: gesendet)?\.?`,
	`mit (?:spark|mailspring|mailbird|canary|airmail|blue ?mail|superhuman|edison mail|proton ?mail|em client|k-9 mail|fairemail|outlook|der .{2,40} app) (?:gesendet|geschrieben|verschickt)\.?`,
	`sent from (?:my|a|an|the|outlook|mail|yahoo|proton|samsung|gmx|web\.de|windows|nine|blackberry|mobile|iphone|ipad|k-9|spark).{0,80}`,
	`sent (?:with|using|via) .{2,60}`,
	`(?:get|holen sie sich|laden sie) outlook f(?:ü|u|o)r .{2,60}`,
	`outlook f(?:ü|u|o)r (?:ios|android|mac)(?: herunterladen| beziehen)?(?:\W.{0,60})?`,
	`diese (?:nachricht|e-?mail|mail) wurde (?:von|mit|über) .{2,80} (?:gesendet|verschickt|geschrieben)\.?`,
	`this (?:message|e-?mail) was sent (?:from|with|using) .{2,80}`,
	`(?:bitte )?entschuldigen sie (?:bitte )?(?:die kürze|meine kürze|tippfehler).{0,60}`,
	`(?:please )?excuse (?:my brevity|brevity|typos|any typos).{0,60}`,
	`diktiert.{0,40}`,
	`envoyé de mon .{2,40}`, `inviato da .{2,40}`, `enviado desde .{2,40}`, `verzonden vanaf .{2,40}`,
	`virenfrei\.?\s?\S{0,60}`, `virus-free\.?\s?\S{0,60}`,
	`(?:free|kostenlos).{0,10}(?:webmail|mail) .{0,60}(?:gmx|web\.de|freemail).{0,40}`,
	`gesendet mit der .{0,40}app.{0,30}`,
	`(?:-+ ?)?(?:diese e-?mail|this e-?mail).{0,80}(?:viren|virus).{0,120}`,
}, "|") + `)(?:\s*<https?://[^>]{0,300}>)?$`)

// footerFirst spares the regular expression on ordinary lines.
var footerFirst = set(strings.Fields(`von vom mit gesendet verschickt geschickt erstellt sent get holen laden outlook diese dieses this bitte
	entschuldigen please excuse diktiert envoyé inviato enviado verzonden virenfrei virus-free free kostenlos`)...)

// isMobileFooter wants the whole line to be the footer, but for decoration.
func isMobileFooter(line string) bool {
	l := strings.Trim(line, " \t-–—*_.[]()")
	first, _, _ := strings.Cut(firstWord(l), ".") // "Virenfrei.www.avast.com"
	if len(l) < 8 || len(l) > 300 || !footerFirst[first] || troubled.MatchString(l) {
		return false
	}
	// K-9's footer is two sentences on one line.
	for _, s := range strings.SplitAfter(l, ". ") {
		s = strings.Trim(s, " .<>")
		if s != "" && !mobileFooter.MatchString(s) && !strings.HasPrefix(s, "https://aka.ms/") {
			return mobileFooter.MatchString(l)
		}
	}
	return true
}

var salutation = regexp.MustCompile(`(?i)^(?:hallo|servus|grüß gott|grüezi|guten (?:tag|morgen|abend)|sehr geehrte|liebe[rs]?|hi|hello|dear|moin)\b.{0,60}[,!]?$`)

var banners = regexp.MustCompile(`(?i)^[\s*!\[(⚠️]*(?:(?:achtung|vorsicht|warnung|hinweis|caution|warning|attention|external|extern(?:e e-?mail)?|notice)\b.{0,60}(?:extern|external|außerhalb|outside|unbekannt)|\[?(?:extern(?:e e-?mail|er absender)?|external(?: email| sender)?)\]?[\s:!.]*$|(?:diese|this) (?:e-?mail|nachricht|message|mail) (?:kommt|stammt|kam|wurde|came|originated|was sent|originates) .{0,60}(?:außerhalb|extern|outside|external)|(?:sie erhalten nicht (?:oft|häufig)|you don't often get) e-?mails? )`)

// cutBanner takes what mail gateways put on top of every mail from outside.
func cutBanner(lines []string) (text, banner []string) {
	for i, seen := 0, 0; i < len(lines) && seen < 3; i++ {
		if strings.TrimSpace(lines[i]) == "" {
			continue
		}
		seen++
		if l := strings.TrimSpace(lines[i]); !banners.MatchString(l) || !bannerSpeaks.MatchString(l) {
			continue
		}
		end := i + 1
		for end < len(lines) && end < i+5 && strings.TrimSpace(lines[end]) != "" && bannerGoesOn.MatchString(lines[end]) {
			end++
		}
		text = append(append([]string{}, lines[:i]...), lines[end:]...)
		return text, lines[i:end]
	}
	return lines, nil
}

// bannerSpeaks: a banner is about mails, or it is a tag; a customer's "ACHTUNG" is about something else.
var bannerSpeaks = regexp.MustCompile(`(?i)mail|nachricht|message|absender|sender|^\W*extern(?:al)?\W*$`)

var bannerGoesOn = regexp.MustCompile(`(?i)klick|öffnen|anh[aä]ng|link|absender|click|open|attachment|sender|recogni[sz]e|vertrau|trust`)
