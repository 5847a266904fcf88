package templates

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
	"text/template/parse"
	"unicode/utf8"
)

// fieldCheck walks parsed templates and finds the values that do not exist, in branches too that no
// sample takes. text/template itself finds only the first, and only when it gets there.
type fieldCheck struct {
	trees    map[string]*parse.Tree
	done     map[string]bool // template and type of its dot
	problems []*Problem
	files    map[string]file
}

// template checks the named one with values of type dot; nil means that nothing is known of them.
func (c *fieldCheck) template(name string, dot reflect.Type) {
	key := fmt.Sprint(name, dot)
	tree := c.trees[name]
	if tree == nil || tree.Root == nil || c.done[key] {
		return
	}
	c.done[key] = true
	w := fieldWalk{c, tree, map[string]reflect.Type{"$": dot}}
	w.node(tree.Root, dot)
}

type fieldWalk struct {
	c    *fieldCheck
	tree *parse.Tree
	vars map[string]reflect.Type // a name that two scopes share is checked as its last meaning
}

func (w *fieldWalk) node(n parse.Node, dot reflect.Type) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, k := range n.Nodes {
				w.node(k, dot)
			}
		}
	case *parse.ActionNode:
		w.pipe(n.Pipe, dot)
	case *parse.IfNode:
		w.pipe(n.Pipe, dot)
		w.node(n.List, dot)
		w.node(n.ElseList, dot)
	case *parse.WithNode:
		t := w.pipe(n.Pipe, dot)
		w.node(n.List, t)
		w.node(n.ElseList, dot)
	case *parse.RangeNode:
		t := element(w.pipe(n.Pipe, dot))
		if d := n.Pipe.Decl; len(d) > 0 {
			w.vars[d[len(d)-1].Ident[0]] = t
			if len(d) == 2 {
				w.vars[d[0].Ident[0]] = reflect.TypeFor[int]()
			}
		}
		w.node(n.List, t)
		w.node(n.ElseList, dot)
	case *parse.TemplateNode:
		t := w.pipe(n.Pipe, dot)
		if w.c.trees[n.Name] == nil {
			w.problem(n, n.Name, fmt.Sprintf("no template is called %q: define it, or call one that there is", n.Name))
			return
		}
		w.c.template(n.Name, t)
	}
}

// pipe checks a pipeline and returns its type, nil if that cannot be told.
func (w *fieldWalk) pipe(p *parse.PipeNode, dot reflect.Type) reflect.Type {
	if p == nil {
		return nil
	}
	var t reflect.Type
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			t = w.arg(arg, dot)
		}
		if len(cmd.Args) > 1 || len(p.Cmds) > 1 {
			t = nil // a function's result
		}
	}
	for _, d := range p.Decl {
		w.vars[d.Ident[0]] = t
	}
	return t
}

func (w *fieldWalk) arg(n parse.Node, dot reflect.Type) reflect.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return w.path(n, dot, n.Ident)
	case *parse.VariableNode:
		return w.path(n, w.vars[n.Ident[0]], n.Ident[1:])
	case *parse.ChainNode:
		return w.path(n, w.arg(n.Node, dot), n.Field)
	case *parse.PipeNode:
		return w.pipe(n, dot)
	}
	return nil
}

func (w *fieldWalk) path(n parse.Node, t reflect.Type, names []string) reflect.Type {
	for _, name := range names {
		for t != nil && t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		switch {
		case t == nil:
			return nil
		case t.Kind() != reflect.Struct:
			w.problem(n, "."+name, fmt.Sprintf(".%s is asked of a %s, which has no parts: write the name alone, or check where this stands", name, t.Kind()))
			return nil
		}
		f, ok := t.FieldByName(name)
		if !ok || !f.IsExported() {
			w.problem(n, "."+name, fmt.Sprintf(".%s does not exist: %s", name, mend(name, t)))
			return nil
		}
		t = f.Type
	}
	return t
}

// problem notes what is wrong with a node. The place that text/template knows is the node's end where
// there are several names; the clue puts it right.
func (w *fieldWalk) problem(n parse.Node, clue, text string) {
	where, _ := w.tree.ErrorContext(n)
	p := located(fmt.Errorf("template: %s: %s", where, text), w.c.files, w.tree.ParseName)
	lines := strings.Split(w.c.files[w.tree.ParseName].text, "\n")
	if p.Line <= len(lines) {
		if i := strings.Index(lines[p.Line-1], clue); i >= 0 {
			p.Column = utf8.RuneCountInString(lines[p.Line-1][:i]) + 1
		}
	}
	w.c.problems = append(w.c.problems, p)
}

// element is what a range over t gives.
func element(t reflect.Type) reflect.Type {
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		return t.Elem()
	}
	return nil
}

// mend names the field that was probably meant, or all that there are.
func mend(name string, t reflect.Type) string {
	var all []string
	best, distance := "", 3
	for _, field := range reflect.VisibleFields(t) {
		if !field.IsExported() {
			continue
		}
		f := field.Name
		all = append(all, "."+f)
		if d := edits(strings.ToLower(name), strings.ToLower(f)); d < distance {
			best, distance = f, d
		}
	}
	if best != "" {
		return "did you mean ." + best + "?"
	}
	sort.Strings(all)
	return "there are " + strings.Join(all, " ")
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		prev := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			prev, row[j] = row[j], min(row[j]+1, row[j-1]+1, prev+cost)
		}
	}
	return row[len(b)]
}
