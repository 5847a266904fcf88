package templates

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// alarm is the template of what goes to pagers and mobile phones.
const alarm = "alarm"

// alarmMax is how many characters a text to a pager has at most: two short messages, as gateways split them.
const alarmMax = 300

// alarmView is what the template of alarms sees. Its strings are plain words on one line, for there is no HTML.
type alarmView struct {
	Kind, Number, Name, CustomerNumber, Phone, Problem string
	Servers, By                                        string
	Minutes                                            int
	Over                                               bool // taken over, cancelled or resolved: there is nobody to call
}

// alarmKinds are what a pager is told.
func alarmKinds() []string {
	return []string{"triggered", "reminder", "overdue", "failed", "acknowledged", "cancelled", "resolved", "test"}
}

// Alarm renders a mail to a pager: a subject, and a text of one line and at most 300 characters. There is no HTML.
// It fails on a kind that does not exist.
func (s *Set) Alarm(a AlarmMail) (Rendered, error) {
	known := false
	for _, k := range alarmKinds() {
		known = known || k == a.Kind
	}
	if !known {
		return Rendered{}, fmt.Errorf("alarm: there is no kind %q", a.Kind)
	}
	lang := staffLanguage(a.Language)
	v := alarmView{
		Kind: a.Kind, Number: brief(a.Number, 20), Name: brief(a.Name, 40), CustomerNumber: brief(a.CustomerNumber, 20), Phone: brief(a.Phone, 24),
		Problem: brief(a.Problem, 200), Servers: brief(strings.Join(a.Servers, ", "), 60), Minutes: a.Minutes,
		Over: a.Kind == "acknowledged" || a.Kind == "cancelled" || a.Kind == "resolved",
	}
	if !a.CallbackBy.IsZero() {
		v.By = strings.TrimSuffix(clock(lang, a.CallbackBy), " Uhr")
	}
	t := s.texts[alarm+"."+lang]
	subject, err := execute(t, "subject", v)
	if err != nil {
		return Rendered{}, fmt.Errorf("alarm: %w", err)
	}
	text, err := execute(t, t.Name(), v)
	if err != nil {
		return Rendered{}, fmt.Errorf("alarm: %w", err)
	}
	return Rendered{Subject: brief(subject, 80), Text: brief(strings.TrimRight(oneLine(text), ",:"), alarmMax-1) + "\n"}, nil
}

// brief is one line of at most max characters. Its sign of a cut is three dots: a single … makes gateways
// send the whole text in an alphabet that needs more messages.
func brief(s string, max int) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:max-3]), " ") + "..."
}

func staffLanguage(lang string) string {
	if lang == "en" {
		return "en"
	}
	return "de"
}
