package web

import (
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"notfalld/ticket"
)

// formPage is what the templates show: the form, the state of an emergency, or a note.
type formPage struct {
	Lang, Other string
	Title       string
	Style       string
	Action      string // the form's address in this language
	Switch      string // this page in the other language
	Refresh     int    // seconds until the page asks again; 0: never
	Facts       ticket.DeskFacts
	Phones      []phoneLink

	Form         bool
	Token        string
	Who, What    []*formField
	Agreed       bool
	SummaryTitle string
	Again        string // why the button has to be pressed once more
	Faults       []formFault

	Done *formDone
	Note string

	values []string // for strings.NewReplacer
}

type phoneLink struct {
	Link  template.URL
	Words string
}

type formFault struct{ Field, Words string }

// formField is one field as the page shows it.
type formField struct {
	Name, Type, Autocomplete, InputMode string
	Required, Plain                     bool // Plain: neither capitals nor a spelling check
	Lines, Most                         int

	Label, Optional, Hint string
	Value, Fault          string
	Confirm               string // the label of the box that lets the value pass; "": no such box
	Confirmed             bool
}

// DescribedBy names what a screen reader reads out with the field.
func (f *formField) DescribedBy() string {
	var ids []string
	if f.Fault != "" {
		ids = append(ids, "fault-"+f.Name)
	}
	if f.Hint != "" {
		ids = append(ids, "hint-"+f.Name)
	}
	return strings.Join(ids, " ")
}

func whoFields() []*formField {
	return []*formField{
		{Name: "name", Type: "text", Autocomplete: "name", Required: true, Most: 200},
		{Name: "customer_number", Type: "text", Required: true, Plain: true, Most: 60},
		{Name: "email", Type: "email", Autocomplete: "email", InputMode: "email", Required: true, Plain: true, Most: 254},
		{Name: "phone", Type: "tel", Autocomplete: "tel", InputMode: "tel", Required: true, Plain: true, Most: 100},
	}
}

// The two fields together, escaped as a form escapes them, stay below formLargest.
func whatFields() []*formField {
	return []*formField{
		{Name: "problem", Lines: 5, Most: 4000},
		{Name: "servers", Lines: 2, Most: 1000, Plain: true},
	}
}

// page is the start of every page: what is true now, in the language of the reader.
func (f *form) page(r *http.Request, path string) *formPage {
	facts := f.desk.Facts()
	p := &formPage{Lang: languageOf(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language")), Other: "en", Facts: facts, Style: f.style}
	if p.Lang == "en" {
		p.Other = "de"
	}
	p.Action = formPath + "?lang=" + p.Lang
	there := url.Values{"lang": {p.Other}}
	if t := r.URL.Query().Get("t"); t != "" && path == donePath {
		there.Set("t", t)
	}
	p.Switch = path + "?" + there.Encode()
	s := facts.Service
	p.say("callback", span(p.Lang, s.Callback), "included", span(p.Lang, s.Included), "fee", price(p.Lang, facts, s.Fee),
		"hourly", price(p.Lang, facts, s.Hourly), "price", shortPrice(p.Lang, facts), "support", facts.Support,
		"close", moment(p.Lang, facts.NextClose, facts.Now), "open", moment(p.Lang, facts.NextOpen, facts.Now), "now", moment(p.Lang, facts.Now, facts.Now))
	until := ""
	if !facts.NextClose.IsZero() {
		until = p.T("until")
	}
	p.say("until", until)
	// The telephone of the support is told while somebody answers it, the one for emergencies at other times.
	switch {
	case facts.Open && facts.Company.Phone != "":
		p.phone("call", facts.Company.Phone)
	case !facts.Open && facts.Company.EmergencyPhone != "":
		p.phone("call.emergency", facts.Company.EmergencyPhone)
	}
	p.SummaryTitle = p.T("faults.title")
	p.Who, p.What = whoFields(), whatFields()
	for _, d := range p.fields() {
		d.Label, d.Hint = p.T(d.Name+".label"), p.T(d.Name+".hint")
		if !d.Required {
			d.Optional = p.T("optional")
		}
	}
	return p
}

func (p *formPage) phone(key, number string) {
	p.say("phone", number)
	p.Phones = append(p.Phones, phoneLink{telLink(number), p.T(key)})
}

// say gives values for the words: name, value, name, value. The first value of a name holds.
func (p *formPage) say(pairs ...string) {
	for i := 0; i < len(pairs); i += 2 {
		p.values = append(p.values, "{"+pairs[i]+"}", pairs[i+1])
	}
}

// T is what people read for a key.
func (p *formPage) T(key string) string {
	w, ok := words[key]
	if !ok {
		return key
	}
	return strings.NewReplacer(p.values...).Replace(w[p.Lang])
}

func (p *formPage) fields() []*formField { return slices.Concat(p.Who, p.What) }

func (p *formPage) field(name string) *formField {
	for _, d := range p.fields() {
		if d.Name == name {
			return d
		}
	}
	return &formField{}
}

// fill takes what was typed, so that nothing is ever to be typed twice.
func (p *formPage) fill(typed url.Values) {
	for _, d := range p.fields() {
		if d.Lines > 0 {
			d.Value = lines(typed.Get(d.Name))
		} else {
			d.Value = line(typed.Get(d.Name))
		}
	}
	p.Agreed = typed.Get("consent") == "yes"
	number := p.field("customer_number")
	if right := line(typed.Get("number_right")); right != "" && right == number.Value { // of this number it was said, not of another
		number.Confirm, number.Confirmed = p.T("number_right.label"), true
	}
}

func (p *formPage) trigger() ticket.Trigger {
	return ticket.Trigger{
		Way: ticket.WayForm, Actor: "form", Alarm: ticket.AlarmChannels, Language: p.Lang,
		Name: p.field("name").Value, CustomerNumber: p.field("customer_number").Value, Email: p.field("email").Value, Phone: p.field("phone").Value,
		Problem: p.field("problem").Value, Servers: strings.FieldsFunc(p.field("servers").Value, func(r rune) bool { return strings.ContainsRune(" ,;\t\n", r) }),
	}
}

// check shows what is to be mended, in the order of the fields.
func (p *formPage) check(found []ticket.FieldFault) {
	for _, x := range found {
		d := p.field(x.Field)
		if x.Field == "customer_number" && x.Fault == "unknown" {
			if d.Confirmed {
				continue
			}
			d.Confirm = p.T("number_right.label")
		}
		if d.Fault == "" {
			d.Fault = p.faultWords(x.Field, x.Fault)
		}
	}
	for _, d := range p.fields() {
		if d.Fault != "" {
			p.Faults = append(p.Faults, formFault{d.Name, d.Fault})
		}
	}
	if !p.Agreed {
		p.Faults = append(p.Faults, formFault{"consent", p.T("fault.consent.missing")})
	}
}

func (p *formPage) faultWords(field, fault string) string {
	for _, key := range []string{"fault." + field + "." + fault, "fault." + fault} {
		if _, ok := words[key]; ok {
			return p.T(key)
		}
	}
	return p.T("fault.invalid")
}

// Fault is what is wrong with a field, for the template.
func (p *formPage) Fault(field string) string {
	for _, x := range p.Faults {
		if x.Field == field {
			return x.Words
		}
	}
	return ""
}

func (p *formPage) again(key string) { p.Again = p.T(key) }

// Costs are the lines of what the service costs.
func (p *formPage) Costs() []string {
	keys := []string{"costs.fee", "costs.included", "costs.hourly", "costs.application", "costs.infrastructure", "costs.billed"}
	if p.Facts.Service.Included <= 0 {
		keys[1] = "costs.included.none"
	}
	var all []string
	for _, k := range keys {
		all = append(all, p.T(k))
	}
	return all
}

// Button says what pressing it does.
func (p *formPage) Button() string {
	if p.Facts.Service.Fee == 0 {
		return p.T("button.free")
	}
	return p.T("button")
}

// consent is what is agreed to by ticking the box and pressing the button: the text as the page shows it, line by line.
func (p *formPage) consent() ticket.Consent {
	text := strings.Join(slices.Concat(p.Costs(), []string{p.T("consent.label"), p.Button()}), "\n")
	return ticket.Consent{Hash: hashOf(text), Text: text, Price: shortPrice(p.Lang, p.Facts)}
}

func wholeSeconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) }
