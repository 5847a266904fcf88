package message

import (
	"strings"

	"golang.org/x/net/html"
)

func htmlText(s string) string {
	var b strings.Builder
	z := html.NewTokenizer(strings.NewReader(s))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String()
		case html.TextToken:
			b.Write(z.Text())
		case html.StartTagToken, html.EndTagToken:
			if n, _ := z.TagName(); string(n) == "p" || string(n) == "br" || string(n) == "div" || string(n) == "tr" {
				b.WriteByte('\n')
			}
		}
	}
}
