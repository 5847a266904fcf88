package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"notfalld/ticket"
)

var errOver = errors.New("store: the transaction has ended")

// tx is one member of a group, or one View. After an error of the database it does nothing more: the first error stays.
type tx struct {
	s      *session
	caller context.Context // of a View: looked at between statements; nil in an Update, which is answered by its commit
	err    error
	over   bool
}

var _ ticket.Tx = (*tx)(nil)

// ready says whether another statement may run.
func (t *tx) ready() error {
	switch {
	case t.over:
		return errOver
	case t.err != nil:
		return t.err
	case t.caller != nil && t.caller.Err() != nil:
		return t.caller.Err()
	}
	return nil
}

func (t *tx) failed(doing string, err error) error {
	t.err = fail(doing, err)
	return t.err
}

// exec runs a statement and says how many rows it touched.
func (t *tx) exec(doing, text string, args ...any) (int64, error) {
	if err := t.ready(); err != nil {
		return 0, err
	}
	res, err := t.s.exec(text, values(args)...)
	if err != nil {
		return 0, t.failed(doing, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, t.failed(doing, err)
	}
	return n, nil
}

// one is exec for a statement that must touch exactly one row.
func (t *tx) one(doing, text string, args ...any) error {
	n, err := t.exec(doing, text, args...)
	if err == nil && n != 1 {
		return t.failed(doing, fmt.Errorf("%d rows changed where one was meant", n))
	}
	return err
}

// row reads at most one row into dest.
func (t *tx) row(doing, text string, dest []any, args ...any) (ok bool, err error) {
	if err := t.ready(); err != nil {
		return false, err
	}
	st, err := t.s.prepare(text)
	if err == nil {
		err = st.QueryRow(values(args)...).Scan(dest...)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, t.failed(doing, err)
	}
	return true, nil
}

// rows calls each for every row.
func (t *tx) rows(doing, text string, each func(scan func(dest ...any) error) error, args ...any) error {
	if err := t.ready(); err != nil {
		return err
	}
	st, err := t.s.prepare(text)
	if err != nil {
		return t.failed(doing, err)
	}
	rows, err := st.Query(values(args)...)
	if err != nil {
		return t.failed(doing, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return t.failed(doing, err)
		}
	}
	if err := rows.Err(); err != nil {
		return t.failed(doing, err)
	}
	return nil
}

// values makes arguments what both drivers take in the same way.
func values(args []any) []any {
	for i, a := range args {
		switch v := a.(type) {
		case string:
			args[i] = clean(v)
		case time.Time:
			args[i] = millis(v)
		case []byte:
			if v == nil {
				args[i] = []byte{} // nil would be NULL
			}
		case uint32:
			args[i] = int64(v)
		case int:
			args[i] = int64(v)
		}
	}
	return args
}

// clean makes a string what a TEXT column takes: PostgreSQL refuses NUL and invalid UTF-8. Both engines get the same, and so do
// the values that are looked for.
func clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// millis is a time as it is stored: epoch milliseconds, the zero time as 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// when scans epoch milliseconds into a time in UTC.
type when struct{ t *time.Time }

// Scan is sql.Scanner.
func (w when) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", src)
	}
	*w.t = time.Time{}
	if n != 0 {
		*w.t = time.UnixMilli(n).UTC()
	}
	return nil
}

// bytesOf scans a blob; an empty one is nil.
type bytesOf struct{ b *[]byte }

// Scan is sql.Scanner.
func (o bytesOf) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*o.b = nil
	case []byte:
		*o.b = append([]byte(nil), v...) // the driver's own memory
	case string:
		*o.b = append([]byte(nil), v...)
	default:
		return fmt.Errorf("bytes are stored as %T", src)
	}
	return nil
}

// insertText writes INSERT INTO table (columns) VALUES (?1, …) for a comma separated list of columns.
func insertText(table, columns string) string {
	return "INSERT INTO " + table + " (" + columns + ") VALUES (" + marks(1, strings.Count(columns, ",")+1) + ")"
}

// updateText writes UPDATE table SET column = ?2, … WHERE id = ?1.
func updateText(table, columns string) string {
	var b strings.Builder
	b.WriteString("UPDATE " + table + " SET ")
	for i, c := range strings.Split(columns, ",") {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strings.TrimSpace(c) + " = ?" + strconv.Itoa(i+2))
	}
	b.WriteString(" WHERE id = ?1")
	return b.String()
}

// marks writes n placeholders from ?first on.
func marks(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("?" + strconv.Itoa(first+i))
	}
	return b.String()
}

// chunk is how many values go into one IN list at most.
const chunk = 64

// chunks cuts a list into pieces whose lengths are powers of two, padded with their last value, so that few texts serve
// lists of any length.
func chunks[T any](list []T) [][]any {
	var out [][]any
	for len(list) > 0 {
		n := min(len(list), chunk)
		size := 1
		for size < n {
			size *= 2
		}
		piece := make([]any, size)
		for i := range piece {
			piece[i] = list[min(i, n-1)]
		}
		out = append(out, piece)
		list = list[n:]
	}
	return out
}

// sorted orders by id where the conditions choose few rows: the + keeps SQLite from reading the whole table in the order of
// its ids instead (SQLite manual, "Disqualifying WHERE clause terms using unary +").
const sorted = " ORDER BY +id DESC"

// where collects the conditions of a query, and their arguments.
type where struct {
	terms []string
	args  []any
}

// add appends a condition; its ? becomes the next placeholder.
func (w *where) add(term string, arg any) {
	w.args = append(w.args, arg)
	w.terms = append(w.terms, strings.Replace(term, "?", "?"+strconv.Itoa(len(w.args)), 1))
}

// in appends column IN (list), unless the list is empty.
func in[T ~string](w *where, column string, list []T) {
	if len(list) == 0 {
		return
	}
	first := len(w.args) + 1
	for _, v := range list {
		w.args = append(w.args, string(v))
	}
	w.terms = append(w.terms, column+" IN ("+marks(first, len(list))+")")
}

// text is the whole query: head, the conditions, tail, and a limit if it is not 0.
func (w *where) text(head, tail string, limit int) string {
	var b strings.Builder
	b.WriteString(head)
	for i, term := range w.terms {
		if i == 0 {
			b.WriteString(" WHERE ")
		} else {
			b.WriteString(" AND ")
		}
		b.WriteString(term)
	}
	b.WriteString(tail)
	if limit > 0 {
		w.args = append(w.args, limit)
		b.WriteString(" LIMIT ?" + strconv.Itoa(len(w.args)))
	}
	return b.String()
}
