package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"

	"notfalld/rules/pattern"
)

// textOrigin is what is known of a text by where it comes from.
type textOrigin struct {
	fact   *conditionFact // of which it is the value, or a member of the list
	folded bool           // by fold()
	lower  bool           // without capitals of ASCII
}

// values checks what types do not tell: texts that a fact never is, and patterns. scope has the members
// of the lists around.
func (c *conditionCompiler) values(e ast.Expr, scope map[string]textOrigin) {
	switch e.Kind() {
	case ast.CallKind:
		c.callValues(e, scope)
	case ast.SelectKind:
		c.looksUp(c.origin(e.AsSelect().Operand(), scope), e.AsSelect().FieldName())
	case ast.ComprehensionKind:
		l := e.AsComprehension()
		c.values(l.IterRange(), scope)
		inner := map[string]textOrigin{l.IterVar(): c.origin(l.IterRange(), scope)}
		for k, v := range scope {
			if k != l.IterVar() {
				inner[k] = v
			}
		}
		c.values(l.LoopStep(), inner)
		return
	}
	for _, child := range children(e) {
		c.values(child, scope)
	}
}

func (o textOrigin) is(fact string) bool { return o.fact != nil && o.fact.name == fact }

// origin finds out where a text, or the members of a list, come from.
func (c *conditionCompiler) origin(e ast.Expr, scope map[string]textOrigin) textOrigin {
	switch e.Kind() {
	case ast.IdentKind:
		name := e.AsIdent()
		if o, ok := scope[name]; ok {
			return o
		}
		if i, ok := factIndex()[name]; ok {
			return textOrigin{fact: &conditionFacts[i], lower: conditionFacts[i].lower}
		}
		return textOrigin{folded: strings.HasPrefix(name, "fold(")}
	case ast.CallKind:
		call := e.AsCall()
		switch call.FunctionName() {
		case "fold":
			return textOrigin{folded: true}
		case "lowerAscii":
			return textOrigin{lower: true}
		case operators.Index:
			if o := c.origin(call.Args()[0], scope); o.fact != nil && o.fact.typ == listFact {
				return o
			}
		}
	case ast.ComprehensionKind:
		// filter gives members of its list; its result is the list that it began empty.
		if l := e.AsComprehension(); l.AccuInit().Kind() == ast.ListKind && isFilter(l) {
			return c.origin(l.IterRange(), scope)
		}
	}
	return textOrigin{}
}

// isFilter: the step of filter adds the member itself.
func isFilter(l ast.ComprehensionExpr) bool {
	step := l.LoopStep()
	if step.Kind() != ast.CallKind || step.AsCall().FunctionName() != operators.Conditional {
		return false
	}
	add := step.AsCall().Args()[1]
	if add.Kind() != ast.CallKind || len(add.AsCall().Args()) != 2 || add.AsCall().Args()[1].Kind() != ast.ListKind {
		return false
	}
	members := add.AsCall().Args()[1].AsList().Elements()
	return len(members) == 1 && members[0].Kind() == ast.IdentKind && members[0].AsIdent() == l.IterVar()
}

// textLiteral is a text that is written out.
func textLiteral(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	s, ok := e.AsLiteral().(types.String)
	return string(s), ok
}

func (c *conditionCompiler) callValues(e ast.Expr, scope map[string]textOrigin) {
	call := e.AsCall()
	args := call.Args()
	if _, reads := bytesPerUnit[call.FunctionName()]; reads {
		c.reads++
	}
	switch name := call.FunctionName(); name {
	case operators.Equals, operators.NotEquals:
		c.compared(args[0], args[1], scope)
		c.compared(args[1], args[0], scope)
	case operators.In:
		c.oneOf(args[0], args[1], scope)
	case operators.LogicalAnd, operators.LogicalOr:
		c.together(e, scope)
	case "contains", "startsWith", "endsWith":
		if s, ok := textLiteral(args[0]); ok {
			if s == "" {
				c.report(c.begins[args[0].ID()], "every text "+name+` "": always true`, "write the text that is looked for")
			}
			c.spelling(args[0], s, c.origin(call.Target(), scope))
		}
	case "matches":
		c.pattern(e, scope)
	case "get":
		if s, ok := textLiteral(args[0]); ok {
			c.looksUp(c.origin(call.Target(), scope), s)
		}
		// Tables answer for names that they do not have; an index is looked up faster than a function.
		e.SetKindCase(ast.NewExprFactory().NewCall(e.ID(), operators.Index, call.Target(), args[0]))
		c.tree.SetReference(e.ID(), ast.NewFunctionReference(overloads.IndexMap))
	case operators.Index:
		if s, ok := textLiteral(args[1]); ok {
			c.looksUp(c.origin(args[0], scope), s)
		}
	}
}

// looksUp notes a name that is looked up in a table.
func (c *conditionCompiler) looksUp(table textOrigin, name string) {
	switch {
	case table.is("hints") && !slices.Contains(c.out.hints, name):
		c.out.hints = append(c.out.hints, name)
	case table.is("mail.headers") && !slices.Contains(c.out.headers, name):
		c.out.headers = append(c.out.headers, name)
	}
}

// compared checks text == literal.
func (c *conditionCompiler) compared(text, literal ast.Expr, scope map[string]textOrigin) {
	s, ok := textLiteral(literal)
	if !ok {
		return
	}
	o := c.origin(text, scope)
	c.member(literal, s, o)
	c.spelling(literal, s, o)
}

// member checks that a fact can have a value at all.
func (c *conditionCompiler) member(literal ast.Expr, s string, o textOrigin) {
	if o.fact == nil || o.fact.enum == nil || slices.Contains(o.fact.enum, s) {
		return
	}
	near := ""
	if v := nearestValue(squeezed(s), o.fact.enum); v != "" {
		near = fmt.Sprintf("did you mean %q? ", v)
	}
	what := o.fact.name + " is never"
	if o.fact.typ == listFact {
		what = o.fact.name + " never has"
	}
	c.report(c.begins[literal.ID()], fmt.Sprintf("%s %q", what, s), near+"It is one of "+quotedList(o.fact.enum))
}

func quotedList(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = strconv.Quote(v)
	}
	return strings.Join(quoted, ", ")
}

// nearestValue is the value that a squeezed word resembles most, or "".
func nearestValue(s string, values []string) string {
	for limit := 0; limit <= 2 && limit <= len(s)/2; limit++ {
		for _, v := range values {
			if v != "" && within(s, squeezed(v), limit) {
				return v
			}
		}
	}
	for _, v := range values {
		if len(s) > 2 && strings.HasPrefix(squeezed(v), s) {
			return v
		}
	}
	return ""
}

// spelling checks that a text can have the letters that it is searched for.
func (c *conditionCompiler) spelling(literal ast.Expr, s string, o textOrigin) {
	at := c.begins[literal.ID()]
	switch {
	case o.folded && foldText(s) != s:
		c.report(at, fmt.Sprintf("a folded text never has %q", s), fmt.Sprintf("write %q", foldText(s)))
	case o.lower && strings.IndexFunc(s, isCapital(o)) >= 0:
		what := "a text in lower case"
		if o.fact != nil {
			what = o.fact.name
		}
		c.report(at, fmt.Sprintf("%s never has capitals, as in %q", what, s), fmt.Sprintf("write %q", strings.ToLower(s)))
	case o.fact != nil && o.fact.ascii && strings.ContainsAny(s, "@.") && !isASCII(s[strings.LastIndexByte(s, '@')+1:]):
		domain := s[strings.LastIndexByte(s, '@')+1:]
		mend := "write its ASCII form: xn--…"
		if ascii, err := hostKey(strings.TrimPrefix(domain, ".")); err == nil {
			mend = fmt.Sprintf("write %q", strings.TrimSuffix(s, strings.TrimPrefix(domain, "."))+ascii)
		}
		c.report(at, o.fact.name+" has umlaut domains in their ASCII form", mend)
	}
}

// isCapital: of facts in lower case no letter is a capital, of lowerAscii() none from A to Z.
func isCapital(o textOrigin) func(rune) bool {
	if o.fact != nil {
		return unicode.IsUpper
	}
	return func(r rune) bool { return r >= 'A' && r <= 'Z' }
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// oneOf checks a in b.
func (c *conditionCompiler) oneOf(a, b ast.Expr, scope map[string]textOrigin) {
	if b.Kind() == ast.ListKind {
		elements := b.AsList().Elements()
		if len(elements) == 0 {
			c.report(c.begins[b.ID()], "nothing is in an empty list", "")
		}
		for _, x := range elements {
			if x.Kind() == ast.LiteralKind && c.tree.GetType(x.ID()).Kind() != c.tree.GetType(a.ID()).Kind() && c.tree.GetType(a.ID()).Kind() != types.DynKind {
				mend := ""
				if c.tree.GetType(a.ID()).Kind() == types.StringKind {
					mend = fmt.Sprintf(`write "%s"`, c.said(x))
				}
				c.report(c.begins[x.ID()], fmt.Sprintf("%s is %s, and this is %s", orElse(c.said(a), "the left side"), aType(c.tree.GetType(a.ID())), aType(c.tree.GetType(x.ID()))), mend)
				continue
			}
			c.compared(a, x, scope)
		}
		return
	}
	s, ok := textLiteral(a)
	o := c.origin(b, scope)
	if !ok || o.fact == nil {
		return
	}
	c.looksUp(o, s)
	if o.fact.typ == listFact {
		c.member(a, s, o)
		c.spelling(a, s, o)
	}
}

// together finds texts that would have to be two things at once, and those that are always different
// from one of two.
func (c *conditionCompiler) together(e ast.Expr, scope map[string]textOrigin) {
	joined := e.AsCall().FunctionName()
	sign := operators.Equals
	if joined == operators.LogicalOr {
		sign = operators.NotEquals
	}
	first := map[string]string{}
	for _, term := range terms(e, joined) {
		if term.Kind() != ast.CallKind || term.AsCall().FunctionName() != sign {
			continue
		}
		a, b := term.AsCall().Args()[0], term.AsCall().Args()[1]
		if _, ok := textLiteral(a); ok {
			a, b = b, a
		}
		s, ok := textLiteral(b)
		name := dottedName(a)
		if !ok || name == "" {
			continue
		}
		before, seen := first[name]
		switch {
		case !seen:
			first[name] = s
		case before == s:
		case joined == operators.LogicalAnd:
			c.report(c.begins[term.ID()], fmt.Sprintf("%s is never %q and %q at once", name, before, s), fmt.Sprintf("write ||, or %s in [%q, %q]", name, before, s))
		default:
			c.report(c.begins[term.ID()], fmt.Sprintf("always true: %s always differs from %q or %q", name, before, s), fmt.Sprintf("write &&, or !(%s in [%q, %q])", name, before, s))
		}
	}
}

// terms are what && or || joins, however many.
func terms(e ast.Expr, joined string) []ast.Expr {
	if e.Kind() != ast.CallKind || e.AsCall().FunctionName() != joined {
		return []ast.Expr{e}
	}
	var out []ast.Expr
	for _, a := range e.AsCall().Args() {
		out = append(out, terms(a, joined)...)
	}
	return out
}

// pattern checks the regular expression of matches. Of a fact it is found with an index of the fact's text,
// made once a mail; of any other text by the library, with the line ends that patterns have everywhere in
// rule files.
func (c *conditionCompiler) pattern(e ast.Expr, scope map[string]textOrigin) {
	arg := e.AsCall().Args()[0]
	at := c.begins[arg.ID()]
	s, ok := textLiteral(arg)
	if !ok {
		c.report(at, "a pattern must be written out", "write matches(r'…')")
		return
	}
	if strings.Contains(s, "\b") {
		c.report(at, `\b in quotation marks is a backspace`, "write the pattern as r'…'")
		return
	}
	p, problems := pattern.Compile(s, nil)
	for _, x := range problems {
		if !x.Warning {
			c.report(at+c.inLiteral(arg, s, x.Offset), x.Text, x.Mend)
		}
	}
	if p == nil {
		return
	}
	factory := ast.NewExprFactory()
	target := e.AsCall().Target()
	if _, member := scope[dottedName(target)]; !member && target.Kind() == ast.IdentKind {
		name := matchName(len(c.out.matches))
		c.out.matches = append(c.out.matches, conditionMatch{target.AsIdent(), p})
		e.SetKindCase(factory.NewIdent(e.ID(), name))
		c.tree.SetType(e.ID(), types.BoolType)
		c.tree.SetReference(e.ID(), ast.NewIdentReference(name, nil))
		return
	}
	c.reads += conditionReads // nothing but the cost limit bounds the library's search
	arg.SetKindCase(factory.NewLiteral(arg.ID(), types.String("(?m)"+s)))
}

// inLiteral is where in a literal, as written, a byte of its text stands; its beginning if escapes make
// that unclear.
func (c *conditionCompiler) inLiteral(literal ast.Expr, s string, at int) int {
	if i := strings.Index(c.said(literal), s); i >= 0 {
		return i + at
	}
	return 0
}
