package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const closingWords = `mit (?:den |unseren |vielen |besten |lieben |sehr )?(?:freundlichen?|freundlichem|herzlichen?|besten|lieben|schönen|sonnigen|vorzüglichen?|kollegialen?) (?:grü(?:ß|ss)en?|gruß|gruss|gruessen|gruess|grues+en)` +
	`|(?:freundliche|herzliche|liebe|beste|viele|schöne|sch?öne|vlg|bg|ganz liebe|allerbeste|verärgerte|verzweifelte|müde) (?:grü(?:ß|ss)e|gruesse|gruess[ea])|(?:freundlicher|herzlicher|lieber|bester|schöner) gru(?:ß|ss)|grü(?:ß|ss)e|gru(?:ß|ss)|mfg|m\.f\.g\.?|m f g|lg|l\.g\.|vg|bg|vlg|glg|hg|sg|besten dank und (?:freundliche|liebe|viele|beste) grü(?:ß|ss)e|danke? (?:und|&|u\.) (?:freundliche|liebe|viele|beste|lg|schöne|mfg) ?(?:grü(?:ß|ss)e|gruesse)?|(?:vielen |herzlichen |besten |lieben |schönen )?dank(?:e|eschön|e schön|e vielmals)?(?: im voraus| vorab)?|merci(?: vielmal)?|hochachtungsvoll` +
	`|(?:kind|best|warm|warmest|many|with kind|with best|kindest) regards|regards|rgds|sincerely(?: yours)?|yours (?:sincerely|faithfully|truly)|best wishes|all the best|cheers|thanks(?: (?:a lot|so much|and (?:best |kind )?regards|in advance))?|many thanks|thank you(?: (?:and (?:best |kind )?regards|very much|in advance))?|best|thx|salutations|cordialement|cordiali saluti|baba|servus|tschüss|ciao|pfiat(?: eich| di)?` +
	`|bussi|busserl|herzlichst|alles (?:liebe|gute)|bis (?:bald|dann|später)|habe die ehre|in diesem sinne|schöne[ns]? (?:abend|tag|nachmittag|vormittag|sonntag|feiertag|wochenende)(?: noch)?|gute nacht|ergebenst|beste wünsche` +
	`|take care|talk soon|speak soon|yours|respectfully|warmly|have a (?:good|nice|great) (?:day|one|evening|weekend)` +
	`|met vriendelijke groet(?:en)?|groet(?:en|jes)?|s pozdravem|pozdrawiam|z poważaniem|üdvözlettel|lep pozdrav|bien (?:à vous|cordialement)|meilleures salutations|distinti saluti|saluti|atentamente|saludos|un saludo`

var closingAlone = regexp.MustCompile(`(?i)^(?:` + closingWords + `)[\s,.!;:–-]*$`)

// closingFirst spares the regular expressions on ordinary lines.
var closingFirst = set(strings.Fields(`mit freundliche freundlichem freundlicher herzliche herzlicher liebe lieber beste bester viele schöne schöner vielen herzlichen lieben schönen merci dankeschön
	vlg bg ganz allerbeste verärgerte verzweifelte müde grüße grüsse gruß gruss gruesse mfg m.f.g m lg l.g vg glg hg sg besten danke dank
	hochachtungsvoll kind kindest best warm warmest many with regards rgds sincerely yours all cheers thanks thank thx salutations
	cordialement cordiali baba servus tschüss ciao pfiat bussi busserl herzlichst alles bis habe in schönes gute ergebenst
	take talk speak respectfully warmly have met groet groeten groetjes s pozdrawiam z üdvözlettel lep bien meilleures distinti
	saluti atentamente saludos un`)...)

// firstWord is the line's first word, lower case, without the signs behind it.
func firstWord(line string) string {
	if i := strings.IndexAny(line, " \t,!;:/&"); i >= 0 {
		line = line[:i]
	}
	return strings.ToLower(strings.TrimRight(line, ".–-"))
}

// closingName is a farewell with a name or a place behind it: "LG Petra", "Schöne Grüße aus Graz, Max".
var closingName = regexp.MustCompile(`(?i)^(?:` + closingWords + `)(?:[,.!]? +|, *)(?:(?:aus|vom|von|from|sendet)(?: der| dem)? )?[\p{L}.'’-]{2,25}(?:,? [\p{L}.'’-]{1,25}){0,3}[.!]?$`)

// isClosing says whether a line is a farewell and nothing else.
func isClosing(line string) bool {
	line = strings.Trim(line, " \t*_")
	if len(line) > 90 || !closingFirst[firstWord(line)] {
		return false
	}
	if closingAlone.MatchString(line) {
		return true
	}
	if a, b, ok := strings.Cut(line, "/"); ok && len(a) > 3 { // in two languages
		return isClosing(a) && isClosing(b)
	}
	if !closingName.MatchString(line) || smallAfterName(line) {
		return false
	}
	// "LG Steyr" below a company's name is a court; "Danke für die Hilfe" is a sentence.
	return !closingSentence.MatchString(line)
}

// smallAfterName tells "Grüße, Dump anbei" from "Grüße, Eva Lang": the last of several names is written
// with a capital; a single one may be small ("lg petra").
func smallAfterName(line string) bool {
	words := strings.Fields(line)
	r, _ := utf8.DecodeRuneInString(words[len(words)-1])
	return len(words) > 2 && unicode.IsLower(r) && !closingFirst[firstWord(words[len(words)-2])]
}

var closingSentence = regexp.MustCompile(`(?i)\b(?:für|fürs|for|dass|that|wenn|if|bitte|please|to|your|ihre|ihr|euch|die|das|den|you|ist|is|war|geht)\b`)

// cutFarewell takes the farewell and the contact lines below it. It stops where a line reads like part
// of the problem; from there on all is text again.
func cutFarewell(lines []string) (text, signature []string) {
	start := -1
	for i := len(lines) - 1; i >= 0 && i >= len(lines)-120; i-- { // a log may be pasted below the farewell
		if isClosing(lines[i]) {
			start = i
			break
		}
	}
	if start < 0 || !hasWords(lines[:start]) {
		return lines, nil
	}
	for i := start - 1; i >= 0 && i >= start-4; i-- { // "Mit freundlichen Grüßen / Best regards"
		l := strings.TrimSpace(lines[i])
		if l != "" && !isClosing(l) {
			break
		}
		if l != "" {
			start = i
		}
	}
	end := start + 1
	for end < len(lines) && end-start < maxSignature {
		if isDisclaimer(lines[end:]) && !saysMore(lines[end:]) {
			end = len(lines)
		} else if p := paragraphEnd(lines, end); contactBlock(lines[end:p], 2) {
			end = p
		} else if contactLine(lines[end]) {
			end++
		} else {
			break
		}
	}
	if hasWords(lines[end:]) {
		end = paragraphStart(lines, start, end)
	}
	text = append(append([]string{}, lines[:start]...), lines[end:]...)
	return text, lines[start:end]
}

// paragraphStart goes back from a line that is no contact line to where its paragraph begins.
func paragraphStart(lines []string, from, at int) int {
	for i := at; i > from+1; i-- {
		if strings.TrimSpace(lines[i-1]) == "" {
			return i
		}
	}
	return at
}

// contactLine says whether a line below a farewell can be name, company, address, phone or register
// entry. It must be short and no sentence, and say nothing that a problem is told with.
func contactLine(line string) bool {
	l := strings.TrimSpace(line)
	if l == "" {
		return true
	}
	if utf8.RuneCountInString(l) > 300 || tells(l) || postscript.MatchString(l) || strings.HasPrefix(l, ">") {
		return false
	}
	switch headerLabel(l) {
	case "from", "date", "subject": // a mail that is shown
		return false
	}
	if advert.MatchString(l) && !troubled.MatchString(l) {
		return true
	}
	if legalLine.MatchString(l) && utf8.RuneCountInString(l) <= 160 {
		return true
	}
	for _, part := range contactParts.Split(l, -1) { // companies write all on one line, with bars between
		if !contactPart(part) {
			return false
		}
	}
	return true
}

var contactParts = regexp.MustCompile(` +[|·•●▪■/–—-] +|\|| {3,}|\t+`)

func contactPart(l string) bool {
	if utf8.RuneCountInString(l) > 120 {
		return false
	}
	words := strings.FieldsFunc(l, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
	letters := words[:0]
	for _, w := range words {
		if strings.IndexFunc(w, unicode.IsLetter) >= 0 { // a telephone number is no words
			letters = append(letters, w)
		}
	}
	if last, _ := utf8.DecodeLastRuneInString(l); len(letters) > 3 && (last == '?' || last == '!') {
		return false
	}
	return len(letters) <= 12 && (len(letters) <= 3 || mostlyNames(letters))
}

// mostlyNames says whether more words begin with a capital, a digit or a sign than with a small letter:
// that tells a company's address from a sentence, in English for certain and in German mostly.
func mostlyNames(words []string) bool {
	small := 0
	for _, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsLower(r) && !strings.ContainsAny(w, "@/.:") {
			small++
		}
	}
	return 2*small < len(words)
}

// telling are words, and pairs of words, that no address block holds.
var telling = set(append(strings.Fields(`bitte please fehler error problem server rückruf zurückrufen rufen anrufen dringend urgent funktioniert
	kundennummer kundennr kdnr nochmal exception failed timeout anbei angehängt attached siehe stacktrace traceback`),
	"call me", "geht nicht", "erreichbar unter", "erreichen sie", "kunden nr", "kd nr", "customer number", "seit heute", "seit gestern",
	"wir haben", "ich habe", "ich bin", "we have", "i have", "i am", "see below")...)

func tells(line string) bool {
	last := ""
	for _, w := range strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if telling[w] || telling[last+" "+w] {
			return true
		}
		last = w
	}
	return false
}

var legalLine = regexp.MustCompile(`(?i)(?:firmenbuch|handelsregister|amtsgericht|registergericht|handelsgericht|landesgericht|\bhr[ab] ?\d|\bfn ?\d{3,6} ?[a-z]\b|\buid\b|ust-?id|atu ?\d{6,}|geschäftsführ|vorstand|aufsichtsrat|sitz der gesellschaft|registered (?:office|in)|company (?:no|number)|vat (?:no|number|id)|dvr|steuernummer|iban|\bbic\b|gerichtsstand)`)
