package ticket

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Commands stand on lines of their own at the top of the new text; the first line that is none ends them. All or nothing: what looks like a command
// and cannot be one holds the whole mail back, for what was meant as a note must not go to the customer.

// mostUndone bounds how many lines of one mail are named.
const mostUndone = 20

// commandReader reads one mail.
type commandReader struct {
	kinds    []commandKind
	banners  []string
	language string
	block    commandBlock
	undone   []Undone
}

// readCommands reads the commands at the top of the new text of a mail of staff. With something in undone nothing of the mail is to be done.
func readCommands(text string, banners []string, language string) (b commandBlock, undone []Undone) {
	r := commandReader{kinds: commandTable(), banners: banners, language: language}
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	at := 0
	for at < len(lines) && r.top(at+1, lines[at]) {
		at++
		if r.block.hasNote {
			break
		}
	}
	r.block.skip = at
	below := lines[at:]
	if r.block.hasNote {
		r.block.note = strings.TrimSpace(r.block.note + "\n" + strings.Join(below, "\n"))
		r.block.skip = len(lines)
	} else {
		r.block.rest = strings.Trim(strings.Join(below, "\n"), " \t\r\n\u00a0")
	}
	for i, l := range below {
		r.below(at+i+1, l)
	}
	r.contradictions()
	return r.block, r.undone
}

func (r *commandReader) hold(line int, said string, why words) {
	if len(r.undone) < mostUndone {
		r.undone = append(r.undone, Undone{Line: line, Said: shortLine(said), Why: why.in(r.language)})
	}
}

// shortLine is a line as a receipt repeats it.
func shortLine(s string) string {
	const most = 120
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + " …"
	}
	return s
}

// top reads one line at the top; more is false for the first one that belongs to the text.
func (r *commandReader) top(number int, line string) (more bool) {
	if withoutBanners(cleanLine(line), r.banners) == "" {
		return true
	}
	h, ok := readLine(line, r.banners, r.kinds)
	switch {
	case !ok || h.quoted:
		return false
	case h.spaced:
		if !h.looksMeant() {
			return false // a root prompt, a heading
		}
		r.hold(number, line, spacedWords(h.kind))
		return true
	case h.kind == nil || h.glued && !h.isNote():
		r.hold(number, line, unknownWords(h))
		return true
	}
	r.command(number, line, h)
	return true
}

// command takes a line that names a command.
func (r *commandReader) command(number int, line string, h hashLine) {
	if r.block.first.kind == nil {
		r.block.first = command{kind: h.kind, line: number, said: shortLine(line)}
	}
	if h.isNote() {
		r.block.hasNote, r.block.note = true, behindCommand(line)
		if other := r.insideNote(h.rest); other != "" {
			r.hold(number, line, belowWords("#"+other))
		}
		return
	}
	args := h.args()
	if slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "#") }) {
		r.hold(number, line, oneEach)
		return
	}
	if why := h.kind.check(args); !why.empty() {
		r.hold(number, line, why)
		return
	}
	r.block.commands = append(r.block.commands, command{kind: h.kind, line: number, said: shortLine(line), args: args})
}

// insideNote is the command that a note begins with: "#note #close".
func (r *commandReader) insideNote(rest string) string {
	if h, ok := readLine(rest, nil, r.kinds); ok && !h.spaced && h.kind != nil {
		return h.word
	}
	return ""
}

// below looks at a line below the commands: one that looks like a command was meant as one.
func (r *commandReader) below(number int, line string) {
	if !strings.ContainsAny(line, hashes) {
		return
	}
	for _, part := range strings.FieldsFunc(line, isLineBreak) { // the reader sees lines of their own
		if h, ok := readLine(part, r.banners, r.kinds); ok && h.looksLike() {
			r.hold(number, line, belowWords(h.usage()))
			return
		}
		if !r.block.hasNote && r.hidesNote(part) {
			r.hold(number, line, insideWords)
			return
		}
	}
}

// isLineBreak: characters at which programs begin a new line, besides "\n" (Unicode Standard Annex 14, BK, CR, NL).
func isLineBreak(r rune) bool { return strings.ContainsRune("\r\v\f\u0085\u2028\u2029", r) }

// looksMeant: behind "# " a word is a command only if what follows fits it, or if it were a note.
func (h *hashLine) looksMeant() bool {
	return h.kind != nil && !h.glued && (h.isNote() || h.kind.check(h.args()).empty())
}

// looksLike says of a line below the top whether its writer meant a command.
func (h *hashLine) looksLike() bool {
	switch {
	case h.isNote() && !h.spaced:
		return true // whatever follows: it must not go to a customer
	case h.spaced:
		return h.looksMeant()
	case h.glued || strings.HasPrefix(h.rest, "{"): // a style sheet
		return false
	case h.kind != nil:
		return true
	case h.near != nil && !h.quoted:
		return h.near.isNote() || h.near.check(h.args()).empty()
	}
	return false
}

func (h *hashLine) isNote() bool { return h.kind != nil && h.kind.isNote() }

func (k *commandKind) isNote() bool { return k.name == nameNote }

// usage is how the command is written that was meant.
func (h *hashLine) usage() string {
	if h.kind == nil {
		return h.near.usage
	}
	return h.kind.usage
}

// hidesNote says whether "#note" stands in the middle of a line: some programs lose the breaks between lines.
func (r *commandReader) hidesNote(line string) bool {
	s := cleanLine(line)
	for i, c := range s {
		if c != '#' {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		if i > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before) || strings.ContainsRune(`/&=#"'`, before)) {
			continue // an address of the web, a word in quotes
		}
		var h hashLine
		if h.readWord(s[i+1:], r.kinds) && h.isNote() && !strings.HasPrefix(h.rest, "{") {
			return true
		}
	}
	return false
}

// behindCommand is what stands behind the first word of a line, as it was written.
func behindCommand(line string) string {
	_, s, _ := cutAny(line, hashes)
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	s = strings.TrimLeftFunc(s, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r)
	})
	s = strings.TrimSpace(strings.TrimLeft(s, ".:,;!?*_-–—"))
	for _, dash := range []string{"- ", "– ", "— "} {
		s = strings.TrimPrefix(s, dash)
	}
	return strings.TrimSpace(s)
}

func cutAny(s, chars string) (before, after string, found bool) {
	i := strings.IndexAny(s, chars)
	if i < 0 {
		return s, "", false
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return s[:i], s[i+n:], true
}

// contradictions: a command that stands there twice alike counts once; what contradicts another holds both back.
func (r *commandReader) contradictions() {
	var kept []command
	for _, c := range r.block.commands {
		twice := false
		for _, k := range kept {
			switch {
			case k.kind == c.kind && slices.EqualFunc(k.args, c.args, strings.EqualFold):
				twice = true
			case k.kind == c.kind && (c.kind.same == nil || !c.kind.same(k.args, c.args)):
				r.hold(c.line, c.said, againstWords(k))
			case slices.Contains(k.kind.not, c.kind.name), slices.Contains(c.kind.not, k.kind.name):
				r.hold(c.line, c.said, againstWords(k))
			}
		}
		if !twice {
			kept = append(kept, c)
		}
	}
	r.block.commands = kept
	for _, c := range kept {
		if c.kind.name == nameHelp && (r.block.rest != "" || r.block.hasNote) {
			r.hold(c.line, c.said, helpAlone)
		}
	}
}

func unknownWords(h hashLine) words {
	if h.near != nil && !h.glued {
		return words{fmt.Sprintf("Diesen Befehl gibt es nicht. Meintest du #%s? Schreib: %s", h.near.name, h.near.usage),
			fmt.Sprintf("There is no such command. Did you mean #%s? Write: %s", h.near.name, h.near.usage)}
	}
	return words{"Diesen Befehl gibt es nicht; #help nennt alle. Ist die Zeile für den Kunden, schreib ein Wort davor.",
		"There is no such command; #help lists all. If the line is for the customer, put a word before it."}
}

func spacedWords(k *commandKind) words {
	return words{fmt.Sprintf("Zwischen # und dem Wort steht ein Leerzeichen. Als Befehl schreib: %s. Ist die Zeile für den Kunden, schreib ein Wort davor.", k.usage),
		fmt.Sprintf("There is a blank behind the #. As a command write: %s. If the line is for the customer, put a word before it.", k.usage)}
}

func belowWords(usage string) words {
	return words{fmt.Sprintf("Das sieht aus wie der Befehl %s, steht aber nicht ganz oben. Befehle stehen in den ersten Zeilen, jeder in seiner eigenen, #note als letzter. Ist die Zeile Text, schreib ein Wort davor.", usage),
		fmt.Sprintf("This looks like the command %s, but does not stand at the top. Commands are the first lines, each on its own, #note last. If the line is text, put a word before it.", usage)}
}

func againstWords(k command) words {
	return words{fmt.Sprintf("Das widerspricht Zeile %d (%s). Lass eine der beiden weg.", k.line, k.said),
		fmt.Sprintf("This contradicts line %d (%s). Leave one of them out.", k.line, k.said)}
}

var (
	oneEach = words{"Jeder Befehl braucht seine eigene Zeile.", "Each command needs a line of its own."}

	insideWords = words{"Mitten in der Zeile steht #note. Was intern bleiben soll, beginnt mit #note am Anfang einer Zeile ganz oben; sonst nimm das # weg.",
		"There is #note in the middle of the line. What is to stay internal begins with #note at the start of a line at the very top; else take the # out."}

	helpAlone = words{"#help steht allein: der Text darunter wäre sonst an den Kunden gegangen. Schick ihn ohne #help noch einmal.",
		"#help stands alone: the text below would have gone to the customer. Send it again without #help."}
)
