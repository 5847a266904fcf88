package store

import (
	"database/sql"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"notfalld/ticket"
)

// terminate ends all other connections of this store, as a restart of the server does.
func terminate(t *testing.T, url string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	noError(t, err)
	defer db.Close()
	_, err = db.ExecContext(background, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE application_name = 'notfalld' AND pid <> pg_backend_pid()
		  AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`)
	noError(t, err)
}

func TestPostgresConnectionLost(t *testing.T) {
	url := postgresURL(t)
	s := open(t, url, Options{Exclusive: true, Patience: hasty})
	noError(t, s.Update(background, setA))
	t.Run("between two groups nobody notices", func(t *testing.T) {
		terminate(t, url)
		noError(t, s.Update(background, setA))
		_, err := Open(background, url, Options{Exclusive: true, Patience: hasty})
		wantKind(t, err, ErrInUse) // the fresh connection holds the daemon's lock
	})
	t.Run("within a group all members are told", func(t *testing.T) {
		errs := together(t, s, setA, func(tx ticket.Tx) error { terminate(t, url); return setA(tx) }, setA)
		wantKind(t, errs[1], ErrUnreachable)
		for _, err := range errs {
			if err != nil { // before and after it may have been another group
				wantKind(t, err, ErrUnreachable)
			}
		}
		noError(t, s.Ping(background))
	})
	t.Run("another daemon has taken over meanwhile", func(t *testing.T) {
		terminate(t, url)
		second := open(t, url, Options{Exclusive: true})
		wantKind(t, s.Update(background, setA), ErrInUse)
		noError(t, second.Close())
		noError(t, s.Update(background, setA))
	})
}

// proxy stands between a store and its PostgreSQL; while it is mute, nothing comes back.
type proxy struct {
	mu   sync.Mutex
	mute chan struct{} // closed when it speaks again; nil when it does
	url  string
}

func newProxy(t *testing.T, dsn string) *proxy {
	t.Helper()
	u, err := url.Parse(dsn)
	noError(t, err)
	server := u.Host
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	noError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	u.Host = ln.Addr().String()
	p := &proxy{url: u.String()}
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			go p.serve(client, server)
		}
	}()
	return p
}

func (p *proxy) serve(client net.Conn, address string) {
	defer client.Close()
	server, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer server.Close()
	go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
	buffer := make([]byte, 4096)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		mute := p.mute
		p.mu.Unlock()
		if mute != nil {
			<-mute
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) set(mute chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = mute
}

func TestPostgresSilent(t *testing.T) {
	p := newProxy(t, postgresURL(t))
	s := open(t, p.url+"&sslmode=disable", Options{silence: 1500 * time.Millisecond})
	noError(t, s.Update(background, setA))
	mute := make(chan struct{})
	p.set(mute)
	wantKind(t, s.Update(background, setA), ErrUnreachable)
	p.set(nil)
	close(mute)
	noError(t, s.Ping(background))
	view(t, s, func(tx ticket.Tx) { found(tx.Setting("a"))(t) })
}
