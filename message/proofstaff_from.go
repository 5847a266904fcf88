package message

import (
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// author is the one address in From.
type author struct{ address, local, domain string }

// author reads From as strictly as it can be written (RFC 5322, 3.6.2): one field, one mailbox, one "@". Servers that verify a sender have
// been led to verify another address than the one shown by every liberty there is: second fields, groups, routes, comments, encoded words.
func (m *Mail) author() (a author, why string) {
	raw := m.Header.RawValues("From")
	switch {
	case len(raw) == 0:
		return a, "no From"
	case len(raw) > 1: // also of the same address: which of them a server has judged, nobody knows
		return a, "more than one From field"
	case len(m.From) != 1:
		return a, "not one address in From"
	}
	spec, ok := plainMailbox(raw[0])
	if !ok || NormalAddress(spec) != m.From[0].Address {
		return a, "From is written so that servers may read another address"
	}
	a.address = m.From[0].Address
	a.local, a.domain, _ = strings.Cut(a.address, "@")
	if !ownableDomain(a.domain) || !plainDomain(spec[strings.LastIndexByte(spec, '@')+1:]) {
		return a, "the domain in From cannot be proved"
	}
	return a, ""
}

// plainMailbox takes the address out of: a@b, <a@b>, Name <a@b>, "Name" <a@b>, a@b (Name). Anything more is refused.
func plainMailbox(s string) (spec string, ok bool) {
	tokens, ok := lexHeader(s, "<>,:;")
	if !ok {
		return "", false
	}
	angle, closed, at := false, false, 0
	for _, t := range tokens {
		switch {
		case t.kind == tokenComment && angle && !closed:
			return "", false
		case t.kind == tokenComment || t.kind == tokenQuoted && !angle:
			continue
		case t.kind == tokenQuoted:
			return "", false // a quoted local part: no address of staff
		case t.is("<"):
			if angle || at > 0 {
				return "", false
			}
			angle = true
		case t.is(">"):
			if !angle || closed {
				return "", false
			}
			closed = true
		case t.kind == tokenMark, closed:
			return "", false // a list, a group, a route; words behind the address
		case strings.Contains(t.text, "@") || angle:
			if at++; at > 1 {
				return "", false
			}
			spec = t.text
		}
	}
	if angle != closed || strings.Count(spec, "@") != 1 || strings.ContainsAny(spec, "\\[]?") || strings.HasSuffix(spec, ".") {
		return "", false
	}
	return spec, angle || len(withoutComments(tokens)) == 1
}

// ownableDomain says whether a domain can be somebody's: below a public suffix (co.at, github.io), and no address of a machine.
func ownableDomain(d string) bool {
	if d == "" || isIP(d) || strings.HasPrefix(d, ".") || strings.HasSuffix(d, ".") {
		return false
	}
	_, err := publicsuffix.EffectiveTLDPlusOne(d)
	return err == nil
}

// plainDomain refuses what only becomes a domain by folding: full-width letters and dots, ligatures, soft hyphens.
func plainDomain(d string) bool {
	d = strings.ToLower(d)
	if isASCII([]byte(d)) {
		return strings.Trim(d, "abcdefghijklmnopqrstuvwxyz0123456789-.") == ""
	}
	u, err := idna.ToUnicode(normalDomain(d))
	return err == nil && u == d
}

// alignedWith says whether who owns the domain d owns the author's: they are the same, or of one organisation (RFC 7489, 3.1) that is
// somebody's own.
func (a author) alignedWith(d string) bool {
	d = strings.ToLower(d)
	return plainDomain(d) && ownableDomain(d) && sameOrganisation(d, a.domain)
}

// is compares an address letter by letter, upper and lower case apart. Only ASCII folds: the Kelvin sign is no k.
func (a author) is(address string) bool { return lowerASCII(address) == lowerASCII(a.address) }

// isLogin says whether a login is the author's: the address, or its local part on a host of the author's own organisation.
func (a author) isLogin(login, host string) bool {
	return a.is(login) || lowerASCII(login) == lowerASCII(a.local) && a.alignedWith(host)
}

func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
