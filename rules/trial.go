package rules

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"notfalld/message"
	"notfalld/strictyaml"
)

// TrialKind says where a trial comes from.
type TrialKind string

// The two kinds of trials.
const (
	ExampleTrial TrialKind = "example" // stands in a rule
	TestTrial    TrialKind = "test"    // stands in a test file
)

// Outcome is how a trial went.
type Outcome string

// The four outcomes. Only failed ones count against a rule set.
const (
	Passed Outcome = "passed"
	Failed Outcome = "failed"
	Todo   Outcome = "todo"   // fails, and is known to
	Mended Outcome = "mended" // passes although it is known to fail: its todo can be removed
)

// Trial is one example of a rule, or one test of a test file, as it went.
type Trial struct {
	Kind     TrialKind
	Name     string // of the test; of an example its rule, and what it begins with
	Rule     string // of an example
	Place    Place
	Todo     string // why it is known to fail, or ""
	Outcome  Outcome
	Problems []Problem // every expectation that failed, with its place; warnings where the outcome is Todo or Mended
}

// Report is what came of all trials.
type Report struct {
	Trials   []Trial
	Problems []Problem // what is wrong with the test files themselves
	Count    map[Outcome]int
}

// OK says whether the rule set may be taken into use: every test file could be read, and no trial failed.
func (r Report) OK() bool { return !strictyaml.Broken(r.Problems) && r.Count[Failed] == 0 }

// All are the problems of the files and of all trials, in the order of the files.
func (r Report) All() []Problem {
	all := append([]Problem(nil), r.Problems...)
	for _, t := range r.Trials {
		all = append(all, t.Problems...)
	}
	strictyaml.Sort(all)
	return all
}

// TryOptions say what is tried. The zero value tries what is an admin's.
type TryOptions struct {
	Shipped bool                           // the examples of the shipped rules too
	Tests   bool                           // the test files alone, and no examples
	Limit   time.Duration                  // of one trial; 0: one second
	Each    func(done, total int, t Trial) // told of every trial when it is over; nil: nobody is
}

// ShippedFolder holds the shipped rule files and their tests, for Try and for whoever wants to read them.
func ShippedFolder() fs.FS {
	sub, err := fs.Sub(shippedFiles, "shipped")
	if err != nil { // of a name that is no path
		return shippedFiles
	}
	return sub
}

// Try runs the examples of the set's rules, and the test files (*.test.yaml) of a folder, which may be nil. prefix is put
// before the names of files in problems. Tests bring their own inventory and clock; nothing else of the world is looked
// at. The error is that of ctx, with what was tried until then, or of a folder that cannot be read.
func (s *Set) Try(ctx context.Context, folder fs.FS, prefix string, o TryOptions) (Report, error) {
	r := Report{Count: map[Outcome]int{}}
	files, err := readTrialFiles(s, folder, prefix)
	if err != nil {
		return r, err
	}
	if o.Limit == 0 {
		o.Limit = time.Second
	}
	var todo []pending
	if !o.Tests {
		todo = s.exampleTrials(o.Shipped)
	}
	for _, f := range files {
		r.Problems = append(r.Problems, f.doc.Problems()...)
		todo = append(todo, f.trials(s)...)
	}
	for _, p := range todo {
		if err := ctx.Err(); err != nil {
			return r, err
		}
		t := p.run(ctx, o.Limit)
		r.Trials = append(r.Trials, t)
		r.Count[t.Outcome]++
		if o.Each != nil {
			o.Each(len(r.Trials), len(todo), t)
		}
	}
	return r, ctx.Err()
}

// pending is a trial that was not run yet.
type pending struct {
	trial Trial
	doc   *strictyaml.Doc
	key   string // where it stands
	try   func(ctx context.Context) ([]Problem, error)
}

// run runs it within a limit of time.
func (p pending) run(ctx context.Context, limit time.Duration) Trial {
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	t := p.trial
	var err error
	t.Problems, err = p.try(within)
	switch {
	case err == nil:
	case ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded):
		t.Problems = []Problem{p.doc.Problem(p.key, fmt.Sprintf("took longer than %v", limit), "a shorter mail, or rules that are asked less")}
	default:
		t.Problems = []Problem{p.doc.Problem(p.key, err.Error(), "")}
	}
	strictyaml.Sort(t.Problems)
	t.Outcome = Passed
	switch failed := len(t.Problems) > 0; {
	case failed && t.Todo != "":
		t.Outcome = Todo
		for i := range t.Problems {
			t.Problems[i].Warning = true
		}
	case failed:
		t.Outcome = Failed
	case t.Todo != "":
		t.Outcome = Mended
		w := p.doc.Problem(p.key+".todo", "the test passes", "remove the todo")
		w.Warning = true
		t.Problems = []Problem{w}
	}
	return t
}

// trials are the tests of a file that could be read.
func (f *trialFile) trials(s *Set) []pending {
	var out []pending
	for _, k := range []string{"inventory", "clock", "support_open", "own"} {
		if f.doc.BadBelow(k) {
			return nil // every test depends on it
		}
	}
	for i := range f.raw.Tests {
		t, key := &f.raw.Tests[i], fmt.Sprintf("tests[%d]", i)
		if f.doc.BadBelow(key) {
			continue
		}
		line, col := f.doc.PlaceOf(key + ".name")
		out = append(out, pending{
			trial: Trial{Kind: TestTrial, Name: t.Name, Place: Place{f.name, line, col}, Todo: t.Todo}, doc: f.doc, key: key,
			try: func(ctx context.Context) ([]Problem, error) { return f.try(ctx, s, i, key) },
		})
	}
	return out
}

// try runs one test.
func (f *trialFile) try(ctx context.Context, s *Set, i int, key string) ([]Problem, error) {
	t, w := &f.raw.Tests[i], f.worlds[i]
	m, err := f.trialMail(t, key, w)
	if err != nil {
		return nil, err
	}
	got, err := s.tried(ctx, m, w)
	if err != nil {
		return nil, err
	}
	c := comparison{doc: f.doc, key: key + ".expect", got: got}
	c.all(&t.Expect)
	c.link(t, w)
	return c.problems, nil
}

// tried is what a mail gave, and what the rules saw on the way.
type tried struct {
	set   *Set
	facts Facts
	trace Trace
	ctx   context.Context
	mail  *message.Mail
	world World
	again *doc // the mail prepared once more, when something is asked that the trace does not say
}

func (s *Set) tried(ctx context.Context, m *message.Mail, w World) (*tried, error) {
	f, trace, err := s.Explain(ctx, m, w)
	if err != nil {
		return nil, err
	}
	return &tried{set: s, facts: f, trace: trace, ctx: ctx, mail: m, world: w}, nil
}

// doc is the mail as the rules see it, with what they captured.
func (t *tried) doc() *doc {
	if t.again == nil {
		t.again = t.set.newDoc(t.ctx, t.mail, t.world)
		t.again.captured = t.set.capture(t.ctx, t.again)
	}
	return t.again
}
