package rules

import "strings"

// glob is a value that may begin or end with *: "*.cdn.example", "ORA-*". Compared folded.
type glob struct {
	text        string
	front, back bool // a * there
}

func newGlob(s string) glob {
	s = foldText(strings.TrimSpace(s))
	g := glob{text: s}
	if g.text, g.front = strings.CutPrefix(s, "*"); g.front {
		s = g.text
	}
	g.text, g.back = strings.CutSuffix(s, "*")
	return g
}

// matches compares with a folded value.
func (g glob) matches(folded string) bool {
	switch {
	case g.front && g.back:
		return strings.Contains(folded, g.text)
	case g.front:
		return strings.HasSuffix(folded, g.text)
	case g.back:
		return strings.HasPrefix(folded, g.text)
	}
	return folded == g.text
}

func anyGlob(list []glob, value string) bool {
	if len(list) == 0 {
		return false
	}
	f := foldText(value)
	for _, g := range list {
		if g.matches(f) {
			return true
		}
	}
	return false
}
