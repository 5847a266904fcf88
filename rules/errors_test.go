package rules

import (
	"os"
	"strings"
	"testing"

	"notfalld/message"
)

// errorContexts are mails into which TestErrorLines puts a message (%). kinds: of which sections of the table.
var errorContexts = []struct {
	name, kinds, text string
	width             int  // at which the message is broken into lines; 0: not
	indent            bool // its lines
	log               bool // the message is an attached log
}{
	{"announced", "machine known people", "Guten Morgen,\n\nseit 6 Uhr geht am Server nichts mehr. Im Protokoll steht:\n\n%\n\nBitte um Rückruf, Kundennummer 104711.\n\nDanke\nEva", 0, false, false},
	{"announced and broken", "machine known people", "Guten Morgen,\n\nseit heute in der Früh um sechs geht am Server in der Filiale nichts\nmehr, alle warten. Dann kommt diese Meldung:\n\n%\n\nBitte um Rückruf, Kundennummer 104711.\n\nDanke\nEva", 68, true, false},
	{"in quotation marks", "known people", "Seit 6 Uhr erscheint am Schirm „%“ und nichts geht mehr.", 0, false, false},
	{"unannounced", "machine known", "Guten Morgen,\n\nin der Filiale steht alles.\n\n%\n\nBitte um Rückruf.\n\nDanke\nEva", 0, false, false},
	{"in an English mail", "machine people", "Hello,\n\nwe have been down since 6 am. It says:\n\n%\n\nPlease call me back.\n\nThanks\nEve", 0, false, false},
	{"in a log", "machine", "%", 0, false, true},
}

// TestErrorLines: testdata/errors_lines.txt holds messages of products, a line each. In every mail the message is the
// only one found, and whole.
func TestErrorLines(t *testing.T) {
	b, err := os.ReadFile("testdata/errors_lines.txt")
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]int{}
	kind := ""
	for _, l := range strings.Split(string(b), "\n") {
		if k, ok := strings.CutPrefix(l, "== "); ok {
			kind, _, _ = strings.Cut(k, ":")
		}
		if strings.HasPrefix(l, "# ") || strings.HasPrefix(l, "== ") || l == "" {
			continue
		}
		for _, c := range errorContexts {
			if strings.Contains(c.kinds, kind) && !(strings.Contains(c.text, "„") && strings.ContainsAny(l, "\"„“")) {
				if c.width > 0 && longestWord(l) > 50 {
					continue // mail programs do not break it alike
				}
				tried[c.name]++
				if got := foundIn(t, withMessage(c.text, l, c.width, c.indent), c.log); len(got) != 1 && c.width == 0 || strings.Join(got, " ") != squeeze(l) {
					t.Errorf("%s: %s\n got %q", c.name, l, got)
				}
			}
		}
	}
	for _, c := range errorContexts {
		if tried[c.name] < 30 {
			t.Errorf("%s: only %d messages", c.name, tried[c.name])
		}
	}
}

func longestWord(s string) int {
	n := 0
	for _, w := range strings.Fields(s) {
		n = max(n, len(w))
	}
	return n
}

// withMessage puts a message into a text, broken into lines of a width.
func withMessage(text, msg string, width int, indented bool) string {
	if indented {
		var b strings.Builder
		n := 0
		for _, w := range strings.Fields(msg) {
			if n > 0 && n+1+len([]rune(w)) > width {
				b.WriteString("\n")
				n = 0
			}
			if n > 0 {
				b.WriteByte(' ')
			} else {
				b.WriteString("   ")
			}
			b.WriteString(w)
			n += len([]rune(w)) + 1
		}
		msg = b.String()
	}
	return strings.Replace(text, "%", msg, 1)
}

// foundIn are the messages that are found in a text, white space folded.
func foundIn(t *testing.T, text string, log bool) (got []string) {
	m := &message.Mail{Text: text}
	d := Shipped().newDoc(t.Context(), m, World{})
	if log {
		d = Shipped().newDoc(t.Context(), &message.Mail{}, World{})
		d.logs = []source{newSource(d.v, "attachment:a.log", text, true)}
	}
	for _, f := range findErrors(d) {
		got = append(got, squeeze(f.text))
	}
	return got
}

// TestErrorBlocks: testdata/errors_blocks.txt and errors_states.txt hold texts ("== name") and below each the messages in it
// ("> …").
func TestErrorBlocks(t *testing.T) {
	var cases []string
	for _, name := range []string{"errors_blocks.txt", "errors_states.txt"} {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, strings.Split(string(b), "\n== ")[1:]...)
	}
	if len(cases) < 30 {
		t.Fatalf("%d cases, wanted 30 at least", len(cases))
	}
	for _, c := range cases {
		name, rest, _ := strings.Cut(c, "\n")
		var text, want []string
		for _, l := range strings.Split(strings.TrimRight(rest, "\n"), "\n") {
			if w, ok := strings.CutPrefix(l, "> "); ok {
				want = append(want, squeeze(strings.ReplaceAll(w, " / ", " ")))
			} else {
				text = append(text, l)
			}
		}
		if got := foundIn(t, strings.Join(text, "\n"), false); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n got  %q\n want %q", name, got, want)
		}
	}
}
