// Package rules understands a mail: which class it has, whether it may be answered, and what it says
// of servers, errors, phones and customers. It is pure: a mail and the known world in, facts out.
package rules

import (
	"context"
	"fmt"

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

// Span is a byte range within the text named by a fact's Source.
type Span struct{ From, To int }

// World is what is known beside the mail.
type World struct {
	Own       []string   // our own addresses: nobody answers himself
	Staff     []string   // addresses of staff
	Groups    []Group    // groups that deliver to the mailbox
	Inventory *Inventory // nil: none
	Archives  ArchiveLimits
}

// Group is a mailing group (Google, Exchange) through which a support address is read. What such a
// group writes into a mail's header does not make the mail a list mail.
type Group = message.Group

// Set is one set of rules, immutable once made.
type Set struct{ hash string }

// Hash names the set by its content; every decision records it.
func (s *Set) Hash() string { return s.hash }

// Understand says what a mail is and what it holds. It is bounded by ctx: when time is up it returns
// what was found so far together with ctx.Err(). A fault of a rule is an error too, and not the end of
// the program: the mail that met it becomes a minimal ticket.
func (s *Set) Understand(ctx context.Context, m *message.Mail, w World) (f Facts, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("rule set %s: %v", s.hash, r)
		}
	}()
	err = understand(ctx, m, w, &f)
	return f, err
}
