package rules

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"notfalld/message"
)

// smallLimits make bombs of what fits into a test.
var smallLimits = ArchiveLimits{Files: 4, Entries: 8, File: 64 << 10, Mail: 128 << 10, Text: 4 << 10, Texts: 8 << 10}

func expandAll(ctx context.Context, lim ArchiveLimits, list ...message.Attachment) ([]textFile, []Cut, *expander) {
	x := newExpander(ctx, lim)
	for i := range list {
		x.attachment(&list[i])
	}
	return x.files(), x.cuts, x
}

// attached is an attachment as the parser of mails gives it.
func attached(name, typ string, data []byte) message.Attachment {
	return message.Attachment{Name: name, Type: typ, Data: data, Size: int64(len(data))}
}

func cutLines(list []Cut) string {
	var out []string
	for _, c := range list {
		out = append(out, fmt.Sprintf("%s %s %d", strings.TrimPrefix(c.Source, attachmentSource), c.What, c.Limit))
	}
	return strings.Join(out, "; ")
}

func textLines(list []textFile) string {
	var out []string
	for _, f := range list {
		out = append(out, f.name+"="+f.text)
	}
	return strings.Join(out, "; ")
}

// TestAttachments: which attachments are read, under which names, and what is said of those that are not.
func TestAttachments(t *testing.T) {
	long := strings.Repeat("panic: x\n", 1000)
	many := []string{}
	for i := range 20 {
		many = append(many, fmt.Sprintf("img%d.png", i), "x")
	}
	const octets = "application/octet-stream"
	cases := []struct {
		name, typ string
		data      []byte
		texts     string // "name=text", several with "; " between, "*" for any text
		cuts      string // "source kind limit", likewise
	}{
		{"error.log", octets, []byte("db01 down"), "error.log=db01 down", ""},
		{"x.txt", "text/plain", []byte("Gr\xfc\xdfe"), "x.txt=Grüße", ""},
		{"x.txt", "text/plain", []byte("\xef\xbb\xbfGrüße"), "x.txt=Grüße", ""},
		{"event.txt", "text/plain", wide("Fehler ä 😀", true, false), "event.txt=Fehler ä 😀", ""},
		{"event.txt", "text/plain", wide("Fehler ä", true, true), "event.txt=Fehler ä", ""},
		{"event.log", octets, wide("Fehler beim Start des Dienstes", false, false), "event.log=Fehler beim Start des Dienstes", ""},
		{"event.log", octets, wide("Fehler beim Start des Dienstes", false, true), "event.log=Fehler beim Start des Dienstes", ""},
		{"log", "text/x-log", []byte("a"), "log=a", ""},
		{"syslog.1", octets, []byte("a"), "syslog.1=a", ""},
		{"error.log-20260314", octets, []byte("a"), "error.log-20260314=a", ""},
		{"catalina.2026-03-14.log", octets, []byte("a"), "catalina.2026-03-14.log=a", ""},
		{"ERRORLOG.3", octets, []byte("a"), "ERRORLOG.3=a", ""},
		{"orcl_ora_4711.trc", octets, []byte("ORA-00600"), "orcl_ora_4711.trc=ORA-00600", ""},
		{"ssl_error_log", octets, []byte("a"), "ssl_error_log=a", ""},
		{"messages", octets, []byte("a"), "messages=a", ""},
		{"rechnung.2026", octets, []byte("a"), "", ""},
		{"docker.log", octets, []byte("\x1b[31mERROR\x1b[0m db01 \x1b]0;title\x07gone\x00\x00\x00!"), "docker.log=ERROR db01 gone!", ""},
		{"hole.log", octets, append(make([]byte, 3000), "kernel: oops\n"...), "hole.log=kernel: oops\n", ""},
		{"disk.log", octets, append(make([]byte, 5000), "\x01\x02\x00\x03\x04\x00\x05 disk"...), "", ""},
		{"core.log", "text/plain", []byte("\x7fELF\x00\x00"), "", ""},
		{"paper.log", "text/plain", []byte("%PDF-1.7 text"), "", ""},
		{"photo.jpg", "image/jpeg", []byte("x"), "", ""},
		{"empty.log", "text/plain", nil, "", ""},

		{"journal.txt.gz", "application/gzip", gzipped("panic: x"), "journal.txt.gz=panic: x", ""},
		{"two.log.gz", octets, gzipped("one\n", "", "two\n"), "two.log.gz=one\ntwo\n", ""},
		{"cut.log.gz", "application/gzip", gzipped(long)[:60], "*", "cut.log.gz archive_broken 0; cut.log.gz text_length 4096"},
		{"tail.log.gz", octets, append(gzipped("one\n"), "garbage that is no member"...), "tail.log.gz=one\n", "tail.log.gz archive_broken 0"},
		{"wide.log.gz", octets, gzipped(string(wide("Fehler", true, false))), "wide.log.gz=Fehler", ""},
		{"browser.log.gz", octets, []byte("already expanded"), "browser.log.gz=already expanded", ""},
		{"broken.gz", "application/gzip", []byte("\x1f\x8b\x08"), "", "broken.gz archive_broken 0"},
		{"no.gz", "application/gzip", []byte("\x00\x01\x02\x03"), "", "no.gz archive_broken 0"},
		{"image.gz", octets, gzipped("\x7fELF\x00\x00"), "", ""},
		{"gz.log.gz", octets, gzipped(string(gzipped("inner"))), "", "gz.log.gz archive_nested 0"},
		{"dump.sql.gz", octets, gzipped("INSERT"), "", ""},
		{"dump.sql.gz", "application/gzip", gzipped("INSERT"), "", ""},
		{"disk.img.gz", octets, gzipped("\x7fELF\x00\x00" + strings.Repeat("0", 1<<20)), "", ""},
		{"half.log.gz", octets, gzipped("all of it")[:20], "*", "half.log.gz archive_broken 0"},
		{"logs", "application/gzip", gzipped("a"), "logs=a", ""},

		{"logs.zip", "application/zip", zipped("a/", "", "a/app.log", "err", "b.png", "img"), "logs.zip/app.log=err", ""},
		{"slip.zip", "application/zip", zipped("../../etc/c.txt", "x", `..\..\win.log`, "y", "/abs/d.log", "z", "..", "no"), "slip.zip/c.txt=x; slip.zip/win.log=y; slip.zip/d.log=z", ""},
		{"twice.zip", octets, zipped("a/error.log", "1", "b/error.log", "2", "b/error.log", "3"), "twice.zip/error.log=1; twice.zip/error.log (2)=2; twice.zip/error.log (3)=3", ""},
		{"mac.zip", octets, zipped("app.log", "1", "__MACOSX/._app.log", "what macOS keeps beside it"), "mac.zip/app.log=1", ""},
		{"names.zip", octets, zipped("evil\x1b[2J\u202egol.log", "1", "\xff\xfe.log", "2", "a\nb.log", "3"), "names.zip/evil[2Jgol.log=1; names.zip/■.log=2; names.zip/ab.log=3", ""},
		{"dos.zip", octets, zipped("\x9abersicht.log", "1"), "dos.zip/Übersicht.log=1", ""},
		{"gzin.zip", octets, zipped("app.log.gz", string(gzipped("inner"))), "gzin.zip/app.log.gz=inner", ""},
		{"nest.zip", octets, zipped("in.zip", "PK", "app.log", "1", "x.tgz", "2", "y.7z", "3", "z.tar.gz", string(gzipped("4"))), "nest.zip/app.log=1",
			"nest.zip/in.zip archive_nested 0; nest.zip/x.tgz archive_nested 0; nest.zip/y.7z archive_nested 0; nest.zip/z.tar.gz archive_nested 0"},
		{"stored.zip", octets, stored("a.log", "1"), "stored.zip/a.log=1", ""},
		{"prefix.zip", octets, append([]byte("#!/bin/sh self-extracting\n"), zipped("a.log", "1")...), "prefix.zip/a.log=1", ""},
		{"secret.zip", octets, zipRaw(rawEntry{name: "a.log", method: 8, flags: 1, data: []byte("??")}, rawEntry{name: "b.log", method: 8, claims: 3, crc: 0x352441c2, data: deflated("abc")}),
			"secret.zip/b.log=abc", "secret.zip/a.log archive_encrypted 0"},
		{"claims.zip", octets, zipRaw(rawEntry{name: "a.log", method: 8, claims: 10 << 30, data: deflated("short")}), "claims.zip/a.log=short", ""},
		{"lzma.zip", octets, zipRaw(rawEntry{name: "a.log", method: 14, claims: 3, data: []byte("???")}), "", "lzma.zip/a.log archive_format 0"},
		{"half.zip", octets, zipped("a.log", "1", "b.log", "2", "c.log", "3")[:100], "half.zip/a.log=1; half.zip/b.log=2", "half.zip archive_broken 0"},
		{"half.zip", octets, stored("a.log", "1", "b.log", "2")[:80], "half.zip/a.log=1; half.zip/b.log=2", "half.zip archive_broken 0"},
		{"half.zip", octets, stored("in.zip", string(stored("not-mine.log", "1")[:43]), "b.log", "2")[:125], "half.zip/b.log=2", "half.zip archive_broken 0; half.zip/in.zip archive_nested 0"},
		{"broken.zip", "application/zip", []byte("PK nothing"), "", "broken.zip archive_broken 0"},
		{"junk.zip", octets, []byte("PK\x03\x04PK\x03\x04" + strings.Repeat("\xff", 40)), "", "junk.zip archive_broken 0"},
		{"many.zip", octets, zipped(append(many, "last.log", "x")...), "", "many.zip archive_entries 8"},

		{"logs.tar.gz", octets, gzipped(string(tarred("log/", "", "log/syslog", "1", "log/x.png", "2", "log/l.log", "-> /etc/passwd", "log/app.log", "3"))), "logs.tar.gz/syslog=1; logs.tar.gz/app.log=3", ""},
		{"logs.tgz", octets, gzipped(string(tarred("app.log", "3"))), "logs.tgz/app.log=3", ""},
		{"logs.gz", octets, gzipped(string(tarred("app.log", "3"))), "logs.gz/app.log=3", ""},
		{"logs.tar", octets, tarred("../app.log", "3", "app.log.1.gz", string(gzipped("4"))), "logs.tar/app.log=3; logs.tar/app.log.1.gz=4", ""},
		{"many.tar", octets, tarred(append(many, "last.log", "x")...), "", "many.tar archive_entries 8"},
		{"nest.tar", octets, tarred("a.tar", string(tarred("a.log", "1")), "b.zip", "x"), "", "nest.tar/a.tar archive_nested 0; nest.tar/b.zip archive_nested 0"},
		{"bad.tar", octets, tarred("a.log.gz", "\x1f\x8b?", "b.log", "2"), "bad.tar/b.log=2", "bad.tar/a.log.gz archive_broken 0"},
		{"cut.tar.gz", octets, gzipped(string(tarred("a.log", "1", "b.log", strings.Repeat("2", 400))[:1800])), "cut.tar.gz/a.log=1; *", "cut.tar.gz/b.log archive_broken 0; cut.tar.gz archive_broken 0"},
		{"x.tar.gz", "application/gzip", gzipped("binary"), "", "x.tar.gz archive_broken 0"},
		{"hole.tar", octets, sparseTar("db.log", "the end\n", 2000), "hole.tar/db.log=the end\n", ""},

		{"logs.7z", octets, []byte("7z\xbc\xaf"), "", "logs.7z archive_format 0"},
		{"logs.tar.xz", octets, []byte("x"), "", "logs.tar.xz archive_format 0"},
	}
	for _, c := range cases {
		texts, cut, _ := expandAll(t.Context(), smallLimits, attached(c.name, c.typ, c.data))
		if got := textLines(texts); !matches(c.texts, got) {
			t.Errorf("%s: texts %.200q, wanted %q", c.name, got, c.texts)
		}
		if got := cutLines(cut); got != c.cuts {
			t.Errorf("%s: cut %q, wanted %q", c.name, got, c.cuts)
		}
	}
}

// matches compares with a pattern that may end in *.
func matches(want, got string) bool {
	begin, any := strings.CutSuffix(want, "*")
	return got == want || any && strings.HasPrefix(got, begin) && len(got) > len(begin)
}

// TestAttachmentsNotWhole: what the parser of mails did not keep is said.
func TestAttachmentsNotWhole(t *testing.T) {
	texts, cut, _ := expandAll(t.Context(), smallLimits,
		message.Attachment{Name: "big.log", Size: 20 << 20, Data: []byte("the beginning\n")},
		message.Attachment{Name: "big.zip", Size: 20 << 20},
		message.Attachment{Name: "far.log", Size: 50 << 20, NotFetched: true, Data: []byte("first")},
		message.Attachment{Name: "far.log.gz", Size: 50 << 20, NotFetched: true, Data: gzipped("x")},
		message.Attachment{Name: "far.png", Size: 50 << 20, NotFetched: true})
	if got := textLines(texts); got != "big.log=the beginning\n; far.log=first" {
		t.Errorf("texts %q", got)
	}
	if got := cutLines(cut); got != "big.log attachment_size 14; big.zip attachment_size 0; far.log attachment_size 5; far.log.gz attachment_size 0" {
		t.Errorf("cut %q", got)
	}
}

// TestBothEnds: of a long log the beginning and the end are kept, in whole lines, with a mark between them.
func TestBothEnds(t *testing.T) {
	line := func(i int) string { return fmt.Sprintf("%06d all is well\n", i) }
	var log strings.Builder
	for i := range 3000 { // 60,000 bytes
		log.WriteString(line(i))
	}
	log.WriteString("the last words\n")
	for name, data := range map[string][]byte{"a.log": []byte(log.String()), "a.log.gz": gzipped(log.String()), "w.log": wide(log.String(), true, false), "w.log.gz": gzipped(string(wide(log.String(), false, true))),
		"odd.log": append(wide(log.String(), true, false), 0)} {
		lim := smallLimits
		lim.File, lim.Mail = 1<<20, 1<<20
		texts, cut, _ := expandAll(t.Context(), lim, attached(name, "", data))
		if len(texts) != 1 {
			t.Fatalf("%s: %d texts", name, len(texts))
		}
		text := texts[0].text
		begin, end, ok := strings.Cut(text, "\n[… ")
		if !ok || !strings.HasPrefix(begin, line(0)) || !strings.HasSuffix(end, "the last words\n") {
			t.Errorf("%s: %.80q … %q", name, text, text[len(text)-80:])
		}
		for _, l := range strings.Split(begin+"\n"+end, "\n") {
			if l != "" && l != "the last words" && !strings.HasSuffix(l, "all is well") && !strings.HasSuffix(l, " left out …]") {
				t.Errorf("%s: a broken line %q", name, l)
			}
		}
		if len(text) > smallLimits.Text || len(text) < smallLimits.Text*2/5 || len(begin) > len(end) {
			t.Errorf("%s: %d bytes, %d of them at the beginning", name, len(text), len(begin))
		}
		if got := cutLines(cut); got != name+" text_length 4096" {
			t.Errorf("%s: cut %q", name, got)
		}
	}
}

// TestBothEndsExact: nothing is left out of what fits, and the mark counts what is.
func TestBothEndsExact(t *testing.T) {
	for _, n := range []int{1, 4095, 4096, 4097, 5000, 8192, 70000} {
		log := strings.Repeat("x", n)
		texts, cut, _ := expandAll(t.Context(), smallLimits, attached("a.log", "", []byte(log)))
		if n <= smallLimits.Text {
			if texts[0].text != log || len(cut) > 0 {
				t.Errorf("%d bytes: kept %d, cut %q", n, len(texts[0].text), cutLines(cut))
			}
			continue
		}
		kept := strings.Count(texts[0].text, "x")
		if want := gapMark(int64(n - kept)); !strings.Contains(texts[0].text, want) || len(texts[0].text) > smallLimits.Text {
			t.Errorf("%d bytes: %d kept, and no mark %q", n, kept, want)
		}
	}
}

// TestEnds: however the bytes come, the same are kept.
func TestEnds(t *testing.T) {
	var all []byte
	for i := range 1000 {
		all = append(all, byte(i), byte(i>>8))
	}
	for _, n := range []int{0, 1, 9, 10, 11, 40, 41, 59, 100, 2000} {
		for _, piece := range []int{1, 3, 29, 30, 31, 61, 2000} {
			e := ends{headMax: 10, tailMax: 30}
			for at := 0; at < n; at += piece {
				e.Write(all[at:min(at+piece, n)])
			}
			head, tail := all[:min(n, 10)], all[max(n-30, min(n, 10)):n]
			if !bytes.Equal(e.head, head) || !bytes.Equal(e.last(), tail) || e.total != int64(n) || e.gap() != int64(n-len(head)-len(tail)) {
				t.Errorf("%d bytes in pieces of %d: head %d, tail %d, gap %d", n, piece, len(e.head), len(e.last()), e.gap())
			}
			if cap(e.tail) > 200 {
				t.Errorf("%d bytes in pieces of %d: %d bytes of memory", n, piece, cap(e.tail))
			}
		}
	}
}

// TestCutCharacters: a character that is cut through changes neither the encoding nor the text around it.
func TestCutCharacters(t *testing.T) {
	for _, unit := range []string{"ü", "→", "😀", "aü→😀"} {
		for n := 4090; n < 4102; n++ {
			log := strings.Repeat("a", n%4) + strings.Repeat(unit, n)
			for _, data := range [][]byte{[]byte(log), wide(log, true, false)} {
				texts, _, _ := expandAll(t.Context(), smallLimits, attached("a.log", "", data))
				text := texts[0].text
				if !utf8.ValidString(text) || strings.Contains(text, "Ã") {
					t.Fatalf("%q: %.50q", unit, text)
				}
				if strings.Trim(text, unit+"a\n[]… 0123456789KMBbyteslftou") > "" && strings.Count(text, "\ufffd") > 2 {
					t.Fatalf("%q: %q", unit, text[len(text)-50:])
				}
			}
		}
	}
}

// TestFairShare: short logs stay whole, long ones share the rest.
func TestFairShare(t *testing.T) {
	for _, c := range []struct {
		sizes  []int
		budget int
		want   int // at least this much each, -1: no limit
	}{{nil, 10, -1}, {[]int{10}, 10, -1}, {[]int{11}, 10, 10}, {[]int{1, 1, 100}, 12, 10}, {[]int{100, 1, 100, 1}, 12, 5}, {[]int{5, 5}, 10, -1}, {[]int{6, 6}, 10, 5}} {
		got := fairShare(c.sizes, c.budget)
		sum := 0
		for _, n := range c.sizes {
			sum += min(n, got)
		}
		if c.want >= 0 && got != c.want || c.want < 0 && got < 100 || sum > c.budget {
			t.Errorf("%v in %d: %d", c.sizes, c.budget, got)
		}
	}
	long := []byte(strings.Repeat("0123456789 the night\n", 1000))
	texts, cut, _ := expandAll(t.Context(), smallLimits, attached("a.log", "", long), attached("b.log", "", []byte("short\n")), attached("c.log", "", long), attached("d.log", "", long))
	sum := 0
	for _, f := range texts {
		sum += len(f.text)
		if len(f.text) < 2000 && f.text != "short\n" {
			t.Errorf("%s: %d bytes", f.name, len(f.text))
		}
		if begin, end, _ := strings.Cut(f.text, "[…"); len(begin)*2 > len(end) && end != "" {
			t.Errorf("%s: %d bytes of the beginning, %d of the end", f.name, len(begin), len(end))
		}
	}
	if len(texts) != 4 || sum > smallLimits.Texts || len(cut) != 3 {
		t.Errorf("%d texts of %d bytes, cut %q", len(texts), sum, cutLines(cut))
	}
}

// TestExpansionIsBounded counts what comes out of the decompressors, whatever goes in.
func TestExpansionIsBounded(t *testing.T) {
	zeros := strings.Repeat("0 is the number\n", 1<<16) // 1 MiB
	lim := smallLimits
	bomb := gzipped(zeros)
	nothing := strings.Repeat(string(gzipped("")), 5000) // members without content
	var nested []byte = zipped("a.log", zeros)
	for range 5 { // as 42.zip
		n := string(nested)
		nested = zipped("1.zip", n, "2.zip", n, "3.zip", n)
	}
	var deep = bomb
	for range 5 {
		deep = gzipped(string(deep))
	}
	cases := []struct {
		name  string
		data  []byte
		most  int64 // bytes expanded, and what is read ahead
		texts int
		cuts  string
	}{
		{"one.log.gz", bomb, lim.File, 1, "one.log.gz archive_size 65536"},
		{"members.log.gz", gzipped(zeros, zeros, zeros), lim.File, 1, "members.log.gz archive_size 65536"},
		{"nothing.log.gz", []byte(nothing), 0, 0, ""},
		{"deep.gz", deep, 0, 0, "deep.gz archive_nested 0"},
		{"bombs.zip", zipped("a.log", zeros, "b.log", zeros, "c.log", zeros, "d.log", zeros), lim.Mail, 2, "bombs.zip/a.log archive_size 65536; bombs.zip/b.log archive_size 131072; bombs.zip archive_size 131072"},
		{"42.zip", nested, 0, 0, "42.zip/1.zip archive_nested 0; 42.zip/2.zip archive_nested 0; 42.zip/3.zip archive_nested 0"},
		{"gzin.zip", zipped("a.log.gz", string(bomb)), lim.Mail, 1, "gzin.zip/a.log.gz archive_size 65536"},
		{"twice.zip", zipped("a.log.gz", string(gzipped(nothing))), lim.Mail, 0, "twice.zip/a.log.gz archive_nested 0"},
		{"nothings.zip", zipped("a.log.gz", strings.Repeat(string(gzipped("")), 20000)), lim.Mail, 0, "nothings.zip/a.log.gz archive_size 131072; nothings.zip archive_size 131072"},
		{"overlap.zip", overlapping(8, "a.log", zeros), lim.Mail, 2, "*"},
		{"skip.tar.gz", gzipped(string(tarred("big.png", zeros, "a.log", "behind"))), lim.Mail, 0, "skip.tar.gz archive_size 131072"},
		{"long.tar.gz", gzipped(string(tarred("a.log", zeros, "b.log", "behind"))), lim.Mail, 1, "long.tar.gz/a.log archive_size 65536; long.tar.gz archive_size 131072"},
		{"hole.tar", sparseTar("a.log", "the end", 1<<32), lim.File, 0, "hole.tar/a.log archive_size 65536"},
		{"holes.tar", append(sparseTar("a.log", "the end", 1<<32)[:2*tarBlock], sparseTar("b.log", "the end", 1<<32)...), lim.Mail, 0,
			"holes.tar/a.log archive_size 65536; holes.tar/b.log archive_size 131072; holes.tar archive_size 131072"},
		{"claims.zip", zipRaw(rawEntry{name: "a.log", method: 8, claims: 10 << 30, data: deflated(zeros)}), lim.File, 1, "claims.zip/a.log archive_size 65536"},
		{"less.zip", zipRaw(rawEntry{name: "a.log", method: 8, claims: 3, data: deflated(zeros)}), lim.File, 1, "*"},
	}
	for _, c := range cases {
		texts, cut, x := expandAll(t.Context(), lim, attached(c.name, "", c.data))
		if used := lim.Mail - x.left; used > c.most+sampleLength {
			t.Errorf("%s: %d bytes were expanded, at most %d may be", c.name, used, c.most)
		}
		if len(texts) != c.texts {
			t.Errorf("%s: %d texts", c.name, len(texts))
		}
		if got := cutLines(cut); got != c.cuts && !(c.cuts == "*" && got != "") {
			t.Errorf("%s: cut %q, wanted %q", c.name, got, c.cuts)
		}
		for _, f := range texts {
			if len(f.text) > lim.Text {
				t.Errorf("%s: %d bytes kept", f.name, len(f.text))
			}
		}
	}
}

// TestInputIsBounded: entries that share their data are not read a thousand times.
func TestInputIsBounded(t *testing.T) {
	lim := smallLimits
	lim.Entries, lim.Files = 1000, 1000
	empties := strings.Repeat("\x00\x00\x00\xff\xff", 20000) + "\x01\x00\x00\xff\xff" // stored blocks of no bytes (RFC 1951, 3.2.4)
	one := zipRaw(rawEntry{name: "a.log", method: 8, data: []byte(empties)})
	dir := bytes.LastIndex(one, []byte("PK\x01\x02"))
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	entry := one[dir:end]
	data := append(bytes.Clone(one[:dir]), bytes.Repeat(entry, 500)...)
	eocd := bytes.Clone(one[end:])
	copy(eocd[8:], []byte{0xf4, 1, 0xf4, 1})
	n := 500 * len(entry)
	copy(eocd[12:], []byte{byte(n), byte(n >> 8), byte(n >> 16), 0})
	data = append(data, eocd...)
	_, cut, x := expandAll(t.Context(), lim, attached("blocks.zip", "", data))
	if len(x.names) > 10 || len(cut) == 0 || cut[0].What != CutExpanded {
		t.Errorf("%d entries of empty blocks were read; cut %q", len(x.names), cutLines(cut))
	}
}

// TestCompressedIsReadOnce: of a bomb no more is read than its expansion needs.
func TestCompressedIsReadOnce(t *testing.T) {
	bomb := gzippedFrom(4<<20, func(i int) string { return fmt.Sprintf("%08d no more\n", i) })
	in := &countingReader{r: bytes.NewReader(bomb)}
	x := newExpander(t.Context(), smallLimits)
	x.gzip("a.log.gz", in, false)
	if in.n > int64(len(bomb)/10) {
		t.Errorf("%d of %d compressed bytes were read for a 64th of the text", in.n, len(bomb))
	}
}

// TestManyAttachments: a thousand of them, of which the first are read, and one sentence says so.
func TestManyAttachments(t *testing.T) {
	var list []message.Attachment
	for i := range 1000 {
		list = append(list, attached("error.log", "text/plain", fmt.Appendf(nil, "error %d", i)), attached("x.png", "image/png", []byte("x")))
	}
	texts, cut, _ := expandAll(t.Context(), ArchiveLimits{}, list...)
	if len(texts) != 20 || texts[19].name != "error.log (20)" || texts[19].text != "error 19" || cutLines(cut) != "attachments attachments_count 20" {
		t.Errorf("%d texts, cut %q", len(texts), cutLines(cut))
	}
}

// TestManyEntries: an archive of a hundred thousand files is read within its limits, and so is one whose entries
// all are unreadable.
func TestManyEntries(t *testing.T) {
	var many, locked []string
	for i := range 20000 {
		many = append(many, fmt.Sprintf("%d.log", i), "x")
	}
	texts, cut, _ := expandAll(t.Context(), ArchiveLimits{}, attached("many.zip", "", stored(many...)))
	if len(texts) != 20 || cutLines(cut) != "many.zip archive_entries 1000; attachments attachments_count 20" {
		t.Errorf("%d texts, cut %q", len(texts), cutLines(cut))
	}
	for i := range 500 {
		locked = append(locked, fmt.Sprintf("%d.zip", i), "x")
	}
	_, cut, _ = expandAll(t.Context(), ArchiveLimits{}, attached("locked.zip", "", zipped(locked...)))
	if len(cut) != maxNamed+1 || cut[maxNamed].Source != "attachment:locked.zip" {
		t.Errorf("cut %q", cutLines(cut))
	}
}

// TestExpandingStops: when time is up no further byte is expanded.
func TestExpandingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	x := newExpander(ctx, ArchiveLimits{Mail: math.MaxInt64, File: math.MaxInt64})
	endless := readerFunc(func(p []byte) (int, error) { // cancels on the way, and never ends by itself
		if x.lim.Mail-x.left > 1<<20 {
			cancel()
		}
		for i := range p {
			p[i] = '\n'
		}
		return len(p), nil
	})
	if err := x.stream("endless.log", x.expanded(endless)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if used := x.lim.Mail - x.left; used > 2<<20 {
		t.Errorf("%d bytes were read after the end", used)
	}
	if cut := cutLines(x.cuts); cut != "" {
		t.Errorf("cut %q: that time was up is said elsewhere", cut)
	}
	x.attachment(&message.Attachment{Name: "b.log", Data: []byte("x"), Size: 1})
	if len(x.texts) > 1 {
		t.Error("a further attachment was read")
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// FuzzAttachments: no bytes may panic, give unclean text or more of it than is permitted.
func FuzzAttachments(f *testing.F) {
	for _, b := range [][]byte{gzipped("a", "b"), zipped("a.log", "x", "b.log.gz", string(gzipped("y"))), tarred("a.log", "x"), gzipped(string(tarred("a.log", "x"))),
		wide("Fehler", true, true), sparseTar("a.log", "x", 9999), stored("a.log", "y")[:60], overlapping(3, "a.log", "zzz")} {
		for _, name := range []string{"a.log", "a.gz", "a.zip", "a.tar", "a.tgz"} {
			f.Add(name, b)
		}
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		texts, cut, x := expandAll(context.Background(), smallLimits, attached(name, "text/plain", data))
		for _, s := range texts {
			if !utf8.ValidString(s.text) || strings.ContainsRune(s.text, 0) || len(s.text) > smallLimits.Text {
				t.Fatalf("%q: %d bytes, %q", s.name, len(s.text), s.text)
			}
		}
		if len(texts) > smallLimits.Files || len(cut) > maxCuts || x.left < 0 {
			t.Fatalf("%d texts, %d cuts, %d left", len(texts), len(cut), x.left)
		}
	})
}
