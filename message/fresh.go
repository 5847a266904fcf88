package message

import (
	"net/url"
	"slices"
	"strings"
)

// Fresh is what a person wrote anew in an answer, as it may be passed on: without history, signature, footers and disclaimers.
type Fresh struct {
	Text string
	// HTML is the same words with their formatting, sanitised: nothing remote, no script, no style that hides; "" if the mail has none, or if it
	// cannot be made sure that it says the same as Text. It is a <div> for the body of a document.
	HTML string
	// Attach are the attachments in their order. Pictures that were pasted into the new text stand behind them where HTML is "". One that was
	// larger than Limits.Data has Size and no Data, here and in Inline.
	Attach []Attachment
	Inline []Attachment // the images that HTML shows, by ContentID
}

// Fresh takes it out of a mail, without the first skip lines of Text (commands).
//
// What is new is decided on the text alone. The HTML is then cut down to the same words: letters and digits are compared, one by one. So
// whatever a client does to its HTML, no word of a history, a signature or an internal block can come in by it.
func (m *Mail) Fresh(skip int) Fresh {
	head, text := cutLines(m.Text, skip)
	f := Fresh{Text: text, Attach: slices.Clone(m.Attachments)}
	source := m.htmlSource()
	if source == "" {
		return f
	}
	var shown map[string]bool
	parted, pasted := m.partHTML()
	if p := readPage(source); p != nil {
		f.Text = p.cutMarked(head, text, parted)
		f.HTML, shown = p.fresh(head, f.Text, pasted, m.hasPart)
	}
	if f.HTML == "" {
		shown = pasted
	}
	for _, a := range m.Inline {
		id := contentID(a.ContentID)
		odd := pasted[id] && !isMsgID(id) // no HTML of ours could name it
		if id == "" || !shown[id] && !odd || !strings.HasPrefix(a.Type, "image/") {
			continue
		}
		shown[id], pasted[id] = false, false // once, and of several parts of one name the first, as clients do
		if f.HTML != "" && !odd {
			a.ContentID = id
			f.Inline = append(f.Inline, a)
			continue
		}
		if a.Name == "" {
			a.Name = unnamed(a.Type)
		}
		f.Attach = append(f.Attach, a)
	}
	return f
}

// cutLines parts the first n lines from the rest, which loses the blank lines around it.
func cutLines(text string, n int) (head, rest string) {
	lines := strings.Split(text, "\n")
	n = max(0, min(n, len(lines)))
	rest = strings.Join(lines[n:], "\n")
	for {
		line, more, found := strings.Cut(rest, "\n")
		if !found || strings.TrimSpace(line) != "" {
			break
		}
		rest = more
	}
	return strings.Join(lines[:n], "\n"), strings.TrimRight(rest, " \t\n")
}

// hasPart says whether the mail brought a picture of this ContentID.
func (m *Mail) hasPart(id string) bool {
	return slices.ContainsFunc(m.Inline, func(a Attachment) bool { return contentID(a.ContentID) == id && strings.HasPrefix(a.Type, "image/") })
}

func (m *Mail) htmlSource() string {
	if m.html == nil {
		return ""
	}
	return m.html()
}

// partHTML parts the words of the HTML as those of any text, and lists the pictures that stand in its new part.
func (m *Mail) partHTML() (sections, map[string]bool) {
	pasted := map[string]bool{}
	w := &htmlWalker{bare: true, pictures: &[]string{}}
	parted := split(w.read(m.htmlSource()), evidenceOf(m))
	for i, id := range *w.pictures {
		if strings.Contains(parted.text, pictureMark(i)) {
			pasted[id] = true
		}
	}
	return parted, pasted
}

// pictureMark is what stands for a picture in the text of an HTML. No text can imitate it, as the lines of html.go, and it reads like no
// word, address or number, by which the text would be parted elsewhere.
func pictureMark(i int) string { return "\x04" + string(rune(firstPicture+i)) + "\x04" }

const (
	firstPicture = 0xE000 // the private use area
	maxPictures  = 500    // that are told apart
)

// contentID reads what follows "cid:" in an address (RFC 2392, 2).
func contentID(s string) string {
	if id, err := url.PathUnescape(s); err == nil {
		s = id
	}
	return cleanLine(s)
}
