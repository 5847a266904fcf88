package message

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// staffCase is one mail of testdata/staffproof: the top of its header, and what it proves.
type staffCase struct {
	name  string
	trust Trust
	by    string // "" for a forged mail
	why   string // a part of the reason
	raw   []byte
}

// staffCases reads files whose entries are mails. The lines in front of the header that begin with "#" are settings: "# trust:" (authres HOST,
// received HOST, microsoft365), "# by:", "# why:", "# from: none"; other such lines are remarks. {NUL}, {CR}, {LF} and {NBSP} stand for what no file shows.
func staffCases(t testing.TB, pattern string) []staffCase {
	t.Helper()
	files, err := filepath.Glob("testdata/staffproof/" + pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s, error %v", pattern, err)
	}
	var out []staffCase
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(data).Files {
			c := staffCase{name: strings.TrimSuffix(filepath.Base(file), ".txtar") + "/" + f.Name, trust: Trust{AuthservIDs: []string{"mx.alpenrack.at"}}}
			head, from := string(f.Data), "From: Anna Berger <anna@alpenrack.at>\n"
			for strings.HasPrefix(head, "#") {
				line, rest, _ := strings.Cut(head, "\n")
				head = rest
				name, value, _ := strings.Cut(strings.TrimPrefix(line, "# "), ": ")
				switch name {
				case "trust":
					c.trust = readTrust(t, value)
				case "by":
					c.by = value
				case "from":
					from = "" // the mail has none
				case "why":
					c.why = value
				}
			}
			if !strings.HasPrefix(strings.ToLower(head), "from") && !strings.Contains(strings.ToLower(head), "\nfrom") {
				head += from
			}
			head = strings.ReplaceAll(head, "\n", "\r\n")
			head = strings.NewReplacer("{NUL}", "\x00", "{CR}", "\r", "{LF}", "\n", "{NBSP}", "\u00a0").Replace(head)
			c.raw = []byte(head + "\r\nText\r\n")
			out = append(out, c)
		}
	}
	return out
}

func readTrust(t testing.TB, s string) (trust Trust) {
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		switch words[i] {
		case "microsoft365":
			trust.Microsoft365 = true
		case "authres":
			i++
			trust.AuthservIDs = append(trust.AuthservIDs, words[i])
		case "received":
			i++
			trust.ReceivedAuth = append(trust.ReceivedAuth, words[i])
		default:
			t.Fatalf("trust %q", s)
		}
	}
	return trust
}

// TestAuthentic: the genuine mails are believed, for the way and the reason named; the forged ones are not, each for its own reason. What Reduce
// makes of a mail proves the same.
func TestAuthentic(t *testing.T) {
	count := map[bool]int{}
	for _, c := range staffCases(t, "*.txtar") {
		count[c.by != ""]++
		t.Run(c.name, func(t *testing.T) {
			if c.why == "" {
				t.Fatal("the case names no reason")
			}
			got := Parse(c.raw, Limits{}).Authentic(c.trust)
			if got.OK != (c.by != "") || got.OK && got.By != c.by || !got.OK && got.By != "" {
				t.Errorf("%+v, want by %q", got, c.by)
			}
			if !strings.Contains(got.Why, c.why) {
				t.Errorf("why %q, want %q in it", got.Why, c.why)
			}
			reduced, _, err := Reduce(bytes.NewReader(c.raw), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if again := Parse(reduced, Limits{}).Authentic(c.trust); again.OK != got.OK || again.By != got.By {
				t.Errorf("reduced: %+v, whole: %+v", again, got)
			}
		})
	}
	if count[false] < 60 || count[true] < 25 {
		t.Errorf("%d forged and %d genuine mails", count[false], count[true])
	}
}

// TestAuthenticNeedsTrust: without a way of proof, and with none that fits, even the best mail proves nothing.
func TestAuthenticNeedsTrust(t *testing.T) {
	for _, c := range staffCases(t, "genuine*.txtar") {
		m := Parse(c.raw, Limits{})
		for _, trust := range []Trust{{}, {AuthservIDs: []string{"mx.anderswo.example"}, ReceivedAuth: []string{"mx.anderswo.example"}}, {AuthservIDs: []string{""}, ReceivedAuth: []string{""}}} {
			if got := m.Authentic(trust); got.OK {
				t.Errorf("%s: %+v with %+v", c.name, got, trust)
			}
		}
	}
}

// TestAuthenticOfOthers: a genuine mail of one person is no proof for another, whatever is written around the address.
func TestAuthenticOfOthers(t *testing.T) {
	for _, c := range staffCases(t, "genuine*.txtar") {
		for _, from := range []string{"chef@firma-huber.at", "Anna Berger <chef@firma-huber.at>", `"anna@alpenrack.at" <chef@firma-huber.at>`} {
			h := Parse(c.raw, Limits{}).Header
			var b strings.Builder
			for _, f := range h {
				if !strings.EqualFold(f.Name, "From") {
					b.WriteString(f.Name + ": " + f.Raw + "\r\n")
				}
			}
			raw := b.String() + "From: " + from + "\r\n\r\nText\r\n"
			if strings.Contains(raw, authAsField+": Internal") || strings.Contains(c.name, "ohne-login") {
				continue // that it is the person's own address is up to the server, which lets nobody use another's
			}
			if got := Parse([]byte(raw), Limits{}).Authentic(c.trust); got.OK {
				t.Errorf("%s with From %s: %+v", c.name, from, got)
			}
		}
	}
}

// TestAuthenticLimits: what is too much is no proof, even if each piece is good.
func TestAuthenticLimits(t *testing.T) {
	good := "Authentication-Results: mx.alpenrack.at; dkim=pass header.d=alpenrack.at\r\n"
	from := "From: anna@alpenrack.at\r\n"
	filler := func(n, size int) string {
		return strings.Repeat("X-Filler: "+strings.Repeat("x", size)+"\r\n", n)
	}
	for _, c := range []struct {
		name, head string
		ok         bool
	}{
		{"twenty fields", strings.Repeat(good, 20) + from, true},
		{"twenty-one fields", strings.Repeat(good, 21) + from, false},
		{"fifty results", "Authentication-Results: mx.alpenrack.at" + strings.Repeat("; dkim=pass header.d=alpenrack.at", 50) + "\r\n" + from, true},
		{"fifty-one results", "Authentication-Results: mx.alpenrack.at" + strings.Repeat("; dkim=pass header.d=alpenrack.at", 51) + "\r\n" + from, false},
		{"many fields", good + filler(1000, 10) + from, true},
		{"fields left out", good + filler(3000, 10) + from, false},
		{"bytes left out", good + filler(300, 1000) + from, false},
		{"a field cut", good + filler(1, 100_000) + from, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw := []byte(c.head + "\r\nText\r\n")
			reduced, _, err := Reduce(bytes.NewReader(raw), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			trust := Trust{AuthservIDs: []string{"mx.alpenrack.at"}}
			if got := Parse(raw, Limits{}).Authentic(trust); got.OK != c.ok {
				t.Errorf("%+v", got)
			}
			if got := Parse(reduced, Limits{}).Authentic(trust); got.OK != c.ok {
				t.Errorf("reduced: %+v", got)
			}
		})
	}
}
