package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"notfalld/templates"
)

type checkCmd struct {
	withConfig
	withJSON
	Online    bool          `help:"Log in to IMAP and SMTP and open the store, too, and send a test mail to each support address: it shows whether our mail server strips forged headers."`
	Wait      time.Duration `help:"How long --online waits for its test mails." default:"60s"`
	AlarmTest bool          `help:"With --online: send one test alarm over every alarm channel. It wakes whoever is on call."`
}

// Help is the detail that --help shows.
func (checkCmd) Help() string {
	return `Finds everything in one go; what is wrong in files goes to stderr, a line each; what is wrong at the servers stands behind WRONG. Exit code 0: all is well, 1: something is wrong beyond the configuration, 2: the configuration is.

The test mails of --online are from the support address to itself, and say what they are. They are sent where trust is configured and not verified; what they have shown is kept in the store, and turns replies and commands of staff on or off.

    notfalld check -c notfalld.yaml
    notfalld check -c notfalld.yaml --online
    notfalld check -c notfalld.yaml --online --wait 5m
    notfalld check -c notfalld.yaml --online --alarm-test`
}

// finding is one thing that was looked at.
type finding struct {
	What     string   `json:"check"`
	OK       bool     `json:"ok"`
	Text     string   `json:"text"`
	Problems []string `json:"problems"`
}

// checker collects findings; what it finds wrong it says at once.
type checker struct {
	m     *Main
	c     *checkCmd
	tm    Term
	wrong bool
}

// Run looks at everything, in the order in which the daemon would need it.
func (c *checkCmd) Run(ctx context.Context, m *Main) error {
	if c.AlarmTest && !c.Online {
		return usagef("--alarm-test is for --online")
	}
	if c.Wait <= 0 {
		return usagef("--wait is a time such as 60s")
	}
	k := &checker{m: m, c: c, tm: m.term()}
	path := c.Config
	if path == "" {
		path = defaultConfigPath(m.Env)
	}
	cfg, problems := loadConfig(path, m.Env)
	if cfg != nil {
		problems = append(problems, cfg.Leftovers()...)
		if !Broken(problems) {
			problems = append(problems, cfg.Unheard()...)
		}
	}
	broken := Broken(problems)
	k.say("configuration", path, problems)
	if cfg != nil {
		broken = k.rules(ctx, cfg) || broken
		k.offline(cfg)
	}
	switch {
	case c.Online && !broken:
		k.online(ctx, cfg)
	case c.Online:
		fmt.Fprintln(m.Stderr, "notfalld: --online waits until the configuration is right")
	}
	switch {
	case broken:
		return exitError{code: exitUsage}
	case k.wrong:
		return exitError{code: exitFailed}
	}
	return nil
}

// rules looks at the rule files, and says whether they are broken: they are part of the configuration.
func (k *checker) rules(ctx context.Context, cfg *Config) bool {
	if cfg.doc.BadBelow("rules.dir") {
		return false // said already
	}
	set, problems := checkRules(ctx, cfg.Rules.Dir)
	if silent := cfg.silentForms(set); len(silent) > 0 {
		set, problems = nil, append(problems, silent...)
	}
	text := cmp.Or(cfg.Rules.Dir, "the shipped set")
	if set != nil {
		text = ruleSummary(set)
	}
	k.say("rules", text, problems)
	return set == nil
}

func (k *checker) offline(cfg *Config) {
	set, err := templates.Load(cfg.Templates.Dir)
	from := "the shipped set"
	if cfg.Templates.Dir != "" {
		from = cfg.Templates.Dir
	}
	if err == nil {
		from += ", " + set.Hash()[:12]
	}
	k.say("templates", from, templateProblems(err))
	if cfg.Inventory.File == "" {
		k.say("inventory", "none configured: no server is known", nil)
	} else {
		in, problems := cfg.LoadInventory()
		k.say("inventory", fmt.Sprintf("%s, %d servers", cfg.Inventory.File, in.Len()), problems)
	}
	if cfg.Contacts.File == "" {
		k.say("contacts", "none configured: no sender is on record", nil)
	} else {
		_, problems := cfg.LoadContacts()
		k.say("contacts", cfg.Contacts.File, problems)
	}
}

// templateProblems takes the joined error of templates.Load apart.
func templateProblems(err error) []Problem {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		var all []Problem
		for _, e := range joined.Unwrap() {
			all = append(all, templateProblems(e)...)
		}
		return all
	}
	var p *templates.Problem
	if errors.As(err, &p) {
		return []Problem{{File: p.File, Line: p.Line, Col: p.Column, Text: p.Text}}
	}
	return []Problem{{File: "templates", Text: err.Error()}}
}

// say prints one finding. Warnings are printed, and leave the thing in order.
func (k *checker) say(what, text string, problems []Problem) {
	f := finding{What: what, OK: !Broken(problems), Text: text, Problems: []string{}}
	for _, p := range problems {
		f.Problems = append(f.Problems, p.String())
		fmt.Fprintln(k.m.Stderr, p)
	}
	if n := len(problems); n > 0 {
		f.Text += fmt.Sprintf(": %d %s", n, plural(n, "problem", "problems"))
	}
	k.print(f)
}

// sayErr prints a finding that is an error, or none.
func (k *checker) sayErr(what, text string, err error) {
	f := finding{What: what, OK: err == nil, Text: text, Problems: []string{}}
	if err != nil {
		f.Text = oneLine(err.Error())
		f.Problems = append(f.Problems, f.Text)
	}
	k.print(f)
}

func (k *checker) print(f finding) {
	k.wrong = k.wrong || !f.OK
	if k.c.JSON {
		b, err := json.Marshal(f)
		if err == nil {
			_, _ = fmt.Fprintf(k.m.Stdout, "%s\n", b)
		}
		return
	}
	word, s := "OK   ", green
	switch {
	case !f.OK:
		word, s = "WRONG", red
	case len(f.Problems) > 0:
		s = yellow
	}
	for i, line := range wrap(f.Text, max(20, k.tm.Width-24)) {
		if i == 0 {
			_, _ = fmt.Fprintf(k.m.Stdout, "%s  %-15s %s\n", k.tm.paint(s, word), f.What, line)
		} else {
			_, _ = fmt.Fprintf(k.m.Stdout, "%23s%s\n", "", line)
		}
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
