package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"notfalld/ticket"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    []string
	}{
		{"", 10, []string{""}},
		{"kurz", 10, []string{"kurz"}},
		{"eins zwei drei", 9, []string{"eins zwei", "drei"}},
		{"eins zwei drei", 8, []string{"eins", "zwei", "drei"}},
		{"ohneleerzeichen", 5, []string{"ohnel", "eerze", "ichen"}},
		{"a ohneleerzeichen b", 6, []string{"a", "ohnele", "erzeic", "hen b"}},
		{"zwei\nzeilen\n\n", 10, []string{"zwei", "zeilen"}},
		{"  at java.lang.Thread\n    at main", 30, []string{"  at java.lang.Thread", "    at main"}},
		{"müßig äöü", 5, []string{"müßig", "äöü"}},
		{"日本語テスト", 5, []string{"日本", "語テ", "スト"}},
		{"日本", 1, []string{"日", "本"}},
		{"viele     blanks", 7, []string{"viele", "blanks"}},
		{"esc\x1b[31m\ttab", 40, []string{"esc\uFFFD[31m tab"}},
	} {
		if d := cmp.Diff(c.want, wrap(c.text, c.columns)); d != "" {
			t.Errorf("%q in %d (-want +got):\n%s", c.text, c.columns, d)
		}
	}
}

// FuzzWrap: no line is too long, nothing but blanks and control characters is lost.
func FuzzWrap(f *testing.F) {
	for _, s := range []string{"eins zwei drei", "日本語テスト", " a  b ", strings.Repeat("x", 200), "a\u0301\u0301b c", "\x00\xff"} {
		f.Add(s, 7)
	}
	f.Fuzz(func(t *testing.T, text string, columns int) {
		if !utf8.ValidString(text) || columns < 2 || columns > 300 {
			return
		}
		lines := wrap(text, columns)
		for _, l := range lines {
			if displayWidth(l) > columns {
				t.Errorf("%q is wider than %d", l, columns)
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(oneLine(s), " ", "") }
		if got, want := squeeze(strings.Join(lines, "")), squeeze(text); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}

func TestClip(t *testing.T) {
	for _, c := range []struct {
		text    string
		columns int
		want    string
	}{
		{"kurz", 10, "kurz"}, {"zehnzeichen", 10, "zehnzeich…"}, {"zehn zeichen", 6, "zehn…"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"},
	} {
		if got := clip(c.text, c.columns); got != c.want || displayWidth(got) > c.columns {
			t.Errorf("%q to %d: %q, want %q", c.text, c.columns, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	long := strings.Repeat("sehr lang ", 20)
	for _, width := range []int{40, 80, 120} {
		tab := &table{head: []string{"ID", "TO", "WHY"}, shrink: []int{1, 2}}
		tab.add(cell{"1", red}, cell{"a@b.at", ""}, cell{long, ""})
		tab.add(cell{"2", red}, cell{"", ""}, cell{"two\nlines\x1b[2J", ""})
		tab.add(cell{"3", red}, cell{"x", ""}, cell{"", ""})
		var plain, coloured bytes.Buffer
		if err := tab.print(&plain, Term{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(plain.String()) {
			if l := strings.TrimRight(line, "\n"); displayWidth(l) > width || strings.HasSuffix(l, " ") || strings.Contains(l, "\x1b") {
				t.Errorf("%d columns: %q", width, l)
			}
		}
		if !strings.Contains(plain.String(), "a@b.at") {
			t.Errorf("%d columns: the short column gave way, too\n%s", width, plain.String())
		}
		if err := tab.print(&coloured, Term{Width: width, Color: true}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(coloured.String(), "\x1b[31m1\x1b[0m") {
			t.Errorf("no colour:\n%q", coloured.String())
		}
		for _, code := range []string{"\x1b[31m", "\x1b[2m", "\x1b[0m"} {
			coloured = *bytes.NewBufferString(strings.ReplaceAll(coloured.String(), code, ""))
		}
		if d := cmp.Diff(plain.String(), coloured.String()); d != "" {
			t.Errorf("colours change the layout (-plain +coloured):\n%s", d)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "now", 0: "now", 59 * time.Second: "now", time.Minute: "1m", 59*time.Minute + 59*time.Second: "59m",
		time.Hour: "1h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 100 * 24 * time.Hour: "100d",
	} {
		if got := age(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}

func TestTold(t *testing.T) {
	for _, c := range []struct {
		states []ticket.OutState
		want   string
	}{
		{nil, "nobody"},
		{[]ticket.OutState{ticket.OutWithdrawn}, "nobody"},
		{[]ticket.OutState{ticket.OutWaiting}, "not yet"},
		{[]ticket.OutState{ticket.OutFrozen}, "not yet"},
		{[]ticket.OutState{ticket.OutFailed}, "failed"},
		{[]ticket.OutState{ticket.OutFailed, ticket.OutWaiting}, "not yet"},
		{[]ticket.OutState{ticket.OutSent, ticket.OutFailed}, "yes"},
		{[]ticket.OutState{ticket.OutSent}, "yes"},
	} {
		var s ticket.Summary
		for _, st := range c.states {
			s.Replies = append(s.Replies, ticket.Reply{State: st})
		}
		if got, _ := told(s); got != c.want {
			t.Errorf("%v: %q, want %q", c.states, got, c.want)
		}
	}
}
