package outbox

import (
	"crypto/x509"
	"strings"
	"testing"

	"notfalld/postoffice"
	"notfalld/ticket"
)

var support = postoffice.User{Name: "support", Password: "geheim"}

// Each case: how the office is, how we log in, and what its deliveries or our Status say.
var loginCases = []struct {
	name   string
	office postoffice.Options
	change func(*Options)
	user   string // as whom the mail was delivered
	secure bool
	error  string // the mail is not delivered, and Status says this
}{
	{name: "no TLS, no login", office: postoffice.Options{}},
	{name: "login is offered but not configured", office: postoffice.Options{Users: []postoffice.User{support}}},
	{name: "starttls", office: postoffice.Options{SMTPTLS: postoffice.StartTLS, RequireTLS: true, RequireAuth: true, Users: []postoffice.User{support}},
		change: func(o *Options) { o.TLS, o.Username, o.Password = "starttls", "support", "geheim" }, user: "support", secure: true},
	{name: "implicit", office: postoffice.Options{SMTPTLS: postoffice.ImplicitTLS, RequireAuth: true, Users: []postoffice.User{support}},
		change: func(o *Options) { o.TLS, o.Username, o.Password = "implicit", "support", "geheim" }, user: "support", secure: true},
	{name: "by name", office: postoffice.Options{SMTPTLS: postoffice.ImplicitTLS},
		change: func(o *Options) { o.TLS, o.Host = "implicit", "localhost" }, secure: true},

	{name: "unknown CA, implicit", office: postoffice.Options{SMTPTLS: postoffice.ImplicitTLS},
		change: func(o *Options) { o.TLS, o.RootCAs = "implicit", x509.NewCertPool() }, error: "certificate"},
	{name: "unknown CA, starttls", office: postoffice.Options{SMTPTLS: postoffice.StartTLS},
		change: func(o *Options) { o.TLS, o.RootCAs = "starttls", x509.NewCertPool() }, error: "certificate"},
	{name: "another name in the certificate", office: postoffice.Options{SMTPAddr: "127.0.0.2:0", SMTPTLS: postoffice.ImplicitTLS},
		change: func(o *Options) { o.TLS = "implicit" }, error: "certificate is valid for"},
	{name: "wrong password", office: postoffice.Options{Users: []postoffice.User{support}},
		change: func(o *Options) { o.Username, o.Password = "support", "falsch" }, error: `log in as "support": SMTP error 535`},
	{name: "the password waits for TLS", office: postoffice.Options{SMTPTLS: postoffice.StartTLS, RequireTLS: true, Users: []postoffice.User{support}},
		change: func(o *Options) { o.Username, o.Password = "support", "geheim" }, error: "neither AUTH PLAIN nor LOGIN"},
}

func TestLogin(t *testing.T) {
	for _, c := range loginCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, noStaff, func(u *setup) { u.office = c.office })
			o := s.options()
			if c.change != nil {
				c.change(&o)
			}
			s.take(1)
			r := s.start(o)
			if c.error != "" {
				s.wantRefused(r, c.error)
				return
			}
			s.untilDone()
			d := s.office.Deliveries()[0]
			if d.AuthUser != c.user || d.TLS != c.secure {
				t.Errorf("delivered as %q, encrypted: %v", d.AuthUser, d.TLS)
			}
			if st := r.Status(); !st.Reachable || st.LastError != "" || st.Sent != 1 {
				t.Errorf("status %+v", st)
			}
		})
	}
}

// wantRefused waits until the attempt at the one answer is recorded, and looks at what is said of it.
func (s *stage) wantRefused(r *running, words string) {
	s.Helper()
	s.until("an attempt", func() bool { return s.answers()[0].Attempts > 0 })
	a := s.answers()[0]
	if a.State != ticket.OutWaiting || a.MessageID != "" || !strings.Contains(a.LastError, words) {
		s.Errorf("the answer is %s, %q", a.State, a.LastError)
	}
	if st := r.Status(); st.Reachable || !strings.Contains(st.LastError, words) {
		s.Errorf("status %+v", st)
	}
	if lines := s.log.lines("mail server cannot be used"); len(lines) != 1 || !strings.Contains(lines[0], words) {
		s.Errorf("logged: %q", lines)
	}
	if n := len(s.office.Deliveries()); n != 0 {
		s.Errorf("%d mails were delivered all the same", n)
	}
}

func TestProbe(t *testing.T) {
	s := newStage(t, func(u *setup) {
		u.office = postoffice.Options{SMTPTLS: postoffice.StartTLS, Users: []postoffice.User{support}}
	})
	o := s.options()
	o.TLS, o.Username, o.Password = "starttls", "support", "geheim"
	if said, err := Probe(s.ctx, o); err != nil || said != "ready, encrypted, logged in as support" {
		t.Errorf("%q, %v", said, err)
	}
	o.Password = "falsch"
	if said, err := Probe(s.ctx, o); err == nil || !strings.Contains(err.Error(), "535") {
		t.Errorf("wrong password: %q, %v", said, err)
	}
	if n := len(s.office.Deliveries()); n != 0 {
		t.Errorf("a probe delivered %d mails", n)
	}
	s.office.Stop(postoffice.SMTP)
	if said, err := Probe(s.ctx, o); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("no server: %q, %v", said, err)
	}
}
