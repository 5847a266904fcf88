package message

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gomessage "github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"
)

// outgoing is an answer as the daemon composes it.
func outgoing() Outgoing {
	return Outgoing{
		From:      Address{"Alpenserver Support", "support@alpenserver.example"},
		To:        Address{"Maria Huber", "maria@blumen-huber.example"},
		ReplyTo:   &Address{"", "support+c2k7m4q9@alpenserver.example"},
		Subject:   "Kein Techniker alarmiert: Re: Notfall-Support [NS-10001]",
		Date:      time.Date(2026, 3, 14, 2, 13, 0, 0, time.FixedZone("CET", 3600)),
		MessageID: "10001.c2k7m4q9@alpenserver.example",
		InReplyTo: "abc@blumen-huber.example",
		References: []string{
			"first@blumen-huber.example", "abc@blumen-huber.example",
		},
		Text:    "Ihre E-Mail hat keinen Techniker alarmiert.\n\nBitte lösen Sie den Notfall aus: https://www.alpenserver.example/notfall\n",
		HTML:    "<!doctype html>\n<html lang=\"de\"><body><p>Ihre E-Mail hat keinen Techniker alarmiert.</p></body></html>\n",
		Headers: []Field{{Name: "Auto-Submitted", Value: "auto-replied"}, {Name: "X-Auto-Response-Suppress", Value: "All"}},
	}
}

func compose(t testing.TB, o Outgoing) []byte {
	t.Helper()
	raw, err := Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	legal(t, raw)
	return raw
}

// legal checks what every mail on the wire has to keep (RFC 5322, 2.1.1; RFC 5321, 2.3.8).
func legal(t testing.TB, raw []byte) {
	t.Helper()
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Error("the last line has no end")
	}
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for i, l := range bytes.Split(raw, []byte("\r\n")) {
		if len(l) > 998 {
			t.Errorf("line %d has %d octets", i+1, len(l))
		}
		if bytes.ContainsAny(l, "\r\n\x00") {
			t.Errorf("line %d holds a bare CR, LF or NUL: %q", i+1, l)
		}
		for _, b := range l {
			if b > 126 {
				t.Errorf("line %d is not ASCII: %q", i+1, l)
				break
			}
		}
	}
	for _, l := range bytes.Split(head, []byte("\r\n")) {
		if len(bytes.TrimSpace(l)) == 0 {
			t.Errorf("a header line of blanks:\n%s", head)
		}
		if bytes.Contains(l, []byte("=?")) && len(l) > 76 {
			t.Errorf("a line with an encoded word of %d octets: %s", len(l), l)
		}
	}
}

// leaves reads a mail back with go-message: media type, file name and decoded body of each leaf.
func leaves(t testing.TB, raw []byte) (header gomessage.Header, out []string) {
	t.Helper()
	e, err := gomessage.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	err = e.Walk(func(path []int, e *gomessage.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, _, _ := e.Header.ContentType()
		if strings.HasPrefix(kind, "multipart/") {
			return nil
		}
		_, params, _ := e.Header.ContentDisposition()
		body, err := io.ReadAll(e.Body)
		if err != nil {
			return err
		}
		out = append(out, fmt.Sprintf("%v %s %q\n%s", path, kind, params["filename"], body))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return e.Header, out
}

func TestComposeReadsBack(t *testing.T) {
	o := outgoing()
	raw := compose(t, o)
	h, parts := leaves(t, raw)
	want := []string{
		"[0] text/plain \"\"\n" + strings.ReplaceAll(o.Text, "\n", "\r\n"),
		"[1] text/html \"\"\n" + strings.ReplaceAll(o.HTML, "\n", "\r\n"),
	}
	if d := cmp.Diff(want, parts); d != "" {
		t.Error(d)
	}
	mh := gomail.Header{Header: h}
	got := map[string]any{}
	got["date"], _ = mh.Date()
	got["subject"], _ = mh.Subject()
	got["id"], _ = mh.MessageID()
	got["refs"], _ = mh.MsgIDList("References")
	got["irt"], _ = mh.MsgIDList("In-Reply-To")
	got["auto"] = mh.Get("Auto-Submitted")
	got["mime"] = mh.Get("MIME-Version")
	kind, _, _ := mh.ContentType()
	got["kind"] = kind
	for _, f := range []string{"From", "To", "Reply-To"} {
		l, err := mh.AddressList(f)
		if err != nil || len(l) != 1 {
			t.Fatalf("%s: %v %v", f, l, err)
		}
		got[f] = l[0].Name + "|" + l[0].Address
	}
	wantHeader := map[string]any{
		"date": o.Date, "subject": o.Subject, "id": o.MessageID, "refs": o.References, "irt": []string{o.InReplyTo},
		"auto": "auto-replied", "mime": "1.0", "kind": "multipart/alternative",
		"From": "Alpenserver Support|support@alpenserver.example", "To": "Maria Huber|maria@blumen-huber.example",
		"Reply-To": "|support+c2k7m4q9@alpenserver.example",
	}
	if d := cmp.Diff(wantHeader, got); d != "" {
		t.Error(d)
	}
	if again := compose(t, outgoing()); !bytes.Equal(raw, again) {
		t.Error("the same value composes to other bytes")
	}
}

// The golden file is what a reader of raw mail sees; it was read, and opened in mutt.
func TestComposeGolden(t *testing.T) {
	o := outgoing()
	o.Subject = "Kein Techniker alarmiert: Re: Notfall-Support – Blumen Müller & Söhne antwortet nicht [NS-10001]"
	o.Attach = []Attachment{{Name: "original.eml", Type: "message/rfc822", Data: []byte("Subject: Notfall-Support\r\n\r\nServer steht.\r\n")}}
	raw := compose(t, o)
	const path = "testdata/compose/answer.eml"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(raw)); d != "" {
		t.Error(d)
	}
}

func TestComposeSubjects(t *testing.T) {
	for _, s := range []string{
		"", "x", "Kein Techniker alarmiert: Re: Notfall-Support [NS-10001]", "Störung", strings.Repeat("wort ", 30) + "ende",
		strings.Repeat("ä", 150), strings.Repeat("äx ", 50) + "ä", strings.Repeat("語", 150), strings.Repeat("😀", 75), "=?utf-8?Q?schon_kodiert?=", "a =? b",
		strings.Repeat("x", 2000), "Frage? = ja_nein", "„Anführung“ – Gedankenstrich…", "a  b", "mit Tab\u00a0und geschütztem Leerzeichen",
	} {
		o := outgoing()
		o.Subject = s
		raw := compose(t, o)
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		want := s
		if !needsEncoding(s) {
			want = strings.Join(strings.Fields(s), " ") // folding may not tell one blank from two
		}
		if err != nil || got != want {
			t.Errorf("subject %q comes back as %q (%v)", s, got, err)
		}
	}
}

func TestComposeAddresses(t *testing.T) {
	for _, a := range []Address{
		{"", "a@b.example"}, {"Anna Berger", "a@b.example"}, {"Berger, Anna", "a@b.example"}, {`Anna "die" \ Berger`, "a@b.example"},
		{"Jürgen Müßiggang (Firma)", "a@b.example"}, {strings.Repeat("Lange Namen ", 20), "a@b.example"}, {strings.Repeat("ü", 100), "a@b.example"},
		{"a@b.example", "a@b.example"}, {"=?x?=", "a@b.example"}, {"Punkt.", "a@b.example"}, {"", "o'neil+tag@b.example"}, {"", `"a b"@c.example`},
	} {
		o := outgoing()
		o.To = a
		m, err := mail.ReadMessage(bytes.NewReader(compose(t, o)))
		if err != nil {
			t.Fatal(err)
		}
		l, err := m.Header.AddressList("To")
		if err != nil || len(l) != 1 {
			t.Errorf("%v: %q: %v %v", a, m.Header.Get("To"), l, err)
			continue
		}
		if l[0].Name != strings.Join(strings.Fields(a.Name), " ") || l[0].Address != strings.ReplaceAll(a.Address, `"`, "") {
			t.Errorf("%v comes back as %v", a, l[0])
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Outgoing)
		is     error
	}{
		"line break in the subject":      {func(o *Outgoing) { o.Subject = "x\r\nBcc: y@z.example" }, ErrHeaderBreak},
		"bare LF in the subject":         {func(o *Outgoing) { o.Subject = "x\nBcc: y@z.example" }, ErrHeaderBreak},
		"NUL in the subject":             {func(o *Outgoing) { o.Subject = "x\x00" }, ErrHeaderBreak},
		"broken UTF-8 in the subject":    {func(o *Outgoing) { o.Subject = "x\xff" }, ErrHeaderBreak},
		"line break in a name":           {func(o *Outgoing) { o.To.Name = "x\r\ny" }, ErrHeaderBreak},
		"line break in an address":       {func(o *Outgoing) { o.To.Address = "x@y.example>\r\nBcc: <a@b.example" }, ErrHeaderBreak},
		"line break in a field":          {func(o *Outgoing) { o.Headers[0].Value = "x\ny" }, ErrHeaderBreak},
		"line break in a file name":      {func(o *Outgoing) { o.Attach = []Attachment{{Name: "x\r\ny"}} }, ErrHeaderBreak},
		"line break in a media type":     {func(o *Outgoing) { o.Attach = []Attachment{{Type: "text/plain\r\nX: y"}} }, ErrHeaderBreak},
		"two recipients":                 {func(o *Outgoing) { o.To.Address = "a@b.example, c@d.example" }, nil},
		"no recipient":                   {func(o *Outgoing) { o.To.Address = "" }, nil},
		"an address that needs SMTPUTF8": {func(o *Outgoing) { o.To.Address = "jürgen@b.example" }, nil},
		"an address without a domain":    {func(o *Outgoing) { o.To.Address = "root" }, nil},
		"no Date":                        {func(o *Outgoing) { o.Date = time.Time{} }, nil},
		"no Message-ID":                  {func(o *Outgoing) { o.MessageID = "" }, nil},
		"a Message-ID of two lines":      {func(o *Outgoing) { o.MessageID = "a@b\r\nX: y" }, nil},
		"a field without a name":         {func(o *Outgoing) { o.Headers[0].Name = "" }, nil},
		"a field name with a colon":      {func(o *Outgoing) { o.Headers[0].Name = "X: y" }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			o := outgoing()
			c.change(&o)
			raw, err := Compose(o)
			if err == nil {
				t.Fatalf("composed\n%s", raw)
			}
			if c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("%v is not %v", err, c.is)
			}
		})
	}
}

// What a stranger put into the thread fields may not keep an answer from leaving.
func TestComposeThreads(t *testing.T) {
	o := outgoing()
	o.InReplyTo = "kaputt\r\nBcc: x@y.example"
	o.References = []string{"", "a b@c.example", "ä@b.example", "<a@b.example>", strings.Repeat("x", 1000) + "@y.example", "ohne-at"}
	for i := range 100 {
		o.References = append(o.References, fmt.Sprintf("%d@b.example", i))
	}
	h, _ := leaves(t, compose(t, o))
	if h.Has("In-Reply-To") {
		t.Errorf("In-Reply-To: %s", h.Get("In-Reply-To"))
	}
	refs := strings.Fields(h.Get("References"))
	n := len(refs)
	if n < 20 || len(h.Get("References")) > refsMax || refs[0] != "<ohne-at>" || refs[1] != fmt.Sprintf("<%d@b.example>", 101-n) || refs[n-1] != "<99@b.example>" {
		t.Errorf("References: %q", refs)
	}
	o.References = nil
	if h, _ := leaves(t, compose(t, o)); h.Has("References") {
		t.Error("an empty References field")
	}
}

func TestComposeAttachments(t *testing.T) {
	o := outgoing()
	binary := make([]byte, 5000)
	for i := range binary {
		binary[i] = byte(i * 7)
	}
	long := strings.Repeat("Überlanger Name ", 20) + ".log"
	o.Attach = []Attachment{
		{Name: "original.eml", Type: "message/rfc822", Data: []byte("Subject: x\r\nContent-Type: text/plain\r\n\r\n--=_egal\r\nHallo\r\n")},
		{Name: "acht-bit.eml", Type: "message/rfc822", Data: []byte("Subject: \xe4\r\n\r\nHall\xf6chen\r\n")},
		{Name: "lf.eml", Type: "message/rfc822", Data: []byte("Subject: x\n\nHallo\n")},
		{Name: "lang.eml", Type: "message/rfc822", Data: []byte("Subject: x\r\n\r\n" + strings.Repeat("x", 2000) + "\r\n")},
		{Name: "bücher.log", Type: "text/plain", Data: []byte("ä\n")},
		{Name: "../../etc/passwd", Type: "text/plain; charset=utf-8", Data: []byte("x")},
		{Name: `C:\Windows\x.bin`, Type: "", Data: binary},
		{Name: long, Type: "multipart/mixed", Data: nil},
		{Name: "", Type: "Kein Typ", Data: []byte{0, 1, 2}},
	}
	_, parts := leaves(t, compose(t, o))
	var got []string
	for _, p := range parts {
		head, _, _ := strings.Cut(p, "\n")
		got = append(got, head)
	}
	want := []string{
		`[0 0] text/plain ""`, `[0 1] text/html ""`,
		`[1] message/rfc822 "original.eml"`, `[2] application/octet-stream "acht-bit.eml"`, `[3] application/octet-stream "lf.eml"`,
		`[4] application/octet-stream "lang.eml"`, `[5] text/plain "bücher.log"`, `[6] text/plain "passwd"`, `[7] application/octet-stream "x.bin"`,
		fmt.Sprintf("[8] application/octet-stream %q", string([]rune(long)[:76])+".log"), `[9] application/octet-stream ""`,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for i, a := range o.Attach {
		if _, body, _ := strings.Cut(parts[i+2], "\n"); body != string(a.Data) {
			t.Errorf("%s: %d bytes came back of %d", a.Name, len(body), len(a.Data))
		}
	}
}

// A boundary that the content holds would end the part early (RFC 2046, 5.1.1).
func TestComposeBoundaries(t *testing.T) {
	o := outgoing()
	o.Attach = []Attachment{{Name: "a.eml", Type: "message/rfc822", Data: []byte("Subject: x\r\n\r\ny\r\n")}}
	for range 3 { // put the boundary of the mail before into the next one
		_, params, err := mime.ParseMediaType(headerOf(t, compose(t, o), "Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		o.Attach[0].Data = append(o.Attach[0].Data, "--"+params["boundary"]+"--\r\n"...)
		_, parts := leaves(t, compose(t, o))
		if len(parts) != 3 || !strings.HasSuffix(parts[2], string(o.Attach[0].Data)) {
			t.Fatalf("%d parts: %q", len(parts), parts)
		}
	}
}

func headerOf(t *testing.T, raw []byte, name string) string {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header.Get(name)
}

func TestComposeShapes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Outgoing)
		want   []string
	}{
		"text alone":         {func(o *Outgoing) { o.HTML = "" }, []string{`[] text/plain ""`}},
		"no text at all":     {func(o *Outgoing) { o.HTML, o.Text = "", "" }, []string{`[] text/plain ""`}},
		"text and a file":    {func(o *Outgoing) { o.HTML = ""; o.Attach = []Attachment{{Name: "x"}} }, []string{`[0] text/plain ""`, `[1] application/octet-stream "x"`}},
		"mostly not ASCII":   {func(o *Outgoing) { o.Text = strings.Repeat("語", 3000) }, []string{`[0] text/plain ""`, `[1] text/html ""`}},
		"lines without end":  {func(o *Outgoing) { o.Text = strings.Repeat("x", 50000) }, []string{`[0] text/plain ""`, `[1] text/html ""`}},
		"lines of all kinds": {func(o *Outgoing) { o.Text = "a\rb\r\nc\n.\n..\nFrom x\n" }, []string{`[0] text/plain ""`, `[1] text/html ""`}},
	} {
		t.Run(name, func(t *testing.T) {
			o := outgoing()
			c.change(&o)
			_, parts := leaves(t, compose(t, o))
			var got []string
			for _, p := range parts {
				head, body, _ := strings.Cut(p, "\n")
				got = append(got, head)
				if strings.Contains(head, "text/plain") && strings.TrimSuffix(body, "\r\n") != strings.TrimSuffix(string(toCRLF(o.Text)), "\r\n") {
					t.Errorf("the text came back as %q", body)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// The incoming half understands what the outgoing half writes.
func TestComposeIsParsed(t *testing.T) {
	o := outgoing()
	o.Subject = "Kein Techniker alarmiert: Re: Störung"
	m := Parse(compose(t, o), DefaultLimits())
	if m.Subject != o.Subject || m.MessageID != o.MessageID || m.Problem != "" || len(m.From) != 1 || m.From[0] != o.From {
		t.Errorf("parsed as %q %q %v, problem %q", m.Subject, m.MessageID, m.From, m.Problem)
	}
}

// TestComposeOddAddresses: addresses that arrive can be answered to, whatever their local part looks like.
func TestComposeOddAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"a@b.example":         "<a@b.example>",
		"eva.@b.example":      `<"eva."@b.example>`,
		"eva..h@b.example":    `<"eva..h"@b.example>`,
		".eva@b.example":      `<".eva"@b.example>`,
		`"eva."@b.example`:    `<"eva."@b.example>`,
		`"eva huber"@b.de`:    `<"eva huber"@b.de>`,
		`"eva.huber"@b.de`:    "<eva.huber@b.de>",
		"eva@[192.0.2.7]":     "<eva@[192.0.2.7]>",
		"o'brien+x=y/z@b.de":  "<o'brien+x=y/z@b.de>",
		"eva@my_host.example": "<eva@my_host.example>",
	} {
		o := outgoing()
		o.To = Address{Address: address}
		raw := compose(t, o)
		if !strings.Contains(string(raw), "\r\nTo: "+want+"\r\n") {
			t.Errorf("%s: not %s in\n%.400s", address, want, raw)
		}
		if m := Parse(raw, Limits{}); len(m.To) != 1 || m.To[0].Address != NormalAddress(address) {
			t.Errorf("%s is read again as %v", address, m.To)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("Störung", "Müller, Anna", "a@b.example", "Text\n.\n", "<p>x", "a@b", "X-Test", "wert", "x.log", []byte("x"))
	f.Add("x\r\ny", "\"", "a@b", "\r", "", "<", "A:", "=?", "..", []byte("--=_"))
	f.Fuzz(func(t *testing.T, subject, name, address, text, html, ref, field, value, file string, data []byte) {
		o := outgoing()
		o.Subject, o.To, o.Text, o.HTML, o.References = subject, Address{name, address}, text, html, []string{ref, ref}
		o.Headers = []Field{{Name: field, Value: value}}
		o.Attach = []Attachment{{Name: file, Type: "message/rfc822", Data: data}, {Name: file, Type: field + "/x", Data: data}}
		raw, err := Compose(o)
		if err != nil {
			return
		}
		if len(field) < 900 { // a field's name cannot be folded
			legal(t, raw)
		}
		h, parts := leaves(t, raw)
		if n := h.FieldsByKey("From").Len() + h.FieldsByKey("To").Len() + h.FieldsByKey("Bcc").Len(); n != 2 && !strings.EqualFold(field, "from") && !strings.EqualFold(field, "to") && !strings.EqualFold(field, "bcc") {
			t.Errorf("%d fields of addresses in\n%s", n, raw)
		}
		if want := 4; html != "" && len(parts) != want {
			t.Errorf("%d parts in\n%s", len(parts), raw)
		}
	})
}

func BenchmarkCompose(b *testing.B) {
	o := outgoing()
	o.Text, o.HTML = strings.Repeat("Ein Satz von fünfzig Zeichen, der nichts aussagt.\n", 60), strings.Repeat("<p>Ein Satz von fünfzig Zeichen, der nichts sagt.\n", 90)
	for b.Loop() {
		if _, err := Compose(o); err != nil {
			b.Fatal(err)
		}
	}
}

// A mail with 8-bit lines is attached as what it is, byte for byte, and everything around it says that it holds such lines.
func TestComposeEightBitOriginal(t *testing.T) {
	o := outgoing()
	original := "Subject: x\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nHall\xf6chen\r\n"
	o.Attach = []Attachment{{Name: "original.eml", Type: "message/rfc822", Data: []byte(original)}}
	raw, err := Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	if !strings.Contains(head, "Content-Transfer-Encoding: 8bit") || !strings.Contains(body, "Content-Type: message/rfc822") || !strings.Contains(body, original) {
		t.Errorf("%s", raw)
	}
	if strings.Count(string(raw), "Content-Transfer-Encoding: 8bit") != 3 { // around it, of the part, and the original's own
		t.Errorf("%s", raw)
	}
}
