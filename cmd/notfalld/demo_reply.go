package main

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// replyTo writes the reply to a mail as Thunderbird does: the text above the quoted mail, to its Reply-To, in its thread.
func replyTo(original []byte, from mail.Address, text string, at time.Time) (to string, raw []byte) {
	m := message.Parse(original, message.DefaultLimits())
	author := slices.Concat(m.ReplyTo, m.From)[0] // one of ours: it has a From
	var quoted strings.Builder
	for l := range strings.SplitSeq(strings.TrimSpace(m.Whole), "\n") {
		l = strings.TrimRight(l, " \r") // a blank at the end would join it to the next line (RFC 3676, 4.1)
		if strings.HasPrefix(l, ">") {
			fmt.Fprintf(&quoted, ">%s\n", l)
		} else {
			fmt.Fprintf(&quoted, "> %s\n", l)
		}
	}
	subject := m.Subject
	if !strings.HasPrefix(strings.ToLower(subject), "re:") {
		subject = "Re: " + subject
	}
	name := cmp.Or(m.From[0].Name, m.From[0].Address)
	at = at.In(mustVienna())
	var b bytes.Buffer
	fmt.Fprintf(&b, "Message-ID: <%s@%s>\nDate: %s\nMIME-Version: 1.0\nUser-Agent: Mozilla Thunderbird\nSubject: %s\nTo: %s\n", newUUID(), domainOf(from.Address),
		at.Format(time.RFC1123Z), foldedWords(subject), author.Address)
	fmt.Fprintf(&b, "References: %s\nIn-Reply-To: <%s>\nContent-Language: de-AT\nFrom: %s\n", foldedIDs(append(references(m), m.MessageID)), m.MessageID, from.String())
	fmt.Fprintf(&b, "Content-Type: text/plain; charset=UTF-8; format=flowed\nContent-Transfer-Encoding: 8bit\n\n%s\n\nAm %s um %s schrieb %s:\n%s", strings.TrimSpace(text),
		m.Date.In(mustVienna()).Format("02.01.06"), m.Date.In(mustVienna()).Format("15:04"), name, quoted.String())
	return author.Address, bytes.ReplaceAll(b.Bytes(), []byte("\n"), []byte("\r\n"))
}

// references are those of the mail that is answered (RFC 5322, 3.6.4).
func references(m *message.Mail) []string {
	if len(m.References) == 0 && len(m.InReplyTo) == 1 {
		return slices.Clone(m.InReplyTo)
	}
	return slices.Clone(m.References)
}

func foldedIDs(ids []string) string { return "<" + strings.Join(ids, ">\n <") + ">" }

// foldedWords encodes a subject where it is not ASCII, one encoded word on a line (RFC 2047, 2).
func foldedWords(s string) string {
	return strings.ReplaceAll(mime.QEncoding.Encode("UTF-8", s), "?= =?", "?=\n =?")
}

// newUUID is the left side of a Message-ID, as that program makes it.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:])
}
