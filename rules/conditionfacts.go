package rules

import (
	"strings"
	"sync"
	"time"

	"notfalld/message"
)

// stage says how much is known of a mail when a condition is asked.
type stage int

const (
	stageMail    stage = iota // the mail itself
	stageFacts                // what was found in it
	stageHints                // what the hints of classify rules say
	stageDecided              // class and answer
)

// askers are the rules whose conditions are asked at a stage or later, as admins are told.
var askers = [...]string{
	stageMail:    "all rules",
	stageFacts:   "classify and route rules",
	stageHints:   "route rules and to classify rules that have a weight but no words",
	stageDecided: "route rules",
}

// factType is the type of a fact; there are no others in a condition's facts.
type factType int

const (
	stringFact  factType = iota // string
	intFact                     // int64
	boolFact                    // bool
	listFact                    // []string
	headersFact                 // map[string]string
	countsFact                  // map[string]int
	timeFact                    // time.Time
)

// String names the type as admins are told.
func (t factType) String() string {
	return [...]string{"text", "number", "true or false", "list of texts", "table of texts", "table of numbers", "time"}[t]
}

// conditionFact is one name that conditions may use.
type conditionFact struct {
	name  string
	typ   factType
	stage stage    // from which on it is known
	enum  []string // the only values of the text, or of the list's members; nil: any
	lower bool     // the text, each of the list, or each name of the table never has a capital letter
	ascii bool     // a domain, or an address whose domain is in ASCII form
	doc   string   // one line for admins
	value func(*conditionInput) any
}

// brokenFacts is what the hints say of an outage.
type brokenFacts struct {
	any, subject, firmly, urgent, denied, opposed, service bool
	replied                                                bool // the subject is of an earlier mail
	quoted                                                 bool // a message of a failure that is so now
	proof                                                  bool // and a server that is not ours: whatever else the mail is about
	ways                                                   int  // how many different words of the text say it
}

// conditionInput is what facts are computed from. A stage's part of it is filled in before the first
// condition of that stage is asked, and does not change afterwards.
type conditionInput struct {
	m *message.Mail
	w World
	f *Facts // nil: nothing was found

	subjectOurs, subjectNames bool

	broken brokenFacts
	hints  map[string]int

	now   time.Time // in the time zone of the office
	open  bool
	proof string // "" counts as unknown
}

// factIndex finds a fact by its name.
var factIndex = sync.OnceValue(func() map[string]int {
	index := make(map[string]int, len(conditionFacts))
	for i, f := range conditionFacts {
		index[f.name] = i
	}
	return index
})

// conditionFacts is everything that conditions can ask for; docs/rules.md shows it as a table.
var conditionFacts = []conditionFact{
	{name: "mail.subject", typ: stringFact, doc: "the subject, as written",
		value: func(in *conditionInput) any { return cut(in.m.Subject, textLimit) }},
	{name: "mail.text", typ: stringFact, doc: "what the sender wrote anew, without quotes and signature",
		value: func(in *conditionInput) any { return cut(in.m.Text, textLimit) }},
	{name: "mail.quoted", typ: stringFact, doc: "the quoted history of an answer",
		value: func(in *conditionInput) any { return cut(in.m.Quoted, textLimit) }},
	{name: "mail.signature", typ: stringFact, doc: "the signature, mobile footers and disclaimers",
		value: func(in *conditionInput) any { return cut(in.m.Signature, textLimit) }},
	{name: "mail.forwarded", typ: stringFact, doc: "the mail that was forwarded, its head included",
		value: func(in *conditionInput) any { return cut(in.m.Forwarded, textLimit) }},
	{name: "mail.from", typ: stringFact, lower: true, ascii: true, doc: "the sender's address, lower case, umlaut domains as xn--…",
		value: func(in *conditionInput) any { return strings.ToLower(firstAddress(in.m.From).Address) }},
	{name: "mail.from_name", typ: stringFact, doc: "the sender's name beside the address",
		value: func(in *conditionInput) any { return firstAddress(in.m.From).Name }},
	{name: "mail.from_domain", typ: stringFact, lower: true, ascii: true, doc: "what stands behind the @ of the sender's address",
		value: func(in *conditionInput) any { return addressDomain(firstAddress(in.m.From).Address) }},
	{name: "mail.reply_to", typ: listFact, lower: true, ascii: true, doc: "the addresses to which the sender wants answers",
		value: func(in *conditionInput) any { return lowerAddresses(in.m.ReplyTo) }},
	{name: "mail.to", typ: listFact, lower: true, ascii: true, doc: "the recipients' addresses",
		value: func(in *conditionInput) any { return lowerAddresses(in.m.To) }},
	{name: "mail.cc", typ: listFact, lower: true, ascii: true, doc: "the addresses that got a copy",
		value: func(in *conditionInput) any { return lowerAddresses(in.m.Cc) }},
	{name: "mail.attachments", typ: listFact, doc: "the file names of the attachments, as written",
		value: func(in *conditionInput) any { return attachmentNames(in.m.Attachments) }},
	{name: "mail.headers", typ: headersFact, lower: true, doc: "the header fields: names lower case, of several the topmost; read with .get",
		value: func(in *conditionInput) any { return headerTable(in.m.Header) }},
	{name: "mail.size", typ: intFact, doc: "the size of the mail in bytes, attachments included",
		value: func(in *conditionInput) any { return in.m.Size }},
	{name: "mail.automatic", typ: stringFact, doc: "which machine wrote it, none if a human did",
		enum:  []string{"none", "auto_reply", "auto_generated", "list", "bounce", "delay", "receipt", "own"},
		value: func(in *conditionInput) any { return automaticKind(in.m.AutomaticThrough(in.w.Groups)) }},
	{name: "mail.encrypted", typ: stringFact, enum: []string{"", "smime", "pgp"}, doc: `how the content is encrypted, "" if it is not`,
		value: func(in *conditionInput) any { return in.m.Encrypted }},
	{name: "mail.proof", typ: stringFact, enum: []string{"pass", "fail", "unknown"}, doc: "whether our mail server found the sender's domain proven (DMARC, DKIM, SPF)",
		value: func(in *conditionInput) any { return orElse(in.proof, "unknown") }},
	{name: "now", typ: timeFact, doc: "when the mail is looked at, in the time zone of the office",
		value: func(in *conditionInput) any { return in.now }},
	{name: "support_open", typ: boolFact, doc: "whether the office is open now",
		value: func(in *conditionInput) any { return in.open }},

	{name: "language", typ: stringFact, stage: stageFacts, enum: []string{"", "de", "en"}, doc: `the language of the mail, "" if neither is certain`,
		value: func(in *conditionInput) any { return in.found().Language }},
	{name: "customer_number", typ: stringFact, stage: stageFacts, doc: `the customer number that the mail states, a text of digits, "" if none`,
		value: func(in *conditionInput) any { return in.found().CustomerNumber }},
	{name: "customer_known", typ: boolFact, stage: stageFacts, doc: "whether the inventory has a server of that customer number",
		value: func(in *conditionInput) any { return in.w.Inventory.HasCustomer(in.found().CustomerNumber) }},
	{name: "phones", typ: listFact, stage: stageFacts, doc: "the numbers to call back",
		value: func(in *conditionInput) any { return in.found().Phones }},
	{name: "servers", typ: listFact, stage: stageFacts, lower: true, doc: "the servers that the mail names",
		value: func(in *conditionInput) any { return serverNames(in.found().Servers, false) }},
	{name: "known_servers", typ: listFact, stage: stageFacts, lower: true, doc: "those of them that the inventory has",
		value: func(in *conditionInput) any { return serverNames(in.found().Servers, true) }},
	{name: "owners", typ: listFact, stage: stageFacts, doc: "the customer numbers whose servers they are, by the inventory",
		value: func(in *conditionInput) any { return serverOwners(in.found().Servers) }},
	{name: "errors", typ: listFact, stage: stageFacts, doc: "the error messages in the mail, word for word",
		value: func(in *conditionInput) any { return errorTexts(in.found().Errors) }},
	{name: "missing", typ: listFact, stage: stageFacts, doc: "what a good mail holds and this one does not",
		enum:  []string{MissingProblem, MissingServers, MissingError, MissingCustomerNumber, MissingPhone, MissingReproduction, MissingChanges},
		value: func(in *conditionInput) any { return in.found().Missing }},
	{name: "problem", typ: stringFact, stage: stageFacts, doc: "what is wrong, in the sender's words",
		value: func(in *conditionInput) any { return in.found().Problem }},
	{name: "reproduction", typ: stringFact, stage: stageFacts, doc: "how it can be seen, in the sender's words",
		value: func(in *conditionInput) any { return in.found().Reproduction }},
	{name: "changes", typ: stringFact, stage: stageFacts, doc: "what was changed before, in the sender's words",
		value: func(in *conditionInput) any { return in.found().Changes }},
	{name: "subject_is_ours", typ: boolFact, stage: stageFacts, doc: "whether the subject begins with our name (Notfall-Support …)",
		value: func(in *conditionInput) any { return in.subjectOurs }},
	{name: "subject_names_us", typ: boolFact, stage: stageFacts, doc: "whether our name stands somewhere in the subject",
		value: func(in *conditionInput) any { return in.subjectNames }},

	{name: "broken.any", typ: boolFact, stage: stageHints, doc: "whether subject or text say that something is broken",
		value: func(in *conditionInput) any { return in.broken.any }},
	{name: "broken.subject", typ: boolFact, stage: stageHints, doc: "whether the subject says so",
		value: func(in *conditionInput) any { return in.broken.subject }},
	{name: "broken.firmly", typ: boolFact, stage: stageHints, doc: "whether it is said in words that ordinary mail does not use",
		value: func(in *conditionInput) any { return in.broken.firmly }},
	{name: "broken.urgent", typ: boolFact, stage: stageHints, doc: "whether it is called urgent",
		value: func(in *conditionInput) any { return in.broken.urgent }},
	{name: "broken.denied", typ: boolFact, stage: stageHints, doc: "whether something speaks against it that no customer in need writes",
		value: func(in *conditionInput) any { return in.broken.denied }},
	{name: "broken.opposed", typ: boolFact, stage: stageHints, doc: "whether anything speaks against it, mild objections included",
		value: func(in *conditionInput) any { return in.broken.opposed }},
	{name: "broken.service", typ: boolFact, stage: stageHints, doc: "whether the mail names something that we run: server, site, mail …",
		value: func(in *conditionInput) any { return in.broken.service }},
	{name: "broken.quoted", typ: boolFact, stage: stageHints, doc: "whether it quotes an error message, of none that may come or is over",
		value: func(in *conditionInput) any { return in.broken.quoted }},
	{name: "broken.proof", typ: boolFact, stage: stageHints, doc: "whether it quotes one, names a server that is not ours, and nothing shows a stranger",
		value: func(in *conditionInput) any { return in.broken.proof }},
	{name: "broken.ways", typ: intFact, stage: stageHints, doc: "in how many different words the text says that something is broken",
		value: func(in *conditionInput) any { return int64(in.broken.ways) }},
	{name: "hints", typ: countsFact, stage: stageHints, doc: "of each group or rule of hints, how many different words of it were found; read with .get",
		value: func(in *conditionInput) any { return in.hints }},

	{name: "class", typ: stringFact, stage: stageDecided, enum: []string{string(Emergency), string(Auto), string(Bounce), string(Other)}, doc: "whose mail it is",
		value: func(in *conditionInput) any { return string(in.found().Class) }},
	{name: "may_answer", typ: boolFact, stage: stageDecided, doc: "whether the mail may be answered automatically",
		value: func(in *conditionInput) any { return in.found().Reply.Send }},
}

func (in *conditionInput) found() *Facts {
	if in.f == nil {
		return &Facts{}
	}
	return in.f
}

func firstAddress(all []message.Address) message.Address {
	if len(all) == 0 {
		return message.Address{}
	}
	return all[0]
}

// addressDomain is what stands behind the last @: a quoted local part may hold one too (RFC 5322, 3.4.1).
func addressDomain(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

func lowerAddresses(all []message.Address) []string {
	out := make([]string, len(all))
	for i, a := range all {
		out[i] = strings.ToLower(a.Address)
	}
	return out
}

func attachmentNames(all []message.Attachment) []string {
	out := make([]string, len(all))
	for i, a := range all {
		out[i] = a.Name
	}
	return out
}

// headerTable has the topmost field of each name, as Header.Get reads it.
func headerTable(h message.Header) map[string]string {
	out := make(map[string]string, len(h))
	for _, f := range h {
		name := strings.ToLower(f.Name)
		if _, seen := out[name]; !seen {
			out[name] = cut(f.Value, textLimit)
		}
	}
	return out
}

func automaticKind(a message.Automatic) string { return orElse(string(a.Kind), string(message.Human)) }

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func serverNames(all []Server, knownOnly bool) []string {
	out := make([]string, 0, len(all))
	for _, s := range all {
		if s.Known || !knownOnly {
			out = append(out, s.Name)
		}
	}
	return out
}

// serverOwners names each owner once, in the order of the servers.
func serverOwners(all []Server) []string {
	var out []string
	seen := map[string]bool{"": true}
	for _, s := range all {
		if !seen[s.Owner] {
			seen[s.Owner] = true
			out = append(out, s.Owner)
		}
	}
	return out
}

func errorTexts(all []Error) []string {
	out := make([]string, len(all))
	for i, e := range all {
		out[i] = cut(e.Text, textLimit)
	}
	return out
}
