package message

import "strings"

// markLiteral starts a line that begins with ">" and is no quotation: the sender's client said so by
// stuffing a blank in front (RFC 3676, 4.4).
const markLiteral = "\x02"

// unflow undoes format=flowed (RFC 3676): soft line ends are joined, stuffed blanks taken off, quote
// marks kept as they were counted. delSp is the DelSp parameter.
func unflow(s string, delSp bool) string {
	if !strings.Contains(s, " \n") && !strings.Contains(s, "\n ") && !strings.HasPrefix(s, " ") {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	open, depth := false, 0 // a paragraph is open, and its quote depth
	for len(s) > 0 {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		text := strings.TrimPrefix(line[d:], " ")
		if open && d != depth { // a paragraph that changes its depth is broken, and ends (4.5)
			out.WriteByte('\n')
			open = false
		}
		if !open {
			switch {
			case d > 0:
				out.WriteString(strings.Repeat(">", d) + " ")
			case strings.HasPrefix(text, ">"):
				out.WriteString(markLiteral)
			}
		}
		depth = d
		// The signature line is never flowed (4.3), and neither is a blank one.
		open = strings.HasSuffix(text, " ") && text != "-- " && strings.TrimSpace(text) != ""
		if open && delSp {
			text = text[:len(text)-1]
		}
		out.WriteString(text)
		if !open {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
