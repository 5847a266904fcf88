package message

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/jhillyerd/enmime/v2"
)

// partField carries a part's number through enmime.
const partField = "X-Notfalld-Part"

// body reads the parts of one mail into its text and attachments.
type body struct {
	m       *Mail
	s       *scanner
	raw     []byte
	lim     Limits
	level   int  // how deep in attached mails we are
	reduced bool // the mail comes from Reduce: cutField may be believed

	texts  []string // what the mail says, part by part
	htmls  []*node  // HTML parts, read or not: what images do they show?
	images []int    // attachments that are inline if the HTML shows them
	sums   []string // what identifies the attachments, in order
	data   int      // bytes of attachment data kept so far
	nested []*Mail  // attached mails, opened
}

func newBody(m *Mail, s *scanner, raw []byte, lim Limits, level int) *body {
	return &body{m: m, s: s, raw: raw, lim: lim, level: level}
}

// read has enmime build the tree of parts, and walks it. enmime never sees the bodies: it is given
// the skeleton (boundaries and MIME headers), so that its cost is bounded by the limits of the pre-scan.
func (b *body) read() {
	skeleton := b.s.assemble(func(p *part) (string, []byte) {
		return partField + ": " + strconv.Itoa(p.id) + "\r\n", nil
	})
	root, err := mimeParser(b.lim).ReadParts(bytes.NewReader(skeleton))
	if err != nil {
		b.m.problem("broken MIME structure")
		root = nil
	}
	n := &node{part: b.s.parts[0], typ: "text/plain"}
	if root != nil {
		n = b.node(root)
	}
	b.walk(n, context{})
	b.finish()
}

func mimeParser(lim Limits) *enmime.Parser {
	return enmime.NewParser(
		enmime.RawContent(true), // bodies are decoded here, from the bytes of the mail
		enmime.SkipMalformedParts(true),
		enmime.MultipartWOBoundaryAsSinglePart(true),
		enmime.DisableTextConversion(true),
		enmime.DisableCharacterDetection(true),
		enmime.MaxStoredPartErrors(1),
		enmime.SetCustomParseMediaType(func(s string) (string, map[string]string, []string, error) {
			typ, params := parseMediaType(s, lim.Parameters)
			return typ, params, nil, nil
		}),
	)
}

// node is one part of the tree.
type node struct {
	part        *part
	typ         string
	params      map[string]string
	disposition string
	name        string
	contentID   string
	children    []*node
	text        *string // see body.text
	html        *string // see body.html
}

func (b *body) node(p *enmime.Part) *node {
	n := &node{part: b.s.parts[0]}
	if id, err := strconv.Atoi(p.Header.Get(partField)); err == nil && id < len(b.s.parts) {
		n.part = b.s.parts[id]
	}
	n.typ, n.params = parseMediaType(p.Header.Get("Content-Type"), b.lim.Parameters)
	var dp map[string]string
	n.disposition, dp = parseParams(p.Header.Get("Content-Disposition"), b.lim.Parameters)
	n.name = fileName(dp["filename"])
	if n.name == "" {
		n.name = fileName(n.params["name"])
	}
	n.contentID = strings.Trim(strings.TrimSpace(p.Header.Get("Content-Id")), "<>")
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		n.children = append(n.children, b.node(c))
	}
	return n
}

// fileName is the last element of what a sender calls a file, without what file systems and
// terminals dislike.
func fileName(s string) string {
	s = cleanLine(s)
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	if s == "." || s == ".." {
		return ""
	}
	if r := []rune(s); len(r) > 200 {
		s = string(r[:150]) + string(r[len(r)-50:])
	}
	return s
}

// context is what the parents of a part say about it.
type context struct {
	noText  bool // another alternative was taken: only attachments count
	related bool
	own     bool // belongs to the mail itself: a report, a signature
}

func (b *body) walk(n *node, c context) {
	switch {
	case len(n.children) == 0:
		b.leaf(n, c)
	case n.typ == "multipart/alternative":
		b.alternative(n, c)
	case n.typ == "multipart/signed":
		for i, child := range n.children {
			cc := c
			cc.own = i > 0 || c.own
			b.walk(child, cc)
		}
	case n.typ == "multipart/encrypted":
		b.m.Encrypted = "pgp"
		for _, child := range n.children {
			cc := c
			cc.own = true
			b.walk(child, cc)
		}
	case n.typ == "multipart/report":
		for i, child := range n.children {
			cc := c
			cc.own = i > 0 || c.own
			b.walk(child, cc)
		}
	default:
		for _, child := range n.children {
			cc := c
			cc.related = c.related || n.typ == "multipart/related"
			b.walk(child, cc)
		}
	}
}

// alternative takes the plain text where it says something, else the HTML (RFC 2046, 5.1.4 prefers the
// last; people's words are the same in both, and plain text needs no guessing).
func (b *body) alternative(n *node, c context) {
	good, rich := -1, false // the plain text that says something; something else may
	for i, child := range n.children {
		plain := child.typ == "text/plain" && len(child.children) == 0 && child.disposition != "attachment"
		if plain && good < 0 && !emptyText(b.text(child)) {
			good = i
		}
		rich = rich || child.typ == "text/html" || len(child.children) > 0
	}
	for i, child := range n.children {
		cc := c
		cc.noText = c.noText || good >= 0 && i != good || good < 0 && rich && child.typ == "text/plain"
		if child.typ == "text/calendar" {
			cc.own = true
		}
		b.walk(child, cc)
	}
}

// emptyText says whether a plain text part is only there because there must be one.
func emptyText(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" {
		return true
	}
	if len(s) > 300 {
		return false
	}
	l := strings.ToLower(s)
	return strings.Contains(l, "html") && (strings.Contains(l, "view") || strings.Contains(l, "client") || strings.Contains(l, "unterst") || strings.Contains(l, "support") || strings.Contains(l, "anzeig") || strings.Contains(l, "nachricht im"))
}

func (b *body) leaf(n *node, c context) {
	text := n.typ == "text/plain" || n.typ == "text/html"
	if text && (n.part.id == 0 || exchangeText.MatchString(n.name)) {
		n.disposition, n.name = "", "" // the body itself, whatever it is called
	}
	switch {
	case c.own:
		b.attach(n, c)
	case n.typ == "application/pkcs7-mime" || n.typ == "application/x-pkcs7-mime":
		b.smime(n, c)
	case !text || n.disposition == "attachment" || n.name != "" && (len(b.texts) > 0 || b.level > 0 || n.part.id > 0 && n.disposition != ""):
		b.attach(n, c)
	case n.typ == "text/html":
		b.htmls = append(b.htmls, n)
		if !c.noText {
			b.texts = append(b.texts, htmlText(b.html(n)))
		}
	case !c.noText:
		b.texts = append(b.texts, b.text(n))
	}
}

// exchangeText is what Exchange calls the text that stood between or behind attachments.
var exchangeText = regexp.MustCompile(`^ATT\d{5,}\.(?:txt|html?)$`)

func (n *node) charset(b []byte) string {
	if cs := n.params["charset"]; cs != "" || n.typ != "text/html" {
		return cs
	}
	return htmlCharset(b)
}

// encoded is the part's body as it stands in the mail.
func (b *body) encoded(n *node) []byte {
	p := n.part
	if p.container() || p.start > p.end || p.end > int64(len(b.raw)) {
		return nil
	}
	return b.raw[p.start:p.end]
}

// decoded undoes the transfer encoding of a text part, up to the limit.
func (b *body) decoded(n *node) []byte {
	enc := b.encoded(n)
	if max := 3 * b.lim.Text; len(enc) > max {
		enc = enc[:max]
		b.m.problem("text longer than permitted, cut")
	}
	dec := decodeTransfer(n.part.encoding, enc)
	if len(dec) > b.lim.Text {
		dec = dec[:b.lim.Text]
		b.m.problem("text longer than permitted, cut")
	}
	return dec
}

// text is what a plain text part says.
func (b *body) text(n *node) string {
	if n.text == nil {
		s := b.plainText(n)
		n.text = &s
	}
	return *n.text
}

// html is an HTML part as it came, but for its charset and control characters.
func (b *body) html(n *node) string {
	if n.html == nil {
		raw := b.decoded(n)
		s := decodeText(raw, n.charset(raw))
		n.html = &s
	}
	return *n.html
}

func (b *body) plainText(n *node) string {
	raw := b.decoded(n)
	s := decodeText(raw, n.charset(raw))
	s = cutOwnLinks(s)
	if strings.EqualFold(n.params["format"], "flowed") {
		s = unflow(s, strings.EqualFold(n.params["delsp"], "yes"))
	}
	return s
}

// finish sets the mail's fields from what was collected.
func (b *body) finish() {
	text := strings.Join(b.texts, "\n\n")
	if b.m.Encrypted == "" && pgpEncrypted(text) {
		b.m.Encrypted = "pgp"
	}
	b.m.Whole = withoutMarks(text)
	s := split(cutPGP(text), evidenceOf(b.m))
	b.m.Text, b.m.Quoted, b.m.Signature, b.m.Forwarded, b.m.Passed = s.text, s.quoted, s.signature, s.forwarded, s.passed
	for _, inner := range b.nested {
		b.m.Forwarded = joinTexts(b.m.Forwarded, attachedText(inner))
	}
	if b.level == 0 {
		b.m.html = sync.OnceValue(b.joinedHTML) // hardly anybody asks
	}
	b.sortImages()
}

// joinedHTML is the HTML version of the mail. A mail of text alone has none, and Apple Mail writes one part before and one behind
// each attachment.
func (b *body) joinedHTML() string {
	var parts []string
	room, problem := b.lim.Text, b.m.Problem
	for _, n := range b.htmls {
		if s := b.html(n); s != "" && len(s) <= room {
			room -= len(s)
			parts = append(parts, s)
		}
	}
	b.m.Problem = problem // that an alternative nobody reads was cut is none
	return strings.Join(parts, "\n")
}

// attachedText is what an attached mail says, with the head that tells whose it is.
func attachedText(m *Mail) string {
	var head []string
	for _, name := range []string{"From", "Date", "Subject"} {
		if v := m.Header.Get(name); v != "" {
			head = append(head, name+": "+v)
		}
	}
	return joinTexts(strings.Join(head, "\n"), m.Text, m.Signature, m.Forwarded)
}

func joinTexts(texts ...string) string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return strings.Join(out, "\n\n")
}
