package rules

import "sync"

// version changes with every change of the code that decides and stands in no rule file.
const version = "2"

// Set is one set of rules, immutable once loaded.
type Set struct {
	hash      string
	v         *vocabulary
	emergency int // weight from which on a mail is an emergency
	objection int // weight against it that takes a subject which only mentions us its own weight

	decisions     []*classifyRule // in their order
	decisionWords *lexicon
	hints         []*classifyRule // with words or a pattern
	hintWords     *lexicon
	weights       []*classifyRule // with a condition alone

	extracts []*extractRule
	captures []*extractRule            // those with a pattern or words
	refusals map[string][]*extractRule // by the kind of fact
	finders  map[string]string         // the rule that names a built-in finder

	forms  []*formRule
	routes []*routeRule
	link   *LinkRules

	rules    []Rule // for those who ask what is in force
	files    []File
	warnings []Problem
}

// Shipped is the set of rules that comes with the program.
func Shipped() *Set { return shipped() }

// shipped is loaded once. That it loads is tested; a program in which it does not cannot run.
var shipped = sync.OnceValue(func() *Set {
	s, err := Load(nil)
	if err != nil {
		panic("the shipped rules: " + err.Error())
	}
	return s
})

// Hash names the set by its content, sixteen hexadecimal digits: the shipped files, the admin's, and the code. Every
// decision records it.
func (s *Set) Hash() string { return s.hash }

// Files are the admin's files that the set was made of; Load makes the same set of them again.
func (s *Set) Files() []File { return s.files }

// Warnings are what is worth a word and no error: a pattern that has to be tried on the whole of every mail.
func (s *Set) Warnings() []Problem { return s.warnings }
