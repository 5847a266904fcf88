package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"notfalld/ticket"
)

// attempted is how one attempt ended: for the mail, and for the connection.
type attempted struct {
	ticket.Outcome
	usable bool  // the connection can have another mail
	server error // not nil: the failure says nothing of this mail, but that the server cannot be used
}

// send tries to hand over one mail. Up to the final dot a failure is a certain one. After it, only the server's
// reply tells (RFC 5321, 4.2.5; RFC 1047). A transaction that was begun is not broken off when ctx ends, but hurried.
func (c *connection) send(ctx context.Context, o ticket.Out) attempted {
	stop := context.AfterFunc(ctx, func() { c.conn.hurry(c.grace) })
	defer stop()
	c.conn.endBy(time.Now().Add(6 * c.timeout))
	defer c.conn.endBy(time.Time{})
	a := c.transaction(o)
	c.heard, c.pending = time.Now(), a.Result != ticket.Accepted
	c.used = c.used || a.server == nil
	return a
}

func (c *connection) transaction(o ticket.Out) attempted {
	if strings.ContainsAny(o.EnvelopeFrom+o.Recipient, "\r\n<>") { // would be a command of its own
		return attempted{Outcome: ticket.Outcome{Result: ticket.Permanent, Text: "no address: " + strconv.Quote(o.Recipient)}, usable: true}
	}
	if err := c.client.Mail(o.EnvelopeFrom, nil); !positive(err) {
		a := judge(err, ticket.Temporary)
		if a.Result == ticket.Permanent {
			// A sender that the server does not take: for an admin to mend, and no reason to give up on a customer.
			a.Result = ticket.Temporary
		}
		return a
	}
	if err := c.client.Rcpt(o.Recipient, nil); !positive(err) {
		return judge(err, ticket.Temporary)
	}
	data, err := c.client.Data()
	if err != nil {
		return judge(err, ticket.Temporary)
	}
	if _, err := bytes.NewReader(o.Bytes).WriteTo(data); err != nil {
		return judge(err, ticket.Temporary)
	}
	err = data.Close()
	switch {
	case positive(err):
		return attempted{Outcome: ticket.Outcome{Result: ticket.Accepted, Code: codeOf(err, 250)}, usable: true}
	case c.conn.broken:
		return judge(err, ticket.Temporary) // the dot comes last: it was not sent
	}
	return judge(err, ticket.Unclear)
}

// positive: any 2yz is a success (RFC 5321, 4.2.1), whatever the library expected.
func positive(err error) bool {
	code := codeOf(err, 0)
	return err == nil || code >= 200 && code < 300
}

func codeOf(err error, none int) int {
	var reply *smtp.SMTPError
	if errors.As(err, &reply) {
		return reply.Code
	}
	return none
}

// judge reads from an error how an attempt ended. The reply code decides; without one, or with one that is no answer (RFC 5321, 4.2.1
// knows only 2yz to 5yz, and 3yz is none here), the server and we do not understand each other, and
// for the mail what is assumed holds.
func judge(err error, assumed ticket.Result) attempted {
	a := attempted{Outcome: ticket.Outcome{Result: assumed, Text: err.Error()}, server: err}
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) {
		return a
	}
	a.Code = reply.Code
	if reply.Code < 400 || reply.Code > 599 {
		return a
	}
	a.Result, a.Text, a.usable, a.server = ticket.Temporary, reply.Message, true, nil
	if reply.EnhancedCode != (smtp.EnhancedCode{}) && reply.EnhancedCode != smtp.NoEnhancedCode {
		a.Text = fmt.Sprintf("%d.%d.%d %s", reply.EnhancedCode[0], reply.EnhancedCode[1], reply.EnhancedCode[2], reply.Message)
	}
	switch reply.Code {
	case 421, // the server closes the channel (RFC 5321, 3.8)
		503, 504, // bad sequence of commands; our EHLO is not to its taste
		530, 534, 535, 538: // it wants a login, another one, or encryption (RFC 4954, 6)
		a.usable, a.server = false, err
	default:
		if reply.Code >= 500 {
			a.Result = ticket.Permanent
		}
	}
	return a
}
