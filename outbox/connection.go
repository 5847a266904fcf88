package outbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// connection is one SMTP session (RFC 5321), logged in. One goroutine at a time has it.
type connection struct {
	client  *smtp.Client
	conn    *bounded
	timeout time.Duration // Options.Timeout
	grace   time.Duration // Options.grace
	used    bool          // the server has answered for a mail on it, whatever it said
	pending bool          // a transaction was begun and refused: RSET before the next
	heard   time.Time     // of the last reply, by the machine's clock
	resting time.Time     // since when it lies idle, by the desk's clock
}

const (
	// freshFor: a connection that was silent for longer may have been ended by the server meanwhile.
	freshFor = time.Second
	// politeness bounds what is done for good manners, not for a mail: asking whether the server is still there, QUIT.
	politeness = 5 * time.Second
)

// dial connects, secures and logs in, all of it within three times o.Timeout. When ctx ends, so does dial.
func dial(ctx context.Context, o Options) (*connection, error) {
	addr := net.JoinHostPort(o.Host, strconv.Itoa(o.Port))
	raw, err := (&net.Dialer{Timeout: o.Timeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	c, err := open(ctx, raw, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", addr, err)
	}
	return c, nil
}

// open makes a session of a connection, or closes it.
func open(ctx context.Context, raw net.Conn, o Options) (*connection, error) {
	c := &connection{conn: &bounded{Conn: raw, limit: o.Timeout, left: mostReply}, timeout: o.Timeout, grace: o.grace}
	c.conn.endBy(time.Now().Add(3 * o.Timeout))
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	err := c.logIn(o)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	c.conn.endBy(time.Time{})
	c.heard = time.Now()
	return c, nil
}

// logIn makes the session: greeting, TLS, EHLO, AUTH.
func (c *connection) logIn(o Options) (err error) {
	secure := &tls.Config{ServerName: o.Host, RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	switch o.TLS {
	case "implicit":
		c.client = smtp.NewClient(tls.Client(c.conn, secure))
	case "starttls":
		if c.client, err = smtp.NewClientStartTLS(c.conn, secure); err != nil {
			return fmt.Errorf("STARTTLS: %w", err)
		}
	default:
		c.client = smtp.NewClient(c.conn)
	}
	// The library's own limits, 5 and 12 minutes, are for a sender with more time than ours.
	c.client.CommandTimeout, c.client.SubmissionTimeout = o.Timeout, 2*o.Timeout
	if err := c.client.Hello(c.helloName(o)); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if o.Username == "" {
		return nil
	}
	var mechanism sasl.Client
	switch {
	case c.client.SupportsAuth(sasl.Plain):
		mechanism = sasl.NewPlainClient("", o.Username, o.Password)
	case c.client.SupportsAuth(sasl.Login):
		mechanism = &loginClient{username: o.Username, password: o.Password}
	default:
		return errors.New("the server offers neither AUTH PLAIN nor LOGIN; set smtp.username to \"\" or another smtp.tls")
	}
	if err := c.client.Auth(mechanism); err != nil {
		return fmt.Errorf("log in as %q: %w", o.Username, err)
	}
	return nil
}

// helloName is what EHLO says: a host without a name of its own gives its address literal (RFC 5321, 4.1.4). Many
// servers refuse "localhost" and names without a dot.
func (c *connection) helloName(o Options) string {
	if o.Hello != "" {
		return o.Hello
	}
	a, ok := c.conn.LocalAddr().(*net.TCPAddr)
	switch {
	case !ok:
		return "localhost"
	case a.IP.To4() != nil:
		return "[" + a.IP.String() + "]"
	}
	return "[IPv6:" + a.IP.String() + "]"
}

// loginClient is AUTH LOGIN (draft-murchison-sasl-login). The one of the library takes only one spelling of the server's questions,
// and puts the name into the AUTH command, which not every server takes.
type loginClient struct {
	username, password string
	asked              int
}

// Start is sasl.Client.
func (l *loginClient) Start() (mechanism string, first []byte, err error) {
	return sasl.Login, nil, nil
}

// Next is sasl.Client: first the name, then the password, however they are asked for.
func (l *loginClient) Next([]byte) (answer []byte, err error) {
	l.asked++
	switch l.asked {
	case 1:
		return []byte(l.username), nil
	case 2:
		return []byte(l.password), nil
	}
	return nil, sasl.ErrUnexpectedServerChallenge
}

// alive says whether the server still answers, and takes a new transaction.
func (c *connection) alive() bool {
	if !c.pending && time.Since(c.heard) < freshFor {
		return true
	}
	c.client.CommandTimeout = min(c.timeout, politeness)
	defer func() { c.client.CommandTimeout = c.timeout }()
	ask := c.client.Noop
	if c.pending {
		ask = c.client.Reset
	}
	if ask() != nil {
		return false
	}
	c.pending, c.heard = false, time.Now()
	return true
}

// close ends the connection without a word; closing it by way of TLS would say goodbye first, and may wait for that.
func (c *connection) close() { _ = c.conn.Close() }

// quit says goodbye (RFC 5321, 4.1.1.10).
func (c *connection) quit() {
	c.conn.hurry(min(c.grace, politeness))
	_ = c.client.Quit()
	c.close()
}
