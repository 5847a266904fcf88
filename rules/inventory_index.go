package rules

import (
	"bytes"
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// records are the servers and aliases of an inventory, in the order of its file, in blocks that never
// move: nothing is copied while they grow. The place of a record is one number, its block in the upper
// bits and the offset within the block in the lower.
//
//	server: length of its name, length of its owner + 1, name, owner
//	alias:  length of the alias, 0, place of its server (4 bytes), alias
type records struct {
	blocks [][]byte
}

const (
	blockBits  = 16
	blockSize  = 1 << blockBits
	serverHead = 2
	aliasHead  = 6
	shortForm  = 1 << 31 // in a place: only the first label is meant
	maxBlocks  = shortForm >> blockBits
)

// addServer and addAlias enter a record and return its place; false if there is no room left.
func (r *records) addServer(name, owner string) (place uint32, ok bool) {
	return r.add([]byte{byte(len(name)), byte(len(owner) + 1)}, name, owner)
}

func (r *records) addAlias(alias string, server uint32) (place uint32, ok bool) {
	head := [aliasHead]byte{byte(len(alias))}
	binary.LittleEndian.PutUint32(head[2:], server)
	return r.add(head[:], alias, "")
}

func (r *records) add(head []byte, name, owner string) (place uint32, ok bool) {
	last := len(r.blocks) - 1
	if last < 0 || len(r.blocks[last])+len(head)+len(name)+len(owner) > blockSize {
		if len(r.blocks) == maxBlocks {
			return 0, false
		}
		r.blocks = append(r.blocks, make([]byte, 0, blockSize))
		last++
	}
	b := r.blocks[last]
	place = uint32(last<<blockBits | len(b))
	r.blocks[last] = append(append(append(b, head...), name...), owner...)
	return place, true
}

func (r *records) at(place uint32) record {
	return record(r.blocks[place&^shortForm>>blockBits][place&(blockSize-1):])
}

// called reports whether name is what stands at a place.
func (r *records) called(place uint32, name string) bool {
	k := r.at(place).key()
	if place&shortForm != 0 {
		k = firstLabel(k)
	}
	return string(k) == name
}

// server is the name and the owner of the server at a place, or of the one whose alias is there.
func (r *records) server(place uint32) (name, owner string) {
	rec := r.at(place)
	if rec.alias() {
		rec = r.at(binary.LittleEndian.Uint32(rec[2:]))
	}
	both, n := string(rec[serverHead:rec.size()]), int(rec[0]) // one string, cut in two
	return both[:n], both[n:]
}

// all yields the records and their places.
func (r *records) all() iter.Seq2[uint32, record] {
	return func(yield func(uint32, record) bool) {
		for i, b := range r.blocks {
			for from := 0; from < len(b); {
				rec := record(b[from:])
				if !yield(uint32(i<<blockBits|from), rec) {
					return
				}
				from += rec.size()
			}
		}
	}
}

// owners yields the customer numbers and a server of each; neighbours of one customer once.
func (r *records) owners() iter.Seq2[uint32, []byte] {
	return func(yield func(uint32, []byte) bool) {
		var last []byte
		for place, rec := range r.all() {
			if rec.alias() || bytes.Equal(rec.owner(), last) {
				continue
			}
			last = rec.owner()
			if !yield(place, last) {
				return
			}
		}
	}
}

// record is a block from the beginning of a record on.
type record []byte

func (r record) alias() bool { return r[1] == 0 }

func (r record) size() int {
	if r.alias() {
		return aliasHead + int(r[0])
	}
	return serverHead + int(r[0]) + int(r[1]) - 1
}

// key is the name of a server, or the alias.
func (r record) key() []byte {
	if r.alias() {
		return r[aliasHead : aliasHead+int(r[0])]
	}
	return r[serverHead : serverHead+int(r[0])]
}

// owner is that of a server.
func (r record) owner() []byte { return r[serverHead+int(r[0]) : r.size()] }

// firstLabel is the short form of a name, nil if it has none: www, numbers, single letters, and names of
// one label.
func firstLabel(name []byte) []byte {
	numeric := true
	for i, c := range name {
		if c == '.' {
			if i < 2 || numeric || string(name[:i]) == "www" {
				return nil
			}
			return name[:i]
		}
		numeric = numeric && c >= '0' && c <= '9'
	}
	return nil
}

// index finds places by the hash of what stands there.
type index struct {
	refs   []uint64 // hash and place, sorted: equal hashes are together, names before short forms, in the order of the file
	starts []uint32 // where each bucket begins in refs; the bucket of a hash is its upper bits
	shift  int      // of a hash to its bucket
}

// newIndex is the index of n hashes and their places.
func newIndex(n int, all iter.Seq2[uint32, uint32]) index {
	x := index{refs: make([]uint64, 0, n), shift: 32 - bits.Len32(uint32(n/4))}
	for hash, place := range all {
		x.refs = append(x.refs, uint64(hash)<<32|uint64(place))
	}
	slices.Sort(x.refs)
	x.starts = make([]uint32, 1<<(32-x.shift)+1)
	for _, ref := range x.refs {
		x.starts[uint32(ref>>32)>>x.shift+1]++
	}
	for i := range x.starts[1:] {
		x.starts[i+1] += x.starts[i]
	}
	return x
}

// find yields the places with a hash.
func (x *index) find(hash uint32) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		bucket := x.refs[x.starts[hash>>x.shift]:x.starts[hash>>x.shift+1]]
		i, _ := slices.BinarySearch(bucket, uint64(hash)<<32)
		for ; i < len(bucket) && uint32(bucket[i]>>32) == hash; i++ {
			if !yield(uint32(bucket[i])) {
				return
			}
		}
	}
}
