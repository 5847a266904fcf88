package message

import (
	"regexp"
	"slices"

	"github.com/microcosm-cc/bluemonday"
)

// policy is the second look at what goes out: whatever the cleaner has let through by mistake, a sanitiser that many rely on takes out.
var policy = newPolicy()

func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(keptNames()...)
	p.AllowNoAttrs().OnElements("span")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("src").Matching(regexp.MustCompile(`^cid:[!-~]+$`)).OnElements("img")
	p.AllowURLSchemes("http", "https", "mailto", "tel", "cid")
	p.RequireParseableURLs(true)
	number := regexp.MustCompile(`^[0-9]{1,4}$`)
	p.AllowAttrs("width", "height").Matching(number).OnElements("img")
	p.AllowAttrs("colspan", "rowspan").Matching(number).OnElements("td", "th")
	p.AllowAttrs("start").Matching(number).OnElements("ol")
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^[1aAiI]$`)).OnElements("ol")
	p.AllowAttrs("border").Matching(regexp.MustCompile(`^1$`)).OnElements("table")
	for name, value := range keptValues {
		p.AllowStyles(name).Matching(value).Globally()
	}
	p.AllowStyles("color").Matching(regexp.MustCompile(`^#[0-9a-f]{6}$`)).Globally()
	p.AllowStyles("font-family").MatchingEnum("monospace").Globally()
	p.AllowStyles("margin").MatchingEnum("0").OnElements("p")
	return p
}

// keptNames are all elements that the cleaner writes, in one order.
func keptNames() []string {
	names := []string{"a", "img"}
	for name := range keptElements {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
