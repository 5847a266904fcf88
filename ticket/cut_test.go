package ticket

import (
	"strings"
	"testing"

	"notfalld/rules"
)

// Every kind of cut has its German, names what was cut and its limit, and fits on one line of a notice.
func TestCutsAreTranslated(t *testing.T) {
	for _, what := range rules.CutKinds() {
		for _, source := range []string{"attachment:big.log.gz", "attachment:" + strings.Repeat("lang", 60) + ".zip/" + strings.Repeat("x", 100), "body"} {
			c := rules.Cut{Source: source, What: what, Limit: 3 << 20}
			if c.File() == "" && what != rules.CutText && what != rules.CutErrors {
				continue
			}
			en, de := cutWords("en", []rules.Cut{c})[0], cutWords("de", []rules.Cut{c})[0]
			if de == en || strings.Contains(de, string(what)) || strings.Contains(en, string(what)) {
				t.Errorf("%s: no words for it: %q, %q", what, de, en)
			}
			if len([]rune(de)) > 199 || len([]rune(en)) > 199 {
				t.Errorf("%s: too long for a notice: %q, %q", what, de, en)
			}
			named := source == "attachment:big.log.gz" && what != rules.CutAttachments && what != rules.CutServers
			if named != (strings.Contains(de, "big.log.gz") && strings.Contains(en, "big.log.gz")) {
				t.Errorf("%s: %q, %q", what, de, en)
			}
		}
	}
}
