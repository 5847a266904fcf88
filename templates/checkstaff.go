package templates

import (
	"fmt"
	"strings"
)

// notice looks at one mail to staff for what they have to find in it.
func (f *findings) notice(at string, n *Notification, r Rendered) {
	lang, kind := staffLanguage(n.Language), string(n.Kind)
	bad := func(format string, args ...any) { f.add(&Problem{at, 1, 1, fmt.Sprintf(format, args...)}, kind) }
	shippedFile := notice + "." + lang + ".txt"
	if e := n.Emergency; e != nil && !forOne(n.Kind) {
		if !strings.HasPrefix(strings.TrimPrefix(r.Subject, "["+n.Ticket+"] "), e.Number) || !strings.HasPrefix(withoutFence(r.Text, n), e.Number) {
			bad("a notice about an emergency does not begin with its number, in the subject and in the text: "+
				"write {{if .Emergency}}{{.Emergency.Number}} and how it stands, as the shipped %s does", shippedFile)
		}
		if !strings.Contains(r.HTML, telephone(e.Phone)) {
			bad(`a notice about an emergency does not link the number to call: write {{phone "…" .Emergency.Phone}}`)
		}
	}
	if n.Fence != "" {
		f.parted(bad, n, r)
	}
	for _, w := range wanted(n) {
		if !strings.Contains(r.Text, w.words) {
			bad("it does not say %q: %s", w.words, w.mend)
		}
	}
	for _, c := range n.Commands {
		if n.Kind != NoticeBundle && n.Kind != NoticeDigest && !n.Done && !strings.Contains(r.HTML, escaped(c.Target)) {
			bad("the command %s cannot be tapped: write {{range .Commands}}{{tap .Command .Says .Target}}{{end}}", c.Command)
		}
	}
}

// forOne says whether a notice is to one person about his own mail, and not about a ticket or an emergency.
func forOne(k Notice) bool { return k == NoticeReceipt || k == NoticeHelp || k == NoticeDigest }

// withoutFence is a text from behind its fence and the small words below it.
func withoutFence(text string, n *Notification) string {
	if n.Fence == "" {
		return text
	}
	_, rest, _ := strings.Cut(text, "\n\n") // the fence
	_, behind, _ := strings.Cut(rest, "\n\n")
	if e := n.Emergency; e != nil && strings.HasPrefix(rest, e.Number) {
		return rest
	}
	return behind
}

// parted checks that the customer's words stand behind the internal block, and what is internal inside it.
func (f *findings) parted(bad func(string, ...any), n *Notification, r Rendered) {
	if strings.Count(r.Text, "[notfalld:") != 3 {
		bad(`it writes "[notfalld:" itself: the program sets these lines, and no others may look like them`)
		return
	}
	internal, mail, _ := strings.Cut(r.Text, FenceEnd(n.Fence))
	for _, l := range strings.Split(n.Text, "\n") {
		if l == "" || n.Kind == NoticeReceipt {
			continue
		}
		if strings.Contains(internal, "> "+l) || !strings.Contains(mail, "> "+l) {
			bad(`the customer's mail is not shown in {{define "mail"}}, behind what is internal: show .Text there, and nowhere else`)
			break
		}
	}
	if n.TicketLine != "" && strings.Contains(mail, n.TicketLine) || n.Relay.To != "" && strings.Contains(mail, n.Relay.To) {
		bad(`{{define "mail"}} shows what is internal: show .TicketLine and .Relay above it`)
	}
}

// want is what a notice has to say, and how.
type want struct{ words, mend string }

// wanted is what a notice has to say of mails of staff.
func wanted(n *Notification) []want {
	var all []want
	switch n.Kind {
	case NoticeReceipt:
		for _, u := range n.Undone {
			all = append(all, want{u.Said, "write {{range .Undone}}{{.Said}}{{end}}"}, want{u.Why, "write {{range .Undone}}{{.Why}}{{end}}"})
		}
		if n.Done { // nothing has to be sent again
			break
		}
		for _, l := range strings.Split(strings.TrimSpace(n.Text), "\n") {
			all = append(all, want{l, "write {{range .Own}}| {{.}}{{end}}"})
		}
		for _, a := range n.AttachedNames {
			all = append(all, want{a, "write {{range .AttachedNames}}{{.}}{{end}}"})
		}
	case NoticeDigest:
		for _, d := range [][]DigestItem{n.Digest.Untold, n.Digest.Unalarmed, n.Digest.Overdue, n.Digest.Unverified, n.Digest.Bounced} {
			for _, it := range d {
				all = append(all, want{it.Number, "show every list of .Digest"})
			}
		}
	case NoticeUnverified:
		all = append(all, want{n.Address, "write {{.Address}}"}, want{n.Why, "write {{.Why}}"})
	}
	if n.Kind == NoticeReceipt || n.Kind == NoticeHelp {
		for _, h := range n.Help {
			if !n.Done {
				all = append(all, want{h.Usage, "write {{range .Help}}{{.Usage}} {{.Says}}{{end}}"})
			}
		}
	}
	if n.Kind == NoticeBundle || n.Kind == NoticeDigest {
		return all
	}
	if n.Relay.Off != "" {
		return append(all, want{n.Relay.Off, "write {{.Relay.Off}}: that an answer reaches nobody, and why"})
	}
	if n.Relay.To != "" {
		all = append(all, want{n.Relay.To, "write {{.Relay.To}}: to whom an answer goes"})
		for _, cc := range n.Relay.Cc {
			all = append(all, want{cc, "write {{range .Relay.Cc}}{{.}}{{end}}: to whom an answer goes, too"})
		}
	}
	return all
}
