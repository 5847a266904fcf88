package rules

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"notfalld/message"
)

// ArchiveLimits bounds what the attachments of one mail may cost: archives can be bombs, and logs are as long as the
// night. Over a limit a mail is not refused: what could be read is looked at, and Facts.Cut says the rest. The zero
// value of a field means its default.
type ArchiveLimits struct {
	Files   int   // text files looked at in one mail
	Entries int   // entries looked at in one archive
	File    int64 // bytes expanded of one compressed text
	Mail    int64 // bytes expanded of all attachments; a compressed tar costs what is skipped in it too
	Text    int   // bytes kept of one text: of a longer one the first quarter and, to this length, its end
	Texts   int   // bytes kept of all texts together; long ones share it
}

// DefaultArchiveLimits returns the limits that a small machine can afford: the worst mail takes less than a second.
func DefaultArchiveLimits() ArchiveLimits {
	return ArchiveLimits{Files: 20, Entries: 1000, File: 256 << 20, Mail: 256 << 20, Text: textLimit, Texts: 1 << 20}
}

func (l ArchiveLimits) orDefault() ArchiveLimits {
	d := DefaultArchiveLimits()
	for _, f := range []struct {
		v   *int
		def int
	}{{&l.Files, d.Files}, {&l.Entries, d.Entries}, {&l.Text, d.Text}, {&l.Texts, d.Texts}} {
		if *f.v <= 0 {
			*f.v = f.def
		}
	}
	if l.File <= 0 {
		l.File = d.File
	}
	if l.Mail <= 0 {
		l.Mail = d.Mail
	}
	l.Text = min(l.Text, textLimit) // a source is no longer
	return l
}

// textFile is a log or text attachment, expanded and decoded: text as it is looked at, within the limits. Spans of
// facts count its bytes.
type textFile struct{ name, text string }

// readAttachments makes sources of the attachments that are texts, and of the texts in archives.
func (d *doc) readAttachments() {
	x := newExpander(d.ctx, d.w.Archives)
	for i := range d.m.Attachments {
		x.attachment(&d.m.Attachments[i])
	}
	for _, f := range x.files() {
		d.logs = append(d.logs, newSource(d.v, attachmentSource+f.name, f.text, true))
	}
	d.cuts = append(d.cuts, x.cuts...)
}

// expander reads the texts out of the attachments of one mail.
type expander struct {
	ctx   context.Context
	lim   ArchiveLimits
	left  int64 // bytes that may still be expanded
	texts []keptText
	names map[string]int // how often a name was given
	ends  ends           // its memory serves one file after the other
	cuts  cuts
}

// keptText is what was kept of one text.
type keptText struct {
	name string
	decoded
}

func newExpander(ctx context.Context, lim ArchiveLimits) *expander {
	lim = lim.orDefault()
	first := lim.Text / 4
	return &expander{ctx: ctx, lim: lim, left: lim.Mail, names: map[string]int{}, ends: ends{headMax: first, tailMax: lim.Text - first}}
}

// attachment reads one attachment, if it is one that is read.
func (x *expander) attachment(a *message.Attachment) {
	kind := kindOfAttachment(*a)
	if kind == otherFile || a.Size == 0 && len(a.Data) == 0 || x.ctx.Err() != nil {
		return
	}
	if len(x.texts) >= x.lim.Files {
		x.cuts.add("attachments", CutAttachments, int64(x.lim.Files))
		return
	}
	name := x.name(a.Name)
	switch {
	case kind == otherArchve:
		x.cut(name, CutFormat, 0)
		return
	case len(a.Data) == 0, kind != textFileOf && a.NotFetched:
		x.cut(name, CutAttachment, 0)
		return
	case a.NotFetched || int64(len(a.Data)) < a.Size:
		x.cut(name, CutAttachment, int64(len(a.Data)))
	}
	switch kind {
	case textFileOf:
		x.plain(name, a.Data)
	case gzipFile:
		x.gzip(name, bytes.NewReader(a.Data), false)
	case zipArchive:
		x.zip(name, a.Data)
	case tarArchive:
		x.tar(name, bytes.NewReader(a.Data))
	}
}

// name makes the name of a source the only one of its kind: two folders of an archive may each hold an error.log.
func (x *expander) name(s string) string {
	x.names[s]++
	if n := x.names[s]; n > 1 {
		return x.name(fmt.Sprintf("%s (%d)", s, n))
	}
	return s
}

func (x *expander) cut(name string, what CutKind, limit int64) {
	x.cuts.add(attachmentSource+name, what, limit)
}

// plain keeps a text that is in memory already; false if it is none.
func (x *expander) plain(name string, data []byte) bool {
	x.ends.reset()
	x.ends.Write(data) // into memory
	return x.keep(name)
}

// stream keeps a text that is being expanded: of one that cannot be read to its end, what could be read. The
// error is said in cuts already.
func (x *expander) stream(name string, r io.Reader) error {
	src := bufio.NewReaderSize(r, sampleLength)
	if head, _ := src.Peek(sampleLength); encodingOf(startOf(head)) == binaryFile {
		return nil // not expanded to find that out
	}
	x.ends.reset()
	more, err := copyTo(&x.ends, src, x.lim.File)
	x.keep(name)
	if more {
		x.cut(name, CutExpanded, x.lim.File)
	}
	x.say(name, err)
	return err
}

// say notes why something was not read to its end.
func (x *expander) say(name string, err error) {
	switch {
	case err == nil || x.ctx.Err() != nil: // out of time: Understand says that
	case errors.Is(err, errExpanded):
		x.cut(name, CutExpanded, x.lim.Mail)
	case errors.Is(err, zip.ErrAlgorithm):
		x.cut(name, CutFormat, 0)
	default:
		x.cut(name, CutBroken, 0)
	}
}

// keep takes over what ends holds, if it is text.
func (x *expander) keep(name string) bool {
	d, ok := x.ends.decode()
	if ok && len(d.head)+len(d.tail) > 0 {
		x.texts = append(x.texts, keptText{name, d})
	}
	return ok
}

// files are the texts, each as long as it may be.
func (x *expander) files() []textFile {
	sizes := make([]int, len(x.texts))
	for i, t := range x.texts {
		sizes[i] = min(len(t.head)+len(t.tail), x.lim.Text)
	}
	limit := min(fairShare(sizes, x.lim.Texts), x.lim.Text)
	var out []textFile
	for _, t := range x.texts {
		text, whole := t.text(limit)
		if !whole && !x.cuts.has(attachmentSource+t.name, CutExpanded) && !x.cuts.has(attachmentSource+t.name, CutAttachment) {
			x.cut(t.name, CutText, int64(limit))
		}
		out = append(out, textFile{t.name, text})
	}
	return out
}

// errExpanded ends a stream when the mail's attachments have been expanded to what is permitted.
var errExpanded = errors.New("expanded to the limit")

// expanded counts what comes out of a decompressor against what the mail may still be expanded to.
func (x *expander) expanded(r io.Reader) io.Reader { return &metered{x.ctx, r, &x.left} }

// metered takes what is read off left, and looks at the clock.
type metered struct {
	ctx  context.Context
	r    io.Reader
	left *int64
}

func (c *metered) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if *c.left > 0 {
		n, err := c.r.Read(p[:min(int64(len(p)), *c.left)])
		*c.left -= int64(n)
		return n, err
	}
	if ended, err := atEnd(c.r); ended { // it ends here: nothing is missing
		return 0, err
	}
	return 0, errExpanded
}

// copyTo copies at most limit bytes; more says that there are more. That r ends is no error.
func copyTo(w io.Writer, r io.Reader, limit int64) (more bool, err error) {
	_, err = io.CopyN(w, r, limit)
	if err == nil {
		var ended bool
		if ended, err = atEnd(r); !ended {
			return true, nil
		}
	}
	if err == io.EOF {
		err = nil
	}
	return false, err
}

// atEnd reports whether r gives nothing more, and with which error.
func atEnd(r io.Reader) (bool, error) {
	var one [1]byte
	n, err := io.ReadFull(r, one[:])
	return n == 0, err
}
