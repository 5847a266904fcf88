package strictyaml

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestPlaceAt: columns count characters, wherever the steps of the count cut the text.
func TestPlaceAt(t *testing.T) {
	for _, piece := range []string{"x", "ö", "日本", "𝄞y", "ab\nö", strings.Repeat("ü", 700) + "\n"} {
		text := strings.Repeat(piece, 1+5*runeStep/len(piece))
		s := newSource([]byte(text))
		for at := range text {
			before := text[:at]
			begin := strings.LastIndexByte(before, '\n') + 1
			want := place{1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(before[begin:])}
			if got := s.placeAt(at); got != want {
				t.Fatalf("%.10q: byte %d stands at %v, want %v", piece, at, got, want)
			}
		}
		if got := s.placeAt(len(text)); got.line != len(s.lines) {
			t.Errorf("%.10q ends in line %d of %d", piece, got.line, len(s.lines))
		}
	}
}

// longLine is a list of so many words on one line; the last is wrong.
func longLine(words int) []byte {
	return fmt.Appendf(nil, "lists:\n  words: [%s[]]\n", strings.Repeat("wörter, ", words-1))
}

// TestLongLine: the place of a word does not depend on how far the line is read for it; with columns counted from the
// beginning of the line, this test takes a minute.
func TestLongLine(t *testing.T) {
	var f ruleFile
	d := Read("r.yaml", longLine(90_000), &f, Options{})
	if ps := d.Problems(); len(ps) != 1 || ps[0].Line != 2 || ps[0].Col != 11+8*89_999 {
		t.Errorf("%.500v", ps)
	}
}

func BenchmarkLongLine(b *testing.B) {
	text := longLine(50_000)
	for b.Loop() {
		var f ruleFile
		Read("r.yaml", text, &f, Options{})
	}
}
