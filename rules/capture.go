package rules

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"notfalld/rules/pattern"
)

// captureNames are what a pattern may capture.
var captureNames = []string{"server", "error", "customer_number", "phone", "problem", "reproduction", "changes"}

// capture is one value that a rule of the files found.
type capture struct {
	rule     string
	src      *source
	from, to int
}

// text is the value as it stands in the mail, white space folded.
func (c capture) text() string { return oneLine(c.src.text[c.from:c.to]) }

// maxCaptures bounds what rules find of one kind in one mail.
const maxCaptures = 50

// capture runs the extract rules with a pattern or words, and returns what they found by kind.
func (s *Set) capture(ctx context.Context, d *doc) map[string][]capture {
	found := map[string][]capture{}
	in := d.ofMail()
	for _, r := range s.captures {
		if ctx.Err() != nil {
			break
		}
		if r.when != nil && !d.conditionHolds(ctx, &r.head, in) {
			continue
		}
		for _, src := range d.sourcesOf(r.in) {
			take := func(kind string, from, to int) {
				for from < to && src.text[from] <= ' ' {
					from++
				}
				for to > from && src.text[to-1] <= ' ' {
					to--
				}
				if from == to || len(found[kind]) >= maxCaptures {
					return
				}
				line, value := src.lineAround(from, to), src.text[from:to]
				for i := range r.unless {
					if r.unless[i].holds(ctx, in, line, value) {
						if d.trace != nil {
							d.refused(r.name, kind, value, r.unless[i].why(i, line, value), src.name, from, to)
						}
						return
					}
				}
				found[kind] = append(found[kind], capture{r.name, src, from, to})
			}
			if r.words != nil {
				r.words.find(src.words, func(m match) bool {
					take(r.finds, src.words[m.from].from, src.words[m.to-1].to)
					return true
				})
				continue
			}
			src.find(r.pattern, func(m pattern.Match) bool {
				for _, c := range m.Captures {
					take(c.Name, c.From, c.To)
				}
				return ctx.Err() == nil
			})
		}
	}
	return found
}

// why says that an exception holds, and on what it saw.
func (e *exception) why(i int, line, value string) string {
	var on []string
	if len(e.values) > 0 {
		on = append(on, strconv.Quote(value))
	}
	if e.words != nil {
		words := splitWords(line)
		e.words.find(words, func(m match) bool {
			on = append(on, strconv.Quote(line[words[m.from].from:words[m.to-1].to]))
			return false
		})
	}
	if e.pattern != nil {
		e.pattern.Find(line, func(m pattern.Match) bool {
			on = append(on, strconv.Quote(line[m.From:m.To]))
			return false
		})
	}
	if e.when != nil {
		on = append(on, e.when.source)
	}
	return fmt.Sprintf("its exception unless[%d] holds: %s", i, strings.Join(on, ", "))
}

// ofMail is what extract rules may ask: the mail itself.
func (d *doc) ofMail() *conditionActivation {
	if d.asked == nil {
		d.asked = d.input(&Facts{})
	}
	return d.asked
}

// conditionHolds asks the condition of a rule, and tells why it does not.
func (d *doc) conditionHolds(ctx context.Context, h *head, in *conditionActivation) bool {
	ok, err := h.when.eval(ctx, in)
	switch {
	case err != nil:
		d.refused(h.name, "", "", "its condition failed: "+err.Error(), "", 0, 0)
	case !ok && d.trace != nil:
		d.refused(h.name, "", "", notSo(h, in), "", 0, 0)
	}
	return ok && err == nil
}

// notSo says why a condition does not hold: what it asked, and what it saw.
func notSo(h *head, in *conditionActivation) string {
	why := "not so: " + h.when.source
	if saw := h.when.saw(in); saw != "" {
		why += "; " + saw
	}
	return why
}

// sourcesOf are the sources of the names that rules use.
func (d *doc) sourcesOf(names []string) []*source {
	var out []*source
	for _, n := range names {
		switch n {
		case "subject":
			out = append(out, &d.title)
		case "body":
			out = append(out, &d.body)
		case "forwarded":
			if d.forward {
				out = append(out, &d.passed)
			}
		case "signature":
			if d.signature.name == "" {
				d.signature = newSource(d.v, "signature", d.m.Signature, false)
			}
			out = append(out, &d.signature)
		case "attachments":
			for i := range d.logs {
				out = append(out, &d.logs[i])
			}
		}
	}
	return out
}

// find runs a pattern over a source.
func (s *source) find(p *pattern.Pattern, each func(pattern.Match) bool) {
	if s.text == "" {
		return
	}
	if s.index == nil {
		s.index = pattern.NewIndex(s.text)
	}
	if !p.FindIn(s.index, each) {
		s.unsearched = true
	}
}

// matchesAny says whether a pattern matches subject or text.
func (d *doc) matchesAny(p *pattern.Pattern) bool {
	if p == nil {
		return false
	}
	found := false
	for _, s := range append(d.texts(), &d.title) {
		s.find(p, func(pattern.Match) bool { found = true; return false })
	}
	return found
}

// lineAround are the whole lines in which a passage stands.
func (s *source) lineAround(from, to int) string {
	begin := strings.LastIndexByte(s.text[:from], '\n') + 1
	end := strings.IndexByte(s.text[to:], '\n')
	if end < 0 {
		end = len(s.text) - to
	}
	return s.text[begin : to+end]
}

// refusal is the rule that keeps a value from being a fact of a kind, or nil. src may be nil where no text surrounds it.
func (d *doc) refusal(kind, value string, src *source, from, to int) *extractRule {
	rules := d.set.refusals[kind]
	if len(rules) == 0 {
		return nil
	}
	before, line := "", value
	if src != nil {
		line = src.lineAround(from, to)
		before = src.text[strings.LastIndexByte(src.text[:from], '\n')+1 : from]
	}
	for _, r := range rules {
		switch {
		case len(r.values) > 0 && !anyGlob(r.values, value):
		case r.pattern != nil && !r.pattern.Matches(value):
		case r.words != nil && !r.words.has(splitWords(before)):
		case r.when != nil && !d.conditionHolds(d.ctx, &r.head, d.ofMail()):
		case d.excepted(r, line, value):
		default:
			d.refused(r.name, kind, value, "the rule refuses it", sourceName(src), from, to)
			return r
		}
	}
	return nil
}

func (d *doc) excepted(r *extractRule, line, value string) bool {
	for i := range r.unless {
		if r.unless[i].holds(d.ctx, d.ofMail(), line, value) {
			return true
		}
	}
	return false
}

func sourceName(s *source) string {
	if s == nil {
		return ""
	}
	return s.name
}
