package postoffice

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Delivery is a mail that the SMTP side accepted, whoever it was for.
type Delivery struct {
	ID           string // as in the Received header
	At           time.Time
	EnvelopeFrom string // "" is the null sender
	To           []string
	Data         []byte // as received, CRLF line ends, dots unstuffed; not to be changed
	ConnID       int    // same number, same connection
	AuthUser     string
	TLS          bool
	ReplyLost    bool // a fault kept the 250 from the client: it does not know that the mail was accepted

	helo string
}

// deliveries is the record of all accepted mails, with a way to wait for more.
type deliveries struct {
	ids     atomic.Int64
	mu      sync.Mutex
	list    []Delivery
	changed chan struct{} // closed and replaced at each change
	done    chan struct{} // closed at the end
	subs    sync.WaitGroup
}

func (d *deliveries) init() {
	d.changed, d.done = make(chan struct{}), make(chan struct{})
}

func (d *deliveries) nextID() string { return fmt.Sprintf("PO%06d", d.ids.Add(1)) }

func (d *deliveries) add(x Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.list = append(d.list, x)
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *deliveries) close() {
	close(d.done)
	d.subs.Wait()
}

// since returns the deliveries from index i on, and a channel that is closed when there are more.
func (d *deliveries) since(i int) ([]Delivery, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.list[min(i, len(d.list)):]), d.changed
}

// Deliveries returns all mails that were accepted so far, in the order of acceptance.
func (o *Office) Deliveries() []Delivery {
	list, _ := o.deliveries.since(0)
	return list
}

// WaitDeliveries waits until n mails in all have been accepted, and returns all there are.
func (o *Office) WaitDeliveries(ctx context.Context, n int) ([]Delivery, error) {
	return o.WaitDelivery(ctx, func(all []Delivery) bool { return len(all) >= n })
}

// WaitDelivery waits until cond holds of all mails accepted so far, and returns them. It looks at each new one, and at first.
func (o *Office) WaitDelivery(ctx context.Context, cond func([]Delivery) bool) ([]Delivery, error) {
	for {
		list, changed := o.deliveries.since(0)
		if cond(list) {
			return list, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return list, fmt.Errorf("postoffice: waiting for mail (%d accepted): %w", len(list), context.Cause(ctx))
		case <-o.deliveries.done:
			return list, fmt.Errorf("postoffice: closed while waiting for mail (%d accepted)", len(list))
		}
	}
}

// Sent returns a channel that yields every accepted mail, from the first one since Open. Each call gives a channel of its
// own; a slow reader holds up nobody. It is closed by Close.
func (o *Office) Sent() <-chan Delivery {
	out := make(chan Delivery)
	d := &o.deliveries
	d.subs.Go(func() {
		defer close(out)
		for next := 0; ; {
			list, changed := d.since(next)
			for _, x := range list {
				select {
				case out <- x:
					next++
				case <-d.done:
					return
				}
			}
			if len(list) > 0 {
				continue
			}
			select {
			case <-changed:
			case <-d.done:
				return
			}
		}
	})
	return out
}

// sink writes a mail to a file of its own and fsyncs it, if the Office has a SinkDir.
func (o *Office) sink(d Delivery) (err error) {
	if o.opts.SinkDir == "" {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(o.opts.SinkDir, d.ID+".eml"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	if _, err := f.Write(d.Data); err != nil {
		return err
	}
	return f.Sync()
}
