package rules

import (
	"slices"
	"strings"
)

// span is a part of a text, in bytes.
type span struct{ from, to int }

// The entries of v.supposing.
const (
	supposes = iota // what might happen, or what it would cost
	isPast          // what is over
	isNow           // and yet it is so now
)

// supposed are the sentences of s that speak of a failure that is none now: one that may come, or that is over. Where
// such a sentence says that it is so now as well, it is none of them: when in doubt, it is an emergency.
func (d *doc) supposed(s *source) []span {
	var out []span
	said := map[span]bool{} // by sentence: whether it says now
	var at span
	d.v.supposing.find(s.words, func(m match) bool {
		if from := s.words[m.from].from; from >= at.to { // they come in the order of the text
			at = sentenceAt(s.text, from)
		}
		said[at] = said[at] || m.id == isNow
		if m.id != isNow && !slices.Contains(out, at) {
			out = append(out, at)
		}
		return len(out) < 50
	})
	return slices.DeleteFunc(out, func(x span) bool { return said[x] })
}

func inSpans(list []span, at int) bool {
	return slices.ContainsFunc(list, func(x span) bool { return at >= x.from && at < x.to })
}

// sentenceAt is the sentence around a place: up to a full stop, a question or exclamation mark, an empty line, or a
// line that begins as that of a list does.
func sentenceAt(text string, at int) span {
	x := span{0, len(text)}
	for i := at; i < len(text); i++ {
		if endsSentence(text, i) {
			x.to = i + 1
			break
		}
	}
	for i := at - 1; i >= 0; i-- {
		if endsSentence(text, i) {
			x.from = i + 1
			break
		}
	}
	return x
}

func endsSentence(text string, i int) bool {
	next := func(k int) byte {
		if i+k < len(text) {
			return text[i+k]
		}
		return '\n'
	}
	switch text[i] {
	case '!', '?':
		return next(1) == ' ' || next(1) == '\n'
	case '.':
		// "am 14. Mai", "z. B.", "Nr. 5" go on.
		short := i < 2 || !isAlnum(text[i-1]) || !isAlnum(text[i-2]) || text[i-1] >= '0' && text[i-1] <= '9' && !(i > 2 && isAlnum(text[i-3]))
		return !short && (next(1) == ' ' || next(1) == '\n')
	case '\n':
		return next(1) == '\n' || strings.IndexByte("-*>0123456789", next(1)) >= 0
	}
	return false
}

// askedAt reports whether the sentence around a place is a question.
func askedAt(text string, at int) bool {
	x := sentenceAt(text, at)
	return x.to > x.from && text[x.to-1] == '?'
}

// quotes reports whether the mail holds an error message that is not one that may come or is over.
func (d *doc) quotes(f *Facts) bool {
	if len(f.Errors) == 0 {
		return false
	}
	not := d.supposed(&d.body)
	return slices.ContainsFunc(f.Errors, func(e Error) bool {
		i := strings.Index(d.body.text, cut(e.Text, 40))
		return i < 0 || !inSpans(not, i)
	})
}

// namesForeignServer: a server is named that is not under a domain of ours. What frightens us with our own is no customer's.
func (d *doc) namesForeignServer(f *Facts) bool {
	return slices.ContainsFunc(f.Servers, func(s Server) bool {
		return s.Known || !slices.ContainsFunc(d.ownDomains(), func(own string) bool { return s.Name == own || strings.HasSuffix(s.Name, "."+own) })
	})
}

// ownDomains are those of our addresses; where nobody says which are ours, of those that the mail was sent to.
func (d *doc) ownDomains() []string {
	var out []string
	for _, a := range d.w.Own {
		if _, domain, ok := strings.Cut(a, "@"); ok {
			out = append(out, strings.ToLower(domain))
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, a := range d.m.To {
		if _, domain, ok := strings.Cut(a.Address, "@"); ok {
			out = append(out, strings.ToLower(domain))
		}
	}
	return out
}
