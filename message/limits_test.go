package message

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

const simpleHead = "From: Eva Lang <eva@firma.at>\r\nSubject: Notfall-Support\r\nMessage-ID: <1@firma.at>\r\nMIME-Version: 1.0\r\n"

// hostile are mails made to hurt. Each is generated, for they are large; scale makes them smaller.
func hostile(scale int) map[string][]byte {
	nested := func(n int) []byte {
		var b strings.Builder
		b.WriteString(simpleHead)
		for i := range n / scale {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		b.WriteString("Content-Type: text/plain\r\n\r\ninnermost\r\n")
		return []byte(b.String())
	}
	parts := func(n int, part string) []byte {
		return []byte(simpleHead + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nfirst words\r\n" + strings.Repeat(part, n/scale) + "--b--\r\n")
	}
	return map[string][]byte{
		"empty":               {},
		"one line feed":       []byte("\n"),
		"NUL bytes":           make([]byte, 1<<20),
		"only 0xFF":           bytes.Repeat([]byte{0xFF}, 1<<20),
		"no header":           []byte("der server steht\n\nbitte anrufen\n"),
		"no body":             []byte(simpleHead),
		"10,000 levels":       nested(10000),
		"100,000 parts":       parts(100000, "--b\r\n\r\nx\r\n"),
		"100,000 bare parts":  parts(100000, "--b\r\n"),
		"100,000 attachments": parts(100000, "--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n"),
		"1 MB field":          []byte("From: eva@firma.at\r\nX-Long: " + strings.Repeat("a ", (1<<19)/scale) + "\r\nSubject: below\r\n\r\nText\r\n"),
		"1 MB folded":         []byte("From: eva@firma.at\r\nTo: " + strings.Repeat("x@y.at,\r\n ", (1<<17)/scale) + "\r\nSubject: below\r\n\r\nText\r\n"),
		"100,000 fields":      []byte("From: eva@firma.at\r\n" + strings.Repeat("X-A: b\r\n", 100000/scale) + "Subject: below\r\n\r\nText\r\n"),
		"50,000 parameters":   []byte(simpleHead + "Content-Type: text/plain" + strings.Repeat("; a=b", 50000/scale) + "\r\n\r\nText\r\n"),
		"50,000 pieces":       []byte(simpleHead + "Content-Type: text/plain" + strings.Repeat("; name*1=b", 50000/scale) + "\r\n\r\nText\r\n"),
		"encoded words":       []byte("From: eva@firma.at\r\nSubject: " + strings.Repeat("=?utf-8?Q?=C3=BC?= ", 10000/scale) + "\r\n\r\nText\r\n"),
		"unended words":       []byte("From: eva@firma.at\r\nSubject: " + strings.Repeat("=?utf-8?Q?x ", 10000/scale) + "\r\n\r\nText\r\n"),
		"comments":            []byte("From: " + strings.Repeat("(", 100000/scale) + "eva@firma.at\r\nReceived: " + strings.Repeat("(", 100000/scale) + "\r\n\r\nText\r\n"),
		"quotes":              []byte("From: " + strings.Repeat("\"", 99999/scale) + "eva@firma.at\r\n\r\nText\r\n"),
		"escaped quotes":      []byte("From: <" + strings.Repeat("\"\\", 50000/scale) + "eva@firma.at\r\nTo: " + strings.Repeat("\"\\", 50000/scale) + "eva@firma.at\r\nReply-To: " + strings.Repeat("<\"a\"", 20000/scale) + "\r\n\r\nText\r\n"),
		"brackets":            []byte("From: " + strings.Repeat("<", 100000/scale) + "\r\nReferences: " + strings.Repeat("<", 100000/scale) + "\r\n\r\nText\r\n"),
		"25 MB line":          append([]byte(simpleHead+"\r\n"), bytes.Repeat([]byte("a"), (25<<20)/scale)...),
		"25 MB of >":          append([]byte(simpleHead+"In-Reply-To: <1@x>\r\n\r\n"), bytes.Repeat([]byte(">"), (25<<20)/scale)...),
		"10 MB junk base64":   append([]byte(simpleHead+"Content-Transfer-Encoding: base64\r\n\r\n"), bytes.Repeat([]byte("=*=A"), (10<<20/4)/scale)...),
		"quoted-printable":    append([]byte(simpleHead+"Content-Transfer-Encoding: quoted-printable\r\n\r\n"), bytes.Repeat([]byte("= \t"), (1<<20)/scale)...),
		"deep HTML":           append([]byte(simpleHead+"Content-Type: text/html\r\n\r\n"), bytes.Repeat([]byte("<div><p><span>"), 70000/scale)...),
		"deep quotes":         append([]byte(simpleHead+"Content-Type: text/html\r\n\r\n"), bytes.Repeat([]byte("<blockquote type=cite>x<br>"), 30000/scale)...),
		"HTML tables":         append([]byte(simpleHead+"Content-Type: text/html\r\n\r\n"), bytes.Repeat([]byte("<table><tr><td>x"), 60000/scale)...),
		"HTML attributes":     append([]byte(simpleHead+"Content-Type: text/html\r\n\r\n<p "), bytes.Repeat([]byte("a=b "), 200000/scale)...),
		"HTML end tags":       append([]byte(simpleHead+"Content-Type: text/html\r\n\r\n"+strings.Repeat("<b>", 1000/scale)), bytes.Repeat([]byte("</i>"), 200000/scale)...),
		"attribution lines":   append([]byte(simpleHead+"In-Reply-To: <1@x>\r\n\r\n"), bytes.Repeat([]byte("Am 12.03.2026 um 10:22 schrieb Max Huber\r\n"), 20000/scale)...),
		"header lines":        append([]byte(simpleHead+"\r\n"), bytes.Repeat([]byte("Von: a@b.at\r\n"), 70000/scale)...),
		"farewells":           append([]byte(simpleHead+"\r\n"), bytes.Repeat([]byte("Mit freundlichen Grüßen\r\n\r\n"), 30000/scale)...),
		"dashes":              append([]byte(simpleHead+"\r\n"), bytes.Repeat([]byte("-- \r\n"), 200000/scale)...),
		"disclaimers":         append([]byte(simpleHead+"\r\n"), bytes.Repeat([]byte("Diese E-Mail ist vertraulich\r\n\r\n"), 30000/scale)...),
		"rulers":              append([]byte(simpleHead+"In-Reply-To: <1@x>\r\n\r\n"), bytes.Repeat([]byte("____________________\r\n"), 40000/scale)...),
		"auth results":        []byte(simpleHead + "Authentication-Results: mx.a.at" + strings.Repeat("; dkim=pass header.d=a.at", 3000/scale) + "\r\n\r\nText\r\n"),
	}
}

// TestHostile wants of each hostile mail an answer, with clean strings, in memory that does not follow the
// mail's size. That it comes in time the test command's own limit sees to: what is quadratic takes minutes here.
func TestHostile(t *testing.T) {
	scale := 1
	if raceDetector {
		scale = 20 // it is twenty times slower, and there is nothing to race here
	}
	for name, raw := range hostile(scale) {
		t.Run(name, func(t *testing.T) {
			before := heapAllocated()
			m := Parse(raw, Limits{})
			checkClean(t, m)
			if used := heapAllocated() - before; used > 100<<20 && !raceDetector {
				t.Errorf("%d MiB allocated for %d bytes", used>>20, len(raw))
			}
			for _, tr := range []Trust{{AuthservIDs: []string{"mx.a.at"}}, {Microsoft365: true}} {
				m.Proof(tr)
			}
			reduced, size, err := Reduce(bytes.NewReader(raw), Limits{})
			if err != nil || size != int64(len(raw)) {
				t.Fatalf("Reduce: size %d of %d, error %v", size, len(raw), err)
			}
			if len(reduced) > 8<<20 {
				t.Errorf("Reduce left %d bytes", len(reduced))
			}
			if r := Parse(reduced, Limits{}); r.Size != int64(len(raw)) || r.Subject != m.Subject {
				t.Errorf("reduced: size %d, subject %q", r.Size, r.Subject)
			}
		})
	}
}

// TestHeaderBeyondLimit: what decides about a mail is read even where the header is endless.
func TestHeaderBeyondLimit(t *testing.T) {
	for _, name := range []string{"1 MB field", "1 MB folded", "100,000 fields"} {
		m := Parse(hostile(1)[name], Limits{})
		if m.Subject != "below" || len(m.From) != 1 || m.Problem == "" || m.Text != "Text" {
			t.Errorf("%s: subject %q, from %v, text %.20q, problem %q", name, m.Subject, m.From, m.Text, m.Problem)
		}
	}
}

// TestPartsBeyondLimit: the first parts are read, and the mail says that there were more.
func TestPartsBeyondLimit(t *testing.T) {
	for _, name := range []string{"100,000 parts", "100,000 attachments", "100,000 bare parts"} {
		m := Parse(hostile(1)[name], Limits{})
		if !strings.HasPrefix(m.Text, "first words") || m.Problem == "" {
			t.Errorf("%s: text %.20q, problem %q", name, m.Text, m.Problem)
		}
	}
}

// TestDepthBeyondLimit: what is nested deeper is not opened, and the mail says so.
func TestDepthBeyondLimit(t *testing.T) {
	build := func(levels int) *Mail {
		var b strings.Builder
		b.WriteString(simpleHead)
		for i := range levels {
			fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
		}
		b.WriteString("Content-Type: text/plain\r\n\r\ninnermost\r\n")
		return Parse([]byte(b.String()), Limits{Depth: 5})
	}
	if m := build(5); m.Text != "innermost" || m.Problem != "" {
		t.Errorf("5 levels: text %q, problem %q", m.Text, m.Problem)
	}
	if m := build(6); m.Text != "" || len(m.Attachments) != 1 || m.Problem == "" {
		t.Errorf("6 levels: text %q, %d attachments, problem %q", m.Text, len(m.Attachments), m.Problem)
	}
}

func heapAllocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

// checkClean holds what Mail promises of its strings.
func checkClean(t *testing.T, m *Mail) {
	t.Helper()
	check := func(what, s string, line bool) {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7F }) {
			t.Errorf("%s is not clean: %.60q", what, s)
		}
		if line && strings.ContainsAny(s, "\n\t") {
			t.Errorf("%s is not one line: %.60q", what, s)
		}
	}
	for _, f := range m.Header {
		check("name of "+f.Name, f.Name, true)
		check("value of "+f.Name, f.Value, true)
		check("raw "+f.Name, f.Raw, true)
	}
	for _, list := range [][]Address{m.From, m.Sender, m.ReplyTo, m.To, m.Cc} {
		for _, a := range list {
			check("name", a.Name, true)
			check("address", a.Address, true)
			if !strings.Contains(a.Address, "@") {
				t.Errorf("address %q", a.Address)
			}
		}
	}
	for _, ids := range [][]string{{m.MessageID}, m.InReplyTo, m.References} {
		for _, id := range ids {
			check("message id", id, true)
		}
	}
	for _, r := range m.Received {
		check("received", r.From+r.By+r.With+r.For+r.Raw, true)
	}
	for _, list := range [][]Attachment{m.Attachments, m.Inline} {
		for _, a := range list {
			check("attachment", a.Name+a.Type+a.ContentID, true)
			if strings.ContainsAny(a.Name, `/\`) {
				t.Errorf("attachment name %q is a path", a.Name)
			}
		}
	}
	check("subject", m.Subject, true)
	check("return path", m.ReturnPath.Address, true)
	check("problem", m.Problem, true)
	check("text", m.Text, false)
	check("quoted", m.Quoted, false)
	check("signature", m.Signature, false)
	check("forwarded", m.Forwarded, false)
}
