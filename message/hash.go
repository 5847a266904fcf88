package message

import (
	"crypto/sha256"
	"io"
	"strconv"
	"strings"
	"time"
)

// contentHash is the mail's fingerprint of SPEC, section 4: the same mail that comes twice, by an
// alias or a group, has the same one, whatever happened to its trace fields, boundaries and encodings
// on the way. It is over sender, Date, text with its white space folded, and decoded attachments.
func (b *body) contentHash() [32]byte {
	h := sha256.New()
	line := func(kind, value string) { // the length keeps one value from running into the next
		io.WriteString(h, kind+" "+strconv.Itoa(len(value))+" "+value+"\n")
	}
	for _, a := range b.m.From {
		line("from", strings.ToLower(a.Address))
	}
	if !b.m.Date.IsZero() {
		line("date", b.m.Date.UTC().Format(time.RFC3339))
	}
	for _, t := range b.texts {
		line("text", strings.Join(strings.Fields(t), " "))
	}
	for _, sum := range b.sums {
		line("attachment", sum)
	}
	return [32]byte(h.Sum(nil))
}
