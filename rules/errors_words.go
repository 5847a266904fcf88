package rules

// errorWords make a line of technical shape an error message.
var errorWords = newLexicon([]string{
	"error", "errors", "err", "errno", "fehler", "fehlercode", "serverfehler", "fatal", "failed", "fail", "fails", "failure", "failures", "failing", "exception", "uncaught", "unhandled", "unexpected", "panic", "traceback", "segfault", "segmentation fault", "core dumped",
	"denied", "refused", "rejected", "reset by peer", "broken pipe", "timeout", "timed out", "time-out", "timing out", "unreachable", "unavailable", "not available", "no route", "critical", "crit", "emerg", "alert", "severe", "corrupt*", "aborted", "aborting", "abort", "blocked", "killed", "sigkill", "sigsegv", "oom-kill*", "out of memory", "oom", "no space", "disk full", "too many", "cannot", "can't", "could not", "couldn't", "unable", "invalid", "expired", "exceeded", "limit exceeded", "exhausted", "disconnected", "is down", "down", "not found", "no such", "not running", "not responding", "missing", "bounced", "deferred", "servfail", "nxdomain", "lost", "degraded", "offline", "deadlock", "deadlocked", "read-only", "readonly", "violation", "overflow", "crash", "crashed", "crashloopbackoff", "imagepullbackoff", "errimagepull", "oomkilled", "back-off", "backoff", "evicted", "mismatch", "unknown", "forbidden", "unauthorized", "not permitted", "permission", "bad gateway", "wrong", "disabled", "not connected", "no nodes", "no alive nodes", "no server", "unhealthy", "dead", "stalled", "hung", "stuck", "conflict", "incomplete", "unrecoverable", "uncorrectable", "max_children", "remounting", "inaccessible", "unreadable", "no dnskey*", "dnskey missing", "problem", "no proposal*", "no_proposal*",
	"defer", "retry time not reached", "erreur", "echec", "impossible", "refusee", "introuvable", "errore", "impossibile", "rifiutata", "non riuscita", "non riuscito",
	"fehlgeschlagen", "schlug fehl", "verweigert", "abgelehnt", "abgewiesen", "abgelaufen", "unterbrochen", "abgebrochen", "getrennt", "hergestellt werden", "nicht verfuegbar", "nicht mehr verfuegbar", "nicht gefunden", "nicht erreichbar", "existiert nicht", "nicht vorhanden", "nicht moeglich", "nicht gestartet", "nicht geoeffnet", "nicht gelesen", "nicht geladen", "nicht zugegriffen", "nicht reagiert", "antwortet nicht", "nicht aufgeloest", "ungueltig", "ungueltige", "ungueltiger", "ueberschritten", "zeitueberschreitung", "zeitlimit", "konnte nicht", "konnte keine", "konnten nicht", "kann nicht", "kann keine", "keine verbindung", "kein zugriff", "kein speicherplatz", "nicht genuegend", "nicht genug", "speicherplatz", "unerwartet", "unerwarteter", "unbekannt", "unbekannter", "gesperrt", "beschaedigt", "voll", "ausnahme", "abgestuerzt", "ordnungsgemaess heruntergefahren", "ausfuehrungstimeout", "kritisch", "lehnt", "warnung",
})

// mildWords make an error only of a line that a log's time stamp begins.
var mildWords = newLexicon([]string{
	"warn", "warning", "warnung", "not tainted", "restart counter", "repeated too quickly", "exited", "terminated", "retrying", "slow", "marked", "shutting down", "restarting", "dropped", "waiting", "waited", "retries", "unhealthy", "stopped", "beendet", "oops",
})

// harmless words say of a log line that nothing is wrong.
var harmlessWords = newLexicon([]string{
	"info", "debug", "notice", "trace", "ok", "success", "succeeded", "erfolgreich", "started", "connected", "0 errors", "no errors",
})

// intro words announce an error message, before a quotation, a colon or a paragraph of its own.
var introWords = newLexicon([]string{
	"fehlermeldung", "fehlermeldungen", "fehlertext", "fehlerprotokoll", "fehler", "meldung", "meldungen", "hinweis", "meldet", "melden", "meldete", "steht", "stehen", "kommt", "kommen", "erscheint", "erscheinen", "erscheinend", "erschien", "zeigt", "zeigen", "sagt", "sagen", "bringt", "bringen", "liefert", "liefern", "antwortet", "wirft", "schreibt", "lautet", "heisst es", "sieht man", "sehe ich", "sehen wir", "bekomme", "bekommen", "erhalte", "erhalten", "gefunden", "log", "logs", "events", "ereignisse", "logfile", "logauszug", "auszug", "protokoll", "protokollzeilen", "ausgabe", "zeile", "zeilen", "ereignisanzeige", "alert-log", "dmesg", "syslog", "journal", "abgebrochen", "konsole", "spuckt", "geworfen", "quittiert", "endet mit", "bricht", "scheitert", "anzeige", "angezeigt", "wird angezeigt", "popup", "fenster",
	"error", "errors", "message", "messages", "says", "say", "said", "saying", "shows", "show", "showing", "reads", "prints", "printed", "gives", "give", "returns", "return", "returning", "throws", "threw", "logs", "logged", "reports", "reporting", "answers", "answer", "responds", "complains", "get", "gets", "getting", "got", "see", "seeing", "saw", "voyons", "affiche", "indique", "vediamo", "appare", "output", "excerpt", "snippet", "trace", "lines", "line", "stack", "contains", "displays", "displayed", "ends with", "dies with", "fails with", "stops with", "exits with",
})

// proseWords betray a sentence of the sender among the lines of a machine.
var proseWords = newLexicon([]string{
	"wir", "ich", "uns", "unser", "unsere", "unserem", "unseren", "unserer", "mein", "meine", "ihr", "ihnen", "euch", "bitte", "gestern", "vorgestern", "heute", "leider", "hallo", "danke", "jetzt", "we", "our", "us", "i", "i'm", "my", "please", "yesterday", "today", "thanks", "hello", "you", "your team", "schon", "wieder",
})

// knownMessages are errors so well known that they are written without quotation marks in the middle
// of a sentence.
var knownMessages = newLexicon([]string{
	"fehler beim aufbau einer datenbankverbindung", "fehler beim aufbau der datenbankverbindung", "error establishing a database connection", "es gab einen kritischen fehler auf deiner website", "es gab einen kritischen fehler auf dieser website", "there has been a critical error on this website", "there has been a critical error on your website", "briefly unavailable for scheduled maintenance",
	"500 internal server error", "http error 500", "error 500", "fehler 500", "501 not implemented", "502 bad gateway", "bad gateway", "http error 502", "error 502", "fehler 502", "503 service unavailable", "503 service temporarily unavailable", "service temporarily unavailable", "service unavailable", "http error 503", "error 503", "fehler 503", "504 gateway timeout", "504 gateway time-out", "gateway timeout", "gateway time-out", "http error 504", "error 504", "fehler 504", "internal server error", "http error 403", "403 forbidden", "404 not found", "fehler 403", "error 403", "http 500", "http 502", "http 503", "http 504", "http 403", "status 500", "status 502", "status 503", "status 504", "error 521", "error 522", "error 523", "error 524", "error 525", "error 526",
	"connection refused", "connection reset by peer", "connection reset", "connection timed out", "connection closed by remote host", "operation timed out", "no route to host", "host is unreachable", "host unreachable", "network is unreachable", "request timed out", "destination host unreachable", "zielhost nicht erreichbar", "zeitueberschreitung der anforderung", "verbindung verweigert", "permission denied", "access denied", "zugriff verweigert", "no space left on device", "too many connections", "too many open files", "out of memory", "cannot allocate memory", "read-only file system", "input/output error", "kernel panic", "lock wait timeout exceeded", "mysql server has gone away", "certificate has expired", "broken pipe", "segmentation fault", "name or service not known", "temporary failure in name resolution", "authentication failed", "authentication failure", "login failed", "relay access denied", "mailbox full", "mailbox unavailable", "quota exceeded", "allowed memory size", "maximum execution time", "gateway error", "server error", "no healthy upstream", "upstream connect error", "dns_probe*", "this site can't be reached", "diese website ist nicht erreichbar", "diese seite funktioniert nicht", "die website ist nicht erreichbar", "your connection is not private", "dies ist keine sichere verbindung", "ihre verbindung ist nicht privat", "seite nicht gefunden", "verbindung unterbrochen", "fehler: verbindung unterbrochen", "fehler: netzwerk-zeitueberschreitung",
	"serverfehler in der anwendung", "ein interner fehler ist aufgetreten", "an internal error has occurred", "oops an error occurred", "inaccessible boot device", "das trust-verhaeltnis", "die vertrauensstellung",
})

// knownTokens are error words that stand for themselves: one of them is a finding.
var knownTokens = map[string]bool{
	"crashloopbackoff": true, "imagepullbackoff": true, "errimagepull": true, "oomkilled": true, "servfail": true, "nxdomain": true,
	"enospc": true, "econnrefused": true, "etimedout": true, "econnreset": true, "enotfound": true, "eacces": true, "emfile": true, "ehostunreach": true, "eai_again": true,
}
