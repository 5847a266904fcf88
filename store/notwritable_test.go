package store

import (
	"errors"
	"testing"

	"github.com/mattn/go-sqlite3"
)

// TestNotWritable: whoever reads a store of somebody else is told what to do. A file's permissions stop no test that runs as root, so
// the code that SQLite gives stands in for them.
func TestNotWritable(t *testing.T) {
	err := fail("read", sqlite3.Error{Code: sqlite3.ErrReadonly})
	if !errors.Is(err, ErrNotWritable) || errors.Is(err, ErrReadOnly) {
		t.Error(err)
	}
}
