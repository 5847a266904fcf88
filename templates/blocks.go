package templates

import (
	"html"
	"html/template"
	"strconv"
	"strings"
)

// A rendered text template is a page of paragraphs, headings and lists, written as one would write
// them in a mail:
//
//	A paragraph: lines up to the next blank line, joined.
//	# A heading
//	1. A numbered step (numbered anew)
//	   and its next line, indented
//	- A list item
//	> A line of quoted text, as it is
//	| A line of plain text, as it is, to be copied
//
// The marks below say what plain characters cannot. No cleaned string holds a control character, so
// nothing out of a mail can be mistaken for a mark, and a line that starts with a mark starts no list.
const (
	markFact    = '\x0e' // what the customer wrote, up to markEnd
	markForeign = '\x01' // words in another language: its name, markSep, the words, markEnd
	markLink    = '\x02' // a link on a line of its own: label, markSep, shown address, markSep, target, markEnd
	markText    = '\x10' // here starts plain text, whatever it looks like
	markFence   = '\x11' // this line is a fence, alone in its paragraph
	markSmall   = '\x12' // this line is a paragraph in small letters
	markTap     = '\x14' // this line is something to tap: a link, and what it does
	markBreak   = '\x13' // a new line in the same paragraph
	markSep     = '\x1e'
	markEnd     = '\x0f'
)

func quote(s string) string { return string(markFact) + s + string(markEnd) }
func literal(s string) string {
	if s == "" {
		return ""
	}
	return string(markText) + s
}

func foreign(lang, s string) string {
	return string(markForeign) + lang + string(markSep) + s + string(markEnd)
}

func link(label, shown, target string) string {
	if shown == "" {
		return ""
	}
	sep := string(markSep)
	return string(markBreak) + string(markLink) + label + sep + shown + sep + target + string(markEnd) + string(markBreak)
}

// small is a paragraph in small letters, for what nobody reads first.
func small(s string) string {
	if s == "" {
		return ""
	}
	return "\n\n" + string(markSmall) + s + "\n\n"
}

// fenceLine is a fence as the template of a mail holds it. No file and no cleaned string can: its mark is a control character.
func fenceLine(s string) string { return "\n\n" + string(markFence) + s + "\n\n" }

// tap is a line with something to tap, what it does behind it. Its target is not shown: it is long, and nobody types it.
func tap(words, says, target string) string {
	if words == "" {
		return ""
	}
	shown := words
	if target != "" {
		sep := string(markSep)
		shown = string(markLink) + sep + words + sep + target + string(markEnd)
	}
	if says != "" {
		shown += " – " + says
	}
	return "\n" + string(markTap) + shown + "\n"
}

// document is one mail's words: a section for each language.
type document struct {
	Lang     string
	Subject  string
	Sections []section
}

type section struct {
	Lang   string
	Body   template.HTML // escaped
	blocks []block
}

func newSection(lang, body string) section {
	s := section{Lang: lang, blocks: blocks(body)}
	var b strings.Builder
	b.Grow(2 * len(body))
	first := true
	for _, bl := range s.blocks {
		bl.html(&b, first)
		first = first && (bl.kind == "fence" || bl.kind == "small")
	}
	s.Body = template.HTML(b.String())
	return s
}

// block is a paragraph ("p"), a heading ("h"), a list ("ol", "ul") of items, or
// text as it is, quoted ("quote") or to be copied ("copy"), an item for each line. A fence ("fence") and small words ("small") are
// paragraphs; what can be tapped ("tap") is a list.
type block struct {
	kind  string
	items [][]line // a paragraph and a heading have one
}

// line is one line of an item.
type line []word

// word is a stretch of a line that is all one thing.
type word struct {
	Text string
	Fact bool
	Lang string // if it is not the section's
	Href string // of a link; only URLs of the configuration get here
}

// blocks reads a rendered template.
func blocks(s string) []block {
	type raw struct {
		kind  string
		items []string
	}
	var all []raw
	open := false // whether the next line can go on in the last item
	for _, line := range strings.Split(s, "\n") {
		kind, rest := lineKind(line)
		last := len(all) - 1
		switch {
		case kind == "":
			open = false
		case open && (kind == "more" || kind == "p" && all[last].kind == "p"):
			n := len(all[last].items) - 1
			all[last].items[n] += " " + rest
		case last >= 0 && all[last].kind == kind && isList(kind):
			all[last].items = append(all[last].items, rest)
			open = goesOn(kind)
		default:
			if kind == "more" {
				kind = "p"
			}
			all = append(all, raw{kind, []string{rest}})
			open = goesOn(kind)
		}
	}
	out := make([]block, 0, len(all))
	for _, r := range all {
		b := block{kind: r.kind}
		for _, item := range r.items {
			if r.kind == "quote" || r.kind == "copy" { // its blanks and empty lines are the customer's
				b.items = append(b.items, []line{{word{Text: strings.TrimPrefix(item, string(markText))}}})
				continue
			}
			if ls := lines(item); len(ls) > 0 {
				b.items = append(b.items, ls)
			}
		}
		if len(b.items) > 0 {
			out = append(out, b)
		}
	}
	return out
}

// isList says whether neighbours of the kind are items of one block.
func isList(kind string) bool {
	return kind == "ul" || kind == "ol" || kind == "tap" || kind == "quote" || kind == "copy"
}

// goesOn says whether a line of the kind can go on in the next.
func goesOn(kind string) bool { return kind == "p" || kind == "ul" || kind == "ol" }

// lineKind tells what a line starts, "more" where it is indented and goes on, "" where it is blank.
func lineKind(line string) (kind, rest string) {
	if line == ">" || strings.HasPrefix(line, "> ") {
		return "quote", strings.TrimPrefix(line[1:], " ")
	}
	if line == "|" || strings.HasPrefix(line, "| ") {
		return "copy", strings.TrimPrefix(line[1:], " ")
	}
	if line != "" {
		switch line[0] {
		case markFence:
			return "fence", line[1:]
		case markSmall:
			return "small", line[1:]
		case markTap:
			return "tap", line[1:]
		}
	}
	rest = strings.TrimSpace(line)
	switch {
	case rest == "":
		return "", ""
	case line[0] == ' ' || line[0] == '\t':
		return "more", rest
	case rest == "#", strings.HasPrefix(rest, "# "):
		return "h", strings.TrimSpace(rest[1:])
	case rest == "-", strings.HasPrefix(rest, "- "):
		return "ul", strings.TrimSpace(rest[1:])
	}
	if n := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }); n > 0 && strings.HasPrefix(rest[n:], ". ") {
		return "ol", strings.TrimSpace(rest[n+2:])
	}
	return "p", rest
}

// lines reads the marks of one item.
func lines(s string) []line {
	var all []line
	var cur line
	add := func(w word) {
		if w.Text != "" {
			cur = append(cur, w)
		}
	}
	flush := func() {
		if trim(&cur); len(cur) > 0 {
			all = append(all, cur)
		}
		cur = nil
	}
	for s != "" {
		i := strings.IndexFunc(s, func(r rune) bool { return r < ' ' })
		if i < 0 {
			add(word{Text: s})
			break
		}
		add(word{Text: s[:i]})
		mark := s[i]
		s = s[i+1:]
		switch mark {
		case markBreak:
			flush()
		case markFact, markForeign, markLink:
			var inner string
			inner, s, _ = strings.Cut(s, string(markEnd))
			add(marked(mark, inner))
		}
	}
	flush()
	return all
}

// marked reads what stands between a mark and its end.
func marked(mark byte, inner string) word {
	switch mark {
	case markFact:
		return word{Text: inner, Fact: true}
	case markForeign:
		lang, text, _ := strings.Cut(inner, string(markSep))
		return word{Text: text, Lang: lang}
	}
	label, rest, _ := strings.Cut(inner, string(markSep))
	shown, target, _ := strings.Cut(rest, string(markSep))
	if label != "" {
		shown = label + ": " + shown
	}
	// The target is an http or https URL that webAddress passed, or tel: and digits (see phoneLink).
	return word{Text: shown, Href: target}
}

// trim takes the blanks off the ends of a line.
func trim(l *line) {
	for len(*l) > 0 {
		first, last := &(*l)[0], &(*l)[len(*l)-1]
		first.Text = strings.TrimLeft(first.Text, " ")
		last.Text = strings.TrimRight(last.Text, " ")
		switch {
		case first.Text == "":
			*l = (*l)[1:]
		case last.Text == "":
			*l = (*l)[:len(*l)-1]
		default:
			return
		}
	}
}

// text writes the document as text/plain.
func (d document) text() string {
	var b strings.Builder
	for i, s := range d.Sections {
		if i > 0 {
			b.WriteString("\n* * *\n\n")
		}
		for j, bl := range s.blocks {
			// A heading stands right above what it is for.
			if j > 0 && s.blocks[j-1].kind != "h" {
				b.WriteByte('\n')
			}
			bl.text(&b)
		}
	}
	return b.String()
}

func (bl block) text(b *strings.Builder) {
	for n, item := range bl.items {
		lead := ""
		switch bl.kind {
		case "ol":
			lead = strconv.Itoa(n+1) + ". "
		case "ul", "tap":
			lead = "- "
		case "quote":
			lead = "> "
		}
		for i, l := range item {
			if i > 0 {
				lead = strings.Repeat(" ", len(lead))
			}
			b.WriteString(lead)
			for _, w := range l {
				b.WriteString(w.Text)
			}
			b.WriteByte('\n')
		}
	}
}

// html writes a block. This and markup are the places where words become HTML, and all of them go
// through EscapeString. (html/template could do it word by word, and took longer than all the rest.)
func (bl block) html(b *strings.Builder, first bool) {
	switch bl.kind {
	case "h":
		b.WriteString("<h2>")
		markup(b, bl.items[0])
		b.WriteString("</h2>\n")
	case "quote":
		bl.asItIs(b, "<blockquote>", "</blockquote>\n")
	case "copy":
		bl.asItIs(b, `<div style="white-space: pre-wrap; margin: 0 0 12px">`, "</div>\n")
	case "fence":
		// Small and grey, and yet seen: what is hidden, mail programs drop and filters take for fraud.
		b.WriteString(`<p style="font-size: 11px; color: #767676; margin: 12px 0">`)
		markup(b, bl.items[0])
		b.WriteString("</p>\n")
	case "small":
		b.WriteString(`<p style="font-size: 13px">`)
		markup(b, bl.items[0])
		b.WriteString("</p>\n")
	case "tap":
		for _, item := range bl.items {
			b.WriteString("<p>")
			markupAs(b, item, tapStyle)
			b.WriteString("</p>\n")
		}
	case "ol", "ul":
		b.WriteString("<" + bl.kind + ">\n")
		for _, item := range bl.items {
			b.WriteString("<li>")
			markup(b, item)
			b.WriteString("</li>\n")
		}
		b.WriteString("</" + bl.kind + ">\n")
	default:
		tag := "<p>"
		if first {
			tag = `<p class="state">`
		}
		b.WriteString(tag)
		markup(b, bl.items[0])
		b.WriteString("</p>\n")
	}
}

// asItIs writes lines whose blanks count.
func (bl block) asItIs(b *strings.Builder, open, end string) {
	b.WriteString(open)
	for i, item := range bl.items {
		if i > 0 {
			b.WriteByte('\n')
		}
		markup(b, item)
	}
	b.WriteString(end)
}

// tapStyle makes of a link something that a thumb hits: 44 pixels are what the makers of phones ask for.
const tapStyle = ` style="display: inline-block; padding: 9px 14px; border: 1px solid; border-radius: 8px; text-decoration: none"`

// markup writes an item as HTML.
func markup(b *strings.Builder, item []line) { markupAs(b, item, "") }

// markupAs is markup with more attributes for its links.
func markupAs(b *strings.Builder, item []line, attributes string) {
	for i, l := range item {
		if i > 0 {
			b.WriteString("<br>")
		}
		for _, w := range l {
			text := html.EscapeString(w.Text)
			switch {
			case w.Href != "":
				text = `<a href="` + html.EscapeString(w.Href) + `"` + attributes + `>` + text + "</a>"
			case w.Fact:
				text = "<code>" + text + "</code>"
			case w.Lang != "":
				text = `<span lang="` + html.EscapeString(w.Lang) + `">` + text + "</span>"
			}
			b.WriteString(text)
		}
	}
}

// escaped is what HTML makes of s.
func escaped(s string) string { return html.EscapeString(s) }

// wireSize is how many octets s takes as quoted-printable (RFC 2045, 6.7), soft line breaks included.
func wireSize(s string) int {
	n := len(s)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n':
			n++
		case c == '=' || c >= 0x7f || c < ' ':
			n += 2
		}
	}
	return n + 3*(n/75)
}
