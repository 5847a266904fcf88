package rules

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"

	"notfalld/rules/pattern"
	"notfalld/strictyaml"
)

// rules compiles the rules of all sections into the set.
func (l *loader) rules() {
	classify := merge(l, "classify", func(f *rawFile) []rawClassify { return f.Classify },
		func(r *rawClassify, w []string) { r.Words = w }, func(r *rawClassify) []string { return r.Words })
	l.classify(classify)
	remember(l, "classify", classify)
	extract := merge(l, "extract", func(f *rawFile) []rawExtract { return f.Extract },
		func(r *rawExtract, w []string) { r.Words = w }, func(r *rawExtract) []string { return r.Words })
	l.extract(extract)
	remember(l, "extract", extract)
	forms := merge(l, "forms", func(f *rawFile) []rawForm { return f.Forms },
		func(*rawForm, []string) {}, func(*rawForm) []string { return nil })
	l.forms(forms)
	remember(l, "forms", forms)
	route := merge(l, "route", func(f *rawFile) []rawRoute { return f.Route },
		func(*rawRoute, []string) {}, func(*rawRoute) []string { return nil })
	l.route(route)
	remember(l, "route", route)
}

// head compiles what every rule has.
func (l *loader) head(p placedHead, st stage) head {
	h := head{name: p.shared.name, about: p.shared.about, at: p.f.place(p.key), key: p.key, doc: p.f}
	h.when = l.condition(p.f, p.key+".when", p.shared.when, st)
	for i, x := range p.shared.unless {
		key := fmt.Sprintf("%s.unless[%d]", p.key, i)
		e := exception{when: l.condition(p.f, key+".when", x.When, st), pattern: l.pattern(p.f, key+".pattern", x.Pattern, false), values: l.values(p.f, key+".values", x.Values)}
		if w := l.words(p.f, key+".words", x.Words); len(w) > 0 {
			e.words = newLexicon(w)
		}
		switch {
		case e.when != nil && e.when.always && x.Pattern == "" && len(x.Words)+len(x.Values) == 0:
			p.f.doc.ProblemAt(key+".when", "is true of every mail: the rule can never fire", "leave the exception out, or switch the rule off with off: true")
		case e.when == nil && e.pattern == nil && e.words == nil && len(e.values) == 0 && !p.f.doc.BadBelow(key):
			p.f.doc.ProblemAt(key, "an exception without words, pattern, values or when", "remove it, or say what it is about")
		}
		h.unless = append(h.unless, e)
	}
	return h
}

type placedHead struct {
	shared shared
	f      *file
	key    string
}

func headOf[T raw](p placed[T]) placedHead { return placedHead{p.raw.shared(), p.f, p.key} }

// condition compiles the condition at a key; nil if there is none, or a broken one.
func (l *loader) condition(f *file, key, expr string, st stage) *condition {
	if !f.doc.Has(key) {
		return nil
	}
	c, problems := compileCondition(expr, st)
	for _, p := range problems {
		line, col := f.doc.Inside(key, p.Offset)
		f.doc.Add(line, col, key, p.Text, p.Mend)
	}
	return c
}

// pattern compiles the pattern at a key; captures says whether it is there for what it captures.
func (l *loader) pattern(f *file, key, expr string, captures bool) *pattern.Pattern {
	if !f.doc.Has(key) {
		return nil
	}
	var allowed []string
	if captures {
		allowed = captureNames
	}
	pat, problems := pattern.Compile(expr, allowed)
	for _, p := range problems {
		line, col := f.doc.Inside(key, p.Offset)
		switch {
		case p.Warning && f.shipped: // nobody who reads it could mend it
			continue
		case p.Warning:
			f.doc.Warn(line, col, key, p.Text, p.Mend)
			continue
		}
		f.doc.Add(line, col, key, p.Text, p.Mend)
	}
	return pat
}

func (l *loader) classify(list []placed[rawClassify]) {
	l.before(list)
	for _, p := range list {
		st := stageFacts
		if len(p.raw.Words) == 0 && p.raw.Pattern == "" && p.raw.Class == "" {
			st = stageHints
		}
		r := &classifyRule{head: l.head(headOf(p), st), group: p.raw.Group, subject: p.raw.Subject, text: p.raw.Text, weight: p.raw.Weight, mild: p.raw.Mild,
			words: l.words(p.f, p.key+".words", p.raw.Words), pattern: l.pattern(p.f, p.key+".pattern", p.raw.Pattern, false),
			class: Class(p.raw.Class), never: p.raw.Reply != "", examples: p.raw.Examples}
		if !p.f.doc.BadBelow(p.key) { // what is missing may stand under a mistyped key
			l.checkClassify(p, r)
		}
		switch {
		case r.class != "":
			l.set.decisions = append(l.set.decisions, r)
		case r.hint():
			l.set.hints = append(l.set.hints, r)
		default:
			l.set.weights = append(l.set.weights, r)
		}
	}
	l.set.hintWords = lexiconOf(l.set.hints)
	l.set.decisionWords = lexiconOf(l.set.decisions)
}

// lexiconOf holds the words of all rules; the id is the index of the rule.
func lexiconOf(list []*classifyRule) *lexicon {
	lists := make([][]string, len(list))
	for i, r := range list {
		lists[i] = r.words
	}
	return newLexicon(lists...)
}

func (l *loader) checkClassify(p placed[rawClassify], r *classifyRule) {
	at := func(key, text, mend string) { p.f.doc.ProblemAt(p.key+"."+key, text, mend) }
	switch {
	case r.group != "" && !nameOK(r.group):
		at("group", fmt.Sprintf("%q is no name for a group", strictyaml.Short(r.group)), "small letters, digits and hyphens")
	case r.class != "" && (r.subject != 0 || r.text != 0 || r.weight != 0):
		at("class", "a rule that decides the class has no weights", "keep class, or subject, text and weight")
	case r.class != "" && !p.f.shipped && !r.hint() && r.when == nil:
		at("class", "would decide every mail", "say which: words, pattern or when")
	case r.class != "":
	case r.hint() && r.weight != 0:
		at("weight", "a rule with words or a pattern weighs by where they stand", "write subject: and text:")
	case r.hint() && r.subject == 0 && r.text == 0 && !r.never:
		at("name", "the rule weighs nothing", "give it subject: or text:")
	case !r.hint() && (r.subject != 0 || r.text != 0):
		at("name", "subject and text weigh words or a pattern, and the rule has neither", "write weight:, or words:")
	case !r.hint() && r.weight == 0 && !r.never:
		at("name", "the rule does nothing", "give it words and weights, a class, or when and weight")
	case !r.hint() && r.when == nil:
		at("name", "the rule would fire on every mail", "give it when:")
	}
	if p.raw.Before != "" && r.class == "" {
		at("before", "only rules with a class have an order", "remove it: weights add up in any order")
	}
}

// before moves decision rules before those that they name.
func (l *loader) before(list []placed[rawClassify]) {
	if l.beforeCycles(list) {
		return
	}
	for i := 0; i < len(list); i++ {
		p := list[i]
		if p.raw.Before == "" {
			continue
		}
		k := slices.IndexFunc(list, func(o placed[rawClassify]) bool { return o.raw.Name == p.raw.Before && o.raw.Class != "" })
		if k < 0 {
			p.f.doc.ProblemAt(p.key+".before", fmt.Sprintf("there is no rule %q that decides a class", strictyaml.Short(p.raw.Before)), "")
			continue
		}
		if k < i {
			copy(list[k+1:i+1], list[k:i])
			list[k] = p
		}
	}
}

// beforeCycles refuses rules that would have to stand before themselves; found says whether there are any.
func (l *loader) beforeCycles(list []placed[rawClassify]) (found bool) {
	next := map[string]string{}
	for _, p := range list {
		if p.raw.Before != "" {
			next[p.raw.Name] = p.raw.Before
		}
	}
	for _, p := range list {
		way := []string{p.raw.Name}
		for name := next[p.raw.Name]; name != "" && !slices.Contains(way[1:], name); name = next[name] {
			way = append(way, name)
			if name != p.raw.Name {
				continue
			}
			found = true
			text := "a rule cannot stand before itself"
			if len(way) > 2 {
				text = fmt.Sprintf("the order goes round: %s", strings.Join(way, " before "))
			}
			p.f.doc.ProblemAt(p.key+".before", text, "remove one before:")
			break
		}
	}
	return found
}

func (l *loader) extract(list []placed[rawExtract]) {
	l.set.finders, l.set.refusals = map[string]string{}, map[string][]*extractRule{}
	for _, p := range list {
		r := &extractRule{head: l.head(headOf(p), stageMail), finder: p.raw.Finder, in: p.raw.In, finds: p.raw.Finds, refuse: p.raw.Refuse,
			pattern: l.pattern(p.f, p.key+".pattern", p.raw.Pattern, p.raw.Refuse == ""), values: l.values(p.f, p.key+".values", p.raw.Values), examples: p.raw.Examples}
		words := l.words(p.f, p.key+".words", p.raw.Words)
		if len(words) > 0 {
			r.words = newLexicon(words)
		}
		if len(r.in) == 0 {
			r.in = []string{"subject", "body", "forwarded", "attachments"}
		}
		if !p.f.doc.BadBelow(p.key) {
			l.checkExtract(p, r)
		}
		switch {
		case r.finder != "":
			l.set.finders[r.finder] = r.name
		case r.refuse != "":
			l.set.refusals[r.refuse] = append(l.set.refusals[r.refuse], r)
		default:
			l.set.captures = append(l.set.captures, r)
		}
		l.set.extracts = append(l.set.extracts, r)
	}
}

func (l *loader) checkExtract(p placed[rawExtract], r *extractRule) {
	has := func(key string) bool { return p.f.doc.Has(p.key + "." + key) }
	at := func(key, text, mend string) { p.f.doc.ProblemAt(p.key+"."+key, text, mend) }
	kinds := 0
	for _, k := range []string{"finder", "refuse"} {
		if has(k) {
			kinds++
		}
	}
	switch {
	case kinds == 2:
		at("refuse", "a rule finds, or refuses", "make two rules of it")
	case has("finder") && !p.f.shipped:
		at("finder", "the finders are part of the program", "switch a shipped rule off by its name, or write a pattern")
	case has("finder") && !slices.Contains(finders, r.finder):
		at("finder", "there is no such finder", strings.Join(finders, ", "))
	case has("finder"):
	case has("refuse"):
		if r.pattern == nil && r.words == nil && len(r.values) == 0 && r.when == nil && !has("pattern") && !has("when") {
			at("refuse", fmt.Sprintf("would refuse every %s", r.refuse), "say which: values, pattern, words or when")
		}
	case has("pattern") && has("words"):
		at("words", "a rule finds by a pattern, or by words", "make two rules of it; words under unless: are an exception")
	case has("words") && !has("finds"):
		at("words", "what the words are is not said", "write finds: error, or finds: server")
	case has("finds") && !has("words"):
		at("finds", "says what words are, and the rule has none", "a pattern says it by its named captures")
	case !has("pattern") && !has("words"):
		at("name", "the rule finds nothing", "give it a pattern, words, or refuse")
	}
	if has("values") && !has("refuse") {
		at("values", "values belong to refuse, or under unless", "")
	}
}

// bareAddress says whether a text is name@domain and nothing beside it (RFC 5322, 3.4.1; the labels are those of RFC 5321, 4.1.2).
func bareAddress(s string) bool {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Name != "" || a.Address != s {
		return false
	}
	for label := range strings.SplitSeq(s[strings.LastIndexByte(s, '@')+1:], ".") {
		other := func(r rune) bool {
			return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
		}
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label || strings.ContainsFunc(label, other) {
			return false
		}
	}
	return true
}

func (l *loader) route(list []placed[rawRoute]) {
	for _, p := range list {
		r := &routeRule{head: l.head(headOf(p), stageDecided), priority: p.raw.Priority, tags: p.raw.Tags, notify: p.raw.Notify, stop: p.raw.Stop}
		if r.priority == "" && len(r.tags) == 0 && len(r.notify) == 0 && !r.stop && !p.f.doc.BadBelow(p.key) {
			p.f.doc.ProblemAt(p.key, "the rule does nothing", "give it priority, tags or notify")
		}
		for i, t := range r.tags {
			if at := fmt.Sprintf("%s.tags[%d]", p.key, i); !nameOK(t) && !p.f.doc.BadBelow(at) {
				p.f.doc.ProblemAt(at, fmt.Sprintf("%q is no tag", strictyaml.Short(t)), "small letters, digits and hyphens")
			}
		}
		for i, a := range r.notify {
			if at := fmt.Sprintf("%s.notify[%d]", p.key, i); !bareAddress(a) && !p.f.doc.BadBelow(at) {
				p.f.doc.ProblemAt(at, fmt.Sprintf("%q is no address", strictyaml.Short(a)), "write name@domain")
			}
		}
		noWords(p.f, p.key, p.raw.Unless, "a route")
		l.set.routes = append(l.set.routes, r)
	}
}
