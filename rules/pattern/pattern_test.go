package pattern

import (
	"os"
	"slices"
	"strings"
	"testing"
)

var testCaptures = []string{"server", "error", "customer_number", "phone", "problem", "reproduction", "changes"}

// compileTest compiles a pattern as a rule would: for what it captures if it names captures.
func compileTest(expr string) (*Pattern, []Problem) {
	if strings.Contains(expr, "(?P<") || strings.Contains(expr, "(?<") && !strings.Contains(expr, "(?<=") && !strings.Contains(expr, "(?<!") {
		return Compile(expr, testCaptures)
	}
	return Compile(expr, nil)
}

// marked takes the marks out of a pattern and returns where they stood.
func marked(s string) (expr string, at []int) {
	for {
		before, after, ok := strings.Cut(s, "▸")
		if !ok {
			return s, at
		}
		at = append(at, len(before))
		s = before + after
	}
}

func TestPatternProblems(t *testing.T) {
	for _, c := range readTable(t, "testdata/compile.txt", " ⇒ ", 2, 100) {
		expr, at := marked(c[0])
		p, problems := compileTest(expr)
		if c[1] == "ok" {
			if p == nil || len(problems) > 0 {
				t.Errorf("%s: %v", c[0], problems)
			}
			continue
		}
		wanted := strings.Split(c[1], " & ")
		if len(wanted) != len(at) || len(problems) != len(wanted) {
			t.Errorf("%s: %d marks, wanted %q, got %v", c[0], len(at), wanted, problems)
			continue
		}
		failed := false
		for i, w := range wanted {
			kind, text, _ := strings.Cut(w, " ")
			got := problems[i]
			failed = failed || !got.Warning
			if got.Offset != at[i] || !strings.Contains(got.Text+"; "+got.Mend, text) || got.Warning != (kind == "warning") {
				t.Errorf("%s: at %d (wanted %d): %s; %s (wanted %s)", c[0], got.Offset, at[i], got.Text, got.Mend, w)
			}
			if got.Mend == "" || got.Mend[0] == ' ' {
				t.Errorf("%s: no mend", c[0])
			}
		}
		if (p == nil) != failed {
			t.Errorf("%s: pattern %v, failed %v", c[0], p, failed)
		}
	}
}

func TestNeverMatching(t *testing.T) {
	for _, c := range readTable(t, "testdata/never.txt", "\t", 1, 40) {
		expr, at := marked(c[0])
		p, problems := Compile(expr, nil)
		if p != nil || len(problems) != 1 || !strings.Contains(problems[0].Text, "can never match") {
			t.Errorf("%s: %v", expr, problems)
			continue
		}
		if len(at) > 0 && problems[0].Offset != at[0] {
			t.Errorf("%s: at %d, wanted %d: %s", c[0], problems[0].Offset, at[0], problems[0].Text)
		}
	}
}

func TestCapturesWanted(t *testing.T) {
	if p, problems := Compile("Server abc", []string{"server"}); p != nil || !strings.Contains(problems[0].Text, "captures nothing") {
		t.Errorf("no capture: %v", problems)
	}
	if p, problems := Compile("Server (?P<server>abc)", nil); p != nil || problems[0].Offset != 7 || !strings.Contains(problems[0].Text, "not used") {
		t.Errorf("useless capture: %v", problems)
	}
	if p, problems := Compile(strings.Repeat("a", maxLength+1), nil); p != nil || !strings.Contains(problems[0].Text, "too long") {
		t.Errorf("too long: %v", problems)
	}
	if p, problems := Compile("ab\xffc", nil); p != nil || problems[0].Offset != 2 {
		t.Errorf("not UTF-8: %v", problems)
	}
}

func mustPattern(t testing.TB, expr string) *Pattern {
	t.Helper()
	p, problems := compileTest(expr)
	if p == nil {
		t.Fatalf("%s: %v", expr, problems)
	}
	return p
}

// written puts matches into a line: the text of each with name=value of its captures.
func written(text string, list []Match) string {
	var out []string
	for _, m := range list {
		s := text[m.From:m.To]
		for _, c := range m.Captures {
			s += " " + c.Name + "=" + text[c.From:c.To]
		}
		out = append(out, s)
	}
	return strings.Join(out, " / ")
}

func allOf(find func(func(Match) bool) bool) (list []Match, whole bool) {
	whole = find(func(m Match) bool { list = append(list, m); return true })
	return list, whole
}

func TestFind(t *testing.T) {
	b, err := os.ReadFile("testdata/find.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(b), "\n\n")
	for _, c := range cases {
		l := strings.Split(strings.TrimSpace(c), "\n")
		if len(l) != 3 {
			t.Fatalf("case of %d lines: %q", len(l), c)
		}
		text := strings.ReplaceAll(l[1], "⏎", "\n")
		p := mustPattern(t, l[0])
		want := strings.ReplaceAll(strings.TrimSpace(strings.TrimPrefix(l[2], "=")), "⏎", "\n")
		list, whole := allOf(func(e func(Match) bool) bool { return p.Find(text, e) })
		if got := written(text, list); got != want || !whole {
			t.Errorf("%s in %q: %q, wanted %q (whole %v)", l[0], text, got, want, whole)
		}
		ix := NewIndex(text)
		indexed, _ := allOf(func(e func(Match) bool) bool { return p.FindIn(ix, e) })
		if got := written(text, indexed); got != want {
			t.Errorf("%s in the index of %q: %q, wanted %q", l[0], text, got, want)
		}
	}
	if len(cases) < 15 {
		t.Errorf("%d cases", len(cases))
	}
}

func TestFindEnds(t *testing.T) {
	p := mustPattern(t, "(?i)fehler")
	text := strings.Repeat("fehler\n", 5000)
	list, whole := allOf(func(e func(Match) bool) bool { return p.Find(text, e) })
	if len(list) != maxMatches || whole {
		t.Errorf("%d matches, whole %v", len(list), whole)
	}
	n := 0
	if !p.Find(text, func(Match) bool { n++; return n < 3 }) || n != 3 {
		t.Errorf("%d matches after an end at 3", n)
	}
	exactly := strings.Repeat("fehler\n", maxMatches)
	if list, whole := allOf(func(e func(Match) bool) bool { return p.Find(exactly, e) }); len(list) != maxMatches || !whole {
		t.Errorf("%d matches, whole %v", len(list), whole)
	}
}

func TestFindAcrossChunks(t *testing.T) {
	long := strings.Repeat("abc\n", 3*findChunk)
	p := mustPattern(t, `\Aabc`)
	if list, whole := allOf(func(e func(Match) bool) bool { return p.Find(long, e) }); len(list) != 1 || !whole {
		t.Errorf("%d beginnings, whole %v", len(list), whole)
	}
	p = mustPattern(t, "(?i)fehler")
	text := strings.Repeat("fehler\n", maxMatches) + strings.Repeat("x\n", findChunk) + "Fehler"
	if list, whole := allOf(func(e func(Match) bool) bool { return p.Find(text, e) }); len(list) != maxMatches || whole {
		t.Errorf("%d matches, whole %v", len(list), whole)
	}
	text = "Fehler\n" + strings.Repeat("nichts\n", findChunk) + "FEHLER und Fehler"
	for _, find := range []func(func(Match) bool) bool{
		func(e func(Match) bool) bool { return p.Find(text, e) },
		func(e func(Match) bool) bool { return p.FindIn(NewIndex(text), e) },
	} {
		if list, whole := allOf(find); written(text, list) != "Fehler / FEHLER / Fehler" || !whole {
			t.Errorf("%q, whole %v", written(text, list), whole)
		}
	}
}

// Each try from an a runs to the end of the text: without a limit that is 200,000 times 200,000 steps.
func TestFindIsBounded(t *testing.T) {
	p := mustPattern(t, `(?s)abc(?:.*END)?`)
	text := strings.Repeat("abc", 60_000)
	list, whole := allOf(func(e func(Match) bool) bool { return p.Find(text, e) })
	if whole || len(list) == 0 || len(list) > maxLooks*maxWork/(p.size*len(text))+1 {
		t.Errorf("%d matches, whole %v", len(list), whole)
	}
}

func TestPossible(t *testing.T) {
	text := "Sehr geehrte Damen und Herren,\nunser Server EX01 meldet: Disk FULL, Störung seit 7 Uhr.\nORA-00942: table or view does not exist\n"
	ix := NewIndex(text)
	for expr, want := range map[string]bool{
		"(?i)server": true, "server": true, "Plesk": false, `ORA-\d{5}`: true, `ORA-01\d{3}`: false, "(?i)dıskette": false,
		"(?i)DISK": true, "(?i)di\u017f\u212a": true, "(?i)STÖRUNG": true, "Störfall": false, "plesk|table": true, "plesk|tisch": false,
		`EX\d\d`: true, "(?:Plesk|Server).*(?:down|meldet)": true, "geehrte.*meldet": false, `geehrte[\s\S]*meldet`: true, "view.*exist": true,
		"exist.*view": true, `\d+`: true, "x": true, "quota[a-z ]*exceeded": false, "(?:disk|quota) leer": false, "(?i)(?:disk|quota) full": true,
	} {
		p, problems := Compile(expr, nil)
		if p == nil {
			t.Fatal(expr, problems)
		}
		if got := p.Possible(ix); got != want {
			t.Errorf("%s: possible %v; needs %v", expr, got, literals(p))
		}
	}
}

func literals(p *Pattern) (out [][]string) {
	for _, c := range p.need {
		var l []string
		for _, s := range c.any {
			l = append(l, s.text)
		}
		out = append(out, l)
	}
	return out
}

func TestNeeds(t *testing.T) {
	for _, c := range readTable(t, "testdata/needs.txt", " ⇒ ", 2, 20) {
		p := mustPattern(t, c[0])
		var got []string
		for _, l := range literals(p) {
			slices.Sort(l)
			got = append(got, strings.Join(l, " | "))
		}
		if len(got) == 0 {
			got = []string{"-"}
		}
		if s := strings.Join(got, " & "); s != c[1] {
			t.Errorf("%s needs %q, wanted %q", c[0], s, c[1])
		}
	}
}
