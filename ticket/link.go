package ticket

import (
	"time"

	"notfalld/rules"
)

// LinkState says what a link is worth.
type LinkState string

// The states of a link between a ticket and an emergency.
const (
	Linked    LinkState = "linked"
	Suggested LinkState = "suggested" // staff decide
	Refused   LinkState = "refused"   // staff have said that it does not belong there: no rule links it again
)

// Link is what ties a ticket to an emergency, and why. A ticket has one of state Linked at most.
type Link struct {
	TicketID    int64     `json:"-"`
	EmergencyID int64     `json:"-"`
	State       LinkState `json:"state"`
	By          string    `json:"by"`   // "rules", or who of staff
	Told        bool      `json:"told"` // somebody has been told of it: no rule changes it any more
	At          time.Time `json:"at"`
	Score       int       `json:"score"`
	Signals     []Signal  `json:"signals"`
}

// Key is one thing by which a ticket and an emergency can be found to belong together; see rules.Key.
type (
	Key     = rules.Key
	KeyKind = rules.KeyKind
	Signal  = rules.Signal
)

// KeyEmergency is the kind of the key under which the store finds an emergency by its id.
const KeyEmergency = rules.KeyEmergency
