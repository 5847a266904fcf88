package pattern

import (
	"regexp/syntax"
	"strings"
)

// farRuns and more runs are not counted.
const farRuns = 6

// lineRuns is how many runs of line ends a part may consume at most. A run leads from one line to another
// with nothing but blank lines between, as \s+ does.
func lineRuns(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpAnyChar:
		return 1
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if r == '\n' {
				n++
			}
		}
	case syntax.OpCharClass:
		if classTakes(re.Rune, '\n') {
			return 1
		}
	case syntax.OpAlternate:
		for _, sub := range re.Sub {
			n = max(n, lineRuns(sub))
		}
	case syntax.OpStar, syntax.OpPlus:
		if n = lineRuns(re.Sub[0]); n > 0 && !(re.Sub[0].Op == syntax.OpCharClass && blankClass(re.Sub[0].Rune)) {
			return farRuns
		}
	default:
		for _, sub := range re.Sub {
			n += lineRuns(sub)
		}
	}
	return min(n, farRuns)
}

func classTakes(ranges []rune, r rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}

// blankCharacters are what blank lines consist of.
const blankCharacters = "\t\n\v\f\r "

// blankClass reports whether a class takes only blank characters.
func blankClass(ranges []rune) bool {
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] > ' ' {
			return false
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if !strings.ContainsRune(blankCharacters, r) {
				return false
			}
		}
	}
	return true
}
