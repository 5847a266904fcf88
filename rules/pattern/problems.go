package pattern

import (
	"errors"
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
)

// captureProblems finds named captures that are not known, or there twice.
func captureProblems(tokens []token, allowed []string) []Problem {
	var out []Problem
	var names []string
	for _, t := range tokens {
		switch {
		case t.kind != tokenOpen || t.name == "":
		case len(allowed) == 0:
			out = append(out, Problem{Offset: t.from, Text: fmt.Sprintf("the capture %q is not used: this pattern only says whether the rule holds", t.name),
				Mend: "write (?:…) or (…); facts are found by extract rules"})
		case !slices.Contains(allowed, t.name):
			out = append(out, Problem{Offset: t.from, Text: fmt.Sprintf("no fact is called %q", t.name), Mend: nameMend(t.name, allowed)})
		case slices.Contains(names, t.name):
			out = append(out, Problem{Offset: t.from, Text: fmt.Sprintf("the capture %q is there twice", t.name),
				Mend: "one capture around the alternatives, or two rules"})
		}
		names = append(names, t.name)
	}
	return out
}

// captureWanted asks for a named capture where the rule lives on them.
func captureWanted(tokens []token, allowed []string) []Problem {
	if len(allowed) == 0 || slices.ContainsFunc(tokens, func(t token) bool { return t.name != "" }) {
		return nil
	}
	return []Problem{{Text: "the pattern captures nothing: what it finds has no name",
		Mend: "put a named capture around what is looked for: (?P<" + allowed[0] + ">…)"}}
}

func nameMend(name string, allowed []string) string {
	folded := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	for _, a := range allowed {
		if folded == a || strings.TrimSuffix(folded, "s") == a || strings.HasPrefix(a, folded) {
			return "did you mean " + a + "?"
		}
	}
	return "captures are called " + strings.Join(allowed, ", ")
}

// syntaxProblems says in plain words what the parser refused: all that other dialects have, else the one
// error of the parser.
func syntaxProblems(expr string, tokens []token, err error) []Problem {
	var out []Problem
	for _, t := range tokens {
		text := t.text
		if t.foreign == foreignPossessive && t.from > 0 {
			text = expr[max(0, t.from-1):t.to]
		}
		if message, mend := t.foreign.explain(text); message != "" {
			out = append(out, Problem{Offset: t.from, Text: message, Mend: mend})
		}
	}
	if len(out) > 0 {
		return out
	}
	var se *syntax.Error
	if !errors.As(err, &se) {
		return []Problem{{Text: err.Error()}}
	}
	return []Problem{plainProblem(expr, tokens, se)}
}

// plainProblem translates an error of the parser and finds its place.
func plainProblem(expr string, tokens []token, se *syntax.Error) Problem {
	at := max(strings.Index(expr, se.Expr), 0)
	for _, t := range tokens {
		if i := strings.Index(t.text, se.Expr); i >= 0 && se.Expr != "" {
			at = t.from + i
			break
		}
	}
	switch se.Code {
	case syntax.ErrMissingParen:
		return Problem{Offset: unclosed(tokens), Text: "this ( is never closed", Mend: "close it with ), or write \\( for the character itself"}
	case syntax.ErrUnexpectedParen:
		return Problem{Offset: unopened(tokens), Text: "this ) closes nothing", Mend: "write \\) for the character itself"}
	case syntax.ErrMissingBracket:
		return Problem{Offset: len(expr) - len(se.Expr), Text: "this [ is never closed", Mend: "close it with ], or write \\[ for the character itself"}
	case syntax.ErrMissingRepeatArgument:
		at = nothingToRepeat(tokens)
		return Problem{Offset: at, Text: se.Expr + " repeats what stands before it, and nothing does", Mend: fmt.Sprintf("write .%s for any characters, or \\%s for the character itself", se.Expr, se.Expr)}
	case syntax.ErrInvalidRepeatOp:
		return Problem{Offset: at, Text: se.Expr + ": a repetition can not be repeated", Mend: "leave one of them out, or write \\ before a character that is meant itself"}
	case syntax.ErrInvalidRepeatSize:
		return Problem{Offset: at, Text: se.Expr + " is no valid count", Mend: "the smaller number first, 1000 at most (also of counts within counts)"}
	case syntax.ErrInvalidEscape:
		return Problem{Offset: at, Text: se.Expr + " means nothing in RE2", Mend: escapeMend(se.Expr)}
	case syntax.ErrInvalidCharRange, syntax.ErrInvalidCharClass:
		return Problem{Offset: at, Text: se.Expr + " is no range of characters", Mend: "the smaller end first (a-z, 0-9); a - itself stands first or last in the brackets; classes by name are \\p{L}, [[:alpha:]]"}
	case syntax.ErrTrailingBackslash:
		return Problem{Offset: len(expr) - 1, Text: "the pattern ends with a single \\", Mend: "write \\\\ for the character itself"}
	case syntax.ErrInvalidNamedCapture:
		return Problem{Offset: at, Text: "the name of this capture is not valid", Mend: "write (?P<server>…): letters, digits and _ only"}
	case syntax.ErrInvalidPerlOp:
		return Problem{Offset: at, Text: se.Expr + " is not in RE2", Mend: "groups are (…), (?:…), (?P<name>…), (?i:…)"}
	case syntax.ErrNestingDepth, syntax.ErrLarge:
		return Problem{Text: "the pattern is too large", Mend: "write smaller counts, less nesting, or two patterns"}
	}
	return Problem{Offset: at, Text: se.Code.String() + ": " + se.Expr}
}

func escapeMend(escape string) string {
	if len(escape) == 2 {
		return "for the character itself write " + escape[1:]
	}
	return "characters by number are \\x1b or \\x{e4}"
}

// unclosed is the place of the last ( without its ).
func unclosed(tokens []token) int {
	var open []int
	for _, t := range tokens {
		switch {
		case t.kind == tokenOpen:
			open = append(open, t.from)
		case t.kind == tokenClose && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return 0
	}
	return open[len(open)-1]
}

// unopened is the place of the first ) without its (.
func unopened(tokens []token) int {
	depth := 0
	for _, t := range tokens {
		switch t.kind {
		case tokenOpen:
			depth++
		case tokenClose:
			if depth--; depth < 0 {
				return t.from
			}
		}
	}
	return 0
}

// nothingToRepeat is the place of the first repetition at the beginning of an alternative.
func nothingToRepeat(tokens []token) int {
	begins := true
	for _, t := range tokens {
		if t.kind == tokenRepeat && begins {
			return t.from
		}
		begins = t.kind == tokenOpen || t.kind == tokenOr || t.kind == tokenFlags && begins
	}
	return 0
}

// largestRepeat is the place of the largest count.
func largestRepeat(expr string, tokens []token) int {
	at, most := 0, 0
	for _, t := range tokens {
		n := 0
		if t.kind == tokenRepeat && t.text[0] == '{' {
			for c := range strings.SplitSeq(strings.Trim(t.text, "{}?"), ",") {
				v := 0
				fmt.Sscan(c, &v)
				n = max(n, v)
			}
		}
		if n > most {
			at, most = t.from, n
		}
	}
	return at
}

// posixClasses are written within brackets: [[:alpha:]].
var posixClasses = []string{"[:alnum:]", "[:alpha:]", "[:ascii:]", "[:blank:]", "[:cntrl:]", "[:digit:]", "[:graph:]", "[:lower:]", "[:print:]", "[:punct:]", "[:space:]", "[:upper:]", "[:word:]", "[:xdigit:]"}

// warnings finds what is valid and hardly meant.
func warnings(expr string, tokens []token) []Problem {
	var out []Problem
	warn := func(at int, text, mend string) {
		out = append(out, Problem{Offset: at, Text: text, Mend: mend, Warning: true})
	}
	if i := strings.LastIndexByte(expr, '/'); i > 0 && expr[0] == '/' && strings.Trim(expr[i+1:], "gimsux") == "" {
		warn(0, "the slashes around the pattern are looked for in the text", "leave them out; /…/i is (?i)…")
	}
	if strings.HasSuffix(expr, "\n") {
		warn(len(expr)-1, "the pattern ends with a line end, which is looked for too", "write |- instead of |, or put the pattern into quotes")
	}
	for _, t := range tokens {
		if t.kind != tokenAtom || t.text[0] != '[' {
			continue
		}
		switch {
		case slices.Contains(posixClasses, t.text):
			warn(t.from, t.text+" is the characters : and "+strings.Trim(t.text, "[:]")+" here", "write ["+t.text+"]")
		case strings.Contains(t.text, "&&["):
			warn(t.from, "&& takes no intersection in RE2: it is the character &", "write the characters out")
		}
	}
	return out
}
