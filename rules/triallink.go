package rules

import (
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rawTrialEmergency is an emergency that stands open when the mail of a test arrives.
type rawTrialEmergency struct {
	ID             string   `yaml:"id" required:"its number: NE-10001"`
	Triggered      string   `yaml:"triggered" required:"when it was triggered: -12m is 12 minutes before the mail"`
	CustomerNumber string   `yaml:"customer_number"`
	Email          string   `yaml:"email"`
	Phone          string   `yaml:"phone"`
	Servers        []string `yaml:"servers" loose:""`
}

// noLink is what a test expects under link where there must be none.
const noLink = "none"

// target is the emergency as linking sees it.
func (e *rawTrialEmergency) target(w World) LinkTarget {
	id, _ := emergencyOf(e.ID)
	at, _ := timeBeside(e.Triggered, w.Now)
	keys := EmergencyKeys(e.CustomerNumber, strings.ToLower(e.Email), e.Phone, e.Servers, w.Inventory)
	return LinkTarget{id, LeaveOutOwn(keys, w.Own), at}
}

// emergencyOf reads NE-10001.
func emergencyOf(s string) (int64, bool) {
	digits, ok := strings.CutPrefix(s, "NE-")
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, ok && err == nil && id > 0 && emergencyName(id) == s
}

// timeBeside reads a time, or a distance from now: -12m, +6h.
func timeBeside(s string, now time.Time) (time.Time, bool) {
	if d, err := time.ParseDuration(s); err == nil {
		return now.Add(d), true
	}
	at, err := time.Parse(time.RFC3339, s)
	return at, err == nil
}

// checkEmergencies finds what is wrong with the emergencies of a test, and with what it expects of them.
func (f *trialFile) checkEmergencies(t *rawTest, key string) {
	var ids []string
	for i, e := range t.Emergencies {
		at := fmt.Sprintf("%s.emergencies[%d]", key, i)
		bad := func(k, text, mend string) {
			if f.doc.Given(at + "." + k) {
				f.doc.ProblemAt(at+"."+k, text, mend)
			}
		}
		if _, ok := emergencyOf(e.ID); !ok {
			bad("id", fmt.Sprintf("%q is no number of an emergency", e.ID), "write NE-10001")
		} else if slices.Contains(ids, e.ID) {
			bad("id", "an emergency has this number already", "give each its own")
		}
		ids = append(ids, e.ID)
		if _, ok := timeBeside(e.Triggered, defaultClock); !ok {
			bad("triggered", fmt.Sprintf("%q is no time", e.Triggered), `write how long before the mail, -12m, or after it, +2h; or "2026-03-04T03:00:00+01:00"`)
		}
		if _, err := mail.ParseAddress(e.Email); e.Email != "" && err != nil {
			bad("email", fmt.Sprintf("%q is no address", e.Email), "write name@domain")
		}
		if n := e164(e.Phone, "", "AT"); e.Phone != "" && n != e.Phone {
			mend := "write +43…"
			if n != "" {
				mend = "write " + n
			}
			bad("phone", "phones of emergencies are in international form", mend)
		}
	}
	e, expect := &t.Expect, key+".expect"
	asked := f.doc.Has(expect+".link") || f.doc.Has(expect+".suggested")
	switch {
	case f.doc.BadBelow(key):
		return
	case len(ids) > 0 && !asked:
		f.doc.ProblemAt(key+".emergencies", "the test does not say what is expected of them", "give expect link: or suggested:")
	case len(ids) == 0 && asked:
		f.doc.ProblemAt(expect, "there is no emergency to be linked with", "give the test emergencies:")
	}
	known := func(k, id string, names []string) {
		if f.doc.Given(expect+"."+k) && !slices.Contains(names, id) && len(ids) > 0 {
			f.doc.ProblemAt(expect+"."+k, fmt.Sprintf("%q is none of the emergencies of the test", id), meantName(id, names))
		}
	}
	known("link", cmp.Or(e.Link, noLink), append(slices.Clone(ids), noLink))
	for i, id := range e.Suggested {
		known(fmt.Sprintf("suggested[%d]", i), id, ids)
	}
}

// link compares the emergencies with which the mail is linked, or might be.
func (c *comparison) link(t *rawTest, w World) {
	if len(t.Emergencies) == 0 {
		return
	}
	var targets []LinkTarget
	for i := range t.Emergencies {
		targets = append(targets, t.Emergencies[i].target(w))
	}
	author, _ := Author(c.got.mail, w.Groups)
	keys := TicketKeys(c.got.mail, c.got.facts, author.Address, w.Proof, w.Inventory)
	d := c.got.set.Link().Decide(LinkSubject{Keys: LeaveOutOwn(keys, w.Own), First: w.Now, Last: w.Now}, targets)
	linked := noLink
	if d.Linked != 0 {
		linked = emergencyName(d.Linked)
	}
	want := cmp.Or(t.Expect.Link, noLink)
	if c.has("link") && want != linked {
		c.fail("link", fmt.Sprintf("expected %s, got %s; %s", linkSaid(want), linkSaid(linked), c.got.set.Link().says(d)), "")
	}
	if !c.has("suggested") {
		return
	}
	var got []string
	for _, id := range d.Suggested {
		got = append(got, emergencyName(id))
	}
	for i, id := range t.Expect.Suggested {
		if !slices.Contains(got, id) {
			c.fail(fmt.Sprintf("suggested[%d]", i), fmt.Sprintf("expected %s to be suggested; %s", id, c.got.set.Link().says(d)), "")
		}
	}
	for _, id := range got {
		if !slices.Contains(t.Expect.Suggested, id) {
			c.fail("suggested", fmt.Sprintf("did not expect %s to be suggested; %s", id, c.got.set.Link().says(d)), "")
		}
	}
}

func linkSaid(s string) string {
	if s == noLink {
		return "no link"
	}
	return "a link with " + s
}

// says is a decision in one line: every candidate with what speaks for it.
func (l *LinkRules) says(d Decision) string {
	if len(d.Candidates) == 0 {
		return "nothing in the mail is of any of the emergencies, or it lies outside the window"
	}
	var out []string
	for _, c := range d.Candidates {
		var signals []string
		for _, s := range c.Signals {
			signals = append(signals, fmt.Sprintf("%s %d", s.Kind, s.Weight))
		}
		one := fmt.Sprintf("%s has %d (%s)", emergencyName(c.ID), c.Score, strings.Join(signals, ", "))
		if c.Contradiction != "" {
			one += ", but " + c.Contradiction
		}
		out = append(out, one)
	}
	return fmt.Sprintf("it takes %d, and %d more than the next; %s", l.Linked, l.Margin, strings.Join(out, "; "))
}
