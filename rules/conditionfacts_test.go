package rules

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"notfalld/message"
)

// readSeeds are the conditions of a table.
func readSeeds(t testing.TB, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for l := range strings.Lines(string(b)) {
		if c := strings.Split(strings.TrimSuffix(l, "\n"), "\t"); len(c) == 3 {
			out = append(out, strings.ReplaceAll(c[1], "⏎", "\n"))
		}
	}
	return out
}

// TestConditionFacts: each fact is known from its stage on, has the type that it says, and is explained.
func TestConditionFacts(t *testing.T) {
	seen := map[string]bool{}
	for i, f := range conditionFacts {
		if seen[f.name] || f.doc == "" || strings.Contains(f.doc, "\n") {
			t.Errorf("%s: there twice, or not explained in one line", f.name)
		}
		seen[f.name] = true
		sample := map[factType]string{stringFact: ` == ""`, intFact: " == 0", boolFact: " == false", listFact: ".size() == 0", headersFact: ".size() == 0", countsFact: ".size() == 0", timeFact: ` < timestamp("2000-01-01T00:00:00Z")`}[f.typ]
		if f.enum != nil {
			sample = fmt.Sprintf(" != %q", f.enum[0])
			if f.typ == listFact {
				sample = fmt.Sprintf(".all(x, x != %q)", f.enum[0])
			}
		}
		for st := stageMail; st <= stageDecided; st++ {
			c, problems := compileCondition(f.name+sample, st)
			if (c != nil) != (st >= f.stage) {
				t.Errorf("%s at stage %d: %v", f.name, st, problems)
			}
			if c == nil {
				continue
			}
			if !slices.Equal(c.facts, []string{f.name}) {
				t.Errorf("%s: asks for %v", f.name, c.facts)
			}
			in := newConditionActivation(&conditionInput{m: &message.Mail{}})
			if _, err := c.eval(t.Context(), in); err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
			if s, ok := in.value(i).Value().(string); ok && f.enum != nil && f.stage < stageDecided && !slices.Contains(f.enum, s) {
				t.Errorf("%s of an empty mail is %q, not one of %q", f.name, s, f.enum)
			}
		}
	}
}

// TestConditionFunctions: each example is a condition, and every function is needed for it.
func TestConditionFunctions(t *testing.T) {
	for _, f := range conditionFunctions {
		c, problems := compileCondition(f.example, stageDecided)
		if c == nil || c.always {
			t.Errorf("%s: %s: %v", f.name, f.example, problems)
		}
		if f.style != operator && !strings.Contains(f.example, f.name+"(") || f.doc == "" || f.form == "" {
			t.Errorf("%s: no example of its own, or not explained", f.name)
		}
	}
	for other, meant := range otherNames {
		if findFunction(meant) == nil || findFunction(other) != nil || other != strings.ToLower(other) {
			t.Errorf("otherNames: %s, %s", other, meant)
		}
	}
	for other, meant := range otherFacts {
		if _, ok := factIndex()[meant]; !ok || other != squeezed(other) {
			t.Errorf("otherFacts: %s, %s", other, meant)
		}
	}
}

// TestConditionSaw: what the facts were, for whoever wonders about the answer.
func TestConditionSaw(t *testing.T) {
	in := newConditionActivation(conditionMails(t)["human"])
	for expr, want := range map[string]string{
		`mail.from_domain == "x" && mail.size > 1000000`:                  `mail.from_domain is "firma.at", mail.size is 652`,
		`mail.to.size() > 9 && servers.size() > 9`:                        `mail.to is ["support@hoster.at", "chef@firma.at"], servers is ["web01.firma.at", "db7.firma.at", "alt.example"]`,
		`hints.get("outage") > 5 || hints.noise > 1`:                      `outage of hints is 2, noise of hints is 0`,
		`mail.headers.get("X-Priority") == "5" && now.getHours() == 4`:    `X-Priority of mail.headers is "1", now is Wed 2026-11-25 03:10 CET`,
		`support_open && errors.exists(e, e.contains("timeout"))`:         `support_open is false, errors is ["connect() failed (111: Connection refused)"]`,
		`mail.text.matches('x') && phones.size() + missing.size() > 1000`: `mail.text is "Der Webserver antwortet nicht mehr.\nSEV 1 seit heute.", phones is ["+436641234567"], missing is ["reproduction", "changes"]`,
	} {
		c, problems := compileCondition(expr, stageDecided)
		if c == nil {
			t.Fatal(problems)
		}
		if got := c.saw(in); got != want {
			t.Errorf("%s:\n got  %s\n want %s", expr, got, want)
		}
	}
}

// benchmarkConditions are 500 as admins write them.
func benchmarkConditions(b *testing.B) []*condition {
	forms := []string{
		`mail.from == "alarm%d@firma.at"`, `mail.from_domain == "kunde%d.at" && mail.automatic == "none"`, `mail.subject.contains("[Ticket#%d]")`,
		`customer_number in ["104%d", "208%[1]d"] && !support_open`, `mail.headers.get("X-System") == "host%d"`, `mail.to.exists(a, a == "team%d@hoster.at")`,
		`mail.text.matches(r'(?i)sev%d\s+critical')`, `fold(mail.text).contains("stoerung %d")`, `errors.exists(e, e.contains("ORA-%05d"))`, `broken.ways > 1 && hints.get("outage") > %d`,
	}
	var out []*condition
	for i := range 500 {
		expr := fmt.Sprintf(forms[i%len(forms)], i)
		c, problems := compileCondition(expr, stageDecided)
		if c == nil {
			b.Fatalf("%s: %v", expr, problems)
		}
		out = append(out, c)
	}
	return out
}

// benchmarkMail has 20 KB of text.
func benchmarkMail(b *testing.B) *conditionInput {
	in := *conditionMails(b)["human"]
	m := *in.m
	for i := 0; len(m.Text) < 20<<10; i++ {
		m.Text += fmt.Sprintf("Um %02d:%02d meldete der Server web%d den Fehler %d, seither geht über das VPN nichts mehr.\n", i%24, i%60, i, i*7919)
	}
	in.m = &m
	return &in
}

// BenchmarkConditions500 asks 500 conditions of a mail of 20 KB.
func BenchmarkConditions500(b *testing.B) {
	all, in := benchmarkConditions(b), benchmarkMail(b)
	for b.Loop() {
		a := newConditionActivation(in)
		for _, c := range all {
			if _, err := c.eval(b.Context(), a); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkCompileConditions500 is what 500 conditions cost the start of a program.
func BenchmarkCompileConditions500(b *testing.B) {
	all := benchmarkConditions(b)
	for b.Loop() {
		for _, c := range all {
			compileCondition(c.source, stageDecided)
		}
	}
}

// BenchmarkConditionEnv is what the first condition costs beside.
func BenchmarkConditionEnv(b *testing.B) {
	for b.Loop() {
		if _, err := newConditionEnv(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCondition evaluates typical ones.
func BenchmarkCondition(b *testing.B) {
	in := benchmarkMail(b)
	in.now = time.Date(2026, 11, 25, 3, 10, 0, 0, time.UTC)
	for name, expr := range map[string]string{
		"equal": `mail.from_domain == "kunde.at"`, "and": `mail.automatic == "none" && !support_open`, "in": `customer_number in ["104711", "20817"]`,
		"exists": `mail.to.exists(a, a.endsWith("@kunde.at"))`, "header": `mail.headers.get("X-Priority") == "5"`, "matches": `mail.text.matches(r'(?i)sev\s+critical')`,
	} {
		c, problems := compileCondition(expr, stageDecided)
		if c == nil {
			b.Fatal(problems)
		}
		b.Run(name, func(b *testing.B) {
			a := newConditionActivation(in)
			for b.Loop() {
				if _, err := c.eval(b.Context(), a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
