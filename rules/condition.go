package rules

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"notfalld/rules/pattern"
)

// condition is a compiled `when:`. It is immutable; any number of mails may be asked at once.
type condition struct {
	source  string
	always  bool     // true of every mail, whatever the facts
	facts   []string // the facts that it asks for, in order of their first appearance
	hints   []string // the names that it looks up in hints
	headers []string // and in mail.headers
	program cel.Program
	matches []conditionMatch
	loops   bool // over members of lists: the clock is looked at in between
}

// conditionMatch is a pattern that is looked for in the text of a fact.
type conditionMatch struct {
	fact    string // or fold(fact)
	pattern *pattern.Pattern
}

// conditionProblem is one thing that is wrong with a condition.
type conditionProblem struct {
	Offset int    // bytes from the beginning of the condition
	Text   string // what is wrong
	Mend   string // what to write instead; "" if there is nothing short to say
}

const (
	// conditionLength is the most bytes of a condition: a few hundred customer numbers, and no list
	// of ten megabytes.
	conditionLength = 16 << 10
	// conditionCost is what one evaluation may cost, in the units of CEL: steps of loops, or what takes as
	// long. A unit is some 100 ns, so that the worst condition takes 20 ms of a mail's time.
	conditionCost = 200_000
	// conditionReads is how many calls that read whole texts, or make new ones, may stand in a condition
	// without loops whose cost is not counted: a few ms of the longest texts.
	conditionReads = 16
	// conditionWork is how many steps the patterns of one evaluation may cost: for each byte of the texts
	// that they are tried on, their sizes and conditionStep. It is some tenths of a second at the worst.
	conditionWork = 100_000_000
	conditionStep = 32
	// conditionInterrupt is after how many members of a list the clock is looked at.
	conditionInterrupt = 256
	// conditionLoops is how deep exists, all, filter and map may stand within each other.
	conditionLoops = 2
)

// eval asks the condition of one mail. An error says in plain words why it could not be answered; the
// rule does not fire then.
func (c *condition) eval(ctx context.Context, in *conditionActivation) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, fmt.Errorf("condition: %w", err)
	}
	if c.always {
		return true, nil
	}
	in.asked, in.work = c, conditionWork
	ask := func() (bool, error) {
		var out any
		var err error
		if c.loops {
			out, _, err = c.program.ContextEval(ctx, in)
		} else {
			// Without loops the time is bounded, and no context has to be set up.
			out, _, err = c.program.Eval(in)
		}
		if err != nil {
			return false, err
		}
		b, ok := out.(types.Bool)
		if !ok {
			return false, fmt.Errorf("neither true nor false: %v", out)
		}
		return bool(b), nil
	}
	answer, err := ask()
	if err != nil && ctx.Err() != nil {
		return false, fmt.Errorf("condition: out of time: %w", ctx.Err())
	}
	if err != nil {
		return false, fmt.Errorf("condition: %w", plainEvalError(err))
	}
	return answer, nil
}

// errConditionCost says that a condition was stopped.
var errConditionCost = errors.New("stopped, this mail makes it cost too much")

// plainEvalError says why a condition could not be answered.
func plainEvalError(err error) error {
	var cancelled interpreter.EvalCancelledError
	if errors.Is(err, errConditionCost) || errors.As(err, &cancelled) && cancelled.Cause == interpreter.CostLimitExceeded {
		return errConditionCost
	}
	text := err.Error()
	for _, p := range evalErrors {
		if strings.Contains(text, p.says) {
			return errors.New(p.plain)
		}
	}
	return err
}

// evalErrors are those that CEL gives at the evaluation of what compiled, and what they mean.
var evalErrors = []struct{ says, plain string }{
	{"index out of bounds", "the list has no member of that place"},
	{"invalid_argument", "the list has no member of that place"},
	{"no such key", "the table has no such name"},
	{"divide by zero", "divided by zero"},
	{"division by zero", "divided by zero"},
	{"modulus by zero", "divided by zero"},
	{"integer overflow", "the number is too large"},
	{"from 'string' to 'int'", "int() was given a text that is no number"},
	{"from 'string' to 'double'", "double() was given a text that is no number"},
	{"RFC 3339 timestamp", "timestamp() was given a text that is no time"},
	{"google.protobuf.Timestamp", "timestamp() was given a text that is no time"},
	{"google.protobuf.Duration", "duration() was given a text that is no length of time"},
}

// saw says what the facts that the condition asks for are of a mail, for whoever wonders about the answer.
func (c *condition) saw(in *conditionActivation) string {
	var out []string
	for _, name := range c.facts {
		i := factIndex()[name]
		switch v := in.value(i).(type) {
		case types.String:
			out = append(out, fmt.Sprintf("%s is %s", name, shortQuote(string(v))))
		case types.Timestamp:
			out = append(out, fmt.Sprintf("%s is %s", name, v.Format("Mon 2006-01-02 15:04 MST")))
		case factTable:
			names := c.hints
			if v.anyCase {
				names = c.headers
			}
			for _, n := range names {
				out = append(out, fmt.Sprintf("%s of %s is %s", n, name, shortValue(v.Get(types.String(n)))))
			}
		case traits.Lister:
			out = append(out, fmt.Sprintf("%s is %s", name, shortList(v)))
		default:
			out = append(out, fmt.Sprintf("%s is %v", name, v.Value()))
		}
	}
	return strings.Join(out, ", ")
}

func shortValue(v ref.Val) string {
	if s, ok := v.(types.String); ok {
		return shortQuote(string(s))
	}
	return fmt.Sprint(v.Value())
}

// shortQuote is the beginning of a text in quotation marks.
func shortQuote(s string) string {
	if short := cut(s, 60); len(short) < len(s) {
		return fmt.Sprintf("%q…", short)
	}
	return strconv.Quote(s)
}

// shortList are the first members of a list.
func shortList(l traits.Lister) string {
	size, _ := l.Size().(types.Int)
	var out []string
	for i := range min(size, 3) {
		out = append(out, shortValue(l.Get(i)))
	}
	if size > 3 {
		out = append(out, fmt.Sprintf("… (%d)", size))
	}
	return "[" + strings.Join(out, ", ") + "]"
}
