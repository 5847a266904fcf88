package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The library that compiles conditions says of a habit from another language only that a character is
// unexpected, and then nothing more. So habits are found here, and mended in the text that is compiled:
// what else is wrong with the condition is told at the same time.

type lexKind int

const (
	tokenName lexKind = iota
	tokenNumber
	tokenText // a literal in quotation marks
	tokenMark // operators and brackets
)

// conditionToken is a word, number, literal or operator of a condition.
type conditionToken struct {
	kind     lexKind
	from, to int // bytes of the condition
}

// conditionEdit replaces bytes of the condition by what was meant.
type conditionEdit struct {
	from, to int
	text     string
}

// conditionLexer cuts a condition into tokens and notes what has to be mended.
type conditionLexer struct {
	expr     string
	tokens   []conditionToken
	edits    []conditionEdit
	problems []conditionProblem
	broken   bool // so that compiling it makes no sense
}

func (l *conditionLexer) problem(at int, text, mend string) {
	l.problems = append(l.problems, conditionProblem{at, text, mend})
}

func (l *conditionLexer) edit(from, to int, text string) {
	l.edits = append(l.edits, conditionEdit{from, to, text})
}

func (l *conditionLexer) text(i int) string {
	if i < 0 || i >= len(l.tokens) {
		return ""
	}
	return l.expr[l.tokens[i].from:l.tokens[i].to]
}

func (l *conditionLexer) kind(i int) lexKind {
	if i < 0 || i >= len(l.tokens) {
		return tokenMark
	}
	return l.tokens[i].kind
}

// lexCondition finds the tokens of a condition, and the habits in them.
func lexCondition(expr string) *conditionLexer {
	l := &conditionLexer{expr: expr}
	for at := 0; at < len(expr) && !l.broken; {
		at = l.next(at)
	}
	l.brackets()
	for i := range l.tokens {
		l.habit(i)
		l.dashes(i)
	}
	return l
}

// next reads one token and returns where it ends.
func (l *conditionLexer) next(at int) int {
	r, n := utf8.DecodeRuneInString(l.expr[at:])
	switch {
	case r == ' ' || r == '\t' || r == '\n' || r == '\r':
		return at + 1
	case unicode.IsSpace(r) || unicode.Is(unicode.Cf, r):
		// No-break spaces and marks without width come with what is copied from web pages.
		l.edit(at, at+n, " ")
		return at + n
	case strings.HasPrefix(l.expr[at:], "//"):
		end := strings.IndexByte(l.expr[at:], '\n')
		if end < 0 {
			return len(l.expr)
		}
		return at + end
	case r == '_' || unicode.IsLetter(r):
		return l.word(at)
	case r >= '0' && r <= '9':
		end := at + 1
		for end < len(l.expr) && (isAlnum(l.expr[end]) || l.expr[end] == '.' && end+1 < len(l.expr) && digits(l.expr[end+1:]) > 0) {
			end++
		}
		l.unit(at, end)
		return l.token(tokenNumber, at, end)
	case r == '"' || r == '\'':
		return l.quoted(at, at, false)
	case strings.ContainsRune(slantedQuotes, r):
		return l.slanted(at)
	}
	return l.mark(at, n)
}

// units are what stands behind numbers elsewhere, in lower case.
var units = map[string]int{"k": 1e3, "kb": 1e3, "kib": 1 << 10, "mb": 1e6, "mib": 1 << 20, "gb": 1e9, "gib": 1 << 30}

// unit mends 20MB.
func (l *conditionLexer) unit(at, end int) {
	n := digits(l.expr[at:end])
	number, err := strconv.Atoi(l.expr[at : at+n])
	factor := units[strings.ToLower(l.expr[at+n:end])]
	if err != nil || factor == 0 || number > 1_000_000 {
		return
	}
	meant := strconv.Itoa(number * factor)
	l.problem(at, l.expr[at:end]+" is no number", "write "+meant)
	l.edit(at, end, meant)
}

func (l *conditionLexer) token(kind lexKind, from, to int) int {
	l.tokens = append(l.tokens, conditionToken{kind, from, to})
	return to
}

// word reads a name, or a literal with a prefix: r'…'.
func (l *conditionLexer) word(at int) int {
	end := at
	for i, r := range l.expr[at:] {
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		end = at + i + utf8.RuneLen(r)
	}
	if end < len(l.expr) && (l.expr[end] == '"' || l.expr[end] == '\'') {
		switch p := strings.ToLower(l.expr[at:end]); p {
		case "r":
			return l.quoted(at, end, true)
		case "b", "rb", "br":
			l.problem(at, fmt.Sprintf("%s before quotation marks is not known here", l.expr[at:end]), "write the text without it, or r before a pattern")
			l.edit(at, end, "r")
			return l.quoted(at, end, true)
		}
	}
	return l.token(tokenName, at, end)
}

// quoted reads a literal whose quotation mark stands at mark; raw ones have no escapes.
func (l *conditionLexer) quoted(at, mark int, raw bool) int {
	quote := l.expr[mark : mark+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(l.expr[mark:], triple) {
		quote = triple
	}
	told := false // of the first backslash; the others are mended alike
	for i := mark + len(quote); i < len(l.expr); i++ {
		switch {
		case strings.HasPrefix(l.expr[i:], quote):
			return l.token(tokenText, at, i+len(quote))
		case l.expr[i] == '\\' && !raw:
			told = l.escape(i, told)
			i++
		case l.expr[i] == '\n' && len(quote) == 1:
			l.problem(at, "the text that begins here does not end on its line", closeMend(quote))
			l.broken = true
			return len(l.expr)
		}
	}
	l.problem(at, "the text that begins here has no end", closeMend(quote))
	l.broken = true
	return len(l.expr)
}

func closeMend(quote string) string {
	if quote == "'" {
		return `close it with ', and write texts in which ' stands in "…"`
	}
	return "close it with " + quote
}

// escape looks at the backslash at i of a literal that is not raw. It says whether one of the literal has
// been told now.
func (l *conditionLexer) escape(i int, told bool) bool {
	if i+1 >= len(l.expr) || strings.IndexByte("abfnrtv\\?\"'`xXuU0123", l.expr[i+1]) >= 0 {
		return told
	}
	_, n := utf8.DecodeRuneInString(l.expr[i+1:])
	l.edit(i, i, `\`)
	if told {
		return true
	}
	l.problem(i, fmt.Sprintf(`\%s means nothing in quotation marks`, l.expr[i+1:i+1+n]), `write the pattern as r'…', or the backslash twice: \\`)
	return true
}

// slantedQuotes are those of books, and of word processors.
const slantedQuotes = "„“”‚‘’«»‹›´`"

// slanted reads a literal in slanted quotation marks up to the next of any kind.
func (l *conditionLexer) slanted(at int) int {
	_, n := utf8.DecodeRuneInString(l.expr[at:])
	l.problem(at, l.expr[at:at+n]+" is no quotation mark here", `write "…" or '…'`)
	end := strings.IndexAny(l.expr[at+n:], slantedQuotes+`"`)
	if end < 0 {
		l.broken = true
		return len(l.expr)
	}
	end += at + n
	_, m := utf8.DecodeRuneInString(l.expr[end:])
	l.edit(at, at+n, `"`)
	l.edit(end, end+m, `"`)
	return l.token(tokenText, at, end+m)
}

// strangeMarks are operators of other languages and what they are here, the longest first.
var strangeMarks = []struct{ mark, meant, text, mend string }{
	{"&&&", "&&", "&&& is not known here", "write &&"},
	{"|||", "||", "||| is not known here", "write ||"},
	{"===", "==", "=== is not known here", "write =="},
	{"!==", "!=", "!== is not known here", "write !="},
	{"=~", "", "=~ is not known here", "write .matches(r'…')"},
	{"!~", "", "!~ is not known here", "write !….matches(r'…')"},
	{"<>", "!=", "<> is not known here", "write !="},
	{"=<", "<=", "=< is not known here", "write <="},
	{"=>", ">=", "=> is not known here", "write >="},
	{":=", "==", ":= is not known here", "write =="},
}

var knownMarks = []string{"==", "!=", "<=", ">=", "&&", "||"}

// mark reads an operator or a bracket of n bytes or more.
func (l *conditionLexer) mark(at, n int) int {
	rest := l.expr[at:]
	for _, s := range strangeMarks {
		if strings.HasPrefix(rest, s.mark) {
			l.problem(at, s.text, s.mend)
			l.edit(at, at+len(s.mark), s.meant)
			l.broken = l.broken || s.meant == ""
			return l.token(tokenMark, at, at+len(s.mark))
		}
	}
	for _, m := range knownMarks {
		if strings.HasPrefix(rest, m) {
			return l.token(tokenMark, at, at+len(m))
		}
	}
	switch rest[0] {
	case '=':
		l.problem(at, "= does not compare", "write ==")
		l.edit(at, at+1, "==")
	case '&', '|':
		l.problem(at, fmt.Sprintf("%c alone is not known here", rest[0]), "write "+strings.Repeat(rest[:1], 2))
		l.edit(at, at+1, strings.Repeat(rest[:1], 2))
	default:
		if !strings.Contains("()[]{}<>!.,:?+-*/%", rest[:n]) {
			l.problem(at, fmt.Sprintf("%s has no meaning here", rest[:n]), strangeMend(rest[:n]))
			l.edit(at, at+n, " ")
			l.broken = true
			return at + n
		}
	}
	return l.token(tokenMark, at, at+n)
}

func strangeMend(mark string) string {
	switch mark {
	case "@":
		return `lists of words are for words:; here write the texts themselves: in ["…", "…"]`
	case "$":
		return "facts are written without $: mail.subject"
	case "#":
		return "a remark begins with //"
	}
	return "texts stand in quotation marks"
}

var closingBracket = map[string]string{"(": ")", "[": "]", "{": "}"}

// brackets finds those that are not closed, or never opened.
func (l *conditionLexer) brackets() {
	if l.broken {
		return
	}
	var open []int
	for i := range l.tokens {
		if l.tokens[i].kind != tokenMark {
			continue
		}
		switch t := l.text(i); t {
		case "(", "[", "{":
			open = append(open, i)
		case ")", "]", "}":
			if len(open) > 0 && closingBracket[l.text(open[len(open)-1])] == t {
				open = open[:len(open)-1]
				continue
			}
			l.broken = true
			if len(open) == 0 {
				l.problem(l.tokens[i].from, t+" closes nothing", "leave it out, or open it before")
				return
			}
			o := open[len(open)-1]
			l.problem(l.tokens[i].from, fmt.Sprintf("%s closes %s", t, l.text(o)), "write "+closingBracket[l.text(o)])
			return
		}
	}
	for _, i := range open {
		l.broken = true
		l.problem(l.tokens[i].from, l.text(i)+" is never closed", "write "+closingBracket[l.text(i)]+" where it ends")
	}
}

// mended is the condition with the edits made, and for each byte of it, and its end, the byte of the
// condition that it stands for.
func (l *conditionLexer) mended() (string, []int) {
	var b strings.Builder
	origin := make([]int, 0, len(l.expr)+1)
	slices.SortStableFunc(l.edits, func(a, b conditionEdit) int { return cmp.Or(a.from-b.from, a.to-b.to) })
	at := 0
	take := func(to int) {
		for ; at < to; at++ {
			b.WriteByte(l.expr[at])
			origin = append(origin, at)
		}
	}
	for _, e := range l.edits {
		if e.from < at {
			continue // overlaps the one before
		}
		take(e.from)
		b.WriteString(e.text)
		for range len(e.text) {
			origin = append(origin, e.from)
		}
		at = e.to
	}
	take(len(l.expr))
	return b.String(), append(origin, len(l.expr))
}
