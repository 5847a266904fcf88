package rules

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// Inventory is the servers that the company knows, and whose they are. It is immutable once read, and
// keeps all names in one block of bytes: a million servers are 100 MB, not a million small strings.
type Inventory struct {
	seed    maphash.Seed
	names   []byte // every name and alias, one after the other
	entries []entry
	table   []uint64 // open addressing: the hash of a key, and the head of its chain as index into entries + 1
	keys    int      // slots of table in use
	rows    []row
	owners  []string
	ownerID map[string]uint32 // while reading

	customers []string // the owners, sorted
}

// entry is one key under which a row is found: a name, an alias, or the short form of either.
type entry struct {
	off  uint32 // of the key in names
	row  uint32
	next uint32 // the next entry of an equal key, + 1
	len  uint16
	kind keyKind
}

type keyKind uint8

const (
	keyName  keyKind = iota // the server column
	keyAlias                // the aliases column
	keyShort                // the first label of either
)

// row is one server of the file.
type row struct {
	off   uint32 // of its name in names
	len   uint16
	owner uint32
}

// Known is one server found in the inventory.
type Known struct {
	Name  string // as in the server column, folded
	Owner string // customer number, or ""
	Short bool   // found by its first label only
}

// BadRow is one line of an inventory file that could not be used.
type BadRow struct {
	Line int
	Why  string
}

func (b BadRow) String() string { return fmt.Sprintf("line %d: %s", b.Line, b.Why) }

// maxInventoryBytes bounds the names of one inventory: offsets are 32 bits wide.
const maxInventoryBytes = 1 << 31

// ReadInventory reads CSV with the header server,customer_number,aliases; aliases are parted by ";".
// Rows that cannot be used are left out and named with their line; the error is for a file that is no
// inventory at all (no such header, or unreadable).
func ReadInventory(r io.Reader) (*Inventory, []BadRow, error) {
	in := &Inventory{seed: maphash.MakeSeed(), ownerID: map[string]uint32{}}
	in.owner("")
	cr := csv.NewReader(r)
	cr.FieldsPerRecord, cr.ReuseRecord, cr.LazyQuotes = -1, true, true
	head, err := cr.Read()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, errors.New("line 1: empty file, wanted the header server,customer_number,aliases")
		}
		return nil, nil, fmt.Errorf("reading the header: %w", err)
	}
	cols, err := columns(head)
	if err != nil {
		return nil, nil, err
	}
	var bad []BadRow
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := cr.FieldPos(0)
		if err != nil {
			var pe *csv.ParseError
			if !errors.As(err, &pe) {
				return nil, bad, fmt.Errorf("reading the inventory: %w", err)
			}
			bad = append(bad, BadRow{pe.StartLine, pe.Err.Error()})
			continue
		}
		if why := in.add(rec, cols); why != "" {
			bad = append(bad, BadRow{line, why})
		}
		if len(in.names) > maxInventoryBytes {
			return nil, bad, fmt.Errorf("line %d: inventory larger than %d bytes of names", line, maxInventoryBytes)
		}
	}
	in.ownerID = nil
	in.names, in.entries, in.rows = slices.Clone(in.names), slices.Clone(in.entries), slices.Clone(in.rows) // without room to grow
	in.customers = slices.Sorted(slices.Values(in.owners))
	return in, bad, nil
}

// columns finds the three columns by their names, in any order; further columns are not read.
func columns(head []string) ([3]int, error) {
	cols := [3]int{-1, -1, -1}
	for i, h := range head {
		switch strings.ToLower(strings.Trim(h, " \t\ufeff")) {
		case "server":
			cols[0] = i
		case "customer_number":
			cols[1] = i
		case "aliases":
			cols[2] = i
		}
	}
	if cols[0] < 0 || cols[1] < 0 {
		return cols, fmt.Errorf("line 1: wanted the header server,customer_number,aliases, got %q", strings.Join(head, ","))
	}
	return cols, nil
}

func (in *Inventory) add(rec []string, cols [3]int) (why string) {
	field := func(c int) string {
		if c < 0 || c >= len(rec) {
			return ""
		}
		return strings.TrimSpace(rec[c])
	}
	name, err := hostKey(field(cols[0]))
	if err != nil {
		return fmt.Sprintf("server %q: %v", clip(field(cols[0]), 80), err)
	}
	owner := field(cols[1])
	if strings.ContainsFunc(owner, func(r rune) bool { return r < ' ' }) || len(owner) > 40 {
		return fmt.Sprintf("customer_number %q is none", clip(owner, 80))
	}
	n := uint32(len(in.rows))
	off, length := in.store(name)
	in.rows = append(in.rows, row{off, length, in.owner(owner)})
	in.index(off, length, n, keyName)
	for alias := range strings.SplitSeq(field(cols[2]), ";") {
		if alias = strings.TrimSpace(alias); alias == "" {
			continue
		}
		key, err := hostKey(alias)
		if err != nil {
			why = fmt.Sprintf("alias %q: %v; the server is kept without it", clip(alias, 80), err)
			continue
		}
		off, length := in.store(key)
		in.index(off, length, n, keyAlias)
	}
	return why
}

func (in *Inventory) store(s string) (uint32, uint16) {
	off := uint32(len(in.names))
	in.names = append(in.names, s...)
	return off, uint16(len(s))
}

func (in *Inventory) owner(s string) uint32 {
	if id, ok := in.ownerID[s]; ok {
		return id
	}
	id := uint32(len(in.owners))
	s = strings.Clone(s)
	in.owners, in.ownerID[s] = append(in.owners, s), id
	return id
}

// index enters a key and, for a name of several labels, its first label.
func (in *Inventory) index(off uint32, length uint16, rowID uint32, kind keyKind) {
	in.enter(entry{off: off, len: length, row: rowID, kind: kind})
	key := in.names[off : off+uint32(length)]
	if i := bytes.IndexByte(key, '.'); i > 1 && digits(string(key[:i])) < i && string(key[:i]) != "www" {
		in.enter(entry{off: off, len: uint16(i), row: rowID, kind: keyShort})
	}
}

func (in *Inventory) enter(e entry) {
	if (in.keys+1)*4 > len(in.table)*3 {
		in.grow()
	}
	h := in.hash(in.names[e.off : e.off+uint32(e.len)])
	slot := in.slot(h, in.names[e.off:e.off+uint32(e.len)])
	if in.table[slot] == 0 {
		in.keys++
	}
	e.next = uint32(in.table[slot])
	in.entries = append(in.entries, e)
	in.table[slot] = uint64(h)<<32 | uint64(len(in.entries))
}

// grow doubles the table. Chains stay as they are, only their heads move.
func (in *Inventory) grow() {
	old := in.table
	in.table = make([]uint64, max(1024, 2*len(old)))
	mask := len(in.table) - 1
	for _, head := range old {
		if head == 0 {
			continue
		}
		i := int(head>>32) & mask
		for in.table[i] != 0 {
			i = (i + 1) & mask
		}
		in.table[i] = head
	}
}

func (in *Inventory) hash(key []byte) uint32 { return uint32(maphash.Bytes(in.seed, key)) }

// slot is where the head of key's chain stands, or the empty slot where it would.
func (in *Inventory) slot(h uint32, key []byte) int {
	mask := len(in.table) - 1
	i := int(h) & mask
	for in.table[i] != 0 {
		if uint32(in.table[i]>>32) == h {
			e := &in.entries[uint32(in.table[i])-1]
			if string(in.names[e.off:e.off+uint32(e.len)]) == string(key) {
				break
			}
		}
		i = (i + 1) & mask
	}
	return i
}

// maxEqual bounds how many servers of one name are looked at: a million called web01 are no answer.
const maxEqual = 64

// Lookup returns the servers known under a name: a host name, an alias, an address, or the first label
// of one; names and aliases before short forms. IDN names are found in both forms.
func (in *Inventory) Lookup(name string) []Known {
	if in == nil || len(in.table) == 0 {
		return nil
	}
	key, err := hostKey(name)
	if err != nil {
		return nil
	}
	var full, short []Known
	for id, n := uint32(in.table[in.slot(in.hash([]byte(key)), []byte(key))]), 0; id != 0 && n < maxEqual; n++ {
		e := &in.entries[id-1]
		r := in.rows[e.row]
		k := Known{string(in.names[r.off : r.off+uint32(r.len)]), in.owners[r.owner], e.kind == keyShort}
		if k.Short {
			short = append(short, k)
		} else {
			full = append(full, k)
		}
		id = e.next
	}
	return append(full, short...)
}

// HasCustomer reports whether a server of this customer number is known.
func (in *Inventory) HasCustomer(number string) bool {
	if in == nil || number == "" {
		return false
	}
	_, found := slices.BinarySearch(in.customers, number)
	return found
}

// Len is the number of servers.
func (in *Inventory) Len() int {
	if in == nil {
		return 0
	}
	return len(in.rows)
}

// hostKey is the form in which names are stored and looked up: lower case, no trailing dot, addresses
// in canonical form, IDN in ASCII (RFC 5891).
func hostKey(s string) (string, error) {
	s = strings.Trim(strings.TrimSpace(s), "[]")
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if s == "" {
		return "", errors.New("empty")
	}
	if last := s[len(s)-1]; last <= '9' || strings.IndexByte(s, ':') >= 0 {
		if a, err := netip.ParseAddr(s); err == nil {
			return a.Unmap().String(), nil
		}
	}
	if len(s) > 253 {
		return "", errors.New("longer than a host name may be")
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

func asciiHost(s string) (string, error) {
	a, err := idna.Lookup.ToASCII(s)
	if err != nil {
		return "", errors.New("no host name")
	}
	return a, nil
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
