package ticket

import (
	"regexp"
	"strings"
)

// Reasons are written once, in English, for the history and for programs. Staff read them at 3 am, in their language.

// germanReasons gives a reason's beginning in German; $1 is what the English one holds there. The rest (a header, a server's words) stays as it is.
var germanReasons = []struct {
	english *regexp.Regexp
	german  string
}{
	{regexp.MustCompile(`^auto_reply: (.*)`), "eine automatische Antwort ($1)"},
	{regexp.MustCompile(`^auto_generated: (.*)`), "ein Programm hat sie geschrieben ($1)"},
	{regexp.MustCompile(`^list: (.*)`), "eine Massenmail oder Mailingliste ($1)"},
	{regexp.MustCompile(`^bounce: (.*)`), "eine Unzustellbarkeitsmeldung ($1)"},
	{regexp.MustCompile(`^delay: (.*)`), "eine Verzögerungsmeldung ($1)"},
	{regexp.MustCompile(`^receipt: (.*)`), "eine Lesebestätigung ($1)"},
	{regexp.MustCompile(`^own: (.*)`), "unsere eigene Mail ($1)"},
	{regexp.MustCompile(`^X-Notfalld: .*`), "die Mail gibt sich als unsere eigene aus (X-Notfalld)"},
	{regexp.MustCompile(`^From: none that can be read`), "kein lesbarer Absender"},
	{regexp.MustCompile(`^From: (\d+) addresses`), "$1 Absender"},
	{regexp.MustCompile(`^From: rewritten to a group.*`), "der Absender ist eine Gruppe, der Verfasser unbekannt"},
	{regexp.MustCompile(`^Reply-To: (\d+) addresses`), "$1 Adressen in Reply-To"},
	{regexp.MustCompile(`^(?:From: |Reply-To: )?(\S+) is our own`), "$1 ist unsere eigene Adresse"},
	{regexp.MustCompile(`^(?:From: |Reply-To: )?(\S+) is staff`), "$1 gehört einem Mitarbeiter"},
	{regexp.MustCompile(`^(?:From: |Reply-To: )?(\S+) is a daemon's`), "$1 ist die Adresse eines Systemdienstes"},
	{regexp.MustCompile(`^(?:From: |Reply-To: )?(\S+) is a program's`), "$1 ist die Adresse eines Programms"},
	{regexp.MustCompile(`^the mail is (\S+) old.*`), "die Mail ist schon $1 alt"},
	{regexp.MustCompile(`^the mail names several addresses in Reply-To`), "mehrere Adressen in Reply-To"},
	{regexp.MustCompile(`^the mail has several authors in From`), "mehrere Absender"},
	{regexp.MustCompile(`^the mail names no address that could be answered to \((.*)\)`), "keine Adresse, an die geantwortet werden kann ($1)"},
	{regexp.MustCompile(`^the sender's domain asks to refuse such mail \(DMARC (\w+)\).*`), "vermutlich gefälscht: die Domain des Absenders verlangt, solche Mails abzuweisen (DMARC $1), und die Adresse ist nicht bekannt"},
	{regexp.MustCompile(`^one bare answer to an unproven address every (\S+),.*`), "die kurze Antwort an diese nicht nachgewiesene Adresse ging in den letzten $1 schon hinaus"},
	{regexp.MustCompile(`^more than (\d+) bare answers this hour`), "mehr als $1 kurze Antworten in dieser Stunde"},
	{regexp.MustCompile(`^more than (\d+) answers to this address this hour`), "mehr als $1 Antworten an diese Adresse in dieser Stunde"},
	{regexp.MustCompile(`^more than (\d+) answers to this unproven address this hour`), "mehr als $1 Antworten an diese nicht nachgewiesene Adresse in dieser Stunde"},
	{regexp.MustCompile(`^more than (\d+) answers to unproven addresses this hour`), "mehr als $1 Antworten an nicht nachgewiesene Adressen in dieser Stunde"},
	{regexp.MustCompile(`^told the same within the last (\S+)`), "dasselbe wurde in den letzten $1 schon gesagt"},
	{regexp.MustCompile(`^(\d+) answers in this ticket today already`), "heute schon $1 Antworten in diesem Ticket"},
	{regexp.MustCompile(`^(\S+): the mail server refused it: (.*)`), "$1: der Mailserver hat ihn abgelehnt: $2"}, // an alarm
	{regexp.MustCompile(`^(\S+): refused: (.*)`), "$1: abgelehnt: $2"},
	{regexp.MustCompile(`^(\S+): it came back: (.*)`), "$1: er kam zurück: $2"},
	{regexp.MustCompile(`^the mail server refused it: (.*)`), "der Mailserver hat sie abgelehnt: $1"},
	{regexp.MustCompile(`^given up after (\S+) and (\d+) attempts; the last: (.*)`), "nach $1 und $2 Versuchen aufgegeben; zuletzt: $3"},
	{regexp.MustCompile(`^it came back: (.*)`), "sie kam zurück: $1"},
	{regexp.MustCompile(`^it could not be written: (.*)`), "sie konnte nicht geschrieben werden: $1"},
	{regexp.MustCompile(`^class (\S+) is never answered`), "Mails der Klasse $1 werden nie beantwortet"},
	{regexp.MustCompile(`^rule (\S+): never answered`), "die Regel $1 verbietet eine Antwort"},
	{regexp.MustCompile(`^rule (\S+) matches, but no emergency was triggered: it is proven, and came (\S+) ago: too late to alarm anybody`), "Formular-Mail (Regel $1), nachgewiesen, aber schon $2 alt: zu spät, um jemanden zu alarmieren; KEIN NOTFALL ausgelöst"},
	{regexp.MustCompile(`^rule (\S+) matches, but no emergency was triggered: (.*)`), "Formular-Mail (Regel $1) ohne Nachweis, KEIN NOTFALL ausgelöst: $2"},
	{regexp.MustCompile(`^the customer has mended the phone: (\S+) instead of none`), "der Kunde hat jetzt eine Telefonnummer angegeben: $1"},
	{regexp.MustCompile(`^the customer has mended the phone: (\S+) instead of (\S+)`), "der Kunde hat die Telefonnummer berichtigt: $1 statt $2"},
	{regexp.MustCompile(`^the alarm is not confirmed after (\S+)`), "der Alarm ist nach $1 nicht bestätigt"},
	{regexp.MustCompile(`^(\S+) has not confirmed; now (\S+)`), "$1 hat nicht bestätigt; jetzt $2"},
	{regexp.MustCompile(`^(\S+) has taken the alarm after all`), "$1 hat den Alarm doch noch angenommen"},
	{regexp.MustCompile(`^no channel has confirmed it`), "kein Kanal hat ihn bestätigt"},
	{regexp.MustCompile(`^no alarm channel is configured`), "es ist kein Alarmkanal eingerichtet"},
	{regexp.MustCompile(`^(\S+) was not told: (.*)`), "$1 weiß nicht Bescheid: $2"},
	{regexp.MustCompile(`^the mail came less than a minute after the trigger`), "die E-Mail kam gleich nach dem Auslösen"},
	{regexp.MustCompile(`^the mail came less than a minute before the trigger`), "die E-Mail kam gleich vor dem Auslösen"},
	{regexp.MustCompile(`^the mail came (.+) after the trigger`), "die E-Mail kam $1 nach dem Auslösen"},
	{regexp.MustCompile(`^the mail came (.+) before the trigger`), "die E-Mail kam $1 vor dem Auslösen"},
	{regexp.MustCompile(`^the mail names customer number (.+), the emergency (.+)`), "die E-Mail nennt Kundennummer $1, der Notfall $2"},
	{regexp.MustCompile(`^the mail is about servers of customer (.+), the emergency about those of (.+)`), "die E-Mail handelt von Servern des Kunden $1, der Notfall von denen des Kunden $2"},
	{regexp.MustCompile(`^the mail is about customer (.+), the emergency about (.+)`), "die E-Mail handelt vom Kunden $1, der Notfall vom Kunden $2"},
	{regexp.MustCompile(`^no way of proof is configured \(trust\), so that nobody is proven to be staff`), "in der Konfiguration steht unter trust nichts, woran Mitarbeiter zu erkennen sind"},
	{regexp.MustCompile(`^no test mail has shown yet that our mail server strips forged headers; run (.*)`), "noch keine Testmail hat gezeigt, dass unser Mailserver gefälschte Kopfzeilen entfernt; das prüft: $1"},
	{regexp.MustCompile(`^the test mail of (\d+)-(\d+)-(\d+) showed that our mail server lets forged headers through: (.*)`), "die Testmail vom $3.$2.$1 hat gezeigt, dass unser Mailserver gefälschte Kopfzeilen durchlässt: $4"},
	{regexp.MustCompile(`^it could not be read$`), "sie konnte nicht gelesen werden"},
	{regexp.MustCompile(`^it has (\d+) senders$`), "sie hat $1 Absender"},
	{regexp.MustCompile(`^(\S+) is no address of staff.people$`), "$1 ist keine Adresse aus staff.people"},
	{regexp.MustCompile(`^it carries no staff token: it answers no notice$`), "sie antwortet auf keine Benachrichtigung (kein Kennzeichen)"},
	{regexp.MustCompile(`^its staff token was issued to somebody else$`), "ihr Kennzeichen wurde für jemand anderen ausgestellt"},
	{regexp.MustCompile(`^our mail server does not prove that it comes from (\S+): (.*)`), "unser Mailserver weist nicht nach, dass sie von $1 kommt ($2)"},
	{regexp.MustCompile(`^its words sound like those of an automatic reply: (.*)`), "sie klingt wie eine automatische Antwort ($1); war sie keine, schick sie mit anderen Worten noch einmal"},
	{regexp.MustCompile(`^a mail with its Message-ID was read before, and said something else$`), "eine Mail mit ihrer Message-ID wurde schon gelesen, und darin stand etwas anderes"},
	{regexp.MustCompile(`^it answers notices of (\S+) and of (\S+) at once$`), "sie antwortet zugleich auf Benachrichtigungen zu $1 und $2"},
	{regexp.MustCompile(`^mode observe: .*`), "Modus observe: Kunden wird nicht geantwortet"},
}

// inLanguage gives a reason as staff read it.
func inLanguage(language, reason string) string {
	if language == "en" {
		return reason
	}
	for _, g := range germanReasons {
		if g.english.MatchString(reason) {
			return strings.TrimSpace(g.english.ReplaceAllString(reason, g.german))
		}
	}
	return reason
}
