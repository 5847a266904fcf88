package rules

import (
	"strings"
	"unicode"
)

// bareName is a name without dots, taken apart at its hyphens.
type bareName struct {
	parts    []string
	numbered bool // a part ends in, or is, a number as hosts have
	role     bool // a part is a role: web, sql, backup
	strong   bool // a part is one that with digits behind it says enough
	other    int  // parts that are no role
	speech   bool // a part behind the first is the second half of a compound of speech: db-verbindung
}

// takenApart is a name as takeApart read it.
type takenApart struct {
	bareName
	host bool
}

// takeApart reads the parts of a name; not so if no host is called so.
func takeApart(v *vocabulary, name string) (bareName, bool) {
	n := bareName{parts: strings.Split(name, "-")}
	for i, p := range n.parts {
		stem := strings.TrimRight(p, "0123456789")
		digits := len(p) - len(stem)
		switch {
		case p == "":
			return n, false
		case stem == "":
			if digits > 4 && n.parts[0] != "vm" && n.parts[0] != "vps" || i == 0 {
				return n, false
			}
			n.numbered = true
			continue
		case i > 0 && numberAndLetter(p):
			n.numbered = true // edge-7a
			continue
		case digits > 4 || digits > 0 && v.productStems[stem] && !(i > 0 && digits < 3 && v.nameRoles[n.parts[0]]):
			return n, false
		case digits > 0:
			n.numbered = true
		}
		if i > 0 && speech(v, foldText(p)) {
			n.speech = true
		}
		switch {
		case v.strongRoles[stem]:
			n.strong, n.role = true, true
		case v.roles[stem] || rolePrefix(stem):
			n.role = true
		default:
			n.other++
		}
	}
	if k := len(n.parts) - 1; k > 1 && n.other == 0 && stageName(n.parts[k-1]) && digits(n.parts[k]) == len(n.parts[k]) {
		n.speech = false // db-prod-1
	}
	if len(n.parts) == 3 && v.strongRoles[n.parts[1]] && len(n.parts[2]) < 4 && digits(n.parts[2]) == len(n.parts[2]) && !v.commonBefore[n.parts[0]] {
		n.speech = false // kc-node-1
	}
	return n, !podName(n.parts)
}

// stageName: what a host is for, as names say it between a role and a number.
func stageName(p string) bool {
	switch p {
	case "prod", "live", "stage", "staging", "test", "dev", "int", "backup":
		return true
	}
	return false
}

// numberAndLetter: 7a, 12b.
func numberAndLetter(p string) bool {
	n := digits(p)
	return n > 0 && n < 3 && len(p) == n+1 && p[n] >= 'a' && p[n] <= 'z'
}

// bareHost decides on a name without dots that the inventory does not know.
func bareHost(name string, t hostToken, ctx *hostContext) bool {
	v := ctx.s.v
	if len(name) < 3 || len(name) > 40 || v.notHosts[name] || ticketNumber(name) || strings.Contains(name, "_") || t.after == '@' || t.after == '=' {
		return false
	}
	if t.scheme == "unc" || t.scheme == "ssh" || t.scheme != "" && strings.ContainsAny(name, "0123456789-") {
		return true
	}
	if ctx.hasAddress(t) && !v.hostBefore[name] && !v.generic[name] && !v.roles[name] || ctx.nameField(t) {
		return true
	}
	// A plain word of small letters is no host, whatever stands before it.
	if !strings.ContainsAny(name, "0123456789-") && t.text == name && !rolePrefix(name) {
		return false
	}
	if digits(name) == len(name) {
		return false
	}
	n, ok := ctx.apart[name] // a log names the same things in every line
	if !ok {
		n.bareName, n.host = takeApart(v, name)
		ctx.apart[name] = n
	}
	if n.host && ctx.ofFamily(n, t) {
		return true
	}
	if !n.host || n.speech && !ctx.labelled(t) && !n.numbered {
		return false
	}
	host := (n.shaped(name, t, ctx) || n.placed(t, ctx) || n.peer(t, ctx) || n.roleAndWord(t, ctx)) && !ctx.podRow(t) && !ctx.instance(t)
	if host && len(n.parts) == 2 && n.other == 1 {
		ctx.family(n.parts[0])
	}
	return host
}

// peer: one of a list of hosts that share their first part: "the guests scada-hist, scada-gw and dmz-proxy1".
func (n bareName) peer(t hostToken, ctx *hostContext) bool {
	if len(n.parts) != 2 || n.speech || len(n.parts[0]) < 3 || t.text != strings.ToLower(t.text) || ctx.s.log {
		return false
	}
	before, behind := ctx.lineOf(t)
	first := n.parts[0] + "-"
	shared := false
	for _, and := range []string{", ", " und ", " and ", " / ", " & "} {
		rest, ok := strings.CutPrefix(behind, and)
		shared = shared || ok && strings.HasPrefix(rest, first)
		if rest, ok = strings.CutSuffix(before, and); ok {
			last := rest[strings.LastIndexByte(rest, ' ')+1:]
			shared = shared || strings.HasPrefix(last, first)
			before = strings.TrimSuffix(rest, last)
			break
		}
	}
	if !shared {
		return false
	}
	w := splitWords(before[max(0, len(before)-40):])
	return len(w) > 0 && ctx.hostWord(w[len(w)-1].fold)
}

// family notes the first part of a host of two: others that begin so are hosts, too.
func (c *hostContext) family(first string) {
	if c.families == nil {
		c.families = map[string]bool{}
	}
	c.families[first] = true
}

// ofFamily: beside lager-db also lager-web and lager-cache are hosts.
func (c *hostContext) ofFamily(n takenApart, t hostToken) bool {
	return c.families != nil && len(n.parts) == 2 && c.families[n.parts[0]] && c.s.v.roles[n.parts[1]] && oneCase(t.text)
}

// shaped: the name alone says that it is a host's.
func (n bareName) shaped(name string, t hostToken, ctx *hostContext) bool {
	switch {
	case n.strong && n.numbered && plainDigits(name, t):
		return !n.speech || ctx.labelled(t) || len(n.parts) == 1
	case len(n.parts) == 2 && ctx.s.v.strongRoles[n.parts[0]] && len(n.parts[1]) == 1 && t.text == name:
		return true // node-a, web-b
	case n.role && n.numbered && len(n.parts) > 1:
		return !n.speech || ctx.labelled(t)
	case counted(ctx.s.v, name) && !ctx.logLine(t):
		return true
	case rolePrefix(name) && len(n.parts) == 1 && shoutedName(t.text):
		return true
	}
	return false
}

// placed: what stands around the name says that it is a host's.
func (n bareName) placed(t hostToken, ctx *hostContext) bool {
	switch {
	case len(n.parts) > 1 && t.text == strings.ToLower(t.text) && ctx.labelled(t):
		return true
	case ticketLike(t.text):
		return false
	case n.numbered || n.role && len(n.parts) > 1 && (n.other == 0 || t.text == strings.ToLower(t.text)) || shoutedName(t.text):
		if ctx.named(t) || n.numbered && ctx.bracketed(t) {
			return true
		}
	}
	if ctx.s.log || ctx.logLine(t) {
		return false // sentences are not written there
	}
	if (n.numbered || len(n.parts) > 1) && (ctx.prompt(t) || ctx.commanded(t) || ctx.quotedAsServer(t)) {
		return true
	}
	if !n.numbered || len(n.parts) > 1 || t.text != strings.ToLower(t.text) {
		return false
	}
	stem := strings.TrimRight(t.text, "0123456789")
	return ctx.endOfRange(t) || len(stem) >= 4 && len(t.text)-len(stem) <= 2 && !ctx.s.v.countedThings[stem] && ctx.s.v.beforeNames[ctx.wordBefore(t)]
}

// roleAndWord: fw-graz, FS-LEHRER, vpn-gw-dublin. Of roles that people say, too ("db-reporting", "vpn-einwahl"), the
// place must tell.
func (n bareName) roleAndWord(t hostToken, ctx *hostContext) bool {
	v := ctx.s.v
	if len(n.parts) < 2 || n.speech || !n.role || ctx.s.log || !oneCase(t.text) || ctx.logLine(t) {
		return false
	}
	first, last := n.parts[0], n.parts[len(n.parts)-1]
	if len(n.parts) == 2 && n.wordAndRole(first, last, t, ctx) {
		return true
	}
	if len(last) < 2 || last[0] >= '0' && last[0] <= '9' || shoutedName(t.text) && (len(last) < 4 || ctx.shouting(t)) {
		return false
	}
	switch {
	case v.nameRoles[first], len(n.parts) > 2 && v.shortRoles[n.parts[1]]:
		return true
	case v.shortRoles[first] || shoutedName(t.text) && v.strongRoles[first]:
		return ctx.standing(t)
	}
	return false
}

// wordAndRole: lager-srv, and, where a host must stand and no article makes it speech, lager-db and praxis-ts.
func (n bareName) wordAndRole(first, last string, t hostToken, ctx *hostContext) bool {
	v := ctx.s.v
	if n.other != 1 || len(first) < 3 || first[0] < 'a' || v.roles[first] || v.generic[first] || v.notHosts[first] || shoutedName(t.text) && ctx.shouting(t) {
		return false
	}
	switch {
	case v.nameRoles[last]:
		return true
	case !v.shortRoles[last] || v.commonBefore[first]:
		return false
	}
	w := ctx.wordBefore(t)
	return ctx.hostWord(w) || v.beforeNames[w] || v.behindNames[ctx.wordBehind(t)] && !article(w)
}

// article: a word that makes a thing of speech of a name behind it: "die kunden-db", "our test-vm".
func article(w string) bool {
	switch w {
	case "der", "die", "das", "den", "dem", "des", "ein", "eine", "einer", "einem", "einen", "unser", "unsere", "unserer", "unserem", "unseren",
		"meine", "mein", "meiner", "eure", "ihre", "jede", "diese", "dieser", "the", "a", "an", "our", "my", "your", "this", "that", "every", "each", "zur", "zum", "vom", "im", "am", "beim":
		return true
	}
	return false
}

// oneCase: all small or all capital, as host names are written and compounds are not.
func oneCase(s string) bool { return s == strings.ToLower(s) || s == strings.ToUpper(s) }

// speech: the second half of compounds, not of names: db-basiert, vpn-einwahl, fs-level.
func speech(v *vocabulary, s string) bool {
	if v.generic[s] {
		return true
	}
	for _, end := range v.speechEndings {
		if len(s) > len(end)+1 && strings.HasSuffix(s, end) || s == end {
			return true
		}
	}
	return false
}

// podName: a pod of a deployment, as Kubernetes names it: a hash of the template and five random signs, without
// vowels and what looks like one (k8s.io/apimachinery, rand.SafeEncodeString).
func podName(parts []string) bool {
	if len(parts) < 3 {
		return false
	}
	hash, random := parts[len(parts)-2], parts[len(parts)-1]
	return len(random) == 5 && podSigns(random) && (len(hash) >= 8 && len(hash) <= 10 && hexOrPod(hash) || strings.ContainsAny(random, "2456789") && digitsInside(random))
}

const podAlphabet = "bcdfghjklmnpqrstvwxz2456789"

func podSigns(s string) bool { return strings.Trim(s, podAlphabet) == "" }

func hexOrPod(s string) bool {
	return strings.Trim(s, "0123456789abcdefghjklmnpqrstvwxz") == "" && strings.ContainsAny(s, "0123456789")
}

// digitsInside: x7k2p, and not relay2 or web19.
func digitsInside(s string) bool {
	return strings.ContainsAny(strings.TrimRight(s, "0123456789"), "0123456789")
}

// rangeEnds takes a range of names apart: web01-03 is from web01 to web03, and so is web01-web03.
func rangeEnds(name string) (first, last string, ok bool) {
	a, b, ok := strings.Cut(name, "-")
	if !ok || strings.Contains(b, "-") {
		return "", "", false
	}
	stem := strings.TrimRight(a, "0123456789")
	from, to := a[len(stem):], strings.TrimPrefix(b, stem)
	if stem == "" || from == "" || len(from) > 2 || len(from) != len(to) || digits(to) != len(to) || to <= from {
		return "", "", false
	}
	return a, stem + to, true
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

// shouting: the words around a name in capitals are in capitals, too.
func (c *hostContext) shouting(t hostToken) bool {
	from := strings.LastIndexByte(c.s.text[:t.from], '\n') + 1
	to := len(c.s.text)
	if i := strings.IndexByte(c.s.text[t.to:], '\n'); i >= 0 {
		to = t.to + i
	}
	upper, lower := 0, 0
	for _, part := range []string{c.s.text[from:t.from], c.s.text[t.to:to]} {
		for _, r := range part[:min(len(part), 200)] {
			switch {
			case unicode.IsUpper(r):
				upper++
			case unicode.IsLower(r):
				lower++
			}
		}
	}
	return upper > lower
}

// ticketNumber: ns-2026-0412 and ne-10001 are our own.
func ticketNumber(name string) bool {
	return (strings.HasPrefix(name, "ns-") || strings.HasPrefix(name, "ne-")) && len(name) >= 7 && strings.Trim(name[3:], "0123456789-") == ""
}

// ticketLike: CHG-5512, INC0012345, NS-10001.
func ticketLike(s string) bool {
	f := strings.ToLower(s)
	for _, p := range []string{"ns-", "ne-", "chg", "inc", "req", "ritm", "prb", "re-", "kb", "cve-", "ticket", "case", "id-"} {
		if rest, ok := strings.CutPrefix(f, p); ok && digits(strings.TrimLeft(rest, "-_#")) > 0 {
			return true
		}
	}
	return false
}
