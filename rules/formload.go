package rules

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"notfalld/rules/pattern"
	"notfalld/strictyaml"
)

type rawForm struct {
	Name   string         `yaml:"name" required:"every rule has a name, by which it is tested and explained"`
	About  string         `yaml:"about"`
	When   string         `yaml:"when" required:"a condition by which the form's mails are known: mail.from == \"form@hoster.at\" && mail.subject == \"Notfall\""`
	Unless []rawException `yaml:"unless"`

	Proof    rawFormProof  `yaml:"proof" required:"what only the form's mails hold, {dkim: hoster.at} or {secret: \"…\", in: body}: without it anybody could alarm the technician"`
	Alarm    string        `yaml:"alarm" one:"external|channels" required:"who alarms the technician: external (the form itself does) or channels (notfalld does)"`
	Language string        `yaml:"language" one:"de|en"`
	Fields   rawFormFields `yaml:"fields" required:"where in the mail the fields stand: at least phone or customer_number"`
}

type rawFormProof struct {
	DKIM   string `yaml:"dkim"`
	Secret string `yaml:"secret"`
	In     string `yaml:"in"`
}

type rawFormFields struct {
	Name           rawFormField `yaml:"name" short:"labels"`
	CustomerNumber rawFormField `yaml:"customer_number" short:"labels"`
	Email          rawFormField `yaml:"email" short:"labels"`
	Phone          rawFormField `yaml:"phone" short:"labels"`
	Problem        rawFormField `yaml:"problem" short:"labels"`
	Servers        rawFormField `yaml:"servers" short:"labels"`
	TriggeredAt    rawFormField `yaml:"triggered_at" short:"labels"`
	Other          rawFormField `yaml:"other" short:"labels"`
}

type rawFormField struct {
	Labels  []string `yaml:"labels" loose:""`
	Pattern string   `yaml:"pattern"`
}

func (r rawForm) shared() shared {
	return shared{name: r.Name, about: r.About, when: r.When, unless: r.Unless}
}

// forms compiles the rules of the section forms.
func (l *loader) forms(list []placed[rawForm]) {
	for _, p := range list {
		r := &formRule{head: l.head(headOf(p), stageMail), alarm: p.raw.Alarm, language: p.raw.Language, labels: map[string]formLabel{}, patterns: map[string]*pattern.Pattern{}}
		at := func(key, text, mend string) {
			if !p.f.doc.BadBelow(p.key + "." + key) {
				p.f.doc.ProblemAt(p.key+"."+key, text, mend)
			}
		}
		if r.when != nil && r.when.always {
			at("when", "is true of every mail: each would be taken for the form's", "say by what the form's mails are known: sender, subject, a header")
		}
		if p.raw.Name == formNone {
			at("name", "tests say none of a mail that no form sent", "choose another name")
		}
		noWords(p.f, p.key, p.raw.Unless, "a form")
		r.proof = l.formProof(p.raw.Proof, at)
		if slices.Contains(publishedSecrets, r.proof.secret) {
			p.f.doc.WarnAt(p.key+".proof.secret", "stands in notfalld's own documentation: everybody knows it, and could alarm the technician", newSecret)
		}
		l.formFields(p, r)
		l.set.forms = append(l.set.forms, r)
	}
}

// formNone is what tests expect of mails that no form sent.
const formNone = "none"

const (
	minSecret   = 16 // characters: what nobody guesses
	maxSecret   = 128
	minDistinct = 8 // different ones among them
	newSecret   = "make one with: openssl rand -hex 16"
)

// publishedSecrets are those of the examples in docs.
var publishedSecrets = []string{"8c1f5be0a9d24c7d9e03b7a651f2c840", "5d0f6c1b7a9e43c28a10b6f4e97d3c55"}

func (l *loader) formProof(raw rawFormProof, at func(key, text, mend string)) formProof {
	p := formProof{domain: strings.ToLower(strings.TrimPrefix(raw.DKIM, "@")), secret: raw.Secret, where: "body"}
	switch {
	case p.domain != "" && p.secret != "":
		at("proof", "names two proofs", "keep one of the two: dkim, or secret")
	case p.domain == "" && p.secret == "":
		at("proof", "proves nothing", "write dkim: and the domain in the form's From, or secret: and what only the form knows")
	case p.domain != "":
		if raw.In != "" {
			at("proof.in", "belongs to a secret", "remove it")
		}
		if key, err := hostKey(p.domain); err != nil || !strings.Contains(key, ".") || publicDomain(key) {
			at("proof.dkim", fmt.Sprintf("%q is no domain of one company", strictyaml.Short(raw.DKIM)), "write the domain behind the @ of the form's From: hoster.at")
		} else if p.domain = key; l.set.v.freemail[key] {
			at("proof.dkim", fmt.Sprintf("everybody can have an address at %s, and all of them are signed so", key), "use a secret")
		}
	case len(p.secret) < minSecret:
		at("proof.secret", fmt.Sprintf("has %d characters, and a secret that nobody guesses has %d at least", len(p.secret), minSecret), newSecret)
	case len(p.secret) > maxSecret:
		at("proof.secret", fmt.Sprintf("has %d characters, and mail programs break what is longer than %d", len(p.secret), maxSecret), newSecret)
	case strings.ContainsFunc(p.secret, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'<>&=\`, r) }):
		at("proof.secret", "holds characters that mails change: blanks, quotes, <, >, &, =, \\ or letters beyond a to z", newSecret)
	case distinct(p.secret) < minDistinct:
		at("proof.secret", fmt.Sprintf("has %d different characters: such secrets are guessed", distinct(p.secret)), newSecret)
	}
	if p.secret == "" || raw.In == "" {
		return p
	}
	where, name, _ := strings.Cut(strings.TrimSpace(raw.In), " ")
	p.where, p.header = where, strings.TrimSuffix(strings.TrimSpace(name), ":")
	switch {
	case where == "header" && p.header == "":
		at("proof.in", "names no header", "write header X-Form-Key")
	case where == "header" && strings.ContainsFunc(p.header, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }):
		at("proof.in", fmt.Sprintf("%q is no name of a header field", strictyaml.Short(p.header)), "write header X-Form-Key")
	case where == "header":
	case (where != "subject" && where != "body") || name != "":
		at("proof.in", fmt.Sprintf("expected subject, body or header NAME, found %q", strictyaml.Short(raw.In)), "")
	}
	return p
}

// publicDomain: at, co.at and their kin, below which anybody can have a domain.
func publicDomain(domain string) bool {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// formFields compiles labels and patterns.
func (l *loader) formFields(p placed[rawForm], r *formRule) {
	x := p.raw.Fields
	for _, f := range []struct {
		field string
		raw   rawFormField
	}{{fieldName, x.Name}, {fieldNumber, x.CustomerNumber}, {fieldEmail, x.Email}, {fieldPhone, x.Phone}, {fieldProblem, x.Problem},
		{fieldServers, x.Servers}, {fieldTriggeredAt, x.TriggeredAt}, {fieldOther, x.Other}} {
		key := p.key + ".fields." + f.field
		switch doc := p.f.doc; {
		case !doc.Has(key) || doc.BadBelow(key):
		case doc.Has(key+".labels") && doc.Has(key+".pattern"):
			doc.ProblemAt(key+".pattern", "a field is found by its labels, or by a pattern", "keep one of the two")
		case doc.Has(key + ".pattern"):
			if f.field == fieldOther {
				doc.ProblemAt(key+".pattern", "of what nobody asks for, nothing is looked for", "write labels: at which the problem ends, or remove it")
			} else if pat := l.formPattern(p.f, key+".pattern", f.raw.Pattern); pat != nil {
				r.patterns[f.field] = pat
			}
		case len(f.raw.Labels) == 0:
			doc.ProblemAt(key, "says nothing of where the field stands", "write labels: [Telefon, Rückrufnummer], or pattern:")
		default:
			l.formLabels(p.f, key, f.field, f.raw.Labels, r.labels)
		}
	}
	has := func(field string) bool { return p.f.doc.Has(p.key + ".fields." + field) }
	if !has(fieldPhone) && !has(fieldNumber) && !p.f.doc.BadBelow(p.key+".fields") && p.f.doc.Has(p.key+".fields") {
		p.f.doc.ProblemAt(p.key+".fields", "has neither phone nor customer_number: nobody would know whom to call", "add phone: {labels: [Telefon]}")
	}
}

func (l *loader) formLabels(f *file, key, field string, list []string, labels map[string]formLabel) {
	for i, label := range list {
		at := fmt.Sprintf("%s.labels[%d]", key, i)
		if f.doc.BadBelow(at) {
			continue
		}
		folded := foldLabel(label)
		old, twice := labels[folded]
		switch {
		case folded == "":
			f.doc.ProblemAt(at, fmt.Sprintf("%q is no label", strictyaml.Short(label)), "write the words before the colon: Kundennummer")
		case len(label) > maxLabel:
			f.doc.ProblemAt(at, fmt.Sprintf("has %d characters, and a label at most %d", len(label), maxLabel), "")
		case twice && old.field == field:
			f.doc.ProblemAt(at, fmt.Sprintf("%q stands twice: case, umlauts and marks around it do not count", strictyaml.Short(label)), "remove one")
		case twice:
			f.doc.ProblemAt(at, fmt.Sprintf("%q is a label of %s as well", strictyaml.Short(label), old.field), "a label belongs to one field")
		default:
			labels[folded] = formLabel{field, i}
		}
	}
}

// formPattern compiles a pattern that captures the value of a field.
func (l *loader) formPattern(f *file, key, expr string) *pattern.Pattern {
	pat, problems := pattern.Compile(expr, []string{"value"})
	for _, p := range problems {
		line, col := f.doc.Inside(key, p.Offset)
		if !p.Warning { // it is tried on the form's mails alone: what it costs does not matter
			f.doc.Add(line, col, key, p.Text, p.Mend)
		}
	}
	return pat
}

// noWords refuses exceptions that have more than a condition.
func noWords(f *file, key string, list []rawException, of string) {
	for i, x := range list {
		if len(x.Words) > 0 || x.Pattern != "" || len(x.Values) > 0 {
			f.doc.ProblemAt(fmt.Sprintf("%s.unless[%d]", key, i), "an exception of "+of+" has when: only", "")
		}
	}
}
