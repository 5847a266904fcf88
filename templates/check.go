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
			if name == notice {
				dot = reflect.TypeFor[noticeView]()
			}
			c.template("subject", dot)
			c.template(t.Name(), dot)
		}
	}
	if len(c.problems) > 0 {
		return c.problems // rendering would only say the same again
	}
	return append(s.checkAnswers(files), s.checkNotices(files)...)
}

// checkAnswers renders every sample and looks at it as its reader would.
func (s *Set) checkAnswers(files map[string]file) []*Problem {
	var problems []*Problem
	for _, sm := range samples() {
		at := s.sourceOf(files, sm, languages(sm.answer.Languages)[0])
		r, err := s.Answer(sm.answer)
		if err != nil {
			problems = append(problems, renderProblem(err, files, at, sm.name))
			continue
		}
		if strings.HasPrefix(r.Subject, ":") || strings.HasPrefix(r.Subject, "–") || strings.HasPrefix(r.Subject, " ") {
			problems = append(problems, &Problem{at, 1, 1, "the subject says no state (" + sm.name + `): write it into {{define "subject"}}`})
		}
		problems = append(problems, s.checkStatement(files, sm, r)...)
		problems = append(problems, s.checkPage(files, sm, r)...)
	}
	return problems
}

// source is the path of a text template.
func (s *Set) source(files map[string]file, name, lang string) string {
	return files[name+"."+lang+".txt"].path
}

// sourceOf is the path of the template that makes a sample in lang.
func (s *Set) sourceOf(files map[string]file, sm sample, lang string) string {
	return s.source(files, sm.template(), lang)
}

// checkStatement looks for the statement in both forms, in all languages of the answer.
func (s *Set) checkStatement(files map[string]file, sm sample, r Rendered) []*Problem {
	var problems []*Problem
	visible, _ := inspect(r.HTML)
	for _, lang := range languages(sm.answer.Languages) {
		want, at := statement(lang, sm.answer.InHours), s.sourceOf(files, sm, lang)
		inText := strings.Contains(top(r.Text), want)
		if !inText {
			problems = append(problems, &Problem{at, 1, 1, fmt.Sprintf("the statement %q is not within the first %d characters of the answer (%s): "+
				"write {{.Statement}} as its first line", want, nearTop, sm.name)})
		}
		if inText && !strings.Contains(top(visible), want) {
			problems = append(problems, &Problem{files["page.html"].path, 1, 1, fmt.Sprintf("the statement %q is not within the first %d characters that a reader "+
				"of the HTML sees (%s): show the blocks of the first section at the top of the body", want, nearTop, sm.name)})
		}
	}
	return problems
}

// top is the beginning of a text as a reader gets it.
func top(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n++; n > nearTop {
			return s[:i]
		}
	}
	return s
}

// checkPage looks for what a mail must not hold, and that the HTML shows all that the text says.
func (s *Set) checkPage(files map[string]file, sm sample, r Rendered) []*Problem {
	var problems []*Problem
	page := files["page.html"]
	visible, faults := inspect(r.HTML)
	for _, f := range faults {
		line, column := place(page.text, f.clue)
		problems = append(problems, &Problem{page.path, line, column, f.what})
	}
	rest := visible
	for _, l := range strings.Split(r.Text, "\n") {
		l = strings.Join(strings.Fields(reLead.ReplaceAllString(l, "")), " ")
		i := strings.Index(rest, l)
		if i < 0 {
			problems = append(problems, &Problem{page.path, 1, 1, fmt.Sprintf("the HTML does not show what the text says, or in another order (%s): %q is missing",
				sm.name, l)})
			break
		}
		rest = rest[i+len(l):]
	}
	return problems
}

// reLead matches what only the text form needs: numbers and signs of lists, the line between sections.
var reLead = regexp.MustCompile(`^(?:[0-9]+\. |- |> ?|\* \* \*$)`)

// checkNotices renders notifications of every kind.
func (s *Set) checkNotices(files map[string]file) []*Problem {
	var problems []*Problem
	for _, n := range sampleNotices() {
		if _, err := s.Notification(n); err != nil {
			problems = append(problems, renderProblem(err, files, s.source(files, notice, n.Language), string(n.Kind)))
		}
	}
	return problems
}

var (
	reWhere = regexp.MustCompile(`template: ?([\w.]+):(\d+)(?::(\d+))?: (.*)`)
	reQuote = regexp.MustCompile(`["<]([^">]+)[">]`)
)

// renderProblem is for what happened while a sample was rendered.
func renderProblem(err error, files map[string]file, at, name string) *Problem {
	if p := located(err, files, ""); p.File != "" {
		return p
	}
	return &Problem{at, 1, 1, err.Error() + " (" + name + "): write less"}
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
		return ": there are link, phone, line, foreign and the functions of Go's text/template"
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
