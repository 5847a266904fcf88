package ingest

import (
	"slices"
	"time"
)

// A backlog is taken oldest first, so that a thread is read in its order. But nobody who writes now waits for it: what
// arrived within freshFor, and everything that comes while we work, goes first.
const (
	freshFor  = 15 * time.Minute
	fewEnough = 100 // mails that need no such distinction
)

// queue is what is to be fetched, each list oldest first.
type queue struct {
	fresh, backlog lists
}

type lists struct{ small, large []mail }

func (l *lists) add(ms []mail) {
	for _, m := range ms {
		if m.size > smallMail {
			l.large = append(l.large, m)
		} else {
			l.small = append(l.small, m)
		}
	}
}

func (l *lists) len() int { return len(l.small) + len(l.large) }

// add sorts mails in. first: the folder was just opened, and these are all that lay there.
func (q *queue) add(ms []mail, first bool, now time.Time) {
	slices.SortFunc(ms, func(a, b mail) int { return int(a.uid) - int(b.uid) })
	if !first || len(ms) <= fewEnough {
		q.fresh.add(ms)
		return
	}
	var fresh, old []mail
	for _, m := range ms {
		if now.Sub(m.date) < freshFor {
			fresh = append(fresh, m)
		} else {
			old = append(old, m)
		}
	}
	q.fresh.add(fresh)
	q.backlog.add(old)
}

func (q *queue) len() int { return q.fresh.len() + q.backlog.len() }

// batch takes the next small mails off a list.
func batch(small *[]mail) (ms []mail, bytes int64) {
	l := *small
	n := 0
	for n < len(l) && n < batchMails && (n == 0 || bytes+l[n].size <= batchBytes) {
		bytes += l[n].size
		n++
	}
	*small = l[n:]
	return l[:n:n], bytes
}
