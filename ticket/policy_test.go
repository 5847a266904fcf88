package ticket

import (
	"strings"
	"testing"
)

func TestPlausible(t *testing.T) {
	for address, want := range map[string]bool{
		"petra@almhof.at": true, "p.g+x@mail.almhof.co.at": true, `"eva."@r9.at`: true, `"eva..h"@r10.at`: true, "o'brien@x.ie": true,
		"": false, "petra": false, "@almhof.at": false, "petra@": false, "petra@almhof": false, `""@x.at`: false, `"."@x.at`: false,
		`"eva huber"@x.at`: false, "eva huber@x.at": false, `"a@b"@x.at`: false, `"a\"b"@x.at`: false, "a>@x.at": false, "a@x.at>\r\nRCPT TO:<b@y.at": false,
		"a@x.at,b@y.at": false, "jörg@c8.at": false, "a@b@c.at": false, "a\x00@x.at": false,
		strings.Repeat("a", 64) + "@x.at": true, strings.Repeat("a", 65) + "@x.at": false, "a@" + strings.Repeat("b", 252) + ".at": false,
	} {
		if got := plausible(address); got != want {
			t.Errorf("plausible(%q) = %v", address, got)
		}
	}
}
