// Package rules understands a mail: which class it has, whether it may be answered, and what it says
// of servers, errors, phones and customers. It is pure: a mail and the known world in, facts out.
package rules

import (
	"time"

	"notfalld/message"
)

// Class says whose mail it is.
type Class string

// The four classes.
const (
	Emergency Class = "emergency" // becomes a ticket, or a mail in one
	Auto      Class = "auto"      // out-of-office and its kin
	Bounce    Class = "bounce"    // delivery status, standard or not
	Other     Class = "other"     // none of our business
)

// Facts is what was understood of one mail.
type Facts struct {
	Class          Class
	Reply          Reply
	Never          string            // the rule that forbids an automatic answer, whatever class a mail's thread gives it; or ""
	Automatic      message.Automatic // as seen through the groups of the world
	Language       string            // "de", "en", or "" when neither is certain: such a mail is answered in both
	CustomerNumber string            // digits as written, without blanks; "" if none
	Phones         []string
	Servers        []Server
	Errors         []Error
	Problem        string   // the three answers that a good mail holds, in the sender's words
	Reproduction   string   //
	Changes        string   // "keine Änderungen" is an answer too
	Missing        []string // of Problem…Phone below, in the order in which they are asked for
	Cut            []Cut    // what limits kept from being looked at
	Route          Route    // who is told beside those who always are
	Where          []Where  // where each fact stands, and which rule found it
	Form           *Form    // the form that sent the mail; nil if no forms rule takes it for one
}

// What can be missing in a mail.
const (
	MissingProblem        = "problem"
	MissingServers        = "servers"
	MissingError          = "error"
	MissingCustomerNumber = "customer_number"
	MissingPhone          = "phone"
	MissingReproduction   = "reproduction"
	MissingChanges        = "changes"
)

// Reply says whether a mail may be answered automatically, as far as the mail itself tells. Caps,
// age and recipients are the ticket's business.
type Reply struct {
	Send   bool   `json:"send"`
	Reason string `json:"reason"` // why, or why not: "List-Id: <haproxy.lists.example>"
}

// Server is one server that the mail names.
type Server struct {
	Name   string `json:"name"`   // lower case, without port, trailing dot or brackets
	Known  bool   `json:"known"`  // the inventory has it
	Owner  string `json:"owner"`  // the customer number that the inventory names, or ""
	Source string `json:"source"` // "body", "subject", "attachment:error.log", …
	Span   Span   `json:"-"`
}

// Error is one error message, verbatim.
type Error struct {
	Text   string `json:"text"`
	Source string `json:"source"`
	Span   Span   `json:"-"`
}

// Span is a byte range within the text named by a fact's Source: of an attachment, the text as it was looked at, which
// of a long one is its beginning and its end.
type Span struct{ From, To int }

// World is what is known beside the mail.
type World struct {
	Own       []string   // our own addresses: nobody answers himself
	Staff     []string   // addresses of staff
	Groups    []Group    // groups that deliver to the mailbox
	Inventory *Inventory // nil: none
	Archives  ArchiveLimits
	Now       time.Time // for conditions
	Open      bool      // whether it is within support hours, for conditions
	Proof     string    // sender proof: "pass", "fail", or "unknown" (the same as "")
	Signed    bool      // it is pass by a DKIM signature aligned with From (message.Proof.Signed)
}

// Group is a mailing group (Google, Exchange) through which a support address is read. What such a
// group writes into a mail's header does not make the mail a list mail.
type Group = message.Group
