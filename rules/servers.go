package rules

import (
	"net/netip"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// maxServers bounds what one mail can name.
const maxServers = 50

// serverFinder collects the servers of a mail in the order of its sources.
type serverFinder struct {
	d        *doc
	customer string
	found    []finding
	servers  []Server
	seen     map[string]bool    // by key, all names of a known server's spelling
	domains  map[string]bool    // registrable domains of the sender and of servers named in prose
	weak     []Server           // of logs, used only where nothing else is named
	known    map[string][]Known // what the inventory said of a name
	words    map[string]bool    // plain words seen: whether they are nothing else
}

// findServers finds the servers that subject, new text and attached logs name as affected.
func findServers(d *doc, found []finding, customer string) []Server {
	f := &serverFinder{d: d, customer: customer, found: found, seen: map[string]bool{}, domains: map[string]bool{}, words: map[string]bool{}, known: map[string][]Known{}}
	for _, a := range d.m.From {
		f.domains[registrable(domainOf(a.Address))] = true
	}
	delete(f.domains, "")
	f.scan(&d.title, len(d.title.text))
	f.scan(&d.body, d.closing)
	if d.forward {
		f.scan(&d.passed, len(d.passed.text))
	}
	for i := range d.logs {
		f.scan(&d.logs[i], len(d.logs[i].text))
	}
	if len(f.servers) == 0 {
		for _, s := range f.weak {
			f.add(s)
		}
	}
	return dropShort(f.servers)
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// registrable is the part of a domain that one owner registered, or "".
func registrable(domain string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil || thirdParties[d] {
		return ""
	}
	return d
}

func (f *serverFinder) scan(s *source, until int) {
	ctx := newHostContext(s)
	hostTokens(s.text[:until], func(t hostToken) {
		if len(f.servers) < maxServers && len(t.text) >= 2 && len(t.text) <= 253 {
			f.consider(s, ctx, t)
		}
	})
}

func (f *serverFinder) consider(s *source, ctx *hostContext, t hostToken) {
	if t.scheme == "" && plainWord(t.text) && f.justWord(t.text) && !ctx.hasAddress(t) {
		return
	}
	inLog := s.log || ctx.logLine(t) || covered(f.found, s, t.from, t.to) && lineLike(f.found, s, t.from, t.to)
	name := strings.ToLower(strings.ReplaceAll(t.text, "‑", "-"))
	server := Server{Name: name, Source: s.name, Span: Span{t.from, t.to}}
	if t.addr.IsValid() {
		f.address(server, t, inLog, ctx)
		return
	}
	known := f.lookup(name)
	if len(known) > 0 && f.nameHolds(name, known, t, ctx) {
		server.Known, server.Owner = true, owner(known)
		f.add(server)
		return
	}
	if strings.Contains(name, ".") {
		f.dotted(server, t, inLog)
		return
	}
	if !inLog && !t.path && bareHost(name, t, ctx) {
		f.add(server)
	} else if s.log && bareHost(name, t, ctx) {
		f.weak = append(f.weak, server)
	}
}

// plainWord: nothing but small letters.
func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return true
}

// justWord: a plain word that the inventory does not have and that no host is called, whatever stands
// before it. Most of a mail is such words, and the same ones.
func (f *serverFinder) justWord(w string) bool {
	just, seen := f.words[w]
	if !seen {
		just = !rolePrefix(w) && len(f.d.w.Inventory.Lookup(w)) == 0
		f.words[w] = just
	}
	return just
}

// lineLike: the token lies in a message of whole lines, a log line rather than a sentence.
func lineLike(found []finding, s *source, from, to int) bool {
	for _, x := range found {
		if x.src == s && x.whole && from >= x.from && to <= x.to {
			return true
		}
	}
	return false
}

func (f *serverFinder) lookup(name string) []Known {
	known, seen := f.known[name]
	if !seen {
		known = f.d.w.Inventory.Lookup(name)
		f.known[name] = known
	}
	if len(known) < 2 {
		return known
	}
	// Several servers of one name: the sender's own, if his number says which.
	var own []Known
	for _, k := range known {
		if k.Owner != "" && k.Owner == f.customer || f.domains[registrable(k.Name)] {
			own = append(own, k)
		}
	}
	if len(own) > 0 {
		return own
	}
	return known
}

// owner is the customer number all agree on, or "".
func owner(known []Known) string {
	o := known[0].Owner
	for _, k := range known {
		if k.Owner != o {
			return ""
		}
	}
	return o
}

// nameHolds: a bare name of letters only ("mail", "shop", "hub") may be a word of the language. It
// counts if it is written as names are, or stands where names stand.
func (f *serverFinder) nameHolds(name string, known []Known, t hostToken, ctx *hostContext) bool {
	if t.path && t.scheme == "" && !strings.Contains(name, ".") {
		return false
	}
	if strings.ContainsAny(name, ".0123456789-") {
		return !ownDomain(name, f.d.w.Own)
	}
	if ctx.named(t) || t.scheme != "" {
		return true
	}
	if roles[name] || generic[name] || len(name) < 5 {
		return false
	}
	return !known[0].Short
}

// ownDomain: our own web site and mail domain are nobody's affected server.
func ownDomain(name string, own []string) bool {
	name = strings.TrimPrefix(name, "www.")
	for _, a := range own {
		if domainOf(a) == name {
			return true
		}
	}
	return false
}

// address decides on an IP address.
func (f *serverFinder) address(s Server, t hostToken, inLog bool, ctx *hostContext) {
	a := t.addr.Unmap()
	s.Name = strings.ToLower(t.text)
	if a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || resolvers[a.String()] || netmask(a) {
		return
	}
	if t.after == '/' && networkLength(ctx.s.text[t.to:]) || ctx.version(t) {
		return
	}
	if known := f.d.w.Inventory.Lookup(a.String()); len(known) > 0 {
		s.Known, s.Owner = true, owner(known)
		f.add(s)
		return
	}
	if inLog {
		if !ctx.client(t) {
			f.weak = append(f.weak, s)
		}
		return
	}
	if !ctx.client(t) {
		f.add(s)
	}
}

// resolvers that everybody pings.
var resolvers = setOf("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9", "208.67.222.222", "2001:4860:4860::8888", "2606:4700:4700::1111")

func netmask(a netip.Addr) bool {
	b := a.AsSlice()
	return a.Is4() && b[0] == 255
}

// networkLength: "/24" makes an address a network; "/login" does not.
func networkLength(rest string) bool {
	n := digits(rest[1:])
	return n > 0 && n <= 2 && rest[1:1+n] != "32" && (1+n == len(rest) || !isAlnum(rest[1+n]))
}

// dotted decides on a name with dots that the inventory does not know.
func (f *serverFinder) dotted(s Server, t hostToken, inLog bool) {
	url := t.scheme != "" && t.scheme != "mailto"
	if !hostShape(s.Name) || t.after == '@' || t.before == '@' || t.path && !url {
		return
	}
	labels := strings.Split(s.Name, ".")
	tld := labels[len(labels)-1]
	public := publicTLD(tld)
	if !public && !(privateEndings[tld] && len(labels) >= 2) {
		return
	}
	if ownDomain(s.Name, f.d.w.Own) {
		return
	}
	reg := registrable(asciiOr(s.Name))
	if public && reg == "" || thirdParties[s.Name] {
		return
	}
	www := labels[0] == "www"
	if !url && !www && notAName(t.text, labels, tld) {
		return
	}
	if trackers[labels[0]] && len(labels) > 2 && !f.domains[reg] {
		return
	}
	if inLog && !f.domains[reg] {
		if !t.path {
			f.weak = append(f.weak, s)
		}
		return
	}
	if !inLog {
		f.domains[reg] = true
		delete(f.domains, "")
	}
	f.add(s)
}

func asciiOr(name string) string {
	if a, err := hostKey(name); err == nil {
		return a
	}
	return name
}

// hostShape: labels of letters, digits and hyphens (RFC 1123, 2.1), IDN allowed, and not all numbers.
func hostShape(name string) bool {
	letters := false
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r == '_' {
				return false
			}
			letters = letters || r > '9'
		}
	}
	return letters
}

// publicTLD: the last label is one of the public list.
func publicTLD(tld string) bool {
	if len(tld) < 2 {
		return false
	}
	_, icann := publicsuffix.PublicSuffix("x." + asciiOr(tld))
	return icann
}

// notAName: dotted text that is a file, a class, a sentence without its blank, or an abbreviation.
func notAName(written string, labels []string, tld string) bool {
	if fileEndings[tld] && len(labels) == 2 {
		return true
	}
	// org.apache.tomcat.net, com.firma.shop: the reversed names of Java.
	if len(labels) > 2 && (labels[0] == "com" || labels[0] == "org" || labels[0] == "net" || labels[0] == "io" || labels[0] == "java" || labels[0] == "javax" || labels[0] == "sun") {
		return true
	}
	parts := strings.Split(written, ".")
	last := parts[len(parts)-1]
	upper := func(s string) bool { return s[0] >= 'A' && s[0] <= 'Z' }
	// "nicht.Bitte": a capital after the dot, and a word before it that is no capital's.
	if upper(last) && strings.ToUpper(last) != last && !(upper(parts[0]) && strings.ToUpper(written) == written) {
		return true
	}
	// z.B., u.a., d.h., i.d.R.
	short := 0
	for _, p := range parts {
		if len(p) == 1 {
			short++
		}
	}
	return short >= len(parts)-1
}

func (f *serverFinder) add(s Server) {
	key, err := hostKey(s.Name)
	if err != nil || f.seen[key] {
		return
	}
	f.seen[key] = true
	f.servers = append(f.servers, s)
}

// dropShort leaves out a bare name where its full name is there as well: srv-erp beside
// srv-erp.firma.local is one server.
func dropShort(in []Server) []Server {
	var out []Server
	for _, s := range in {
		full := false
		if !strings.Contains(s.Name, ".") {
			for _, o := range in {
				if strings.HasPrefix(o.Name, s.Name+".") {
					full = true
				}
			}
		}
		if !full {
			out = append(out, s)
		}
	}
	return out
}
