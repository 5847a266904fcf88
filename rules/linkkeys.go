package rules

// Signal is one reason for a link, or against it.
type Signal struct {
	Kind   string `json:"kind"`            // "address", "customer_number", …
	Value  string `json:"value,omitempty"` // what both have
	Weight int    `json:"weight"`
	Why    string `json:"why,omitempty"` // one line more: "12 min before the trigger"
}

// KeyKind says what a Key is.
type KeyKind string

// The kinds of keys. A ticket has its keys from its proven mails, an emergency from its trigger.
const (
	KeyEmergency KeyKind = "emergency" // of tickets: our token of this emergency (its id) is in a mail
	KeyNumber    KeyKind = "number"    // of tickets: the number NE-… of this emergency is named (its id)
	KeyHolder    KeyKind = "holder"    // of tickets: "id address": the token of this emergency came from whom it was issued to
	KeyCustomer  KeyKind = "customer"  // customer number: named in a mail; of emergencies: of the trigger
	KeyOwner     KeyKind = "owner"     // customer number: owns a server that the mail, or the trigger, names
	KeyAddress   KeyKind = "address"   // lower case
	KeyDomain    KeyKind = "domain"    // of an address
	KeyPhone     KeyKind = "phone"     // E.164
	KeyServer    KeyKind = "server"    // lower case
)

// Key is one thing by which a ticket and an emergency can be found to belong together.
type Key struct {
	Kind  KeyKind
	Value string
}
