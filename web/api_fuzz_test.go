package web

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"notfalld/ticket"
)

// Whatever bytes a body has, it is refused with an answer that can be read, or gives a trigger that holds nothing it may not.
func FuzzTrigger(f *testing.F) {
	files, _ := filepath.Glob("testdata/requests/*.txt")
	for _, file := range files {
		for _, c := range readCases(f, file) {
			if len(c.body) < 5000 {
				f.Add([]byte(c.body))
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeTrigger(body)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		var plain map[string]any
		if err := json.Unmarshal(dropMark(body), &plain); err != nil {
			t.Fatalf("taken, and no JSON object: %v", err)
		}
		for name := range plain {
			if !slices.Contains([]string{"name", "customer_number", "email", "phone", "problem", "servers", "triggered_at"}, name) {
				t.Errorf("taken with the field %q", name)
			}
		}
		checkTrigger(t, got)
	})
}

func dropMark(body []byte) []byte { return []byte(strings.TrimPrefix(string(body), "\uFEFF")) }

func checkRefusal(t *testing.T, err error) {
	var no *refusal
	if !errors.As(err, &no) || no.status != 400 && no.status != 422 || no.detail == "" || len(no.faults) > 20 {
		t.Fatalf("%#v", err)
	}
	details := []string{no.detail}
	for _, x := range no.faults {
		if !strings.HasPrefix(x.Pointer, "/") {
			t.Errorf("pointer %q", x.Pointer)
		}
		details = append(details, x.Detail, x.Pointer)
	}
	for _, d := range details {
		if !utf8.ValidString(d) || strings.ContainsFunc(d, control) || utf8.RuneCountInString(d) > 1000 {
			t.Errorf("said: %q", d)
		}
	}
}

func checkTrigger(t *testing.T, got ticket.Trigger) {
	for _, x := range []struct {
		value string
		field field
	}{{got.Name, nameField}, {got.CustomerNumber, customerField}, {got.Email, emailField}, {got.Phone, phoneField}} {
		if !utf8.ValidString(x.value) || strings.ContainsFunc(x.value, control) || utf8.RuneCountInString(x.value) > x.field.most {
			t.Errorf("%s: %q", x.field.name, x.value)
		}
	}
	free := func(r rune) bool { return control(r) && r != '\n' && r != '\t' }
	if !utf8.ValidString(got.Problem) || utf8.RuneCountInString(got.Problem) > problemField.most || strings.ContainsFunc(got.Problem, free) {
		t.Errorf("problem: %q", got.Problem)
	}
	if len(got.Servers) > mostServers {
		t.Errorf("%d servers", len(got.Servers))
	}
	for _, s := range got.Servers {
		if s == "" || strings.ContainsFunc(s, control) || utf8.RuneCountInString(s) > serversField.most {
			t.Errorf("server %q", s)
		}
	}
	if got.Way != "" || got.Key != "" || got.Raw != "" || got.Alarm != "" || got.Actor != "" {
		t.Errorf("the body has set what is not its own: %+v", got)
	}
}
