package postoffice

import (
	"errors"
	"fmt"
	"os"
)

// Test is what Needs wants of a *testing.T.
type Test interface {
	Helper()
	Name() string
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Needs ends a test whose server could not be started. What is not installed skips the test, and its name goes into the file that
// NOTFALLD_TEST_SKIPPED names, so that no skip goes unseen; with NOTFALLD_TEST_REQUIRE set, and for every other error, it fails. A
// nil error lets the test go on.
func Needs(t Test, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if !errors.Is(err, ErrNotInstalled) || os.Getenv("NOTFALLD_TEST_REQUIRE") != "" {
		t.Fatalf("%v", err)
		return
	}
	if path := os.Getenv("NOTFALLD_TEST_SKIPPED"); path != "" {
		if f, oops := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); oops == nil {
			fmt.Fprintf(f, "  %s: %v\n", t.Name(), err)
			f.Close()
		}
	}
	t.Skipf("%v", err)
}
