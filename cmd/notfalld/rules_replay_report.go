package main

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"notfalld/ticket"
)

// replaySum is the last line of JSON, and what the summary says.
type replaySum struct {
	Candidate string         `json:"candidate"` // the set that was tried
	InForce   string         `json:"in_force"`  // "" before the first start
	Mails     int            `json:"mails"`     // that were replayed
	Gone      int            `json:"gone"`      // that were not: their raw bytes are no longer kept
	OlderSet  int            `json:"older_set"` // understood by another set than the one in force
	Different int            `json:"different"`
	Losing    int            `json:"losing"`
	Changed   map[string]int `json:"changed"` // mails, by what would be otherwise
	Lost      map[string]int `json:"lost"`    // mails, by what they would lose
}

// replayReport prints a replay as it goes.
type replayReport struct {
	c        *rulesReplayCmd
	m        *Main
	tm       Term
	out      *bufio.Writer
	zone     *time.Location
	since    time.Time
	progress *progress
	total    int
	done     int
	sum      replaySum
}

// each is told of one mail.
func (r *replayReport) each(x ticket.Replayed) error {
	r.done++
	r.count(x)
	var err error
	if len(x.Changes) > 0 {
		r.progress.done()
		if r.c.JSON {
			err = printLines(r.out, []ticket.Replayed{x})
		} else {
			r.show(x)
		}
		if err == nil {
			err = r.out.Flush()
		}
	}
	r.progress.step(r.done, r.total)
	return err
}

func (r *replayReport) count(x ticket.Replayed) {
	s := &r.sum
	if x.Gone {
		s.Gone++
		return
	}
	s.Mails++
	if s.InForce != "" && x.Rules != s.InForce {
		s.OlderSet++
	}
	if len(x.Changes) > 0 {
		s.Different++
	}
	if len(x.Loses) > 0 {
		s.Losing++
	}
	for _, c := range x.Changes {
		s.Changed[c.What]++
	}
	for _, what := range x.Loses {
		s.Lost[what]++
	}
}

// show prints one mail: who, what about, and below it what would be otherwise.
func (r *replayReport) show(x ticket.Replayed) {
	head := fmt.Sprintf("%s  %s  ", r.tm.paint(bold, x.Ticket), x.Arrived.In(r.zone).Format("2006-01-02 15:04"))
	room := r.tm.Width - len(x.Ticket) - 20
	fmt.Fprintln(r.out, head+clip(oneLine(x.From+": "+x.Subject), room))
	if len(x.Loses) > 0 {
		fmt.Fprintln(r.out, "    "+r.tm.paint(red, "LOSES "+strings.Join(x.Loses, ", ")))
	}
	if r.sum.InForce != "" && x.Rules != r.sum.InForce {
		fmt.Fprintln(r.out, "    "+r.tm.paint(dim, "was understood by another rule set, "+x.Rules))
	}
	for _, c := range x.Changes {
		label := fmt.Sprintf("    %-16s ", c.What)
		for _, part := range r.parts(c) {
			for _, line := range wrap(part.text, r.tm.Width-len(label)) {
				fmt.Fprintln(r.out, label+r.tm.paint(part.style, line))
				label = strings.Repeat(" ", len(label))
			}
		}
	}
	fmt.Fprintln(r.out)
}

// parts are the lines of a change.
func (r *replayReport) parts(c ticket.Change) (parts []cell) {
	if len(c.Lost)+len(c.Gained) == 0 {
		return []cell{{c.Says(), ""}}
	}
	for _, s := range c.Lost {
		parts = append(parts, cell{"- " + oneLine(s), red})
	}
	for _, s := range c.Gained {
		parts = append(parts, cell{"+ " + oneLine(s), green})
	}
	return parts
}

// finish prints the sum.
func (r *replayReport) finish() error {
	s := r.sum
	if r.c.JSON {
		if err := printLines(r.out, []replaySum{s}); err != nil {
			return err
		}
		return r.out.Flush()
	}
	if s.Different > 0 {
		t := &table{head: []string{"WHAT", "DIFFERENT", "LOST"}}
		for _, what := range ticket.ReplayAspects() {
			if n := s.Changed[what]; n > 0 {
				lost := cell{"", ""}
				if k := s.Lost[what]; k > 0 {
					lost = cell{fmt.Sprint(k), red}
				}
				t.add(cell{what, ""}, cell{fmt.Sprint(n), ""}, lost)
			}
		}
		if err := t.print(r.out, r.tm); err != nil {
			return err
		}
		fmt.Fprintln(r.out)
	}
	for _, line := range r.words() {
		for _, l := range wrap(line, r.tm.Width) {
			fmt.Fprintln(r.out, l)
		}
	}
	return r.out.Flush()
}

func (r *replayReport) words() (lines []string) {
	s := r.sum
	lines = append(lines, fmt.Sprintf("%d %s replayed: %s.", s.Mails, plural(s.Mails, "mail", "mails"), r.verdict()))
	if s.Gone > 0 {
		lines = append(lines, fmt.Sprintf("%d more could not be: their raw bytes are no longer kept (retention.raw).", s.Gone))
	}
	if s.OlderSet > 0 {
		older := fmt.Sprintf("%d %s understood by another set than the one in force", s.OlderSet, plural(s.OlderSet, "was", "were"))
		if s.Different > 0 {
			older += ": not every difference is due to what you changed"
		}
		lines = append(lines, older+".")
	}
	switch s.InForce {
	case "":
		lines = append(lines, "Tried: set "+s.Candidate+". No rules are in force yet: the daemon was never started.")
	case s.Candidate:
		lines = append(lines, "Tried: set "+s.Candidate+", which is in force.")
	default:
		lines = append(lines, "Tried: set "+s.Candidate+"; in force: set "+s.InForce+".")
	}
	return lines
}

func (r *replayReport) verdict() string {
	s := r.sum
	if s.Different == 0 {
		return "all would be decided as they were"
	}
	v := fmt.Sprintf("%d would be decided otherwise", s.Different)
	if s.Losing == 0 {
		return v + ", and none would lose its class or its answer"
	}
	return v + r.tm.paint(red, fmt.Sprintf(", and %d would lose something", s.Losing))
}
