package rules

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTrace holds the traces of all test mails to what readers rely on: every span lies in the source that it names, a
// word of a hint is what stands there, the weights sum up to the score, and facts and trace tell the same.
func TestTrace(t *testing.T) {
	words := 0
	for _, file := range testMails(t) {
		m, _ := readMail(t, file)
		f, tr, err := Shipped().Explain(t.Context(), m, World{})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Shipped().Understand(t.Context(), m, World{})
		if err != nil || plain.Class != f.Class || len(plain.Servers) != len(f.Servers) || len(plain.Errors) != len(f.Errors) {
			t.Errorf("%s: explained it is another mail", file)
		}
		sources := map[string]string{}
		for _, s := range tr.Sources {
			sources[s.Name] = s.Text
		}
		sum := 0
		for _, s := range tr.Steps {
			if s.Fact == "class" && s.Taken && s.Rule != "" {
				sum += s.Weight
			}
			text, known := sources[s.Source]
			if s.Source != "" && (!known || s.From < 0 || s.From > s.To || s.To > len(text)) {
				t.Errorf("%s: %s of %q: %d to %d of %d bytes of %q", file, s.Rule, s.Value, s.From, s.To, len(text), s.Source)
			}
			for _, w := range s.Words {
				words++
				if text := sources[w.Source]; w.To > len(text) || w.To > 0 && foldText(text[w.From:w.To]) != foldText(w.Text) {
					t.Errorf("%s: %s found %q at %d to %d of %s, where it does not stand", file, s.Rule, w.Text, w.From, w.To, w.Source)
				}
			}
		}
		if sum != tr.Score || tr.Limit != 5 || (tr.Decided == "") != (f.Class == Emergency == (tr.Score >= tr.Limit)) && tr.Decided == "" {
			t.Errorf("%s: %s with %d points by %d, the steps sum up to %d", file, f.Class, tr.Score, tr.Limit, sum)
		}
		for _, w := range f.Where {
			if text := sources[w.Source]; !standsThere(w, text) {
				t.Errorf("%s: %s %q is not where it is said to stand: %q", file, w.Fact, w.Value, text[w.Span.From:w.Span.To])
			}
			if !slices.ContainsFunc(tr.Steps, func(s Step) bool {
				return s.Taken && s.Fact == w.Fact && s.Value == w.Value && s.Rule == w.Rule && s.From == w.Span.From
			}) {
				t.Errorf("%s: nothing tells why %s %q was taken", file, w.Fact, w.Value)
			}
		}
	}
	if words < 100 {
		t.Errorf("only %d words of hints were looked at", words)
	}
}

// TestTraceBounded: of a log of many names no more is told than somebody reads, and what was taken is told all the same.
func TestTraceBounded(t *testing.T) {
	m, _ := readMail(t, testMails(t)[0])
	m.Text = strings.Repeat("a-1 siehe x.y.zz und Anhang.txt\n", 8000) + "\nunser web01.firma.at ist nicht erreichbar\n"
	m.Subject = "Notfall-Support"
	f, tr, err := Shipped().Explain(t.Context(), m, World{})
	if err != nil {
		t.Fatal(err)
	}
	refused, verdict := 0, false
	for _, s := range tr.Steps {
		if !s.Taken {
			refused++
		}
		verdict = verdict || s.Fact == "class" && s.Rule == ""
	}
	if refused > maxRefused+1 || !verdict || len(tr.Steps) < len(f.Where) {
		t.Errorf("%d refused of %d steps, verdict told: %v", refused, len(tr.Steps), verdict)
	}
}

// standsThere says whether the passage of a fact reads as its value: that of a number by its digits.
func standsThere(w Where, text string) bool {
	passage := text[w.Span.From:w.Span.To]
	switch w.Fact {
	case "customer_number":
		return onlyDigits(passage) == onlyDigits(w.Value)
	case "phone":
		n := strings.TrimRight(onlyDigits(passage), "0") // an extension may stand elsewhere, in place of a closing 0
		return len(n) > 5 && strings.Contains(w.Value, n[len(n)-5:])
	case "error", "problem", "reproduction", "changes":
		words := strings.Fields(strings.TrimSuffix(w.Value, " …")) // a long answer is cut
		return strings.Contains(passage, words[0]) && strings.Contains(passage, words[len(words)-1])
	}
	return strings.EqualFold(strings.TrimRight(passage, "."), w.Value)
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// testMails are the files of all mails that are there to be understood.
func testMails(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/mails/*/*.eml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no mails: %v", err)
	}
	return files
}

// TestTraceCutShort: when time is up, what is known is told, and the texts are there.
func TestTraceCutShort(t *testing.T) {
	m, _ := readMail(t, testMails(t)[0])
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if _, tr, err := Shipped().Explain(ctx, m, World{}); err == nil || len(tr.Sources) == 0 {
		t.Errorf("%d sources, error %v", len(tr.Sources), err)
	}
}
