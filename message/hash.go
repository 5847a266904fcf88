package message

import (
	"bufio"
	"crypto/sha256"
	"strconv"
	"strings"
	"time"
)

// contentHash is the mail's fingerprint: the same mail that comes twice, by an
// alias or a group, has the same one, whatever happened to its trace fields, boundaries and encodings
// on the way. It is over sender, Date, text with its white space folded, and decoded attachments.
func (b *body) contentHash() [32]byte {
	h := sha256.New()
	w := bufio.NewWriterSize(h, 1<<10) // neither of them fails
	line := func(kind, value string) { // the length keeps one value from running into the next
		w.WriteString(kind + " " + strconv.Itoa(len(value)) + " ")
		w.WriteString(value)
		w.WriteString("\n")
	}
	for _, a := range b.m.From {
		line("from", strings.ToLower(a.Address))
	}
	if !b.m.Date.IsZero() {
		line("date", b.m.Date.UTC().Format(time.RFC3339))
	}
	for _, t := range b.texts {
		hashFolded(w, t)
	}
	for _, sum := range b.sums {
		line("attachment", sum)
	}
	w.Flush()
	return [32]byte(h.Sum(nil))
}

// hashFolded writes a text's line with its white space folded. It reads the text twice, so that a long
// one is not copied.
func hashFolded(w *bufio.Writer, text string) {
	size := -1
	for word := range strings.FieldsSeq(text) {
		size += len(word) + 1
	}
	w.WriteString("text " + strconv.Itoa(max(size, 0)))
	for word := range strings.FieldsSeq(text) {
		w.WriteString(" ")
		w.WriteString(word)
	}
	if size < 0 {
		w.WriteString(" ")
	}
	w.WriteString("\n")
}
