package rules

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"strings"
)

// BadRow is one line of an inventory file that could not be used.
type BadRow struct {
	Line int
	Why  string
}

func (b BadRow) String() string { return fmt.Sprintf("line %d: %s", b.Line, b.Why) }

// maxOwner is how many bytes a customer number may have.
const maxOwner = 40

// ReadInventory reads CSV with the header server,customer_number,aliases; aliases are parted by ";".
// Rows that cannot be used are left out and named with their line; the error is for a file that is no
// inventory at all (no such header, or unreadable).
func ReadInventory(r io.Reader) (*Inventory, []BadRow, error) {
	br := bufio.NewReader(r)
	if mark, _ := br.Peek(3); string(mark) == "\ufeff" {
		br.Discard(3) // or a header in quotes would begin with it, and not with a quote
	}
	cr := csv.NewReader(br)
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
	b := builder{in: &Inventory{seed: maphash.MakeSeed()}}
	var bad []BadRow
	for {
		rec, err := cr.Read()
		if errors.Is(err, io.EOF) {
			return b.done(), bad, nil
		}
		if err != nil { // of the reader: lazy quotes leave nothing that CSV could refuse
			return nil, bad, fmt.Errorf("reading the inventory: %w", err)
		}
		line, _ := cr.FieldPos(0)
		if why := b.add(rec, cols); why != "" {
			if n := strings.Count(strings.Join(rec, ""), "\n"); n > 0 {
				why += fmt.Sprintf("; the row goes on for %d more lines, is a quote not closed?", n)
			}
			bad = append(bad, BadRow{line, why})
		}
		if b.full {
			return nil, bad, fmt.Errorf("line %d: inventory larger than %d bytes of names", line, maxBlocks*blockSize)
		}
	}
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

// builder makes an inventory of rows.
type builder struct {
	in   *Inventory
	keys int // to be indexed
	full bool
}

// add enters one row, or says why it cannot be used, or not all of it.
func (b *builder) add(rec []string, cols [3]int) (why string) {
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
	if len(owner) > maxOwner || strings.ContainsFunc(owner, func(r rune) bool { return r < ' ' }) {
		return fmt.Sprintf("customer_number %q is none", clip(owner, 80))
	}
	server, ok := b.in.records.addServer(name, owner)
	if b.full = !ok; b.full {
		return ""
	}
	b.in.servers++
	b.count(server)
	for aliases := field(cols[2]); aliases != ""; {
		var alias string
		alias, aliases, _ = strings.Cut(aliases, ";")
		if alias = strings.TrimSpace(alias); alias == "" {
			continue
		}
		key, err := hostKey(alias)
		if err != nil {
			why = fmt.Sprintf("alias %q: %v; the server is kept without it", clip(alias, 80), err)
			continue
		}
		place, ok := b.in.records.addAlias(key, server)
		if b.full = !ok; b.full {
			return ""
		}
		b.count(place)
	}
	return why
}

// count counts the keys of a record: it itself, and its short form.
func (b *builder) count(place uint32) {
	b.keys++
	if firstLabel(b.in.records.at(place).key()) != nil {
		b.keys++
	}
}

// done indexes what was added.
func (b *builder) done() *Inventory {
	in := b.in
	hash := func(key []byte) uint32 { return uint32(maphash.Bytes(in.seed, key)) }
	in.keys = newIndex(b.keys, func(yield func(hash, place uint32) bool) {
		for place, rec := range in.records.all() {
			if !yield(hash(rec.key()), place) {
				return
			}
			if short := firstLabel(rec.key()); short != nil && !yield(hash(short), place|shortForm) {
				return
			}
		}
	})
	var owners int
	for range in.records.owners() {
		owners++
	}
	in.owners = newIndex(owners, func(yield func(hash, place uint32) bool) {
		for place, owner := range in.records.owners() {
			if !yield(hash(owner), place) {
				return
			}
		}
	})
	return in
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
