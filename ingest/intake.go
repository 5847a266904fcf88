package ingest

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"

	"notfalld/ticket"
)

// leastWeight is what a small mail counts for: understanding it takes more than its bytes.
const leastWeight = 16 << 10

// intake hands mails to the desk, several at a time: while one transaction is being made durable, the next mails gather. Bytes in
// hand are bounded; a mail larger than the bound goes alone.
type intake struct {
	desk  Desk
	bytes *semaphore.Weighted
	most  int64
	slots chan struct{}
	wake  chan struct{} // an outcome is there

	mu       sync.Mutex
	flying   int
	inHand   map[chan struct{}]bool // one for each mail with the desk, closed when it is decided
	idle     *sync.Cond
	outcomes []outcome
	failures int // in a row
}

// outcome is what became of one mail.
type outcome struct {
	uid   uint32
	entry ticket.Entry
	err   error
}

func newIntake(o *Options, d Desk) *intake {
	in := &intake{
		desk: d, bytes: semaphore.NewWeighted(o.InHand), most: o.InHand,
		slots: make(chan struct{}, o.Workers), wake: make(chan struct{}, 1), inHand: map[chan struct{}]bool{},
	}
	in.idle = sync.NewCond(&in.mu)
	return in
}

func (in *intake) weight(n int64) int64 { return min(max(n, leastWeight), in.most) }

// reserve waits for room for a mail of n bytes. It must be followed by take or by release.
func (in *intake) reserve(ctx context.Context, n int64) error {
	select {
	case in.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := in.bytes.Acquire(ctx, in.weight(n)); err != nil {
		<-in.slots
		return err
	}
	return nil
}

func (in *intake) release(n int64) {
	in.bytes.Release(in.weight(n))
	<-in.slots
}

// take hands a mail over for which reserve made room for reserved bytes. A mail that answers another one is handed over once
// all that came before it are decided: one of them may be the mail that it answers.
func (in *intake) take(ctx context.Context, f ticket.Fetched, reserved int64) {
	var before []chan struct{}
	done := make(chan struct{})
	in.mu.Lock()
	in.flying++
	if answersAnother(f.Raw) {
		before = slices.Collect(maps.Keys(in.inHand))
	}
	in.inHand[done] = true
	in.mu.Unlock()
	go func() {
		for _, b := range before {
			<-b
		}
		e, err := in.desk.Take(ctx, f)
		in.release(reserved)
		in.mu.Lock()
		defer in.mu.Unlock()
		delete(in.inHand, done)
		close(done)
		in.outcomes = append(in.outcomes, outcome{uid: f.Place.UID, entry: e, err: err})
		in.failures++
		if err == nil {
			in.failures = 0
		}
		in.flying--
		in.idle.Broadcast()
		select {
		case in.wake <- struct{}{}:
		default:
		}
	}()
}

// harvest returns the outcomes since the last call, and how many mails are still with the desk.
func (in *intake) harvest() (out []outcome, flying int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	out, in.outcomes = in.outcomes, nil
	return out, in.flying
}

// failing says that the desk refused several mails in a row: it is not the mails.
func (in *intake) failing() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.failures >= 3
}

// again forgets the failures: the desk is tried once more.
func (in *intake) again() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.failures = 0
}

// wait returns when no mail is with the desk.
func (in *intake) wait() {
	in.mu.Lock()
	defer in.mu.Unlock()
	for in.flying > 0 {
		in.idle.Wait()
	}
}

// answersAnother looks for In-Reply-To or References in a mail's header (RFC 5322, 3.6.4).
func answersAnother(raw []byte) bool {
	head, _, _ := bytes.Cut(raw[:min(len(raw), 64<<10)], []byte("\r\n\r\n"))
	head = bytes.ToLower(head)
	return bytes.Contains(head, []byte("\nin-reply-to:")) || bytes.Contains(head, []byte("\nreferences:"))
}
