package ticket

import (
	"slices"
	"strings"
)

var notOnTop = words{
	"Befehle gelten nur ganz oben in der Mail, über jedem Zitat: was darunter steht, kann von jemand anderem sein. Schreib den Befehl in die erste Zeile.",
	"Commands count only at the very top of the mail, above any quote: what stands below may be somebody else's. Write the command into the first line."}

var emptyNote = words{"Hinter #note steht nichts. Schreib die Notiz dahinter, oder darunter.", "There is nothing behind #note. Write the note behind it, or below."}

// onTop says whether the commands stand where only the writer writes: above everything else in the mail, or below the last line of the notice
// that it quotes. Between, a mail program that wraps lines can have made new text of a customer's words.
func onTop(whole, text string, b commandBlock, banners []string) bool {
	if len(b.commands) == 0 && !b.hasNote {
		return true
	}
	first := ""
	for l := range strings.SplitSeq(text, "\n") {
		if first = strings.TrimSpace(l); first != "" && !isBanner(first, banners) {
			break
		}
	}
	above, _, found := cutLineOf(whole, first)
	if !found {
		return false
	}
	if i := lastMark(above, "schluss"); i >= 0 {
		above = above[i:]
	}
	for l := range strings.SplitSeq(above, "\n") {
		if l = strings.TrimSpace(l); l != "" && !isBanner(l, banners) {
			return false
		}
	}
	return true
}

// cutLineOf cuts a text around its first line that is, but for blanks, the given one.
func cutLineOf(text, line string) (above, below string, found bool) {
	at := 0
	for l := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(l) == line {
			return text[:at], text[min(at+len(l)+1, len(text)):], true
		}
		at += len(l) + 1
	}
	return text, "", false
}

// lastMark is where the line behind the last mark of a kind begins, -1 if there is none.
func lastMark(text, kind string) int {
	at := -1
	for _, m := range fenceMark.FindAllStringSubmatchIndex(text, -1) {
		if strings.EqualFold(text[m[2]:m[3]], kind) {
			at = m[1]
		}
	}
	return at
}

func isBanner(line string, banners []string) bool {
	return slices.ContainsFunc(banners, func(b string) bool { return strings.EqualFold(strings.TrimSpace(b), line) })
}
