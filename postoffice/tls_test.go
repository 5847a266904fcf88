package postoffice

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

type dialers struct {
	imap func(string, *imapclient.Options) (*imapclient.Client, error)
	smtp func(string, *tls.Config) (*gosmtp.Client, error)
}

var tlsDialers = map[TLSMode]dialers{
	StartTLS:    {imapclient.DialStartTLS, gosmtp.DialStartTLS},
	ImplicitTLS: {imapclient.DialTLS, gosmtp.DialTLS},
}

func TestTLSModes(t *testing.T) {
	for mode, dial := range tlsDialers {
		t.Run(string(mode), func(t *testing.T) {
			office := open(t, Options{IMAPTLS: mode, SMTPTLS: mode, RequireTLS: true, RequireAuth: true, Without: []string{"IDLE"}})
			trust := &tls.Config{RootCAs: office.CertPool(), ServerName: "localhost"}

			c, err := dial.imap(office.IMAPAddr(), &imapclient.Options{TLSConfig: trust})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Login("support", "geheim").Wait(); err != nil {
				t.Fatal(err)
			}
			caps, err := c.Capability().Wait()
			if err != nil || caps.Has("IDLE") || caps.Has("STARTTLS") {
				t.Errorf("capabilities %v, %v", caps, err)
			}
			office.FailNext(IMAPNoop, 1, "NO [OVERQUOTA] full")
			if err := c.Noop().Wait(); err == nil || !strings.Contains(err.Error(), "OVERQUOTA") {
				t.Errorf("the fault did not strike under TLS: %v", err)
			}

			s, err := dial.smtp(office.SMTPAddr(), trust)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Auth(sasl.NewLoginClient("support", "geheim")); err != nil {
				t.Fatal(err)
			}
			if err := s.SendMail("support@hoster.example", []string{"support@hoster.example"}, strings.NewReader(body)); err != nil {
				t.Fatal(err)
			}
			if d := office.Deliveries(); len(d) != 1 || !d[0].TLS || d[0].AuthUser != "support" {
				t.Errorf("%+v", d)
			}
			mails, _ := office.Messages("support", "INBOX")
			if len(mails) != 1 || !strings.Contains(string(mails[0].Raw), "with ESMTPSA id") {
				t.Errorf("Received does not tell how the mail came: %+v", mails)
			}
		})
	}
}

func TestUnknownTLSModeIsRefused(t *testing.T) {
	if o, err := Open(Options{IMAPTLS: "ssl"}); err == nil {
		o.Close()
		t.Error("taken")
	}
}

func TestCertificateIsNotTrustedWithoutThePool(t *testing.T) {
	for mode, dial := range tlsDialers {
		t.Run(string(mode), func(t *testing.T) {
			office := open(t, Options{IMAPTLS: mode, SMTPTLS: mode})
			var unknown x509.UnknownAuthorityError
			if c, err := dial.imap(office.IMAPAddr(), nil); err == nil {
				c.Close()
				t.Error("IMAP: the certificate is trusted without the pool")
			} else if !errors.As(err, &unknown) {
				t.Errorf("IMAP: %v", err)
			}
			if s, err := dial.smtp(office.SMTPAddr(), nil); err == nil {
				if err = s.Hello("x.example"); err == nil {
					t.Error("SMTP: the certificate is trusted without the pool")
				}
				s.Close()
			}
		})
	}
}
