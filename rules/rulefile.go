package rules

// A rule file as it stands on disk. docs/rules.md explains each key to those who write them.

type rawFile struct {
	Lists    map[string]rawList `yaml:"lists"`
	Settings rawSettings        `yaml:"settings"`
	Classify []rawClassify      `yaml:"classify"`
	Extract  []rawExtract       `yaml:"extract"`
	Forms    []rawForm          `yaml:"forms"`
	Route    []rawRoute         `yaml:"route"`
	Link     rawLink            `yaml:"link"`
}

type rawList struct {
	About    string   `yaml:"about"`
	Words    []string `yaml:"words" loose:""`
	Add      []string `yaml:"add" loose:""`
	Remove   []string `yaml:"remove" loose:""`
	Override bool     `yaml:"override"`
}

type rawSettings struct {
	EmergencyWeight *int `yaml:"emergency-weight" range:"1..100"`
	ObjectionWeight *int `yaml:"objection-weight" range:"1..100"`
}

type rawClassify struct {
	Name     string `yaml:"name" required:"every rule has a name, by which it is tested, explained and switched off"`
	About    string `yaml:"about"`
	Off      bool   `yaml:"off"`
	Override bool   `yaml:"override"`

	Group   string         `yaml:"group"`
	Subject int            `yaml:"subject" range:"-100..100"`
	Text    int            `yaml:"text" range:"-100..100"`
	Weight  int            `yaml:"weight" range:"-100..100"`
	Mild    bool           `yaml:"mild"`
	Words   []string       `yaml:"words" loose:""`
	Add     []string       `yaml:"add" loose:""`
	Remove  []string       `yaml:"remove" loose:""`
	Pattern string         `yaml:"pattern"`
	When    string         `yaml:"when"`
	Unless  []rawException `yaml:"unless"`
	Class   string         `yaml:"class" one:"emergency|auto|bounce|other"`
	Reply   string         `yaml:"reply" one:"never"`
	Before  string         `yaml:"before"`

	Examples rawExamples `yaml:"examples"`
}

type rawExtract struct {
	Name     string `yaml:"name" required:"every rule has a name, by which it is tested, explained and switched off"`
	About    string `yaml:"about"`
	Off      bool   `yaml:"off"`
	Override bool   `yaml:"override"`

	Finder  string         `yaml:"finder"`
	In      []string       `yaml:"in" loose:"" one:"subject|body|forwarded|attachments|signature"`
	Pattern string         `yaml:"pattern"`
	Words   []string       `yaml:"words" loose:""`
	Add     []string       `yaml:"add" loose:""`
	Remove  []string       `yaml:"remove" loose:""`
	Finds   string         `yaml:"finds" one:"server|error"`
	Refuse  string         `yaml:"refuse" one:"server|error|phone|customer_number"`
	Values  []string       `yaml:"values" loose:""`
	When    string         `yaml:"when"`
	Unless  []rawException `yaml:"unless"`

	Examples rawExamples `yaml:"examples"`
}

type rawRoute struct {
	Name     string `yaml:"name" required:"every rule has a name, by which it is tested, explained and switched off"`
	About    string `yaml:"about"`
	Off      bool   `yaml:"off"`
	Override bool   `yaml:"override"`

	When     string         `yaml:"when"`
	Unless   []rawException `yaml:"unless"`
	Priority string         `yaml:"priority" one:"high|normal|low"`
	Tags     []string       `yaml:"tags" loose:""`
	Notify   []string       `yaml:"notify" loose:""`
	Stop     bool           `yaml:"stop"`
}

// rawException refuses what its rule would take.
type rawException struct {
	Words   []string `yaml:"words" loose:""`
	Pattern string   `yaml:"pattern"`
	Values  []string `yaml:"values" loose:""`
	When    string   `yaml:"when"`
}

type rawExamples struct {
	Match []rawExample `yaml:"match" short:"text"`
	Skip  []rawExample `yaml:"skip" short:"text"`
}

// rawExample is a small mail, and of an extract rule what is to be found in it.
type rawExample struct {
	Text           string   `yaml:"text"`
	Subject        string   `yaml:"subject"`
	From           string   `yaml:"from"`
	Server         []string `yaml:"server" loose:""`
	Error          []string `yaml:"error" loose:""`
	CustomerNumber string   `yaml:"customer_number"`
	Phone          []string `yaml:"phone" loose:""`
	Problem        string   `yaml:"problem"`
	Reproduction   string   `yaml:"reproduction"`
	Changes        string   `yaml:"changes"`
}
