package postoffice

import (
	"bytes"
	"strconv"
	"strings"
)

// maxHeld is how much of an unfinished line is held back; beyond it, it goes through unread.
const maxHeld = 64 << 10

// imapDialect follows an IMAP connection: lines, and literals whose bytes are no lines (RFC 3501 section 4.3).
type imapDialect struct {
	inLiteral int64 // bytes of a literal still to come from the client
	more      bool  // the next line goes on with the same command
	swallow   bool  // the rest of this command is thrown away

	// Guarded by wire.mu.
	outLine    []byte // a line that has no end yet
	outBuf     []byte // memory to use again
	outLiteral int64
	cut        bool // the next literal is cut …
	cutAfter   int64
	readOnly   bool // the next [READ-WRITE] is to be [READ-ONLY]

	fetch *Fault // the fault of the FETCH that runs; read by the session, in the goroutine that set it
}

func (d *imapDialect) input(w *wire) bool {
	if d.inLiteral > 0 {
		n := int(min(d.inLiteral, int64(len(w.in))))
		if n == 0 {
			return false
		}
		d.inLiteral -= int64(n)
		d.take(w, n)
		return true
	}
	if !d.more && w.closing.Load() {
		return w.end()
	}
	n := bytes.IndexByte(w.in, '\n') + 1
	if n == 0 {
		if len(w.in) > maxHeld {
			w.pass(len(w.in))
			return true
		}
		return d.rest(w)
	}
	line := w.in[:n]
	size, sync, literal := literalAt(line)
	if !d.more {
		d.swallow = false
		if !d.command(w, strings.TrimRight(string(line), "\r\n")) {
			d.swallow = true
			if literal && sync {
				literal = false // it was refused, so the client does not send it
			}
			if w.readErr != nil || len(w.in) < n {
				return false // the connection has ended, or goes on under TLS
			}
		}
	}
	d.inLiteral, d.more = 0, literal
	if literal {
		d.inLiteral = size
	}
	d.take(w, n)
	return true
}

// rest lets the last, unfinished line through when nothing follows.
func (d *imapDialect) rest(w *wire) bool {
	if w.readErr == nil || len(w.in) == 0 {
		return false
	}
	w.pass(len(w.in))
	return true
}

func (d *imapDialect) take(w *wire, n int) {
	if d.swallow {
		w.skip(n)
	} else {
		w.pass(n)
	}
}

// command looks at a command line and tells whether the library shall get it.
func (d *imapDialect) command(w *wire, line string) bool {
	tag, rest, ok := strings.Cut(line, " ")
	if !ok {
		return true // DONE, or a line of a SASL exchange
	}
	verb, args, _ := strings.Cut(rest, " ")
	verb = strings.ToUpper(verb)
	uid := verb == "UID"
	if uid {
		verb, _, _ = strings.Cut(args, " ")
		verb = strings.ToUpper(verb)
	}
	without := w.gate.office.without
	switch {
	case verb == "STARTTLS" && w.gate.mode == StartTLS && !w.secure.Load():
		w.startTLS(tag + " OK Begin TLS negotiation now")
		return false
	case without[verb], verb == "EXPUNGE" && uid && without["UIDPLUS"]:
		w.inject(tag + " BAD Unknown command")
		return false
	case (verb == "LOGIN" || verb == "AUTHENTICATE") && w.mustEncrypt():
		w.inject(tag + " NO [PRIVACYREQUIRED] TLS is required to authenticate")
		return false
	}
	d.fetch = nil
	f := w.gate.office.strike(w.event(imapCommand(verb), line))
	if f == nil {
		return true
	}
	w.mu.Lock()
	d.cut, d.cutAfter = f.Cut, int64(f.CutAfter)
	w.mu.Unlock()
	d.fetch = f
	return w.suffer(f, tag)
}

func imapCommand(verb string) string {
	switch verb {
	case "EXAMINE":
		return "select"
	case "AUTHENTICATE":
		return "login"
	}
	return strings.ToLower(verb)
}

func (w *wire) mustEncrypt() bool { return w.gate.office.opts.RequireTLS && !w.secure.Load() }

// literalAt reads the {n} or {n+} at the end of a line.
func literalAt(line []byte) (size int64, sync, ok bool) {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) == 0 || line[len(line)-1] != '}' {
		return 0, false, false
	}
	open := bytes.LastIndexByte(line, '{')
	if open < 0 {
		return 0, false, false
	}
	number, plus := strings.CutSuffix(string(line[open+1:len(line)-1]), "+")
	size, err := strconv.ParseInt(number, 10, 63)
	return size, !plus, err == nil && size >= 0
}

func (d *imapDialect) output(w *wire, p []byte) error {
	out := d.outBuf[:0]
	defer func() { d.outBuf = out[:0] }()
	for len(p) > 0 {
		if d.outLiteral > 0 {
			n := min(d.outLiteral, int64(len(p)))
			if d.cut {
				n = min(n, d.cutAfter)
				d.cutAfter -= n
			}
			if n > maxHeld { // a large mail is not copied
				if err := w.send(out); err != nil {
					return err
				}
				out = out[:0]
				if err := w.send(p[:n]); err != nil {
					return err
				}
			} else {
				out = append(out, p[:n]...)
			}
			p = p[n:]
			d.outLiteral -= n
			if d.cutting() {
				return d.cutOff(w, out)
			}
			continue
		}
		n := bytes.IndexByte(p, '\n') + 1
		if n == 0 {
			d.outLine = append(d.outLine, p...)
			break
		}
		d.outLine = append(d.outLine, p[:n]...)
		p = p[n:]
		out = append(out, d.rewrite(w, d.outLine)...)
		d.outLiteral, _, _ = literalAt(d.outLine)
		d.outLine = d.outLine[:0]
		if d.cutting() {
			return d.cutOff(w, out)
		}
	}
	return w.send(out)
}

// cutting tells whether the connection is to end here.
func (d *imapDialect) cutting() bool { return d.cut && d.cutAfter == 0 && d.outLiteral > 0 }

func (d *imapDialect) cutOff(w *wire, last []byte) error {
	w.send(last) // if it fails, the connection has ended all the same
	w.sever()
	return errSevered
}

// sayReadOnly makes the answer to the running SELECT say [READ-ONLY], for which the library has no way.
func (w *wire) sayReadOnly() {
	if d, ok := w.dialect.(*imapDialect); ok {
		w.mu.Lock()
		defer w.mu.Unlock()
		d.readOnly = true
	}
}

// fetchFault returns the fault that the running FETCH suffers, nil if none.
func (w *wire) fetchFault() *Fault {
	if d, ok := w.dialect.(*imapDialect); ok {
		return d.fetch
	}
	return nil
}

// rewrite changes a line of the library: what it can do, and whether a mailbox can be written.
func (d *imapDialect) rewrite(w *wire, line []byte) []byte {
	if d.readOnly && bytes.Contains(line, []byte("[READ-WRITE]")) {
		d.readOnly = false
		return bytes.Replace(line, []byte("[READ-WRITE]"), []byte("[READ-ONLY]"), 1)
	}
	const word = "CAPABILITY IMAP4rev1"
	at := bytes.Index(line, []byte(word))
	if at < 0 {
		return line
	}
	end := at + bytes.IndexAny(line[at:], "]\r\n")
	var caps []string
	for _, c := range strings.Fields(string(line[at:end])) {
		if w.gate.office.without[c] {
			continue
		}
		if w.mustEncrypt() && strings.HasPrefix(c, "AUTH=") {
			c = "LOGINDISABLED"
		}
		caps = append(caps, c)
	}
	if w.gate.mode == StartTLS && !w.secure.Load() {
		caps = append(caps, "STARTTLS")
	}
	return []byte(string(line[:at]) + strings.Join(caps, " ") + string(line[end:]))
}
