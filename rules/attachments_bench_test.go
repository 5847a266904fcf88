package rules

import (
	"fmt"
	"strings"
	"testing"

	"notfalld/message"
)

// BenchmarkLog200MB is a log of 200 MB that was compressed to about 200 KB: what it takes to expand, and what it takes to
// understand the mail that holds it.
func BenchmarkLog200MB(b *testing.B) {
	line := "2026-03-14 02:12:58 INFO copying " + strings.Repeat(".", 8000) + "\n"
	data := gzippedFrom(200<<20, func(int) string { return line })
	run := func(name string, what func(b *testing.B)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(200 << 20)
			for b.Loop() {
				what(b)
			}
			b.ReportMetric(float64(len(data))/1024, "KB-compressed")
		})
	}
	run("expand", func(b *testing.B) {
		if texts, cut, _ := expandAll(b.Context(), ArchiveLimits{}, attached("big.log.gz", "application/gzip", data)); len(texts) != 1 || len(cut) != 1 {
			b.Fatalf("%d texts, cut %q", len(texts), cutLines(cut))
		}
	})
	m := mailWith("Log anbei.", "big.log.gz", string(data))
	run("understand", func(b *testing.B) { understood(b, m) })
}

// BenchmarkWorstLogs is the mail that takes longest: as many texts as are read, as long as they may be, in an archive
// that does not compress well.
func BenchmarkWorstLogs(b *testing.B) {
	var files []string
	for i := range 20 {
		var log strings.Builder
		for k := 0; log.Len() < 10<<20; k++ {
			fmt.Fprintf(&log, "2026-03-14 02:12:58 ERROR [worker-%d] request %x of 198.51.100.%d failed: table orders_%x is locked\n", k%8, k*7919*i, k%250, k*104729)
		}
		files = append(files, fmt.Sprintf("%d.log", i), log.String())
	}
	data := zipped(files...)
	m := &message.Mail{Subject: "Notfall-Support", Attachments: []message.Attachment{attached("logs.zip", "", data)}}
	b.ReportAllocs()
	for b.Loop() {
		understood(b, m)
	}
	b.ReportMetric(float64(len(data))/(1<<20), "MB-compressed")
}
