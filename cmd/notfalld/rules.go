package main

import (
	"os"

	"notfalld/rules"
)

// RulesCmd are the commands for those who write rule files.
type RulesCmd struct {
	Check   rulesCheckCmd   `cmd:"" help:"Find everything that is wrong with rule files without a mail."`
	Test    rulesTestCmd    `cmd:"" help:"Run the examples in rules, and the tests beside them."`
	Explain rulesExplainCmd `cmd:"" help:"Tell of a mail which rules fired on what, and why."`
	Replay  rulesReplayCmd  `cmd:"" help:"Try rules on the mails of all tickets, and show what would be decided otherwise."`
	Status  rulesStatusCmd  `cmd:"" help:"Say which rules are in force, and why others wait."`
	Accept  rulesAcceptCmd  `cmd:"" help:"Let rules come into force under which mails lose something."`
}

// Help is the detail that --help shows.
func (RulesCmd) Help() string {
	return `For example:

    notfalld rules check --rules rules/
    notfalld rules test --rules rules/
    notfalld rules explain -c notfalld.yaml night.eml
    notfalld rules replay -c notfalld.yaml --since 90d`
}

// ruleFlags say which rule files are meant.
type ruleFlags struct {
	Config string `short:"c" placeholder:"FILE" help:"Take the folder of rule files from this configuration; else from $NOTFALLD_CONFIG, ./notfalld.yaml, /etc/notfalld/notfalld.yaml."`
	Rules  string `placeholder:"DIR" help:"This folder of rule files, whatever a configuration says."`
}

// errNoRules: nothing says where rule files are.
var errNoRules = usagef("no configuration is here: name it with -c FILE, or a folder of rule files with --rules DIR")

// dir is the folder of rule files that is meant; "" where the configuration has none.
func (f ruleFlags) dir(m *Main) (string, error) {
	if f.Rules != "" {
		if st, err := os.Stat(f.Rules); err != nil {
			return "", usagef("--rules: %s: %s", f.Rules, reason(err))
		} else if !st.IsDir() {
			return "", usagef("--rules: %s is no folder; name the one in which the rule files are", f.Rules)
		}
		return f.Rules, nil
	}
	path := f.Config
	if path == "" {
		if path = foundConfig(m.Env); path == "" {
			return "", errNoRules
		}
	}
	cfg, err := m.config(path, false)
	if err != nil {
		return "", err
	}
	return cfg.Rules.Dir, nil
}

// foundConfig is the configuration that is used where none is named, or "" if there is none.
func foundConfig(env func(string) (string, bool)) string {
	path := defaultConfigPath(env)
	if named, _ := env("NOTFALLD_CONFIG"); named == "" {
		if _, err := os.Stat(path); err != nil {
			return ""
		}
	}
	return path
}

// census counts the rules of a set by whose they are.
type census struct {
	Yours   int `json:"yours"` // rules that an admin wrote, replaced or changed
	Lists   int `json:"lists"` // likewise lists
	Files   int `json:"files"` // of the admin's
	Shipped int `json:"shipped"`
	Off     int `json:"off"`
}

func takeCensus(set *rules.Set) census {
	n := census{Files: len(set.Files())}
	for _, r := range set.Rules() {
		switch {
		case r.State == rules.StateOff:
			n.Off++
		case r.Section == "lists" && r.State != rules.StateShipped:
			n.Lists++
		case r.Section == "lists", r.Section == "link" && r.State == rules.StateShipped: // a setting is no rule
		case r.State == rules.StateShipped:
			n.Shipped++
		default:
			n.Yours++
		}
	}
	return n
}
