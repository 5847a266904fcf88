package rules

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// ends takes any number of bytes and keeps the first and the last of them: a log tells in its first lines what
// it is of, and in its last ones what happened. Its memory is bounded by headMax + 2*tailMax.
type ends struct {
	headMax, tailMax int
	head, tail       []byte
	total            int64
}

// Write never fails.
func (e *ends) Write(p []byte) (int, error) {
	n := len(p)
	e.total += int64(n)
	if room := e.headMax - len(e.head); room > 0 {
		k := min(room, len(p))
		e.head = append(e.head, p[:k]...)
		p = p[k:]
	}
	if len(p) >= e.tailMax {
		e.tail = append(e.tail[:0], p[len(p)-e.tailMax:]...)
		return n, nil
	}
	if len(e.tail)+len(p) > 2*e.tailMax {
		e.tail = e.tail[:copy(e.tail, e.tail[len(e.tail)-e.tailMax:])]
	}
	e.tail = append(e.tail, p...)
	return n, nil
}

func (e *ends) reset() { e.head, e.tail, e.total = e.head[:0], e.tail[:0], 0 }

// last are the last bytes that do not belong to the head.
func (e *ends) last() []byte { return e.tail[max(0, len(e.tail)-e.tailMax):] }

// gap is how many bytes were not kept, between head and last.
func (e *ends) gap() int64 { return e.total - int64(len(e.head)) - int64(len(e.last())) }

// decoded is a text in UTF-8 without control characters, of which gap bytes between head and tail are missing.
type decoded struct {
	head, tail string
	gap        int64
}

// decode reads a log as UTF-16, UTF-8, or else windows-1252; not ok if it is binary.
func (e *ends) decode() (d decoded, ok bool) {
	head, tail := e.head, e.last()
	if e.gap() == 0 {
		head, tail = slices.Concat(head, tail), nil
	}
	d.gap = e.gap()
	start := startOf(head)
	if len(start) == 0 {
		start = startOf(tail)
	}
	switch enc := encodingOf(start); enc {
	case binaryFile:
		return d, false
	case utf16LE, utf16BE:
		big := enc == utf16BE
		odd := (e.total - int64(len(tail))) % 2
		d.head, d.tail = fromUTF16(head, big), fromUTF16(tail[min(int(odd), len(tail)):], big)
	default:
		d.head, d.tail = fromBytes(head, tail)
	}
	d.head, d.tail = cleanText(strings.TrimPrefix(d.head, "\ufeff")), cleanText(d.tail)
	return d, true
}

// sampleLength is how much of a text tells its encoding.
const sampleLength = 4096

// startOf is a text's beginning. A log that was emptied while its program went on writing begins with a hole of zeros
// (logrotate, copytruncate), which says nothing.
func startOf(b []byte) []byte {
	if bytes.HasPrefix(b, make([]byte, 16)) {
		b = bytes.TrimLeft(b, "\x00")
	}
	return b[:min(len(b), sampleLength)]
}

type encoding int

const (
	eightBit encoding = iota
	utf16LE
	utf16BE
	binaryFile
)

// encodingOf looks at a text's beginning.
func encodingOf(b []byte) encoding {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return utf16LE
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return utf16BE
	case isArchive(b), bytes.HasPrefix(b, []byte("%PDF-")):
		return binaryFile
	}
	var zero [2]int // at even and odd places
	holes, control := 0, 0
	for i, c := range b {
		switch {
		case c == 0:
			zero[i%2]++
			if i == 0 || b[i-1] != 0 {
				holes++
			}
		case c < '\a' || c > '\r' && c < ' ' && c != 0x1b || c == 0x7f:
			control++
		}
	}
	// Of Latin text in UTF-16 every second byte is zero. A crash leaves a hole of zeros in a log.
	switch {
	case zero[1] > len(b)/4 && zero[0] < len(b)/50+1:
		return utf16LE
	case zero[0] > len(b)/4 && zero[1] < len(b)/50+1:
		return utf16BE
	case holes > 3 || holes > 0 && control > 0 || control > len(b)/10:
		return binaryFile
	}
	return eightBit
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
	return string(utf16.Decode(u))
}

// fromBytes decodes both ends alike. A character that was cut through at the gap says nothing about the encoding.
func fromBytes(head, tail []byte) (string, string) {
	h, t := head, tail
	if len(tail) > 0 {
		for i := 0; i < utf8.UTFMax-1 && len(h) > 0; i++ {
			if r, _ := utf8.DecodeLastRune(h); r != utf8.RuneError {
				break
			}
			h = h[:len(h)-1]
		}
		for i := 0; i < utf8.UTFMax-1 && len(t) > 0 && !utf8.RuneStart(t[0]); i++ {
			t = t[1:]
		}
	}
	if utf8.Valid(h) && utf8.Valid(t) {
		return string(h), string(t)
	}
	return fromLatin(head), fromLatin(tail)
}

// escapes are what colours a log on a terminal (ECMA-48, 5.4), and the titles that some programs set.
var escapes = regexp.MustCompile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\\\)|[@-Z\\\\-_])")

// cleanText drops what nobody can see.
func cleanText(s string) string {
	unseen := func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f }
	if strings.IndexFunc(s, unseen) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unseen(r) {
			return -1
		}
		return r
	}, escapes.ReplaceAllString(s, ""))
}

// markRoom is what the mark of a gap takes at most.
const markRoom = 64

// gapMark stands on a line of its own where text was left out.
func gapMark(n int64) string { return fmt.Sprintf("\n[… %s left out …]\n\n", SizeText(n)) }

// text is what is looked at: all of it if that fits into limit bytes and nothing is missing, else the first quarter
// of limit and, below a mark, the rest of limit from the end. It is cut between lines, where lines are of a common
// length. Spans of facts count bytes of this text, the mark included.
func (d decoded) text(limit int) (s string, whole bool) {
	n := len(d.head) + len(d.tail)
	if d.gap == 0 && n <= limit {
		return d.head + d.tail, true
	}
	if limit < 4*markRoom {
		return "", false
	}
	first := limit / 4
	last := limit - first - markRoom
	head, tail := d.head, d.tail
	if d.gap == 0 {
		all := head + tail
		head, tail = all[:min(first, len(all))], all[max(len(all)-last, 0):]
	}
	head, tail = beginning(head, first), ending(tail, last)
	return head + gapMark(d.gap+int64(n-len(head)-len(tail))) + tail, false
}

// farLine is how far away from a cut the next line end may be.
const farLine = 4 << 10

// beginning is at most n bytes of s, whole lines if possible.
func beginning(s string, n int) string {
	s = cut(s, n)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 && len(s)-i <= farLine {
		s = s[:i+1]
	}
	return s
}

// ending is at most the last n bytes of s, whole lines if possible. s begins at a gap.
func ending(s string, n int) string {
	from := max(0, len(s)-n)
	for from < len(s) && !utf8.RuneStart(s[from]) {
		from++
	}
	s = s[from:]
	if i := strings.IndexByte(s, '\n'); i >= 0 && i < farLine {
		s = s[i+1:]
	}
	return s
}

// fairShare is how long each of several texts may be for all of them to fit into budget: short ones are
// left whole, and the long ones share what remains.
func fairShare(sizes []int, budget int) int {
	sizes = slices.Sorted(slices.Values(sizes))
	for i, n := range sizes {
		share := budget / (len(sizes) - i)
		if n > share {
			return share
		}
		budget -= n
	}
	return max(budget, 0) + 1<<30 // everything fits
}
