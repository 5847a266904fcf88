package message

// Authentic says whether our own mail system has proved who wrote a mail, well enough to act on what it says. SPF alone is not: everybody
// else who sends by the same provider passes it.
type Authentic struct {
	OK  bool
	By  string // "authres", "microsoft365", "received_auth"
	Why string // one line for staff
}

// Authentic reads the proof by which a person of staff commands. It fails closed: whatever contradicts is no proof.
func (m *Mail) Authentic(t Trust) Authentic {
	return Authentic{Why: "no way of proof is configured"}
}

// ForgedHeaders are forged copies of all that Authentic relies on, as an attacker would write them on top of a mail from the given address;
// mark stands in each of them.
func ForgedHeaders(t Trust, from, mark string) []Field { return nil }

// ForgedBelieved names the forged copies that hold mark and that Authentic would believe in this mail as it arrived: "Authentication-Results
// of mx.firma.at". None: our server strips them, or they stand where nobody looks.
func (m *Mail) ForgedBelieved(t Trust, mark string) []string { return nil }
