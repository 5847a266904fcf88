package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"notfalld/rules"
)

type rulesTestCmd struct {
	ruleFlags
	withJSON
	Shipped bool `help:"Run the examples and tests of the shipped rules, too: how yours change them."`
	Verbose bool `short:"v" help:"Name every test, and say what is known to fail."`
}

// Help is the detail that --help shows.
func (rulesTestCmd) Help() string {
	return `Runs the examples of your rules and the tests in *.test.yaml beside them. What fails goes to stderr, with file, line and column. Exit code 0: all is well, 1: something failed, 2: wrong usage or configuration.

    notfalld rules test --rules rules/
    notfalld rules test -c notfalld.yaml --shipped -v
    notfalld rules test --json | jq 'select(.outcome == "failed")'`
}

// trialLine is a trial as JSON.
type trialLine struct {
	Kind     rules.TrialKind `json:"kind"`
	Name     string          `json:"name"`
	Rule     string          `json:"rule"`
	File     string          `json:"file"`
	Line     int             `json:"line"`
	Col      int             `json:"col"`
	Outcome  rules.Outcome   `json:"outcome"`
	Todo     string          `json:"todo"`
	Problems []problemLine   `json:"problems"`
}

// trialSum is the last line of JSON: all trials together, and what is wrong with the files themselves.
type trialSum struct {
	OK       bool          `json:"ok"`
	Set      string        `json:"set"`
	Passed   int           `json:"passed"`
	Failed   int           `json:"failed"`
	Todo     int           `json:"todo"`
	Mended   int           `json:"mended"`
	Problems []problemLine `json:"problems"`
}

// Run runs the trials.
func (c *rulesTestCmd) Run(ctx context.Context, m *Main) error {
	dir, err := c.dir(m)
	if err != nil && !(c.Shipped && errors.Is(err, errNoRules)) {
		return err
	}
	set, problems := loadRules(dir)
	for _, p := range problems {
		fmt.Fprintln(m.Stderr, p)
	}
	if set == nil {
		return exitError{code: exitFailed}
	}
	t := &trials{m: m, c: c, tm: m.term(), set: set, progress: m.progress("tests"), sum: trialSum{OK: true, Set: set.Hash()}}
	err = t.run(ctx, folderFS(dir), dir, rules.TryOptions{Shipped: c.Shipped})
	if err == nil && c.Shipped {
		err = t.run(ctx, rules.ShippedFolder(), "shipped", rules.TryOptions{Tests: true})
	}
	if err != nil {
		return err
	}
	return t.finish()
}

// folderFS is a folder on disk, nil for "".
func folderFS(dir string) fs.FS {
	if dir == "" {
		return nil
	}
	return os.DirFS(dir)
}

// trials runs them, and tells of each when it is over.
type trials struct {
	m        *Main
	c        *rulesTestCmd
	tm       Term
	set      *rules.Set
	progress *progress
	sum      trialSum
	files    []Problem
	err      error // of writing
}

func (t *trials) run(ctx context.Context, folder fs.FS, prefix string, o rules.TryOptions) error {
	o.Each = t.each
	r, err := t.set.Try(ctx, folder, prefix, o)
	t.progress.done()
	t.files = append(t.files, r.Problems...)
	if t.err != nil {
		return t.err
	}
	return err
}

func (t *trials) each(done, total int, x rules.Trial) {
	switch x.Outcome {
	case rules.Passed:
		t.sum.Passed++
	case rules.Failed:
		t.sum.Failed++
	case rules.Todo:
		t.sum.Todo++
	case rules.Mended:
		t.sum.Mended++
	}
	told := x.Outcome == rules.Failed || x.Outcome == rules.Mended || t.c.Verbose && len(x.Problems) > 0
	if told || t.c.Verbose {
		t.progress.done()
	}
	if told {
		for _, p := range x.Problems {
			fmt.Fprintln(t.m.Stderr, p)
		}
	}
	switch {
	case t.err != nil:
	case t.c.JSON:
		t.err = printLines(t.m.Stdout, []trialLine{{x.Kind, x.Name, x.Rule, x.Place.File, x.Place.Line, x.Place.Col, x.Outcome, x.Todo, problemLines(x.Problems)}})
	case t.c.Verbose:
		word, s := outcomeWord(x.Outcome)
		_, t.err = fmt.Fprintf(t.m.Stdout, "%s  %s\n", t.tm.paint(s, fmt.Sprintf("%-6s", word)), clip(oneLine(x.Name), t.tm.Width-8))
	}
	t.progress.step(done, total)
}

func outcomeWord(o rules.Outcome) (string, style) {
	switch o {
	case rules.Passed:
		return "ok", green
	case rules.Failed:
		return "FAILED", red
	case rules.Mended:
		return "mended", yellow
	}
	return "todo", yellow
}

// finish tells what is wrong with the files, and the sum.
func (t *trials) finish() error {
	for _, p := range t.files {
		fmt.Fprintln(t.m.Stderr, p)
	}
	t.sum.OK = t.sum.Failed == 0 && !Broken(t.files)
	var err error
	if t.c.JSON {
		t.sum.Problems = problemLines(t.files)
		err = printLines(t.m.Stdout, []trialSum{t.sum})
	} else {
		_, err = fmt.Fprintln(t.m.Stdout, t.summary())
	}
	if err == nil && !t.sum.OK {
		err = exitError{code: exitFailed}
	}
	return err
}

func (t *trials) summary() string {
	s := t.sum
	var parts []string
	add := func(n int, c style, text string) {
		if n > 0 {
			parts = append(parts, t.tm.paint(c, fmt.Sprintf("%d %s", n, text)))
		}
	}
	add(s.Failed, red, "failed")
	add(s.Passed, green, "passed")
	add(s.Todo, yellow, "known to fail (todo)")
	add(s.Mended, yellow, "mended: the todo can be removed")
	if len(parts) == 0 {
		parts = []string{"no examples in your rules, and no *.test.yaml beside them"}
	}
	if n := len(t.files); n > 0 {
		parts = append(parts, t.tm.paint(red, fmt.Sprintf("%d %s in the test files", n, plural(n, "problem", "problems"))))
	}
	return strings.Join(parts, ", ") + "; set " + s.Set
}
