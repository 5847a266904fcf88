package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// rawTrialForm is what a test expects of the form that sent a mail: form: none, form: our-form, or its fields.
type rawTrialForm struct {
	Rule           string   `yaml:"rule"`
	Proven         *bool    `yaml:"proven"`
	Alarm          string   `yaml:"alarm" one:"external|channels"`
	Name           string   `yaml:"name" empty:""`
	CustomerNumber string   `yaml:"customer_number" empty:""`
	Email          string   `yaml:"email" empty:""`
	Phone          string   `yaml:"phone" empty:""`
	Problem        string   `yaml:"problem" empty:""`
	Servers        []string `yaml:"servers" empty:"" loose:""`
	TriggeredAt    string   `yaml:"triggered_at" empty:""`
	Language       string   `yaml:"language" empty:""`
}

// checkForm finds expectations of a form that no mail could fulfil.
func (f *trialFile) checkForm(e *rawTrialForm, key string, rules []string) {
	switch {
	case !f.doc.Has(key) || f.doc.BadBelow(key):
		return
	case e.Rule == formNone && f.doc.Has(key+".proven"):
		f.doc.ProblemAt(key+".proven", "a mail that no form sent proves nothing", "remove it, or the rule: none")
	case e.Rule != "" && e.Rule != formNone && !slices.Contains(rules, e.Rule):
		f.doc.ProblemAt(key+".rule", fmt.Sprintf("there is no rule %q", e.Rule), meantName(e.Rule, rules))
	}
	if e.TriggeredAt != "" {
		if _, err := time.Parse(time.RFC3339, e.TriggeredAt); err != nil {
			f.doc.ProblemAt(key+".triggered_at", fmt.Sprintf("%q is no time", e.TriggeredAt), `write it with its offset: "2026-03-04T03:00:00+01:00"`)
		}
	}
}

// form compares the form that sent the mail.
func (c *comparison) form(e *rawTrialForm, got *Form) {
	switch {
	case !c.has("form"):
		return
	case e.Rule == formNone || !c.doc.Given(c.key+".form"):
		if got != nil {
			c.fail("form", fmt.Sprintf("expected no form, found that of rule %s", got.Rule), "")
		}
		return
	case got == nil:
		why := "no forms rule takes the mail for a form's"
		if e.Rule != "" {
			why = c.got.whyNotFired(e.Rule)
		}
		c.fail("form", "expected a form, found none: "+why, "")
		return
	case e.Rule != "" && e.Rule != got.Rule:
		c.fail("form.rule", fmt.Sprintf("expected the form of rule %s, found that of %s", e.Rule, got.Rule), "")
		return
	}
	if e.Proven != nil && *e.Proven != got.Proven {
		said := map[bool]string{true: "proven", false: "unproven"}
		c.fail("form.proven", fmt.Sprintf("expected it %s, and it is %s: %s", said[*e.Proven], said[got.Proven], got.Why), "")
	}
	for _, x := range []struct{ key, want, got string }{{"alarm", e.Alarm, got.Alarm}, {"name", e.Name, got.Name}, {"customer_number", e.CustomerNumber, got.CustomerNumber},
		{"email", e.Email, got.Email}, {"language", e.Language, got.Language}, {"servers", strings.Join(e.Servers, ", "), strings.Join(got.Servers, ", ")}} {
		if c.has("form."+x.key) && x.want != x.got {
			c.fail("form."+x.key, fmt.Sprintf("expected %q, found %q", short(x.want), short(x.got)), "")
		}
	}
	if number, _ := ReadPhone(got.Phone, ""); c.has("form.phone") && e.Phone != got.Phone && (number == "" || e.Phone != number) {
		c.fail("form.phone", fmt.Sprintf("expected %q, found %q", short(e.Phone), short(got.Phone)), "")
	}
	if c.has("form.problem") && (!strings.Contains(oneLine(got.Problem), oneLine(e.Problem)) || e.Problem == "" && got.Problem != "") {
		c.fail("form.problem", fmt.Sprintf("expected %q, found %q", short(e.Problem), short(got.Problem)), "")
	}
	if c.has("form.triggered_at") {
		want, err := time.Parse(time.RFC3339, e.TriggeredAt)
		if found := got.TriggeredAt; err == nil && !found.Equal(want) || e.TriggeredAt == "" && !found.IsZero() {
			c.fail("form.triggered_at", fmt.Sprintf("expected %q, found %s", e.TriggeredAt, said(found)), "")
		}
	}
}

func said(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	return t.Format(time.RFC3339)
}
