package rules

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"unicode/utf16"
)

// The builders of archives write into memory, which does not fail.

func gzipped(members ...string) []byte {
	var b bytes.Buffer
	for _, m := range members {
		w := gzip.NewWriter(&b)
		io.WriteString(w, m)
		w.Close()
	}
	return b.Bytes()
}

// gzippedFrom compresses n bytes that line gives, without holding them.
func gzippedFrom(n int, line func(i int) string) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	for i, have := 0, 0; have < n; i++ {
		l := line(i)
		io.WriteString(w, l)
		have += len(l)
	}
	w.Close()
	return b.Bytes()
}

// zipped takes names and contents in turn; a name may stand twice.
func zipped(files ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, _ := w.Create(files[i])
		io.WriteString(f, files[i+1])
	}
	w.Close()
	return b.Bytes()
}

func stored(files ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, _ := w.CreateRaw(&zip.FileHeader{Name: files[i], Method: zip.Store, CRC32: crc32.ChecksumIEEE([]byte(files[i+1])),
			CompressedSize64: uint64(len(files[i+1])), UncompressedSize64: uint64(len(files[i+1]))})
		io.WriteString(f, files[i+1])
	}
	w.Close()
	return b.Bytes()
}

// zipRaw writes entries as they are told, true or not.
func zipRaw(entries ...rawEntry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		f, _ := w.CreateRaw(&zip.FileHeader{Name: e.name, Method: e.method, Flags: e.flags, CRC32: e.crc,
			CompressedSize64: uint64(len(e.data)), UncompressedSize64: e.claims})
		f.Write(e.data)
	}
	w.Close()
	return b.Bytes()
}

type rawEntry struct {
	name   string
	method uint16
	flags  uint16
	crc    uint32
	claims uint64 // bytes when expanded
	data   []byte
}

func deflated(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	io.WriteString(w, s)
	w.Close()
	return b.Bytes()
}

// overlapping is a zip whose entries all share the data of the first, so that little stands for much.
func overlapping(n int, name, content string) []byte {
	one := zipped(name, content)
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	dir := bytes.LastIndex(one, []byte("PK\x01\x02"))
	out := bytes.Clone(one[:dir])
	for range n {
		out = append(out, one[dir:end]...)
	}
	eocd := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(eocd[8:], uint16(n))
	binary.LittleEndian.PutUint16(eocd[10:], uint16(n))
	binary.LittleEndian.PutUint32(eocd[12:], uint32(n*(end-dir)))
	return append(out, eocd...)
}

func tarred(files ...string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		h := &tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o644, Typeflag: tar.TypeReg}
		switch {
		case strings.HasSuffix(files[i], "/"):
			h.Typeflag, h.Size = tar.TypeDir, 0
		case strings.HasPrefix(files[i+1], "-> "):
			h.Typeflag, h.Size, h.Linkname = tar.TypeSymlink, 0, files[i+1][3:]
		}
		w.WriteHeader(h)
		if h.Size > 0 {
			io.WriteString(w, files[i+1])
		}
	}
	w.Close()
	return b.Bytes()
}

// sparseTar holds a log of the old GNU format that is one hole of size bytes with word at its end.
func sparseTar(name, word string, size int64) []byte {
	h := make([]byte, tarBlock)
	copy(h, name)
	octal := func(at, width int, v int64) { copy(h[at:], fmt.Sprintf("%0*o\x00", width-1, v)) }
	octal(100, 8, 0o644)
	octal(108, 8, 0)
	octal(116, 8, 0)
	octal(124, 12, int64(len(word)))
	octal(136, 12, 0)
	h[156] = tar.TypeGNUSparse
	copy(h[257:], "ustar  \x00")
	octal(386, 12, size-int64(len(word))) // the one piece of data: its offset and length
	octal(398, 12, int64(len(word)))
	octal(410, 12, size) // an empty piece ends the list
	octal(422, 12, 0)
	octal(483, 12, size)
	copy(h[148:], "        ")
	sum := int64(0)
	for _, c := range h {
		sum += int64(c)
	}
	copy(h[148:], fmt.Sprintf("%06o\x00 ", sum))
	data := make([]byte, (len(word)+tarBlock-1)/tarBlock*tarBlock)
	copy(data, word)
	return append(append(h, data...), make([]byte, 2*tarBlock)...)
}

func wide(s string, bom, big bool) []byte {
	var b []byte
	var order binary.AppendByteOrder = binary.LittleEndian
	if big {
		order = binary.BigEndian
	}
	if bom {
		s = "\ufeff" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// countingReader counts what is read through it.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
