package main

import (
	"context"
	"fmt"
	"strings"

	"notfalld/store"
	"notfalld/ticket"
)

type rulesAcceptCmd struct {
	withConfig
	withJSON
	Hash string `arg:"" name:"HASH" help:"The rule set, as the mail to admins and rules status name it."`
}

// Help is the detail that --help shows.
func (rulesAcceptCmd) Help() string {
	return `Changed rules under which mails would lose something wait, and the old ones stay in force. If the loss is meant, this lets the new ones come into force: within seconds if the daemon runs, else at its next start. Who accepted is kept.

    notfalld rules status
    notfalld rules accept 0123456789abcdef -c notfalld.yaml`
}

// Run accepts a rule set.
func (c *rulesAcceptCmd) Run(ctx context.Context, m *Main) error {
	hash := strings.ToLower(strings.TrimSpace(c.Hash))
	if hash == "" {
		return usagef("which rule set? notfalld rules status names the one that waits")
	}
	s, cfg, err := m.open(ctx, c.Config, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := stillThere(ctx, s, cfg.Rules.Dir, hash); err != nil {
		return err
	}
	already, err := ticket.AcceptRules(ctx, s, ticket.SystemClock{}, hash, actor())
	if err != nil {
		return err
	}
	done, text := "accepted", "accepted: the daemon takes it up within seconds, or at its next start"
	if already {
		done, text = "already", "was accepted before, or is in force"
	}
	if c.JSON {
		return printLines(m.Stdout, []map[string]string{{"rules": hash, "done": done}})
	}
	_, err = fmt.Fprintf(m.Stdout, "rule set %s %s\n", hash, text)
	return err
}

// stillThere says whether the files of a set that waits are those that lie in the folder: what somebody has changed since must not
// come into force because somebody else accepts what was there before.
func stillThere(ctx context.Context, s ticket.Store, dir, hash string) error {
	row, ok, err := ticket.WaitingRules(ctx, s)
	if err != nil || !ok || row.Hash != hash {
		return err // AcceptRules says what is to be said
	}
	switch now, err := lyingRules(dir); {
	case err != nil:
		return fmt.Errorf("%s: %w: %w", hash, ticket.ErrRulesChanged, err)
	case now != hash:
		return fmt.Errorf("%s: %w: the folder %s now holds %s; see notfalld rules status", hash, ticket.ErrRulesChanged, dir, now)
	}
	return nil
}

type rulesStatusCmd struct {
	withConfig
	withJSON
}

// Help is the detail that --help shows.
func (rulesStatusCmd) Help() string {
	return `Says which rule set is in force, of one that waits, why, and what is wrong with a folder that was refused or cannot be read. Exit code 0: neither, 1: one waits, or the folder is refused.

    notfalld rules status -c notfalld.yaml`
}

// ruleSetLine is a stored rule set as JSON.
type ruleSetLine struct {
	State      ticket.RuleSetState `json:"state"`
	Hash       string              `json:"rules"`
	Since      string              `json:"since"`
	AcceptedBy string              `json:"accepted_by"`
	AcceptedAt string              `json:"accepted_at"`
	Files      []string            `json:"files"`
	Losses     []ticket.Replayed   `json:"losses"`
}

// Run shows the stored rule sets.
func (c *rulesStatusCmd) Run(ctx context.Context, m *Main) error {
	s, _, err := m.reader(ctx, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	in, ok, err := ticket.StoredRules(ctx, s)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("no rules are in force yet: the daemon was never started")
	}
	sets := []ticket.RuleSet{in}
	next, waits, err := ticket.WaitingRules(ctx, s)
	if err != nil {
		return err
	}
	if waits {
		sets = append(sets, next)
	}
	wrong, refused, err := ticket.RefusedRules(ctx, s)
	if err != nil {
		return err
	}
	if err := c.show(m, sets); err != nil {
		return err
	}
	if refused {
		if err := c.showRefused(m, wrong); err != nil {
			return err
		}
	}
	if refused || waits && next.State == ticket.RulesWaiting {
		return exitError{code: exitFailed}
	}
	return nil
}

func (c *rulesStatusCmd) show(m *Main, sets []ticket.RuleSet) error {
	if c.JSON {
		var lines []ruleSetLine
		for _, r := range sets {
			l := ruleSetLine{State: r.State, Hash: r.Hash, Since: stamp(r.Since), AcceptedBy: r.AcceptedBy, AcceptedAt: stamp(r.AcceptedAt),
				Files: []string{}, Losses: append([]ticket.Replayed{}, r.Losses...)}
			for _, f := range r.Files {
				l.Files = append(l.Files, f.Name)
			}
			lines = append(lines, l)
		}
		return printLines(m.Stdout, lines)
	}
	tm := m.term()
	for _, r := range sets {
		word, s := "IN FORCE", green
		switch r.State {
		case ticket.RulesWaiting:
			word, s = "WAITING ", yellow
		case ticket.RulesAccepted:
			word, s = "ACCEPTED", yellow
		}
		_, _ = fmt.Fprintf(m.Stdout, "%s  %s  since %s, %s\n", tm.paint(s, word), r.Hash, stamp(r.Since), ofFiles(len(r.Files)))
		if r.AcceptedBy != "" {
			_, _ = fmt.Fprintf(m.Stdout, "          accepted by %s at %s\n", oneLine(r.AcceptedBy), stamp(r.AcceptedAt))
		}
		if r.State == ticket.RulesWaiting {
			c.showWaiting(m, tm, r)
		}
	}
	return nil
}

// refusedLine is a folder that is not taken as JSON.
type refusedLine struct {
	State    ticket.RulesOutcome `json:"state"` // refused, unreadable
	Since    string              `json:"since"`
	Problems []string            `json:"problems"`
}

// shownProblems of a refused folder are enough for a status; rules test shows all.
const shownProblems = 5

// showRefused says what is wrong with the folder.
func (c *rulesStatusCmd) showRefused(m *Main, n ticket.RulesNews) error {
	if c.JSON {
		return printLines(m.Stdout, []refusedLine{{n.Outcome, stamp(n.At), append([]string{}, n.Problems...)}})
	}
	word := "REFUSED "
	if n.Outcome == ticket.RulesUnreadable {
		word = "UNREADABLE"
	}
	_, _ = fmt.Fprintf(m.Stdout, "%s  the folder of rules, since %s\n", m.term().paint(red, word), stamp(n.At))
	for i, p := range n.Problems {
		if i == shownProblems {
			_, _ = fmt.Fprintln(m.Stdout, "  … and more: notfalld rules test")
			break
		}
		_, _ = fmt.Fprintf(m.Stdout, "  %s\n", oneLine(p))
	}
	return nil
}

func ofFiles(n int) string {
	if n == 0 {
		return "the shipped rules alone"
	}
	return fmt.Sprintf("%d %s of yours", n, plural(n, "file", "files"))
}

// showWaiting says why a set waits.
func (c *rulesStatusCmd) showWaiting(m *Main, tm Term, r ticket.RuleSet) {
	_, _ = fmt.Fprintf(m.Stdout, "\n%d of the last mails would lose something:\n", len(r.Losses))
	for _, x := range r.Losses {
		line := fmt.Sprintf("  %s  %s  %s: %s", x.Ticket, strings.Join(x.Loses, ", "), x.From, x.Subject)
		_, _ = fmt.Fprintln(m.Stdout, clip(oneLine(line), tm.Width))
	}
	_, _ = fmt.Fprintf(m.Stdout, "\nIf that is meant: notfalld rules accept %s\n", r.Hash)
}
