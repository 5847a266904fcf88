package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"notfalld/rules"
	"notfalld/store"
	"notfalld/ticket"
)

type rulesReplayCmd struct {
	withConfig
	withJSON
	Rules string    `placeholder:"DIR" help:"The rule files to try, instead of the configuration's."`
	Since sinceFlag `placeholder:"AGE" help:"Only mails that came in within this time: 90d, 36h."`
	Limit int       `short:"n" placeholder:"N" help:"Only the youngest so many mails."`
	Apply bool      `help:"Instead of replaying: look once more at mails of the mailbox that were left as none of our business. Needs --since."`
}

// Help is the detail that --help shows.
func (rulesReplayCmd) Help() string {
	return `Runs the rules as the files are now over the mails that tickets hold, and prints what would be decided otherwise than it was. It changes nothing, and disturbs no running daemon. Mails whose raw bytes are no longer kept (retention.raw) are counted.

With --apply the daemon fetches mails again that it left alone, and decides them by the rules in force: those that are emergencies after all become tickets. Older than reply_max_age they are not answered; nothing is answered twice.

Exit code 0: nothing would be otherwise, 1: something would, 2: wrong usage, configuration or rules.

    notfalld rules replay -c notfalld.yaml --since 90d
    notfalld rules replay --limit 200 --json | jq 'select(.loses != [])'
    notfalld rules replay --apply --since 1d`
}

// sinceFlag is an age: 36h, 90d.
type sinceFlag time.Duration

// UnmarshalText is encoding.TextUnmarshaler.
func (s *sinceFlag) UnmarshalText(text []byte) error {
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n > 0 && n < 36525 {
			*s = sinceFlag(n * 24 * float64(time.Hour))
			return nil
		}
	}
	if d, err := time.ParseDuration(string(text)); err == nil && d > 0 {
		*s = sinceFlag(d)
		return nil
	}
	return fmt.Errorf("%q is no age: write it as 90d or 36h", text)
}

// before is the moment that long ago; the zero time for no age.
func (s sinceFlag) before(now time.Time) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return now.Add(-time.Duration(s))
}

// Run replays, or applies.
func (c *rulesReplayCmd) Run(ctx context.Context, m *Main) error {
	switch {
	case c.Limit < 0:
		return usagef("--limit is a number of mails")
	case c.Apply && c.Since == 0:
		return usagef("--apply needs --since: how far back mails are to be looked at again")
	case c.Apply && (c.Limit != 0 || c.Rules != ""):
		return usagef("--apply goes by the rules in force: neither --limit nor --rules is for it")
	case c.Apply:
		return c.apply(ctx, m)
	}
	return c.replay(ctx, m)
}

func (c *rulesReplayCmd) replay(ctx context.Context, m *Main) error {
	s, cfg, err := m.reader(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	set, o, err := c.load(m, cfg)
	if err != nil {
		return err
	}
	o.Store = s
	r, err := c.begin(ctx, m, s, set, o)
	if err != nil {
		return err
	}
	q := ticket.ReplayQuery{Since: r.since, Limit: c.Limit, Workers: runtime.GOMAXPROCS(0)}
	err = ticket.Replay(ctx, o, set, q, r.each)
	r.progress.done()
	if err == nil {
		err = r.finish()
	}
	if err == nil && r.sum.Different > 0 {
		err = exitError{code: exitFailed}
	}
	return err
}

// load reads the rules to try, and what mails are understood beside.
func (c *rulesReplayCmd) load(m *Main, cfg *Config) (*rules.Set, ticket.Options, error) {
	dir := c.Rules
	if dir == "" {
		dir = cfg.Rules.Dir
	}
	set, problems := loadRules(dir)
	inventory, more := cfg.LoadInventory()
	for _, p := range slices.Concat(problems, more) {
		if !p.Warning {
			fmt.Fprintln(m.Stderr, p)
		}
	}
	if set == nil || Broken(more) {
		return nil, ticket.Options{}, exitError{code: exitUsage}
	}
	o, err := cfg.ticketOptions()
	if err != nil {
		return nil, o, exitError{exitUsage, err}
	}
	o.World.Inventory, o.Rules = inventory, set
	return set, o, nil
}

func (c *rulesReplayCmd) begin(ctx context.Context, m *Main, s ticket.Store, set *rules.Set, o ticket.Options) (*replayReport, error) {
	in, _, err := ticket.StoredRules(ctx, s)
	if err != nil {
		return nil, err
	}
	r := &replayReport{c: c, m: m, tm: m.term(), out: bufio.NewWriter(m.Stdout), zone: o.Hours.Location, since: c.Since.before(ticket.SystemClock{}.Now()),
		progress: m.progress("mails"),
		sum:      replaySum{Candidate: set.Hash(), InForce: in.Hash, Lost: map[string]int{}, Changed: map[string]int{}}}
	err = s.View(ctx, func(tx ticket.Tx) (err error) { r.total, err = tx.CountMails(r.since); return err })
	if c.Limit > 0 {
		r.total = min(r.total, c.Limit)
	}
	return r, err
}

// apply has the daemon look again at what was left alone.
func (c *rulesReplayCmd) apply(ctx context.Context, m *Main) error {
	s, cfg, err := m.open(ctx, c.Config, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	set, _, err := c.load(m, cfg)
	if err != nil {
		return err
	}
	folders := map[string]string{}
	for _, b := range cfg.Mailboxes {
		folders[b.Name] = b.IMAP.Folder
	}
	n, err := ticket.LookAgain(ctx, s, set.Hash(), folders, c.Since.before(ticket.SystemClock{}.Now()))
	var other ticket.OtherRulesError
	if errors.As(err, &other) {
		return fmt.Errorf("%w; %s", err, other.Mend(absolute(cfg.doc.File())))
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printLines(m.Stdout, []map[string]any{{"again": n, "rules": set.Hash()}})
	}
	_, err = fmt.Fprintf(m.Stdout, "%d %s looked at again by the daemon, by the rules in force (%s)\n", n, plural(n, "mail that was left alone is", "mails that were left alone are"), set.Hash())
	return err
}
