package message

import (
	"strconv"
	"strings"
)

// block asks for the line ends around a block element.
func (w *htmlWalker) block(e element) {
	n := blockElements[e.name]
	if top := len(w.open) - 1; e.tight || n > 0 && top >= 0 && (w.open[top].name == "li" || w.open[top].name == "td") {
		n = 1
	}
	if n > 0 && !w.fresh {
		w.want = max(w.want, n)
	}
}

func (w *htmlWalker) newline() {
	if w.hidden > 0 {
		return
	}
	w.want = min(w.want+1, 3)
	w.blank, w.fresh = false, false
}

func (w *htmlWalker) cell() {
	if w.rowHasText() {
		w.tab = true
		w.want = 0
	} else {
		w.space = true
	}
	w.fresh = true
}

// rowHasText says whether the last line written belongs to the row that the new cell is in.
func (w *htmlWalker) rowHasText() bool {
	n := len(w.open)
	if n == 0 || w.open[n-1].name != "tr" || w.open[n-1].number == 0 {
		if n > 0 && w.open[n-1].name == "tr" {
			w.open[n-1].number = w.out.Len() + 1 // the row's first cell starts here
		}
		return false
	}
	return w.out.Len()+1 > w.open[n-1].number
}

func (w *htmlWalker) item() {
	w.want = max(w.want, 1)
	if w.bare {
		return
	}
	for i := len(w.open) - 1; i >= 0; i-- {
		if l := &w.open[i]; l.name == "ol" || l.name == "ul" {
			if l.number > 0 {
				w.write(strconv.Itoa(l.number) + ".")
				l.number++
			} else {
				w.write("-")
			}
			w.fresh, w.space = true, true
			return
		}
	}
	w.write("-")
	w.fresh, w.space = true, true
}

// text writes a text token; white space is folded outside pre.
func (w *htmlWalker) text(s string) {
	if strings.ContainsFunc(s, func(r rune) bool { return cleanRune(r) != r && r != '\r' && r != 0xA0 }) {
		s = cleanText(s) // a character reference can name what the mail's bytes may not hold
	}
	if w.pre > 0 {
		w.preText(s)
		return
	}
	nbsp := false
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && !blankByte(s[j]) && !strings.HasPrefix(s[j:], "\u00a0") {
			j++
		}
		if j > i {
			w.write(s[i:j])
			i = j
			continue
		}
		w.space = true
		if blankByte(s[i]) {
			i++
		} else {
			i += len("\u00a0")
			nbsp = true
		}
	}
	if nbsp && w.want > 0 {
		w.blank = true
	}
}

func (w *htmlWalker) preText(s string) {
	for s != "" {
		line, rest, more := strings.Cut(s, "\n")
		if more {
			line = strings.TrimRight(line, " \t\r")
		}
		if s = rest; line != "" {
			w.space = false
			w.write(line)
		}
		if more {
			w.want = min(w.want+1, 3)
		}
	}
}

func blankByte(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

// write puts text out, with the line ends, quote marks, cell border or blank that are due before it.
func (w *htmlWalker) write(s string) {
	atStart := w.out.Len() == 0
	switch {
	case atStart || w.want > 0:
		for n := min(w.want, 2); n > 0 && !atStart; n-- {
			w.out.WriteByte('\n')
			if n > 1 {
				w.out.WriteString(strings.Repeat(">", min(w.quote, w.above, maxQuote)))
			}
		}
		if w.quote > 0 {
			w.out.WriteString(strings.Repeat(">", min(w.quote, maxQuote)) + " ")
		}
	case w.tab:
		w.out.WriteByte('\t')
	case w.space:
		w.out.WriteByte(' ')
	}
	w.above = w.quote
	w.want, w.tab, w.space, w.fresh, w.blank = 0, false, false, false, false
	w.out.WriteString(s)
}

// mark writes one of the marker lines.
func (w *htmlWalker) mark(m string) {
	quote := w.quote
	w.quote, w.want = 0, max(w.want, 1)
	w.write(m)
	w.quote, w.want = quote, 1
}

func (w *htmlWalker) endLink() {
	if w.link == noLink || w.bare {
		w.link = noLink
		return
	}
	shown := w.out.String()[w.link:]
	if target := usefulTarget(strings.TrimSpace(shown), w.href); target != "" {
		w.out.WriteString(" <" + target + ">")
	}
	w.link = noLink
}

func (w *htmlWalker) result() string {
	return strings.Trim(w.out.String(), "\n ")
}
