package message

// What notes of absence and acknowledgements are made of, folded.

// thirdAway stand in subjects that name somebody: "Max Muster ist außer Haus: …".
var thirdAway = []string{
	"ist ausser haus", "ist nicht im buero", "ist nicht im haus", "ist abwesend", "ist derzeit abwesend", "ist im urlaub", "ist auf urlaub", "ist derzeit nicht", "ist zurzeit nicht", "befindet sich im urlaub",
	"is out of the office", "is out of office", "is currently out", "is on vacation", "is on holiday", "is on leave", "is on annual leave", "is away", "est absent", "est en conge", "e in ferie", "e fuori",
}

// closedPhrases, beside absencePhrases, and closedSelf, beside awaySelf: the office as a whole is away,
// or whoever is away is somewhere.
var (
	closedPhrases = []string{
		"meinen urlaub", "sommerurlaub", "winterurlaub", "wegen urlaub", "urlaubsbedingt", "krankheitsbedingt", "nur abends", "nur eingeschraenkt", "geschlossen", "nicht besetzt", "ist von montag", "nicht am arbeitsplatz", "nicht an meinem arbeitsplatz", "auf reisen", "auf reha", "auf kur", "zur kur", "im ausland", "nicht im dienst", "dienstfrei", "nicht erreichbar", "weihnachtsferien", "sommerferien", "osterferien", "zeitausgleich", "zivildienst", "militaerdienst", "bundesheer", "mutterschutz", "karenz", "papamonat", "elternzeit", "erkrankt", "im spital", "im krankenhaus", "auf einer schulung", "auf schulung", "auf einem seminar", "auf fortbildung", "auf einer messe", "nicht da", "unterwegs", "verhindert", "heute nicht",
		"is closed", "be closed", "are closed", "remain closed", "shut down for", "not staffed", "travelling", "traveling", "away until", "be away", "out until", "out today", "on pto", "at a conference", "on sick leave", "on a business trip", "on a training", "ooo until", "out sick",
		"est ferme", "sommes fermes", "conge maternite", "siamo chiusi", "e chiuso", "resteranno chiusi", "restera chiuso", "met vakantie", "op vakantie",
	}
	closedSelf = []string{
		"unser buero", "unsere bueros", "das buero", "unsere kanzlei", "die kanzlei", "unsere ordination", "die ordination", "unsere firma", "unser betrieb", "unser unternehmen", "unsere praxis", "wir haben", "haben wir", "wir sind", "sind wir", "wir machen", "ich habe", "habe ich", "bin bis", "bin von", "bin vom", "bin heute", "bin derzeit", "bin momentan", "weile ich", "ich weile", "ich leiste", "ich geniesse", "ich arbeite",
		"our office", "our offices", "the office", "our company", "we are", "we're", "we will be", "i have", "i will", "i'll", "notre bureau", "nos bureaux", "je serai", "il nostro ufficio", "nostri uffici", "ik ben",
	}
)

// noteCompany stands beside an absence, in addition to absenceCompany: who stands in, and when the
// writer returns.
var noteCompany = []string{
	"weitergeleitet", "weiterleitung", "erst danach", "erst nach", "danach beantwort", "vertretung", "vertreten", "stellvertret", "meine kollegin", "meinen kollegen", "mein kollege", "meiner kollegin", "meinem kollegen", "meine kolleginnen", "meine agenden", "uebernommen", "uebernimmt", "hilft ihnen", "hilft dir", "helfen ihnen", "helfen dir", "unser team erreichen", "wieder da", "wieder zur verfuegung", "wieder fuer sie", "ab dann wieder", "bin wieder ab", "wieder bearbeitet", "wieder erreichbar", "wieder besetzt", "wieder geoeffnet", "wieder gelesen", "melde mich", "bitte um geduld", "verstaendnis", "eingeschraenkt", "bei dringend", "sporadisch", "unregelmaessig", "verzoegert", "ihre anfragen", "deine anfragen", "ihre anfrage wird von", "nachfolger", "ansprechpartner", "ansprechperson", "steht ihnen", "stehen ihnen", "kuenftig an", "richten sie ihre", "richten sie bitte", "bitte schreib", "schreiben sie bitte", "schreiben sie an", "bitte verwenden sie", "bitte wenden", "die zentrale", "geschaeftsleitung", "bereitschaftsdienst",
	"keinen zugriff auf", "keinen zugang zu",
	"no access to", "no email access", "no e-mail access", "without access to e", "limited access", "intermittent access", "sporadic access", "limited email access", "unable to access my e",
	"will return", "return on", "returning", "back on", "be back", "back in ", "my colleague", "my colleagues", "in the meantime", "respond to your", "reply to your", "get back to you", "get in touch", "as soon as i", "dringendes bitte", "ihre anliegen", "wieder fuer euch", "wieder fuer dich", "answer upon", "immediate assistance", "reopen", "open again", "urgent", "reach out to", "direct all", "direct your", "kindly contact", "please email", "please e-mail", "please speak to", "please page", "please send your", "slow to respond", "slower than usual", "delayed response", "delay in respon", "will respond", "instead", "successor", "on-call",
	"vous invite a", "merci de contacter", "mon collegue", "ma collegue", "jusqu'au", "a mon retour", "il mio collega", "al nostro rientro", "al mio rientro", "risponderemo", "fino al", "neem contact op", "contact opnemen",
}

// unreadPhrases say what becomes of mail in the meantime.
var unreadPhrases = []string{
	"nicht weitergeleitet", "nicht automatisch weitergeleitet", "nicht umgeleitet", "nicht gelesen", "nicht bearbeitet", "nicht beantwort", "nicht abgerufen", "nicht mehr gelesen", "nicht mehr abgerufen", "nicht mehr betreut", "meine mails nur", "meine e-mails nur", "meine mails nicht", "meine e-mails nicht", "lese meine mails", "lese meine e-mails", "nur unregelmaessig", "lese in dieser zeit",
	"not be forwarded", "not forwarded", "not being forwarded", "not be read", "not read", "not be monitored", "not monitored", "not checking e", "not be checking", "checking email", "checking my email",
	"ne sera pas transfere", "ne seront pas", "non sara inoltrat", "non verra", "wordt niet doorgestuurd", "lees mijn mail niet",
}

// gonePhrases say that somebody or an address is gone for good.
var gonePhrases = []string{
	"i've moved on", "have moved on", "moved on from", "no longer part of", "last day at", "last day with", "nicht mehr im unternehmen", "nicht mehr fuer uns taetig", "nicht mehr bei uns taetig", "nicht mehr in unserem", "nicht mehr in unserer", "nicht mehr fuer die firma", "das unternehmen mit", "das unternehmen verlassen", "die firma verlassen", "unser unternehmen verlassen", "unser haus verlassen", "ausgeschieden", "im ruhestand", "in pension", "meine e-mail-adresse hat sich", "meine mailadresse hat sich", "neue e-mail-adresse lautet", "neue mailadresse lautet", "dieses postfach wird nicht", "dieses postfach ist nicht", "diese mailadresse wird nicht", "diese e-mail-adresse wird nicht", "diese adresse wird nicht", "diese adresse ist nicht mehr", "diese e-mail-adresse ist nicht mehr", "diese mailadresse ist nicht mehr", "adresse ist nicht mehr gueltig", "adresse ist nicht mehr aktiv",
	"no longer work", "no longer with", "no longer employed", "no longer at ", "has left the company", "has left our", "i have left", "have left the company", "left the company as of", "mailbox is no longer", "address is no longer", "inbox is no longer", "my email address has changed", "my e-mail address has changed", "my new email address", "have retired", "has retired", "ne fait plus partie", "ne travaille plus", "n'est plus utilisee", "non lavora piu", "non e piu attiv", "niet meer werkzaam",
}

// untilPhrases come before the end of an absence, presentPhrases say that it is none.
var (
	untilPhrases   = []string{"diese woche", "dieser woche", "this week", "all week", "bis ", "until ", "till ", "through ", " thru ", "jusqu", "fino a", "dal 1", "dal 2", "dal 3", "hasta el", "tot en met", "vom ", "von ", "from "}
	presentPhrases = []string{
		"bin bis .. unter", " unter 0", " unter +", "unter der ", "erreichbar unter", "am handy", "mobil unter", "im haus,", "noch im haus", "im haus.", "vor ort", "bis jetzt", "bisher", "bis heute", "bis zu ", "zustaendig", "on site", "reach me", "call me", "available", "on call until", "at my desk", "warten", "waiting", "gewartet", "koennen wir", "kann ich", "brauche", "need ", "umgestellt", "migrat", "update", "neustart", "restart",
	}
)

// challengePhrases stand in the mails of programs that want the sender to prove himself.
var challengePhrases = []string{
	"confirm that you are human", "confirm you are human", "prove that you are human", "prove you are human", "verify that you are human", "you are a human", "not on my list of approved", "approved senders", "approved sender list", "reply to this message to verify", "you only need to do this once", "this is a one-time", "is being held. please confirm", "bestaetigen sie einmalig", "einmalig bestaetigen", "bestaetigen sie ihre absenderadresse", "ihre absenderadresse", "absenderadresse bestaetigen", "dass sie ein mensch sind", "auf meine liste bekannter absender", "challenge-response", "spamarrest", "click the link below to deliver", "verify your email address to deliver",
}

// courtesies are the sentences around a note.
var courtesies = []string{
	"sehr geehrte", "guten tag", "guten morgen", "gruess gott", "gruezi", "freundlich", "gruss", "gruesse", "danke", "dank ", "wuensch", "weihnacht", "feiertag", "bitte wenden", "kontaktieren", "erreichen sie", "sie erreichen", "unter der nummer", "dear ", "hello", "regards", "thank", "thanks", "wish", "season", "please contact", "please call", "contact ", "sorry", "apolog", "bonjour", "cordialement", "merci", "buongiorno", "saluti", "grazie", "gentile", "liebe ", "hallo", "tel.", "call our",
}

// conditions begin what a note says for the case that something is urgent.
var conditions = []string{
	"in dringenden", "in dringlichen", "in wichtigen", "in notfaellen", "im notfall", "in eiligen", "im dringenden", "bei dringenden", "bei dringlichen", "bei notfaellen", "bei stoerungen", "bei problemen", "bei technischen", "bei serverproblemen", "bei ausfaellen", "bei einem ausfall", "bei fragen", "bei einer stoerung", "bei support", "bei akuten", "bei wichtigen", "bei edv-", "bei it-", "fuer dringende", "fuer notfaelle", "fuer technische", "fuer stoerungen", "fuer support", "sollte es", "sollten sie", "falls ", "wenn es dringend", "wenn es eilt", "wenn sie dringend", "haben sie ein dringendes", "notfallnummer",
	"for urgent", "in urgent", "for anything urgent", "for any urgent", "if it is urgent", "if it's urgent", "if this is", "if urgent", "if your", "if you ", "if there is", "in case of", "in an emergency", "for emergencies", "in emergencies", "for immediate", "for technical", "for server", "for support", "for outages", "for incidents", "for all other", "should you", "should there", "en cas d", "in caso di", "per urgenze", "pour toute urgence", "pour les urgences", "voor dringende", "bij spoed",
}

// troublePhrases say that something is broken, thingPhrases name what may be.
var (
	troublePhrases = []string{
		"offline", "ausfall", "ausgefallen", "outage", "stoerung", "kaputt", " down ", " down.", " down,", " down!", "geht nicht", "geht auf kein", "geht nichts", "geht nix", "geht immer noch", "noch immer", "immer noch", "noch nicht", "geht gar", "gehen nicht", "funktioniert", "laeuft nicht", "laeuft noch", "startet nicht", " fehler ", " fehler:", "fehlermeldung", "antwortet nicht", "reagiert nicht", "timeout", "unreachable", "not reachable", "not responding", "not working", "doesn't work", "does not work", "doesn't start", "failing", "nothing works", "still ", "abgestuerzt", "crashed", "gehackt", "hacked", "nichts mehr", "steht seit", "steht still", "steht noch", "seit stunden", "seit gestern", "seit heute", "ist tot", " tot,", " tot.", " tot!", "ist weg ", "ist weg.", "ist weg,", "ist weg!", "sind weg ", "sind weg.", "sind weg,", "sind weg!", "is gone", "are gone", "is dead", "losing", "verlieren", "verschluesselt", "locked out", "ausgesperrt", "weisse seite", "leere seite", "blank page", "niemand", "nobody", "no one ", "keiner ", "kommt nicht", "kommen nicht", "log in", "login", "einloggen",
		"en panne", "ne fonctionne", "ne repond", "non funziona", "non risponde",
	}
	thingPhrases = []string{
		"server", "website", "webseite", "web site", "homepage", "webshop", "unser shop", "online-shop", "onlineshop", "datenbank", "database", "exchange", " vpn", "https://", "festplatte", "backup", "serveur", "rueckruf", "ruckruf", "problem", "drucken", "drucker", "kassa", "kasse ",
	}
	// humanPhrases are what no program says of an absence: it begins tomorrow.
	humanPhrases = []string{
		"ab morgen", "ab heute", "ab uebermorgen", "from tomorrow", "as of tomorrow", "starting tomorrow", "ruft mich", "rufen sie mich", "bitte um anruf", "um rueckruf", "call me", "text me", "anbei ", "im anhang", "attached", "wie besprochen", "wie telefonisch", "as discussed", "koennten sie", "koennen wir", "could you", "can you", "can we",
	}
)

// yoursPhrases and recordedPhrases in one sentence acknowledge a mail; promisePhrases say what comes next.
var (
	yoursPhrases = []string{
		"ihre anfrage", "ihrer anfrage", "ihre nachricht", "ihrer nachricht", "ihre mitteilung", "ihrer mitteilung", "ihre meldung", "ihrer meldung", "ihre e-mail", "ihrer e-mail", "ihre mail", "ihrer mail", "ihr mail", "ihr e-mail", "ihres e-mail", "ihr anliegen", "ihres anliegens", "ihr schreiben", "ihr ticket", "ihre stoerungsmeldung", "ihr supportfall", "deine anfrage", "deine nachricht", "deine mail", "dein ticket", "dein anliegen", "fuer sie ", "incident inc", "in ihrem namen",
		"your request", "your message", "your email", "your e-mail", "your enquiry", "your inquiry", "your ticket", "your support request", "your query", "your case", "your report", "on your behalf", "votre demande", "votre message", "la sua richiesta", "la vostra richiesta", "il suo messaggio", "uw aanvraag", "uw bericht", "su solicitud",
	}
	recordedPhrases = []string{
		"uns erreicht", "uns angekommen", "erhalten", "eingegangen", "eingelangt", "empfangen", "erfasst", "registriert", "aufgenommen", "angelegt", "eroeffnet", "wurde erstellt", "eingang", "entgegengenommen", "weitergeleitet und", "zustaendige abteilung", "zustaendigen abteilung",
		"been received", "was received", "have received", "we received", "received your", "been created", "was created", "been opened", "was opened", "been logged", "was logged", "been registered", "been recorded", "acknowledge", "bien recu", "ete recu", "ete enregistre", "abbiamo ricevuto", "e stata ricevuta", "ontvangen", "hemos recibido",
	}
	promisePhrases = []string{
		"melden uns", "meldet sich", "bei ihnen melden", "wird bearbeitet", "bearbeitet", "beantwort", "in verbindung setzen", "in verbindung", "wird geprueft", "team geprueft", "zustaendige", "werden ueber", "informiert", "um weitere informationen hinzuzufuegen", "so rasch wie moeglich", "baldmoeglichst", "innerhalb von", "naechsten werktag", "werktag", "anfrage ansehen", "ticket-id", "ticketnummer",
		"be in touch", "get back to you", "be reviewed", "be reviewing", "will respond", "will reply", "be notified", "any updates", "business day", "as soon as possible", "view request", "view your", "personal response", "ticket id", "sera traitee", "meilleurs delais", "le risponderemo", "al piu presto",
	}
	// timelyPhrases promise an answer soon.
	timelyPhrases = []string{"innerhalb von", "werktag", "so rasch wie moeglich", "so rasch als moeglich", "so schnell wie moeglich", "so bald wie moeglich", "baldmoeglich", "schnellstmoeglich", "umgehend", "in kuerze", "as soon as possible", "as soon as we can", "business day", "working day", "within 24", "within 48", "shortly", "in the order", "meilleurs delais", "al piu presto"}
	answerPhrases = []string{"beantwort", "wir antworten", "antworten in der regel", "bearbeit", "melden uns", "melden wir uns", "kuemmern uns", "reply", "respond", "answer your", "get back to you", "be in touch", "vous repondr", "le risponderemo"}
	thanksPhrases = []string{"ausserhalb unserer geschaeftszeit", "ausserhalb unserer oeffnungszeit", "ausserhalb unserer buerozeit", "ausserhalb der geschaeftszeit", "ausserhalb der buerozeit", "outside our business", "outside our office", "outside of our", "outside of business", "outside business", "dank, dass sie sich an uns", "danke, dass sie sich an uns", "danke, dass sie uns", "thank you for contacting", "thanks for contacting", "dank fuer ihre nachricht", "dank fuer ihre anfrage", "dank fuer ihre e-mail", "dank fuer ihre mail", "dank fuer ihr mail", "dank fuer ihr e-mail", "danke fuer ihre nachricht", "danke fuer ihre anfrage", "danke fuer ihre e-mail", "danke fuer deine", "dank fuer deine", "thank you for your message", "thank you for your email", "thank you for your e-mail", "thanks for your message", "thanks for your email", "thank you for reaching out", "thanks for reaching out", "thank you for getting in touch", "thanks for getting in touch", "thank you for writing", "merci pour votre message", "grazie per il suo messaggio", "grazie per averci"}
)

// digestSubjects are those of reports that filters send about mail that they kept.
var digestSubjects = []string{
	"quarantaenebericht", "quarantaene-bericht", "quarantaene bericht", "quarantaenebenachrichtigung", "spam-bericht", "spambericht", "spam bericht", "spam-report", "spam report", "spam digest", "spam-digest", "spam quarantine", "quarantine digest", "quarantine summary", "quarantine report", "quarantine notification", "end user digest", "end-user digest", "messages on hold", "held messages", "message(s) in quarantine", "messages in quarantine", "nachrichten in quarantaene", "blocked message summary", "rapport de quarantaine",
}
