package strictyaml

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// style writes a text as YAML, indented by so many blanks where it takes lines of its own. It gives the written
// text, and for each character of the text the byte at which it stands there.
type style func(text string, indent int) (yaml string, at []int)

func singleQuoted(text string, _ int) (string, []int) {
	return charByChar("'", text, "'", func(r rune) string { return strings.ReplaceAll(string(r), "'", "''") })
}

func doubleQuoted(text string, _ int) (string, []int) {
	return charByChar(`"`, text, `"`, func(r rune) string {
		switch {
		case r == '"' || r == '\\':
			return `\` + string(r)
		case r == '\n':
			return `\n`
		case r == 'ä':
			return `\xe4`
		case r == 'ß':
			return `\u00df`
		case r == '😀':
			return `\U0001f600`
		}
		return string(r)
	})
}

func charByChar(open, text, shut string, write func(rune) string) (yaml string, at []int) {
	var b strings.Builder
	b.WriteString(open)
	for _, r := range text {
		at = append(at, b.Len())
		b.WriteString(write(r))
	}
	b.WriteString(shut)
	return b.String(), at
}

func literal(text string, indent int) (string, []int) {
	lead := strings.Repeat(" ", indent)
	return charByChar("|- # as it stands\n"+lead, text, "", func(r rune) string {
		if r == '\n' {
			return "\n" + lead
		}
		return string(r)
	})
}

// TestInsideIsExact writes texts in many ways and asks for each of their characters where it stands.
func TestInsideIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var file strings.Builder
		var texts []string
		var places [][]int
		eol := rapid.SampledFrom([]string{"\n", " \n", "  # said: 'x'\n", "\n\n", "\n# \"said\n"})
		file.WriteString("list:" + eol.Draw(t, "end") + " - lead" + eol.Draw(t, "end"))
		for range rapid.IntRange(1, 5).Draw(t, "entries") {
			text := rapid.StringMatching(`[a-z(äß😀]([a-z'"\\ #:$*+?(){}äß😀-]{0,8}[a-z(äß😀])?`).Draw(t, "text")
			write := rapid.SampledFrom([]style{singleQuoted, doubleQuoted, literal}).Draw(t, "style")
			more := rapid.SampledFrom([]string{"", "\n", "\n\n"}).Draw(t, "breaks")
			if more != "" {
				text += more + "b'ü" // several lines, for the styles that keep them
				write = rapid.SampledFrom([]style{doubleQuoted, literal}).Draw(t, "style")
			}
			dash := rapid.SampledFrom([]string{" - ", " -   ", " - !!str  "}).Draw(t, "dash")
			yaml, at := write(text, rapid.IntRange(3, 6).Draw(t, "indent"))
			file.WriteString(dash)
			for i := range at {
				at[i] += file.Len()
			}
			file.WriteString(yaml)
			if yaml[0] == '|' {
				file.WriteString("\n") // a comment would be its content
			} else {
				file.WriteString(eol.Draw(t, "end"))
			}
			texts, places = append(texts, text), append(places, at)
		}
		var got struct {
			List []string `yaml:"list"`
		}
		d := Read("r.yaml", []byte(file.String()), &got, Options{})
		if len(d.Problems()) > 0 || len(got.List) != len(texts)+1 {
			t.Fatalf("%v\n%s", d.Problems(), file.String())
		}
		for i, text := range texts {
			if got.List[i+1] != text {
				t.Fatalf("read %q, want %q\n%s", got.List[i+1], text, file.String())
			}
			n := 0
			for offset, r := range text {
				line, col := d.Inside(fmt.Sprintf("list[%d]", i+1), offset)
				want := newSource([]byte(file.String())).placeAt(places[i][n])
				if n++; (place{line, col}) != want {
					t.Fatalf("%q of %q: %d:%d, want %v\n%s", r, text, line, col, want, file.String())
				}
			}
		}
	})
}

// TestInsideFallsBack: where the text of the file does not hold the value, the beginning of the scalar is given.
func TestInsideFallsBack(t *testing.T) {
	env := func(name string) (string, bool) { return "ein langer Wert", true }
	for _, c := range []struct {
		name, text string
		offset     int
		line, col  int
	}{
		{"before a variable", "name: 'ab${X}cd'\n", 1, 1, 9},
		{"behind a variable", "name: 'ab${X}cd'\n", 17, 1, 7},
		{"behind a variable in a block", "name: |\n  ab\n  ${X} cd\n", 20, 1, 7},
		{"beyond the end", "name: abc\n", 99, 1, 10},
		{"before the beginning", "name: abc\n", -1, 1, 7},
		{"no such key", "kind: soup\nname: abc\n", 2, 2, 9},
		{"an empty text", "name: ''\n", 0, 1, 8},
		{"an empty block", "name: |\nkind: soup\n", 0, 1, 7},
	} {
		var r recipe
		d := Read("r.yaml", []byte(c.text), &r, Options{Env: env})
		if line, col := d.Inside("name", c.offset); line != c.line || col != c.col {
			t.Errorf("%s: %d:%d, want %d:%d", c.name, line, col, c.line, c.col)
		}
	}
	d := Read("r.yaml", []byte("steps:\n  - do: x\n"), &recipe{}, Options{})
	if line, col := d.Inside("steps[0].do.more", 2); line != 2 || col != 9 {
		t.Errorf("below a scalar: %d:%d", line, col)
	}
}

// FuzzRead: any text gives problems or values, never a crash; all places lie within the file.
func FuzzRead(f *testing.F) {
	for _, file := range caseFiles(f) {
		f.Add(file.text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var r ruleFile
		d := Read("fuzz.yaml", text, &r, Options{})
		within := func(what string, line, col int) {
			t.Helper()
			if line < 1 || line > len(d.source.lines) || col < 0 || col > utf8.RuneCountInString(d.source.line(line))+1 {
				t.Errorf("%s: %d:%d is not in the file", what, line, col)
			}
		}
		for _, p := range d.Problems() {
			if s := p.String(); strings.ContainsAny(s, "\n\r\x1b") || p.Text == "" {
				t.Errorf("%q", s)
			}
			if p.Line > 0 {
				within(p.String(), p.Line, p.Col)
			}
		}
		for key, c := range d.contents {
			line, col := d.PlaceOf(key)
			within(key, line, col)
			for i := range c.value {
				line, col := d.Inside(key, i)
				within(fmt.Sprintf("%s, byte %d", key, i), line, col)
			}
		}
	})
}
