package ticket

import "time"

// Clock is the only way to the time: the daemon has SystemClock, a test its own.
type Clock interface {
	Now() time.Time
	// After delivers the time once d has passed; d <= 0 delivers at once.
	After(d time.Duration) <-chan time.Time
}

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// After is time.After.
func (SystemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
