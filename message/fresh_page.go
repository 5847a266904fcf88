package message

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// page is what a reader sees of an HTML, in the order of its source.
type page struct {
	root    *html.Node
	cells   []cell
	words   []int              // which cells are letters or digits
	leaves  []pageLeaf         // text nodes, pictures, line ends
	at      map[*html.Node]int // their number in leaves
	targets map[string]bool    // letters of the links' targets
	alts    map[string]bool    // letters of what pictures say they are
	breaks  bool               // the next letter begins a word
	lines   bool               // and a line
	steps   int                // of find
}

// cell is one visible sign that is no blank.
type cell struct {
	sign   rune
	letter rune // in lower case; 0: it is none
	start  bool // it begins a word, as far as one is seen: another block, another side of a blank or sign
	line   bool // and a line
	leaf   int
	from   int // where it stands in the leaf's text
}

// pageLeaf is a node without children; before counts the cells before it.
type pageLeaf struct {
	node   *html.Node
	before int
	text   string // without what no text may hold
	signs  int    // cells in it
}

// readPage reads an HTML; nil if it cannot be: nested too deep.
func readPage(s string) *page {
	root, err := html.ParseWithOptions(strings.NewReader(s), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil
	}
	p := &page{root: root, at: map[*html.Node]int{}, targets: map[string]bool{}, alts: map[string]bool{}, breaks: true, lines: true}
	p.visit(root, shown{})
	return p
}

// shown is how the text in an element is shown.
type shown struct{ tiny, pre bool }

// visit walks the tree. Its depth is bounded by html.Parse.
func (p *page) visit(n *html.Node, how shown) {
	switch n.Type {
	case html.TextNode:
		if !how.tiny {
			p.text(n, how.pre)
		}
		return
	case html.ElementNode:
		a := nodeAttrs(n)
		if a.hidden || hiddenElements[n.Data] {
			return
		}
		how.tiny = a.fontSize == fontZero || how.tiny && a.fontSize != fontSet
		how.pre = how.pre || a.pre || n.Data == "pre" || n.Data == "listing" || n.Data == "textarea"
		p.element(n, how)
	case html.DocumentNode:
	default:
		return // comments, the conditional ones of Outlook among them
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.visit(c, how)
	}
	if n.Type == html.ElementNode && separates(n.Data) {
		p.breaks, p.lines = true, true
	}
}

// separates says whether an element stands between words; "th<b>is</b>" is one.
func separates(name string) bool {
	return blockElements[name] > 0 || name == "td" || name == "th" || name == "br" || name == "img"
}

func (p *page) element(n *html.Node, how shown) {
	if separates(n.Data) {
		p.breaks, p.lines = true, true
	}
	switch n.Data {
	case "a":
		href := attr(n, "href")
		for _, t := range []string{href, unwrapped(href), addressIn(href)} {
			p.targets[lettersOf(t)] = true
		}
	case "img":
		p.alts[lettersOf(attr(n, "alt"))] = true
		if e := emojiOf(n); e != "" && !how.tiny { // webmailers show some as pictures
			p.leaf(n, e, false)
			return
		}
		p.leaf(n, "", false)
	case "br", "hr":
		p.leaf(n, "", false)
	}
}

// text keeps the non-breaking blanks, of which the empty lines of many clients are made.
func (p *page) text(n *html.Node, pre bool) {
	parts := strings.Split(n.Data, "\u00a0")
	for i, s := range parts {
		parts[i] = cleanText(s)
	}
	p.leaf(n, strings.Join(parts, "\u00a0"), pre)
}

func (p *page) leaf(n *html.Node, text string, pre bool) {
	l := pageLeaf{node: n, before: len(p.cells), text: text}
	for i, r := range text {
		if unicode.IsSpace(r) {
			p.breaks, p.lines = true, p.lines || pre && r == '\n'
			continue
		}
		c := cell{sign: r, leaf: len(p.leaves), from: i}
		switch {
		case isLetter(r):
			c.letter, c.start, c.line = unicode.ToLower(r), p.breaks, p.lines
			p.words = append(p.words, len(p.cells))
			p.breaks, p.lines = false, false
		case !unicode.Is(unicode.M, r): // an accent written apart
			p.breaks = true
		}
		p.cells = append(p.cells, c)
	}
	l.signs = len(p.cells) - l.before
	p.at[n] = len(p.leaves)
	p.leaves = append(p.leaves, l)
}

// part is the text of a leaf between two cells, with its blanks where it goes in whole.
func (p *page) part(l pageLeaf, start, end int) string {
	first, last := max(start, l.before), min(end, l.before+l.signs)
	if first >= last {
		return ""
	}
	from, to := 0, len(l.text)
	if first > l.before {
		from = p.cells[first].from
	}
	if last < l.before+l.signs {
		c := p.cells[last-1]
		to = c.from + utf8.RuneLen(c.sign)
		if c.sign == utf8.RuneError {
			to = p.cells[last].from
		}
	}
	return l.text[from:to]
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key && a.Namespace == "" {
			return a.Val
		}
	}
	return ""
}

func nodeAttrs(n *html.Node) attrs {
	var a attrs
	for i, at := range n.Attr {
		if i == maxAttrs {
			break
		}
		a.read([]byte(at.Key), []byte(at.Val))
	}
	return a
}

// emojiOf is the emoji that a picture stands for, "" if it is none.
func emojiOf(n *html.Node) string {
	alt := cleanLine(attr(n, "alt"))
	if alt == "" || utf8.RuneCountInString(alt) > 10 {
		return ""
	}
	for _, r := range alt {
		if r < 0x203C || isLetter(r) || unicode.IsSpace(r) {
			return ""
		}
	}
	return alt
}
