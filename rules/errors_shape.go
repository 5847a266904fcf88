package rules

import (
	"strings"
	"unicode"
)

// shape says what a line looks like, whatever it means.
type shape struct {
	stamped bool // begins with a time, as log lines do
	head    bool // begins as error messages do: "ERROR", "panic:", "ORA-00257:", "nginx: [emerg]"
	frame   bool // one call of a stack trace
	command bool // a prompt with what was typed
}

// shapeOf looks at the beginning of a line only.
func shapeOf(v *vocabulary, s string) shape {
	t := strings.TrimSpace(s)
	if t == "" {
		return shape{}
	}
	sh := shape{stamped: stamped(t), frame: stackFrame(s, t), command: prompted(t)}
	sh.head = !sh.stamped && errorHead(v, t) // whoever asks for the one asks for the other first
	return sh
}

var months = map[string]bool{
	"jan": true, "feb": true, "mar": true, "apr": true, "may": true, "jun": true, "jul": true, "aug": true, "sep": true, "oct": true, "nov": true, "dec": true,
	"mon": true, "tue": true, "wed": true, "thu": true, "fri": true, "sat": true, "sun": true, "mon,": true, "tue,": true, "wed,": true, "thu,": true, "fri,": true, "sat,": true, "sun,": true,
}

// stamped reports whether a line begins as a log line does: a date or time in any of the usual forms,
// in brackets or not, the seconds since boot of the kernel, or klog's E0317.
func stamped(t string) bool {
	if strings.HasPrefix(t, "{\"") && strings.Contains(t, "\":") {
		return true // a line of JSON
	}
	t = strings.TrimPrefix(t, "time=\"")
	t = strings.TrimPrefix(t, "<")
	t = strings.TrimLeft(t, "[( ")
	if len(t) < 8 || !strings.Contains(t, " ") {
		return false // a time alone stamps nothing
	}
	first, rest, _ := strings.Cut(t, " ")
	if months[strings.ToLower(first)] && strings.ContainsFunc(cut(rest, 20), unicode.IsDigit) && strings.Contains(cut(rest, 25), ":") {
		return true
	}
	if (first[0] == 'E' || first[0] == 'F' || first[0] == 'W') && len(first) == 5 && digits(first[1:]) == 4 {
		return true
	}
	// 2026-03-16, 16-Mar-2026, 16.03.2026, 03/16/2026, 10:22:01, 1209344.118720, 2026-03-19T19:20:44.118203+01:00
	n := digits(t)
	if n == 0 || n > 12 || n >= len(t) {
		return false
	}
	switch t[n] {
	case '-', '/':
		return n == 4 || n <= 2 && len(t) > n+3 && strings.ContainsAny(cut(t, 24), ":")
	case '.':
		m := digits(t[n+1:])
		return n >= 3 && m == 6 || n <= 2 && m == 2 && len(t) > n+3 && t[n+3] == '.' && strings.Contains(cut(t, 24), ":")
	case ':':
		if i := strings.IndexByte(t, ' '); i == n+2 && months[strings.ToLower(cut(strings.TrimLeft(t[i+1:], "0123456789 "), 3))] {
			return true // Redis: "812:M 04 May 2026 08:12:55.114 # …"
		}
		return n == 2 && digits(t[3:]) == 2 && len(t) > 5 && (t[5] == ':' || t[5] == ' ' && len(t) > 12)
	}
	return false
}

func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func errorHead(v *vocabulary, t string) bool {
	f := foldText(cut(t, 160))
	if f == "" {
		return false
	}
	for _, h := range v.heads[f[0]] {
		if rest, ok := strings.CutPrefix(f, h); ok {
			last := h[len(h)-1]
			if !isWordByte(last) || rest == "" || !isWordByte(rest[0]) || last <= '9' && rest[0] <= '9' {
				return headHolds(v, h, f)
			}
		}
	}
	return httpStatus(v, f) || smtpStatus(f) || codeHead(v, t) || exceptionHead(t) || programHead(v, f) || toolHead(v, t, f) || eventField(t, f)
}

// eventField: the line of an event that holds its number.
func eventField(t, f string) bool {
	if !strings.Contains(f, "ereignis-id") && !strings.Contains(f, "event id") {
		return false
	}
	line, _, _ := strings.Cut(t, "\n") // of a sentence the lines below are others
	line = foldText(line)
	return strings.Contains(line, "ereignis-id") || strings.Contains(line, "event id")
}

// headHolds refuses the beginnings that are as often a sentence's or a label's.
func headHolds(v *vocabulary, h, folded string) bool {
	rest := strings.TrimLeft(folded[len(h):], " ")
	switch h {
	case "error", "fehler", "fatal", "critical", "panic", "raid", "connection to":
		// "Fehler tritt seit gestern auf" is prose; "Fehler: …", "ERROR 1040 (HY000)" are not.
		if after := strings.TrimLeft(rest, ":. "); strings.HasPrefix(after, "siehe ") || strings.HasPrefix(after, "see ") || strings.HasPrefix(after, "s. ") {
			return false
		}
		return rest != "" && (strings.ContainsAny(rest[:1], ":[(-#!") || rest[0] >= '0' && rest[0] <= '9' || !v.proseWords.has(splitWords(rest)) && h != "fehler" && h != "raid" && h != "connection to" && len(strings.Fields(rest)) > 1)
	case "logical drive", "virtual disk", "physicaldrive", "logicaldrive":
		w := splitWords(rest)
		return v.errorWords.has(w) || v.machinePhrases.has(w)
	case "meldung ", "msg ", "status: ", "state: ":
		return rest != "" && (rest[0] >= '0' && rest[0] <= '9' || v.errorWords.has(splitWords(rest)) && (h == "status: " || h == "state: "))
	case "fehlermeldung":
		return strings.HasPrefix(rest, ":") && len(rest) > 2 && !strings.HasPrefix(strings.TrimLeft(rest, ": "), "siehe")
	case "fehlgeschlagen", "error message":
		return strings.HasPrefix(rest, ":") && len(rest) > 2
	}
	return true
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
}

// httpStatus reports whether a folded line begins with a status and its reason: "502 bad gateway".
func httpStatus(v *vocabulary, f string) bool {
	if len(f) < 8 || digits(f) != 3 || f[0] != '4' && f[0] != '5' {
		return false
	}
	rest := strings.TrimLeft(f[3:], " -:")
	for _, p := range v.statusPhrases {
		if strings.HasPrefix(rest, p) {
			return true
		}
	}
	return false
}

// toolHead knows forms that single tools have: an event list, a banner, hdbsql's "* -10709: …", OpenSSL's error queue, a
// failed disk in /proc/mdstat, a function of PHP, and PowerShell's "Get-ADUser : …".
func toolHead(v *vocabulary, t, f string) bool {
	if eventRow(f) || partOfHost(v, f) || faultedDevice(t) || faultedThing(f, t) || stoppedDaemon(v, f) {
		return true
	}
	if rest, ok := strings.CutPrefix(f, "* "); ok {
		rest = strings.TrimPrefix(rest, "-")
		return digits(rest) > 0 && strings.HasPrefix(rest[digits(rest):], ": ")
	}
	if strings.HasPrefix(f, "** ") || strings.HasPrefix(f, "*** ") {
		return v.errorWords.has(splitWords(f))
	}
	if i := strings.Index(cut(f, 40), ":error:"); i > 0 && digitsHex(f) == i {
		return true
	}
	if strings.HasPrefix(f, "md") && digits(f[2:]) > 0 && strings.Contains(f, " : ") && strings.Contains(f, "(f)") {
		return true
	}
	if i := strings.Index(cut(f, 60), "(): "); i > 0 && !strings.Contains(f[:i], " ") {
		return true // a function of PHP
	}
	verb, rest, ok := strings.Cut(t, " : ")
	return ok && len(rest) > 8 && len(verb) > 5 && verb[0] >= 'A' && verb[0] <= 'Z' && strings.Count(verb, "-") == 1 && !strings.Contains(verb, " ")
}

// faultedDevice: a row of `zpool status`: "sdb  FAULTED  12  0  0  too many errors".
func faultedDevice(t string) bool {
	w := strings.Fields(cut(t, 120))
	return len(w) > 4 && (w[1] == "FAULTED" || w[1] == "UNAVAIL" || w[1] == "REMOVED") && digits(w[2]) > 0
}

// faultedThing: what the alert of a storage says of one thing: "* Pool tank state is DEGRADED: …", "Disk sdb is FAULTED".
func faultedThing(f, t string) bool {
	thing, _, _ := strings.Cut(strings.TrimLeft(f, "*-• "), " ")
	switch thing {
	case "pool", "disk", "volume", "vdev", "array", "device", "raid", "zpool", "platte", "datentraeger", "drive", "laufwerk", "enclosure", "controller":
	default:
		return false
	}
	for _, is := range []string{" is ", " ist ", " state: ", " status: "} {
		_, state, ok := strings.Cut(t, is)
		end := 0
		for end < len(state) && state[end] >= 'A' && state[end] <= 'Z' {
			end++
		}
		if ok && (end == len(state) || strings.IndexByte(":.,;", state[end]) >= 0) {
			switch state[:end] {
			case "DEGRADED", "FAULTED", "UNAVAIL", "OFFLINE", "REMOVED", "SUSPENDED", "FAILED", "CRITICAL", "UNHEALTHY", "MISSING":
				return true
			}
		}
	}
	return false
}

// stoppedDaemon: a line in which a control command says that one of its daemons does not run: "zmconfigd is not running.",
// "clamd is stopped", "nginx is not running". What people say so is called otherwise: "website is not running".
func stoppedDaemon(v *vocabulary, f string) bool {
	name, state, ok := strings.Cut(f, " is ")
	if !ok || len(name) < 3 || len(name) > 40 || strings.IndexByte(name, ' ') >= 0 || v.roles[name] && !v.programs[name] || v.generic[name] {
		return false
	}
	switch strings.TrimRight(state, ".! ") {
	case "not running", "stopped", "dead", "not started", "inactive", "masked", "not responding", "dead but pid file exists", "dead but subsys locked", "not active":
	default:
		return false
	}
	return v.programs[name] || strings.HasSuffix(name, "d") || strings.HasSuffix(name, "ctl") || strings.ContainsAny(name, "_-.0123456789")
}

// partOfHost: a host with its domain and what is wrong with a part of it: "node3.firma.at: osd.7 is full".
func partOfHost(v *vocabulary, f string) bool {
	host, rest, ok := strings.Cut(cut(f, 160), ": ")
	if !ok || len(host) > 80 || strings.IndexByte(host, '.') < 1 || !hostShape(host) || publicTLDOr(v, host) == "" {
		return false
	}
	part, _, _ := strings.Cut(rest, " ")
	return strings.ContainsAny(part, "./_0123456789") && strings.ContainsAny(part, "abcdefghijklmnopqrstuvwxyz") && !strings.HasPrefix(part, "http") && v.errorWords.has(splitWords(rest))
}

// publicTLDOr is the last label of a host, if it is a top-level domain or one in use inside companies, or "".
func publicTLDOr(v *vocabulary, host string) string {
	tld := host[strings.LastIndexByte(host, '.')+1:]
	if v.fileEndings[tld] || !v.privateEndings[tld] && !publicTLD(tld) {
		return ""
	}
	return tld
}

// eventRow: a row of `kubectl describe` or of an event list: "warning  failed  3m12s  kubelet  failed to pull".
func eventRow(f string) bool {
	for _, kind := range []string{"warning  ", "warning\t", "error  ", "fehler  "} {
		if strings.HasPrefix(f, kind) {
			return len(f) > 20
		}
	}
	return false
}

// smtpStatus: a reply with its enhanced code (RFC 3463): "452 4.3.1 Insufficient system resources".
func smtpStatus(f string) bool {
	return len(f) > 12 && digits(f) == 3 && (f[0] == '4' || f[0] == '5') && (f[3] == ' ' || f[3] == '-') && f[4] == f[0] && f[5] == '.' && digits(f[6:]) > 0
}

// codeHead: a message number and a text: "ORA-00257: Archiver error", "BR0279E Return code", "REWE00129: …".
func codeHead(v *vocabulary, t string) bool {
	i, letters, nums := 0, 0, 0
	for i < len(t) {
		c := t[i]
		if c >= 'A' && c <= 'Z' {
			letters++
		} else if c >= '0' && c <= '9' {
			nums++
		} else if c != '-' && c != '_' {
			break
		}
		i++
	}
	if letters < 2 || nums < 3 || i >= len(t) || t[0] < 'A' || t[0] > 'Z' {
		return false
	}
	rest := t[i:]
	return (rest[0] == ':' || rest[0] == ' ') && len(rest) > 6 && v.errorWords.has(splitWords(rest)) ||
		rest[0] == ':' && len(strings.Fields(rest)) >= 3 ||
		rest[0] == ' ' && strings.ContainsAny(t[i-1:i], "EWFI") && len(strings.Fields(rest)) >= 3
}

// exceptionHead: a class of error and its message: "java.lang.OutOfMemoryError: Java heap space".
func exceptionHead(t string) bool {
	t = strings.TrimPrefix(strings.TrimPrefix(t, "---> "), "Uncaught ")
	i := strings.IndexAny(t, " :(")
	if i < 0 {
		i = len(t)
	}
	if i < 5 || i > 160 {
		return false
	}
	name := t[:i]
	for _, suffix := range []string{"Exception", "Error", "Timeout", "Fault", "Failure", "_exception", "Interrupt", "Warning"} {
		if strings.HasSuffix(name, suffix) && len(name) > len(suffix)+1 && !strings.ContainsAny(name, "\"'@<>,") &&
			(strings.ContainsAny(name, "._\\") || i < len(t) && t[i] == ':' || i < len(t) && t[i] == '(') {
			return true
		}
	}
	return false
}

// programHead: a program's or device's name, a colon, and an error: "nginx: [emerg] bind() failed".
func programHead(v *vocabulary, f string) bool {
	i := strings.IndexByte(f, ':')
	if i < 2 || i > 60 || i+2 >= len(f) {
		return false
	}
	name := f[:i]
	if n := strings.Count(name, " "); n > 0 && (!strings.ContainsAny(name, "[(") || f[i+1] != ' ') || n > 3 { // an address of IPv6 has colons, too
		return false
	}
	if v.programs[strings.TrimRight(name, "0123456789[]")] || strings.ContainsAny(name, "[/") && !strings.HasPrefix(name, "http") && !strings.HasPrefix(name, "/") && name[0] != '\'' && name[0] != '"' {
		return v.errorWords.has(splitWords(f[i+1:])) || strings.HasPrefix(strings.TrimSpace(f[i+1:]), "(")
	}
	return false
}

// stackFrame: a call of a trace; raw is the line with its indent.
func stackFrame(raw, t string) bool {
	indented := len(raw) > len(t) && (raw[0] == ' ' || raw[0] == '\t')
	switch {
	case strings.HasPrefix(t, "at ") && (strings.ContainsAny(t, "(/:") || indented):
		return strings.ContainsAny(t, "(.:")
	case strings.HasPrefix(t, "bei ") && strings.Contains(t, "(") && strings.Contains(t, "."):
		return true
	case strings.HasPrefix(t, "File \"") && strings.Contains(t, "line "):
		return true
	case strings.HasPrefix(t, "... ") && strings.HasSuffix(t, "more"), strings.HasPrefix(t, "goroutine "):
		return true
	case len(t) > 2 && t[0] == '#' && digits(t[1:]) > 0 && strings.ContainsAny(t, "(/"):
		return true
	case strings.HasPrefix(t, "from /"), strings.HasPrefix(t, "thrown in "):
		return true
	}
	return indented && (strings.HasPrefix(t, "/") && lineNumber(t) || strings.HasPrefix(t, "node:"))
}

// lineNumber: "/srv/app/main.rb:12:in `call'".
func lineNumber(t string) bool {
	for i := 0; i+1 < len(t); i++ {
		if t[i] == ':' && digits(t[i+1:i+2]) == 1 {
			return true
		}
	}
	return false
}

// prompted: a command as it was typed.
func prompted(t string) bool {
	for _, p := range []string{"$ ", "# ", "% ", "> ", "~$ ", "~# ", "PS C:", "C:\\>", "mysql> ", "SQL> ", "postgres=# "} {
		if strings.HasPrefix(t, p) {
			return true
		}
	}
	if i := strings.IndexAny(t, "$#>"); i > 3 && (t[i] != '>' || t[0] != '<' && i+1 < len(t) && t[i+1] == ' ') && i < 60 && strings.Contains(t[:i], "@") && strings.Contains(t[:i], ":") && !strings.Contains(t[:i], " ") {
		return true
	}
	return false
}
