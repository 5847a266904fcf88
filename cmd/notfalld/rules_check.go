package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"notfalld/rules"
)

type rulesCheckCmd struct {
	ruleFlags
	withJSON
	List bool `help:"Print the rules in force, in the order in which they are asked."`
}

// Help is the detail that --help shows.
func (rulesCheckCmd) Help() string {
	return `Looks at everything that can be found without a mail: keys, names, patterns, conditions, rules that can never fire, examples that do not hold, test files that are wrong. What is wrong goes to stderr, all of it, with file, line and column. Exit code 0: nothing is, 1: something is, 2: wrong usage or configuration.

    notfalld rules check --rules rules/
    notfalld rules check -c notfalld.yaml --list`
}

// ruleReport is the result of a check as JSON.
type ruleReport struct {
	OK  bool   `json:"ok"`
	Set string `json:"set"` // its hash; "" if it is not OK
	census
	Problems []problemLine `json:"problems"`
}

// problemLine is a Problem as JSON.
type problemLine struct {
	File    string `json:"file"`
	Line    int    `json:"line"` // 0: the file as a whole
	Col     int    `json:"col"`
	Key     string `json:"key"`
	Text    string `json:"text"`
	Mend    string `json:"mend"`
	Warning bool   `json:"warning"`
}

func problemLines(ps []Problem) []problemLine {
	out := []problemLine{}
	for _, p := range ps {
		out = append(out, problemLine(p))
	}
	return out
}

// Run checks the rule files.
func (c *rulesCheckCmd) Run(ctx context.Context, m *Main) error {
	dir, err := c.dir(m)
	if err != nil {
		return err
	}
	set, problems := checkRules(ctx, dir)
	for _, p := range problems {
		fmt.Fprintln(m.Stderr, p)
	}
	switch {
	case c.JSON && c.List && set != nil:
		err = printLines(m.Stdout, set.Rules())
	case c.JSON:
		err = printLines(m.Stdout, []ruleReport{newRuleReport(set, problems)})
	case c.List && set != nil:
		err = listRules(m.Stdout, m.term(), set)
	case set != nil:
		_, err = fmt.Fprintln(m.Stdout, ruleSummary(set))
	}
	if err == nil && set == nil {
		err = exitError{code: exitFailed}
	}
	return err
}

func newRuleReport(set *rules.Set, problems []Problem) ruleReport {
	r := ruleReport{OK: set != nil, Problems: problemLines(problems)}
	if set != nil {
		r.Set, r.census = set.Hash(), takeCensus(set)
	}
	return r
}

// ruleSummary is a set in one line.
func ruleSummary(set *rules.Set) string {
	n := takeCensus(set)
	parts := []string{fmt.Sprintf("%d shipped", n.Shipped)}
	if n.Files > 0 {
		yours := fmt.Sprintf("%d %s", n.Yours, plural(n.Yours, "rule", "rules"))
		if n.Lists > 0 {
			yours += fmt.Sprintf(" and %d %s", n.Lists, plural(n.Lists, "list", "lists"))
		}
		parts = []string{fmt.Sprintf("%s of yours in %d %s", yours, n.Files, plural(n.Files, "file", "files")), parts[0]}
	} else {
		parts[0] += " rules and none of yours"
	}
	if n.Off > 0 {
		parts = append(parts, fmt.Sprintf("%d switched off", n.Off))
	}
	return strings.Join(parts, ", ") + "; set " + set.Hash()
}

// listRules prints every rule on a line with its place, and below it what it is for.
func listRules(w io.Writer, tm Term, set *rules.Set) error {
	out := bufio.NewWriter(w)
	section := ""
	for _, r := range set.Rules() {
		if r.Section != section {
			if section != "" {
				fmt.Fprintln(out)
			}
			section = r.Section
			fmt.Fprintln(out, tm.paint(bold, section))
		}
		name := fmt.Sprintf("%-*s", entryWidth, r.Name)
		state := fmt.Sprintf("%-10s", r.State)
		fmt.Fprintf(out, "  %s  %s  %s\n", tm.paint(bold, name), tm.paint(stateStyle(r.State), state), rulePlace(r))
		if r.About != "" {
			for _, line := range wrap(oneLine(r.About), tm.Width-6) {
				fmt.Fprintf(out, "      %s\n", tm.paint(dim, line))
			}
		}
	}
	fmt.Fprintf(out, "\n%s\n", ruleSummary(set))
	return out.Flush()
}

func stateStyle(s rules.State) style {
	switch s {
	case rules.StateShipped:
		return dim
	case rules.StateOff:
		return yellow
	}
	return green
}

// rulePlace is where a rule stands, as editors and compilers write it.
func rulePlace(r rules.Rule) string { return oneLine(fmt.Sprintf("%s:%d", r.File, r.Line)) }
