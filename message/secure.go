package message

import (
	"bytes"
	"strings"
)

// pgpEncrypted says whether a text is an encrypted message (RFC 9580, 6.2).
func pgpEncrypted(s string) bool {
	return strings.HasPrefix(strings.TrimSpace(s), "-----BEGIN PGP MESSAGE-----")
}

// encryptedProblem says what of an encrypted mail nobody here can read, "" if it is not encrypted.
func (m *Mail) encryptedProblem() string {
	name := map[string]string{"smime": "S/MIME", "pgp": "PGP"}[m.Encrypted]
	switch {
	case name == "":
		return ""
	case m.Text == "" || pgpEncrypted(m.Text):
		return "encrypted (" + name + "): only sender and subject can be read"
	}
	return "encrypted (" + name + "): only what stands outside can be read"
}

// cutPGP takes the frame off a text that was signed inline (RFC 9580, 7): the words are what counts,
// and dashes in them are escaped.
func cutPGP(s string) string {
	const (
		begin     = "-----BEGIN PGP SIGNED MESSAGE-----\n"
		beginSign = "\n-----BEGIN PGP SIGNATURE-----"
		endSign   = "-----END PGP SIGNATURE-----"
	)
	i := strings.Index(s, begin)
	if i < 0 {
		return s
	}
	before, rest := s[:i], s[i+len(begin):]
	if _, body, ok := strings.Cut(rest, "\n\n"); ok { // the Hash: lines above the text
		rest = body
	}
	body, tail, ok := strings.Cut(rest, beginSign)
	if !ok {
		return s
	}
	_, after, _ := strings.Cut(tail, endSign)
	body = strings.ReplaceAll("\n"+body, "\n- ", "\n")
	return strings.TrimSpace(before + body + "\n" + after)
}

// smime reads an S/MIME part (RFC 8551, 3.2): encrypted, or signed with the content inside, which
// anybody may read.
func (b *body) smime(n *node, c context) {
	c.own = true
	b.attach(n, c)
	kind := strings.ToLower(n.params["smime-type"])
	if kind == "signed-data" || kind == "" && strings.HasSuffix(strings.ToLower(n.name), ".p7m") || kind == "" {
		if content := signedContent(b.lastData()); content != nil && b.level < maxNested {
			inner := parseNested(content, b.lim, b.level+1)
			b.texts = append(b.texts, joinTexts(inner.Text, inner.Quoted))
			b.m.Attachments = append(b.m.Attachments, inner.Attachments...)
			return
		}
	}
	if kind != "signed-data" && kind != "certs-only" {
		b.m.Encrypted = "smime"
	}
}

func (b *body) lastData() []byte {
	if n := len(b.m.Inline); n > 0 {
		return b.m.Inline[n-1].Data
	}
	return nil
}

// signedContent digs the content out of a CMS SignedData (RFC 5652, 5.1), nil if there is none. It
// takes BER as well as DER, and never reads beyond b.
func signedContent(b []byte) []byte {
	var (
		signedData = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02} // 1.2.840.113549.1.7.2
		plainData  = []byte{0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01}
	)
	info := children(b, 1)          // ContentInfo
	info = children(first(info), 3) // contentType, [0] content
	if len(info) < 2 || !bytes.Equal(info[0].body, signedData) {
		return nil
	}
	data := children(info[1].body, 1) // SignedData
	data = children(first(data), 3)   // version, digestAlgorithms, encapContentInfo
	if len(data) < 3 {
		return nil
	}
	encap := children(data[2].body, 2) // eContentType, [0] eContent
	if len(encap) < 2 || !bytes.Equal(encap[0].body, plainData) {
		return nil
	}
	content := children(encap[1].body, 1)
	if len(content) == 0 {
		return nil
	}
	return octets(content[0], 0)
}

// octets joins an OCTET STRING that BER broke into pieces.
func octets(e ber, depth int) []byte {
	if e.tag&0x20 == 0 || depth > 5 {
		return e.body
	}
	var out []byte
	for _, c := range children(e.body, 1<<20) {
		out = append(out, octets(c, depth+1)...)
	}
	return out
}

// ber is one element of X.690.
type ber struct {
	tag  byte
	body []byte
}

func first(list []ber) []byte {
	if len(list) == 0 {
		return nil
	}
	return list[0].body
}

// children reads at most max elements.
func children(b []byte, max int) []ber {
	var out []ber
	for len(b) > 0 && len(out) < max {
		e, n := readBER(b, 0)
		if n == 0 || e.tag == 0 {
			break
		}
		out = append(out, e)
		b = b[n:]
	}
	return out
}

// readBER reads the element that b starts with, and its whole length; 0 if it is malformed.
func readBER(b []byte, depth int) (ber, int) {
	if len(b) < 2 || b[0]&0x1F == 0x1F || depth > 12 {
		return ber{}, 0
	}
	e := ber{tag: b[0]}
	head, size := 2, int(b[1])
	if size == 0x80 { // indefinite: up to the end-of-contents
		at := 2
		for at+1 < len(b) && (b[at] != 0 || b[at+1] != 0) {
			_, n := readBER(b[at:], depth+1)
			if n == 0 {
				return ber{}, 0
			}
			at += n
		}
		if at+2 > len(b) {
			return ber{}, 0
		}
		e.body = b[2:at]
		return e, at + 2
	}
	if size > 0x80 {
		n := size & 0x7F
		if n > 4 || len(b) < 2+n {
			return ber{}, 0
		}
		head, size = 2+n, 0
		for _, c := range b[2 : 2+n] {
			size = size<<8 | int(c)
		}
	}
	if size < 0 || size > len(b)-head {
		return ber{}, 0
	}
	e.body = b[head : head+size]
	return e, head + size
}
