package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"time"

	"notfalld/message"
	"notfalld/rules"
)

type rulesExplainCmd struct {
	mailFlags
	withJSON
	Files []string `arg:"" name:"FILE" help:"Mails as they came in (.eml); - is the standard input."`
}

// Help is the detail that --help shows.
func (rulesExplainCmd) Help() string {
	return `Which rules fired on which words, why each fact was taken or refused, and where it stands in the mail. The clock is the mail's own date. Without -c and --rules the configuration is looked for as everywhere; if there is none, the shipped rules explain.

    notfalld rules explain -c notfalld.yaml night.eml
    notfalld rules explain --rules rules/ --inventory inventory.csv night.eml
    notfalld rules explain --json night.eml | jq '.steps[]'

With --json, from and to count bytes in the text of the source of that name, which stands under sources.`
}

// explained is what came of one mail.
type explained struct {
	file    string
	set     *rules.Set
	mail    *message.Mail
	facts   rules.Facts
	trace   rules.Trace
	problem string // why it was not wholly understood, or ""
}

// Run explains the mails, one after the other.
func (c *rulesExplainCmd) Run(ctx context.Context, m *Main) error {
	if c.Config == "" && c.Rules == "" && c.Inventory == "" {
		c.Config = foundConfig(m.Env)
	}
	p, err := c.parser(m)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(m.Stdout)
	failed := false
	for _, file := range c.Files {
		x, err := p.explain(ctx, file)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			failed = true
			fmt.Fprintf(m.Stderr, "notfalld: %s\n", oneLine(err.Error()))
			continue
		}
		if c.JSON {
			err = printLines(out, []explainLine{x.line()})
		} else {
			x.tell(page{out, m.term(), time.UTC})
		}
		if err = cmp.Or(err, out.Flush(), ctx.Err()); err != nil {
			return err
		}
	}
	if failed {
		return exitError{code: exitFailed}
	}
	return nil
}

// explain understands one file as parse does, and keeps what the rules saw.
func (p *mailParser) explain(ctx context.Context, name string) (explained, error) {
	raw, err := p.read(ctx, name)
	if err != nil {
		return explained{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.perMail)
	defer cancel()
	x := explained{file: name, set: p.set, mail: message.Parse(raw, p.limits)}
	x.facts, x.trace, err = p.set.Explain(ctx, x.mail, p.worldOf(x.mail))
	x.problem = p.problem(x.mail, err)
	return x, nil
}

// explainLine is one line of explain --json. From and To are bytes in the text of the source of that name, decoded and
// in UTF-8.
type explainLine struct {
	File           string            `json:"file"`
	Rules          string            `json:"rules"` // hash of the set
	Class          rules.Class       `json:"class"`
	Score          int               `json:"score"`   // sum of the weights; 0 where a rule decided
	Limit          int               `json:"limit"`   // from which on a mail is an emergency
	Decided        string            `json:"decided"` // the rule that decided the class by itself, or ""
	AutoReply      rules.Reply       `json:"auto_reply"`
	Automatic      message.Automatic `json:"automatic"`
	Language       string            `json:"language"`
	Route          rules.Route       `json:"route"`
	Facts          []factLine        `json:"facts"`
	Missing        []string          `json:"missing"`
	Cut            []rules.Cut       `json:"cut,omitempty"`
	Steps          []rules.Step      `json:"steps"`
	Sources        []sourceLine      `json:"sources"`
	ProblemParsing string            `json:"problem_parsing,omitempty"`
}

type factLine struct {
	Fact   string `json:"fact"`
	Value  string `json:"value"`
	Rule   string `json:"rule"`
	Source string `json:"source"`
	From   int    `json:"from"`
	To     int    `json:"to"`
}

type sourceLine struct {
	Name   string `json:"name"`
	Length int    `json:"length"` // bytes
	Text   string `json:"text"`   // in which the spans count
}

func (x explained) line() explainLine {
	l := explainLine{File: x.file, Rules: x.set.Hash(), Class: x.facts.Class, Score: x.trace.Score, Limit: x.trace.Limit, Decided: x.trace.Decided,
		AutoReply: x.facts.Reply, Automatic: x.facts.Automatic, Language: x.facts.Language, Route: x.facts.Route,
		Facts: []factLine{}, Missing: x.facts.Missing, Cut: x.facts.Cut, Steps: x.trace.Steps, Sources: []sourceLine{}, ProblemParsing: x.problem}
	for _, w := range x.facts.Where {
		l.Facts = append(l.Facts, factLine{w.Fact, w.Value, w.Rule, w.Source, w.Span.From, w.Span.To})
	}
	for _, s := range x.trace.Sources {
		l.Sources = append(l.Sources, sourceLine{s.Name, len(s.Text), s.Text})
	}
	if l.Missing == nil {
		l.Missing = []string{}
	}
	if l.Steps == nil {
		l.Steps = []rules.Step{}
	}
	return l
}
