package message

import (
	"slices"
	"strings"
	"testing"
)

const forgedMark = "k7m3q9xw2abcdefgh"

// forgedMail is the test mail as it left, below what servers have put on top.
func forgedMail(top string, fields []Field) *Mail {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(top, "\n", "\r\n"))
	for _, f := range fields {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
	b.WriteString("X-Notfalld: " + forgedMark + "\r\nFrom: support@alpenrack.at\r\n\r\nText\r\n")
	return Parse([]byte(b.String()), Limits{})
}

// TestForgedHeaders: each copy holds the mark or has a companion that does, and is what an attacker would write: where no server strips it,
// it is believed, and named.
func TestForgedHeaders(t *testing.T) {
	for _, c := range []struct {
		name  string
		trust Trust
		top   string // what the server writes
		want  []string
	}{
		{"nothing to rely on", Trust{}, "", nil},
		{"authres", Trust{AuthservIDs: []string{"mx.alpenrack.at"}}, "", []string{"Authentication-Results of mx.alpenrack.at"}},
		{"two ids", Trust{AuthservIDs: []string{"mx.alpenrack.at", "gw.alpenrack.at"}}, "", []string{"Authentication-Results of mx.alpenrack.at", "Authentication-Results of gw.alpenrack.at"}},
		{"microsoft365", Trust{Microsoft365: true}, "Received: from A.outlook.com by B.prod.outlook.com with HTTPS; Mon, 16 Mar 2026 01:44:12 +0000\n",
			[]string{"Authentication-Results of Microsoft 365", authAsField}},
		{"received", Trust{ReceivedAuth: []string{"mx.alpenrack.at"}}, "", []string{"Received by mx.alpenrack.at"}},
		{"received behind the mail store", Trust{ReceivedAuth: []string{"mx.alpenrack.at"}}, "Received: from mx by store with LMTP id 1; Mon, 16 Mar 2026 01:44:12 +0000\n", []string{"Received by mx.alpenrack.at"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			fields := ForgedHeaders(c.trust, "support@alpenrack.at", forgedMark)
			if len(fields) == 0 && c.want != nil {
				t.Fatal("no copies")
			}
			for _, f := range fields {
				if f.Name != authAsField && !strings.Contains(f.Value, forgedMark) {
					t.Errorf("no mark in %s: %s", f.Name, f.Value)
				}
				if strings.ContainsAny(f.Name+f.Value, "\r\n") {
					t.Errorf("line end in %q", f.Value)
				}
				if got := forgedMail(c.top, []Field{f}).Authentic(c.trust); !got.OK && f.Name != authSourceField {
					t.Errorf("an attacker gains nothing by %s: %s (%s)", f.Name, f.Value, got.Why)
				}
			}
			if got := forgedMail(c.top, fields).ForgedBelieved(c.trust, forgedMark); !slices.Equal(got, c.want) {
				t.Errorf("believed %q, want %q", got, c.want)
			}
			if got := forgedMail(c.top, nil).ForgedBelieved(c.trust, forgedMark); got != nil {
				t.Errorf("all stripped, and believed %q", got)
			}
			if got := forgedMail(c.top, fields).ForgedBelieved(c.trust, "anothermark"); c.name != "microsoft365" && got != nil {
				t.Errorf("of another mark: believed %q", got)
			}
		})
	}
}

// TestForgedBelieved: what servers do to the copies, and whether that is enough.
func TestForgedBelieved(t *testing.T) {
	all := Trust{AuthservIDs: []string{"mx.alpenrack.at"}, Microsoft365: true, ReceivedAuth: []string{"mx.alpenrack.at"}}
	only := func(names ...string) func(Field) bool {
		return func(f Field) bool { return slices.Contains(names, f.Name) }
	}
	mxReceived := "Received: from pc (x [203.0.113.5]) by mx.alpenrack.at (Postfix) with ESMTPS id 1; Mon, 16 Mar 2026 02:44:10 +0100\n"
	inside := "Received: from A.outlook.com by B.prod.outlook.com with HTTPS; Mon, 16 Mar 2026 01:44:12 +0000\n"
	for _, c := range []struct {
		name  string
		trust Trust
		top   string
		keep  func(Field) bool
		want  []string
	}{
		{"a Received stays and is not looked at", all, mxReceived, only("Received"), nil},
		{"authres stays below our own Received", all, mxReceived, only("Authentication-Results"), []string{"Authentication-Results of mx.alpenrack.at"}},
		{"only the odd spelling stays", Trust{AuthservIDs: []string{"mx.alpenrack.at"}}, mxReceived, only("AUTHENTICATION-RESULTS"), []string{"Authentication-Results of mx.alpenrack.at"}},
		{"a genuine verdict beside it does not mend it", Trust{AuthservIDs: []string{"mx.alpenrack.at"}}, "Authentication-Results: mx.alpenrack.at; dkim=none; dmarc=fail header.from=alpenrack.at\n" + mxReceived,
			only("Authentication-Results"), []string{"Authentication-Results of mx.alpenrack.at"}},
		{"a foreign host in between does not mend it", Trust{AuthservIDs: []string{"mx.alpenrack.at"}}, mxReceived + "Received: from a by relay.beispiel-provider.de with ESMTPSA id 2; Mon, 16 Mar 2026 02:44:10 +0100\n",
			only("Authentication-Results"), []string{"Authentication-Results of mx.alpenrack.at"}},
		{"filed under another name", Trust{AuthservIDs: []string{"mx.alpenrack.at"}}, mxReceived + "Old-Authentication-Results: mx.alpenrack.at; dmarc=pass (" + forgedMark + ")\n", only(), nil},
		{"exchange: genuine field on top", Trust{Microsoft365: true}, inside + "Authentication-Results: spf=pass smtp.mailfrom=alpenrack.at; dkim=none header.d=none;dmarc=none action=none header.from=alpenrack.at\n",
			only("Authentication-Results"), nil},
		{"exchange: genuine AuthAs of our own login", Trust{Microsoft365: true}, inside + authAsField + ": Internal\n" + authSourceField + ": B.prod.outlook.com\n", only(), nil},
		{"exchange: AuthAs in a mail from outside", Trust{Microsoft365: true}, inside + "Received: from x by relay.alpenrack.at with ESMTP id 1; Mon, 16 Mar 2026 01:44:12 +0000\n", only(authAsField), []string{authAsField}},
		{"exchange: both stay", Trust{Microsoft365: true}, inside, only(authAsField, authSourceField), []string{authAsField}},
		{"exchange: a second AuthAs", Trust{Microsoft365: true}, inside + authAsField + ": Anonymous\n", only(authAsField), []string{authAsField}},
		{"exchange: overwritten", Trust{Microsoft365: true}, inside + authAsField + ": Anonymous\n" + authSourceField + ": B.prod.outlook.com\n", only(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var kept []Field
			for _, f := range ForgedHeaders(c.trust, "support@alpenrack.at", forgedMark) {
				if c.keep(f) {
					kept = append(kept, f)
				}
			}
			if got := forgedMail(c.top, kept).ForgedBelieved(c.trust, forgedMark); !slices.Equal(got, c.want) {
				t.Errorf("believed %q, want %q", got, c.want)
			}
		})
	}
}
