package rules

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"notfalld/message"
)

// label is what a mail of testdata/mails holds, as somebody wrote down who read it. The optional
// entries count neither way.
type label struct {
	Class           Class    `json:"class"`
	Reply           bool     `json:"reply"`
	Language        string   `json:"language"`
	LanguageToo     []string `json:"language_optional"`
	CustomerNumber  string   `json:"customer_number"`
	CustomerToo     []string `json:"customer_number_optional"`
	Phones          []string `json:"phones"`
	PhonesToo       []string `json:"phones_optional"`
	Servers         []string `json:"servers"`
	ServersToo      []string `json:"servers_optional"`
	Errors          []string `json:"errors"`
	ErrorsToo       []string `json:"errors_optional"`
	HasReproduction bool     `json:"has_reproduction"`
	HasChanges      bool     `json:"has_changes"`
}

// tally counts one kind of fact over all mails.
type tally struct{ right, wrong, missed int }

func (t tally) f1() float64 {
	if t.right == 0 {
		return 0
	}
	return 2 * float64(t.right) / float64(2*t.right+t.wrong+t.missed)
}

// floors are what must never be undercut: a change that makes one kind of fact worse fails.
var floors = map[string]float64{
	"class": 1, "reply": 1, "language": 1, "customer_number": 1, "phones": 1, "servers": 1, "errors": 1, "reproduction": 1, "changes": 0.98,
}

// TestMails understands every mail of testdata/mails and compares with its label. A new case is two
// new files; run with -v for the table and every miss.
func TestMails(t *testing.T) {
	tallies := map[string]*tally{}
	for name := range floors {
		tallies[name] = &tally{}
	}
	inv := testInventory(t)
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d mails in testdata/mails, wanted 80 at least: %v", len(files), err)
	}
	for _, file := range files {
		compareMail(t, file, inv, tallies)
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	names := []string{"class", "reply", "language", "customer_number", "phones", "servers", "errors", "reproduction", "changes"}
	for _, n := range names {
		x := tallies[n]
		fmt.Fprintf(w, "%s\tright %d\twrong %d\tmissed %d\tF1 %.3f\n", n, x.right, x.wrong, x.missed, x.f1())
	}
	w.Flush()
	t.Logf("%d mails\n%s", len(files), table.String())
	for _, n := range names {
		if got := tallies[n].f1(); got < floors[n] {
			t.Errorf("%s: F1 %.3f, wanted %.3f at least", n, got, floors[n])
		}
	}
}

func testInventory(t testing.TB) *Inventory {
	t.Helper()
	f, err := os.Open("testdata/inventory.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inv, bad, err := ReadInventory(f)
	if err != nil || len(bad) > 0 {
		t.Fatalf("inventory: %v %v", err, bad)
	}
	return inv
}

func readMail(t testing.TB, file string) (*message.Mail, label) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	j, err := os.ReadFile(strings.TrimSuffix(file, ".eml") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var want label
	if err := json.Unmarshal(j, &want); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return message.Parse(raw, message.DefaultLimits()), want
}

func compareMail(t *testing.T, file string, inv *Inventory, tallies map[string]*tally) {
	m, want := readMail(t, file)
	w := World{Own: []string{"support@notfall-hoster.at"}, Staff: []string{"anna@notfall-hoster.at"}, Inventory: inv}
	got, err := Shipped().Understand(context.Background(), m, w)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	one := func(name string, ok bool, got any) {
		if ok {
			tallies[name].right++
			return
		}
		tallies[name].wrong++
		t.Logf("%s: %s: %v", filepath.Base(file), name, got)
	}
	one("class", got.Class == want.Class, got.Class)
	one("reply", got.Reply.Send == want.Reply, got.Reply)
	l := NewLine(file, m, got)
	one("language", l.Language == want.Language || slices.Contains(want.LanguageToo, l.Language), l.Language)
	if want.CustomerNumber != "" || got.CustomerNumber != "" && !slices.Contains(want.CustomerToo, got.CustomerNumber) {
		one("customer_number", got.CustomerNumber == want.CustomerNumber, got.CustomerNumber)
	}
	if want.Class != Emergency {
		return
	}
	many := func(name string, got, want, too []string, same func(got, want string) bool) {
		for _, g := range got {
			hit := func(list []string) bool { return slices.ContainsFunc(list, func(x string) bool { return same(g, x) }) }
			if !hit(want) && !hit(too) {
				tallies[name].wrong++
				t.Logf("%s: %s: wrong %q", filepath.Base(file), name, g)
			}
		}
		for _, x := range want {
			if slices.ContainsFunc(got, func(g string) bool { return same(g, x) }) {
				tallies[name].right++
			} else {
				tallies[name].missed++
				t.Logf("%s: %s: missed %q", filepath.Base(file), name, x)
			}
		}
	}
	equal := func(a, b string) bool { return a == b }
	many("phones", got.Phones, want.Phones, want.PhonesToo, equal)
	var servers, errs []string
	for _, s := range got.Servers {
		servers = append(servers, s.Name)
	}
	for _, e := range got.Errors {
		errs = append(errs, e.Text)
	}
	many("servers", servers, want.Servers, want.ServersToo, equal)
	many("errors", errs, want.Errors, want.ErrorsToo, sameError)
	flag := func(name string, got string, want bool) {
		switch {
		case want && got != "":
			tallies[name].right++
		case want:
			tallies[name].missed++
			t.Logf("%s: %s: missed", filepath.Base(file), name)
		case got != "":
			tallies[name].wrong++
			t.Logf("%s: %s: wrong %q", filepath.Base(file), name, got)
		}
	}
	flag("reproduction", got.Reproduction, want.HasReproduction)
	flag("changes", got.Changes, want.HasChanges)
}

// sameError: one text holds the other, and is at most two and a half times as long.
func sameError(got, want string) bool {
	g, w := squeeze(got), squeeze(want)
	if len(g) < len(w) {
		return strings.Contains(w, strings.Trim(g, ".,:;\"")) && len(w) <= len(g)*5/4
	}
	return strings.Contains(g, strings.Trim(w, ".,:;\"")) && len(g) <= len(w)*5/2
}
