package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"

	"notfalld/ticket"
)

// watched is the real desk, and tells when it was asked for something.
type watched struct {
	*ticket.Desk
	mu       sync.Mutex
	changed  chan struct{}
	seen     map[int64]bool       // what DueOut has listed
	lists    int                  // calls of DueOut
	frozen   []int64              // what Freeze was asked for, in order
	recorded int                  // calls of Delivered
	kept     map[int64]bool       // outcomes that it did not take
	refuse   func(id int64) error // nil, or what Freeze answers in the desk's place; errNotOK for ok=false
	fail     func() error         // nil, or what Delivered answers in the desk's place
}

var errNotOK = errors.New("not to be sent")

func (w *watched) touch(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *watched) change() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *watched) DueOut(ctx context.Context, limit int) ([]ticket.Out, error) {
	os, err := w.Desk.DueOut(ctx, limit)
	w.touch(func() {
		w.lists++
		for _, o := range os {
			w.seen[o.ID] = true
		}
	})
	return os, err
}

func (w *watched) Freeze(ctx context.Context, id int64) (o ticket.Out, ok bool, err error) {
	defer func() { w.touch(func() { w.frozen = append(w.frozen, id) }) }()
	if w.refuse != nil {
		if err := w.refuse(id); errors.Is(err, errNotOK) {
			return o, false, nil
		} else if err != nil {
			return o, false, err
		}
	}
	return w.Desk.Freeze(ctx, id)
}

func (w *watched) Delivered(ctx context.Context, id int64, out ticket.Outcome) (err error) {
	defer func() {
		w.touch(func() {
			w.recorded++
			delete(w.kept, id)
			if err != nil {
				w.kept[id] = true
			}
		})
	}()
	if w.fail != nil {
		if err := w.fail(); err != nil {
			return err
		}
	}
	return w.Desk.Delivered(ctx, id, out)
}

func (w *watched) records() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.recorded
}

// keeping is how many outcomes could not be recorded yet.
func (w *watched) keeping() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.kept)
}

func (w *watched) listed() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lists
}

func (w *watched) saw(id int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[id]
}

func (w *watched) freezes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.frozen)
}

// logBook keeps what was logged.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) handler() slog.Handler { return slog.NewJSONHandler(l, nil) }

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// lines lists what was logged in these words, as its "error" or "text".
func (l *logBook) lines(words string) (errs []string) {
	for line := range strings.Lines(l.String()) {
		var e struct{ Msg, Error, Text string }
		if json.Unmarshal([]byte(line), &e) == nil && strings.Contains(e.Msg, words) {
			errs = append(errs, e.Error+e.Text)
		}
	}
	return errs
}
