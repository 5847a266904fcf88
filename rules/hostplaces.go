package rules

import (
	"net/netip"
	"strings"
)

// lineOf is the line of a token: what stands before it and behind it.
func (c *hostContext) lineOf(t hostToken) (before, behind string) {
	text := c.s.text
	from := max(strings.LastIndexByte(text[:t.from], '\n')+1, t.from-200)
	to := min(len(text), t.to+200)
	if i := strings.IndexByte(text[t.to:to], '\n'); i >= 0 {
		to = t.to + i
	}
	return text[from:t.from], text[t.to:to]
}

// wordBefore and wordBehind are the folded words beside a token on its line, "" if a mark stands between, or nothing.
func (c *hostContext) wordBefore(t hostToken) string {
	w := c.wordsBefore(t.from, 1)
	if len(w) == 0 || w[0].to > t.from || strings.Trim(c.s.text[w[0].to:t.from], " \t\n\"'„“»*_") != "" {
		return ""
	}
	return w[0].fold
}

func (c *hostContext) wordBehind(t hostToken) string {
	w := c.s.wordsIn(t.to, min(len(c.s.text), t.to+40))
	if len(w) == 0 || strings.Trim(c.s.text[t.to:w[0].from], " \t\n\"'“”«*_") != "" {
		return ""
	}
	return w[0].fold
}

// hostWord: a word that says that a host's name stands beside it; of compounds the end says so: Kassenserver,
// Domänencontroller.
func (c *hostContext) hostWord(w string) bool {
	if c.s.v.hostBefore[w] {
		return true
	}
	if len(w) < 7 || strings.IndexByte("rsnlt", w[len(w)-1]) < 0 {
		return false
	}
	for _, end := range []string{"server", "servers", "servern", "controller", "controllern", "knoten", "hypervisor", "firewall", "firewalls", "datenbankhost", "vmhost"} {
		if len(w) > len(end) && strings.HasSuffix(w, end) {
			return true
		}
	}
	return false
}

// bracketed: "unser Exchange (EX01)", "the firewall (fw1)": the name in brackets behind what it is.
func (c *hostContext) bracketed(t hostToken) bool {
	if t.before != '(' && t.before != '[' {
		return false
	}
	w := c.wordsBefore(t.from, 1)
	return len(w) == 1 && (c.hostWord(w[0].fold) || c.s.v.roles[w[0].fold])
}

// instance: "SQL Server (LOHN)" is an instance of a program, and no host.
func (c *hostContext) instance(t hostToken) bool {
	before := c.s.text[max(0, t.from-14):t.from]
	return t.before == '(' && strings.HasSuffix(strings.ToLower(strings.ReplaceAll(before, "-", " ")), "sql server (")
}

// nameField: "Hostname: kraken", "hostname=db" and nothing else on the line: there any word is a name.
func (c *hostContext) nameField(t hostToken) bool {
	i := t.from
	for i > 0 && strings.IndexByte(" \t\"'", c.s.text[i-1]) >= 0 {
		i--
	}
	if i == 0 || c.s.text[i-1] != ':' && c.s.text[i-1] != '=' { // most tokens, and every plain word is asked
		return false
	}
	before, behind := c.lineOf(t)
	if strings.Trim(behind, " \t\r\"'.;") != "" {
		return false
	}
	label := foldText(strings.Trim(before, " \t*-_•\"'"))
	label, ok := strings.CutSuffix(label, ":")
	if !ok {
		label, ok = strings.CutSuffix(label, "=")
	}
	switch strings.TrimSpace(label) {
	case "hostname", "host name", "servername", "server name", "rechnername", "computername", "maschinenname", "name des servers", "node name":
		return ok
	}
	return false
}

// hasAddress: "bmdserver (192.168.16.10)", "HV-NORD | 192.168.77.11", "app-lager, IP 10.0.0.7", written small or in
// capitals as names are.
func (c *hostContext) hasAddress(t hostToken) bool {
	text, i, bracket, bar := c.s.text, t.to, false, false
	for i < len(text) && strings.IndexByte(" \t|(,:=", text[i]) >= 0 {
		bracket, bar = bracket || text[i] == '(', bar || text[i] == '|'
		i++
	}
	if i == t.to || i == len(text) || strings.IndexByte("0123456789IifF", text[i]) < 0 { // asked of every word
		return false
	}
	if !strings.ContainsAny(t.text, "0123456789-") && !bracket && !(bar && shoutedName(t.text)) || !oneCase(t.text) {
		return false
	}
	rest := text[i:min(len(text), i+60)]
	for _, label := range []string{"IP-Adresse", "IP", "ip", "IPv4", "IPv6"} {
		rest = strings.TrimLeft(strings.TrimPrefix(rest, label), " :")
	}
	end := strings.IndexAny(rest, " \t\n|),;/]")
	if end < 0 {
		end = len(rest)
	}
	_, err := netip.ParseAddr(rest[:end])
	return err == nil
}

// podRow: a row of "kubectl get pods": how many of the containers are ready stands behind the name; nodes have none.
func (c *hostContext) podRow(t hostToken) bool {
	before, behind := c.lineOf(t)
	if strings.HasSuffix(before, "pod/") || strings.HasSuffix(before, "pods/") {
		return true
	}
	switch c.wordBefore(t) {
	case "pod", "pods", "deployment", "statefulset", "daemonset", "job", "cronjob":
		return true
	}
	rest := strings.TrimLeft(behind, " \t|")
	n := digits(rest)
	if n == 0 || n > 2 || len(rest) < n+3 || rest[n] != '/' || rest == behind {
		return false
	}
	rest = rest[n+1:]
	m := digits(rest)
	return m > 0 && m <= 2 && m < len(rest) && (rest[m] == ' ' || rest[m] == '\t')
}

// prompt: "fw-nord> show log", "sw-core1# conf t": the name is what a shell says first.
func (c *hostContext) prompt(t hostToken) bool {
	before, behind := c.lineOf(t)
	if strings.Trim(before, " \t[<") != "" || len(behind) < 2 {
		return false
	}
	return strings.IndexByte("#>$", behind[0]) >= 0 && (behind[1] == ' ' || behind[1] == '\t') && before == ""
}

// commanded: "ping fs-depot", "telnet … from jobs1".
func (c *hostContext) commanded(t hostToken) bool {
	switch c.wordBefore(t) {
	case "ping", "tracert", "traceroute", "mtr", "nslookup", "telnet", "ssh", "mstsc", "test-netconnection", "rdesktop", "resolve-dnsname", "enter-pssession":
		return true
	}
	return false
}

// quotedAsServer: `meldet sich als "kbw-lern"`: the name in quotation marks behind what servers do.
func (c *hostContext) quotedAsServer(t hostToken) bool {
	w := c.wordsBefore(t.from, 6)
	if len(w) == 0 || w[len(w)-1].fold != "als" && w[len(w)-1].fold != "as" && w[len(w)-1].fold != "namens" && w[len(w)-1].fold != "named" {
		return false
	}
	for _, x := range w {
		if c.hostWord(x.fold) {
			return true
		}
	}
	return false
}

// endOfRange: "minio1 bis minio4", "node1..node3": the same word with another number.
func (c *hostContext) endOfRange(t hostToken) bool {
	stem := strings.TrimRight(t.text, "0123456789")
	if len(stem) < 3 || c.s.v.countedThings[stem] {
		return false
	}
	before, behind := c.lineOf(t)
	for _, between := range []string{" bis ", " to ", "..", "...", " - ", " – ", "–", " through "} {
		if rest, ok := strings.CutPrefix(behind, between); ok {
			rest, ok = strings.CutPrefix(rest, stem)
			if n := digits(rest); ok && n > 0 && (n == len(rest) || !isAlnum(rest[n])) {
				return true
			}
		}
		if first, ok := strings.CutSuffix(before, between); ok {
			number := strings.TrimRight(first, "0123456789")
			if len(number) < len(first) && strings.HasSuffix(number, stem) && (len(number) == len(stem) || !isAlnum(number[len(number)-len(stem)-1])) {
				return true
			}
		}
	}
	return false
}

// standing: a name stands where hosts stand in a sentence or in a list.
func (c *hostContext) standing(t hostToken) bool {
	before, behind := c.lineOf(t)
	b := strings.TrimLeft(before, " \t*-•–·+>|")
	switch {
	case strings.HasSuffix(before, "("), b == "" && strings.HasPrefix(behind, ":"), b == "" && strings.Trim(behind, " \t\r,;.") == "":
		return true
	case c.hostWord(c.wordBefore(t)), c.s.v.beforeNames[c.wordBefore(t)], c.s.v.behindNames[c.wordBehind(t)]:
		return true
	}
	w := c.wordsBefore(t.from, 1)
	return len(w) == 1 && w[0].to <= t.from && (c.hostWord(w[0].fold) || strings.HasPrefix(w[0].fold, "betroffen") || w[0].fold == "affected") && strings.HasPrefix(strings.TrimLeft(c.s.text[w[0].to:t.from], " "), ":")
}

// consulted: a page of help that somebody looked something up in ("siehe https://docs.…"), or one of the maker of the program
// that wrote a mail ("Powered by …", "Diese Nachricht wurde von … erzeugt").
func (c *hostContext) consulted(t hostToken) bool {
	before, _ := c.lineOf(t)
	if len(before) < 3 {
		return false
	}
	w := c.s.wordsIn(t.from-len(before), t.from)
	if c.s.v.madeBy.has(w) {
		return true
	}
	label, _, _ := strings.Cut(strings.ToLower(t.text), ".")
	if !helpLabel(label) {
		return false
	}
	if n := len(w); n > 0 && t.scheme != "" { // the scheme of the address
		w = w[:n-1]
	}
	found := false
	c.s.v.consulting.find(w, func(m match) bool { found = m.to >= len(w)-1; return !found })
	return found
}

// visitingCard: a site alone on its line, below a line that begins with a number to call: "T +43 7242 555 66-0 | F …".
func (c *hostContext) visitingCard(t hostToken) bool {
	before, behind := c.lineOf(t)
	if strings.Trim(before, " \t<") != "" && strings.TrimSpace(before) != "http://" && strings.TrimSpace(before) != "https://" || strings.Trim(behind, " \t\r/>|") != "" {
		return false
	}
	above := strings.TrimRight(c.s.text[max(0, t.from-len(before)-200):t.from-len(before)], " \t\r\n")
	above = strings.TrimSpace(above[strings.LastIndexByte(above, '\n')+1:])
	label, rest, ok := strings.Cut(foldText(above), " ")
	switch strings.Trim(label, ".:") {
	case "t", "tel", "telefon", "phone", "m", "mobil", "mobile", "f", "fax", "e", "mail", "e-mail", "fon", "p":
		return ok && strings.ContainsAny(cut(rest, 8), "0123456789@")
	}
	return false
}

// helpLabel: the first label of the hosts where makers explain their products.
func helpLabel(label string) bool {
	switch label {
	case "help", "kb", "docs", "doc", "support", "forum", "forums", "community", "wiki", "learn", "developer", "developers", "knowledge", "knowledgebase",
		"kb2", "hilfe", "handbuch", "manual", "blog", "discuss", "answers", "bugs", "bugzilla":
		return true
	}
	return false
}
