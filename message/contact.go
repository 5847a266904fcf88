package message

import (
	"regexp"
	"strings"
)

// contactKinds are signs of a block of contacts, each of another kind: company, telephone, fax, register, web, address.
var contactKinds = []*regexp.Regexp{
	regexp.MustCompile(`(?i)\b(?:gmbh|ges\.? ?m\.? ?b\.? ?h|mbh|ohg|gesbr|e\. ?u\.|e\. ?k\.|e\. ?v\.|ltd|inc\.|llc|llp|plc|b\.v\.|s\.r\.o|s\.r\.l|s\.p\.a|sàrl|ordination|rechtsanwälte|verein|genossenschaft)|\b(?:AG|KG|OG|SE|SA|SAS)\b`),
	regexp.MustCompile(`(?i)(?:^|[\s|,;·•(])(?:tel|telefon|t|m|mobil|mobile|mob|fon|phone|ph|natel|handy|p|office|direct|direkt|zentrale)[.: ]{1,3}\s*(?:\+|0|\()`),
	regexp.MustCompile(`(?i)(?:^|[\s|,;·•(])(?:fax|telefax|f)[.: ]{1,3}\s*[-+0(]`),
	legalLine,
	regexp.MustCompile(`(?i)\bwww\.|https?://|(?:^|[\s|·•])\S+@\S+\.\S+`),
	regexp.MustCompile(`(?i)(?:straße|strasse|str\.|gasse|platz|weg|allee|ring|zeile)\s+\d|\b(?:a-|d-|ch-)?\d{4,5} [A-ZÄÖÜ]\p{L}{2}|\d+[a-z]? (?:\p{L}+ )?(?:street|road|lane|quay|avenue|drive|square)\b`),
}

// contactKindsIn counts the kinds of contacts in a paragraph.
func contactKindsIn(lines []string) int {
	text := strings.Join(lines, "\n")
	n := 0
	for _, k := range contactKinds {
		if k.MatchString(text) {
			n++
		}
	}
	return n
}

const maxContactBlock = 12 // lines

// contactBlock says whether a paragraph is a block of contacts: signs of so many kinds, and nothing a problem is told
// with. Its lines need not look like names then: "Facharzt für Innere Medizin, alle Kassen".
func contactBlock(lines []string, kinds int) bool {
	if len(lines) == 0 || len(lines) > maxContactBlock {
		return false
	}
	for _, l := range lines {
		if len(l) > 300 || tells(l) || strings.HasPrefix(l, ">") || headerLabel(l) == "subject" || postscript.MatchString(l) {
			return false
		}
	}
	return contactKindsIn(lines) >= kinds
}

// paragraphEnd is the line behind the paragraph that begins at line i.
func paragraphEnd(lines []string, i int) int {
	for i < len(lines) && strings.TrimSpace(lines[i]) != "" {
		i++
	}
	return i
}

// cutContacts takes a block of contacts off the end of a text that has no farewell.
func cutContacts(lines []string) (text, contacts []string) {
	end := len(lines)
	for end > 0 && strings.TrimSpace(lines[end-1]) == "" {
		end--
	}
	start := end
	for start > 0 && strings.TrimSpace(lines[start-1]) != "" && end-start <= maxContactBlock {
		start--
	}
	contacts = lines[start:end]
	for i := start + 1; i < end; i++ { // a disclaimer in the same paragraph
		if isDisclaimer(lines[i:end]) && !saysMore(lines[i:end]) {
			contacts = lines[start:i]
			break
		}
	}
	if !contactBlock(contacts, 3) || !hasWords(lines[:start]) {
		return lines, nil
	}
	return lines[:start], lines[start:end]
}
