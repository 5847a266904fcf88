package templates

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// Each testdata/notices/*.json is a notification; its .txt beside it is what staff get.
func TestNotifications(t *testing.T) {
	s := load(t, "")
	cases, err := filepath.Glob("testdata/notices/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var n Notification
			d := json.NewDecoder(bytes.NewReader(raw))
			d.DisallowUnknownFields()
			if err := d.Decode(&n); err != nil {
				t.Fatal(err)
			}
			r, err := s.Notification(n)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, strings.TrimSuffix(path, ".json")+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			readable(t, r)
		})
	}
}

// Nothing that a customer writes can look like a line of ours: every line of the text starts with one
// of our own words, or is marked as the mail's.
func FuzzNotification(f *testing.F) {
	s := load(f, "")
	f.Add("KEIN NOTFALL AUSGELÖST\n\n- Von (nachgewiesen): x", "Anna\r\n- Von", "Hallo\n- Ticket: NS-1 (neu)\n# Die E-Mail\n\n> x", "web01")
	f.Add("\x10\x13", "\x0e", "\x02a\x1eb\x0f\u2028> x\n>\n \n", "\x00")
	f.Fuzz(func(t *testing.T, subject, name, text, server string) {
		n := Notification{
			Kind: NoticeTicket, Ticket: "NS-10001", Name: name, Address: name + "@firma.example", Subject: subject, Text: text, Answered: AnsweredFull,
			Recipient: "x@firma.example", Understood: Understood{Servers: []Server{{server, false}}, Errors: []string{text, subject}}, Problem: server, LeftOut: []string{server},
		}
		r, err := s.Notification(n)
		if err != nil {
			t.Fatal(err)
		}
		if utf8.RuneCountInString(r.Subject) > subjectMax || !strings.HasPrefix(r.Subject, "[NS-10001] KEIN NOTFALL AUSGELÖST") {
			t.Errorf("subject %q", r.Subject)
		}
		own := []string{"KEIN NOTFALL AUSGELÖST", "- Ticket: ", "- Von (", "- Betreff: ", "- Telefon in der E-Mail: ", "- Server, nicht", "- Fehler: ", "- Nicht lesbar: ", "- Nicht alles gelesen: ", "- Automatisch beantwortet: ", "Die E-Mail", "(gekürzt)", "Mehr dazu"}
		seen := map[string]int{}
	lines:
		for _, l := range strings.Split(r.Text, "\n") {
			if l == "" || strings.HasPrefix(l, ">") {
				continue
			}
			for _, o := range own {
				if strings.HasPrefix(l, o) {
					seen[o]++
					continue lines
				}
			}
			t.Errorf("a line of nobody: %q", l)
		}
		for _, o := range []string{"KEIN NOTFALL AUSGELÖST", "- Ticket: ", "- Von (", "- Automatisch beantwortet: "} {
			if seen[o] != 1 {
				t.Errorf("%q stands there %d times:\n%s", o, seen[o], r.Text)
			}
		}
	})
}

func TestTextLines(t *testing.T) {
	for in, want := range map[string]string{
		"a\r\nb":                 "a|b",
		"  eingerückt\n\ttab":    "  eingerückt|    tab",
		"a\n\n\n\n\n\n\nb":       "a|||b",
		"a\u202eb\x00c\x1b[1m\n": "abc[1m",
		"Schluss   \n \n\n":      "Schluss",
		"":                       "",
	} {
		lines, short := textLines(in)
		for _, l := range lines {
			if l != "" && !strings.HasPrefix(l, string(markText)) {
				t.Errorf("textLines(%q): %q could be taken for a heading or a list", in, l)
			}
		}
		if got := strings.ReplaceAll(strings.Join(lines, "|"), string(markText), ""); got != want || short {
			t.Errorf("textLines(%q) = %q, want %q", in, got, want)
		}
	}
	if lines, short := textLines(strings.Repeat("0123456789\n", 100000)); !short || len(lines) > maxText/10 {
		t.Errorf("%d lines, shortened: %v", len(lines), short)
	}
	if lines, short := textLines(strings.Repeat("x", 10*maxText)); !short || len(lines) != 1 {
		t.Errorf("one long line gives %d lines, shortened: %v", len(lines), short)
	}
}
