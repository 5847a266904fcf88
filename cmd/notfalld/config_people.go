package main

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

func (c *Config) checkPeople() {
	if c.doc.given("staff.notify") && len(c.Staff.Notify) == 0 {
		c.doc.problemAt("staff.notify", "names nobody", "who is told of each ticket, also when no customer could be told?")
	}
	owner := map[string]string{}
	for i, p := range c.Staff.People {
		key := fmt.Sprintf("staff.people[%d]", i)
		if c.doc.has(key+".addresses") && len(p.Addresses) == 0 && !c.doc.badBelow(key) {
			c.doc.problemAt(key+".addresses", "names no address", "the addresses that the person writes from")
		}
		for j, a := range p.Addresses {
			full := fmt.Sprintf("%s.addresses[%d]", key, j)
			c.checkAddress(full, a)
			if other, taken := owner[strings.ToLower(a)]; taken {
				c.doc.problemAt(full, fmt.Sprintf("%s is an address of %s as well", a, other), "an address belongs to one person")
			}
			owner[strings.ToLower(a)] = cmp.Or(p.Name, "somebody else")
		}
	}
	c.checkAddresses("staff.notify", c.Staff.Notify)
	if c.doc.has("admin.notify") {
		c.checkAddresses("admin.notify", c.Admin.Notify)
	}
	for i, a := range c.Staff.Notify {
		for j, m := range c.Mailboxes {
			if strings.EqualFold(a, m.Address) && a != "" {
				c.doc.warnAt(fmt.Sprintf("staff.notify[%d]", i), fmt.Sprintf("%s is the support address of mailboxes[%d]: notices end up among the customers' mails", a, j), "name another address")
			}
		}
	}
}

func (c *Config) checkAddresses(key string, addresses []string) {
	for i, a := range addresses {
		c.checkAddress(fmt.Sprintf("%s[%d]", key, i), a)
		if slices.IndexFunc(addresses, func(o string) bool { return strings.EqualFold(o, a) }) < i {
			c.doc.problemAt(fmt.Sprintf("%s[%d]", key, i), a+" stands twice", "remove one of the two")
		}
	}
}

// checkAddress wants a bare address (RFC 5321, 4.1.2) with a domain that can be a domain.
func (c *Config) checkAddress(key, address string) {
	if !c.doc.given(key) {
		return
	}
	if a, err := mail.ParseAddress(address); err != nil {
		c.doc.problemAt(key, fmt.Sprintf("%q is no mail address", address), "write it as name@firma.at")
	} else if a.Address != address {
		c.doc.problemAt(key, fmt.Sprintf("%q is more than a mail address", address), fmt.Sprintf("write %s", a.Address))
	} else if _, domain, _ := strings.Cut(address, "@"); !goodDomain(domain) {
		c.doc.problemAt(key, fmt.Sprintf("%q cannot be the domain of a mail address", domain), "write it as name@firma.at")
	}
}

func goodDomain(domain string) bool {
	ascii, err := idna.Lookup.ToASCII(domain)
	return err == nil && ascii != "" && !strings.HasPrefix(ascii, ".") && !strings.HasSuffix(ascii, ".") && !strings.Contains(ascii, "..")
}

func (c *Config) checkTrust() {
	for _, l := range []struct {
		key   string
		hosts []string
	}{{"trust.authres", c.Trust.AuthRes}, {"trust.received_auth", c.Trust.ReceivedAuth}} {
		for i, h := range l.hosts {
			if !goodHost(h) {
				c.doc.problemAt(fmt.Sprintf("%s[%d]", l.key, i), fmt.Sprintf("%q is no host", h), "write it as our own mail server writes itself: mx.firma.at")
			}
		}
	}
}

// checkAlarm refuses what would leave somebody waiting for an alarm that nobody sounds.
func (c *Config) checkAlarm() {
	if c.Alarm.API == "channels" && len(c.Alarm.Channels) == 0 && !c.doc.badBelow("alarm.channels") {
		c.doc.problemAt("alarm.channels", "is empty, and api is channels: nobody would be alarmed", "name a channel, or set api: external if another system pages")
	}
}

// shortToken is the length below which a token can be guessed.
const shortToken = 16

func (c *Config) checkTokens(local bool) {
	keep := c.HTTP.Tokens[:0:0]
	for i, t := range c.HTTP.Tokens {
		key := fmt.Sprintf("http.tokens[%d]", i)
		switch {
		case t == "" || t == "…" || t == "...":
			c.doc.warnAt(key, "the placeholder of the example is no token and opens nothing", "make one: openssl rand -hex 32")
			continue
		case strings.ContainsAny(t, " \t\r\n"):
			c.doc.problemAt(key, "a token holds no blanks", "make one: openssl rand -hex 32")
		case len(t) < shortToken && !local:
			c.doc.problemAt(key, "is too short for an address that the network can reach", "make one: openssl rand -hex 32")
		case len(t) < shortToken:
			c.doc.warnAt(key, "is short enough to be guessed", "make one: openssl rand -hex 32")
		}
		keep = append(keep, t)
	}
	c.HTTP.Tokens = keep
}

func goodPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}

var exampleHost = regexp.MustCompile(`(?i)(^|\.)(example|example\.(com|net|org))\.?$`)

// Leftovers names what was left over from the example. Customers must never see it, so in mode live the
// daemon does not start with it.
func (c *Config) Leftovers() []Problem {
	if c.Mode != "live" {
		return nil
	}
	before := len(c.doc.problems)
	if strings.EqualFold(strings.TrimSpace(c.Company.Name), "Beispiel Hosting") {
		c.doc.problemAt("company.name", `"Beispiel Hosting" was left over from the example`, "write the name of the company")
	}
	for _, u := range []struct{ key, value string }{{"form_url", c.Company.FormURL}, {"status_url", c.Company.StatusURL}, {"privacy_url", c.Company.PrivacyURL}} {
		p, err := url.Parse(u.value)
		if strings.Contains(u.value, "…") || err == nil && exampleHost.MatchString(p.Hostname()) {
			c.doc.problemAt("company."+u.key, fmt.Sprintf("%q was left over from the example", u.value), "write the address of the page")
		}
	}
	left := slices.Clone(c.doc.problems[before:])
	c.doc.problems = c.doc.problems[:before]
	return left
}
