package message

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
)

// reducedField is the first line of a mail that Reduce made smaller; its value is the mail's true
// size. Only the very first line counts: in a mail that came over the network our own server's fields
// stand there. cutField, first in the header of a part, then gives the part's decoded size and the
// SHA-256 of its decoded content.
const (
	reducedField = "X-Notfalld-Reduced"
	cutField     = "X-Notfalld-Cut"
)

// oddMark stands on top of a header that was odd (Field.Odd) before Reduce wrote it in good order: its blank in front of the colon makes it odd again.
const oddMark = "X-Notfalld-Odd : header\r\n"

// Reduce reads a mail of any size from r and returns a small one (at most a few MiB, whatever comes):
// its header fields and text parts up to the limits, and every other part as its header alone, with
// its true size noted. Parse lists such parts as not fetched. size is the number of bytes read.
// Memory stays at the size of the result. An error is one of r.
func Reduce(r io.Reader, lim Limits) (reduced []byte, size int64, err error) {
	lim = lim.orDefault()
	k := &keeper{budget: 4 * lim.Text}
	s := newScanner(lim, k)
	br := bufio.NewReaderSize(r, 64<<10)
	for start := true; ; {
		frag, err := br.ReadSlice('\n')
		if len(frag) > 0 {
			end := frag[len(frag)-1] == '\n'
			s.feed(frag, size, start)
			size += int64(len(frag))
			start = end
		}
		switch {
		case err == nil, errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			s.finish(size)
			head := fmt.Sprintf("%s: %d\r\n", reducedField, size)
			return append([]byte(head), k.result(s)...), size, nil
		default:
			return nil, size, fmt.Errorf("reduce mail: %w", err)
		}
	}
}

// keeper is the scanner's sink behind Reduce: it copies what is kept of each part.
type keeper struct {
	budget int // bytes of bodies still to be kept
	parts  map[int]*keptPart
}

type keptPart struct {
	kept  []byte
	cut   bool
	size  int64
	hash  hash.Hash
	dec   decoder
	limit int
}

func (k *keeper) begin(p *part) {
	if k.parts == nil {
		k.parts = map[int]*keptPart{}
	}
	kp := &keptPart{hash: sha256.New()}
	kp.dec = newDecoder(p.encoding, kp)
	if p.isText() || p.container() {
		kp.limit = k.budget
	}
	k.parts[p.id] = kp
}

// Write takes the decoded content.
func (p *keptPart) Write(b []byte) (int, error) {
	p.size += int64(len(b))
	return p.hash.Write(b)
}

func (k *keeper) body(p *part, b []byte) {
	kp := k.parts[p.id]
	kp.dec.Write(b) // into keptPart, which does not fail
	if n := min(len(b), kp.limit-len(kp.kept), k.budget); n > 0 {
		kp.kept = append(kp.kept, b[:n]...)
		k.budget -= n
		kp.cut = kp.cut || n < len(b)
	} else if len(b) > 0 {
		kp.cut = true
	}
}

// result puts the reduced mail together: the parts in their order, each with its header and what was
// kept of its body, between the boundaries as they stood.
func (k *keeper) result(s *scanner) []byte {
	return s.assemble(func(p *part) (head string, body []byte) {
		kp := k.parts[p.id]
		if kp == nil {
			return "", nil
		}
		kp.dec.Flush()
		if p.id == 0 && s.top.odd() != "" {
			head = oddMark
		}
		if kp.cut {
			head += fmt.Sprintf("%s: size=%d; sha256=%x\r\n", cutField, kp.size, kp.hash.Sum(nil))
		}
		return head, kp.kept
	})
}

// cutNote is what cutField says.
type cutNote struct {
	size int64
	sum  string
}

func parseCutNote(v string) (cutNote, bool) {
	_, params := parseParams(";"+v, 4)
	size, err := strconv.ParseInt(params["size"], 10, 64)
	if err != nil || size < 0 {
		return cutNote{}, false
	}
	return cutNote{size: size, sum: params["sha256"]}, true
}

// cutReduced takes the first line off a mail that Reduce made and returns the size it had.
func cutReduced(raw []byte) (rest []byte, size int64, ok bool) {
	line, rest := cutLine(raw)
	v, ok := bytes.CutPrefix(line, []byte(reducedField+": "))
	if !ok {
		return raw, 0, false
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(v)), 10, 64)
	if err != nil || size < 0 {
		return raw, 0, false
	}
	return rest, size, true
}
