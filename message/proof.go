package message

import (
	"fmt"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Trust says which Authentication-Results fields our own mail server writes.
type Trust struct {
	AuthservIDs  []string // the authserv-ids of our servers (RFC 8601, 2.5)
	Microsoft365 bool     // our server is Exchange Online, which writes no authserv-id
	ReceivedAuth []string // our hosts whose Received tells of an authenticated submission
}

// Verdict says how sure it is that the mail comes from the domain in From.
type Verdict string

// The three verdicts.
const (
	ProofPass    Verdict = "pass"
	ProofFail    Verdict = "fail"
	ProofUnknown Verdict = "unknown"
)

// Proof is what our own server found out about the sender.
type Proof struct {
	Verdict Verdict
	Signed  bool   // a DKIM signature aligned with From passed, or dmarc did and nothing says that it was by SPF
	Policy  string // the DMARC policy that the sender's domain publishes: "none", "quarantine", "reject", "" if not told
	Why     string // one line for humans
}

// maxAuthFields bounds the fields that are compared.
const maxAuthFields = 20

// Proof reads the sender proof from the fields that only our own server can have put on top. Pass is
// dmarc, or dkim or spf aligned with the single From; fail is dmarc; all else, and all contradiction, is unknown.
func (m *Mail) Proof(t Trust) Proof {
	if len(m.From) != 1 {
		return Proof{Verdict: ProofUnknown, Why: fmt.Sprintf("%d addresses in From", len(m.From))}
	}
	fields := m.ownAuthResults(t)
	if len(fields) == 0 {
		return Proof{Verdict: ProofUnknown, Why: "our server says nothing about the sender"}
	}
	from := domainOf(m.From[0].Address)
	views := make([]authView, len(fields))
	for i, f := range fields {
		views[i] = viewAuth(f, from)
	}
	return agree(views)
}

// ownAuthResults are the fields of our own server, topmost first: those with its authserv-id that stand
// above every Received but our own hosts'. What stands below a foreign one was in the mail when it
// came to us, and anybody can have written it; a topmost one that is foreign says that we were not told
// how our mail system hangs together.
func (m *Mail) ownAuthResults(t Trust) []authResults {
	var out []authResults
	own := ownHosts(t)
	hops := 0
	for i := range m.Header {
		f := &m.Header[i]
		switch strings.ToLower(f.Name) {
		case "received":
			by := parseReceived(f.Raw).By
			if hops++; !own.has(by) && !(hops == 1 && unnamedHost(by)) {
				return out
			}
		case "authentication-results":
			a := parseAuthResults(f.Raw)
			if a.server == "" && t.Microsoft365 {
				return append(out[:0:0], a) // the topmost is the one of our tenant
			}
			if a.server != "" && t.names(a.server) && len(out) < maxAuthFields {
				out = append(out, a)
			}
		}
	}
	return out
}

// unnamedHost is the mail store behind our server, which writes the last hop (LMTP) under the name that
// the machine has at home.
func unnamedHost(by string) bool {
	if by == "" {
		return false
	}
	for _, end := range []string{".local", ".lan", ".internal"} {
		if strings.HasSuffix(by, end) {
			return true
		}
	}
	return !strings.Contains(by, ".") // "localhost" is one of them
}

func (t Trust) names(server string) bool {
	for _, id := range t.AuthservIDs {
		if normalDomain(strings.TrimSpace(id)) == server {
			return true
		}
	}
	return false
}

// hosts are the machines of our own mail system: those in the organisational domains of our authserv-ids.
type hosts []string

func ownHosts(t Trust) hosts {
	var h hosts
	if t.Microsoft365 {
		h = hosts{"outlook.com", "office365.com", "exchangelabs.com"}
	}
	for _, id := range t.AuthservIDs {
		h = append(h, normalDomain(strings.TrimSpace(id)))
	}
	return h
}

func (h hosts) has(by string) bool {
	for _, own := range h {
		if by != "" && (by == own || strings.Contains(by, ".") && sameOrganisation(by, own)) {
			return true
		}
	}
	return false
}

// sameOrganisation says whether two domains have the same organisational domain (RFC 7489, 3.2).
func sameOrganisation(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	return a == b || organisation(a) == organisation(b)
}

// organisation is the domain one below the public suffix; a public suffix stays what it is.
func organisation(domain string) string {
	if isIP(domain) {
		return domain
	}
	if d, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return d
	}
	return domain
}

// isIP says whether a host is an address: 203.0.113.1 and 198.51.113.1 are not of one organisation.
func isIP(host string) bool {
	return strings.Contains(host, ":") || strings.Trim(host, "0123456789.[]") == ""
}

// authView is what one field says about each method: "" if it does not mention it.
type authView struct {
	dmarc, dkim, spf string // "pass" (aligned), "fail" (dmarc only), "other"
	policy           string
	server           string
}

func viewAuth(f authResults, from string) authView {
	v := authView{server: f.server}
	for _, r := range f.results {
		switch r.method {
		case "dmarc":
			v.dmarc = merge(v.dmarc, dmarcView(r, from))
			if v.policy == "" {
				v.policy = dmarcPolicy(r, from)
			}
		case "dkim":
			d := r.props["header.d"]
			if d == "" {
				d = r.props["header.i"]
			}
			v.dkim = best(v.dkim, aligned(r, d, from))
		case "spf":
			if r.props["smtp.mailfrom"] == "" && r.props["smtp.mail"] == "" && r.props["smtp.helo"] != "" {
				continue // the host's name says nothing about the sender
			}
			d := r.props["smtp.mailfrom"]
			if d == "" {
				d = r.props["smtp.mail"]
			}
			v.spf = best(v.spf, aligned(r, d, from))
		}
	}
	return v
}

// dmarcView is the result, if it is about the From that we see: servers that read another address than
// we do have read a mail made to confuse.
func dmarcView(r authResult, from string) string {
	if h := r.props["header.from"]; h != "" && !sameOrganisation(domainOf(h), from) {
		return "other"
	}
	if r.result == "pass" || r.result == "fail" {
		return r.result
	}
	return "other"
}

func aligned(r authResult, domain, from string) string {
	if r.result == "pass" && sameOrganisation(domainOf(domain), from) {
		return "pass"
	}
	return "other"
}

// best is for methods that a mail may pass once of several times (signatures).
func best(a, b string) string {
	if a == "pass" {
		return a
	}
	return b
}

// merge is for what must be said once.
func merge(a, b string) string {
	if a == "" || a == b {
		return b
	}
	return "other"
}

// dmarcPolicy finds the published policy where servers write it: OpenDMARC and Google in a comment
// "(p=reject sp=none dis=none)", rspamd in "(policy=reject)", others in a property, Microsoft 365 as
// the action that follows from it.
func dmarcPolicy(r authResult, from string) string {
	var p, sp string
	for _, c := range r.comments {
		for _, w := range strings.FieldsFunc(strings.ToLower(c), func(r rune) bool { return r == ' ' || r == ';' || r == ',' }) {
			name, value, _ := strings.Cut(w, "=")
			switch name {
			case "p", "policy":
				p = value
			case "sp":
				sp = value
			}
		}
	}
	for _, name := range []string{"policy.dmarc", "policy.published-domain-policy", "policy.p", "policy"} {
		if v := strings.ToLower(r.props[name]); v != "" && p == "" {
			p = v
		}
	}
	if sp != "" && organisation(from) != from { // the policy for subdomains (RFC 7489, 6.3)
		p = sp
	}
	if p == "" {
		switch strings.ToLower(r.props["action"]) {
		case "reject", "oreject", "pct.reject":
			p = "reject"
		case "quarantine", "pct.quarantine":
			p = "quarantine"
		}
	}
	switch p {
	case "none", "quarantine", "reject":
		return p
	}
	return ""
}

// agree weighs all fields of our server together. Milters write one field each, so a method that a
// field does not mention is no contradiction; a different word on the same method is.
func agree(views []authView) Proof {
	var all authView
	for _, v := range views {
		for _, m := range []struct {
			name   string
			all    *string
			single string
		}{{"dmarc", &all.dmarc, v.dmarc}, {"dkim", &all.dkim, v.dkim}, {"spf", &all.spf, v.spf}} {
			if m.single != "" && *m.all != "" && m.single != *m.all {
				return Proof{Verdict: ProofUnknown, Why: "fields of our server contradict each other about " + m.name}
			}
			if m.single != "" {
				*m.all = m.single
			}
		}
		if all.policy == "" {
			all.policy = v.policy
		}
		all.server = v.server
	}
	p := Proof{Verdict: ProofUnknown, Policy: all.policy, Why: "neither dmarc nor an aligned dkim or spf passed"}
	alone := len(views) == 1
	switch {
	case all.dmarc == "fail" && !alone && (all.dkim == "pass" || all.spf == "pass"):
		p.Why = "fields of our server contradict each other"
	case all.dmarc == "fail":
		p.Verdict, p.Why = ProofFail, "dmarc=fail"
	case all.dmarc == "pass" && !alone && all.dkim == "other" && all.spf == "other":
		p.Why = "fields of our server contradict each other"
	case all.dmarc == "pass":
		p.Verdict, p.Why = ProofPass, "dmarc=pass"
	case all.dkim == "pass":
		p.Verdict, p.Why = ProofPass, "dkim=pass, aligned with From"
	case all.spf == "pass":
		p.Verdict, p.Why = ProofPass, "spf=pass, aligned with From"
	}
	p.Signed = p.Verdict == ProofPass && (all.dkim == "pass" || all.dmarc == "pass" && all.dkim == "" && all.spf != "pass")
	if p.Verdict != ProofUnknown && all.server != "" {
		p.Why += " (" + all.server + ")"
	}
	return p
}
