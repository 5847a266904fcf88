package rules

import (
	"fmt"
	"io/fs"
	"path"
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

	Emergencies []rawTrialEmergency `yaml:"emergencies"`

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
	Link           string   `yaml:"link" empty:""`
	Suggested      []string `yaml:"suggested" empty:"" loose:""`

	Form rawTrialForm `yaml:"form" empty:"" short:"rule"`
}

// expectKeys are the keys of rawExpect, in its order.
var expectKeys = []string{"class", "reply", "language", "customer_number", "servers", "known_servers", "errors", "phones", "problem",
	"reproduction", "changes", "missing", "priority", "tags", "notify", "fired", "not_fired", "link", "suggested", "form"}

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
	worlds []World // of each test
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
		if strings.HasPrefix(e.Name(), ".") || !isTestFile(e.Name()) {
			continue
		}
		f := &trialFile{name: path.Join(prefix, e.Name()), folder: folder}
		files = append(files, f)
		text, err := ReadRegular(folder, e.Name(), maxRuleFile)
		if err != nil {
			f.doc = strictyaml.Read(f.name, []byte("{}"), &struct{}{}, strictyaml.Options{}) // for the problem to stand in
			p := fileProblem(f.name, err)
			f.doc.Add(0, 0, "", p.Text, p.Mend)
			continue
		}
		f.doc = strictyaml.Read(f.name, text, &f.raw, strictyaml.Options{})
		f.check(s)
	}
	return files, nil
}
