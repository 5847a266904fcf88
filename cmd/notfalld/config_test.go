package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notfalld/message"
	"notfalld/ticket"
)

var update = flag.Bool("update", false, "write the expected files anew; read the difference before committing")

func testEnv(name string) (string, bool) {
	v, ok := map[string]string{"IMAP_PASSWORD": "aus-der-umgebung", "IMAP_PORT": "1143", "WORD": "soon", "EMPTY": "", "IDLE": "false"}[name]
	return v, ok
}

// TestBrokenConfigs holds each NAME.yaml against the problems that NAME.want expects.
func TestBrokenConfigs(t *testing.T) {
	t.Chdir("testdata/config")
	files, err := filepath.Glob("*.yaml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d cases (%v), expected 50 and more", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(file, ".yaml"), func(t *testing.T) {
			c, problems := loadConfig(file, testEnv)
			if c != nil {
				problems = append(problems, c.Leftovers()...)
			}
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(p.String() + "\n")
			}
			if strings.Contains(got.String(), "geheim") || strings.Contains(got.String(), "aus-der-umgebung") {
				t.Errorf("a secret is printed:\n%s", got.String())
			}
			want := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(want, []byte(got.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			expected, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(expected), got.String()); d != "" {
				t.Errorf("problems (-want +got):\n%s", d)
			}
		})
	}
}

func mustLoad(t *testing.T, path string) *Config {
	t.Helper()
	c, problems := loadConfig(path, testEnv)
	if len(problems) > 0 {
		t.Fatalf("%v", problems)
	}
	return c
}

// TestExampleLoads: the example in docs is right but for what mode live refuses.
func TestExampleLoads(t *testing.T) {
	c := mustLoad(t, "../../docs/notfalld.example.yaml")
	var keys []string
	for _, p := range c.Leftovers() {
		keys = append(keys, p.Key)
	}
	if d := cmp.Diff([]string{"company.name", "company.form_url", "company.status_url"}, keys); d != "" {
		t.Errorf("left over (-want +got):\n%s", d)
	}
	c.Mode = "observe"
	if left := c.Leftovers(); len(left) > 0 {
		t.Errorf("mode observe refuses %v", left)
	}
}

// TestExampleShowsDefaults: what the example writes (or comments) as a default is the default.
func TestExampleShowsDefaults(t *testing.T) {
	minimal := mustLoad(t, "testdata/config/good-minimal.yaml")
	example := mustLoad(t, "../../docs/notfalld.example.yaml")
	// These differ by their nature.
	example.Company, example.Mailboxes[0].Name = minimal.Company, minimal.Mailboxes[0].Name
	example.Mailboxes[0].Address, example.Mailboxes[0].IMAP.Host = minimal.Mailboxes[0].Address, minimal.Mailboxes[0].IMAP.Host
	example.Mailboxes[0].Groups, example.SMTP.Host = nil, minimal.SMTP.Host
	example.Staff, example.Admin, example.Trust, example.Alarm.Channels = minimal.Staff, minimal.Admin, minimal.Trust, nil
	example.SupportHours.Closed, example.HTTP.Tokens = nil, nil
	example.Store.URL = strings.Replace(example.Store.URL, "../../docs/", "testdata/config/", 1)
	minimal.doc, example.doc = nil, nil
	if d := cmp.Diff(minimal, example, cmp.AllowUnexported(Config{})); d != "" {
		t.Errorf("defaults (-program +example):\n%s", d)
	}
}

func TestConfigValues(t *testing.T) {
	c := mustLoad(t, "testdata/config/good-env-and-files.yaml")
	anchors := mustLoad(t, "testdata/config/good-anchors.yaml")
	full := mustLoad(t, "testdata/config/good-full.yaml")
	dollars := mustLoad(t, "testdata/config/env-dollars.yaml")
	staff := mustLoad(t, "testdata/config/good-staff.yaml")
	desk, err := staff.ticketOptions()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []struct {
		what      string
		got, want any
	}{
		{"port from the environment", c.Mailboxes[0].IMAP.Port, 1143},
		{"password from the environment", c.Mailboxes[0].IMAP.Password, "aus-der-umgebung"},
		{"bool from the environment", c.Mailboxes[0].IMAP.Idle, false},
		{"name of a mailbox without one", c.Mailboxes[0].Name, "support@muster-server.at"},
		{"password from a file", c.Mailboxes[1].IMAP.Password, "geheim"},
		{"implied port", c.Mailboxes[1].IMAP.Port, 993},
		{"implied SMTP port", c.SMTP.Port, 587},
		{"tokens from a file", c.HTTP.Tokens, []string{"abcdefghijklmnopqrstuvwxyz", "01234567890123456789"}},
		{"secret from a file", c.Secret, "0123456789abcdef0123456789abcdef"},
		{"size", c.Limits.Mail, Size(10 << 20)},
		{"nested limit", c.Limits.Answers.KnownPerHour, 20},
		{"default beside a nested limit", c.Limits.Answers.PerTicketDay, 3},
		{"admins are staff if not named", c.Admin.Notify, []string{"team@muster-server.at"}},
		{"merged host", anchors.Mailboxes[1].IMAP.Host, "imap.muster-server.at"},
		{"a key beside a merge wins", anchors.Mailboxes[1].IMAP.Username, "zwei"},
		{"starttls port", anchors.Mailboxes[0].IMAP.Port, 143},
		{"days as duration", full.Retention.Raw, 90 * 24 * time.Hour},
		{"bare 0 as duration", full.Retention.Tickets, time.Duration(0)},
		{"relative path", full.Inventory.File, "testdata/config/files/inventory.csv"},
		{"relative store", full.Store.URL, "sqlite:testdata/config/data/notfalld.db"},
		{"dollars", dollars.Company.Name, "Muster ${NAME} $NAME 5$"},
		{"who works here", desk.Staff.People, []ticket.Person{
			{Name: "Anna Berger", Addresses: []string{"anna@muster-server.at", "a.berger@muster-server.at"}},
			{Name: "Bert Auer", Addresses: []string{"bert@muster-server.at"}, May: []ticket.Right{ticket.RightRead, ticket.RightTicket, ticket.RightEmergency}},
			{Name: "Cora Ebner", Addresses: []string{"cora@muster-server.at"}, May: []ticket.Right{ticket.RightRead}}}},
		{"banners", desk.Staff.Banners, []string{"[EXTERNE MAIL]"}},
		{"banners by default", full.Staff.Banners, []string{"[EXTERN]", "[EXTERNAL]"}},
		{"trust", desk.Trust, message.Trust{AuthservIDs: []string{"mx.muster-server.at"}, ReceivedAuth: []string{"smtp.muster-server.at"}}},
		{"trust is vouched for", desk.TrustShown, true},
		{"attachments of staff", desk.Bounds.ReplyAttachments, int64(10 << 20)},
		{"mails attached to notices", desk.Bounds.NoticeOriginal, int64(2 << 20)},
		{"weekdays", len(full.HoursConfig().Days), 5},
	} {
		if d := cmp.Diff(v.want, v.got); d != "" {
			t.Errorf("%s (-want +got):\n%s", v.what, d)
		}
	}
}

// TestUnheard: with which configurations replies of staff reach nobody.
func TestUnheard(t *testing.T) {
	for file, want := range map[string][]string{
		"good-minimal": {"staff.people"}, "good-full": nil, "good-staff": nil, "trust-verified-nothing": {"trust"}, "staff-banners": {"trust"},
	} {
		c, _ := loadConfig("testdata/config/"+file+".yaml", testEnv)
		var keys []string
		for _, p := range c.Unheard() {
			keys = append(keys, p.Key)
			if !p.Warning || p.Line == 0 || p.Mend == "" {
				t.Errorf("%s: %+v", file, p)
			}
		}
		if d := cmp.Diff(want, keys); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]Size{"25MiB": 25 << 20, "256KiB": 256 << 10, "1GB": 1e9, "1024": 1024, "7 kB": 7000, "1G": 1 << 30, "5B": 5,
		"": 0, "0": 0, "-1": 0, "MiB": 0, "1.5MiB": 0, "99999999999999GiB": 0, "1TiB": 0} {
		var got Size
		err := got.UnmarshalText([]byte(text))
		if (want == 0) != (err != nil) || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
}

// FuzzConfig: any file gives problems or a configuration, never a crash, and every problem is one line.
func FuzzConfig(f *testing.F) {
	files, _ := filepath.Glob("testdata/config/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &Config{}
		c.read("fuzz.yaml", text, testEnv)
		var left []Problem
		if c.doc.Has("") {
			c.finish()
			c.check()
			left = c.Leftovers()
		}
		for _, p := range append(c.doc.Problems(), left...) {
			if s := p.String(); strings.ContainsAny(s, "\n\r\x1b") || p.Text == "" || p.Line < 0 {
				t.Errorf("%q", s)
			}
		}
	})
}
