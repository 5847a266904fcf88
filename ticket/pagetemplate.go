package ticket

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"
)

// TemplateFault is what is wrong with the body of a json channel.
type TemplateFault struct {
	Line   int // within the template, from 1; 0: it cannot be told
	Column int // in bytes, from 1; 0 likewise
	Text   string
	Mend   string
}

func (f *TemplateFault) Error() string {
	if f.Line == 0 {
		return f.Text
	}
	return fmt.Sprintf("line %d: %s", f.Line, f.Text)
}

const jsonMend = "let json write the value with its quotes: {{json .Name}}, without quotes of your own around it"

// PageTemplate reads the body of a json channel: text/template over PageData, with a function json that writes any value as
// JSON. It is tried on every event with values that hold quotes, backslashes, line breaks and braces: only what gives one JSON value each time
// is taken. The error is a *TemplateFault.
func PageTemplate(text string) (*template.Template, error) {
	t, err := template.New("body").Funcs(template.FuncMap{"json": quoteJSON}).Parse(text)
	if err != nil {
		return nil, templateFaultOf(err)
	}
	for _, tame := range []bool{true, false} {
		for _, p := range samplePages(tame) {
			_, err := templateBody(t, p.clean())
			switch {
			case err == nil:
				continue
			case !errors.Is(err, errNotJSON):
				return nil, templateFaultOf(err)
			case tame:
				return nil, &TemplateFault{Text: "it does not give JSON (" + strings.TrimPrefix(err.Error(), errNotJSON.Error()+": ") + ")", Mend: "look for a missing comma or quote; " + jsonMend}
			}
			f := &TemplateFault{Text: "a value that holds a quote or a line break makes it something else than JSON", Mend: jsonMend}
			if at := bareValue.FindStringIndex(text); at != nil {
				f.Line, f.Column = 1+strings.Count(text[:at[0]], "\n"), at[0]-strings.LastIndexByte(text[:at[0]], '\n')
			}
			return nil, f
		}
	}
	return t, nil
}

// bareValue is a text that is written without json.
var bareValue = regexp.MustCompile(`\{\{-?\s*\.(?:Name|Problem|Summary|Phone|Email|CustomerNumber|Servers|Tickets)\b[^}|]*\}\}`)

func quoteJSON(v any) (string, error) {
	b, err := marshal(v)
	return string(b), err
}

var errNotJSON = errors.New("no JSON")

// templateBody runs a template, and holds it to what it promises.
func templateBody(t *template.Template, p PageData) ([]byte, error) {
	if t == nil {
		return nil, errors.New("there is no template")
	}
	var b bounded
	if err := t.Execute(&b, p); err != nil {
		return nil, err
	}
	var any json.RawMessage
	if err := json.Unmarshal(b.bytes, &any); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return b.bytes, nil
}

// bounded ends a template that says too much.
type bounded struct{ bytes []byte }

var errTooLong = errors.New("it gives more than 16 KB")

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.bytes)+len(p) > mostPage {
		return 0, errTooLong
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}

// templatePlace is how text/template begins its errors: "template: body:3:14: executing …", the column counted from 0, or
// "template: body:3: …" where it cannot parse.
var templatePlace = regexp.MustCompile(`(?s)^template: body:(\d+)(?::(\d+))?: (?:executing "[^"]*" at (<.*?>): )?(.*)$`)

func templateFaultOf(err error) *TemplateFault {
	m := templatePlace.FindStringSubmatch(err.Error())
	if m == nil {
		return &TemplateFault{Text: oneLine(err.Error())}
	}
	f := &TemplateFault{Text: oneLine(strings.TrimSpace(m[3] + " " + m[4]))}
	f.Line, _ = strconv.Atoi(m[1])
	if m[2] != "" {
		f.Column, _ = strconv.Atoi(m[2])
		f.Column++
	}
	switch {
	case strings.Contains(f.Text, "can't evaluate field"):
		f.Mend = "known are " + pageFields
	case strings.Contains(f.Text, "index out of range"):
		f.Mend = "an emergency may name no server, and have no ticket: {{if .Servers}} … {{end}}"
	case strings.Contains(f.Text, "function") && strings.Contains(f.Text, "not defined"):
		f.Mend = "besides those of Go's text/template there is json"
	case strings.Contains(f.Text, "bad character"), strings.Contains(f.Text, "unclosed action"), strings.Contains(f.Text, "unexpected EOF"):
		f.Mend = "what begins with {{ ends with }}, and each {{if …}} with {{end}}"
	}
	return f
}

const pageFields = ".Event .Number .State .Alarm .Name .CustomerNumber .Phone .Email .Problem .Servers .TriggeredAt .CallbackBy .Minutes .Summary .Tickets .At"

// samplePages are emergencies to try a template on: of each event a full one, and an empty one. Tame ones hold nothing that means something in JSON.
func samplePages(tame bool) (pages []PageData) {
	at := time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC)
	for _, event := range []string{PageTriggered, PageReminder, PageOverdue, PageAcknowledged, PageCancelled, PageResolved, PageTest} {
		full := PageData{Event: event, Number: "NE-10001", State: string(Triggered), Alarm: string(AlarmPending), Name: "Erika Muster", CustomerNumber: "104711",
			Phone: "+436641234567", Email: "erika@firma.example", Problem: "web01 antwortet nicht", Servers: []string{"web01.firma.example", "db01.firma.example"},
			TriggeredAt: at, CallbackBy: at.Add(30 * time.Minute), Minutes: 10, Tickets: []string{"NS-10001"}, Summary: "NE-10001 +436641234567 Erika Muster"}
		empty := PageData{Event: event, Number: "NE-10002", State: string(Triggered), Alarm: string(AlarmPending), TriggeredAt: at, CallbackBy: at.Add(30 * time.Minute)}
		if !tame {
			const wild = "\"}], \\ \n{{.Name}} </script>\u2028 ä\\\" '"
			full.Name, full.CustomerNumber, full.Phone, full.Email, full.Problem, full.Summary = wild, wild, wild, wild, wild, wild
			full.Servers, full.Tickets = []string{wild, wild + "2"}, []string{wild}
			empty.Summary = wild
		}
		pages = append(pages, full, empty)
	}
	return pages
}

// TestPage builds the body of a test alarm for one channel, in the channel's own form: marked as a test in the type, as data, and by summary,
// which are the words for it. at is when it was asked for.
func TestPage(c Channel, summary string, at time.Time) ([]byte, error) {
	return pageBody(c, PageData{Event: PageTest, Number: "TEST-" + strconv.FormatInt(at.Unix(), 10), State: PageTest, Alarm: PageTest,
		Name: "TEST", Problem: summary, Summary: summary, TriggeredAt: at, At: at})
}
