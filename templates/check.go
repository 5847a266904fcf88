package templates

import (
	"fmt"
	"regexp"
	"strconv"
)

// located turns an error of the template packages into a Problem.
var reWhere = regexp.MustCompile(`(?:html/)?template: ?([\w.]+):(\d+)(?::(\d+))?: (.*)`)

func located(err error, files map[string]file, name string) *Problem {
	p := &Problem{File: files[name].path, Line: 1, Column: 1, Text: err.Error()}
	m := reWhere.FindStringSubmatch(err.Error())
	if m == nil {
		return p
	}
	if f, ok := files[m[1]]; ok {
		p.File = f.path
	}
	p.Line, _ = strconv.Atoi(m[2])
	if p.Column, _ = strconv.Atoi(m[3]); p.Column > 0 {
		p.Column++ // text/template counts columns from 0
	} else {
		p.Column = 1
	}
	p.Text = fmt.Sprint(m[4])
	return p
}

func (s *Set) check(files map[string]file) []*Problem { return nil }
