package postoffice

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// Envelope is what the SMTP side knows of a mail beside its bytes, at local delivery to one recipient.
type Envelope struct {
	From, To string // envelope sender ("" is the null sender) and this recipient
	AuthUser string // "" if the client did not authenticate
	Data     []byte // as received; not to be changed
}

// deliver puts a mail into the INBOX, with the trace headers of a last-hop MX on top (RFC 5321 section 4.4).
func (o *Office) deliver(acc *account, to string, d Delivery) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "Return-Path: <%s>\r\nDelivered-To: %s\r\n", d.EnvelopeFrom, to)
	drop := func(f field) bool { return strings.EqualFold(f.key, "Return-Path") }
	if id := o.opts.AuthServID; id != "" {
		verdict := "none"
		if o.opts.Verdict != nil {
			verdict = o.opts.Verdict(Envelope{From: d.EnvelopeFrom, To: to, AuthUser: d.AuthUser, Data: d.Data})
		}
		fmt.Fprintf(&b, "Authentication-Results: %s; %s\r\n", id, verdict)
		if !o.opts.KeepForged {
			drop = func(f field) bool {
				return strings.EqualFold(f.key, "Return-Path") || forged(f, id) || o.opts.StripAll && strings.EqualFold(f.key, "Authentication-Results")
			}
		}
	}
	with := "ESMTP" // RFC 3848
	if d.TLS {
		with += "S"
	}
	auth := ""
	if d.AuthUser != "" {
		with += "A"
		auth = fmt.Sprintf("\r\n\t(Authenticated sender: %s)", d.AuthUser)
	}
	fmt.Fprintf(&b, "Received: from %s (localhost [127.0.0.1])%s\r\n\tby %s (postoffice) with %s id %s\r\n\tfor <%s>; %s\r\n",
		d.helo, auth, o.opts.Hostname, with, d.ID, to, d.At.Format(time.RFC1123Z))
	writeWithout(&b, d.Data, drop)
	acc.mu.Lock()
	defer acc.mu.Unlock()
	if f, err := acc.folderLocked("INBOX"); err == nil {
		acc.appendLocked(f, b.Bytes(), d.At, nil)
	}
}

func forged(f field, id string) bool {
	if !strings.EqualFold(f.key, "Authentication-Results") {
		return false
	}
	serv, _, _ := strings.Cut(f.value, ";")
	words := strings.Fields(serv) // the id may be followed by a version (RFC 8601 section 2.2)
	return len(words) > 0 && strings.EqualFold(words[0], id)
}

// writeWithout copies a mail and leaves out the header fields for which drop holds, with their folded lines.
func writeWithout(b *bytes.Buffer, raw []byte, drop func(field) bool) {
	n := headerLen(raw)
	head := raw[:n]
	for len(head) > 0 {
		end := fieldLen(head)
		f := field{}
		for f = range fields(head[:end]) {
			break
		}
		if f.key == "" || !drop(f) {
			b.Write(head[:end])
		}
		head = head[end:]
	}
	b.Write(raw[n:])
}

// fieldLen returns the length of the first line of head together with the folded lines after it.
func fieldLen(head []byte) int {
	end := 0
	for line := range bytes.Lines(head) {
		if end > 0 && line[0] != ' ' && line[0] != '\t' {
			break
		}
		end += len(line)
	}
	return end
}
