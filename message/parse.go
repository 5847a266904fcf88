package message

import (
	"bytes"
	"slices"
	"strings"
)

// Parse understands the bytes of one mail. It never fails and never panics, takes time proportional
// to their number and keeps its memory within lim: what could not be read is named in Mail.Problem.
// raw may be the result of Reduce; its Size is then the size of the mail that Reduce read.
func Parse(raw []byte, lim Limits) *Mail {
	return parseNested(raw, lim.orDefault(), 0)
}

// maxNested bounds how many mails attached to mails are opened for what they say.
const maxNested = 3

func parseNested(raw []byte, lim Limits, level int) *Mail {
	m := &Mail{Size: int64(len(raw))}
	raw, size, reduced := cutReduced(raw)
	if reduced {
		m.Size = size
	}
	if int64(len(raw)) > lim.Size {
		raw = raw[:lim.Size]
		m.problem("mail larger than permitted, the rest was not read")
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		m.problem("empty")
	}
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') >= 0 {
		raw = bytes.ReplaceAll(raw, []byte("\r"), []byte("\n"))
	}
	s := scan(raw, lim)
	m.Header = s.top
	m.readHeader()
	b := newBody(m, s, raw, lim, level)
	b.reduced = reduced
	b.read()
	m.problem(s.problem)
	m.problem(m.encryptedProblem())
	m.Automatic = automatic(m)
	m.ContentHash = b.contentHash()
	return m
}

// problem notes the first thing that was wrong.
func (m *Mail) problem(s string) {
	if m.Problem == "" {
		m.Problem = s
	}
}

// scan runs the pre-scan over a mail in memory.
func scan(raw []byte, lim Limits) *scanner {
	s := newScanner(lim, nothing{})
	for at, rest := 0, raw; len(rest) > 0; {
		var line []byte
		line, rest = cutLine(rest)
		s.feed(line, int64(at), true)
		at += len(line)
	}
	s.finish(int64(len(raw)))
	return s
}

// nothing is the sink of a mail in memory: its parts are found by their offsets.
type nothing struct{}

func (nothing) begin(*part)        {}
func (nothing) body(*part, []byte) {}

// readHeader fills in the fields that come from the header.
func (m *Mail) readHeader() {
	h := m.Header
	m.Subject = joinSubjects(h.Values("Subject"))
	m.MessageID = firstMessageID(h.Raw("Message-ID"))
	m.InReplyTo = parseMessageIDs(strings.Join(h.RawValues("In-Reply-To"), " "))
	m.References = parseMessageIDs(strings.Join(h.RawValues("References"), " "))
	m.Date = parseDate(h.Raw("Date"))
	m.From = distinct(m.addresses("From"))
	m.Sender = m.addresses("Sender")
	m.ReplyTo = distinct(m.addresses("Reply-To"))
	m.To = m.addresses("To")
	m.Cc = m.addresses("Cc")
	if h.Has("Return-Path") {
		m.ReturnPath = parseReturnPath(h.Raw("Return-Path"))
	}
	for _, v := range h.RawValues("Received") {
		if len(m.Received) == maxReceived {
			break
		}
		m.Received = append(m.Received, parseReceived(v))
	}
}

// joinSubjects: RFC 5322, 3.6 forbids a second Subject, and readers differ in which one they show. Both count.
func joinSubjects(values []string) string {
	var out []string
	for _, v := range values {
		if v != "" && !slices.Contains(out, v) && len(out) < maxSubjects {
			out = append(out, v)
		}
	}
	return strings.Join(out, " / ")
}

const maxSubjects = 5

// maxReceived bounds the trace; servers give up at 100 hops (RFC 5321, 6.3).
const maxReceived = 200

// addresses reads all fields of a name: a second From field is as suspicious as a second address.
func (m *Mail) addresses(name string) []Address {
	var out []Address
	for _, v := range m.Header.RawValues(name) {
		out = append(out, parseAddresses(v)...)
		if len(out) >= maxAddresses {
			return out[:maxAddresses]
		}
	}
	return out
}

// distinct drops addresses that stand twice: eva@b.at, Eva <eva@b.at> are one author.
func distinct(list []Address) []Address {
	seen := make(map[string]bool, len(list))
	out := list[:0]
	for _, a := range list {
		if key := strings.ToLower(a.Address); !seen[key] {
			seen[key] = true
			out = append(out, a)
		}
	}
	return out
}

// parseReturnPath reads the envelope sender. Only an empty path is the null sender (RFC 5321, 4.5.5), and
// Postfix's name for it; one that cannot be read is some sender.
func parseReturnPath(raw string) ReturnPath {
	path := strings.Join(strings.Fields(stripComments(raw)), " ")
	if a := parseAddresses(path); len(a) > 0 {
		return ReturnPath{Present: true, Address: a[0].Address}
	}
	path = strings.Trim(path, "<> ")
	if strings.EqualFold(path, "MAILER-DAEMON") { // null_sender of pipe(8)
		path = ""
	}
	return ReturnPath{Present: true, Address: path}
}
