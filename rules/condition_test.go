package rules

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/message"
)

var stageNames = map[string]stage{"mail": stageMail, "facts": stageFacts, "hints": stageHints, "decided": stageDecided}

// outcome is what testdata/conditions.txt says of a condition.
func outcome(c *condition, problems []conditionProblem) []string {
	switch {
	case c != nil && c.always:
		return []string{"always"}
	case c != nil:
		return []string{"ok"}
	}
	var out []string
	for _, p := range problems {
		s := fmt.Sprintf("%d: %s", p.Offset, p.Text)
		if p.Mend != "" {
			s += " — " + p.Mend
		}
		out = append(out, s)
	}
	return out
}

func TestConditions(t *testing.T) {
	for _, c := range readTable(t, "testdata/conditions.txt", "\t", 3, 290) {
		st, ok := stageNames[c[0]]
		if !ok {
			t.Fatalf("%q: no stage", c[0])
		}
		got := outcome(compileCondition(c[1], st))
		same := func(got, want string) bool {
			begin, open := strings.CutSuffix(want, "…")
			return got == want || open && strings.HasPrefix(got, begin)
		}
		if want := strings.Split(c[2], " ¦ "); !slices.EqualFunc(got, want, same) {
			t.Errorf("%s: %s\n got  %s\n want %s", c[0], c[1], strings.Join(got, "\n      "), strings.Join(want, "\n      "))
		}
	}
}

// TestConditionLimits: what is too long or too deep is refused, not compiled.
func TestConditionLimits(t *testing.T) {
	numbers := "0"
	for i := range 1500 {
		numbers += fmt.Sprintf(",%d", i)
	}
	nested := fmt.Sprintf("[%s].exists(a, [%s].exists(b, a * b == ", numbers, numbers)
	for name, c := range map[string]struct{ expr, text string }{
		"length":         {`mail.from in ["` + strings.Repeat("x", conditionLength) + `"]`, "bytes"},
		"brackets":       {strings.Repeat("(", 500) + "true" + strings.Repeat(")", 500), "too deep"},
		"sums":           {strings.Repeat("mail.size + ", 500) + "1 > 0", "too deep"},
		"constant loops": {nested + "-1))", "costs too much"},
		"loops":          {nested + "mail.size))", "costs too much"},
		"blank":          {" \n ", "empty"},
	} {
		cond, problems := compileCondition(c.expr, stageMail)
		if cond != nil || len(problems) != 1 || !strings.Contains(problems[0].Text, c.text) {
			t.Errorf("%s: %v, wanted one problem with %q", name, problems, c.text)
		}
	}
	many := strings.Repeat(`mail.subject.contains("x") || `, 300) + `mail.from == "a@b.at"`
	if c, problems := compileCondition(many, stageMail); c == nil {
		t.Errorf("300 alternatives: %v", problems)
	}
}

// conditionMails are the mails of testdata/conditionvalues.txt.
func conditionMails(t testing.TB) map[string]*conditionInput {
	inventory, _, err := ReadInventory(strings.NewReader("server,customer_number,aliases\nweb01.firma.at,104711,\ndb7.firma.at,20817,\n"))
	if err != nil {
		t.Fatal(err)
	}
	parse := func(raw string) *message.Mail {
		return message.Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")), message.DefaultLimits())
	}
	human := parse(`From: =?utf-8?q?Eva_M=C3=BCller?= <Eva.Mueller@Firma.AT>
Reply-To: Technik@firma.at
To: Support@Hoster.at, "Chef" <chef@firma.at>
Cc: anna@firma.at
Date: Wed, 25 Nov 2026 03:00:00 +0100
Message-ID: <1@firma.at>
Subject: Notfall-Support: =?utf-8?q?St=C3=B6rung?= [Alarm] web01
X-Priority: 1
X-Priority: 3
X-Spam-Level: 7
X-Spam-Score: 7.25
X-Odd: many
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Der Webserver antwortet nicht mehr.
SEV 1 seit heute.
--b
Content-Type: text/x-log; name="Fehler.LOG"
Content-Disposition: attachment; filename="Fehler.LOG"

down
--b--
`)
	vienna := time.FixedZone("CET", 3600)
	return map[string]*conditionInput{
		"human": {m: human, w: World{Inventory: inventory}, now: time.Date(2026, 11, 25, 3, 10, 0, 0, vienna), proof: "pass",
			f: &Facts{Class: Emergency, Reply: Reply{Send: true}, Language: "de", CustomerNumber: "104711", Phones: []string{"+436641234567"},
				Servers: []Server{{Name: "web01.firma.at", Known: true, Owner: "104711"}, {Name: "db7.firma.at", Known: true, Owner: "20817"}, {Name: "alt.example"}},
				Errors:  []Error{{Text: "connect() failed (111: Connection refused)"}}, Problem: "Der Webserver antwortet nicht mehr.", Missing: []string{MissingReproduction, MissingChanges}},
			subjectOurs: true, subjectNames: true, broken: brokenFacts{any: true, firmly: true, ways: 2}, hints: map[string]int{"outage": 2, "urgency": 1}},
		"machine": {m: parse("From: Monitor <alarm@xn--mller-kva.at>\nList-Id: <ops.hoster.at>\nSubject: [OPS] disk full\n\nweb01\n"), open: true, now: time.Date(2026, 12, 6, 23, 30, 0, 0, vienna)},
		"group": {m: parse("From: \"Eva\" <eva@firma.at>\nTo: support@hoster.at\nList-Id: <support.hoster.at>\nPrecedence: list\nSubject: Hilfe\n\nHilfe\n"),
			w: World{Groups: []Group{{Address: "support@hoster.at", ListID: "support.hoster.at"}}}},
		"empty": {m: &message.Mail{}},
	}
}

func TestConditionValues(t *testing.T) {
	mails := conditionMails(t)
	for _, c := range readTable(t, "testdata/conditionvalues.txt", "\t", 3, 100) {
		in, ok := mails[c[0]]
		if !ok {
			t.Fatalf("%q: no mail", c[0])
		}
		cond, problems := compileCondition(c[1], stageDecided)
		if cond == nil {
			t.Errorf("%s: %v", c[1], problems)
			continue
		}
		got, err := cond.eval(t.Context(), newConditionActivation(in))
		said := fmt.Sprint(got)
		if err != nil {
			said = err.Error()
		}
		if said != c[2] {
			t.Errorf("%s: %s: %s, wanted %s (%s)", c[0], c[1], said, c[2], cond.saw(newConditionActivation(in)))
		}
	}
}

// bigMail is the largest that the parser lets through, or nearly so.
func bigMail() *conditionInput {
	m := &message.Mail{Subject: "x", Text: strings.Repeat("lorem ipsum dolor sit amet ", 10_000)}
	for i := range 3000 {
		m.To = append(m.To, message.Address{Address: fmt.Sprintf("a%d@b.at", i)})
		m.Header = append(m.Header, message.Field{Name: fmt.Sprintf("X-%d", i), Value: strings.Repeat("v", 200)})
	}
	return &conditionInput{m: m}
}

// TestRunawayConditions: what would take minutes or gigabytes is stopped, and says so.
func TestRunawayConditions(t *testing.T) {
	in := newConditionActivation(bigMail())
	for _, expr := range []string{
		`mail.to.exists(a, mail.to.exists(b, a + b == "x"))`,
		`mail.to.exists(a, mail.text.contains(a + "!"))`,
		`mail.to.exists(a, fold(mail.text).contains(a + "!"))`,
		`mail.to.exists(a, fold(a + mail.text) == "x")`,
		`mail.to.exists(a, (a + mail.text).lowerAscii() == a)`,
		`mail.to.exists(a, mail.text.lowerAscii() == a)`,
		`mail.to.exists(a, (a + mail.text).matches('(x+x+)+y'))`,
		`mail.to.exists(a, mail.text.matches('[a-l ]+[^a-z ]'))`,
		`mail.to.map(a, mail.text + a).size() == 0`,
		`mail.to.map(a, mail.to.map(b, a + b)).size() == 0`,
		`mail.to.filter(a, mail.to.filter(b, a == b).size() > 1).size() == 0`,
		`mail.headers.exists(a, mail.headers.exists(b, mail.headers[a] == b))`,
		`size(` + strings.Repeat("mail.text + ", 50) + `"") == 0`,
	} {
		c, problems := compileCondition(expr, stageMail)
		if c == nil {
			t.Errorf("%s: %v", expr, problems)
			continue
		}
		if got, err := c.eval(t.Context(), in); got || !errors.Is(err, errConditionCost) {
			t.Errorf("%s: %v, %v, wanted it stopped", expr, got, err)
		}
	}
	// What is sensible goes through even there.
	for _, expr := range []string{`mail.to.exists(a, a == "a2999@b.at")`, `mail.text.matches(r'(?i)amet lorem')`, `!mail.headers.exists(h, mail.headers[h] == "x")`, `fold(mail.text).contains("lorem")`} {
		c, problems := compileCondition(expr, stageMail)
		if c == nil {
			t.Fatalf("%s: %v", expr, problems)
		}
		if got, err := c.eval(t.Context(), in); !got || err != nil {
			t.Errorf("%s: %v, %v", expr, got, err)
		}
	}
}

// lateContext ends while a condition is evaluated, not before.
type lateContext struct {
	context.Context
	asked int
}

func (c *lateContext) Done() <-chan struct{} {
	done := make(chan struct{})
	close(done)
	return done
}

func (c *lateContext) Err() error {
	if c.asked++; c.asked == 1 {
		return nil
	}
	return context.DeadlineExceeded
}

func TestConditionTime(t *testing.T) {
	c, problems := compileCondition(`mail.to.exists(a, a == "x")`, stageMail)
	if c == nil {
		t.Fatal(problems)
	}
	in := newConditionActivation(bigMail())
	if _, err := c.eval(&lateContext{Context: t.Context()}, in); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("ended while evaluated: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.eval(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before: %v", err)
	}
}

// TestConditionIsLazy: only the facts that are asked for are computed.
func TestConditionIsLazy(t *testing.T) {
	c, problems := compileCondition(`mail.size == 0 || mail.text == "x"`, stageMail)
	if c == nil {
		t.Fatal(problems)
	}
	in := newConditionActivation(&conditionInput{m: &message.Mail{}})
	if ok, err := c.eval(t.Context(), in); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for i, v := range in.values {
		if name := conditionFacts[i].name; (v != nil) != (name == "mail.size") {
			t.Errorf("%s: %v", name, v)
		}
	}
}

// TestConditionsTogether: one condition, many mails at once.
func TestConditionsTogether(t *testing.T) {
	c, problems := compileCondition(`mail.to.exists(a, a == "chef@firma.at") && mail.text.matches('SEV [0-9]') && fold(mail.subject).contains("stoerung")`, stageMail)
	if c == nil {
		t.Fatal(problems)
	}
	human := conditionMails(t)["human"]
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				in := newConditionActivation(human)
				if ok, err := c.eval(t.Context(), in); !ok || err != nil {
					t.Errorf("%v %v", ok, err)
				}
			}
		})
	}
	wait.Wait()
}

func FuzzCondition(f *testing.F) {
	for _, file := range []string{"testdata/conditions.txt", "testdata/conditionvalues.txt"} {
		for _, c := range readSeeds(f, file) {
			f.Add(c)
		}
	}
	in := conditionMails(f)["human"]
	f.Fuzz(func(t *testing.T, expr string) {
		for _, st := range []stage{stageMail, stageDecided} {
			c, problems := compileCondition(expr, st)
			if (c == nil) != (len(problems) > 0) {
				t.Fatalf("%q: %v and %v", expr, c, problems)
			}
			for i, p := range problems {
				if p.Offset < 0 || p.Offset > len(expr) || p.Text == "" || i > 0 && p.Offset < problems[i-1].Offset {
					t.Fatalf("%q: %+v", expr, problems)
				}
			}
			if c == nil {
				continue
			}
			a := newConditionActivation(in)
			if ok, err := c.eval(t.Context(), a); ok && err != nil || c.always && !ok {
				t.Fatalf("%q: %v %v", expr, ok, err)
			} else if err != nil && strings.Contains(err.Error(), "internal error") {
				t.Fatalf("%q: %v", expr, err)
			}
			c.saw(a)
		}
	})
}
