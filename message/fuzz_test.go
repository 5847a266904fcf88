package message

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzParse: any bytes give a clean Mail, twice the same, and a reduced mail parses like the whole one.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/mails/*.txt")
	for _, file := range files {
		raw, _ := readCase(f, file)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw, Limits{})
		checkClean(t, m)
		if again := Parse(raw, Limits{}); again.ContentHash != m.ContentHash || again.Text != m.Text {
			t.Error("parsed twice, two results")
		}
		m.Proof(Trust{AuthservIDs: []string{"mx.a.at"}, Microsoft365: true})
		reduced, size, err := Reduce(bytes.NewReader(raw), Limits{})
		if err != nil || size != int64(len(raw)) {
			t.Fatalf("Reduce: size %d of %d, error %v", size, len(raw), err)
		}
		checkClean(t, Parse(reduced, Limits{}))
	})
}

// FuzzSplit: no word of a text is lost, whatever it is taken for.
func FuzzSplit(f *testing.F) {
	files, _ := filepath.Glob("testdata/mails/*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(data).Files {
			if part.Name == "plain" {
				f.Add(string(part.Data), strings.Contains(string(data), "In-Reply-To"), strings.Contains(string(data), "Subject: WG"))
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string, reply, forward bool) {
		text = cleanText(text)
		s := split(text, evidence{reply: reply, forward: forward})
		all := map[string]int{}
		for _, part := range []string{s.text, s.quoted, s.signature, s.forwarded} {
			for _, w := range wordsOf(part) {
				all[w]++
			}
		}
		want := map[string]int{}
		for _, w := range wordsOf(text) {
			if want[w]++; all[w] < want[w] {
				t.Fatalf("%q is lost", w)
			}
		}
	})
}

// wordsOf are the words of a text; quote marks may come and go.
func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == '>' || unicode.IsSpace(r) })
}

// FuzzHTML: valid text, no control characters but the walker's own markers.
func FuzzHTML(f *testing.F) {
	files, _ := filepath.Glob("testdata/mails/html-*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := htmlText(cleanText(s))
		for _, line := range strings.Split(out, "\n") {
			switch line {
			case markQuote, markForward, markSign, markSignEnd:
				continue
			}
			if !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' }) {
				t.Fatalf("%q", line)
			}
		}
	})
}

// FuzzAuthResults: never a panic, never a pass from a field that does not say pass.
func FuzzAuthResults(f *testing.F) {
	files, _ := filepath.Glob("testdata/proof/*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range txtar.Parse(data).Files {
			if _, v, ok := strings.Cut(string(part.Data), "Authentication-Results:"); ok {
				f.Add(strings.Join(strings.Fields(v), " "))
			}
		}
	}
	f.Fuzz(func(t *testing.T, value string) {
		m := &Mail{From: []Address{{Address: "eva@firma.at"}}, Header: Header{{Name: "Authentication-Results", Raw: value}}}
		p := m.Proof(Trust{AuthservIDs: []string{"mx.notfall-hoster.at"}})
		lower := strings.ToLower(strings.ReplaceAll(value, "\\", ""))
		if p.Verdict == ProofPass && (!strings.Contains(lower, "pass") || !strings.Contains(lower, "mx.notfall-hoster.at") && isASCII([]byte(value))) {
			t.Errorf("%q passes: %s", value, p.Why)
		}
	})
}

// FuzzAddresses: every address has two sides of an @, no blanks or brackets outside quotes, is normal and can be
// written, and none of its letters was made up.
func FuzzAddresses(f *testing.F) {
	for _, s := range []string{`"Lang, Eva" <eva@firma.at>, x@y.at (z)`, `Team: a@b.at; c@d.at`, `=?utf-8?Q?=C3=BC?= <a@ü.at>`, `<@a:b@c>`, `"a`, `(a`, `"a b"@c.at`, `x."y z"."w" @ c.at (n), <a..b@c . at>`, `<"a>b"@c.at>, "\"a"@b.at`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = cleanLine(s)
		for _, a := range parseAddresses(s) {
			i := strings.LastIndexByte(a.Address, '@')
			outside := a.Address
			if strings.HasPrefix(outside, `"`) {
				outside = a.Address[strings.LastIndexByte(a.Address, '"'):]
			}
			if i <= 0 || i == len(a.Address)-1 || strings.ContainsAny(outside, " \t\r\n") || strings.ContainsAny(a.Address, "\r\n<>") || !utf8.ValidString(a.Address+a.Name) {
				t.Errorf("%q gives %q", s, a.Address)
			}
			if again := NormalAddress(a.Address); again != a.Address {
				t.Errorf("%q gives %q, which is not normal: %q", s, a.Address, again)
			}
			if local := strings.Trim(a.Address[:i], `"`); !strings.Contains(s, "=?") && isASCII([]byte(s)) && !strings.ContainsAny(s, "\"() \\\t\r\n\v\f") && !strings.Contains(s, local) {
				t.Errorf("%q gives %q", s, a.Address)
			}
		}
	})
}
