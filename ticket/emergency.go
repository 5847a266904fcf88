package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FirstEmergency is the number of the first emergency.
const FirstEmergency = 10001

// EmergencyState is how far an emergency has come.
type EmergencyState string

// The states of an emergency. Steps may be skipped forward.
const (
	Triggered    EmergencyState = "triggered"
	Acknowledged EmergencyState = "acknowledged" // a technician has taken it over
	CalledBack   EmergencyState = "called_back"
	Resolved     EmergencyState = "resolved"
	Cancelled    EmergencyState = "cancelled"
)

// AlarmState says whether the technician on call is alarmed.
type AlarmState string

// The states of an alarm.
const (
	AlarmPending  AlarmState = "pending"
	AlarmAccepted AlarmState = "accepted" // a channel has confirmed it, or somebody else sounds it
	AlarmFailed   AlarmState = "failed"   // no channel took it
)

// Way is how an emergency came in.
type Way string

// The ways in.
const (
	WayAPI  Way = "api"
	WayForm Way = "form" // the built-in form
	WayMail Way = "mail" // the mail that an existing form sends
	WayCLI  Way = "cli"
)

// Emergency is one triggered alarm. Times are instants; the zero time means "not yet".
type Emergency struct {
	ID             int64 // the number behind NE-, counting up from FirstEmergency
	State          EmergencyState
	Alarm          AlarmState
	External       bool // somebody else alarms the technician: the company's own form, say
	Way            Way
	Name           string
	CustomerNumber string
	Email          string   // lower case; "" if there is none that could be used
	Phone          string   // E.164; "" if there is none that could be used
	PhoneGiven     string   // as it was given
	Problem        string   // any number of lines
	Servers        []string // as the customer named them, lower case
	Incomplete     []string // of "name", "customer_number", "email", "phone": what is missing or cannot be used
	Language       string   // "de", "en" or ""
	TriggeredAt    time.Time
	CallbackBy     time.Time
	Created        time.Time // when it reached us
	Updated        time.Time
	AcknowledgedAt time.Time
	CalledAt       time.Time
	NextTry        time.Time // the customer did not answer the phone: when he is called again; zero if not
	EndedAt        time.Time // resolved or cancelled
	AlarmedAt      time.Time // the alarm was accepted
	Key            string    // unique, so that the same trigger is one emergency; "" for none
	Consent        Consent
	Stage          string // the row of the table of answers that was true of it when somebody last looked; see tend
	Raw            string // the form mail that triggered it, as text
}

// Consent is what was agreed to at the form, and when.
type Consent struct {
	Hash    string    `json:"hash,omitempty"`  // SHA-256 of the text, in hex
	Text    string    `json:"text,omitempty"`  // the text itself, as shown
	Price   string    `json:"price,omitempty"` // as shown: "200 € + MwSt."
	At      time.Time `json:"at,omitzero"`
	Address string    `json:"address,omitempty"` // IP address
}

// Number is the emergency's name for people: NE-10001.
func (e *Emergency) Number() string { return EmergencyNumber(e.ID) }

// Open says whether somebody may still come for it.
func (e *Emergency) Open() bool { return e.State != Resolved && e.State != Cancelled }

// callBy is when the customer is called at the latest: a technician who has called in vain has said when he tries again.
func (e *Emergency) callBy() time.Time {
	if e.NextTry.After(e.CallbackBy) {
		return e.NextTry
	}
	return e.CallbackBy
}

// EmergencyNumber writes an emergency's id as people read it.
func EmergencyNumber(id int64) string { return fmt.Sprintf("NE-%d", id) }

// ParseEmergencyNumber reads "NE-10001" (any case); ok is false for anything else.
func ParseEmergencyNumber(s string) (id int64, ok bool) {
	digits, found := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), "NE-")
	if !found {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id >= FirstEmergency
}

// order of the states: a later one can follow an earlier one, never the other way.
var stateOrder = []EmergencyState{Triggered, Acknowledged, CalledBack, Resolved, Cancelled}

// mayBecome says whether one state can follow another.
func (s EmergencyState) mayBecome(next EmergencyState) bool {
	if s == Resolved || s == Cancelled {
		return false
	}
	return slices.Index(stateOrder, next) > slices.Index(stateOrder, s)
}
