package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Limits of what a server may say outside of the literals that are mails.
const (
	maxLine    = 32 << 20 // a SEARCH response over three million mails
	maxDepth   = 100      // what we ask for nests three deep
	maxLiteral = 64 << 10 // a literal that is no mail is a folder name
	keptOfLine = 1 << 10
)

// errHostile says that the server sent what no server sends.
var errHostile = errors.New("the server's response is refused")

// guard reads along with the IMAP library and refuses what would take the whole process with it: parentheses nested so
// deep that the parser overflows the stack, a CAPABILITY list that it loops over for ever, lines without an end. It also keeps what
// the library throws away: the text of BYE, READ-ONLY, and whether PERMANENTFLAGS came.
type guard struct {
	line     []byte // its beginning, until the first literal or the end
	length   int
	depth    int
	quoted   bool
	escaped  bool
	literal  int64  // bytes of the literal still to come
	number   []byte // of a {number} that may announce a literal
	mail     bool   // the line holds BODY[, so that its literals are mails
	last     [5]byte
	inText   bool // a status response: its code and free text, in which brackets mean nothing
	codeOver bool // the text has begun
	sorted   bool // whether it is one has been decided

	mu   sync.Mutex
	said said
}

// said is what the server let fall.
type said struct {
	bye       string
	readOnly  bool
	permanent bool
}

func (g *guard) heard() said {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.said
}

// forget is called before a SELECT.
func (g *guard) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.said.readOnly, g.said.permanent = false, false
}

// check looks at the next bytes of the stream.
func (g *guard) check(b []byte) error {
	for len(b) > 0 {
		if g.literal > 0 {
			n := min(int64(len(b)), g.literal)
			g.literal -= n
			b = b[n:]
			continue
		}
		if err := g.step(b[0]); err != nil {
			return err
		}
		b = b[1:]
	}
	return nil
}

func (g *guard) step(c byte) error {
	if g.length++; g.length > maxLine {
		return fmt.Errorf("%w: a line of more than %d bytes", errHostile, maxLine)
	}
	if c == '\n' {
		return g.endLine()
	}
	if len(g.line) < keptOfLine {
		g.line = append(g.line, c)
	}
	if c == '\r' {
		return nil
	}
	if !g.sorted && c == ' ' {
		g.classify()
	}
	copy(g.last[:], g.last[1:])
	g.last[4] = c &^ 0x20 // upper case; '[' &^ 0x20 is '['
	if g.last == [5]byte{'B', 'O', 'D', 'Y', '['} {
		g.mail = true
	}
	if !g.inText {
		return g.structure(c)
	}
	if g.codeOver = g.codeOver || c == ']'; g.codeOver {
		return nil
	}
	return g.checkCapability(c, "[CAPABILITY")
}

// classify decides at each space of "* OK " or "tag NO " whether free text follows.
func (g *guard) classify() {
	f := bytes.Fields(g.line)
	if len(f) < 2 {
		return
	}
	g.sorted = true
	switch strings.ToUpper(string(f[1])) {
	case "OK", "NO", "BAD", "BYE", "PREAUTH":
		g.inText = true
	}
}

func (g *guard) structure(c byte) error {
	if g.quoted {
		switch {
		case g.escaped:
			g.escaped = false
		case c == '\\':
			g.escaped = true
		case c == '"':
			g.quoted = false
		}
		return nil
	}
	switch {
	case c == '{':
		g.number = append(g.number[:0], c)
		return nil
	case len(g.number) > 0 && len(g.number) < 24 && (c >= '0' && c <= '9' || c == '}'):
		g.number = append(g.number, c)
		return nil
	}
	g.number = g.number[:0]
	switch c {
	case '"':
		g.quoted = true
	case '(':
		if g.depth++; g.depth > maxDepth {
			return fmt.Errorf("%w: parentheses more than %d deep", errHostile, maxDepth)
		}
	case ')':
		g.depth--
	}
	return g.checkCapability(c, "* CAPABILITY")
}

// checkCapability refuses a list in a list of capabilities (RFC 9051, 9: capability-data holds atoms).
func (g *guard) checkCapability(c byte, begin string) error {
	if c == '(' && bytes.Contains(bytes.ToUpper(g.line), []byte(begin)) {
		return fmt.Errorf("%w: a parenthesis among the capabilities", errHostile)
	}
	return nil
}

func (g *guard) endLine() error {
	if n := len(g.number); n > 2 && g.number[n-1] == '}' {
		size, err := strconv.ParseInt(string(g.number[1:n-1]), 10, 64)
		g.number = g.number[:0]
		if err != nil || !g.mail && size > maxLiteral {
			return fmt.Errorf("%w: a literal of %d bytes that is no mail", errHostile, size)
		}
		g.literal = size
		return nil // the line goes on behind the literal
	}
	if g.inText {
		g.note(string(g.line))
	}
	g.line, g.last, g.number = g.line[:0], [5]byte{}, g.number[:0]
	g.length, g.depth = 0, 0
	g.quoted, g.escaped, g.mail, g.inText, g.codeOver, g.sorted = false, false, false, false, false, false
	return nil
}

func (g *guard) note(line string) {
	_, rest, _ := strings.Cut(line, " ")
	kind, text, _ := strings.Cut(rest, " ")
	text = strings.TrimSpace(text)
	upper := strings.ToUpper(text)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case strings.EqualFold(kind, "BYE"):
		g.said.bye = text
	case strings.HasPrefix(upper, "[READ-ONLY]"):
		g.said.readOnly = true
	case strings.HasPrefix(upper, "[PERMANENTFLAGS"):
		g.said.permanent = true
	}
}
