package message

import "strings"

const (
	authAsField     = "X-MS-Exchange-Organization-AuthAs"
	authSourceField = "X-MS-Exchange-Organization-AuthSource"
)

// microsoftHosts are the machines of Exchange Online.
func microsoftHosts() hosts { return hosts{"outlook.com", "office365.com", "exchangelabs.com"} }

// byMicrosoft365 is the proof of Exchange Online. Mail from outside has an Authentication-Results field without authserv-id, the topmost of all.
// Mail inside the tenant has none, or one without spf, and says in a field of its own that the sender had logged in. compauth is an opinion, and
// X-MS-Exchange-CrossTenant-AuthAs tells of another's tenant.
func (m *Mail) byMicrosoft365(t Trust, from author) finding {
	if !t.Microsoft365 {
		return finding{}
	}
	proof := unproved("Microsoft 365 says nothing about the sender")
	edge := false // the mail came in from outside
	if f, ok := m.microsoftResults(); ok {
		r, whole := readStrict(f.Raw)
		if !whole {
			return against("the field of Microsoft 365 cannot be read: Authentication-Results")
		}
		if r.server == "" {
			if proof = judgeFields([]strictResults{r}, from); proof.against {
				return proof
			}
			for _, one := range r.results {
				edge = edge || one.method == "spf"
			}
		}
	}
	inside := m.insideTenant()
	if inside.against || proof.ok || edge {
		if inside.against {
			return inside
		}
		return proof
	}
	return inside
}

// microsoftResults is the topmost Authentication-Results, if Microsoft's hosts can have written it.
func (m *Mail) microsoftResults() (Field, bool) {
	for _, f := range m.ownZone(microsoftHosts()) {
		if strings.EqualFold(f.Name, "Authentication-Results") {
			return f, true
		}
	}
	return Field{}, false
}

// insideTenant reads the field by which Exchange says that the sender had logged in: one, with the one word that Exchange writes, in a mail
// that no other host has seen.
func (m *Mail) insideTenant() finding {
	as, source := m.Header.RawValues(authAsField), m.Header.RawValues(authSourceField)
	switch {
	case len(as) > 1 || len(source) > 1:
		return against("more than one " + authAsField)
	case len(as) == 0:
		return unproved("Microsoft 365 says nothing about the sender")
	case as[0] != "Internal":
		return unproved(authAsField + " is not Internal")
	case !m.allMicrosoft():
		return unproved("not only hosts of Microsoft 365 have passed it on")
	case len(source) == 1 && !microsoftHosts().has(hostName(source[0])):
		return unproved(authSourceField + " is no host of Microsoft 365")
	}
	return proved(authAsField + ": Internal")
}

// allMicrosoft says whether every Received is by a host of Exchange Online; none at all is no proof.
func (m *Mail) allMicrosoft() bool {
	received := m.Header.RawValues("Received")
	for _, raw := range received {
		if !microsoftHosts().has(parseReceived(raw).By) {
			return false
		}
	}
	return len(received) > 0
}
