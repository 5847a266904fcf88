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
}

// next reads up to the next separator and returns the addresses found there: none, one, or more where
// a list lacks its commas.
func (p *addressParser) next() []Address {
	var out []Address
	var phrase, comment strings.Builder
	for p.rest != "" {
		c := p.rest[0]
		switch {
		case c == '"':
			phrase.WriteByte(' ')
			phrase.WriteString(p.quoted())
			phrase.WriteByte(' ')
		case c == '(' && !p.open:
			comment.WriteString(p.comment())
		case c == '<':
			if addr, ok := p.angle(); ok {
				if a, ok := newAddress(phrase.String(), addr); ok {
					out = append(out, a)
				}
				phrase.Reset()
			}
		case c == ',' || c == ';':
			p.rest = p.rest[1:]
			return finishAddress(out, phrase.String(), comment.String())
		case c == ':' && !strings.Contains(phrase.String(), "@") && !strings.HasSuffix(strings.ToLower(phrase.String()), "mailto"):
			phrase.Reset() // the name of a group, or "mailto:"
			p.rest = p.rest[1:]
		default:
			phrase.WriteByte(c)
			p.rest = p.rest[1:]
		}
	}
	return finishAddress(out, phrase.String(), comment.String())
}

// finishAddress turns what stood outside brackets into addresses: "a@b.at (Name)", or several.
func finishAddress(out []Address, phrase, comment string) []Address {
	if len(out) > 0 {
		if out[len(out)-1].Name == "" {
			out[len(out)-1].Name = decodeHeader(strings.TrimSpace(comment))
		}
	}
	for _, w := range strings.Fields(phrase) {
		if i := strings.LastIndexByte(w, '@'); i > 0 && i < len(w)-1 {
			if a, ok := newAddress(comment, w); ok {
				out = append(out, a)
			}
		}
	}
	return out
}

// quoted reads a quoted string; one that is never closed ends before the address or the separator.
func (p *addressParser) quoted() string {
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		case c == '"':
			p.rest = p.rest[i+1:]
			if strings.HasPrefix(p.rest, "@") { // a quoted local part
				at := p.rest
				end := strings.IndexAny(at, " \t,;<>")
				if end < 0 {
					end = len(at)
				}
				p.rest = at[end:]
				return strings.ReplaceAll(b.String(), " ", "_") + at[:end]
			}
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	p.rest = p.rest[1:]
	return ""
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
	end := strings.IndexAny(p.rest[1:], stops)
	var addr string
	if end < 0 {
		addr, p.rest = p.rest[1:], ""
	} else {
		addr, p.rest = p.rest[1:1+end], strings.TrimPrefix(p.rest[1+end:], ">")
	}
	addr = strings.TrimLeft(addr, "< \t")
	if strings.HasPrefix(addr, "@") {
		if _, a, ok := strings.Cut(addr, ":"); ok {
			addr = a
		}
	}
	return addr, strings.Contains(addr, "@")
}

// newAddress is false for what holds no address after all.
func newAddress(name, addr string) (Address, bool) {
	name = decodeHeader(strings.TrimSpace(name))
	a := Address{Name: strings.Trim(name, " \t'\""), Address: NormalAddress(decodeHeader(addr))}
	return a, validAddress(a.Address)
}

// validAddress says whether mail could be sent to s: nothing that a command of SMTP or a header field
// could be broken out of with.
func validAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 320 || strings.Contains("."+domain+".", "..") || strings.ContainsAny(local, `<>(),;:\"[]`) {
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

// NormalAddress brings an address into the form in which addresses are compared and stored: the local
// part as written, the domain in lower-case ASCII (RFC 5890), no "mailto:", no blanks.
func NormalAddress(s string) string {
	s = strings.Join(strings.Fields(s), "")
	s = strings.Trim(s, "<>'\"")
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	return s[:at+1] + normalDomain(s[at+1:])
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
