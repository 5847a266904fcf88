package strictyaml

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// value reads one node into v. at is where its key stands.
func (d *Doc) value(n ast.Node, v reflect.Value, key string, tag reflect.StructTag, at place) {
	if d.nodes++; d.nodes == maxNodes {
		d.add(at, key, "the file is too large", "aliases that hold aliases blow it up")
	}
	if d.nodes >= maxNodes {
		return
	}
	if name, al := aliasName(n); al {
		d.alias(name, n, v, key, tag)
		return
	}
	n = d.plain(n, key)
	if isNull(n) { // "smtp:" with nothing below it: as if the key were not there
		if _, says := tag.Lookup("empty"); says {
			d.places[key] = at
		}
		return
	}
	d.places[key] = at
	if _, scalar := n.(ast.ScalarNode); scalar {
		d.places[key] = d.placeOf(n)
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch {
	case isScalar(v):
		d.scalar(n, v, key, tag)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, key, tag)
	case v.Kind() == reflect.Slice:
		d.list(n, v, key, tag)
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		d.table(n, v, key, tag)
	case v.Kind() == reflect.Interface:
		d.add(d.places[key], key, "this key is not read yet", "remove it")
	default:
		d.add(d.places[key], key, fmt.Sprintf("the program cannot read this key (%s)", v.Type()), "")
	}
}

func (d *Doc) alias(name string, n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	target, ok := d.anchors[name]
	switch {
	case !ok:
		d.add(d.placeOf(n), key, fmt.Sprintf("*%s names an anchor that is nowhere", Short(name)), fmt.Sprintf("put &%s before the value that is meant, or quotes around \"*%s\"", Short(name), Short(name)))
	case d.active[name]:
		d.add(d.placeOf(n), key, fmt.Sprintf("*%s holds itself", Short(name)), "")
	default:
		d.active[name] = true
		d.value(target, v, key, tag, d.placeOf(n))
		delete(d.active, name)
	}
}

// plain takes anchors and tags off a node. The standard tags (!!str 5) say nothing that the struct does not know.
func (d *Doc) plain(n ast.Node, key string) ast.Node {
	for {
		switch t := n.(type) {
		case *ast.AnchorNode:
			n = t.Value
		case *ast.TagNode:
			if name := t.GetToken().Value; !strings.HasPrefix(name, "!!") {
				d.add(d.placeOf(t), key, fmt.Sprintf("the tag %s means nothing here", Short(name)), "remove it")
			}
			n = t.Value
		default:
			return n
		}
	}
}

// structure reads a struct from its keys, or from the plain value that is short for one of them.
func (d *Doc) structure(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	name := tag.Get("short")
	short, ok := d.fieldsOf(v.Type())[name]
	if _, scalar := n.(ast.ScalarNode); !ok || !scalar {
		d.mapping(n, v, key)
		return
	}
	setDefaults(v)
	d.value(n, v.Field(short.index), joinKey(key, name), short.tag, d.places[key])
	d.missing(v.Type(), key)
}

func (d *Doc) list(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	seq, ok := n.(*ast.SequenceNode)
	_, loose := tag.Lookup("loose")
	switch {
	case ok:
	case loose:
		d.entry(n, v, key+"[0]", tag, d.places[key])
		return
	default:
		mend := "put brackets around it: [ … ]"
		if m, keys := n.(*ast.MappingNode); keys && !m.IsFlowStyle {
			mend = "write a hyphen before the first key of each entry: - …"
		}
		if src, scalar := sourceOf(n); scalar {
			if _, secret := tag.Lookup("file"); !secret && len(src) < 60 {
				mend = fmt.Sprintf("write [%s]", inList(src))
			}
		}
		d.add(d.places[key], key, "expected a list, found "+kindOf(n), mend)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, len(seq.Values)))
	for i, item := range seq.Values {
		if isNull(item) {
			d.add(d.placeOfEmpty(seq, i), fmt.Sprintf("%s[%d]", key, i), "is empty", "remove the entry, or fill it")
			v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem()))) // so that the others keep their numbers
			continue
		}
		d.entry(item, v, fmt.Sprintf("%s[%d]", key, i), tag, d.placeOf(item))
	}
}

// placeOfEmpty is where an entry without a value stands: its dash, or its null, or the list.
func (d *Doc) placeOfEmpty(seq *ast.SequenceNode, i int) place {
	if i < len(seq.Entries) && seq.Entries[i].GetToken() != nil {
		return d.placeOf(seq.Entries[i])
	}
	if item := seq.Values[i]; item != nil {
		if _, ok := d.source.starts[item.GetToken()]; ok {
			return d.placeOf(item)
		}
	}
	return d.placeOf(seq)
}

// entry reads a further entry of the list v.
func (d *Doc) entry(n ast.Node, v reflect.Value, key string, tag reflect.StructTag, at place) {
	el := reflect.New(v.Type().Elem()).Elem()
	d.value(n, el, key, tag, at)
	v.Set(reflect.Append(v, el))
}

// secretFile reads KEY_file: the content without its last line end, or for a list the lines that are no comments.
func (d *Doc) secretFile(n ast.Node, v reflect.Value, key string) {
	var path string
	d.value(n, reflect.ValueOf(&path).Elem(), key, `path:""`, d.placeOf(n))
	if path == "" {
		return
	}
	raw, err := d.options.ReadFile(path)
	if err != nil {
		d.add(d.nearest(key), key, "cannot read the file: "+path+": "+err.Error(), "")
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
			d.add(d.nearest(key), key, "the file "+path+" holds no entry", "one per line")
		}
	case text == "" || strings.ContainsAny(text, "\n\x00"):
		d.add(d.nearest(key), key, "the file "+path+" does not hold exactly one line", "")
	default:
		v.SetString(text)
	}
}
