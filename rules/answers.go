package rules

import "strings"

// topic is one of the questions that a good mail answers, or what else a heading can announce.
type topic int

const (
	noTopic topic = iota
	problemTopic
	reproductionTopic
	changesTopic
	otherTopic
)

// headings: a line of its own, or the label before a colon.
var headings = newLexicon(
	nil,
	[]string{"problem", "problembeschreibung", "problemstellung", "fehlerbeschreibung", "beschreibung", "sachverhalt", "was ist passiert", "was passiert", "was geht nicht", "was funktioniert nicht", "genaue problembeschreibung", "fehlerbild", "symptom", "symptome", "lage", "situation", "stoerung", "fehler", "fehlermeldung", "fehlermeldungen", "issue", "description", "problem description", "what happened", "what is wrong", "what's wrong", "summary", "symptoms", "impact", "1"},
	[]string{"reproduktion", "reproduzieren", "reproduzierbar", "reproduzierbarkeit", "reproduction", "reproduce", "repro", "repro steps", "reproducible", "how to reproduce", "to reproduce", "steps", "steps to reproduce", "nachstellen", "nachstellung", "zum nachstellen", "wie nachstellen", "nachvollziehen", "nachvollziehbar", "nachvollzug", "wie kann man es nachstellen", "wie kann man .. nachstellen", "wie kann man .. nachvollziehen", "wie kann man .. reproduzieren", "wie kann das problem nachgestellt werden", "wie laesst sich .. nachvollziehen", "wie laesst sich .. reproduzieren", "wie laesst sich .. nachstellen", "so kann man .. nachstellen", "wie nachvollziehen", "wie reproduzieren", "schritte", "schritte zur reproduktion", "ausloesen", "trigger", "ausloeser", "how to see it", "to see it", "how to trigger", "tritt auf"},
	[]string{"aenderungen", "aenderung", "letzte aenderungen", "letzte aenderung", "kuerzliche aenderungen", "juengste aenderungen", "geaendert", "zuletzt geaendert", "was wurde geaendert", "was hat sich geaendert", "was wurde zuletzt geaendert", "changes", "change", "recent changes", "last changes", "latest changes", "recent change", "what changed", "what has changed", "changed", "modifications", "davor", "zuvor", "kurz davor", "unmittelbar davor", "just before", "before that", "aenderungen in letzter zeit", "aenderungen zuletzt", "vorherige aenderungen", "updates"},
	[]string{"kontakt", "ansprechpartner", "rueckruf", "telefon", "contact", "phone", "server", "betroffene server", "betroffene systeme", "betroffen", "systeme", "affected servers", "affected", "servers", "hosts", "kundennummer", "kunde", "name", "firma", "customer", "adresse", "url", "umgebung", "environment", "auswirkung", "auswirkungen", "prioritaet", "priority", "logs", "log", "logfile", "anhang", "attachments", "bisher versucht", "versucht", "massnahmen", "what we tried", "tried", "zeit", "zeitpunkt", "seit wann", "since", "tel", "mobil", "email", "e-mail", "bitte", "danke", "rueckrufnummer", "telefonnummer"},
)

// saysHow, saysChange, saysProblem: the words of a sentence that answers the question in prose.
var (
	saysHow = newLexicon([]string{
		"nachstellen", "nachstellbar", "nachvollziehen", "nachvollziehbar", "nachzuvollziehen", "nachzustellen", "reproduzieren", "reproduzierbar", "reproduziert", "reproduce", "reproduced", "reproducible", "reproducing", "repro", "to see it", "you can see it", "to trigger", "trigger it", "triggers it", "ausloesen", "auszuloesen", "jedes mal wenn", "jedesmal wenn", "immer wenn", "immer dann wenn", "sobald man", "sobald ich", "sobald wir", "wenn man", "wenn ich auf", "wenn wir auf", "testen kann man", "kann man testen", "laesst sich testen", "indem man", "man muss nur", "man muss bloss", "muss man nur", "braucht man nur", "reicht es", "genuegt es", "einfach .. oeffnen", "einfach .. aufrufen", "einfach .. starten", "einfach .. eingeben", "einfach .. anmelden", "einfach .. klicken", "just open", "just visit", "just load", "just try", "simply open", "simply visit", "every time i", "every time we", "every time you", "every time someone", "everytime i", "everytime we", "whenever i", "whenever we", "whenever you", "whenever someone", "whenever somebody", "whenever anyone", "whenever a user", "whenever users", "whenever any", "happens when", "happens if", "happens every", "happens on every", "occurs when", "steps", "beim aufruf von", "beim aufrufen von", "passiert wenn", "passiert immer", "tritt auf wenn", "tritt immer auf", "tritt bei jedem", "tritt sofort", "bei jedem aufruf", "bei jedem versuch", "bei jedem login", "bei jeder anmeldung", "if you open", "if you try", "when you open", "when you try", "open any", "try to log in", "versucht man", "ruft man", "oeffnet man", "klickt man", "meldet man sich", "on every request", "on every page", "fails every", "curl -i", "mit folgendem befehl",
	})
	saysChange = newLexicon([]string{
		"geaendert", "geaenderte", "veraendert", "aenderung", "aenderungen", "umgestellt", "umgezogen", "uebersiedelt", "aktualisiert", "upgedatet", "upgedated", "geupdatet", "geupdated", "gepatcht", "upgegradet", "eingespielt", "installiert", "deinstalliert", "ausgetauscht", "getauscht", "gewechselt", "migriert", "konfiguriert", "umkonfiguriert", "angepasst", "deployed", "deployt", "ausgerollt", "freigeschaltet", "umgebaut", "erneuert", "ersetzt", "hinzugefuegt", "geloescht", "importiert", "aktiviert", "deaktiviert", "nichts gemacht", "nix gemacht", "nichts angefasst", "nichts angegriffen", "nix angegriffen", "nichts verstellt", "nichts getan", "getan .. nix", "nix getan", "nichts geaendert", "nix geaendert", "ohne eingriff", "neu ist", "seit dem update", "seit dem upgrade", "seit der umstellung", "seit der migration", "nach dem update", "nach einem update", "nach dem neustart", "war der techniker", "update gemacht", "updates gemacht", "umstellung auf", "gestern .. update", "ein update", "firmware update", "kernel update", "update der", "update des", "update von", "update auf", "full upgrade", "update .. gelaufen", "updates .. gelaufen", "update .. gekommen", "updates .. gekommen", "update .. bekommen", "update .. gezogen", "updates .. gezogen", "update .. eingespielt", "neue version", "neuer version", "neues plugin", "neues zertifikat", "neuer .. dienst", "verschoben", "umgesteckt", "erweitert", "hochgezogen", "eingerichtet", "wurde neu",
		"changed", "changes", "updated", "upgraded", "upgrade", "deployed", "deploy", "deployment", "migrated", "moved", "rolled out", "rolled back", "rollout", "release", "installed", "uninstalled", "replaced", "switched", "reconfigured", "added", "removed", "renewed", "patched", "rotated", "doubled", "increased", "modified", "nothing new", "didn't touch", "did not touch", "haven't touched", "have not touched", "nothing was touched", "no one touched", "untouched", "since the update", "since the upgrade", "after the update", "after the upgrade", "after an update", "consolidated", "enabled", "disabled",
	})
	// notAChange: the change words of requests and plans.
	notAChange = newLexicon([]string{
		"bitte .. aendert", "bitte nichts", "bitte nicht", "aendert nichts", "aendern sie", "nicht aendern", "please do not", "please don't", "do not change", "don't change", "do not touch", "what else was changed", "what changed on your", "was habt ihr geaendert", "haben sie .. geaendert", "habt ihr .. geaendert", "did you change", "have you changed", "has anything changed", "wurde .. geaendert?", "koennen sie", "koennt ihr", "can you", "could you", "wenn sie", "sobald",
	})
	saysProblem = newLexicon([]string{
		"down", "offline", "unreachable", "not reachable", "unavailable", "not responding", "not working", "doesn't work", "does not work", "stopped", "broken", "dead", "frozen", "crash*", "hangs", "fails", "failing", "times out", "timing out", "timed out", "refusing", "returning", "error", "errors", "can't", "cannot", "nobody can", "gone",
		"nicht", "nichts", "nix", "net", "ausgefallen", "ausfall", "offline", "down", "fehler", "steht", "haengt", "weg", "tot", "kaputt", "keine", "keiner", "kein", "unbrauchbar", "gestorben", "abgestuerzt", "defekt", "langsam", "voll", "weder",
	})
)

// answerLimit is how much of an answer is kept: it is shown at a glance.
const answerLimit = 1000

// answers are problem, reproduction and changes in the sender's words: what stands below or behind
// their headings, else the sentences that speak of them.
func answers(d *doc, found []finding) (problem, reproduction, changes string) {
	got, taken := byHeading(&d.body, d.closing)
	if len(got) == 0 && d.forward {
		got, taken = byHeading(&d.passed, len(d.passed.text))
	}
	answered := func(from, to int) bool {
		for _, t := range taken {
			if from < t.To && to > t.From {
				return true
			}
		}
		return false
	}
	problem, reproduction, changes = got[problemTopic], got[reproductionTopic], got[changesTopic]
	prose := func(s *source, until int) {
		eachSentence(s.text[:until], func(from, to int) {
			w := s.wordsIn(from, to)
			if len(w) < 2 || inOutput(s, found, from) && !proseWords.has(w) {
				return
			}
			w = unhyphened(w)
			if reproduction == "" && saysHow.has(w) {
				reproduction = oneLine(s.text[from:to])
			}
			if changes == "" && saysChange.has(w) && !notAChange.has(w) && s.text[to-1] != '?' {
				changes = oneLine(s.text[from:to])
			}
			if problem == "" && saysProblem.has(w) && !greeting(w) && !answered(from, to) {
				problem = oneLine(s.text[from:to])
			}
		})
	}
	prose(&d.body, d.closing)
	if d.forward {
		prose(&d.passed, len(d.passed.text))
	}
	if problem == "" {
		problem = fallbackProblem(d, found, answered)
	}
	return clipAnswer(problem), clipAnswer(reproduction), clipAnswer(changes)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// inOutput reports whether a place lies in a paragraph that holds a program's output.
func inOutput(s *source, found []finding, at int) bool {
	for _, f := range found {
		if f.whole && f.src == s && f.from < at+maxErrorLength && f.to > at-maxErrorLength {
			from, to := min(at, f.from), max(at, f.from)
			if !strings.Contains(s.text[from:to], "\n\n") {
				return true
			}
		}
	}
	return false
}

// unhyphened are words with compounds taken apart, so that a "Windows-Update" is an update.
func unhyphened(in []word) []word {
	for i, w := range in {
		if strings.IndexByte(w.fold, '-') < 0 {
			continue
		}
		out := append(make([]word, 0, len(in)+8), in[:i]...)
		for _, w := range in[i:] {
			for part := range strings.SplitSeq(w.fold, "-") {
				if part != "" {
					out = append(out, word{part, w.from, w.to})
				}
			}
		}
		return out
	}
	return in
}

func clipAnswer(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > answerLimit {
		s = cut(s, answerLimit) + " …"
	}
	return s
}

// fallbackProblem: the first sentence that is no greeting, else what the subject says beside our name.
func fallbackProblem(d *doc, found []finding, answered func(from, to int) bool) string {
	first := ""
	eachSentence(d.body.text[:d.closing], func(from, to int) {
		if first == "" {
			if w := d.body.wordsIn(from, to); len(w) >= 3 && !greeting(w) && !answered(from, to) {
				first = oneLine(d.body.text[from:to])
			}
		}
	})
	if first != "" {
		return first
	}
	if len(found) > 0 {
		return found[0].text
	}
	if signalInSubject(d.subject) {
		return d.m.Subject
	}
	return ""
}

func signalInSubject(subject string) bool {
	return saysProblem.has(splitWords(subject))
}

var greetings = newLexicon([]string{"hallo", "servus", "guten tag", "guten morgen", "guten abend", "gruess gott", "gruess sie", "gruess euch", "gruezi", "grueezi", "moin", "sehr geehrte", "sehr geehrter", "sehr geehrtes", "liebes", "liebe", "lieber", "hi", "hello", "dear", "good morning", "good evening", "hey", "all"})

func greeting(w []word) bool { return len(w) <= 7 && startsPhrase(greetings, w) }

// byHeading reads what stands under headings and behind labels, up to the next one, and says which
// passages that took.
func byHeading(s *source, until int) (got map[topic]string, taken []Span) {
	got = map[topic]string{}
	from, to := 0, 0
	cur := noTopic
	var text []string
	inline, blanks := false, 0
	flush := func() {
		if cur != noTopic && cur != otherTopic {
			if t := strings.TrimSpace(strings.Join(text, "\n")); t != "" && got[cur] == "" {
				got[cur] = t
				taken = append(taken, Span{from, to})
			}
		}
		cur, text, blanks = noTopic, nil, 0
	}
	for i, l := range s.lines {
		if l.from >= until {
			break
		}
		if l.blank {
			blanks++
			// A label's answer ends with its paragraph; a heading's goes on to the next heading.
			if inline || blanks > 1 && len(text) > 0 && cur != problemTopic {
				flush()
			}
			continue
		}
		t := strings.TrimSpace(l.text)
		if ruler(t) {
			continue
		}
		if top, rest, ok := headingAt(s, l, i+1 < len(s.lines) && (s.lines[i+1].blank || ruler(strings.TrimSpace(s.lines[i+1].text)))); ok {
			flush()
			cur, inline = top, rest != ""
			from, to = l.from, l.to
			if rest != "" {
				text = append(text, rest)
			}
			continue
		}
		if cur != noTopic {
			text, to = append(text, t), l.to
		}
		blanks = 0
	}
	flush()
	return got, taken
}

// ruler: a line of dashes under a heading.
func ruler(t string) bool { return len(t) >= 3 && strings.Trim(t, "-=_~*#") == "" }

// headingAt reads a line as a heading or as label and answer.
func headingAt(s *source, l line, alone bool) (topic, string, bool) {
	t := strings.TrimSpace(l.text)
	bare := strings.TrimLeft(t, "*#-•·>0123456789.)( \t")
	head, rest, colon := bare, "", false
	if i := headColon(bare); i >= 0 && i <= 60 {
		head, rest, colon = bare[:i], strings.TrimSpace(strings.Trim(bare[i+1:], "* ")), true
	} else if i := strings.IndexByte(bare, '?'); i > 0 && i <= 60 {
		head, rest, colon = bare[:i], strings.TrimSpace(bare[i+1:]), true
	}
	if len(head) > 80 {
		return noTopic, "", false
	}
	from := l.from + indent(l.text) + len(t) - len(bare)
	w := s.wordsIn(from, from+len(head))
	if len(w) == 0 || len(w) > 7 {
		return noTopic, "", false
	}
	top := noTopic
	headings.find(w, func(m match) bool {
		// The heading is the phrase, with small words around it: "Die letzten Änderungen", "Problem / Fehlermeldung".
		if m.to-m.from >= len(w)-2 || m.from == 0 && colon {
			if top == noTopic || topic(m.id) != otherTopic && m.to-m.from > 1 {
				top = topic(m.id)
			}
		}
		return true
	})
	if top == noTopic {
		return noTopic, "", false
	}
	if !colon && !(shouted(head) || len(w) <= 3 && (alone || len(bare) < len(t)) && !strings.ContainsAny(bare, ".,!")) {
		return noTopic, "", false
	}
	return top, rest, true
}

// headColon is the colon of a label; none in an address or a time.
func headColon(t string) int {
	i := strings.IndexByte(t, ':')
	if i <= 0 || i+1 < len(t) && t[i+1] == '/' || t[i-1] >= '0' && t[i-1] <= '9' {
		return -1
	}
	return i
}

func shouted(s string) bool { return strings.ToUpper(s) == s && strings.ToLower(s) != s }

// eachSentence cuts text at full stops before a blank, and at blank lines.
func eachSentence(text string, yield func(from, to int)) {
	from := 0
	for i := 0; i < len(text); i++ {
		end := false
		switch c := text[i]; {
		case c == '\n':
			end = i+1 < len(text) && text[i+1] == '\n'
		case c == '.' || c == '!' || c == '?':
			end = i+1 < len(text) && text[i+1] <= ' ' && !abbreviation(text[max(from, runeStart(text, max(0, i-12))):i+1])
		}
		if end || i == len(text)-1 {
			for from < i && text[from] <= ' ' {
				from++
			}
			yield(from, i+1)
			from = i + 1
		}
	}
}

// abbreviation: "ca.", "z.B.", "Nr.", "17.": the sentence goes on.
func abbreviation(s string) bool {
	i := strings.LastIndexAny(strings.TrimSuffix(s, "."), " (")
	w := strings.TrimSuffix(s[i+1:], ".")
	switch strings.ToLower(w) {
	case "ca", "z.b", "d.h", "nr", "bzw", "usw", "u.a", "dr", "mag", "ing", "dipl", "hr", "fr", "inkl", "evtl", "ggf", "tel", "st", "e.g", "i.e", "approx", "no", "mr", "ms", "mrs", "vs", "etc", "kd", "abt", "str", "min", "std", "sek", "bsp", "lt", "max", "sog", "u", "z", "d":
		return s[len(s)-1] == '.'
	}
	return s[len(s)-1] == '.' && w != "" && digits(w) == len(w) && len(w) <= 2
}
