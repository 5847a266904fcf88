package rules

import (
	"fmt"
	"strings"
	"testing"
)

// TestSameStart: a list of which thousands of phrases begin alike is refused, for it would cost more time than a mail has.
func TestSameStart(t *testing.T) {
	var list strings.Builder
	for i := range 600 {
		fmt.Fprintf(&list, "  - a* .. b%d .. c*\n", i)
	}
	_, err := Load([]File{{Name: "x.yaml", Text: []byte("lists:\n mine:\n  words:\n" + list.String())}})
	if err == nil || !strings.Contains(err.Error(), `x.yaml:504:5: lists.mine.words[500]: 501 phrases begin with "a*", and at most 500 may`) {
		t.Errorf("%.300v", err)
	}
}
