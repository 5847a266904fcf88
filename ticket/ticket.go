// Package ticket is the domain: a mail becomes a ticket, a ticket gets its answers, and everything
// that happens is remembered with its reason. It knows nothing of IMAP, SMTP or SQL.
package ticket

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"notfalld/rules"
)

// State is where a ticket stands.
type State string

// The states of a ticket.
const (
	New     State = "new"     // nobody of staff has touched it
	Open    State = "open"    // staff are at it
	Waiting State = "waiting" // for the customer
	Closed  State = "closed"
)

// FirstNumber is the number of the first ticket.
const FirstNumber = 10001

// Ticket is one problem of one customer. Times are instants; the zero time means "never".
type Ticket struct {
	ID             int64 // the number behind NS-, counting up from FirstNumber
	State          State
	Subject        string
	CustomerNumber string
	From           string // address of the person it is about: the author of its first mail
	Language       string // "de", "en" or "" (both)
	Servers        []rules.Server
	Errors         []rules.Error
	Priority       string   // "high", "normal", "low" or "": the highest that route rules gave one of its mails
	Tags           []string // all that they gave
	Mailbox        string   // name of the mailbox it came in by, and is answered from
	Created        time.Time
	Updated        time.Time
	ClosedAt       time.Time
	LastCustomerAt time.Time // arrival of the youngest customer mail
	LastStaffAt    time.Time // youngest answer of staff
	Previous       int64     // the closed ticket that this one continues, or 0
	Related        int64     // a ticket that the mail named without proof, or 0
	EmergencyID    int64     // the linked emergency, or 0
	Assigned       string    // name of the person who looks after it, "" if nobody
	AnsweredBy     string    // name of whoever of staff wrote to the customer last
	Topic          string    // what the subjects of its notices name it by, as the first one did: a thread of one subject
	Mails          int       // how many mails it holds
}

// Number is the ticket's name for people: NS-10001.
func (t *Ticket) Number() string { return Number(t.ID) }

// Number writes a ticket id as people read it.
func Number(id int64) string { return fmt.Sprintf("NS-%d", id) }

// ParseNumber reads "NS-10001" (any case); ok is false for anything else.
func ParseNumber(s string) (id int64, ok bool) {
	digits, found := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), "NS-")
	if !found {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id >= FirstNumber
}

// MailKind says what a mail is within its ticket.
type MailKind string

// The kinds of mail in a ticket.
const (
	CustomerMail MailKind = "customer"
	MachineMail  MailKind = "machine"  // an emergency that a monitoring system wrote
	NoteMail     MailKind = "note"     // out-of-office and its kin: noted, changes nothing
	UnprovenMail MailKind = "unproven" // joined by a token that was not issued to this sender

	StaffMail      MailKind = "staff"      // a person of staff wrote it: relayed, executed, or sent from the shared mailbox
	UnverifiedMail MailKind = "unverified" // claims to be of staff, without proof: nothing was done
)

// What tickets hold of a mail, under the names that they have where it is read.
type (
	Server = rules.Server
	Error  = rules.Error
)

// Mail is one mail within a ticket.
type Mail struct {
	ID          int64
	TicketID    int64
	Kind        MailKind
	EntryID     int64  // its ledger entry
	MessageID   string // without angle brackets
	From        string // the author's address, lower case
	FromName    string
	AnswerTo    string // to whom an answer goes, "" if to nobody
	Subject     string
	Arrived     time.Time
	Proof       string // "pass", "fail" or "unknown"
	Thread      string // why it stands in this ticket: "new", "token", "references", "number"
	Line        []byte // what was understood: the JSON of rules.Line
	RulesHash   string // the rule set that understood it
	ContentHash []byte // message.Mail.ContentHash
}

// Event is one line of a ticket's history.
type Event struct {
	TicketID int64     `json:"-"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"` // "notfalld", "cli:root", a staff name, …
	Rules    string    `json:"rules,omitempty"`
	What     string    `json:"what"` // "created", "mail", "answer", "reopened", …
	Why      string    `json:"why"`
}
