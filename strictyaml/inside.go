package strictyaml

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Inside is where a byte of a scalar's value stands in the file: line and column, from 1. It is for what is
// wrong within a regular expression or a condition. The value may be plain, quoted or a block, over several
// lines and with escapes; where the place cannot be told (an environment variable stands before it), it is
// where the scalar begins.
func (d *Doc) Inside(key string, offset int) (line, col int) {
	c, ok := d.contents[key]
	offset = min(max(offset, 0), len(c.value))
	if !ok {
		return d.PlaceOf(key)
	}
	at := -1
	switch n := c.node.(type) {
	case *ast.LiteralNode:
		if header, ok := d.source.starts[n.Start]; ok {
			at = inBlock(d.source.text, header, c.value, offset)
		}
	default:
		if begin, ok := d.source.starts[n.GetToken()]; ok {
			at = inFlow(d.source.text, begin, n.GetToken().Type, c.value, offset)
		}
	}
	if at < 0 {
		return d.PlaceOf(key)
	}
	p := d.source.placeAt(at)
	return p.line, p.col
}

// inBlock finds the byte of a block scalar's value (YAML 1.2.2, 8.1) whose | or > stands at header; -1 if the
// text does not hold the value.
func inBlock(text string, header int, value string, offset int) int {
	folded := text[header] == '>'
	at := header + strings.IndexByte(text[header:]+"\n", '\n') + 1
	indent := blockIndent(text[min(at, len(text)):], value)
	for pos := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		content := line[min(indent, len(line)):]
		if folded && content != "" {
			pos += foldLength(value[pos:], pos == 0)
		}
		if !strings.HasPrefix(value[pos:], content) {
			return -1
		}
		if content != "" || !folded {
			if offset <= pos+len(content) {
				return at + len(line) - len(content) + max(offset-pos, 0)
			}
			pos += len(content)
		}
		if !folded {
			pos++
		}
		at += len(line) + 1
	}
	return -1
}

// blockIndent counts the blanks before each line of a block that are none of its content.
func blockIndent(block, value string) int {
	lead := strings.TrimLeft(value, "\n")
	for line := range strings.Lines(block) {
		if text := strings.TrimLeft(line, " "); strings.TrimRight(text, "\n") != "" {
			return max(len(line)-len(text)-(len(lead)-len(strings.TrimLeft(lead, " "))), 0)
		}
	}
	return 0
}

// foldLength is how much of the value stands for the line break before the next line with content.
func foldLength(value string, first bool) int {
	if breaks := len(value) - len(strings.TrimLeft(value, "\n")); breaks > 0 || first {
		return breaks
	}
	return len(value) - len(strings.TrimPrefix(value, " "))
}

// inFlow finds the byte of the value of a plain or quoted scalar (YAML 1.2.2, 7.3) that begins at at; -1 if the
// text does not hold the value.
func inFlow(text string, at int, kind token.Type, value string, offset int) int {
	var quote byte
	if kind == token.SingleQuoteType || kind == token.DoubleQuoteType {
		quote = text[at]
		at++
	}
	for pos := 0; ; {
		if pos >= offset {
			return at
		}
		piece, length := foldAt(text[at:])
		if length == 0 {
			piece, length = flowPiece(text[at:], quote)
		}
		if length == 0 || !strings.HasPrefix(value[pos:], piece) {
			return -1
		}
		pos += len(piece)
		at += length
	}
}

// foldAt reads the end of a line with all blanks around it: one is a blank, more are one less.
func foldAt(text string) (piece string, length int) {
	blanks := text[:skipBlanks(text, 0)]
	switch breaks := strings.Count(blanks, "\n"); breaks {
	case 0:
		return "", 0
	case 1:
		return " ", len(blanks)
	default:
		return strings.Repeat("\n", breaks-1), len(blanks)
	}
}

// escapes are those of one letter in double quotes (YAML 1.2.2, 5.7).
var escapes = map[byte]string{'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", '\t': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r",
	'e': "\x1b", ' ': " ", '"': `"`, '/': "/", '\\': `\`, 'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029"}

// flowPiece reads one character, or one escape: what it stands for, and how long it is in the text (0: none there).
func flowPiece(text string, quote byte) (piece string, length int) {
	switch {
	case text == "":
		return "", 0
	case quote == '\'' && strings.HasPrefix(text, "''"):
		return "'", 2
	case quote != '"' || text[0] != '\\' || len(text) < 2:
		_, length = utf8.DecodeRuneInString(text)
		return text[:length], length
	case text[1] == '\n': // the line goes on
		return "", 2 + skipBlanks(text[2:], 0)
	}
	if digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[1]]; digits > 0 {
		if len(text) < 2+digits {
			return "", 0
		}
		r, err := strconv.ParseUint(text[2:2+digits], 16, 32)
		if err != nil {
			return "", 0
		}
		return string(rune(r)), 2 + digits
	}
	if piece, ok := escapes[text[1]]; ok {
		return piece, 2
	}
	return "", 0
}
