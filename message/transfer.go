package message

import (
	"bytes"
	"io"
	"strings"
)

// newDecoder returns a writer that undoes a Content-Transfer-Encoding (RFC 2045, 6) piece by piece
// into w. It never fails on malformed input: it skips what cannot belong to the encoding. Flush at the end.
func newDecoder(encoding string, w io.Writer) decoder {
	switch cteName(encoding) {
	case "base64":
		return &base64Decoder{w: w}
	case "quoted-printable":
		return &qpDecoder{w: w}
	}
	return identityDecoder{w}
}

// cteName folds the field's value: comments, quotes and a charset that was put there.
func cteName(s string) string {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(stripComments(s)), `"';`))
	switch s {
	case "quoted-printable", "quotedprintable", "quoted/printable", "qp":
		return "quoted-printable"
	case "base64", "base-64", "b64":
		return "base64"
	}
	return s
}

type decoder interface {
	io.Writer
	Flush() error
}

func decodeTransfer(encoding string, b []byte) []byte {
	if e := cteName(encoding); e != "base64" && e != "quoted-printable" {
		return b
	}
	var out bytes.Buffer
	out.Grow(len(b))
	d := newDecoder(encoding, &out)
	d.Write(b) // a bytes.Buffer does not fail
	d.Flush()
	return out.Bytes()
}

type identityDecoder struct{ io.Writer }

func (identityDecoder) Flush() error { return nil }

// base64Decoder takes base64 with line breaks anywhere, junk between, padding in the middle (two
// encoded pieces glued together) and none at the end.
type base64Decoder struct {
	w    io.Writer
	bits uint32
	n    int // sextets in bits
	buf  []byte
}

func (d *base64Decoder) Write(p []byte) (int, error) {
	d.buf = d.buf[:0]
	for _, c := range p {
		v := sextets[c]
		if v > 63 {
			if c == '=' {
				d.pad()
			}
			continue
		}
		d.bits = d.bits<<6 | uint32(v)
		if d.n++; d.n == 4 {
			d.buf = append(d.buf, byte(d.bits>>16), byte(d.bits>>8), byte(d.bits))
			d.bits, d.n = 0, 0
		}
	}
	if _, err := d.w.Write(d.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// pad ends a quantum of two or three sextets (RFC 4648, 4).
func (d *base64Decoder) pad() {
	switch d.n {
	case 2:
		d.buf = append(d.buf, byte(d.bits>>4))
	case 3:
		d.buf = append(d.buf, byte(d.bits>>10), byte(d.bits>>2))
	}
	d.bits, d.n = 0, 0
}

func (d *base64Decoder) Flush() error {
	d.buf = d.buf[:0]
	d.pad()
	_, err := d.w.Write(d.buf)
	return err
}

var sextets = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xFF
	}
	for i, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		t[c] = byte(i)
	}
	t['-'], t['_'] = 62, 63 // the URL alphabet (RFC 4648, 5)
	return t
}()

// qpDecoder undoes quoted-printable (RFC 2045, 6.7). A "=" that starts no code stays as it is; white
// space before a line end was added on the way and goes.
type qpDecoder struct {
	w    io.Writer
	held []byte // "=" with what follows, or white space, until it is clear what it is
	buf  []byte
}

func (d *qpDecoder) Write(p []byte) (int, error) {
	d.buf = d.buf[:0]
	for _, c := range p {
		d.put(c)
	}
	if _, err := d.w.Write(d.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (d *qpDecoder) put(c byte) {
	h := d.held
	switch {
	case len(h) == 0:
		if c == '=' || c == ' ' || c == '\t' {
			d.held = append(d.held, c)
		} else {
			d.buf = append(d.buf, c)
		}
	case h[0] == '=':
		d.putCode(c)
	case c == ' ' || c == '\t':
		d.held = append(d.held, c)
		if len(d.held) > 4096 {
			d.release()
		}
	case c == '\r' || c == '\n':
		d.held = d.held[:0]
		d.buf = append(d.buf, c)
	default:
		d.release()
		d.put(c)
	}
}

// putCode continues a held "=".
func (d *qpDecoder) putCode(c byte) {
	h := d.held
	last := h[len(h)-1]
	switch {
	case c == '\n': // soft line break, trailing white space or not
		if last == '=' || last == '\r' || last == ' ' || last == '\t' {
			d.held = h[:0]
			return
		}
	case len(h) == 1 && isHex(c), len(h) < 64 && !isHex(last) && last != '\r' && (c == ' ' || c == '\t' || c == '\r'):
		d.held = append(h, c)
		return
	case len(h) == 2 && isHex(last) && isHex(c):
		d.buf = append(d.buf, unhex(last)<<4|unhex(c))
		d.held = h[:0]
		return
	}
	d.release()
	d.put(c)
}

func (d *qpDecoder) release() {
	d.buf = append(d.buf, d.held...)
	d.held = d.held[:0]
}

func (d *qpDecoder) Flush() error {
	d.buf = d.buf[:0]
	if len(d.held) > 0 && d.held[0] == '=' && string(d.held) != "=" {
		d.release()
	}
	d.held = d.held[:0]
	_, err := d.w.Write(d.buf)
	return err
}
