package message

import (
	"bytes"
	"testing"
)

// FuzzAuthentic: a client cannot make itself an author whom our servers have not proved: below a genuine boundary nothing is read as a Received of
// ours, and below Microsoft's verdict on a mail from outside nothing is read at all. A mail that is proved has one From. Nothing panics, every answer
// has its reason, and what Reduce makes proves no more than the whole.
func FuzzAuthentic(f *testing.F) {
	for _, c := range staffCases(f, "*.txtar") {
		head, _, _ := bytes.Cut(c.raw, []byte("\r\n\r\n"))
		f.Add(head)
	}
	trust := Trust{AuthservIDs: []string{"mx.alpenrack.at"}, ReceivedAuth: []string{"mx.alpenrack.at"}}
	server := "Received: from x (dsl-66.boese.example [203.0.113.66]) by mx.alpenrack.at (Postfix) with ESMTPS id 1; Mon, 16 Mar 2026 02:44:10 +0100\r\nX-Spam: No\r\n"
	microsoft := "Received: from A.outlook.com by B.outlook.office365.com with Microsoft SMTP Server; Mon, 16 Mar 2026 01:44:11 +0000\r\n" +
		"Authentication-Results: spf=none smtp.mailfrom=boese.example; dkim=none (message not signed) header.d=none;dmarc=none action=none header.from=alpenrack.at\r\nX-Spam: No\r\n"
	f.Fuzz(func(t *testing.T, client []byte) {
		raw := append(append([]byte(nil), client...), "\r\n\r\nText\r\n"...)
		m := Parse(raw, Limits{})
		got := m.Authentic(trust)
		if got.OK && (len(m.From) != 1 || got.By == "" || m.Header.odd() != "") || got.Why == "" {
			t.Errorf("%+v, From %v", got, m.From)
		}
		reduced, _, err := Reduce(bytes.NewReader(raw), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if again := Parse(reduced, Limits{}).Authentic(trust); again.OK && !got.OK {
			t.Errorf("reduced: %+v, whole: %+v", again, got)
		}
		if got := Parse(append([]byte(server), raw...), Limits{}).Authentic(Trust{ReceivedAuth: trust.ReceivedAuth}); got.OK {
			t.Errorf("below our server's Received: %+v", got)
		}
		if got := Parse(append([]byte(microsoft), raw...), Limits{}).Authentic(Trust{Microsoft365: true}); got.OK {
			t.Errorf("below Microsoft's verdict: %+v", got)
		}
		m.ForgedBelieved(trust, "mark")
	})
}
