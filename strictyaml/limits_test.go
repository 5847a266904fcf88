package strictyaml

import (
	"fmt"
	"strings"
	"testing"
)

// TestLimits: what the parser would take minutes and gigabytes for is refused before.
func TestLimits(t *testing.T) {
	var keys, nested strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&keys, "k%d: x\n", i)
	}
	for i := range 300 {
		fmt.Fprintf(&nested, "%*sk:\n", 2*i, "")
	}
	for _, c := range []struct{ name, text, want string }{
		{"brackets", "name: " + strings.Repeat("[", 200_000), "r.yaml:1:107: what stands here is nested too deeply"},
		{"braces", "name: " + strings.Repeat("{a: ", 50_000), "r.yaml:1:407: what stands here is nested too deeply"},
		{"brackets side by side", "steps: [" + strings.Repeat("[], ", 200), "r.yaml:1:8: this is no YAML: sequence end token ']' not found; a bracket, brace or quote that was opened is not closed"},
		{"dashes", strings.Repeat("- ", 50_000) + "x", "r.yaml:1:501: what stands here is nested too deeply"},
		{"indentation", nested.String(), "r.yaml:251:501: what stands here is nested too deeply"},
		{"question marks", strings.Repeat("? ", 50_000), "r.yaml:1:501: what stands here is nested too deeply"},
		{"keys", keys.String(), "r.yaml:20001:7: the file is too large; it may hold 20000 keys"},
		{"a long list", "steps:\n" + strings.Repeat("- x\n", 150_000), "r.yaml:100001:1: the file is too large; it may hold about 100000 values"},
		{"empty entries", "steps:\n" + strings.Repeat("-\n", 50_000), "r.yaml:20002:1: the file is too large; it may hold 20000 keys"},
		{"commas", "steps: [" + strings.Repeat("x, ", 150_000) + "x]", "r.yaml:1:300004: the file is too large; it may hold about 100000 values"},
		{"bytes", "name: " + strings.Repeat("x", 5<<20), "r.yaml: the file is too large; it may hold 4 MB"},
		{"bytes in a block", "name: |\n" + strings.Repeat("  x\n", 2<<20), "r.yaml: the file is too large; it may hold 4 MB"},
	} {
		var r recipe
		d := Read("r.yaml", []byte(c.text), &r, Options{})
		if ps := d.Problems(); len(ps) != 1 || ps[0].String() != c.want {
			t.Errorf("%s: %.300v\nwant %s", c.name, ps, c.want)
		}
		if d.Has("") {
			t.Errorf("%s was read", c.name)
		}
	}
}

// TestWithinLimits: what hand-written files may hold is read.
func TestWithinLimits(t *testing.T) {
	var f ruleFile
	var text strings.Builder
	text.WriteString("lists:\n  words:\n")
	for i := range 40_000 {
		fmt.Fprintf(&text, "    - word%d\n", i)
	}
	text.WriteString("rules:\n")
	for i := range 3000 {
		fmt.Fprintf(&text, "  r%d: {match: [x, %s], when: y}\n", i, strings.Repeat("x", 600))
	}
	d := Read("r.yaml", []byte(text.String()), &f, Options{})
	if len(d.Problems()) > 0 || len(f.Lists["words"]) != 40_000 || len(f.Rules) != 3000 {
		t.Errorf("%v: %d words, %d rules", d.Problems(), len(f.Lists["words"]), len(f.Rules))
	}
}
