package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/rules"
)

// report prints for people what was understood of one mail.
func report(w io.Writer, tm Term, l rules.Line) {
	p := page{w, tm, time.UTC}
	fmt.Fprintln(w, tm.paint(bold, oneLine(l.File)))
	p.row("subject", l.Subject)
	p.row("from", person(l.From))
	p.row("date", l.Date)
	p.styled("class", classStyle(l.Class), classText(l))
	p.row("answer", answerText(l.AutoReply))
	p.row("language", l.Language)
	p.row("customer", l.CustomerNumber)
	p.row("phones", strings.Join(l.Phones, ", "))
	p.row("servers", each(l.Servers, serverText)...)
	p.row("errors", each(l.Errors, errorText)...)
	p.row("problem", l.Problem)
	p.row("reproduce", l.Reproduction)
	p.row("changes", l.Changes)
	p.row("missing", strings.Join(l.Missing, ", "))
	p.styled("priority", priorityStyle(l.Route.Priority), l.Route.Priority)
	p.row("tags", strings.Join(l.Route.Tags, ", "))
	p.row("notify", strings.Join(l.Route.Notify, ", "))
	p.row("attachments", each(l.Attachments, attachmentText)...)
	p.row("in the text", each(l.Inline, attachmentText)...)
	p.row("not understood", l.ProblemParsing)
	p.row("not looked at", each(l.Cut, rules.Cut.String)...)
	p.row("text", l.Text)
	if n := strings.Count(l.Quoted, "\n") + 1; strings.TrimSpace(l.Quoted) != "" {
		p.row("quoted", fmt.Sprintf("%d lines", n))
	}
	fmt.Fprintln(w)
}

func person(a message.Address) string {
	if a.Name == "" {
		return a.Address
	}
	return fmt.Sprintf("%s <%s>", a.Name, a.Address)
}

func classText(l rules.Line) string {
	by := "written by a human"
	if l.Automatic.Kind != message.Human {
		by = fmt.Sprintf("%s: %s", l.Automatic.Kind, l.Automatic.Why)
	}
	return string(l.Class) + ", " + by
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

func errorText(e rules.Error) string { return fmt.Sprintf("%s (%s)", e.Text, e.Source) }

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
