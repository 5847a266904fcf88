package rules

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
)

// syntaxError says in plain words what the parser did not understand.
func (c *conditionCompiler) syntaxError(e *common.Error) {
	at := len(c.text)
	lines := strings.SplitAfter(c.text, "\n")
	if n := e.Location.Line() - 1; n >= 0 && n < len(lines) {
		before := len(strings.Join(lines[:n], ""))
		at = before + len(string([]rune(lines[n])[:min(e.Location.Column(), len([]rune(lines[n])))]))
	}
	said := strings.TrimPrefix(e.Message, "Syntax error: ")
	here := c.tokenAt(at)
	text, mend := said, ""
	switch {
	case here == "" && !strings.Contains(said, "limit"):
		text, mend = "the condition ends too early", "something must follow"
	case said == "unexpected token after expression":
		text, mend = "before "+here+" something is missing", "join two conditions with && or ||, and write texts in quotation marks"
	case said == "unexpected token" || said == "expected identifier" || strings.HasPrefix(said, "expected identifier after"):
		text = here + " cannot stand here"
	case strings.HasPrefix(said, "mismatched input") || strings.HasPrefix(said, "expected "):
		_, want, _ := strings.Cut(said, "expect")
		text = here + " cannot stand here"
		if i := strings.IndexByte(want, '\''); i >= 0 {
			mend = strings.Trim(want[i:strings.LastIndexByte(want, '\'')+1], "'") + " was expected"
			if mend[0] == ')' || mend[0] == ']' {
				mend = "a comma or " + mend
			}
		}
	case strings.HasPrefix(said, "reserved identifier"):
		text, mend = here+" is a word that CEL keeps for itself", "take another name, or write it in quotation marks"
	case strings.HasPrefix(said, "argument must be a simple name") || strings.HasPrefix(said, "argument is not an identifier"):
		text, mend = "the first thing in the brackets is the name that each member gets", "write list.exists(x, x == \"…\")"
	case strings.HasPrefix(said, "invalid int literal"):
		text, mend = here+" is no number that can be used here", "customer numbers and phones are texts: write them in quotation marks"
	case strings.HasPrefix(said, "unable to unescape"), strings.HasPrefix(said, "invalid unicode"):
		text, mend = "a backslash in this text means nothing", `write the pattern as r'…', or the backslash twice: \\`
	case strings.Contains(said, "recursion limit"), strings.Contains(said, "count exceeds"):
		text, mend = "the condition is too deep or too long", "make several rules of it"
	}
	c.report(at, text, mend)
}

// tokenAt is the token that stands at a byte of the mended text, "" at its end.
func (c *conditionCompiler) tokenAt(at int) string {
	if at >= len(c.text) {
		return ""
	}
	was := c.written[at]
	for i, t := range c.lex.tokens {
		if was >= t.from && was < t.to {
			return c.lex.text(i)
		}
	}
	return string([]rune(c.text[at:])[:1])
}

// names checks that every name is a fact, or the member of a loop, and every function one of ours.
func (c *conditionCompiler) names(e ast.Expr, scope []string) {
	switch e.Kind() {
	case ast.IdentKind, ast.SelectKind:
		if name := dottedName(e); name != "" {
			if root, _, _ := strings.Cut(name, "."); !slices.Contains(scope, root) {
				c.fact(e, name)
			}
			return
		}
	case ast.CallKind:
		if f := c.call(e); f != nil && f.style == loop && len(e.AsCall().Args()) > 0 {
			// The library did not take it for a loop; what is no fact in it may be the name of its members.
			scope = append(slices.Clone(scope), looseMembers(e.AsCall().Args())...)
		}
	case ast.StructKind, ast.MapKind:
		c.report(c.begins[e.ID()], "tables cannot be written in conditions", "")
	case ast.ComprehensionKind:
		l := e.AsComprehension()
		c.memberName(e, l.IterVar())
		c.names(l.IterRange(), scope)
		inner := append(slices.Clone(scope), l.IterVar(), l.AccuVar())
		c.names(l.LoopStep(), inner)
		return
	}
	for _, child := range children(e) {
		c.names(child, scope)
	}
}

// looseMembers are the names in the brackets of a loop that can be no facts.
func looseMembers(args []ast.Expr) []string {
	var out []string
	for _, a := range args {
		name, _, _ := strings.Cut(dottedName(a), ".")
		if name != "" && name != "mail" && name != "broken" {
			if _, ok := factIndex()[name]; !ok {
				out = append(out, name)
			}
		}
		out = append(out, looseMembers(children(a))...)
	}
	return out
}

// looseNames checks the names of a condition that cannot be parsed, as far as they are surely meant as
// facts.
func (c *conditionCompiler) looseNames() {
	l := c.lex
	for i := 0; i < len(l.tokens); i++ {
		if root := l.text(i); l.text(i-1) == "." || root != "mail" && root != "broken" {
			continue
		}
		from, name := l.tokens[i].from, l.text(i)
		for l.text(i+1) == "." && l.kind(i+2) == tokenName && l.text(i+3) != "(" {
			name += "." + l.text(i+2)
			i += 2
		}
		table := strings.HasPrefix(name, "mail.headers.")
		if _, ok := factIndex()[name]; !ok && !table && name != "mail" && name != "broken" {
			at, _ := slices.BinarySearch(c.written, from)
			c.unknownName(at, name)
		}
	}
}

// dottedName is a.b.c, or "" for all else.
func dottedName(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		if before := dottedName(e.AsSelect().Operand()); before != "" && !e.AsSelect().IsTestOnly() {
			return before + "." + e.AsSelect().FieldName()
		}
	}
	return ""
}

// memberName checks the name that a loop gives its members.
func (c *conditionCompiler) memberName(e ast.Expr, name string) {
	for _, f := range conditionFacts {
		if root, _, _ := strings.Cut(f.name, "."); root == name {
			c.report(c.place(e.ID())+1, name+" is the name of a fact", "call the members otherwise: x")
			return
		}
	}
}

// fact checks a name that must be a fact's, or a field of a table.
func (c *conditionCompiler) fact(e ast.Expr, name string) {
	at := c.begins[e.ID()]
	i, ok := factIndex()[name]
	if !ok {
		if cut := strings.LastIndexByte(name, '.'); cut > 0 {
			if i, ok = factIndex()[name[:cut]]; ok {
				ok = conditionFacts[i].typ == headersFact || conditionFacts[i].typ == countsFact
			}
		}
	}
	if !ok {
		c.unknownName(at, name)
		return
	}
	f := conditionFacts[i]
	if f.stage > c.stage {
		c.report(at, fmt.Sprintf("%s is known only to %s", f.name, askers[f.stage]), "")
	}
	c.uses(f.name)
}

func (c *conditionCompiler) uses(fact string) {
	if !c.seen[fact] {
		c.seen[fact] = true
		c.out.facts = append(c.out.facts, fact)
	}
}

// otherFacts are what facts are called elsewhere, squeezed.
var otherFacts = map[string]string{
	"body": "mail.text", "text": "mail.text", "content": "mail.text", "message": "mail.text", "mailtext": "mail.text", "betreff": "mail.subject", "title": "mail.subject", "sender": "mail.from", "absender": "mail.from", "address": "mail.from", "email": "mail.from", "mailfrom": "mail.from", "fromaddress": "mail.from", "domain": "mail.from_domain", "senderdomain": "mail.from_domain", "fromaddr": "mail.from", "name": "mail.from_name", "sendername": "mail.from_name",
	"recipient": "mail.to", "recipients": "mail.to", "files": "mail.attachments", "attachment": "mail.attachments", "header": "mail.headers", "bytes": "mail.size", "length": "mail.size", "quote": "mail.quoted", "history": "mail.quoted", "forward": "mail.forwarded", "auto": "mail.automatic", "kind": "mail.automatic", "automatic": "mail.automatic", "spf": "mail.proof", "dkim": "mail.proof", "dmarc": "mail.proof", "proven": "mail.proof",
	"date": "now", "time": "now", "today": "now", "hour": "now", "open": "support_open", "officeopen": "support_open", "businesshours": "support_open", "lang": "language", "sprache": "language", "locale": "language", "customer": "customer_number", "customerid": "customer_number", "kundennummer": "customer_number", "kunde": "customer_number", "host": "servers", "hosts": "servers", "hostname": "servers", "server": "servers", "knownserver": "known_servers", "owner": "owners", "error": "errors", "fehler": "errors", "phone": "phones", "telefon": "phones", "telephone": "phones", "change": "changes", "urgent": "broken.urgent", "broken": "broken.any", "outage": "broken.any", "denied": "broken.denied", "ways": "broken.ways", "signals": "hints", "signal": "hints", "hint": "hints", "reply": "may_answer", "answer": "may_answer", "mayreply": "may_answer",
}

// squeezed is a name without what is easily confused.
func squeezed(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "").Replace(name))
}

// unknownName reports a name that is no fact's, with the one that was probably meant.
func (c *conditionCompiler) unknownName(at int, name string) {
	text := name + " is not known"
	if cut := strings.LastIndexByte(name, '.'); cut > 0 {
		if i, ok := factIndex()[name[:cut]]; ok {
			mend := ""
			if f := findFunction(name[cut+1:]); f != nil {
				mend = "write " + f.form
				if dot := strings.IndexByte(f.form, '.'); dot > 0 {
					mend = "write " + name[:cut] + f.form[dot:]
				}
			}
			c.report(at, fmt.Sprintf("%s is %s and has no .%s", name[:cut], aType(celType(conditionFacts[i].typ)), name[cut+1:]), mend)
			return
		}
	}
	if f := nearestFact(name); f != nil {
		mend := "did you mean " + f.name + "?"
		if f.stage > c.stage {
			mend += " It is known only to " + askers[f.stage]
		}
		c.report(at, text, mend)
		return
	}
	var known, below []string
	for _, f := range conditionFacts {
		if f.stage <= c.stage {
			known = append(known, f.name)
		}
		if strings.HasPrefix(f.name, name+".") {
			below = append(below, f.name)
		}
	}
	switch f := findFunction(name); {
	case f != nil:
		c.report(at, name+" is a function", "write "+f.form)
	case len(below) > 0:
		c.report(at, name+" alone is no fact", "write one of "+strings.Join(below, ", "))
	default:
		c.report(at, text, fmt.Sprintf("a text stands in quotation marks: %q; known here are %s", name, strings.Join(known, ", ")))
	}
}

// nearestFact is the fact that a wrong name resembles, or nil.
func nearestFact(name string) *conditionFact {
	s := squeezed(name)
	_, last, dotted := strings.Cut(name, ".")
	if meant, ok := otherFacts[s]; ok {
		return &conditionFacts[factIndex()[meant]]
	}
	for limit := range 3 {
		if limit > len(s)/3 {
			break
		}
		for i := range conditionFacts {
			f := &conditionFacts[i]
			_, own, _ := strings.Cut(f.name, ".")
			if within(s, squeezed(f.name), limit) || own != "" && (limit == 0 || !dotted) && within(s, squeezed(own), limit) {
				return f
			}
		}
	}
	if dotted && (strings.HasPrefix(name, "mail.") || strings.HasPrefix(name, "facts.") || strings.HasPrefix(name, "email.") || strings.HasPrefix(name, "message.")) {
		if meant, ok := otherFacts[squeezed(last)]; ok {
			return &conditionFacts[factIndex()[meant]]
		}
		if i, ok := factIndex()[last]; ok {
			return &conditionFacts[i]
		}
		if i, ok := factIndex()["mail."+last]; ok {
			return &conditionFacts[i]
		}
	}
	return nil
}

// call checks that a function is ours, and written as it should be. It returns the function that is
// meant, nil if none is.
func (c *conditionCompiler) call(e ast.Expr) *conditionFunction {
	call := e.AsCall()
	name := call.FunctionName()
	if strings.ContainsAny(name[:1], "_!-@") {
		return nil // an operator
	}
	at := c.functionPlace(e)
	f := findFunction(name)
	if f == nil {
		return c.unknownFunction(at, name)
	}
	style, args := global, len(call.Args())
	if call.IsMemberFunction() {
		style = member
	}
	right := style == f.style && args == f.args
	if f.style == either {
		right = style == member && args == 0 || style == global && args == 1
	}
	if !right {
		c.report(at, name+" is not used so", "write "+f.form)
		// Its types would be wrong too, for the same reason.
		c.misused = append(c.misused, e.ID())
	}
	if arg := onlyArgument(call); name == "fold" && right {
		if i, ok := factIndex()[dottedName(arg)]; ok && conditionFacts[i].typ == stringFact && conditionFacts[i].stage <= c.stage {
			c.uses(conditionFacts[i].name)
			e.SetKindCase(ast.NewExprFactory().NewIdent(e.ID(), foldedName(conditionFacts[i].name)))
			return nil
		}
	}
	return f
}

func onlyArgument(call ast.CallExpr) ast.Expr {
	if len(call.Args()) != 1 {
		return nil
	}
	return call.Args()[0]
}

// functionPlace is where a function's name begins: the library knows only its bracket.
func (c *conditionCompiler) functionPlace(e ast.Expr) int {
	at := c.place(e.ID())
	before := strings.TrimRight(c.text[:at], " \t\r\n")
	if name := e.AsCall().FunctionName(); strings.HasSuffix(before, name) {
		return len(before) - len(name)
	}
	return at
}

// unknownFunction reports a function and returns the one that was probably meant, or nil.
func (c *conditionCompiler) unknownFunction(at int, name string) *conditionFunction {
	text := name + "() is not known"
	if name == "has" {
		c.report(at, text, `every fact is there, perhaps empty: write fact != "" or list.size() > 0`)
		return nil
	}
	meant := findFunction(otherNames[strings.ToLower(name)])
	for limit := 0; limit <= 2 && meant == nil; limit++ {
		for i := range conditionFunctions {
			if f := &conditionFunctions[i]; meant == nil && f.style != operator && limit <= len(name)/2 && within(squeezed(name), squeezed(f.name), limit) {
				meant = f
			}
		}
	}
	if meant != nil {
		c.report(at, text, "did you mean "+meant.form+"?")
		return meant
	}
	var known []string
	for _, f := range conditionFunctions {
		if f.style != operator {
			known = append(known, f.name)
		}
	}
	c.report(at, text, "known are "+strings.Join(known, ", "))
	return nil
}
