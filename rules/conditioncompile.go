package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
)

// conditionCompiler compiles one condition and collects what is wrong with it.
type conditionCompiler struct {
	env      *conditionEnv
	stage    stage
	lex      *conditionLexer
	text     string // the condition with habits mended
	written  []int  // for each byte of text: which byte of the condition it stands for
	places   []int  // for each character of text: at which byte it stands
	tree     *ast.AST
	begins   map[int64]int // where an expression begins, in bytes of text
	problems []conditionProblem
	seen     map[string]bool // facts that it asks for
	reads    int             // calls that read whole texts
	misused  []int64         // calls that are not written as they should be
	out      condition
}

// compileCondition compiles a condition that is asked at a stage. It returns all problems at once, in
// their order; the condition is nil if there is any.
func compileCondition(expr string, st stage) (*condition, []conditionProblem) {
	if len(expr) > conditionLength {
		return nil, []conditionProblem{{0, fmt.Sprintf("a condition of %d bytes; %d are the limit", len(expr), conditionLength), "make several rules of it"}}
	}
	if strings.TrimSpace(expr) == "" {
		return nil, []conditionProblem{{0, "the condition is empty", "leave when: out if the rule needs none"}}
	}
	env, err := sharedConditionEnv()
	if err != nil {
		return nil, []conditionProblem{{0, err.Error(), ""}}
	}
	c := &conditionCompiler{env: env, stage: st, lex: lexCondition(expr), seen: map[string]bool{}}
	c.out.source = expr
	c.text, c.written = c.lex.mended()
	for i := range c.text {
		c.places = append(c.places, i)
	}
	c.places = append(c.places, len(c.text))
	if c.lex.broken {
		c.looseNames()
	} else {
		c.compile()
	}
	problems := append(c.lex.problems, c.problems...)
	slices.SortStableFunc(problems, func(a, b conditionProblem) int { return a.Offset - b.Offset })
	if problems = slices.Compact(problems); len(problems) > 0 {
		return nil, problems
	}
	return &c.out, nil
}

// report notes a problem at a byte of the mended text.
func (c *conditionCompiler) report(at int, text, mend string) {
	at = c.written[min(max(at, 0), len(c.written)-1)]
	c.problems = append(c.problems, conditionProblem{at, text, mend})
}

// compile goes through parser, names, types, and what the types do not tell.
func (c *conditionCompiler) compile() {
	src := common.NewTextSource(c.text)
	tree, errs := c.env.parser.Parse(src)
	if all := errs.GetErrors(); len(all) > 0 {
		c.syntaxError(all[0]) // those that follow come from it, mostly
		c.looseNames()
		return
	}
	c.tree = tree
	c.begins = map[int64]int{}
	c.begin(tree.Expr())
	c.names(tree.Expr(), nil)
	if depth := loopDepth(tree.Expr()); depth > conditionLoops {
		c.report(0, fmt.Sprintf("loops stand %d deep within each other; %d are the limit", depth, conditionLoops), "ask with in, or make several rules of it")
	}
	checked, errs := checker.Check(tree, src, c.env.checker)
	c.tree = checked
	for _, e := range errs.GetErrors() {
		c.typeError(e)
	}
	if len(errs.GetErrors()) > 0 {
		return
	}
	c.outcome(checked)
	c.values(checked.Expr(), nil)
	if len(c.problems) > 0 || len(c.lex.problems) > 0 {
		return
	}
	c.plan(checked)
}

// place is where a node's own token stands: its operator, its opening bracket, its name.
func (c *conditionCompiler) place(id int64) int {
	r, ok := c.tree.SourceInfo().GetOffsetRange(id)
	if !ok {
		return 0
	}
	return c.places[min(max(int(r.Start), 0), len(c.places)-1)]
}

// begin notes where each expression begins: an operator's at its left side.
func (c *conditionCompiler) begin(e ast.Expr) int {
	at := c.place(e.ID())
	for _, child := range children(e) {
		at = min(at, c.begin(child))
	}
	c.begins[e.ID()] = at
	return at
}

// children are the expressions of which one is made, in no order; of loops also what the library made of
// them.
func children(e ast.Expr) []ast.Expr {
	switch e.Kind() {
	case ast.SelectKind:
		return []ast.Expr{e.AsSelect().Operand()}
	case ast.CallKind:
		call := e.AsCall()
		if call.IsMemberFunction() {
			return append([]ast.Expr{call.Target()}, call.Args()...)
		}
		return call.Args()
	case ast.ListKind:
		return e.AsList().Elements()
	case ast.StructKind:
		var out []ast.Expr
		for _, field := range e.AsStruct().Fields() {
			out = append(out, field.AsStructField().Value())
		}
		return out
	case ast.MapKind:
		var out []ast.Expr
		for _, entry := range e.AsMap().Entries() {
			out = append(out, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
		}
		return out
	case ast.ComprehensionKind:
		l := e.AsComprehension()
		return []ast.Expr{l.IterRange(), l.AccuInit(), l.LoopCondition(), l.LoopStep(), l.Result()}
	}
	return nil
}

// loopDepth is how deep loops stand within each other; one that gives another its list stands beside it.
func loopDepth(e ast.Expr) int {
	depth := 0
	for _, child := range children(e) {
		depth = max(depth, loopDepth(child))
	}
	if e.Kind() == ast.ComprehensionKind {
		l := e.AsComprehension()
		return max(depth, 1+loopDepth(l.LoopStep()))
	}
	return depth
}

// outcome checks that the condition is true or false.
func (c *conditionCompiler) outcome(t *ast.AST) {
	if out := t.GetType(t.Expr().ID()); out.Kind() != types.BoolKind {
		c.report(c.begins[t.Expr().ID()], "a condition must be true or false; this is "+aType(out), c.boolMend(t.Expr(), out))
	}
}

// plan makes the program, and finds out whether its answer depends on the facts at all.
func (c *conditionCompiler) plan(t *ast.AST) {
	c.out.loops = loopDepth(t.Expr()) > 0
	options := []cel.ProgramOption{cel.EvalOptions(cel.OptOptimize)}
	if c.out.loops || c.reads > conditionReads {
		// Counting the cost makes an evaluation four times as dear: only where it has to be counted.
		options = append(options, cel.CostTracking(conditionCosts{}), cel.CostLimit(conditionCost))
	}
	if c.out.loops {
		options = append(options, cel.InterruptCheckFrequency(conditionInterrupt))
	}
	program, err := c.env.cel.PlanProgram(t, options...)
	if err != nil { // of constants, which are computed now
		c.report(0, fmt.Sprintf("can never be true: %v", plainEvalError(err)), "")
		return
	}
	c.out.program = program
	c.constant(t)
}

// constant evaluates the condition with all facts unknown: what is known nevertheless is always so.
func (c *conditionCompiler) constant(t *ast.AST) {
	program, err := c.env.cel.PlanProgram(t, cel.EvalOptions(cel.OptPartialEval), cel.CostTracking(conditionCosts{}), cel.CostLimit(conditionCost))
	if err != nil {
		c.report(0, err.Error(), "")
		return
	}
	var unknown []*cel.AttributePatternType
	for _, f := range c.out.facts {
		unknown = append(unknown, cel.AttributePattern(f), cel.AttributePattern(foldedName(f)))
	}
	for i := range c.out.matches {
		unknown = append(unknown, cel.AttributePattern(matchName(i)))
	}
	vars, err := cel.PartialVars(map[string]any{}, unknown...)
	if err != nil {
		c.report(0, err.Error(), "")
		return
	}
	out, _, err := program.Eval(vars)
	switch {
	case err != nil:
		why := plainEvalError(err)
		if errors.Is(why, errConditionCost) {
			why = errors.New("it costs too much, whatever the mail")
		}
		c.report(0, fmt.Sprintf("can never be true: %v", why), "")
	case out == types.False:
		c.report(0, "can never be true", "leave the rule out, or switch it off with off: true")
	case out == types.True:
		c.out.always = true
	}
}
