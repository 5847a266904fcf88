package rules

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"notfalld/message"
)

// TestLinkKeys: what a mail and a trigger say of themselves, in the form in which the two are compared.
func TestLinkKeys(t *testing.T) {
	_, in := readLinkCases(t)
	for _, c := range readTable(t, "testdata/link/keys.txt", "|", 6, 25) {
		var got []Key
		want := c[4]
		if customer, isMail := strings.CutPrefix(c[0], "m"); isMail {
			want = c[5]
			f := Facts{CustomerNumber: customer, Phones: strings.Fields(c[2])}
			for _, s := range strings.Fields(c[3]) {
				f.Servers = append(f.Servers, Server{Name: s})
			}
			author, proof, _ := strings.Cut(c[1], " ")
			got = TicketKeys(&message.Mail{Text: c[4]}, f, author, proof, in)
			for _, other := range []*message.Mail{{Subject: c[4]}, {Quoted: c[4]}, {Forwarded: c[4]}} {
				if also := TicketKeys(other, f, author, proof, in); !slices.Equal(also, got) {
					t.Errorf("%q: %v in the text, %v elsewhere", c[4], got, also)
				}
			}
		} else {
			got = EmergencyKeys(c[0], c[1], c[2], strings.Split(c[3], ";"), in)
		}
		var said []string
		for _, k := range got {
			said = append(said, fmt.Sprintf("%s=%s", k.Kind, k.Value))
		}
		if all := strings.Join(said, " "); all != want {
			t.Errorf("%q:\n got %s\nwant %s", c, all, want)
		}
	}
}

// TestFreemail: domains of everybody, also of addresses below them, and of nobody else.
func TestFreemail(t *testing.T) {
	l := Shipped().Link()
	for domain, want := range map[string]bool{"gmx.at": true, "GMX.at": true, "mail.gmx.net": true, "t-online.de": true, "yahoo.co.uk": true,
		"firma.at": false, "gmx.firma.at": false, "": false, "at": false, "notgmx.at": false} {
		if got := l.Freemail(domain); got != want {
			t.Errorf("%q: %v", domain, got)
		}
	}
	if n := len(l.freemail); n < 200 {
		t.Errorf("%d freemail domains", n)
	}
}
