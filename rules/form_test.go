package rules

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"notfalld/message"
)

// TestFormsExample: the example for admins loads, with a word about its secret only, and its tests pass.
func TestFormsExample(t *testing.T) {
	const name = "forms.example.yaml"
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load([]File{{name, text}})
	if err != nil {
		t.Fatal(err)
	}
	if w := s.Warnings(); len(w) != 1 || !strings.Contains(w[0].String(), "forms.example.yaml:13:21: warning: forms[0].proof.secret: stands in notfalld's own documentation") {
		t.Errorf("%v", w)
	}
	r, err := s.Try(t.Context(), os.DirFS("../docs"), "", TryOptions{Limit: generous})
	if err != nil || r.Count[Passed] < 8 {
		t.Errorf("%v, %v", err, r.Count)
	}
	for _, p := range r.All() {
		t.Error(p)
	}
}

// loadForms is the set of testdata/forms.
func loadForms(t *testing.T) *Set {
	t.Helper()
	text, err := os.ReadFile("testdata/forms/forms.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load([]File{{"forms.yaml", text}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestForms: testdata/forms holds mails of forms of different makers, and of those who imitate them.
func TestForms(t *testing.T) {
	r, err := loadForms(t).Try(t.Context(), os.DirFS("testdata/forms"), "", TryOptions{Limit: generous})
	if err != nil || len(r.Trials) < 19 {
		t.Errorf("%d tests, %v", len(r.Trials), err)
	}
	for _, p := range r.All() {
		t.Error(p)
	}
}

// TestFormTimes: testdata/forms/times.txt holds times as forms write them.
func TestFormTimes(t *testing.T) {
	now := time.Date(2026, 3, 4, 3, 5, 0, 0, time.FixedZone("CET", 3600))
	for _, c := range readTable(t, "testdata/forms/times.txt", "|", 2, 28) {
		got := "-"
		if at := timeIn(c[0], now); !at.IsZero() {
			got = at.In(now.Location()).Format(time.RFC3339)
		}
		if got != c[1] {
			t.Errorf("%q is %s, wanted %s", c[0], got, c[1])
		}
	}
}

// formSecrets are those of testdata/forms/forms.yaml.
var formSecrets = []string{"Zq7-kf0w.Lm3+Rt8/Bx1~Ny5", "8bd0c4e5f7a1926388bd"}

// TestFormSecrets: what is understood of a mail, the trace of it and the line that is stored hold no secret, wherever in the
// mail it stood; and the mail itself stays as it was.
func TestFormSecrets(t *testing.T) {
	s := loadForms(t)
	files, err := filepath.Glob("testdata/forms/*.eml")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	held := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := message.Parse(raw, message.DefaultLimits())
		before := fmt.Sprintf("%+v", *m)
		f, trace, err := s.Explain(t.Context(), m, World{Now: defaultClock, Own: []string{defaultOwn}})
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%+v", *m) != before {
			t.Errorf("%s: the mail was changed", file)
		}
		line, err := NewLine(file, s.Conceal(m), f).JSON()
		if err != nil {
			t.Fatal(err)
		}
		form := Form{}
		if f.Form != nil {
			form = *f.Form
		}
		said := fmt.Sprintf("%+v %+v %+v %s", f, form, trace, line)
		for _, secret := range formSecrets {
			if strings.Contains(before, secret) {
				held++
			}
			if strings.Contains(said, secret) {
				t.Errorf("%s: the secret stands in what is said of it", file)
			}
		}
	}
	if held < 9 {
		t.Errorf("%d mails held a secret, wanted 9 at least", held)
	}
}

// TestConceal: attachments, their names and forwarded mails are shown without the secret; a mail that holds none is itself.
func TestConceal(t *testing.T) {
	s, secret := loadForms(t), formSecrets[0]
	m := &message.Mail{Subject: "a " + secret, Forwarded: "b " + secret, Passed: "b " + secret, Header: message.Header{{Name: "X", Value: secret, Raw: secret}},
		Attachments: []message.Attachment{{Name: secret + ".log", Data: []byte("x " + secret + " y")}}}
	c := s.Conceal(m)
	got := fmt.Sprintf("%s %s %s %v %s %s", c.Subject, c.Forwarded, c.Passed, c.Header, c.Attachments[0].Name, c.Attachments[0].Data)
	if strings.Contains(got, secret) || strings.Count(got, hidden) < 5 {
		t.Error(got)
	}
	if plain := (&message.Mail{Subject: "a"}); s.Conceal(plain) != plain {
		t.Error("a mail without a secret was copied")
	}
}

// TestFormSigned: a domain proves a mail only by a good signature of it, and only of senders within it.
func TestFormSigned(t *testing.T) {
	p := formProof{domain: "alpenhost.example"}
	for _, c := range []struct {
		from, proof string
		signed      bool
		want        bool
	}{
		{"form@alpenhost.example", "pass", true, true},
		{"form@www.alpenhost.example", "pass", true, true},
		{"form@ALPENHOST.example", "pass", true, true},
		{"form@alpenhost.example", "pass", false, false}, // SPF
		{"form@alpenhost.example", "unknown", true, false},
		{"form@alpenhost.example", "", true, false},
		{"form@alpenhost.example", "fail", true, false},
		{"form@evilalpenhost.example", "pass", true, false},
		{"form@alpenhost.example.evil.example", "pass", true, false},
		{"alpenhost.example", "pass", true, true}, // no address: whatever passed, it is of the domain
		{"form@example", "pass", true, false},
	} {
		m := &message.Mail{From: []message.Address{{Address: c.from}}}
		if got, why := p.holds(m, World{Proof: c.proof, Signed: c.signed}); got != c.want || why == "" {
			t.Errorf("%+v: %v (%s)", c, got, why)
		}
	}
	two := &message.Mail{From: []message.Address{{Address: "form@alpenhost.example"}, {Address: "eve@evil.example"}}}
	if got, _ := p.holds(two, World{Proof: "pass", Signed: true}); got {
		t.Error("two senders are proven")
	}
}

// FuzzForm: whatever a form's mail says, its fields are bounded, and those of one line are one line.
func FuzzForm(f *testing.F) {
	f.Add("Name: a\nTelefon:\t0664 1\nNachricht\nx\nTelefon: 2\n-- \nfooter\n")
	f.Add("Name\n\nx\nServer\na.b\tc\n=\n:\n: :\nTelefon  \u00a0 1 | 2")
	labels := map[string]formLabel{}
	for field, label := range map[string]string{fieldName: "Name", fieldPhone: "Telefon", fieldProblem: "Nachricht", fieldServers: "Server", fieldTriggeredAt: "Zeit", fieldEmail: "E-Mail", fieldNumber: "Nr"} {
		labels[foldLabel(label)] = formLabel{field, 0}
	}
	r := formRule{labels: labels}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip() // no mail's text is not
		}
		got := r.read(text, []int{2}, defaultClock)
		for _, s := range append([]string{got.Name, got.Phone, got.Email, got.CustomerNumber}, got.Servers...) {
			if len(s) > maxField || strings.ContainsAny(s, "\n\r\t\x00") {
				t.Fatalf("%q", s)
			}
		}
		if len(got.Problem) > maxProblem || len(got.Servers) > maxFormServers {
			t.Fatalf("%d bytes of problem, %d servers", len(got.Problem), len(got.Servers))
		}
	})
}

// TestFormFields: what exactly stands in fields, of texts whose parts are easily mistaken for each other.
func TestFormFields(t *testing.T) {
	labels := map[string]formLabel{"telefon": {fieldPhone, 0}, "mobil": {fieldPhone, 1}, "text": {fieldProblem, 0}, "ip": {fieldOther, 0}, "mail": {fieldEmail, 0}}
	for name, c := range map[string]struct {
		text, phone, problem string
		ends                 []int
	}{
		"below the problem a label must hold its kind": {"Mail: a@b.at\nText: tot\nTelefon: auch tot\nweiter", "", "tot\nTelefon: auch tot\nweiter", nil},
		"the last below the problem is the form's":     {"Mail: a@b.at\nText: tot\nTelefon: 0664 1111111\nweiter\nTelefon: 0664 2222222", "0664 2222222", "tot\nTelefon: 0664 1111111\nweiter", nil},
		"the secret's line ends the problem":           {"Telefon: 1\nText: tot\nx\nSchlüssel: …\nFuß", "1", "tot\nx", []int{3}},
		"a secret above it does not":                   {"Schlüssel: …\nTelefon: 1\nText: tot\nx", "1", "tot\nx", []int{0}},
		"the maker's footer is not the customer's":     {"Telefon: 1\nText: tot\n-- \ngesendet von", "1", "tot", nil},
		"a long text below a mark is the customer's":   {"Telefon: 1\nText: a\n--\n1\n2\n3\n4\n5\n6\n7", "1", "a\n--\n1\n2\n3\n4\n5\n6\n7", nil},
		"the telephone that can be called":             {"Telefon: abends\nMobil: 0664 1234567\nText: x", "0664 1234567", "x", nil},
		"none that can be called: the first":           {"Telefon: abends\nMobil: 112\nText: x", "abends", "x", nil},
		"an empty field takes nothing from below":      {"Mail: a@b.at\nTelefon:\nunten\nText: x", "", "x", nil},
	} {
		got := readLabels(c.text, labels, c.ends)
		if got[fieldPhone] != c.phone || got[fieldProblem] != c.problem {
			t.Errorf("%s: phone %q, problem %q", name, got[fieldPhone], got[fieldProblem])
		}
	}
}
