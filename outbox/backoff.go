package outbox

import (
	"math/rand/v2"
	"time"

	"notfalld/ticket"
)

// backoff is the pause of the whole outbox while the server cannot be used: doubled each time, with a quarter of
// jitter so that several daemons do not knock at the same time.
type backoff struct {
	last  time.Duration
	until time.Time
}

// pauses are the first and the longest one. Customers wait for a server that is gone, so it is looked for often. A server that
// refuses our password counts how often we try it, and locks us out at last.
func pauses(code int) (first, most time.Duration) {
	switch code {
	case 0:
		return time.Second, 20 * time.Second
	case 530, 534, 535, 538:
		return 15 * time.Second, 5 * time.Minute
	}
	return time.Second, time.Minute
}

func (b *backoff) grow(now time.Time, code int) {
	first, most := pauses(code)
	b.last = min(max(2*b.last, first), most)
	b.until = now.Add(jitter(b.last))
}

func jitter(d time.Duration) time.Duration {
	return d - d/4 + time.Duration(rand.Int64N(int64(d)/2+1))
}

// retrySteps are the pauses of one mail, as a table with the number of failed attempts as its index.
var retrySteps = [...]time.Duration{
	15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
}

// retryAfter is when a mail is tried again after an attempt that ended with out; o is as it was before. A customer waits for it: the first
// retries come fast. Greylisting (450, 451) lets pass after a minute or five; a full system (452) or mailbox (422) takes longer.
func retryAfter(o ticket.Out, out ticket.Outcome) time.Duration {
	n, steps := o.Attempts, retrySteps[:]
	if o.LastCode == 0 && out.Code != 0 {
		n = 0 // what failed before was the way to the server: now it speaks for the first time
	}
	switch {
	case out.Result == ticket.Unclear && out.Code == 0:
		// It may have been accepted: each further try may be a second copy.
	case out.Code == 0, out.Code == 421: // the connection, not this mail: another one may do at once
		steps = append([]time.Duration{time.Second, 5 * time.Second}, steps...)
	case out.Code == 452, out.Code == 422:
		steps = steps[2:]
	case out.Code >= 500: // and yet not given up: an admin has to mend something
		steps = steps[1:]
	}
	return jitter(steps[min(n, len(steps)-1)])
}
