package rules

import (
	"fmt"
	"strings"
)

// wordOperators are operators written as words, in lower case.
var wordOperators = map[string]string{"and": "&&", "und": "&&", "or": "||", "oder": "||", "not": "!", "nicht": "!", "is": "==", "ist": "==", "eq": "==", "equals": "==", "ne": "!=", "gt": ">", "lt": "<", "ge": ">=", "le": "<="}

// wordConstants are constants as other languages write them, in lower case.
var wordConstants = map[string]string{"true": "true", "false": "false", "yes": "true", "no": "false", "ja": "true", "nein": "false", "null": `""`, "nil": `""`, "none": `""`, "undefined": `""`, "empty": `""`}

// habit mends one name that is an operator or a constant elsewhere.
func (l *conditionLexer) habit(i int) {
	if l.text(i) == "." && l.kind(i+1) == tokenName && !l.value(i-1) && l.text(i-1) != "}" {
		l.problem(l.tokens[i].from, "nothing stands before the dot", "leave it out, or write what it belongs to")
		l.edit(l.tokens[i].from, l.tokens[i].to, "")
	}
	if l.kind(i) != tokenName || l.text(i-1) == "." || l.text(i+1) == "." {
		return
	}
	t, name := l.tokens[i], l.text(i)
	lower := strings.ToLower(name)
	valueBefore := l.value(i - 1)
	if op, ok := wordOperators[lower]; ok && (valueBefore != (op == "!") || op == "!" && strings.EqualFold(l.text(i+1), "in")) {
		switch {
		case op == "!" && strings.EqualFold(l.text(i+1), "in"):
			l.problem(t.from, name+" in is not known here", "write !(a in b)")
			l.edit(t.from, t.to, "")
		case op == "==" && strings.EqualFold(l.text(i+1), "not"):
			l.problem(t.from, name+" not is not known here", "write !=")
			l.edit(t.from, t.to, "!=")
			l.edit(l.tokens[i+1].from, l.tokens[i+1].to, "")
		case op == "!" && wordOperators[strings.ToLower(l.text(i-1))] == "==":
		case op == "!":
			l.problem(t.from, name+" is not known here", "write !(…)")
			l.edit(t.from, t.to, "!(")
			end := l.tokens[l.termEnd(i)].to
			l.edit(end, end, ")")
		default:
			l.problem(t.from, name+" is not known here", "write "+op)
			l.edit(t.from, t.to, op)
		}
		return
	}
	if f := findFunction(orElse(otherNames[lower], name)); f != nil && f.style == member && f.args == 1 && valueBefore && l.kind(i+1) == tokenText {
		l.problem(t.from, name+" stands behind a dot, and its text in brackets", fmt.Sprintf("write .%s(%s)", f.name, l.text(i+1)))
		l.edit(t.from, t.to, "."+f.name+"(")
		l.edit(l.tokens[i+1].to, l.tokens[i+1].to, ")")
		return
	}
	if lower == "in" && name != "in" && valueBefore {
		l.problem(t.from, name+" is not known here", "write in")
		l.edit(t.from, t.to, "in")
		return
	}
	if c, ok := wordConstants[lower]; ok && c != name && !valueBefore && l.text(i+1) != "(" {
		if c == `""` {
			c += ", or 0 for numbers: facts are never " + lower
		}
		l.problem(t.from, name+" is not known here", "write "+c)
		l.edit(t.from, t.to, wordConstants[lower])
	}
}

// value says whether a token ends a value, so that an operator may follow.
func (l *conditionLexer) value(i int) bool {
	if t := l.text(i); t == ")" || t == "]" || l.kind(i) == tokenNumber || l.kind(i) == tokenText {
		return true
	}
	return l.kind(i) == tokenName && (l.text(i-1) == "." || wordOperators[strings.ToLower(l.text(i))] == "" && !strings.EqualFold(l.text(i), "in"))
}

// termEnd is the last token of what not denies: in the languages that have the word, a whole comparison.
func (l *conditionLexer) termEnd(i int) int {
	depth := 0
	for k := i + 1; k < len(l.tokens); k++ {
		switch t := strings.ToLower(l.text(k)); {
		case t == "(" || t == "[" || t == "{":
			depth++
		case (t == ")" || t == "]" || t == "}") && depth > 0:
			depth--
		case depth == 0 && (t == "&&" || t == "||" || t == "&" || t == "|" || wordOperators[t] == "&&" || wordOperators[t] == "||" || t == "," || t == "?" || t == ":" || t == ")" || t == "]" || t == "}"):
			return k - 1
		}
	}
	return len(l.tokens) - 1
}

// dashes mends mail.from-name, which would be a subtraction.
func (l *conditionLexer) dashes(i int) {
	if l.text(i) != "-" {
		return
	}
	part := func(k int) bool { return l.kind(k) == tokenName || l.text(k) == "." || l.text(k) == "-" }
	from, to := i, i
	for from > 0 && part(from-1) && l.tokens[from-1].to == l.tokens[from].from {
		from--
	}
	for to+1 < len(l.tokens) && part(to+1) && l.tokens[to+1].from == l.tokens[to].to {
		to++
	}
	written := l.expr[l.tokens[from].from:l.tokens[to].to]
	name := strings.ReplaceAll(written, "-", "_")
	if _, ok := factIndex()[name]; !ok {
		return
	}
	if first := strings.IndexByte(written, '-'); l.tokens[from].from+first == l.tokens[i].from {
		l.problem(l.tokens[from].from, written+" is not known", "write "+name)
	}
	l.edit(l.tokens[i].from, l.tokens[i].to, "_")
}
