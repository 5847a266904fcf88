package postoffice

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"strings"
	"sync"

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

	SinkDir string // every accepted mail is written to a file here and fsynced before the 250
	Forget  bool   // deliveries keep no Data: for long runs

	Logf func(f string, a ...any) // the libraries' complaints; nil: nowhere
}

// Office is a running IMAP and SMTP server. Its methods may be called from any goroutine.
type Office struct {
	opts    Options
	without map[string]bool
	pool    *x509.CertPool

	mu          sync.Mutex
	accounts    map[string]*account // by user name
	byAddress   map[string]*account // by lower-cased address
	uidValidity uint32

	deliveries deliveries

	imapServer *imapserver.Server
	smtpServer *smtp.Server
	imapLn     net.Listener
	smtpLn     net.Listener
	serving    sync.WaitGroup // the two accept loops
	sessions   sync.WaitGroup // IMAP sessions and their Idle goroutines, SMTP connections
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
	office := &Office{
		opts: o, without: map[string]bool{}, accounts: map[string]*account{}, byAddress: map[string]*account{}, uidValidity: 1000,
	}
	office.deliveries.init()
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
	var err error
	if o.imapLn, err = net.Listen("tcp", orFree(o.opts.IMAPAddr)); err != nil {
		return fmt.Errorf("postoffice: IMAP: %w", err)
	}
	if o.smtpLn, err = net.Listen("tcp", orFree(o.opts.SMTPAddr)); err != nil {
		o.imapLn.Close()
		return fmt.Errorf("postoffice: SMTP: %w", err)
	}
	o.imapServer = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			o.sessions.Add(1)
			return &imapSession{office: o}, nil, nil
		},
		Caps: o.imapCaps(), InsecureAuth: true, Logger: logger{o.opts.Logf},
	})
	o.smtpServer = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{office: o, conn: c}, nil
	}))
	o.smtpServer.Domain = o.opts.Hostname
	o.smtpServer.AllowInsecureAuth = true
	o.smtpServer.EnableSMTPUTF8 = true
	o.smtpServer.ErrorLog = logger{o.opts.Logf}
	o.serving.Go(func() { o.imapServer.Serve(o.imapLn) })
	o.serving.Go(func() { o.smtpServer.Serve(o.smtpLn) })
	return nil
}

func orFree(addr string) string {
	if addr == "" {
		return "127.0.0.1:0"
	}
	return addr
}

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
	err := o.imapServer.Close()
	if e := o.smtpServer.Close(); err == nil {
		err = e
	}
	o.serving.Wait()
	o.sessions.Wait()
	o.deliveries.close()
	return err
}

// IMAPAddr returns the address of the IMAP server, such as "127.0.0.1:34567".
func (o *Office) IMAPAddr() string { return o.imapLn.Addr().String() }

// SMTPAddr returns the address of the SMTP server.
func (o *Office) SMTPAddr() string { return o.smtpLn.Addr().String() }

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

// logger hands the libraries' complaints to Options.Logf.
type logger struct{ logf func(string, ...any) }

var _ imapserver.Logger = logger{}
var _ smtp.Logger = logger{}

func (l logger) Printf(f string, a ...any) {
	if l.logf != nil {
		l.logf(f, a...)
	}
}

func (l logger) Println(a ...any) { l.Printf("%s", fmt.Sprintln(a...)) }
