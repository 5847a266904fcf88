package ticket

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/fnv"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/templates"
)

// Nothing internal reaches a customer. The internal block of a notice is fenced by lines that survive quoting, and what its lines say is
// remembered, as hashes: an answer goes to the customer only if every trace of a block that it quotes lies within a whole fence, and nothing
// of that is in what is sent.

// Fence is what is remembered of the internal block of one notice.
type Fence struct {
	Code        string // stands in the lines that fence the block; random, so that no customer can write them
	OutID       int64  // the notice
	TicketID    int64
	EmergencyID int64
	Recipient   string // to whom the notice went
	Lines       []byte // hashes of its lines, 8 bytes each
	Created     time.Time
}

// newFenceCode makes a code of 80 random bits.
func newFenceCode() string {
	var b [10]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return tokenAlphabet.EncodeToString(b[:])
}

var (
	fenceMark = regexp.MustCompile(`(?i)\[notfalld:(intern|ende|schluss):([a-z2-7]{16})\]`)
	// fenceTrace is what may be left of a mark, beside its code: see innerLines.
	fenceTrace = regexp.MustCompile(`(?i)notfalld\s*:\s*(?:intern|ende|schluss)`)
)

// fenceCodes are the codes of all fences that a mail's own text quotes, each once.
func fenceCodes(m *message.Mail) []string {
	var all []string
	for _, found := range fenceMark.FindAllStringSubmatch(m.Whole, 100) {
		if code := strings.ToLower(found[2]); !slices.Contains(all, code) {
			all = append(all, code)
		}
	}
	return all
}

// fencedOff takes the fenced blocks out of a text. whole is false if a mark is left over: a start without its end, an end without its
// start, a mark that is damaged.
func fencedOff(text string) (rest string, whole bool) {
	var b strings.Builder
	for {
		at := fenceMark.FindStringSubmatchIndex(text)
		if at == nil {
			break
		}
		kind, code := strings.ToLower(text[at[2]:at[3]]), strings.ToLower(text[at[4]:at[5]])
		b.WriteString(text[:at[0]] + "\n")
		text = text[at[1]:]
		switch kind {
		case "ende":
			return b.String() + text, false
		case "intern":
			end := fenceMark.FindStringSubmatchIndex(text)
			if end == nil || strings.ToLower(text[end[2]:end[3]]) != "ende" || strings.ToLower(text[end[4]:end[5]]) != code {
				return b.String() + text, false
			}
			text = text[end[1]:]
		}
	}
	rest = b.String() + text
	return rest, !fenceTrace.MatchString(rest)
}

// standsIn says whether each line of a new text stands, word for word, in what is left of the mail without its fenced blocks. A program that wraps
// what it quotes and marks only the first piece of a line makes new text of the others; so does who writes between the lines of the block.
func standsIn(rest, fresh string) bool {
	outside := map[string]bool{"": true}
	for l := range strings.SplitSeq(rest, "\n") {
		outside[strings.Join(wordsOf(l), " ")] = true
	}
	for l := range strings.SplitSeq(fresh, "\n") {
		if !outside[strings.Join(wordsOf(l), " ")] {
			return false
		}
	}
	return true
}

// hashLines remembers the lines of an internal block, but for those that stand in another text.
func hashLines(block, but string) []byte {
	var out []byte
	without := " " + strings.Join(wordsOf(but), " ") + " "
	for l := range strings.SplitSeq(block, "\n") {
		if h, ok := lineHash(l); ok && !strings.Contains(without, " "+strings.Join(wordsOf(l), " ")+" ") {
			out = binary.BigEndian.AppendUint64(out, h)
			if words := wordsOf(l); len(words) >= fewestWithin {
				h, _ = lineHash(strings.Join(words[:fewestWithin], " "))
				out = binary.BigEndian.AppendUint64(out, beginning(h))
			}
		}
	}
	return out
}

// beginning marks the hash of a line's first words, which is kept beside that of the line: where no line begins, none need be looked for.
func beginning(h uint64) uint64 { return ^h }

// lineHash is the hash of a line's words, however it is quoted or wrapped in blanks; ok is false for lines of less than three words, which
// anybody may write.
func lineHash(l string) (hash uint64, ok bool) {
	words := wordsOf(l)
	if len(words) < 3 {
		return 0, false
	}
	h := fnv.New64a()
	for _, w := range words {
		h.Write([]byte(w + " "))
	}
	return h.Sum64(), true
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// A line of this many words is known again within other words, too: programs join lines, and wrap them. A shorter one anybody may write.
const (
	fewestWithin = 6
	mostWithin   = 60
)

// innerLines are several fences together: the hashes of their lines, and their codes, which are what is left of a mark that was damaged.
type innerLines struct {
	lines map[uint64]bool
	codes []string
}

func (k *innerLines) add(f Fence) {
	k.codes = append(k.codes, f.Code)
	for lines := f.Lines; len(lines) >= 8; lines = lines[8:] {
		k.lines[binary.BigEndian.Uint64(lines)] = true
	}
}

// drop takes out the lines of a text.
func (k *innerLines) drop(text string) {
	k.find(text, func(h uint64) bool { delete(k.lines, h); return false })
}

// in says whether one of the lines, or of the codes, stands in a text.
func (k *innerLines) in(text string) bool {
	small := strings.ToLower(text)
	return slices.ContainsFunc(k.codes, func(code string) bool { return strings.Contains(small, code) }) || k.find(text, func(uint64) bool { return true })
}

// find calls for each of the lines that stands in a text, as a line or within one or several, until one call says that it is enough.
func (k *innerLines) find(text string, enough func(uint64) bool) bool {
	for l := range strings.SplitSeq(text, "\n") {
		if h, ok := lineHash(l); ok && k.lines[h] && enough(h) {
			return true
		}
	}
	words := wordsOf(text)
	for i := range words {
		h := fnv.New64a()
		for n, w := range words[i:min(i+mostWithin, len(words))] {
			h.Write([]byte(w + " "))
			if n+1 == fewestWithin && !k.lines[beginning(h.Sum64())] {
				break
			}
			if n+1 >= fewestWithin && k.lines[h.Sum64()] && enough(h.Sum64()) {
				return true
			}
		}
	}
	return false
}

// mostFences bounds how many notices of one ticket are remembered when an answer is looked through: the youngest.
const mostFences = 300

// leaks says why something internal might reach a customer by what is to be sent of a mail of staff; "" if it cannot.
func (d *Desk) leaks(tx Tx, c *staffClaim, m *message.Mail, fresh message.Fresh) (leak words, err error) {
	inner, err := d.innerLines(tx, c)
	if err != nil {
		return leak, err
	}
	rest, whole := fencedOff(m.Whole)
	switch {
	case !whole || inner.in(rest):
		return brokenFence, nil
	case !standsIn(rest, fresh.Text):
		return looseQuote, nil
	case d.internal(inner, fresh.Text), d.internal(inner, message.HTMLText(fresh.HTML)), d.internal(inner, fresh.HTML): // the last: targets of links
		return innerText, nil
	}
	for _, a := range slices.Concat(fresh.Attach, fresh.Inline) {
		if d.internalFile(inner, a) {
			return innerFile(a.Name), nil
		}
	}
	return leak, nil
}

// innerLines are the lines of all blocks about a ticket and its emergency, but for those that customers have written themselves: "Server:
// web01.firma.at" may stand in both.
func (d *Desk) innerLines(tx Tx, c *staffClaim) (*innerLines, error) {
	inner := &innerLines{lines: map[uint64]bool{}}
	for _, about := range []struct{ ticket, emergency int64 }{{ticket: c.ticket.ID}, {emergency: c.emergency.ID}} {
		if about.ticket == 0 && about.emergency == 0 {
			continue
		}
		fs, err := tx.Fences(about.ticket, about.emergency, mostFences)
		if err != nil {
			return nil, err
		}
		for _, f := range fs {
			inner.add(f)
		}
	}
	inner.drop(c.emergency.Problem)
	ms, err := tx.Mails(c.ticket.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		var line rules.Line
		if m.Kind != StaffMail && m.Kind != UnverifiedMail && json.Unmarshal(m.Line, &line) == nil {
			inner.drop(line.Text + "\n" + line.Quoted)
			for _, x := range line.Errors { // they may come out of his attachments
				inner.drop(x.Text)
			}
		}
	}
	return inner, nil
}

var (
	brokenFence = words{
		"Deine Mail zitiert den internen Teil einer Benachrichtigung, aber nicht mehr ganz: die Zeilen [notfalld:…] davor und danach fehlen oder sind beschädigt. Antworte noch einmal und lass das Zitat, wie es ist, oder lösche es ganz.",
		"Your mail quotes the internal part of a notice, but not the whole of it: the lines [notfalld:…] around it are missing or damaged. Reply once more and leave the quote as it is, or delete all of it."}
	looseQuote = words{
		"Im neuen Text stehen Zeilen aus dem internen Teil der zitierten Benachrichtigung, oder zwischen dessen Zeilen: Dein Programm hat das Zitat umbrochen, oder du hast darin geschrieben. Antworte noch einmal, ganz oben, und lösche das Zitat.",
		"The new text holds lines that stand in the internal part of the notice that you quote, or between its lines: your program has wrapped the quote, or you wrote within it. Reply once more, at the very top, and delete the quote."}
	innerText = words{
		"Im neuen Text steht etwas aus dem internen Teil einer Benachrichtigung. Nimm es heraus und antworte noch einmal.",
		"The new text holds something of the internal part of a notice. Take it out and reply once more."}
)

func innerFile(name string) words {
	return words{
		"Der Anhang „" + name + "“ enthält eine interne Benachrichtigung. Antworte noch einmal ohne ihn.",
		"The attachment “" + name + "” holds an internal notice. Reply once more without it."}
}

// internal says whether a text holds a mark, a staff token, or a line of a block.
func (d *Desk) internal(inner *innerLines, text string) bool {
	_, token := d.keys.Find(text, StaffToken)
	return token || fenceTrace.MatchString(text) || inner.in(text)
}

// internalFile looks into an attachment as far as it is text, or a mail: programs attach what they answer.
func (d *Desk) internalFile(inner *innerLines, a message.Attachment) bool {
	const most = 256 << 10
	if !mayHoldText(a) {
		return false
	}
	data := string(a.Data[:min(len(a.Data), most)])
	if d.internal(inner, strings.ReplaceAll(data, "\x00", "")) { // UTF-16, as in Outlook's .msg
		return true
	}
	if strings.HasPrefix(a.Type, "message/") || strings.HasSuffix(strings.ToLower(a.Name), ".eml") {
		attached := message.Parse(a.Data, d.o.Limits)
		for _, f := range attached.Header {
			if _, ok := d.keys.Find(f.Value, StaffToken); ok {
				return true
			}
		}
		return d.internal(inner, attached.Whole)
	}
	return false
}

// rememberFence writes down what the internal block of a notice says, but for words of its reader that it repeats to him, and for what its
// subject says, which mail programs quote outside the fence.
func (d *Desk) rememberFence(tx Tx, o *Out, code, text, own string) error {
	_, block, _ := strings.Cut(text, templates.FenceStart(code))
	block, _, found := strings.Cut(block, templates.FenceEnd(code))
	if !found {
		return unwritableError{errors.New("a notice without its fence")}
	}
	f := Fence{Code: code, OutID: o.ID, TicketID: o.TicketID, EmergencyID: o.EmergencyID, Recipient: o.Recipient, Lines: hashLines(block, own), Created: d.now()}
	return tx.AddFence(f)
}

// mayHoldText leaves out pictures, archives and the like, in which no line could be found: all this is done while nobody else can write.
func mayHoldText(a message.Attachment) bool {
	kind := http.DetectContentType(a.Data)
	return strings.HasPrefix(kind, "text/") || kind == "application/octet-stream"
}
