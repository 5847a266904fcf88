package message

// Authentic says whether our own mail system has proved who wrote a mail, well enough to act on what it says. SPF alone is not: everybody
// else who sends by the same provider passes it.
type Authentic struct {
	OK  bool
	By  string // "authres", "microsoft365", "received_auth"
	Why string // one line for staff
}

// Authentic reads the proof by which a person of staff commands: that the mail comes from the address in From. It fails closed: a header
// that servers read in different ways, more than one author, and whatever contradicts is no proof, even beside a good one.
//
// Everything rests on our server taking away forged copies of what is read here; see ForgedHeaders.
func (m *Mail) Authentic(t Trust) Authentic {
	if len(t.AuthservIDs) == 0 && !t.Microsoft365 && len(t.ReceivedAuth) == 0 {
		return Authentic{Why: "no way of proof is configured"}
	}
	if why := m.Header.odd(); why != "" {
		return Authentic{Why: why}
	}
	from, why := m.author()
	if why != "" {
		return Authentic{Why: why}
	}
	var proof Authentic
	for _, way := range []struct {
		name  string
		judge func(Trust, author) finding
	}{{"authres", m.byAuthRes}, {"microsoft365", m.byMicrosoft365}, {"received_auth", m.byReceived}} {
		f := way.judge(t, from)
		switch {
		case f.against:
			return Authentic{Why: f.why}
		case f.ok && !proof.OK:
			proof = Authentic{OK: true, By: way.name, Why: f.why}
		case !proof.OK && proof.Why == "":
			proof.Why = f.why
		}
	}
	if proof.Why == "" {
		proof.Why = "our server says nothing that proves the sender"
	}
	return proof
}

// finding is what one way of proof says: ok, against (whatever the others say), or nothing.
type finding struct {
	ok, against bool
	why         string
}

func proved(why string) finding   { return finding{ok: true, why: why} }
func unproved(why string) finding { return finding{why: why} }
func against(why string) finding  { return finding{against: true, why: why} }

// odd says why a header cannot be relied on: "" if it is written as RFC 5322 has it.
func (h Header) odd() string {
	for i := range h {
		if h[i].Odd {
			return "the header is not written as mail programs write it (" + cleanLine(h[i].Name) + "): servers may have read it otherwise"
		}
	}
	return ""
}
