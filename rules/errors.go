package rules

import (
	"slices"
	"sort"
	"strings"
)

// finding is an error message as it stands in a source.
type finding struct {
	src      *source
	from, to int    // bytes of src.text
	text     string // verbatim, lines joined where the mail program broke them
	whole    bool   // whole lines, not a passage of a sentence
	rule     string // that found it
}

// Bounds of what is kept of one mail: a log of a night has thousands of lines, and ten tell the story.
const (
	maxErrorsPerSource = 25
	maxErrorLength     = 2000 // bytes of one message
	maxOfOneShape      = 2    // lines that differ in numbers only
	maxErrors          = 80   // of all sources together
)

// findErrors finds the error messages of all sources, in the order in which they stand there. What a rule of the files
// captured goes before what a built-in finder found in the same place.
func findErrors(d *doc) []finding {
	var out []finding
	out = append(out, d.errorsIn(&d.body)...)
	out = append(out, d.by(finderKnown, func() []finding { return phraseErrors(&d.title, nil) })...)
	if d.forward {
		out = append(out, d.errorsIn(&d.passed)...)
	}
	for i := range d.logs {
		out = append(out, d.by(finderLines, func() []finding { return lineErrors(&d.logs[i], nil) })...)
	}
	out = d.withCaptured(out)
	out = slices.DeleteFunc(out, func(f finding) bool { return d.refusal("error", f.text, f.src, f.from, f.to) != nil })
	if len(out) > maxErrors {
		d.cuts.add(everySource, CutErrors, maxErrors)
		out = out[:maxErrors]
	}
	return unique(out)
}

// by runs a built-in finder, if a rule names it, and puts the rule's name on what it found.
func (d *doc) by(finder string, find func() []finding) []finding {
	rule, on := d.set.finders[finder]
	if !on {
		return nil
	}
	out := find()
	for i := range out {
		out[i].rule = rule
	}
	return out
}

func (d *doc) errorsIn(s *source) []finding {
	quotes := d.by(finderQuotes, func() []finding { return quotedErrors(s) })
	all := d.by(finderLines, func() []finding { return lineErrors(s, s.spoken(quotes)) })
	lines := all
	for _, q := range quotes {
		if !covered(lines, s, q.from, q.to) {
			all = append(all, q)
		}
	}
	all = append(all, d.by(finderSentences, func() []finding { return sentenceErrors(s, all) })...)
	all = append(all, d.by(finderKnown, func() []finding { return phraseErrors(s, all) })...)
	sort.SliceStable(all, func(i, j int) bool { return all[i].from < all[j].from })
	return s.fewer(all)
}

// withCaptured puts the errors that rules captured before those of the finders, and drops of these what touches one.
func (d *doc) withCaptured(found []finding) []finding {
	var out []finding
	for _, c := range d.captured["error"] {
		out = append(out, finding{src: c.src, from: c.from, to: c.to, text: c.text(), rule: c.rule})
	}
	captured := out
	for _, f := range found {
		if !touches(captured, f.src, f.from, f.to) {
			out = append(out, f)
		}
	}
	return out
}

func errorFacts(d *doc, found []finding) []Error {
	var out []Error
	for _, f := range found {
		out = append(out, Error{Text: f.text, Source: f.src.name, Span: Span{f.from, f.to}})
		d.took(f.rule, "error", f.text, "", f.src.name, f.from, f.to)
	}
	return out
}

// unique leaves out what another finding says as well: the same text, or, of a passage in a sentence,
// a part of it.
func unique(in []finding) []finding {
	keys := make([]string, len(in))
	for i, f := range in {
		keys[i] = squeeze(f.text)
	}
	var out []finding
	for i, f := range in {
		repeated := false
		for j := range in {
			if j != i && (keys[j] == keys[i] && j < i || !f.whole && len(keys[j]) > len(keys[i]) && strings.Contains(keys[j], keys[i])) {
				repeated = true
				break
			}
		}
		if !repeated {
			out = append(out, f)
		}
	}
	return out
}

func squeeze(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }

// covered reports whether a passage lies within a finding.
func covered(found []finding, s *source, from, to int) bool {
	for _, f := range found {
		if f.src == s && from >= f.from && to <= f.to {
			return true
		}
	}
	return false
}
