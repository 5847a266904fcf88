// Package strictyaml reads YAML into Go structs strictly: it finds everything that is wrong in one go, each
// with its line, column and mend. It knows nothing of what the files are about, and touches no disk.
//
// What a struct field means is said by its tags:
//
//	yaml:"name"      the key; a field without it is none of the file's business
//	required:"why"   the key must be there; the tag's text says what belongs there
//	one:"a|b"        a string must be one of these
//	range:"1..9"     a number must lie within; either end may be missing
//	path:""          a relative path is relative to the file's folder
//	file:""          a secret: KEY_file may name a file that holds it, and it is never printed
//	empty:""         a key with nothing behind it counts as given (Has), with the zero value; others as not there
//	loose:""         a list may be written as its only entry: "words: x" is "words: [x]"
//	short:"name"     a struct may be written as a plain value, which is that of its key name:
//	                 with short:"text", "- x" is "- {text: x}"
//
// A field is a string, bool, int, float64, time.Duration, a struct, or a list, a pointer or a map[string] of
// such. A pointer stays nil where the key is not there. The tags of a list or a map hold for its entries.
// A type with UnmarshalText reads itself, and its Expected() string says what belongs there. A struct with
// SetDefaults is given its defaults before it is read.
//
// Values are named by their key path: "mailboxes[0].imap.port", and "lists.error-words" in a map.
package strictyaml

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Options say what a file may reach for outside itself. The zero value is a file that stands alone.
type Options struct {
	// Env finds environment variables, and ${NAME} in a value is replaced by them ($${ stands for ${).
	// nil: ${NAME} is text like any other.
	Env func(name string) (value string, found bool)
	// ReadFile reads the file that the KEY_file of a secret names; the text of its error is shown to the
	// reader after the path. nil: there is no KEY_file.
	ReadFile func(path string) ([]byte, error)
	// MayBeEmpty says that a file of nothing but comments is as good as one with empty sections. Otherwise it is a problem.
	MayBeEmpty bool
}

// Doc is one file that was read: its problems, and where everything stands.
type Doc struct {
	file     string
	base     string // folder for relative paths
	options  Options
	source   *source
	problems []Problem
	bad      map[string]bool    // every key that has a problem at or below it
	places   map[string]place   // by key path
	contents map[string]content // of scalars, by key path
	anchors  map[string]ast.Node
	active   map[string]bool // anchors being read: one that holds itself has no end
	nodes    int
	root     reflect.Type
}

// place is where a value stands. Lines and columns count from 1, columns in characters.
type place struct{ line, col int }

// content is a scalar as it was read.
type content struct {
	node  ast.Node
	value string
}

// Read reads text, which came from the file of that name, into the struct (or map, or list) that into points
// to. What is wrong with it is in the result's Problems; what could be read is in into nevertheless.
func Read(file string, text []byte, into any, o Options) *Doc {
	d := &Doc{file: file, base: filepath.Dir(file), options: o, source: newSource(text), places: map[string]place{},
		contents: map[string]content{}, bad: map[string]bool{}, anchors: map[string]ast.Node{}, active: map[string]bool{}}
	d.root = reflect.TypeOf(into).Elem()
	if body, ok := d.parse(text); ok {
		d.value(body, reflect.ValueOf(into).Elem(), "", "", place{1, 1})
	}
	return d
}

// File is the name under which the file was read.
func (d *Doc) File() string { return d.file }

// Problems lists what is wrong, in the order of the file.
func (d *Doc) Problems() []Problem {
	all := slices.Clone(d.problems)
	Sort(all)
	return all
}

// Add adds a problem at a place of its own, such as one that Inside gave.
func (d *Doc) Add(line, col int, key, text, mend string) { d.add(place{line, col}, key, text, mend) }

// ProblemAt adds a problem with a value that was read well; key need not stand in the file: then the
// nearest that holds it is pointed at.
func (d *Doc) ProblemAt(key, text, mend string) { d.put(d.Problem(key, text, mend)) }

// Warn is Add for what does not keep the file from being used.
func (d *Doc) Warn(line, col int, key, text, mend string) {
	d.put(Problem{File: d.file, Line: line, Col: col, Key: key, Text: text, Mend: mend, Warning: true})
}

// WarnAt is ProblemAt for what does not keep the file from being used.
func (d *Doc) WarnAt(key, text, mend string) {
	p := d.Problem(key, text, mend)
	p.Warning = true
	d.put(p)
}

// Problem is what ProblemAt adds, for callers who keep it to themselves.
func (d *Doc) Problem(key, text, mend string) Problem {
	line, col := d.PlaceOf(key)
	return Problem{File: d.file, Line: line, Col: col, Key: key, Text: text, Mend: mend}
}

func (d *Doc) add(at place, key, text, mend string) {
	d.put(Problem{File: d.file, Line: at.line, Col: at.col, Key: key, Text: text, Mend: mend})
}

func (d *Doc) put(p Problem) {
	d.problems = append(d.problems, p)
	if p.Warning {
		return
	}
	d.bad[""] = true
	for key := p.Key; key != ""; key = above(key) {
		d.bad[key] = true
	}
}

// above is the key that holds another: a[0] for a[0].b, and a for a[0].
func above(key string) string { return key[:max(strings.LastIndexAny(key, ".["), 0)] }

// PlaceOf is where the value of a key stands, or the nearest key above it: line and column, from 1.
// A list or a mapping stands where its key stands.
func (d *Doc) PlaceOf(key string) (line, col int) {
	p := d.nearest(key)
	return p.line, p.col
}

func (d *Doc) nearest(key string) place {
	for key != "" {
		if p, ok := d.places[key]; ok {
			return p
		}
		key = above(key)
	}
	return place{1, 1}
}

// Has says whether the key stands in the file. Has("") says whether the file is YAML at all, with anything in it.
func (d *Doc) Has(key string) bool { _, ok := d.places[key]; return ok }

// Given says whether the key stands in the file and could be read: only then its value is worth checking.
func (d *Doc) Given(key string) bool { return d.Has(key) && !d.BadBelow(key) }

// BadBelow says whether something at or below the key could not be read: what depends on it is not worth saying.
func (d *Doc) BadBelow(key string) bool { return d.bad[key] }
