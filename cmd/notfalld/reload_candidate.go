package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"notfalld/rules"
	"notfalld/ticket"
)

// candidate is a folder of rule files as it was read.
type candidate struct {
	set        *rules.Set // nil: something is wrong
	problems   []Problem  // all that is wrong
	content    string     // names the content of the folder, right or wrong
	flawed     bool       // some of the files cannot be read
	unreadable error
}

// errEmptied is a folder that looks like a file system that is not mounted.
var errEmptied = errors.New("the folder has become empty, as if it were not mounted; if no rules of your own are meant, save a 00-none.yaml there that holds {}")

// glance names what lies in a folder. One without any file, where there was one in force, is as good as gone.
func glance(dir string, inForce *rules.Set) (c candidate) {
	content, files, whole, err := contentOf(dir)
	if err == nil && dir != "" && files == 0 && inForce != nil && len(inForce.Files()) > 0 {
		err = errEmptied
	}
	return candidate{content: content, flawed: !whole, unreadable: err}
}

func (c candidate) lines() []string {
	var out []string
	for _, p := range c.problems {
		if !p.Warning {
			out = append(out, p.String())
		}
	}
	return out
}

// read reads a folder ("": the shipped set alone), checks it and runs its tests, unless it is the set that is in force.
func (c *candidate) read(ctx context.Context, dir, inForce string) {
	set, problems := loadRules(dir)
	if set != nil && dir != "" && set.Hash() != inForce {
		report, err := set.Try(ctx, os.DirFS(dir), dir, rules.TryOptions{Limit: trialTime})
		problems = append(problems, report.All()...)
		if !report.OK() {
			set = nil
		}
		if err != nil {
			c.unreadable = err
			return
		}
	}
	c.set, c.problems = set, problems
}

// hold refuses a set that the configuration cannot serve.
func (c *candidate) hold(cfg *Config) {
	if silent := cfg.silentForms(c.set); len(silent) > 0 {
		c.set, c.problems = nil, append(c.problems, silent...)
	}
}

// firstRules is the set of the very first start, when nothing is stored that could stand in for files that are wrong.
func (p *plan) firstRules(ctx context.Context) (*rules.Set, error) {
	dir := p.config.Rules.Dir
	c := glance(dir, nil)
	if c.unreadable == nil {
		c.read(ctx, dir, "")
		c.hold(p.config)
	}
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case c.unreadable != nil:
		return nil, exitError{exitUsage, fmt.Errorf("rules.dir: %s: %s", dir, reason(c.unreadable))}
	case c.set == nil:
		for _, line := range c.lines() {
			fmt.Fprintln(p.stderr, line)
		}
		return nil, exitError{code: exitUsage}
	}
	return c.set, nil
}

// startingRules is the set that a daemon starts with: the one that was in force when the last one ended. What the folder holds is
// looked at next, and a mistake in it keeps nobody from being answered.
func (p *plan) startingRules(ctx context.Context, s ticket.Store) (*rules.Set, error) {
	before, _, err := ticket.StoredRules(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("stored rules: %w", err)
	}
	set, stored, broken, err := ticket.ResumeRules(ctx, s, p.clock)
	switch {
	case err != nil:
		return nil, fmt.Errorf("stored rules: %w", err)
	case broken != nil:
		p.log.Error("the rules that were in force are wrong for this version of notfalld; only the shipped ones are, until the files are mended", "error", broken.Error())
	case !stored:
		return p.firstRules(ctx)
	case set.Hash() != before.Hash:
		p.log.Info("this version of notfalld brings other shipped rules; they are in force", "rules", set.Hash(), "before", before.Hash)
	}
	return set, nil
}

// mayBeStored says whether there may be a store with a rule set: then files that are wrong do not keep the daemon from starting.
func mayBeStored(url string) bool {
	path, ok := sqlitePath(url)
	if !ok {
		return true // only the server knows
	}
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// absolute is a path as somebody in another folder can use it.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
