package message

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// attributes keeps what formats, and nothing that hides, loads or runs.
func attributes(n *html.Node, a attrs) []html.Attribute {
	var out []html.Attribute
	add := func(key, val string) { out = append(out, html.Attribute{Key: key, Val: val}) }
	switch n.Data {
	case "td", "th":
		for _, key := range []string{"colspan", "rowspan"} {
			if v, err := strconv.Atoi(attr(n, key)); err == nil && v > 1 && v <= 100 {
				add(key, strconv.Itoa(v))
			}
		}
	case "ol":
		if v, err := strconv.Atoi(attr(n, "start")); err == nil && v > 1 && v < 10000 {
			add("start", strconv.Itoa(v))
		}
		if t := attr(n, "type"); len(t) == 1 && strings.Contains("1aAiI", t) {
			add("type", t)
		}
	case "table":
		if v := attr(n, "border"); v != "" && v != "0" {
			add("border", "1")
		}
	}
	if s := keptStyle(n, a); s != "" {
		add("style", s)
	}
	return out
}

// keptStyle writes the few declarations that stay. Colours stay where they are read on white and on black: that a line was red is often all that
// tells it from the others; a background goes, for with one a colour could hide. Sizes, positions and margins go: they make a text of one mail look
// odd in another, and the small ones hide.
func keptStyle(n *html.Node, a attrs) string {
	var out []string
	add := func(name, value string) { // the last of a name counts
		out = slices.DeleteFunc(out, func(d string) bool { return strings.HasPrefix(d, name+":") })
		out = append(out, name+": "+value)
	}
	if n.Data == "p" && a.tight {
		add("margin", "0") // Word writes a paragraph for each line; its style sheet said so
	}
	switch align := strings.ToLower(attr(n, "align")); {
	case n.Data == "center":
		add("text-align", "center")
	case align == "center" || align == "right":
		add("text-align", align)
	}
	if c := readableColor(attr(n, "color")); n.Data == "font" && c != "" {
		add("color", c)
	}
	for _, d := range strings.Split(strings.ToLower(attr(n, "style")), ";") {
		name, value, _ := strings.Cut(d, ":")
		name = strings.TrimSpace(name)
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		switch {
		case name == "color":
			if c := readableColor(value); c != "" {
				add(name, c)
			}
		case name == "font-family":
			if monospace.MatchString(value) {
				add(name, "monospace")
			}
		case name == "text-decoration-line":
			if keptValues["text-decoration"].MatchString(value) {
				add("text-decoration", value)
			}
		case keptValues[name] != nil && keptValues[name].MatchString(value):
			add(name, value)
		}
	}
	return strings.Join(out, "; ")
}

var monospace = regexp.MustCompile(`courier|consolas|mono|menlo`)

var keptValues = map[string]*regexp.Regexp{
	"font-weight":     regexp.MustCompile(`^(?:bold|bolder|[6-9]00)$`),
	"font-style":      regexp.MustCompile(`^(?:italic|oblique)$`),
	"text-decoration": regexp.MustCompile(`^(?:underline|line-through)$`),
	"text-align":      regexp.MustCompile(`^(?:center|right|justify)$`),
	"white-space":     regexp.MustCompile(`^(?:pre|pre-wrap|pre-line|break-spaces)$`),
}

var hexColor = regexp.MustCompile(`^#(?:[0-9a-f]{3}|[0-9a-f]{6})$`)

var rgbColor = regexp.MustCompile(`^rgba?\( ?(\d{1,3})[ ,]+(\d{1,3})[ ,]+(\d{1,3})(?:[ ,/]+1(?:\.0*)?)? ?\)$`)

var namedColors = map[string]string{"red": "#ff0000", "blue": "#0000ff", "green": "#008000", "darkred": "#8b0000", "purple": "#800080", "fuchsia": "#ff00ff",
	"magenta": "#ff00ff", "crimson": "#dc143c", "orangered": "#ff4500", "teal": "#008080", "maroon": "#800000"}

// readableColor gives a colour as #rrggbb, "" for grey, black and white, and for what is too pale or too dark to be read on either ground.
func readableColor(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if c := namedColors[s]; c != "" {
		s = c
	}
	var c [3]int
	switch m := rgbColor.FindStringSubmatch(s); {
	case m != nil:
		for i := range c {
			c[i], _ = strconv.Atoi(m[i+1]) // three digits
		}
	case hexColor.MatchString(s):
		digits := s[1:]
		if len(digits) == 3 {
			digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
		}
		for i := range c {
			v, _ := strconv.ParseUint(digits[2*i:2*i+2], 16, 8) // hexColor
			c[i] = int(v)
		}
	default:
		return ""
	}
	high, low := max(c[0], c[1], c[2]), min(c[0], c[1], c[2])
	light := (299*c[0] + 587*c[1] + 114*c[2]) / 1000
	if high > 255 || high-low < 90 || light < 20 || light > 160 {
		return ""
	}
	return "#" + strconv.FormatInt(int64(1<<24|c[0]<<16|c[1]<<8|c[2]), 16)[1:]
}

// saysHost is a text that names where it leads.
var saysHost = regexp.MustCompile(`(?i)^(?:[a-z]+://)?(?:[^\s/@]*@)?((?:[\p{L}\d-]+\.)+[\p{L}]{2,24}|\d{1,3}(?:\.\d{1,3}){3})(?::\d+)?(?:[/?#]\S*)?$`)

// honestTarget is where a link may lead: "" for a scheme that is none for mails, and for a target that the text contradicts.
func honestTarget(shown, href string) string {
	href = strings.TrimSpace(unwrapped(href))
	if len(href) > 4*maxLink || strings.ContainsFunc(href, func(r rune) bool { return r <= ' ' || r == 0x7F }) {
		return ""
	}
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "mailto":
		if addr := addressIn(href); addr == "" || !strings.Contains(strings.ToLower(shown), strings.ToLower(addr)) {
			return "" // an address that is not shown may be one of ours that nobody else should have
		}
		return "mailto:" + u.Opaque // without a subject, a copy, a text
	case "tel":
		if digits(u.Opaque) == "" {
			return ""
		}
		return "tel:" + u.Opaque
	case "http", "https":
		host := strings.ToLower(u.Hostname())
		if host == "" || u.User != nil {
			return ""
		}
		for _, word := range strings.Fields(shown) {
			word = strings.Trim(word, `.,;:()<>[]"'`)
			if m := saysHost.FindStringSubmatch(word); m != nil && bareHost(m[1]) != bareHost(host) {
				return ""
			}
		}
		return u.String()
	}
	return ""
}

// addressIn is the address of a mailto: or tel: link, without a subject, a copy or a text.
func addressIn(href string) string {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return ""
	}
	addr, err := url.PathUnescape(u.Opaque)
	if err != nil {
		return ""
	}
	return addr
}

func bareHost(s string) string { return strings.TrimPrefix(strings.ToLower(s), "www.") }

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// unwrapped is a target without the redirector that a mail filter put in front of it.
func unwrapped(href string) string {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return href
	}
	if v := unwrapLink(u); v != u {
		return v.String()
	}
	return href
}
