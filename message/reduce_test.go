package message

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// bigMail is a mail of about n bytes: text, HTML with an image, a large zip in base64, and a small log.
func bigMail(n int) []byte {
	var b bytes.Buffer
	b.WriteString("Received: from a by b; Mon, 16 Mar 2026 08:12:08 +0100\r\nFrom: Eva <eva@firma.at>\r\nSubject: =?utf-8?Q?St=C3=B6rung?=\r\nMessage-ID: <1@firma.at>\r\n" +
		"Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\npreamble\r\n--b 1\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe, Dump anbei.\r\n\r\n" +
		"--b 1\r\nContent-Type: application/zip; name=\"=?utf-8?Q?St=C3=B6rung.zip?=\"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n")
	line := []byte(strings.Repeat("QUJD", 19) + "\r\n")
	for b.Len() < n {
		b.Write(line)
	}
	b.WriteString("--b 1\r\nContent-Type: text/x-log; name=a.log\r\nContent-Disposition: attachment\r\n\r\nERROR 1\r\nERROR 2\r\n--b 1--\r\n")
	return b.Bytes()
}

func TestReduce(t *testing.T) {
	raw := bigMail(3 << 20)
	whole := Parse(raw, Limits{})
	for name, r := range map[string]io.Reader{"at once": bytes.NewReader(raw), "halves": iotest.HalfReader(bytes.NewReader(raw)), "data with EOF": iotest.DataErrReader(bytes.NewReader(raw))} {
		reduced, size, err := Reduce(r, Limits{})
		if err != nil || size != int64(len(raw)) || len(reduced) > 4096 {
			t.Fatalf("%s: %d bytes of %d, size %d, error %v", name, len(reduced), len(raw), size, err)
		}
		m := Parse(reduced, Limits{})
		if m.Size != size || m.Subject != "Störung" || m.Text != "Grüße, Dump anbei." || m.MessageID != "1@firma.at" || len(m.Received) != 1 || m.Problem != "" {
			t.Errorf("%s: size %d, subject %q, text %q, received %d, problem %q", name, m.Size, m.Subject, m.Text, len(m.Received), m.Problem)
		}
		if len(m.Attachments) != 2 {
			t.Fatalf("%s: attachments %v", name, m.Attachments)
		}
		zip, log := m.Attachments[0], m.Attachments[1]
		if zip.Name != "Störung.zip" || !zip.NotFetched || zip.Size != whole.Attachments[0].Size || zip.Data != nil {
			t.Errorf("%s: zip %q, not fetched %v, size %d of %d", name, zip.Name, zip.NotFetched, zip.Size, whole.Attachments[0].Size)
		}
		if log.NotFetched || string(log.Data) != "ERROR 1\r\nERROR 2" {
			t.Errorf("%s: log %v %q", name, log.NotFetched, log.Data)
		}
		if m.ContentHash != whole.ContentHash {
			t.Errorf("%s: the reduced mail has another hash than the whole", name)
		}
	}
}

// TestReduceFails: what the reader says comes back.
func TestReduceFails(t *testing.T) {
	broken := errors.New("connection lost")
	if _, _, err := Reduce(io.MultiReader(bytes.NewReader(bigMail(1<<20)), iotest.ErrReader(broken)), Limits{}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

// TestForgedCut: only a mail whose first line is Reduce's is believed to be reduced.
func TestForgedCut(t *testing.T) {
	const part = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX-Notfalld-Cut: size=9; sha256=aa\r\nX-Notfalld-Part: 0\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nabc\r\n--b--\r\n"
	for _, head := range []string{"From: a@b.at\r\n", "From: a@b.at\r\nX-Notfalld-Reduced: 5\r\n", "Received: by x\r\nX-Notfalld-Reduced: 5\r\n"} {
		m := Parse([]byte(head+part), Limits{})
		if len(m.Attachments) != 1 || m.Attachments[0].NotFetched || m.Attachments[0].Size != 3 || string(m.Attachments[0].Data) != "abc" || m.Size == 5 {
			t.Errorf("%q: %+v, size %d", head, m.Attachments, m.Size)
		}
	}
}

// TestTextCut: text beyond the limit is cut, and the mail says so.
func TestTextCut(t *testing.T) {
	raw := []byte(simpleHead + "\r\n" + strings.Repeat("Zeile um Zeile\r\n", 10000))
	m := Parse(raw, Limits{Text: 1000})
	if len(m.Text) > 1000 || m.Problem == "" {
		t.Errorf("%d bytes of text, problem %q", len(m.Text), m.Problem)
	}
	m = Parse(raw, Limits{Size: 5000})
	if len(m.Text) > 5000 || m.Problem == "" || m.Size != int64(len(raw)) {
		t.Errorf("%d bytes of text, size %d, problem %q", len(m.Text), m.Size, m.Problem)
	}
}

// TestParseMemory: what a mail of 25 MiB costs beside its own bytes.
func TestParseMemory(t *testing.T) {
	raw := bigMail(25<<20 - 1000)
	before := heapAllocated()
	m := Parse(raw, Limits{})
	if used := heapAllocated() - before; used > 60<<20 && !raceDetector {
		t.Errorf("%d MiB allocated", used>>20)
	}
	if len(m.Attachments) != 2 || m.Attachments[0].Data != nil || m.Attachments[0].Size < 18<<20 || m.Attachments[0].NotFetched {
		t.Errorf("attachments %d, first of %d bytes, %d kept", len(m.Attachments), m.Attachments[0].Size, len(m.Attachments[0].Data))
	}
	before = heapAllocated()
	if _, _, err := Reduce(bytes.NewReader(raw), Limits{}); err != nil {
		t.Fatal(err)
	}
	if used := heapAllocated() - before; used > 20<<20 && !raceDetector {
		t.Errorf("Reduce: %d MiB allocated", used>>20)
	}
}
