package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Notice says what a mail to staff is about.
type Notice string

// The kinds of mails to staff. Bundle and Draft go to whoever they are sent to like the others.
const (
	NoticeTicket      Notice = "ticket"      // a new ticket
	NoticeMail        Notice = "mail"        // a customer's mail in a ticket that there is
	NoticeBundle      Notice = "bundle"      // many of them in one mail: Items
	NoticeUndelivered Notice = "undelivered" // an answer did not arrive: this customer does not know
	NoticeDelayed     Notice = "delayed"     // a server is still trying to deliver an answer
	NoticeDraft       Notice = "draft"       // mode observe: the answer that was not sent

	NoticeEmergency Notice = "emergency" // an emergency came in, or its state changed
	NoticeReminder  Notice = "reminder"  // nobody has taken it over yet: Minutes
	NoticeAlarm     Notice = "alarm"     // a channel or all of them failed, or the alarm is not confirmed: Detail
	NoticeForm      Notice = "form"      // a form mail that could not be proved: a ticket, and no emergency
	NoticeLink      Notice = "link"      // a ticket was linked, suggested or unlinked later
)

// Proof says how much a sender's address is worth.
type Proof string

// How a sender is known.
const (
	Proven   Proof = "proven"    // dmarc, or aligned dkim or spf
	OnRecord Proof = "on_record" // not proven, and known from contacts or tickets
	Unknown  Proof = "unknown"
	Forged   Proof = "forged" // proof fail: the domain's owner says that this mail is not theirs
)

// Answered says what the customer was sent automatically.
type Answered string

// What went to the customer. Its zero value is for mails that are not about an answer.
const (
	AnsweredFull   Answered = "full"
	AnsweredBare   Answered = "bare"
	AnsweredNot    Answered = "not"    // nobody was told; Why says why
	AnsweredBefore Answered = "before" // no further answer: the customer knows already; Why says more
)

// Notification is a mail to staff or admins. Strings come raw, as for Answer.
type Notification struct {
	Kind     Notice
	Language string // "de" or "en"; anything else is "de"
	Company  string // its name

	Ticket     string // "NS-10001"
	TicketLine string // with a token; "" leaves it out
	OldTicket  string // the closed ticket that this one continues
	Related    string // a ticket that the mail names without proof that it belongs there

	Name, Address string // the sender
	Proof         Proof
	Subject       string // of the customer's mail
	Arrived       time.Time
	Understood    Understood
	Missing       []string
	Priority      string   // "high", "normal", "low", or "" where no rule says
	Tags          []string // of the ticket
	Attachments   []string // their names
	Problem       string   // what could not be read of the mail
	LeftOut       []string // what limits kept from being looked at, a sentence each, in Language
	Text          string   // the mail's new text, any number of lines

	Answered  Answered
	Waiting   bool   // it was tried and not accepted yet; Why says what the server said
	Recipient string // to whom the answer went or was to go
	Why       string // one line: why nobody was told, what the server said, …

	Emergency *EmergencyBlock // the emergency that it is about, or that its ticket is linked to; nil for none
	Suggested []string        // emergencies that may be meant, a line each: "NE-10001: same customer number, 12 min before"
	Minutes   int             // NoticeReminder: since the trigger
	Detail    string          // one line: what happened to a channel, why a form mail is not proved, what became of a link

	Fence         string        // the code of the lines around what is internal; "": the mail cannot be answered to a customer, and has none
	Topic         string        // what the subject names the ticket by: "Huber GmbH (104711) · web01.firma.at · 502 Bad Gateway"; "": Subject instead
	Relay         Relay         // what becomes of an answer
	Commands      []CommandLink // one tap each
	Assigned      string        // who looks after the ticket
	AnsweredBy    string        // who of staff wrote to the customer last
	Original      bool          // the mail is attached as it came
	OriginalNot   string        // "" or why it is not, in Language
	AttachedNames []string      // NoticeReceipt: attachments of the person's mail
	CommandsOnly  bool          // NoticeReceipt: the person's mail held commands, and no words for the customer
	Undone        []Undone      // NoticeReceipt
	Done          bool          // NoticeReceipt: all else of the mail was done, so nothing is to be sent again
	Help          []HelpLine    // NoticeHelp, and below a receipt about commands
	Digest        *Digest       // NoticeDigest

	Draft *Rendered // NoticeDraft
	Items []Item    // NoticeBundle
}

// Item is one line of a bundle.
type Item struct {
	Ticket, Address, Subject string
	Answered                 Answered
	Why                      string
	Emergency                string // the NE-… that the ticket belongs to, or ""
}

// notice is the template of all notifications.
const notice = "notice"

// noticeMail is the part of it that shows the customer's mail, behind what is internal.
const noticeMail = "mail"

const (
	maxText  = 20000 // characters of the mail that a notification shows
	maxItems = 200
)

// noticeView is what the template of notifications sees; its strings are clean, as those of view.
type noticeView struct {
	Kind                     Notice
	Company                  string
	Ticket, TicketLine       string
	OldTicket, Related       string
	Priority                 string // "high", "normal", "low" or ""
	Tags                     []string
	Sender, Address          string
	Proof                    Proof
	Subject, Arrived         string
	Servers, Unknown         []string // in the inventory, and not
	Errors, Missing          []string
	Phones, OddPhones        []string // that can be called, and not: E.164, and as it is
	CustomerNumber           string
	Attachments              []string
	Problem                  string
	LeftOut                  []string
	Text                     []string
	Cut                      bool // Text is not all
	Answered                 Answered
	Recipient, Why           string
	Waiting                  bool
	Nobody                   bool // the customer does not know where they stand
	DraftSubject             string
	Draft                    []string
	Items                    []itemView
	MoreItems, Untold, Count int
	Linked                   int // of Items: belong to emergencies

	Emergency *staffEmergency // nil: none
	Suggested []string
	Minutes   int
	Detail    string

	Fenced               bool // the fences are there
	Relay                relayView
	Commands             []commandView
	Assigned, AnsweredBy string
	Original             bool
	OriginalNot          string

	AttachedNames []string
	CommandsOnly  bool
	Done          bool
	Undone        []undoneView
	Own           []string // the person's own mail, to be copied
	Help          []HelpLine
	Digest        *digestView // nil: none
}

type itemView struct {
	Ticket, Emergency, Address, Subject, Why string
	Nobody                                   bool
}

// Notification renders a mail to staff: the state of the alarm first, then who, what was understood,
// what was answered, and the mail's text, each of its lines marked as quoted. Whatever comes from the
// customer stands on a line of its own behind its name, and can imitate neither the names nor the state.
// With a Fence, what is internal and the customer's mail are parted by the lines of FenceStart, FenceEnd and FenceClose,
// which the program sets and no template can misplace.
func (s *Set) Notification(n Notification) (Rendered, error) {
	lang := staffLanguage(n.Language)
	t := s.texts[notice+"."+lang]
	v := newNoticeView(&n, lang)
	state, err := execute(t, "subject", v)
	if err != nil {
		return Rendered{}, fmt.Errorf("notification: %w", err)
	}
	internal, err := execute(t, t.Name(), v)
	if err != nil {
		return Rendered{}, fmt.Errorf("notification: %w", err)
	}
	mail := ""
	if t.Lookup(noticeMail) != nil { // a set without it does not load
		if mail, err = execute(t, noticeMail, v); err != nil {
			return Rendered{}, fmt.Errorf("notification: %w", err)
		}
	}
	doc := document{Lang: lang, Subject: noticeSubject(oneLine(state), &n)}
	doc.Sections = []section{newSection(lang, fenced(internal, mail, oneLine(n.Fence)))}
	r, err := s.typeset(doc)
	if err != nil {
		return Rendered{}, fmt.Errorf("notification: %w", err)
	}
	return r, nil
}

// fenced puts the fences around what is internal and around the mail.
func fenced(internal, mail, code string) string {
	if code == "" {
		return internal + "\n\n" + mail
	}
	return fenceLine(FenceStart(code)) + internal + fenceLine(FenceEnd(code)) + mail + fenceLine(FenceClose(code))
}

// noticeSubject puts the ticket first, by which subjects sort, and the customer's words last, where they can pretend nothing:
// "[NS-10001] KEIN NOTFALL AUSGELÖST · Huber GmbH (104711) · web01.firma.at · 502 Bad Gateway".
func noticeSubject(state string, n *Notification) string {
	if n.Kind == NoticeBundle || n.Kind == NoticeDigest {
		return shorten(state, subjectMax)
	}
	ticket := oneLine(n.Ticket)
	if ticket != "" {
		ticket = "[" + ticket + "] "
	}
	tail := topic(n)
	switch {
	case n.Kind == NoticeReceipt:
		if ticket == "" && n.Emergency != nil {
			tail = strings.Join(nonEmpty([]string{oneLine(n.Emergency.Number), tail}), " · ")
		}
		return shorten(state+": "+ticket+tail, subjectMax)
	case n.Kind == NoticeHelp:
		tail = ""
	}
	return shorten(strings.Join(nonEmpty([]string{ticket + state, tail}), " · "), subjectMax)
}

// topic is what a subject names the matter by.
func topic(n *Notification) string {
	own := n.Topic
	if own == "" {
		own = n.Subject
	}
	if e := n.Emergency; own == "" && e != nil {
		own = e.Name
		if e.CustomerNumber != "" {
			own += " (" + e.CustomerNumber + ")"
		}
	}
	return notMarker(cut(reTicket.ReplaceAllString(oneLine(own), " "), 110))
}

func nonEmpty(all []string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return s == "" })
}

func newNoticeView(n *Notification, lang string) *noticeView {
	v := &noticeView{
		Kind: n.Kind, Company: literal(oneLine(n.Company)),
		Ticket: literal(oneLine(n.Ticket)), TicketLine: literal(oneLine(n.TicketLine)),
		OldTicket: literal(oneLine(n.OldTicket)), Related: said(n.Related),
		Priority: knownPriority(n.Priority), Tags: saidAll(n.Tags),
		Sender: said(n.Name), Address: said(n.Address), Proof: n.Proof, Subject: said(n.Subject),
		Arrived: date(lang, n.Arrived), Missing: knownMissing(n.Missing), CustomerNumber: said(n.Understood.CustomerNumber),
		Errors: saidAll(n.Understood.Errors), Attachments: saidAll(n.Attachments),
		Problem: said(n.Problem), LeftOut: saidAll(n.LeftOut), Answered: n.Answered, Waiting: n.Waiting, Recipient: said(n.Recipient), Why: said(n.Why),
		Nobody: n.Answered == AnsweredNot || n.Kind == NoticeUndelivered, Count: len(n.Items),
	}
	for _, s := range n.Understood.Servers {
		if s.Known {
			v.Servers = append(v.Servers, said(s.Name))
		} else {
			v.Unknown = append(v.Unknown, said(s.Name))
		}
	}
	for _, p := range n.Understood.Phones {
		if callable(p) {
			v.Phones = append(v.Phones, p)
		} else if p = said(p); p != "" {
			v.OddPhones = append(v.OddPhones, p)
		}
	}
	v.Text, v.Cut = textLines(n.Text)
	if n.Draft != nil {
		v.DraftSubject = said(n.Draft.Subject)
		v.Draft, _ = textLines(n.Draft.Text)
	}
	v.items(n.Items)
	if !forOne(n.Kind) { // a receipt is about a person's own mail
		v.emergency(n.Emergency, lang)
	}
	v.Suggested, v.Minutes, v.Detail = saidAll(n.Suggested), n.Minutes, said(n.Detail)
	v.staffMail(n, lang)
	return v
}

func knownPriority(p string) string {
	if slices.Contains([]string{"high", "normal", "low"}, p) {
		return p
	}
	return ""
}

// items fills in the lines of a bundle, those first whose customers do not know.
func (v *noticeView) items(all []Item) {
	for _, untold := range []bool{true, false} {
		for _, it := range all {
			if untold != (it.Answered == AnsweredNot) {
				continue
			}
			if untold {
				v.Untold++
			}
			if it.Emergency != "" {
				v.Linked++
			}
			if len(v.Items) < maxItems {
				v.Items = append(v.Items, itemView{said(it.Ticket), said(it.Emergency), said(it.Address), said(it.Subject), said(it.Why), untold})
			} else {
				v.MoreItems++
			}
		}
	}
}

// said cleans what a mail says for staff, who may click and call what they see.
func said(s string) string {
	if s = cut(s, factMax); s == "" {
		return ""
	}
	return quote(notMarker(s))
}

func saidAll(all []string) []string {
	var out []string
	for _, s := range all {
		if s = said(s); s != "" && len(out) < 20 {
			out = append(out, s)
		}
	}
	return out
}

func cut(s string, max int) string { return shorten(oneLine(s), max) }

// textLines cleans a text of many lines, its indentation kept, and stops after maxText characters.
func textLines(s string) (lines []string, short bool) { return textLinesUpTo(s, maxText) }

func textLinesUpTo(s string, most int) (lines []string, short bool) {
	left, blank := most, 0
	for l := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		l = strings.TrimRightFunc(strings.Map(visible, strings.ReplaceAll(l, "\t", "    ")), unicode.IsSpace)
		if l == "" {
			blank++
			continue
		}
		if left <= 0 {
			return lines, true
		}
		if n := utf8.RuneCountInString(l); n > left {
			l, short = shorten(l, left), true
		}
		for range min(blank, 2) {
			if lines != nil {
				lines = append(lines, "")
			}
		}
		lines, blank = append(lines, literal(notMarker(l))), 0
		left -= utf8.RuneCountInString(l) + 1
		if short {
			return lines, true
		}
	}
	return lines, false
}

// visible drops what oneLine drops, and keeps blanks.
func visible(r rune) rune {
	switch {
	case r == utf8.RuneError:
		return '?'
	case isBlank(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || isVariation(r):
		return -1
	}
	return r
}
