package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// parse makes the syntax tree, or says why there is none.
func (d *Doc) parse(text []byte) (body ast.Node, ok bool) {
	if line, why, mend := notText(text); why != "" {
		d.add(place{line: line}, "", why, mend)
		return nil, false
	}
	if len(text) > maxBytes {
		d.put(Problem{File: d.file, Text: "the file is too large", Mend: fmt.Sprintf("it may hold %d MB", maxBytes>>20)})
		return nil, false
	}
	f, err := d.parseTokens()
	if err != nil {
		d.addSyntax(err)
		return nil, false
	}
	var bodies []ast.Node
	for _, doc := range f.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.NullType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch {
	case len(bodies) == 0 && d.options.MayBeEmpty:
		return nil, false
	case len(bodies) == 0:
		d.put(Problem{File: d.file, Text: "the file is empty"})
		return nil, false
	case len(bodies) > 1:
		d.add(d.placeOf(bodies[1]), "", "a second document begins here", "one file holds one document: remove the line ---")
		return nil, false
	}
	ast.Walk(anchorFinder{d}, bodies[0])
	return bodies[0], true
}

// notText finds the first line that holds what no text file holds: an umlaut saved as Latin-1, for one. why is "" if
// there is none.
func notText(text []byte) (line int, why, mend string) {
	for l := range bytes.Lines(text) {
		line++
		switch {
		case bytes.IndexByte(l, 0) >= 0: // as UTF-16 has, too
			return line, "a NUL byte stands here, as in no text file", "remove it, or save the file as UTF-8"
		case !utf8.Valid(l):
			return line, "this is no UTF-8 text", "save the file as UTF-8"
		}
	}
	return 0, "", ""
}

// parseTokens stands between us and a parser that panics on some broken texts.
func (d *Doc) parseTokens() (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("the parser gave up on it")
		}
	}()
	tokens := lexer.Tokenize(d.source.text)
	d.source.align(tokens)
	if err := tooLarge(tokens); err != nil { // before the parser, which has no bounds of its own
		return nil, err
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

func (d *Doc) addSyntax(err error) {
	var large *largeError
	if errors.As(err, &large) {
		d.add(d.source.placeOf(large.at), "", large.text, large.mend)
		return
	}
	p := Problem{File: d.file, Text: "this is no YAML: " + clip(OneLine(err.Error()), maxShownKey)}
	var ye yaml.Error
	if errors.As(err, &ye) {
		p.Text = "this is no YAML: " + clip(strings.ReplaceAll(ye.GetMessage(), "character '\t'", "a tab"), maxShownKey)
		if t := ye.GetToken(); t != nil {
			at := d.source.placeOf(t)
			p.Line, p.Col = at.line, at.col
		}
		p.Mend = syntaxMend(ye.GetMessage(), d.source.line(p.Line))
	}
	d.put(p)
}

type anchorFinder struct{ d *Doc }

func (a anchorFinder) Visit(n ast.Node) ast.Visitor {
	if an, ok := n.(*ast.AnchorNode); ok && an.Name != nil {
		a.d.anchors[an.Name.GetToken().Value] = an.Value
	}
	return a
}

// syntaxMend helps with what people get wrong most often in YAML.
func syntaxMend(message, line string) string {
	switch {
	case strings.Contains(message, "tab") || strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "indent with blanks, never with tabs"
	case strings.Contains(line, "${"):
		return `put "${…}" in double quotes`
	case strings.Contains(message, "reserved") || strings.Contains(message, "directive"):
		return "put the value in quotes"
	case strings.Contains(message, "non-map value"):
		return "a key without its colon, or a line that is not finished"
	case strings.Contains(message, "not allowed in this context"):
		return "the indentation is off, or a value that holds a colon needs quotes"
	case strings.Contains(message, "must be specified") || strings.Contains(message, "could not find end") || strings.Contains(message, "' not found"):
		return "a bracket, brace or quote that was opened is not closed"
	}
	return ""
}

// sourceOf is a plain value as it stands in the file (0700 stays 0700), without its quotes.
func sourceOf(n ast.Node) (string, bool) {
	switch t := n.(type) {
	case *ast.StringNode:
		return t.Value, true
	case *ast.LiteralNode:
		if t.Value == nil {
			return "", true
		}
		return strings.TrimRight(t.Value.Value, "\n"), true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return strings.TrimSpace(t.GetToken().Value), true
	case *ast.AnchorNode:
		return sourceOf(t.Value)
	case *ast.TagNode:
		return sourceOf(t.Value)
	}
	return "", false
}

func isNull(n ast.Node) bool { return n == nil || n.Type() == ast.NullType }

func aliasName(n ast.Node) (string, bool) {
	a, ok := n.(*ast.AliasNode)
	if !ok || a.Value == nil {
		return "", ok
	}
	return a.Value.GetToken().Value, true
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.SequenceNode:
		return "a list"
	}
	if src, ok := sourceOf(n); ok && src == "" {
		return "an empty text"
	}
	return "a single value"
}

func (d *Doc) placeOf(n ast.Node) place {
	// The token of a mapping is its first colon; people look for the key.
	switch t := n.(type) {
	case *ast.MappingNode:
		if len(t.Values) > 0 && !t.IsFlowStyle {
			return d.source.placeOf(t.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return d.source.placeOf(t.Key.GetToken())
	}
	return d.source.placeOf(n.GetToken())
}
