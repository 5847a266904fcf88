package rules

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

const rulesPage = "../docs/rules.md"

// TestRulesPage: what docs/rules.md shows an admin is true. Each block of YAML loads, and its examples and tests pass; the
// tables of facts and functions are those of the code (-update writes them).
func TestRulesPage(t *testing.T) {
	b, err := os.ReadFile(rulesPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	made := between(between(page, "facts", pageFacts()), "functions", pageFunctions())
	if *update && made != page {
		if err := os.WriteFile(rulesPage, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if made != page {
		t.Errorf("the tables of %s are not those of the code: go test ./rules -run TestRulesPage -update", rulesPage)
	}

	var blocks []string
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page, -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) < 8 {
		t.Fatalf("%d blocks of YAML, wanted 8 at least", len(blocks))
	}
	first := blocks[0]
	for i, text := range blocks {
		name, tests := fmt.Sprintf("block-%d.yaml", i+1), fstest.MapFS{}
		rules := text
		if strings.Contains(text, ".test.yaml\n") {
			tests["x.test.yaml"] = &fstest.MapFile{Data: []byte(text)}
			rules = first + "\nlists:\n  known-errors: {add: [Kontingent erschöpft]}\n"
		}
		set, err := Load([]File{{Name: name, Text: []byte(rules)}})
		if err != nil {
			t.Errorf("block %d:\n%v", i+1, err)
			continue
		}
		report, err := set.Try(t.Context(), tests, "", TryOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !report.OK() {
			for _, p := range report.All() {
				t.Errorf("block %d: %s", i+1, p)
			}
		}
	}
}

// between puts text between the marks of a name.
func between(page, name, text string) string {
	begin := strings.Index(page, "<!-- "+name)
	if begin < 0 {
		return page + "no mark for " + name
	}
	begin += strings.IndexByte(page[begin:], '\n') + 1
	end := begin + strings.Index(page[begin:], "<!-- end -->")
	return page[:begin] + text + page[end:]
}

func pageFacts() string {
	var b strings.Builder
	b.WriteString("\n| fact | type | known to | what it is |\n|---|---|---|---|\n")
	for _, f := range conditionFacts {
		typ := f.typ.String()
		if len(f.enum) > 0 {
			quoted := make([]string, len(f.enum))
			for i, e := range f.enum {
				quoted[i] = fmt.Sprintf("`%q`", e)
			}
			typ += ": " + strings.Join(quoted, ", ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, typ, [...]string{"all", "classify, route", "weights, route", "route"}[f.stage], f.doc)
	}
	return b.String() + "\n"
}

func pageFunctions() string {
	var b strings.Builder
	b.WriteString("\n| written | what it gives | example |\n|---|---|---|\n")
	bar := strings.NewReplacer("|", "\\|")
	for _, f := range conditionFunctions {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", bar.Replace(f.form), bar.Replace(f.doc), bar.Replace(f.example))
	}
	return b.String() + "\n"
}
