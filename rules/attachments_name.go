package rules

import (
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"notfalld/message"
)

// fileKind is what an attachment or an entry of an archive is, by its name and type.
type fileKind int

const (
	otherFile   fileKind = iota
	textFileOf           // a log or plain text
	gzipFile             // one compressed text, or a compressed tar: its first bytes tell
	zipArchive           //
	tarArchive           //
	otherArchve          // formats that are not opened
)

// kindOfAttachment goes by the name; the type decides where the name says nothing.
func kindOfAttachment(a message.Attachment) fileKind {
	if k := kindOfName(a.Name); k != otherFile {
		return k
	}
	switch a.Type {
	case "application/gzip", "application/x-gzip":
		if isDump(strings.ToLower(a.Name)) {
			return otherFile
		}
		return gzipFile
	case "application/zip", "application/x-zip-compressed":
		return zipArchive
	case "application/x-tar", "application/x-gtar":
		return tarArchive
	case "text/plain", "text/x-log", "text/csv":
		return textFileOf
	}
	return otherFile
}

func kindOfName(name string) fileKind {
	name = strings.ToLower(name)
	switch path.Ext(name) {
	case ".gz", ".tgz":
		if isDump(name) {
			return otherFile
		}
		return gzipFile
	case ".zip":
		return zipArchive
	case ".tar":
		return tarArchive
	case ".7z", ".rar", ".xz", ".txz", ".bz2", ".tbz", ".tbz2", ".zst", ".lz4", ".lzma", ".z", ".cab":
		return otherArchve
	}
	if isTextName(name) {
		return textFileOf
	}
	return otherFile
}

// notLogs end the names of texts that are nobody's log: a compressed dump names every host that a customer ever had.
var notLogs = setOf(".sql", ".html", ".htm", ".json", ".xml", ".js", ".css", ".php", ".svg")

func isDump(name string) bool { return notLogs[path.Ext(strings.TrimSuffix(name, ".gz"))] }

// rotated is what logrotate and its kin add: error.log.1, error.log-20260314, error.log.2026-03-14, catalina.out.old.
var rotated = regexp.MustCompile(`(?:[._-](?:\d{1,4}|\d{8,14}|\d{4}-\d\d-\d\d(?:[-_T]\d\d.*)?|old|bak|prev|previous))+$`)

// bareLogs are logs that have no ending.
var bareLogs = setOf("syslog", "messages", "dmesg", "errorlog", "maillog", "secure", "journal", "journalctl", "kern", "daemon", "boot", "cron", "mysqld", "stdout", "stderr", "console", "sqlagent")

// isTextName goes by a file's name in lower case, without folders.
func isTextName(name string) bool {
	if i := rotated.FindStringIndex(name); i != nil && i[0] > 0 {
		name = name[:i[0]]
	}
	switch path.Ext(name) {
	case ".txt", ".log", ".out", ".err", ".warn", ".trace", ".trc", ".syslog", ".journal", ".dmesg", ".crash":
		return true
	}
	return bareLogs[name] || strings.HasSuffix(name, "_log") // ssl_error_log
}

// entryName is the last element of what an archive calls a file: wherever it asks to be written to, nothing is
// written, and its name is shown to people. It is "" for a folder and for what macOS puts beside each file.
func entryName(s string) string {
	if !utf8.ValidString(s) {
		s, _ = charmap.CodePage437.NewDecoder().String(s) // APPNOTE 4.4.4, bit 11; every byte is a character of it
	}
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, s))
	if s == "." || s == ".." || strings.HasPrefix(s, "._") {
		return ""
	}
	if r := []rune(s); len(r) > 100 {
		s = string(r[:70]) + "…" + string(r[len(r)-29:])
	}
	return s
}
