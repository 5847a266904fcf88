package main

import (
	"cmp"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"

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
		if c.doc.Given(key + ".name") {
			switch name := strings.TrimSpace(p.Name); {
			case name == "":
				c.doc.ProblemAt(key+".name", "is empty", "write how colleagues and customers see the person")
			case strings.ContainsFunc(name, unicode.IsControl):
				c.doc.ProblemAt(key+".name", "is more than one line", "write how colleagues and customers see the person")
			}
		}
		for j, a := range p.Addresses {
			full := fmt.Sprintf("%s.addresses[%d]", key, j)
			c.checkAddress(full, a)
			for k, m := range c.Mailboxes {
				if strings.EqualFold(a, m.Address) && a != "" {
					c.doc.ProblemAt(full, fmt.Sprintf("%s is the support address of mailboxes[%d]", a, k), "name the person's own address: whoever writes as the support address is not known")
				}
			}
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

// checkBanners wants lines that a gateway may write: what is skipped as a banner is neither relayed nor executed.
func (c *Config) checkBanners() {
	for i, b := range c.Staff.Banners {
		key, line := fmt.Sprintf("staff.banners[%d]", i), strings.TrimSpace(b)
		switch {
		case !c.doc.Given(key):
		case line == "":
			c.doc.ProblemAt(key, "is empty", "write the line as the gateway does, such as [EXTERN], or remove it")
		case strings.ContainsAny(line, "\r\n"):
			c.doc.ProblemAt(key, "has more than one line", "write each line on its own")
		case strings.HasPrefix(line, "#"), strings.HasPrefix(strings.ToLower(line), "[notfalld:"):
			c.doc.ProblemAt(key, fmt.Sprintf("%q would hide a line that means something in mails of staff", line), "no banner begins with # or [notfalld:")
		case slices.IndexFunc(c.Staff.Banners, func(o string) bool { return strings.EqualFold(strings.TrimSpace(o), line) }) < i:
			c.doc.ProblemAt(key, line+" stands twice", "remove one of the two")
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
	if c.Trust.Verified && !c.Trust.configured() {
		c.doc.WarnAt("trust.verified", "vouches for nothing: no way of proof is named", "name authres, microsoft365 or received_auth, or leave verified out")
	}
}

// configured says whether there is a way at all by which a person of staff can be proven.
func (t Trust) configured() bool {
	return len(t.AuthRes) > 0 || t.Microsoft365 || len(t.ReceivedAuth) > 0
}

// Unheard warns of a configuration with which notfalld works, and replies of staff reach nobody. As with Leftovers, the commands that act in
// earnest say so, and the others need not.
func (c *Config) Unheard() []Problem {
	var p Problem
	switch {
	case len(c.Staff.People) == 0:
		p = c.doc.Problem("staff.people", "names nobody: replies and commands of staff reach neither customers nor tickets", "name each person with the addresses that they write from, and under trust how they are proven")
	case !c.Trust.configured():
		p = c.doc.Problem("trust", "names no way of proof: nobody is proven to be staff, and replies and commands of staff reach nobody", "name what only our own mail server writes: authres, microsoft365 or received_auth")
	default:
		return nil
	}
	p.Warning = true
	return []Problem{p}
}
