package message

import (
	"bytes"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// attrs is what an element's attributes say that matters for its text.
type attrs struct {
	href   string
	hidden bool
	tight  bool
	pre    bool
	quoted bool   // shown as a quotation
	cite   bool   // a blockquote that says it is one, or looks like one; others only indent
	mark   string // markQuote, markForward or markSign

	fontSize fontSize
	picture  string // ContentID of the part that an img shows
	dot      bool   // an img too small to be seen
}

type fontSize int

const (
	fontInherited fontSize = iota
	fontZero
	fontSet
)

const (
	maxLink  = 500 // bytes of a link target that is shown
	maxAttrs = 40  // attributes of an element that are read
)

func readAttrs(z *html.Tokenizer, more bool) attrs {
	var a attrs
	for n := 0; more && n < maxAttrs; n++ {
		var key, val []byte
		key, val, more = z.TagAttr()
		a.read(key, val)
	}
	return a
}

func (a *attrs) read(key, val []byte) {
	switch string(key) {
	case "href":
		a.href = string(val)
	case "hidden":
		a.hidden = true
	case "style":
		a.style(string(val))
	case "class":
		for _, c := range strings.Fields(string(val)) {
			a.class(c)
		}
	case "id":
		a.id(string(val))
	case "type", "cite":
		a.cite = true
	case "name":
		a.quoted = a.quoted || string(val) == "quote" // GMX and web.de
	case "src":
		if len(val) > 4 && bytes.EqualFold(val[:4], []byte("cid:")) {
			a.picture = contentID(string(val[4:]))
		}
	case "width", "height":
		switch strings.TrimSuffix(string(val), "px") {
		case "0", "1", "2":
			a.dot = true
		}
	case "data-smartmail":
		a.setMark(strings.Contains(string(val), "signature"), markSign)
	}
}

func (a *attrs) setMark(yes bool, mark string) {
	if yes && a.mark == "" {
		a.mark = mark
	}
}

// style reads the few declarations that decide whether text is seen.
func (a *attrs) style(s string) {
	s = strings.ToLower(strings.Join(strings.Fields(s), ""))
	overflow := strings.Contains(s, "overflow:hidden")
	for _, d := range strings.Split(s, ";") {
		name, value, _ := strings.Cut(d, ":")
		value = strings.TrimSuffix(value, "!important")
		switch name {
		case "display":
			a.hidden = a.hidden || value == "none"
		case "visibility":
			a.hidden = a.hidden || value == "hidden" || value == "collapse"
		case "mso-hide":
			a.hidden = a.hidden || value == "all"
		case "opacity":
			a.hidden = a.hidden || zeroLength(value)
		case "font-size":
			a.fontSize = fontSet
			if zeroLength(value) {
				a.fontSize = fontZero
			}
		case "max-height", "height", "max-width", "width":
			a.hidden = a.hidden || overflow && zeroLength(value)
		case "white-space":
			a.pre = a.pre || value == "pre" || value == "pre-wrap" || value == "break-spaces" || value == "pre-line"
		case "margin", "margin-bottom":
			a.tight = a.tight || zeroMargin(value)
		case "border-left":
			a.cite = a.cite || !strings.HasPrefix(value, "none") && !strings.HasPrefix(value, "0")
		}
	}
}

func zeroLength(v string) bool {
	v = strings.TrimRight(v, "abcdefghijklmnopqrstuvwxyz%")
	return v != "" && strings.Trim(v, "0.") == ""
}

// zeroMargin says whether the first length of a margin is nothing: "0cm 0cm .0001pt" lost its blanks.
func zeroMargin(v string) bool {
	return v == "0" || strings.HasPrefix(v, "0cm") || strings.HasPrefix(v, "0in") || strings.HasPrefix(v, "0px") || strings.HasPrefix(v, "0pt")
}

func (a *attrs) class(c string) {
	c = strings.TrimPrefix(strings.ToLower(c), "x_") // Outlook puts it in front of a quoted mail's classes
	switch c {
	case "msonormal", "msoplaintext", "msolistparagraph", "msonospacing", "p1", "p2":
		a.tight = true
	case "gmail_signature", "moz-signature", "protonmail_signature_block", "tutanota_signature", "ms-outlook-mobile-signature":
		a.setMark(true, markSign)
	case "yahoo_quoted", "protonmail_quote", "tutanota_quote", "zmail_extra", "hcp_quote":
		a.quoted = true
	case "moz-forward-container":
		a.setMark(true, markForward)
	case "outlookmessageheader":
		a.setMark(true, markQuote)
	}
	a.cite = a.cite || strings.Contains(c, "quote") || strings.Contains(c, "cite")
	a.hidden = a.hidden || strings.Contains(c, "preheader") // newsletters hide it by a style sheet
}

func (a *attrs) id(v string) {
	v = strings.TrimPrefix(strings.ToLower(v), "x_")
	switch v {
	case "divrplyfwdmsg", "olk_src_body_section", "mail-editor-reference-message-container", "replyblock":
		a.setMark(true, markQuote)
	case "signature", "applemailsignature", "ms-outlook-mobile-signature", "applemailsignatureid":
		a.setMark(true, markSign)
	}
	a.quoted = a.quoted || strings.HasPrefix(v, "yahoo_quoted")
}

// usefulTarget is what of a link's target the reader needs beside its text: nothing where the text
// names the host, the address or the number already.
func usefulTarget(shown, href string) string {
	href = strings.TrimSpace(href)
	if shown == "" || href == "" || len(href) > 4*maxLink {
		return ""
	}
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	switch strings.ToLower(u.Scheme) {
	case "mailto":
		addr, err := url.PathUnescape(u.Opaque)
		if err != nil || strings.Contains(shown, "@") || !strings.Contains(addr, "@") {
			return ""
		}
		return oneToken(addr)
	case "tel", "callto":
		if strings.ContainsAny(shown, "0123456789") {
			return ""
		}
		return oneToken(u.Opaque)
	case "http", "https", "ftp":
		u = unwrapLink(u)
		host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
		if host == "" || strings.Contains(strings.ToLower(shown), host) || strings.Contains(shown, "://") {
			return ""
		}
		return oneToken(u.String())
	}
	return ""
}

// unwrapLink looks through the redirectors that mail filters put in front of every link.
func unwrapLink(u *url.URL) *url.URL {
	host := strings.ToLower(u.Hostname())
	var inner string
	switch {
	case strings.HasSuffix(host, ".safelinks.protection.outlook.com"):
		inner = u.Query().Get("url")
	case host == "www.google.com" && u.Path == "/url":
		inner = u.Query().Get("q")
	}
	if v, err := url.Parse(inner); err == nil && v.Host != "" {
		return v
	}
	return u
}

func oneToken(s string) string {
	s = cleanLine(s)
	if len(s) > maxLink || strings.ContainsAny(s, " <>") {
		return ""
	}
	return s
}
