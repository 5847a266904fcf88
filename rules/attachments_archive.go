package rules

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
)

var errNotGzip = errors.New("neither gzip nor text")

// gzip reads one compressed text (RFC 1952, of any number of members) or a compressed tar. nested says that it stands
// in an archive itself. A browser may have expanded the file and left its name: then it is read as it is.
func (x *expander) gzip(name string, in io.Reader, nested bool) error {
	src := bufio.NewReader(in)
	r, packed := src, false
	if magic, _ := src.Peek(2); string(magic) == gzipMagic {
		z, err := gzip.NewReader(&metered{x.ctx, src, new(int64(math.MaxInt64))}) // members of nothing give nothing to count, and take time
		if err != nil {
			x.say(name, err)
			return err
		}
		r, packed = bufio.NewReaderSize(z, 32<<10), true
	}
	head, _ := r.Peek(tarBlock)
	expanded := io.Reader(r)
	if packed {
		expanded = x.expanded(r)
	}
	switch {
	case isTar(name, head) && !nested:
		return x.tar(name, expanded)
	case isTar(name, head), isArchive(head):
		x.cut(name, CutNested, 0)
		return nil
	case !packed && encodingOf(head) == binaryFile:
		x.say(name, errNotGzip)
		return errNotGzip
	}
	return x.stream(name, expanded)
}

const (
	gzipMagic = "\x1f\x8b"
	zipMagic  = "PK\x03\x04"
	tarBlock  = 512
)

// isTar goes by the magic of POSIX and GNU, and by the name for those older.
func isTar(name string, head []byte) bool {
	name = strings.ToLower(name)
	return len(head) >= 262 && string(head[257:262]) == "ustar" || strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz")
}

func isArchive(head []byte) bool {
	return bytes.HasPrefix(head, []byte(gzipMagic)) || bytes.HasPrefix(head, []byte(zipMagic))
}

// tar reads the texts of an archive, one after the other; what lies between them has to be expanded too.
func (x *expander) tar(name string, r io.Reader) error {
	t := tar.NewReader(r)
	for n := 0; ; n++ {
		h, err := t.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			x.say(name, err)
			return err
		}
		if n >= x.lim.Entries {
			x.cut(name, CutEntries, int64(x.lim.Entries))
			return nil
		}
		if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse {
			continue
		}
		e := packedFile{archive: name, name: h.Name, open: func() (io.Reader, error) { return t, nil }}
		if isSparse(h) { // its holes come from nothing that was counted
			e.open = func() (io.Reader, error) { return x.expanded(t), nil }
		}
		if x.enough(name, x.entry(e)) {
			return nil
		}
	}
}

// isSparse: a file with holes in the old GNU format or in that of PAX records.
func isSparse(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// zip reads the texts that an archive's directory names. The sizes that it claims are never believed.
func (x *expander) zip(name string, data []byte) {
	if bytes.Count(data, []byte("PK\x01\x02")) > 10*x.lim.Entries { // its directory alone would take the memory
		x.cut(name, CutEntries, int64(x.lim.Entries))
		x.salvage(name, data)
		return
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		x.cut(name, CutBroken, 0)
		x.salvage(name, data)
		return
	}
	input := zipInput(data)
	for i, f := range z.File {
		if i >= x.lim.Entries {
			x.cut(name, CutEntries, int64(x.lim.Entries))
			return
		}
		e := packedFile{archive: name, name: f.Name, encrypted: f.Flags&1 != 0, open: func() (io.Reader, error) {
			raw, err := f.OpenRaw() // Open gives nothing of a file whose size is not the one claimed
			if err != nil {
				return nil, err
			}
			return x.unpacked(f.Method, raw, &input)
		}}
		if x.enough(name, x.entry(e)) {
			return
		}
	}
}

// unpacked expands an entry of a zip archive.
func (x *expander) unpacked(method uint16, raw io.Reader, input *int64) (io.Reader, error) {
	raw = &metered{x.ctx, raw, input}
	switch method {
	case zip.Deflate:
		raw = flate.NewReader(raw)
	case zip.Store:
	default:
		return nil, zip.ErrAlgorithm
	}
	return x.expanded(raw), nil
}

// zipInput is how many compressed bytes of an archive are read: entries of a bomb share theirs.
func zipInput(data []byte) int64 { return 2*int64(len(data)) + 64<<10 }

// salvage reads an archive whose directory, which stands at its end, is missing: each entry has a header of its own
// (APPNOTE 4.3.7).
func (x *expander) salvage(name string, data []byte) {
	input := zipInput(data)
	for n := 0; n < x.lim.Entries; n++ {
		i := bytes.Index(data, []byte(zipMagic))
		if i < 0 || len(data)-i < 30 {
			return
		}
		h := data[i:]
		flags, method, size := binary.LittleEndian.Uint16(h[6:]), binary.LittleEndian.Uint16(h[8:]), int64(binary.LittleEndian.Uint32(h[18:]))
		nameEnd := 30 + int(binary.LittleEndian.Uint16(h[26:]))
		start := nameEnd + int(binary.LittleEndian.Uint16(h[28:]))
		if start > len(h) {
			return
		}
		body := h[start:]
		data = body
		sized := flags&8 == 0 // else the size stands behind the data (APPNOTE 4.3.9)
		if sized && size <= int64(len(body)) {
			body, data = body[:size], body[size:]
		}
		e := packedFile{archive: name, name: string(h[30:nameEnd]), encrypted: flags&1 != 0, open: func() (io.Reader, error) {
			if !sized && method == zip.Store {
				return nil, zip.ErrFormat
			}
			return x.unpacked(method, bytes.NewReader(body), &input)
		}}
		if x.enough(name, x.entry(e)) {
			return
		}
	}
}

// packedFile is one file in an archive.
type packedFile struct {
	archive, name string // the name as the archive has it
	encrypted     bool
	open          func() (io.Reader, error)
}

// errEnough ends the reading of an archive: no further text is looked at.
var errEnough = errors.New("as many texts as are read")

// enough reports whether after what became of one entry no further one needs to be tried. An entry that is damaged
// does not keep the others from being read.
func (x *expander) enough(archive string, err error) bool {
	if errors.Is(err, errExpanded) {
		x.say(archive, err)
		return true
	}
	return errors.Is(err, errEnough) || x.ctx.Err() != nil
}

// entry reads a file of an archive, if it is a text. What is wrong with it is said in cuts already.
func (x *expander) entry(e packedFile) error {
	base := entryName(e.name)
	kind := kindOfName(base)
	if err := x.ctx.Err(); err != nil || base == "" || kind == otherFile {
		return err
	}
	if len(x.texts) >= x.lim.Files {
		x.cuts.add("attachments", CutAttachments, int64(x.lim.Files))
		return errEnough
	}
	name := x.name(e.archive + "/" + base)
	switch {
	case e.encrypted:
		x.cutEntry(e.archive, name, CutEncrypted)
		return nil
	case kind != textFileOf && kind != gzipFile:
		x.cutEntry(e.archive, name, CutNested)
		return nil
	}
	r, err := e.open()
	if err != nil {
		x.say(name, err)
		return nil
	}
	if kind == gzipFile {
		return x.gzip(name, r, true)
	}
	return x.stream(name, r)
}

// maxNamed is how many entries of one archive are named for one kind of cut; after that the archive itself is.
const maxNamed = 5

func (x *expander) cutEntry(archive, name string, what CutKind) {
	n := 0
	for _, c := range x.cuts {
		if c.What == what && strings.HasPrefix(c.File(), archive+"/") {
			n++
		}
	}
	if n >= maxNamed {
		name = archive
	}
	x.cut(name, what, 0)
}
