package rules

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"notfalld/message"
	"notfalld/strictyaml"
)

// linkCases is testdata/link/cases.yaml.
type linkCases struct {
	Inventory string     `yaml:"inventory"`
	Cases     []linkCase `yaml:"cases"`
}

type linkCase struct {
	Name        string              `yaml:"name" required:"what it is about"`
	Own         []string            `yaml:"own"`
	Ticket      linkCaseTicket      `yaml:"ticket"`
	Emergencies []rawTrialEmergency `yaml:"emergencies"`
	Linked      string              `yaml:"linked"`
	Suggested   []string            `yaml:"suggested"`
	Why         []string            `yaml:"why"`
}

type linkCaseTicket struct {
	At     string         `yaml:"at"`
	Last   string         `yaml:"last"`
	Tokens []string       `yaml:"tokens"`
	More   []linkCaseMail `yaml:"more"` // its further mails

	From     string   `yaml:"from"`
	Proof    string   `yaml:"proof"`
	Subject  string   `yaml:"subject"`
	Text     string   `yaml:"text"`
	Quoted   string   `yaml:"quoted"`
	Customer string   `yaml:"customer"`
	Phones   []string `yaml:"phones"`
	Servers  []string `yaml:"servers"`
}

type linkCaseMail struct {
	From     string   `yaml:"from"`
	Proof    string   `yaml:"proof"`
	Subject  string   `yaml:"subject"`
	Text     string   `yaml:"text"`
	Quoted   string   `yaml:"quoted"`
	Customer string   `yaml:"customer"`
	Phones   []string `yaml:"phones"`
	Servers  []string `yaml:"servers"`
}

// caseNow is when the mail of a case arrives.
var caseNow = time.Date(2026, 3, 4, 3, 0, 0, 0, time.FixedZone("CET", 3600))

// subject is the ticket of a case. Its facts are given: what is understood of mails is tested elsewhere.
func (c *linkCase) subject(t *testing.T, in *Inventory) LinkSubject {
	k := c.Ticket
	first := linkCaseMail{k.From, k.Proof, k.Subject, k.Text, k.Quoted, k.Customer, k.Phones, k.Servers}
	s := LinkSubject{First: caseTime(t, k.At), Last: caseTime(t, k.At)}
	if k.Last != "" {
		s.Last = caseTime(t, k.Last)
	}
	for _, m := range append(k.More, first) {
		f := Facts{CustomerNumber: m.Customer, Phones: m.Phones}
		for _, name := range m.Servers {
			server := Server{Name: name}
			if known := in.Lookup(name); len(known) > 0 {
				server.Known, server.Owner = true, owner(known)
			}
			f.Servers = append(f.Servers, server)
		}
		mail := &message.Mail{Subject: m.Subject, Text: m.Text, Quoted: m.Quoted}
		s.Keys = append(s.Keys, TicketKeys(mail, f, m.From, m.Proof, in)...)
	}
	for _, token := range k.Tokens {
		s.Keys = append(s.Keys, Key{KeyEmergency, strings.TrimPrefix(token, "NE-")})
	}
	s.Keys = LeaveOutOwn(s.Keys, c.Own)
	return s
}

func caseTime(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return caseNow
	}
	at, ok := timeBeside(s, caseNow)
	if !ok {
		t.Fatalf("%q is no time", s)
	}
	return at
}

func readLinkCases(t *testing.T) (linkCases, *Inventory) {
	t.Helper()
	const name = "testdata/link/cases.yaml"
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var all linkCases
	for _, p := range strictyaml.Read(name, b, &all, strictyaml.Options{}).Problems() {
		t.Error(p)
	}
	in, bad, err := ReadInventory(strings.NewReader(all.Inventory))
	if err != nil || len(bad) > 0 || t.Failed() {
		t.Fatal(err, bad)
	}
	return all, in
}

// TestLinkCases: what a person would link is linked, and nothing else.
func TestLinkCases(t *testing.T) {
	all, in := readLinkCases(t)
	if len(all.Cases) < 70 {
		t.Errorf("%d cases, wanted 70 at least", len(all.Cases))
	}
	l := Shipped().Link()
	for _, c := range all.Cases {
		t.Run(c.Name, func(t *testing.T) {
			s := c.subject(t, in)
			var targets []LinkTarget
			for i := range c.Emergencies {
				targets = append(targets, c.Emergencies[i].target(World{Now: caseNow, Own: c.Own, Inventory: in}))
			}
			d := l.Decide(s, targets)
			var suggested []string
			for _, id := range d.Suggested {
				suggested = append(suggested, emergencyName(id))
			}
			linked := ""
			if d.Linked != 0 {
				linked = emergencyName(d.Linked)
			}
			if linked != c.Linked || !slices.Equal(suggested, c.Suggested) {
				t.Errorf("linked %q, suggested %q; wanted %q, %q\n%s", linked, suggested, c.Linked, c.Suggested, l.says(d))
			}
			said := whys(d)
			for _, w := range c.Why {
				if !slices.Contains(said, w) {
					t.Errorf("%q is not said of the best; %q", w, said)
				}
			}
			checkSearch(t, l, s, targets, d)
		})
	}
}

// whys is what is said of the best candidate.
func whys(d Decision) []string {
	if len(d.Candidates) == 0 {
		return nil
	}
	out := []string{d.Candidates[0].Contradiction}
	for _, s := range d.Candidates[0].Signals {
		out = append(out, fmt.Sprintf("%s %d", s.Kind, s.Weight), s.Why)
	}
	return out
}

// checkSearch: whatever is linked or suggested would have been found by the search keys of either side, within the times
// that are to be searched, unless it is named.
func checkSearch(t *testing.T, l *LinkRules, s LinkSubject, targets []LinkTarget, d Decision) {
	t.Helper()
	from, until := l.Triggers(s)
	for _, x := range targets {
		if x.ID != d.Linked && !slices.Contains(d.Suggested, x.ID) {
			continue
		}
		asEmergency := append(slices.Clone(x.Keys), Key{KeyEmergency, emergencyID(x.ID)})
		if !slices.ContainsFunc(l.SearchKeys(s), func(k Key) bool { return slices.Contains(asEmergency, k) }) {
			t.Errorf("%s is not found by %v", emergencyName(x.ID), l.SearchKeys(s))
		}
		if !slices.ContainsFunc(l.SearchKeysOf(x), func(k Key) bool { return slices.Contains(s.Keys, k) }) {
			t.Errorf("the ticket is not found by %v", l.SearchKeysOf(x))
		}
		firstMail, lastMail := l.Mails(x.TriggeredAt)
		a := !x.TriggeredAt.Before(from) && !x.TriggeredAt.After(until)
		b := !s.Last.Before(firstMail) && !s.First.After(lastMail)
		named := slices.ContainsFunc(s.Keys, func(k Key) bool {
			return (k.Kind == KeyEmergency || k.Kind == KeyNumber) && k.Value == emergencyID(x.ID)
		})
		if a != b || !a && !named {
			t.Errorf("%s lies within the times of the ticket: %v, the ticket within those of the emergency: %v", emergencyName(x.ID), a, b)
		}
	}
}

// anyLink draws a ticket and emergencies out of few values, so that they often share some.
func anyLink(t *rapid.T) (LinkSubject, []LinkTarget) {
	kinds := []KeyKind{KeyCustomer, KeyOwner, KeyAddress, KeyDomain, KeyPhone, KeyServer}
	values := map[KeyKind][]string{KeyCustomer: {"1", "2"}, KeyOwner: {"1", "2"}, KeyAddress: {"a@x.at", "b@x.at"}, KeyDomain: {"x.at", "gmx.at"},
		KeyPhone: {"+431", "+432"}, KeyServer: {"web01", "web01.x.at", "198.51.100.1", "192.168.0.1"}}
	keys := func(name string) (out []Key) {
		for _, kind := range kinds {
			for _, v := range values[kind] {
				if rapid.IntRange(0, 2).Draw(t, name) == 0 {
					out = append(out, Key{kind, v})
				}
			}
		}
		return out
	}
	at := func(name string) time.Time {
		return caseNow.Add(time.Duration(rapid.IntRange(-30, 30).Draw(t, name)) * time.Hour)
	}
	s := LinkSubject{Keys: keys("ticket"), First: at("first")}
	s.Last = s.First.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "later")) * time.Hour)
	var targets []LinkTarget
	for i := range rapid.IntRange(0, 5).Draw(t, "emergencies") {
		x := LinkTarget{int64(10001 + i), keys("emergency"), at("triggered")}
		targets = append(targets, x)
		for _, kind := range []KeyKind{KeyEmergency, KeyNumber} {
			if rapid.IntRange(0, 5).Draw(t, string(kind)) == 0 {
				s.Keys = append(s.Keys, Key{kind, emergencyID(x.ID)})
			}
		}
	}
	return s, targets
}

// TestLinkDecideProperties: the order of things does not matter, an emergency of somebody else changes nothing, and what is
// decided can be defended.
func TestLinkDecideProperties(t *testing.T) {
	l := Shipped().Link()
	rapid.Check(t, func(t *rapid.T) {
		s, targets := anyLink(t)
		d := l.Decide(s, targets)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		mixed := slices.Clone(targets)
		for i := range mixed {
			mixed[i].Keys = append(slices.Clone(mixed[i].Keys), mixed[i].Keys...) // doubles say nothing more
			r.Shuffle(len(mixed[i].Keys), func(a, b int) { mixed[i].Keys[a], mixed[i].Keys[b] = mixed[i].Keys[b], mixed[i].Keys[a] })
		}
		r.Shuffle(len(mixed), func(a, b int) { mixed[a], mixed[b] = mixed[b], mixed[a] })
		other := s
		other.Keys = slices.Clone(s.Keys)
		r.Shuffle(len(other.Keys), func(a, b int) { other.Keys[a], other.Keys[b] = other.Keys[b], other.Keys[a] })
		if diff := cmp.Diff(d, l.Decide(other, mixed)); diff != "" {
			t.Fatalf("in another order:\n%s", diff)
		}
		stranger := LinkTarget{10100, []Key{{KeyCustomer, "9"}, {KeyOwner, "9"}, {KeyAddress, "z@z.at"}, {KeyDomain, "z.at"}, {KeyDomain, "gmx.at"}, {KeyPhone, "+499"}, {KeyServer, "db.z.at"}}, s.First}
		if diff := cmp.Diff(d, l.Decide(s, append(mixed, stranger))); diff != "" {
			t.Fatalf("with an emergency of somebody else:\n%s", diff)
		}
		defensible(t, l, d)
	})
}

// defensible holds what must be true of every decision.
func defensible(t *rapid.T, l *LinkRules, d Decision) {
	if d.Linked != 0 && len(d.Suggested) > 0 {
		t.Fatalf("linked and suggested: %+v", d)
	}
	for _, c := range d.Candidates {
		sum := 0
		for _, s := range c.Signals {
			sum += s.Weight
		}
		switch {
		case sum != c.Score || sum == 0:
			t.Fatalf("%d is the score of %+v", c.Score, c)
		case slices.Contains(d.Suggested, c.ID) != (d.Linked == 0 && c.Score >= l.Suggested):
			t.Fatalf("suggested: %+v", d)
		case c.ID != d.Linked:
		case c.Contradiction != "" && !c.has(SignalToken), c.Score < l.Linked, !c.has(SignalToken) && !c.firm():
			t.Fatalf("linked: %+v", c)
		}
		if d.Linked != 0 && c.ID != d.Linked && c.Contradiction == "" && c.rank() == d.Candidates[0].rank() && d.Candidates[0].Score-c.Score < l.Margin {
			t.Fatalf("linked with a rival: %+v", d)
		}
	}
}

// TestLinkSettings: an admin's settings are those in force; a number alone never links, whatever it weighs; what weighs
// nothing is neither told nor looked for.
func TestLinkSettings(t *testing.T) {
	set, err := Load([]File{{"a.yaml", []byte("link: {after: 12h, linked: 90, weights: {number: 200, address: 0}, near: [{within: 2h, weight: 15}]}\nlists: {freemail: {add: [dorfnetz.at]}}\n")},
		{"b.yaml", []byte("link: {after: 13h, margin: 1}\n")}})
	if err != nil {
		t.Fatal(err)
	}
	l, shipped := set.Link(), Shipped().Link()
	if l.After != 13*time.Hour || l.Before != shipped.Before || l.Linked != 90 || l.Margin != 1 || l.Suggested != shipped.Suggested ||
		l.Weights.Number != 200 || l.Weights.Phone != shipped.Weights.Phone || len(l.Near) != 1 || !l.Freemail("dorfnetz.at") || !l.Freemail("gmx.at") {
		t.Errorf("%+v", l)
	}
	s := LinkSubject{Keys: []Key{{KeyNumber, "10001"}, {KeyAddress, "a@firma.at"}, {KeyDomain, "dorfnetz.at"}}, First: caseNow}
	d := l.Decide(s, []LinkTarget{{10001, []Key{{KeyAddress, "a@firma.at"}, {KeyDomain, "dorfnetz.at"}}, caseNow}})
	if len(d.Candidates) != 1 || d.Linked != 0 || !slices.Equal(d.Suggested, []int64{10001}) || d.Candidates[0].Score != 200 {
		t.Errorf("%+v", d)
	}
	if diff := cmp.Diff([]Key{{KeyEmergency, "10001"}}, l.SearchKeys(s)); diff != "" {
		t.Error(diff)
	}
	want := map[string]string{"after": "changed b.yaml 13h", "linked": "changed a.yaml 90", "weights.phone": "shipped shipped/95-link.yaml 90", "near": "changed a.yaml 15 within 2h"}
	for _, r := range set.Rules() {
		if w, ok := want[r.Name]; ok && r.Section == "link" {
			value, _, _ := strings.Cut(r.About, ":")
			if got := fmt.Sprintf("%s %s %s", r.State, r.File, value); got != w {
				t.Errorf("%s: %q, wanted %q", r.Name, got, w)
			}
			delete(want, r.Name)
		}
	}
	if len(want) > 0 {
		t.Errorf("not listed: %v", want)
	}
}
