package rules

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"notfalld/message"
)

// Limits of what attached logs are expanded to: archives can be bombs.
const (
	maxTextFiles  = 20      // text files looked at in one mail
	maxZipEntries = 50      // entries looked at in one archive
	maxExpanded   = 1 << 20 // bytes of all of them together
)

// textFile is a log or text attachment, expanded and decoded.
type textFile struct{ name, text string }

// textAttachments are the attachments whose content is text: .txt and .log, and those in .gz and .zip.
func textAttachments(list []message.Attachment) []textFile {
	var out []textFile
	left := maxExpanded
	add := func(name string, data []byte) {
		if len(out) < maxTextFiles && len(data) > 0 && left > 0 {
			data = data[:min(len(data), left, textLimit)]
			left -= len(data)
			if t, ok := plainText(data); ok {
				out = append(out, textFile{name, t})
			}
		}
	}
	for _, a := range list {
		ext := strings.ToLower(path.Ext(a.Name))
		switch {
		case ext == ".gz" || a.Type == "application/gzip" || a.Type == "application/x-gzip":
			if inner := strings.ToLower(path.Ext(strings.TrimSuffix(a.Name, path.Ext(a.Name)))); inner == ".tar" {
				continue
			}
			add(a.Name, gunzip(a.Data, left))
		case ext == ".zip" || a.Type == "application/zip" || a.Type == "application/x-zip-compressed":
			for _, f := range unzip(a.Data, left) {
				add(a.Name+"/"+f.name, []byte(f.text))
			}
		case isTextName(ext), a.Type == "text/plain", a.Type == "text/x-log", a.Type == "text/csv":
			add(a.Name, a.Data)
		}
	}
	return out
}

func isTextName(ext string) bool {
	switch ext {
	case ".txt", ".log", ".out", ".err", ".trace", ".syslog", ".journal":
		return true
	}
	return false
}

// gunzip expands at most limit bytes. A broken stream gives what could be read.
func gunzip(data []byte, limit int) []byte {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(r, int64(min(limit, textLimit)))) // a truncated log is still a log
	return out
}

func unzip(data []byte, limit int) []textFile {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil
	}
	var out []textFile
	for i, f := range r.File {
		if i >= maxZipEntries || limit <= 0 {
			break
		}
		if f.FileInfo().IsDir() || !isTextName(strings.ToLower(path.Ext(f.Name))) {
			continue
		}
		rc, err := f.Open()
		if err != nil {
			continue
		}
		b, _ := io.ReadAll(io.LimitReader(rc, int64(min(limit, textLimit)))) // as above
		rc.Close()
		limit -= len(b)
		out = append(out, textFile{path.Base(f.Name), string(b)})
	}
	return out
}

// plainText decodes a log: UTF-16 with its mark, UTF-8, or else windows-1252; not ok if it is binary.
func plainText(b []byte) (string, bool) {
	if len(b) >= 2 && (b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff) {
		return fromUTF16(b[2:], b[0] == 0xfe), true
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if n := bytes.IndexByte(b[:min(len(b), 4096)], 0); n >= 0 {
		return "", false
	}
	if utf8.Valid(b) {
		return string(b), true
	}
	return fromLatin(b), true
}

func fromUTF16(b []byte, big bool) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		if big {
			u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		} else {
			u[i] = uint16(b[2*i+1])<<8 | uint16(b[2*i])
		}
	}
	return strings.ReplaceAll(string(utf16.Decode(u)), "\x00", "")
}
