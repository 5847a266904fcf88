package rules

import "notfalld/rules/pattern"

// Place says where a rule, a list or an example stands.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1; 0: the file as a whole
	Col  int    `json:"col"`  // in characters from 1
}

// head is what every rule has, of whatever section.
type head struct {
	name, about string
	at          Place
	key         string // of the rule in its file: "classify[3]"
	doc         *file
	when        *condition
	unless      []exception
}

// exception refuses what its rule would take. Of its parts all must hold.
type exception struct {
	words   *lexicon
	pattern *pattern.Pattern
	values  []glob
	when    *condition
}

// classifyRule is a hint with weights, a condition with a weight, or a decision.
type classifyRule struct {
	head
	group         string
	subject, text int // of a hint
	weight        int // of a condition alone
	mild          bool
	words         []string
	pattern       *pattern.Pattern
	class         Class // of a decision
	never         bool  // not to be answered
	examples      rawExamples
}

// hint says whether the rule looks for words.
func (r *classifyRule) hint() bool { return len(r.words) > 0 || r.pattern != nil }

// extractRule finds facts, or keeps others from being taken.
type extractRule struct {
	head
	finder   string // a built-in one
	in       []string
	pattern  *pattern.Pattern
	words    *lexicon
	finds    string // what the words are
	refuse   string // the kind of fact
	values   []glob
	examples rawExamples
}

// routeRule says who is told, and how urgently.
type routeRule struct {
	head
	priority     string
	tags, notify []string
	stop         bool
}

// finders are the built-in ones that the shipped extract rules name.
var finders = []string{finderHosts, finderLines, finderQuotes, finderSentences, finderKnown, finderLabels, finderInventory, finderPhones, finderHeadings, finderProse}

// The built-in finders.
const (
	finderHosts     = "hosts"              // names and addresses of servers
	finderLines     = "error-lines"        // messages that fill lines: logs, traces, tool output
	finderQuotes    = "quoted-errors"      // messages in quotation marks
	finderSentences = "error-sentences"    // messages that are a sentence in a paragraph
	finderKnown     = "known-errors"       // messages and codes that everybody knows
	finderLabels    = "customer-labels"    // a number behind a label
	finderInventory = "customer-inventory" // a number without label that the inventory knows
	finderPhones    = "phones"             // call-back numbers
	finderHeadings  = "answer-headings"    // the three answers under headings
	finderProse     = "answer-sentences"   // the three answers in prose
)
