package message

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// contentHash is the mail's fingerprint of SPEC, section 4: the same mail that comes twice, by an
// alias or a group, has the same one, whatever happened to its trace fields, boundaries and encodings
// on the way. It is over sender, Date, text with its white space folded, and decoded attachments.
func (b *body) contentHash() [32]byte {
	h := sha256.New()
	for _, a := range b.m.From {
		fmt.Fprintf(h, "from %q\n", strings.ToLower(a.Address))
	}
	if !b.m.Date.IsZero() {
		fmt.Fprintf(h, "date %s\n", b.m.Date.UTC().Format(time.RFC3339))
	}
	for _, t := range b.texts {
		fmt.Fprintf(h, "text %q\n", foldForHash(t))
	}
	for i, sum := range b.sums {
		fmt.Fprintf(h, "attachment %d %s\n", i, sum)
	}
	return [32]byte(h.Sum(nil))
}

func foldForHash(s string) string { return strings.Join(strings.Fields(s), " ") }
