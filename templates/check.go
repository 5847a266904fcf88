package templates

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"text/template/parse"
	"unicode/utf8"
)

// nearTop is how many visible characters an answer has to say that a mail alone alarms no technician.
const nearTop = 400

// check finds what parsing does not: values that do not exist, and answers that must not be sent.
func (s *Set) check(files map[string]file) []*Problem {
	c := fieldCheck{trees: map[string]*parse.Tree{}, done: map[string]bool{}, files: files}
	for _, t := range s.page.Templates() {
		c.trees[t.Name()] = t.Tree
	}
	c.template("page.html", reflect.TypeFor[document]())
	for _, name := range textNames() {
		for _, lang := range []string{"de", "en"} {
			t := s.texts[name+"."+lang]
			c.trees = map[string]*parse.Tree{}
			for _, d := range t.Templates() {
				c.trees[d.Name()] = d.Tree
			}
			c.done = map[string]bool{}
			if c.trees["subject"] == nil {
				c.problems = append(c.problems, &Problem{files[t.Name()].path, 1, 1, `it has no subject: begin it with {{define "subject"}}…{{end}}`})
				continue
			}
			dot := reflect.TypeFor[view]()
			switch name {
			case notice:
				dot = reflect.TypeFor[noticeView]()
			case confirmation:
				dot = reflect.TypeFor[confirmationView]()
			case alarm:
				dot = reflect.TypeFor[alarmView]()
			}
			c.template("subject", dot)
			c.template("state", dot)
			if name != notice && name != alarm {
				c.correction(lang, dot)
			}
			c.template(t.Name(), dot)
			if name == notice {
				c.template(noticeMail, dot)
			}
		}
	}
	if len(c.problems) > 0 {
		return c.problems // rendering would only say the same again
	}
	problems := append(s.checkAnswers(files), s.checkConfirmations(files)...)
	problems = append(problems, s.checkNotices(files)...)
	return append(problems, s.checkAlarms(files)...)
}

// correction looks at the words that stand before all else where something is taken back.
func (c *fieldCheck) correction(lang string, dot reflect.Type) {
	if c.trees["correction"] == nil {
		c.problems = append(c.problems, &Problem{c.files["emergency."+lang+".txt"].path, 1, 1,
			`there is no template "correction": copy {{define "correction"}}…{{end}} from the shipped file`})
		return
	}
	c.template("correction", dot)
}

// checkAnswers renders every sample and looks at it as its reader would.
func (s *Set) checkAnswers(files map[string]file) []*Problem {
	f := findings{files: files}
	in := inspector{harmless: map[string]bool{}}
	for _, sm := range samples() {
		langs := languages(sm.answer.Languages)
		if !f.concerns(sm.template(), langs...) {
			continue
		}
		r, err := s.Answer(sm.answer)
		if err != nil {
			f.add(renderProblem(err, files, f.source(sm.template(), langs[0])), sm.name)
			continue
		}
		visible, faults := in.inspect(r.HTML)
		for _, lang := range langs {
			f.statement(sm, lang, r.Text, visible)
			f.emergency(sm, lang, r.Text)
		}
		if strings.IndexFunc(r.Subject, isLetter) != 0 {
			f.add(&Problem{f.source(sm.template(), langs[0]), 1, 1, `the subject says no state: write it into {{define "subject"}}`}, sm.name)
		}
		page := files["page.html"]
		for _, ft := range faults {
			line, column := place(page.text, ft.clue)
			f.add(&Problem{page.path, line, column, ft.what}, "")
		}
		if lost := missingIn(visible, r.Text); lost != "" {
			f.add(&Problem{page.path, 1, 1, fmt.Sprintf("the HTML does not show what the text says, or in another order; missing is %q: show the body of every section", lost)}, sm.name)
		}
	}
	return f.problems()
}

// findings collects what is wrong with the samples, each thing once, with the first sample that has it.
type findings struct {
	files map[string]file
	order []string
	found map[string]*finding
}

type finding struct {
	problem *Problem
	sample  string
	more    int
}

func (f *findings) add(p *Problem, sample string) {
	key := p.Error()
	if f.found == nil {
		f.found = map[string]*finding{}
	}
	if have := f.found[key]; have != nil {
		have.more++
		return
	}
	f.found[key] = &finding{problem: p, sample: sample}
	f.order = append(f.order, key)
}

func (f *findings) problems() []*Problem {
	var out []*Problem
	for _, key := range f.order {
		k := f.found[key]
		switch {
		case k.sample != "" && k.more > 0:
			k.problem.Text += fmt.Sprintf(" (%s; and %d more)", k.sample, k.more)
		case k.sample != "":
			k.problem.Text += " (" + k.sample + ")"
		}
		out = append(out, k.problem)
	}
	return out
}

// concerns says whether a sample is rendered by a file of an admin's: the others are as they were shipped, and those the tests have checked. Of a
// set that is shipped whole, every sample is meant.
func (f *findings) concerns(name string, langs ...string) bool {
	if allShipped(f.files) || !strings.HasPrefix(f.files["page.html"].path, "shipped/") {
		return true
	}
	for _, lang := range langs {
		for _, n := range []string{name, "common", "emergency"} {
			if !strings.HasPrefix(f.files[n+"."+lang+".txt"].path, "shipped/") {
				return true
			}
		}
	}
	return false
}

// source is the path of the text template to blame: the admin's own file rather than a shipped one.
// In an answer of two languages the first one, too, can be at fault for the second.
func (f *findings) source(name string, langs ...string) string {
	for _, lang := range langs {
		for _, n := range []string{name, "emergency", "common"} {
			if path := f.files[n+"."+lang+".txt"].path; !strings.HasPrefix(path, "shipped/") {
				return path
			}
		}
	}
	return f.files[name+"."+langs[0]+".txt"].path
}

// statement looks for the statement in both forms.
func (f *findings) statement(sm sample, lang, text, visible string) {
	want := sm.answer.statement(lang)
	if !strings.Contains(top(text), want) {
		f.add(&Problem{f.source(sm.template(), lang, languages(sm.answer.Languages)[0]), 1, 1, fmt.Sprintf("the statement %q is not within the first %d characters of the answer: "+
			"write {{.Statement}} as its first line", want, nearTop)}, sm.name)
		return
	}
	if !strings.Contains(top(visible), want) {
		f.add(&Problem{f.files["page.html"].path, 1, 1, fmt.Sprintf("the statement %q is not within the first %d characters that a reader of the HTML sees: "+
			"show the body of the first section at the top", want, nearTop)}, sm.name)
	}
}

// emergency looks for what a customer who belongs to one has to find at once: which, and until when to wait.
func (f *findings) emergency(sm sample, lang, text string) {
	a := &sm.answer
	at := f.source(sm.template(), lang, languages(a.Languages)[0])
	if a.Correction != "" && lang == languages(a.Languages)[0] && !strings.HasPrefix(text, corrected(lang)) {
		at := f.files["emergency."+lang+".txt"].path
		f.add(&Problem{at, 1, 1, fmt.Sprintf("a correction (%s) does not begin with %q", a.Correction, corrected(lang))}, sm.name)
	}
	if a.Row == NotLinked || a.Bare {
		return
	}
	if !strings.Contains(text, a.Emergency.Number) {
		f.add(&Problem{at, 1, 1, "the answer does not name the emergency: write {{.Emergency.Number}}"}, sm.name)
	}
	if a.Row == Alarmed || a.Row == TakenOver {
		f.near(at, until(lang, a.Emergency.CallbackBy, a.Now), "write {{.Emergency.By}}, until when a technician calls", text, sm.name)
	}
}

// top is the beginning of a text as a reader gets it.
func top(s string) string {
	if len(s) > 16*nearTop {
		s = s[:16*nearTop]
	}
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n++; n > nearTop {
			return s[:i]
		}
	}
	return s
}

// missingIn returns the first line of the text that the visible HTML does not show behind the one before it.
func missingIn(visible, text string) string {
	for _, l := range strings.Split(text, "\n") {
		l = strings.Join(strings.Fields(reLead.ReplaceAllString(l, "")), " ")
		i := strings.Index(visible, l)
		if i < 0 {
			return l
		}
		visible = visible[i+len(l):]
	}
	return ""
}

// reLead matches what only the text form needs: numbers and signs of lists, the line between sections.
var reLead = regexp.MustCompile(`^(?:[0-9]+\. |- |> ?|\* \* \*$)`)

// checkConfirmations renders confirmations of every kind and state.
func (s *Set) checkConfirmations(files map[string]file) []*Problem {
	f := findings{files: files}
	for _, c := range sampleConfirmations() {
		langs := languages(c.Languages)
		if !f.concerns(confirmation, langs...) {
			continue
		}
		name := fmt.Sprintf("%s, %s, %s", c.Kind, c.Row, strings.Join(langs, "+"))
		r, err := s.Confirmation(c)
		if err != nil {
			f.add(renderProblem(err, files, f.source(confirmation, langs[0])), name)
			continue
		}
		for _, lang := range langs {
			at := f.source(confirmation, lang, langs[0])
			f.near(at, anyStatement(lang), "write {{.Statement}} right below the state", r.Text, name)
			f.near(at, c.Emergency.Number, "write {{.Emergency.Number}}", r.Text, name)
			if c.Kind == ConfirmNoAnswer && c.Row != Finished {
				f.near(at, clock(lang, c.CalledAt), "write {{.CalledAt}}, when we called in vain", r.Text, name)
				f.near(at, clock(lang, c.NextTry), "write {{.NextTry}}, when we call again", r.Text, name)
			}
		}
		if strings.IndexFunc(r.Subject, isLetter) != 0 {
			f.add(&Problem{f.source(confirmation, langs[0]), 1, 1, `the subject says no state: write it into {{define "subject"}}`}, name)
		}
	}
	return f.problems()
}

// near looks for what a text has to say near its top.
func (f *findings) near(at, want, mend, text, sample string) {
	if !strings.Contains(top(text), want) {
		f.add(&Problem{at, 1, 1, fmt.Sprintf("%q is not within the first %d characters: %s", want, nearTop, mend)}, sample)
	}
}

// checkNotices renders notifications of every kind. One about an emergency says so first: to be told that none was
// triggered, by templates that know of no emergencies, would let staff sleep on.
func (s *Set) checkNotices(files map[string]file) []*Problem {
	f := findings{files: files}
	for _, n := range sampleNotices() {
		if !f.concerns(notice, staffLanguage(n.Language)) {
			continue
		}
		at := f.source(notice, staffLanguage(n.Language))
		if s.texts[notice+"."+staffLanguage(n.Language)].Lookup(noticeMail) == nil {
			f.add(&Problem{at, 1, 1, `there is no {{define "mail"}}: the customer's mail has to stand behind what is internal, in a template of its own; see the shipped file`}, "")
		}
		r, err := s.Notification(n)
		if err != nil {
			f.add(renderProblem(err, files, at), string(n.Kind))
			continue
		}
		f.notice(at, &n, r)
	}
	return f.problems()
}

// checkAlarms renders what pagers are told.
func (s *Set) checkAlarms(files map[string]file) []*Problem {
	f := findings{files: files}
	for _, a := range sampleAlarms() {
		if !f.concerns(alarm, staffLanguage(a.Language)) {
			continue
		}
		at := f.source(alarm, a.Language)
		r, err := s.Alarm(a)
		if err != nil {
			f.add(renderProblem(err, files, at), a.Kind)
			continue
		}
		if strings.IndexFunc(r.Subject, isLetter) != 0 {
			f.add(&Problem{at, 1, 1, `the subject says no state: write it into {{define "subject"}}`}, a.Kind)
		}
		if a.Kind == "test" {
			continue
		}
		for what, mend := range map[string]string{a.Number: "write {{.Number}}", a.Phone: "write {{.Phone}}"} {
			if over := a.Kind == "acknowledged" || a.Kind == "cancelled" || a.Kind == "resolved"; !strings.Contains(r.Text, what) && !(over && what == a.Phone) {
				f.add(&Problem{at, 1, 1, fmt.Sprintf("an alarm does not say %q: %s", what, mend)}, a.Kind)
			}
		}
	}
	return f.problems()
}

var (
	reWhere = regexp.MustCompile(`template: ?([\w.]+):(\d+)(?::(\d+))?: (.*)`)
	reQuote = regexp.MustCompile(`["<]([^">]+)[">]`)
)

// renderProblem is for what happened while a sample was rendered.
func renderProblem(err error, files map[string]file, at string) *Problem {
	if p := located(err, files, ""); p.File != "" {
		return p
	}
	return &Problem{at, 1, 1, err.Error() + ": write less"}
}

// located turns an error of the template packages into a Problem.
func located(err error, files map[string]file, name string) *Problem {
	m := reWhere.FindStringSubmatch(err.Error())
	if m == nil {
		return &Problem{files[name].path, 1, 1, err.Error()}
	}
	f, known := files[m[1]]
	if !known {
		f = files[name]
	}
	p := &Problem{File: f.path, Column: 1, Text: m[4] + hint(m[4])}
	p.Line, _ = strconv.Atoi(m[2])
	if m[3] != "" {
		p.Column, _ = strconv.Atoi(m[3])
		p.Column++ // text/template counts columns from 0
		return p
	}
	lines := strings.Split(f.text, "\n")
	if q := reQuote.FindStringSubmatch(m[4]); q != nil && p.Line >= 1 && p.Line <= len(lines) {
		if i := strings.Index(lines[p.Line-1], q[1]); i >= 0 {
			p.Column = utf8.RuneCountInString(lines[p.Line-1][:i]) + 1
		}
	}
	return p
}

// hint adds to a message of text/template how to mend what it complains of.
func hint(message string) string {
	switch {
	case strings.Contains(message, "function") && strings.Contains(message, "not defined"):
		return ": there are link, phone, mail, line, foreign and the functions of Go's text/template"
	case strings.Contains(message, "unexpected EOF"):
		return ": an {{if}}, {{range}}, {{with}} or {{define}} lacks its {{end}}"
	case strings.Contains(message, "unclosed action"):
		return ": close it with }}"
	}
	return ""
}

// place finds a clue in a source, line and column from 1.
func place(source, clue string) (line, column int) {
	i := strings.Index(strings.ToLower(source), strings.ToLower(clue))
	if clue == "" || i < 0 {
		return 1, 1
	}
	before := source[:i]
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:]) + 1
}
