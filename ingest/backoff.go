package ingest

import "time"

// Backoff is an exponential back-off: Min after the first failure, twice as long after each further one, at most Max.
type Backoff struct{ Min, Max time.Duration }

func (b Backoff) orElse(d Backoff) Backoff {
	if b.Min <= 0 {
		b.Min = d.Min
	}
	if b.Max <= 0 {
		b.Max = d.Max
	}
	return b
}

// Delay is how long to wait after the n-th failure in a row (n from 1). random is in [0,1): the delay is spread
// over ±20 %, so that mailboxes that failed together do not come back together.
func (b Backoff) Delay(n int, random float64) time.Duration {
	d := b.Min
	for i := 1; i < n && d < b.Max; i++ {
		d *= 2
	}
	d = min(d, b.Max)
	return d - d/5 + time.Duration(random*float64(d)*2/5)
}
