package templates

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/net/html"
)

// What the HTML of an answer may be made of. Everything else loads something, runs something, hides
// something or shows nothing in a mail program.
const (
	allowedElements = " html head meta title style body div p h1 h2 h3 h4 h5 h6 ol ul li dl dt dd a br hr span strong b em i u small code pre " +
		"blockquote header main section footer "
	allowedAttributes = " lang class id style role "
)

var (
	reHides = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:|opacity\s*:|font-size\s*:\s*0(?:[^.\d]|$)|text-indent\s*:|clip(?:-path)?\s*:|` +
		`position\s*:|transform\s*:|color\s*:\s*transparent|mso-hide|\b(?:max-)?(?:height|width)\s*:\s*0(?:[^.\d]|$)`)
	reLoads = regexp.MustCompile(`(?i)url\s*\(|@import|@font-face|expression\s*\(|image-set\s*\(`)
	reLink  = regexp.MustCompile(`(?i)^(?:https?://|mailto:|tel:)`)
)

// fault is something in a page that a mail must not hold.
type fault struct {
	what string
	// clue is a piece of the page by which its place can be found.
	clue string
}

// inspect reads a page as a reader sees it: its visible text, white space folded, and what is wrong
// with it. Text in comments, in the head and in styles is not seen.
func inspect(page string) (visible string, faults []fault) { return inspector{}.inspect(page) }

// inspector remembers the styles that it found nothing wrong with: all pages of a set share one.
type inspector struct{ harmless map[string]bool }

func (in inspector) inspect(page string) (visible string, faults []fault) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "", []fault{{"it is no HTML: " + err.Error(), ""}}
	}
	var b strings.Builder
	w := walker{text: &b, harmless: in.harmless}
	w.walk(root, false)
	if !w.lang {
		w.fault("the html element has no lang, which screen readers need: write <html lang=\"{{.Lang}}\">", "<html")
	}
	return strings.Join(strings.Fields(b.String()), " "), w.faults
}

type walker struct {
	text   *strings.Builder
	faults []fault
	lang   bool

	harmless map[string]bool
}

func (w *walker) fault(what, clue string) { w.faults = append(w.faults, fault{what, clue}) }

func (w *walker) walk(n *html.Node, unseen bool) {
	switch n.Type {
	case html.TextNode:
		if !unseen {
			w.text.WriteString(n.Data)
		}
		return
	case html.ElementNode:
		w.element(n)
		switch n.Data {
		case "head", "style", "script", "title", "noscript", "template":
			unseen = true
		case "br", "p", "div", "li", "ol", "ul", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "blockquote", "pre", "section", "header", "footer", "main", "dt", "dd", "td":
			w.text.WriteByte(' ')
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c, unseen)
	}
}

// element looks for what does not belong into a mail.
func (w *walker) element(n *html.Node) {
	if !strings.Contains(allowedElements, " "+n.Data+" ") {
		w.fault(fmt.Sprintf("<%s> has no place in a mail: take it out", n.Data), "<"+n.Data)
	}
	named := false
	for _, a := range n.Attr {
		switch {
		case n.Data == "html" && a.Key == "lang" && a.Val != "":
			w.lang = true
		case n.Data == "a" && a.Key == "href":
			named = true
			if !reLink.MatchString(a.Val) {
				w.fault(fmt.Sprintf("the link to %q is not to http, https, mailto or tel: take it out", a.Val), "href")
			}
		case n.Data == "meta":
			if a.Key == "http-equiv" && !strings.EqualFold(a.Val, "content-type") {
				w.fault("<meta http-equiv> has no place in a mail: take it out", "http-equiv")
			}
			continue
		case !strings.Contains(allowedAttributes, " "+a.Key+" "):
			w.fault(fmt.Sprintf("the attribute %s of <%s> can load, run or hide something: take it out", a.Key, n.Data), a.Key)
		}
		if a.Key == "style" {
			w.style(a.Val)
		}
	}
	if n.Data == "style" && n.FirstChild != nil {
		w.style(n.FirstChild.Data)
	}
	if named && strings.TrimSpace(textOf(n)) == "" {
		w.fault("a link has no text: write its name between <a …> and </a>", "<a")
	}
}

func (w *walker) style(css string) {
	if w.harmless[css] {
		return
	}
	before := len(w.faults)
	if m := reHides.FindString(css); m != "" {
		w.fault(fmt.Sprintf("the style %q can hide what the answer says: take it out", m), m)
	}
	if m := reLoads.FindString(css); m != "" {
		w.fault(fmt.Sprintf("the style %q loads something from outside the mail: take it out", m), m)
	}
	if w.harmless != nil && len(w.faults) == before {
		w.harmless[css] = true
	}
}

func textOf(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(textOf(c))
	}
	return b.String()
}
