package message

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// fresh cuts the page down to the words of text, which stand behind those of head in it, and sanitises it. pasted are the pictures of the new
// part, has tells which ones the mail brought. shown are the pictures that stay. It gives "" where the words cannot be found, or are not certain.
func (p *page) fresh(head, text string, pasted map[string]bool, has func(string) bool) (out string, shown map[string]bool) {
	r, ok := p.find(p.pieces(head, text))
	if !ok {
		return "", nil
	}
	c := cleaner{page: p, pasted: pasted, has: has}
	c.start, c.end = p.cut(r, text)
	out = c.clean()
	for range 3 {
		if c.page = readPage(out); c.page == nil {
			return "", nil
		}
		c.start, c.end = 0, len(c.cells)
		again := c.clean()
		if again == out { // every reader builds the same tree of it
			break
		}
		out = again
	}
	out = policy.Sanitize(out)
	if !saysOnly(out, p.pieces("", text)) {
		return "", nil
	}
	return out, c.shown
}

// clean writes what is between start and end.
func (c *cleaner) clean() string {
	c.shown = map[string]bool{}
	var b strings.Builder
	if err := html.Render(&b, wrapped(c.children(c.root))); err != nil { // a tree that cannot be written: none of ours
		return ""
	}
	return b.String()
}

// wrapped puts nodes into one <div>, and takes none for one that is wrapped already.
func wrapped(nodes []*html.Node) *html.Node {
	for len(nodes) == 1 && nodes[0].Data == "div" && nodes[0].Type == html.ElementNode && len(nodes[0].Attr) == 0 {
		var inner []*html.Node
		for c := nodes[0].FirstChild; c != nil; c = nodes[0].FirstChild {
			nodes[0].RemoveChild(c)
			inner = append(inner, c)
		}
		nodes = inner
	}
	div := newElement("div")
	for _, n := range nodes {
		div.AppendChild(n)
	}
	return div
}

// saysOnly reads the result back, by the tree and by the tokens: both must find the words of the text in it, from the first to the last.
func saysOnly(result string, pieces []piece) bool {
	p := readPage(result)
	if p == nil {
		return false
	}
	r, ok := p.match(pieces, 0)
	if !ok || r.end != len(p.words) {
		return false
	}
	var seen strings.Builder
	for _, i := range p.words {
		seen.WriteRune(p.cells[i].letter)
	}
	return lettersOf((&htmlWalker{bare: true}).read(result)) == seen.String()
}

// cleaner writes a tree of its own, out of a list of elements and attributes: what is not in the list cannot come in.
type cleaner struct {
	*page
	start, end int // the cells that stay
	pasted     map[string]bool
	has        func(id string) bool
	shown      map[string]bool
}

// keptElements stay, without any attribute but those of attributes.
var keptElements = set("p", "div", "span", "br", "hr", "b", "strong", "i", "em", "u", "s", "del", "ins", "small", "sub", "sup", "mark", "code", "kbd", "samp",
	"q", "cite", "pre", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd",
	"table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th")

// renamed are old names of others.
var renamed = map[string]string{"center": "div", "font": "span", "strike": "s", "big": "span", "tt": "code", "listing": "pre", "address": "div", "section": "div", "article": "div",
	"main": "div", "header": "div", "footer": "div", "figure": "div", "figcaption": "div", "fieldset": "div", "form": "div"}

// children cleans what is in an element.
func (c *cleaner) children(n *html.Node) []*html.Node {
	var out []*html.Node
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		out = append(out, c.node(child)...)
	}
	return out
}

// node cleans one node: to itself, to what is in it, or to nothing.
func (c *cleaner) node(n *html.Node) []*html.Node {
	if i, ok := c.at[n]; ok {
		return c.leaf(n, c.leaves[i])
	}
	switch n.Type {
	case html.DocumentNode:
		return c.children(n)
	case html.ElementNode:
	default:
		return nil
	}
	a := nodeAttrs(n)
	if a.hidden || hiddenElements[n.Data] {
		return nil
	}
	inside := c.children(n)
	name := n.Data
	if r := renamed[name]; r != "" {
		name = r
	}
	switch {
	case len(inside) == 0 && !(name == "td" || name == "th"):
		return nil
	case name == "a":
		return c.link(n, inside)
	case !keptElements[name]:
		return inside
	}
	if n.Data == "tr" && !slices.ContainsFunc(inside, holds(isSeen)) {
		return nil
	}
	if name == "p" && slices.ContainsFunc(inside, holds(isBlock)) {
		name = "div" // a paragraph ends where a block begins, and the tree would be another one for the reader
	}
	e := newElement(name)
	e.Attr = attributes(n, a)
	if name == "span" && len(e.Attr) == 0 {
		return inside
	}
	for _, child := range inside {
		e.AppendChild(child)
	}
	return []*html.Node{e}
}

// holds makes a test of a node one of all that is in it, too.
func holds(test func(*html.Node) bool) func(*html.Node) bool {
	return func(n *html.Node) bool {
		if test(n) {
			return true
		}
		for d := range n.Descendants() {
			if test(d) {
				return true
			}
		}
		return false
	}
}

func isBlock(n *html.Node) bool { return n.Type == html.ElementNode && blockElements[n.Data] > 0 }

func isLink(n *html.Node) bool { return n.Type == html.ElementNode && n.Data == "a" }

// isSeen says whether there is anything to be seen in a cleaned node itself.
func isSeen(n *html.Node) bool {
	return n.Type == html.TextNode || n.Data == "img" || n.Data == "br" || n.Data == "hr"
}

func (c *cleaner) leaf(n *html.Node, l pageLeaf) []*html.Node {
	inside := l.before > c.start && l.before < c.end
	if l.signs > 0 {
		if s := c.part(l, c.start, c.end); s != "" {
			return []*html.Node{{Type: html.TextNode, Data: s}}
		}
		return nil
	}
	switch {
	case n.Type == html.TextNode:
		if inside && l.text != "" {
			return []*html.Node{{Type: html.TextNode, Data: l.text}}
		}
	case n.Data == "img":
		return c.image(n, l, inside)
	case inside:
		return []*html.Node{newElement(n.Data)}
	}
	return nil
}

// image keeps a picture that came with the mail: among the new words, and right before and behind them if it was pasted there.
func (c *cleaner) image(n *html.Node, l pageLeaf, inside bool) []*html.Node {
	src := attr(n, "src")
	if len(src) < 5 || !strings.EqualFold(src[:4], "cid:") {
		return nil
	}
	id := contentID(src[4:])
	edge := (l.before == c.start || l.before == c.end) && c.pasted[id]
	if !inside && !edge || !c.has(id) || !isMsgID(id) || nodeAttrs(n).dot {
		return nil
	}
	c.shown[id] = true
	e := newElement("img")
	e.Attr = []html.Attribute{{Key: "src", Val: "cid:" + url.PathEscape(id)}}
	for _, key := range []string{"width", "height"} {
		if v, err := strconv.Atoi(attr(n, key)); err == nil && v > 0 && v < 10000 {
			e.Attr = append(e.Attr, html.Attribute{Key: key, Val: strconv.Itoa(v)})
		}
	}
	return []*html.Node{e}
}

// link keeps a link whose target is what its text says it is, or whose text says nothing of one.
func (c *cleaner) link(n *html.Node, inside []*html.Node) []*html.Node {
	target := honestTarget(nodeText(inside), attr(n, "href"))
	if target == "" || slices.ContainsFunc(inside, holds(isLink)) {
		return inside
	}
	e := newElement("a")
	e.Attr = []html.Attribute{{Key: "href", Val: target}}
	for _, child := range inside {
		e.AppendChild(child)
	}
	return []*html.Node{e}
}

func nodeText(nodes []*html.Node) string {
	var b strings.Builder
	for _, n := range nodes {
		for d := range n.Descendants() {
			if d.Type == html.TextNode {
				b.WriteString(d.Data)
			}
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func newElement(name string) *html.Node {
	return &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
}
