package message

import (
	"bytes"
	"strings"
)

// The pre-scan reads a mail once from top to bottom and finds its parts, in time proportional to its
// length and in memory bounded by the limits, whatever the mail is. What it hands on (assemble) is a
// well-formed mail within the limits, so that enmime, which has no limits of its own, cannot be made
// to run for minutes or to take gigabytes.

// part is one MIME entity that the scanner met: the mail itself is number 0.
type part struct {
	id       int
	depth    int
	header   []byte // its MIME fields as they stood, unfolded, CRLF line ends
	typ      string // media type
	boundary string // of a multipart that is descended into
	encoding string // Content-Transfer-Encoding
	start    int64  // of the body, in bytes from the start of the mail
	end      int64
	children int
	close    int // number of the part after which this multipart ends
}

func (p *part) container() bool { return p.boundary != "" }

// isText says whether the part holds text that a human is to read, or a mail that was forwarded.
func (p *part) isText() bool {
	return strings.HasPrefix(p.typ, "text/") || strings.HasPrefix(p.typ, "message/") || p.typ == "application/pgp-encrypted"
}

// sink is told of the parts and gets the bytes of their bodies, the line end before a boundary left
// out (it belongs to the boundary, RFC 2046, 5.1.1). A container's body is its preamble.
type sink interface {
	begin(p *part)
	body(p *part, b []byte)
}

// scanner is fed a mail line by line, a long line in pieces.
type scanner struct {
	lim     Limits
	sink    sink
	parts   []*part
	open    []*part // the multiparts we are in, outermost first
	current *part   // whose header or body is being read; nil in an epilogue or beyond a limit
	head    headerBlock
	inHead  bool
	lineEnd []byte // the line end held back, for the next line may be a boundary
	top     Header // the mail's own header
	problem string
}

func newScanner(lim Limits, s sink) *scanner {
	sc := &scanner{lim: lim, sink: s}
	sc.beginPart(0)
	return sc
}

// feed takes the next bytes: a whole line, or a piece of one. at is their offset, start says whether
// a line starts here.
func (s *scanner) feed(b []byte, at int64, start bool) {
	if start && len(b) > 2 && b[0] == '-' && b[1] == '-' && len(s.open) > 0 {
		if s.delimiter(b, at) {
			return
		}
	}
	if s.inHead {
		s.headerLine(b, at, start)
		return
	}
	s.bodyLine(b)
}

// delimiter looks whether b is a boundary of one of the open multiparts; the innermost are tried
// first, and a boundary of an outer one ends all within (RFC 2046, 5.1.2).
func (s *scanner) delimiter(b []byte, at int64) bool {
	line := bytes.TrimRight(b, " \t\r\n")[2:]
	for i := len(s.open) - 1; i >= 0; i-- {
		rest, ok := bytes.CutPrefix(line, []byte(s.open[i].boundary))
		last := ok && string(rest) == "--"
		if !ok || len(rest) > 0 && !last {
			continue
		}
		s.endPart(at)
		for _, p := range s.open[i+1:] {
			p.close = len(s.parts)
		}
		s.open = s.open[:i+1]
		if last {
			s.open[i].close = len(s.parts)
			s.open = s.open[:i]
			return true
		}
		if len(s.parts) >= s.lim.Parts {
			s.limit("more than the permitted number of parts")
			return true
		}
		s.open[i].children++
		s.beginPart(i + 1)
		return true
	}
	return false
}

func (s *scanner) beginPart(depth int) {
	s.current = &part{id: len(s.parts), depth: depth}
	s.parts = append(s.parts, s.current)
	s.head = headerBlock{lim: s.lim}
	s.inHead = true
}

func (s *scanner) headerLine(b []byte, at int64, start bool) {
	if start && len(bytes.TrimRight(b, "\r\n")) == 0 {
		s.endHeader(at + int64(len(b)))
		return
	}
	if start && s.head.empty() && fieldName(b) == "" && !bytes.HasPrefix(b, []byte("From ")) && !bytes.HasPrefix(b, []byte(">From ")) {
		// A part or a file without any header: what stands here is the body already.
		s.endHeader(at)
		s.bodyLine(b)
		return
	}
	s.head.add(b, start)
}

// endHeader reads the header that was collected and decides what follows: the body of a leaf, or a multipart.
func (s *scanner) endHeader(at int64) {
	p := s.current
	s.inHead = false
	if s.head.cut {
		s.limit("header longer than permitted")
	}
	h := readHeader(s.head.buf, s.lim)
	if p.id == 0 {
		s.top = h
		if s.head.cut && len(h) > 0 {
			h[0].Odd = true // what was left out may contradict what is left
		}
		if len(h) == 0 {
			s.limit("no mail header")
		}
	}
	p.start, p.end = at, at
	var params map[string]string
	p.typ, params = parseMediaType(h.Raw("Content-Type"), s.lim.Parameters)
	p.encoding = h.Raw("Content-Transfer-Encoding")
	p.header = mimeFields(h)
	if b := params["boundary"]; b != "" {
		switch {
		case p.depth >= s.lim.Depth:
			s.limit("parts nested deeper than permitted")
		case len(b) <= maxBoundary:
			p.boundary = b
			p.encoding = "" // a multipart is never encoded (RFC 2045, 6.4)
			s.open = append(s.open, p)
		}
	}
	if strings.HasPrefix(p.typ, "multipart/") && !p.container() {
		p.typ = "text/plain" // no boundary: it cannot be a multipart
		if b := params["boundary"]; b != "" {
			p.typ = "application/octet-stream"
		}
		p.header = []byte("Content-Type: " + p.typ + "\r\n")
	}
	s.lineEnd = s.lineEnd[:0]
	s.sink.begin(p)
}

// maxBoundary is generous: RFC 2046, 5.1.1 permits 70.
const maxBoundary = 1000

func (s *scanner) bodyLine(b []byte) {
	if s.current == nil {
		return
	}
	if len(s.lineEnd) > 0 {
		s.sink.body(s.current, s.lineEnd)
	}
	content := bytes.TrimSuffix(b, []byte("\n"))
	if len(content) < len(b) {
		content = bytes.TrimSuffix(content, []byte("\r"))
	}
	if len(content) > 0 {
		s.sink.body(s.current, content)
	}
	s.lineEnd = append(s.lineEnd[:0], b[len(content):]...)
}

// endPart ends the part that is being read before offset at.
func (s *scanner) endPart(at int64) {
	if s.current == nil {
		return
	}
	if s.inHead {
		s.endHeader(at) // a header without a blank line and body
		if n := len(s.open); n > 0 && s.open[n-1] == s.current {
			s.current.close = len(s.parts)
			s.open = s.open[:n-1]
			s.current.boundary = ""
		}
	}
	s.current.end = max(s.current.start, at-int64(len(s.lineEnd)))
	s.lineEnd = s.lineEnd[:0]
	s.current = nil
}

// finish ends the mail at offset at.
func (s *scanner) finish(at int64) {
	if s.current != nil {
		if len(s.lineEnd) > 0 && !s.inHead {
			s.sink.body(s.current, s.lineEnd)
			s.lineEnd = s.lineEnd[:0]
		}
		s.endPart(at)
	}
	for _, p := range s.open {
		p.close = len(s.parts)
	}
	s.open = nil
	for _, p := range s.parts {
		if p.container() && p.children == 0 {
			p.boundary = "" // the boundary never appears: what is there is text
			p.typ = "text/plain"
			p.header = nil
		}
	}
}

// limit notes the first thing that was wrong or too much.
func (s *scanner) limit(what string) {
	if s.problem == "" {
		s.problem = what
	}
}

// assemble writes the mail anew within the limits. fill returns for a part the header lines to put
// first and the body to put in.
func (s *scanner) assemble(fill func(p *part) (head string, body []byte)) []byte {
	var out bytes.Buffer
	var open []*part
	closeUpTo := func(id int) {
		for len(open) > 0 && open[len(open)-1].close <= id {
			out.WriteString("\r\n--" + open[len(open)-1].boundary + "--\r\n")
			open = open[:len(open)-1]
		}
	}
	for _, p := range s.parts {
		closeUpTo(p.id)
		if len(open) > 0 {
			out.WriteString("\r\n--" + open[len(open)-1].boundary + "\r\n")
		}
		head, body := fill(p)
		out.WriteString(head)
		if p.id == 0 {
			for _, f := range s.top {
				if !isMIMEField(f.Name) {
					out.WriteString(f.Name + ": " + f.Raw + "\r\n")
				}
			}
		}
		out.Write(p.header)
		out.WriteString("\r\n")
		if p.container() {
			open = append(open, p)
			continue
		}
		out.Write(body)
	}
	closeUpTo(len(s.parts))
	return out.Bytes()
}

// mimeFields keeps of a header what RFC 2045 defines, each field on one line.
func mimeFields(h Header) []byte {
	var out []byte
	for _, f := range h {
		if isMIMEField(f.Name) || strings.EqualFold(f.Name, cutField) {
			out = append(out, f.Name...)
			out = append(out, ": "...)
			out = append(out, f.Raw...)
			out = append(out, "\r\n"...)
		}
	}
	return out
}

func isMIMEField(name string) bool {
	return len(name) > 8 && strings.EqualFold(name[:8], "Content-")
}

// headerBlock collects the lines of one header within the limits. Beyond the limit on the whole block
// it goes on with the fields that decide about a mail, for a header of a megabyte usually is one
// endless field, and Subject and From may stand below it.
type headerBlock struct {
	lim    Limits
	buf    []byte
	field  int  // where the field being read starts in buf
	fields int  // fields begun
	keep   bool // the field being read is kept
	cut    bool
}

func (h *headerBlock) empty() bool { return len(h.buf) == 0 && !h.cut }

func (h *headerBlock) add(b []byte, start bool) {
	if start && b[0] != ' ' && b[0] != '\t' {
		if n := len(h.buf); n > 0 && h.buf[n-1] != '\n' { // the field above was cut
			h.buf = append(h.buf, '\n')
		}
		h.field = len(h.buf)
		h.fields++
		h.keep = h.fields <= h.lim.Fields && len(h.buf)+len(b) <= h.lim.HeaderBytes ||
			deciding[strings.ToLower(fieldName(b))] && len(h.buf) < 2*h.lim.HeaderBytes
	}
	room := h.lim.FieldBytes - (len(h.buf) - h.field)
	switch {
	case !h.keep || room <= 0:
		h.cut = true
	case len(b) > room:
		h.buf = append(append(h.buf, b[:room]...), '\n')
		h.cut = true
	default:
		h.buf = append(h.buf, b...)
	}
}

// deciding are the fields that are read even below an endless header.
var deciding = func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(`from sender reply-to to cc subject date message-id in-reply-to references
		return-path received authentication-results auto-submitted precedence list-id content-type
		content-transfer-encoding content-disposition x-auto-response-suppress x-loop x-notfalld
		list-unsubscribe feedback-id x-original-from delivered-to`) {
		m[n] = true
	}
	return m
}()
