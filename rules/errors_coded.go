package rules

import "strings"

// codedMessage finds within a sentence a message that begins with its code, as drivers and databases write it: "SQLSTATE[HY000]
// [2002] Connection refused", "[Errno 113] No route to host", "ORA-12541: TNS:no listener", "ERROR 1040 (HY000): …". It goes
// to the end of a message that everybody knows, or to where the sender speaks again. -1: none.
func codedMessage(s *source, from, to int) (at, end int) {
	text := s.text[from:to]
	if strings.IndexByte(text, ':') < 0 && strings.IndexByte(text, '[') < 0 && strings.IndexByte(text, '(') < 0 {
		return -1, -1
	}
	for i := 1; i+8 < len(text); i++ {
		if c := text[i]; c != '[' && (c < 'A' || c > 'Z') || text[i-1] > ' ' && text[i-1] != '(' {
			continue
		}
		n := codeLength(text[i:])
		if n == 0 {
			continue
		}
		if end := s.codeEnds(from+i+n, to); end > 0 {
			return from + i, end
		}
	}
	return -1, -1
}

// codeLength is how long the code is with which t begins, 0 if with none.
func codeLength(t string) int {
	for _, level := range []string{"FATAL: ", "ERROR: ", "PANIC: ", "CRITICAL: "} {
		if strings.HasPrefix(t, level) {
			return len(level) - 1
		}
	}
	switch {
	case strings.HasPrefix(t, "SQLSTATE["), strings.HasPrefix(t, "[Errno "):
		return strings.IndexByte(t, ']') + 1
	case strings.HasPrefix(t, "ERROR "):
		if n := digits(t[6:]); n >= 3 && n <= 5 && (strings.HasPrefix(t[6+n:], " (") || strings.HasPrefix(t[6+n:], ":")) {
			return 6 + n
		}
		return 0
	}
	i := strings.IndexByte(cut(t, 16), ':')
	if i < 6 || ticketLike(t[:i]) || i+1 >= len(t) || t[i+1] != ' ' {
		return 0
	}
	letters := 0
	for letters < i && t[letters] >= 'A' && t[letters] <= 'Z' {
		letters++
	}
	number := strings.TrimLeft(t[letters:i], "-_")
	if n := digits(number); letters < 2 || n < 3 || len(number)-n > 1 || len(number) > n && (number[n] < 'A' || number[n] > 'Z') {
		return 0
	}
	return i + 1
}

// codeEnds is the end of the message behind a code, or 0 if no error is told there.
func (s *source) codeEnds(from, to int) int {
	w := s.wordsIn(from, to)
	end, n := to, 0
	for ; n < len(w); n++ {
		gap := s.text[from:w[n].from]
		if n > 0 {
			gap = s.text[w[n-1].to:w[n].from]
		}
		if n > 0 && strings.ContainsAny(gap, ",“”„»") || clauseBegins(w[n].fold) || s.v.senderWords.has(w[n:n+1]) {
			break
		}
	}
	if n > 0 && n < len(w) {
		if end = w[n-1].to; s.text[end] == '"' && strings.Count(s.text[from:end], "\"")%2 == 1 {
			end++
		}
	}
	w = w[:n]
	if !s.v.errorWords.has(w) {
		return 0
	}
	s.v.knownMessages.find(w, func(m match) bool {
		if m.from <= 2 && strings.IndexFunc(s.text[from:w[m.from].from], func(r rune) bool { return r >= 'a' && r <= 'z' }) < 0 {
			end = w[m.to-1].to
			return false
		}
		return true
	})
	text := strings.TrimRight(s.text[from:end], " \n.,;:!?)'“”")
	if strings.Count(text, "\"")%2 == 1 {
		text = strings.TrimRight(text, "\"")
	}
	return from + len(text)
}

// clauseBegins: a word with which the sender goes on behind a message.
func clauseBegins(w string) bool {
	switch w {
	case "und", "oder", "aber", "seit", "wenn", "weil", "sobald", "dann", "danach", "bei", "auf", "mehr", "keiner", "niemand", "nichts", "sonst", "obwohl", "nobody", "nothing", "and", "but", "since", "when", "whenever", "then", "after":
		return true
	}
	return false
}
