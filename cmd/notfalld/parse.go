package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"time"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/ticket"
)

type parseCmd struct {
	mailFlags
	withJSON
	Files []string `arg:"" name:"FILE" help:"Mails as they came in (.eml); - is the standard input."`
}

// mailFlags say by which rules and beside which tables mails in files are understood.
type mailFlags struct {
	Config    string `short:"c" placeholder:"FILE" xor:"known" help:"Take rules, inventory, own addresses, staff and limits from this configuration."`
	Rules     string `placeholder:"DIR" help:"A folder of rule files that add to the shipped set; instead of the configuration's."`
	Inventory string `placeholder:"FILE" xor:"known" help:"The servers that are known (CSV: server,customer_number,aliases)."`
}

// Help is the detail that --help shows.
func (parseCmd) Help() string {
	return `Prints a report for people on a terminal, else one JSON object per line and mail. Any file is a mail; one that cannot be read is named, and the others are parsed all the same.

    notfalld parse night.eml
    notfalld parse -c notfalld.yaml --json mails/*.eml | jq .class
    notfalld parse --rules rules/ --inventory inventory.csv - < night.eml`
}

// Run parses the files, side by side, and prints them in their order.
func (c *parseCmd) Run(ctx context.Context, m *Main) error {
	p, err := c.parser(m)
	if err != nil {
		return err
	}
	tm := m.term()
	out := bufio.NewWriter(m.Stdout)
	failed := false
	for r := range p.all(ctx, c.Files) {
		switch {
		case r.err != nil:
			failed = true
			fmt.Fprintf(m.Stderr, "notfalld: %s\n", oneLine(r.err.Error()))
		case c.JSON || !tm.Terminal:
			b, err := r.line.JSON()
			if err != nil {
				return err
			}
			out.Write(append(b, '\n'))
		default:
			report(out, tm, r.line)
		}
	}
	if err := cmp.Or(out.Flush(), ctx.Err()); err != nil {
		return err
	}
	if failed {
		return exitError{code: exitFailed}
	}
	return nil
}

// parsed is what came of one file.
type parsed struct {
	line rules.Line
	err  error
}

// all parses files on all processors and yields what came of them, in their order.
func (p *mailParser) all(ctx context.Context, files []string) iter.Seq[parsed] {
	return func(yield func(parsed) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		ahead := make(chan chan parsed, runtime.GOMAXPROCS(0)-1) // its room bounds how many are in work
		go func() {
			defer close(ahead)
			for _, f := range files {
				done := make(chan parsed, 1)
				select {
				case ahead <- done:
				case <-ctx.Done():
					return
				}
				go func() {
					line, err := p.parse(ctx, f)
					done <- parsed{line, err}
				}()
			}
		}()
		for done := range ahead {
			r := <-done
			if ctx.Err() != nil || !yield(r) {
				return
			}
		}
	}
}

// mailParser understands mails as the daemon would, and keeps nothing.
type mailParser struct {
	set     *rules.Set
	world   rules.World
	hours   *ticket.Hours // nil: always open
	trust   message.Trust
	limits  message.Limits
	perMail time.Duration
	stdin   io.Reader
}

// parser loads what the flags name. What is wrong with it is said on stderr.
func (f mailFlags) parser(m *Main) (*mailParser, error) {
	p := &mailParser{limits: message.DefaultLimits(), perMail: 10 * time.Second, stdin: m.Stdin}
	inventory, dir := f.Inventory, f.Rules
	if f.Config != "" {
		cfg, err := m.config(f.Config, false)
		if err != nil {
			return nil, err
		}
		o, err := cfg.ticketOptions()
		if err != nil {
			return nil, exitError{exitUsage, err}
		}
		p.world, p.hours, p.trust, p.limits, p.perMail = o.World, o.Hours, o.Trust, o.Limits, cfg.Limits.PerMail
		inventory, dir = cfg.Inventory.File, cmp.Or(dir, cfg.Rules.Dir)
	}
	set, problems := loadRules(dir)
	in, more := loadInventory(inventory)
	problems = append(problems, more...)
	for _, problem := range problems {
		fmt.Fprintln(m.Stderr, problem)
	}
	if Broken(problems) {
		return nil, exitError{code: exitUsage}
	}
	p.set, p.world.Inventory = set, in
	return p, nil
}

// worldOf is what is known beside one mail. Its clock is the mail's own date, on the clock of the office: what a file
// gives today it gives tomorrow.
func (p *mailParser) worldOf(m *message.Mail) rules.World {
	w := p.world
	w.Now = m.Date
	if w.Now.IsZero() {
		w.Now = time.Now()
	}
	w.Open, w.Proof, w.Signed = true, string(message.ProofUnknown), false
	if p.hours != nil {
		w.Now, w.Open = w.Now.In(p.hours.Location), p.hours.Open(w.Now)
	}
	if len(m.From) != 1 || !rules.IsGroup(m.From[0].Address, w.Groups) { // a group's address proves nothing about who wrote
		proof := m.Proof(p.trust)
		w.Proof, w.Signed = string(proof.Verdict), proof.Signed
	}
	return w
}

// parse reads one file. The error is for a file that cannot be read; anything that can is understood as well as can be.
func (p *mailParser) parse(ctx context.Context, name string) (rules.Line, error) {
	raw, err := p.read(ctx, name)
	if err != nil {
		return rules.Line{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.perMail)
	defer cancel()
	mail := message.Parse(raw, p.limits)
	facts, err := p.set.Understand(ctx, mail, p.worldOf(mail))
	line := rules.NewLine(name, p.set.Conceal(mail), facts)
	line.ProblemParsing = p.problem(mail, err)
	return line, nil
}

// problem says why a mail was not, or not wholly, understood; "" if it was.
func (p *mailParser) problem(m *message.Mail, err error) string {
	switch {
	case err == nil:
		return m.Problem
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("understanding took longer than %s", p.perMail)
	}
	if m.Problem != "" {
		return m.Problem + "; " + err.Error()
	}
	return err.Error()
}

// read takes a mail whole up to the limit; of a larger one header and text parts only, as the daemon does. It ends with ctx,
// though nobody may ever write to the standard input.
func (p *mailParser) read(ctx context.Context, name string) ([]byte, error) {
	type result struct {
		raw []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		raw, err := p.readAll(name)
		done <- result{raw, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, fmt.Errorf("%s: %s", name, reason(r.err))
		}
		return r.raw, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *mailParser) readAll(name string) (raw []byte, err error) {
	in := p.stdin
	if name != "-" {
		f, err := openRegular(name, maxMailFile)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	raw, err = io.ReadAll(io.LimitReader(in, p.limits.Size+1))
	if err != nil || int64(len(raw)) <= p.limits.Size {
		return raw, err
	}
	raw, _, err = message.Reduce(io.MultiReader(bytes.NewReader(raw), in), p.limits)
	return raw, err
}
