package ticket

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

var banners = []string{"[EXTERN]", "[EXTERNAL]", "Diese E-Mail kommt von außerhalb."}

// escapes are characters that cannot be seen in a file, or are lost there.
var escapes = regexp.MustCompile(`\\(u[0-9a-f]{4}|r|t|\\)`)

func unescape(s string) string {
	return escapes.ReplaceAllStringFunc(s, func(e string) string {
		c, err := strconv.Unquote(`"` + e + `"`)
		if err != nil {
			panic(err)
		}
		return c
	})
}

// commandCase is one text and what is to be understood of it.
type commandCase struct {
	text    string
	want    []string // commands
	note    *string
	rest    string
	skip    string // "" where it is not asked for
	held    []string
	howMany string
}

func readCase(t *testing.T, data string) (c commandCase) {
	var text []string
	for line := range strings.SplitSeq(strings.TrimSuffix(data, "\n"), "\n") {
		what, found := strings.CutPrefix(line, "=> ")
		if !found {
			text = append(text, unescape(line))
			continue
		}
		verb, rest, _ := strings.Cut(what, " ")
		switch verb {
		case "note":
			s := strings.ReplaceAll(rest, `\n`, "\n")
			c.note = &s
		case "rest":
			c.rest = strings.ReplaceAll(rest, `\n`, "\n")
		case "skip":
			c.skip = rest
		case "held":
			c.held = append(c.held, rest)
		case "count":
			c.howMany = rest
		default:
			if kindNamed(commandTable(), verb) == nil {
				t.Fatalf("=> %s: no such expectation", what)
			}
			c.want = append(c.want, what)
		}
	}
	c.text = strings.Join(text, "\n")
	return c
}

func (c *commandCase) try(t *testing.T) {
	b, undone := readCommands(c.text, banners, "en")
	_, german := readCommands(c.text, banners, "de")
	for i, u := range undone {
		if german[i].Line != u.Line || german[i].Why == u.Why || german[i].Why == "" {
			t.Errorf("in German: %+v", german[i])
		}
	}
	if len(c.held) > 0 || len(undone) > 0 {
		c.tryHeld(t, undone)
		return
	}
	var got []string
	for _, k := range b.commands {
		got = append(got, strings.TrimSpace(k.kind.name+" "+strings.Join(k.args, " ")))
	}
	if !slices.Equal(got, c.want) {
		t.Errorf("commands %q, wanted %q", got, c.want)
	}
	if b.hasNote != (c.note != nil) || c.note != nil && b.note != *c.note {
		t.Errorf("note %v %q, wanted %v", b.hasNote, b.note, c.note)
	}
	if b.rest != c.rest {
		t.Errorf("rest %q, wanted %q", b.rest, c.rest)
	}
	if c.skip != "" && strconv.Itoa(b.skip) != c.skip {
		t.Errorf("skip %d, wanted %s", b.skip, c.skip)
	}
	if left := strings.Join(strings.Split(c.text, "\n")[b.skip:], "\n"); strings.TrimSpace(strings.ReplaceAll(left, "\r", "")) != strings.TrimSpace(strings.ReplaceAll(b.rest, "\r", "")) {
		t.Errorf("without the first %d lines there is %q, and the rest is %q", b.skip, left, b.rest)
	}
}

// tryHeld: each line that is to hold the mail back does, and no other.
func (c *commandCase) tryHeld(t *testing.T, undone []Undone) {
	var got []string
	for _, u := range undone {
		got = append(got, fmt.Sprintf("%d %s %s", u.Line, u.Said, u.Why))
	}
	if c.howMany != "" {
		if strconv.Itoa(len(got)) != c.howMany {
			t.Errorf("%d lines are named", len(got))
		}
		got = got[:min(len(got), len(c.held))]
	}
	if len(got) != len(c.held) {
		t.Fatalf("held back by %q, wanted %q", got, c.held)
	}
	for i, want := range c.held {
		line, words, _ := strings.Cut(want, " ")
		if !strings.HasPrefix(got[i], line+" ") || !strings.Contains(got[i], words) {
			t.Errorf("held back by %q, wanted %q", got[i], want)
		}
	}
}

func TestReadCommands(t *testing.T) {
	files, err := filepath.Glob("testdata/commands/*.txtar")
	if err != nil || len(files) < 4 {
		t.Fatalf("cases are missing: %v, %v", files, err)
	}
	cases := 0
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range a.Files {
			cases++
			t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar")+"/"+k.Name, func(t *testing.T) {
				c := readCase(t, string(k.Data))
				c.try(t)
			})
		}
	}
	if cases < 150 {
		t.Errorf("only %d cases", cases)
	}
}

// The table is right in itself: every name once, and every usage is a command that is understood.
func TestCommandTable(t *testing.T) {
	seen := map[string]string{}
	for _, k := range commandTable() {
		for _, name := range append([]string{k.name}, k.aliases...) {
			if seen[name] != "" || foldWord(name) != name {
				t.Errorf("%q of #%s: also of %q, or not folded", name, k.name, seen[name])
			}
			seen[name] = k.name
		}
		for _, n := range k.not {
			if kindNamed(commandTable(), n) == nil {
				t.Errorf("#%s contradicts #%s, which is none", k.name, n)
			}
		}
		b, undone := readCommands(k.usage, nil, "en")
		if len(undone) > 0 || !b.hasNote && (len(b.commands) != 1 || b.commands[0].kind.name != k.name) {
			t.Errorf("%s is not understood: %v %v", k.usage, b, undone)
		}
		if k.says.de == "" || k.says.en == "" || k.check == nil || k.right == "" || k.run == nil && k.name != nameNote {
			t.Errorf("#%s is incomplete", k.name)
		}
	}
}

// docs/staff.md shows the table as it is.
func TestCommandsInDocs(t *testing.T) {
	doc, err := os.ReadFile("../docs/staff.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, k := range commandTable() {
		fmt.Fprintf(&want, "| `%s` | `%s` | %s | %s |\n", k.usage, strings.ReplaceAll(aliasWords(k), ", ", "`, `"), k.right, k.says.en)
	}
	if !strings.Contains(string(doc), want.String()) {
		t.Errorf("docs/staff.md does not hold the table as it is:\n%s", want.String())
	}
}

// Whatever the text: no panic, and what is not held back is cut into commands and a rest without loss.
func FuzzReadCommands(f *testing.F) {
	for _, s := range []string{"#close", "#note x\n#y", "Hallo\n#\u0308", "＃ｎｏｔｅ\u2028#a", "> > #ack", "# \n#-_", "[EXTERN] [EXTERN]#link NE-1", "#time 1h app\n#servers a.b <c>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, undone := readCommands(s, banners, "de")
		if b.skip < 0 || b.skip > strings.Count(s, "\n")+1 || len(undone) > mostUndone+len(b.commands) {
			t.Errorf("skip %d, undone %d", b.skip, len(undone))
		}
		if len(undone) == 0 && strings.Contains(b.rest, "#note") && regexp.MustCompile(`(?m)^#note\b`).MatchString(b.rest) {
			t.Errorf("a note would go out: %q", b.rest)
		}
	})
}
