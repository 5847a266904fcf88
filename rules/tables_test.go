package rules

import (
	"os"
	"strings"
	"testing"

	"notfalld/message"
)

// readTable reads a data file: one case a line, columns parted by sep, ⏎ for a line end.
func readTable(t *testing.T, file, sep string, columns, least int) [][]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for l := range strings.Lines(string(b)) {
		l = strings.TrimRight(l, "\n")
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		f := strings.SplitN(l, sep, columns)
		for len(f) < columns {
			f = append(f, "")
		}
		for i := range f {
			f[i] = strings.ReplaceAll(strings.Trim(f[i], " "), "⏎", "\n")
		}
		out = append(out, f)
	}
	if len(out) < least {
		t.Fatalf("%s: %d cases, wanted %d at least", file, len(out), least)
	}
	return out
}

func TestSubjects(t *testing.T) {
	names := map[subjectMatch]string{begins: "begins", mentions: "mentions", notOurs: "none"}
	for _, c := range readTable(t, "testdata/subjects.txt", "\t", 2, 80) {
		if got := names[matchSubject(Shipped().v, FoldSubject(c[1]))]; got != c[0] {
			t.Errorf("%q: %s, wanted %s (folded %q)", c[1], got, c[0], FoldSubject(c[1]))
		}
	}
}

func TestPhones(t *testing.T) {
	for _, c := range readTable(t, "testdata/phones.txt", "|", 3, 60) {
		m := &message.Mail{Text: c[1], From: []message.Address{{Address: "anna@" + c[0]}}}
		d := Shipped().newDoc(t.Context(), m, World{})
		if got := strings.Join(findPhones(d, nil), " "); got != c[2] {
			t.Errorf("%s: %q: %q, wanted %q", c[0], c[1], got, c[2])
		}
	}
}

func TestCustomerNumbers(t *testing.T) {
	inv, _, err := ReadInventory(strings.NewReader("server,customer_number,aliases\na.at,104711,\nb.at,20817,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range readTable(t, "testdata/customers.txt", "|", 2, 45) {
		d := Shipped().newDoc(t.Context(), &message.Mail{Text: c[0]}, World{Inventory: inv})
		if got := customerNumber(d); got != c[1] {
			t.Errorf("%q: %q, wanted %q", c[0], got, c[1])
		}
	}
}

func TestHosts(t *testing.T) {
	w := World{Inventory: testInventory(t), Own: []string{"support@notfall-hoster.at"}}
	for _, c := range readTable(t, "testdata/hosts.txt", "|", 2, 55) {
		var names []string
		for _, s := range findServers(Shipped().newDoc(t.Context(), &message.Mail{Text: c[0]}, w), nil, "") {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); got != c[1] {
			t.Errorf("%q: %q, wanted %q", c[0], got, c[1])
		}
	}
}

func TestClasses(t *testing.T) {
	for _, c := range readTable(t, "testdata/classes.txt", "|", 3, 60) {
		m := &message.Mail{Subject: c[1], Text: c[2], From: []message.Address{{Address: "eva@firma.at"}}}
		got, err := Shipped().Understand(t.Context(), m, World{})
		if err != nil {
			t.Fatal(err)
		}
		if string(got.Class) != c[0] {
			_, trace, _ := Shipped().Explain(t.Context(), m, World{})
			t.Errorf("%q %q: %s\n%+v", c[1], c[2], got.Class, trace.Steps)
		}
	}
}

// TestErrors: testdata/errors.txt holds texts ("== name") and below each the messages in it ("> …").
func TestErrors(t *testing.T) {
	b, err := os.ReadFile("testdata/errors.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split("\n"+string(b), "\n== ")[1:]
	if len(cases) < 38 {
		t.Fatalf("%d cases, wanted 38 at least", len(cases))
	}
	for _, c := range cases {
		name, rest, _ := strings.Cut(c, "\n")
		var text, want, got []string
		for _, l := range strings.Split(strings.TrimRight(rest, "\n"), "\n") {
			if w, ok := strings.CutPrefix(l, "> "); ok {
				want = append(want, squeeze(w))
			} else {
				text = append(text, l)
			}
		}
		for _, f := range findErrors(Shipped().newDoc(t.Context(), &message.Mail{Text: strings.Join(text, "\n")}, World{})) {
			first, _, _ := strings.Cut(f.text, "\n") // without the calls of a trace
			got = append(got, squeeze(first))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n got  %q\n want %q", name, got, want)
		}
	}
}

// TestAnswers: testdata/answers.txt holds texts and below each problem | reproduction | changes.
func TestAnswers(t *testing.T) {
	b, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range strings.Split("\n"+string(b), "\n== ")[1:] {
		name, rest, _ := strings.Cut(c, "\n")
		i := strings.LastIndex("\n"+rest, "\n> ")
		text, want := strings.TrimSpace(rest[:i]), strings.Split(strings.TrimRight(rest[i+2:], "\n"), "|")
		problem, reproduction, changes := answers(Shipped().newDoc(t.Context(), &message.Mail{Text: text}, World{}), nil)
		for k, got := range []string{problem, reproduction, changes} {
			if got != strings.TrimSpace(want[k]) {
				t.Errorf("%s: answer %d: %q, wanted %q", name, k+1, got, strings.TrimSpace(want[k]))
			}
		}
	}
}

// TestOwner: of several servers of one name it is the sender's, if number or domain says which.
func TestOwner(t *testing.T) {
	inv, _, err := ReadInventory(strings.NewReader("server,customer_number,aliases\nweb01.firma.at,104711,\nweb01.laden.de,20817,\nweb01.dritte.ch,20817,\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, text, owner string }{
		{"eva@irgendwo.example", "Kundennummer 20817, web01 ist weg", "20817"},
		{"eva@irgendwo.example", "Kundennummer 104711, web01 ist weg", "104711"},
		{"eva@firma.at", "web01 ist weg", "104711"},
		{"eva@irgendwo.example", "web01 ist weg", ""},
	} {
		f, err := Shipped().Understand(t.Context(), &message.Mail{Text: c.text, From: []message.Address{{Address: c.from}}}, World{Inventory: inv})
		if err != nil || len(f.Servers) != 1 || !f.Servers[0].Known || f.Servers[0].Owner != c.owner {
			t.Errorf("%s, %q: %+v %v, wanted owner %q", c.from, c.text, f.Servers, err, c.owner)
		}
	}
}

// TestMissing: what a mail lacks, in the order in which it is asked for.
func TestMissing(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "problem servers error customer_number phone reproduction changes",
		"web01.firma.at ist weg": "error customer_number phone reproduction changes",
		"web01.firma.at ist weg, Fehler: \"Connection refused\". Kundennummer 104711, Tel. 0664 1234567. Nachstellen: jederzeit. Wir haben nichts geändert.": "",
	} {
		f, err := Shipped().Understand(t.Context(), &message.Mail{Subject: "Notfall-Support", Text: text}, World{})
		if got := strings.Join(f.Missing, " "); err != nil || got != want {
			t.Errorf("%q: %q, wanted %q (%v)", text, got, want, err)
		}
	}
}
