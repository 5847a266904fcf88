package rules

import (
	"slices"
	"strings"
)

// tellsHow reports whether a sentence says how a fault can be seen: by its words, or by its form.
func tellsHow(v *vocabulary, s string, w []word) bool {
	if v.saysHow.has(w) {
		return true
	}
	if s[len(s)-1] == '?' || len(w) < 3 || v.notAStep.has(w) {
		return false
	}
	return verbFirst(v, s, w) || conditional(v, s, w) || imperative(v, w) || stepsInARow(v, s)
}

// verbFirst: "Öffnet man die Seite, …", "Starte ich den Client, …", "Drücken wir auf Buchen, …", "Kaum klicke ich …,",
// "Wer sich anmeldet, …": German clauses of a condition that need no word for if.
func verbFirst(v *vocabulary, s string, w []word) bool {
	comma := strings.IndexByte(s, ',')
	if comma < 0 || comma < w[1].to-w[0].from || v.modalVerbs[w[0].fold] {
		return false
	}
	end := ""
	switch w[1].fold {
	case "man", "jemand", "einer", "der", "die", "ein", "eine":
		end = "t"
	case "ich":
		end = "e"
	case "wir":
		end = "n"
	}
	if end != "" && strings.HasSuffix(w[0].fold, end) {
		return true
	}
	switch w[0].fold {
	case "kaum":
		return slices.ContainsFunc(w[1:min(len(w), 4)], actor)
	case "wer":
		switch w[1].fold {
		case "sich", "das", "die", "den", "auf", "eine", "einen", "ein", "etwas", "versucht":
			return true
		}
	}
	return false
}

func actor(w word) bool {
	switch w.fold {
	case "ich", "wir", "man", "jemand", "wer", "i", "we", "you", "someone", "somebody", "users", "user":
		return true
	}
	return false
}

// conditional: "wenn ich auf Drucken gehe, …", "sobald wir …", "when I click …", "once you log in …": somebody acts, and
// something follows.
func conditional(v *vocabulary, s string, w []word) bool {
	for i := range w[:len(w)-2] {
		switch w[i].fold {
		case "wenn", "wann", "waun", "sobald", "sowie":
			if actor(w[i+1]) && strings.Contains(s, ",") {
				return true
			}
		case "when", "once", "if":
			if actor(w[i+1]) && v.stepVerbs[w[i+2].fold] {
				return true
			}
		}
	}
	return false
}

// imperative: "Log in as any user and watch it hang", "Öffnen Sie …, dann sehen Sie es": a step, and what is seen then.
func imperative(v *vocabulary, w []word) bool {
	i := 0
	for i < len(w)-2 && (w[i].fold == "just" || w[i].fold == "please" || w[i].fold == "einfach" || w[i].fold == "then" || w[i].fold == "simply" || w[i].fold == "bitte") {
		i++
	}
	step := w[i].fold
	if stem, ok := strings.CutSuffix(step, "ing"); ok && i == 0 { // "Uploading anything larger kills it"
		return stem != "go" && stem != "try" && (v.stepVerbs[stem] || v.stepVerbs[stem+"e"] || stem == "restart") && v.seenThen.has(w[1:])
	}
	return v.stepVerbs[step] && v.seenThen.has(w[i+1:])
}

// stepsInARow: "Anmelden, Rechnung anlegen, speichern, schon ist es weg"; "Job starten = sofort Fehler": steps without
// anybody who does them, and what comes of them.
func stepsInARow(v *vocabulary, s string) bool {
	steps, arrows := 0, 0
	for rest := s; rest != ""; {
		i, n := stepEnd(rest[:min(len(rest), longestStep)])
		if i == longestStep {
			return false
		}
		part, sign := rest[:i], rest[i:i+n]
		rest = rest[i+n:]
		w := splitWords(part)
		if len(w) == 0 || len(w) > 5 || !infinitive(w) {
			return len(w) > 1 && steps > 0 && (steps > 1 && rest == "" || arrows > 0)
		}
		for _, x := range w {
			if v.notASubject[x.fold] {
				return false
			}
		}
		steps++
		if n > 0 && strings.TrimSpace(sign) != "," && strings.TrimSpace(sign) != "und" {
			arrows++
		}
	}
	return arrows > 0 && steps > 2
}

// longestStep is more than the bytes that five words have.
const longestStep = 160

var stepSigns = []string{" = ", " => ", " -> ", " → ", " > ", " » ", " und ", ", ", ","}

// stepEnd is where a step ends, and how long the sign there is.
func stepEnd(s string) (int, int) {
	at, n := len(s), 0
	for _, sign := range stepSigns {
		if i := strings.Index(s, sign); i >= 0 && i < at {
			at, n = i, len(sign)
		}
	}
	return at, n
}

// infinitive: the step ends with a verb in -en, -ern, -eln.
func infinitive(w []word) bool {
	f := w[len(w)-1].fold
	return len(f) > 4 && (strings.HasSuffix(f, "en") || strings.HasSuffix(f, "ern") || strings.HasSuffix(f, "eln")) && digits(w[0].fold) == 0
}

// tellsChange reports whether a sentence speaks of a change, or says that there was none: by its words; by somebody who did
// nothing; by a time in the past and what was done then, or what is new since.
func tellsChange(v *vocabulary, w []word) bool {
	if v.notAChange.has(w) {
		return false
	}
	if v.saysChange.has(w) || v.nobody.has(w) && v.didAnything.has(w) {
		return true
	}
	return v.timesOfChange.has(w) && (v.doneThen.has(w) || newThen(v, w))
}

// newThen: "Vorgestern kam ein neuer Switch", and not a new fault.
func newThen(v *vocabulary, w []word) bool {
	for i, x := range w {
		switch x.fold {
		case "neu", "neue", "neuer", "neues", "neuen", "neuem", "neier", "neiche", "neichn", "new":
			if i+1 == len(w) || !v.notNewThings.has(w[i+1:i+2]) {
				return true
			}
		}
	}
	return false
}
