package templates

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// reMarker matches what is too like a fence, in folded text: with a bracket before or a colon behind, blanks between them or not.
var reMarker = regexp.MustCompile(`\[\s*notfalld|notfalld\s*:`)

// notMarker breaks up what looks like one of our fences in words that are not ours: "[not·falld:intern:…". The fences part what a customer may
// see from what not, so a mail must not be able to bring one along, in whatever letters a reading program may fold (UAX 15, NFKC).
// s must be without invisible characters.
func notMarker(s string) string {
	if !hasForeign(s) && !strings.Contains(strings.ToLower(s), "notfalld") {
		return s
	}
	folded, ends := folded(s)
	all := reMarker.FindAllStringIndex(folded, -1)
	if all == nil {
		return s
	}
	var b strings.Builder
	done := 0
	for _, m := range all {
		cut := ends[m[0]+strings.Index(folded[m[0]:m[1]], "not")+2] // behind the t
		b.WriteString(s[done:cut] + "·")
		done = cut
	}
	return b.String() + s[done:]
}

func hasForeign(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0
}

// folded is s as a lenient reader compares it: compatibility forms and cases folded, without combining marks. ends says for each of its bytes where
// in s the character ends that it comes from.
func folded(s string) (text string, ends []int) {
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		end := i + utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, n := utf8.DecodeRuneInString(s[i:])
			end = i + n
		}
		f := string(unicode.ToLower(r))
		if r >= utf8.RuneSelf {
			f = strings.ToLower(norm.NFKC.String(f))
		}
		if unicode.Is(unicode.M, r) {
			continue
		}
		b.WriteString(f)
		for range len(f) {
			ends = append(ends, end)
		}
	}
	return b.String(), ends
}
