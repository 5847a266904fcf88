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
	"os"
	"path/filepath"
	"runtime"
	"time"

	"notfalld/message"
	"notfalld/rules"
)

type parseCmd struct {
	withJSON
	Config    string   `short:"c" placeholder:"FILE" xor:"known" help:"Take inventory, own addresses, staff and limits from this configuration."`
	Rules     string   `placeholder:"DIR" help:"A folder of rule files that add to the shipped set."`
	Inventory string   `placeholder:"FILE" xor:"known" help:"The servers that are known (CSV: server,customer_number,aliases)."`
	Files     []string `arg:"" name:"FILE" help:"Mails as they came in (.eml); - is the standard input."`
}

// Help is the detail that --help shows.
func (parseCmd) Help() string {
	return `Prints a report for people on a terminal, else one JSON object per line and mail. Any file is a mail; one that cannot be read is named, and the others are parsed all the same.

    notfalld parse night.eml
    notfalld parse -c notfalld.yaml --json mails/*.eml | jq .class
    notfalld parse --inventory inventory.csv - < night.eml`
}

// Run parses the files, side by side, and prints them in their order.
func (c *parseCmd) Run(ctx context.Context, m *Main) error {
	p, err := c.reader(m)
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
			if !yield(<-done) {
				return
			}
		}
	}
}

// mailParser understands mails as the daemon would, and keeps nothing.
type mailParser struct {
	set     *rules.Set
	world   rules.World
	limits  message.Limits
	perMail time.Duration
	stdin   io.Reader
}

func (c *parseCmd) reader(m *Main) (*mailParser, error) {
	p := &mailParser{set: rules.Shipped(), limits: message.DefaultLimits(), perMail: 10 * time.Second, stdin: m.Stdin}
	inventory := c.Inventory
	if c.Config != "" {
		cfg, err := m.config(c.Config, false)
		if err != nil {
			return nil, err
		}
		p.world, p.limits, p.perMail = cfg.world(nil), cfg.messageLimits(), cfg.Limits.PerMail
		inventory = cfg.Inventory.File
	}
	if err := rulesDir(c.Rules); err != nil {
		return nil, err
	}
	in, problems := loadInventory(inventory)
	for _, problem := range problems {
		fmt.Fprintln(m.Stderr, problem)
	}
	if Broken(problems) {
		return nil, exitError{code: exitUsage}
	}
	p.world.Inventory = in
	return p, nil
}

// parse reads one file. The error is for a file that cannot be read; anything that can is understood as well as can be.
func (p *mailParser) parse(ctx context.Context, name string) (rules.Line, error) {
	raw, err := p.read(name)
	if err != nil {
		return rules.Line{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.perMail)
	defer cancel()
	mail := message.Parse(raw, p.limits)
	facts, err := p.set.Understand(ctx, mail, p.world)
	line := rules.NewLine(name, mail, facts)
	if err != nil {
		why := err.Error()
		if errors.Is(err, context.DeadlineExceeded) {
			why = fmt.Sprintf("understanding took longer than %s", p.perMail)
		}
		if line.ProblemParsing != "" {
			why = line.ProblemParsing + "; " + why
		}
		line.ProblemParsing = why
	}
	return line, nil
}

// read takes a mail whole up to the limit; of a larger one header and text parts only, as the daemon does.
func (p *mailParser) read(name string) (raw []byte, err error) {
	in := p.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %s", name, reason(err))
		}
		defer f.Close()
		if st, err := f.Stat(); err == nil && st.IsDir() {
			return nil, fmt.Errorf("%s: is a folder; name the files in it", name)
		}
		in = f
	}
	raw, err = io.ReadAll(io.LimitReader(in, p.limits.Size+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, reason(err))
	}
	if int64(len(raw)) <= p.limits.Size {
		return raw, nil
	}
	raw, _, err = message.Reduce(io.MultiReader(bytes.NewReader(raw), in), p.limits)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, reason(err))
	}
	return raw, nil
}

// rulesDir refuses a folder of rule files: to leave an admin's rules out in silence would be worse.
func rulesDir(dir string) error {
	if dir == "" {
		return nil
	}
	if st, err := os.Stat(dir); err != nil {
		return usagef("--rules: %s: %s", dir, reason(err))
	} else if !st.IsDir() {
		return usagef("--rules: %s is no folder", dir)
	}
	if file := ruleFile(dir); file != "" {
		return usagef("--rules: %s: rule files are not read by this version, only the shipped set is", file)
	}
	return nil
}

// ruleFile is the first rule file in a folder, or "".
func ruleFile(dir string) string {
	for _, pattern := range []string{"*.yaml", "*.yml"} {
		if files, err := filepath.Glob(filepath.Join(dir, pattern)); err == nil && len(files) > 0 {
			return files[0]
		}
	}
	return ""
}
