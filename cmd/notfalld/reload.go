package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"notfalld/ticket"
)

const (
	settleRules = 2 * time.Second  // after the last write: editors save several files, and each in several steps
	pollRules   = 10 * time.Second // what no watcher tells of: network file systems, a folder that was replaced
	pollAccept  = 3 * time.Second  // `rules accept` is another process
	firstLook   = 30 * time.Second // mails wait for the first look at the folder, but not for ever
	trialTime   = 10 * time.Second // for one test: a busy machine is no reason to refuse rules
)

// ruleKeeper brings changed rule files into force while the daemon runs: those that pass their checks and tests, and under which
// none of the last mails loses anything. Until then, and otherwise, the old ones stay in force.
type ruleKeeper struct {
	dir   string // "": the shipped set alone
	cfg   *Config
	desk  *ticket.Desk
	clock ticket.Clock
	log   *slog.Logger

	looked  chan struct{} // closed after the first look
	seen    string        // the folder at the last look
	again   bool          // the last look failed for a reason that may pass
	missed  string        // why the folder, or a file in it, could not be read
	stale   string        // why an accepted set is not taken up
	refused atomic.Bool   // the folder is not in force because it is wrong, or cannot be read
	waiting atomic.Value  // string: the hash of the set that waits, or ""
	counts  sync.Map      // outcomes: ticket.RulesOutcome → *atomic.Int64
}

func newRuleKeeper(p *plan, d *ticket.Desk) *ruleKeeper {
	k := &ruleKeeper{dir: p.config.Rules.Dir, cfg: p.config, desk: d, clock: p.clock, log: p.log, looked: make(chan struct{})}
	k.waiting.Store("")
	for _, o := range ruleOutcomes {
		k.counts.Store(o, new(atomic.Int64))
	}
	return k
}

// ruleOutcomes are what looks at the folder are counted by.
var ruleOutcomes = [...]ticket.RulesOutcome{ticket.RulesUnchanged, ticket.RulesTaken, ticket.RulesHeld, ticket.RulesRefused, ticket.RulesUnreadable}

func (k *ruleKeeper) count(o ticket.RulesOutcome) *atomic.Int64 {
	n, _ := k.counts.Load(o)
	return n.(*atomic.Int64)
}

// run looks at the folder at once, and whenever it has changed, until ctx ends.
func (k *ruleKeeper) run(ctx context.Context) error {
	w := watchFolder(k.dir, k.log)
	defer w.close()
	settled := k.look(ctx)
	close(k.looked)
	accepted, polled := k.clock.After(pollAccept), k.clock.After(pollRules)
	var quiet <-chan time.Time // when the folder will have been left alone for long enough
	var due time.Time
	touched := func() { due, quiet = k.clock.Now().Add(settleRules), k.clock.After(settleRules) }
	if !settled {
		touched()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.touched:
			touched()
		case <-quiet:
			switch wait := due.Sub(k.clock.Now()); {
			case wait > 0:
				quiet = k.clock.After(wait)
			case !k.look(ctx):
				touched()
			default:
				quiet = nil
			}
		case <-accepted:
			k.takeAccepted(ctx)
			accepted = k.clock.After(pollAccept)
		case <-polled:
			w.renew()
			if quiet == nil && (k.again || k.fingerprint() != k.seen) {
				touched()
			}
			polled = k.clock.After(pollRules)
		}
	}
}

// fingerprint changes with every change of the folder.
func (k *ruleKeeper) fingerprint() string { return fingerprint(k.dir) }

// look takes up the folder as it is; false if it was being written meanwhile.
func (k *ruleKeeper) look(ctx context.Context) (settled bool) {
	before := k.fingerprint()
	c, outcome, err := k.try(ctx, before)
	if err == errUnsettled {
		return false
	}
	if err == nil {
		k.refused.Store(outcome == ticket.RulesRefused || outcome == ticket.RulesUnreadable)
	}
	k.seen, k.again = before, c.unreadable != nil || c.flawed
	switch {
	case ctx.Err() != nil:
		return true
	case err != nil:
		k.again = true
		k.log.Error("changed rules could not be taken up; trying again", "error", err.Error())
		return true
	}
	missed := "" // what is looked at with every poll, until it can be read, is told once
	switch {
	case c.unreadable != nil:
		missed = c.unreadable.Error()
	case c.flawed:
		missed = "content " + c.content
	}
	if missed == "" || missed != k.missed {
		k.count(outcome).Add(1)
		k.say(outcome, c)
	}
	k.missed = missed
	return true
}

// errUnsettled says that the folder was being written while it was read.
var errUnsettled = errors.New("the folder is being written")

// try reads the folder and decides what becomes of it. That this was begun is noted first, and last that it has ended: files that
// take the process down are left alone after some tries.
func (k *ruleKeeper) try(ctx context.Context, before string) (c candidate, o ticket.RulesOutcome, err error) {
	if c = glance(k.dir, k.desk.Rules()); c.unreadable != nil {
		o, err = k.judge(ctx, c)
		return c, o, err
	}
	deadly, err := k.desk.RulesTried(ctx, c.content)
	switch {
	case err != nil:
		return c, "", err
	case deadly:
		c.problems = []Problem{{File: k.dir, Text: "notfalld ended several times while it tried these files", Mend: "change them, and see what notfalld rules test says"}}
		o, err = k.judge(ctx, c)
		return c, o, err
	}
	c.read(ctx, k.dir, k.desk.RulesHash())
	c.hold(k.cfg)
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case k.fingerprint() != before:
		err = errUnsettled
	default:
		o, err = k.judge(ctx, c)
	}
	if survived := k.desk.RulesSurvived(context.WithoutCancel(ctx)); err == nil {
		err = survived
	}
	return c, o, err
}

// judge decides what becomes of the files in the folder.
func (k *ruleKeeper) judge(ctx context.Context, c candidate) (ticket.RulesOutcome, error) {
	switch {
	case c.unreadable != nil:
		return ticket.RulesUnreadable, k.desk.MissRules(ctx, reason(c.unreadable)+": "+k.dir)
	case c.set == nil:
		return ticket.RulesRefused, k.desk.RefuseRules(ctx, c.content, c.lines())
	}
	o, err := k.desk.ProposeRules(ctx, c.set)
	if err == nil {
		k.waiting.Store("")
		if o == ticket.RulesHeld {
			k.waiting.Store(c.set.Hash())
		}
	}
	return o, err
}

// say is the log of what became of the files in the folder.
func (k *ruleKeeper) say(o ticket.RulesOutcome, c candidate) {
	in := k.desk.RulesHash()
	switch o {
	case ticket.RulesTaken:
		k.log.Info("changed rules are in force", "rules", in)
	case ticket.RulesHeld:
		k.log.Warn("changed rules wait: mails would lose something under them; see notfalld rules status", "waiting", c.set.Hash(), "rules", in)
	case ticket.RulesRefused:
		for _, line := range c.lines() {
			k.log.Error("rules: " + line)
		}
		k.log.Error("changed rules are refused, the old ones stay in force", "problems", len(c.problems), "rules", in)
	case ticket.RulesUnreadable:
		k.log.Error("the folder of rules cannot be read, the old ones stay in force", "error", reason(c.unreadable), "dir", k.dir, "rules", in)
	}
}

// takeAccepted takes up what another process accepted.
func (k *ruleKeeper) takeAccepted(ctx context.Context) {
	taken, waiting, err := k.desk.TakeAcceptedRules(ctx, func() (string, error) { return lyingRules(k.dir) })
	stale := ""
	if errors.Is(err, ticket.ErrRulesChanged) {
		stale = err.Error()
	}
	told := stale != "" && stale == k.stale
	k.stale = stale
	switch {
	case ctx.Err() != nil, told:
	case stale != "":
		k.log.Warn("accepted rules are not taken up", "error", stale, "rules", k.desk.RulesHash())
	case err != nil:
		k.log.Error("accepted rules could not be taken up; trying again", "error", err.Error())
	case taken:
		k.count(ticket.RulesTaken).Add(1)
		k.refused.Store(false)
		k.log.Info("accepted rules are in force", "rules", k.desk.RulesHash())
		k.waiting.Store("")
	default:
		k.waiting.Store(waiting)
	}
}
