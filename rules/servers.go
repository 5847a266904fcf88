package rules

import (
	"net/netip"
	"slices"
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
	rule     string // at work
	ruleOf   map[string]string
	whyOf    map[string]string
	seen     map[string]bool      // by key, all names of a known server's spelling
	domains  map[string]bool      // registrable domains of the sender and of servers named in prose
	weak     []candidate          // of logs, used only where nothing else is named
	known    map[string]*lookedUp // what the inventory said of a name
	words    map[string]bool      // plain words seen: whether they are nothing else
	spoken   map[string]bool      // bare names that the text says, not only the subject or a log
	last     lastName             // the host named last
}

// findServers finds the servers that subject, new text and attached logs name as affected.
func findServers(d *doc, found []finding, customer string) []Server {
	f := &serverFinder{d: d, customer: customer, found: found, seen: map[string]bool{}, domains: map[string]bool{}, words: map[string]bool{}, known: map[string]*lookedUp{}, spoken: map[string]bool{}, ruleOf: map[string]string{}, whyOf: map[string]string{}}
	for _, a := range d.m.From {
		f.domains[registrable(d.v, domainOf(a.Address))] = true
	}
	delete(f.domains, "")
	f.captured()
	if rule, on := d.set.finders[finderHosts]; on {
		f.rule = rule
		f.scan(&d.title, len(d.title.text))
		f.scan(&d.body, d.closing)
		if d.forward {
			f.scan(&d.passed, len(d.passed.text))
		}
		for i := range d.logs {
			f.scan(&d.logs[i], len(d.logs[i].text))
		}
	}
	if len(f.servers) == 0 {
		for _, s := range f.weak {
			f.add(s, "nothing else is named")
		}
	}
	f.servers = f.dropShort(f.servers)
	for _, s := range f.servers {
		d.took(f.ruleOf[s.Name], "server", s.Name, f.whyOf[s.Name], s.Source, s.Span.From, s.Span.To)
	}
	return f.servers
}

// captured takes what rules of the files captured as servers.
func (f *serverFinder) captured() {
	for _, c := range f.d.captured["server"] {
		name := strings.ToLower(strings.TrimRight(c.text(), "."))
		s := candidate{Server{Name: name, Source: c.src.name, Span: Span{c.from, c.to}}, c.src}
		if !hostShape(name) {
			if _, err := netip.ParseAddr(name); err != nil {
				f.d.refused(c.rule, "server", name, "no host name", c.src.name, c.from, c.to)
				continue
			}
		}
		if known := f.lookup(name); len(known) > 0 {
			s.Known, s.Owner = true, owner(known)
		}
		f.rule = c.rule
		f.add(s, "captured")
	}
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return strings.ToLower(domain)
}

// registrable is the part of a domain that one owner registered, or "".
func registrable(v *vocabulary, domain string) string {
	d, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil || v.thirdParties[d] {
		return ""
	}
	return d
}

func (f *serverFinder) scan(s *source, until int) {
	ctx := newHostContext(s)
	hostTokens(s.text[:until], func(t hostToken) {
		if !f.d.cuts.has(everySource, CutServers) && (len(t.text) >= 2 || f.last.src == s && t.from == f.last.to+1) && len(t.text) <= 253 {
			f.consider(s, ctx, t)
		}
	})
}

func (f *serverFinder) consider(s *source, ctx *hostContext, t hostToken) {
	if t.scheme == "" && f.dull(s, t) && f.justWord(t.text) && !ctx.hasAddress(t) && !ctx.nameField(t) {
		return
	}
	inLog := s.log || ctx.logLine(t) || covered(f.found, s, t.from, t.to) && lineLike(f.found, s, t.from, t.to)
	name := strings.ToLower(t.text)
	if strings.IndexByte(name, "‑"[0]) >= 0 {
		name = strings.ReplaceAll(name, "‑", "-")
	}
	server := candidate{Server{Name: name, Source: s.name, Span: Span{t.from, t.to}}, s}
	if t.addr.IsValid() {
		f.address(server, t, inLog, ctx)
		return
	}
	known := f.lookup(name)
	if len(known) > 0 && f.nameHolds(name, known, t, ctx) {
		server.Known, server.Owner = true, owner(known)
		f.says(server, t, inLog)
		f.add(server, "the inventory has it")
		return
	}
	if strings.Contains(name, ".") && !strings.Contains(name, "..") {
		f.dotted(server, t, inLog, ctx)
		return
	}
	if !inLog && f.ranged(server, t, ctx) {
		return
	}
	switch bare := bareHost(name, t, ctx); {
	case !bare:
		if len(known) > 0 || strings.ContainsAny(name, "0123456789-") && strings.Trim(name, "0123456789-") != "" { // of a number nobody asks why
			f.refuse(server, "a word or a number rather than a name: nothing says that it is a host")
		}
	case !inLog && !t.path || t.scheme == "unc":
		f.says(server, t, inLog)
		f.add(server, "written as host names are, or where one stands")
	case s.log:
		f.later(server, "named in a log only")
	default:
		f.refuse(server, "part of a path, or named in a log line only")
	}
}

// candidate is what may be a server, with the text in which it stands.
type candidate struct {
	Server
	src *source
}

func (f *serverFinder) refuse(c candidate, why string) {
	f.d.refused(f.rule, "server", c.Name, why, c.Source, c.Span.From, c.Span.To)
}

// later keeps what counts only where nothing else is named.
func (f *serverFinder) later(c candidate, why string) {
	f.weak = append(f.weak, c)
	f.refuse(c, why+": counts only where nothing else is named")
}

// dull: a token that most probably names nothing: small letters behind a first one of any size, or a number that goes on with
// no host named just before (web01/02).
func (f *serverFinder) dull(s *source, t hostToken) bool {
	if t.text[0] >= '0' && t.text[0] <= '9' {
		return digits(t.text) == len(t.text) && !(f.last.src == s && t.from-f.last.to < 12)
	}
	return plainWord(t.text)
}

// plainWord: nothing but small letters behind a first one, as words are written and hardly a host.
func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z' && i == 0 && len(s) > 1:
		case c >= 0x80 && c != "‑"[0]:
		default:
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
		just = !rolePrefix(strings.ToLower(w)) && len(f.d.w.Inventory.Lookup(w)) == 0
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

// lookedUp is what the inventory said of a name, and which of it are the sender's: a log names the same server in every
// line.
type lookedUp struct {
	all, own []Known
	domains  []string // of all
	known    int      // how many domains of the sender were known when own was decided
}

// lookup returns the servers of a name: of several the sender's own, if his number or his domains say which.
func (f *serverFinder) lookup(name string) []Known {
	l := f.known[name]
	if l == nil {
		l = &lookedUp{all: f.d.w.Inventory.Lookup(name), known: -1}
		f.known[name] = l
	}
	if len(l.all) < 2 {
		return l.all
	}
	if l.domains == nil {
		for _, k := range l.all {
			l.domains = append(l.domains, registrable(f.d.v, k.Name))
		}
	}
	if l.known != len(f.domains) {
		l.own, l.known = nil, len(f.domains)
		for i, k := range l.all {
			if k.Owner != "" && k.Owner == f.customer || f.domains[l.domains[i]] {
				l.own = append(l.own, k)
			}
		}
	}
	if len(l.own) > 0 {
		return l.own
	}
	return l.all
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
		return !ownDomain(name, f.d.w.Own) && !(f.d.v.notHosts[name] && known[0].Short && !ctx.named(t)) // s3
	}
	if ctx.instance(t) {
		return false
	}
	if ctx.named(t) || t.scheme != "" {
		return true
	}
	if f.d.v.roles[name] || f.d.v.generic[name] || len(name) < 5 {
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
func (f *serverFinder) address(s candidate, t hostToken, inLog bool, ctx *hostContext) {
	a := t.addr.Unmap()
	key := a.String()
	s.Name = strings.ToLower(t.text)
	switch {
	case a.IsLoopback() || a.IsUnspecified() || a.IsMulticast() || netmask(a):
		f.refuse(s, "loopback, multicast or a netmask")
		return
	case f.d.v.resolvers[key]:
		f.refuse(s, "a public resolver that everybody pings")
		return
	case t.after == '/' && networkLength(ctx.s.text[t.to:]):
		f.refuse(s, "a network, not a host")
		return
	case ctx.version(t):
		f.refuse(s, "a version")
		return
	}
	known := f.lookup(key)
	switch {
	case len(known) > 0:
		s.Known, s.Owner = true, owner(known)
		f.add(s, "the inventory has it")
	case ctx.client(t):
		f.refuse(s, "the address of who asked, or of a resolver")
	case inLog:
		f.later(s, "named in a log only")
	default:
		f.add(s, "an address")
	}
}

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
func (f *serverFinder) dotted(s candidate, t hostToken, inLog bool, ctx *hostContext) {
	why, reg := f.notServer(s, t)
	switch {
	case why != "":
		f.refuse(s, why)
	case !inLog && strings.HasPrefix(s.Name, "www.") && ctx.visitingCard(t):
		f.refuse(s, "the web site on a visiting card")
	case !inLog && !f.domains[reg] && ctx.consulted(t):
		f.refuse(s, "a page that is pointed to, or the maker's of what wrote the mail")
	case inLog && !f.domains[reg] && t.path:
		f.refuse(s, "part of a path in a log")
	case inLog && !f.domains[reg]:
		f.later(s, "of a foreign domain, in a log")
	default:
		if !inLog {
			f.domains[reg] = true
			delete(f.domains, "")
		}
		f.add(s, "a host name with its domain")
	}
}

// notServer says why a dotted name is no server's, or "", and its registrable domain.
func (f *serverFinder) notServer(s candidate, t hostToken) (why, reg string) {
	url := t.scheme != "" && t.scheme != "mailto"
	switch {
	case t.after == '@' || t.before == '@':
		return "part of a mail address", ""
	case !hostShape(s.Name):
		return "no host name (RFC 1123)", ""
	case t.path && !url:
		return "part of a path", ""
	}
	labels := strings.Split(s.Name, ".")
	tld := labels[len(labels)-1]
	public := publicTLD(tld)
	if !public && !f.d.v.privateEndings[tld] {
		return "." + tld + " is no domain: a file, a class or a version", ""
	}
	if ownDomain(s.Name, f.d.w.Own) {
		return "our own domain", ""
	}
	reg = registrable(f.d.v, asciiOr(s.Name))
	switch {
	case public && reg == "" || f.d.v.thirdParties[s.Name]:
		return "of a third party", ""
	case !url && labels[0] != "www" && notAName(f.d.v, t.text, labels, tld):
		return "a file, a class, an abbreviation or two sentences", ""
	case f.d.v.trackers[labels[0]] && len(labels) > 2 && !f.domains[reg]:
		return "counts clicks", ""
	}
	return "", reg
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
func notAName(v *vocabulary, written string, labels []string, tld string) bool {
	if v.fileEndings[tld] && len(labels) == 2 {
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

func (f *serverFinder) add(s candidate, why string) {
	key, err := hostKey(s.Name)
	if err != nil || f.seen[key] || f.d.refusal("server", s.Name, s.src, s.Span.From, s.Span.To) != nil {
		return
	}
	if len(f.servers) >= maxServers {
		f.d.cuts.add(everySource, CutServers, maxServers)
		return
	}
	f.seen[key] = true
	f.ruleOf[s.Name], f.whyOf[s.Name] = f.rule, why
	f.servers = append(f.servers, s.Server)
}

// dropShort leaves out a bare name where its full name is there as well, if only the subject or a log says it, or if
// it is a word: "Notfall-Support web07" above "web07.firma.at ist weg" is about one server. Who names both in the
// text means both to be found.
func (f *serverFinder) dropShort(in []Server) []Server {
	return slices.DeleteFunc(slices.Clone(in), func(s Server) bool {
		return !strings.Contains(s.Name, ".") && !f.spoken[s.Name] &&
			slices.ContainsFunc(in, func(o Server) bool { return strings.HasPrefix(o.Name, s.Name+".") })
	})
}
