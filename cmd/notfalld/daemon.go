package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sync/errgroup"

	"notfalld/ingest"
	"notfalld/outbox"
	"notfalld/store"
	"notfalld/templates"
	"notfalld/ticket"
	"notfalld/web"
)

// runDaemon is `notfalld run`: it lives until ctx ends. SIGHUP reads everything anew; only if all of it is right
// is the running life ended and the next one begun, so a mistake in a file never stops the answers.
func runDaemon(ctx context.Context, m *Main, c *runCmd) error {
	p, err := m.prepare(c.Config)
	if err != nil {
		return err
	}
	if _, set := m.Env("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(memoryGoal)
	}
	var before *plan // the configuration to go back to
	for {
		life, end := context.WithCancel(ctx)
		next := make(chan *plan, 1)
		go m.awaitReload(life, c.Config, p.log, func(q *plan) { next <- q; end() })
		err := p.live(life, nil)
		end()
		switch {
		case ctx.Err() != nil || err != nil && before == nil:
			return err
		case err != nil: // what was read is right, and yet it cannot live: its port is taken, its store cannot be reached
			p.log.Error("the new configuration cannot be used; going back to the old one", "error", err.Error())
			p, before = before, nil
		default:
			before, p = p, <-next
			p.log.Info("reloaded")
		}
	}
}

// memoryGoal is what the collector tries to stay under; a flood of mails is then a matter of time and not of memory.
const memoryGoal = 96 << 20

// awaitReload waits for SIGHUPs until one of them finds everything in order.
func (m *Main) awaitReload(ctx context.Context, path string, log *slog.Logger, ready func(*plan)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.Hangup:
		}
		p, err := m.prepare(path)
		if err == nil {
			ready(p)
			return
		}
		log.Error("reload refused, everything stays as it was; what is wrong stands above", "error", err.Error())
	}
}

// plan is a configuration with everything that it names, loaded and found to be right.
type plan struct {
	config *Config
	stderr io.Writer
	log    *slog.Logger
	desk   ticket.Options // without Store and Rules
	boxes  []ingest.Options
	smtp   outbox.Options
	pages  outbox.PageOptions
	clock  ticket.Clock
}

// prepare loads the configuration and all that it names. What is wrong is said on stderr, and nothing is touched.
func (m *Main) prepare(path string) (*plan, error) {
	cfg, err := m.config(path, true)
	if err != nil {
		return nil, err
	}
	return m.plan(cfg)
}

func (m *Main) plan(cfg *Config) (*plan, error) {
	p := &plan{config: cfg, stderr: m.Stderr, log: newLog(m.Stderr, cfg.Log), clock: ticket.SystemClock{}}
	inventory, problems := cfg.LoadInventory()
	contacts, more := cfg.LoadContacts()
	set, wrong := cfg.LoadRules()
	wrong = append(wrong, cfg.silentForms(set)...)
	problems = slices.Concat(problems, more)
	needed := !mayBeStored(cfg.Store.URL) // else rules that are wrong are a matter of ruleKeeper
	for _, w := range wrong {
		if needed || w.Warning {
			problems = append(problems, w)
		}
	}
	for _, w := range problems {
		fmt.Fprintln(m.Stderr, w)
	}
	if Broken(problems) {
		return nil, exitError{code: exitUsage}
	}
	words, err := templates.Load(cfg.Templates.Dir)
	if err != nil {
		return nil, exitError{exitUsage, fmt.Errorf("templates: %w", err)}
	}
	if p.desk, err = cfg.ticketOptions(); err != nil {
		return nil, exitError{exitUsage, err}
	}
	p.desk.World.Inventory, p.desk.Contacts = inventory, contacts
	p.desk.Templates, p.desk.Clock, p.desk.Log = words, p.clock, p.log
	p.desk.RuleFiles = ticket.RuleFiles{Dir: cfg.Rules.Dir, Config: absolute(cfg.doc.File())}
	for _, box := range cfg.Mailboxes {
		o, err := cfg.ingestOptions(box, p.log)
		if err != nil {
			return nil, exitError{exitUsage, err}
		}
		o.Clock = p.clock
		p.boxes = append(p.boxes, o)
		if o, ok := box.sentOptions(o); ok {
			p.boxes = append(p.boxes, o)
		}
	}
	if p.smtp, err = cfg.outboxOptions(p.log); err != nil {
		return nil, exitError{exitUsage, err}
	}
	p.pages = outbox.PageOptions{Endpoints: cfg.endpoints(), Log: p.log}
	return p, nil
}

func newLog(w io.Writer, c Log) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // checked with the configuration
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// live is the daemon's whole life, from the opened store to the closed one. started is called, if it is not nil, once every
// part runs. What is under way when ctx ends is finished.
func (p *plan) live(ctx context.Context, started func(*parts)) (err error) {
	s, err := p.openStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	o := p.desk
	o.Store = s
	if o.Rules, err = p.startingRules(ctx, s); err != nil {
		return err
	}
	desk, err := ticket.NewDesk(ctx, o)
	if err != nil {
		return err
	}
	listener, err := p.listen()
	if err != nil {
		return err
	}
	d := &parts{plan: p, store: s, desk: desk, rules: newRuleKeeper(p, desk), sender: outbox.New(p.smtp, desk),
		pager: outbox.NewPager(p.pages, desk), listener: listener}
	for _, b := range p.boxes {
		d.watchers = append(d.watchers, ingest.New(b, desk))
	}
	return d.run(ctx, started)
}

// openStore waits for a database server that is not up yet: after a power cut nobody says in which order machines come back.
func (p *plan) openStore(ctx context.Context) (*store.Store, error) {
	for wait := time.Second; ; wait = min(2*wait, time.Minute) {
		s, err := store.Open(ctx, p.config.Store.URL, store.Options{Exclusive: true, Log: p.log})
		if err == nil || !errors.Is(err, store.ErrUnreachable) && !errors.Is(err, store.ErrLocked) {
			return s, err
		}
		p.log.Error("the store cannot be opened; trying again", "error", err.Error(), "in", wait.String())
		select {
		case <-ctx.Done():
			return nil, err
		case <-p.clock.After(wait):
		}
	}
}

func (p *plan) listen() (net.Listener, error) {
	if p.config.HTTP.Listen == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", p.config.HTTP.Listen)
	if err != nil {
		return nil, fmt.Errorf("http.listen: %w", err)
	}
	return l, nil
}

// parts is the daemon at work.
type parts struct {
	*plan
	store    *store.Store
	desk     *ticket.Desk
	rules    *ruleKeeper
	sender   *outbox.Sender
	pager    *outbox.Pager
	watchers []*ingest.Watcher
	listener net.Listener
	pulse    pulse
}

// run starts every part and waits for all of them. Mails are taken only once what an earlier life left undecided is decided.
func (d *parts) run(ctx context.Context, started func(*parts)) error {
	g, ctx := errgroup.WithContext(ctx)
	if d.listener != nil {
		g.Go(func() error { return web.Serve(ctx, d.listener, d.handler()) })
	}
	g.Go(func() error { return d.sender.Run(ctx) })
	g.Go(func() error { return d.pager.Run(ctx) })
	g.Go(func() error { return d.desk.RunClosing(ctx) })
	g.Go(func() error { return d.desk.RunOpening(ctx) })
	g.Go(func() error { return d.desk.RunEmergencies(ctx) })
	g.Go(func() error { return d.keepHouse(ctx) })
	g.Go(func() error { return d.decideLeftovers(ctx) })
	g.Go(func() error { return d.watchdog(ctx) })
	g.Go(func() error { return d.rules.run(ctx) })
	g.Go(func() error {
		d.awaitRules(ctx)
		d.recover(ctx)
		var boxes sync.WaitGroup
		for _, w := range d.watchers {
			boxes.Go(func() { _ = w.Run(ctx) }) // returns when ctx ends; one mailbox's faults are its own
		}
		boxes.Wait()
		return nil
	})
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady)
	d.log.Info("notfalld runs", "mode", d.config.Mode, "mailboxes", len(d.config.Mailboxes), "rules", d.desk.RulesHash())
	d.sayTrust(ctx)
	if started != nil {
		started(d)
	}
	err := g.Wait()
	_, _ = daemon.SdNotify(false, daemon.SdNotifyStopping)
	d.log.Info("notfalld ends")
	return err
}

// awaitRules lets the first look at the rule files come before the first mail: whoever changed them and starts the daemon means the new
// ones. A look that takes long holds up nobody.
func (d *parts) awaitRules(ctx context.Context) {
	select {
	case <-d.rules.looked:
	case <-d.clock.After(firstLook):
		d.log.Warn("looking at changed rules takes long; mails are taken by the old ones meanwhile", "rules", d.desk.RulesHash())
	case <-ctx.Done():
	}
}

// recover decides what an earlier life left undecided, and sends the probes. What fails is tried again by decideLeftovers; new mail does not
// wait for it.
func (d *parts) recover(ctx context.Context) {
	n, err := d.desk.Recover(ctx)
	if n > 0 {
		d.log.Info("mails of the last run were decided", "mails", n)
	}
	if err = errors.Join(err, d.desk.SendProbes(ctx)); err != nil && ctx.Err() == nil {
		d.log.Error("the last run left something undecided; trying again in a minute", "error", err.Error())
	}
}

// decideLeftovers decides once a minute what is stored and not decided: the store failed in between.
func (d *parts) decideLeftovers(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-d.clock.After(time.Minute):
		}
		if _, err := d.desk.Recover(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("stored mails could not be decided; trying again in a minute", "error", err.Error())
		}
	}
}

// keepHouse deletes what retention no longer keeps, once an hour.
func (d *parts) keepHouse(ctx context.Context) error {
	for {
		if keep := d.config.Retention.Raw; keep > 0 {
			if n, err := d.store.Purge(ctx, d.clock.Now().Add(-keep)); err != nil && ctx.Err() == nil {
				d.log.Error("old raw mails could not be deleted", "error", err.Error())
			} else if n > 0 {
				d.log.Info("old raw mails were deleted", "mails", n)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.clock.After(time.Hour):
		}
	}
}

// watchdog tells systemd that we live, as long as the store takes writes: a daemon that can keep nothing had better be restarted.
func (d *parts) watchdog(ctx context.Context) error {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return nil // not asked for
	}
	for {
		if d.store.Ping(ctx) == nil {
			_, _ = daemon.SdNotify(false, daemon.SdNotifyWatchdog)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.clock.After(every / 2):
		}
	}
}
