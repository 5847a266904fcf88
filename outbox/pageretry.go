package outbox

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// pageSteps are the pauses of one page, as a table with the number of failed attempts as its index. Somebody sleeps who should not.
var pageSteps = [...]time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 30 * time.Second}

// mostAsked bounds what a receiver can ask for: an alarm that waits for longer than that is none.
const mostAsked = 5 * time.Minute

// retryPage is when a page is tried again after so many attempts before the last one. asked is the receiver's wish, which counts instead.
func retryPage(before int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(max(asked, time.Second), mostAsked)
	}
	d := pageSteps[min(before, len(pageSteps)-1)]
	return d - d/10 + time.Duration(rand.Int64N(int64(d)/5+1))
}

// retryAfterField reads Retry-After (RFC 9110, 10.2.3): seconds or a date. 0 if there is none.
func retryAfterField(resp *http.Response, now time.Time) time.Duration {
	v := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return max(time.Duration(n)*time.Second, time.Second)
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), time.Second)
	}
	return 0
}
