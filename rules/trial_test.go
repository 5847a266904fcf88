package rules

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what is made: the committed figures, the tables of docs/rules.md, the wanted output of testdata/trials")

// generous: a test that runs beside others on a busy machine is not the rules' fault.
const generous = time.Minute

// TestShippedRules runs the tests and examples that come with the shipped rules.
func TestShippedRules(t *testing.T) {
	seen := 0
	r, err := Shipped().Try(t.Context(), ShippedFolder(), "shipped", TryOptions{Shipped: true, Limit: generous, Each: func(done, total int, x Trial) {
		if seen++; done != seen || total < done {
			t.Errorf("%s: trial %d of %d, the %d. that was told", x.Name, done, total, seen)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	tests, examples := 0, map[string]int{}
	for _, x := range r.Trials {
		if x.Kind == TestTrial {
			tests++
			continue
		}
		kind, _, _ := strings.Cut(strings.TrimPrefix(x.Name, x.Rule+": "), " ")
		examples[x.Rule+" "+kind]++
	}
	for _, p := range r.All() {
		if p.Warning {
			t.Log(p)
		} else {
			t.Error(p)
		}
	}
	t.Logf("%d tests, %d trials in all: %v", tests, len(r.Trials), r.Count)
	if tests < 70 || seen != len(r.Trials) {
		t.Errorf("%d tests, wanted 70 at least; %d trials, %d told", tests, len(r.Trials), seen)
	}
	s := Shipped()
	for _, rule := range slices.Concat(s.decisions, s.hints, s.weights) {
		for _, kind := range []string{"match", "skip"} {
			if needsMore := (rule.name == "known-server" || rule.name == "campaign") && kind == "match"; examples[rule.name+" "+kind] == 0 && !needsMore {
				t.Errorf("rule %s has no example to %s", rule.name, kind)
			}
		}
	}
}

// TestTrials: each file of testdata/trials holds a folder of rules, and what its trials say (run with -update to write it).
func TestTrials(t *testing.T) {
	files, err := filepath.Glob("testdata/trials/*.txtar")
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files in testdata/trials, wanted 25 at least: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			folder, want := fstest.MapFS{}, -1
			for i, f := range a.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				folder[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			if want < 0 {
				t.Fatal("no file want")
			}
			got := tryFolder(t, folder)
			if *update {
				a.Files[want].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if w := string(a.Files[want].Data); got != w {
				t.Errorf("got:\n%swanted:\n%s", got, w)
			}
		})
	}
}

// tryFolder loads and tries a folder, and says what came of it.
func tryFolder(t *testing.T, folder fstest.MapFS) string {
	t.Helper()
	files, err := ReadFiles(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Try(t.Context(), folder, "", TryOptions{Limit: generous})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range r.Problems {
		fmt.Fprintln(&b, p)
	}
	for _, x := range r.Trials {
		fmt.Fprintf(&b, "%s %s: %s\n", x.Outcome, x.Kind, x.Name)
		for _, p := range x.Problems {
			fmt.Fprintln(&b, "  "+p.String())
		}
	}
	fmt.Fprintf(&b, "ok: %v\n", r.OK())
	return b.String()
}

// TestTryStops: who has no time gets what was tried so far, and is told so; one trial that takes too long is that trial's
// failure alone.
func TestTryStops(t *testing.T) {
	folder := fstest.MapFS{"a.test.yaml": {Data: []byte("tests:\n- {name: a, text: x, expect: {servers: []}}\n- {name: b, text: x, expect: {servers: []}}\n- {name: c, todo: why, text: x, expect: {servers: []}}\n")}}
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Shipped().Try(ctx, folder, "", TryOptions{Limit: generous, Each: func(int, int, Trial) { cancel() }})
	if !errors.Is(err, context.Canceled) || len(r.Trials) != 1 || r.Count[Passed] != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	r, err = Shipped().Try(t.Context(), folder, "", TryOptions{Limit: time.Nanosecond})
	if err != nil || len(r.Trials) != 3 || r.Count[Failed] != 2 || r.Count[Todo] != 1 || r.OK() {
		t.Fatalf("%v, %+v", err, r)
	}
	if got, want := r.All()[0].String(), "a.test.yaml:2:3: tests[0]: took longer than 1ns; a shorter mail, or rules that are asked less"; got != want {
		t.Errorf("got %q, wanted %q", got, want)
	}
}

// TestTryNothing: a folder that is not there is an error, none at all is not.
func TestTryNothing(t *testing.T) {
	if r, err := Shipped().Try(t.Context(), nil, "", TryOptions{}); err != nil || len(r.Trials) != 0 || !r.OK() {
		t.Errorf("%v, %+v", err, r)
	}
	if _, err := Shipped().Try(t.Context(), os.DirFS("testdata/nowhere"), "", TryOptions{}); err == nil {
		t.Error("a folder that is not there was tried")
	}
}

// TestTryLarge: what is larger than anybody writes by hand is named, and the rest is tried.
func TestTryLarge(t *testing.T) {
	folder := fstest.MapFS{
		"a.test.yaml": {Data: make([]byte, maxRuleFile+1)},
		"big.eml":     {Data: make([]byte, maxTrialMail+1)},
		"b.test.yaml": {Data: []byte("tests:\n- {name: a, mail: big.eml, expect: {class: other}}\n- {name: b, text: x, expect: {class: other}}\n")},
	}
	r, err := Shipped().Try(t.Context(), folder, "rules", TryOptions{Limit: generous})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range r.All() {
		got = append(got, p.String())
	}
	want := []string{"rules/a.test.yaml: the file has 1048577 bytes, and at most 1048576 are read; split it, or make it shorter",
		"rules/b.test.yaml:2:19: tests[0].mail: big.eml: the file has 33554433 bytes, and at most 33554432 are read"}
	if !slices.Equal(got, want) || r.Count[Passed] != 1 || r.OK() {
		t.Errorf("%q, %v", got, r.Count)
	}
}

// TestTrialKeys: every key of test files stands in the page for admins.
func TestTrialKeys(t *testing.T) {
	b, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(b), "\n## Test files\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var keys []string
	for _, of := range []reflect.Type{reflect.TypeFor[rawTests](), reflect.TypeFor[rawTest](), reflect.TypeFor[rawExpect]()} {
		for i := range of.NumField() {
			keys = append(keys, of.Field(i).Tag.Get("yaml"))
		}
	}
	for _, k := range keys {
		if k != "tests" && k != "name" && !strings.Contains(section, "`"+k+"`") {
			t.Errorf("docs/rules.md says nothing of %s", k)
		}
	}
	for _, k := range slices.Concat(expectKeys, wholeMail, mailFields) {
		if !slices.Contains(keys, k) {
			t.Errorf("%s is no key", k)
		}
	}
}

// FuzzTrials: a test file of a stranger's, with a mail that is anything, ends within its limit and breaks nothing.
func FuzzTrials(f *testing.F) {
	for _, text := range []string{
		"tests:\n- {name: a, raw: \"From: a@b\\n\\nx\", expect: {servers: [], fired: [outage]}}",
		"inventory: |\n  server,customer_number\n  a,b,c\ntests: [{name: a, text: b, todo: c, expect: {class: other}}]",
		"tests: [{name: a, headers: {\"x\\ny\": \"z\\r\\n\\r\\nq\"}, text: x, from: \"<@>\", to: [\"\"], expect: {errors: [\"…\"], phones: [\"+\"]}}]",
	} {
		f.Add(text, "Kundennummer 104711, web1.kunde.at ist weg: \"Connection refused\"")
	}
	f.Fuzz(func(t *testing.T, file, text string) {
		folder := fstest.MapFS{"a.test.yaml": {Data: []byte(file)}, "m.eml": {Data: []byte(text)}}
		r, err := Shipped().Try(t.Context(), folder, "", TryOptions{Limit: generous})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range r.Trials {
			if x.Outcome == "" || (x.Outcome == Failed) != (len(x.Problems) > 0 && x.Todo == "") {
				t.Fatalf("%+v", x)
			}
		}
		for _, p := range r.All() {
			if p.Text == "" || p.File != "a.test.yaml" || p.Line < 0 {
				t.Fatalf("%+v", p)
			}
		}
	})
}
