package rules

// signal is one observation that speaks for or against an emergency. The table below is the whole
// recognition: what it weighs can be read, and replaced, without reading code.
type signal struct {
	name    string
	subject int  // weight in the subject
	text    int  // weight in the new text, once however often it stands there
	mild    bool // against it, but in the mails of customers in need too: in the text it counts little beside an outage
	phrases []string
}

// threshold is the weight from which on a mail is an emergency. A mail under our subject starts with
// ours, so that only strong words against it make it other: when in doubt, it is an emergency.
const (
	threshold  = 5
	ours       = 7 // our subject, typing errors included
	sayings    = 2 // our name somewhere else in the subject
	errorLine  = 1 // the mail holds an error message
	serverLine = 1 // the mail names a server that the inventory confirms
	machine    = -1
	served     = 2 // what is broken is a service that we run: server, site, mail …
	unopposed  = 2 // the subject says that something is broken, and nothing in the mail speaks against it
	again      = 2 // the text says in two ways that something is broken
	oldSubject = 2 // what a subject against it weighs at most, once the text calls for help: customers answer any old mail
)

// services are what the company runs for its customers.
var services = newLexicon([]string{
	"server*", "webserver*", "mailserver*", "terminalserver*", "dbserver*", "dns", "host", "vm", "vms", "web", "website*", "webseite*", "web-*", "seite", "seiten", "page", "pages", "site", "sites", "homepage*", "shop*", "webshop*", "onlineshop*", "online-shop*", "mail", "mails", "e-mail", "e-mails", "email", "emails", "mailbox*", "datenbank*", "database*", "db", "vpn", "exchange*", "outlook", "netzwerk", "network", "internet", "leitung", "login", "ssh", "rdp", "ping", "cluster", "storage", "api", "portal", "app", "cloud*", "nextcloud*", "system", "systeme", "systems", "alles", "everything", "nothing", "nichts", "gar nichts", "kunden", "customers",
	"serveur*", "site web", "boutique", "sito", "servidor*", "sitio", "serwer*", "strona", "serveru", "szerver*", "сервер*", "сайт*",
})

// faint are words of an outage that ordinary mail is full of: they weigh as the others, and prove
// nothing by themselves.
var faint = setOf("weg", "voll", "steht", "lahm", "haengt", "haengen", "stopped", "stuck", "broke", "getrennt", "abgebrochen", "gesperrt", "fails", "defekt", "verschwunden", "raid", "fehlermeldung", "fehlermeldungen", "exception", "read-only", "spinnt", "nimmer", "refused")

// signals: phrases as newLexicon reads them. Weights of the same sign add up, each signal counts once
// per place.
var signals = []signal{
	{"outage", 3, 3, false, []string{
		"down", "offline", "outage", "unreachable", "not reachable", "not available", "unavailable", "unresponsive", "not responding", "no response", "not working", "doesn't work", "does not work", "stopped working", "isn't working", "isn't loading", "won't load", "not loading", "won't start", "won't boot", "doesn't start", "doesn't respond", "cannot be reached", "can't reach", "cannot reach", "can't connect", "cannot connect", "can't log in", "cannot log in", "can't get in", "times out", "timing out", "timed out", "crashed", "crashing", "crash looping", "crash-looping", "crashloop*", "frozen", "hangs", "hung", "dead", "stopped serving", "stopped", "is broken", "still broken", "refusing", "refuses", "fails", "failing", "corrupted", "degraded", "returning 5*", "returns 5*", "kernel panic", "disk full", "data loss", "lost connection", "loses connection", "is gone", "white page", "blank page", "locked out", "stuck", "broke", "hacked", "compromised", "defaced", "ransomware", "ddos", "under attack",
		"ausfall", "ausgefallen", "serverausfall", "totalausfall", "komplettausfall", "stromausfall", "netzausfall", "stoerung", "nicht erreichbar", "unerreichbar", "nicht mehr erreichbar", "nicht .. erreichbar", "nicht verfuegbar", "nicht mehr verfuegbar", "nicht .. verfuegbar", "nicht .. benuetzbar", "nicht .. benutzbar", "unbenutzbar", "unbrauchbar", "geht .. nicht", "gehen .. nicht", "geht net", "geht nix", "geht gar nichts", "gar nichts mehr", "nichts geht", "geht nichts", "nichts mehr", "nix mehr", "nimmer", "geht auch net", "geht nicht", "geht nicht mehr", "funktioniert .. nicht", "funktionieren .. nicht", "funktioniert nicht", "laeuft .. nicht", "laeuft nicht", "startet .. nicht", "starten .. nicht", "faehrt nicht .. hoch", "antwortet .. nicht", "antwortet nicht", "reagiert .. nicht", "reagiert nicht", "laedt nicht", "laedt .. nicht", "keine verbindung", "keine mails", "keine e-mails", "weder mails", "nicht mehr anmelden", "nicht .. anmelden", "nicht .. einloggen", "keiner .. anmelden", "niemand .. anmelden", "keiner kommt", "keiner .. kommt", "niemand .. kommt", "verbindet .. nicht", "verbinden .. nicht", "niemand kommt", "kommt niemand", "kommt keiner", "nicht mehr hinaus", "nicht mehr hinein", "kommt .. nicht mehr", "kommen .. nicht mehr", "komme .. nicht mehr", "nimmt .. keine", "nimmt .. nicht", "loest .. nicht auf", "steht seit", "steht still", "steht komplett", "stehen still", "steht", "lahmgelegt", "lahm", "abgestuerzt", "absturz", "stuerzt", "haengt", "haengen", "haengt sich", "eingefroren", "bleibt .. stehen", "bleiben .. haengen", "zusammengebrochen", "tot", "weg", "komplett weg", "verschwunden", "kaputt", "defekt", "gestorben", "voll", "zeitueberschreitung", "bricht .. ab", "brechen .. ab", "abgebrochen", "unterbrochen", "getrennt", "gesperrt", "sperrliste", "verweigert", "fehlgeschlagen", "schlaegt .. fehl", "schreibgeschuetzt", "weisse seite", "leere seite", "gehackt", "angegriffen", "verschluesselt", "trojaner", "hinueber", "spinnt", "streikt", "im eimer", "notbetrieb", "stillstand",
		"en panne", "panne", "hors service", "inaccessible", "injoignable", "ne repond plus", "ne fonctionne plus", "ne marche plus", "indisponible", "plante", "non raggiungibile", "irraggiungibile", "non funziona", "non risponde", "fuori servizio", "guasto", "caido", "no funciona", "no responde", "storing", "onbereikbaar", "werkt niet", "plat", "ligt eruit", "awaria", "nie działa", "nie dziala", "nie działają", "niedostępny", "niedostępna", "výpadek", "vypadek", "nefunguje", "nedostupný", "nedostupná", "leállt", "leallt", "nem elérhető", "nem elerheto", "nem működik", "nem mukodik", "är nere", "ligger nere", "fungerar inte", "ingenting fungerar", "er nede", "virker ikke", "не работает", "не отвечает", "недоступен", "недоступна", "недоступно", "упал", "сбой", "caída", "caídos", "não funciona", "fora do ar", "ne radi", "ne dela", "nu funcționează", "nu functioneaza", "çalışmıyor", "çöktü",
		"kommen nicht an", "kommt nicht an", "kommen .. nicht an", "kommt .. nicht an", "kommen keine", "kommt keine", "kommt bei keinem", "kommt bei niemandem", "kein login", "kein zugriff", "kein ping", "keine antwort", "login nicht moeglich", "anmeldung nicht moeglich", "zugriff nicht moeglich", "kein mailversand", "kein mailempfang", "keine .. laedt", "keine .. funktioniert", "keiner .. funktioniert", "keiner .. anmelden", "fehlerseite", "mailausfall", "internetausfall", "datenbankausfall", "no mail", "no emails", "no e-mails", "no login", "no ping", "no access",
	}},
	{"no longer", 2, 2, false, []string{
		"nicht mehr", "nix mehr", "nichts mehr", "nimmer", "nur mehr", "nur noch", "keinen zugriff", "kein zugriff", "no longer", "not any more", "anymore", "ne plus", "non piu",
	}},
	{"failure code", 2, 2, false, []string{
		"403 forbidden", "500", "502", "503", "504", "servfail", "nxdomain", "timeout", "time-out", "bad gateway", "gateway timeout", "internal server error", "service unavailable", "connection refused", "connection reset", "no space left", "out of memory", "too many connections", "kernel panic", "oom", "segfault", "crashloopbackoff", "imagepullbackoff", "bsod", "bluescreen", "blue screen", "bluescreens", "fatal error", "datenbankverbindung", "database connection", "fehlermeldung", "fehlermeldungen", "err_connection*", "certificate expired", "certificate has expired", "zertifikat .. abgelaufen", "read-only", "raid", "enospc", "exception", "stack trace", "stacktrace", "traceback", "panic",
	}},
	{"urgency", 2, 2, false, []string{
		"dringend", "dringende", "dringender", "sehr dringend", "sofort", "sofortige", "sofortigen", "umgehend", "umgehende", "schnellstmoeglich", "so schnell wie moeglich", "asap", "urgent", "urgently", "urgence", "urgente", "urgenza", "emergenza", "emergency", "emergencia", "spoed", "notfall", "hilfe", "help", "at once", "immediately", "right away", "right now", "critical", "kritisch", "production down", "s.o.s", "sos", "alarm", "eilt", "eilig", "pressieren", "pressiert", "priority 1", "prio 1", "p1", "sev1", "sev-1", "bitte helfen", "bitte helft", "helft uns", "akut", "pilne", "pilnie", "urgentie", "urgentní", "urgentni", "naléhavé", "sürgős", "surgos", "срочно", "помогите", "acil", "hitno", "nujno", "brådskande", "haster",
	}},
	{"damage", 1, 1, false, []string{
		"koennen nicht arbeiten", "koennen nichts arbeiten", "kann nicht arbeiten", "kann niemand arbeiten", "stehen herum", "produktion steht", "nichts arbeiten", "umsatz", "verlieren .. geld", "losing money", "losing orders", "customers cannot", "customers can't", "kunden koennen", "kann niemand", "kann keiner", "koennen nicht", "alle benutzer", "alle mitarbeiter", "all users", "everybody", "everyone", "nobody can", "alle arbeitsplaetze", "keiner kann", "niemand kann", "since last night", "seit heute", "seit gestern", "seit ca", "seit einer stunde", "seit stunden", "since",
	}},
	{"call back", 0, 1, false, []string{
		"rueckruf", "rufen sie", "rufts", "ruft mich", "ruft uns", "ruf mich", "anrufen", "bitte um anruf", "um anruf", "call me", "call us", "ring me", "call back", "callback", "please call", "phone me", "erreichen mich", "erreichbar unter", "melden sie sich", "erreicht mich", "rappeler", "richiamare",
	}},
	{"monitoring", 4, 2, false, []string{
		"problem", "critical", "is down", "host down", "firing", "alert", "unreachable", "problem started", "state changed to critical", "severity high", "severity disaster", "trigger problem",
	}},

	{"question of price", -6, -3, true, []string{
		"was kostet", "was kosten", "wie viel kostet", "wieviel kostet", "was wuerde .. kosten", "was verrechnet", "wird .. verrechnet", "welche kosten", "kosten fuer", "preis", "preise", "preisliste", "preisauskunft", "tarif", "tarife", "tarifwechsel", "angebot", "angebote", "anbot", "offert", "offerte", "kostenvoranschlag", "konditionen", "preisanfrage", "price", "prices", "pricing", "quote", "quotation", "how much does", "how much is", "what does it cost", "billed per", "rate card", "tarifs", "devis", "prezzo", "preventivo",
	}},
	{"question of contract", -4, -3, true, []string{
		"vertrag", "vertraege", "vertragsverlaengerung", "vertragslaufzeit", "sla anfrage", "kuendigung", "kuendigen", "upgrade auf", "paket", "is it included", "included in", "ist .. enthalten", "ist .. inkludiert", "inkludiert", "dazunehmen", "dazuzunehmen", "dazubuchen", "moechten .. buchen", "moechten .. bestellen", "gerne buchen", "gerne bestellen", "before i sign up", "sign up for", "contract", "subscription", "cancel our", "terminate our", "we are considering", "wir ueberlegen", "wir wuerden gerne", "thinking about", "interesse an", "interested in", "contrat", "contratto", "service level", "business plan",
	}},
	{"supposition", -4, -4, true, []string{
		"wenn ein", "wenn einmal", "wenn mal", "wenn der server einmal", "falls ein", "falls einmal", "falls der", "falls unser", "im falle", "im fall eines", "im fall von", "fuer den fall", "was passiert wenn", "was waere wenn", "wie schnell", "wie lange dauert", "what happens if", "what if", "in case of", "in the event of", "if a server", "if one of", "if our server ever", "how fast", "how quickly", "how long does",
	}},
	{"question", -4, 0, true, []string{
		"frage", "fragen", "frage zum", "frage zu", "frage zur", "anfrage zu", "anfrage zum", "rueckfrage", "question", "questions", "question about", "enquiry", "inquiry", "auskunft", "information zum", "infos zu", "infos zum", "wie funktioniert", "how does", "question sur", "domanda",
	}},
	{"no hurry", -6, -7, false, []string{
		"eilt nicht", "nicht eilig", "nicht dringend", "keine eile", "hat zeit", "bei gelegenheit", "no rush", "no hurry", "not urgent", "nothing is broken", "nothing broken", "not broken", "when you have time", "whenever you have time", "wenn sie zeit haben", "wenn ihr zeit habt", "bis ende der woche", "naechste woche reicht", "kein notfall", "not an emergency", "pas urgent", "non e urgente", "rein interessehalber", "alles laeuft", "laeuft alles",
	}},
	{"invoice", -7, -4, true, []string{
		"rechnung", "rechnungen", "rechnungskopie", "gutschrift", "mahnung", "zahlungserinnerung", "zahlungseingang", "faktura", "invoice", "invoices", "billing", "payment reminder", "receipt for", "credit note", "ueberweisung", "zahlbar innerhalb", "zahlungsziel", "facture", "fattura", "bezahlt", "sepa", "lastschrift", "beleg", "honorarnote", "auftragsbestaetigung", "order confirmation",
	}},
	{"advertisement", -7, -4, false, []string{
		"newsletter", "webinar", "webinare", "whitepaper", "angebot des monats", "jetzt informieren", "jetzt buchen", "jetzt anmelden", "jetzt sichern", "jetzt testen", "kostenlos testen", "gratis testen", "rabatt", "% sparen", "prozent sparen", "sonderangebot", "black friday", "hier abmelden", "newsletter abmelden", "keine angebote mehr", "kostenlos", "newsletter abbestellen", "abbestellen", "unsubscribe", "view in browser", "view this email in your browser", "im browser ansehen", "sie erhalten diesen", "sie erhalten diese e-mail weil", "you are receiving this", "free trial", "special offer", "limited time", "seo", "backlinks", "guest post", "leads", "increase your traffic", "rank your website", "boost your", "unser neuer", "unsere neue", "jetzt neu", "rund um die uhr auf der sicheren seite", "einladung zum", "fachmesse", "promotion", "exklusiv fuer", "kennenlernen", "kennenlerngespraech", "demo call", "quick call", "se desabonner", "desinscription", "wir bieten", "we offer", "our services", "unsere dienstleistungen", "our agency", "book a demo", "book a call",
	}},
	{"announcement", -7, -4, true, []string{
		"wartungsankuendigung", "wartungsarbeiten am", "geplante wartung", "geplante wartungsarbeiten", "wartungsfenster", "ankuendigung", "angekuendigte wartung", "maintenance notification", "maintenance notice", "scheduled maintenance", "planned maintenance", "planned work", "planned works", "maintenance window", "end of life", "end of support", "changelog", "release notes", "status update", "statusbericht", "wochenbericht", "monatsbericht", "weekly report", "monthly report", "maintenance programmee", "manutenzione programmata",
	}},
	{"all well again", -6, 0, false, []string{
		"recovery", "recovered", "resolved", "is up", "host up", "is ok", "back to normal", "back up", "erfolgreich", "success", "successful", "completed", "abgeschlossen", "behoben", "entwarnung", "wieder online", "laeuft wieder", "ok",
	}},
	{"phishing", -6, -8, false, []string{
		"verify your password", "verify your account", "verify your identity", "confirm your password", "confirm your account", "update your payment", "validate your mailbox", "account is closed", "account will be closed", "account will be suspended", "account has been suspended", "mailbox storage is", "mailbox quota", "storage is full upgrade", "release messages", "release pending messages", "pending messages", "click here", "klicken sie hier", "hier klicken", "passwort bestaetigen", "konto bestaetigen", "konto .. gesperrt", "kontoverifizierung", "lottery", "inheritance", "bitcoin wallet", "you have won", "sie haben gewonnen", "million usd", "dear beneficiary", "viagra", "casino", "kryptowaehrung", "undelivered parcel", "paket konnte nicht zugestellt", "action required", "password expires", "password will expire", "passwort laeuft ab", "re-validate", "avoid suspension", "reactivate",
	}},
	{"application", -7, -6, false, []string{
		"bewerbung", "bewerbungsunterlagen", "lebenslauf", "initiativbewerbung", "stellenausschreibung", "stellenanzeige", "jobangebot", "job application", "application for the position", "curriculum vitae", "praktikum", "lehrstelle", "recruiting", "vacancy", "candidature", "open position", "headhunter",
	}},
	{"ordinary request", -4, -4, true, []string{
		"neues postfach", "neue mailadresse", "neue e-mail-adresse", "postfach anlegen", "postfach fuer", "bitte anlegen", "anlegen", "einrichten", "passwort vergessen", "passwort zuruecksetzen", "zugangsdaten", "password reset", "forgot my password", "new mailbox", "new e-mail account", "create a mailbox", "set up a new", "add a new user", "domain bestellen", "domain registrieren", "domaintransfer", "authcode", "auth-code", "adressaenderung", "neue kontonummer", "bankverbindung", "newsletter-tool", "termin vereinbaren", "terminvorschlag", "besprechung", "meeting", "protokoll der", "weiterleitung einrichten", "speicherplatz erweitern", "weihnachtsgruesse", "frohe weihnachten", "merry christmas", "feature request", "wunsch", "verbesserungsvorschlag", "umfrage", "survey", "feedback", "zufrieden", "dokumentation", "anleitung", "hosting umziehen", "bestellung",
	}},
}
