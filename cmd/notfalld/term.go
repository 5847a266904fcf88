package main

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// Term is how something is shown to people.
type Term struct {
	Terminal bool // somebody sits before it
	Color    bool
	Width    int // columns
}

// term looks at where the output goes. Colours are for terminals only, and NO_COLOR (no-color.org) switches them off.
func (m *Main) term() Term {
	t := Term{Width: 80}
	f, ok := m.Stdout.(*os.File)
	if ok && term.IsTerminal(int(f.Fd())) {
		t.Terminal = true
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			t.Width = w
		}
	} else if c, set := m.Env("COLUMNS"); set {
		if w, err := strconv.Atoi(c); err == nil && w > 0 {
			t.Width = w
		}
	}
	noColor, _ := m.Env("NO_COLOR")
	kind, _ := m.Env("TERM")
	t.Color = t.Terminal && noColor == "" && kind != "dumb"
	t.Width = min(max(t.Width, 40), 200)
	return t
}

// style is an SGR sequence (ECMA-48). State is always said in words as well.
type style string

const (
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
)

func (t Term) paint(s style, text string) string {
	if !t.Color || text == "" || s == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// cell is one field of a table.
type cell struct {
	text  string
	style style
}

// table prints columns side by side. A column is as wide as its content; where they do not fit, the columns named
// by shrink give way, the widest first, each down to minColumn.
type table struct {
	head   []string
	shrink []int
	rows   [][]cell
}

const minColumn = 8

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

func (t *table) print(w io.Writer, tm Term) error {
	widths := make([]int, len(t.head))
	for i, h := range t.head {
		widths[i] = displayWidth(h)
	}
	for _, r := range t.rows {
		for i, c := range r {
			widths[i] = max(widths[i], displayWidth(oneLine(c.text)))
		}
	}
	over := 2*(len(widths)-1) - tm.Width
	for _, n := range widths {
		over += n
	}
	for ; over > 0; over-- {
		widest := slices.MaxFunc(t.shrink, func(i, j int) int { return widths[i] - widths[j] })
		if widths[widest] <= minColumn {
			break
		}
		widths[widest]--
	}
	var b strings.Builder
	head := make([]cell, len(t.head))
	for i, h := range t.head {
		head[i] = cell{h, dim}
	}
	for _, r := range append([][]cell{head}, t.rows...) {
		gap := 0
		for i, c := range r {
			if text := clip(oneLine(c.text), widths[i]); text != "" {
				b.WriteString(strings.Repeat(" ", gap) + tm.paint(c.style, text))
				gap = -displayWidth(text)
			}
			gap += widths[i] + 2
		}
		b.WriteString("\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// clip shortens a text to a number of columns, and shows that it did.
func clip(s string, columns int) string {
	if displayWidth(s) <= columns {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeWidth(r); n > columns-1 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
	}
	return s
}

func displayWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth is how many columns a terminal gives to a character (UAX 11).
func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// wrap breaks text into lines of at most so many columns, at blanks where it can.
func wrap(text string, columns int) []string {
	columns = max(columns, 2) // the widest character
	var lines []string
	for para := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		para = strings.TrimRight(oneLine(para), " ")
		start, blank, n := 0, 0, 0 // where the line begins, its last blank, its columns up to i
		for i, r := range para {
			w := runeWidth(r)
			if n+w > columns {
				end := i
				if blank > start && r != ' ' {
					end = blank
				}
				lines = append(lines, strings.TrimRight(para[start:end], " "))
				for start = end; start < i && para[start] == ' '; start++ {
				}
				n = displayWidth(para[start:i])
			}
			if r == ' ' && i == start && start > 0 {
				start++ // no line goes on with a blank
				continue
			}
			if r == ' ' {
				blank = i
			}
			n += w
		}
		lines = append(lines, strings.TrimLeft(para[start:], " "))
		if start == 0 {
			lines[len(lines)-1] = para // indentation is kept: logs and stack traces have it
		}
	}
	return lines
}
