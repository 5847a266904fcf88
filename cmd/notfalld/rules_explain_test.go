package main

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestNested: passages come out one within the other, never crossing, whatever came in.
func TestNested(t *testing.T) {
	for _, c := range []struct {
		name     string
		in, want []passage
	}{
		{"none", nil, nil},
		{"in order of the text", []passage{{5, 8, "b"}, {0, 3, "a"}}, []passage{{0, 3, "a"}, {5, 8, "b"}}},
		{"the outer first", []passage{{2, 4, "a"}, {0, 9, "b"}}, []passage{{0, 9, "b"}, {2, 4, "a"}}},
		{"crossing: the later ends with the earlier", []passage{{0, 5, "a"}, {3, 8, "b"}}, []passage{{0, 5, "a"}, {3, 5, "b"}}},
		{"the same twice", []passage{{1, 4, "a"}, {1, 4, "a"}}, []passage{{1, 4, "a"}}},
		{"its kind within itself", []passage{{0, 9, "a"}, {2, 4, "a"}}, []passage{{0, 9, "a"}}},
		{"side by side", []passage{{0, 3, "a"}, {3, 6, "a"}}, []passage{{0, 3, "a"}, {3, 6, "a"}}},
		{"beyond the end", []passage{{8, 20, "a"}, {30, 40, "b"}}, []passage{{8, 10, "a"}}},
		{"nothing and less", []passage{{3, 3, "a"}, {5, 2, "b"}, {-1, 4, "c"}}, nil},
		{"three deep", []passage{{0, 10, "a"}, {1, 9, "b"}, {2, 8, "c"}, {9, 10, "d"}}, []passage{{0, 10, "a"}, {1, 9, "b"}, {2, 8, "c"}, {9, 10, "d"}}},
	} {
		if got := nested(c.in, 10); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, wanted %v", c.name, got, c.want)
		}
	}
}

// TestMarked: what a text with passages looks like, with brackets and with colours.
func TestMarked(t *testing.T) {
	for _, c := range []struct {
		name, text string
		marked     []passage
		columns    int
		color      bool
		want       string
	}{
		{"plain", "der Server ist weg", []passage{{15, 18, markHint}}, 40, false, "der Server ist [hint:weg]"},
		{"nested", "Fehler auf web01", []passage{{0, 16, markError}, {11, 16, markServer}}, 40, false, "[error:Fehler auf [server:web01]]"},
		{"side by side", "ab", []passage{{0, 1, markHint}, {1, 2, markPhone}}, 40, false, "[hint:a][phone:b]"},
		{"lines", "eins\nzwei\r\n\ndrei", []passage{{5, 9, markHint}}, 40, false, "eins\n[hint:zwei]\n\ndrei"},
		{"over a line end", "at A\n at B", []passage{{0, 10, markError}}, 40, false, "[error:at A\n at B]"},
		{"wrapped at a blank", "eins zwei drei", nil, 10, false, "eins zwei\ndrei"},
		{"no line goes on with a blank", "eins zwei  drei", nil, 9, false, "eins zwei\n drei"},
		{"without blanks", "abcdefghijkl", nil, 5, false, "abcde\nfghij\nkl"},
		{"wide characters", "日本語日本語", nil, 5, false, "日本\n語日\n本語"},
		{"umlauts are one column", "äöüäöü", nil, 6, false, "äöüäöü"},
		{"colours", "auf web01 hier", []passage{{4, 9, markServer}}, 40, true, "auf \x1b[1;36mweb01\x1b[0m hier"},
		{"the inner colour", "xaby", []passage{{0, 4, markError}, {1, 3, markServer}}, 40, true, "\x1b[31mx\x1b[0m\x1b[1;36mab\x1b[0m\x1b[31my\x1b[0m"},
		{"escapes", "a\x1b[31mb\x1b]0;x\x07c", nil, 40, false, "a\uFFFD[31mb\uFFFD]0;x\uFFFDc"},
		{"escapes among colours", "\x1b[2Jweb01", []passage{{0, 9, markServer}}, 40, true, "\x1b[1;36m\uFFFD[2Jweb01\x1b[0m"},
		{"carriage returns", "gut\rböse", nil, 40, false, "gutböse"},
		{"right to left", "a\u202egpj.exe", nil, 40, false, "a\uFFFDgpj.exe"},
		{"broken UTF-8", "a\xff\xfeb", nil, 40, false, "a\uFFFD\uFFFDb"},
		{"a passage within a character", "äb", []passage{{1, 3, markHint}}, 40, false, "ä[hint:b]"},
	} {
		got := plainLines(lay(glyphs(c.text, nested(c.marked, len(c.text)), c.color), Term{Color: c.color}, c.columns))
		if got != c.want {
			t.Errorf("%s:\n%q, wanted\n%q", c.name, got, c.want)
		}
	}
}

func plainLines(list []shown) string {
	lines := make([]string, len(list))
	for i, l := range list {
		lines[i] = l.text
	}
	return strings.Join(lines, "\n")
}

// FuzzMarked: no text and no passages bring a control character, a line too wide, or an unclosed bracket to the page, or
// lose anything of the text.
func FuzzMarked(f *testing.F) {
	f.Add("der Server web01 ist \x1b[31mweg\r\n日本", 4, 12, 8, 20, 30)
	f.Add("[server:x] \u202e", 0, 1, 0, 1, 12)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d, columns int) {
		columns = 12 + columns&63
		text = strings.NewReplacer("[", "", "]", "").Replace(strings.ToValidUTF8(text, "?")) // those are ours
		lines := lay(glyphs(text, nested([]passage{{a, b, markServer}, {c, d, markError}}, len(text)), false), Term{}, columns)
		for _, l := range lines {
			if strings.ContainsFunc(l.text, unicode.IsControl) || displayWidth(l.text) > columns {
				t.Errorf("%q of %q is no line of %d columns", l.text, text, columns)
			}
		}
		bare := strings.NewReplacer(" ", "", "\n", "", "[server:", "", "[error:", "", "]", "")
		if got, want := bare.Replace(plainLines(lines)), bare.Replace(oneLine(strings.ReplaceAll(text, "\r", ""))); got != want {
			t.Errorf("%q became %q, wanted %q", text, got, want)
		}
	})
}

// TestFold: around what is marked some lines are kept, and how many are not is said.
func TestFold(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"short", "..x..", "..x.."},
		{"only one left out would save nothing", "x.....x", "x.....x"},
		{"between", "x........x", "x..4..x"},
		{"before", "........x", "6..x"},
		{"behind", "x........", "x..6"},
		{"no mark at all", "..........", "..8"},
	} {
		var in []shown
		for _, r := range c.in {
			in = append(in, shown{text: string(r), mark: r == 'x'})
		}
		got := ""
		for _, l := range fold(in, 2) {
			text, left := strings.CutPrefix(l.text, "… ")
			if left {
				text = strings.TrimSuffix(text, " lines")
			}
			got += text
		}
		if got != c.want {
			t.Errorf("%s: %s, wanted %s", c.name, got, c.want)
		}
	}
}
