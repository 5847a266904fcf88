package rules

import (
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hostToken is a piece of text that could name a host, with what stands around it.
type hostToken struct {
	text     string // as written
	from, to int
	scheme   string // "https" where the host of an address was taken
	before   byte   // the character before, 0 at the beginning
	after    byte   // the character behind, 0 at the end
	path     bool   // within a path or the query of an address
	addr     netip.Addr
}

// hostTokens cuts text into tokens that could be hosts. Linear: every byte is looked at a few times.
func hostTokens(text string, emit func(hostToken)) {
	for i := 0; i < len(text); {
		c := text[i]
		if !tokenByte(c) {
			i++
			continue
		}
		from := i
		for i < len(text) && tokenByte(text[i]) {
			i++
		}
		scanRun(text, from, i, emit)
	}
}

// nameByte: most of what names are made of.
var nameByte = func() (b [256]bool) {
	for c := range 0x80 {
		b[c] = nameRune(rune(c))
	}
	return b
}()

// tokenByte: what addresses, names, paths and mail addresses are made of; blanks and quotes part them.
func tokenByte(c byte) bool {
	return c > ' ' && c != '"' && c != '<' && c != '>' && c != '|' && c != '\'' && c != '`' && c != ';' && c != ',' && c != '(' && c != ')' && c != '{' && c != '}' && c != '*' && c != '!' && c != '?' || c == '?'
}

// scanRun looks at one run without blanks: an address, a mail address, a path, or names with marks.
func scanRun(text string, from, to int, emit func(hostToken)) {
	run := text[from:to]
	if i := strings.Index(run, "://"); i > 0 {
		scanURL(text, from, to, i, emit)
		return
	}
	if a, n, at := address6(run); n > 0 {
		emit(hostToken{text: run[at : at+n], from: from + at, to: from + at + n, addr: a})
		return
	}
	if at := strings.LastIndexByte(run, '@'); at >= 0 {
		scanAt(text, from, to, from+at, emit)
		return
	}
	if strings.HasPrefix(run, `\\`) {
		name, _, _ := strings.Cut(run[2:], `\`)
		t := hostToken{text: name, from: from + 2, to: from + 2 + len(name), scheme: "unc"}
		if a, err := netip.ParseAddr(name); err == nil {
			t.addr = a
		}
		emit(t)
		return
	}
	splitNames(text, from, to, false, emit)
}

// splitNames cuts a run at what is in no name. Behind a slash or backslash stands a path.
func splitNames(text string, from, to int, path bool, emit func(hostToken)) {
	path = path || text[from] == '/' || text[from] == '~' || text[from] == '$'
	for i := from; i < to; {
		r, n := utf8.DecodeRuneInString(text[i:to])
		if !nameRune(r) {
			if r == '\\' || r == '/' && !(i > from && slashParts(text[from:i])) {
				path = true
			}
			i += n
			continue
		}
		start := i
		for i < to {
			if nameByte[text[i]] {
				i++
				continue
			}
			r, n := utf8.DecodeRuneInString(text[i:to])
			if !nameRune(r) {
				break
			}
			i += n
		}
		end := i
		for end > start && (text[end-1] == '.' || text[end-1] == '-' || text[end-1] == '_') {
			end--
		}
		begin := start
		for begin < end && (text[begin] == '.' || text[begin] == '-' || text[begin] == '_') {
			begin++
		}
		if begin < end {
			t := hostToken{text: text[begin:end], from: begin, to: end, path: path || text[start] == '.'}
			if begin > 0 {
				t.before = text[begin-1]
			}
			if end < len(text) {
				t.after = text[end]
			}
			if likeAddress(t.text) {
				if a, err := netip.ParseAddr(t.text); err == nil {
					t.addr = a
				}
			}
			emit(t)
		}
	}
}

// slashParts: names may be parted by a slash ("web01/web02", "bk/node-a", "10.0.0.0/24"), if what
// stands before it is one.
func slashParts(s string) bool {
	return !strings.ContainsAny(s, "/\\=")
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_' || r > 0x7f && (unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) || r == '‑')
}

// scanURL emits the host of an address; safe links of mail gateways are opened first.
func scanURL(text string, from, to, i int, emit func(hostToken)) {
	start := from + i
	for start > from && isAlnum(text[start-1]) {
		start--
	}
	if start > from {
		splitNames(text, from, start, false, emit)
	}
	scheme := strings.ToLower(text[start : from+i])
	begin := from + i + 3
	end := begin
	if begin < to && text[begin] == '[' {
		if j := strings.IndexByte(text[begin:to], ']'); j > 0 {
			if a, err := netip.ParseAddr(text[begin+1 : begin+j]); err == nil {
				emit(hostToken{text: text[begin+1 : begin+j], from: begin + 1, to: begin + j, scheme: scheme, addr: a})
			}
			return
		}
	}
	if slash := strings.IndexAny(text[begin:to], "/?#\\"); slash != 0 { // who logs in, and how (RFC 3986, 3.2.1)
		authority := text[begin:to]
		if slash > 0 {
			authority = authority[:slash]
		}
		begin += strings.LastIndexByte(authority, '@') + 1
	}
	end = begin
	for end < to && !strings.ContainsRune("/?#:\\", rune(text[end])) || end < to && text[end] >= 0x80 {
		end++
	}
	host := text[begin:end]
	host = strings.TrimRight(host, ".])")
	if real := safeLink(host, text[begin:to]); real != "" {
		host = real
	}
	t := hostToken{text: host, from: begin, to: begin + len(host), scheme: scheme}
	t.to = min(t.to, to)
	if a, err := netip.ParseAddr(host); err == nil {
		t.addr = a
	}
	emit(t)
}

// safeLink is the host that a gateway's rewritten link leads to, or "".
func safeLink(host, rest string) string {
	lower := strings.ToLower(host)
	if !strings.HasSuffix(lower, "safelinks.protection.outlook.com") && !strings.HasPrefix(lower, "urldefense.") {
		return ""
	}
	for _, key := range []string{"?url=", "&url=", "?u=", "&u="} {
		if i := strings.Index(rest, key); i >= 0 {
			v, _, _ := strings.Cut(rest[i+len(key):], "&")
			if u, err := url.QueryUnescape(v); err == nil {
				if p, err := url.Parse(u); err == nil {
					return p.Hostname()
				}
			}
		}
	}
	return ""
}

// scanAt reads a run with an @: a mail address names no server; a shell prompt, ssh's user@host and
// what a path follows do.
func scanAt(text string, from, to, at int, emit func(hostToken)) {
	host := text[at+1 : to]
	end := strings.IndexAny(host, ":/~$#")
	if end < 0 {
		if at == from && digBefore(text, from) {
			splitNames(text, at+1, to, false, func(t hostToken) { t.before = ' '; emit(t) })
			return
		}
		if !sshBefore(text, from) && !promptAt(text, from, to) {
			return
		}
		if text[from] == '[' {
			host = strings.TrimRight(host, "]")
		}
		end = len(strings.TrimRight(host, ".:"))
	} else if host[end] == ':' && !(end+1 < len(host) && (host[end+1] == '~' || host[end+1] == '/')) {
		return
	}
	name := host[:end]
	if a, err := netip.ParseAddr(name); err == nil {
		emit(hostToken{text: name, from: at + 1, to: at + 1 + end, scheme: "ssh", addr: a})
		return
	}
	emit(hostToken{text: name, from: at + 1, to: at + 1 + end, scheme: "ssh"})
}

// digBefore: "dig @ns1.firma.at": the name server that is asked. Its address instead is somebody's resolver.
func digBefore(text string, at int) bool {
	line := text[max(0, at-60):at]
	line = line[strings.LastIndexByte(line, '\n')+1:]
	if at+1 < len(text) && (text[at+1] >= '0' && text[at+1] <= '9' || text[at+1] == '[') {
		return false
	}
	for _, w := range strings.Fields(line) {
		switch w {
		case "dig", "drill", "delv", "kdig", "host", "q":
			return true
		}
	}
	return false
}

// promptAt: "[root@db2 ~]# " and "admin@fw1> " at the beginning of a line.
func promptAt(text string, from, to int) bool {
	if from > 0 && text[from-1] != '\n' && !(from > 1 && text[from-1] == ' ' && text[from-2] == '\n') {
		return false
	}
	rest := text[to:min(len(text), to+40)]
	if text[from] == '[' {
		end := strings.IndexByte(rest, ']')
		return end > 0 && end+1 < len(rest) && (rest[end+1] == '#' || rest[end+1] == '$')
	}
	return strings.HasPrefix(rest, "> ")
}

func sshBefore(text string, at int) bool {
	before := strings.TrimRight(text[max(0, at-30):at], " ")
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		before = before[i+1:]
	}
	for _, w := range strings.Fields(before) {
		if w == "ssh" || w == "scp" || w == "sftp" || w == "rsync" {
			return true
		}
	}
	return false
}

// address6 finds an IPv6 address in a run: plain, in brackets, with port or prefix length.
func address6(run string) (netip.Addr, int, int) {
	if strings.Count(run, ":") < 2 {
		return netip.Addr{}, 0, 0
	}
	from := 0
	if i := strings.IndexByte(run, '['); i >= 0 {
		if j := strings.IndexByte(run[i:], ']'); j > 0 {
			if a, err := netip.ParseAddr(run[i+1 : i+j]); err == nil && a.Is6() {
				return a, j - 1, i + 1
			}
		}
	}
	for from < len(run) {
		if !hexOrColon(run[from]) {
			from++
			continue
		}
		end := from
		for end < len(run) && (hexOrColon(run[end]) || run[end] == '.') {
			end++
		}
		t := strings.TrimRight(run[from:end], ".")
		if strings.Count(t, ":") >= 6 || strings.Contains(t, "::") { // 10:22:01 is neither (RFC 4291, 2.2)
			if !strings.HasSuffix(t, "::") {
				t = strings.TrimRight(t, ":")
			}
			if a, err := netip.ParseAddr(t); err == nil && a.Is6() && (from == 0 || !isAlnum(run[from-1])) && (end >= len(run) || !isAlnum(run[end])) && plausible6(a, t) {
				return a, len(t), from
			}
		}
		from = end
	}
	return netip.Addr{}, 0, 0
}

func hexOrColon(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == ':'
}

// plausible6: "dead::" and "a::b" are names in programs; addresses in use begin with 2, 3 or f.
func plausible6(a netip.Addr, text string) bool {
	b := a.As16()
	return (b[0]&0xe0 == 0x20 || b[0]&0xfe == 0xfc || b[0] == 0xfe && b[1]&0xc0 == 0x80) && strings.ContainsAny(text, "0123456789")
}
