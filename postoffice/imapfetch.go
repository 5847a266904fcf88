package postoffice

import (
	"bufio"
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-message/textproto"
)

// writeMail writes one FETCH response. flags nil: not asked. The order of items is free (RFC 3501 section 7.4.2), so the UID
// may come last.
func writeMail(r *imapserver.FetchResponseWriter, m *mail, flags []imap.Flag, o *imap.FetchOptions, uidLast bool) error {
	if !uidLast {
		r.WriteUID(imap.UID(m.uid))
	}
	if flags != nil {
		r.WriteFlags(flags)
	}
	if o.InternalDate {
		r.WriteInternalDate(m.date)
	}
	if o.RFC822Size {
		r.WriteRFC822Size(int64(len(m.raw)))
	}
	if o.Envelope {
		r.WriteEnvelope(envelope(m.raw))
	}
	if o.BodyStructure != nil {
		r.WriteBodyStructure(bodyStructure(m.raw))
	}
	for _, s := range o.BodySection {
		b := section(m.raw, s)
		w := r.WriteBodySection(s, int64(len(b)))
		if _, err := w.Write(b); err != nil { // the client has gone; what is begun must be ended, or the connection's lock is never freed
			return errors.Join(err, w.Close(), r.Close())
		}
		if err := w.Close(); err != nil {
			return err
		}
	}
	if uidLast {
		r.WriteUID(imap.UID(m.uid))
	}
	return r.Close()
}

// section cuts a body section out of the very bytes: a mail that no parser understands is served as it is.
func section(raw []byte, s *imap.FetchItemBodySection) []byte {
	if len(s.Part) > 0 {
		return imapserver.ExtractBodySection(bytes.NewReader(raw), s) // for people's mail clients; ours never asks for parts
	}
	head := headerLen(raw)
	var b []byte
	switch s.Specifier {
	case imap.PartSpecifierHeader, imap.PartSpecifierMIME:
		b = raw[:head]
		if len(s.HeaderFields) > 0 || len(s.HeaderFieldsNot) > 0 {
			b = headerFields(b, s.HeaderFields, s.HeaderFieldsNot)
		}
	case imap.PartSpecifierText:
		b = raw[head:]
	default:
		b = raw
	}
	if p := s.Partial; p != nil {
		from := min(max(p.Offset, 0), int64(len(b)))
		b = b[from:min(from+max(p.Size, 0), int64(len(b)))]
	}
	return b
}

// headerLen returns the length of the header with the empty line that ends it; everything when there is no such line.
func headerLen(raw []byte) int {
	for i := 0; i < len(raw); {
		n := bytes.IndexByte(raw[i:], '\n')
		if n < 0 {
			return len(raw)
		}
		line := raw[i : i+n]
		i += n + 1
		if len(line) == 0 || (len(line) == 1 && line[0] == '\r') {
			return i
		}
	}
	return len(raw)
}

// headerFields keeps (or, with not, leaves out) the named fields with their folded lines, and the closing empty line
// (RFC 3501 section 6.4.5).
func headerFields(head []byte, only, not []string) []byte {
	var out []byte
	keep := false
	for line := range bytes.Lines(head) {
		trimmed := bytes.TrimRight(line, "\r\n")
		if len(trimmed) == 0 {
			break
		}
		if trimmed[0] != ' ' && trimmed[0] != '\t' {
			name, _, _ := strings.Cut(string(trimmed), ":")
			named := func(list []string) bool {
				return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, strings.TrimSpace(name)) })
			}
			keep = len(only) > 0 && named(only) || len(only) == 0 && !named(not)
		}
		if keep {
			out = append(out, line...)
		}
	}
	return append(out, "\r\n"...)
}

func envelope(raw []byte) *imap.Envelope {
	h, err := textproto.ReadHeader(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil
	}
	return imapserver.ExtractEnvelope(h)
}

// maxParts bounds what BODYSTRUCTURE is worked out for: the library recurses, and takes quadratic time over nested parts.
const maxParts = 200

func bodyStructure(raw []byte) imap.BodyStructure {
	if bytes.Count(raw, []byte("boundary")) <= maxParts {
		if b := imapserver.ExtractBodyStructure(bytes.NewReader(raw)); writable(b) {
			return b
		}
	}
	return &imap.BodyStructureSinglePart{
		Type: "text", Subtype: "plain", Size: uint32(len(raw)),
		Text:     &imap.BodyStructureText{NumLines: int64(bytes.Count(raw, []byte("\n")))},
		Extended: &imap.BodyStructureSinglePartExt{},
	}
}

// writable tells whether the library can write b: it panics at a multipart without parts, and at a message without one.
func writable(b imap.BodyStructure) bool {
	switch b := b.(type) {
	case *imap.BodyStructureMultiPart:
		return len(b.Children) > 0 && !slices.ContainsFunc(b.Children, func(c imap.BodyStructure) bool { return !writable(c) })
	case *imap.BodyStructureSinglePart:
		return b.MessageRFC822 == nil || writable(b.MessageRFC822.BodyStructure)
	}
	return false
}
