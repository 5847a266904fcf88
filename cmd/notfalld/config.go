package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"notfalld/strictyaml"
	"notfalld/ticket"
)

// Config is the configuration file: every key that it knows, with its default in SetDefaults. Paths in it are absolute
// or relative to the working directory once it is loaded; ${ENV} and KEY_file are resolved.
type Config struct {
	Mode         string       `yaml:"mode" one:"live|observe"`
	Company      Company      `yaml:"company"`
	Service      Service      `yaml:"service"`
	Mailboxes    []Mailbox    `yaml:"mailboxes" required:"name the mailbox whose mails become tickets"`
	SMTP         SMTP         `yaml:"smtp"`
	Store        Store        `yaml:"store"`
	Rules        Dir          `yaml:"rules"`
	Templates    Dir          `yaml:"templates"`
	Inventory    File         `yaml:"inventory"`
	SupportHours SupportHours `yaml:"support_hours"`
	Contacts     File         `yaml:"contacts"`
	Staff        Staff        `yaml:"staff"`
	Trust        Trust        `yaml:"trust"`
	Alarm        Alarm        `yaml:"alarm"`

	FirstStartLookback time.Duration `yaml:"first_start_lookback"` // how far back the very first start looks
	ReplyMaxAge        time.Duration `yaml:"reply_max_age"`        // an older mail gets a ticket and no answer
	ReopenWithin       time.Duration `yaml:"reopen_within"`        // a mail reopens a ticket closed no longer ago

	HTTP      HTTP      `yaml:"http"`
	Admin     Admin     `yaml:"admin"`
	Retention Retention `yaml:"retention"`
	Log       Log       `yaml:"log"`
	Limits    Limits    `yaml:"limits"`
	Secret    string    `yaml:"secret" file:""` // signs tokens; empty: made at the first start, kept in the store

	doc *strictyaml.Doc
}

// Company is what customers are told about the company.
type Company struct {
	Name           string `yaml:"name" required:"customers must see whose mail it is"`
	Phone          string `yaml:"phone"`
	EmergencyPhone string `yaml:"emergency_phone"`
	FormURL        string `yaml:"form_url" required:"the page where an emergency is triggered; every answer names it"`
	StatusURL      string `yaml:"status_url"`
	LegalFooter    string `yaml:"legal_footer"`
	PrivacyURL     string `yaml:"privacy_url"`
}

// Service is the prices, in whole units of Currency net of VAT, and the times promised.
type Service struct {
	Fee      int           `yaml:"fee" range:"0..1000000"`
	Hourly   int           `yaml:"hourly" range:"0..1000000"`
	VAT      int           `yaml:"vat" range:"0..100"` // per cent
	Currency string        `yaml:"currency"`           // ISO 4217
	Included time.Duration `yaml:"included"`
	Callback time.Duration `yaml:"callback"`
}

// Mailbox is one support mailbox.
type Mailbox struct {
	Name        string  `yaml:"name"`
	Address     string  `yaml:"address" required:"the support address: answers come from it"`
	IMAP        IMAP    `yaml:"imap" required:"how to log in: {host, username, password}"`
	Mark        Mark    `yaml:"mark"`
	PlusAddress string  `yaml:"plus_address" one:"auto|true|false"`
	Groups      []Group `yaml:"groups"`
}

// IMAP is how a mailbox is reached.
type IMAP struct {
	Host       string        `yaml:"host" required:"the name of the IMAP server"`
	Port       int           `yaml:"port" range:"1..65535"` // 0 in the struct until loaded: 993, or 143 where tls is not implicit
	TLS        string        `yaml:"tls" one:"none|starttls|implicit"`
	CAFile     string        `yaml:"ca_file" path:""` // PEM; empty: the system's
	Username   string        `yaml:"username" required:"the login of the mailbox"`
	Password   string        `yaml:"password" required:"here, or in the file that password_file names" file:""`
	Folder     string        `yaml:"folder"`
	SentFolder string        `yaml:"sent_folder"`
	Idle       bool          `yaml:"idle"`
	Poll       time.Duration `yaml:"poll"`
}

// Mark is how a mail of ours is marked in the mailbox.
type Mark struct {
	Keyword string `yaml:"keyword"`
	MoveTo  string `yaml:"move_to"` // empty: mails stay where they are
}

// Group is a mailing group through which the support address is read.
type Group struct {
	Address string `yaml:"address" required:"the address of the group"`
	ListID  string `yaml:"list_id"`
}

// SMTP is where mail is handed in.
type SMTP struct {
	Host       string `yaml:"host" required:"the server that takes our mail"`
	Port       int    `yaml:"port" range:"1..65535"` // as with IMAP: 587, or 465 for implicit, 25 for none
	TLS        string `yaml:"tls" one:"none|starttls|implicit"`
	CAFile     string `yaml:"ca_file" path:""`
	Username   string `yaml:"username"`
	Password   string `yaml:"password" file:""`
	BouncePlus string `yaml:"bounce_plus" one:"auto|true|false"`
}

// Store is the database: sqlite:PATH or postgres://…
type Store struct {
	URL string `yaml:"url" file:""`
}

// Dir is a folder that adds to what is shipped; empty: the shipped set alone.
type Dir struct {
	Dir string `yaml:"dir" path:""`
}

// File is a table on disk; empty: none.
type File struct {
	File string `yaml:"file" path:""`
}

// SupportHours is when mail and phone support are staffed.
type SupportHours struct {
	Timezone string   `yaml:"timezone"`
	Days     []string `yaml:"days" one:"mon|tue|wed|thu|fri|sat|sun"`
	From     string   `yaml:"from"`
	To       string   `yaml:"to"`
	Holidays string   `yaml:"holidays" one:"at|de|none"`
	Closed   []string `yaml:"closed"` // "2026-12-24"
}

// Staff is who works here, and who is told of tickets.
type Staff struct {
	People   []Person `yaml:"people"`
	Notify   []string `yaml:"notify" required:"who is told of each ticket, also when no customer could be told"`
	Language string   `yaml:"language" one:"de|en"`
	Banners  []string `yaml:"banners"` // lines that a gateway puts on top of mails
}

// Person is one member of staff.
type Person struct {
	Name      string   `yaml:"name" required:"how colleagues see the person"`
	Addresses []string `yaml:"addresses" required:"the addresses that the person writes from"`
	May       []string `yaml:"may" one:"ticket|emergency|customer"` // nil: all of it; empty: nothing but being told
}

// Trust says what of a mail's header only our own server can have written.
type Trust struct {
	AuthRes      []string `yaml:"authres"` // authserv-ids (RFC 8601, 2.5)
	Microsoft365 bool     `yaml:"microsoft365"`
	ReceivedAuth []string `yaml:"received_auth"` // hosts whose Received tells of an authenticated submission
	Verified     bool     `yaml:"verified"`
}

// HTTP is the API, health and metrics.
type HTTP struct {
	Listen  string   `yaml:"listen"` // empty: no HTTP
	Tokens  []string `yaml:"tokens" file:""`
	Form    bool     `yaml:"form"`
	Proxies []string `yaml:"proxies"` // addresses or networks whose X-Forwarded-For is believed
}

// Admin is who is told of the program itself.
type Admin struct {
	Notify []string `yaml:"notify"` // empty: staff.notify
}

// Retention is how long things are kept; 0: for ever.
type Retention struct {
	Raw         time.Duration `yaml:"raw"`
	Attachments time.Duration `yaml:"attachments"`
	Tickets     time.Duration `yaml:"tickets"`
}

// Log is how the daemon logs.
type Log struct {
	Level  string `yaml:"level" one:"debug|info|warn|error"`
	Format string `yaml:"format" one:"text|json"`
}

// Limits bound what one mail may cost, and how many answers go out.
type Limits struct {
	Mail    Size          `yaml:"mail"`   // fetched whole up to here
	Header  Size          `yaml:"header"` // of one mail
	Parts   int           `yaml:"parts" range:"1..100000"`
	Depth   int           `yaml:"depth" range:"1..100"`
	PerMail time.Duration `yaml:"per_mail"` // time for one mail
	Answers AnswerLimits  `yaml:"answers"`

	ReplyAttachments Size `yaml:"reply_attachments"` // all attachments of one mail of staff to a customer
	NoticeOriginal   Size `yaml:"notice_original"`   // a larger mail is not attached to its notice
}

// AnswerLimits bound the answers, never the tickets.
type AnswerLimits struct {
	PerTicketDay          int           `yaml:"per_ticket_day" range:"1..1000"`
	AgainAfter            time.Duration `yaml:"again_after"`
	KnownPerHour          int           `yaml:"known_per_hour" range:"1..100000"`
	UnknownPerHour        int           `yaml:"unknown_per_hour" range:"1..100000"`
	UnknownOverallPerHour int           `yaml:"unknown_overall_per_hour" range:"1..1000000"`
	BarePerAddress        time.Duration `yaml:"bare_per_address"`
	BarePerHour           int           `yaml:"bare_per_hour" range:"0..100000"`
	NoticesPerHour        int           `yaml:"notices_per_hour" range:"1..100000"`
}

// SetDefaults fills what holds where the file says nothing.
func (c *Config) SetDefaults() {
	c.Mode = "live"
	c.Service = Service{Fee: 200, Hourly: 200, VAT: 20, Currency: "EUR", Included: 30 * time.Minute, Callback: 30 * time.Minute}
	c.SMTP = SMTP{TLS: "starttls", BouncePlus: "auto"}
	c.Store.URL = "sqlite:data/notfalld.db"
	c.SupportHours = SupportHours{Timezone: "Europe/Vienna", Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "08:00", To: "17:00", Holidays: "at"}
	c.Staff.Language, c.Staff.Banners = "de", []string{"[EXTERN]", "[EXTERNAL]"}
	c.Alarm.API, c.Alarm.EscalateAfter = "external", ticket.DefaultEscalateAfter
	c.ReplyMaxAge, c.ReopenWithin = 12*time.Hour, 7*24*time.Hour
	c.HTTP.Listen, c.HTTP.Proxies = "127.0.0.1:8080", []string{"127.0.0.0/8", "::1"}
	c.Retention = Retention{Raw: 90 * 24 * time.Hour, Attachments: 90 * 24 * time.Hour}
	c.Log = Log{Level: "info", Format: "text"}
	c.Limits = Limits{Mail: 25 << 20, Header: 256 << 10, Parts: 1000, Depth: 20, PerMail: 10 * time.Second,
		Answers: AnswerLimits{PerTicketDay: 3, AgainAfter: time.Hour, KnownPerHour: 10, UnknownPerHour: 2,
			UnknownOverallPerHour: 600, BarePerAddress: 24 * time.Hour, BarePerHour: 30, NoticesPerHour: 20},
		ReplyAttachments: 20 << 20, NoticeOriginal: 5 << 20}
}

// SetDefaults fills what holds for a mailbox where the file says nothing.
func (m *Mailbox) SetDefaults() {
	m.IMAP = IMAP{TLS: "implicit", Folder: "INBOX", SentFolder: "Sent", Idle: true, Poll: time.Minute}
	m.Mark.Keyword = "$NotfallTicket"
	m.PlusAddress = "auto"
}

// LoadConfig reads the configuration and finds everything that is wrong with it, sorted by line. It is usable
// unless Broken says otherwise; it is nil if it could not be read at all. What was left over from the
// example is not among the problems: Leftovers has it, for the commands that refuse it.
func LoadConfig(path string) (*Config, []Problem) { return loadConfig(path, os.LookupEnv) }

func loadConfig(path string, env func(string) (string, bool)) (*Config, []Problem) {
	text, err := readSmall(path)
	if err != nil {
		return nil, []Problem{{File: path, Text: "cannot read the configuration: " + reason(err), Mend: "name it with -c FILE"}}
	}
	c := &Config{}
	c.read(path, text, env)
	if !c.doc.Has("") { // no YAML: nothing else is worth saying
		return nil, c.doc.Problems()
	}
	c.finish()
	c.check()
	return c, c.doc.Problems()
}

func (c *Config) read(path string, text []byte, env func(string) (string, bool)) {
	c.doc = strictyaml.Read(path, text, c, strictyaml.Options{Env: env, ReadFile: func(path string) ([]byte, error) {
		text, err := readSmall(path)
		if err != nil {
			err = errors.New(reason(err))
		}
		return text, err
	}})
}

// maxSmallFile keeps a wrong path (a disk image, a device, a log) from filling the memory.
const maxSmallFile = 4 << 20

// readSmall reads a file that admins write by hand.
func readSmall(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // or a named pipe would keep us until somebody writes
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSmallFile+1))
	if err == nil && len(text) > maxSmallFile {
		err = fmt.Errorf("more than %d MB, which is none", maxSmallFile>>20)
	}
	return text, err
}

// finish fills in what depends on other keys.
func (c *Config) finish() {
	for i := range c.Mailboxes {
		m := &c.Mailboxes[i]
		if m.Name == "" {
			m.Name = m.Address
		}
		if m.IMAP.Port == 0 {
			m.IMAP.Port = map[string]int{"implicit": 993}[m.IMAP.TLS]
			if m.IMAP.Port == 0 {
				m.IMAP.Port = 143
			}
		}
	}
	if c.SMTP.Port == 0 {
		c.SMTP.Port = map[string]int{"implicit": 465, "starttls": 587, "none": 25}[c.SMTP.TLS]
	}
	if len(c.Admin.Notify) == 0 {
		c.Admin.Notify = c.Staff.Notify
	}
	if !c.doc.Has("alarm.reminders") {
		c.Alarm.Reminders = defaultReminders(c.Service.Callback)
	}
	if path, ok := sqlitePath(c.Store.URL); ok && path != "" && !filepath.IsAbs(path) {
		c.Store.URL = "sqlite:" + filepath.Join(filepath.Dir(c.doc.File()), path)
	}
}

// defaultConfigPath is where the configuration is looked for when no -c names it.
func defaultConfigPath(env func(string) (string, bool)) string {
	if p, ok := env("NOTFALLD_CONFIG"); ok && p != "" {
		return p
	}
	if _, err := os.Stat("notfalld.yaml"); err == nil {
		return "notfalld.yaml"
	}
	if _, err := os.Stat("/etc/notfalld/notfalld.yaml"); err == nil {
		return "/etc/notfalld/notfalld.yaml"
	}
	return "notfalld.yaml"
}
