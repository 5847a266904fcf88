package rules

import (
	"net/netip"
	"strings"
)

// hostContext answers what stands around a token of one source.
type hostContext struct {
	s    *source
	line int  // the line of the last token asked for
	log  bool // what that line is
}

func newHostContext(s *source) *hostContext { return &hostContext{s: s, line: -1} }

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
		if c.s.v.hostBefore[f] {
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
		case "ver", "v", "release", "build", "firmware", "patch", "update", "php", "mysql", "mariadb", "chrome", "firefox", "edge", "outlook":
			return true
		}
	}
	return t.before == 'v' || t.before == 'V'
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

// bareHost decides on a name without dots that the inventory does not know.
func bareHost(name string, t hostToken, ctx *hostContext) bool {
	if len(name) < 3 || len(name) > 40 || ctx.s.v.notHosts[name] || ticketNumber(name) || strings.Contains(name, "_") || t.after == '@' || t.after == '=' {
		return false
	}
	if t.scheme == "unc" || t.scheme == "ssh" || t.scheme != "" && strings.ContainsAny(name, "0123456789-") {
		return true
	}
	if ctx.hasAddress(t) && !ctx.s.v.hostBefore[name] && !ctx.s.v.generic[name] && !ctx.s.v.roles[name] {
		return true
	}
	// A plain word of small letters is no host, whatever stands before it.
	if !strings.ContainsAny(name, "0123456789-") && t.text == name && !rolePrefix(name) {
		return false
	}
	if digits(name) == len(name) {
		return false
	}
	parts := strings.Split(name, "-")
	role, strong, numbered, other := false, false, false, 0
	for i, p := range parts {
		stem := strings.TrimRight(p, "0123456789")
		if p == "" {
			return false
		}
		if stem == "" {
			numbered = true
			if len(p) > 4 && parts[0] != "vm" && parts[0] != "vps" || i == 0 {
				return false
			}
			continue
		}
		if len(stem) < len(p) {
			numbered = true
			if len(p)-len(stem) > 4 {
				return false
			}
		}
		if i > 0 && ctx.s.v.generic[p] && !ctx.labelled(t) {
			return false
		}
		switch {
		case ctx.s.v.strongRoles[stem]:
			strong, role = true, true
		case ctx.s.v.roles[stem] || rolePrefix(stem):
			role = true
		default:
			other++
		}
	}
	switch {
	case strong && numbered && plainDigits(name, t):
		return true
	case len(parts) == 2 && ctx.s.v.strongRoles[parts[0]] && len(parts[1]) == 1 && t.text == name:
		return true // node-a, web-b
	case role && numbered && len(parts) > 1:
		return true
	case len(parts) > 1 && t.text == name && ctx.labelled(t):
		return true
	case len(parts) == 2 && t.text == name && ctx.s.v.shortRoles[parts[0]] && ctx.placed(t) && !speech(ctx.s.v, parts[1]):
		return true
	case counted(ctx.s.v, name) && !ctx.logLine(t):
		return true
	case (numbered || role && len(parts) > 1 && (other == 0 || t.text == name) || shoutedName(t.text)) && !ticketLike(t.text) && ctx.named(t):
		return true
	case rolePrefix(name) && len(parts) == 1 && shoutedName(t.text):
		return true
	}
	return false
}

// hasAddress: "bmdserver (192.168.16.10)", written small or in capitals as names are.
func (c *hostContext) hasAddress(t hostToken) bool {
	rest, ok := strings.CutPrefix(strings.TrimLeft(c.s.text[t.to:min(len(c.s.text), t.to+60)], " "), "(")
	if !ok || t.text != strings.ToLower(t.text) && t.text != strings.ToUpper(t.text) {
		return false
	}
	address, _, ok := strings.Cut(rest, ")")
	if !ok {
		return false
	}
	_, err := netip.ParseAddr(strings.TrimSpace(strings.TrimPrefix(address, "IP ")))
	return err == nil
}

// labelled: "Server: x" and "Host: x", with nothing between.
func (c *hostContext) labelled(t hostToken) bool {
	w := c.wordsBefore(t.from, 1)
	return len(w) == 1 && c.s.v.hostBefore[w[0].fold] && strings.TrimSpace(c.s.text[w[0].to:t.from]) == ":"
}

// placed: "auf fs-koeln", "on db-main".
func (c *hostContext) placed(t hostToken) bool {
	w := c.wordsBefore(t.from, 1)
	return len(w) == 1 && (w[0].fold == "auf" || w[0].fold == "on" || w[0].fold == "von" || w[0].fold == "from" || w[0].fold == "zu" || w[0].fold == "to")
}

// speech: the second half of compounds, not of names: db-basiert, vpn-maessig, fs-level.
func speech(v *vocabulary, s string) bool {
	for _, end := range []string{"basiert", "basierte", "seitig", "seitige", "maessig", "mäßig", "technisch", "technische", "based", "level", "side", "only", "related"} {
		if s == end {
			return true
		}
	}
	return v.generic[s]
}

// counted: three letters or more and a number with a zero before it: "sqlclu01", "frankfurt02". People
// count nothing else so.
func counted(v *vocabulary, name string) bool {
	stem := strings.TrimRight(name, "0123456789")
	n := name[len(stem):]
	return len(stem) >= 3 && len(n) == 2 && n[0] == '0' && n[1] != '0' && !strings.ContainsAny(stem, "0123456789") && !v.countedThings[strings.TrimRight(stem, "-")]
}

// plainDigits refuses a year behind a product: server2019, sql-2022.
func plainDigits(name string, t hostToken) bool {
	i := len(strings.TrimRight(name, "0123456789"))
	n := name[i:]
	return !(len(n) == 4 && (strings.HasPrefix(n, "20") || strings.HasPrefix(n, "19")) && !strings.HasPrefix(name, "vm") && !strings.HasPrefix(name, "vps"))
}

// rolePrefix: srvdatev, dbshop: a role and a word, as the names of Windows machines are made.
func rolePrefix(stem string) bool {
	for _, p := range []string{"srv", "vm"} {
		if rest, ok := strings.CutPrefix(stem, p); ok && len(rest) >= 2 {
			return true
		}
	}
	rest, ok := strings.CutSuffix(stem, "srv")
	return ok && len(rest) >= 2
}

// shoutedName: capitals, at least four: the names of Windows machines.
func shoutedName(s string) bool {
	return len(s) >= 4 && strings.ToUpper(s) == s && strings.ToLower(s) != s
}

// ticketNumber: ns-2026-0412 and ne-10001 are our own.
func ticketNumber(name string) bool {
	return (strings.HasPrefix(name, "ns-") || strings.HasPrefix(name, "ne-")) && len(name) >= 7 && strings.Trim(name[3:], "0123456789-") == ""
}

// ticketLike: CHG-5512, INC0012345, NS-10001.
func ticketLike(s string) bool {
	f := strings.ToLower(s)
	for _, p := range []string{"ns-", "ne-", "chg", "inc", "req", "ritm", "prb", "re-", "kb", "cve-", "ticket", "case", "id-"} {
		if strings.HasPrefix(f, p) {
			return true
		}
	}
	return false
}
