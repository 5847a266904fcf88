package rules

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/checker"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/parser"

	"notfalld/rules/pattern"
)

// conditionEnv is what all conditions are compiled with. Parser and checker of the library are used one
// by one: its own Compile gives no tree once something is wrong, and the problems could not say of what.
type conditionEnv struct {
	parser  *parser.Parser
	checker *checker.Env
	cel     *cel.Env
}

// sharedConditionEnv is made when the first condition is compiled: a program that needs none does not
// pay for it.
var sharedConditionEnv = sync.OnceValues(newConditionEnv)

func newConditionEnv() (*conditionEnv, error) {
	p, err := parser.NewParser(
		parser.Macros(parser.AllMacro, parser.ExistsMacro, parser.ExistsOneMacro, parser.FilterMacro, parser.MapMacro),
		parser.EnablePrattParser(true), // the hand-written one: a fifth of the time, and errors that can be told apart
		parser.MaxRecursionDepth(60),
		parser.ErrorRecoveryLimit(8),
		parser.MaxExpressionNodeCount(20_000),
	)
	if err != nil {
		return nil, fmt.Errorf("conditions: %w", err)
	}
	// Hours and days are those of the time's own zone, the office's, and not UTC's.
	options := []cel.EnvOption{cel.DefaultUTCTimeZone(false)}
	for _, f := range conditionFacts {
		options = append(options, cel.Variable(f.name, celType(f.typ)))
		if f.typ == stringFact {
			options = append(options, cel.Variable(foldedName(f.name), cel.StringType))
		}
	}
	options = append(options, conditionBindings()...)
	e, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("conditions: %w", err)
	}
	c, err := checker.NewEnv(e.Container, e.CELTypeProvider(), checker.CrossTypeNumericComparisons(true))
	if err != nil {
		return nil, fmt.Errorf("conditions: %w", err)
	}
	if err := c.AddIdents(e.Variables()...); err != nil {
		return nil, fmt.Errorf("conditions: %w", err)
	}
	for _, f := range e.Functions() {
		if f.IsDeclarationDisabled() {
			continue
		}
		if err := c.AddFunctions(f); err != nil {
			return nil, fmt.Errorf("conditions: %w", err)
		}
	}
	return &conditionEnv{p, c, e}, nil
}

func celType(t factType) *cel.Type {
	switch t {
	case intFact:
		return cel.IntType
	case boolFact:
		return cel.BoolType
	case listFact:
		return cel.ListType(cel.StringType)
	case headersFact:
		return cel.MapType(cel.StringType, cel.StringType)
	case countsFact:
		return cel.MapType(cel.StringType, cel.IntType)
	case timeFact:
		return cel.TimestampType
	}
	return cel.StringType
}

// foldedName is the name under which the folded text of a fact is known: fold(fact) is folded once a
// mail, however many conditions ask for it.
func foldedName(fact string) string { return "fold(" + fact + ")" }

// matchPrefix begins the names under which fact.matches(r'…') of a condition is known, and matchName is
// one of them.
const matchPrefix = "matches#"

func matchName(i int) string { return matchPrefix + strconv.Itoa(i) }

// conditionBindings are the functions that CEL does not bring along.
func conditionBindings() []cel.EnvOption {
	headers := cel.MapType(cel.StringType, cel.StringType)
	counts := cel.MapType(cel.StringType, cel.IntType)
	get := cel.BinaryBinding(func(table, name ref.Val) ref.Val {
		return table.(traits.Mapper).Get(name)
	})
	return []cel.EnvOption{
		cel.Function("get",
			cel.MemberOverload("headers_get", []*cel.Type{headers, cel.StringType}, cel.StringType, get),
			cel.MemberOverload("counts_get", []*cel.Type{counts, cel.StringType}, cel.IntType, get)),
		cel.Function("fold", cel.Overload("fold_text", []*cel.Type{cel.StringType}, cel.StringType,
			cel.UnaryBinding(func(s ref.Val) ref.Val { return types.String(foldText(string(s.(types.String)))) }))),
		cel.Function("lowerAscii", cel.MemberOverload("lower_ascii", []*cel.Type{cel.StringType}, cel.StringType,
			cel.UnaryBinding(func(s ref.Val) ref.Val { return types.String(asciiLower(string(s.(types.String)))) }))),
	}
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// conditionCosts prices functions by the time that they take: CEL counts letters of texts as high as
// members of lists, and does not know our functions. A unit is some 100 ns.
type conditionCosts struct{}

// bytesPerUnit is how many bytes of text a function reads for one unit of cost. What makes new texts is
// dearer than its time: map could keep thousands of them.
var bytesPerUnit = map[string]int{
	"contains": 200, "startsWith": 1000, "endsWith": 1000, "size": 500,
	operators.Add: 20, "lowerAscii": 25, "fold": 25, "matches": 1,
}

// CallCost is the price of one call, nil where CEL's own is right.
func (conditionCosts) CallCost(function, _ string, args []ref.Val, _ ref.Val) *uint64 {
	per, ok := bytesPerUnit[function]
	if !ok {
		return nil
	}
	bytes := 0
	for _, a := range args {
		s, text := a.(types.String)
		if !text {
			return nil
		}
		bytes += len(s)
	}
	cost := uint64(bytes/per) + 1
	return &cost
}

// factTable is a table that answers for names that it does not have: a condition that asks for a header
// field that few mails have must not fail on all others.
type factTable struct {
	traits.Mapper
	absent  ref.Val
	anyCase bool // names are looked up in lower case
}

func (t factTable) key(key ref.Val) ref.Val {
	if s, ok := key.(types.String); ok && t.anyCase {
		return types.String(strings.ToLower(string(s)))
	}
	return key
}

// Contains says whether the name is really there.
func (t factTable) Contains(key ref.Val) ref.Val { return t.Mapper.Contains(t.key(key)) }

// Find never fails to find a name.
func (t factTable) Find(key ref.Val) (ref.Val, bool) {
	if v, found := t.Mapper.Find(t.key(key)); found {
		return v, true
	}
	return t.absent, true
}

// Get is Find for the library's other callers.
func (t factTable) Get(key ref.Val) ref.Val {
	v, _ := t.Find(key)
	return v
}

// conditionActivation gives conditions their facts, each computed when the first of them asks for it.
// It belongs to one mail and one goroutine.
type conditionActivation struct {
	in     *conditionInput
	values []ref.Val // as conditionFacts; nil where nobody asked yet
	folded []ref.Val // the same, folded

	asked   *condition                // the one that is evaluated
	work    int                       // steps that its patterns may still cost
	indexes map[string]*pattern.Index // of the facts in which patterns are looked for
}

func newConditionActivation(in *conditionInput) *conditionActivation {
	both := make([]ref.Val, 2*len(conditionFacts))
	return &conditionActivation{in: in, values: both[:len(conditionFacts)], folded: both[len(conditionFacts):]}
}

// ResolveName is the value of a fact.
func (a *conditionActivation) ResolveName(name string) (any, bool) {
	if i, ok := factIndex()[name]; ok {
		return a.value(i), true
	}
	if n, ok := strings.CutPrefix(name, matchPrefix); ok {
		if i, err := strconv.Atoi(n); err == nil && a.asked != nil && i < len(a.asked.matches) {
			return a.match(a.asked.matches[i]), true
		}
		return nil, false
	}
	if fact, ok := strings.CutPrefix(name, "fold("); ok {
		if i, ok := factIndex()[strings.TrimSuffix(fact, ")")]; ok {
			if a.folded[i] == nil {
				s, _ := a.value(i).(types.String)
				a.folded[i] = types.String(foldText(string(s)))
			}
			return a.folded[i], true
		}
	}
	return nil, false
}

// shortText is up to which length a text is searched without an index.
const shortText = 500

// match looks for a pattern in the text of a fact.
func (a *conditionActivation) match(m conditionMatch) ref.Val {
	v, _ := a.ResolveName(m.fact)
	s, _ := v.(types.String)
	text := string(s)
	ix := a.indexes[m.fact]
	if ix == nil && len(text) > shortText {
		ix = pattern.NewIndex(text)
		if a.indexes == nil {
			a.indexes = map[string]*pattern.Index{}
		}
		a.indexes[m.fact] = ix
	}
	if ix != nil && !m.pattern.Possible(ix) {
		return types.False
	}
	if a.work -= (len(text) + 1) * (m.pattern.Size() + conditionStep); a.work < 0 {
		return types.WrapErr(errConditionCost)
	}
	found := false
	first := func(pattern.Match) bool { found = true; return false }
	if ix == nil {
		m.pattern.Find(text, first)
	} else {
		m.pattern.FindIn(ix, first)
	}
	return types.Bool(found)
}

// Parent is none.
func (a *conditionActivation) Parent() cel.Activation { return nil }

func (a *conditionActivation) value(i int) ref.Val {
	if a.values[i] == nil {
		a.values[i] = factValue(conditionFacts[i].value(a.in))
	}
	return a.values[i]
}

// factValue brings a fact into the form that CEL reads without converting it at each use.
func factValue(v any) ref.Val {
	switch v := v.(type) {
	case string:
		return types.String(v)
	case int64:
		return types.Int(v)
	case bool:
		return types.Bool(v)
	case []string:
		return types.NewStringList(types.DefaultTypeAdapter, v)
	case map[string]string:
		return factTable{types.NewStringStringMap(types.DefaultTypeAdapter, v), types.String(""), true}
	case map[string]int:
		return factTable{types.NewDynamicMap(types.DefaultTypeAdapter, v), types.Int(0), false}
	case time.Time:
		return types.Timestamp{Time: v}
	}
	return types.NewErr("a fact of no known type: %T", v)
}
