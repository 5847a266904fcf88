package message

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Lines that htmlText writes between the others, where the HTML itself says what follows. No text can
// imitate them: control characters are taken out of it.
const (
	markStart   = "\x01"        // what all of them start with
	markQuote   = "\x01quote"   // from here to the end: the history below an answer
	markForward = "\x01forward" // from here to the end: a forwarded mail
	markSign    = "\x01sign"    // a signature that the client put in
	markSignEnd = "\x01signend" // its end
)

const (
	maxOpen  = 400 // nested elements that are told apart
	maxQuote = 10  // nested quotes that are shown
	noLink   = -1
)

// htmlText turns HTML into text for reading: blocks on lines of their own, table cells apart, list
// items marked, hidden text left out, quotations prefixed with ">". One pass over the tokens, no tree:
// its time is proportional to the length whatever the nesting.
func htmlText(s string) string { return (&htmlWalker{}).read(s) }

func (w *htmlWalker) read(s string) string {
	w.link, w.names = noLink, map[string]int{}
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken: // the end; a tokenizer on a string knows no other error
			return w.result()
		case html.TextToken:
			if w.hidden == 0 && !w.tiny {
				w.text(string(z.Text()))
			}
		case html.StartTagToken:
			w.start(z, false)
		case html.SelfClosingTagToken:
			w.start(z, true)
		case html.EndTagToken:
			name, _ := z.TagName()
			w.end(string(name))
		}
	}
}

// element is one open element.
type element struct {
	name   string
	hidden bool
	pre    bool
	quote  bool
	sign   bool
	tiny   bool // font-size 0, which an element within may undo
	tight  bool // a paragraph without space around it, as Word writes one per line
	number int  // of the next list item; 0: unordered
}

type htmlWalker struct {
	out    strings.Builder
	open   []element
	names  map[string]int // how often each name is in open
	want   int            // line ends to write before the next text
	space  bool           // a blank to write before the next text
	tab    bool           // a cell border to write before the next text
	fresh  bool           // at the start of a cell or list item: blocks start no new line
	blank  bool           // a line with nothing but a non-breaking space
	hidden int            // open hidden elements
	pre    int
	quote  int
	above  int  // quote of the last line written
	tiny   bool // the innermost element's

	bare     bool      // nothing but the words: no targets of links, no numbers of lists
	pictures *[]string // if not nil, takes the ContentIDs of the pictures that are shown; a pictureMark stands for each

	link int    // where the text of the open link starts in out
	href string // its target
}

var voidElements = set("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param")

var hiddenElements = set("head", "style", "script", "title", "template", "xml", "svg", "object", "iframe", "noframes", "audio", "video", "canvas", "datalist")

// blockElements start and end a line; the ones with 2 keep an empty line around them.
var blockElements = map[string]int{"p": 2, "h1": 2, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2, "ul": 1, "ol": 1, "dl": 1, "pre": 2, "blockquote": 2,
	"div": 1, "table": 1, "tr": 1, "li": 1, "dt": 1, "dd": 1, "section": 1, "article": 1, "header": 1, "footer": 1, "main": 1, "center": 1,
	"form": 1, "fieldset": 1, "address": 1, "hr": 2, "body": 1, "caption": 1, "figure": 1, "figcaption": 1, "option": 1, "details": 1, "summary": 1}

func (w *htmlWalker) start(z *html.Tokenizer, closed bool) {
	tag, more := z.TagName()
	e := element{name: string(tag)}
	a := readAttrs(z, more)
	w.impliedEnd(e.name)
	if e.name == "br" {
		w.newline()
		return
	}
	if a.hidden || hiddenElements[e.name] {
		e.hidden = true
	}
	e.tight = e.name == "p" && a.tight
	e.tiny = a.fontSize == fontZero || w.tiny && a.fontSize != fontSet
	if w.hidden == 0 && !e.hidden {
		w.block(e)
		w.enter(&e, a)
	}
	if voidElements[e.name] || closed && e.name != "p" && e.name != "div" && e.name != "a" && e.name != "span" {
		return
	}
	if e.hidden {
		w.hidden++
	}
	if e.pre {
		w.pre++
	}
	if e.quote {
		w.quote++
	}
	if len(w.open) < maxOpen {
		w.open = append(w.open, e)
		w.names[e.name]++
		w.tiny = e.tiny
	} else { // too deep to be remembered: it cannot hide or quote either
		w.forget(e)
	}
}

// enter does what an element means besides breaking lines.
func (w *htmlWalker) enter(e *element, a attrs) {
	switch e.name {
	case "td", "th":
		w.cell()
	case "li":
		w.item()
	case "ol":
		e.number = 1
	case "pre", "textarea", "listing":
		e.pre = true
	case "a":
		if w.link == noLink {
			w.link, w.href = w.out.Len(), a.href
		}
	case "blockquote":
		e.quote = a.quoted || a.cite
	case "img":
		if w.pictures != nil && a.picture != "" && !a.dot && len(*w.pictures) < maxPictures {
			w.write(pictureMark(len(*w.pictures)))
			*w.pictures = append(*w.pictures, a.picture)
		}
	}
	e.pre = e.pre || a.pre
	switch {
	case a.mark == markSign && w.quote == 0:
		e.sign = true
		w.mark(markSign)
	case a.mark == markQuote || a.mark == markForward:
		w.mark(a.mark)
	case a.quoted && e.name != "blockquote":
		e.quote = true
		w.want = max(w.want, 1)
	}
}

func (w *htmlWalker) end(name string) {
	if name == "br" || name == "p" && w.names["p"] == 0 {
		w.newline() // browsers read </br> and a stray </p> so
		return
	}
	if w.names[name] == 0 {
		return
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if w.open[i].name == name {
			for len(w.open) > i {
				w.pop()
			}
			return
		}
		if w.open[i].name == "table" && name != "body" && name != "html" {
			return // an end tag does not reach out of its table
		}
	}
}

func (w *htmlWalker) pop() {
	e := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	w.names[e.name]--
	w.tiny = len(w.open) > 0 && w.open[len(w.open)-1].tiny
	w.forget(e)
	if e.name == "td" || e.name == "th" || e.name == "li" {
		w.fresh = false
	}
	if w.hidden > 0 || e.hidden {
		return
	}
	if e.sign {
		w.mark(markSignEnd)
	}
	if e.name == "a" {
		w.endLink()
	}
	if w.blank && blockElements[e.name] > 0 && !w.fresh {
		w.want, w.blank = min(w.want+1, 2), false
	}
	if e.quote {
		w.want = max(w.want, 1)
	}
	w.block(e)
}

func (w *htmlWalker) forget(e element) {
	if e.hidden {
		w.hidden--
	}
	if e.pre {
		w.pre--
	}
	if e.quote {
		w.quote--
	}
}

// impliedEnd closes what HTML lets authors leave open, up to the element that bounds the search.
func (w *htmlWalker) impliedEnd(name string) {
	rule, ok := impliedEnds[name]
	if !ok {
		if blockElements[name] == 0 {
			return
		}
		rule = impliedEnds["p"] // a block ends a paragraph
	}
	for i := len(w.open) - 1; i >= 0 && i >= len(w.open)-20; i-- {
		if strings.Contains(rule.closes, " "+w.open[i].name+" ") {
			for len(w.open) > i {
				w.pop()
			}
			if !rule.all {
				return
			}
			continue
		}
		if strings.Contains(rule.stops, " "+w.open[i].name+" ") {
			return
		}
	}
}

type impliedRule struct {
	closes, stops string // names between blanks
	all           bool
}

var impliedEnds = map[string]impliedRule{
	"p":      {closes: " p ", stops: " div td th li table blockquote body section article center form "},
	"li":     {closes: " li ", stops: " ul ol table body "},
	"td":     {closes: " td th ", stops: " tr table body "},
	"th":     {closes: " td th ", stops: " tr table body "},
	"tr":     {closes: " td th tr ", stops: " table body ", all: true},
	"option": {closes: " option ", stops: " select body "},
	"dt":     {closes: " dt dd ", stops: " dl table body "},
	"dd":     {closes: " dt dd ", stops: " dl table body "},
}

// withoutMarks is a text without the lines that htmlText wrote between the others.
func withoutMarks(s string) string {
	if !strings.Contains(s, markStart) {
		return s
	}
	lines := strings.SplitAfter(s, "\n")
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(l, markStart) }), "")
}
