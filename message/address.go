package message

import (
	"strings"

	"golang.org/x/net/idna"
)

// maxAddresses bounds an address list.
const maxAddresses = 1000

// parseAddresses reads an address list (RFC 5322, 3.4) from an unfolded, undecoded field. net/mail
// refuses much of what clients write; this reads it: semicolons between addresses, names with
// commas' quotes forgotten, encoded words in quotes, groups, comments as names, trailing junk.
// What holds no @ is no address and is left out.
func parseAddresses(s string) []Address {
	var out []Address
	p := addressParser{rest: s}
	for p.rest != "" && len(out) < maxAddresses {
		out = append(out, p.next()...)
	}
	return out
}

type addressParser struct {
	rest string
	open bool // a comment that is never closed has been met: brackets are ordinary characters
	odd  bool // the same for a quoted string: looking for its end again and again would be quadratic
}

// next reads up to the next separator and returns the addresses found there: none, one, or more where
// a list lacks its commas.
func (p *addressParser) next() []Address {
	var out []Address
	var phrase, comment strings.Builder
	var specs []string // addresses with a quoted local part that stand outside brackets
	for p.rest != "" {
		c := p.rest[0]
		switch {
		case c == '"':
			text, domain := p.quoted()
			if domain != "" {
				specs = append(specs, cutLastWord(&phrase)+text+domain)
				break
			}
			phrase.WriteString(" " + text + " ")
		case c == '(' && !p.open:
			comment.WriteString(p.comment())
		case c == '<':
			if addr, ok := p.angle(); ok {
				if a, ok := newAddress(phrase.String()+strings.Join(specs, " "), addr); ok {
					out = append(out, a)
				}
				phrase.Reset()
				specs = nil
			}
		case c == ',' || c == ';':
			p.rest = p.rest[1:]
			return finishAddress(out, specs, phrase.String(), comment.String())
		case c == ':' && !strings.Contains(phrase.String(), "@") && !strings.HasSuffix(strings.ToLower(phrase.String()), "mailto"):
			phrase.Reset() // the name of a group, or "mailto:"
			p.rest = p.rest[1:]
		default:
			phrase.WriteByte(c)
			p.rest = p.rest[1:]
		}
	}
	return finishAddress(out, specs, phrase.String(), comment.String())
}

// cutLastWord takes off the word that stands right before a quoted string: eva."lang"@firma.at is one
// local part (obs-local-part, RFC 5322, 4.4), and half of it would be somebody else.
func cutLastWord(phrase *strings.Builder) string {
	s := phrase.String()
	i := strings.LastIndexAny(s, " \t") + 1
	phrase.Reset()
	phrase.WriteString(s[:i])
	return s[i:]
}

// finishAddress turns what stood outside brackets into addresses: "a@b.at (Name)", or several.
func finishAddress(out []Address, specs []string, phrase, comment string) []Address {
	if len(out) > 0 {
		if out[len(out)-1].Name == "" {
			out[len(out)-1].Name = decodeHeader(strings.TrimSpace(comment))
		}
	}
	for _, w := range strings.Fields(phrase) {
		if i := strings.LastIndexByte(w, '@'); i > 0 && i < len(w)-1 {
			specs = append(specs, w)
		}
	}
	for _, w := range specs {
		if a, ok := newAddress(comment, w); ok {
			out = append(out, a)
		}
	}
	return out
}

// quoted reads a quoted string. If it is (the end of) a local part, it comes as it stands, and the rest
// of the address with it (RFC 5321, 4.1.2); else without its quotes. One that is never closed ends
// before the address or the separator.
func (p *addressParser) quoted() (text, domain string) {
	var content string
	var n int
	if !p.odd {
		var closed bool
		content, n, closed = readClosedQuoted(p.rest)
		p.odd = !closed
	}
	if p.odd {
		p.rest = p.rest[1:]
		return "", ""
	}
	raw, rest := p.rest[:n], p.rest[n:]
	p.rest = rest
	if after := strings.TrimLeft(rest, " \t"); strings.HasPrefix(after, "@") || strings.HasPrefix(rest, ".") {
		end := specEnd(after)
		if strings.Contains(after[:end], "@") {
			p.rest = after[end:]
			return raw, after[:end]
		}
	}
	return content, ""
}

// specEnd is where an address outside brackets ends: at a blank or a separator outside quotes.
func specEnd(s string) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			_, n, closed := readClosedQuoted(s[i:])
			if !closed {
				return i
			}
			i += n - 1
		case ' ', '\t', ',', ';', '<', '>', '(':
			return i
		}
	}
	return len(s)
}

// readClosedQuoted is readQuoted for strings that may never end, as names in From often do.
func readClosedQuoted(s string) (text string, length int, closed bool) {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			text, length = readQuoted(s[:i+1])
			return text, length, true
		}
	}
	return "", 0, false
}

func (p *addressParser) comment() string {
	depth := 0
	for i := 0; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				c := p.rest[1:i]
				p.rest = p.rest[i+1:]
				return c
			}
		}
	}
	p.rest, p.open = p.rest[1:], true
	return ""
}

// angle reads <address>, with an obsolete route ("<@relay:a@b>") or a missing bracket.
func (p *addressParser) angle() (string, bool) {
	stops := ">,;"
	if strings.HasPrefix(p.rest, "<@") {
		stops = ">" // a route holds commas (RFC 5322, 4.4)
	}
	end := 1 + angleEnd(p.rest[1:], stops)
	addr := p.rest[1:end]
	p.rest = strings.TrimPrefix(p.rest[end:], ">")
	addr = strings.TrimLeft(addr, "< \t")
	if strings.HasPrefix(addr, "@") {
		if _, a, ok := strings.Cut(addr, ":"); ok {
			addr = a
		}
	}
	return addr, strings.Contains(addr, "@")
}

// angleEnd is the place of the first of stops that is not inside a quoted local part.
func angleEnd(s, stops string) int {
	odd := false // a quoted string that never ends has been met
	for i := 0; i < len(s); i++ {
		if s[i] == '"' && !odd {
			_, n, closed := readClosedQuoted(s[i:])
			if odd = !closed; odd {
				continue
			}
			if after := strings.TrimLeft(s[i+n:], " \t"); strings.HasPrefix(after, "@") || strings.HasPrefix(after, ".") {
				i += n - 1
			}
		} else if strings.IndexByte(stops, s[i]) >= 0 {
			return i
		}
	}
	return len(s)
}

// newAddress is false for what holds no address after all.
func newAddress(name, addr string) (Address, bool) {
	name = decodeHeader(strings.TrimSpace(name))
	a := Address{Name: strings.Trim(name, " \t'\""), Address: NormalAddress(decodeHeader(addr))}
	return a, validAddress(a.Address)
}

// validAddress says whether s, a normal address, can be written to: nothing that a command of SMTP or a
// header field could be broken out of with. A quoted local part may hold blanks, never an "@".
func validAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 320 || strings.Contains("."+domain+".", "..") {
		return false
	}
	if inner, ok := strings.CutPrefix(local, `"`); ok {
		local, ok = strings.CutSuffix(inner, `"`)
		if !ok || strings.ContainsAny(local, `<>\"`) || strings.ContainsFunc(local, isControl) {
			return false
		}
	} else if needsQuotes(local) || strings.ContainsFunc(local, isControl) {
		return false
	}
	if literal, ok := strings.CutPrefix(domain, "["); ok { // RFC 5321, 4.1.3
		literal, ok = strings.CutSuffix(literal, "]")
		return ok && literal != "" && strings.Trim(strings.ToLower(literal), "0123456789abcdefipv.:") == ""
	}
	return !strings.ContainsFunc(domain, func(r rune) bool {
		return r < 0x80 && r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	})
}

func isControl(r rune) bool { return r < ' ' || r == 0x7F }

// NormalAddress brings an address into the form in which addresses are compared and stored: the domain
// in lower-case ASCII (RFC 5890), no "mailto:", the local part letter by letter as written, in quotes
// only if it needs them: "eva.huber"@b.at is eva.huber@b.at, and eva.@b.at is "eva."@b.at, the only form
// in which SMTP has it (RFC 5321, 4.1.2). What is no address comes back without blanks around it.
func NormalAddress(s string) string {
	s = strings.Trim(strings.TrimSpace(s), "<>' \t")
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasSuffix(s, `"`) && strings.Count(s, `"`) == 2 {
		s = strings.Trim(s, `"`) // quoted as a whole
	} else if strings.Count(s, `"`) == 1 {
		s = strings.Trim(s, `"`)
	}
	local, domain, ok := cutSpec(s)
	if !ok {
		return s
	}
	if needsQuotes(local) {
		local = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(local) + `"`
	}
	return local + "@" + normalDomain(domain)
}

// cutSpec takes an addr-spec apart at its "@", the local part without quotes. Blanks around dots and
// "@" are no part of it (RFC 5322, 4.4); any other stays, for "eva huber" is not evahuber.
func cutSpec(s string) (local, domain string, ok bool) {
	var b strings.Builder
	glue := true // a blank here means nothing: at the start, behind a dot
	blank := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == ' ' || c == '\t' {
			blank = !glue
			continue
		}
		if c == '@' {
			labels := strings.Split(s[i+1:], ".")
			for i := range labels {
				labels[i] = strings.TrimSpace(labels[i])
			}
			domain = strings.Join(labels, ".")
			return b.String(), domain, b.Len() > 0 && domain != ""
		}
		if blank && c != '.' {
			b.WriteByte(' ')
		}
		blank, glue = false, c == '.'
		if c != '"' {
			b.WriteByte(c)
			continue
		}
		text, n, closed := readClosedQuoted(s[i:])
		if before := strings.TrimRight(s[:i], " \t"); !closed || before != "" && !strings.HasSuffix(before, ".") {
			return "", "", false
		}
		b.WriteString(text)
		i += n - 1
	}
	return "", "", false
}

// needsQuotes says whether a local part is no dot-atom (RFC 5322, 3.2.3; non-ASCII by RFC 6531, 3.3).
func needsQuotes(local string) bool {
	return strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") ||
		strings.ContainsAny(local, " \t()<>[]:;,@\\\"")
}

func normalDomain(d string) string {
	d = strings.ToLower(strings.TrimSuffix(d, "."))
	if isASCII([]byte(d)) {
		return d
	}
	if a, err := idnaProfile.ToASCII(d); err == nil {
		return a
	}
	return d
}

var idnaProfile = idna.New(idna.MapForLookup(), idna.Transitional(false))

// Addresses reads the value of a field of addresses (RFC 5322, 3.4).
func Addresses(raw string) []Address { return parseAddresses(raw) }
