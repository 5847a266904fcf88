package postoffice

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
)

// DovecotOptions say what a private Dovecot is like. The zero value: Maildir, no TLS, the user "support".
type DovecotOptions struct {
	Format string  // "maildir" (default) or "sdbox"
	TLS    TLSMode // a self-signed certificate is made, see CertPool
	Users  []User  // beside the user "support"; Addresses do not matter
}

// Dovecot is a private Dovecot IMAP server: its own configuration, users and mail, on a free loopback port.
type Dovecot struct {
	User, Password string // "support", "geheim"

	dir  string // configuration, mail, log
	run  string // sockets; short, because their paths may have 107 bytes only
	bin  string
	port int
	opts DovecotOptions
	pool *x509.CertPool
	proc *child // nil while stopped
}

// StartDovecot starts a Dovecot with its mail under dir, and returns when it greets. It works as root, too: mail then
// belongs to nobody, since Dovecot lets no root log in. The error wraps ErrNotInstalled if there is no Dovecot.
func StartDovecot(dir string) (*Dovecot, error) { return StartDovecotWith(dir, DovecotOptions{}) }

// StartDovecotWith is StartDovecot with options.
func StartDovecotWith(dir string, o DovecotOptions) (*Dovecot, error) {
	bin, err := findBinary("dovecot")
	if err != nil {
		return nil, err
	}
	d := &Dovecot{User: "support", Password: "geheim", bin: bin, opts: o}
	if d.dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	if d.run, err = os.MkdirTemp("", "dc"); err != nil {
		return nil, err
	}
	for try := 0; ; try++ { // the free port may be taken by another in the meantime
		if err = d.configure(); err == nil {
			err = d.Start()
		}
		if err == nil {
			return d, nil
		}
		if try == 2 || !strings.Contains(err.Error(), "Address already in use") {
			os.RemoveAll(d.run)
			return nil, fmt.Errorf("postoffice: dovecot: %w", err)
		}
	}
}

// Addr returns the address of the server, such as "127.0.0.1:34567"; the same after Stop and Start.
func (d *Dovecot) Addr() string { return fmt.Sprintf("127.0.0.1:%d", d.port) }

// CertPool trusts the server's certificate; nil without TLS.
func (d *Dovecot) CertPool() *x509.CertPool { return d.pool }

// MailDir returns the folder that holds the mail of a user, for tests that put files there.
func (d *Dovecot) MailDir(name string) string { return filepath.Join(d.dir, "mail", name) }

// Log returns the end of the server's log.
func (d *Dovecot) Log() string {
	return (&child{log: d.logFile()}).tail()
}

func (d *Dovecot) logFile() string { return filepath.Join(d.dir, "dovecot.log") }

// Stop ends the server and all its connections; the mail stays, and Start brings it back on the same port.
func (d *Dovecot) Stop() error {
	if d.proc == nil {
		return nil
	}
	err := d.proc.stop(syscall.SIGTERM)
	d.proc = nil
	return err
}

// Start starts the server after Stop, and returns when it greets.
func (d *Dovecot) Start() error {
	if d.proc != nil {
		return errors.New("dovecot runs already")
	}
	proc, err := startChild(d.logFile(), d.dir, runAs{}, d.bin, "-F", "-c", filepath.Join(d.dir, "dovecot.conf"))
	if err != nil {
		return err
	}
	if err := proc.ready(d.greets); err != nil {
		proc.stop(syscall.SIGTERM)
		return err
	}
	d.proc = proc
	return nil
}

// Close ends the server and waits for it. The mail under dir stays.
func (d *Dovecot) Close() error {
	err := d.Stop()
	os.RemoveAll(d.run)
	return err
}

func (d *Dovecot) greets(ctx context.Context) error {
	var conn net.Conn
	var err error
	if d.opts.TLS == ImplicitTLS {
		conn, err = (&tls.Dialer{Config: &tls.Config{RootCAs: d.pool, ServerName: "localhost"}}).DialContext(ctx, "tcp", d.Addr())
	} else {
		conn, err = new(net.Dialer).DialContext(ctx, "tcp", d.Addr())
	}
	if err != nil {
		return err
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	conn.SetDeadline(deadline)
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "* OK") {
		err = fmt.Errorf("greeting %q", line)
	}
	return err
}

var dovecotConf = template.Must(template.New("dovecot.conf").Parse(`# written by postoffice
base_dir = {{.Run}}
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
default_internal_user = {{.InternalUser}}
default_internal_group = {{.InternalGroup}}
default_login_user = {{.LoginUser}}
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
first_valid_uid = 1
first_valid_gid = 1
mail_location = {{.Format}}:~/{{.Format}}
mail_max_userip_connections = 1000
ssl = {{.SSL}}
{{if .Cert}}ssl_cert = <{{.Cert}}
ssl_key = <{{.Key}}
{{end}}passdb {
  driver = passwd-file
  args = scheme=PLAIN {{.Dir}}/passwd
}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Dir}}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = {{.Plain}}
  }
  inet_listener imaps {
    port = {{.Secure}}
  }
}
service anvil {
  chroot =
}
`))

// configure chooses a port and writes configuration, users and certificate.
func (d *Dovecot) configure() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	d.port = port
	v := map[string]any{
		"Run": d.run, "Dir": d.dir, "Format": "maildir", "SSL": "no", "Cert": "", "Plain": port, "Secure": 0,
		"Key": filepath.Join(d.dir, "key.pem"),
	}
	if d.opts.Format != "" {
		v["Format"] = d.opts.Format
	}
	mailUser, err := dovecotUsers(v)
	if err != nil {
		return err
	}
	if d.opts.TLS == StartTLS || d.opts.TLS == ImplicitTLS {
		cert, err := newCertificate()
		if err != nil {
			return err
		}
		d.pool = cert.pool
		v["SSL"], v["Cert"] = "yes", filepath.Join(d.dir, "cert.pem")
		if d.opts.TLS == ImplicitTLS {
			v["Plain"], v["Secure"] = 0, port
		}
		if err := errors.Join(os.WriteFile(v["Cert"].(string), cert.certPEM, 0o644), os.WriteFile(v["Key"].(string), cert.keyPEM, 0o600)); err != nil {
			return err
		}
	}
	var conf, passwd strings.Builder
	for _, u := range append([]User{{Name: d.User, Password: d.Password}}, d.opts.Users...) {
		fmt.Fprintf(&passwd, "%s:%s\n", u.Name, u.Password)
	}
	if err := dovecotConf.Execute(&conf, v); err != nil {
		return err
	}
	mailDir := filepath.Join(d.dir, "mail")
	return errors.Join(
		os.MkdirAll(mailDir, 0o755),
		chownAll(mailDir, mailUser),
		openWay(d.dir),
		os.Chmod(d.run, 0o755),
		os.WriteFile(filepath.Join(d.dir, "passwd"), []byte(passwd.String()), 0o644),
		os.WriteFile(filepath.Join(d.dir, "dovecot.conf"), []byte(conf.String()), 0o644),
	)
}

// dovecotUsers fills in whom Dovecot's processes run as: as root its own users and nobody for the mail, else only us.
func dovecotUsers(v map[string]any) (mail runAs, err error) {
	if os.Getuid() == 0 {
		v["InternalUser"], v["InternalGroup"], v["LoginUser"] = "dovecot", "dovecot", "dovenull"
		v["UID"], v["GID"] = 65534, 65534
		return runAs{uid: 65534, gid: 65534, set: true}, nil
	}
	me, err := user.Current()
	if err != nil {
		return mail, err
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		return mail, err
	}
	v["InternalUser"], v["InternalGroup"], v["LoginUser"] = me.Username, group.Name, me.Username
	v["UID"], v["GID"] = me.Uid, me.Gid
	return mail, nil
}
