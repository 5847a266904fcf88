package templates

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// readCase reads what differs from the base, strictly.
func readCase(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func casesOf(t *testing.T, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(pattern)
	if err != nil || len(all) == 0 {
		t.Fatal("no cases", err)
	}
	return all
}

// Each testdata/confirmations/*.json is a case; its .txt and .html beside it are what the customer gets.
func TestConfirmations(t *testing.T) {
	s := load(t, "")
	base := readAnswer(t, "testdata/answers/day.de.json")
	for _, path := range casesOf(t, "testdata/confirmations/*.json") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			c := Confirmation{Company: base.Company, Service: base.Service, Hours: base.Hours, Now: time.Date(2026, 3, 14, 2, 13, 0, 0, time.FixedZone("", 3600))}
			readCase(t, path, &c)
			r, err := s.Confirmation(c)
			if err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(path, ".json")
			golden(t, name+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			golden(t, name+".html", r.HTML)
			readable(t, r)
			smallEnough(t, r)
		})
	}
}

// Each testdata/alarms/*.json is a page; its .txt beside it is what the gateway gets.
func TestAlarms(t *testing.T) {
	s := load(t, "")
	for _, path := range casesOf(t, "testdata/alarms/*.json") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			var a AlarmMail
			readCase(t, path, &a)
			r, err := s.Alarm(a)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(path, ".json")+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			if n := utf8.RuneCountInString(r.Text); n > alarmMax || strings.Count(r.Text, "\n") != 1 || r.HTML != "" {
				t.Errorf("%d characters of %q, HTML %q", n, r.Text, r.HTML)
			}
			if strings.ContainsAny(r.Subject+r.Text, "…·–„“") {
				t.Errorf("a character that makes short messages long: %q", r.Text)
			}
		})
	}
}

// Whatever an Answer holds of an emergency, not_linked and bare tell none of it: not to those who may not know, and
// not by contrast to those for whom there is none.
func TestNotLinkedTellsNothing(t *testing.T) {
	s := load(t, "")
	for _, sm := range samples() {
		a := sm.answer
		if a.Row != NotLinked && !a.Bare || a.Correction != "" {
			continue
		}
		with, err := s.Answer(a)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []Emergency{{}, {Number: "NE-99999", Trouble: TroubleFailed, Cancelled: true, Phone: "+4366499"}} {
			a.Emergency = e
			for _, second := range []bool{false, true} {
				a.Second = second
				got, err := s.Answer(a)
				if err != nil {
					t.Fatal(err)
				}
				if got != with {
					t.Fatalf("%s: the emergency %+v changes the answer to %s", sm.name, e, got.Text)
				}
			}
		}
	}
}

// Only the last two digits of a number ever reach a customer.
func TestPhoneIsMasked(t *testing.T) {
	s := load(t, "")
	for number, shown := range map[string]string{"+436769876512": "12", "+498912345687": "87", "+41441234593": "93", "+612": ""} {
		more := number[len(number)-3:]
		seen := 0
		look := func(r Rendered, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			if all := r.Subject + r.Text + r.HTML; strings.Contains(all, more) {
				t.Errorf("%s shows more than its last two digits: %s", number, r.Text)
			}
			if shown != "" && (strings.Contains(r.Text, "Endziffern "+shown) || strings.Contains(r.Text, "ending in "+shown)) {
				seen++
			}
		}
		for _, row := range rows() {
			a := sampleAnswer()
			a.Row, a.Emergency.Phone, a.Emergency.Trouble = row, number, TroubleOverdue
			look(s.Answer(a))
		}
		for _, c := range sampleConfirmations() {
			if c.Emergency.Phone != "" {
				c.Emergency.Phone = number
			}
			look(s.Confirmation(c))
		}
		if (seen > 0) != (shown != "") {
			t.Errorf("%s: its digits %q stand in %d mails", number, shown, seen)
		}
	}
}

// A confirmation of a consent that is far too long still arrives, and says that it is cut.
func TestLongConsent(t *testing.T) {
	s := load(t, "")
	for _, size := range []int{10, 1000, 3000, 100000} {
		for _, footer := range []int{10, 4000, 50000} {
			c := sampleConfirmations()[0]
			c.ConsentText = strings.Repeat("Übermäßig langer Text.\n", size/20+1)
			c.Company.LegalFooter = strings.Repeat("Muster GmbH. ", footer/13)
			r, err := s.Confirmation(c)
			if err != nil {
				t.Fatal(err)
			}
			smallEnough(t, r)
			if size > consentMax && !strings.Contains(r.Text, "(gekürzt)") {
				t.Errorf("%d: it does not say that it is cut", size)
			}
			if !strings.Contains(top(r.Text), anyStatement("de")) {
				t.Errorf("%d: no statement in %q", size, top(r.Text))
			}
		}
	}
}

func TestRefusesUnknownKinds(t *testing.T) {
	s := load(t, "")
	c := sampleConfirmations()[0]
	c.Kind = "nonsense"
	if _, err := s.Confirmation(c); err == nil {
		t.Error("rendered a kind of confirmation that does not exist")
	}
	c = sampleConfirmations()[0]
	for _, c.Row = range []Row{"", NotLinked, "nonsense"} {
		if _, err := s.Confirmation(c); err == nil {
			t.Errorf("rendered a confirmation of %q", c.Row)
		}
	}
	if _, err := s.Alarm(AlarmMail{Kind: "nonsense"}); err == nil {
		t.Error("rendered an alarm that does not exist")
	}
}

// Instants as they stand in sentences, over midnight, over the year's end and in the night that has an hour twice.
func TestInstants(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		lang, at, now, when, until, short string
	}{
		{"de", "2026-03-14T01:43:00Z", "2026-03-14T01:13:00Z", "um 02:43 Uhr", "02:43 Uhr", "02:43"},
		{"en", "2026-03-14T01:43:00Z", "2026-03-14T01:13:00Z", "at 02:43", "02:43", "02:43"},
		{"de", "2026-03-15T23:15:00Z", "2026-03-15T22:50:00Z", "am Montag, 16. März, um 00:15 Uhr", "Montag, 16. März, 00:15 Uhr", "16.3. 00:15"},
		{"en", "2026-03-15T23:15:00Z", "2026-03-15T22:50:00Z", "on Monday, 16 March, at 00:15", "Monday, 16 March, 00:15", "16 March 00:15"},
		{"de", "2026-12-31T23:10:00Z", "2026-12-31T22:50:00Z", "am Freitag, 1. Jänner 2027, um 00:10 Uhr", "Freitag, 1. Jänner 2027, 00:10 Uhr", "1.1. 00:10"},
		{"de", "2026-10-25T00:30:00Z", "2026-10-25T00:01:00Z", "um 02:30 Uhr Sommerzeit", "02:30 Uhr Sommerzeit", "02:30 Sommerzeit"},
		{"de", "2026-10-25T01:30:00Z", "2026-10-25T00:01:00Z", "um 02:30 Uhr Winterzeit", "02:30 Uhr Winterzeit", "02:30 Winterzeit"},
		{"en", "2026-10-25T01:30:00Z", "2026-10-25T00:01:00Z", "at 02:30 winter time", "02:30 winter time", "02:30 winter time"},
		{"de", "2026-10-25T02:10:00Z", "2026-10-25T00:01:00Z", "um 03:10 Uhr", "03:10 Uhr", "03:10"},
		{"de", "2026-03-29T01:10:00Z", "2026-03-29T00:50:00Z", "um 03:10 Uhr", "03:10 Uhr", "03:10"},
	} {
		at, _ := time.Parse(time.RFC3339, c.at)
		now, _ := time.Parse(time.RFC3339, c.now)
		at, now = at.In(vienna), now.In(vienna)
		if a, b, d := when(c.lang, at, now), until(c.lang, at, now), untilShort(c.lang, at, now); a != c.when || b != c.until || d != c.short {
			t.Errorf("%s %s: %q, %q, %q", c.lang, c.at, a, b, d)
		}
	}
}
