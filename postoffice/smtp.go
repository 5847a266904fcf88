package postoffice

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// smtpSession is one SMTP connection after its EHLO. One goroutine calls its methods.
type smtpSession struct {
	office *Office
	conn   *smtp.Conn
	wire   *wire
	user   string // who authenticated
	from   string
	to     []string
}

var _ smtp.AuthSession = (*smtpSession)(nil)

func smtpError(code int, enhanced smtp.EnhancedCode, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

func (s *smtpSession) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		if s.office.login(user, password) == nil {
			return smtp.ErrAuthFailed
		}
		s.user, s.wire.user = user, user
		return nil
	}
	switch mech {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case sasl.Login:
		return &loginServer{check: check}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// loginServer is AUTH LOGIN (draft-murchison-sasl-login), which the sasl library has for clients only.
type loginServer struct {
	check    func(user, password string) error
	user     string
	haveUser bool
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil:
		return []byte("Username:"), false, nil
	case !l.haveUser:
		l.user, l.haveUser = string(response), true
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if s.office.opts.RequireAuth && s.user == "" {
		return smtpError(530, smtp.EnhancedCode{5, 7, 0}, "Authentication required")
	}
	s.from, s.to = from, nil
	return nil
}

func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if acc, tagged := s.office.recipient(to); acc != nil && tagged && s.office.opts.NoPlus {
		return smtpError(550, smtp.EnhancedCode{5, 1, 1}, "No such user here")
	}
	s.to = append(s.to, to)
	return nil
}

func (s *smtpSession) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if len(s.to) == 0 {
		return smtpError(554, smtp.EnhancedCode{5, 5, 1}, "No valid recipients")
	}
	d := Delivery{
		At: s.office.opts.Now(), EnvelopeFrom: s.from, To: s.to, Data: data, ConnID: s.wire.id, AuthUser: s.user, TLS: s.wire.secure.Load(),
		helo: s.conn.Hostname(),
	}
	e := s.wire.event("dot", "")
	e.From, e.To, e.Data = d.EnvelopeFrom, d.To, d.Data
	if f := s.office.strike(e); f != nil {
		return s.suffer(f, d)
	}
	return s.office.accept(d)
}

// suffer applies a fault after the dot. The error it returns is the reply.
func (s *smtpSession) suffer(f *Fault, d Delivery) error {
	w := s.wire
	if f.Raw != "" {
		w.inject(f.Raw)
	}
	if f.Reply != "" {
		w.closing.Store(f.Drop)
		if f.Act {
			s.office.accept(d)
		}
		return parseReply(f.Reply)
	}
	if !f.Drop && !f.Mute {
		return s.office.accept(d)
	}
	w.muted.Store(true)
	w.closing.Store(f.Drop)
	if !f.Act {
		return smtpError(451, smtp.EnhancedCode{4, 0, 0}, "This reply is never seen")
	}
	d.ReplyLost = true
	return s.office.accept(d)
}

// parseReply reads "451 4.3.0 Try again later"; the enhanced code (RFC 2034) may be missing.
func parseReply(line string) *smtp.SMTPError {
	e := &smtp.SMTPError{Code: 451, Message: line}
	code, rest, _ := strings.Cut(line, " ")
	if n, err := strconv.Atoi(code); err == nil {
		e.Code, e.Message = n, rest
	}
	enhanced, text, _ := strings.Cut(rest, " ")
	var x smtp.EnhancedCode
	if n, _ := fmt.Sscanf(enhanced, "%d.%d.%d", &x[0], &x[1], &x[2]); n == 3 {
		e.EnhancedCode, e.Message = x, text
	}
	return e
}

func (s *smtpSession) Reset() { s.from, s.to = "", nil }

func (s *smtpSession) Logout() error { return nil }

// accept makes a mail durable, records it and delivers it. When it returns nil, the sender may forget the mail.
func (o *Office) accept(d Delivery) error {
	d.ID = o.deliveries.nextID()
	if err := o.sink(d); err != nil {
		return smtpError(451, smtp.EnhancedCode{4, 3, 0}, fmt.Sprintf("Local error: %v", err))
	}
	for _, to := range d.To {
		if acc, _ := o.recipient(to); acc != nil {
			o.deliver(acc, to, d)
		}
	}
	if o.opts.Forget {
		d.Data = nil
	}
	o.deliveries.add(d)
	return nil
}
