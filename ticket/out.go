package ticket

import "time"

// OutKind says what an outgoing mail is.
type OutKind string

// The kinds of outgoing mail.
const (
	OutAnswer OutKind = "answer" // to a customer, chosen and rendered just before it is sent
	OutNotice OutKind = "notice" // to staff or admins
	OutProbe  OutKind = "probe"  // to ourselves: do plus addresses come back?

	OutConfirmation OutKind = "confirmation" // to a customer, about an emergency and no mail of his; chosen when sent
	OutAlarm        OutKind = "alarm"        // a mail that alarms the technician: to an SMS gateway, a pager
	OutPage         OutKind = "page"         // an HTTP request that does

	OutRelay OutKind = "relay" // to a customer or somebody who takes part: what a person of staff has written; one each
)

// OutState is where an outgoing mail stands.
type OutState string

// The states of an outgoing mail.
const (
	OutWaiting   OutState = "waiting"   // not chosen yet: nothing of it is fixed
	OutFrozen    OutState = "frozen"    // bytes and Message-ID are fixed; an attempt is under way or its outcome unknown
	OutSent      OutState = "sent"      // the server accepted it
	OutFailed    OutState = "failed"    // refused for good, given up, or bounced
	OutWithdrawn OutState = "withdrawn" // when its turn came there was nothing to say any more
)

// Out is one row of the outbox.
type Out struct {
	ID           int64
	Kind         OutKind
	State        OutState
	TicketID     int64  // 0 if it belongs to no ticket
	MailID       int64  // the mail that it answers or reports, or 0
	EmergencyID  int64  // the emergency that it is about (of an answer: the one that it tells of), or 0
	Mailbox      string // the mailbox whose address it is sent from
	Recipient    string // one address; of an OutPage the channel's name
	Channel      string // of OutAlarm and OutPage: the alarm channel's name
	Reason       string // what brought it about: "mail", "closing", "new_ticket", "undelivered", …
	Detail       string // one line more for the reader of a notice: why nobody was told, what the server said
	Row          string // for answers: what was said, "not_linked/outside"; at creation what is due, at freezing what is true
	Bare         bool   // the answer to a sender who may be forged: see docs/security.md
	Unknown      bool   // recipient neither proven nor known: counts towards the overall cap
	Language     string
	Key          string // unique, so that no cause brings about two mails; "" for none
	Created      time.Time
	NextAt       time.Time // not before
	Attempts     int
	FrozenAt     time.Time
	SentAt       time.Time
	MessageID    string
	EnvelopeFrom string
	Bytes        []byte // the whole mail, while OutFrozen; of answers also after
	LastCode     int    // SMTP reply code of the last attempt, 0 if there was none
	LastError    string
	BouncedAt    time.Time // a delivery status said that it failed
	DelayedAt    time.Time // a delivery status said that it is still being tried
}

// Attempt is one try to deliver an Out, kept with its outcome.
type Attempt struct {
	OutID     int64     `json:"-"`
	At        time.Time `json:"at"`
	MessageID string    `json:"message_id"`
	Outcome   string    `json:"outcome"` // "sent", "temporary", "permanent", "unknown"
	Code      int       `json:"code,omitempty"`
	Text      string    `json:"text,omitempty"`
}
