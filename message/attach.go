package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/url"
	"strings"
)

// attach lists a part as attachment, or as one of the parts that belong to the mail itself.
func (b *body) attach(n *node, c context) {
	a := Attachment{Name: n.name, Type: n.typ, ContentID: n.contentID}
	var sum string
	if note, ok := b.note(n); ok {
		a.Size, a.NotFetched, sum = note.size, true, note.sum
		if n.readable() {
			a.Data = b.decoded(n) // Reduce keeps the beginning of a text
		}
	} else {
		st := b.store(n)
		a.Size, sum = st.size, hex.EncodeToString(st.hash.Sum(nil))
		if !st.full {
			a.Data = st.data
			b.data += len(st.data)
		} else if n.readable() {
			a.Data = b.decoded(n) // the beginning of a log is better than nothing
		}
	}
	b.sums = append(b.sums, sum)
	if c.own || ownSignature(n.typ) {
		b.m.Inline = append(b.m.Inline, a)
		return
	}
	if a.ContentID != "" && strings.HasPrefix(a.Type, "image/") {
		b.images = append(b.images, len(b.m.Attachments))
	}
	if a.Type == "message/rfc822" {
		b.open(n, &a)
	}
	if a.Name == "" {
		a.Name = unnamed(a.Type)
	}
	b.m.Attachments = append(b.m.Attachments, a)
}

// open reads a mail that is attached to the mail.
func (b *body) open(n *node, a *Attachment) {
	if b.level >= maxNested {
		return
	}
	raw := a.Data
	if raw == nil {
		raw = decodeTransfer(n.part.encoding, b.encoded(n)[:min(len(b.encoded(n)), 4*b.lim.Text)])
	}
	inner := parseNested(raw, b.lim, b.level+1)
	b.nested = append(b.nested, inner)
	if a.Name == "" && inner.Subject != "" {
		a.Name = fileName(strings.NewReplacer("/", "-", `\`, "-").Replace(inner.Subject) + ".eml")
	}
}

// unnamed is what a part without a name is called.
func unnamed(typ string) string {
	ext := map[string]string{"message/rfc822": ".eml", "text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv",
		"application/pdf": ".pdf", "application/zip": ".zip", "application/gzip": ".gz", "image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif"}[typ]
	return "unnamed" + ext
}

// store decodes a part piece by piece, so that a large one costs no more memory than is kept of it.
func (b *body) store(n *node) *stored {
	enc := b.encoded(n)
	st := &stored{room: b.lim.Data - b.data, hash: sha256.New()}
	st.data = make([]byte, 0, min(len(enc), st.room))
	d := newDecoder(n.part.encoding, st)
	for len(enc) > 0 {
		piece := enc[:min(len(enc), 32<<10)]
		d.Write(piece) // into memory, which does not fail
		enc = enc[len(piece):]
	}
	d.Flush()
	return st
}

func (b *body) note(n *node) (cutNote, bool) {
	if !b.reduced {
		return cutNote{}, false
	}
	line, _ := cutLine(n.part.header)
	v, ok := bytes.CutPrefix(line, []byte(cutField+": "))
	if !ok {
		return cutNote{}, false
	}
	return parseCutNote(strings.TrimSpace(string(v)))
}

// readable says whether the part is text whose beginning alone is worth having.
func (n *node) readable() bool {
	name := strings.ToLower(n.name)
	return strings.HasPrefix(n.typ, "text/") || strings.HasSuffix(name, ".log") || strings.HasSuffix(name, ".txt")
}

func ownSignature(typ string) bool {
	switch typ {
	case "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature", "application/pgp-keys":
		return true
	}
	return false
}

// stored takes decoded content: all of it into size and hash, and into data while there is room.
type stored struct {
	size int64
	hash hash.Hash
	data []byte
	room int
	full bool
}

func (s *stored) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.hash.Write(p)
	if s.full = s.full || len(s.data)+len(p) > s.room; s.full {
		s.data = nil
		return len(p), nil
	}
	s.data = append(s.data, p...)
	return len(p), nil
}

// sortImages moves the images that the HTML shows to Inline.
func (b *body) sortImages() {
	if len(b.images) == 0 || len(b.htmls) == 0 {
		return
	}
	var html strings.Builder
	for _, n := range b.htmls {
		html.WriteString(b.html(n))
	}
	shown := html.String()
	inline := map[int]bool{}
	for _, i := range b.images {
		cid := b.m.Attachments[i].ContentID
		inline[i] = strings.Contains(shown, "cid:"+cid) || strings.Contains(shown, "cid:"+url.PathEscape(cid))
	}
	var rest []Attachment
	for i, a := range b.m.Attachments {
		if inline[i] {
			b.m.Inline = append(b.m.Inline, a)
		} else {
			rest = append(rest, a)
		}
	}
	b.m.Attachments = rest
}
