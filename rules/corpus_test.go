package rules

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
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
	TextContains    []string `json:"text_contains"`
	TextLacks       []string `json:"text_lacks"`
}

// tally counts one kind of fact over all mails.
type tally struct{ right, wrong, missed int }

func (t *tally) f1() float64 {
	if t.right == 0 {
		return 0
	}
	return 2 * float64(t.right) / float64(2*t.right+t.wrong+t.missed)
}

// figureNames are what is measured, in the order of the table. "answered" counts the mails that must never be answered
// and were: each is a fault by itself.
var figureNames = []string{"class", "reply", "language", "customer_number", "phones", "servers", "errors", "reproduction", "changes", "text"}

// committedFigures are the figures as last committed: a change that makes one of them worse fails.
const committedFigures = "testdata/figures.txt"

// TestMails understands every mail of testdata/mails/*, compares with its label, and prints the table of figures. A new
// case is two new files; a folder may have its own inventory.csv. -v names every miss; -update commits the figures.
func TestMails(t *testing.T) {
	tallies := map[string]*tally{}
	for _, name := range figureNames {
		tallies[name] = &tally{}
	}
	folders, err := filepath.Glob("testdata/mails/*")
	if err != nil {
		t.Fatal(err)
	}
	mails := 0
	for _, dir := range folders {
		inv := testInventory(t)
		if f, err := os.Open(filepath.Join(dir, "inventory.csv")); err == nil {
			if inv, _, err = ReadInventory(f); err != nil {
				t.Fatal(err)
			}
			f.Close()
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*.eml"))
		for _, file := range files {
			compareMail(t, file, inv, tallies)
			mails++
		}
	}
	if mails < 100 {
		t.Fatalf("%d mails in testdata/mails, wanted 100 at least", mails)
	}
	checkFigures(t, mails, tallies)
}

func checkFigures(t *testing.T, mails int, tallies map[string]*tally) {
	floors := map[string]float64{}
	if !*update {
		b, err := os.ReadFile(committedFigures)
		if err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(string(b)) {
			var name string
			var floor float64
			if n, _ := fmt.Sscanf(l, "%s %f", &name, &floor); n == 2 {
				floors[name] = floor
			}
		}
	}
	var table, commit strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d labelled mails\tright\twrong\tmissed\tF1\tcommitted\n", mails)
	for _, n := range figureNames {
		x := tallies[n]
		got := math.Floor(x.f1()*1e4) / 1e4
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.4f\t%.4f\n", n, x.right, x.wrong, x.missed, got, floors[n])
		fmt.Fprintf(&commit, "%s %.4f\n", n, got)
		if floor, ok := floors[n]; !*update && (!ok || got < floor) {
			t.Errorf("%s: F1 %.4f, and %.4f is committed in %s", n, got, floor, committedFigures)
		}
	}
	w.Flush()
	t.Log("\n" + table.String())
	if *update {
		if err := os.WriteFile(committedFigures, []byte(commit.String()), 0o644); err != nil {
			t.Fatal(err)
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
	text := squeeze(l.Text)
	for _, x := range want.TextContains {
		one("text", strings.Contains(text, squeeze(x)), "lacks "+x)
	}
	for _, x := range want.TextLacks {
		one("text", !strings.Contains(text, squeeze(x)), "holds "+x)
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
		errs = append(errs, linesLabelled(e.Text, append(slices.Clone(want.Errors), want.ErrorsToo...))...)
	}
	many("servers", servers, want.Servers, want.ServersToo, equal)
	many("errors", errs, want.Errors, want.ErrorsToo, sameError)
	stated := func(name, got string, want bool) {
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
	stated("reproduction", got.Reproduction, want.HasReproduction)
	stated("changes", got.Changes, want.HasChanges)
}

// linesLabelled is a message of several lines, line by line if each of them is labelled alone.
func linesLabelled(text string, labels []string) []string {
	lines := strings.Split(text, "\n")
	for _, l := range lines {
		if !slices.ContainsFunc(labels, func(x string) bool { return squeeze(x) == squeeze(l) }) {
			return []string{text}
		}
	}
	return lines
}

// sameError: one text holds the other, and is at most two and a half times as long.
func sameError(got, want string) bool {
	g, w := squeeze(got), squeeze(want)
	if len(g) < len(w) {
		return strings.Contains(w, strings.Trim(g, ".,:;\"")) && len(w) <= len(g)*5/4
	}
	return strings.Contains(g, strings.Trim(w, ".,:;\"")) && len(g) <= len(w)*5/2
}
