package message

import (
	"bytes"
	"strings"
	"testing"
)

// TestDecodeTransfer: encoded bodies, whole ones and broken ones. Each is decoded in pieces of every size,
// too: where a network read ends must not show.
func TestDecodeTransfer(t *testing.T) {
	for _, c := range []struct{ encoding, in, want string }{
		{"base64", "SGFsbG8=", "Hallo"},
		{"BASE64", "SGFs\r\nbG8=\r\n", "Hallo"},
		{"base64", "SGFsbG8", "Hallo"},
		{"base64", "SGFs*bG8=", "Hallo"},
		{"base64", "SGE=SGE=", "HaHa"},
		{"base64", "SGE", "Ha"},
		{"base64", "SA==bGxv", "Hllo"},
		{"base64", "_-8=", "\xff\xef"},
		{"base64", "A", ""},
		{"base64", "====", ""},
		{"base64", "", ""},
		{"quoted-printable", "Gr=C3=BC=C3=9Fe", "Grüße"},
		{"Quoted-Printable (sic)", "Gr=c3=bc", "Grü"},
		{"quoted-printable", "ein=\r\ner", "einer"},
		{"quoted-printable", "ein=\ner", "einer"},
		{"quoted-printable", "ein= \t\r\ner", "einer"},
		{"quoted-printable", "ein  \t\r\nzwei", "ein\r\nzwei"},
		{"quoted-printable", "ein \nzwei", "ein\nzwei"},
		{"quoted-printable", "a=b", "a=b"},
		{"quoted-printable", "a=3", "a=3"},
		{"quoted-printable", "a==3D", "a=="},
		{"quoted-printable", "a=ZZ=C", "a=ZZ=C"},
		{"quoted-printable", "a=  b", "a=  b"},
		{"quoted-printable", "ende=", "ende"},
		{"quoted-printable", "ende   ", "ende"},
		{"quoted-printable", "x=\r\n=\r\ny", "xy"},
		{"8bit", "as=20is \r\n", "as=20is \r\n"},
		{"x-unknown", "as is", "as is"},
		{"", "as is", "as is"},
	} {
		for size := 1; size <= len(c.in)+1; size++ {
			var out bytes.Buffer
			d := newDecoder(c.encoding, &out)
			for rest := []byte(c.in); len(rest) > 0; {
				n := min(size, len(rest))
				d.Write(rest[:n])
				rest = rest[n:]
			}
			d.Flush()
			if out.String() != c.want {
				t.Errorf("%s %q in pieces of %d gives %q, want %q", c.encoding, c.in, size, out.String(), c.want)
				break
			}
		}
		if got := string(decodeTransfer(c.encoding, []byte(c.in))); got != c.want {
			t.Errorf("%s %q gives %q, want %q", c.encoding, c.in, got, c.want)
		}
	}
}

// TestHash: the same mail in other clothes has the same hash; another mail has another.
func TestHash(t *testing.T) {
	build := func(trace, text, pdf, date string) [32]byte {
		return Parse([]byte(strings.ReplaceAll(trace+"From: Eva <eva@firma.at>\nDate: "+date+"\nMessage-ID: <1@firma.at>\nMIME-Version: 1.0\n"+
			"Content-Type: multipart/mixed; boundary=b\n\n--b\n"+text+"\n--b\n"+pdf+"\n--b--\n", "\n", "\r\n")), Limits{}).ContentHash
	}
	const (
		date   = "Mon, 16 Mar 2026 08:12:08 +0100"
		qp     = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe vom Ser=\nver"
		b64    = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nR3LDvMOfZSAgdm9tIFNl\ncnZlcg=="
		eight  = "Content-Type: text/plain; charset=utf-8\n\nGrüße  vom\nServer\n"
		pdf64  = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nSGFs\nbG8="
		pdfQP  = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: quoted-printable\n\nHal=6Co"
		pdfOff = "Content-Type: application/pdf; name=a.pdf\nContent-Transfer-Encoding: base64\n\nSGFs\nbG9="
	)
	want := build("", qp, pdf64, date)
	for name, got := range map[string][32]byte{
		"base64":              build("", b64, pdf64, date),
		"8bit":                build("", eight, pdf64, date),
		"attachment as qp":    build("", qp, pdfQP, date),
		"trace":               build("Received: by x; Mon, 16 Mar 2026 08:12:08 +0100\nDelivered-To: a@b.at\n", qp, pdf64, date),
		"list's subject":      build("Subject: [list] x\n", qp, pdf64, date),
		"date in other words": build("", qp, pdf64, "16 Mar 2026 07:12:08 GMT"),
	} {
		if got != want {
			t.Errorf("%s: another hash", name)
		}
	}
	for name, got := range map[string][32]byte{
		"text":            build("", strings.Replace(qp, "vom", "von", 1), pdf64, date),
		"attachment":      build("", qp, strings.Replace(pdf64, "SGFs", "SGFz", 1), date),
		"date":            build("", qp, pdf64, "Mon, 16 Mar 2026 08:12:09 +0100"),
		"second From":     build("From: x@y.at\n", qp, pdf64, date),
		"attachment less": build("", qp, "", date),
	} {
		if got == want {
			t.Errorf("%s changed, and the hash is the same", name)
		}
	}
	if build("", qp, pdfOff, date) != build("", qp, pdf64, date) {
		t.Error("unused bits at the end of base64 change the hash")
	}
}
