package rules

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// Inventory is the servers that the company knows, and whose they are. It is immutable once read. Names
// lie in blocks of bytes and are found through sorted numbers: a million servers are a thousand pieces
// of memory, not millions of small strings that every garbage collection would look at.
type Inventory struct {
	seed    maphash.Seed
	records records
	servers int
	keys    index // of every name and alias, and the short form of either
	owners  index // of every customer number, to a server that has it
}

// Known is one server found in the inventory.
type Known struct {
	Name  string // as in the server column, folded
	Owner string // customer number, or ""
	Short bool   // found by its first label only
}

// maxEqual bounds how many servers of one name are looked at: a million called web01 are no answer.
const maxEqual = 64

// Lookup returns the servers known under a name: a host name, an alias, an address, or the first label
// of one; names and aliases before short forms, each in the order of the file. IDN names are found in
// both forms.
func (in *Inventory) Lookup(name string) []Known {
	if in == nil {
		return nil
	}
	key, err := hostKey(name)
	if err != nil {
		return nil
	}
	var found []Known
	for place := range in.keys.find(in.hash(key)) {
		if len(found) == maxEqual {
			break
		}
		if in.records.called(place, key) {
			name, owner := in.records.server(place)
			found = append(found, Known{name, owner, place&shortForm != 0})
		}
	}
	return found
}

// HasCustomer reports whether a server of this customer number is known.
func (in *Inventory) HasCustomer(number string) bool {
	if in == nil || number == "" {
		return false
	}
	for place := range in.owners.find(in.hash(number)) {
		if string(in.records.at(place).owner()) == number {
			return true
		}
	}
	return false
}

// Len is the number of servers.
func (in *Inventory) Len() int {
	if in == nil {
		return 0
	}
	return in.servers
}

func (in *Inventory) hash(key string) uint32 { return uint32(maphash.String(in.seed, key)) }

// maxHostName is how long a host name may be (RFC 1035, 2.3.4, written with dots).
const maxHostName = 253

// hostKey is the form in which names are stored and looked up: lower case, no dot at the end, addresses
// in canonical form, IDN in ASCII (RFC 5891).
func hostKey(s string) (string, error) {
	s = strings.Trim(strings.TrimSpace(s), "[]")
	s = strings.ToLower(strings.TrimRight(s, "."))
	if s == "" {
		return "", errors.New("empty")
	}
	if len(s) > maxHostName {
		return "", errors.New("longer than a host name may be")
	}
	if likeAddress(s) {
		if a, err := netip.ParseAddr(s); err == nil {
			return a.Unmap().String(), nil
		}
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80:
			return asciiHost(s)
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '\\', c == '/':
		default:
			return "", fmt.Errorf("character %q is in no host name", c)
		}
	}
	return s, nil
}

// likeAddress: digits and three dots, or a colon somewhere. All else is no address, and parsing it as
// one would only make an error.
func likeAddress(s string) bool {
	dots := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			dots++
		case c < '0' || c > '9':
			return strings.IndexByte(s, ':') >= 0
		}
	}
	return dots == 3
}

func asciiHost(s string) (string, error) {
	a, err := idna.Lookup.ToASCII(s)
	if err != nil || len(a) > maxHostName {
		return "", errors.New("no host name")
	}
	return a, nil
}
