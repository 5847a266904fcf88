package message

// The wordings of machines, folded as fold does: lower case, umlauts written out, straight quotes.

var bounceSubjects = []string{
	"undelivered mail returned to sender", "mail delivery failed", "mail delivery failure", "delivery failure",
	"delivery status notification (failure)", "delivery status notification (delay)", "delivery status notification",
	"failure notice", "undeliverable", "undeliverable mail", "returned mail:", "mail system error", "message undeliverable", "unable to deliver",
	"could not be delivered", "couldn't be delivered", "was not delivered", "not delivered", "delivery report", "nondeliverable mail",
	"rejected mail", "message rejected", "mail could not be delivered", "delivery has failed", "delivery notification", "non-delivery", "warning: message ",
	"warning: could not send message", "delayed mail", "delivery delayed", "message delayed", "delivery incomplete",
	"unzustellbar", "nicht zugestellt", "nicht zustellbar", "zustellung fehlgeschlagen", "zustellfehler", "zustellungsfehler", "zustellversuch",
	"fehler bei der zustellung", "fehler bei der nachrichtenzustellung", "verzoegerte zustellung", "zustellung verzoegert", "uebermittlungsfehler",
	"e-mail abgelehnt", "nachricht abgelehnt", "mailzustellung", "zurueckgewiesen",
	"non remis", "echec de la remise", "non distribuable", "mancata consegna", "non recapitabile", "recapito non riuscito", "no se puede entregar", "onbestelbaar",
	"zustellbericht", "uebermittlungsbericht",
}

var bouncePhrases = []string{
	"this is the qmail-send program", "this is the mail system at host", "this is the postfix program",
	"this message was created automatically by mail delivery software", "a message that you sent could not be delivered",
	"a message that you sent has not yet been delivered", "could not be delivered to one or more", "the following address(es) failed", "the following addresses had",
	"permanent fatal errors", "transient non-fatal errors", "i wasn't able to deliver your message", "delivery has failed to these recipients",
	"delivery to the following recipient", "your message wasn't delivered", "your message was not delivered", "your message couldn't be delivered", "your message could not be delivered",
	"your message did not reach", "address not found", "couldn't deliver your message", "there was a temporary problem while delivering your message",
	"the following message could not be delivered", "message could not be delivered", "message was not delivered", "was not delivered to", "not listed in", "undelivered message", "user unknown in virtual mailbox table",
	"generating server:", "remote server returned", "diagnostic information for administrators", "unable to deliver message to the following", "was undeliverable", "your message:",
	"recipient address rejected", "mailbox unavailable", "no such user here", "has been rejected by", "was rejected by", "was blocked by", "message you sent was",
	"fehler bei der nachrichtenzustellung", "diagnoseinformationen fuer administratoren", "generierender server", "konnte nicht an den empfaenger zugestellt", "konnte nicht an die folgenden empfaenger",
	"konnte nicht zugestellt werden", "konnten nicht zugestellt werden", "konnte leider nicht zugestellt werden", "kann nicht zugestellt werden", "wurde nicht zugestellt", "nicht an folgende empfaenger",
	"ihre nachricht hat einige oder alle empfaenger nicht erreicht", "zustellung an die folgenden empfaenger", "die zustellung ihrer nachricht", "ihre e-mail wurde nicht", "ihre nachricht wurde nicht",
	"ihre nachricht an die folgenden empfaenger", "empfaenger unbekannt", "wurde abgewiesen", "wurde vom empfaengerserver abgelehnt", "durch richtlinie gesperrt", "noch nicht zugestellt",
	"n'a pas pu etre remis", "n'a pas pu etre distribue", "non e stato possibile recapitare", "impossibile recapitare", "no se pudo entregar",
}

var delayPhrases = []string{
	"has not yet been delivered", "delivery status notification (delay)", "delayed mail", "message delayed", "delivery delayed", "is delayed", "been delayed",
	"delivery attempts will continue", "will continue to try", "will keep trying", "will be retried", "this is a warning message only", "warning: could not send message", "delayed 24 hours", "warning: message ",
	"transient non-fatal errors", "still trying", "temporary problem while delivering", "will retry for",
	"has been quarantined", "held for review", "wurde in quarantaene", "bisher nicht zugestellt", "bislang nicht zugestellt",
	"verzoegerte zustellung", "zustellung verzoegert", "verzoegert sich", "ist verzoegert", "wurde verzoegert", "noch nicht zugestellt", "weiterhin versucht", "weitere zustellversuche", "wird weiter versucht",
}

var successSubjects = []string{"delivered:", "relayed:", "zugestellt:", "weitergeleitet:", "(success)", "(relay)", "successful mail delivery", "remis :", "recapitato"}

var receiptSubjects = []string{
	"gelesen", "read", "lesebestaetigung", "read receipt", "return receipt", "return receipt (displayed)", "empfangsbestaetigung", "lu", "letto", "leido", "delivered", "zugestellt",
	"not read", "ungelesen geloescht", "disposition notification", "zustellbestaetigung",
}

var receiptPhrases = []string{
	"gelesen", "was read on", "was displayed", "wurde angezeigt", "return receipt", "lesebestaetigung", "empfangsbestaetigung", "has been delivered", "zugestellt", "geloescht, ohne", "deleted without being read",
	"a ete lu", "e stato letto", "was opened",
}

// absenceSubjects begin the subject of a vacation program's note.
var absenceSubjects = []string{
	"abwesenheitsnotiz", "abwesenheitsnachricht", "abwesenheitsmeldung", "abwesenheitsbenachrichtigung", "abwesenheitsassistent", "abwesenheitsinfo", "abwesenheitsantwort",
	"abwesend", "abwesenheit", "automatische antwort", "automatische rueckantwort", "autom. antwort", "autoantwort", "auto-antwort", "automatische abwesenheitsnotiz", "urlaubsnotiz",
	"urlaubsbenachrichtigung", "urlaubsmeldung", "ferienabwesenheit", "ferienmeldung",
	"out of office", "out of the office", "out-of-office", "ooo", "automatic reply", "automated reply", "auto reply", "auto-reply", "autoreply", "auto response", "automatic response", "autoresponse", "away from my mail",
	"vacation reply", "vacation notice", "i am out of the office", "i'm out of the office",
	"reponse automatique", "message d'absence", "absence du bureau", "absent du bureau", "risposta automatica", "fuori sede", "fuori ufficio", "assenza dall'ufficio",
	"respuesta automatica", "fuera de la oficina", "resposta automatica", "automatisch antwoord", "afwezigheidsbericht", "afwezig", "autosvar", "automatiskt svar", "automatyczna odpowiedz", "automatická odpověď", "automatikus valasz",
}

// absenceWeakSubjects are a human's words as often.
var absenceWeakSubjects = []string{"urlaub", "karenz", "elternzeit", "nicht im buero", "ausser haus", "currently out", "vacation", "holiday", "abwesen", "ferien", "conge", "out of", "leave"}

// absencePhrases say that somebody is away …
var absencePhrases = []string{
	"nicht im buero", "nicht im haus", "im urlaub", "auf urlaub", "in urlaub", "meines urlaubs", "in den ferien", "bin abwesend", "derzeit abwesend", "zur zeit abwesend", "zurzeit abwesend", "momentan abwesend", "bis einschliesslich abwesend", "ausser haus", "ausserhalb des bueros",
	"in elternzeit", "in karenz", "in mutterschutz", "auf dienstreise", "auf geschaeftsreise", "im krankenstand", "abwesend", "betriebsurlaub", "betriebsferien", "nicht mehr im unternehmen", "nicht erreichbar bin", "ich nicht erreichbar",
	"out of the office", "out of office", "on vacation", "on holiday", "on annual leave", "on parental leave", "on maternity leave", "on leave", "away from the office", "away from my desk", "currently away", "no longer with the company", "no longer work",
	"absent du bureau", "en conge", "en vacances", "fuori ufficio", "fuori sede", "in ferie", "in vacanza", "fuera de la oficina", "de vacaciones",
}

// awaySelf: who is away writes himself, or for the whole office.
var awaySelf = []string{
	"ich bin", "bin ich", "ich befinde mich", "befinde ich mich", "ich habe urlaub", "ich werde", "ich lese", "ich kann ihre", "unser buero ist", "unsere kanzlei ist", "unsere ordination ist", "wir haben betriebsurlaub", "wir sind im", "wir sind von", "meiner abwesenheit", "waehrend meines",
	"i am", "i'm ", "i will be", "our office is", "we are closed", "my absence", "je suis", "nous sommes", "sono in", "sono fuori", "saro", "estoy",
}

// … and absenceCompany what a vacation note says besides.
var absenceCompany = []string{
	"vielen dank fuer ihre nachricht", "vielen dank fuer ihre e-mail", "vielen dank fuer ihre mail", "danke fuer ihre nachricht", "danke fuer ihre e-mail", "danke fuer deine nachricht", "danke fuer ihre mail", "danke fuer dein mail", "danke fuer ihr mail",
	"wird nicht weitergeleitet", "nicht automatisch weitergeleitet", "werden nicht weitergeleitet", "in dringenden faellen", "in dringenden angelegenheiten", "bei dringenden", "in dringenden", "wenden sie sich", "wende dich", "lese meine mails", "mails werden nicht gelesen", "nicht gelesen",
	"wieder fuer sie da", "wieder erreichbar", "wieder im buero", "wieder zurueck", "wieder im haus", "nach meiner rueckkehr", "meine vertretung", "vertritt mich", "vertretungsweise", "sobald ich zurueck", "ab dem", "schnellstmoeglich beantworten", "melde mich nach",
	"thank you for your message", "thank you for your email", "thank you for your e-mail", "thanks for your message", "thanks for your email", "will not see your message", "will be back", "i will return", "i'll be back", "upon my return", "when i return", "on my return", "limited access to e", "no access to e",
	"for urgent matters", "in urgent cases", "for anything urgent", "if it is urgent", "if your matter is urgent", "please contact", "is covering for me", "in my absence", "during my absence", "will respond", "will reply",
	"merci pour votre message", "merci de votre message", "en cas d'urgence", "je serai de retour", "de retour le", "veuillez contacter", "grazie per il suo messaggio", "grazie per la sua", "in caso di urgenza", "per urgenze", "saro di ritorno", "rientro il", "gracias por su mensaje",
}

var acknowledgeSubjects = []string{
	"eingangsbestaetigung", "bestaetigung ihrer anfrage", "bestaetigung des eingangs", "empfangsbestaetigung ihrer", "ihre anfrage wurde erfasst", "ihre anfrage ist eingegangen", "ihre anfrage ist bei uns eingegangen", "ihre nachricht ist eingegangen", "ihre e-mail ist eingegangen", "wir haben ihre anfrage erhalten", "wir haben ihre nachricht erhalten", "wir haben ihre e-mail erhalten",
	"ihr ticket wurde", "ticket wurde erstellt", "ticket wurde eroeffnet", "ticket wurde angelegt", "neues ticket erstellt", "ticket eroeffnet", "ticket erstellt", "anfrage erhalten", "anfrage eingegangen", "ihre anfrage bei", "vielen dank fuer ihre anfrage", "danke fuer ihre anfrage", "vielen dank fuer ihre nachricht", "danke fuer ihre nachricht",
	"request received", "[request received]", "we have received your", "we received your", "we've received your", "your request has been received", "your request was received", "your request has been", "your ticket has been", "your message has been received", "ticket received", "ticket created", "ticket opened", "case created", "case opened", "has been created", "thank you for contacting", "thanks for contacting", "thank you for your request", "support request received", "acknowledgement", "acknowledgment", "new ticket opened", "confirmation of receipt",
	"accuse de reception", "votre demande a", "conferma di ricezione", "la sua richiesta", "abbiamo ricevuto", "hemos recibido",
}

var acknowledgePhrases = []string{
	"please type your reply above this line", "type your reply above", "reply above this line", "bitte schreiben sie ihre antwort oberhalb", "antworten sie oberhalb dieser zeile", "bitte antworten sie ueber dieser zeile",
	"has been received and", "we have received your", "we've received your", "we received your", "your request has been", "your ticket has been", "a ticket has been", "a support ticket", "a new ticket", "has been assigned", "has been logged", "your case number", "your ticket number", "your ticket id", "your request (", "thank you for contacting", "thanks for contacting", "will get back to you", "will respond to you",
	"we will respond", "keep the ticket number", "reference in the subject", "number in the subject", "to add additional comments", "is being reviewed by our", "one of our agents", "our support staff will", "confirms that we have received", "confirm receipt of your", "got your request", "got your message", "got your email", "got your e-mail", "received your request", "received your message", "received your email", "received your e-mail", "support case", "case has been", "case was opened", "case was created", "request has been logged", "request was logged", "ticket was created", "ticket was opened", "has been opened", "reference number is", "ticket reference", "in our queue", "is in the queue", "will be in touch",
	"ihre anfrage wurde", "ihre anfrage ist", "ihre nachricht ist bei uns", "ihre nachricht wurde", "ihre e-mail ist bei uns", "ihre mail ist bei uns", "ihr anliegen wurde", "ihre meldung wurde", "ihre stoerungsmeldung", "wurde unter der nummer", "unter der ticketnummer", "mit der ticketnummer", "die ticketnummer", "ihre ticketnummer", "folgende ticketnummer", "wurde ein ticket", "ein neues ticket", "haben ihre anfrage erhalten", "haben ihre nachricht erhalten", "haben ihre e-mail erhalten", "den eingang ihrer",
	"eingang ihrer anfrage", "wird schnellstmoeglich bearbeitet", "schnellstmoeglich bearbeiten", "so bald wie moeglich bearbeit", "kuemmern uns schnellstmoeglich", "melden uns schnellstmoeglich", "wird sich ein mitarbeiter", "in kuerze bei ihnen melden", "ticketnummer in der betreff", "ticketnummer im betreff", "nummer in der betreffzeile", "bei rueckfragen die ticketnummer", "ist bei uns eingegangen", "ist eingegangen und wird", "bearbeitungsnummer", "vorgangsnummer lautet", "anfrage erhalten", "anfrage eingegangen", "anfrage ist eingelangt", "bei uns eingelangt", "haben ihr anliegen", "haben ihre anfrage", "haben ihre meldung", "haben deine anfrage", "haben deine nachricht", "deine anfrage wurde", "deine anfrage ist", "ticket eroeffnet", "ticket erstellt", "ticket angelegt", "ticket wurde erfasst", "ticket wurde erstellt", "ticket wurde angelegt", "vorgang wurde", "vorgang angelegt", "anfrage wurde registriert", "wir melden uns",
	"votre demande a ete", "avons bien recu votre", "a bien ete enregistre", "numero de ticket", "abbiamo ricevuto la", "la sua richiesta e stata", "la vostra richiesta",
}

// machinePhrases are what programs say of their own letters.
var machinePhrases = []string{
	"automatisch erzeugte nachricht", "automatisch generierte nachricht", "automatisch erstellte nachricht", "automatisch versandte nachricht", "automatisch versendete nachricht", "automatische nachricht", "automatisch generierte e-mail", "automatisch erzeugte e-mail", "automatisch erstellte e-mail", "automatisch versandte e-mail", "automatisch versendete e-mail", "automatisch generierte mail", "automatisch erzeugte mail", "automatisch generierte antwort", "automatisch erzeugte antwort", "automatisch erstellte antwort",
	"automatische antwort", "automatische eingangsbestaetigung", "nachricht wurde automatisch erzeugt", "nachricht wurde automatisch generiert", "nachricht wurde automatisch erstellt", "nachricht wurde automatisch versendet", "nachricht wurde automatisch versandt", "nachricht wurde automatisch vom", "e-mail wurde automatisch erzeugt", "e-mail wurde automatisch generiert", "e-mail wurde automatisch erstellt", "e-mail wurde automatisch versendet", "e-mail wurde automatisch versandt", "mail wurde automatisch erzeugt", "mail wurde automatisch generiert", "mail wurde automatisch erstellt", "mail wurde automatisch versendet", "mail wurde automatisch versandt",
	"bitte antworten sie nicht auf diese", "bitte nicht auf diese", "antworten auf diese e-mail werden nicht", "antworten an diese adresse werden nicht", "diese adresse ist nicht fuer den empfang", "systemgenerierte", "systemnachricht",
	"this is an automated", "this is an automatic", "this is an auto-generated", "this is an autogenerated", "this is a system generated", "this is a system-generated", "automatically generated message", "automatically generated email", "automatically generated e-mail", "automatically generated by", "was automatically generated", "was generated automatically", "was sent automatically", "has been generated automatically", "sent automatically by", "auto-generated message", "automated message", "automated response", "automated notification", "automated email",
	"do not reply to this", "please do not reply", "don't reply to this", "replies to this", "this mailbox is not monitored", "this email is a service from", "unmonitored mailbox", "ne pas repondre a ce", "message automatique", "messaggio automatico", "non rispondere a questa", "mensaje automatico",
}

// monitorPhrases are the fixed lines of alerts.
var monitorPhrases = []string{
	"***** nagios", "***** icinga", "***** service monitoring", "***** host monitoring", "notification type: problem", "notification type: recovery", "notification type: acknowledgement", "problem started at ", "problem has been resolved at ", "original problem id:", "trigger status:", "trigger severity:", "alertname = ", "alertname:", "[1] firing", "[1] resolved", "monitor is down:", "monitor is up:", "this alert was ", "alert details:", "check_mk notification", "checkmk notification", "state changed from ", "service state:", "host state:", "sensor: ", "last message: ", "the following device has failed", "a degradedarray event", "this is an automatically generated mail message from mdadm", "smartd daemon", "logwatch ",
}

// needPhrases are what only a human in need writes; where they stand, wording alone makes no machine.
var needPhrases = []string{
	"bitte um rueckruf", "bitte um dringend", "bitte dringend", "bitte rufen", "bitte rufts", "rufen sie mich", "rufen sie uns", "ruft mich", "ruf mich", "bitte helf", "bitte um hilfe", "um sofortige", "brauchen dringend", "brauche dringend", "brauchen hilfe", "brauche hilfe", "koennt ihr", "koennen sie bitte", "koennen sie uns", "schauen sie", "bitte schaut", "bitte anschauen", "bitte pruefen", "bitte um pruefung", "bitte um abklaerung", "bitte um info", "bitte um unterstuetzung", "bitte sofort", "bitte schnell", "was ist los", "warum ", "kundennummer", "kd.-nr", "unser server", "unsere server", "unseren server", "unserem server", "unsere website", "unsere webseite", "unsere seite", "unser shop", "unser webshop", "unsere homepage", "unsere datenbank", "unsere mails", "bei uns geht", "bei uns ist", "geht nicht mehr", "geht nix", "funktioniert nicht",
	"please call me", "please call us", "call me on", "call me at", "ring me", "please help", "need help", "asap", " our server", " our website", " our site", " our shop", " our database", " our api", " our mail", "is down", "are down", "customer number", "customer id", "can you please", "could you please", "please look", "please check", "please investigate", "what is going on", "why ",
}
