package message

import (
	"slices"
	"strings"
)

// byAuthRes is the proof in the Authentication-Results of our own servers: DKIM or DMARC aligned with From, or a login that is the author's
// (RFC 8601, 2.7.4). All fields of ours must be readable and agree.
func (m *Mail) byAuthRes(t Trust, from author) finding {
	if len(t.AuthservIDs) == 0 {
		return finding{}
	}
	var fields []strictResults
	for _, raw := range m.ownZone(ownHosts(t)).RawValues("Authentication-Results") {
		r, ok := readStrict(raw)
		if !t.names(parseAuthResults(raw).server) && !t.names(lowerASCII(r.server)) {
			continue
		}
		if !ok || !t.names(lowerASCII(r.server)) {
			return against("a field of our server cannot be read: Authentication-Results")
		}
		fields = append(fields, r)
	}
	if len(fields) > maxAuthFields {
		return against("too many fields of our server")
	}
	if len(fields) == 0 {
		return unproved("our server says nothing about the sender (Authentication-Results)")
	}
	return judgeFields(fields, from)
}

// ownZone is the part of the header that our own hosts can have written: what stands above the first Received of another. One hop of a mail
// store without a public name may stand on top; see ownAuthResults.
func (m *Mail) ownZone(own hosts) Header {
	hops := 0
	for i := range m.Header {
		if !strings.EqualFold(m.Header[i].Name, "Received") {
			continue
		}
		by := parseReceived(m.Header[i].Raw).By
		if hops++; !own.has(by) && !(hops == 1 && unnamedHost(by)) {
			return m.Header[:i]
		}
	}
	return m.Header
}

// judgeFields weighs what our servers say.
func judgeFields(fields []strictResults, from author) finding {
	said := map[string]string{} // what the fields above say of a method
	proof := unproved("neither dkim nor dmarc nor a login of the sender passed")
	for _, f := range fields {
		j := judgeField(f, from)
		if j.against != "" {
			return against(j.against)
		}
		for method, word := range j.said {
			if old, ok := said[method]; ok && old != word {
				return against("fields of our server contradict each other about " + method)
			}
			said[method] = word
		}
		if j.proof != "" && !proof.ok {
			proof = proved(j.proof)
			if f.server != "" {
				proof.why += " (" + lowerASCII(f.server) + ")"
			}
		}
	}
	if why := dmarcAgainst(said); why != "" {
		return against(why)
	}
	return proof
}

// dmarcAgainst says what in DMARC's result speaks against the mail. A signature or a login is good for itself where there is no policy ("none",
// Microsoft's "bestguesspass") and where it was not asked for ("skipped", Exim); where judging failed, the server may have met a From that it could
// not read (RFC 7489, 6.6.1). And who passes has passed by DKIM or by SPF: where these are told and neither did, one of the fields is forged.
func dmarcAgainst(said map[string]string) string {
	switch d := said["dmarc"]; d {
	case "", "none", "bestguesspass", "skipped":
		return ""
	case "pass":
		dkim, spf := said["dkim"], said["spf"]
		if (dkim != "" || spf != "") && dkim != "pass" && spf != "pass" {
			return "fields of our server contradict each other: dmarc=pass without dkim or spf"
		}
		return ""
	default:
		return "dmarc=" + d
	}
}

// judged is what one field says.
type judged struct {
	against string
	proof   string            // "dkim=pass", … "" if there is none
	said    map[string]string // per method, to be compared with the other fields
}

func judgeField(f strictResults, from author) (j judged) {
	j.said = map[string]string{}
	words := map[string][]string{} // the results of each method
	for _, r := range f.results {
		if h, ok := r.props["header.from"]; ok && !from.seenAs(h) {
			j.against = "our server has judged another From than the one in the mail"
			return j
		}
		word := r.result
		switch r.method {
		case "dkim":
			if word = "other"; r.result == "none" {
				word = "none"
			}
			if r.result == "pass" && from.signedBy(r) {
				word, j.proof = "pass", "dkim=pass, aligned with From"
			}
		case "dmarc":
			if r.result == "pass" && r.props["header.from"] != "" && j.proof == "" {
				j.proof = "dmarc=pass"
			}
		case "auth":
			login, host := r.props["smtp.auth"], f.server
			switch {
			case r.result == "pass" && login != "" && from.isLogin(login, host):
				j.proof = "auth=pass, the sender's own login"
			case r.result == "pass" && strings.Contains(login, "@"), r.result == "fail":
				j.against = "the login is another's: auth=" + r.result
				return j
			}
			word += " " + lowerASCII(login)
		case "spf":
			sender := r.props["smtp.mailfrom"] + r.props["smtp.mail"]
			if sender == "" {
				continue // of the host's name: another question
			}
			if r.result == "pass" && !from.alignedWith(domainOf(sender)) {
				word = "pass of another"
			}
		case "compauth":
			if r.result == "fail" {
				j.against = "compauth=fail"
				return j
			}
		}
		if !slices.Contains(words[r.method], word) {
			words[r.method] = append(words[r.method], word)
		}
	}
	j.sum(words)
	return j
}

// sum makes one word of each method. A mail may bear several signatures, one good one is enough; but not one where there is none. Of all
// other methods there is one result.
func (j *judged) sum(words map[string][]string) {
	for method, list := range words {
		switch {
		case method == "dkim" && len(list) > 1 && slices.Contains(list, "none"):
			j.against = "our server contradicts itself about dkim"
		case method == "dkim" && slices.Contains(list, "pass"):
			j.said[method] = "pass"
		case method == "dkim":
			j.said[method] = "other"
		case len(list) > 1 && (method == "dmarc" || method == "auth" || method == "spf"):
			j.against = "our server contradicts itself about " + method
		default:
			slices.Sort(list)
			j.said[method] = strings.Join(list, " ")
		}
	}
}

// seenAs says whether header.from names the author: the domain (some servers name that of the organisation) or the address.
func (a author) seenAs(headerFrom string) bool {
	if strings.Contains(headerFrom, "@") {
		return a.is(headerFrom) || strings.HasPrefix(headerFrom, "@") && a.alignedWith(headerFrom[1:])
	}
	return a.alignedWith(headerFrom)
}

// signedBy says whether a DKIM result is of a signature of the author's organisation. Google names header.i alone; where both are named, i is
// within d (RFC 6376, 3.5).
func (a author) signedBy(r strictResult) bool {
	d, i := lowerASCII(r.props["header.d"]), lowerASCII(r.props["header.i"])
	if i != "" {
		_, domain, ok := strings.Cut(i, "@")
		if !ok || d != "" && domain != d && !strings.HasSuffix(domain, "."+d) {
			return false
		}
		if d == "" {
			d = domain
		}
	}
	return d != "" && a.alignedWith(d)
}
