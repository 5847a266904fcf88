package templates

import (
	"bufio"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// testdata/clean.txt holds pairs of Go-quoted strings: what a mail says, and what an answer repeats.
func TestFact(t *testing.T) {
	f, err := os.Open("testdata/clean.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for sc := bufio.NewScanner(f); sc.Scan(); {
		l := sc.Text()
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		n++
		in, rest, _ := strings.Cut(l, "\t")
		raw, err := strconv.Unquote(in)
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		want, err := strconv.Unquote(strings.TrimSpace(rest))
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
		if got := fact(raw, factMax); got != want {
			t.Errorf("fact(%q)\n got %q\nwant %q", raw, got, want)
		}
	}
	if n < 60 {
		t.Errorf("only %d cases were read", n)
	}
}

func TestPhone(t *testing.T) {
	for in, want := range map[string]string{
		"+436641234567":                "+43·664·123·4567",
		"+4312345":                     "+43·123·45",
		"+43":                          "+43",
		"0664 1234567":                 "066·412·345·67",
		"":                             "",
		"keine":                        "",
		"+":                            "",
		"+1\u202e234\n5678901":         "+12·345·678·901",
		"+" + strings.Repeat("1", 500): "+11·111·111·111·111·111·111",
	} {
		if got := phone(in); got != want {
			t.Errorf("phone(%q) = %q, want %q", in, got, want)
		}
	}
}

// A cut must not make a link out of what was none: firma.commerce is no domain, firma.com is one.
func TestFactCutsBeforeItBreaks(t *testing.T) {
	for n := range 400 {
		s := strings.Repeat("x", n) + " firma.community http://firma.at anna@firma.at +43 664 123 45 67"
		got := fact(s, factMax)
		if utf8.RuneCountInString(got) > factMax {
			t.Fatalf("%d characters of %q", utf8.RuneCountInString(got), got)
		}
		clickable(t, s, got)
	}
}

// What programs link on sight, written apart from clean.go's own patterns: schemes, www., names
// under common top-level domains, addresses of machines and people, long numbers.
var reClickable = regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://|\bwww\.[a-z0-9]|[\pL\pN]\.(?:at|de|com|net|org|eu|io|app|shop|info|example\.com)\b|` +
	`\b[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\b|[\w.+-]@[\w-]+\.\w|\b(?:mailto|tel|sms):|\+(?:[ ()/-]{0,4}[0-9]){7,}\b`)

func clickable(t *testing.T, in, got string) {
	t.Helper()
	if m := reClickable.FindString(got); m != "" {
		t.Errorf("fact(%q) = %q: %q can be clicked", in, got, m)
	}
}

func FuzzFact(f *testing.F) {
	for _, s := range []string{
		"web01.firma.at", "https://firma.at/x?y=z", "anna@firma.at", "+43 664 1234567", "\u202emoc.live\u202c", "a\u0301\u0301\u0301\u0301",
		"192.0.2.10:443", "java.lang.NullPointerException", "2026-03-16 02:13:44", "\x00\x0e\x0f", "WWW.FIRMA.AT", "xn--bcher-kva.at", "bücher。at",
		"mailto:a@b.at", "http:\\\\firma.at", "firma.at.", "..at", "@@.@", "a.at.at.at", "tel:+43(0)664/123-45-67",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := fact(s, factMax)
		if n := utf8.RuneCountInString(got); n > factMax {
			t.Errorf("fact(%q) has %d characters", s, n)
		}
		if !utf8.ValidString(got) {
			t.Errorf("fact(%q) is no UTF-8", s)
		}
		for _, r := range got {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) {
				t.Errorf("fact(%q) holds %U", s, r)
			}
		}
		if got != strings.TrimSpace(got) {
			t.Errorf("fact(%q) = %q has blanks at its ends", s, got)
		}
		clickable(t, s, got)
	})
}

// Whatever a mail says, the answer keeps its shape: the statement first, no element or link that the
// template did not write, nothing larger than allowed.
func FuzzAnswer(f *testing.F) {
	s := load(f, "")
	f.Add("Notfall", "web01.firma.at", "502 Bad Gateway", "104711", true)
	f.Add("</title><script>", "# x", "1. y\n- z", "\x0e\x02a\x1eb\x1ec\x0f", false)
	f.Add("\x10\x13", "{{.Ticket}}", "<!--", "\"'><a href=javascript:x>", false)
	f.Fuzz(func(t *testing.T, subject, server, errorText, number string, both bool) {
		a := sampleAnswer()
		if both {
			a.Languages = nil
		} else {
			a.Languages = []string{"de"}
		}
		a.Subject = subject
		a.Understood = Understood{Servers: []Server{{server, true}}, Errors: []string{errorText, errorText}, CustomerNumber: number, Phones: []string{number}}
		r, err := s.Answer(a)
		if err != nil {
			t.Fatal(err)
		}
		readable(t, r)
		smallEnough(t, r)
		links := strings.Count(r.HTML, "<a ")
		want := 4 // status, form, emergency phone, privacy
		if both {
			want = 7
		}
		if links != want || strings.Count(r.HTML, "<h2>") != strings.Count(r.HTML, "</h2>") {
			t.Errorf("%d links, want %d: %s", links, want, r.HTML)
		}
	})
}
