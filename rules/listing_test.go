package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestRules: a set tells of every rule whose it is, where it stands, and what it is for.
func TestRules(t *testing.T) {
	s, err := Load([]File{{"a.yaml", []byte(`lists:
  ours: {about: ours, words: [zimbra*]}
  error-words: {add: [zargelt]}
  services: {override: true, words: [server*]}
classify:
  - {name: shop, about: "our\n  shops", words: [webshop], text: 2}
  - {name: urgency, add: [pronto]}
  - {name: question, off: true}
  - {name: outage, override: true, group: outage, about: only this, words: [tot], text: 3, subject: 3}
  - {name: box, when: mail.from == "a@b.at", class: emergency, before: bounce}
`)}, {"b.yaml", []byte(`extract:
  - {name: phones, about: nobody calls here, off: true}
  - {name: abo, pattern: 'Abo (?P<server>[a-z]+)'}
route:
  - {name: vip, when: 'customer_number == "1"', tags: [vip]}
`)}})
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	var told []string
	for i, r := range s.Rules() {
		key := r.Section + " " + r.Name
		if _, twice := at[key]; twice {
			t.Errorf("%s is told twice", key)
		}
		at[key] = i
		if r.File == "" || r.Line == 0 || r.Col == 0 {
			t.Errorf("%s stands nowhere: %v", key, r.Place)
		}
		if r.State != StateShipped {
			told = append(told, fmt.Sprintf("%s %s %s:%d %s", key, r.State, r.File, r.Line, r.About))
		}
	}
	want := []string{
		"lists error-words changed a.yaml:3 words that make an error of a line that looks technical",
		"lists ours yours a.yaml:2 ours",
		"lists services overridden a.yaml:4 what the company runs for its customers",
		"classify box yours a.yaml:10 ",
		"classify outage overridden a.yaml:9 only this",
		"classify urgency changed a.yaml:7 ",
		"classify shop yours a.yaml:6 our shops",
		"classify question off a.yaml:8 ",
		"extract abo yours b.yaml:3 ",
		"extract phones off b.yaml:2 nobody calls here",
		"route vip yours b.yaml:5 ",
	}
	if !slices.Equal(cutAbout(told), cutAbout(want)) {
		t.Errorf("told\n%s\nwanted\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	if at["classify box"] > at["classify bounce"] {
		t.Error("the rules are not in the order in which they are asked")
	}
	for key, state := range map[string]State{"classify bounce": StateShipped, "lists closings": StateShipped, "extract host-names": StateShipped} {
		if i, ok := at[key]; !ok || s.Rules()[i].State != state {
			t.Errorf("%s is not told as %s", key, state)
		}
	}
}

// cutAbout leaves out what the shipped files say a rule is for: they may say it better tomorrow.
func cutAbout(lines []string) []string {
	var out []string
	for _, l := range lines {
		if f := strings.Fields(l); f[2] == "changed" || f[2] == "off" && f[1] == "question" || f[1] == "services" {
			l = strings.Join(f[:4], " ")
		}
		out = append(out, l)
	}
	return out
}

// TestTestProblems: what is wrong with test files is known without a mail being looked at.
func TestTestProblems(t *testing.T) {
	folder := fstest.MapFS{
		"a.test.yaml": {Data: []byte("tests:\n  - name: fails, and is right\n    text: Hallo\n    expect: {class: bounce}\n")},
		"b.test.yaml": {Data: []byte("tests:\n  - name: wrong\n    txt: Hallo\n    expect: {fired: [nobody]}\n")},
		"c.yaml":      {Data: []byte("no rules: and no tests")},
	}
	problems, err := Shipped().TestProblems(folder, "own")
	if err != nil || len(problems) != 2 || problems[0].File != "own/b.test.yaml" || problems[0].Line != 3 || problems[1].Line != 4 {
		t.Errorf("%v, %v", problems, err)
	}
	if _, err := Shipped().TestProblems(fstest.MapFS{}, ""); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
}
