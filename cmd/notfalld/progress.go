package main

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"
)

// progress shows on a terminal how far long work is, in one line that is gone at the end. Elsewhere, and for short work,
// it shows nothing.
type progress struct {
	w     io.Writer // nil: nobody sits there
	what  string
	shown int // per cent; -1 before the first
}

// fromProgress is how many steps make work long.
const fromProgress = 50

// progress begins to show work on stderr: what is the word behind the numbers ("mails").
func (m *Main) progress(what string) *progress {
	p := &progress{what: what, shown: -1}
	if f, ok := m.Stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.w = f
	}
	return p
}

// step says that so many of all steps are done.
func (p *progress) step(done, total int) {
	if p.w == nil || total < fromProgress {
		return
	}
	if now := done * 100 / total; now != p.shown {
		p.shown = now
		fmt.Fprintf(p.w, "\r%3d %%  %d of %d %s", now, done, total, p.what)
	}
}

// done takes the line away; it may be called at any time, and the next step shows it again.
func (p *progress) done() {
	if p.w != nil && p.shown >= 0 {
		p.shown = -1
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
