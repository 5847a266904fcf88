package rules

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/mail"
	"path"
	"slices"
	"strings"
	"time"

	"notfalld/strictyaml"
)

// A test file as it stands on disk, beside the rule files: X.test.yaml. docs/rules.md explains each key.
//
//	inventory: |                          # the servers of these tests; none otherwise
//	  server,customer_number,aliases
//	  web01.firma.at,104711,
//	clock: "2026-03-04T03:00:00+01:00"    # when the mails are looked at; otherwise Monday, 2 March 2026, 10:00 in Vienna
//	support_open: false                   # whether the office is open then; otherwise true, whatever the clock says
//	own: [support@notfall-hoster.at]      # our addresses; otherwise this one
//	tests:
//	  - name: the oncall rule at night
//	    mail: night.eml                   # a file beside; or raw: the text of one; or its fields: subject, text, from, …
//	    expect:                           # what is not given here is not compared; [] and "" mean: must not be found
//	      class: emergency
//	      servers: [web01.firma.at]
//	      errors: []
//	    todo: why this is known not to work
type rawTests struct {
	Inventory   string    `yaml:"inventory"`
	Clock       string    `yaml:"clock"`
	SupportOpen *bool     `yaml:"support_open"`
	Own         []string  `yaml:"own" loose:""`
	Tests       []rawTest `yaml:"tests" required:"a list: each test has a name, a mail, and what is expected of it"`
}

type rawTest struct {
	Name string `yaml:"name" required:"what the test is about"`

	Mail        string            `yaml:"mail"`
	Raw         string            `yaml:"raw"`
	Subject     string            `yaml:"subject"`
	Text        string            `yaml:"text"`
	From        string            `yaml:"from"`
	FromName    string            `yaml:"from_name"`
	To          []string          `yaml:"to" loose:""`
	Headers     map[string]string `yaml:"headers"`
	Quoted      string            `yaml:"quoted"`
	Signature   string            `yaml:"signature"`
	Forwarded   string            `yaml:"forwarded"`
	Attachments []rawAttachment   `yaml:"attachments"`

	Inventory   string `yaml:"inventory"`
	Clock       string `yaml:"clock"`
	SupportOpen *bool  `yaml:"support_open"`
	Proof       string `yaml:"proof" one:"pass|fail|unknown"`

	Expect rawExpect `yaml:"expect"`
	Todo   string    `yaml:"todo"`
}

type rawAttachment struct {
	Name string `yaml:"name" required:"the name of the file"`
	Text string `yaml:"text"`
}

// rawExpect is what a mail should give. Of lists the order does not count.
type rawExpect struct {
	Class          string   `yaml:"class" empty:"" one:"emergency|auto|bounce|other"`
	Reply          *bool    `yaml:"reply" empty:""`
	Language       string   `yaml:"language" empty:""`
	CustomerNumber string   `yaml:"customer_number" empty:""`
	Servers        []string `yaml:"servers" empty:"" loose:""`
	KnownServers   []string `yaml:"known_servers" empty:"" loose:""`
	Errors         []string `yaml:"errors" empty:"" loose:""`
	Phones         []string `yaml:"phones" empty:"" loose:""`
	Problem        string   `yaml:"problem" empty:""`
	Reproduction   string   `yaml:"reproduction" empty:""`
	Changes        string   `yaml:"changes" empty:""`
	Missing        []string `yaml:"missing" empty:"" loose:"" one:"problem|servers|error|customer_number|phone|reproduction|changes"`
	Priority       string   `yaml:"priority" empty:""`
	Tags           []string `yaml:"tags" empty:"" loose:""`
	Notify         []string `yaml:"notify" empty:"" loose:""`
	Fired          []string `yaml:"fired" empty:"" loose:""`
	NotFired       []string `yaml:"not_fired" empty:"" loose:""`
}

// expectKeys are the keys of rawExpect, in its order.
var expectKeys = []string{"class", "reply", "language", "customer_number", "servers", "known_servers", "errors", "phones", "problem",
	"reproduction", "changes", "missing", "priority", "tags", "notify", "fired", "not_fired"}

// wholeMail are the keys that give a whole mail, and mailFields those that give its parts.
var (
	wholeMail  = []string{"mail", "raw"}
	mailFields = []string{"subject", "text", "from", "from_name", "to", "headers", "quoted", "signature", "forwarded", "attachments"}
)

// trialFile is one test file that was read.
type trialFile struct {
	raw    rawTests
	doc    *strictyaml.Doc
	name   string
	folder fs.FS
	world  World
}

// defaultOwn is our address where a test file names none.
const defaultOwn = "support@notfall-hoster.at"

// defaultClock is a Monday within support hours.
var defaultClock = time.Date(2026, 3, 2, 10, 0, 0, 0, time.FixedZone("CET", 3600))

// readTrialFiles reads the test files of a folder, in name order. What is wrong with one is in its problems.
func readTrialFiles(s *Set, folder fs.FS, prefix string) ([]*trialFile, error) {
	if folder == nil {
		return nil, nil
	}
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, fmt.Errorf("reading test files: %w", err)
	}
	var files []*trialFile
	for _, e := range entries {
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || !isTestFile(e.Name()) {
			continue
		}
		text, err := readAtMost(folder, e.Name(), maxRuleFile)
		f := &trialFile{name: path.Join(prefix, e.Name()), folder: folder}
		f.doc = strictyaml.Read(f.name, text, &f.raw, strictyaml.Options{})
		if err != nil {
			f.doc = strictyaml.Read(f.name, []byte("tests: []"), &f.raw, strictyaml.Options{})
			f.doc.Add(0, 0, "", err.Error(), "")
		}
		f.check(s)
		files = append(files, f)
	}
	return files, nil
}

// readAtMost reads a file that has at most so many bytes.
func readAtMost(folder fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(folder, name)
	if err == nil && info.Size() > most {
		err = fmt.Errorf("the file has %d bytes, and at most %d are read", info.Size(), most)
	}
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(folder, name)
}

// check finds what is wrong with a test file without running it.
func (f *trialFile) check(s *Set) {
	f.world = World{Own: f.raw.Own, Now: defaultClock, Open: f.raw.SupportOpen == nil || *f.raw.SupportOpen, Inventory: f.inventory("inventory", f.raw.Inventory)}
	if !f.doc.Has("own") {
		f.world.Own = []string{defaultOwn}
	}
	for i, a := range f.raw.Own {
		if _, ok := headerAddress(a); !ok {
			f.doc.ProblemAt(fmt.Sprintf("own[%d]", i), fmt.Sprintf("%q is no address", a), "write name@domain")
		}
	}
	f.clock("clock", f.raw.Clock, &f.world.Now)
	if f.doc.Given("tests") && len(f.raw.Tests) == 0 {
		f.doc.ProblemAt("tests", "holds no test", "")
	}
	known, names := s.ruleNames(), map[string]int{}
	for i := range f.raw.Tests {
		t, key := &f.raw.Tests[i], fmt.Sprintf("tests[%d]", i)
		if first, twice := names[t.Name]; twice && t.Name != "" {
			line, _ := f.doc.PlaceOf(fmt.Sprintf("tests[%d].name", first))
			f.doc.ProblemAt(key+".name", fmt.Sprintf("a test has this name already, in line %d", line), "give each its own")
		} else {
			names[t.Name] = i
		}
		f.checkMail(t, key)
		f.checkExpect(t, key, known)
		f.inventory(key+".inventory", t.Inventory)
		f.clock(key+".clock", t.Clock, new(time.Time))
	}
}

// inventory reads the servers of tests; nil if there are none.
func (f *trialFile) inventory(key, text string) *Inventory {
	if !f.doc.Given(key) || strings.TrimSpace(text) == "" {
		return nil
	}
	in, bad, err := ReadInventory(strings.NewReader(text))
	if err != nil {
		f.doc.ProblemAt(key, err.Error(), "")
	}
	for _, b := range bad {
		offset := 0
		for range b.Line - 1 {
			offset += strings.IndexByte(text[offset:], '\n') + 1
		}
		line, col := f.doc.Inside(key, offset)
		f.doc.Add(line, col, key, b.Why, "")
	}
	return in
}

// clock reads a time into at, if one is given.
func (f *trialFile) clock(key, text string, at *time.Time) {
	if !f.doc.Given(key) {
		return
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		f.doc.ProblemAt(key, fmt.Sprintf("%q is no time", text), `write it with its offset: "2026-03-04T03:00:00+01:00"`)
		return
	}
	*at = t
}

// checkMail says of a test without a mail, or with two, what is wrong.
func (f *trialFile) checkMail(t *rawTest, key string) {
	has := func(k string) bool { return f.doc.Has(key + "." + k) }
	given := slices.DeleteFunc(slices.Concat(wholeMail, mailFields), func(k string) bool { return !has(k) })
	switch {
	case len(given) == 0 && f.doc.BadBelow(key): // a wrong key was meant to be one of them
	case len(given) == 0:
		f.doc.ProblemAt(key, "has no mail", "give it mail: FILE.eml, raw:, or fields such as subject: and text:")
	case slices.Contains(wholeMail, given[0]) && len(given) > 1:
		f.doc.ProblemAt(key+"."+given[1], fmt.Sprintf("%s is a whole mail", given[0]), "remove one of the two")
	case !slices.Contains(wholeMail, given[0]) && !has("subject") && !has("text") && !has("forwarded") && !has("attachments"):
		f.doc.ProblemAt(key, "has a mail of which nobody says what stands in it", "give it subject: or text:")
	}
	if t.Mail != "" {
		if _, err := readAtMost(f.folder, t.Mail, maxTrialMail); err != nil {
			f.doc.ProblemAt(key+".mail", f.noMail(t.Mail, err), f.likeMail(t.Mail))
		}
	}
	if _, err := mail.ParseAddress(t.From); t.From != "" && err != nil {
		f.doc.ProblemAt(key+".from", fmt.Sprintf("%q is no address", t.From), "write name@domain, and the name under from_name; a broken one stands in raw:")
	}
	for i, a := range t.To {
		if _, err := mail.ParseAddress(a); err != nil {
			f.doc.ProblemAt(fmt.Sprintf("%s.to[%d]", key, i), fmt.Sprintf("%q is no address", a), "write name@domain")
		}
	}
}

func (f *trialFile) noMail(name string, err error) string {
	switch {
	case !fs.ValidPath(name):
		return fmt.Sprintf("%q is no file of this folder", name)
	case path.Ext(name) == "" && strings.ContainsAny(name, " \n"):
		return "names a file, and this is none: the text of a mail stands under raw:"
	}
	if _, missing := fs.Stat(f.folder, name); missing != nil {
		return fmt.Sprintf("there is no file %q beside this one", name)
	}
	return err.Error()
}

func (f *trialFile) likeMail(name string) string {
	files, err := fs.Glob(f.folder, "*.eml")
	if n := nearest(name, files); err == nil && n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

// checkExpect finds expectations that no mail could fulfil.
func (f *trialFile) checkExpect(t *rawTest, above string, rules []string) {
	key := above + ".expect"
	if !slices.ContainsFunc(expectKeys, func(k string) bool { return f.doc.Has(key + "." + k) }) {
		if !f.doc.BadBelow(above) { // a wrong key was meant to be the one
			f.doc.ProblemAt(key, "expects nothing", "say under expect: what is to be found: "+strings.Join(expectKeys[:6], ", ")+", …")
		}
		return
	}
	e := &t.Expect
	one := func(k, value, mend string, choices ...string) {
		if f.doc.Given(key+"."+k) && !slices.Contains(choices, value) {
			f.doc.ProblemAt(key+"."+k, fmt.Sprintf("%q is none that could be found", value), mend)
		}
	}
	if f.doc.Given(key+".reply") && e.Reply == nil {
		f.doc.ProblemAt(key+".reply", "is empty", "write true or false")
	}
	one("class", e.Class, "write emergency, auto, bounce or other", "emergency", "auto", "bounce", "other")
	one("language", e.Language, `write de, en, or "" for neither`, "", "de", "en")
	one("priority", e.Priority, `write high, normal, low, or "" for none`, "", "high", "normal", "low")
	for k, list := range map[string][]string{"servers": e.Servers, "known_servers": e.KnownServers, "errors": e.Errors, "phones": e.Phones, "tags": e.Tags, "notify": e.Notify} {
		for i, v := range list {
			if at := fmt.Sprintf("%s.%s[%d]", key, k, i); strings.TrimSpace(v) == "" && f.doc.Given(at) {
				f.doc.ProblemAt(at, "is empty", fmt.Sprintf("%s: [] says that there must be none", k))
			}
		}
	}
	for i, p := range e.Phones {
		if !strings.HasPrefix(p, "+") && p != "" {
			f.doc.ProblemAt(fmt.Sprintf("%s.phones[%d]", key, i), "phones are found in international form", "write "+cmp.Or(e164(p, "", "AT"), "+43…"))
		}
	}
	for k, list := range map[string][]string{"fired": e.Fired, "not_fired": e.NotFired} {
		for i, name := range list {
			if at := fmt.Sprintf("%s.%s[%d]", key, k, i); !slices.Contains(rules, name) && f.doc.Given(at) {
				f.doc.ProblemAt(at, fmt.Sprintf("there is no rule %q", name), meantName(name, rules))
			}
		}
	}
	for i, name := range e.Fired {
		if slices.Contains(e.NotFired, name) {
			f.doc.ProblemAt(fmt.Sprintf("%s.fired[%d]", key, i), "stands under not_fired as well", "remove one of the two")
		}
	}
}

func meantName(name string, known []string) string {
	if n := nearest(name, known); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

// ruleNames are the names that tests may use: the rules of the set, and those that it switched off.
func (s *Set) ruleNames() []string {
	var out []string
	for _, r := range s.rules {
		if r.Section != "lists" {
			out = append(out, r.Name)
		}
	}
	return out
}
