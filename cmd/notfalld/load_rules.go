package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"notfalld/rules"
	"notfalld/strictyaml"
)

// LoadRules is loadRules of the configured folder.
func (c *Config) LoadRules() (*rules.Set, []Problem) { return loadRules(c.Rules.Dir) }

// silentForms refuses forms for which notfalld is to page the technician, where it has no channel to do so: their customers would pay for
// an emergency of which nobody hears.
func (c *Config) silentForms(set *rules.Set) (problems []Problem) {
	if set == nil || len(c.Alarm.Channels) > 0 || c.doc.BadBelow("alarm.channels") {
		return nil
	}
	for _, r := range set.PagingForms() {
		problems = append(problems, Problem{File: r.File, Line: r.Line, Col: r.Col, Text: "the form " + r.Name + " says alarm: channels, and alarm.channels of the configuration is empty: nobody would be alarmed",
			Mend: "configure a channel, or say alarm: external if the form's own page alarms"})
	}
	return problems
}

// loadRules makes the rule set of the shipped files and those of a folder; "" is the shipped set alone. What is wrong
// with them is told in one go; the set is nil unless all of it is no more than warnings.
func loadRules(dir string) (*rules.Set, []Problem) {
	var files []rules.File
	var unread []Problem
	if dir != "" {
		st, err := os.Stat(dir)
		switch {
		case err != nil:
			return nil, []Problem{{File: dir, Text: "cannot read the folder of rule files: " + reason(err)}}
		case !st.IsDir():
			return nil, []Problem{{File: dir, Text: "is no folder", Mend: "name the folder in which the rule files are"}}
		}
		if files, err = rules.ReadFiles(os.DirFS(dir), dir); err != nil {
			unread = ruleProblems(dir, err)
		}
	}
	set, err := rules.Load(files)
	if err != nil { // what stands in a file that could not be read may be what others miss: both are told
		unread = append(unread, ruleProblems(dir, err)...)
	}
	if len(unread) > 0 {
		strictyaml.Sort(unread)
		return nil, unread
	}
	return set, set.Warnings()
}

// lyingRules is the hash that the files which lie in a folder now make, right or wrong.
func lyingRules(dir string) (string, error) {
	var files []rules.File
	if dir != "" {
		var err error
		if files, err = rules.ReadFiles(os.DirFS(dir), dir); err != nil {
			return "", errors.New(ruleProblems(dir, err)[0].String())
		}
	}
	return rules.HashOf(files)
}

// checkRules is loadRules with everything else that can be found without a mail: the examples of the folder's rules have
// to hold, and its test files to be right.
func checkRules(ctx context.Context, dir string) (*rules.Set, []Problem) {
	set, problems := loadRules(dir)
	if set == nil || dir == "" {
		return set, problems
	}
	tests, err := set.TestProblems(os.DirFS(dir), dir)
	if err != nil {
		tests = append(tests, ruleProblems(dir, err)...)
	}
	report, err := set.Try(ctx, nil, "", rules.TryOptions{})
	if err != nil {
		tests = append(tests, ruleProblems(dir, err)...)
	}
	problems = slices.Concat(problems, report.All(), tests, rules.NotRead(os.DirFS(dir), dir))
	if Broken(problems) {
		set = nil
	}
	return set, problems
}

// ruleProblems takes an error of the room rules apart.
func ruleProblems(dir string, err error) []Problem {
	var all rules.Problems
	if errors.As(err, &all) {
		return all
	}
	return []Problem{{File: dir, Text: reason(err)}}
}
