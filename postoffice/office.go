package postoffice

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"
)

// TLSMode says how a service is encrypted.
type TLSMode string

// The three modes of the notfalld configuration.
const (
	NoTLS       TLSMode = "none"
	StartTLS    TLSMode = "starttls"
	ImplicitTLS TLSMode = "implicit"
)

// Options say what an Office is like. The zero value is good: free ports on 127.0.0.1, no TLS, no users, plus addresses
// delivered, no authentication asked for.
type Options struct {
	IMAPAddr, SMTPAddr string // "127.0.0.1:1143"; empty: a free port on 127.0.0.1
	IMAPTLS, SMTPTLS   TLSMode
	TLSConfig          *tls.Config // nil: a self-signed certificate for 127.0.0.1 and localhost is made, see CertPool
	Hostname           string      // in the banners and in Received; default "mx.postoffice.example"
	Users              []User

	// Without lists IMAP extensions that the server shall not have: "IDLE", "MOVE", "UIDPLUS". They are not announced, and
	// their commands are answered with BAD.
	Without []string
	// NoKeywords: PERMANENTFLAGS has the system flags alone, keywords in a STORE are ignored.
	NoKeywords bool

	RequireTLS  bool // credentials are refused before STARTTLS
	RequireAuth bool // SMTP: MAIL is refused with 530 before AUTH; AUTH itself is always offered
	NoPlus      bool // SMTP: user+tag@… of an office user is refused with 550, as by a server without plus addresses

	// AuthServID, if set, makes local delivery write an Authentication-Results header with this id, and remove those that
	// came in with the same id (RFC 8601 section 5). Verdict gives what stands behind the id; nil: "none".
	AuthServID string
	Verdict    func(Envelope) string
	// KeepForged keeps the copies that came in: a server that must not be trusted.
	KeepForged bool
	// StripAll takes out all Authentication-Results that come in, whatever their id: as Postfix with header_checks does.
	StripAll bool

	SinkDir string // every accepted mail is written to a file here and fsynced before the 250
	Forget  bool   // deliveries keep no Data: for long runs

	Now       func() time.Time         // what time it is for what arrives; nil: time.Now
	OnCommand func(Event)              // called at every point of every session, from its goroutine; it must not block
	Logf      func(f string, a ...any) // the libraries' complaints; nil: nowhere
}

// Office is a running IMAP and SMTP server. Its methods may be called from any goroutine.
type Office struct {
	opts    Options
	without map[string]bool
	pool    *x509.CertPool
	conns   atomic.Int64 // connections so far, for their numbers

	mu          sync.Mutex
	accounts    map[string]*account // by user name
	byAddress   map[string]*account // by lower-cased address
	uidValidity uint32

	deliveries deliveries
	faults     faults

	imap, smtp *gate
	imapServer *imapserver.Server
	smtpServer *smtp.Server
	serving    sync.WaitGroup // the two Serve calls
	closing    sync.Once
}

// User is a person with a mailbox. Name and Password are for IMAP and for SMTP AUTH. Mail to one of Addresses comes to the
// INBOX; the folders are INBOX and Sent, plus what is created later.
type User struct {
	Name, Password string
	Addresses      []string
}

// Open starts both servers. It fails if a port is taken or two users share a name or an address.
func Open(o Options) (*Office, error) {
	if o.Hostname == "" {
		o.Hostname = "mx.postoffice.example"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	office := &Office{
		opts: o, without: map[string]bool{}, accounts: map[string]*account{}, byAddress: map[string]*account{}, uidValidity: 1000,
	}
	office.deliveries.init()
	office.faults.changed = make(chan struct{})
	for _, w := range o.Without {
		office.without[strings.ToUpper(w)] = true
	}
	for _, u := range o.Users {
		if err := office.AddUser(u); err != nil {
			return nil, err
		}
	}
	if err := office.listen(); err != nil {
		return nil, err
	}
	return office, nil
}

func (o *Office) listen() error {
	conf, err := o.tlsConfig()
	if err != nil {
		return err
	}
	if o.imap, err = newGate(o, IMAP, o.opts.IMAPAddr, o.opts.IMAPTLS, conf); err != nil {
		return err
	}
	if o.smtp, err = newGate(o, SMTP, o.opts.SMTPAddr, o.opts.SMTPTLS, conf); err != nil {
		o.imap.end()
		return err
	}
	o.imapServer = imapserver.New(&imapserver.Options{
		NewSession: func(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return &imapSession{office: o, wire: c.NetConn().(*wire)}, nil, nil
		},
		Caps: o.imapCaps(), InsecureAuth: true, Logger: logger{o},
	})
	o.smtpServer = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{office: o, conn: c, wire: c.Conn().(*wire)}, nil
	}))
	o.smtpServer.Domain = o.opts.Hostname
	o.smtpServer.AllowInsecureAuth = true
	o.smtpServer.EnableSMTPUTF8 = true
	o.smtpServer.ErrorLog = logger{o}
	o.serving.Go(func() { o.imapServer.Serve(o.imap) })
	o.serving.Go(func() { o.smtpServer.Serve(o.smtp) })
	return nil
}

// tlsConfig returns the configuration for those services that want TLS; nil if none does.
func (o *Office) tlsConfig() (*tls.Config, error) {
	wanted := false
	for _, m := range []TLSMode{o.opts.IMAPTLS, o.opts.SMTPTLS} {
		switch m {
		case StartTLS, ImplicitTLS:
			wanted = true
		case NoTLS, "":
		default:
			return nil, fmt.Errorf("postoffice: unknown TLS mode %q", m)
		}
	}
	if !wanted || o.opts.TLSConfig != nil {
		return o.opts.TLSConfig, nil
	}
	cert, err := newCertificate()
	if err != nil {
		return nil, err
	}
	o.pool = cert.pool
	return &tls.Config{Certificates: []tls.Certificate{cert.Certificate}}, nil
}

// CertPool trusts the certificate that the Office has made; nil if it has made none.
func (o *Office) CertPool() *x509.CertPool { return o.pool }

func (o *Office) imapCaps() imap.CapSet {
	caps := imap.CapSet{}
	for _, c := range []imap.Cap{
		imap.CapIMAP4rev1, imap.CapNamespace, imap.CapUIDPlus, imap.CapESearch, imap.CapListExtended, imap.CapListStatus,
		imap.CapMove, imap.CapStatusSize, imap.CapSpecialUse, imap.CapLiteralPlus,
	} {
		if !o.without[string(c)] {
			caps[c] = struct{}{}
		}
	}
	return caps
}

// Close ends both servers, every connection and every goroutine of them, and returns when they have ended.
func (o *Office) Close() error {
	o.closing.Do(func() {
		for _, g := range []*gate{o.imap, o.smtp} {
			g.end()
		}
		o.serving.Wait()
		for _, g := range []*gate{o.imap, o.smtp} {
			g.handed.Wait()
		}
		o.imapServer.Close()
		o.smtpServer.Close()
		o.deliveries.close()
	})
	return nil
}

// IMAPAddr returns the address of the IMAP server, such as "127.0.0.1:34567"; it stays over Stop and Start.
func (o *Office) IMAPAddr() string { return o.imap.addr }

// SMTPAddr returns the address of the SMTP server.
func (o *Office) SMTPAddr() string { return o.smtp.addr }

// AddUser adds a user with empty folders. The name and the addresses must be new.
func (o *Office) AddUser(u User) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.accounts[u.Name] != nil {
		return fmt.Errorf("postoffice: user %q exists", u.Name)
	}
	for _, a := range u.Addresses {
		if o.byAddress[strings.ToLower(a)] != nil {
			return fmt.Errorf("postoffice: address %q is another user's", a)
		}
	}
	o.uidValidity += 1000
	acc := newAccount(u, o.uidValidity)
	o.accounts[u.Name] = acc
	for _, a := range u.Addresses {
		o.byAddress[strings.ToLower(a)] = acc
	}
	return nil
}

// login returns the account, nil if name or password are wrong.
func (o *Office) login(name, password string) *account {
	acc := o.account(name)
	if acc == nil || acc.user.Password != password {
		return nil
	}
	return acc
}

func (o *Office) account(name string) *account {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.accounts[name]
}

// recipient finds whose mailbox an address is. tagged tells that only the part before the plus sign matched.
func (o *Office) recipient(address string) (acc *account, tagged bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	address = strings.ToLower(address)
	if acc := o.byAddress[address]; acc != nil {
		return acc, false
	}
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return nil, false
	}
	local, _, plus := strings.Cut(address[:at], "+")
	if !plus {
		return nil, false
	}
	acc = o.byAddress[local+address[at:]]
	return acc, acc != nil
}

func (o *Office) logf(f string, a ...any) {
	if o.opts.Logf != nil {
		o.opts.Logf(f, a...)
	}
}

// logger hands the libraries' complaints to Options.Logf.
type logger struct{ office *Office }

var (
	_ imapserver.Logger = logger{}
	_ smtp.Logger       = logger{}
)

func (l logger) Printf(f string, a ...any) { l.office.logf(f, a...) }

func (l logger) Println(a ...any) { l.office.logf("%s", strings.TrimSpace(fmt.Sprintln(a...))) }
