package strictyaml

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// keyIn is one key of a mapping as it stands in the file.
type keyIn struct {
	name   string
	at     place
	value  ast.Node
	merged bool // came by <<, and gives way to what stands in the mapping itself
}

// fieldOf is what a struct says of one key.
type fieldOf struct {
	index int
	tag   reflect.StructTag
	file  bool // the key is KEY_file of a secret
}

// mapping reads a mapping into a struct.
func (d *Doc) mapping(n ast.Node, v reflect.Value, key string) {
	setDefaults(v)
	fields := d.fieldsOf(v.Type())
	keys, ok := d.keysOf(n, key)
	if !ok {
		d.add(d.places[key], key, "expected keys ("+d.exampleKeys(v.Type())+"), found "+kindOf(n), "")
		return
	}
	seen := map[string]place{}
	for _, k := range keys {
		full := joinKey(key, k.name)
		f, known := fields[k.name]
		first, twice := seen[k.name]
		switch {
		case k.merged && (twice || !known):
			continue // a merged mapping may hold more than is wanted here
		case !known:
			d.add(k.at, full, "unknown key", d.unknownMend(k.name, key, v.Type()))
			continue
		case twice:
			d.add(k.at, full, fmt.Sprintf("this key stands twice: first in line %d", first.line), "remove one of the two")
			continue
		}
		seen[k.name] = k.at
		if f.file {
			plain := strings.TrimSuffix(k.name, "_file")
			if slices.ContainsFunc(keys, func(o keyIn) bool { return o.name == plain && !o.merged && !isNull(o.value) }) {
				d.add(k.at, full, fmt.Sprintf("%s is given as well", plain), "keep one of the two")
				continue
			}
			if !isNull(k.value) {
				d.places[joinKey(key, plain)] = k.at
			}
			d.secretFile(k.value, v.Field(f.index), full)
			continue
		}
		d.value(k.value, v.Field(f.index), full, f.tag, k.at)
	}
	d.missing(v.Type(), key)
}

// table reads a mapping whose keys are free names.
func (d *Doc) table(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	keys, ok := d.keysOf(n, key)
	if !ok {
		d.add(d.places[key], key, "expected names with their values, found "+kindOf(n), "")
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(keys)))
	seen := map[string]place{}
	for _, k := range keys {
		full := joinKey(key, k.name)
		first, twice := seen[k.name]
		switch {
		case k.merged && twice:
			continue
		case twice:
			d.add(k.at, full, fmt.Sprintf("this key stands twice: first in line %d", first.line), "remove one of the two")
			continue
		case k.name == "":
			d.add(k.at, key, "a name is empty", "write a word before the colon")
			continue
		case isNull(k.value):
			d.add(k.at, full, "is empty", "remove it, or fill it")
			continue
		}
		seen[k.name] = k.at
		el := reflect.New(v.Type().Elem()).Elem()
		d.value(k.value, el, full, tag, k.at)
		v.SetMapIndex(reflect.ValueOf(k.name).Convert(v.Type().Key()), el)
	}
}

// missing names the keys that must be there and are not.
func (d *Doc) missing(t reflect.Type, key string) {
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		full := joinKey(key, name)
		why, required := f.Tag.Lookup("required")
		if required && !d.Has(full) && !d.BadBelow(full) {
			d.add(d.nearest(full), full, "is missing", why)
		}
		// A section that is not there at all has keys that are missing, too.
		if f.Type.Kind() == reflect.Struct && name != "" && !required && !isScalarType(f.Type) && !d.Has(full) {
			d.missing(f.Type, full)
		}
	}
}

// keysOf lists the keys of a mapping, merged ones (<<: *anchor) last.
func (d *Doc) keysOf(n ast.Node, key string) (keys []keyIn, ok bool) {
	var pairs []*ast.MappingValueNode
	switch t := n.(type) {
	case *ast.MappingNode:
		pairs = t.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{t}
	default:
		return nil, false
	}
	var merged []keyIn
	for _, p := range pairs {
		if p.Key.IsMergeKey() {
			merged = append(merged, d.merge(p.Value, key)...)
			continue
		}
		name, scalar := sourceOf(p.Key)
		if !scalar {
			d.add(d.placeOf(p), key, "a key must be a plain word", "put it in quotes")
			continue
		}
		keys = append(keys, keyIn{name: name, at: d.placeOf(p), value: p.Value})
	}
	return append(keys, merged...), true
}

func (d *Doc) merge(n ast.Node, key string) []keyIn {
	if seq, ok := n.(*ast.SequenceNode); ok {
		var all []keyIn
		for _, item := range seq.Values {
			all = append(all, d.merge(item, key)...)
		}
		return all
	}
	name, alias := aliasName(n)
	target := d.anchors[name]
	if !alias || target == nil || d.active[name] {
		d.add(d.placeOf(n), key, "<< must name an anchor that stands elsewhere in the file", "write <<: *name")
		return nil
	}
	d.active[name] = true
	defer delete(d.active, name)
	keys, ok := d.keysOf(d.plain(target, key), key)
	if !ok {
		d.add(d.placeOf(n), key, "<< must name a mapping", "")
	}
	for i := range keys {
		keys[i].merged, keys[i].at = true, d.placeOf(n)
	}
	return keys
}

// fieldsOf lists the keys that a struct knows.
func (d *Doc) fieldsOf(t reflect.Type) map[string]fieldOf {
	fields := map[string]fieldOf{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("yaml")
		if name == "" {
			continue
		}
		fields[name] = fieldOf{index: i, tag: f.Tag}
		if d.hasFile(f.Tag) {
			fields[name+"_file"] = fieldOf{index: i, tag: f.Tag, file: true}
		}
	}
	return fields
}

// hasFile says whether KEY_file is a key besides KEY.
func (d *Doc) hasFile(tag reflect.StructTag) bool {
	_, secret := tag.Lookup("file")
	return secret && d.options.ReadFile != nil
}

// unknownMend says what was probably meant: a name like it, the only one that there is, or the section where the key belongs, best one
// of the sections below key.
func (d *Doc) unknownMend(name, key string, t reflect.Type) string {
	best, bestDistance := "", max(1, len(name)/3)+1
	known := d.keyNames(t)
	for _, k := range known {
		dist := editDistance(foldKey(name), foldKey(k))
		if len(name) > 2 && strings.HasPrefix(foldKey(k), foldKey(name)) {
			dist = min(dist, 1)
		}
		if dist < bestDistance {
			best, bestDistance = k, dist
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	homes := homesOf(name, d.root, "", nil)
	below := slices.DeleteFunc(slices.Clone(homes), func(home string) bool { return !strings.HasPrefix(home, anyIndex(key)+".") })
	if len(below) > 0 {
		homes = below
	}
	if len(homes) > 0 && len(homes) < 4 && len(known) > 1 {
		return "it belongs under " + strings.Join(homes, " or ")
	}
	if len(known) > 12 {
		return ""
	}
	return "known here: " + strings.Join(known, ", ")
}

// anyIndex writes steps[2] as homesOf does.
func anyIndex(key string) string { return listIndex.ReplaceAllString(key, "[…]") }

var listIndex = regexp.MustCompile(`\[\d+\]`)

// homesOf lists the sections that know a key of that name. on are the structs on the way: one may hold itself.
func homesOf(name string, t reflect.Type, key string, on []reflect.Type) []string {
	t, key = elementOf(t, key)
	if t.Kind() != reflect.Struct || isScalarType(t) || slices.Contains(on, t) {
		return nil
	}
	var homes []string
	for i := range t.NumField() {
		f := t.Field(i)
		k := f.Tag.Get("yaml")
		if k == "" {
			continue
		}
		if k == name && key != "" {
			homes = append(homes, key)
		}
		homes = append(homes, homesOf(name, f.Type, joinKey(key, k), append(on, t))...)
	}
	return homes
}

// elementOf follows pointers, lists and maps to what they hold, and the key with them.
func elementOf(t reflect.Type, key string) (reflect.Type, string) {
	for {
		switch t.Kind() {
		case reflect.Pointer:
		case reflect.Slice:
			key += "[…]"
		case reflect.Map:
			key = joinKey(key, "NAME")
		default:
			return t, key
		}
		t = t.Elem()
	}
}

func (d *Doc) keyNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("yaml"); name != "" {
			names = append(names, name)
			if d.hasFile(f.Tag) {
				names = append(names, name+"_file")
			}
		}
	}
	return names
}

func (d *Doc) exampleKeys(t reflect.Type) string {
	names := d.keyNames(t)
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func foldKey(s string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(s))
}

func joinKey(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// editDistance counts the insertions, deletions, replacements and swaps of neighbours between two words.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 60 || len(y) > 60 {
		return max(len(x), len(y))
	}
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
