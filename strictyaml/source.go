package strictyaml

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// source is the text of a file, with where its tokens stand. The lexer's own positions are off after blanks at
// the end of a line, anchors, tags and line ends of Windows, so that they serve only where nothing better is known.
type source struct {
	text   string // its lines end in \n
	lines  []int  // where each begins
	runes  []int  // how many characters stand before each runeStep bytes: a line may be as long as the file
	starts map[*token.Token]int
}

const runeStep = 1024

func newSource(text []byte) *source {
	// YAML 1.2.2, 5.2 and 5.4: a mark at the beginning is no content, and every way to end a line means the same.
	s := &source{text: strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(text), "\uFEFF"))}
	for from := 0; from >= 0; {
		s.lines = append(s.lines, from)
		next := strings.IndexByte(s.text[from:], '\n')
		if next < 0 {
			break
		}
		from += next + 1
	}
	for at, n := 0, 0; at <= len(s.text); at += runeStep {
		s.runes = append(s.runes, n)
		n += runeStarts(s.text[at:min(at+runeStep, len(s.text))])
	}
	return s
}

// runesBefore counts the characters before a byte that begins one, without reading the text from its beginning.
func (s *source) runesBefore(offset int) int {
	step := offset / runeStep
	return s.runes[step] + runeStarts(s.text[step*runeStep:offset])
}

// runeStarts counts the bytes that begin a character: a text may be cut within one.
func runeStarts(text string) (n int) {
	for i := range len(text) {
		if utf8.RuneStart(text[i]) {
			n++
		}
	}
	return n
}

// placeAt is the line and column of a byte.
func (s *source) placeAt(offset int) place {
	line := sort.SearchInts(s.lines, offset+1)
	return place{line, s.runesBefore(offset) - s.runesBefore(s.lines[line-1]) + 1}
}

// line is one line of the file, from 1, without its end; "" where there is none.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	line, _, _ := strings.Cut(s.text[s.lines[n-1]:], "\n")
	return line
}

func (s *source) placeOf(t *token.Token) place {
	if t == nil {
		return place{1, 1}
	}
	if at, ok := s.starts[t]; ok {
		return s.placeAt(at)
	}
	if t.Position == nil || t.Position.Line < 1 {
		return place{1, 1}
	}
	return place{t.Position.Line, max(t.Position.Column, 1)}
}

// align finds where each token stands by reading the text along with them. They hold all of it but for blanks.
func (s *source) align(tokens token.Tokens) {
	s.starts = make(map[*token.Token]int, len(tokens))
	at := 0
	for _, t := range tokens {
		at = skipBlanks(s.text, at)
		begin := at
		switch t.Type {
		case token.InvalidType: // nothing is read beyond it
			return
		case token.SingleQuoteType, token.DoubleQuoteType:
			at = endOfQuoted(s.text, at)
		default:
			at = endOfToken(s.text, at, t.Origin)
		}
		if at < 0 {
			return
		}
		s.starts[t] = begin
	}
}

func skipBlanks(text string, at int) int {
	for at < len(text) && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n') {
		at++
	}
	return at
}

// endOfToken reads a token whatever its blanks; -1 if something else stands there.
func endOfToken(text string, at int, token string) int {
	for i := range len(token) {
		if c := token[i]; c == ' ' || c == '\t' || c == '\n' {
			continue
		}
		at = skipBlanks(text, at)
		if at == len(text) || text[at] != token[i] {
			return -1
		}
		at++
	}
	return at
}

// endOfQuoted reads a quoted text; -1 if none stands there, or it has no end.
func endOfQuoted(text string, at int) int {
	if at == len(text) {
		return -1
	}
	quote := text[at]
	for i := at + 1; i < len(text) && (quote == '\'' || quote == '"'); i++ {
		switch {
		case quote == '"' && text[i] == '\\', quote == '\'' && strings.HasPrefix(text[i:], "''"):
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return -1
}
