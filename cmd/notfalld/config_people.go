package main

import (
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

func (c *Config) checkPeople() {
	if c.doc.Given("staff.notify") && len(c.Staff.Notify) == 0 {
		c.doc.ProblemAt("staff.notify", "names nobody", "who is told of each ticket, also when no customer could be told?")
	}
	owner := map[string]string{}
	for i, p := range c.Staff.People {
		key := fmt.Sprintf("staff.people[%d]", i)
		if c.doc.Has(key+".addresses") && len(p.Addresses) == 0 && !c.doc.BadBelow(key) {
			c.doc.ProblemAt(key+".addresses", "names no address", "the addresses that the person writes from")
		}
		for j, a := range p.Addresses {
			full := fmt.Sprintf("%s.addresses[%d]", key, j)
			c.checkAddress(full, a)
			if other, taken := owner[strings.ToLower(a)]; taken {
				c.doc.ProblemAt(full, fmt.Sprintf("%s is an address of %s as well", a, other), "an address belongs to one person")
			}
			owner[strings.ToLower(a)] = cmp.Or(p.Name, "somebody else")
		}
	}
	c.checkAddresses("staff.notify", c.Staff.Notify)
	if c.doc.Has("admin.notify") {
		c.checkAddresses("admin.notify", c.Admin.Notify)
	}
	for i, a := range c.Staff.Notify {
		for j, m := range c.Mailboxes {
			if strings.EqualFold(a, m.Address) && a != "" {
				c.doc.WarnAt(fmt.Sprintf("staff.notify[%d]", i), fmt.Sprintf("%s is the support address of mailboxes[%d]: notices end up among the customers' mails", a, j), "name another address")
			}
		}
	}
}

func (c *Config) checkAddresses(key string, addresses []string) {
	for i, a := range addresses {
		c.checkAddress(fmt.Sprintf("%s[%d]", key, i), a)
		if slices.IndexFunc(addresses, func(o string) bool { return strings.EqualFold(o, a) }) < i {
			c.doc.ProblemAt(fmt.Sprintf("%s[%d]", key, i), a+" stands twice", "remove one of the two")
		}
	}
}

// checkAddress wants a bare address (RFC 5321, 4.1.2) with a domain that can be a domain.
func (c *Config) checkAddress(key, address string) {
	if !c.doc.Given(key) {
		return
	}
	if a, err := mail.ParseAddress(address); err != nil {
		c.doc.ProblemAt(key, fmt.Sprintf("%q is no mail address", address), "write it as name@firma.at")
	} else if a.Address != address {
		c.doc.ProblemAt(key, fmt.Sprintf("%q is more than a mail address", address), fmt.Sprintf("write %s", a.Address))
	} else if _, domain, _ := strings.Cut(address, "@"); !goodDomain(domain) {
		c.doc.ProblemAt(key, fmt.Sprintf("%q cannot be the domain of a mail address", domain), "write it as name@firma.at")
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
				c.doc.ProblemAt(fmt.Sprintf("%s[%d]", l.key, i), fmt.Sprintf("%q is no host", h), "write it as our own mail server writes itself: mx.firma.at")
			}
		}
	}
}
