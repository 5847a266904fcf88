package pattern

// foreignKind is something that admins know from other regular expressions and that RE2 has not.
type foreignKind uint8

const (
	foreignNone foreignKind = iota
	foreignLookAhead
	foreignLookBehind
	foreignBackReference
	foreignPossessive
	foreignAtomic
	foreignComment
	foreignRecursion
	foreignConditional
	foreignReset
	foreignQuotedName
	foreignVerb
	foreignFlag
	foreignSpace
	foreignLineBreak
	foreignNotNewline
	foreignTextEnd
	foreignKeep
	foreignUnicode
	foreignWordEdge
	foreignControl
)

// foreignGroups are the groups by their beginning; longer ones first.
var foreignGroups = []struct {
	begin string
	kind  foreignKind
}{
	{"(?<=", foreignLookBehind}, {"(?<!", foreignLookBehind}, {"(?=", foreignLookAhead}, {"(?!", foreignLookAhead},
	{"(?>", foreignAtomic}, {"(?#", foreignComment}, {"(?P=", foreignBackReference}, {"(?P>", foreignRecursion}, {"(?R", foreignRecursion}, {"(?&", foreignRecursion},
	{"(?0", foreignRecursion}, {"(?1", foreignRecursion}, {"(?2", foreignRecursion}, {"(?+", foreignRecursion},
	{"(?(", foreignConditional}, {"(?|", foreignReset}, {"(?'", foreignQuotedName},
}

// foreignEscape names the escape at the beginning of s if RE2 has not got it.
func foreignEscape(s string) foreignKind {
	switch c := s[1]; c {
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		// \12 is a character in octal; \1 alone is not.
		if c < '8' && len(s) > 2 && s[2] >= '0' && s[2] <= '7' {
			return foreignNone
		}
		return foreignBackReference
	case 'k', 'g':
		return foreignBackReference
	case 'h', 'H':
		return foreignSpace
	case 'R':
		return foreignLineBreak
	case 'N':
		return foreignNotNewline
	case 'Z', 'G', '`', '\'':
		if c == 'Z' || c == 'G' {
			return foreignTextEnd
		}
	case 'K':
		return foreignKeep
	case 'u', 'U':
		return foreignUnicode
	case 'm', 'M', 'y', 'Y':
		return foreignWordEdge
	case 'c', 'e', 'o', 'X':
		return foreignControl
	}
	return foreignNone
}

// explain is the message about something foreign, with what to write instead.
func (k foreignKind) explain(text string) (message, mend string) {
	switch k {
	case foreignLookAhead:
		return text + " is a look-ahead, which is not in RE2", "match what follows too and put the wanted part into a named capture; what must not follow is an exception (unless)"
	case foreignLookBehind:
		return text + " is a look-behind, which is not in RE2", "match what stands before too and put the wanted part into a named capture; what must not stand there is an exception (unless)"
	case foreignBackReference:
		return text + " is a back reference, which is not in RE2", "write the part out again, or compare in a condition (when)"
	case foreignPossessive:
		return text + " is a possessive repetition, which is not in RE2", "leave the second + out: RE2 never needs it to be fast"
	case foreignAtomic:
		return text + " is an atomic group, which is not in RE2", "write (?: instead: RE2 never needs it to be fast"
	case foreignComment:
		return text + " is a comment, which is not in RE2", "write it into about, or behind a # in the YAML"
	case foreignRecursion:
		return text + " is a recursion, which is not in RE2", "write the nesting out as deep as it is needed"
	case foreignConditional:
		return text + " is a conditional group, which is not in RE2", "write both cases as alternatives with |"
	case foreignReset:
		return text + " is a branch reset, which is not in RE2", "write (?: and two rules if both alternatives capture"
	case foreignQuotedName:
		return text + " is not how RE2 names a capture", "write (?P<name>…)"
	case foreignVerb:
		return text + "* is a control verb, which is not in RE2", "leave it out; for a star itself write \\*"
	case foreignFlag:
		return text + " has a flag that is not in RE2", "the flags are i (case), s (. takes line ends too), U (lazy); m is always on"
	case foreignSpace:
		return text + " is not in RE2", "write [ \\t] for blanks, [^ \\t] for anything else"
	case foreignLineBreak:
		return text + " is not in RE2", "write \\r?\\n"
	case foreignNotNewline:
		return text + " is not in RE2", "write . which takes no line end"
	case foreignTextEnd:
		return text + " is not in RE2", "$ is the end of a line, \\z the end of the text, \\A its beginning"
	case foreignKeep:
		return text + " is not in RE2", "put the wanted part into a named capture"
	case foreignUnicode:
		return text + " is not in RE2", "write the character itself, or \\x{e4} by its number"
	case foreignWordEdge:
		return text + " is not in RE2", "write \\b for the edge of a word"
	case foreignControl:
		return text + " is not in RE2", "write the character by its number: \\x1b"
	}
	return "", ""
}
