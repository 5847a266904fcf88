package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"notfalld/rules"
)

// The kinds of passages that are shown in the text of a mail.
const (
	markServer   = "server"
	markError    = "error"
	markPhone    = "phone"
	markCustomer = "customer"
	markHint     = "hint"
)

// marks are the kinds in the order of the legend.
var marks = []string{markServer, markError, markPhone, markCustomer, markHint}

func markStyle(kind string) style {
	switch kind {
	case markServer:
		return "1;36" // cyan
	case markError:
		return red
	case markPhone:
		return "1;32" // green
	case markCustomer:
		return "1;33" // yellow
	case markHint:
		return "35" // magenta
	}
	return ""
}

// passage is a marked range of bytes in a source.
type passage struct {
	from, to int
	kind     string
}

// passages are what facts and hints took of a source.
func (x explained) passages(source string) []passage {
	kinds := map[string]string{"server": markServer, "error": markError, "phone": markPhone, "customer_number": markCustomer}
	var out []passage
	for _, w := range x.facts.Where {
		if kind := kinds[w.Fact]; kind != "" && w.Source == source {
			out = append(out, passage{w.Span.From, w.Span.To, kind})
		}
	}
	for _, st := range x.trace.Steps {
		for _, w := range st.Words {
			if w.Source == source && st.Taken {
				out = append(out, passage{w.From, w.To, markHint})
			}
		}
	}
	return out
}

// nested cuts passages so that each lies wholly within or outside every other, in the order of the text, the outer first.
func nested(in []passage, length int) []passage {
	slices.SortStableFunc(in, func(a, b passage) int { return cmp.Or(a.from-b.from, b.to-a.to) })
	var out, open []passage
	for _, p := range in {
		for len(open) > 0 && open[len(open)-1].to <= p.from {
			open = open[:len(open)-1]
		}
		p.to = min(p.to, length)
		if n := len(open); n > 0 {
			p.to = min(p.to, open[n-1].to)
		}
		if p.from < 0 || p.from >= p.to || slices.ContainsFunc(open, func(o passage) bool { return o.kind == p.kind }) {
			continue
		}
		open = append(open, p)
		out = append(out, p)
	}
	return out
}

// glyph is what one character of a mail, or a bracket of ours, is on the page.
type glyph struct {
	text  string
	width int
	style style
	blank bool
	end   bool // of a line
	mark  bool // within a passage
}

// glyphs turns a text and its passages into what is shown: coloured, or with brackets where there are no colours.
// Nothing of the text can steer the terminal.
func glyphs(text string, marked []passage, color bool) []glyph {
	var out []glyph
	var open []passage
	bracket := func(s string) {
		if !color {
			out = append(out, glyph{text: s, width: displayWidth(s), mark: true})
		}
	}
	closeUntil := func(i int) {
		for len(open) > 0 && open[len(open)-1].to <= i {
			open = open[:len(open)-1]
			bracket("]")
		}
	}
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		closeUntil(i)
		for len(marked) > 0 && marked[0].from <= i {
			open = append(open, marked[0])
			bracket("[" + marked[0].kind + ":")
			marked = marked[1:]
		}
		g := glyph{text: oneLine(string(r)), end: r == '\n', blank: r == ' ' || r == '\t', mark: len(open) > 0}
		g.width = displayWidth(g.text)
		if n := len(open); n > 0 && color {
			g.style = markStyle(open[n-1].kind)
		}
		if r != '\r' {
			out = append(out, g)
		}
		i += size
	}
	closeUntil(len(text))
	return out
}

// shown is one line of the page.
type shown struct {
	text  string
	width int
	mark  bool
}

// lay breaks glyphs into lines of at most so many columns, at blanks where it can.
func lay(list []glyph, tm Term, columns int) []shown {
	var out []shown
	flush := func(line []glyph) { out = append(out, paintLine(line, tm)) }
	start, blank, width := 0, -1, 0 // where the line begins, its last blank, its columns up to i
	next := func(from, i int) {
		start, blank, width = from, -1, 0
		for from < i {
			width += list[from].width
			from++
		}
	}
	for i, g := range list {
		for !g.end && width+g.width > columns && i > start {
			switch {
			case g.blank: // no line goes on with a blank
				flush(list[start:i])
				next(i+1, i)
			case blank > start:
				flush(list[start : blank+1])
				next(blank+1, i)
			default:
				flush(list[start:i])
				next(i, i)
			}
		}
		switch {
		case g.end:
			flush(list[start:i])
			next(i+1, i)
		case i >= start:
			width += g.width
			if g.blank {
				blank = i
			}
		}
	}
	if start < len(list) {
		flush(list[start:])
	}
	return out
}

func paintLine(line []glyph, tm Term) shown {
	for len(line) > 0 && line[len(line)-1].blank && !line[len(line)-1].mark {
		line = line[:len(line)-1]
	}
	var s shown
	var b strings.Builder
	for len(line) > 0 {
		n := 1
		for n < len(line) && line[n].style == line[0].style {
			n++
		}
		var run strings.Builder
		for _, g := range line[:n] {
			run.WriteString(g.text)
			s.width += g.width
			s.mark = s.mark || g.mark
		}
		b.WriteString(tm.paint(line[0].style, run.String()))
		line = line[n:]
	}
	s.text = b.String()
	return s
}

// fold leaves out what stands between marked lines if it is long: around each some lines are kept.
func fold(lines []shown, keep int) []shown {
	var out []shown
	for i := 0; i < len(lines); {
		n := i
		for n < len(lines) && !lines[n].mark {
			n++
		}
		head, tail := keep, keep
		if i == 0 {
			head = 0
			if n == len(lines) {
				head = keep
			}
		}
		if n == len(lines) {
			tail = 0
		}
		if n-i > head+tail+2 {
			out = append(out, lines[i:i+head]...)
			out = append(out, shown{text: fmt.Sprintf("… %d lines", n-i-head-tail)})
			out = append(out, lines[n-tail:n]...)
		} else {
			out = append(out, lines[i:n]...)
		}
		for i = n; i < len(lines) && lines[i].mark; i++ {
			out = append(out, lines[i])
		}
	}
	return out
}

// How many lines without a mark are shown beside one that has: of what the customer wrote nearly all, of a log few.
const (
	keepOfText = 20
	keepOfLog  = 2
)

// text shows the sources with their passages.
func (x explained) text(p page) {
	found := map[string]bool{}
	for _, s := range x.trace.Sources {
		for _, m := range x.passages(s.Name) {
			found[m.kind] = true
		}
	}
	p.head("The mail")
	if l := legend(p.tm, found); l != "" {
		fmt.Fprintf(p.w, "  %s\n", l)
	}
	for _, s := range x.trace.Sources {
		if strings.TrimSpace(s.Text) != "" {
			x.source(p, s)
		}
	}
}

// legend says how what was found is marked.
func legend(tm Term, found map[string]bool) string {
	var words []string
	for _, k := range marks {
		switch {
		case !found[k]:
		case tm.Color:
			words = append(words, tm.paint(markStyle(k), k))
		default:
			words = append(words, "["+k+":…]")
		}
	}
	return strings.Join(words, " ")
}

func (x explained) source(p page, s rules.Source) {
	keep := keepOfText
	if strings.HasPrefix(s.Name, "attachment:") {
		keep = keepOfLog
	}
	fmt.Fprintf(p.w, "  %s\n", p.tm.paint(dim, "── "+clip(oneLine(s.Name), p.tm.Width-6)))
	text := strings.TrimRight(s.Text, " \r\n\t")
	lines := lay(glyphs(text, nested(x.passages(s.Name), len(text)), p.tm.Color), p.tm, p.tm.Width-4)
	for _, l := range fold(lines, keep) {
		fmt.Fprintln(p.w, strings.TrimRight("    "+l.text, " "))
	}
}
