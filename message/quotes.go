package message

import (
	"regexp"
	"slices"
	"strings"
)

// sections are the parts that a mail's text is made of.
type sections struct {
	text      string // what the sender wrote anew
	quoted    string // the history it answers to
	signature string // signature, footers, disclaimers, banners of gateways
	forwarded string // a mail of somebody else, passed on
	passed    string // what that mail says, without head and signature
}

// evidence is what the header says about the text: only a mail that answers or forwards has a history
// to be cut off. When in doubt a line stays text: a word of a problem lost is worse than a line of
// history kept.
type evidence struct {
	reply   bool   // In-Reply-To, References, or a subject that begins "AW:"
	forward bool   // a subject that begins "WG:"
	subject string // of an answer
}

func evidenceOf(m *Mail) evidence {
	e := evidence{reply: len(m.InReplyTo)+len(m.References) > 0}
	switch p := subjectPrefix(m.Subject); {
	case slices.Contains(answerPrefixes, p):
		e.reply = true
	case slices.Contains(forwardPrefixes, p):
		e = evidence{forward: true} // Outlook gives forwards References, too
	}
	e.subject = m.Subject
	return e
}

// subjectPrefix returns the first reply or forward prefix of a subject, lower case; tags of gateways
// and ticket systems before it are skipped.
func subjectPrefix(s string) string {
	for {
		s = strings.TrimSpace(s)
		if !strings.HasPrefix(s, "[") {
			break
		}
		end := strings.IndexByte(s, ']')
		if end < 0 {
			break
		}
		s = s[end+1:]
	}
	prefix, _, ok := strings.Cut(s, ":")
	prefix = strings.ToLower(strings.TrimSpace(prefix))
	if i := strings.IndexAny(prefix, "[("); i > 0 { // "Re[2]:"
		prefix = strings.TrimSpace(prefix[:i])
	}
	if !ok || len(prefix) > 15 || strings.Contains(prefix, " ") {
		return ""
	}
	return prefix
}

// split takes a text apart. It reads it once, line by line.
func split(text string, e evidence) sections {
	s := splitter{evidence: e, lines: strings.Split(text, "\n")}
	s.loose = e.reply && !s.hasBlockHistory()
	s.run()
	return s.sections()
}

type splitter struct {
	evidence
	lines  []string
	loose  bool // ">" is a quotation even without an attribution above it
	quotes bool // an attribution has been seen: ">" is a quotation
	below  bool // the mail forwards what stands in passed

	fresh, old, signed, passed []string // new text, quoted, signature, forwarded
}

// hasBlockHistory says whether the history stands below as a block, as Outlook writes it: then ">"
// above it is none.
func (s *splitter) hasBlockHistory() bool {
	for i := range s.lines {
		if h := s.historyAt(i); h.length > 0 && !h.attribution {
			return true
		}
	}
	return false
}

func (s *splitter) run() {
	for i := 0; i < len(s.lines); {
		line := s.lines[i]
		if strings.HasPrefix(line, markStart) {
			i = s.marked(i)
			continue
		}
		if isQuoted(line) || s.quotes && initialled.MatchString(line) {
			if forwardLine(strings.Trim(line, "> ")) { // Apple Mail quotes the announcement, too
				s.rest(i, history{length: 1, forward: true})
				return
			}
			if s.quotes || s.loose {
				s.old = append(s.old, line)
			} else {
				s.fresh = append(s.fresh, line)
			}
			i++
			continue
		}
		h := s.historyAt(i)
		switch {
		case h.length == 0:
			s.fresh = append(s.fresh, line)
			i++
		case h.attribution && h.quotesFollow:
			s.quotes = true
			s.old = append(s.old, s.lines[i:i+h.length]...)
			i += h.length
		default:
			s.rest(i, h)
			return
		}
	}
}

// marked follows a marker that the HTML walker left.
func (s *splitter) marked(i int) int {
	switch s.lines[i] {
	case markSign:
		for end := i + 1; end < len(s.lines); end++ {
			if s.lines[end] == markSignEnd {
				s.clientSignature(s.lines[i+1 : end])
				return end + 1
			}
		}
	case markQuote:
		s.rest(i+1, history{})
		return len(s.lines)
	case markForward:
		s.rest(i+1, history{forward: true})
		return len(s.lines)
	}
	return i + 1
}

// clientSignature takes what the client marked as signature, unless it is so long that the sender must
// have typed into it (Apple Mail and Gmail let people do so).
func (s *splitter) clientSignature(lines []string) {
	chars := 0
	for _, l := range lines {
		chars += len(l)
	}
	if chars > 2000 || len(lines) > 40 {
		s.fresh = append(s.fresh, lines...)
		return
	}
	s.signed = append(s.signed, lines...)
}

// rest takes everything from line i on as history or as a forwarded mail. If the sender wrote nothing
// else, or says that the answers stand there, it is both.
func (s *splitter) rest(i int, h history) {
	tail := s.lines[i:]
	forward := h.forward || s.forward || !s.reply && !h.attribution
	if !forward {
		s.old = append(s.old, tail...)
		if !hasWords(s.fresh) || pointsBelow(s.fresh) {
			s.passed = append(s.passed, s.forwardedPart(tail, h)...)
		}
		return
	}
	tail, s.below = unquoteOnce(tail), h.forward || s.forward
	mine := s.forwardedPart(tail, h)
	s.passed = append(s.passed, mine...)
	s.old = append(s.old, tail[len(mine):]...)
}

var belowHint = regexp.MustCompile(`(?i)\b(?:siehe|schau\w*|antworten?|anmerkungen?|kommentare?|ergänzungen?|see|answers?|answered|comments?|replies)\b.{0,40}\b(?:unten|unterhalb|inline|im text|in (?:rot|blau|grün|red|blue|green)|below|in ?line)\b`)

// pointsBelow says whether the new text only says that the answers stand within the history, as people
// do who answer in colours.
func pointsBelow(lines []string) bool {
	text := tidy(lines)
	return len(text) < 1000 && belowHint.MatchString(text)
}

// PointsBelow says whether the new text only says that the answers stand within the quoted history.
func (m *Mail) PointsBelow() bool { return pointsBelow(strings.Split(m.Text, "\n")) }

// unquoteOnce takes one quote mark off a forwarded mail that was quoted as a whole (Apple Mail).
func unquoteOnce(lines []string) []string {
	quoted, plain := 0, 0
	for _, l := range lines {
		if isQuoted(l) {
			quoted++
		} else if strings.TrimSpace(l) != "" {
			plain++
		}
	}
	if quoted < 3 || plain > 1 {
		return lines
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(l, " "), ">"), " ")
	}
	return out
}

// forwardedPart is the first mail of a history: it ends where that one's own history begins.
func (s *splitter) forwardedPart(tail []string, h history) []string {
	inner := splitter{evidence: evidence{reply: true}, lines: tail}
	for i := max(h.length, 1); i < len(tail); i++ {
		if isQuoted(tail[i]) {
			continue
		}
		if n := inner.historyAt(i); n.length > 0 && i >= headerEnd(tail) {
			return tail[:i]
		}
	}
	return tail
}

// headerEnd is where the text of a history starts: behind separators and header lines.
func headerEnd(lines []string) int {
	for i, l := range lines {
		if i > 25 {
			return i
		}
		if t := strings.TrimSpace(l); t == "" || headerLabel(l) != "" || separatorLine(t) || forwardLine(t) || isRuler(t) {
			continue
		}
		return i
	}
	return len(lines)
}

func (s *splitter) sections() sections {
	var out sections
	own, above := cutClosingQuote(s.fresh)
	own, signature := splitSignature(own)
	own, below := cutClosingQuote(own) // it stands above the signature
	s.old = append(append(above, below...), s.old...)
	out.text = tidy(own)
	out.signature = tidy(append(s.signed, signature...))
	out.quoted = tidy(s.old)
	out.forwarded = tidy(s.passed)
	if s.below {
		says, _ := splitSignature(s.passed[headerEnd(s.passed):])
		out.passed = tidy(says)
	}
	return out
}

// isQuoted says whether a line carries quote marks: ">" at its start, or "|" as some old clients write it.
func isQuoted(line string) bool { return strings.HasPrefix(line, ">") || strings.HasPrefix(line, " >") }

func hasWords(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return true
		}
	}
	return false
}

// tidy joins lines to a text: markers out, never more than one empty line together.
func tidy(lines []string) string {
	var out strings.Builder
	empty, size := 0, 0
	for _, l := range lines {
		size += len(l) + 1
	}
	out.Grow(size)
	for _, l := range lines {
		if strings.HasPrefix(l, markStart) {
			continue
		}
		l = strings.TrimRight(strings.TrimPrefix(l, markLiteral), " \t")
		if l == "" {
			empty++
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n")
			if empty > 0 {
				out.WriteString("\n")
			}
		}
		empty = 0
		out.WriteString(l)
	}
	return out.String()
}
