package rules

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"notfalld/strictyaml"
)

//go:embed shipped
var shippedFiles embed.FS

// File is one file of a rule folder.
type File struct {
	Name string // as problems name it
	Text []byte
}

// Problem is one thing that is wrong with a rule file: file, line, column, what, and the mend.
type Problem = strictyaml.Problem

// Problems are everything that is wrong with a rule set, in the order of the files.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, x := range p {
		lines[i] = x.String()
	}
	return strings.Join(lines, "\n")
}

func isRuleFile(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}

func isTestFile(name string) bool {
	return strings.HasSuffix(name, ".test.yaml") || strings.HasSuffix(name, ".test.yml")
}

// file is one rule file that was read.
type file struct {
	raw     rawFile
	doc     *strictyaml.Doc
	name    string
	shipped bool
}

func (f *file) place(key string) Place {
	line, col := f.doc.PlaceOf(key)
	return Place{f.name, line, col}
}

// loader makes a Set of files, and collects everything that is wrong with them.
type loader struct {
	files    []*file
	lists    map[string][]string // folded lists by name
	off      map[string][]Rule   // by section, what is switched off
	set      *Set
	problems []Problem
}

// Load makes a rule set of the shipped files and those of an admin, in this order. The error is Problems, all of them
// at once; what is only worth a word stands in Warnings.
func Load(admin []File) (*Set, error) {
	shipped, err := readShipped()
	if err != nil {
		return nil, err
	}
	l := &loader{lists: map[string][]string{}, off: map[string][]Rule{}, set: &Set{files: admin}}
	for i, f := range slices.Concat(shipped, admin) {
		l.read(f, i < len(shipped))
	}
	l.set.hash = hashOfFiles(shipped, admin)
	l.mergeLists()
	l.set.v = newVocabulary(l.lists)
	l.settings()
	l.rules()
	l.reachable()
	l.hintNames()
	l.linkRules()
	if all := l.collected(); strictyaml.Broken(all) {
		return nil, l.failed()
	} else {
		l.set.warnings = all
	}
	return l.set, nil
}

// HashOf is the hash that the set of an admin's files has, or would have if they are wrong.
func HashOf(admin []File) (string, error) {
	shipped, err := readShipped()
	if err != nil {
		return "", err
	}
	return hashOfFiles(shipped, admin), nil
}

func hashOfFiles(shipped, admin []File) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n", version)
	for _, f := range slices.Concat(shipped, admin) {
		fmt.Fprintf(h, "%s %d\n%s\n", path.Base(f.Name), len(f.Text), f.Text) // the same files elsewhere are the same set
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

func readShipped() ([]File, error) {
	sub, err := fs.Sub(shippedFiles, "shipped")
	if err != nil {
		return nil, err
	}
	return ReadFiles(sub, "shipped")
}

func (l *loader) read(f File, shipped bool) {
	x := &file{name: f.Name, shipped: shipped}
	if len(f.Text) > maxRuleFile {
		l.problems = append(l.problems, Problem{File: f.Name, Text: fmt.Sprintf("the file has %d bytes, and at most %d are read", len(f.Text), maxRuleFile), Mend: "split it, or make the list shorter"})
		return
	}
	x.doc = strictyaml.Read(f.Name, f.Text, &x.raw, strictyaml.Options{MayBeEmpty: true})
	l.files = append(l.files, x)
}

// collected are the problems of all files, in their order.
func (l *loader) collected() []Problem {
	all := slices.Clone(l.problems)
	for _, f := range l.files {
		all = append(all, f.doc.Problems()...)
	}
	return all
}

func (l *loader) failed() Problems {
	all := slices.DeleteFunc(l.collected(), func(p Problem) bool { return p.Warning })
	strictyaml.Sort(all)
	return slices.Compact(all)
}

// settings are taken from the last file that gives them.
func (l *loader) settings() {
	for _, f := range l.files {
		if n := f.raw.Settings.EmergencyWeight; n != nil {
			l.set.emergency = *n
		}
		if n := f.raw.Settings.ObjectionWeight; n != nil {
			l.set.objection = *n
		}
	}
}

// nearest is the name most like one that does not exist, or "".
func nearest(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		limit := least - 1
		for limit >= 0 && within(name, k, limit) {
			best, least = k, limit
			limit--
		}
	}
	return best
}
