package message

import (
	"regexp"
	"strings"
)

// bounceHead is how far into a text a bounce has said what it is, folded, in bytes; the voice of a
// human is looked for further down, too.
const (
	bounceHead  = 500
	bounceVoice = 1500
)

// byBounceShape finds the failure notes of gateways that write as anybody does: an address of their
// own, no report, words of their own. What they share is that they tell us of our message: it was not
// delivered. Who has a failure to report tells of his own, and says we or I.
func (m *view) byBounceShape() (string, bool) {
	if _, ok := find(m.subject, digestSubjects); ok || m.has(saysChallenge) {
		return "", false
	}
	head := withoutQuotes(cutText(m.text, bounceHead))
	hits := textPhrases.in(head)
	failed, fails := textPhrases.first(&hits, saysFailed)
	recipient := recipientPattern.MatchString(head)
	if !fails && !recipient || humanVoice(withoutQuotes(cutText(m.text, bounceVoice))) {
		return "", false
	}
	at, because := firstOf(head, yourMessage), recipient || inWords(head, refusers)
	if bounceSubject(m.subject) {
		// Under such a subject it is enough that a recipient is named, and what is wrong with him.
		if reason, ok := textPhrases.first(&hits, saysReason); !fails && ok {
			failed, fails = reason, true
		}
		return failed, fails && because && (at >= 0 || addressPattern.MatchString(head))
	}
	return failed, fails && because && at >= 0 && at < 160 && strings.Index(head, failed) < 320 && (m.replies() || !calls(m.subject))
}

// bounceSubject reports whether a bare subject says that something was not delivered, and nothing of
// the writer before.
func bounceSubject(subject string) bool {
	for _, list := range [][]string{bounceSubjects, bounceShapeSubjects} {
		for _, p := range list {
			if i := strings.Index(subject, p); i >= 0 && i < 60 && !calls(subject[:i]) {
				return true
			}
		}
	}
	return false
}

// calls reports whether a folded subject is a human's who calls for help or reports.
func calls(subject string) bool {
	return hasWord(subject, "notfall", "notfallsupport", "emergency", "urgence", "emergenza", "support", "hilfe", "help", "dringend", "urgent",
		"alle", "alles", "all", "unsere", "unser", "unseren", "our", "keine", "keiner", "no", "mails", "emails", "server", "mailserver")
}

// replies reports whether the subject is that of a reply, or has a ticket's number.
func (m *view) replies() bool {
	s := fold(m.Subject)
	for _, p := range []string{"re:", "aw:", "antw:", "re :", "ref:", "sv:"} {
		if strings.Contains(s, p) {
			return true
		}
	}
	return ticketPattern.MatchString(s) || ownTicket.MatchString(s)
}

// humanVoice reports whether folded text has an I or we that is not a mail system's, or speaks of a
// time, as who reports a failure does.
func humanVoice(text string) bool {
	text = waitingTime.ReplaceAllString(text, " ")
	for _, p := range systemVoice {
		text = strings.ReplaceAll(text, p, " ")
	}
	if speaksOfSelf(text) || hasWord(text, "mich", "mir", "mein", "meine", "meinen", "meinem", "i", "i'm", "my", "me", "seit", "since", "gestern", "yesterday", "je", "nous", "notre", "nos", "noi", "nostro", "nostri",
		"dringend", "hilfe", "help", "rueckruf", "asap", "kundennummer", "fix") {
		return true
	}
	return inWords(text, []string{"heute frueh", "heute morgen", "this morning", "alle mails", "all mail", "every mail", "every email", "jede mail", "jeder mail", "bei jede", "noch einmal schicken", "customer number"})
}

// withoutQuotes is folded text without what stands in quotation marks: a human quotes a message so,
// and a mail system our subject. A quotation is no longer than a sentence.
func withoutQuotes(text string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '"')
		if i < 0 {
			break
		}
		j := strings.IndexByte(text[i+1:], '"')
		if j < 0 || j > 300 {
			break
		}
		b.WriteString(text[:i])
		text = text[i+j+2:]
	}
	b.WriteString(text)
	return b.String()
}

func cutText(s string, n int) string { return s[:min(len(s), n)] }

// firstOf is where the first of phrases stands in text, or -1.
func firstOf(text string, phrases []string) int {
	first := -1
	for _, p := range phrases {
		if i := strings.Index(text, p); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// yourMessage is what a mail system calls the mail that it was given.
var yourMessage = []string{
	"ihre nachricht", "ihrer nachricht", "ihre mitteilung", "ihrer mitteilung", "ihr schreiben", "ihre zuschrift", "die e-mail mit dem betreff", "die nachricht mit dem betreff", "ihre e-mail", "ihrer e-mail", "ihre email", "ihrer email", "ihre mail", "ihrer mail", "ihr e-mail", "ihr mail", "ihr fax", "ihre sms", "deine nachricht", "deine e-mail", "deine mail",
	"ihnen gesendete", "ihnen versendete", "ihnen verschickte", "sie gesendet haben", "sie verschickt haben", "folgende nachricht", "folgende e-mail", "die nachricht an", "die e-mail an", "die mail an", "nachricht von ihnen", "e-mail von ihnen", "zustellung an",
	"your message", "your email", "your e-mail", "your mail", "email you sent", "e-mail you sent", "message you sent", "message that you sent", "mail you sent", "email you addressed", "e-mail you addressed", "the following message", "the message to", "message from you", "delivery to", "your fax", "the mail you",
	"votre message", "votre e-mail", "votre mail", "votre courriel", "remise a ces", "il messaggio", "il suo messaggio", "il tuo messaggio", "la sua e-mail", "la tua e-mail", "su mensaje", "tu mensaje", "su correo", "uw bericht", "uw e-mail", "je bericht",
}

// failedPhrases say that it was not delivered, or not yet.
var failedPhrases = []string{
	"konnte nicht an ", "konnte leider nicht an ", "nicht erreicht werden", "nicht erreichbar sind", "permanently failed", "permanent failure", "kommt zurueck", "kommt leider zurueck", "kam zurueck", "geht zurueck", "postfach voll", "mailbox full", "mailbox is full", "wird verworfen", "wurde verworfen", "was discarded", "been discarded", "nicht zugestellt", "nicht zustellbar", "unzustellbar", "nicht zustellen", "nicht uebermittelt", "nicht verschluesselt uebermittelt", "nicht ausgeliefert", "nicht ausliefern", "nicht angenommen", "nicht annehmen", "nicht akzeptiert", "nicht weitergeleitet werden", "nicht erreicht", "nicht verarbeitet", "nicht versendet werden", "nicht gesendet werden",
	"abgelehnt", "abgewiesen", "zurueckgewiesen", "verweigert", "blockiert", "gestoppt", "geblockt", "zurueckgehalten", "in quarantaene", "ist verzoegert", "wurde verzoegert", "bisher nicht", "bislang nicht", "noch nicht zugestellt", "zustellung fehlgeschlagen", "wurde geloescht", "unzulaessigen", "fehlgeschlagen", "nicht uebergeben werden", "uebergeben werden", "in der zustellung", "weitere versuche", "wird weiter versucht", "in transit", "handed over", "keep trying", "continue to try",
	"not be delivered", "not been delivered", "not delivered", "n't be delivered", "n't delivered", "undeliverable", "undelivered", "unable to deliver", "not able to deliver", "n't able to deliver", "could not deliver", "couldn't deliver", "failed to deliver", "delivery failed", "delivery has failed", "failed permanently", "was rejected", "been rejected", "has rejected", "was blocked", "been blocked", "was refused", "been refused", "not accepted", "n't accepted", "was returned", "been returned", "has bounced", "been quarantined", "was quarantined", "been delayed", "is delayed", "was delayed", "being held", "on hold", "not be processed", "was not sent", "could not be sent",
	"pas pu etre", "n'a pas ete distribue", "n'a pas ete remis", "n'a pas ete delivre", "a echoue", "a ete rejete", "a ete bloque", "echec de la", "impossibile recapitare", "impossibile consegnare", "non e stato possibile", "non e stato consegnato", "non e stato recapitato", "e stato rifiutato", "e stato respinto", "e stato bloccato", "no se ha podido", "no se pudo", "no pudo entregar", "ha sido rechazado", "niet worden bezorgd", "niet worden afgeleverd", "niet bezorgd", "niet afgeleverd", "is geweigerd",
}

// reasonPhrases say what is wrong with a recipient.
var reasonPhrases = []string{
	"ist voll", "ist ueberfuellt", "unbekannt", "existiert nicht", "nicht vorhanden", "nicht gefunden", "deaktiviert", "gesperrt", "geloescht", "nicht mehr gueltig", "nicht mehr aktiv", "ist ungueltig", "speicherlimit", "maximale groesse", "ueberschreitet", "ueberschritten", "verdaechtig", "kontingent",
	"is full", "over quota", "unknown", "does not exist", "doesn't exist", "not exist", "not found", "no such user", "disabled", "inactive", "suspended", "exceeds", "exceeded", "too large", "suspicious", "est pleine", "n'existe pas", "inconnu", "e piena", "non esiste", "sconosciut", "no existe", "bestaat niet",
}

// refusers stand in a failure note that names no recipient: who refused, and why.
var refusers = []string{
	"empfaenger", "recipient", "destinataire", "destinatario", "ontvanger", "grund:", "reason:", "motif", "motivo", "gateway", "filter", "firewall", "richtlinie", "policy", "virus", "postfach", "mailbox", "zustellversuche", "smtp", "server antwort",
}

// waitingTime is how long a mail system has tried.
var waitingTime = regexp.MustCompile(`\b(?:seit|since|for) (?:mehr als |ueber |over |more than )?\d+ (?:stunden|minuten|tagen|hours|minutes|days)\b`)

// systemVoice is what mail systems say in the first person.
var systemVoice = []string{
	"unserem mail", "unserem e-mail-", "unserem spam", "unserem system", "unserem gateway", "unserem filter", "unseren mail", "unseren spam", "unseren filter", "unser mailgateway", "unser spamfilter", "unser mailfilter", "unsere sicherheit", "unserer sicherheit", "unseren sicherheit", "unsere richtlinie", "unserer richtlinie", "unseren richtlinie", "unsere e-mail-richtlinie", "unserer e-mail-", "unserer firewall",
	"wir konnten", "konnten wir", "wir bitten", "wir bedauern", "wir empfehlen", "wir entschuldigen", "wir haben versucht", "wir versuchen", "wir haben diese nachricht", "tut uns leid", "kontaktieren sie uns",
	"our mail", "our e-mail", "our email", "our spam", "our security", "our system", "our policy", "our policies", "our filter", "our anti", "our gateway", "our message", "we were unable", "we were not able", "we are sorry", "we're sorry", "we could not", "we couldn't", "we cannot deliver", "we will", "we'll", "we have tried", "we tried", "we've tried", "we are unable", "we have been unable", "we recommend", "we apologi", "i'm sorry to have to inform", "i'm afraid i", "i was not able", "i wasn't able", "i'm sorry", "we're writing to let you know", "we are writing to", "for further assistance, please send mail to", "help desk", "for help", "more help", "contact us", "tell us",
	"nous n'avons pas", "nous sommes desoles", "nous regrettons", "nous avons essaye", "de notre serveur", "nostro server",
}

// bounceShapeSubjects are the subjects of such notes beside those of bounceSubjects.
var bounceShapeSubjects = []string{
	"zustellstatus", "delivery status", "mail zurueck", "nachricht zurueck", "ruecklaeufer", "zurueckgehalten", "nicht zustellen", "empfaenger nicht gefunden", "permanent failure", "permanent error", "permanent delivery", "zustellung nicht moeglich", "zustellung unmoeglich", "zustellproblem", "konnte nicht", "nicht ausgeliefert", "nicht angenommen", "abgelehnt", "abgewiesen", "blockiert", "verzoegert", "in quarantaene", "postfach voll", "postfach ueberfuellt", "postfach des empfaengers", "mailbox voll", "speicherplatz erschoepft", "als spam", "virus in ihrer", "unzulaessiger anhang", "anhang entfernt", "anhang blockiert", "versand fehlgeschlagen", "faxversand", "unbekannter empfaenger", "empfaenger unbekannt", "adresse existiert nicht", "zurueck an absender",
	"blocked", "returned to sender", "delivery problem", "mailbox full", "mailbox is full", "quota exceeded", "size limit", "too large", "quarantined", "on hold", "delayed", "refused", "rejected", "bounced", "virus found", "delivery impossible", "unknown recipient", "user unknown", "was not sent",
	"non distribue", "non delivre", "non remis", "rejete", "mancata", "non consegnato", "non recapitato", "respinto", "rifiutato", "no entregado", "no se pudo", "niet bezorgd", "niet afgeleverd", "geweigerd",
}
