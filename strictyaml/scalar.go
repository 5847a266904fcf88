package strictyaml

import (
	"cmp"
	"encoding"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
	envName      = regexp.MustCompile(`\$?\$\{([^}]*)\}`)
	envGood      = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// scalar reads one plain value.
func (d *Doc) scalar(n ast.Node, v reflect.Value, key string, tag reflect.StructTag) {
	at := d.places[key]
	src, ok := sourceOf(n)
	if !ok {
		d.add(at, key, "expected "+expectation(v, tag)+", found "+kindOf(n), cmp.Or(colonMend(n, v, tag), bracketMend(n, v, tag)))
		return
	}
	text := src
	if d.options.Env != nil {
		if text, ok = d.expand(src, at, key); !ok {
			return
		}
	}
	d.contents[key] = content{n, text}
	_, secret := tag.Lookup("file")
	found := fmt.Sprintf("%q", src)
	if secret || len(src) > 80 {
		found = "something else"
	}
	if err := setScalar(v, text, tag); err != nil {
		var mend mendError
		if errors.As(err, &mend) {
			d.add(at, key, "expected "+expectation(v, tag)+", found "+found, mend.mend)
		} else {
			d.add(at, key, "expected "+expectation(v, tag)+", found "+found, "")
		}
		return
	}
	if _, isPath := tag.Lookup("path"); isPath && text != "" && !filepath.IsAbs(text) {
		v.SetString(filepath.Join(d.base, text))
	}
}

// colonMend helps with a text that became a mapping because it holds a colon: "- Error: disk full".
func colonMend(n ast.Node, v reflect.Value, tag reflect.StructTag) string {
	braces := false
	switch t := n.(type) {
	case *ast.MappingNode:
		braces = t.IsFlowStyle
	case *ast.MappingValueNode:
		braces = t.IsFlowStyle
	default:
		return ""
	}
	if braces || expectation(v, tag) != "text" {
		return ""
	}
	return "a text that holds a colon needs quotes around it"
}

// bracketMend helps with a text that became a list because it stands in brackets: "- [EXTERN]".
func bracketMend(n ast.Node, v reflect.Value, tag reflect.StructTag) string {
	list, ok := n.(*ast.SequenceNode)
	if _, secret := tag.Lookup("file"); !ok || secret || !list.IsFlowStyle || len(list.Values) != 1 || expectation(v, tag) != "text" {
		return ""
	}
	src, ok := sourceOf(list.Values[0])
	if !ok || src == "" || len(src) >= 60 {
		return ""
	}
	return fmt.Sprintf("write %s, or with quotes %q if the brackets belong to it", inList(src), "["+src+"]")
}

// inList writes a text as it has to stand between the brackets of a list.
func inList(src string) string {
	if strings.ContainsAny(src, "[]{},#\"") || strings.Contains(src, ": ") {
		return strconv.Quote(src)
	}
	return src
}

// mendError is a value that does not fit, with the mend.
type mendError struct{ mend string }

func (e mendError) Error() string { return e.mend }

func setScalar(v reflect.Value, text string, tag reflect.StructTag) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch {
	case v.Type() == durationType:
		dur, err := parseDuration(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(dur))
	case v.Kind() == reflect.Bool:
		switch text {
		case "true", "false":
			v.SetBool(text == "true")
		case "yes", "on", "ja", "Yes", "On", "True", "TRUE", "1":
			return mendError{"write true"}
		case "no", "off", "nein", "No", "Off", "False", "FALSE", "0":
			return mendError{"write false"}
		default:
			return errors.New("no")
		}
	case v.CanInt():
		i, err := strconv.ParseInt(text, 10, 64)
		lo, hi := rangeOf(tag)
		if err != nil || float64(i) < lo || float64(i) > hi || v.OverflowInt(i) {
			return errors.New("no")
		}
		v.SetInt(i)
	case v.CanFloat():
		f, err := strconv.ParseFloat(text, 64)
		lo, hi := rangeOf(tag)
		if _, comma := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64); err != nil && comma == nil {
			return mendError{"write " + strings.Replace(text, ",", ".", 1)}
		}
		if err != nil || !(f >= lo && f <= hi) || math.IsInf(f, 0) || strings.ContainsAny(text, "xX_") {
			return errors.New("no")
		}
		v.SetFloat(f)
	case v.Kind() == reflect.String:
		if one := tag.Get("one"); one != "" {
			for choice := range strings.SplitSeq(one, "|") {
				if text == choice {
					v.SetString(text)
					return nil
				}
				if editDistance(strings.ToLower(text), choice) <= 1 && len(choice) > 2 {
					return mendError{fmt.Sprintf("did you mean %q?", choice)}
				}
			}
			return errors.New("no")
		}
		v.SetString(text)
	default:
		return fmt.Errorf("unreadable kind %s", v.Kind())
	}
	return nil
}

// expectation says in words what belongs into a value.
func expectation(v reflect.Value, tag reflect.StructTag) string {
	if e, ok := v.Addr().Interface().(interface{ Expected() string }); ok {
		return e.Expected()
	}
	switch {
	case v.Type() == durationType:
		return "a duration such as 30m"
	case v.Kind() == reflect.Bool:
		return "true or false"
	case v.CanInt(), v.CanFloat():
		from, to, _ := strings.Cut(tag.Get("range"), "..")
		switch {
		case from != "" && to != "":
			return "a number from " + from + " to " + to
		case from != "":
			return "a number, " + from + " or more"
		case to != "":
			return "a number, " + to + " or less"
		}
		return "a number"
	case tag.Get("one") != "":
		choices := strings.Split(tag.Get("one"), "|")
		last := len(choices) - 1
		if last == 0 {
			return strconv.Quote(choices[0])
		}
		return strings.Join(choices[:last], ", ") + " or " + choices[last]
	}
	return "text"
}

// rangeOf reads the tag range:"1..9"; either end may be missing.
func rangeOf(tag reflect.StructTag) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	from, to, _ := strings.Cut(tag.Get("range"), "..")
	if f, err := strconv.ParseFloat(from, 64); err == nil {
		lo = f
	}
	if f, err := strconv.ParseFloat(to, 64); err == nil {
		hi = f
	}
	return lo, hi
}

// expand puts the environment into a value: ${NAME}; $${ stands for itself.
func (d *Doc) expand(src string, at place, key string) (text string, ok bool) {
	ok = true
	text = envName.ReplaceAllStringFunc(src, func(m string) string {
		if strings.HasPrefix(m, "$$") {
			return m[1:]
		}
		name := m[2 : len(m)-1]
		value, found := "", false
		if envGood.MatchString(name) {
			value, found = d.options.Env(name)
		} else {
			d.add(at, key, fmt.Sprintf("%s does not name an environment variable", Short(m)), "write $${ for a dollar and a brace")
			ok = false
			return ""
		}
		if !found {
			d.add(at, key, fmt.Sprintf("the environment variable %s is not set", Short(name)), "set it before notfalld starts")
			ok = false
		}
		return value
	})
	return text, ok
}

// parseDuration reads what time.ParseDuration reads, and days and weeks besides. Negative ones make no sense in any of our files.
func parseDuration(s string) (time.Duration, error) {
	s = strings.TrimSpace(s)
	if s == "0" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		return 0, mendError{fmt.Sprintf("the unit is missing: %ds, %dm, %dh or %dd", n, n, n, n)}
	}
	if strings.HasPrefix(s, "-") {
		return 0, mendError{"it cannot be negative"}
	}
	for unit, length := range map[string]time.Duration{"d": 24 * time.Hour, "w": 7 * 24 * time.Hour} {
		if digits, ok := strings.CutSuffix(s, unit); ok {
			n, err := strconv.ParseFloat(digits, 64)
			if err != nil {
				continue
			}
			if n < 0 || n > float64(math.MaxInt64)/float64(length) || math.IsNaN(n) {
				return 0, errors.New("no duration")
			}
			return time.Duration(n * float64(length)), nil
		}
	}
	if short := strings.ReplaceAll(s, " ", ""); short != s {
		if _, err := parseDuration(short); err == nil {
			return 0, mendError{"write " + short}
		}
	}
	return time.ParseDuration(s)
}

func isScalar(v reflect.Value) bool { return isScalarType(v.Type()) }

func isScalarType(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Int32, reflect.Float64:
		return true
	}
	return reflect.PointerTo(t).Implements(textType)
}

func setDefaults(v reflect.Value) {
	if v.CanAddr() {
		if s, ok := v.Addr().Interface().(interface{ SetDefaults() }); ok {
			s.SetDefaults()
		}
	}
}
