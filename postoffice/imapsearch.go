package postoffice

import (
	"bytes"
	"mime"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

func (s *imapSession) Search(kind imapserver.NumKind, c *imap.SearchCriteria, options *imap.SearchOptions) (*imap.SearchData, error) {
	s.acc.mu.Lock()
	defer s.acc.mu.Unlock()
	if options.ReturnSave || usesSearchRes(c) {
		return nil, bad("SEARCHRES is not supported")
	}
	var seqs imap.SeqSet
	var uids imap.UIDSet
	var data imap.SearchData
	for _, n := range s.candidatesLocked(c) {
		if !s.view.matchLocked(n, c) {
			continue
		}
		num := n.uid
		if kind == imapserver.NumKindSeq {
			num = n.seq
			seqs.AddNum(n.seq)
		} else {
			uids.AddNum(imap.UID(n.uid))
		}
		if data.Min == 0 {
			data.Min = num
		}
		data.Max = num
		data.Count++
	}
	if kind == imapserver.NumKindSeq {
		data.All = seqs
	} else {
		data.All = uids
	}
	return &data, nil
}

// candidatesLocked narrows to the first UID set, so that the UID SEARCH of a poll costs what it finds, not the mailbox.
func (s *imapSession) candidatesLocked(c *imap.SearchCriteria) []numbered {
	if len(c.UID) > 0 {
		return s.view.selectLocked(c.UID[0])
	}
	return s.view.selectLocked(imap.UIDSet{{Start: 1, Stop: 0}})
}

func usesSearchRes(c *imap.SearchCriteria) bool {
	return slices.ContainsFunc(c.UID, func(u imap.UIDSet) bool { return imap.IsSearchRes(u) }) ||
		slices.ContainsFunc(c.Not, func(n imap.SearchCriteria) bool { return usesSearchRes(&n) }) ||
		slices.ContainsFunc(c.Or, func(o [2]imap.SearchCriteria) bool { return usesSearchRes(&o[0]) || usesSearchRes(&o[1]) })
}

func (v *view) matchLocked(n numbered, c *imap.SearchCriteria) bool {
	for _, set := range c.SeqNum {
		if !slices.ContainsFunc(set, func(r imap.SeqRange) bool {
			lo, hi := v.bounds(r.Start, r.Stop, uint32(len(v.mails)))
			return lo <= n.seq && n.seq <= hi
		}) {
			return false
		}
	}
	for _, set := range c.UID {
		if !slices.ContainsFunc(set, func(r imap.UIDRange) bool {
			lo, hi := v.bounds(uint32(r.Start), uint32(r.Stop), v.maxUID())
			return lo <= n.uid && n.uid <= hi
		}) {
			return false
		}
	}
	for _, f := range c.Flag {
		if !n.has(string(f)) {
			return false
		}
	}
	for _, f := range c.NotFlag {
		if n.has(string(f)) {
			return false
		}
	}
	size := int64(len(n.raw))
	if c.Larger != 0 && size <= c.Larger || c.Smaller != 0 && size >= c.Smaller {
		return false
	}
	if !onDay(n.date, c.Since, c.Before) || !matchContent(n.mail, c) {
		return false
	}
	for i := range c.Not {
		if v.matchLocked(n, &c.Not[i]) {
			return false
		}
	}
	for i := range c.Or {
		if !v.matchLocked(n, &c.Or[i][0]) && !v.matchLocked(n, &c.Or[i][1]) {
			return false
		}
	}
	return true
}

// onDay compares days, "disregarding time and timezone" (RFC 3501 section 6.4.4).
func onDay(t, since, before time.Time) bool {
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	return (since.IsZero() || !day.Before(since)) && (before.IsZero() || day.Before(before))
}

func matchContent(m *mail, c *imap.SearchCriteria) bool {
	head := m.raw[:headerLen(m.raw)]
	for _, h := range c.Header {
		if !matchHeader(head, h.Key, h.Value) {
			return false
		}
	}
	if !c.SentSince.IsZero() || !c.SentBefore.IsZero() {
		sent, err := netmail.ParseDate(firstField(head, "Date"))
		if err != nil || !onDay(sent, c.SentSince, c.SentBefore) {
			return false
		}
	}
	for _, s := range c.Text {
		if !contains(m.raw, s) {
			return false
		}
	}
	for _, s := range c.Body {
		if !contains(m.raw[len(head):], s) {
			return false
		}
	}
	return true
}

func matchHeader(head []byte, key, value string) bool {
	for f := range fields(head) {
		if strings.EqualFold(f.key, key) && (value == "" || contains([]byte(f.value), value) || contains([]byte(decoded(f.value)), value)) {
			return true
		}
	}
	return false
}

func firstField(head []byte, key string) string {
	for f := range fields(head) {
		if strings.EqualFold(f.key, key) {
			return f.value
		}
	}
	return ""
}

type field struct{ key, value string }

// fields yields the header fields, unfolded (RFC 5322 section 2.2.3).
func fields(head []byte) func(yield func(field) bool) {
	return func(yield func(field) bool) {
		var cur field
		started := false
		for line := range bytes.Lines(head) {
			text := string(bytes.TrimRight(line, "\r\n"))
			if text == "" {
				break
			}
			if text[0] == ' ' || text[0] == '\t' {
				cur.value += text
				continue
			}
			if started && !yield(cur) {
				return
			}
			key, value, _ := strings.Cut(text, ":")
			cur, started = field{strings.TrimSpace(key), strings.TrimSpace(value)}, true
		}
		if started {
			yield(cur)
		}
	}
}

func decoded(value string) string {
	if s, err := new(mime.WordDecoder).DecodeHeader(value); err == nil {
		return s
	}
	return value
}

func contains(hay []byte, needle string) bool {
	return bytes.Contains(bytes.ToLower(hay), []byte(strings.ToLower(needle)))
}
