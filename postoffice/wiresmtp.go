package postoffice

import (
	"bytes"
	"strconv"
	"strings"
)

// smtpDialect follows an SMTP connection: command lines, and what follows DATA, BDAT and AUTH and is no command.
type smtpDialect struct {
	data    bool  // between the 354 and the dot
	midLine bool  // a long line of the mail went through unfinished
	chunk   int64 // bytes of a BDAT chunk still to come
	auth    bool  // the next line answers a 334
}

func (d *smtpDialect) input(w *wire) bool {
	switch {
	case d.chunk > 0:
		n := int(min(d.chunk, int64(len(w.in))))
		if n == 0 {
			return false
		}
		d.chunk -= int64(n)
		w.pass(n)
		return true
	case d.data:
		return d.body(w)
	case w.closing.Load():
		return w.end()
	}
	n := bytes.IndexByte(w.in, '\n') + 1
	if n == 0 {
		if len(w.in) > maxHeld || w.readErr != nil && len(w.in) > 0 {
			w.pass(len(w.in))
			return true
		}
		return false
	}
	if d.auth {
		d.auth = false
		w.pass(n)
		return true
	}
	if d.command(w, strings.TrimRight(string(w.in[:n]), "\r\n")) {
		w.pass(n)
		return true
	}
	if w.readErr != nil || len(w.in) < n {
		return false // the connection has ended, or goes on under TLS
	}
	w.skip(n)
	return true
}

// body passes the lines of a mail, up to the dot that stands alone (RFC 5321 section 4.5.2).
func (d *smtpDialect) body(w *wire) bool {
	end := 0
	for {
		n := bytes.IndexByte(w.in[end:], '\n') + 1
		if n == 0 {
			break
		}
		line := w.in[end : end+n]
		end += n
		if !d.midLine && string(line) == ".\r\n" {
			d.data = false
			break
		}
		d.midLine = !bytes.HasSuffix(line, []byte("\r\n")) // a bare LF ends no line in SMTP
	}
	if end == 0 && (len(w.in) > maxHeld || w.readErr != nil && len(w.in) > 0) {
		end, d.midLine = len(w.in), true
	}
	if end == 0 {
		return false
	}
	w.pass(end)
	return true
}

// command looks at a command line and tells whether the library shall get it.
func (d *smtpDialect) command(w *wire, line string) bool {
	verb, args, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	switch {
	case verb == "STARTTLS" && w.gate.mode == StartTLS && !w.secure.Load():
		w.startTLS("220 2.0.0 Ready to start TLS")
		return false
	case verb == "AUTH" && w.mustEncrypt():
		w.inject("538 5.7.11 Encryption required for requested authentication mechanism")
		return false
	}
	e := w.event(smtpCommand(verb), line)
	switch verb {
	case "MAIL":
		w.from = path(args)
		e.From = w.from
	case "RCPT":
		e.Rcpt = path(args)
	}
	if f := w.gate.office.strike(e); f != nil && !w.suffer(f, "") {
		return false
	}
	if verb == "BDAT" { // RFC 3030: the chunk follows the command at once
		size, _, _ := strings.Cut(strings.TrimSpace(args), " ")
		d.chunk, _ = strconv.ParseInt(size, 10, 63)
	}
	return true
}

func smtpCommand(verb string) string {
	if verb == "EHLO" || verb == "HELO" {
		return "hello"
	}
	return strings.ToLower(verb)
}

// path returns what stands between the angle brackets of FROM:<…> or TO:<…>.
func path(args string) string {
	_, rest, _ := strings.Cut(args, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

// output: the library flushes line by line, so that p starts a line.
func (d *smtpDialect) output(w *wire, p []byte) error {
	switch {
	case bytes.HasPrefix(p, []byte("354")):
		d.data, d.midLine = true, false
	case bytes.HasPrefix(p, []byte("334")):
		d.auth = true
	case bytes.HasPrefix(p, []byte("250-Hello ")) && w.gate.mode == StartTLS && !w.secure.Load():
		p = append(bytes.Clone(p), "250-STARTTLS\r\n"...)
	case bytes.HasPrefix(p, []byte("250-AUTH ")) && w.mustEncrypt():
		return nil
	}
	return w.send(p)
}
