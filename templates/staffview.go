package templates

import (
	"fmt"
	"strings"
	"time"
)

// maxOwn is how many characters of a person's own mail a receipt gives back: all that anybody writes.
const maxOwn = 200000

// relayView is what becomes of an answer: To and Cc, or nobody.
type relayView struct {
	To  string
	Cc  []string
	Off string // why nobody
	Any bool   // there is something to say of it
}

// commandView is one tap. Target is "" where it is no mailto:, and then nothing is linked.
type commandView struct{ Command, Says, Target string }

// undoneView is a line on whose account nothing was done; Line 0 is the mail as a whole.
type undoneView struct {
	Line      int
	Said, Why string
}

// digestView is a digest with its sections in the order in which they are to be worked through.
type digestView struct {
	Day, Since                                       string // "Montag 16.3."; "Freitag, 13. März 2026, 17:00 Uhr"
	Untold, Unalarmed, Overdue, Unverified, Bounced  []digestLine
	NUntold, NUnalarmed, NOverdue, NUnverified, NOut int // how many there are of each, shown or not
	Nothing                                          bool
}

// digestLine is one line of it, or several short ones.
type digestLine struct {
	Number, At, Address, Subject, Why, Assigned string
	More                                        int // instead of all that: so many are not shown
}

// staffMail fills in what has to do with mails of staff.
func (v *noticeView) staffMail(n *Notification, lang string) {
	v.Fenced = oneLine(n.Fence) != ""
	v.Relay = relayView{To: said(n.Relay.To), Cc: saidAll(n.Relay.Cc), Off: said(strings.TrimSuffix(n.Relay.Off, "."))}
	if v.Relay.Off != "" {
		v.Relay.To, v.Relay.Cc = "", nil
	}
	v.Relay.Any = v.Fenced || v.Relay.To != "" || v.Relay.Off != ""
	for _, c := range n.Commands {
		if words := notMarker(cut(c.Command, factMax)); words != "" {
			v.Commands = append(v.Commands, commandView{words, notMarker(cut(c.Says, factMax)), mailTarget(c.Target)})
		}
	}
	v.Assigned, v.AnsweredBy = said(n.Assigned), said(n.AnsweredBy)
	v.Original, v.OriginalNot = n.Original, said(strings.TrimSuffix(n.OriginalNot, "."))
	v.AttachedNames, v.CommandsOnly, v.Done = saidAll(n.AttachedNames), n.CommandsOnly, n.Done
	for _, u := range n.Undone {
		v.Undone = append(v.Undone, undoneView{max(u.Line, 0), said(u.Said), literal(notMarker(oneLine(u.Why)))})
	}
	if n.Kind == NoticeReceipt {
		v.Own, v.Cut = textLinesUpTo(n.Text, maxOwn)
		v.Text = nil
	}
	if n.Kind == NoticeUnverified { // whoever imitates a colleague wants to be believed: nothing in it is a link
		for i := range v.Text {
			v.Text[i] = unclickable(v.Text[i])
		}
	}
	for _, h := range n.Help {
		v.Help = append(v.Help, HelpLine{said(h.Usage), literal(oneLine(h.Says)), literal(oneLine(h.Aliases))})
	}
	if n.Digest != nil {
		v.Digest = newDigestView(n.Digest, lang)
	}
}

// mailTarget accepts what may be tapped: a mailto: URL (RFC 6068), which holds neither blanks nor quotes.
func mailTarget(s string) string {
	if s = oneLine(s); !strings.HasPrefix(s, "mailto:") || strings.ContainsAny(s, " \"'<>`") {
		return ""
	}
	return s
}

func newDigestView(d *Digest, lang string) *digestView {
	v := &digestView{Day: dayShort(lang, d.At), Since: date(lang, d.Since),
		NUntold: len(d.Untold), NUnalarmed: len(d.Unalarmed), NOverdue: len(d.Overdue), NUnverified: len(d.Unverified), NOut: len(d.Bounced)}
	v.Nothing = v.NUntold+v.NUnalarmed+v.NOverdue+v.NUnverified+v.NOut == 0
	for _, s := range []struct {
		to  *[]digestLine
		all []DigestItem
	}{{&v.Untold, d.Untold}, {&v.Unalarmed, d.Unalarmed}, {&v.Overdue, d.Overdue}, {&v.Unverified, d.Unverified}, {&v.Bounced, d.Bounced}} {
		for i, it := range s.all {
			if i == maxItems {
				*s.to = append(*s.to, digestLine{More: len(s.all) - maxItems})
				break
			}
			*s.to = append(*s.to, digestLine{Number: literal(oneLine(it.Number)), At: atShort(lang, it.At, d.At), Address: said(it.Address),
				Subject: said(it.Subject), Why: said(it.Why), Assigned: said(it.Assigned)})
		}
	}
	return v
}

// dayShort names a day as subjects do: "Montag 16.3.", "Monday 16 March".
func dayShort(lang string, t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case lang == "de":
		return fmt.Sprintf("%s %d.%d.", weekday(lang, t.Weekday()), t.Day(), t.Month())
	}
	return fmt.Sprintf("%s %d %s", weekday(lang, t.Weekday()), t.Day(), month(lang, t.Month()))
}

// atShort is an instant for one who reads at now: "02:43"; "Sa 14.3. 02:43", "Sat 14 Mar 02:43" where it is of another day.
func atShort(lang string, t, now time.Time) string {
	s := strings.TrimSuffix(clock(lang, t), " Uhr")
	switch {
	case t.IsZero():
		return ""
	case sameDay(t, now):
		return s
	case lang == "de":
		return fmt.Sprintf("%s %d.%d. %s", weekday(lang, t.Weekday())[:2], t.Day(), t.Month(), s)
	}
	return fmt.Sprintf("%s %d %s %s", weekday(lang, t.Weekday())[:3], t.Day(), month(lang, t.Month())[:3], s)
}
