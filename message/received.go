package message

import (
	"strings"
	"time"
)

// parseReceived reads one trace field (RFC 5321, 4.4) as far as it can be read.
func parseReceived(raw string) Received {
	r := Received{Raw: raw}
	body := raw
	if i := strings.LastIndexByte(raw, ';'); i >= 0 {
		body = raw[:i]
		r.Time = parseDate(raw[i+1:])
	}
	words := strings.Fields(stripComments(body))
	for i := 0; i+1 < len(words); i++ {
		next := strings.Trim(words[i+1], ",;")
		switch strings.ToLower(words[i]) {
		case "from":
			setOnce(&r.From, hostName(next))
		case "by":
			setOnce(&r.By, hostName(next))
		case "with":
			setOnce(&r.With, next)
		case "for":
			if a := parseAddresses(next); len(a) > 0 {
				setOnce(&r.For, a[0].Address)
			}
		default:
			continue
		}
		i++
	}
	return r
}

// setOnce keeps the first value: a clause stands once, and "by" may occur again inside prose.
func setOnce(dst *string, v string) {
	if *dst == "" {
		*dst = v
	}
}

func hostName(s string) string {
	return strings.ToLower(strings.TrimSuffix(strings.Trim(s, "[]<>"), "."))
}

// OwnReceived is when our own server took the mail in: the time of the topmost Received, which only
// the server that delivered to us can have put there. Zero if there is none that can be read.
func (m *Mail) OwnReceived() time.Time {
	if len(m.Received) == 0 {
		return time.Time{}
	}
	return m.Received[0].Time
}
