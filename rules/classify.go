package rules

import (
	"fmt"
	"strings"

	"notfalld/message"
)

// verdict is a class with the signals that led to it, for whoever wants to know why.
type verdict struct {
	class   Class
	score   int
	signals []string
}

// signalLexicon holds the phrases of all signals; the id is the index into signals.
var signalLexicon = func() *lexicon {
	lists := make([][]string, len(signals))
	for i, s := range signals {
		lists[i] = s.phrases
	}
	return newLexicon(lists...)
}()

// classify decides whose mail it is: what a machine states about itself first, then the weight of what
// subject and text say.
func classify(d *doc, auto message.Automatic, f Facts) verdict {
	switch auto.Kind {
	case message.Bounce, message.Delay:
		return verdict{class: Bounce, signals: []string{auto.Why}}
	case message.AutoReply, message.Receipt:
		return verdict{class: Auto, signals: []string{auto.Why}}
	}
	if d.m.Encrypted != "" && auto.Kind != message.List {
		// Whatever the subject outside says ("...", "Encrypted Message", none): nobody can
		// read that it is none.
		return verdict{class: Emergency, signals: []string{"encrypted: " + d.m.Encrypted}}
	}
	v := verdict{class: Other}
	add := func(name string, weight int) {
		if weight != 0 {
			v.score += weight
			v.signals = append(v.signals, fmt.Sprintf("%s %+d", name, weight))
		}
	}
	found := d.signals(auto.Kind)
	switch d.subjectMatch() {
	case begins:
		add("our subject", ours)
	case mentions:
		if mentionIsCall(d.subject) && !against(found, ours) {
			add("our subject", ours)
		} else {
			add("our name in the subject", sayings)
		}
	}
	b := brokenIn(found)
	calls := v.score >= ours || urgentOutage(found)
	for _, s := range found {
		add(s.name, s.tempered(calls, b))
	}
	if len(f.Errors) > 0 {
		add("error message", errorLine)
	}
	if knownServer(f.Servers) {
		add("server", serverLine)
	}
	if b.firmly && !b.denied && (len(f.Servers) > 0 || d.namesService()) {
		add("a service of ours", served)
	}
	if b.subject && !against(found, 1) {
		add("nothing against the subject", unopposed)
	}
	if b.ways > 1 && !b.denied {
		add("broken in two ways", again)
	}
	if auto.Kind != message.Human && auto.Kind != "" {
		add("machine", machine)
	}
	if v.score >= threshold {
		v.class = Emergency
	}
	return v
}

// tempered is what a signal weighs beside the others.
func (s weighed) tempered(calls bool, b broken) int {
	// Who calls for help may name a contract or a maintenance once; it takes more to make that other.
	if calls && s.once && s.weight < 0 {
		s.weight /= 2
	}
	if calls && b.any && s.mild {
		s.weight = max(s.weight, -2)
	}
	// Customers answer whatever mail of ours they find, and begin at a question: the text counts more.
	if s.oldSubject && b.text && !b.denied && (b.urgent || b.ways > 1) {
		s.weight = max(s.weight, -oldSubject)
	}
	return s.weight
}

// namesService reports whether subject or text name something that we run.
func (d *doc) namesService() bool {
	return services.has(splitWords(d.subject)) || services.has(d.body.words) || d.forward && services.has(d.passed.words)
}

// subjectMatch compares the subject with our names; where it is empty or says nothing, and the mail
// is a forward, the forwarded one's.
func (d *doc) subjectMatch() subjectMatch {
	if m := matchSubject(d.subject); m != notOurs || !d.forward {
		return m
	}
	if matchSubject(FoldSubject(passedSubject(d.passed))) == begins {
		return begins
	}
	return notOurs
}

// passedSubject is the Subject of the first header block of a forwarded mail, or "".
func passedSubject(s source) string {
	for i, l := range s.lines {
		if i > 20 {
			break
		}
		name, value, ok := strings.Cut(l.text, ":")
		if ok && subjectNames[strings.Trim(foldText(name), "*> ")] {
			return strings.Trim(value, "* ")
		}
	}
	return ""
}

var subjectNames = setOf("subject", "betreff", "betr", "objet", "oggetto", "onderwerp", "asunto", "temat", "predmet")

// mentionIsCall reports whether a subject that does not begin with our name still calls for help:
// "Server down (Notfall-Support)", "Bitte um Notfall-Support", and not "Newsletter: unser neuer …".
func mentionIsCall(subject string) bool {
	call := true
	signalLexicon.find(splitWords(subject), func(m match) bool {
		call = signals[m.id].subject >= 0
		return call
	})
	return call
}

// urgentOutage: something is broken, and it is urgent.
func urgentOutage(found []weighed) bool {
	b := brokenIn(found)
	return b.any && b.urgent
}

// broken is what the signals say of an outage.
type broken struct {
	any, subject, text bool // somewhere, and where
	firmly             bool // in words that ordinary mail does not use
	ways               int  // how many of them the text has
	urgent             bool
	denied             bool // something speaks against it that no customer in need writes
}

func brokenIn(found []weighed) (b broken) {
	for _, s := range found {
		b.urgent = b.urgent || strings.HasSuffix(s.name, ": urgency")
		b.denied = b.denied || s.weight < 0 && !s.mild && !s.oldSubject
		if !strings.HasSuffix(s.name, ": outage") && !strings.HasSuffix(s.name, ": failure code") {
			continue
		}
		b.any = true
		b.firmly = b.firmly || s.firm > 0
		if strings.HasPrefix(s.name, "subject") {
			b.subject = b.subject || s.firm > 0
		} else {
			b.text = true
			b.ways += s.firm
		}
	}
	return b
}

// against reports whether the signals that speak against an emergency weigh as much as limit.
func against(found []weighed, limit int) bool {
	sum := 0
	for _, s := range found {
		sum += min(s.weight, 0)
	}
	return sum <= -limit
}

func knownServer(servers []Server) bool {
	for _, s := range servers {
		if s.Known {
			return true
		}
	}
	return false
}

type weighed struct {
	name       string
	weight     int
	once       bool // found in the text, and in one word only
	mild       bool // found in the text, of a mild signal
	oldSubject bool // found in the subject, of a mild signal
	firm       int  // how many of its words are not faint
}

// signals are those found in subject and text, each once per place, in table order. What speaks
// against an emergency in two different words counts twice: one word of it is in many mails.
func (d *doc) signals(kind message.Kind) []weighed {
	inSubject := make([]map[string]bool, len(signals)) // the words found, of each signal
	inText := make([]map[string]bool, len(signals))
	mark := func(in []map[string]bool, words []word) {
		signalLexicon.find(words, func(m match) bool {
			if in[m.id] == nil {
				in[m.id] = map[string]bool{}
			}
			in[m.id][words[m.from].fold] = true
			return true
		})
	}
	mark(inSubject, splitWords(d.subject))
	mark(inText, d.body.words)
	if d.forward {
		mark(inText, d.passed.words)
	}
	var out []weighed
	for i, s := range signals {
		if s.name == "monitoring" && kind != message.AutoGenerated && kind != message.List {
			continue
		}
		if s.name == "all well again" && kind == message.Human {
			continue // a human's "ok" is no recovery
		}
		if len(inSubject[i]) > 0 && s.subject != 0 {
			out = append(out, weighed{name: "subject: " + s.name, weight: s.subject, oldSubject: s.mild, firm: firm(inSubject[i])})
		}
		switch n := len(inText[i]); {
		case n > 1 && s.text < 0:
			out = append(out, weighed{name: "text, repeatedly: " + s.name, weight: 2 * s.text, mild: s.mild})
		case n > 0 && s.text != 0:
			out = append(out, weighed{name: "text: " + s.name, weight: s.text, once: true, mild: s.mild, firm: firm(inText[i])})
		}
	}
	return out
}

// firm is how many of the words found are not faint.
func firm(words map[string]bool) int {
	n := 0
	for w := range words {
		if !faint[w] {
			n++
		}
	}
	return n
}

// classReason says in one line why the mail got its class.
func (v verdict) String() string {
	return fmt.Sprintf("%s (%d: %s)", v.class, v.score, strings.Join(v.signals, ", "))
}
