package outbox

import (
	"context"
	"crypto/x509"
	"log/slog"
	"sync"
	"time"

	"notfalld/ticket"
)

// Endpoint is where the pages of one alarm channel go.
type Endpoint struct {
	URL    string            // may hold a token: it is never shown
	Secret string            // whsec_ and base64: requests are signed as in Standard Webhooks; "": they are not
	Header map[string]string // further fields: Authorization
}

// PageOptions says how pages leave.
type PageOptions struct {
	Endpoints map[string]Endpoint // by the channel's name
	Timeout   time.Duration       // for one attempt; 0: 10 s
	RootCAs   *x509.CertPool      // nil: the system's
	Log       *slog.Logger        // nil: silent
}

func (o PageOptions) withDefaults() PageOptions {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// PageDesk is what the pager needs of *ticket.Desk.
type PageDesk interface {
	Clock() ticket.Clock
	Pages() <-chan struct{}
	DuePages(ctx context.Context, limit int) ([]ticket.Out, error)
	NextPage(ctx context.Context) (at time.Time, ok bool, err error)
	Freeze(ctx context.Context, id int64) (o ticket.Out, ok bool, err error)
	Delivered(ctx context.Context, id int64, out ticket.Outcome) error
}

const (
	// perChannel is how many pages are under way over one channel: one that hangs holds up neither the others nor, at once, itself.
	perChannel = 4
	// pageBatch is how many due pages are looked up at first.
	pageBatch = 64
	// holdPage is how long a page lies that could not be frozen.
	holdPage = time.Second
)

// Pager delivers the pages of the outbox, beside the Sender, and with none of its pauses: an alarm waits for no mail server. Each channel
// is tried beside the others. One Pager has a store's pages for itself.
type Pager struct {
	o    PageOptions
	desk PageDesk
	post poster
	log  pageEvents
	news chan struct{} // a page is done with

	work sync.WaitGroup

	mu    sync.Mutex
	busy  map[int64]bool
	held  map[int64]time.Time // not before
	under map[string]int      // pages under way over each channel
	store string              // the store's failure that was logged; "" while it works
}

// NewPager makes a pager; Run starts it.
func NewPager(o PageOptions, d PageDesk) *Pager {
	o = o.withDefaults()
	return &Pager{o: o, desk: d, post: newPoster(o), log: pageEvents{o.Log}, news: make(chan struct{}, 1),
		busy: map[int64]bool{}, held: map[int64]time.Time{}, under: map[string]int{}}
}

// Run delivers until ctx ends. What is under way then is finished and recorded, within the time-out of an attempt. It always
// returns nil: every fault is waited out.
func (p *Pager) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if !p.round(ctx) {
			p.wait(ctx)
		}
	}
	p.work.Wait()
	return nil
}

// round starts an attempt of every due page whose channel has room, and says whether to look again at once. When a channel that hangs
// fills the list, it looks further down.
func (p *Pager) round(ctx context.Context) (again bool) {
	for limit := pageBatch; ; limit *= 4 {
		os, err := p.desk.DuePages(ctx, limit)
		if err != nil {
			if ctx.Err() == nil {
				p.storeFails(err)
			}
			return false
		}
		started := 0
		for _, o := range os {
			if ctx.Err() == nil && p.claim(o) {
				started++
				p.work.Go(func() { p.deliver(ctx, o) })
			}
		}
		if started > 0 || len(os) < limit {
			return started > 0
		}
	}
}

// claim takes a page, unless it is under way already, or its channel has enough to do.
func (p *Pager) claim(o ticket.Out) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until, held := p.held[o.ID]; held && until.After(p.desk.Clock().Now()) {
		return false
	}
	if p.busy[o.ID] || p.under[o.Channel] >= perChannel {
		return false
	}
	delete(p.held, o.ID)
	p.busy[o.ID] = true
	p.under[o.Channel]++
	return true
}

func (p *Pager) release(o ticket.Out, hold time.Duration) {
	p.mu.Lock()
	delete(p.busy, o.ID)
	p.under[o.Channel]--
	if hold > 0 {
		p.held[o.ID] = p.desk.Clock().Now().Add(hold)
	}
	p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default: // it has not looked since the last time
	}
}

// wait sleeps until something may be due: the desk says so, a page is done with, or the next one's time comes.
func (p *Pager) wait(ctx context.Context) {
	clock, wait := p.desk.Clock(), lookAgain
	if at, ok, err := p.desk.NextPage(ctx); err == nil && ok {
		if until := at.Sub(clock.Now()); until > 0 {
			wait = min(wait, until)
		}
	}
	if p.holds() {
		wait = min(wait, holdPage)
	}
	select {
	case <-ctx.Done():
	case <-p.desk.Pages():
	case <-p.news:
	case <-clock.After(wait):
	}
}

// holds says whether a page is held, and forgets those that are not any more.
func (p *Pager) holds() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, until := range p.held {
		if !until.After(p.desk.Clock().Now()) {
			delete(p.held, id)
		}
	}
	return len(p.held) > 0
}

// deliver makes one attempt and has it recorded. What was begun is ended and recorded even when ctx ends meanwhile: its outcome must not
// become unknown by our own hand.
func (p *Pager) deliver(ctx context.Context, due ticket.Out) {
	o, ok, err := p.desk.Freeze(context.WithoutCancel(ctx), due.ID)
	if err != nil || !ok {
		if err != nil {
			p.storeFails(err)
		}
		p.release(due, holdPage) // whatever the reason: a page that stays due without ever going out must not keep us busy
		return
	}
	p.storeWorks()
	out := p.attempt(ctx, o)
	if due.State == ticket.OutFrozen && out.Result == ticket.Temporary {
		out.Result = ticket.Unclear // not taken this time; whether the first attempt was is as unknown as before
	}
	p.log.attempt(o, out)
	p.insist(ctx, o, out)
	p.release(due, 0)
}

func (p *Pager) attempt(ctx context.Context, o ticket.Out) ticket.Outcome {
	e, ok := p.o.Endpoints[o.Channel]
	if !ok {
		return ticket.Outcome{Result: ticket.Permanent, Text: "there is no alarm channel " + o.Channel + " any more"}
	}
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.o.Timeout)
	defer cancel()
	now := p.desk.Clock().Now()
	out, asked := p.post.page(within, e, o.MessageID, o.Bytes, now)
	out.RetryAt = p.desk.Clock().Now().Add(retryPage(o.Attempts, asked))
	return out
}

// insist records an outcome, and keeps at it while the store fails: the page would go out again else.
func (p *Pager) insist(ctx context.Context, o ticket.Out, out ticket.Outcome) {
	pause := time.Second
	for left := lastTries; left > 0; {
		err := p.desk.Delivered(context.WithoutCancel(ctx), o.ID, out)
		if err == nil {
			p.storeWorks()
			return
		}
		p.storeFails(err)
		if ctx.Err() != nil {
			left--
			continue
		}
		select {
		case <-ctx.Done():
		case <-p.desk.Clock().After(pause):
			pause = min(2*pause, 30*time.Second)
		}
	}
	p.log.outcomeLost(o, out)
}

// storeFails and storeWorks log each change once.
func (p *Pager) storeFails(err error) {
	p.mu.Lock()
	changed := p.store != err.Error()
	p.store = err.Error()
	p.mu.Unlock()
	if changed {
		p.log.storeFailed(err)
	}
}

func (p *Pager) storeWorks() {
	p.mu.Lock()
	changed := p.store != ""
	p.store = ""
	p.mu.Unlock()
	if changed {
		p.log.storeBack()
	}
}
