package main

import (
	"fmt"
	"io"
	"strings"

	"notfalld/message"
	"notfalld/rules"
)

// report prints for people what was understood of one mail.
func report(w io.Writer, tm Term, l rules.Line) {
	fmt.Fprintln(w, tm.paint(bold, oneLine(l.File)))
	row := func(name string, values ...string) {
		for _, v := range values {
			if strings.TrimSpace(v) == "" {
				continue
			}
			for i, line := range wrap(v, tm.Width-15) {
				if i > 0 {
					name = ""
				}
				fmt.Fprintf(w, "  %s%s\n", tm.paint(dim, fmt.Sprintf("%-13s", name)), line)
			}
			name = ""
		}
	}
	row("subject", l.Subject)
	row("from", person(l.From))
	row("date", l.Date)
	row("class", classText(tm, l))
	row("answer", answerText(l.AutoReply))
	row("language", l.Language)
	row("customer", l.CustomerNumber)
	row("phones", strings.Join(l.Phones, ", "))
	row("servers", each(l.Servers, serverText)...)
	row("errors", each(l.Errors, func(e rules.Error) string { return e.Text + "\n(" + e.Source + ")" })...)
	row("problem", l.Problem)
	row("reproduce", l.Reproduction)
	row("changes", l.Changes)
	row("missing", strings.Join(l.Missing, ", "))
	row("attachments", each(l.Attachments, attachmentText)...)
	row("in the text", each(l.Inline, attachmentText)...)
	row("not understood", l.ProblemParsing)
	row("text", l.Text)
	if n := strings.Count(l.Quoted, "\n") + 1; strings.TrimSpace(l.Quoted) != "" {
		row("quoted", fmt.Sprintf("%d lines", n))
	}
	fmt.Fprintln(w)
}

func person(a message.Address) string {
	if a.Name == "" {
		return a.Address
	}
	return fmt.Sprintf("%s <%s>", a.Name, a.Address)
}

func classText(tm Term, l rules.Line) string {
	s := map[rules.Class]style{rules.Emergency: red, rules.Other: dim}[l.Class]
	by := "written by a human"
	if l.Automatic.Kind != message.Human {
		by = fmt.Sprintf("%s: %s", l.Automatic.Kind, l.Automatic.Why)
	}
	return tm.paint(s, string(l.Class)) + ", " + by
}

func answerText(r rules.Reply) string {
	if r.Send {
		return "yes: " + r.Reason
	}
	return "no: " + r.Reason
}

func serverText(s rules.Server) string {
	if !s.Known {
		return fmt.Sprintf("%s (not in the inventory; %s)", s.Name, s.Source)
	}
	return fmt.Sprintf("%s (customer %s; %s)", s.Name, s.Owner, s.Source)
}

func attachmentText(a message.Attachment) string {
	s := fmt.Sprintf("%s (%s, %d bytes)", a.Name, a.Type, a.Size)
	if a.NotFetched {
		s += ", not fetched"
	}
	return s
}

func each[T any](list []T, text func(T) string) []string {
	var out []string
	for _, v := range list {
		out = append(out, text(v))
	}
	return out
}
