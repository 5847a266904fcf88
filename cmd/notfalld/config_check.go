package main

import (
	"fmt"
	"math"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// check finds what is wrong with values that could be read: each problem with its place and mend.
func (c *Config) check() {
	c.checkCompany()
	c.checkMailboxes()
	c.checkServer("smtp", c.SMTP.Host, c.SMTP.TLS, c.SMTP.Password, c.SMTP.CAFile)
	if c.SMTP.Username == "" && c.SMTP.Password != "" {
		c.doc.ProblemAt("smtp.username", "is missing, and there is a password", "name the user, or remove the password")
	} else if c.SMTP.Username != "" && c.SMTP.Password == "" && !c.doc.BadBelow("smtp") {
		c.doc.ProblemAt("smtp.password", "is missing, and there is a username", "give password or password_file")
	}
	c.checkStore()
	c.checkPaths()
	c.checkHours()
	c.checkPeople()
	c.checkBanners()
	c.checkTrust()
	c.checkAlarm()
	c.checkHTTP()
	c.checkTimes()
}

var (
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	phoneShape   = regexp.MustCompile(`^\+?[0-9][0-9 ()/.-]{3,30}$`)
	// An IMAP flag keyword is an atom (RFC 9051, 9): no control, space, list, wildcard, quote or response special.
	imapAtom = regexp.MustCompile(`^[^\x00-\x20\x7f-\x{10ffff}(){%*"\\\]]+$`)
)

func (c *Config) checkCompany() {
	for _, u := range []struct{ key, value string }{{"form_url", c.Company.FormURL}, {"status_url", c.Company.StatusURL}, {"privacy_url", c.Company.PrivacyURL}} {
		if u.value == "" {
			if u.key == "form_url" && c.doc.Given("company.form_url") {
				c.doc.ProblemAt("company.form_url", "is empty", "every answer names the page where an emergency is triggered")
			}
			continue
		}
		if p, err := url.Parse(u.value); err != nil || (p.Scheme != "https" && p.Scheme != "http") || p.Host == "" || strings.ContainsAny(u.value, " \t\n\"<>") {
			c.doc.ProblemAt("company."+u.key, fmt.Sprintf("%q is no web address", u.value), "write it whole: https://www.firma.at/…")
		}
	}
	if c.doc.Given("company.name") && strings.TrimSpace(c.Company.Name) == "" {
		c.doc.ProblemAt("company.name", "is empty", "customers must see whose mail it is")
	}
	for key, v := range map[string]string{"company.name": c.Company.Name, "company.phone": c.Company.Phone, "company.emergency_phone": c.Company.EmergencyPhone} {
		switch {
		case strings.ContainsAny(v, "\r\n"):
			c.doc.ProblemAt(key, "has more than one line", "")
		case key != "company.name" && v != "" && !phoneShape.MatchString(v):
			c.doc.ProblemAt(key, fmt.Sprintf("%q is no phone number", v), "write it as +43 1 2345670")
		}
	}
	if !currencyCode.MatchString(c.Service.Currency) {
		c.doc.ProblemAt("service.currency", fmt.Sprintf("%q is no currency", c.Service.Currency), "write its three letters, such as EUR")
	}
}

func (c *Config) checkMailboxes() {
	if c.doc.Given("mailboxes") && len(c.Mailboxes) == 0 {
		c.doc.ProblemAt("mailboxes", "names no mailbox", "at least one is needed")
	}
	names, folders := map[string]int{}, map[string]int{}
	for i, m := range c.Mailboxes {
		key := fmt.Sprintf("mailboxes[%d]", i)
		if !c.doc.Has(key) { // an empty entry, and that is said
			continue
		}
		c.checkAddress(key+".address", m.Address)
		c.checkServer(key+".imap", m.IMAP.Host, m.IMAP.TLS, m.IMAP.Password, m.IMAP.CAFile)
		for _, k := range []struct{ key, value string }{{"username", m.IMAP.Username}, {"password", m.IMAP.Password}} {
			if full := key + ".imap." + k.key; c.doc.Given(full) && k.value == "" && !c.doc.BadBelow(full+"_file") {
				c.doc.ProblemAt(full, "is empty", "the mailbox cannot be read without it")
			}
		}
		if m.IMAP.Folder == "" {
			c.doc.ProblemAt(key+".imap.folder", "is empty", "write INBOX")
		}
		if m.IMAP.Poll < 100*time.Millisecond || m.IMAP.Poll > time.Hour {
			c.doc.ProblemAt(key+".imap.poll", fmt.Sprintf("%s is no sane interval", m.IMAP.Poll), "use 100ms to 1h; 60s is usual")
		}
		if first, twice := names[m.Name]; twice && m.Name != "" {
			c.doc.ProblemAt(key+".name", fmt.Sprintf("%q is the name of mailboxes[%d] as well", m.Name, first), "give each mailbox a name of its own")
		}
		names[m.Name] = i
		if place := fmt.Sprint(m.IMAP.Host, m.IMAP.Port, m.IMAP.Username, m.IMAP.Folder); m.IMAP.Host != "" {
			if first, twice := folders[place]; twice {
				c.doc.ProblemAt(key+".imap", fmt.Sprintf("mailboxes[%d] reads the same folder", first), "every mail would be answered twice: remove one of the two")
			}
			folders[place] = i
		}
		c.checkMark(key, m)
		c.checkSent(key, m)
		for j, g := range m.Groups {
			c.checkAddress(fmt.Sprintf("%s.groups[%d].address", key, j), g.Address)
		}
	}
}

func (c *Config) checkMark(key string, m Mailbox) {
	if k := m.Mark.Keyword; k != "" && (!imapAtom.MatchString(k) || len(k) > 100) {
		c.doc.ProblemAt(key+".mark.keyword", fmt.Sprintf("%q cannot be an IMAP keyword", k), `use letters, digits, $, - and _, such as $NotfallTicket`)
	}
	if m.Mark.Keyword == "" && m.Mark.MoveTo == "" {
		c.doc.WarnAt(key+".mark", "neither keyword nor move_to is given: nobody sees in the mailbox which mails became tickets", "write keyword: $NotfallTicket")
	}
	if m.Mark.MoveTo != "" && m.Mark.MoveTo == m.IMAP.Folder {
		c.doc.ProblemAt(key+".mark.move_to", "is the folder that is read", "name another folder, or leave it empty")
	}
}

// checkSent: what lies in a folder of mails to us must not count as sent by us.
func (c *Config) checkSent(key string, m Mailbox) {
	switch {
	case m.IMAP.SentFolder == "":
	case m.IMAP.SentFolder == m.IMAP.Folder, strings.EqualFold(m.IMAP.SentFolder, "INBOX"):
		c.doc.ProblemAt(key+".imap.sent_folder", "is the folder that is read", `name the folder of sent mails, or write "" to read none`)
	case m.IMAP.SentFolder == m.Mark.MoveTo:
		c.doc.ProblemAt(key+".imap.sent_folder", "is where mails of customers are moved to", `name the folder of sent mails, or write "" to read none`)
	}
}

// checkServer looks at a server that we log in to.
func (c *Config) checkServer(key, host, tls, password, caFile string) {
	if c.doc.Given(key+".host") && !goodHost(host) {
		c.doc.ProblemAt(key+".host", fmt.Sprintf("%q is no host", host), "write a name or an IP address, without port or scheme")
	}
	if tls == "none" && password != "" && !loopback(host) {
		c.doc.ProblemAt(key+".tls", "none would send the password readable over the network", "use starttls or implicit")
	}
	if caFile != "" {
		if _, err := rootCAs(caFile); err != nil {
			c.doc.ProblemAt(key+".ca_file", err.Error(), "")
		}
	}
}

func goodHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	ascii, err := idna.Lookup.ToASCII(host)
	return err == nil && ascii != "" && len(ascii) < 254 && !strings.ContainsAny(ascii, "/:@ []")
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

func sqlitePath(u string) (string, bool) { return strings.CutPrefix(u, "sqlite:") }

func (c *Config) checkStore() {
	const mend = "write sqlite:data/notfalld.db or postgres://user@host/database"
	u := c.Store.URL
	if path, ok := sqlitePath(u); ok {
		if strings.TrimLeft(path, "/") == "" {
			c.doc.ProblemAt("store.url", "names no file", mend)
		} else if strings.HasPrefix(filepath.Base(path), ":memory:") {
			c.doc.ProblemAt("store.url", "in memory nothing outlives a crash, and no mail may be lost", mend)
		}
		return
	}
	p, err := url.Parse(u)
	switch {
	case err != nil: // the URL may hold a password: never print it
		c.doc.ProblemAt("store.url", "cannot be read as a URL", mend)
	case p.Scheme != "postgres" && p.Scheme != "postgresql":
		c.doc.ProblemAt("store.url", fmt.Sprintf("%q is no kind of store", p.Scheme), mend)
	case strings.Trim(p.Path, "/") == "":
		c.doc.ProblemAt("store.url", "names no database", mend)
	}
}

func (c *Config) checkPaths() {
	for _, d := range []struct{ key, path string }{{"rules.dir", c.Rules.Dir}, {"templates.dir", c.Templates.Dir}} {
		if d.path == "" {
			continue
		}
		say := c.doc.ProblemAt
		if d.key == "rules.dir" {
			say = c.doc.WarnAt // the daemon goes on with the rules that it had; commands that need the files say so themselves
		}
		if st, err := os.Stat(d.path); err != nil {
			say(d.key, "cannot use the folder: "+d.path+": "+reason(err), "create it, or leave dir empty for the shipped set")
		} else if !st.IsDir() {
			say(d.key, d.path+" is no folder", "")
		}
	}
	for _, f := range []struct{ key, path string }{{"inventory.file", c.Inventory.File}, {"contacts.file", c.Contacts.File}} {
		if f.path == "" {
			continue
		}
		if st, err := os.Stat(f.path); err == nil && st.IsDir() {
			c.doc.ProblemAt(f.key, f.path+" is a folder", "name the CSV file in it")
			continue
		}
		file, err := openRegular(f.path, maxTableFile)
		if err != nil {
			c.doc.ProblemAt(f.key, "cannot use the file: "+f.path+": "+reason(err), "create it, or leave file empty")
			continue
		}
		file.Close()
	}
}

func (c *Config) checkTimes() {
	for _, t := range []struct {
		key    string
		value  time.Duration
		lo, hi time.Duration
		mend   string
	}{
		{"reply_max_age", c.ReplyMaxAge, time.Second, math.MaxInt64, "use 1s or more; 12h is usual"},
		{"limits.per_mail", c.Limits.PerMail, 100 * time.Millisecond, 10 * time.Minute, "use 100ms to 10m; 10s is usual"},
		{"service.callback", c.Service.Callback, time.Minute, 24 * time.Hour, "use 1m to 24h"},
		{"limits.answers.again_after", c.Limits.Answers.AgainAfter, time.Second, 7 * 24 * time.Hour, "use 1s to 7d; 60m is usual"},
		{"limits.answers.bare_per_address", c.Limits.Answers.BarePerAddress, time.Second, 90 * 24 * time.Hour, "use 1s to 90d; 24h is usual"},
	} {
		if (t.value < t.lo || t.value > t.hi) && !c.doc.BadBelow(t.key) {
			c.doc.ProblemAt(t.key, fmt.Sprintf("%s is out of bounds", t.value), t.mend)
		}
	}
	for key, keep := range map[string]time.Duration{"retention.tickets": c.Retention.Tickets, "retention.attachments": c.Retention.Attachments} {
		if c.doc.Given(key) && keep > 0 && keep != c.Retention.Raw {
			c.doc.WarnAt(key, "this version deletes raw mails alone (retention.raw), which hold the attachments", "nothing is lost; leave the key out")
		}
	}
	if c.ReplyMaxAge > 7*24*time.Hour {
		c.doc.WarnAt("reply_max_age", "mails older than a week would still be answered automatically", "12h is usual")
	}
	for _, s := range []struct {
		key    string
		value  Size
		lo, hi Size
		mend   string
	}{
		{"limits.mail", c.Limits.Mail, 64 << 10, 1 << 30, "use 64KiB to 1GiB; 25MiB is usual"},
		{"limits.header", c.Limits.Header, 4 << 10, 16 << 20, "use 4KiB to 16MiB; 256KiB is usual"},
		{"limits.reply_attachments", c.Limits.ReplyAttachments, 64 << 10, 256 << 20, "use 64KiB to 256MiB; 20MiB is usual"},
		{"limits.notice_original", c.Limits.NoticeOriginal, 4 << 10, 256 << 20, "use 4KiB to 256MiB; 5MiB is usual"},
	} {
		if s.value < s.lo || s.value > s.hi {
			c.doc.ProblemAt(s.key, fmt.Sprintf("%d bytes are out of bounds", s.value), s.mend)
		}
	}
	if c.doc.Given("limits.reply_attachments") && c.Limits.ReplyAttachments > c.Limits.Mail {
		c.doc.WarnAt("limits.reply_attachments", "is more than limits.mail: a mail of staff above that is not fetched whole, and never relayed", "raise limits.mail, too")
	}
	if s := c.Secret; s != "" && len(s) < 32 {
		c.doc.ProblemAt("secret", "is too short to sign anything", "use 32 characters or more (openssl rand -hex 32), or remove it: one is made at the first start")
	}
}
