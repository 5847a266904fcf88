package rules

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// quotedErrors finds messages that stand in quotation marks within the sender's sentences.
func quotedErrors(s *source) []finding {
	var out []finding
	for from := 0; from < len(s.text) && len(out) < maxErrorsPerSource; {
		open, n, closers := nextQuote(s.text, from)
		if open < 0 {
			break
		}
		length := quoteLength(s.text[open+n:], closers)
		if length < 0 || length == 0 && closers == "'" {
			from = open + n
			continue
		}
		begin, end := open+n, open+n+length
		from = end + 1
		for from < len(s.text) && !utf8.RuneStart(s.text[from]) {
			from++
		}
		if s.calls(open) {
			continue
		}
		text := strings.Join(strings.Fields(s.text[begin:end]), " ")
		if s.text[open] == '(' && (text == "" || text[0] == '[' || !(errorHead(s.v, text) && s.v.errorWords.has(s.wordsIn(begin, end)))) && !codeToken(text) {
			from = open + n
			continue
		}
		if quotesError(s, text, begin, end) {
			out = append(out, finding{src: s, from: begin, to: end, text: text})
		}
	}
	return out
}

func runeStart(s string, i int) int {
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// nextQuote finds an opening quotation mark, its length, and what closes it. A straight one opens only
// where no letter stands before it.
func nextQuote(t string, from int) (at, n int, closers string) {
	for i := from; i < len(t); {
		if c := t[i]; c < utf8.RuneSelf && c != '"' && c != '(' && c != '`' && c != '\'' {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(t[i:])
		switch r {
		case '„':
			return i, n, "“”\""
		case '“', '”':
			return i, n, "”“\""
		case '«':
			return i, n, "»"
		case '»':
			return i, n, "«"
		case '‚':
			return i, n, "‘’'"
		case '`':
			return i, n, "`"
		case '\'':
			if opensApostrophe(lastRune(t[:i])) && i+1 < len(t) && t[i+1] > ' ' {
				return i, n, "'"
			}
		case '(':
			return i, n, ")"
		case '"':
			if i == 0 || strings.ContainsRune(" \t\n(:-=[>/|–", lastRune(t[:i])) {
				return i, n, "\"“”"
			}
		}
		i += n
	}
	return -1, 0, ""
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// quoteLength is where the quotation ends: within 500 bytes and its paragraph, or -1.
func quoteLength(t, closers string) int {
	if closers == "'" {
		return apostropheLength(t)
	}
	t = cut(t, 500)
	if i := strings.Index(t, "\n\n"); i >= 0 {
		t = t[:i]
	}
	if closers == "`" {
		return backtickLength(t)
	}
	return strings.IndexAny(t, closers)
}

// quotesError decides by the words of the quotation and, where they are silent, by what announces it.
func quotesError(s *source, text string, begin, end int) bool {
	w := s.wordsIn(begin, end)
	if len(w) == 0 || len(text) < 4 || isPlace(text) || typed(s.v, text) {
		return false
	}
	if codeToken(text) || s.v.knownMessages.has(w) || len(w) == 1 && s.v.knownTokens[w[0].fold] {
		return true
	}
	if len(w) >= 4 && s.v.machinePhrases.has(w[:min(len(w), 8)]) {
		return true // pages say "we", too
	}
	if len(w) < 2 || proseOnly(w) {
		return false
	}
	if len(w) <= 3 && begin > 1 && namesWhat(s, begin) {
		return false
	}
	if s.v.errorWords.has(w) || len(w) >= 4 && s.v.mildWords.has(w[:1]) && technicalMarks(text) > 0 { // its level comes first
		return true
	}
	if strings.HasSuffix(s.text[:max(0, begin-1)], ": ") && len(w) >= 3 && s.v.mildWords.has(w) && !s.v.harmlessWords.has(w) {
		return true
	}
	return len(w) >= 3 && announcedClosely(s, begin) && !s.v.harmlessWords.has(w)
}

// namesWhat: the word before a quotation makes it the name of a thing: a button, a job, a machine.
func namesWhat(s *source, begin int) bool {
	w := s.wordsIn(runeStart(s.text, max(0, begin-24)), begin)
	return len(w) > 0 && s.v.nameWords[w[len(w)-1].fold]
}

// calls reports whether a place stands in a call of a trace or in a command.
func (s *source) calls(at int) bool {
	i := sort.Search(len(s.lines), func(k int) bool { return s.lines[k].to >= at })
	return i < len(s.lines) && (s.lines[i].shape.frame || s.lines[i].shape.command || strings.HasPrefix(s.lines[i].text, "{\""))
}

// announcedClosely reports whether an announcement stands among the last words of the sentence before
// a place.
func announcedClosely(s *source, at int) bool {
	from := runeStart(s.text, max(0, at-90))
	if i := strings.LastIndexAny(s.text[from:at], ".!?"); i >= 0 {
		from += i + 1
	}
	w := s.wordsIn(from, at)
	if len(w) > 5 {
		w = w[len(w)-5:]
	}
	return s.v.introWords.has(w)
}

func proseOnly(w []word) bool {
	switch w[0].fold {
	case "ich", "wir", "we", "i":
		return true
	case "das", "that":
		switch w[1].fold {
		case "kann", "ist", "darf", "war", "geht", "muss", "is", "was", "can't", "cannot":
			return true // what people say
		}
	}
	return false
}

// typed reports whether a quotation is a command: a known one first, or options in it.
func typed(v *vocabulary, text string) bool {
	first, rest, _ := strings.Cut(text, " ")
	if strings.HasSuffix(first, ":") {
		return false
	}
	if strings.Contains(rest, "--") || strings.HasPrefix(rest, "-") && len(rest) > 1 && rest[1] != ' ' {
		return !strings.Contains(text, ": ")
	}
	return rest != "" && (v.programs[first] || v.commandWords[first])
}

// sentenceErrors finds messages that are a sentence of their own in the middle of a paragraph ("Fehler
// 809: Die Netzwerkverbindung …"), or the rest of one behind an announcement ("es kommt immer: …").
func sentenceErrors(s *source, found []finding) []finding {
	var out []finding
	quotes := strings.ContainsAny(s.text, "\"„“”«»‚`")
	s.eachSentence(len(s.text), func(from, to int) {
		text := s.text[from:to]
		if len(text) < 12 || len(text) > 600 || len(out) >= maxErrorsPerSource {
			return
		}
		w := s.wordsIn(from, to)
		if errorHead(s.v, text) && s.v.errorWords.has(w) && !s.v.proseWords.has(w) && !touches(found, s, from, to) {
			_, label := cutLabel(s, 0, oneLine(text))
			out = append(out, finding{src: s, from: from, to: to, text: label})
			return
		}
		if at, end := codedMessage(s, from, to); at >= 0 {
			if !touches(found, s, at, end) {
				out = append(out, finding{src: s, from: at, to: end, text: oneLine(s.text[at:end])})
			}
			return
		}
		if at := namedMessage(s, from, to, quotes); at >= 0 && !touches(found, s, at, to) {
			out = append(out, finding{src: s, from: at, to: to, text: oneLine(s.text[at:to])})
			return
		}
		if at := smtpReply(text); at > 0 && !touches(found, s, from+at, from+at+9) {
			reply := text[at:]
			if i := strings.IndexAny(reply, "\"“”„)»"); i > 0 {
				reply = reply[:i]
			}
			out = append(out, finding{src: s, from: from + at, to: from + at + len(reply), text: strings.TrimRight(oneLine(reply), ".!,")})
			return
		}
		if at := innerException(text); at >= 0 {
			if i := strings.Index(text[at:], " – "); i > 0 && at > 0 {
				to, text = from+at+i, text[:at+i]
			}
			if !touches(found, s, from+at, to) {
				out = append(out, finding{src: s, from: from + at, to: to, text: unquote(oneLine(text[at:]))})
			}
			return
		}
		if s.v.machinePhrases.has(w) && !s.v.senderWords.has(w) && s.saysItself(from, w) && !touches(found, s, from, to) && !(strings.Contains(text, "\n") && tableRow(text)) {
			for i := strings.IndexByte(text, '\n'); i > 0 && (isField(s.v, text[:i]) || isLabel(s.v, foldText(text[:i]))); i = strings.IndexByte(text, '\n') {
				from, text = from+i+1, text[i+1:] // the fields of an event above
			}
			out = append(out, finding{src: s, from: from, to: to, text: oneLine(text)})
			return
		}
		i := strings.Index(text, ": ")
		if i < 8 {
			return
		}
		begin := from + i + 2
		w = s.wordsIn(begin, to)
		if len(w) >= 2 && announcedClosely(s, begin) && s.v.errorWords.has(w) && !s.v.proseWords.has(w) && !isQuote(oneLine(s.text[begin:to])) && !touches(found, s, begin, to) {
			to -= clauseBehind(s.text[begin:to])
			out = append(out, finding{src: s, from: begin, to: to, text: unquote(oneLine(s.text[begin:to]))})
		}
	})
	return out
}

// innerException is where within a sentence an exception begins ("… down, MongoNetworkError: connect …"), or -1.
func innerException(t string) int {
	for i := 0; i+9 < len(t); i++ {
		if c := t[i] | 0x20; c < 'a' || c > 'z' || i > 0 && t[i-1] > ' ' && t[i-1] != '(' || !exceptionHead(t[i:]) {
			continue
		}
		if t[i] >= 'a' && strings.IndexByte(cut(t[i:], 60), '.') < 0 {
			continue
		}
		if name, rest, ok := strings.Cut(t[i:], ": "); ok && !strings.Contains(name, " ") && len(rest) > 5 && len(name) > 8 {
			return i
		}
	}
	return -1
}

// statusErrors finds the statuses with their reasons that stand in sentences: "im Protokoll 408 Request Timeout".
func statusErrors(s *source, found []finding) []finding {
	var out []finding
	for _, w := range s.words {
		if len(w.fold) != 3 || w.fold[0] < '4' || w.fold[0] > '6' || digits(w.fold) != 3 || w.to+1 >= len(s.text) || s.text[w.to] != ' ' {
			continue
		}
		rest, n := strings.ToLower(cut(s.text[w.to+1:], 60)), 0
		for _, reason := range s.v.statusPhrases {
			if strings.HasPrefix(rest, reason) {
				n = max(n, len(reason))
			}
		}
		if to := w.to + 1 + n; n > 0 && !touches(found, s, w.from, to) {
			out = append(out, finding{src: s, from: w.from, to: to, text: s.text[w.from:to]})
		}
	}
	return out
}

// smtpReply is where a reply with its enhanced code begins within a sentence, or 0.
func smtpReply(t string) int {
	for i := 1; i+9 < len(t); i++ {
		if (t[i] == '4' || t[i] == '5') && t[i-1] <= ' ' && smtpStatus(t[i:]) {
			return i
		}
	}
	return 0
}

// touches reports whether a finding and a passage have something in common.
func touches(found []finding, s *source, from, to int) bool {
	for _, f := range found {
		if f.src == s && f.from < to && f.to > from {
			return true
		}
	}
	return false
}

// phraseErrors finds the messages and codes that everybody knows, unquoted within a sentence.
func phraseErrors(s *source, found []finding) []finding {
	words := s.words
	var out []finding
	last := -1
	add := func(from, to int) {
		at, text := cutLabel(s, from, strings.Join(strings.Fields(s.text[from:to]), " "))
		if from >= last && !covered(found, s, min(at, to), to) && len(out) < maxErrorsPerSource {
			out = append(out, finding{src: s, from: from, to: to, text: text})
			last = to
		}
	}
	// "Fehler: 502" and "502 Bad Gateway" that share a word are one message.
	from, to := -1, -1
	s.v.knownMessages.find(words, func(m match) bool {
		f, t := words[m.from].from, words[m.to-1].to
		switch {
		case !gapsAreBlank(s.text, words[m.from:m.to]):
		case f < to:
			to = max(to, t)
		default:
			if from >= 0 {
				add(from, to)
			}
			from, to = f, t
		}
		return true
	})
	if from >= 0 {
		add(from, to)
	}
	out = append(out, statusErrors(s, append(out, found...))...)
	last = -1
	for i, w := range words {
		if s.v.knownTokens[w.fold] {
			add(w.from, w.to)
		}
		if i+1 < len(words) && s.text[w.to:words[i+1].from] == "_" || w.from+1 < w.to && s.text[w.from] == '0' && s.text[w.from+1] == 'x' {
			from, to := tokenAround(s.text, w.from)
			if code := s.text[from:to]; (isCode(code) || s.v.knownTokens[foldText(code)]) && !(to < len(s.text) && s.text[to] == '=') {
				add(from, to)
			}
		}
	}
	return out
}

// gapsAreBlank: the words of a message are parted by blanks and a mark at most, not by sentences.
func gapsAreBlank(text string, words []word) bool {
	for i := 1; i < len(words); i++ {
		gap := strings.TrimSpace(text[words[i-1].to:words[i].from])
		if len(gap) > 1 || gap == "." || gap == "!" || gap == "?" || strings.Count(text[words[i-1].to:words[i].from], "\n") > 1 {
			return false
		}
	}
	return true
}

// tokenAround is the run of code characters around a place.
func tokenAround(t string, i int) (from, to int) {
	code := func(c byte) bool {
		return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == ':'
	}
	from, to = i, i
	for from > 0 && code(t[from-1]) {
		from--
	}
	for to < len(t) && code(t[to]) {
		to++
	}
	for to > from && t[to-1] == ':' {
		to--
	}
	return from, to
}
