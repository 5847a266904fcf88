package rules

// Step is one thing that a rule saw, and what came of it.
type Step struct {
	Rule   string `json:"rule"`             // name; "" where no rule decided
	Fact   string `json:"fact"`             // class, server, error, customer_number, phone, problem, reproduction, changes, language, form, reply, route
	Value  string `json:"value"`            // the fact, or the words that were looked at
	Taken  bool   `json:"taken"`            // refused otherwise
	Why    string `json:"why"`              // in words: "the inventory has it", "a file name"
	Weight int    `json:"weight,omitempty"` // of a hint
	Source string `json:"source,omitempty"` // as in a Server: "body", "subject", "forwarded", "signature", "attachment:error.log"
	From   int    `json:"from"`             // byte range in that source; both 0 where there is none
	To     int    `json:"to"`
	Words  []Word `json:"words,omitempty"` // that a hint found, the first of each; From and To are those of the first
}

// Word is one word or passage that a hint found.
type Word struct {
	Text   string `json:"text"` // folded
	Source string `json:"source"`
	From   int    `json:"from"`
	To     int    `json:"to"`
}

// Trace is everything that rules saw of one mail, in order.
type Trace struct {
	Steps   []Step
	Score   int      // the sum of all weights; 0 where a rule decided
	Limit   int      // from which on a mail is an emergency
	Decided string   // the rule that decided the class by itself, or "": then the weights did
	Sources []Source // the texts that spans count in
	refused int
}

// Source is one text of a mail in which facts are looked for.
type Source struct{ Name, Text string }

// maxRefused bounds the steps of a trace that tell what was refused: of a long log nobody reads more. What was taken
// has bounds of its own.
const maxRefused = 2000

// tell records a step if somebody asked for a trace.
func (d *doc) tell(s Step) {
	switch {
	case d.trace == nil:
		return
	case !s.Taken && s.Fact != "reply":
		if d.trace.refused++; d.trace.refused > maxRefused {
			return
		}
	}
	d.trace.Steps = append(d.trace.Steps, s)
}

// refused records what was not taken, and why.
func (d *doc) refused(rule, fact, value, why, source string, from, to int) {
	if d.trace != nil {
		d.tell(Step{Rule: rule, Fact: fact, Value: value, Why: why, Source: source, From: from, To: to})
	}
}

// Where says where a fact was found, and which rule found it.
type Where struct {
	Fact   string // "server", "error", "customer_number", "phone", "problem", "reproduction", "changes"
	Value  string
	Rule   string
	Source string
	Span   Span
}

// took records a fact: for whoever asks where it stood, and in the trace.
func (d *doc) took(rule, fact, value, why, source string, from, to int) {
	d.where = append(d.where, Where{fact, value, rule, source, Span{from, to}})
	d.tell(Step{Rule: rule, Fact: fact, Value: value, Taken: true, Why: why, Source: source, From: from, To: to})
}
