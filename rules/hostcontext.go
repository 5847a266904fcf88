package rules

import "strings"

// hostContext answers what stands around a token of one source.
type hostContext struct {
	s    *source
	line int  // the line of the last token asked for
	log  bool // what that line is

	apart    map[string]takenApart // the names seen so far
	families map[string]bool       // first parts of hosts that are a word and a role: lager-db
}

func newHostContext(s *source) *hostContext {
	return &hostContext{s: s, line: -1, apart: map[string]takenApart{}}
}

// logLine reports whether a token lies in a line of a log or a stack trace. Tokens come in order.
func (c *hostContext) logLine(t hostToken) bool {
	i := max(c.line, 0)
	for i+1 < len(c.s.lines) && c.s.lines[i+1].from <= t.from {
		i++
	}
	if i != c.line && i < len(c.s.lines) {
		sh := c.s.lines[i].shape
		c.line, c.log = i, sh.stamped || sh.frame
	}
	return c.log
}

// wordsBefore are up to n words before a place, the nearest last, within the sentence.
func (c *hostContext) wordsBefore(at, n int) []word {
	from := runeStart(c.s.text, max(0, at-80))
	if i := strings.LastIndex(c.s.text[from:at], "\n\n"); i >= 0 {
		from += i + 2
	}
	w := c.s.wordsIn(from, at)
	if len(w) > n {
		w = w[len(w)-n:]
	}
	return w
}

// named reports whether the words before a token say that it is a host: "Server X", "host: X", "heißt
// bei uns X", or a list that begins so: "Server: a, b und c".
func (c *hostContext) named(t hostToken) bool {
	w := c.wordsBefore(t.from, 4)
	for k := len(w) - 1; k >= 0; k-- {
		f := w[k].fold
		if c.hostWord(f) {
			return true
		}
		if !c.s.v.between[f] && !(strings.ContainsAny(f, "0123456789") && k == len(w)-1) {
			return false
		}
	}
	return false
}

// version reports whether the words before a number with dots make it a version.
func (c *hostContext) version(t hostToken) bool {
	w := c.wordsBefore(t.from, 5)
	for i, x := range w {
		if x.fold == "version" || x.fold == "versionen" || x.fold == "versions" {
			return true
		}
		if i < len(w)-2 {
			continue
		}
		switch x.fold {
		case "ver", "v", "release", "build", "firmware", "patch", "update":
			return true
		case "php", "mysql", "mariadb", "chrome", "firefox", "edge", "outlook":
			return i == len(w)-1 || !(w[i+1].fold == "auf" || w[i+1].fold == "on" || w[i+1].fold == "at") || updated(w[:i])
		}
	}
	return t.before == 'v' || t.before == 'V'
}

// updated: words that speak of a new version: "das Update von MariaDB auf 10.6.16.1".
func updated(w []word) bool {
	for _, x := range w {
		switch x.fold {
		case "update", "upgrade", "von", "from", "haben", "updated", "upgraded":
			return true
		}
	}
	return false
}

// client reports whether an address is that of whoever asked, not of who was asked.
func (c *hostContext) client(t hostToken) bool {
	w := c.wordsBefore(t.from, 2)
	for _, x := range w {
		switch x.fold {
		case "client", "clients", "absender-ip", "nameserver", "resolver", "dns-server", "angreifer", "attacker", "attackers", "gateway-ip", "netmask", "netzmaske", "meine", "my":
			return true
		}
	}
	return t.before == '@' // dig @192.0.2.53
}

// labelled: "Server: x" and "Host: x", with nothing between.
func (c *hostContext) labelled(t hostToken) bool {
	w := c.wordsBefore(t.from, 1)
	return len(w) == 1 && w[0].to <= t.from && c.hostWord(w[0].fold) && strings.TrimSpace(c.s.text[w[0].to:t.from]) == ":"
}
