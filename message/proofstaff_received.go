package message

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// maxInnerHops bounds the hops that a mail makes inside our own system: content filter, mail store, director.
const maxInnerHops = 5

// byReceived is the proof in the trace (RFC 5321, 4.4): one of our hosts took the mail from a client that had logged in. It is the first hop from
// the top that our system did not make inside itself; what stands below it the client has written.
func (m *Mail) byReceived(t Trust, from author) finding {
	if len(t.ReceivedAuth) == 0 {
		return finding{}
	}
	boundary, ok := m.boundary()
	if !ok {
		return unproved("no Received that tells how the mail came to us")
	}
	if !slices.ContainsFunc(t.ReceivedAuth, func(h string) bool { return normalDomain(strings.TrimSpace(h)) == boundary.by }) {
		return unproved("it was not our host that took it in, but " + boundary.by)
	}
	if !authenticated(boundary.with) {
		return unproved("our host took it in without a login")
	}
	logins, ok := boundary.logins()
	if !ok {
		return unproved("the login in Received cannot be read")
	}
	for _, login := range logins {
		if !from.isLogin(login, boundary.by) {
			return against("the login is another's: " + login)
		}
	}
	return proved("sent with a login at " + boundary.by)
}

// boundary is the hop at which the mail came to us. A loopback hop with a login (webmail on the same machine) is one.
func (m *Mail) boundary() (h hop, ok bool) {
	for i, raw := range m.Header.RawValues("Received") {
		if h, ok = readHop(raw); !ok || i >= maxInnerHops+1 {
			return hop{}, false
		}
		if !strings.HasPrefix(h.with, "lmtp") && (!h.fromLoopback() || authenticated(h.with)) {
			return h, true
		}
	}
	return hop{}, false
}

// authenticated says whether a protocol tells of a login (RFC 3848, RFC 6531 section 4.3).
func authenticated(with string) bool {
	return slices.Contains([]string{"esmtpa", "esmtpsa", "utf8smtpa", "utf8smtpsa"}, with)
}

// hop is a Received field that could be read whole.
type hop struct {
	from     []token // the from clause with its comments
	by       string  // lower case
	with     string  // lower case
	comments []string
	words    []string // in front of the date
}

// readHop reads a Received field in which each clause stands once: a greeting that says "by" is no clause of ours.
func readHop(raw string) (h hop, ok bool) {
	tokens, ok := lexHeader(raw, ";")
	if !ok {
		return h, false
	}
	count := map[string]int{}
	for i, t := range tokens {
		if t.is(";") {
			break
		}
		if t.kind == tokenComment {
			h.comments = append(h.comments, t.text)
		}
		if count["by"] == 0 && count["from"] > 0 {
			h.from = append(h.from, t)
		}
		if t.kind != tokenWord {
			continue
		}
		h.words = append(h.words, t.text)
		word := strings.ToLower(t.text)
		switch word {
		case "from", "by", "with":
			count[word]++
		}
		if i+1 < len(tokens) && tokens[i+1].kind == tokenWord {
			switch word {
			case "by":
				h.by = hostName(tokens[i+1].text)
			case "with":
				h.with = strings.ToLower(tokens[i+1].text)
			}
		}
	}
	return h, count["from"] <= 1 && count["by"] == 1 && count["with"] <= 1
}

// fromLoopback says whether the client was on the machine itself. What it called itself proves nothing, so the address must stand where the server
// writes it: in the comment, or in front of one that begins with helo= (Exim); and every address in the clause must be one of loopback.
func (h hop) fromLoopback() bool {
	written := false
	for i, t := range h.from {
		addresses := clauseAddresses(t)
		for _, a := range addresses {
			if !a.IsLoopback() {
				return false
			}
		}
		exim := i+1 < len(h.from) && h.from[i+1].kind == tokenComment && strings.HasPrefix(h.from[i+1].text, "helo=")
		written = written || len(addresses) > 0 && (t.kind == tokenComment && !strings.HasPrefix(t.text, "helo=") || exim)
	}
	return written
}

// clauseAddresses are the IP addresses in a word or comment, in brackets or without.
func clauseAddresses(t token) []netip.Addr {
	var out []netip.Addr
	for _, w := range strings.FieldsFunc(t.text, func(r rune) bool { return strings.ContainsRune(" \t[]()<>=,;", r) }) {
		w = strings.TrimPrefix(strings.ToLower(w), "ipv6:")
		if host, port, ok := strings.Cut(w, ":"); ok && !strings.Contains(port, ":") {
			w = host
		}
		if a, err := netip.ParseAddr(w); err == nil {
			out = append(out, a.Unmap())
		}
	}
	return out
}

// logins are the logins that a hop names; false if one is named in words that we do not know.
func (h hop) logins() (out []string, ok bool) {
	for _, c := range h.comments {
		login, named, known := loginIn(c)
		if !known {
			return nil, false
		}
		if named {
			out = append(out, login)
		}
	}
	if i := slices.Index(h.words, "auth=yes"); i >= 0 { // OpenSMTPD
		for _, w := range h.words[i:] {
			if login, ok := strings.CutPrefix(w, "user="); ok {
				out = append(out, login)
			}
		}
	}
	return out, true
}

// The ways in which servers name a login in a comment: Postfix and Dovecot; Cyrus and sendmail; Kerio, MDaemon and Critical Path; Courier; CommuniGate.
var (
	loginWays = regexp.MustCompile(`(?i)^(?:authenticated sender: ?|authenticated (?:as|user)[ =:] ?|user=|auth: [a-z0-9-]+ |account )<?([^\s<>,]+)>?(?:,.*| mech=.*| bits=.*| helo .*)?$`)
	noLogin   = regexp.MustCompile(`(?i)^authenticated(?: bits=\d+)?(?: verify=\w+)?$`)
	loginHint = regexp.MustCompile(`(?i)authenticat|^auth\b|^account |user[=:]|login`)
)

func loginIn(comment string) (login string, named, known bool) {
	if m := loginWays.FindStringSubmatch(comment); m != nil {
		return m[1], true, true
	}
	return "", false, noLogin.MatchString(comment) || !loginHint.MatchString(comment)
}
