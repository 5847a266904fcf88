package postoffice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Postgres is a private PostgreSQL cluster on a free loopback port and a unix socket, with the superuser "notfalld" and no
// passwords. fsync is on, as in earnest.
type Postgres struct {
	bin   string // folder of the programs
	dir   string
	run   string // the unix socket; short, because its path may have 107 bytes only
	port  int
	as    runAs
	proc  *child // nil while stopped
	count atomic.Int64
}

// StartPostgres makes a cluster under dir and starts it, and returns when it takes connections. As root it runs as the user
// postgres, to whom the cluster then belongs, since PostgreSQL refuses root. The error wraps ErrNotInstalled if there is no
// PostgreSQL.
func StartPostgres(dir string) (*Postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	p := &Postgres{bin: bin}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	p.dir = filepath.Join(dir, "postgres")
	if p.run, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if err := p.create(); err != nil {
		os.RemoveAll(p.run)
		return nil, fmt.Errorf("postoffice: postgres: %w", err)
	}
	for try := 0; ; try++ { // the free port may be taken by another in the meantime
		if p.port, err = freePort(); err == nil {
			err = p.Start()
		}
		if err == nil {
			return p, nil
		}
		if try == 2 || !strings.Contains(err.Error(), "Address already in use") {
			os.RemoveAll(p.run)
			return nil, fmt.Errorf("postoffice: postgres: %w", err)
		}
	}
}

// postgresBin finds the folder that has all the programs. Debian keeps them beside each other, one folder per version, and
// not in PATH; what lies in PATH may be a link to one of them alone.
func postgresBin() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(dirs) // the newest version first
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	for _, dir := range dirs {
		if !slices.ContainsFunc([]string{"initdb", "postgres", "pg_isready", "createdb"}, func(name string) bool {
			_, err := os.Stat(filepath.Join(dir, name))
			return err != nil
		}) {
			return dir, nil
		}
	}
	return "", fmt.Errorf("postoffice: postgres: %w", ErrNotInstalled)
}

func (p *Postgres) create() error {
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			return fmt.Errorf("root needs a user postgres: %w", err)
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		p.as = runAs{uid: uint32(uid), gid: uint32(gid), set: true}
	}
	if err := errors.Join(os.MkdirAll(p.dir, 0o700), chownAll(p.dir, p.as), openWay(filepath.Dir(p.dir)), chownAll(p.run, p.as)); err != nil {
		return err
	}
	// --no-sync: a cluster that a crash destroys in its first second is no loss. The running server does fsync.
	cmd := exec.Command(filepath.Join(p.bin, "initdb"), "-D", p.dir, "-U", "notfalld", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = p.dir, attributes(p.as)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// Start starts the server after Stop, and returns when it takes connections.
func (p *Postgres) Start() error {
	if p.proc != nil {
		return errors.New("postgres runs already")
	}
	proc, err := startChild(p.run+"/log", p.dir, p.as, filepath.Join(p.bin, "postgres"), "-D", p.dir, "-k", p.run,
		"-c", "listen_addresses=127.0.0.1", "-c", fmt.Sprintf("port=%d", p.port), "-c", "logging_collector=off")
	if err != nil {
		return err
	}
	if err := proc.ready(p.answers); err != nil {
		proc.stop(syscall.SIGINT)
		return err
	}
	p.proc = proc
	return nil
}

// answers asks pg_isready, which knows "still starting" from "takes connections".
func (p *Postgres) answers(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, filepath.Join(p.bin, "pg_isready"), p.where()...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (p *Postgres) where() []string {
	return []string{"-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "notfalld"}
}

// Addr returns the TCP address, such as "127.0.0.1:34567"; the same after Stop and Start.
func (p *Postgres) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// DSN names the database "postgres" of the cluster.
func (p *Postgres) DSN() string { return p.dsn("postgres") }

func (p *Postgres) dsn(db string) string {
	return fmt.Sprintf("postgres://notfalld@%s/%s?sslmode=disable", p.Addr(), db)
}

// NewDatabase makes an empty database and returns its DSN.
func (p *Postgres) NewDatabase() (string, error) {
	name := fmt.Sprintf("t%d", p.count.Add(1))
	out, err := exec.Command(filepath.Join(p.bin, "createdb"), append(p.where(), "--maintenance-db=postgres", name)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("postoffice: createdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return p.dsn(name), nil
}

// Stop ends the server and all its connections; the data stays, and Start brings it back on the same port.
func (p *Postgres) Stop() error {
	if p.proc == nil {
		return nil
	}
	err := p.proc.stop(syscall.SIGINT) // "fast shutdown": sessions are ended, a checkpoint is written
	p.proc = nil
	return err
}

// Close ends the server and waits for it. The data under dir stays.
func (p *Postgres) Close() error {
	err := p.Stop()
	os.RemoveAll(p.run)
	return err
}
