package outbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"notfalld/ticket"
)

// connection is one SMTP session (RFC 5321), logged in.
type connection struct {
	client  *smtp.Client
	last    time.Time // of the last reply
	pending bool      // a transaction was begun and refused: RSET before the next
}

// freshFor: a connection that was silent for longer may have been ended by the server meanwhile.
const freshFor = time.Second

// dial connects, secures and logs in, each step with a deadline.
func dial(o Options) (*connection, error) {
	addr := net.JoinHostPort(o.Host, strconv.Itoa(o.Port))
	raw, err := (&net.Dialer{Timeout: o.Timeout}).Dial("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	conn := net.Conn(writeLimited{raw, o.Timeout})
	tlsConfig := &tls.Config{ServerName: o.Host, RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	var client *smtp.Client
	switch o.TLS {
	case "implicit":
		client = newClient(tls.Client(conn, tlsConfig), o)
	case "starttls":
		_ = raw.SetDeadline(time.Now().Add(o.Timeout)) // the library waits up to 5 minutes here
		if client, err = smtp.NewClientStartTLS(conn, tlsConfig); err != nil {
			raw.Close()
			return nil, fmt.Errorf("STARTTLS with %s: %w", addr, err)
		}
		setTimeouts(client, o)
	default:
		client = newClient(conn, o)
	}
	if err := logIn(client, o); err != nil {
		client.Close()
		return nil, fmt.Errorf("%s: %w", addr, err)
	}
	return &connection{client: client, last: time.Now()}, nil
}

func newClient(c net.Conn, o Options) *smtp.Client {
	client := smtp.NewClient(c)
	setTimeouts(client, o)
	return client
}

// The library's own limits, 5 and 12 minutes, are for a sender with more time than ours.
func setTimeouts(c *smtp.Client, o Options) {
	c.CommandTimeout, c.SubmissionTimeout = o.Timeout, 2*o.Timeout
}

func logIn(c *smtp.Client, o Options) error {
	if err := c.Hello(o.Hello); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if o.Username == "" {
		return nil
	}
	var mechanism sasl.Client
	switch {
	case c.SupportsAuth(sasl.Plain):
		mechanism = sasl.NewPlainClient("", o.Username, o.Password)
	case c.SupportsAuth(sasl.Login):
		mechanism = sasl.NewLoginClient(o.Username, o.Password)
	default:
		return errors.New("the server offers neither AUTH PLAIN nor LOGIN; set smtp.username to \"\" or another smtp.tls")
	}
	if err := c.Auth(mechanism); err != nil {
		return fmt.Errorf("log in as %q: %w", o.Username, err)
	}
	return nil
}

// alive says whether the server still answers, and takes a new transaction.
func (c *connection) alive() bool {
	if !c.pending && time.Since(c.last) < freshFor {
		return true
	}
	c.pending = false
	return c.client.Reset() == nil
}

func (c *connection) close() {
	if c != nil {
		c.client.Close()
	}
}

func (c *connection) quit() {
	if c != nil && c.client.Quit() != nil {
		c.client.Close()
	}
}

// send tries to hand over one mail. usable is false if the connection is not to be used any more.
// Up to the final dot a failure is a certain one. After it, only the server's reply tells (RFC 5321, 4.2.5; RFC 1047).
func (c *connection) send(o ticket.Out) (out ticket.Outcome, usable bool) {
	defer func() { c.last, c.pending = time.Now(), out.Result != ticket.Accepted }()
	if err := c.client.Mail(o.EnvelopeFrom, nil); err != nil {
		return ofSession(err)
	}
	if err := c.client.Rcpt(o.Recipient, nil); err != nil {
		return ofReply(err, ticket.Temporary)
	}
	data, err := c.client.Data()
	if err != nil {
		return ofReply(err, ticket.Temporary)
	}
	if _, err := bytes.NewReader(o.Bytes).WriteTo(data); err != nil {
		return ofReply(err, ticket.Temporary)
	}
	if err := data.Close(); err != nil {
		return ofReply(err, ticket.Unclear)
	}
	return ticket.Outcome{Result: ticket.Accepted, Code: 250}, true
}

// ofReply reads an outcome from an error: the reply code decides, and without one, what is assumed.
func ofReply(err error, withoutReply ticket.Result) (ticket.Outcome, bool) {
	var reply *smtp.SMTPError
	if !errors.As(err, &reply) {
		return ticket.Outcome{Result: withoutReply, Text: err.Error()}, false
	}
	out := ticket.Outcome{Result: ticket.Temporary, Code: reply.Code, Text: reply.Message}
	if reply.Code >= 500 {
		out.Result = ticket.Permanent
	}
	return out, reply.Code != 421 // 421: the server closes the channel (RFC 5321, 3.8)
}

// ofSession is for replies that say nothing of the recipient: a sender that the server does not take, a login that
// it wants. That is for an admin to mend, and no reason to give up on a customer.
func ofSession(err error) (ticket.Outcome, bool) {
	out, usable := ofReply(err, ticket.Temporary)
	out.Result = ticket.Temporary
	return out, usable
}

// writeLimited gives every write a deadline of its own: the library sets none while it sends a mail's data.
type writeLimited struct {
	net.Conn
	limit time.Duration
}

func (c writeLimited) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.limit)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Probe connects and logs in as a delivery would, sends nothing, and says what it found in one line.
func Probe(_ context.Context, o Options) (string, error) {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Hello == "" {
		o.Hello = "localhost"
	}
	c, err := dial(o)
	if err != nil {
		return "", err
	}
	defer c.quit()
	if err := c.client.Noop(); err != nil {
		return "", fmt.Errorf("NOOP: %w", err)
	}
	said := "ready"
	if _, ok := c.client.TLSConnectionState(); ok {
		said += ", encrypted"
	}
	if o.Username != "" {
		said += ", logged in as " + o.Username
	}
	return said, nil
}
