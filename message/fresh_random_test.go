package message

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// shreds are pieces of HTML as clients, people and attackers put them together, in any order.
var shreds = []string{
	"Guten Tag,", " web01 läuft ", "502", "Bad Gateway", "\n", "&nbsp;", "<br>", "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<i>", "</i>",
	"<span style=\"font-weight:bold;color:red\">", "<span style='font-size:0'>", "<span style='display:none'>", "</span>", "<font color=#cc0000>", "</font>",
	"<ul>", "<ol start=3>", "<li>", "</li>", "</ul>", "</ol>", "<table border=1>", "<tr>", "<td>", "<td style='white-space:pre'>", "</td>", "</tr>", "</table>",
	"<a href='https://status.example/x'>", "<a href='mailto:eva@huber.example?bcc=x@y.example'>", "<a href='javascript:alert(1)'>", "</a>", "www.huber.example", "eva@huber.example",
	"<img src=\"cid:logo\">", "<img src=cid:shot.png width=1>", "<img src=https://t.example/x.gif alt=Bild>", "<img src=x alt=👍>",
	"<blockquote>", "<blockquote type=cite>", "<div class=gmail_quote>", "<div class=gmail_signature>", "</blockquote>", "<pre>", "</pre>", "<hr>",
	"<style>p{color:red}</style>", "<script>alert(1)</script>", "<!-- x -->", "<!--[if mso]>y<![endif]-->", "<![if !mso]>", "<![endif]>", "<o:p></o:p>",
	"<svg><p>", "</svg>", "<math><mtext>", "</math>", "<select><option>", "</select>", "<textarea>", "</textarea>", "<template>", "</template>", "<noscript>", "</noscript>",
	"<plaintext>", "<xmp>", "</xmp>", "<title>", "</title>", "<iframe>", "</iframe>", "&lt;script&gt;", "&#x202e;", "\u00ad", "\u200b", "-- ", "Am 16.03.2026 um 08:12 schrieb Eva <eva@huber.example>:",
	"> zitiert", "Mit freundlichen Grüßen", "<form action=x>", "<input value=y>", "<button>", "</button>", "<body hidden>", "<html>", "<head>", "</body>",
}

// TestFreshRandom: whatever stands in the HTML of an answer, what goes on of it is safe, says what the text says, and stays as it is when it
// is cleaned again. An answer of words alone keeps its HTML.
func TestFreshRandom(t *testing.T) {
	kept := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		var b strings.Builder
		for range 1 + r.IntN(30) {
			b.WriteString(shreds[r.IntN(len(shreds))])
		}
		m := &Mail{html: asHTML(b.String()), InReplyTo: []string{"1@a.at"}, Inline: []Attachment{{ContentID: "logo", Type: "image/png"}, {ContentID: "shot.png", Type: "image/png"}}}
		m.Text = split(htmlText(m.htmlSource()), evidenceOf(m)).text
		f := m.Fresh(r.IntN(2))
		if f.HTML == "" {
			continue
		}
		kept++
		checkSafe(t, f)
		again := (&Mail{Text: f.Text, html: asHTML(f.HTML), Inline: m.Inline}).Fresh(0)
		if again.Text == f.Text && again.HTML != "" && again.HTML != f.HTML {
			t.Errorf("cleaned again:\n%s\n%s", f.HTML, again.HTML)
		}
		if t.Failed() {
			t.Fatalf("seed %d: %s\n%q", seed, m.htmlSource(), m.Text)
		}
	}
	if kept < 500 {
		t.Errorf("%d had HTML", kept)
	}
}
