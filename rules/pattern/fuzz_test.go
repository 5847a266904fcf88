package pattern

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Everything said about a pattern without a text is compared with what regexp does to texts.

// agrees fails unless what is known about an expression holds for a text.
func agrees(t interface {
	Helper()
	Fatalf(string, ...any)
}, expr, text string) {
	t.Helper()
	p, problems := compileTest(expr)
	re, err := regexp.Compile("(?m)" + expr)
	for _, pr := range problems {
		if pr.Offset < 0 || pr.Offset > len(expr) || pr.Text == "" {
			t.Fatalf("%q: bad problem %+v", expr, pr)
		}
	}
	if p == nil {
		if len(problems) == 0 {
			t.Fatalf("%q: refused without a word", expr)
		}
		if err == nil && strings.Contains(problems[0].Text, "can never match") && re.MatchString(text) {
			t.Fatalf("%q can never match, but matches %q", expr, text)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: taken, but %v", expr, err)
	}
	want := re.FindAllStringSubmatchIndex(text, maxMatches)
	ix := NewIndex(text)
	if len(want) > 0 && !p.Possible(ix) {
		t.Fatalf("%q matches %q, needs %q", expr, text, literals(p))
	}
	for name, find := range map[string]func(func(Match) bool) bool{
		"find":   func(e func(Match) bool) bool { return p.Find(text, e) },
		"findIn": func(e func(Match) bool) bool { return p.FindIn(ix, e) },
	} {
		got, whole := allOf(find)
		if len(got) != len(want) && whole || len(got) > len(want) {
			t.Fatalf("%s %q in %q: %v, wanted %v", name, expr, text, got, want)
		}
		for i, m := range got {
			if m.From == m.To || m.From != want[i][0] || m.To != want[i][1] {
				t.Fatalf("%s %q in %q: %v, wanted %v", name, expr, text, m, want[i])
			}
			for _, c := range m.Captures {
				if k := 2 * re.SubexpIndex(c.Name); c.From != want[i][k] || c.To != want[i][k+1] {
					t.Fatalf("%s %q in %q: %v, wanted %v", name, expr, text, m, want[i])
				}
			}
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{`(?i)sev[- ]?1`, `^Server (?P<server>\S+)$`, `a$\nb|\bx\B`, `(?:abc|d[ef]+)\s*x`, `(?s)a.*?\z`, `[^\x00-\x{10FFFF}]`, `(?<=a)b`, `a{1000}{9}`, `\Qa.b\E(`, `(?i)ſK`, "\uFFFDabc", "((((((", `[[:alpha:`, `\p{Greek}+x`, `(?P<server>a)|(?P<server>b)`, `a++`, `x**`, `(?U)a+b`, `(?im-s:^ab)c`} {
		for _, text := range []string{"", "Server web01\nSEV 1", "abdef x\n", "ſK", "\xff\xfdabc", "a.b\na"} {
			f.Add(s, text)
		}
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 500 || len(text) > 2000 {
			return
		}
		agrees(t, expr, text)
		// Texts made of the pattern itself match far more often.
		agrees(t, expr, expr)
		agrees(t, expr, strings.ToUpper(expr)+"\n"+text+"\n"+strings.ToLower(expr))
	})
}

// patternPieces are joined to patterns, most of them valid; textPieces to texts that they match now and then.
var (
	patternPieces = []string{"a", "b", "ab", "abc", "k", "K", "s", "ſ", "\u212a", "ä", "Ä", "ß", " ", "\n", `\n`, "1", "-", "^", "$", `\b`, `\B`, `\A`, `\z`,
		".", "[ab]", "[^a]", `\s`, `\w`, `\W`, `\S`, `[\n ]`, "[k-t]", "[^\n]", "(", ")", "(?:", "(?i)", "(?i:", "(?s:", "(?-m:", "|", "|", "*", "+", "?", "{2}", "{0,2}", "{2,}", "+?", "*?", "(?P<server>", "abc|", "error", "(?:err|fehl)", "\uFFFD", "x"}
	textPieces = []string{"a", "b", "ab", "abc", "k", "K", "s", "S", "ſ", "\u212a", "ä", "Ä", "ß", " ", "\n", "\n", "1", "-", "x", "error", "ERROR", "fehl", "\xff", "\uFFFD", "aa", "bb"}
)

func TestPatternAgainstTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		expr := strings.Join(rapid.SliceOfN(rapid.SampledFrom(patternPieces), 1, 9).Draw(t, "pattern"), "")
		expr += strings.Repeat(")", max(0, strings.Count(expr, "(")-strings.Count(expr, ")")))
		if _, err := syntax.Parse(expr, flags); err != nil {
			compileTest(expr)
			return
		}
		for range 8 {
			agrees(t, expr, strings.Join(rapid.SliceOfN(rapid.SampledFrom(textPieces), 0, 14).Draw(t, "text"), ""))
		}
	})
}

// Matches that run over lines are found although only some lines are looked at.
func TestPatternOverLines(t *testing.T) {
	pieces := []string{"abc", "abc", "error", "fehl", `\s+`, `\s+`, `\s*`, `\s`, `\n`, `\n+`, "[^x]", "[^x]*", ".*", `(?:\n.*)+`, `(?:\n\s*abc)*`, "^", "$", `\b`, "(?:abc|error)", `(?:\n|x)`, `(?:\s+abc)?`, "x", `(?P<server>\S+)`, "(?s:.)", "(?s:.*?)", `(?i)`, `\z`, " "}
	lines := []string{"abc", "error", "x", "", "", " ", "\t", "abc error", "abc x", "xerror", "ABC", "fehl", "\u00a0", "fehl abc", "\r", strings.Repeat("zz ", 30), "äöü"}
	rapid.Check(t, func(t *rapid.T) {
		expr := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 7).Draw(t, "pattern"), "")
		if _, err := syntax.Parse(expr, flags); err != nil {
			return
		}
		for range 4 {
			agrees(t, expr, strings.Join(rapid.SliceOfN(rapid.SampledFrom(lines), 0, 120).Draw(t, "lines"), "\n"))
		}
	})
}

// The verdict that nothing matches is exact, in both directions: for short patterns all texts are tried.
func TestNeverIsExact(t *testing.T) {
	var texts []string
	alphabet := []string{"a", "b", "\n", " ", "ä"}
	for last := []string{""}; len(last[0]) < 6; {
		texts = append(texts, last...)
		var next []string
		for _, s := range last {
			for _, c := range alphabet {
				next = append(next, s+c)
			}
		}
		last = next
	}
	pieces := []string{"a", "a", `\n`, " ", "ä", "^", "$", `\b`, `\B`, `\A`, `\z`, ".", `\w`, `\W`, `[^a]`, "(?:", ")", "|", "?", "*", "+", "(?-m:"}
	never, ever := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		// Three pieces consume at most three characters before they repeat: five leave room for one on
		// either side.
		expr := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(t, "pattern"), "")
		expr += strings.Repeat(")", max(0, strings.Count(expr, "(")-strings.Count(expr, ")")))
		tree, err := syntax.Parse(expr, flags)
		if err != nil || len(tree.String()) > 40 {
			return
		}
		prog, err := syntax.Compile(tree.Simplify())
		if err != nil {
			t.Fatal(err)
		}
		if consuming(prog) > 3 {
			return
		}
		re := regexp.MustCompile("(?m)" + expr)
		a := analyse(prog)
		matches, empty := false, false
		for _, text := range texts {
			if m := re.FindStringIndex(text); m != nil {
				matches = true
				empty = empty || m[0] == m[1]
			}
		}
		if matches != a.matches || empty && !a.empty {
			t.Fatalf("%q: %+v, but matches %v, empty %v", expr, a, matches, empty)
		}
		if matches {
			ever++
		} else {
			never++
		}
	})
	t.Logf("%d patterns match some text, %d none", ever, never)
}

func consuming(prog *syntax.Prog) (n int) {
	for i := range prog.Inst {
		switch prog.Inst[i].Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			n++
		}
	}
	return n
}
