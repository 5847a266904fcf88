package main

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// This file reads YAML into Go structs strictly: it finds everything that is wrong in one go, each with
// its line, column and mend. It knows nothing of what the files are about. What a struct field means is
// said by its tags:
//
//	yaml:"name"      the key; a field without it is none of the file's business
//	required:"why"   the key must be there; the tag's text says what belongs there
//	one:"a|b"        a string must be one of these
//	range:"1..9"     an integer must lie within
//	path:""          a relative path is relative to the file's folder
//	file:""          a secret: KEY_file may name a file that holds it, and it is never printed
//
// A type with UnmarshalText reads itself; its error is the problem's text. A struct with SetDefaults is
// given its defaults before it is read.

// maxYAMLNodes bounds what aliases can blow up to.
const maxYAMLNodes = 100_000

// yamlPlace is where a value stands. Lines and columns count from 1, columns in characters.
type yamlPlace struct{ line, col int }

// yamlDoc is one file that was read: its problems, and where everything stands.
type yamlDoc struct {
	file     string
	base     string // folder for relative paths
	lookup   func(string) (string, bool)
	problems []Problem
	places   map[string]yamlPlace // by key path
	anchors  map[string]ast.Node
	active   map[string]bool // anchors being read: one that holds itself has no end
	nodes    int
	root     reflect.Type
}

// readYAML reads text, which came from the file of that name, into the struct that into points to.
// lookup finds environment variables. All problems are in the result.
func readYAML(file string, text []byte, into any, lookup func(string) (string, bool)) *yamlDoc {
	d := &yamlDoc{file: file, base: filepath.Dir(file), lookup: lookup,
		places: map[string]yamlPlace{}, anchors: map[string]ast.Node{}, active: map[string]bool{}}
	d.root = reflect.TypeOf(into).Elem()
	body, ok := d.parse(text)
	if ok {
		d.value(body, reflect.ValueOf(into).Elem(), "", reflect.StructTag(""), yamlPlace{1, 1})
	}
	sortProblems(d.problems)
	return d
}

// parse makes the syntax tree, or says why there is none.
func (d *yamlDoc) parse(text []byte) (body ast.Node, ok bool) {
	text = []byte(strings.TrimPrefix(string(text), "\uFEFF"))
	if line, ok := notText(text); ok {
		d.add(yamlPlace{line: line}, "", "this is no UTF-8 text", "save the file as UTF-8")
		return nil, false
	}
	f, err := parseYAML(text)
	if err != nil {
		p := Problem{File: d.file, Text: "this is no YAML: " + oneLine(err.Error())}
		var ye yaml.Error
		if errors.As(err, &ye) {
			p.Text = "this is no YAML: " + strings.ReplaceAll(ye.GetMessage(), "character '\t'", "a tab")
			if t := ye.GetToken(); t != nil && t.Position != nil {
				p.Line, p.Col = t.Position.Line, t.Position.Column
			}
			p.Mend = syntaxMend(ye.GetMessage(), lineOf(text, p.Line))
		}
		d.problems = append(d.problems, p)
		return nil, false
	}
	var bodies []ast.Node
	for _, doc := range f.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.NullType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0:
		d.problems = append(d.problems, Problem{File: d.file, Text: "the file is empty"})
		return nil, false
	case len(bodies) > 1:
		d.add(placeOf(bodies[1]), "", "a second document begins here", "one file holds one document: remove the line ---")
		return nil, false
	}
	ast.Walk(anchorFinder{d}, bodies[0])
	return bodies[0], true
}

// notText finds the first line that holds what no text file holds: an umlaut saved as Latin-1, for one.
func notText(text []byte) (line int, found bool) {
	for l := range bytes.Lines(text) {
		line++
		if !utf8.Valid(l) || bytes.ContainsRune(l, 0) {
			return line, true
		}
	}
	return 0, false
}

// parseYAML stands between us and a parser that panics on some broken texts.
func parseYAML(text []byte) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the parser gave up on it")
		}
	}()
	return parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
}

type anchorFinder struct{ d *yamlDoc }

func (a anchorFinder) Visit(n ast.Node) ast.Visitor {
	if an, ok := n.(*ast.AnchorNode); ok && an.Name != nil {
		a.d.anchors[an.Name.GetToken().Value] = an.Value
	}
	return a
}

func (d *yamlDoc) add(at yamlPlace, key, text, mend string) {
	d.problems = append(d.problems, Problem{File: d.file, Line: at.line, Col: at.col, Key: key, Text: text, Mend: mend})
}

// problemAt adds a problem with a value that was read well; key need not stand in the file: then the
// nearest that holds it is pointed at.
func (d *yamlDoc) problemAt(key, text, mend string) { d.add(d.place(key), key, text, mend) }

func (d *yamlDoc) warnAt(key, text, mend string) {
	d.problemAt(key, text, mend)
	d.problems[len(d.problems)-1].Warning = true
}

// place is where the value of a key stands, or the nearest key above it.
func (d *yamlDoc) place(key string) yamlPlace {
	for key != "" {
		if p, ok := d.places[key]; ok {
			return p
		}
		key = key[:max(strings.LastIndexAny(key, ".["), 0)]
	}
	return yamlPlace{1, 1}
}

// has says whether the key stands in the file.
func (d *yamlDoc) has(key string) bool { _, ok := d.places[key]; return ok }

// given says whether the key stands in the file and could be read: only then its value is worth checking.
func (d *yamlDoc) given(key string) bool { return d.has(key) && !d.badBelow(key) }

// badBelow says whether something at or below the key could not be read: what depends on it is not worth saying.
func (d *yamlDoc) badBelow(key string) bool {
	for _, p := range d.problems {
		if !p.Warning && (p.Key == key || strings.HasPrefix(p.Key, key+".") || strings.HasPrefix(p.Key, key+"[")) {
			return true
		}
	}
	return false
}

// value reads one node into v. at is where its key stands.
func (d *yamlDoc) value(n ast.Node, v reflect.Value, key string, tag reflect.StructTag, at yamlPlace) {
	if d.nodes++; d.nodes == maxYAMLNodes {
		d.add(at, key, "the file is too large", "aliases that hold aliases blow it up")
	}
	if d.nodes >= maxYAMLNodes {
		return
	}
	if name, al := aliasName(n); al {
		d.alias(name, n, v, key, tag)
		return
	}
	n = d.plain(n, key)
	if isNull(n) { // "smtp:" with nothing below it: as if the key were not there
		return
	}
	d.places[key] = at
	if _, scalar := n.(ast.ScalarNode); scalar {
		d.places[key] = placeOf(n)
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch {
	case isScalar(v):
		d.scalar(n, v, key, tag)
	case v.Kind() == reflect.Struct:
		d.mapping(n, v, key)
	case v.Kind() == reflect.Slice:
		d.list(n, v, key, tag)
	case v.Kind() == reflect.Interface:
		d.add(d.places[key], key, "this key is not read yet", "remove it")
	default:
		d.add(d.places[key], key, fmt.Sprintf("the program cannot read this key (%s)", v.Type()), "")
	}
}

func (d *yamlDoc) alias(name string, n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	target, ok := d.anchors[name]
	switch {
	case !ok:
		d.add(placeOf(n), key, fmt.Sprintf("*%s names an anchor that is nowhere", name), fmt.Sprintf("put &%s before the value that is meant, or quotes around \"*%s\"", name, name))
	case d.active[name]:
		d.add(placeOf(n), key, fmt.Sprintf("*%s holds itself", name), "")
	default:
		d.active[name] = true
		d.value(target, v, key, tag, placeOf(n))
		delete(d.active, name)
	}
}

// plain takes anchors and tags off a node. The standard tags (!!str 5) say nothing that the struct does not know.
func (d *yamlDoc) plain(n ast.Node, key string) ast.Node {
	for {
		switch t := n.(type) {
		case *ast.AnchorNode:
			n = t.Value
		case *ast.TagNode:
			if name := t.GetToken().Value; !strings.HasPrefix(name, "!!") {
				d.add(placeOf(t), key, fmt.Sprintf("the tag %s means nothing here", name), "remove it")
			}
			n = t.Value
		default:
			return n
		}
	}
}

func (d *yamlDoc) list(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		mend := "put brackets around it: [ … ]"
		if src, scalar := sourceOf(n); scalar {
			if _, secret := tag.Lookup("file"); !secret && len(src) < 60 {
				mend = fmt.Sprintf("write [%s]", src)
			}
		}
		d.add(d.places[key], key, "expected a list, found "+kindOf(n), mend)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(seq.Values)))
	for i, item := range seq.Values {
		el := reflect.New(v.Type().Elem()).Elem()
		itemKey := fmt.Sprintf("%s[%d]", key, i)
		if isNull(item) {
			d.add(placeOf(seq), itemKey, "is empty", "remove the entry, or fill it")
			continue
		}
		d.value(item, el, itemKey, tag, placeOf(item))
		v.Set(reflect.Append(v, el))
	}
}

// secretFile reads KEY_file: the content without its last line end, or for a list the lines that are no comments.
func (d *yamlDoc) secretFile(n ast.Node, v reflect.Value, key string) {
	var path string
	d.value(n, reflect.ValueOf(&path).Elem(), key, `path:""`, placeOf(n))
	if path == "" {
		return
	}
	raw, err := readSmall(path)
	if err != nil {
		d.add(d.place(key), key, "cannot read the file: "+path+": "+reason(err), "")
		return
	}
	text := strings.TrimRight(string(raw), "\r\n")
	switch {
	case v.Kind() == reflect.Slice:
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				v.Set(reflect.Append(v, reflect.ValueOf(line)))
			}
		}
		if v.Len() == 0 {
			d.add(d.place(key), key, "the file "+path+" holds no entry", "one per line")
		}
	case text == "" || strings.ContainsAny(text, "\n\x00"):
		d.add(d.place(key), key, "the file "+path+" does not hold exactly one line", "")
	default:
		v.SetString(text)
	}
}

func placeOf(n ast.Node) yamlPlace {
	// The token of a mapping is its first colon; people look for the key.
	switch t := n.(type) {
	case *ast.MappingNode:
		if len(t.Values) > 0 && !t.IsFlowStyle {
			return tokenPlace(t.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return tokenPlace(t.Key.GetToken())
	}
	return tokenPlace(n.GetToken())
}

func tokenPlace(t *token.Token) yamlPlace {
	if t == nil || t.Position == nil {
		return yamlPlace{1, 1}
	}
	return yamlPlace{t.Position.Line, t.Position.Column}
}
