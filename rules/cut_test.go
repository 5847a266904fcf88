package rules

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"notfalld/message"
)

// mailWith is a mail with one attachment for each name and content, as it comes in.
func mailWith(text string, files ...string) *message.Mail {
	var b bytes.Buffer
	b.WriteString("From: a@firma.at\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n")
	b.WriteString("--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n")
	for i := 0; i < len(files); i += 2 {
		fmt.Fprintf(&b, "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n", files[i])
		enc := base64.StdEncoding.EncodeToString([]byte(files[i+1]))
		for len(enc) > 76 {
			b.WriteString(enc[:76] + "\r\n")
			enc = enc[76:]
		}
		b.WriteString(enc + "\r\n")
	}
	b.WriteString("--b--\r\n")
	return message.Parse(b.Bytes(), message.DefaultLimits())
}

func understood(t testing.TB, m *message.Mail) Facts {
	t.Helper()
	f, err := Shipped().Understand(t.Context(), m, World{})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestLongLog: a log of 200 MB that came as 200 KB. What its last lines say is found, where the span says, and the
// line of parse says that not all was read.
func TestLongLog(t *testing.T) {
	quiet := "2026-03-14 02:12:58 INFO [pool-7] copying " + strings.Repeat(".", 8000) + "\n"
	head := "2026-03-14 00:00:01 ERROR [main] cannot bind to 192.0.2.17:8443, address already in use\n"
	last := "2026-03-14 04:59:59 FATAL [main] java.lang.OutOfMemoryError: Java heap space\n"
	megabyte := gzipped(strings.Repeat(quiet, 1<<20/len(quiet)))
	log := slices.Concat(gzipped(head), bytes.Repeat(megabyte, 200), gzipped(last)) // members one after the other (RFC 1952, 2.2)
	if len(log) > 500<<10 {
		t.Fatalf("the log is compressed to %d bytes only", len(log))
	}
	m := mailWith("Unser Shop steht, Log anbei.", "big.log.gz", string(log))
	before := allocated()
	f := understood(t, m)
	if used := allocated() - before; used > 64<<20 {
		t.Errorf("%d MiB were allocated", used>>20)
	}
	if len(f.Errors) != 2 || f.Errors[0].Text != strings.TrimSpace(head) || f.Errors[1].Text != strings.TrimSpace(last) {
		t.Fatalf("errors %+v", f.Errors)
	}
	for _, e := range f.Errors {
		if text := sourceText(m, e.Source); e.Source != "attachment:big.log.gz" || text[e.Span.From:e.Span.To] != e.Text {
			t.Errorf("%q is not at %v of %s", e.Text, e.Span, e.Source)
		}
	}
	b, err := NewLine("a.eml", m, f).JSON()
	if want := `,"cut":[{"source":"attachment:big.log.gz","what":"text_length","limit":262144}]}`; err != nil || !strings.HasSuffix(string(b), want) {
		t.Errorf("line …%s, wanted …%s; %v", b[max(0, len(b)-200):], want, err)
	}
}

// TestExpandedToLimit: a log that is longer than what may be expanded.
func TestExpandedToLimit(t *testing.T) {
	m := mailWith("Log anbei.", "big.log.gz", string(gzipped(strings.Repeat("2026-03-14 02:12:58 INFO nothing to report\n", 20000))))
	f, err := Shipped().Understand(t.Context(), m, World{Archives: ArchiveLimits{File: 64 << 10}})
	if got := cutLines(f.Cut); err != nil || got != "big.log.gz archive_size 65536" {
		t.Errorf("cut %q, %v", got, err)
	}
}

// TestOneLongLine: a body of one line of 25 MB.
func TestOneLongLine(t *testing.T) {
	for name, unit := range map[string]string{"letters": "x", "words": "Server web01.firma.at steht, Fehler 500. ", "digits": "0664 1234567 ", "umlauts": "ü"} {
		head := "From: a@firma.at\r\nSubject: Notfall-Support\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
		raw := []byte(head + strings.Repeat(unit, (25<<20-len(head))/len(unit)))
		before := allocated()
		m := message.Parse(raw, message.DefaultLimits())
		f := understood(t, m)
		if used := allocated() - before; used > 200<<20 {
			t.Errorf("%s: %d MiB were allocated", name, used>>20)
		}
		if got := cutLines(f.Cut); !strings.HasPrefix(got, "body text_length 262144") || m.Problem == "" {
			t.Errorf("%s: cut %q, problem %q", name, got, m.Problem)
		}
		if f.Class != Emergency || len(f.Servers) > maxServers || len(f.Errors) > maxErrors {
			t.Errorf("%s: class %s, %d servers, %d errors", name, f.Class, len(f.Servers), len(f.Errors))
		}
	}
}

func allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

// TestThousandAttachments: a mail of as many parts as are read.
func TestThousandAttachments(t *testing.T) {
	var files []string
	var logs []string
	for i := range 26 {
		logs = append(logs, string(gzipped(fmt.Sprintf("2026-03-14 02:12:58 FATAL [db] disk %c of the array is lost\n", 'a'+i))))
	}
	for i := range 1000 {
		files = append(files, fmt.Sprintf("%d.log.gz", i), logs[i%26])
	}
	m := mailWith("Logs anbei.", files...)
	f := understood(t, m)
	if len(f.Errors) != 20 || cutLines(f.Cut) != "attachments attachments_count 20" || len(m.Attachments) < 990 {
		t.Errorf("%d attachments, %d errors, cut %q", len(m.Attachments), len(f.Errors), cutLines(f.Cut))
	}
}

// TestManyErrors: of a log with more messages than are kept, the first and the last are; of a text, the first.
func TestManyErrors(t *testing.T) {
	lines := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "2026-03-14 02:12:58 FATAL [db] table %c%c is damaged\n", 'a'+i/26, 'a'+i%26)
		}
		return b.String()
	}
	for _, c := range []struct {
		n         int
		in        string // where they stand
		cut       string
		last      string // of the messages kept
		otherwise int    // how many are kept, 0: all
	}{
		{25, "log", "", "table ay is damaged", 0},
		{26, "log", "app.log errors_count 25", "table az is damaged", 25},
		{400, "log", "app.log errors_count 25", "table pj is damaged", 25},
		{25, "body", "", "table ay is damaged", 0},
		{26, "body", "body errors_count 25", "table ay is damaged", 25},
		{400, "body", "body errors_count 25", "table ay is damaged", 25},
	} {
		m := mailWith("Log anbei.", "app.log", lines(c.n))
		if c.in == "body" {
			m = mailWith("Im Log steht:\r\n\r\n" + lines(c.n))
		}
		f := understood(t, m)
		want := c.otherwise
		if want == 0 {
			want = c.n
		}
		if len(f.Errors) != want || cutLines(f.Cut) != c.cut {
			t.Errorf("%d in a %s: %d errors, cut %q", c.n, c.in, len(f.Errors), cutLines(f.Cut))
			continue
		}
		if first, last := f.Errors[0].Text, f.Errors[len(f.Errors)-1].Text; !strings.HasSuffix(first, "table aa is damaged") || !strings.HasSuffix(last, c.last) {
			t.Errorf("%d in a %s: from %q to %q", c.n, c.in, first, last)
		}
	}
	var logs []string
	for i := range 5 {
		logs = append(logs, fmt.Sprintf("%d.log", i), strings.ReplaceAll(lines(20), "damaged", "damaged on node "+string(rune('a'+i))))
	}
	if f := understood(t, mailWith("Logs anbei.", logs...)); len(f.Errors) != maxErrors || cutLines(f.Cut) != "mail errors_count 80" {
		t.Errorf("%d errors, cut %q", len(f.Errors), cutLines(f.Cut))
	}
}

// TestManyServers: named in the text, and only in passing in a log.
func TestManyServers(t *testing.T) {
	list := func(n int, form string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(form, "#", fmt.Sprint(i)))
		}
		return b.String()
	}
	for _, c := range []struct {
		n       int
		body    string
		log     string // # is a number
		servers int
		cut     string
	}{
		{50, "Server web#.firma.at steht.\r\n", "", 50, ""},
		{51, "Server web#.firma.at steht.\r\n", "", 50, "mail servers_count 50"},
		{300, "Server web#.firma.at steht.\r\n", "", 50, "mail servers_count 50"},
		{250, "", "2026-03-14 02:12:58 ERROR cannot reach 198.51.100.#:3306\n", 50, "mail servers_count 50"},
	} {
		f := understood(t, mailWith(list(c.n, c.body)+"Bitte um Hilfe.", "app.log", list(c.n, c.log)))
		if len(f.Servers) != c.servers || cutLines(f.Cut) != c.cut {
			t.Errorf("%d of %q%q: %d servers, cut %q", c.n, c.body, c.log, len(f.Servers), cutLines(f.Cut))
		}
	}
}

// TestCutWords: what admins read of each kind, and the bounds of what is said of one mail.
func TestCutWords(t *testing.T) {
	for _, c := range []struct {
		cut  Cut
		want string
	}{
		{Cut{"attachment:big.log.gz", CutText, 262144}, "of big.log.gz only the beginning and the end were read (limit 256 KB)"},
		{Cut{"body", CutText, 262144}, "of the text only the first 256 KB were read"},
		{Cut{"attachment:a.zip", CutAttachment, 0}, "a.zip was too large to be read"},
		{Cut{"attachment:a.log", CutAttachment, 1 << 20}, "a.log was too large: of its first 1 MB beginning and end were read"},
		{Cut{"attachments", CutAttachments, 20}, "of the attached text files only the first 20 were read"},
		{Cut{"attachment:a.gz", CutExpanded, 64 << 20}, "a.gz was not expanded to its end (limit 64 MB)"},
		{Cut{"attachment:a.zip", CutEntries, 1000}, "of a.zip only the first 1000 entries were looked at"},
		{Cut{"attachment:a.zip/b.zip", CutNested, 0}, "a.zip/b.zip was not opened (an archive in an archive)"},
		{Cut{"attachment:a.zip/b.log", CutEncrypted, 0}, "a.zip/b.log is encrypted and was not read"},
		{Cut{"attachment:a.zip", CutBroken, 0}, "a.zip is damaged or cut off: only what could be read was"},
		{Cut{"attachment:a.7z", CutFormat, 0}, "a.7z was not opened (archives of this kind are not read)"},
		{Cut{"body", CutErrors, 25}, "of the error messages in the text only 25 were taken"},
		{Cut{"mail", CutErrors, 80}, "of the error messages in the mail only 80 were taken"},
		{Cut{"mail", CutServers, 50}, "of the servers named only 50 were taken"},
	} {
		if got := c.cut.String(); got != c.want {
			t.Errorf("%+v: %q, wanted %q", c.cut, got, c.want)
		}
	}
	for _, k := range CutKinds() {
		if got := (Cut{"attachment:x", k, 7}).String(); strings.Contains(got, string(k)) {
			t.Errorf("%s has no words: %q", k, got)
		}
	}
	var all cuts
	for i := range 100 {
		all.add(fmt.Sprint(i/2), CutBroken, 0)
	}
	if len(all) != maxCuts || all[1].Source != "1" {
		t.Errorf("%d cuts: %v", len(all), all)
	}
	if n, s := SizeText(17), SizeText(262143); n != "17 bytes" || s != "255 KB" {
		t.Errorf("%s, %s", n, s)
	}
}
