package outbox

import (
	"math/rand/v2"
	"time"
)

// backoff is the pause of the whole outbox while the server cannot be reached: 1 s, doubled up to a minute, each with a
// quarter of jitter so that several daemons do not knock at the same time.
type backoff struct {
	last  time.Duration
	until time.Time
}

const (
	firstPause = time.Second
	mostPause  = time.Minute
)

func (b *backoff) grow(now time.Time) {
	b.last = min(max(2*b.last, firstPause), mostPause)
	b.until = now.Add(jitter(b.last))
}

func jitter(d time.Duration) time.Duration {
	return d - d/4 + time.Duration(rand.Int64N(int64(d)/2+1))
}

// retryAfter is when one mail is tried again after so many attempts. A customer waits for it: the first retries come fast. Greylisting
// (450, 451) lets pass after a minute or five; a full system (452) or mailbox (422) takes longer.
func retryAfter(attempts, code int) time.Duration {
	steps := []time.Duration{15 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute}
	switch code {
	case 0: // the network, not the server's word: it may be back at once
		steps = append([]time.Duration{time.Second, 5 * time.Second}, steps...)
	case 452, 422:
		steps = steps[2:]
	}
	return jitter(steps[min(attempts, len(steps)-1)])
}
