package message

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Get returns the decoded value of the topmost field called name, "" if there is none. Names compare
// without regard to case (RFC 5322, 1.2.2).
func (h Header) Get(name string) string {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// Raw returns the topmost field called name unfolded but not decoded, "" if there is none.
func (h Header) Raw(name string) string {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return h[i].Raw
		}
	}
	return ""
}

// Has says whether a field called name is there, even an empty one.
func (h Header) Has(name string) bool {
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			return true
		}
	}
	return false
}

// Values returns the decoded values of all fields called name, topmost first.
func (h Header) Values(name string) []string {
	return h.all(name, func(f Field) string { return f.Value })
}

// RawValues returns all fields called name unfolded but not decoded, topmost first.
func (h Header) RawValues(name string) []string {
	return h.all(name, func(f Field) string { return f.Raw })
}

func (h Header) all(name string, value func(Field) string) []string {
	var out []string
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			out = append(out, value(f))
		}
	}
	return out
}

// readHeader splits a header block into fields. It takes what real mail holds: bare line feeds, an
// mbox "From " line on top, a blank before the colon, lines that forgot their indent (they continue
// the field above, as enmime reads them too).
//
// What servers are known to read otherwise, so that a field below may have been text to ours, makes that field and all below it odd.
func readHeader(block []byte, lim Limits) Header {
	var h Header
	var raw []byte // the field being collected, name and all
	odd := mixedLineEnds(block)
	flush := func() {
		if f, ok := newField(raw); ok && len(h) < 2*lim.Fields {
			odd = odd || oddField(raw)
			f.Odd = odd
			h = append(h, f)
		}
		raw = raw[:0]
	}
	for len(block) > 0 {
		var line []byte
		line, block = cutLine(block)
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case len(line) == 0:
			continue
		case line[0] == ' ' || line[0] == '\t':
			odd = odd || len(raw) == 0
			raw = append(append(raw, ' '), bytes.TrimLeft(line, " \t")...)
		case fieldName(line) == "":
			if !bytes.HasPrefix(line, []byte("From ")) && !bytes.HasPrefix(line, []byte(">From ")) {
				raw = append(append(raw, ' '), line...)
			}
			odd = odd || len(raw) > 0 || len(h) > 0
		default:
			flush()
			raw = append(raw, line...)
		}
		if len(raw) > lim.FieldBytes {
			raw = raw[:lim.FieldBytes]
		}
	}
	flush()
	return h
}

// mixedLineEnds says whether some lines end with CRLF and some with a line feed alone, which some servers take for text.
func mixedLineEnds(block []byte) bool {
	crlf := bytes.Count(block, []byte("\r\n"))
	return crlf > 0 && crlf < bytes.Count(block, []byte("\n"))
}

// oddField says whether a field is written as none is today (RFC 5322, 4.5.3): blanks in front of the colon, control characters, blanks that
// are none in ASCII.
func oddField(raw []byte) bool {
	colon := bytes.IndexByte(raw, ':')
	if colon > 0 && (raw[colon-1] == ' ' || raw[colon-1] == '\t') {
		return true
	}
	for _, c := range raw {
		if c < ' ' && c != '\t' || c == 0x7F {
			return true
		}
	}
	return bytes.ContainsFunc(raw, func(r rune) bool { return r >= 0x80 && r != utf8.RuneError && cleanRune(r) != r })
}

func newField(raw []byte) (Field, bool) {
	name := fieldName(raw)
	if name == "" {
		return Field{}, false
	}
	value := string(bytes.TrimSpace(raw[bytes.IndexByte(raw, ':')+1:]))
	return Field{Name: name, Value: decodeHeader(value), Raw: cleanLine(repairUTF8([]byte(value)))}, true
}

// fieldName returns the name in front of the colon, "" if line starts no field (RFC 5322, 2.2:
// printable ASCII without colon).
func fieldName(line []byte) string {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 {
		return ""
	}
	name := bytes.TrimRight(line[:colon], " \t")
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return string(name)
}

// cutLine returns the first line with its line feed, and the rest.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i+1], b[i+1:]
	}
	return b, nil
}
