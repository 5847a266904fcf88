package message

import (
	"strings"
)

// A Group is a mailing group (Google, Exchange) through which a support address is read. What such a
// group writes into a header does not make a mail a list mail.
type Group struct {
	Address string
	ListID  string // without angle brackets; "" if the group writes none
}

// automatic says whether a machine wrote m, by its header, its report parts and its wording, in this
// order: what the sender's software states about itself counts more than what the text sounds like.
func automatic(m *Mail) Automatic { return automaticThrough(m, false) }

// AutomaticThrough is the fact that m.Automatic states, seen by somebody who reads the mail through
// one of groups: List-*, Precedence: list and a null Return-Path of a mail that such a group passed
// on are the group's doing, and do not count.
func (m *Mail) AutomaticThrough(groups []Group) Automatic {
	if m.Automatic.Kind == Own || !m.Through(groups) {
		return m.Automatic
	}
	return automaticThrough(m, true)
}

// ClaimsOwn reports whether the mail says that we wrote it. Anybody can write such a field: whether it
// is true is decided where the key is.
func (m *Mail) ClaimsOwn() bool { return m.Header.Has("X-Notfalld") }

// Through reports whether one of groups passed the mail on: its List-Id is the group's, or it names no
// other list and was addressed or delivered to the group.
func (m *Mail) Through(groups []Group) bool {
	ids := m.Header.Values("List-Id")
	for _, g := range groups {
		if len(ids) > 0 {
			if everyListID(ids, g) {
				return true
			}
			continue
		}
		if g.Address != "" && m.addressedTo(g.Address) {
			return true
		}
	}
	return false
}

func everyListID(ids []string, g Group) bool {
	for _, v := range ids {
		id := listID(v)
		// Google writes support.firma.at for support@firma.at.
		if !strings.EqualFold(id, g.ListID) && (g.Address == "" || !strings.EqualFold(id, strings.Replace(g.Address, "@", ".", 1))) {
			return false
		}
	}
	return true
}

// listID is the identifier of a List-Id field (RFC 2919, 3): what stands in the angle brackets, if any do.
func listID(v string) string {
	if i := strings.LastIndexByte(v, '<'); i >= 0 {
		v = v[i+1:]
		if j := strings.IndexByte(v, '>'); j >= 0 {
			v = v[:j]
		}
	}
	return strings.TrimSpace(v)
}

func (m *Mail) addressedTo(address string) bool {
	for _, list := range [][]Address{m.To, m.Cc} {
		for _, a := range list {
			if strings.EqualFold(a.Address, address) {
				return true
			}
		}
	}
	for _, name := range []string{"Delivered-To", "X-Original-To", "X-BeenThere", "Envelope-To", "X-Forwarded-To"} {
		for _, v := range m.Header.Values(name) {
			if strings.EqualFold(strings.Trim(v, "<> "), address) {
				return true
			}
		}
	}
	return false
}

// automaticThrough asks one question after the other; the first that knows answers. The order matters
// only for the kind, never for whether the mail may be answered: all of them forbid it.
func automaticThrough(m *Mail, viaGroup bool) Automatic {
	v := newView(m, viaGroup)
	for _, ask := range []func(*view) Automatic{
		byReport, byBounceWording, byReplyHeader, byCalendar, byTracker, byReplyWording, byNote,
		byList, byMachineHeader, bySender, byNullSender, byMachineWording,
	} {
		if a := ask(v); a.Kind != Human {
			return a
		}
	}
	return Automatic{Kind: Human}
}

// wordingLimit is how much of a mail's text its wording is looked for in: what a machine has to say
// about itself stands near the top.
const wordingLimit = 8 << 10

// view is a mail as the questions see it: its text cut, so that no answer costs more for a larger
// mail, folded once, and its phrases found in one pass.
type view struct {
	*Mail
	viaGroup  bool   // List-*, Precedence: list and a null Return-Path are a group's doing
	text      string // folded, cut
	subject   string // folded, without tags and prefixes
	forwarded bool   // a forward prefix stood before the subject
	said      phraseHits
}

func newView(m *Mail, viaGroup bool) *view {
	if len(m.Text) > wordingLimit {
		c := *m
		c.Text = strings.ToValidUTF8(m.Text[:wordingLimit], "") + "\n" + tail(m.Text[wordingLimit:], 1<<10)
		m = &c
	}
	v := &view{Mail: m, viaGroup: viaGroup, text: fold(m.Text)}
	v.subject, v.forwarded = bareSubject(m.Subject)
	v.said = textPhrases.in(" " + v.text) // phrases may begin with the blank before a word
	return v
}

// says returns the first phrase of a list that stands in the text.
func (v *view) says(l phraseList) (string, bool) { return textPhrases.first(&v.said, l) }

// nullSender: the envelope sender is the null one, and no group made it so.
func (v *view) nullSender() bool { return v.Mail.nullSender() && !v.viaGroup }

func tail(s string, n int) string {
	if len(s) > n {
		s = s[len(s)-n:]
	}
	return strings.ToValidUTF8(s, "")
}

func human() Automatic { return Automatic{Kind: Human} }

// because names a header field as the reason; the value is shortened for a log line or a screen.
func because(kind Kind, name, value string) Automatic {
	value = strings.Join(strings.Fields(value), " ")
	if r := []rune(value); len(r) > 120 {
		value = string(r[:120]) + "…"
	}
	return Automatic{Kind: kind, Why: name + ": " + value}
}

// wording names a pattern of subject or text as the reason.
func wording(kind Kind, where, phrase string) Automatic {
	return Automatic{Kind: kind, Why: where + " says \"" + phrase + "\"", Wording: true}
}
