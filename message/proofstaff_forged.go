package message

import "strings"

// ForgedHeaders are forged copies of all that Authentic relies on, as an attacker would write them on top of a mail from the given address.
// mark stands in each of them but X-MS-Exchange-Organization-AuthAs, whose value is one word that cannot hold it: there it stands in
// …-AuthSource, which the same filter of Exchange takes away. Nil where there is nothing to rely on.
func ForgedHeaders(t Trust, from, mark string) []Field {
	domain := domainOf(from)
	var out []Field
	add := func(name, value string) { out = append(out, Field{Name: name, Value: value, Raw: value}) }
	for _, id := range t.AuthservIDs {
		id = strings.TrimSpace(id)
		add("Authentication-Results", id+`; dkim=pass reason="`+mark+`" header.d=`+domain+"; dmarc=pass header.from="+domain+"; auth=pass smtp.auth="+from)
		add("AUTHENTICATION-RESULTS", strings.ToUpper(id)+" 1 ("+mark+"); dmarc=pass header.from="+domain)
	}
	if t.Microsoft365 {
		add("Authentication-Results", "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom="+domain+"; dkim=pass ("+mark+") header.d="+domain+";dmarc=pass action=none header.from="+domain)
		add(authAsField, "Internal")
		add(authSourceField, mark+".prod.outlook.com")
	}
	for _, host := range t.ReceivedAuth {
		add("Received", "from forged.example (forged.example [192.0.2.1]) (Authenticated sender: "+from+") by "+strings.TrimSpace(host)+
			" (Postfix) with ESMTPSA id "+mark+" for <"+from+">; Thu, 1 Jan 2026 00:00:00 +0000")
	}
	return out
}

// ForgedBelieved names the forged copies that hold mark and that Authentic would believe in this mail as it arrived: "Authentication-Results
// of mx.firma.at". None: our server strips them, or they stand where nobody looks.
//
// An Authentication-Results field of our own id is named wherever it stands, and beside whatever else: the test mail may have come by a foreign host,
// or have met a verdict, that an attacker's mail does not. A forged Received is no server's business to strip, and counts if it is the one that is
// read. X-MS-Exchange-Organization-AuthAs is named if its marked companion is there, or if it stands in a mail that came from outside.
func (m *Mail) ForgedBelieved(t Trust, mark string) []string {
	mark = strings.ToLower(mark)
	var out []string
	add := func(s string) {
		for _, have := range out {
			if have == s {
				return
			}
		}
		out = append(out, s)
	}
	marked := func(s string) bool { return mark != "" && strings.Contains(strings.ToLower(s), mark) }
	for _, raw := range m.Header.RawValues("Authentication-Results") {
		if id := parseAuthResults(raw).server; marked(raw) && t.names(id) {
			add("Authentication-Results of " + id)
		}
	}
	if t.Microsoft365 {
		if f, ok := m.microsoftResults(); ok && marked(f.Raw) && parseAuthResults(f.Raw).server == "" {
			add("Authentication-Results of Microsoft 365")
		}
		if m.authAsForged(marked) {
			add(authAsField)
		}
	}
	if len(t.ReceivedAuth) > 0 {
		if h, ok := m.boundary(); ok && h.marked(marked) {
			add("Received by " + h.by)
		}
	}
	return out
}

func (h hop) marked(marked func(string) bool) bool {
	for _, w := range h.words {
		if marked(w) {
			return true
		}
	}
	return false
}

func (m *Mail) authAsForged(marked func(string) bool) bool {
	as := m.Header.RawValues(authAsField)
	if len(as) == 0 {
		return false
	}
	for _, source := range m.Header.RawValues(authSourceField) {
		if marked(source) {
			return true
		}
	}
	for _, v := range as {
		if strings.EqualFold(v, "Internal") && (len(as) > 1 || !m.allMicrosoft()) {
			return true
		}
	}
	return false
}
