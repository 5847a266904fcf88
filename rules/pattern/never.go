package pattern

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

// neverProblem says that no text matches, and where the expression begins to contradict itself.
func neverProblem(expr string, tokens []token) Problem {
	t := contradiction(expr, tokens)
	return Problem{Offset: t.from, Text: fmt.Sprintf("the pattern can never match: nothing fits at %s", t.text), Mend: neverMend(expr, t)}
}

func neverMend(expr string, t token) string {
	before := expr[:t.from]
	switch {
	case strings.HasSuffix(before, "$"):
		return "$ is the end of a line: write \\n behind it to go on, or \\$ for the character itself"
	case t.text == "^":
		return "^ is the beginning of a line: write \\n before it, or \\^ for the character itself"
	case t.text == "$":
		return "$ is the end of a line: a line end must be able to follow; \\$ is the character itself"
	case t.text == `\b`, strings.HasSuffix(before, `\b`):
		return "\\b is the edge of a word: a letter, digit or _ on one side (letters such as ä are none), none on the other"
	case t.text == `\B`, strings.HasSuffix(before, `\B`):
		return "\\B is where no word begins or ends"
	case t.text == `\A`, strings.HasSuffix(before, `\z`):
		return "\\A is the beginning of the whole text, \\z its end"
	case strings.HasPrefix(t.text, "["):
		return "this class takes no character at all, or none that may stand here"
	}
	return "leave out what contradicts it before"
}

// contradiction is the first token up to which, the rest left out, nothing can match any more. It is
// looked for in the first alternatives only: all of them fail, one is enough to begin with.
func contradiction(expr string, tokens []token) token {
	if len(tokens) == 0 {
		return token{text: expr}
	}
	last := tokens[len(tokens)-1]
	open := 0 // groups that are entered
	for i := 0; i < len(tokens); {
		t := tokens[i]
		end := itemEnd(tokens, i)
		switch {
		case t.kind == tokenClose || t.kind == tokenOr:
			return last
		case t.kind == tokenFlags || possibleSoFar(expr[:tokens[end-1].to], open):
			i = end
		case t.kind == tokenOpen:
			// What fails is within this group.
			open++
			i++
			last = t
		default:
			return t
		}
	}
	return last
}

// itemEnd is the index behind an atom or a group and its repetition.
func itemEnd(tokens []token, i int) int {
	depth := 0
	for ; i < len(tokens); i++ {
		switch tokens[i].kind {
		case tokenOpen:
			depth++
		case tokenClose:
			depth--
		}
		if depth <= 0 {
			i++
			break
		}
	}
	if i < len(tokens) && tokens[i].kind == tokenRepeat {
		i++
	}
	return i
}

// possibleSoFar reports whether the beginning of an expression can match, with its open groups closed.
func possibleSoFar(begin string, open int) bool {
	tree, err := syntax.Parse(begin+strings.Repeat(")", open), flags)
	if err != nil {
		return true
	}
	prog, err := syntax.Compile(tree.Simplify())
	return err != nil || analyse(prog).matches
}
