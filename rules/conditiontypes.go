package rules

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// typeError says in plain words what does not go together.
func (c *conditionCompiler) typeError(e *common.Error) {
	node := findNode(c.tree.Expr(), e.ExprID)
	if node == nil || slices.Contains(c.misused, e.ExprID) {
		if node == nil {
			c.report(0, e.Message, "")
		}
		return
	}
	at := c.begins[node.ID()]
	switch {
	case strings.HasPrefix(e.Message, "undeclared reference"):
		if len(c.problems) == 0 { // names has told it
			c.report(at, e.Message, "")
		}
	case strings.HasPrefix(e.Message, "found no matching overload"):
		c.mismatch(node)
	case strings.HasPrefix(e.Message, "expected type 'bool'"):
		t := c.tree.GetType(node.ID())
		c.report(at, "what && and || join must be true or false; this is "+aType(t), c.boolMend(node, t))
	case strings.HasPrefix(e.Message, "expression of type"):
		c.report(at, fmt.Sprintf("%s is %s; only lists have members", orElse(c.said(node), "this"), aType(c.tree.GetType(node.ID()))), "")
	case strings.Contains(e.Message, "does not support field selection") && node.Kind() == ast.SelectKind:
		operand := node.AsSelect().Operand()
		if dottedName(operand) != "" && len(c.problems) > 0 {
			return // names has told it
		}
		c.report(at, fmt.Sprintf("%s is %s and has no %s", orElse(c.said(operand), "this"), aType(c.tree.GetType(operand.ID())), node.AsSelect().FieldName()), "")
	default:
		c.report(at, e.Message, "")
	}
}

func findNode(e ast.Expr, id int64) ast.Expr {
	if e.ID() == id {
		return e
	}
	for _, child := range children(e) {
		if found := findNode(child, id); found != nil {
			return found
		}
	}
	return nil
}

// aType names a type for a sentence: "a text".
func aType(t *types.Type) string {
	switch t.Kind() {
	case types.StringKind:
		return "a text"
	case types.IntKind, types.UintKind:
		return "a number"
	case types.DoubleKind:
		return "a number with decimals"
	case types.BoolKind:
		return "true or false"
	case types.ListKind:
		if p := t.Parameters(); len(p) == 1 {
			switch p[0].Kind() {
			case types.StringKind:
				return "a list of texts"
			case types.IntKind, types.UintKind:
				return "a list of numbers"
			}
		}
		return "a list"
	case types.MapKind:
		return "a table"
	case types.TimestampKind:
		return "a time"
	case types.DurationKind:
		return "a length of time"
	case types.NullTypeKind:
		return "null"
	}
	return "of no fixed type"
}

// boolMend says how something becomes true or false.
func (c *conditionCompiler) boolMend(e ast.Expr, t *types.Type) string {
	said := orElse(c.said(e), "…")
	if i, ok := factIndex()[said]; ok && conditionFacts[i].enum != nil && t.Kind() == types.StringKind {
		return fmt.Sprintf("compare it: %s != %q", said, conditionFacts[i].enum[0])
	}
	if e.Kind() == ast.LiteralKind {
		return `write a whole comparison on each side, or a in ["x", "y"]`
	}
	switch t.Kind() {
	case types.StringKind:
		return fmt.Sprintf(`compare it: %s != ""`, said)
	case types.IntKind, types.UintKind, types.DoubleKind:
		return fmt.Sprintf("compare it: %s > 0", said)
	case types.ListKind, types.MapKind:
		return fmt.Sprintf("write %s.size() > 0", said)
	}
	return "compare it with something"
}

// said is a name or a literal as it is written, "" for all else.
func (c *conditionCompiler) said(e ast.Expr) string {
	if e.Kind() == ast.LiteralKind {
		r, ok := c.tree.SourceInfo().GetOffsetRange(e.ID())
		if ok && int(r.Stop) < len(c.places) && r.Start < r.Stop {
			return c.text[c.places[r.Start]:c.places[r.Stop]]
		}
	}
	return dottedName(e)
}

// mismatch says of an operator or a function why its values do not go together.
func (c *conditionCompiler) mismatch(e ast.Expr) {
	call := e.AsCall()
	args := call.Args()
	if call.IsMemberFunction() {
		args = append([]ast.Expr{call.Target()}, args...)
	}
	kinds := make([]*types.Type, len(args))
	for i, a := range args {
		kinds[i] = c.tree.GetType(a.ID())
		if kinds[i].Kind() == types.ErrorKind {
			return // it was told where the error is
		}
	}
	at := c.begins[e.ID()]
	switch name := call.FunctionName(); {
	case name == operators.LogicalNot || name == operators.Conditional:
		what := "what ! turns round"
		if name == operators.Conditional {
			what = "what is asked here"
		}
		if kinds[0].Kind() == types.BoolKind {
			c.report(at, fmt.Sprintf("the two answers of ?: must be of one kind; these are %s and %s", aType(kinds[1]), aType(kinds[2])), "")
			return
		}
		c.report(c.begins[args[0].ID()], what+" must be true or false; this is "+aType(kinds[0]), c.boolMend(args[0], kinds[0])+denied(name))
	case len(args) == 2 && operatorSigns[name] != "":
		c.badOperands(at, operatorSigns[name], args, kinds)
	case len(args) == 2 && name == operators.Index:
		text, mend := fmt.Sprintf("%s is %s and has no members", orElse(c.said(args[0]), "this"), aType(kinds[0])), ""
		if k := kinds[0].Kind(); k == types.ListKind || k == types.MapKind {
			text = fmt.Sprintf("[ ] of %s does not take %s", aType(kinds[0]), aType(kinds[1]))
			mend = map[types.Kind]string{types.ListKind: "members have numbers, from 0", types.MapKind: "names are texts"}[k]
		}
		c.report(at, text, mend)
	default:
		c.badArguments(e, name, args, kinds)
	}
}

// denied: who writes !a == b means the comparison.
func denied(function string) string {
	if function == operators.LogicalNot {
		return "; a comparison is denied as !(a == b)"
	}
	return ""
}

// operatorSigns are the operators between two values.
var operatorSigns = map[string]string{
	operators.Equals: "==", operators.NotEquals: "!=", operators.In: "in", operators.Less: "<", operators.LessEquals: "<=", operators.Greater: ">", operators.GreaterEquals: ">=",
	operators.Add: "+", operators.Subtract: "-", operators.Multiply: "*", operators.Divide: "/", operators.Modulo: "%",
}

// badOperands reports a op b.
func (c *conditionCompiler) badOperands(at int, sign string, args []ast.Expr, kinds []*types.Type) {
	a, b := orElse(c.said(args[0]), "…"), orElse(c.said(args[1]), "…")
	ka, kb := kinds[0].Kind(), kinds[1].Kind()
	text := fmt.Sprintf("%s does not go with %s and %s", sign, aType(kinds[0]), aType(kinds[1]))
	mend := ""
	switch {
	case sign == "in" && kb == types.StringKind && args[1].Kind() == ast.LiteralKind:
		mend = fmt.Sprintf("write %s == %s, or %s in [%s]", a, b, a, b)
	case sign == "in" && kb == types.StringKind:
		mend = fmt.Sprintf("write %s.contains(%s), or a list: %s in [%s]", b, a, a, b)
	case sign == "in" && ka == types.ListKind:
		mend = fmt.Sprintf("write %s.exists(x, x in %s)", a, b)
	case sign == "in" && kb == types.ListKind && ka == types.StringKind:
		mend = "write its numbers in quotation marks"
	case (sign == "==" || sign == "!=") && ka == types.ListKind && kb == types.StringKind:
		mend = not(sign, fmt.Sprintf("%s in %s", b, a))
	case (sign == "==" || sign == "!=") && kb == types.ListKind && ka == types.StringKind:
		mend = not(sign, fmt.Sprintf("%s in %s", a, b))
	case (sign == "==" || sign == "!=") && ka == types.BoolKind && kb == types.StringKind:
		mend = fmt.Sprintf("write %s or !%s", a, a)
	case ka == types.ListKind && isNumber(kb):
		mend = fmt.Sprintf("write %s.size() %s %s", a, sign, b)
	case ka == types.StringKind && isNumber(kb) && args[1].Kind() == ast.LiteralKind && !ordering(sign):
		mend = fmt.Sprintf(`write %s %s "%s"`, a, sign, b)
	case kb == types.StringKind && isNumber(ka) && !ordering(sign) && args[0].Kind() == ast.LiteralKind:
		mend = fmt.Sprintf(`write "%s" %s %s`, a, sign, b)
	case ka == types.StringKind && isNumber(kb):
		mend = fmt.Sprintf("write int(%s) %s %s", a, sign, b)
	case isNumber(ka) && kb == types.StringKind && args[1].Kind() == ast.LiteralKind:
		mend = fmt.Sprintf("write %s %s %s", a, sign, orElse(strings.Trim(b, `"'`), "0"))
	case kb == types.NullTypeKind && ka == types.StringKind:
		mend = fmt.Sprintf(`write %s %s ""`, a, sign)
	case ka == types.TimestampKind && kb == types.StringKind:
		mend = fmt.Sprintf("write %s %s timestamp(%s)", a, sign, b)
	case ka == types.TimestampKind && isNumber(kb):
		mend = fmt.Sprintf("write %s.getHours() %s %s", a, sign, b)
	}
	if i, ok := factIndex()[a]; ok && mend == "" && conditionFacts[i].enum != nil {
		mend = fmt.Sprintf("%s is one of %s", a, quotedList(conditionFacts[i].enum))
	}
	c.report(at, text, mend)
}

// ordering: texts are hardly ever compared so.
func ordering(sign string) bool { return sign[0] == '<' || sign[0] == '>' }

func isNumber(k types.Kind) bool {
	return k == types.IntKind || k == types.UintKind || k == types.DoubleKind
}

func not(sign, condition string) string {
	if sign == "!=" {
		return "write !(" + condition + ")"
	}
	return "write " + condition
}

// badArguments reports fn(…) or a.fn(…).
func (c *conditionCompiler) badArguments(e ast.Expr, name string, args []ast.Expr, kinds []*types.Type) {
	f := findFunction(name)
	if f == nil || len(args) == 0 {
		c.report(c.begins[e.ID()], name+" does not go with these", "")
		return
	}
	at := c.functionPlace(e)
	first := orElse(c.said(args[0]), "list")
	inner := "x." + name + "()"
	if len(args) > 1 {
		inner = fmt.Sprintf("x.%s(%s)", name, orElse(c.said(args[1]), "…"))
	}
	if name == "lowerAscii" {
		inner += " == …"
	}
	list := kinds[0].Kind() == types.ListKind
	switch {
	case list && name == "contains":
		c.report(at, name+" is for texts; "+first+" is "+aType(kinds[0]), fmt.Sprintf("write %s in %s, or %s.exists(x, %s)", orElse(c.said(args[1]), "…"), first, first, inner))
	case list && name == "fold":
		c.report(at, name+" is for texts; "+first+" is "+aType(kinds[0]), fmt.Sprintf("write %s.exists(x, fold(x) == …)", first))
	case list && f.style == member && kinds[0].Kind() == types.ListKind:
		c.report(at, name+" is for texts; "+first+" is "+aType(kinds[0]), fmt.Sprintf("write %s.exists(x, %s)", first, inner))
	case len(args) == 2 && kinds[0].Kind() == types.StringKind && isNumber(kinds[1].Kind()):
		c.report(at, name+" wants a text; this is a number", fmt.Sprintf(`write %s.%s("%s")`, first, name, orElse(c.said(args[1]), "…")))
	default:
		given := make([]string, len(kinds))
		for i, k := range kinds {
			given[i] = aType(k)
		}
		c.report(at, name+" does not go with "+strings.Join(given, " and "), "write "+f.form)
	}
}
