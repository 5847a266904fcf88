// Package pattern compiles the regular expressions of rule files, finds everything that is wrong with them without a
// text, and matches many of them against one text at little cost. It is pure, and knows nothing of mails.
package pattern

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// flags are the flags of Go's regexp, but ^ and $ are line ends: a mail is lines.
const flags = syntax.Perl &^ syntax.OneLine

const (
	// maxLength is how many bytes an expression may have.
	maxLength = 10_000
	// maxSize is how many instructions a compiled expression may have. Matching costs up to
	// instructions times text; hand-written expressions have 20 to 200, a count such as {1,500} of a
	// group has thousands.
	maxSize = 2000
	// maxMatches is how many matches are looked for in one text: more facts of one kind help nobody.
	maxMatches = 200
	// maxWork is how many instructions times bytes one look at a text may cost: patterns of up to 150
	// instructions see all of 256 KB, larger ones its beginning. RE2 has no catastrophic expressions, but
	// it can not be stopped, and takes up to 20 ns for each.
	maxWork = 40_000_000
	// warnSize is the size from which on it is said that not all of a text is looked at.
	warnSize = 600
	// maxLooks is how many looks at the whole of such a text one pattern has. A search for all
	// matches is quadratic in the text where a try for each match runs to its end.
	maxLooks = 4
)

// Pattern is a regular expression of a rule file. It is safe for use by several goroutines.
type Pattern struct {
	expr    string
	re      *regexp.Regexp
	groups  []group  // the named ones
	need    []clause // what every text that matches holds
	machine machine
	size    int // instructions
	lines   lineSpan
}

// lineSpan says over how many lines a match goes, and so where it has to be looked for.
type lineSpan uint8

const (
	anyLines   lineSpan = iota // anywhere
	withinLine                 // within one line; what is around the line does not matter
	someLines                  // it begins in or little above a line that holds a literal; what is around its lines does not matter
)

type group struct {
	name  string
	index int
}

// Size is how many instructions the pattern has: matching costs up to that many steps for each byte of a text.
func (p *Pattern) Size() int { return p.size }

// Problem is what is wrong or unwise about an expression.
type Problem struct {
	Offset     int // byte in the expression, as near as it is known
	Text, Mend string
	Warning    bool // the pattern can be used
}

// Match is one place where a pattern matches; positions are bytes of the text.
type Match struct {
	From, To int
	Captures []Capture // those that took part, in the order of the expression
}

// Capture is what a named capture matched.
type Capture struct {
	Name     string
	From, To int
}

// Compile compiles an expression and checks it for everything that can be known without a text.
// allowed are the names that captures may have. The pattern is nil unless all problems are warnings.
func Compile(expr string, allowed []string) (*Pattern, []Problem) {
	if problem, bad := unusable(expr); bad {
		return nil, []Problem{problem}
	}
	tokens := scanPattern(expr)
	problems := captureProblems(tokens, allowed)
	tree, err := syntax.Parse(expr, flags)
	if err != nil {
		problems = append(problems, syntaxProblems(expr, tokens, err)...)
		return nil, sortProblems(problems)
	}
	problems = append(problems, captureWanted(tokens, allowed)...)
	if len(problems) > 0 {
		return nil, sortProblems(problems)
	}
	prog, ok := program(tree)
	if !ok {
		return nil, []Problem{{Offset: largestRepeat(expr, tokens), Text: fmt.Sprintf("the pattern is too large (more than %d steps)", maxSize),
			Mend: "write smaller counts ({1,500} costs 500 times what it repeats), or two patterns"}}
	}
	a := analyse(prog)
	if !a.matches {
		return nil, []Problem{neverProblem(expr, tokens)}
	}
	if a.empty {
		return nil, []Problem{{Text: "the pattern also matches where nothing stands, so it would be found in every mail",
			Mend: "make at least one part of it mandatory (+ instead of *, no ? behind everything)"}}
	}
	re, err := regexp.Compile("(?m)" + expr)
	if err != nil { // what syntax.Parse took, Compile takes
		return nil, []Problem{{Text: "the pattern can not be compiled: " + err.Error()}}
	}
	p := &Pattern{expr: expr, re: re, machine: newMachine(prog), size: len(prog.Inst), need: needs(tree.Simplify())}
	switch {
	case a.textEnds:
	case !a.newline:
		p.lines = withinLine
	case slices.ContainsFunc(p.need, func(c clause) bool { return c.lead < farRuns }):
		p.lines = someLines
	}
	for i, name := range re.SubexpNames() {
		if name != "" {
			p.groups = append(p.groups, group{name, i})
		}
	}
	return p, sortProblems(append(warnings(expr, tokens), p.costWarnings()...))
}

// unusable finds what makes every other check pointless.
func unusable(expr string) (Problem, bool) {
	switch {
	case strings.TrimSpace(expr) == "":
		return Problem{Text: "the pattern is empty", Mend: "write a regular expression, or leave the key out"}, true
	case len(expr) > maxLength:
		return Problem{Offset: maxLength, Text: fmt.Sprintf("the pattern is too long (%d bytes, at most %d)", len(expr), maxLength),
			Mend: "long lists of words belong into lists"}, true
	case !utf8.ValidString(expr):
		i := 0
		for i < len(expr) {
			r, n := utf8.DecodeRuneInString(expr[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		return Problem{Offset: i, Text: "the pattern is not UTF-8 here", Mend: "save the file as UTF-8"}, true
	}
	return Problem{}, false
}

// program compiles the tree; false if it is too large. The estimate comes first: a small expression can
// unfold to millions of instructions.
func program(tree *syntax.Regexp) (*syntax.Prog, bool) {
	if treeSize(tree) > 2*maxSize {
		return nil, false
	}
	prog, err := syntax.Compile(tree.Simplify())
	return prog, err == nil && len(prog.Inst) <= maxSize
}

// treeSize is about how many instructions a tree becomes, never more than it is by half.
func treeSize(re *syntax.Regexp) int {
	const enough = 4 * maxSize
	n := 1
	if re.Op == syntax.OpLiteral {
		n = len(re.Rune)
	}
	for _, sub := range re.Sub {
		if n += treeSize(sub); n > enough {
			return enough
		}
	}
	if re.Op == syntax.OpRepeat {
		n *= max(re.Min, re.Max, 1)
	}
	return min(n, enough)
}

// costWarnings says that a pattern can not be skipped by looking for its words, or that it is large.
func (p *Pattern) costWarnings() []Problem {
	if p.size > warnSize {
		return []Problem{{Text: fmt.Sprintf("the pattern is large (%d steps): only the first %d KB of a text are looked at", p.size, maxWork/p.size>>10),
			Mend: "write smaller counts, or two patterns", Warning: true}}
	}
	if len(p.need) > 0 {
		return nil
	}
	return []Problem{{Text: "nothing in the pattern must stand in the text literally (three characters in a row), so it is tried on the whole of every mail",
		Mend: "add a word that is always there, if there is one", Warning: true}}
}

// sortProblems puts problems into the order of the expression; of several at one place the first counts.
func sortProblems(list []Problem) []Problem {
	slices.SortStableFunc(list, func(a, b Problem) int { return a.Offset - b.Offset })
	return slices.CompactFunc(list, func(a, b Problem) bool { return a.Offset == b.Offset && a.Warning == b.Warning })
}
