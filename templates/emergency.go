package templates

import "time"

// Emergency is what an answer tells of an emergency, to somebody who may know it. The zero value: there
// is none to tell of. Times are in the location of the support hours; the zero time means "not yet".
type Emergency struct {
	Number         string // "NE-10001"
	TriggeredAt    time.Time
	CallbackBy     time.Time
	AcknowledgedAt time.Time
	CalledAt       time.Time
	EndedAt        time.Time
	Cancelled      bool   // it ended because it was cancelled, not resolved
	Phone          string // E.164; only its last two digits are ever shown. "": none that could be used
	Trouble        string // for the row Trouble: TroubleFailed, TroublePending or TroubleOverdue
}

// What is wrong with an alarm.
const (
	TroubleFailed  = "failed"  // no channel took the alarm
	TroublePending = "pending" // it is not confirmed for minutes
	TroubleOverdue = "overdue" // CallbackBy is past, and nobody has called
)

// What a correction takes back: that a mail belongs to an emergency (unlinked, moved), or that somebody
// comes for it (cancelled, ended), or that the alarm is on its way or a call will come in time.
const (
	CorrectUnlinked  = "unlinked"
	CorrectMoved     = "moved"
	CorrectCancelled = "cancelled"
	CorrectEnded     = "ended"
	CorrectFailed    = TroubleFailed
	CorrectPending   = TroublePending
	CorrectOverdue   = TroubleOverdue
)

// EmergencyBlock is what staff read of an emergency. Strings come raw.
type EmergencyBlock struct {
	Number      string // "NE-10001"
	State       string // "triggered", "acknowledged", "called_back", "resolved", "cancelled"
	Alarm       string // "accepted", "pending", "failed"
	External    bool   // somebody else sounds the alarm
	CallbackBy  time.Time
	TriggeredAt time.Time
	Overdue     bool

	Name, CustomerNumber, Email, Phone, PhoneGiven, Problem string

	Servers, Incomplete, Tickets []string
	Reasons                      []string // why the ticket of this notice is linked, a line each
}

// ConfirmationKind says what a confirmation is about.
type ConfirmationKind string

// The kinds of confirmations.
const (
	ConfirmTrigger  ConfirmationKind = "trigger"   // to whoever triggered at our form
	ConfirmRecord   ConfirmationKind = "on_record" // to the contact on record: somebody has triggered
	ConfirmAttached ConfirmationKind = "attached"  // to the emergency's own address: a mail was attached to it
	ConfirmChange   ConfirmationKind = "change"    // to the same: the alarm failed, is late, or was confirmed after all; it was cancelled
)

// Confirmation is a mail to a customer about an emergency that no mail of his prompted.
type Confirmation struct {
	Kind      ConfirmationKind
	Languages []string // as in Answer
	InHours   bool
	Company   Company
	Service   Service
	Hours     Hours
	NextOpen  time.Time // as in Answer
	NextClose time.Time
	Now       time.Time

	Row       Row // how the emergency stands: AlarmPending, Alarmed, TakenOver, CalledBack, Trouble or Finished
	Emergency Emergency
	Name      string // who triggered, as given at the form
	TokenLine string // "NE-10001 · c2…"; "" leaves it out

	ConsentText, Price string // as shown at the form
	ConsentAt          time.Time

	Attached   string // ConfirmAttached: the sender's masked address, "m…@firma.at"
	Correction string // as in Answer
	ReplyTo    string // where details are mailed to, besides simply replying; "" leaves it out
}

// AlarmMail is a mail to the gateway of a pager or a mobile phone.
type AlarmMail struct {
	Language                             string // "de" or "en"; anything else is "de"
	Kind                                 string // "triggered", "reminder", "overdue", "failed", "cancelled", "resolved", "test"
	Number                               string // "NE-10001"
	Name, CustomerNumber, Phone, Problem string
	Servers                              []string
	CallbackBy                           time.Time
	Minutes                              int // since the trigger
}
