package ingest

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"notfalld/postoffice"
)

// TestConnectionErrors: what an administrator reads when nothing can be reached.
func TestConnectionErrors(t *testing.T) {
	plainOffice := postoffice.Options{}
	encrypted := postoffice.Options{IMAPTLS: postoffice.ImplicitTLS}
	start := postoffice.Options{IMAPTLS: postoffice.StartTLS, RequireTLS: true}
	tests := []struct {
		name   string
		office postoffice.Options
		tune   func(*Options)
		trust  bool
		want   string
	}{
		{"unknown authority", encrypted, func(o *Options) { o.TLS = TLSImplicit }, false, "certificate signed by unknown authority"},
		{"another name", encrypted, func(o *Options) { o.TLS, o.Host = TLSImplicit, "127.0.0.2" }, true, "connect"},
		{"unknown authority behind STARTTLS", start, func(o *Options) { o.TLS = TLSStart }, false, "certificate signed by unknown authority"},
		{"TLS to a server without", plainOffice, func(o *Options) { o.TLS = TLSImplicit }, false, "first record does not look like a TLS handshake"},
		{"STARTTLS to a server without", plainOffice, func(o *Options) { o.TLS = TLSStart }, false, "the server refuses STARTTLS"},
		{"password in the clear", start, func(o *Options) { o.TLS = TLSNone }, false, "login refused: the server takes no password on an unencrypted connection: set tls"},
		{"wrong password", plainOffice, func(o *Options) { o.Password = "geheimnis" }, false, "login refused by the server"},
		{"no such folder", plainOffice, func(o *Options) { o.Folder = "Notfälle" }, false, "select Notfälle"},
		{"nobody listens", plainOffice, func(o *Options) { o.Port = freePort() }, false, "connection refused"},
		{"no such mode", plainOffice, func(o *Options) { o.TLS = "ssl3" }, false, `unknown TLS mode "ssl3"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, tt.office)
			if tt.trust {
				h.opts.RootCAs = h.office.CertPool()
			}
			tt.tune(&h.opts)
			_, err := Probe(h.ctx, h.opts)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), h.opts.Password) {
				t.Errorf("%v\nwant %q", err, tt.want)
			}
			h.watch()
			h.log.wait(t, h.ctx, "trying again", 1)
		})
	}
}

// freePort is a port of 127.0.0.1 at which nobody listens.
func freePort() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestProbe(t *testing.T) {
	tests := []struct {
		name   string
		office postoffice.Options
		tune   func(*house)
		want   Report
	}{
		{"all there", postoffice.Options{}, func(h *house) {}, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"a bare server", postoffice.Options{Without: []string{"IDLE", "MOVE", "UIDPLUS"}, NoKeywords: true}, func(h *house) {}, Report{MoveTo: true}},
		{"no keyword wanted", postoffice.Options{NoKeywords: true}, func(h *house) { h.opts.Keyword = "" }, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"read-only", postoffice.Options{}, func(h *house) { h.office.SetReadOnly("support", "INBOX", true) }, Report{ReadOnly: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"folder to be made", postoffice.Options{}, func(h *house) { h.opts.MoveTo = "Erledigt" }, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true}},
		{"folder is there", postoffice.Options{}, func(h *house) {
			h.opts.MoveTo = "Erledigt"
			h.office.CreateFolder("support", "Erledigt")
		}, Report{Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
		{"encrypted", postoffice.Options{IMAPTLS: postoffice.ImplicitTLS}, func(h *house) { h.opts.TLS, h.opts.RootCAs = TLSImplicit, h.office.CertPool() },
			Report{Encrypted: true, Keyword: true, Idle: true, Move: true, UIDPlus: true, MoveTo: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, tt.office)
			h.append(emergency(1))
			tt.tune(h)
			got, err := Probe(h.ctx, h.opts)
			if err != nil {
				t.Fatal(err)
			}
			if got.Mails != 1 || got.UIDValidity == 0 || got.Folder != "INBOX" || got.Address != h.office.IMAPAddr() || !slices.Contains(got.Capabilities, "IMAP4rev1") {
				t.Errorf("report: %+v", got)
			}
			got.Mails, got.UIDValidity, got.Folder, got.Address, got.Capabilities = 0, 0, "", "", nil
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			h.wantFlags("INBOX", "1:")
		})
	}
}
