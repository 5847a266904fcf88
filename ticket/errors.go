package ticket

import (
	"errors"
	"strings"
	"time"
	"unicode"
)

// ErrNotFound says that a ticket or mail that was asked for is not there.
var ErrNotFound = errors.New("not found")

// unwritableError says that a mail cannot be rendered or composed: unlike a failure of the store, that does not pass.
type unwritableError struct{ err error }

func (e unwritableError) Error() string { return e.err.Error() }
func (e unwritableError) Unwrap() error { return e.err }

// postponedError says that a mail is to be chosen at another time.
type postponedError struct{ until time.Time }

func (e postponedError) Error() string { return "postponed until " + e.until.Format(time.RFC3339) }

// oneLine makes what a server or a stranger said fit for a log line or a history.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + " …"
	}
	return s
}
