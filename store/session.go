package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// maxStatements bounds the prepared statements of one session. The store's own texts are far fewer.
const maxStatements = 256

// session is one database connection and what was prepared on it. It serves one transaction at a time. Its statements
// have no context: both drivers start goroutines for one that can end, at the price of a statement each.
type session struct {
	eng   *engine
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

// newSession takes a connection of db and makes it ready.
func newSession(ctx context.Context, e *engine, db *sql.DB) (*session, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{eng: e, conn: conn, stmts: map[string]*sql.Stmt{}}
	if e.onConnect != nil {
		if err := e.onConnect(ctx, conn); err != nil {
			s.discard()
			return nil, err
		}
	}
	return s, nil
}

// prepare returns the statement for a text with ?N placeholders, prepared once per session.
func (s *session) prepare(text string) (*sql.Stmt, error) {
	if st, ok := s.stmts[text]; ok {
		return st, nil
	}
	if len(s.stmts) >= maxStatements {
		s.closeStatements()
	}
	st, err := s.conn.PrepareContext(context.Background(), s.eng.rewrite(text))
	if err != nil {
		return nil, err
	}
	s.stmts[text] = st
	return st, nil
}

// exec runs one statement without a result.
func (s *session) exec(text string, args ...any) (sql.Result, error) {
	st, err := s.prepare(text)
	if err != nil {
		return nil, err
	}
	return st.Exec(args...)
}

func (s *session) closeStatements() {
	for _, st := range s.stmts {
		_ = st.Close()
	}
	clear(s.stmts)
}

// discard ends the connection for good: after an error nobody knows what state it is in.
func (s *session) discard() {
	s.closeStatements()
	// database/sql drops a connection, rather than pooling it, when it is told that it is bad.
	_ = s.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = s.conn.Close()
}

// begin starts a transaction by the given texts (BEGIN, and with PostgreSQL the writers' lock).
func (s *session) begin(texts []string) error {
	for _, text := range texts {
		if _, err := s.exec(text); err != nil {
			return fmt.Errorf("begin: %w", err)
		}
	}
	return nil
}
