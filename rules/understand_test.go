package rules

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"notfalld/message"
)

func TestUnderstandStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := message.Parse([]byte("From: a@b.at\nSubject: Notfall-Support\n\nServer weg"), message.DefaultLimits())
	if _, err := Shipped().Understand(ctx, m, World{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, wanted that of the context", err)
	}
}

func TestShippedHash(t *testing.T) {
	if a, b := Shipped().Hash(), Shipped().Hash(); a != b || len(a) != 16 {
		t.Errorf("hashes %q and %q", a, b)
	}
}

// TestLine holds the line of parse to its keys, in their order, with no list null.
func TestLine(t *testing.T) {
	b, err := NewLine("a.eml", &message.Mail{}, Facts{Class: Other}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"file":"a.eml","message_id":"","from":{"name":"","address":""},"subject":"","date":"","class":"other","automatic":{"kind":"none","why":""},"auto_reply":{"send":false,"reason":""},"language":"de","customer_number":"","phones":[],"servers":[],"errors":[],"problem":"","reproduction":"","changes":"","missing":[],"text":"","quoted":"","signature":"","attachments":[],"inline":[]}`
	if string(b) != want {
		t.Errorf("line\n%s\nwanted\n%s", b, want)
	}
	b, err = NewLine("a.eml", &message.Mail{Problem: "empty"}, Facts{Language: "en", Servers: []Server{{Name: "a.at", Known: true, Owner: "1", Source: "body"}}}).JSON()
	if err != nil || !strings.Contains(string(b), `"problem_parsing":"empty"`) || !strings.Contains(string(b), `"servers":[{"name":"a.at","known":true,"owner":"1","source":"body"}]`) || !strings.Contains(string(b), `"language":"en"`) {
		t.Errorf("line %s, %v", b, err)
	}
}

// TestSpans: every fact stands where its span says, in the source that it names.
func TestSpans(t *testing.T) {
	files, err := filepath.Glob("testdata/mails/*/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		m, _ := readMail(t, file)
		f, err := Shipped().Understand(t.Context(), m, World{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Servers {
			if text := sourceText(m, s.Source); s.Span.To > len(text) || !strings.EqualFold(text[s.Span.From:s.Span.To], s.Name) {
				t.Errorf("%s: server %q is not at %v of %s", file, s.Name, s.Span, s.Source)
			}
		}
		for _, e := range f.Errors {
			text := sourceText(m, e.Source)
			if e.Span.To > len(text) || !strings.Contains(squeeze(text[e.Span.From:e.Span.To]), squeeze(e.Text)) {
				t.Errorf("%s: error %q is not at %v of %s", file, e.Text, e.Span, e.Source)
			}
		}
	}
}

func sourceText(m *message.Mail, name string) string {
	switch name {
	case "body":
		return m.Text
	case "subject":
		return m.Subject
	case "forwarded":
		return m.Forwarded
	}
	for _, s := range Shipped().newDoc(context.Background(), m, World{}).logs {
		if s.name == name {
			return s.text
		}
	}
	return ""
}

// TestLanguage: of what the sender wrote; neither German nor English for certain is "".
func TestLanguage(t *testing.T) {
	for _, c := range readTable(t, "testdata/languages.txt", "|", 3, 40) {
		want := strings.TrimSpace(c[0])
		if want == "-" {
			want = ""
		}
		d := Shipped().newDoc(t.Context(), &message.Mail{Subject: c[1], Text: c[2]}, World{})
		if got := language(d, findErrors(d)); got != want {
			n, words := proseStops(&d.body, d.closing, findErrors(d))
			t.Errorf("%q %q: %q, wanted %q (%v of %d)", c[1], c[2], got, want, n, words)
		}
	}
}

// TestLarge: what is large is cut, not slow: every pass sees 256 KiB at most.
func TestLarge(t *testing.T) {
	for i, unit := range []string{"web01.firma.at ", "a", "1 ", "0664 ", "\"", "„", "Kundennummer ", "Fehler: ", "a.", "::", "+43", "[", "\n", "http://", "x@", "ERROR x\n", "é"} {
		size := 64 << 10
		if i == 0 {
			size = 1 << 20
		}
		m := &message.Mail{Subject: strings.Repeat(unit, 1000), Text: strings.Repeat(unit, size/len(unit))}
		f, err := Shipped().Understand(t.Context(), m, World{Inventory: testInventory(t)})
		if err != nil || len(f.Servers) > maxServers || len(f.Errors) > 2*maxErrorsPerSource {
			t.Errorf("%q: %d servers, %d errors, %v", unit, len(f.Servers), len(f.Errors), err)
		}
	}
}

// FuzzUnderstand: no text may panic or give facts that are no text.
func FuzzUnderstand(f *testing.F) {
	files, err := filepath.Glob("testdata/mails/*/*.eml")
	if err != nil {
		f.Fatal(err)
	}
	for i, file := range files {
		if i%6 == 0 {
			raw, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(raw), "Notfall-Support")
		}
	}
	tables, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range tables {
		lines, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for i, l := range strings.Split(string(lines), "\n") {
			if i%7 == 0 {
				f.Add(l, l)
			}
		}
	}
	inv := testInventory(f)
	f.Fuzz(func(t *testing.T, text, subject string) {
		m := &message.Mail{Text: strings.ToValidUTF8(text, "�"), Subject: strings.ToValidUTF8(subject, "�"), Forwarded: strings.ToValidUTF8(subject, "�")}
		got, err := Shipped().Understand(context.Background(), m, World{Inventory: inv})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got.Servers {
			if !utf8.ValidString(s.Name) || s.Name == "" || s.Span.From > s.Span.To {
				t.Fatalf("server %+v", s)
			}
		}
		for _, e := range got.Errors {
			if !utf8.ValidString(e.Text) || e.Text == "" || e.Span.From > e.Span.To {
				t.Fatalf("error %+v", e)
			}
		}
		for _, p := range got.Phones {
			if p[0] != '+' || strings.Trim(p[1:], "0123456789") != "" {
				t.Fatalf("phone %q", p)
			}
		}
		if !utf8.ValidString(got.Problem + got.Reproduction + got.Changes + got.CustomerNumber) {
			t.Fatalf("%+v", got)
		}
	})
}
